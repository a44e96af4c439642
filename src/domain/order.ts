/**
 * What is known of one order beside what its systems say of it: the receipts of its goods and what invoices have taken of its
 * lines. Receipts count by the system that holds the order; what another system counted is the same goods once more.
 */
import type { Instant } from '../lib/time.ts'
import type { Event } from './event.ts'
import type { FactData, OrderData } from './event-data.ts'
import { answered, covers, type Answered } from './answers.ts'
import { exceptionDecisions } from './exception.ts'
import { later, ref } from './fact-order.ts'
import type { FactRef } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { silentLookups } from './judge-reference.ts'
import { compareFigures, measureOf, unitPriceOf } from './matching.ts'
import type { Judgement, ObjectRecord } from './object.ts'
import { answersFor, askedAbout } from './policy.ts'
import { evolveReference, foundIn, NO_REFERENCE, readOf, versionOf, type ReferenceState } from './reference.ts'
import type { Laws } from './view.ts'

/**
 * What one invoice took of one line: quantity (the net amount where the line is ordered by value), the price agreed then, and the price
 * difference that was tolerated. Negative where a credit note gave it back.
 */
export type Taken = { readonly quantity: string; readonly price: string; readonly difference: string }
export type TakenLines = { readonly [line: string]: Taken }

type Receipt = {
  readonly recorded: (FactRef & { readonly lines: readonly { readonly line: string; readonly quantity: string }[] }) | null
  readonly reversed: FactRef | null
}

export interface OrderState extends ReferenceState {
  /** `receipt@system` */
  readonly receipts: { readonly [receipt: string]: Receipt }
  readonly invoiced: { readonly [invoice: string]: TakenLines }
  /** What people said of its cases, by cause. */
  readonly answers: { readonly [cause: string]: Answered }
}

export const NO_ORDER: OrderState = { ...NO_REFERENCE, receipts: {}, invoiced: {}, answers: {} }

export function evolveOrder(state: OrderState, event: Event): OrderState {
  switch (event.type) {
    case 'receipt.recorded': {
      const { receipt, lines } = event.data as unknown as FactData['receipt.recorded']
      return received(state, event, receipt, (known) => ({ ...known, recorded: later(known.recorded, { ...ref(event), lines }) }))
    }
    case 'receipt.reversed': {
      const { receipt } = event.data as unknown as FactData['receipt.reversed']
      return received(state, event, receipt, (known) => ({ ...known, reversed: later(known.reversed, ref(event)) }))
    }
    case 'invoice.matched': {
      const { taken, invoice, instead = [] } = event.data as unknown as { taken: TakenLines; invoice: string; instead?: readonly string[] }
      const others = Object.entries(state.invoiced).filter(([other]) => !instead.includes(other))
      return { ...state, invoiced: { ...Object.fromEntries(others), [invoice]: taken } }
    }
    case 'invoice.match-released': {
      const { invoice } = event.data as unknown as { invoice: string }
      return { ...state, invoiced: Object.fromEntries(Object.entries(state.invoiced).filter(([other]) => other !== invoice)) }
    }
    case 'exception.answered': {
      const data = event.data as unknown as FactData['exception.answered']
      const cause = Object.keys(state.exceptions).find((name) => state.exceptions[name]?.id === data.exception)
      return cause === undefined ? state : { ...state, answers: { ...state.answers, [cause]: answered(event, thingsOf(state)) } }
    }
    default:
      return evolveReference('order', state, event)
  }
}

function received(state: OrderState, event: Event, receipt: string, change: (known: Receipt) => Receipt): OrderState {
  const key = `${receipt}@${event.source.system}`
  return { ...state, receipts: { ...state.receipts, [key]: change(state.receipts[key] ?? { recorded: null, reversed: null }) } }
}

/** Quantity of a line that came in and did not turn out not to have, as this system counts. */
export function receivedOf(state: OrderState, system: string, line: string): string {
  const standing = Object.entries(state.receipts).filter(([key, receipt]) => key.endsWith(`@${system}`) && receipt.reversed === null)
  return sumOf(
    standing
      .flatMap(([, receipt]) => receipt.recorded?.lines ?? [])
      .filter((row) => row.line === line)
      .map((row) => row.quantity),
  )
}

/** What invoices other than `except` have taken of a line, and what credit notes gave back. */
export function takenOf(state: OrderState, line: string, except: readonly string[]): Taken[] {
  return Object.entries(state.invoiced).flatMap(([invoice, lines]) =>
    !except.includes(invoice) && lines[line] !== undefined ? [lines[line]] : [],
  )
}

/**
 * Findings on an order after the fact. What was matched stays matched: a receipt that is reversed or a price that is changed
 * afterwards is a case for procurement, and so is another system that tells a different order.
 */
