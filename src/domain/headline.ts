/**
 * The warrant table: for every state the evidence of its own that it needs, as the ids of the events it rests on. No other
 * code yields a headline. What happened (the furthest state with its own warrant) is kept apart from what was allowed
 * (the breaches: states that the route requires before it and whose warrant is missing).
 */
import { covers, thingPosted, thingSaid, type Answered } from './answers.ts'
import type { Allocation, InvoiceState, Link, Posting, Verdict } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { sizeOf } from './money.ts'
import { UNROUTED, type HeadlineState, type Routed, type Route, type Step } from './routes.ts'

/** Ids of the events that warrant the state; null when the warrant is not there. */
type Warrant = (state: InvoiceState) => readonly string[] | null

const WARRANTS: { readonly [state in HeadlineState]: Warrant } = {
  received: (state) => {
    if (state.content) return [state.content.event]
    const [, posting] = livePostings(state)[0] ?? []
    return posting?.confirmed ? [posting.confirmed.event] : null
  },
  validated: (state) => standing(state, state.verdicts.validation),
  matched: (state) => standing(state, state.verdicts.match),
  // A person's no is stronger than a policy's waiver.
  approved: (state) => (isWaived(state) && state.approval.ends.length > 0 ? null : standing(state, state.verdicts.approval)),
  posted: (state) => {
    const verdict = state.verdicts.posting
    const postings = verdict ? postingsOf(verdict.subject).map((postingNo) => state.postings[postingNo]) : []
    return postings.every((posting) => posting?.confirmed?.settled && !posting.reversed) ? standing(state, verdict) : null
  },
  paid: (state) => {
    const due = amountDue(state)
    if (due === null) return null
    if (nothingDue(state)) return WARRANTS.posted(state)
    const live = liveAllocations(state)
    if (live.length === 0 || oneSided(state) !== null) return null
    const sum = sumOf(live.map(([, allocation]) => allocation.amount))
    const rests = [...dueRests(state), ...live.map(([event]) => event)]
    if (sum === due) return rests
    // What becomes of the rest somebody has said: the invoice itself is paid.
    const word = state.answers['overpaid']
    return exceeds(sum, due) && word && covers(word, overpaidThings(state)) ? [...rests, word.event] : null
  },
  archived: (state) => {
    const rests = WARRANTS.paid(state) ?? WARRANTS.rejected(state)
    return rests && state.archived && state.archived.covers >= state.facts ? [...rests, state.archived.event] : null
  },
  rejected: (state) => {
    const no = lastNo(state)
    if (!no || livePostings(state).length > 0) return null
    return state.reinstated && state.reinstated.at > no.at ? null : [no.event]
  },
}

/** From the least to the furthest. A refusal is further than an approval and less than a posting, which only a reversal undoes. */
const FURTHEST: readonly HeadlineState[] = ['received', 'validated', 'matched', 'approved', 'rejected', 'posted', 'paid', 'archived']
const FURTHEST_FIRST = FURTHEST.toReversed()

export interface Headline {
  readonly state: HeadlineState | null
  readonly rests: readonly string[]
  readonly breaches: readonly Step[]
  readonly route: string
}

/** Where the invoice stands, on what that rests, and what should have been there before it. */
export function headlineOf(state: InvoiceState, { name, rules }: Routed = state.routed ?? UNROUTED): Headline {
  for (const candidate of FURTHEST_FIRST) {
    if (candidate !== 'rejected' && candidate !== 'archived' && !rules.requires.includes(candidate)) continue
    const rests = WARRANTS[candidate](state)
    if (!rests) continue
    return { state: candidate, rests: [...new Set(rests)], breaches: breachesOf(state, rules, candidate), route: name }
  }
  return { state: null, rests: [], breaches: [], route: name }
}

/** True when the warrants of all these states are there. */
export function warranted(state: InvoiceState, states: readonly HeadlineState[]): boolean {
  return states.every((name) => WARRANTS[name](state) !== null)
}

