/** The axes of an invoice: each one question, answered from its facts alone. Shown beside the headline. */
import {
  amountDue,
  exceeds,
  isOver,
  isWaived,
  liveAllocations,
  liveGrants,
  liveHolds,
  livePostings,
  nothingDue,
  oneSided,
  warranted,
  isForeign,
} from './headline.ts'
import type { InvoiceState, Verdict } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { UNROUTED } from './routes.ts'
import { changedTerms } from './terms.ts'

export interface Axes {
  readonly document: 'none' | 'received' | 'observed' | 'taken-over'
  readonly validation: 'open' | 'passed' | 'failed'
  readonly match: 'open' | 'matched' | 'mismatched' | 'not-required'
  readonly approval: 'none' | 'pending' | 'complete' | 'waived' | 'insufficient' | 'refused' | 'withdrawn'
  readonly posting: 'none' | 'requested' | 'parked' | 'confirmed' | 'posted' | 'reversed' | 'refused'
  readonly settlement:
    | 'none'
    | 'instructed'
    | 'released'
    | 'accepted'
    | 'part'
    | 'full'
    | 'over'
    | 'returned'
    | 'nothing-due'
    | 'credit-applied'
  readonly archive: 'none' | 'current' | 'stale'
  readonly holds: readonly string[]
}

export function axesOf(state: InvoiceState): Axes {
  return {
    document: state.content ? 'received' : (state.origin ?? 'none'),
    validation: axisOf(state.verdicts.validation, state.content?.event, 'passed', 'failed'),
    match: matchOf(state),
    approval: approvalOf(state),
    posting: postingOf(state),
    settlement: settlementOf(state),
    archive: !state.archived ? 'none' : state.archived.covers >= state.facts ? 'current' : 'stale',
    holds: liveHolds(state),
  }
}

function axisOf<P extends string, F extends string>(
  verdict: InvoiceState['verdicts']['match'],
  content: string | undefined,
  pass: P,
  fail: F,
): P | F | 'open' {
  return verdict && verdict.subject === content ? (verdict.pass ? pass : fail) : 'open'
}

function matchOf(state: InvoiceState): Axes['match'] {
  return (state.routed ?? UNROUTED).rules.requires.includes('matched')
    ? axisOf(state.verdicts.match, state.content?.event, 'matched', 'mismatched')
    : 'not-required'
}

function approvalOf(state: InvoiceState): Axes['approval'] {
  const { approval, verdicts } = state
  const end = approval.ends.at(-1)
  const last = [approval.completed?.at ?? '', liveGrants(state).at(-1)?.at ?? ''].sort().at(-1) ?? ''
  if (end && end.at >= last) return end.kind
  if (warranted(state, ['approved'])) return isWaived(state) ? 'waived' : 'complete'
  if (approval.completed && !isOver(state) && verdicts.approval && !verdicts.approval.pass && onPresent(state, verdicts.approval))
    return 'insufficient'
  return approval.requested || approval.grants.length > 0 || approval.completed ? 'pending' : 'none'
}

/** True while a failed verdict is about the content, completion and grants that stand now. */
function onPresent(state: InvoiceState, verdict: Verdict): boolean {
  const { completed } = state.approval
  if (!completed) return false
  const grants = liveGrants(state).filter(
    (grant) => changedTerms(grant.terms, completed.terms).length === 0 && !completed.enterers.includes(grant.person),
  )
  const present = [state.content?.event ?? '', completed.event, ...grants.map((grant) => grant.event)]
  return present.sort().join() === [...verdict.rests].sort().join()
}

function postingOf(state: InvoiceState): Axes['posting'] {
  const live = livePostings(state)
  if (live.some(([, posting]) => posting.confirmed?.settled)) return 'posted'
  if (live.length > 0) return 'confirmed'
  if (Object.values(state.postings).some((posting) => posting.reversed)) return 'reversed'
  if (Object.keys(state.parked).length > 0) return 'parked'
  const sent = Object.entries(state.sent).find(([command]) => command.startsWith('invoice.post@'))?.[1]
  return !sent ? 'none' : sent.input === 'refused' ? 'refused' : 'requested'
}

export function settlementOf(state: InvoiceState): Axes['settlement'] {
  const due = amountDue(state)
  const live = liveAllocations(state)
  const sum = live.length > 0 ? sumOf(live.map(([, allocation]) => allocation.amount)) : null
  const over = due !== null && sum !== null && exceeds(sum, due)
  // A prepayment that left nothing due is cleared in the ERP all the same; what the bank booked of it is too much.
  if (nothingDue(state) && !(over && live.some(([, { posting }]) => posting === null))) return 'nothing-due'
  if (over) return 'over'
  if (due !== null && sum !== null)
    return sum !== due || oneSided(state) !== null ? 'part' : due.startsWith('-') ? 'credit-applied' : 'full'
  const steps = Object.values(state.payments).map((payment) => payment.progress)
  const cameBack = Object.values(state.allocations).some((allocation) => allocation.undone !== null && !isForeign(state, allocation))
  if (cameBack || steps.includes('returned')) return 'returned'
  for (const step of ['accepted', 'released', 'instructed'] as const) if (steps.includes(step)) return step
  return 'none'
}
