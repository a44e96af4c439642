/** Table `event` with `event_link`, `identity` and `unbound`: the log, and what makes an event come in once. */
import type { ClientBase } from 'pg'
import type { Event, EventType } from '../domain/event.ts'
import type { Ref } from '../domain/object.ts'
import type { Instant } from '../lib/time.ts'
import { byteaArray, int2Array, int8Array, textArray, timestampArray } from './arrays.ts'

/** One row of the log before it has an index. */
export interface LogRow {
  readonly id: string
  readonly type: EventType
  readonly v: number
  readonly objects: readonly string[]
  readonly occurredAt: Instant
  readonly actor: string
  readonly body: Buffer
  readonly salt: Buffer
  readonly commitment: Uint8Array
  readonly leafHash: Uint8Array
}

export interface IdentityKey { readonly source: string; readonly eventId: string; readonly bodyHash: Uint8Array }

/** Claims identities; gives those that are new, and for the others the hash of the body that came first. Keys are unique within the call. */
export async function claimIdentities(client: ClientBase, tenant: string, keys: readonly IdentityKey[]): Promise<{ fresh: Set<string>; known: Map<string, Buffer> }> {
  const sorted = keys.toSorted((a, b) => identityOf(a) < identityOf(b) ? -1 : 1)
  const sources = textArray(sorted.map((key) => key.source))
  const ids = textArray(sorted.map((key) => key.eventId))
  const inserted = await client.query<{ source: string; event_id: string }>({
    name: 'identity_claim',
    text: `INSERT INTO identity (tenant, source, event_id, body_hash) SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bytea[])
           ON CONFLICT DO NOTHING RETURNING source, event_id`,
    values: [tenant, sources, ids, byteaArray(sorted.map((key) => key.bodyHash))],
  })
  const fresh = new Set(inserted.rows.map((row) => identityOf({ source: row.source, eventId: row.event_id })))
  if (fresh.size === sorted.length) return { fresh, known: new Map() }
  const { rows } = await client.query<{ source: string; event_id: string; body_hash: Buffer }>({
    name: 'identity_read',
    text: 'SELECT source, event_id, body_hash FROM identity WHERE tenant = $1 AND (source, event_id) IN (SELECT * FROM unnest($2::text[], $3::text[]))',
    values: [tenant, sources, ids],
  })
  return { fresh, known: new Map(rows.map((row) => [identityOf({ source: row.source, eventId: row.event_id }), row.body_hash])) }
}

export const identityOf = (key: { readonly source: string; readonly eventId: string }): string => `${key.source}\u0001${key.eventId}`

export interface Head { readonly nextIndex: number; readonly recordedAt: Instant; readonly law: number }

/** The end of the tenant's log as it is now; not locked. */
export async function readHead(client: ClientBase, tenant: string): Promise<Head | undefined> {
  const { rows } = await client.query<{ next_index: number; recorded_at: Instant; law: number }>({
    name: 'head_read', text: 'SELECT next_index, recorded_at, law FROM tenant_head WHERE tenant = $1', values: [tenant],
  })
  return rows[0] && { nextIndex: rows[0].next_index, recordedAt: rows[0].recorded_at, law: rows[0].law }
}

/**
 * Appends rows in one statement with the head, which is locked last and here: indexes have no gap and their order is commit
 * order. Gives the first index; undefined when the head has moved past `recordedAt` or is under a higher law meanwhile.
 */
