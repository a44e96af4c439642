/** Table `request_key`: requests under an Idempotency-Key, at work or with what they were answered. */
import type { Instant } from '../lib/time.ts'
import { rowsOf, type ClientBase } from './database.ts'

/** Whose request it is, and under which key. */
export interface RequestKey {
  readonly caller: string
  readonly route: string
  readonly key: string
}

export interface KeptAnswer {
  readonly status: number
  readonly headers: string
  readonly body: Buffer
}

/** `ours`: nobody is at it and nobody was. `other`: another request came under this key. */
export type Claimed = 'ours' | 'busy' | 'other' | KeptAnswer

// Taken over when its time is over, or when whoever was at work must have ended. A twin waits here for the first to commit.
const CLAIM = {
  name: 'request_key_claim',
  text: `INSERT INTO request_key AS r (tenant, caller, route, key, fingerprint, busy_until, expires_at) VALUES ($1, $2, $3, $4, $5, $7, $8)
         ON CONFLICT (tenant, caller, route, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, busy_until = excluded.busy_until, expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
         WHERE r.expires_at <= $6 OR (r.busy_until <= $6 AND r.fingerprint = excluded.fingerprint) RETURNING key`,
}
const READ = {
  name: 'request_key_read',
  text: `SELECT fingerprint = $5, status, headers, body FROM request_key WHERE tenant = $1 AND caller = $2 AND route = $3 AND key = $4`,
}

export interface Claim {
  readonly fingerprint: Uint8Array
  readonly now: Instant
  readonly busyUntil: Instant
  readonly expiresAt: Instant
}

export async function claimRequest(client: ClientBase, tenant: string, { caller, route, key }: RequestKey, claim: Claim): Promise<Claimed> {
  const { fingerprint, now, busyUntil, expiresAt } = claim
  if ((await rowsOf(client, CLAIM, [tenant, caller, route, key, fingerprint, now, busyUntil, expiresAt])).length === 1) return 'ours'
  const [row] = await rowsOf<[boolean, number | null, string | null, Buffer | null]>(client, READ, [
    tenant,
    caller,
    route,
    key,
    fingerprint,
  ])
  if (!row) return 'busy'
  const [same, status, headers, body] = row
  if (!same) return 'other'
  return status === null ? 'busy' : { status, headers: headers ?? '{}', body: body ?? Buffer.alloc(0) }
}

// `busy_until` is the fence: whoever lost its claim to another leaves that one's row alone.
const KEEP = {
  name: 'request_key_keep',
  text: `UPDATE request_key SET status = $6, headers = $7, body = $8, busy_until = NULL
         WHERE tenant = $1 AND caller = $2 AND route = $3 AND key = $4 AND busy_until = $5`,
}
const RELEASE = {
  name: 'request_key_release',
  text: 'DELETE FROM request_key WHERE tenant = $1 AND caller = $2 AND route = $3 AND key = $4 AND busy_until = $5',
}

/** Keeps what it was answered, or with undefined lets the key go, as if the request had not come. */
export async function settleRequest(
  client: ClientBase,
  tenant: string,
  { caller, route, key }: RequestKey,
  busyUntil: Instant,
  answer: KeptAnswer | undefined,
): Promise<void> {
  const whose = [tenant, caller, route, key, busyUntil]
  await client.query(answer ? { ...KEEP, values: [...whose, answer.status, answer.headers, answer.body] } : { ...RELEASE, values: whose })
}

const EXPIRE = {
  name: 'request_key_expire',
  text: `DELETE FROM request_key r USING
           (SELECT caller, route, key FROM request_key WHERE tenant = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS old
         WHERE r.tenant = $1 AND r.caller = old.caller AND r.route = old.route AND r.key = old.key`,
}

/** Forgets what has expired, at most `limit` of it; each new request forgets more than it adds. */
export async function forgetRequests(client: ClientBase, tenant: string, now: Instant, limit: number): Promise<void> {
  await client.query({ ...EXPIRE, values: [tenant, now, limit] })
}
