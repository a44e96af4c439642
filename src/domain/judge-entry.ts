/** What a booked bank entry settles, or takes back: a payment, a whole file, or an invoice that nobody here paid. */
import type { Instant } from '../lib/time.ts'
import { exceptionDecisions, type WantedException } from './exception.ts'
import { amountDue, currencyOf, liveAllocations, negative } from './headline.ts'
import { sumOf } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import { batchName, endToEndName, paymentInfoName, paymentName, remittanceName } from './names.ts'
import type { Judgement, Look, Neighbours, ObjectRecord } from './object.ts'
import type { BatchState, PaymentState, Progress, Settled } from './payment.ts'
import { UNROUTED } from './routes.ts'
import { Scratch } from './scratch.ts'
import { evolveEntry, type EntryState } from './statement.ts'
import { shownAmount } from './tie-out.ts'
import type { Laws, PaymentRecord } from './view.ts'

type EntryRecordOf = ObjectRecord<EntryState>
type Entry = NonNullable<EntryState['entry']>
type Instructed = NonNullable<PaymentState['instructed']>

/** The names under which what the entry settles may be known, best first. Locked: the second of two entries waits, and is judged once. */
function candidates(entry: Entry): string[] {
  const about = entry.returns ?? entry
  const names: string[] = []
  if (about.endToEndId)
    names.push(...(about.messageId ? [paymentName(about.messageId, about.endToEndId)] : []), endToEndName(about.endToEndId))
  else names.push(...(about.messageId ? [batchName(about.messageId)] : []), ...(entry.batch ? [paymentInfoName(entry.batch)] : []))
  // Who gives back what was collected may name the invoice there alone.
  const texts = [...(comesBack(entry) ? [about.endToEndId ?? ''] : []), entry.remittance ?? '']
  return [...names, ...tokens(texts.join(' ')).map(remittanceName)]
}

/** Words of a remittance text that may be an invoice number: at most ten, of 3 to 35 characters with a digit. */
function tokens(text: string): string[] {
  return [...new Set(text.split(/[\s,;:]+/u).filter((word) => word.length >= 3 && word.length <= 35 && /\d/u.test(word)))].slice(0, 10)
}

export function entryNeighbours({ state }: EntryRecordOf): Neighbours {
  return state.entry?.booked && !state.matched ? { read: [], write: candidates(state.entry) } : { read: [], write: [] }
}

export function judgeEntry(laws: Laws, record: EntryRecordOf, look: Look, asOf: Instant): Judgement {
  const sheet = new Scratch<EntryState>(record.id, record.version, record.state, asOf, evolveEntry)
  const { entry, matched } = record.state
  if (!entry?.booked) return { decisions: [], wakeAt: null, waits: [] }
  const { answers } = sheet.state
  const wanted = matched ? [] : settle(laws, sheet, entry, look).filter(({ cause }) => answers[cause]?.action !== 'explained')
  const context = { amount: entry.amount, currency: entry.currency, party: entry.counterparty ?? null }
  for (const decision of exceptionDecisions(laws, sheet.id, sheet.state.exceptions, wanted, context, asOf)) sheet.add(decision)
  return { decisions: sheet.decisions, wakeAt: sheet.wakeAt, waits: [...sheet.waits].sort() }
}

