/** Rebuilds objects from the log alone, by `evolve`, and compares them, and the rows that stand for them, with what is stored. */
import type { Law, ListRow, ObjectRecord } from '../domain/object.ts'
import type { LedgerEntry } from '../domain/sub-ledger.ts'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { inTenant, rowsOf, type ClientBase, type Pool } from './database.ts'
import { eventsOf, type HistoryPlace } from './event.ts'
import { storedEntries } from './ledger-entry.ts'
import { storedListRows } from './list-row.ts'

export interface RebuildDifference {
  readonly object: string
  /** `erased`: some of its events can no longer be read, so that it cannot be rebuilt. */
  readonly what: 'kind' | 'version' | 'state' | 'list row' | 'ledger entries' | 'erased' | 'no events'
}
type Rebuilding = Pick<Law, 'evolve' | 'list' | 'entries'>
export interface Rebuilt {
  readonly objects: number
  readonly events: number
  readonly differences: readonly RebuildDifference[]
}

const PAGE = 500
const STORED = {
  name: 'object_stored',
  text: 'SELECT id, kind, version, state FROM object WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3',
}

/**
 * Folds the events of all objects of a tenant in the order in which they were folded when they came. Each page of objects is
 * read with its events in one snapshot, so that it may run beside the hub. Gives at most `limit` differences.
 */
export async function rebuild(pool: Pool, tenant: string, law: Rebuilding, limit = 1_000): Promise<Rebuilt> {
  const differences: RebuildDifference[] = []
  let objects = 0
  let events = 0
  for (let after: string | undefined = ''; after !== undefined;) {
    const start: string = after
    after = await inTenant(
      pool,
      tenant,
      async (client) => {
        const rows = await rowsOf<[string, string, number, string]>(client, STORED, [tenant, start, PAGE])
        const ids = rows.map(([id]) => id)
        const listed = await storedListRows(client, tenant, ids)
        const booked = await storedEntries(client, tenant, ids)
        for (const [id, kind, version, state] of rows) {
          const folded = await foldObject(client, tenant, law, id)
          objects += 1
          events += folded.events
          const what =
            differenceOf(folded, { kind, version, state }) ?? derivedDifference(law, folded.record, listed.get(id), booked.get(id))
          if (what && differences.length < limit) differences.push({ object: id, what })
        }
        return rows.length === PAGE ? rows.at(-1)![0] : undefined
      },
      'snapshot',
    )
  }
  return { objects, events, differences }
}

interface Folded {
  readonly record: ObjectRecord | undefined
  readonly events: number
  readonly erased: boolean
}

async function foldObject(client: ClientBase, tenant: string, law: Rebuilding, id: string): Promise<Folded> {
  let record: ObjectRecord | undefined
  let erased = false
  let count = 0
  for (let place: HistoryPlace | null = null; ;) {
    const events = await eventsOf(client, tenant, id, place, PAGE)
    for (const {
      index: _index,
      applied: _applied,
      erased: gone,
      cfg: _cfg,
      body: _body,
      salt: _salt,
      commitment: _commitment,
      leafHash: _leafHash,
      ...event
    } of events) {
      if (gone) erased = true
      else record = law.evolve(record, id, event)
    }
    count += events.length
    const last = events.at(-1)
    if (!last || events.length < PAGE) return { record, events: count, erased }
    place = { applied: last.applied, index: last.index }
  }
}

function differenceOf(
  { record, erased }: Folded,
  stored: { readonly kind: string; readonly version: number; readonly state: string },
): RebuildDifference['what'] | undefined {
  if (erased) return 'erased'
  if (!record) return 'no events'
  if (record.kind !== stored.kind) return 'kind'
  if (record.version !== stored.version) return 'version'
  return canonicalJson(record.state) === stored.state ? undefined : 'state'
}

function derivedDifference(
  law: Rebuilding,
  record: ObjectRecord | undefined,
  listed: ListRow | undefined,
  booked: readonly LedgerEntry[] = [],
): RebuildDifference['what'] | undefined {
  if (!record) return undefined
  if (text(law.list(record)) !== text(listed)) return 'list row'
  return sorted(law.entries(record)) === sorted(booked) ? undefined : 'ledger entries'
}

const text = (value: object | undefined): string => (value === undefined ? '' : canonicalJson(value as unknown as Json))
const sorted = (entries: readonly LedgerEntry[]): string => entries.map(text).sort().join('\n')
