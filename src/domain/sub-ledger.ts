/**
 * What an invoice books on the accounts of suppliers: one entry per amount, each resting on one fact and counted from its own
 * date. Signed as what we owe: a posting adds, a settlement takes away, a credit note is the other way round.
 */
import type { CalendarDate } from '../lib/time.ts'
import { isForeign, isOthers, isSince, livePostings, negative, postingsOf } from './headline.ts'
import type { Allocation, InvoiceState } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { absolute, formatDecimal, parseDecimal } from './money.ts'

export type EntryKind = 'posted' | 'reversed' | 'settled' | 'revalued'

export interface LedgerEntry {
  /** The event that it rests on; with `place`, where one fact books several, its identity. */
  readonly fact: string
  readonly place: number
  /** The ERP's number of the company, and of its document. */
  readonly entity: string
  readonly document: string
  /** Empty where the ERP did not say it. */
  readonly account: string
  readonly currency: string
  readonly kind: EntryKind
  readonly bookedOn: CalendarDate
  readonly amount: string
  readonly supplier: string
  readonly number: string
  /** The day from which on all entries of the document add up to nothing; null while they do not. No later balance needs them. */
  readonly closedOn: CalendarDate | null
}

type Draft = Pick<LedgerEntry, 'fact' | 'currency' | 'kind' | 'bookedOn' | 'amount'> & {
  readonly place?: number
  readonly account?: string
}

/** All entries of an invoice. Only what was read back from the ERP stands in its ledger. */
export function ledgerEntries(state: InvoiceState): readonly LedgerEntry[] {
  const numbers = Object.keys(state.postings)
  if (numbers.length === 0) return NONE
  const shares = sharesOf(state, bearersOf(state, numbers))
  return numbers.sort().flatMap((document, part) => {
    const confirmed = state.postings[document]?.confirmed
    if (!confirmed || !(confirmed.settled || takenOf(state, document))) return []
    const drafts = draftsOf(state, document, shares.get(document) ?? [])
    const closedOn = closingOf(drafts)
    const account = confirmed.account ?? ''
    return drafts.map((draft) => ({
      place: part * PARTS,
      account,
      entity: confirmed.entity,
      document,
      supplier: confirmed.supplier,
      number: confirmed.number,
      ...draft,
      closedOn,
    }))
  })
}

/** Places of one event: a document's own, and within it those of a cut-over's several currencies. */
const PARTS = 100
const NONE: readonly LedgerEntry[] = []

/** Which postings a settlement of the invoice is of: those that were judged together, else the oldest that stands, else the last that did. */
function bearersOf(state: InvoiceState, numbers: readonly string[]): string[] {
  const standing = new Set(livePostings(state).map(([document]) => document))
  const judged = postingsOf(state.verdicts.posting?.subject ?? '')
  if (judged.every((document) => standing.has(document))) return judged.sort()
  return [...standing].slice(0, 1).concat(standing.size === 0 ? numbers.toSorted().slice(-1) : [])
}

type Share = readonly [event: string, allocation: Allocation]

/**
 * Each settlement with the posting that it is of. One of an invoice that was posted in parts fills one part after the other, each
 * with what is due by it; what is left over is the last one's.
 */
function sharesOf(state: InvoiceState, bearers: readonly string[]): Map<string, Share[]> {
  const shares = new Map<string, Share[]>()
  const give = (document: string, event: string, allocation: Allocation): void => {
    shares.set(document, [...(shares.get(document) ?? []), [event, allocation]])
  }
  const left = new Map(bearers.map((document) => [document, places(dueBy(state, document))]))
  for (const [event, allocation] of Object.entries(state.allocations).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { posting, on, undone } = allocation
    if (!isSince(state, on) || isOthers(state, allocation) || isForeign(state, allocation)) continue
    if (posting !== null && state.postings[posting]) {
      give(posting, event, allocation)
      continue
    }
    let rest = places(allocation.amount)
    for (const [at, document] of bearers.entries()) {
      const room = left.get(document) ?? 0n
      const part = at === bearers.length - 1 || absolute(rest) <= absolute(room) ? rest : room
      if (part === 0n) continue
      give(
        document,
        event,
        part === places(allocation.amount) ? allocation : { ...allocation, amount: sumOf([formatDecimal(part, PLACES)]) },
      )
      // What was taken back leaves its room to the next.
      if (undone === null) left.set(document, room - part)
      rest -= part
    }
  }
  return shares
}

const PLACES = 18
const places = (amount: string): bigint => parseDecimal(amount, PLACES) ?? 0n

function dueBy(state: InvoiceState, document: string): string {
  const confirmed = state.postings[document]?.confirmed
  if (!confirmed) return '0'
  return sumOf([confirmed.due ?? (state.content?.value.kind === 'credit-note' ? negative(confirmed.amount) : confirmed.amount)])
}

function draftsOf(state: InvoiceState, document: string, settlements: readonly Share[]): Draft[] {
  const { confirmed, reversed } = state.postings[document] ?? {}
  if (!confirmed) return []
  const { currency } = confirmed
  const due = dueBy(state, document)
  const taken = takenOf(state, document)
  const opening: Draft[] = taken
    ? // What a revaluation had left open in the company's currency stands beside the item itself.
      taken.open.map(({ account, currency: own, amount }, place) => ({
        fact: taken.event,
        place,
        account,
        currency: own,
        kind: place === 0 ? 'posted' : 'revalued',
        bookedOn: taken.on,
        amount: sumOf([amount]),
      }))
    : [{ fact: confirmed.event, currency, kind: 'posted', bookedOn: confirmed.postedOn, amount: due }]
  const whole = opening[0]?.amount ?? due
  return [
    ...opening,
    ...(reversed && isSince(state, reversed.on)
      ? [{ fact: reversed.event, currency, kind: 'reversed' as const, bookedOn: reversed.on, amount: sumOf([negative(whole)]) }]
      : []),
    ...settlements.flatMap(([event, allocation]) => settled(event, allocation, currency)),
    ...Object.entries(state.revaluations).flatMap(([event, { posting, amount, currency: own, on }]): Draft[] =>
      posting === document && isSince(state, on)
        ? [{ fact: event, currency: own, kind: 'revalued', bookedOn: on, amount: sumOf([amount]) }]
        : [],
    ),
  ]
}

const takenOf = ({ origin, takenOver }: InvoiceState, document: string): InvoiceState['takenOver'] =>
  origin === 'taken-over' && takenOver?.postingNo === document ? takenOver : null

/** An allocation that was taken back on no day of its own never was one. */
function settled(event: string, { amount, at, on, undone, undoneOn }: Allocation, currency: string): Draft[] {
  if (undone !== null && undoneOn === null) return []
  const common = { currency, kind: 'settled' as const }
  return [
    { ...common, fact: event, bookedOn: on ?? at.slice(0, 10), amount: sumOf([negative(amount)]) },
    ...(undone !== null && undoneOn !== null ? [{ ...common, fact: undone, bookedOn: undoneOn, amount: sumOf([amount]) }] : []),
  ]
}

function closingOf(drafts: readonly Draft[]): CalendarDate | null {
  const sums = new Map<string, string>()
  for (const { currency, amount } of drafts) sums.set(currency, sumOf([sums.get(currency) ?? '0', amount]))
  if ([...sums.values()].some((sum) => sum !== '0')) return null
  return (
    drafts
      .map(({ bookedOn }) => bookedOn)
      .sort()
      .at(-1) ?? null
  )
}
