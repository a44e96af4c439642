/** Table `ledger_entry`: what invoices book on the accounts of suppliers, and the balances that it adds up to. */
import type { EntryKind, LedgerEntry } from '../domain/sub-ledger.ts'
import type { CalendarDate } from '../lib/time.ts'
import { dateArray, int2Array, textArray } from './arrays.ts'
import { query, rowsOf, type ClientBase, type Query } from './database.ts'

/** An object's entries before and after a commit. */
export interface EntriesChange {
  readonly object: string
  readonly before: readonly LedgerEntry[]
  readonly after: readonly LedgerEntry[]
}

const WRITE = {
  name: 'ledger_entry_write',
  text: `INSERT INTO ledger_entry (tenant, object, fact, place, entity, document, account, currency, kind, booked_on, amount, supplier, number, closed_on)
         SELECT $1, o, f, p, e, d, a, c, k, b, m::numeric, s, n, coalesce(l, 'infinity')
         FROM unnest($2::text[], $3::text[], $4::int2[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::date[], $11::text[], $12::text[], $13::text[], $14::date[])
           AS x (o, f, p, e, d, a, c, k, b, m, s, n, l)
         ON CONFLICT (tenant, object, fact, place) DO UPDATE SET entity = excluded.entity, document = excluded.document, account = excluded.account,
           currency = excluded.currency, kind = excluded.kind, booked_on = excluded.booked_on, amount = excluded.amount, supplier = excluded.supplier,
           number = excluded.number, closed_on = excluded.closed_on`,
}
const DELETE = {
  name: 'ledger_entry_delete',
  text: `DELETE FROM ledger_entry USING unnest($2::text[], $3::text[], $4::int2[]) AS x (object, fact, place)
         WHERE tenant = $1 AND ledger_entry.object = x.object AND ledger_entry.fact = x.fact AND ledger_entry.place = x.place`,
}

/** Writes what is new or other than before, and takes away what is no longer. */
export function writingEntries(tenant: string, changes: readonly EntriesChange[]): Query[] {
  const written: (LedgerEntry & { readonly object: string })[] = []
  const gone: (Pick<LedgerEntry, 'fact' | 'place'> & { readonly object: string })[] = []
  for (const { object, before, after } of changes) {
    const known = new Map(before.map((entry) => [keyOf(entry), JSON.stringify(entry)]))
    for (const entry of after) {
      if (known.get(keyOf(entry)) !== JSON.stringify(entry)) written.push({ ...entry, object })
      known.delete(keyOf(entry))
    }
    for (const entry of before) if (known.has(keyOf(entry))) gone.push({ object, fact: entry.fact, place: entry.place })
  }
  return [
    ...(gone.length === 0
      ? []
      : [
          query(DELETE, [
            tenant,
            textArray(gone.map((row) => row.object)),
            textArray(gone.map((row) => row.fact)),
            int2Array(gone.map((row) => row.place)),
          ]),
        ]),
    ...(written.length === 0 ? [] : [query(WRITE, columns(tenant, written))]),
  ]
}

const keyOf = ({ fact, place }: Pick<LedgerEntry, 'fact' | 'place'>): string => `${fact} ${place}`

function columns(tenant: string, entries: readonly (LedgerEntry & { readonly object: string })[]): unknown[] {
  // Always in one order: two transactions that meet at a row wait for each other and not in a ring.
  const rows = entries.toSorted((a, b) => (a.object < b.object ? -1 : a.object > b.object ? 1 : keyOf(a) < keyOf(b) ? -1 : 1))
  const column = (pick: (row: (typeof rows)[number]) => string): Buffer => textArray(rows.map(pick))
  return [
    tenant,
    column((row) => row.object),
    column((row) => row.fact),
    int2Array(rows.map((row) => row.place)),
    column((row) => row.entity),
    column((row) => row.document),
    column((row) => row.account),
    column((row) => row.currency),
    column((row) => row.kind),
    dateArray(rows.map((row) => row.bookedOn)),
    column((row) => row.amount),
    column((row) => row.supplier),
    column((row) => row.number),
    dateArray(rows.map((row) => row.closedOn)),
  ]
}

export type BalanceLine = 'opening' | EntryKind | 'closing'
export interface Balance {
  readonly account: string
  readonly currency: string
  readonly line: BalanceLine
  readonly amount: string
}