export async function appendLog(
  client: ClientBase, tenant: string, rows: readonly LogRow[], at: { readonly recordedAt: Instant; readonly cfg: string; readonly law: number },
): Promise<number | undefined> {
  const objects = rows.map((row) => row.objects.join(' '))
  const { rows: heads } = await client.query<{ base: number }>({
    name: 'log_append',
    text: `WITH head AS (
             UPDATE tenant_head SET next_index = next_index + $2, recorded_at = $3, law = greatest(law, $5)
             WHERE tenant = $1 AND recorded_at <= $3 AND law <= $5 RETURNING next_index - $2 AS base),
           added AS (
             INSERT INTO event (tenant, "index", id, type, v, objects, occurred_at, recorded_at, actor, cfg, body, salt, commitment, leaf_hash)
             SELECT $1, base + n - 1, id, type, v, string_to_array(objs, ' '), occurred, $3, actor, $4, body, salt, commitment, leaf
             FROM head, unnest($6::text[], $7::text[], $8::int2[], $9::text[], $10::timestamptz[], $11::text[], $12::bytea[], $13::bytea[], $14::bytea[], $15::bytea[])
               WITH ORDINALITY AS x (id, type, v, objs, occurred, actor, body, salt, commitment, leaf, n))
           SELECT base FROM head`,
    values: [
      tenant, rows.length, at.recordedAt, at.cfg, at.law, textArray(rows.map((row) => row.id)), textArray(rows.map((row) => row.type)), int2Array(rows.map((row) => row.v)),
      textArray(objects), timestampArray(rows.map((row) => row.occurredAt)), textArray(rows.map((row) => row.actor)), byteaArray(rows.map((row) => row.body)),
      byteaArray(rows.map((row) => row.salt)), byteaArray(rows.map((row) => row.commitment)), byteaArray(rows.map((row) => row.leafHash)),
    ],
  })
  return heads[0]?.base
}

/** Links events to the objects in which they do not stand first. */
export async function linkEvents(client: ClientBase, tenant: string, links: readonly { readonly object: string; readonly foldedAt: number; readonly index: number }[]): Promise<void> {
  if (links.length === 0) return
  await client.query({
    name: 'event_link_write',
    text: 'INSERT INTO event_link (tenant, object, folded_at, "index") SELECT $1, * FROM unnest($2::text[], $3::int8[], $4::int8[]) ON CONFLICT DO NOTHING',
    values: [tenant, textArray(links.map((link) => link.object)), int8Array(links.map((link) => link.foldedAt)), int8Array(links.map((link) => link.index))],
  })
}

// ------------------------------------------------------------------------------------------------------------------ unbound

export interface Parked { readonly index: number; readonly about: readonly Ref[] }

/** Parks facts under the names that are missing. */
export async function park(client: ClientBase, tenant: string, parked: readonly (Parked & { readonly missing: readonly string[] })[], since: Instant): Promise<void> {
  const rows = parked.flatMap((fact) => [...new Set(fact.missing)].map((name) => ({ name, index: fact.index, about: JSON.stringify(fact.about) })))
  if (rows.length === 0) return
  await client.query(
    'INSERT INTO unbound (tenant, name, "index", about, since) SELECT $1, n, i, a, $5 FROM unnest($2::text[], $3::int8[], $4::text[]) AS x (n, i, a) ON CONFLICT DO NOTHING',
    [tenant, textArray(rows.map((row) => row.name)), int8Array(rows.map((row) => row.index)), textArray(rows.map((row) => row.about)), since])
}

/** Facts that wait for one of these names. */
export async function parkedUnder(client: ClientBase, tenant: string, names: readonly string[]): Promise<Parked[]> {
  if (names.length === 0) return []
  const { rows } = await client.query<{ index: number; about: string }>({
    name: 'unbound_read', text: 'SELECT DISTINCT "index", about FROM unbound WHERE tenant = $1 AND name = ANY($2::text[]) ORDER BY "index"', values: [tenant, textArray(names)],
  })
  return rows.map((row) => ({ index: row.index, about: JSON.parse(row.about) as Ref[] }))
}

export async function unpark(client: ClientBase, tenant: string, indexes: readonly number[]): Promise<void> {
  if (indexes.length > 0) await client.query('DELETE FROM unbound WHERE tenant = $1 AND "index" = ANY($2::int8[])', [tenant, int8Array(indexes)])
}