function breachesOf(state: InvoiceState, route: Route, headline: HeadlineState): Step[] {
  if (headline === 'rejected' || (headline === 'archived' && !WARRANTS.paid(state))) return []
  const end = headline === 'archived' ? route.requires.length : route.requires.indexOf(headline)
  return route.requires.slice(0, end).filter((name) => WARRANTS[name](state) === null)
}

/** True when the approval verdict that stands is the policy's waiver. */
export const isWaived = (state: InvoiceState): boolean => state.waived !== null && state.verdicts.approval?.event === state.waived.event

/** A passed verdict on what is there now: its own event and everything it rests on, all of it still standing. */
function standing(state: InvoiceState, verdict: Verdict | null): readonly string[] | null {
  if (!verdict?.pass) return null
  return verdict.rests.every((event) => isLive(state, event)) ? restsOf(verdict) : null
}

/** Put together once for each verdict: it is asked for far more often than it is given. */
const RESTS = new WeakMap<Verdict, readonly string[]>()
function restsOf(verdict: Verdict): readonly string[] {
  const known = RESTS.get(verdict)
  if (known) return known
  const rests = [...verdict.rests, verdict.event]
  RESTS.set(verdict, rests)
  return rests
}

/**
 * Whether an event is of the present: current content, grants that no refusal ended, the completion, postings, persons' answers.
 * Asked some dozens of times whenever an invoice is judged, so nothing is put together for it.
 */
function isLive(state: InvoiceState, event: string): boolean {
  const { content, approval, postings, answers } = state
  if (content?.event === event || approval.completed?.event === event || liveGrants(state).some((grant) => grant.event === event))
    return true
  for (const postingNo in postings) {
    const posting = postings[postingNo]
    if (posting?.confirmed?.event === event && !posting.reversed) return true
  }
  for (const cause in answers) if (answers[cause]?.event === event) return true
  return false
}

/** Grants later than the last refusal or withdrawal: at the same instant the weaker word holds. */
export function liveGrants(state: InvoiceState): InvoiceState['approval']['grants'] {
  const end = state.approval.ends.at(-1)?.at
  return end === undefined ? state.approval.grants : state.approval.grants.filter((grant) => grant.at > end)
}

/** True when what was complete was refused or taken back since, and nobody has said yes again. */
export function isOver(state: InvoiceState): boolean {
  const { completed, ends } = state.approval
  return completed !== null && (ends.at(-1)?.at ?? '') >= completed.at && liveGrants(state).length === 0
}

type Live = readonly [postingNo: string, posting: Posting]
const NONE: readonly Live[] = []

/** Postings that were confirmed and not reversed, oldest first. */
export function livePostings({ postings }: InvoiceState): readonly Live[] {
  let live: Live[] | undefined
  for (const postingNo in postings) {
    const posting = postings[postingNo]
    if (posting?.confirmed && !posting.reversed && (posting.confirmed.settled || !posting.denied)) (live ??= []).push([postingNo, posting])
  }
  return live?.sort(byConfirmation) ?? NONE
}

function byConfirmation([a, x]: Live, [b, y]: Live): number {
  const left = `${x.confirmed?.at} ${a}`
  const right = `${y.confirmed?.at} ${b}`
  return left < right ? -1 : left > right ? 1 : 0
}

/** Holds that were placed and not released since; at the same instant it holds. */
export function liveHolds(state: InvoiceState): string[] {
  return Object.entries(state.holds)
    .filter(([, { placed, released }]) => placed && !(released && released.at > placed.at))
    .map(([id]) => id)
    .sort()
}

/**
 * Why it may not be paid although it is posted, in sentences for whoever sees the block: the route's own conditions, an approval
 * that was taken back, and holds that people or other systems placed. The ERP's own block needs no word of ours.
 */