function settle(laws: Laws, sheet: Scratch<EntryState>, entry: Entry, look: Look): WantedException[] {
  const names = candidates(entry)
  const found = names
    .map((name) => look(name))
    .find((record) => record !== undefined && (record.kind !== 'invoice' || collected(seenAs<InvoiceState>(record))))
  const says = `${entry.direction === 'debit' ? 'Paid' : 'Received'} ${entry.amount} ${entry.currency} on ${entry.bookedOn ?? 'an unknown day'}${entry.counterparty ? `, ${entry.counterparty}` : ''}${entry.remittance ? `: ${entry.remittance.slice(0, 140)}` : ''}`
  const booked: Settled = {
    entry: sheet.id,
    bookedOn: entry.bookedOn ?? '',
    bankReference: entry.bankReference ?? `${entry.statement} ${entry.position}`,
  }
  // One that only the ERP shows is not known yet: its file tells what was instructed.
  const payment = found?.kind === 'payment' ? seenAs<PaymentState>(found) : undefined
  if (payment?.state.instructed) return ofPayment(sheet, payment, payment.state.instructed, entry, booked, says)
  const settling = settles(entry)
  if (found?.kind === 'payment-batch' && settling && whole(seenAs<BatchState>(found).state)) {
    const { state } = seenAs<BatchState>(found)
    const amounts = amountsOf(state)
    const fits = amounts.find(({ amount }) => equal(amount, entry.amount))
    if (state.entry) return [{ cause: 'bank-entry-unknown', says: `${says}. The file was already booked by ${state.entry.entry}.` }]
    if (!fits) {
      sheet.waitFor([found.id])
      return [{ cause: 'amount-differs', says: `${says}. The file less what was rejected is ${amounts[0].amount}.` }]
    }
    return bind(sheet, found.id, 'settles', entry, booked, says, fits.withoutVoided ? { withoutVoided: true } : {})
  }
  if (found?.kind === 'invoice' && settling) {
    const { state } = seenAs<InvoiceState>(found)
    if (
      !liveAllocations(state).some(([, allocation]) => CASH.has(allocation.kind)) &&
      equal(amountDue(state) ?? undefined, entry.amount) &&
      state.content?.value.currency === entry.currency
    ) {
      settleInvoice(sheet, found.id, entry, booked, says, { kind: paying(state) === 'card' ? 'card' : 'bank' })
      return []
    }
  }
  const back = comesBack(entry) ? settledByEntry(names, entry, look) : undefined
  if (back) {
    takeBack(sheet, ...back, entry, booked, saidOf(entry, says))
    return []
  }
  sheet.waitFor(names)
  const until = sheet.after(entry.at, laws.policy.entryGraceMs)
  if (sheet.asOf < until) {
    sheet.wake(until)
    return []
  }
  const outside = found || !settling ? undefined : paidOutside(names, entry, look)
  if (!outside) return [{ cause: 'bank-entry-unknown', says }]
  settleInvoice(sheet, outside, entry, booked, says, { kind: 'bank', outside: true })
  return []
}

/**
 * What an entry does that names a payment of ours: a debit of its amount settles it, a credit of its amount takes it back, once each.
 * Whoever pays us numbers his payments as he likes, and a part that came back leaves the rest paid: any other amount moves nothing.
 */
function ofPayment(
  sheet: Scratch<EntryState>,
  { id, state }: PaymentRecord,
  { amount, currency }: Instructed,
  entry: Entry,
  booked: Settled,
  says: string,
): WantedException[] {
  const kind = entry.direction === 'credit' ? 'returns' : 'settles'
  const takesBack = kind === 'settles' && !settles(entry)
  const before = kind === 'returns' ? entryOf(state, kind) : settledBy(state)
  const same = equal(amount, entry.amount) && currency === entry.currency
  if (same && before === undefined && !takesBack) return bind(sheet, id, kind, entry, booked, saidOf(entry, says))
  sheet.waitFor([id])
  const stays = `The payment that it names is over ${shownAmount(amount, currency)} ${currency} and stays ${state.progress ?? 'instructed'}.`
  if (!same) return [{ cause: 'amount-differs', says: `${says}. ${stays}` }]
  const again = 'Do not pay it again before it is clear which of them stands.'
  const why = takesBack
    ? `The bank takes a credit back with it. ${stays} ${again}`
    : kind === 'returns'
      ? `The payment had already come back by ${before}.`
      : `The payment was already settled by ${before}.${entryOf(state, 'returns') ? ` It came back by ${entryOf(state, 'returns')}. ${again}` : ''}`
  return [{ cause: 'bank-entry-unknown', says: `${says}. ${why}` }]
}

/** The only invoice that the entry names, whose whole open amount it is, and for which no payment of ours is under way. */
function paidOutside(names: readonly string[], entry: Entry, look: Look): string | undefined {
  const [[id, state] = [], another] = invoicesOf(names, look)
  if (
    id === undefined ||
    state === undefined ||
    another !== undefined ||
    state.content?.value.currency !== entry.currency ||
    state.content.value.kind !== 'invoice'
  )
    return undefined
  if (Object.values(state.payments).some(({ progress }) => UNDER_WAY.has(progress))) return undefined
  const open = sumOf([amountDue(state) ?? '0', ...liveAllocations(state).map(([, allocation]) => negative(allocation.amount))])
  return equal(open, entry.amount) ? id : undefined
}

/** The only invoice that what comes back names and that a debit of its amount and currency settled, with the allocation by that. */
function settledByEntry(names: readonly string[], entry: Entry, look: Look): [invoice: string, allocation: string] | undefined {
  const [found, another] = invoicesOf(names, look).flatMap(([id, state]): [string, string][] => {
    const [event] =
      liveAllocations(state).find(
        ([, { booked, amount }]) => booked && equal(amount, entry.amount) && currencyOf(state) === entry.currency,
      ) ?? []
    return event === undefined ? [] : [[id, event]]
  })
  return another ? undefined : found
}