// Three ranges: what stood the day before `from`, what the days since moved, and what stands at the end of `to`. What was closed
// before is in none of them.
const BALANCES = {
  name: 'ledger_balances',
  text: `SELECT account, currency, line, sum(amount)::text FROM (
           SELECT account, currency, 'opening' AS line, amount FROM ledger_entry WHERE tenant = $1 AND entity = $2 AND closed_on >= $3::date AND booked_on < $3::date
           UNION ALL SELECT account, currency, kind, amount FROM ledger_entry WHERE tenant = $1 AND entity = $2 AND booked_on BETWEEN $3::date AND $4::date
           UNION ALL SELECT account, currency, 'closing', amount FROM ledger_entry WHERE tenant = $1 AND entity = $2 AND closed_on > $4::date AND booked_on <= $4::date) AS x
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
}

export interface Period {
  readonly entity: string
  readonly from: CalendarDate
  readonly to: CalendarDate
}

/** The balances of a company's accounts at both ends of a period, and what each kind of entry moved in it. */
export async function ledgerBalances(client: ClientBase, tenant: string, { entity, from, to }: Period): Promise<Balance[]> {
  await planned(client)
  const rows = await rowsOf<[string, string, BalanceLine, string]>(client, BALANCES, [tenant, entity, from, to])
  return rows.map(([account, currency, line, amount]) => ({ account, currency, line, amount }))
}

const OPEN = {
  name: 'ledger_open',
  text: `SELECT document, account, currency, sum(amount)::text, min(object), min(supplier), min(number), min(booked_on) FILTER (WHERE kind = 'posted')
         FROM ledger_entry WHERE tenant = $1 AND entity = $2 AND closed_on > $3::date AND booked_on <= $3::date
         GROUP BY document, account, currency HAVING sum(amount) <> 0 ORDER BY document, account, currency`,
}

export interface OpenDocument {
  readonly document: string
  readonly account: string
  readonly currency: string
  readonly open: string
  readonly object: string
  readonly supplier: string
  readonly number: string
  readonly postedOn: CalendarDate | null
}

/** Every document of a company that is open at the end of a day. */
export async function openDocuments(client: ClientBase, tenant: string, entity: string, on: CalendarDate): Promise<OpenDocument[]> {
  await planned(client)
  const rows = await rowsOf<[string, string, string, string, string, string, string, CalendarDate | null]>(client, OPEN, [
    tenant,
    entity,
    on,
  ])
  return rows.map(([document, account, currency, open, object, supplier, number, postedOn]) => ({
    document,
    account,
    currency,
    open,
    object,
    supplier,
    number,
    postedOn,
  }))
}

const OF_OBJECTS = {
  name: 'ledger_of_objects',
  text: `SELECT object, document, account, currency, kind, booked_on, amount::text, supplier, number FROM ledger_entry
         WHERE tenant = $1 AND object = ANY($2::text[]) ORDER BY object, document, booked_on, kind`,
}

export type EntryOf = Pick<LedgerEntry, 'document' | 'account' | 'currency' | 'kind' | 'bookedOn' | 'amount' | 'supplier' | 'number'> & {
  readonly object: string
}

/** All entries of some invoices, of any date. */
export async function entriesOf(client: ClientBase, tenant: string, objects: readonly string[]): Promise<EntryOf[]> {
  if (objects.length === 0) return []
  const rows = await rowsOf<[string, string, string, string, EntryKind, CalendarDate, string, string, string]>(client, OF_OBJECTS, [
    tenant,
    textArray([...new Set(objects)].sort()),
  ])
  return rows.map(([object, document, account, currency, kind, bookedOn, amount, supplier, number]) => ({
    object,
    document,
    account,
    currency,
    kind,
    bookedOn,
    amount,
    supplier,
    number,
  }))
}

const STORED = {
  name: 'ledger_stored',
  text: `SELECT object, fact, place, entity, document, account, currency, kind, booked_on, amount::text, supplier, number, nullif(closed_on, 'infinity')
         FROM ledger_entry WHERE tenant = $1 AND object = ANY($2::text[])`,
}
type StoredRow = readonly [
  string,
  string,
  number,
  string,
  string,
  string,
  string,
  EntryKind,
  CalendarDate,
  string,
  string,
  string,
  CalendarDate | null,
]

/** The entries of some objects as they were written. */
export async function storedEntries(client: ClientBase, tenant: string, objects: readonly string[]): Promise<Map<string, LedgerEntry[]>> {
  const entries = new Map<string, LedgerEntry[]>()
  for (const [
    object,
    fact,
    place,
    entity,
    document,
    account,
    currency,
    kind,
    bookedOn,
    amount,
    supplier,
    number,
    closedOn,
  ] of await rowsOf<StoredRow>(client, STORED, [tenant, textArray(objects)])) {
    const entry = { fact, place, entity, document, account, currency, kind, bookedOn, amount, supplier, number, closedOn }
    entries.set(object, [...(entries.get(object) ?? []), entry])
  }
  return entries
}

/** Planned for the dates that are given: how much of a ledger a day reaches depends on the day. */
const planned = (client: ClientBase): Promise<unknown> => client.query('SET LOCAL plan_cache_mode = force_custom_plan')