/** Facts that have waited for their object since before `before` and of which nobody was told yet; they are marked as told. */
export async function overdueParked(client: ClientBase, tenant: string, before: Instant, limit: number): Promise<Parked[]> {
  const { rows } = await client.query<{ index: number; about: string }>(
    `WITH due AS (SELECT name, "index" FROM unbound WHERE tenant = $1 AND NOT noticed AND since <= $2 ORDER BY since LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE unbound u SET noticed = true FROM due WHERE u.tenant = $1 AND u.name = due.name AND u."index" = due."index" RETURNING u."index", u.about`, [tenant, before, limit])
  return [...new Map(rows.map((row) => [row.index, { index: row.index, about: JSON.parse(row.about) as Ref[] }])).values()]
}

// ------------------------------------------------------------------------------------------------------------------ reading

interface EventRow { index: number; id: string; type: EventType; v: number; objects: string[]; occurred_at: Instant; recorded_at: Instant; actor: string; body: Buffer | null; leaf_hash: Buffer }

export type StoredEvent = Event & { readonly index: number; readonly erased: boolean; readonly leafHash: Buffer }

/** The event that a row holds; an erased one has no data and no grade. */
function decode(row: EventRow): StoredEvent {
  const body = row.body ? JSON.parse(row.body.toString('utf8')) as Pick<Event, 'source' | 'grade' | 'correlation' | 'causation' | 'data'> : null
  return {
    index: row.index, id: row.id, type: row.type, v: row.v, objects: row.objects, occurredAt: row.occurred_at, recordedAt: row.recorded_at, actor: row.actor,
    leafHash: row.leaf_hash, erased: body === null,
    ...(body ?? { source: { system: '', role: 'hub' as const }, grade: 'claimed' as const, data: {} }),
  }
}

const COLUMNS = '"index", id, type, v, objects, occurred_at, recorded_at, actor, body, leaf_hash'

export async function readEvents(client: ClientBase, tenant: string, indexes: readonly number[]): Promise<StoredEvent[]> {
  if (indexes.length === 0) return []
  const { rows } = await client.query<EventRow>({ name: 'event_read', text: `SELECT ${COLUMNS} FROM event WHERE tenant = $1 AND "index" = ANY($2::int8[]) ORDER BY "index"`, values: [tenant, int8Array(indexes)] })
  return rows.map(decode)
}

/** The log from an index on, at most `limit` events. */
export async function eventsFrom(client: ClientBase, tenant: string, from: number, limit: number): Promise<StoredEvent[]> {
  const { rows } = await client.query<EventRow>(`SELECT ${COLUMNS} FROM event WHERE tenant = $1 AND "index" >= $2 ORDER BY "index" LIMIT $3`, [tenant, from, limit])
  return rows.map(decode)
}

/** The history of an object in the order in which it was folded, from a position on (`null`: the beginning), at most `limit` events. */
export async function eventsOf(client: ClientBase, tenant: string, object: string, after: number | null, limit: number): Promise<(StoredEvent & { readonly foldedAt: number })[]> {
  const { rows } = await client.query<EventRow & { folded_at: number }>({
    name: 'event_history',
    text: `WITH mine AS (
             SELECT "index", "index" AS folded_at FROM event WHERE tenant = $1 AND objects[1] = $2 AND "index" > $3
             UNION SELECT "index", folded_at FROM event_link WHERE tenant = $1 AND object = $2 AND folded_at >= $3
             ORDER BY folded_at, "index" LIMIT $4)
           SELECT e."index", e.id, e.type, e.v, e.objects, e.occurred_at, e.recorded_at, e.actor, e.body, e.leaf_hash, mine.folded_at
           FROM mine JOIN event e ON e.tenant = $1 AND e."index" = mine."index" ORDER BY mine.folded_at, e."index"`,
    values: [tenant, object, after ?? -1, limit],
  })
  return rows.map((row) => ({ ...decode(row), foldedAt: row.folded_at }))
}

