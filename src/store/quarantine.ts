/** Table `quarantine`: arrivals that our own code breaks on, as they came, with an owner. */
import type { Instant } from '../lib/time.ts'
import { textArray } from './arrays.ts'
import { rowsOf, type ClientBase } from './database.ts'

export interface Quarantined {
  /** The canonical id that the event would have had; of a nudge the object's id. */
  readonly id: string
  readonly source: string
  readonly type: string
  /** Canonical JSON of the arrival. */
  readonly bytes: Uint8Array | null
  /** What broke. */
  readonly says: string
  readonly owner: string
  readonly since: Instant
  readonly lastAt: Instant
  readonly times: number
  readonly resolvedAt: Instant | null
}

const KEEP = {
  name: 'quarantine_keep',
  text: `INSERT INTO quarantine (tenant, id, source, type, bytes, says, owner, since, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         ON CONFLICT (tenant, id) DO UPDATE SET times = quarantine.times + 1, last_at = excluded.last_at, resolved_at = NULL RETURNING times`,
}

/** Keeps it; gives how many times it has come by now. */
export async function keepQuarantined(
  client: ClientBase,
  tenant: string,
  row: Pick<Quarantined, 'id' | 'source' | 'type' | 'bytes' | 'says' | 'owner'>,
  now: Instant,
): Promise<number> {
  const [kept] = await rowsOf<[number]>(client, KEEP, [
    tenant,
    row.id,
    row.source,
    row.type,
    row.bytes && Buffer.from(row.bytes),
    row.says,
    row.owner,
    now,
  ])
  return kept![0]
}

const RESOLVE = {
  name: 'quarantine_resolve',
  text: 'UPDATE quarantine SET resolved_at = $3 WHERE tenant = $1 AND id = ANY($2::text[]) AND resolved_at IS NULL',
}

/** They have come in after all. */
export async function resolveQuarantined(client: ClientBase, tenant: string, ids: readonly string[], now: Instant): Promise<void> {
  await client.query({ ...RESOLVE, values: [tenant, textArray(ids), now] })
}

const IDS = {
  name: 'quarantine_ids',
  text: 'SELECT id FROM quarantine WHERE tenant = $1 AND resolved_at IS NULL ORDER BY since LIMIT $2',
}

/** The ids of what stands in quarantine, oldest first. */
export async function quarantinedIds(client: ClientBase, tenant: string, limit: number): Promise<string[]> {
  return (await rowsOf<[string]>(client, IDS, [tenant, limit])).map(([id]) => id)
}

type Row = readonly [string, string, string, Buffer | null, string, string, Instant, Instant, number, Instant | null]
const STANDING = {
  name: 'quarantine_standing',
  text: `SELECT id, source, type, bytes, says, owner, since, last_at, times, resolved_at FROM quarantine WHERE tenant = $1 AND resolved_at IS NULL ORDER BY since LIMIT $2`,
}

const COUNT = {
  name: 'quarantine_count',
  text: 'SELECT count(*)::int FROM quarantine WHERE tenant = $1 AND resolved_at IS NULL',
}

/** How much stands in quarantine. */
export async function countQuarantined(client: ClientBase, tenant: string): Promise<number> {
  const [row] = await rowsOf<[number]>(client, COUNT, [tenant])
  return row![0]
}

/** What stands in quarantine, oldest first. */
export async function standingQuarantined(client: ClientBase, tenant: string, limit: number): Promise<Quarantined[]> {
  const rows = await rowsOf<Row>(client, STANDING, [tenant, limit])
  return rows.map(([id, source, type, bytes, says, owner, since, lastAt, times, resolvedAt]) => ({
    id,
    source,
    type,
    bytes,
    says,
    owner,
    since,
    lastAt,
    times,
    resolvedAt,
  }))
}
