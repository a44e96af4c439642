/**
 * What the ERP shows as paid and no file of ours has told of: a payment document of a run that nobody heard of, or a clearing of documents
 * that nobody here knows. docs/spec/reconcile.md tells the reasons.
 */
import type { Instant } from '../lib/time.ts'
import { ABSENT } from './cell.ts'
import { exceptionDecisions } from './exception.ts'
import { expectPayment } from './expect-payment.ts'
import { sumOf } from './invoice-content.ts'
import { diverge } from './judge-cells.ts'
import type { Judgement, Look, Neighbours } from './object.ts'
import { evolvePayment, type PaymentState } from './payment.ts'
import { graceOf, type Diverging } from './reconcile.ts'
import { Scratch } from './scratch.ts'
import { shownAmount } from './tie-out.ts'
import type { Laws, PaymentRecord } from './view.ts'

type Booked = NonNullable<PaymentState['booked']>

export const bookedNeighbours = ({ booked }: PaymentState): Neighbours => ({ read: postingsOf(booked), write: [] })
const postingsOf = (booked: PaymentState['booked']): string[] => booked?.clears?.map(({ posting }) => posting) ?? []

/** It ends when a file tells what was paid, when the documents become known, or when the ERP does not hold it any more. */
export function judgeBooked(laws: Laws, { id, version, state }: PaymentRecord, look: Look, asOf: Instant): Judgement {
  const sheet = new Scratch<PaymentState>(id, version, state, asOf, evolvePayment)
  const { booked } = state
  if (!booked) return { decisions: [], wakeAt: null, waits: [] }
  sheet.waitFor(postingsOf(booked).filter((posting) => !look(posting)))
  const unknown = booked.clears?.filter(({ posting }) => !look(posting))
  const amount = shownAmount(unknown ? sumOf(['0', ...unknown.map((line) => line.amount)]) : booked.amount, booked.currency)
  const cell = `${laws.policy.systems.erp}|settlement`
  const strange = unknown?.length === 0 || isOver(laws, state, booked, cell) ? [] : [[cell, strangeBooking(laws, booked, amount)] as const]
  const wanted = diverge(laws, sheet, expectPayment(laws, { id, state }).cells, new Map(strange))
  const context = { amount, currency: booked.currency, party: booked.supplier, entity: booked.entity }
  for (const decision of exceptionDecisions(laws, id, sheet.state.exceptions, wanted, context, asOf)) sheet.add(decision)
  return { decisions: sheet.decisions, wakeAt: sheet.wakeAt, waits: [...sheet.waits].sort() }
}

const isOver = ({ policy }: Laws, { answers, reported }: PaymentState, { on }: Booked, cell: string): boolean =>
  on < policy.bypassFrom || answers['erp-payment-unknown']?.action === 'explained' || reported[cell]?.word === ABSENT

/** Grace counts from when we heard of it: what is read late, all at once, may come in another order than it happened. */
function strangeBooking({ policy }: Laws, { number, entity, supplier, currency, on, clears, heardAt }: Booked, amount: string): Diverging {
  const what = clears ? 'clearing' : 'payment document'
  const why = clears ? 'It clears documents that nobody here knows.' : 'No payment file that the hub knows has it.'
  return {
    kind: 'bypass',
    since: heardAt,
    ms: graceOf(policy, { system: policy.systems.erp, facet: 'settlement', expected: 'observed' }),
    says: `The ERP’s ${what} ${number} of company ${entity} shows ${amount} ${currency} as paid to supplier ${supplier}, ${on}. ${why}`,
    cause: 'erp-payment-unknown',
  }
}
