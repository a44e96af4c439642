/** Tables `event`, `event_link` and `tenant_head`: the log. */
import type { Event, EventType } from '../domain/event.ts'
import type { Instant } from '../lib/time.ts'
import { byteaArray, int2Array, int4Array, int8Array, textArray, timestampArray } from './arrays.ts'
import { query, rowsOf, type ClientBase, type Query } from './database.ts'

/** One row of the log before it has an index. */
export interface LogRow {
  readonly id: string
  readonly type: EventType
  readonly v: number
  readonly objects: readonly string[]
  readonly occurredAt: Instant
  readonly actor: string
  readonly body: Uint8Array
  readonly salt: Uint8Array
  readonly commitment: Uint8Array
  readonly leafHash: Uint8Array
}

/** An event that concerns an object without standing first in its row. */
export interface EventLink {
  readonly object: string
  /** Its place among the appended rows, from 0; or its index, when it was logged before. */
  readonly place: number
  readonly index: number | null
  /** Place of the row after which it is folded. */
  readonly appliedPlace: number
  /** Of a fact that had been parked: its objects, now that they are known. */
  readonly bound: readonly string[] | null
}

export interface Head {
  readonly nextIndex: number
  readonly recordedAt: Instant
  readonly law: number
  readonly config: number
}
const HEAD = { name: 'head_read', text: 'SELECT next_index, recorded_at, law, config FROM tenant_head WHERE tenant = $1' }

/** The end of the tenant's log as it is now, not locked; undefined for a tenant that was never made. */
export async function readHead(client: ClientBase, tenant: string): Promise<Head | undefined> {
  const [row] = await rowsOf<[number, Instant, number, number]>(client, HEAD, [tenant])
  return row && { nextIndex: row[0], recordedAt: row[1], law: row[2], config: row[3] }
}

/**
 * The head is locked last and here, in one statement with the log: indexes have no gap, and their order is commit order. A
 * head that moved past our time, law or configuration ends the transaction (SQLSTATE TO001) instead of giving no row, so that
 * COMMIT can be sent without waiting for this answer. Links stand in the same statement because only it knows the indexes.
 */
const APPEND = {
  name: 'log_append',
  text: `WITH moved AS (
           UPDATE tenant_head SET next_index = next_index + $2::int8, recorded_at = $3, law = $5, config = $6
           WHERE tenant = $1 AND recorded_at <= $3 AND law <= $5 AND config <= $6 RETURNING next_index - $2::int8 AS first),
         head AS MATERIALIZED (SELECT coalesce((SELECT first FROM moved), head_moved()) AS first),
         logged AS (
           INSERT INTO event (tenant, "index", id, type, v, objects, occurred_at, recorded_at, actor, cfg, body, salt, commitment, leaf_hash)
           SELECT $1, head.first + x.n - 1, x.id, x.type, x.v, string_to_array(x.objects, ' '), x.occurred, $3, x.actor, $4, x.body, x.salt, x.commitment, x.leaf
           FROM head, unnest($7::text[], $8::text[], $9::int2[], $10::text[], $11::timestamptz[], $12::text[], $13::bytea[], $14::bytea[], $15::bytea[], $16::bytea[])
             WITH ORDINALITY AS x (id, type, v, objects, occurred, actor, body, salt, commitment, leaf, n)),
         linked AS (
           INSERT INTO event_link (tenant, object, "index", applied, bound)
           SELECT $1, x.object, coalesce(x.index, head.first + x.place), head.first + x.applied, string_to_array(x.bound, ' ')
           FROM head, unnest($17::text[], $18::int4[], $19::int8[], $20::int4[], $21::text[]) AS x (object, place, index, applied, bound))
         SELECT first FROM head`,
}

/** Appends rows with their links. */
export function appending(
  tenant: string,
  rows: readonly LogRow[],
  links: readonly EventLink[],
  at: { readonly recordedAt: Instant; readonly cfg: string; readonly law: number; readonly config: number },
): Query[] {
  if (rows.length === 0) return []
  return [
    query(APPEND, [
      tenant,
      rows.length,
      at.recordedAt,
      at.cfg,
      at.law,
      at.config,
      textArray(rows.map((row) => row.id)),
      textArray(rows.map((row) => row.type)),
      int2Array(rows.map((row) => row.v)),
      textArray(rows.map((row) => row.objects.join(' '))),
      timestampArray(rows.map((row) => row.occurredAt)),
      textArray(rows.map((row) => row.actor)),
      byteaArray(rows.map((row) => row.body)),
      byteaArray(rows.map((row) => row.salt)),
      byteaArray(rows.map((row) => row.commitment)),
      byteaArray(rows.map((row) => row.leafHash)),
      textArray(links.map((link) => link.object)),
      int4Array(links.map((link) => link.place)),
      int8Array(links.map((link) => link.index)),
      int4Array(links.map((link) => link.appliedPlace)),
      textArray(links.map((link) => (link.bound === null ? null : link.bound.join(' ')))),
    ]),
  ]
}