export function holdReasons(state: InvoiceState): string[] {
  const { rules } = state.routed ?? UNROUTED
  const missing = rules.releaseAfter.filter((step) => WARRANTS[step](state) === null)
  const end = state.approval.ends.at(-1)
  const ended = end !== undefined && rules.requires.includes('approved') && WARRANTS.approved(state) === null
  return [
    ...(missing.length > 0 ? [`not ${missing.join(', ')}`] : []),
    ...(correctedBy(state) ? [`corrected by ${correctedBy(state)?.number}`] : []),
    ...(state.exceptions['corrects-paid']?.open ? ['it corrects an invoice that was paid'] : []),
    ...(ended ? [`approval ${end.kind}: ${end.reason}`] : []),
    ...liveHolds(state)
      .map((hold) => state.holds[hold])
      .filter((hold) => hold !== undefined && hold.kind !== ERP_BLOCK)
      .map((hold) => `on hold: ${hold?.kind ?? ''}`),
  ]
}
/** The invoice that stands in this one's place, unless a person has said since that both are to be paid. */
export function correctedBy(state: InvoiceState): Link | null {
  const link = Object.values(state.links)
    .filter(({ is }) => is === 'corrected-by')
    .sort((a, b) => (a.at < b.at ? 1 : -1))[0]
  const answer = state.answers['superseded']
  return link && !(answer?.action === 'keep' && covers(answer, [link.event])) ? link : null
}

/** The kind of hold by which the ERP's own payment block is told. */
const ERP_BLOCK = 'payment-block'

/** The last word of two persons that the posting shall be reversed, before its period was asked about; `keeps`: of two postings the one that stays. */
export function reversalAsked(
  state: InvoiceState,
): (Answered & { readonly person: string; readonly second: string; readonly reason: string; readonly keeps: string | null }) | null {
  const asked = Object.entries(state.answers)
    .filter(
      ([cause, answer]) =>
        cause !== 'reversal-held' && answer.action === 'reverse' && answer.second !== null && answer.second !== answer.person,
    )
    .sort(([, a], [, b]) => (a.at < b.at ? 1 : -1))[0]
  if (!asked) return null
  const [cause, answer] = asked
  return { ...answer, second: answer.second ?? '', keeps: cause === 'posted-twice' ? (state.verdicts.posting?.subject ?? null) : null }
}

/** What was booked up to the day of a cut-over is in what was open then. */
export const isSince = ({ origin, takenOver }: InvoiceState, on: string | null): boolean =>
  origin !== 'taken-over' || !takenOver || on === null || on > takenOver.on

/** In the order of their keys, which is that of a map that was stored; one that has just got another key has it last. */
export const byKey = <T>(map: { readonly [key: string]: T }): [string, T][] => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))

/** What settles what is due. A prepayment that the invoice itself takes off is none of it, though the ERP clears it as well. */
export function liveAllocations(state: InvoiceState): [string, Allocation][] {
  const live = byKey(state.allocations).filter(
    ([, allocation]) =>
      allocation.undone === null && isSince(state, allocation.on) && !isOthers(state, allocation) && !isForeign(state, allocation),
  )
  const prepaid = live.filter(([, { kind }]) => kind === 'prepayment').map(([, { amount }]) => amount)
  if (prepaid.length === 0) return live
  const takenOff = state.content?.value.kind === 'invoice' ? state.content.value.totals.prepaid : '0'
  const beyond = sumOf([...prepaid, negative(takenOff)])
  return beyond === '0' || beyond.startsWith('-') ? live.filter(([, { kind }]) => kind !== 'prepayment') : live
}

/** Whether more is settled than is due, of a credit note as of an invoice. */
export const exceeds = (sum: string, due: string): boolean => sizeOf(sum) > sizeOf(due)

/** What a person's word about an overpayment is about: all that settles the invoice, and what says how much is due. */
export const overpaidThings = (state: InvoiceState): string[] => [
  state.content ? thingSaid(state.content) : thingPosted(livePostings(state)[0]?.[0] ?? ''),
  ...liveAllocations(state).map(([event]) => event),
]

