/**
 * What a sweep makes of one thing that a system holds: by which numbers it should be there, and whether it shows what we have of it.
 * docs/spec/reconcile.md tells the reasons.
 */
import { evidenceShown, labelGiven } from './evidence.ts'
import { holdCell } from './expect-posting.ts'
import { livePostings, ticketOf } from './headline.ts'
import { sumOf } from './invoice-content.ts'
import { ABSENT } from './cell.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { Facet, ObjectRecord } from './object.ts'
import type { PaymentState } from './payment.ts'
import type { Reconciled } from './reconcile.ts'

/** The kinds of object that have cells which a system can be asked about. */
interface SweptStates {
  readonly invoice: InvoiceState
  readonly payment: PaymentState
}
export type SweptKind = keyof SweptStates

/** One thing that a system holds, as a sweep asks for it, and what it shows in each cell that it fills. */
export interface Held {
  /** Under which our object may be known, best first. */
  readonly names: readonly string[]
  /** Its number there. */
  readonly key: string
  readonly shows: readonly Shown[]
}

export interface Shown {
  readonly facet: Facet
  /** Their word, and what it claims in ours; null for a word that no table has. `ABSENT`: nothing of it is there. */
  readonly word: string
  readonly claims: string | null
  /** Of a posting. */
  readonly amount?: string
  /** Of what lies in an archive: the SHA-256 of its bytes, and the last day on which they are still there. */
  readonly document?: string
  readonly until?: string
}

/**
 * `same`: as we have it · `news`: its own facts say more than we have · `report`: it shows something else than when it was last heard ·
 * `beside`: it is not the thing that fills this cell.
 */
export type Compared = 'same' | 'news' | 'report' | 'beside'

type NumbersOf<State> = { readonly [facet in Facet]?: (id: string, state: State, system: string) => readonly string[] }

/** The numbers under which a system should hold something of an object: what is not there is missing. */
const NUMBERS: { readonly [kind in SweptKind]: NumbersOf<SweptStates[kind]> } = {
  invoice: {
    posting: (_id, state) => bookedNumbers(state),
    hold: (_id, state) => onlyOne(bookedNumbers(state)),
    settlement: (_id, state) => onlyOne(bookedNumbers(state)),
    attachment: (_id, { told }, system) => wordIn(told[`${system}|attachment`]),
    evidence: (id, state, system) => wordIn(state.told[`${system}|evidence`]).flatMap((covers) => labelGiven(id, state, covers) ?? []),
    approval: (_id, state, system) => ticketsOf(state, system),
    status: (_id, state, system) => ticketsOf(state, system),
  },
  payment: {
    settlement: (_id, { instructed, booked }) => [instructed?.paymentDoc ?? booked?.number].filter((number) => number !== undefined),
  },
}

const bookedNumbers = (state: InvoiceState): string[] =>
  livePostings(state).flatMap(([postingNo, { confirmed }]) => (confirmed?.settled ? [postingNo] : []))
/** Of several documents none says by itself what the invoice's cell shows. */
const onlyOne = (numbers: readonly string[]): readonly string[] => (numbers.length === 1 ? numbers : [])
const ticketsOf = (state: InvoiceState, system: string): string[] => [ticketOf(state, system)].filter((ticket) => ticket !== null)
const wordIn = (told: { readonly word: string } | undefined): string[] => (told === undefined ? [] : [told.word])

/** The numbers, or our own reference, by which a system is asked about one cell of an object; none where it has none there. */
export function numbersAt(record: ObjectRecord, system: string, facet: Facet, by: 'number' | 'reference'): readonly string[] {
  if (by === 'reference') return [record.id]
  const numbers = NUMBERS[record.kind as SweptKind] as unknown as NumbersOf<ObjectRecord['state']> | undefined
  return numbers?.[facet]?.(record.id, record.state, system) ?? []
}

/** Cells that are filled by one thing alone, the one under the object's own number. */
const OWN: ReadonlySet<Facet> = new Set<Facet>(['hold', 'settlement', 'attachment', 'evidence'])

/** What a thing shows of which nobody was told anything. */
const AT_REST: { readonly [facet in Facet]?: string } = { settlement: 'open', hold: 'free' }

/** What one thing held there says of an object that we have, in one cell. */
export function comparedWith(record: ObjectRecord, system: string, key: string, shown: Shown): Compared {
  const { facet, word, claims } = shown
  if (facet === 'posting') return comparedPosting(record.state as unknown as InvoiceState, system, key, shown)
  if (OWN.has(facet) && !numbersAt(record, system, facet, 'number').includes(key)) return 'beside'
  const [told, last] = saidOf(record, system, facet)
  const shows = claims ?? word
  const rests = (what: string): boolean => what === ABSENT || what === AT_REST[facet]
  if (shows === last) return 'same'
  return rests(shows) && (last === undefined ? told === undefined : rests(last)) ? 'same' : 'report'
}

/** What the cell was told, and what it last showed. Some of it was said with something else: a block with the posting, a pack when it was read. */
function saidOf({ id, kind, state }: ObjectRecord, system: string, facet: Facet): readonly [string | undefined, string | undefined] {
  const key = `${system}|${facet}`
  const { told, reported } = state as unknown as Reconciled
  const invoice = kind === 'invoice' ? (state as unknown as InvoiceState) : undefined
  return [
    (invoice && facet === 'hold' ? holdCell(system, id, invoice).told : told[key]?.word) ?? undefined,
    invoice && facet === 'evidence' ? evidenceShown(invoice, key) : reported[key]?.word,
  ]
}

function comparedPosting(state: InvoiceState, system: string, key: string, { word, claims, amount }: Shown): Compared {
  const last = state.reported[`${system}|posting`]
  const shown = claims ?? word
  const posting = state.postings[key]
  const unlikeLast = last?.of === key && (last.word !== shown || amountOf(last.amount) !== amountOf(amount))
  if (word === ABSENT)
    return !posting?.confirmed?.settled || posting.reversed || (last?.of === key && last.word === ABSENT) ? 'same' : 'report'
  if (claims === null) return last?.word === word ? 'same' : 'news'
  if (claims === 'parked' && !posting) return state.parked[key] === undefined ? 'news' : 'same'
  if (!posting?.confirmed?.settled || (claims === 'reversed' && !posting.reversed)) return 'news'
  if (posting.reversed || claims === 'reversed') return 'same'
  if (last?.of === key) return unlikeLast ? 'report' : 'same'
  return claims === 'posted' && amountOf(amount ?? posting.confirmed.amount) === amountOf(posting.confirmed.amount) ? 'same' : 'report'
}

const amountOf = (amount: string | undefined): string | undefined => (amount === undefined ? undefined : sumOf([amount]))

/**
 * As it is to be read by somebody who knows what was put there: other bytes under our name are no pack of so many facts, and one that
 * goes too early is not what was asked for.
 */
export function readAs({ kind, state }: ObjectRecord, shown: Shown): Shown {
  if (kind !== 'invoice' || shown.facet !== 'evidence' || shown.document === undefined) return shown
  const { archived, evidence } = state as unknown as InvoiceState
  const ours = [archived, evidence.prepared].find((pack) => String(pack?.covers) === shown.claims)
  const until = [archived, evidence.wanted].find((pack) => String(pack?.covers) === shown.claims)?.until
  if (ours && ours.document !== shown.document) return { ...shown, claims: 'other-content' }
  return until !== undefined && (shown.until ?? '') < until ? { ...shown, claims: 'kept-too-short' } : shown
}