export function judgeOrder(laws: Laws, { id, state }: ObjectRecord<OrderState>, asOf: Instant): Judgement {
  const { policy } = laws
  const holder = answersFor(policy, 'order')
  const order = foundIn(state, 'order', holder)?.order
  const wanted = silentLookups(laws, state)
  let wakeAt: Instant | null = null
  if (order) {
    const invoices = Object.keys(state.invoiced).sort()
    for (const line of order.lines) {
      const taken = takenOf(state, line.id, [])
      if (taken.length === 0) continue
      const [invoiced, came] = [sumOf(taken.map(({ quantity }) => quantity)), receivedOf(state, holder, line.id)]
      if (line.receiptRequired && compareFigures(invoiced, came) > 0) {
        wanted.push({
          cause: 'receipt-reversed',
          says: `Order ${order.number}, line ${line.id}: invoiced ${invoiced}, received ${came} (${invoices.join(', ')}).`,
        })
      }
      const other = taken.find(({ price }) => compareFigures(price, unitPriceOf(line)) !== 0)
      const over = line.byValue && compareFigures(invoiced, measureOf(line)) > 0
      const now = over
        ? `invoiced ${invoiced}, its limit is ${measureOf(line)} now`
        : `matched at ${other?.price} each, now ${unitPriceOf(line)}`
      if (over || (other && !line.byValue))
        wanted.push({ cause: 'order-repriced', says: `Order ${order.number}, line ${line.id}: ${now} (${invoices.join(', ')}).` })
    }
    for (const other of askedAbout(policy, 'order').slice(1)) {
      const said = readOf(state, 'order', other)
      const differs = said ? difference(order, foundIn(state, 'order', other)?.order) : null
      if (!said || differs === null) continue
      const until = new Date(
        Math.max(Date.parse(said.at), Date.parse(readOf(state, 'order', holder)?.at ?? said.at)) + policy.graceMs,
      ).toISOString()
      if (asOf < until) wakeAt = until
      else
        wanted.push({
          cause: 'orders-disagree',
          says: `Order ${order.number}: ${holder} says ${differs.ours}, ${other} says ${differs.theirs}.`,
        })
    }
  }
  // One case per cause: the first line that shows it.
  const unanswered = wanted.filter(({ cause }) => !explained(state, holder, cause))
  const first = [...new Map(unanswered.toReversed().map((exception) => [exception.cause, exception])).values()].toReversed()
  const entity = order?.entity ?? state.ask?.entity
  const context = {
    amount: null,
    currency: order?.currency ?? null,
    party: order?.supplier ?? null,
    ...(entity === undefined ? {} : { entity }),
  }
  return { decisions: exceptionDecisions(laws, id, state.exceptions, first, context, asOf), wakeAt, waits: [] }
}

/** An answer holds until something new happens: another receipt reversed, another word about the order. */
function explained(state: OrderState, holder: string, cause: string): boolean {
  return covers(state.answers[cause], cause === 'receipt-reversed' ? reversedOf(state) : versionsOf(state, `order@${holder}`))
}

const reversedOf = ({ receipts }: OrderState): string[] =>
  Object.entries(receipts).flatMap(([receipt, { reversed }]) => (reversed ? [`reversal ${receipt}`] : []))
/** The same version read once more is the same thing. */
const versionsOf = ({ reads }: OrderState, asked?: string): string[] =>
  Object.entries(reads)
    .filter(([question]) => asked === undefined || question === asked)
    .map(([question, { event, answer }]) => (versionOf(answer) > 0 ? `${question} ${versionOf(answer)}` : event))
const thingsOf = (state: OrderState): string[] => [...reversedOf(state), ...versionsOf(state)]

/** In what the holder's order and another system's differ; suppliers have numbers of their own in each system, items too. */
function difference(ours: OrderData, theirs: OrderData | undefined): { ours: string; theirs: string } | null {
  if (!theirs) return { ours: 'it is there', theirs: 'there is none' }
  if (ours.currency !== theirs.currency) return { ours: ours.currency, theirs: theirs.currency }
  for (const line of ours.open ? ours.lines : []) {
    const other = theirs.lines.find((candidate) => candidate.id === line.id)
    if (!other) return { ours: `line ${line.id}`, theirs: `no open line ${line.id}` }
    if (compareFigures(line.quantity, other.quantity) !== 0) return { ours: `line ${line.id}: ${line.quantity}`, theirs: other.quantity }
    if (compareFigures(unitPriceOf(line), unitPriceOf(other)) !== 0)
      return { ours: `line ${line.id} at ${unitPriceOf(line)}`, theirs: unitPriceOf(other) }
  }
  return ours.open === theirs.open ? null : { ours: ours.open ? 'open' : 'closed', theirs: theirs.open ? 'open' : 'closed' }
}