/** Makes the partitions for a log that reaches `highest`; gives the index at which they end. In a transaction of its own: it takes locks on the table. */
export async function makeRoom(client: ClientBase, highest: number): Promise<number> {
  const { rows } = await client.query<{ room: number }>('SELECT event_make_room($1) AS room', [highest])
  return rows[0]!.room
}

// ------------------------------------------------------------------------------------------------------------------ reading

/** An event as it was logged. An erased one has no data, no grade and no source. */
export type StoredEvent = Event & {
  readonly index: number
  readonly erased: boolean
  readonly cfg: string
  readonly body: Buffer | null
  readonly salt: Buffer | null
  readonly commitment: Buffer
  readonly leafHash: Buffer
}

type Row = readonly [
  number,
  string,
  EventType,
  number,
  string[],
  Instant,
  Instant,
  string,
  string,
  Buffer | null,
  Buffer | null,
  Buffer,
  Buffer,
]
const COLUMNS =
  'e."index", e.id, e.type, e.v, e.objects, e.occurred_at, e.recorded_at, e.actor, e.cfg, e.body, e.salt, e.commitment, e.leaf_hash'

function decode(
  [index, id, type, v, objects, occurredAt, recordedAt, actor, cfg, body, salt, commitment, leafHash]: Row,
  bound?: string[] | null,
): StoredEvent {
  const said = body
    ? (JSON.parse(body.toString('utf8')) as Pick<Event, 'source' | 'grade' | 'correlation' | 'causation' | 'data'>)
    : undefined
  return {
    index,
    id,
    type,
    v,
    objects: bound ?? objects,
    occurredAt,
    recordedAt,
    actor,
    cfg,
    body,
    salt,
    commitment,
    leafHash,
    erased: said === undefined,
    ...(said ?? { source: { system: '', role: 'hub' as const }, grade: 'claimed' as const, data: {} }),
  }
}

const AT = {
  name: 'event_at',
  text: `SELECT ${COLUMNS} FROM event e WHERE e.tenant = $1 AND e."index" = ANY($2::int8[]) ORDER BY e."index"`,
}

/** Events by index, in log order. */
export async function readEvents(client: ClientBase, tenant: string, indexes: readonly number[]): Promise<StoredEvent[]> {
  if (indexes.length === 0) return []
  return (await rowsOf<Row>(client, AT, [tenant, int8Array(indexes)])).map((row) => decode(row))
}

const FROM = {
  name: 'event_from',
  text: `SELECT ${COLUMNS} FROM event e WHERE e.tenant = $1 AND e."index" >= $2 ORDER BY e."index" LIMIT $3`,
}

/** The log from an index on, at most `limit` events. Whoever has seen an index will never see a new one below it. */
export async function eventsFrom(client: ClientBase, tenant: string, from: number, limit: number): Promise<StoredEvent[]> {
  return (await rowsOf<Row>(client, FROM, [tenant, from, limit])).map((row) => decode(row))
}

const BY_ID = { name: 'event_by_id', text: `SELECT ${COLUMNS} FROM event e WHERE e.tenant = $1 AND e.id = $2 AND e.id LIKE 'evt\\_%'` }
// The id of a decision is that of its object and a number; its row lies among the object's.
const BY_DECISION = {
  name: 'event_by_decision',
  text: `SELECT ${COLUMNS} FROM event e WHERE e.tenant = $1 AND e.objects[1] = $3 AND e.id = $2`,
}

/** The event with a canonical id, fact or decision. */
export async function eventById(client: ClientBase, tenant: string, id: string): Promise<StoredEvent | undefined> {
  const [row] = id.startsWith('evt_')
    ? await rowsOf<Row>(client, BY_ID, [tenant, id])
    : await rowsOf<Row>(client, BY_DECISION, [tenant, id, id.slice(0, id.lastIndexOf('.'))])
  return row && decode(row)
}

