/** Table `object`: what is known of each thing, as the fold of its events. */
import type { Kind } from '../domain/event.ts'
import type { ObjectRecord } from '../domain/object.ts'
import type { Instant } from '../lib/time.ts'
import { int4Array, textArray, timestampArray } from './arrays.ts'
import { query, rowsOf, type ClientBase, type Query } from './database.ts'
import type { KnownStates } from './known-states.ts'

/** A record with its external names, and with what it waits for: the names under which it stands in `interest`. */
export type StoredObject = ObjectRecord & { readonly names: readonly string[]; readonly waits: readonly string[] }

type Row = readonly [string, Kind, number, string, Instant | null, string, string]
const decode = ([id, kind, version, text, wakeAt, names, waits]: Row, known?: KnownStates): StoredObject => ({
  id,
  kind,
  version,
  state: known ? known.parse(id, text) : (JSON.parse(text) as ObjectRecord['state']),
  wakeAt,
  names: linesOf(names),
  waits: linesOf(waits),
})
/** Lists travel as lines, both ways: the driver's own reading of arrays costs several times as much. */
const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'))

const READ = {
  name: 'object_read',
  text: `SELECT id, kind, version, state, wake_at, array_to_string(names, chr(10)), array_to_string(waits, chr(10))
         FROM object WHERE tenant = $1 AND id = ANY($2::text[]) ORDER BY id`,
}
// In id order, so that two transactions cannot wait for each other in a ring. NO KEY UPDATE: foreign keys never point here.
const LOCK = { name: 'object_lock', text: `${READ.text} FOR NO KEY UPDATE` }

/** Objects by id; locked when they may be written. Whoever reads the same ones again and again brings the states that he knows. */
export async function readObjects(
  client: ClientBase,
  tenant: string,
  ids: Iterable<string>,
  lock: boolean,
  known?: KnownStates,
): Promise<Map<string, StoredObject>> {
  const sorted = [...new Set(ids)].sort()
  if (sorted.length === 0) return new Map()
  const rows = await rowsOf<Row>(client, lock ? LOCK : READ, [tenant, textArray(sorted)])
  return new Map(rows.map((row) => [row[0], decode(row, known)]))
}

const HOLD = {
  name: 'object_hold',
  text: 'SELECT id, version FROM object WHERE tenant = $1 AND id = ANY($2::text[]) ORDER BY id FOR SHARE',
}

/**
 * The versions of objects that this transaction is going to wait for news of. The share lock meets whoever is changing one of
 * them: they come before us, and the version says so, or after us, and find our interest.
 */
export async function holdVersions(client: ClientBase, tenant: string, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  return new Map(await rowsOf<[string, number]>(client, HOLD, [tenant, textArray([...new Set(ids)].sort())]))
}

const CREATE = {
  name: 'object_create',
  text: `INSERT INTO object (tenant, id, version, state, wake_at, names, waits, kind)
         SELECT $1, x.id, x.version, x.state, x.wake_at, string_to_array(x.names, chr(10)), string_to_array(x.waits, chr(10)), x.kind
         FROM unnest($2::text[], $3::int4[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
           AS x (id, version, state, wake_at, names, waits, kind)`,
}
const CHANGE = {
  name: 'object_change',
  text: `UPDATE object o SET version = x.version, state = x.state, wake_at = x.wake_at, names = string_to_array(x.names, chr(10)),
           waits = string_to_array(x.waits, chr(10))
         FROM unnest($2::text[], $3::int4[], $4::text[], $5::timestamptz[], $6::text[], $7::text[]) AS x (id, version, state, wake_at, names, waits)
         WHERE o.tenant = $1 AND o.id = x.id`,
}

/** An object to be written, with the text of its state. */
export type WrittenObject = StoredObject & { readonly text: string }

/** Writes objects that are new, and objects that this transaction has locked. A new one that exists already breaks the primary key. */
export function writingObjects(tenant: string, created: readonly WrittenObject[], changed: readonly WrittenObject[]): Query[] {
  return [
    ...(created.length === 0 ? [] : [query(CREATE, [...columns(tenant, created), textArray(byId(created).map((row) => row.kind))])]),
    ...(changed.length === 0 ? [] : [query(CHANGE, columns(tenant, changed))]),
  ]
}

const byId = (objects: readonly WrittenObject[]): WrittenObject[] => objects.toSorted((a, b) => (a.id < b.id ? -1 : 1))

function columns(tenant: string, objects: readonly WrittenObject[]): unknown[] {
  const rows = byId(objects)
  return [
    tenant,
    textArray(rows.map((row) => row.id)),
    int4Array(rows.map((row) => row.version)),
    textArray(rows.map((row) => row.text)),
    timestampArray(rows.map((row) => row.wakeAt)),
    textArray(rows.map((row) => row.names.join('\n'))),
    textArray(rows.map((row) => row.waits.join('\n'))),
  ]
}

const DUE = { name: 'object_due', text: 'SELECT id FROM object WHERE tenant = $1 AND wake_at <= $2 ORDER BY wake_at LIMIT $3' }

/** Objects whose time has come, longest ago first. */
export async function dueObjects(client: ClientBase, tenant: string, now: Instant, limit: number): Promise<string[]> {
  return (await rowsOf<[string]>(client, DUE, [tenant, now, limit])).map(([id]) => id)
}

/** When the next object is due; undefined when none is. */
export async function nextWake(client: ClientBase, tenant: string): Promise<Instant | undefined> {
  const rows = await rowsOf<[Instant]>(
    client,
    { name: 'object_next_wake', text: 'SELECT wake_at FROM object WHERE tenant = $1 AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1' },
    [tenant],
  )
  return rows[0]?.[0]
}

/** Puts off objects whose judging breaks, so that they do not come round at once. */
export async function postpone(client: ClientBase, tenant: string, ids: readonly string[], until: Instant): Promise<void> {
  await client.query({
    name: 'object_postpone',
    text: 'UPDATE object SET wake_at = $3 WHERE tenant = $1 AND id = ANY($2::text[])',
    values: [tenant, textArray(ids), until],
  })
}
