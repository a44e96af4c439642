/** Rebuilds objects from the log alone, by `evolve`, and compares them, and the rows that stand for them, with what is stored. */
import type { Law, ListRow, ObjectRecord } from '../domain/object.ts'
import type { LedgerEntry } from '../domain/sub-ledger.ts'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { inTenant, rowsOf, type ClientBase, type Pool } from './database.ts'
import { beginningsOf, eventsOf, type FoldedEvent } from './event.ts'
import { storedEntries } from './ledger-entry.ts'
import { storedListRows } from './list-row.ts'

/**
 * What of an object is not what its events come to. `no events`: it is there, and the log knows nothing of it. `no object`: the
 * log, a list or the ledger speaks of it, and it is not there.
 */
export type Difference = 'kind' | 'version' | 'state' | 'list row' | 'ledger entries' | 'no events' | 'no object'
export interface RebuildDifference {
  readonly object: string
  readonly what: Difference
}
type Rebuilding = Pick<Law, 'evolve' | 'list' | 'entries'>
export interface Rebuilt {
  readonly objects: number
  /** Events as often as they were folded: one may be of several objects. */
  readonly events: number
  /** Objects that can no longer be rebuilt, since bodies of their events were removed. */
  readonly erased: number
  readonly found: number
  /** The first of those found. */
  readonly differences: readonly RebuildDifference[]
}

/** Objects at a time, and events of each that are read with the others'. The few that have more are read on alone. */
const PAGE = 100
const DEPTH = 100
const STORED = {
  name: 'object_stored',
  text: 'SELECT id, kind, version, state FROM object WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3',
}
type StoredObject = readonly [id: string, kind: string, version: number, state: string]

/** Ids in a range which something speaks of and which are no objects. */
const strays = (range: (id: string) => string): string =>
  [
    ['event', 'x.objects[1]'],
    ['event_link', 'x.object'],
    ['list_row', 'x.object'],
    ['ledger_entry', 'x.object'],
  ]
    .map(
      ([table, id]) =>
        `SELECT ${id} FROM ${table} x WHERE x.tenant = $1 AND ${range(id!)}
         AND NOT EXISTS (SELECT FROM object o WHERE o.tenant = $1 AND o.id = ${id})`,
    )
    .join(' UNION ')
const STRAYS = { name: 'object_strays', text: strays((id) => `${id} > $2 AND ${id} <= $3`) }
const LAST_STRAYS = { name: 'object_last_strays', text: strays((id) => `${id} > $2`) }

/**
 * Folds the events of all objects of a tenant in the order in which they were folded when they came. Each page of objects is
 * read with its events in one snapshot, so that it may run beside the hub. Gives at most `limit` differences and counts all.
 * @param told is called after each page with the number of objects so far
 */
export async function rebuild(
  pool: Pool,
  tenant: string,
  law: Rebuilding,
  { limit = 1_000, told }: { readonly limit?: number; readonly told?: (objects: number) => void } = {},
): Promise<Rebuilt> {
  const differences: RebuildDifference[] = []
  const sum = { objects: 0, events: 0, erased: 0, found: 0 }
  const differs = (object: string, what: Difference): void => {
    sum.found += 1
    if (differences.length < limit) differences.push({ object, what })
  }
  for (let after: string | undefined = ''; after !== undefined;) {
    const start: string = after
    after = await inTenant(
      pool,
      tenant,
      async (client) => {
        const rows = await rowsOf<StoredObject>(client, STORED, [tenant, start, PAGE])
        const next = rows.length === PAGE ? rows.at(-1)![0] : undefined
        const ids = rows.map(([id]) => id)
        const [listed, booked, beginnings, astray] = await Promise.all([
          storedListRows(client, tenant, ids),
          storedEntries(client, tenant, ids),
          beginningsOf(client, tenant, ids, DEPTH),
          next === undefined
            ? rowsOf<[string]>(client, LAST_STRAYS, [tenant, start])
            : rowsOf<[string]>(client, STRAYS, [tenant, start, next]),
        ])
        for (const row of rows) {
          const [id] = row
          const folded = await fold(client, tenant, law, id, beginnings.get(id) ?? [])
          sum.objects += 1
          sum.events += folded.events
          if (folded.erased) sum.erased += 1
          else {
            const what = differenceOf(folded.record, row) ?? derivedDifference(law, folded.record, listed.get(id), booked.get(id))
            if (what) differs(id, what)
          }
        }
        for (const [id] of astray) differs(id, 'no object')
        return next
      },
      'snapshot',
    )
    told?.(sum.objects)
  }
  return { ...sum, differences }
}

interface Folded {
  readonly record: ObjectRecord | undefined
  readonly events: number
  readonly erased: boolean
}

async function fold(client: ClientBase, tenant: string, law: Rebuilding, id: string, beginning: readonly FoldedEvent[]): Promise<Folded> {
  let record: ObjectRecord | undefined
  let erased = false
  let events = 0
  for (let page = beginning; ;) {
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
    } of page) {
      if (gone) erased = true
      else record = law.evolve(record, id, event)
    }
    events += page.length
    const last = page.at(-1)
    if (!last || page.length < DEPTH) return { record, events, erased }
    page = await eventsOf(client, tenant, id, { applied: last.applied, index: last.index }, DEPTH)
  }
}

function differenceOf(record: ObjectRecord | undefined, [, kind, version, state]: StoredObject): Difference | undefined {
  if (!record) return 'no events'
  if (record.kind !== kind) return 'kind'
  if (record.version !== version) return 'version'
  return canonicalJson(record.state) === state ? undefined : 'state'
}

function derivedDifference(
  law: Rebuilding,
  record: ObjectRecord | undefined,
  listed: ListRow | undefined,
  booked: readonly LedgerEntry[] = [],
): Difference | undefined {
  if (!record) return undefined
  if (text(law.list(record)) !== text(listed)) return 'list row'
  return sorted(law.entries(record)) === sorted(booked) ? undefined : 'ledger entries'
}

const text = (value: object | undefined): string => (value === undefined ? '' : canonicalJson(value as unknown as Json))
const sorted = (entries: readonly LedgerEntry[]): string => entries.map(text).sort().join('\n')