const invoicesOf = (names: readonly string[], look: Look): (readonly [string, InvoiceState])[] => [
  ...new Map(
    names
      .map((name) => look(name))
      .filter((record) => record?.kind === 'invoice')
      .map((record) => [record!.id, seenAs<InvoiceState>(record!).state]),
  ),
]

function takeBack(sheet: Scratch<EntryState>, invoice: string, allocation: string, entry: Entry, booked: Settled, says: string): void {
  sheet.decide('statement.entry-matched', 'settlement', { to: invoice, kind: 'returns', amount: entry.amount, says, ...booked })
  sheet.add({
    type: 'settlement.unallocated',
    objects: [invoice],
    actor: 'rule:settlement',
    data: { invoice, allocation, entry: sheet.id, bookedOn: booked.bookedOn, says },
  })
}

function settleInvoice(
  sheet: Scratch<EntryState>,
  invoice: string,
  entry: Entry,
  booked: Settled,
  says: string,
  how: { readonly kind: 'bank' | 'card'; readonly outside?: true },
): void {
  sheet.decide('statement.entry-matched', 'settlement', { to: invoice, kind: 'invoice', amount: entry.amount, says, ...booked })
  sheet.add({
    type: 'settlement.allocated',
    objects: [invoice],
    actor: 'rule:settlement',
    data: {
      ...how,
      invoice,
      amount: entry.amount,
      entry: sheet.id,
      booked: { bankReference: booked.bankReference, bookedOn: booked.bookedOn },
    },
  })
}

function bind(
  sheet: Scratch<EntryState>,
  to: string,
  kind: 'settles' | 'returns',
  entry: Entry,
  booked: Settled,
  says: string,
  but: { readonly withoutVoided?: true } = {},
): WantedException[] {
  sheet.decide('statement.entry-matched', 'settlement', { to, kind, amount: entry.amount, says, ...booked, ...but }, [to])
  return []
}

type Amount = { readonly amount: string; readonly withoutVoided?: true }
/** What one entry may be over that books a file: less what the bank refused, and what it may have recalled; or all that it had refused as a whole. */
function amountsOf({ seen, rejectedItems, voidedItems, rejected }: BatchState): [Amount, ...Amount[]] {
  const due = sumOf([seen.sum, negative(rejectedItems.sum)])
  return [
    { amount: due },
    ...(voidedItems ? [{ amount: sumOf([due, negative(voidedItems.sum)]), withoutVoided: true as const }] : []),
    ...(rejected ? [{ amount: seen.sum }] : []),
  ]
}

/** A credit that says of itself that it is a return, or the reversal of a debit. */
const comesBack = ({ direction, reversal, returns }: Entry): boolean => direction === 'credit' && (reversal || returns !== undefined)
/** The bank's reason where it gives one. */
const saidOf = ({ returns }: Entry, says: string): string => (returns ? `${returns.code} ${returns.reason ?? ''}`.trim() : says)
/** The first of a payment's own entries of a kind. */
const entryOf = ({ entries }: PaymentState, kind: 'settles' | 'returns'): string | undefined =>
  Object.keys(entries).find((id) => entries[id]?.kind === kind)
/** The entry that booked a payment: its own, or its file's, which a later refusal takes back from it. */
const settledBy = (state: PaymentState): string | undefined =>
  entryOf(state, 'settles') ?? (state.progress === 'settled' || state.progress === 'returned' ? state.settled?.entry : undefined)
/** A debit, unless it takes a credit back: of a reversal too the side is its own (RvslInd). */
const settles = ({ direction, reversal, returns }: Entry): boolean => direction === 'debit' && !reversal && returns === undefined
/** Of a file that is not known whole the sum says nothing. */
const whole = ({ file, seen }: BatchState): boolean => file !== null && seen.count >= file.count
/** A neighbour whose kind was looked at. */
const seenAs = <S>(record: ObjectRecord): ObjectRecord<S> => record as unknown as ObjectRecord<S>
const paying = (state: InvoiceState): string => (state.routed ?? UNROUTED).rules.pays
const collected = ({ state }: ObjectRecord<InvoiceState>): boolean => paying(state) === 'collected' || paying(state) === 'card'
const UNDER_WAY: ReadonlySet<Progress> = new Set<Progress>(['instructed', 'released', 'accepted', 'settled'])
/** Only these allocations are money that left an account. */
const CASH = new Set(['bank', 'card'])
const equal = (a: string | undefined, b: string): boolean => a !== undefined && sumOf([a]) === sumOf([b])