const ABOUT = {
  name: 'event_about',
  text: `SELECT ${COLUMNS} FROM event e WHERE e.tenant = $1 AND e.objects[1] = ANY($2::text[]) AND e."index" < $3 ORDER BY e."index"`,
}

/** Events that are about these objects in the first place, in log order, below an index. */
export async function eventsAbout(client: ClientBase, tenant: string, objects: readonly string[], below: number): Promise<StoredEvent[]> {
  if (objects.length === 0) return []
  return (await rowsOf<Row>(client, ABOUT, [tenant, textArray(objects), below])).map((row) => decode(row))
}

// The type stands in the text: the partial index event_evidence_wanted is for this statement.
const WANTED = {
  name: 'event_evidence_wanted',
  text: `SELECT "index", id, objects[1] FROM event WHERE tenant = $1 AND type = 'evidence.wanted' AND "index" >= $2 AND "index" < $3 ORDER BY "index" LIMIT $4`,
}

/** Decisions that evidence is wanted, in a range of the log: [index, id, invoice]. */
export function evidenceWanted(
  client: ClientBase,
  tenant: string,
  from: number,
  below: number,
  limit: number,
): Promise<(readonly [number, string, string])[]> {
  return rowsOf<readonly [number, string, string]>(client, WANTED, [tenant, from, below, limit])
}

/** An event of an object's history, and the index of the commit's row after which it was folded. */
export type FoldedEvent = StoredEvent & { readonly applied: number }
type FoldedRow = readonly [...Row, number, string[] | null]
const folded = (row: FoldedRow | readonly [...FoldedRow, string]): FoldedEvent => ({
  ...decode(row.slice(0, 13) as unknown as Row, row[14]),
  applied: row[13],
})

/** Where a reader of an object's history stands: what was folded up to `applied`, and of that which had been parked up to `index`. */
export interface HistoryPlace {
  readonly applied: number
  readonly index: number
}

// Both halves are ranges of an index in the same order; own rows come before parked facts that were folded after them.
const ORDER = (of: string): string => `${of}.applied, (${of}."index" <> ${of}.applied), ${of}."index"`
const history = (object: string, applied: string, index: string, limit: string): string =>
  `WITH mine AS (
     (SELECT e."index", e."index" AS applied, NULL::text[] AS bound FROM event e
      WHERE e.tenant = $1 AND e.objects[1] = ${object} AND e."index" > ${applied} ORDER BY e."index" LIMIT ${limit})
     UNION ALL
     (SELECT l."index", l.applied, l.bound FROM event_link l
      WHERE l.tenant = $1 AND l.object = ${object} AND l.applied >= ${applied}
        AND (l.applied > ${applied} OR (l."index" <> l.applied AND (${index} = ${applied} OR l."index" > ${index})))
      ORDER BY ${ORDER('l')} LIMIT ${limit}))
   SELECT ${COLUMNS}, mine.applied, mine.bound FROM mine JOIN event e ON e.tenant = $1 AND e."index" = mine."index"
   ORDER BY ${ORDER('mine')} LIMIT ${limit}`
const HISTORY = { name: 'event_history', text: history('$2', '$3', '$4', '$5') }
const BEGINNINGS = {
  name: 'event_beginnings',
  text: `SELECT h.*, x.object FROM unnest($2::text[]) AS x (object), LATERAL (${history('x.object', '-1', '-1', '$3')}) AS h
         ORDER BY x.object, ${ORDER('h')}`,
}

/**
 * The history of an object in the order in which it was folded, from after a place on, at most `limit` events. A fact that had
 * been parked comes after the facts of the commit that bound its name.
 */
export async function eventsOf(
  client: ClientBase,
  tenant: string,
  object: string,
  after: HistoryPlace | null,
  limit: number,
): Promise<FoldedEvent[]> {
  return (await rowsOf<FoldedRow>(client, HISTORY, [tenant, object, after?.applied ?? -1, after?.index ?? -1, limit])).map(folded)
}

/** Of each of these objects the first events of its history, at most `limit`; of one that has none, nothing. */
export async function beginningsOf(
  client: ClientBase,
  tenant: string,
  objects: readonly string[],
  limit: number,
): Promise<Map<string, FoldedEvent[]>> {
  const rows = await rowsOf<readonly [...FoldedRow, string]>(client, BEGINNINGS, [tenant, textArray(objects), limit])
  const histories = new Map<string, FoldedEvent[]>()
  for (const row of rows) {
    const object = row[15]
    const events = histories.get(object)
    if (events) events.push(folded(row))
    else histories.set(object, [folded(row)])
  }
  return histories
}
