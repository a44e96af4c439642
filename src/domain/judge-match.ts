/** The match gate: what an invoice takes of its order, what it gives back when it is refused, and what a credit note gives back. */
import { covers, thingSaid } from './answers.ts'
import type { WantedException } from './exception.ts'
import type { Cause } from './exception-causes.ts'
import { closed, decidedOn, differs, routed, viewOf, type Sheet } from './gate.ts'
import { correctedBy, warranted } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import { orderNames } from './invoice-content.ts'
import { givenBack, MATCH_CONTROLS, matchOrder, type LineAccount } from './matching.ts'
import type { Look, ObjectRecord } from './object.ts'
import { receivedOf, takenOf, type OrderState } from './order.ts'
import { orderOf, type Laws } from './view.ts'

export function match(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const content = sheet.state.content
  const shut = closed(sheet.state)
  if (content && shut && takesStill(sheet.state)) {
    const order = look(orderNames(content.value)[0] ?? '')
    if (order) sheet.decide('invoice.match-released', 'match', { invoice: sheet.id }, [order.id])
  }
  if (!content || !isToMatch(laws, sheet.state)) return []
  const view = viewOf(laws, sheet, look)
  const answer = orderOf(view, content.value)
  const order = answer.found?.order
  if (!order || !answer.record) {
    sheet.waitFor([answer.name])
    return []
  }
  const record = answer.record as unknown as ObjectRecord<OrderState>
  // A corrective invoice stands in the place of the one that it corrects, also in what it takes.
  const corrected = Object.keys(sheet.state.links).filter((id) => sheet.state.links[id]?.is === 'corrects' && record.state.invoiced[id])
  const account: LineAccount = {
    taken: (line) => takenOf(record.state, line, [sheet.id, ...corrected]),
    received: (line) => receivedOf(record.state, answer.system, line),
  }
  const { mismatch, 'lines-not-paired': unpaired } = sheet.state.answers
  const accepted = [mismatch, unpaired].find((answer) => answer?.action === 'accept-difference' && covers(answer, [thingSaid(content)]))
  const plain = matchOrder(content.value, order, account, laws.policy.match)
  // Who accepts a difference does not say that the goods have come.
  const result = accepted ? matchOrder(content.value, order, account, 'accepted') : plain
  const inputs = { order: record.id, version: record.version }
  if (result.outcome === 'matched') {
    const says = accepted ? `${accepted.person} accepted: ${plain.says}` : result.says
    const controls = MATCH_CONTROLS.map(({ id }) => ({ id, inputs, says, verdict: 'pass' }))
    sheet.decide(
      'invoice.matched',
      'match',
      {
        controls,
        invoice: sheet.id,
        ...(corrected.length === 0 ? {} : { instead: corrected }),
        ...(shut ? { released: true } : {}),
        rests: accepted ? [content.event, accepted.event] : [content.event],
        subject: content.event,
        taken: shut ? {} : result.taken,
      },
      [record.id, ...corrected],
    )
    return []
  }
  const cause = CAUSE_OF[result.outcome]
  sheet.waitFor([record.id])
  const failed = [{ id: result.control, inputs, verdict: 'fail' as const, says: result.says, cause }]
  if (differs(sheet.state.verdicts.match, content.event, [content.event], failed))
    sheet.decide('invoice.mismatched', 'match', { subject: content.event, rests: [content.event], controls: failed })
  // Goods are often a little behind their invoice.
  const until = sheet.after(content.at, laws.policy.receiptGraceMs)
  if (cause === 'receipt-missing' && sheet.asOf < until) {
    sheet.wake(until)
    return []
  }
  return [{ cause, says: result.says }]
}

/** What a credit note gives back of its order, once a person has approved it: others may take it then. Its route asks for no match. */
export function giveBack(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const { content } = sheet.state
  if (!content || !mayGiveBack(laws, sheet.state) || !warranted(sheet.state, ['approved'])) return []
  const answer = orderOf(viewOf(laws, sheet, look), content.value)
  const order = answer.found?.order
  if (!order || !answer.record) {
    sheet.waitFor([answer.name])
    return []
  }
  const { taken, says } = givenBack(content.value, order, laws.policy.match)
  const inputs = { order: answer.record.id, version: answer.record.version }
  sheet.decide(
    'invoice.matched',
    'match',
    { controls: [{ id: 'M1', inputs, says, verdict: 'pass' }], invoice: sheet.id, rests: [content.event], subject: content.event, taken },
    [answer.record.id],
  )
  return []
}

/** Orders that the gates of match may take from or give back to. */
export function ordersTouched(laws: Laws, state: InvoiceState): readonly string[] {
  const content = state.content?.value
  return content && (takesStill(state) || isToMatch(laws, state) || mayGiveBack(laws, state)) ? orderNames(content) : []
}

const needsMatch = (laws: Laws, state: InvoiceState): boolean => routed(laws, state).rules.requires.includes('matched')

/** What another stands in the place of takes nothing any more, as long as that one stands. */
const isToMatch = (laws: Laws, state: InvoiceState): boolean =>
  needsMatch(laws, state) && decidedOn(state.verdicts.validation, state) && !settledMatch(state) && !correctedBy(state)
const mayGiveBack = (laws: Laws, state: InvoiceState): boolean =>
  state.content?.value.kind === 'credit-note' &&
  state.content.value.orders.length > 0 &&
  !needsMatch(laws, state) &&
  decidedOn(state.verdicts.validation, state) &&
  !closed(state) &&
  !settledMatch(state)

/** What is refused for good takes nothing of its order: it gives back what it took, and is matched anew if it comes back. */
const takesStill = (state: InvoiceState): boolean =>
  closed(state) && state.verdicts.match?.pass === true && state.verdicts.match.released !== true
const settledMatch = (state: InvoiceState): boolean =>
  decidedOn(state.verdicts.match, state) && (closed(state) || state.verdicts.match?.released !== true)

const CAUSE_OF = { mismatched: 'mismatch', 'receipt-missing': 'receipt-missing', 'not-paired': 'lines-not-paired' } as const satisfies {
  [outcome: string]: Cause
}