/** Money of another currency settles nothing: 119.00 USD are not the 119.00 EUR that are due. What is due in nothing yet is in no other. */
export function isForeign(state: InvoiceState, { currency }: Allocation): boolean {
  const due = currencyOf(state)
  return currency !== null && due !== null && currency !== due
}

/** The currency in which the invoice is due; null while neither it nor a posting of it is here. */
export const currencyOf = (state: InvoiceState): string | null =>
  state.content?.value.currency ?? Object.values(state.postings).find(({ confirmed }) => confirmed)?.confirmed?.currency ?? null

/** What the other company's books say of a clearing between the two: it proves ours and settles nothing itself. */
export function isOthers(state: InvoiceState, { ledger }: Allocation): boolean {
  return ledger !== null && ledger !== ledgerOf(state)
}

/** The company in whose books the invoice stands. */
const ledgerOf = (state: InvoiceState): string | null =>
  livePostings(state)[0]?.[1].confirmed?.entity ??
  Object.values(state.postings).find(({ confirmed }) => confirmed)?.confirmed?.entity ??
  state.parties?.entity ??
  null

/** Sums cleared between our companies, by our ledger and by the other's, where they are not the same; null when both agree. */
export function oneSided(state: InvoiceState): { readonly ours: string; readonly theirs: string; readonly since: string } | null {
  const cleared = Object.values(state.allocations).filter(({ kind, undone }) => kind === 'intercompany' && undone === null)
  if (cleared.length === 0) return null
  const sum = (others: boolean): string =>
    sumOf(['0', ...cleared.filter((allocation) => isOthers(state, allocation) === others).map(({ amount }) => amount)])
  const [ours, theirs] = [sum(false), sum(true)]
  return ours === theirs
    ? null
    : {
        ours,
        theirs,
        since:
          cleared
            .map(({ at }) => at)
            .sort()
            .at(-1) ?? '',
      }
}

/** What has to be settled, exactly: the payable amount, negative for a credit note; what is due by the posting when we never had the invoice. */
export function amountDue(state: InvoiceState): string | null {
  const content = state.content?.value
  if (content) return content.kind === 'credit-note' ? sumOf([negative(content.totals.payable)]) : sumOf([content.totals.payable])
  const [, posting] = livePostings(state)[0] ?? []
  if (!posting?.confirmed) return null
  return sumOf([
    (state.origin === 'taken-over' ? state.takenOver?.open[0]?.amount : undefined) ?? posting.confirmed.due ?? posting.confirmed.amount,
  ])
}

/** An invoice of which nothing is left to pay; what the supplier owes us is settled by a credit note of his. */
export function nothingDue(state: InvoiceState): boolean {
  const due = amountDue(state)
  return due === '0' || (due !== null && due.startsWith('-') && state.content?.value.kind === 'invoice')
}

/** The subject of a posting verdict: the one document that books it, or all that do together. */
export const SPLIT = ' + '
export const postingsOf = (subject: string): string[] => subject.split(SPLIT)

const dueRests = (state: InvoiceState): string[] => {
  if (state.content) return [state.content.event]
  const [, posting] = livePostings(state)[0] ?? []
  return posting?.confirmed ? [posting.confirmed.event] : []
}

export const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`)

/** The last word by which it is not to be paid. */
function lastNo(state: InvoiceState): { readonly event: string; readonly at: string } | null {
  let last: { readonly event: string; readonly at: string } | null = null
  for (const no of [state.rejected, state.withdrawn, duplicateAnswer(state)]) if (no && (!last || no.at >= last.at)) last = no
  return last
}

function duplicateAnswer(state: InvoiceState): { event: string; at: string } | null {
  const answer = state.answers['duplicate-suspected']
  return answer?.action === 'duplicate' ? answer : null
}

/** The AP tool's number for it: as the ticket says itself, else as it was acknowledged. */
export const ticketOf = ({ approval, sent }: Pick<InvoiceState, 'approval' | 'sent'>, ap: string): string | null =>
  approval.ticket ?? sent[`invoice.submit@${ap}`]?.receipt ?? null
