/** What is wrong with an invoice whatever gate it is at: conditions that its facts show. */
import { covers, thingReversed, thingSaid } from './answers.ts'
import type { WantedException } from './exception.ts'
import { heardAfter } from './fact-order.ts'
import { closed } from './gate.ts'
import { byKey, correctedBy, liveGrants, livePostings, warranted } from './headline.ts'
import type { Heard, InvoiceState } from './invoice-state.ts'
import { unmappedWords } from './judge-cells.ts'
import { loginOf } from './names.ts'
import type { Expectation } from './object.ts'
import { routeOf } from './routes.ts'
import type { Scratch } from './scratch.ts'
import { casesOfSent } from './sent.ts'
import { differencesOutside, overpaid, settledInAnotherCurrency } from './settlement.ts'
import { changedTerms } from './terms.ts'
import type { Laws } from './view.ts'

/** Conditions that the facts themselves show, whatever gate the invoice is at. */
export function conditions(laws: Laws, state: InvoiceState, expected: Expectation): WantedException[] {
  const wanted = casesOfSent(laws.policy.owners, state.sent, expected)
  const [reversed] = Object.entries(state.postings)
    .filter(([postingNo, posting]) => posting.reversed && !covers(state.answers['posting-reversed'], [thingReversed(postingNo)]))
    .sort(([, a], [, b]) => (a.reversed!.at < b.reversed!.at ? 1 : -1))
  if (reversed && !correctedBy(state) && livePostings(state).length === 0 && !closed(state)) {
    wanted.push({ cause: 'posting-reversed', says: `Posting ${reversed[0]} was reversed.` })
  }
  const end = state.approval.ends.at(-1)
  if (end && livePostings(state).length > 0 && !warranted(state, ['approved']) && !warranted(state, ['paid']))
    wanted.push({ cause: 'approval-taken-back', says: saidNo(end) })
  if (!warranted(state, ['paid'])) wanted.push(...failedPayments(state))
  const outside = byKey(state.allocations).filter(([, allocation]) => allocation.outside && allocation.undone === null)
  if (outside.some(([event]) => !covers(state.answers['paid-outside'], [event]))) {
    wanted.push({
      cause: 'paid-outside',
      says: outside.map(([, allocation]) => `${allocation.amount} on ${allocation.on ?? 'an unknown day'}`).join(', '),
    })
  }
  const foreign = settledInAnotherCurrency(state)
  if (foreign && !covers(state.answers['settled-in-another-currency'], foreign.rests))
    wanted.push({ cause: 'settled-in-another-currency', says: foreign.says })
  const tooMuch = overpaid(state)
  if (tooMuch && !covers(state.answers['overpaid'], tooMuch.rests)) wanted.push({ cause: 'overpaid', says: tooMuch.says })
  const accepted = state.answers['difference-outside-policy']
  const differences = differencesOutside(state, laws.policy.differences).filter(({ rests }) => !covers(accepted, rests))
  if (differences.length > 0)
    wanted.push({
      cause: 'difference-outside-policy',
      says: differences
        .map(({ says }) => says)
        .join(' ')
        .slice(0, 400),
    })
  const posted = state.sent[`invoice.post@${laws.policy.systems.erp}`]
  if (
    posted &&
    state.granted &&
    livePostings(state).length > 0 &&
    state.terms &&
    changedTerms(state.granted.terms, state.terms.value).length > 0 &&
    !covers(state.answers['changed-after-sent'], state.content ? [thingSaid(state.content)] : [])
  ) {
    wanted.push({
      cause: 'changed-after-sent',
      says: `Changed since it was posted: ${changedTerms(state.granted.terms, state.terms.value).join(', ')}.`,
    })
  }
  wanted.push(...unmappedWords(state))
  return wanted
}

/**
 * A no before the posting, after which nobody was asked again: it moves only when a person does something. A rejection or another
 * question often follows a no at once, so that it is given some time. Once something was posted, what became of that is the case.
 */
export function refusedApproval(laws: Laws, sheet: Scratch<InvoiceState>): WantedException[] {
  const { state } = sheet
  const no = state.approval.ends.at(-1)
  if (
    !no ||
    Object.values(state.postings).some(({ confirmed, reversed }) => confirmed || reversed) ||
    !routeOf(laws.policy.routing, state).rules.requires.includes('approved') ||
    warranted(state, ['approved']) ||
    askedAgain(state, no) ||
    correctedBy(state) ||
    closed(state)
  )
    return []
  const until = sheet.after(no.heardAt, laws.policy.refusalGraceMs)
  // Who collects needs no posting of ours: the money is gone, and whoever said no is the only one who knows why it should not be.
  const gone = warranted(state, ['paid']) ? ' It is paid all the same: have it approved, or the money taken back.' : ''
  if (sheet.asOf >= until) return [{ cause: 'approval-refused', says: `${saidNo(no)}${gone}` }]
  sheet.wake(until)
  return []
}

/** What the AP tool tells is compared by its own clock, a correction with its no by when we heard of both. */
const askedAgain = (state: InvoiceState, no: Heard): boolean =>
  (state.content?.corrected === true && heardAfter(state.content, no)) ||
  [state.approval.requested, state.approval.completed, liveGrants(state).at(-1)].some((fact) => fact && fact.at > no.at)

const saidNo = ({ kind, person, reason }: InvoiceState['approval']['ends'][number]): string =>
  `${loginOf(person)} ${kind === 'refused' ? 'refused it' : 'took the approval back'}: ${reason}`

/** What was to pay it and does not; once something else has paid it, nobody has to do anything about that. */
function failedPayments(state: InvoiceState): WantedException[] {
  const wanted: WantedException[] = []
  for (const [id, payment] of Object.entries(state.payments)) {
    if (payment.progress === 'returned') wanted.push({ cause: 'payment-returned', says: `Payment ${id} over ${payment.amount} came back.` })
    if (payment.progress === 'rejected')
      wanted.push({ cause: 'payment-rejected', says: `Payment ${id} over ${payment.amount} was rejected by the bank.` })
  }
  for (const { amount, undoneOn, returned } of Object.values(state.allocations))
    if (returned !== undefined)
      wanted.push({ cause: 'payment-returned', says: `${amount} came back on ${undoneOn ?? 'an unknown day'}: ${returned}` })
  return wanted
}
