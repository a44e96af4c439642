/**
 * What is judged, and by what: the books of the simulated systems, what the rig's clients sent and were told, and the hub's
 * public API at rest. Nothing here knows how the hub works; a check that the hub's own code could bend would be worth nothing.
 */
import type { Row, Sent, Shown } from '../history.ts'

export interface Fact {
  readonly what: string
  readonly verb: string
  readonly key: string
  readonly row: { readonly [key: string]: unknown }
}
export interface Line {
  readonly n: number
  readonly at: string
  readonly op: string
  readonly facts: readonly Fact[]
}
export type Books = { readonly [system in 'erp' | 'ap' | 'procurement' | 'bank' | 'archive']: readonly Line[] }

/** As `GET /v1/objects/{id}` shows an invoice. */
export interface InvoiceView {
  readonly id: string
  readonly names: readonly string[]
  readonly headline: { readonly state: string | null; readonly breaches: readonly string[] }
  readonly row: { readonly title: string; readonly currency: string | null; readonly amount: string | null; readonly open: boolean } | null
  readonly exceptions: readonly { readonly cause: string; readonly open: boolean }[]
  readonly cells: readonly {
    readonly system: string
    readonly facet: string
    readonly expected: string | null
    readonly told: string | null
    readonly reported: string | null
  }[]
}

/** What a fault gives the right to, of a bill that it met (docs/spec/rehearsal.md, "What is excused"). */
export interface Excuse {
  /** Of cases that may be open of it, of its payments, their files and their entries. */
  readonly causes: readonly string[]
  /** It may stand in the ERP's books twice, when a person was told. */
  readonly double?: true
  /** What its headline may lack. */
  readonly breaches?: readonly string[]
}

export interface CaseView {
  readonly id: string
  readonly cause: string
  readonly says: string
  readonly about: string
  readonly owner: string
  readonly open: boolean
  /** The object that it is about, as `GET /v1/objects/{id}` shows it; null where that is an invoice, which is known. */
  readonly object: unknown
}

export interface Bill {
  readonly file: string
  readonly billKind: 'BILL' | 'CREDIT'
  readonly billNo: string
  readonly vendorNo: string
  readonly ccy: string
  readonly gross: string
  readonly means: string
  /** Of its order, where it has one. */
  readonly poNo?: string | null
  /** Its sender sent it once, whatever came of it: no hub need know it. */
  readonly once?: true
}

/** A command as a system's queue showed it under way, from when to when (ms since 1970). */
export interface UnderWay {
  readonly effect: string
  readonly attempt: number
  readonly from: number
  readonly till: number
}

/** How a command of the hub's own ended, and what it said. */
export interface Told {
  readonly status: number | null
  readonly output: string
}

export interface Evidence {
  readonly books: Books
  readonly history: readonly Row[]
  /** What was sent, of the sample. */
  readonly bills: readonly Bill[]
  readonly invoices: readonly InvoiceView[]
  readonly cases: readonly CaseView[]
  /** How often a file of each name was put where the bank fetches it. */
  readonly puts: ReadonlyMap<string, number>
  /** What the hub's own code broke on, as `GET /v1/exceptions` shows it. */
  readonly quarantined: readonly { readonly id: string; readonly type: string; readonly says: string }[]
  readonly busy: number
  readonly underWay: readonly UnderWay[]
  /** What `tieout verify` said over the log at rest; null when it was not asked. */
  readonly verified: Told | null
  /** What `tieout rebuild` said at rest; null when it was not asked. */
  readonly rebuilt: Told | null
  /** Calls that followed a redirect to where nobody should come. */
  readonly trapped: number
  /** From the heal to rest (ms); null when rest was not reached in time. */
  readonly restedMs: number | null
  readonly residentMb: number
  /** By how much limits of time are stretched, because the machine had more to do than it can. */
  readonly stretch: number
  /** By the number of a bill that a fault met, what may follow from that. */
  readonly excused: ReadonlyMap<string, readonly Excuse[]>
}

export interface Violation {
  readonly invariant: string
  readonly says: string
  readonly about: string
}

export type Check = (evidence: Evidence) => readonly Violation[]

export const sentOf = (history: readonly Row[]): readonly Sent[] => history.filter((row) => row.kind === 'sent')
export const shownOf = (history: readonly Row[]): readonly Shown[] => history.filter((row) => row.kind === 'shown')

/** When the rig did something, by what it did it to. */
export const didOf = (history: readonly Row[], what: string): readonly { readonly at: string; readonly detail: string }[] =>
  history.flatMap((row) => (row.kind === 'done' && row.what === what ? [row] : []))

export const wasTaken = ({ status }: Sent): boolean => status !== null && status >= 200 && status < 300

/** The ids that an answer to a document names, by invoice number. */
export function receivedIn({ body }: Sent): readonly { readonly number: string; readonly invoice: string }[] {
  return (body as { readonly received?: readonly { number: string; invoice: string }[] } | null)?.received ?? []
}

/** Facts of a kind with the time of their line, in order. */
export function factsOf(
  lines: readonly Line[],
  what: string,
  verb?: string,
): readonly (Fact & { readonly at: string; readonly op: string })[] {
  return lines.flatMap(({ at, op, facts }) =>
    facts.filter((fact) => fact.what === what && (verb === undefined || fact.verb === verb)).map((fact) => ({ ...fact, at, op })),
  )
}

export const text = (row: { readonly [key: string]: unknown }, key: string): string => (typeof row[key] === 'string' ? row[key] : '')

/** In the smallest units there are of four places: exact. */
export function minor(amount: string): bigint {
  const [, sign = '', whole = '0', rest = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?$/u.exec(amount) ?? []
  return BigInt(`${sign}${whole}${rest.padEnd(4, '0')}`)
}

/** Which invoice of the hub each bill became: as its sender was told, else as the hub lists it. */
export function invoiceOf({ history, bills, invoices }: Evidence): ReadonlyMap<string, string> {
  const known = new Map<string, string>()
  for (const sent of sentOf(history))
    if (sent.what === 'document' && wasTaken(sent)) for (const { invoice } of receivedIn(sent)) known.set(sent.about, invoice)
  for (const bill of bills) {
    const found = invoices.find(({ row }) => row?.title === bill.billNo && minor(row.amount ?? '0') === minor(bill.gross))
    if (!known.has(bill.file) && found) known.set(bill.file, found.id)
  }
  return known
}
