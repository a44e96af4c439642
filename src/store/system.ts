/** Tables `system` and `cursor`: what delivery has learned about each system, when it was last heard, how far its feeds are read. */
import type { ClientBase } from 'pg'
import type { Instant } from '../lib/time.ts'

export interface SystemRow {
  readonly name: string
  readonly heardAt: Instant | null
  readonly paused: boolean
  readonly delivery: string
  readonly version: number
}

export async function readSystem(client: ClientBase, tenant: string, name: string): Promise<SystemRow> {
  const { rows } = await client.query<{ name: string; heard_at: Instant | null; paused: boolean; delivery: string; version: number }>({
    name: 'system_read',
    text: 'SELECT name, heard_at, paused, delivery, version FROM system WHERE tenant = $1 AND name = $2',
    values: [tenant, name],
  })
  const [row] = rows
  return row
    ? { name, heardAt: row.heard_at, paused: row.paused, delivery: row.delivery, version: row.version }
    : { name, heardAt: null, paused: false, delivery: '{}', version: 0 }
}

/** Writes what delivery knows (JSON text) if nobody wrote since `version` was read; true when it took. */
export async function writeDelivery(client: ClientBase, tenant: string, name: string, version: number, delivery: string): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'system_delivery',
    text: `INSERT INTO system (tenant, name, delivery, version) VALUES ($1, $2, $4, 1)
           ON CONFLICT (tenant, name) DO UPDATE SET delivery = excluded.delivery, version = system.version + 1 WHERE system.version = $3`,
    values: [tenant, name, version, delivery],
  })
  return rowCount === 1
}

/** Within so long (ms) of the last time it is no news that a system was heard. */
export const HEARD_MS = 1_000

/**
 * The system has been heard. Written at most once in {@link HEARD_MS} per system: it is a clock, not a log. Within that time nothing is locked:
 * ON CONFLICT alone locks the row whether or not its WHERE holds, and a system's feeds waited for each other's commits (16 ms each).
 */
export async function heard(client: ClientBase, tenant: string, name: string, at: Instant): Promise<void> {
  await client.query({
    name: 'system_heard',
    text: `INSERT INTO system (tenant, name, heard_at) SELECT $1, $2, $3
           WHERE NOT EXISTS (SELECT FROM system WHERE tenant = $1 AND name = $2 AND heard_at >= $3::timestamptz - interval '${HEARD_MS} ms')
           ON CONFLICT (tenant, name) DO UPDATE SET heard_at = greatest(system.heard_at, excluded.heard_at)`,
    values: [tenant, name, at],
  })
}

/** Makes the row if it is not there, and locks it: who pauses and who lets go on take turns. */
export async function lockSystem(client: ClientBase, tenant: string, name: string): Promise<void> {
  await client.query({
    name: 'system_lock',
    values: [tenant, name],
    text: 'INSERT INTO system (tenant, name) VALUES ($1, $2) ON CONFLICT (tenant, name) DO UPDATE SET paused = system.paused',
  })
}

export async function writePaused(client: ClientBase, tenant: string, name: string, paused: boolean): Promise<void> {
  await client.query({
    name: 'system_paused',
    values: [tenant, name, paused],
    text: 'UPDATE system SET paused = $3 WHERE tenant = $1 AND name = $2',
  })
}

export async function readCursor(client: ClientBase, tenant: string, system: string, feed: string): Promise<string | null> {
  const { rows } = await client.query<{ position: string }>({
    name: 'cursor_read',
    text: 'SELECT position FROM cursor WHERE tenant = $1 AND system = $2 AND feed = $3',
    values: [tenant, system, feed],
  })
  return rows[0]?.position ?? null
}

/** Whose turn a feed has: what its system's row says and how far it has been read. */
export interface FeedTurn {
  readonly paused: boolean
  readonly heardAt: Instant | null
  readonly position: string | null
}

export async function readTurn(client: ClientBase, tenant: string, system: string, feed: string): Promise<FeedTurn> {
  const { rows } = await client.query<{ paused: boolean | null; heard_at: Instant | null; position: string | null }>({
    name: 'feed_turn',
    text: `SELECT paused, heard_at, position FROM (VALUES ($1::text, $2::text)) AS asked (tenant, name)
           LEFT JOIN system USING (tenant, name) LEFT JOIN cursor ON cursor.tenant = asked.tenant AND cursor.system = asked.name AND feed = $3`,
    values: [tenant, system, feed],
  })
  const [row] = rows
  return { paused: row?.paused ?? false, heardAt: row?.heard_at ?? null, position: row?.position ?? null }
}

/** How far a feed has been read; written only after its facts are durable. */
export async function writeCursor(client: ClientBase, tenant: string, system: string, feed: string, position: string): Promise<void> {
  await client.query({
    name: 'cursor_write',
    text: 'INSERT INTO cursor (tenant, system, feed, position) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, system, feed) DO UPDATE SET position = excluded.position',
    values: [tenant, system, feed, position],
  })
}
