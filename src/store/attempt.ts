/** Table `attempt`: one try each, written before the first byte is sent. */
import type { ClientBase } from 'pg'
import type { Instant } from '../lib/time.ts'
import { int4Array, textArray, timestampArray } from './arrays.ts'

export interface AttemptRow {
  readonly key: string
  readonly n: number
  readonly process: string
  readonly requestHash: string
  readonly openedAt: Instant
  readonly notAfter: Instant
  readonly outcome: string | null
  readonly says: string | null
  /** JSON text */
  readonly receipt: string | null
  readonly closedAt: Instant | null
  readonly senderDoneAt: Instant | null
  readonly looks: readonly { readonly at: Instant; readonly found: string }[]
}

interface Row {
  key: string; n: number; process: string; request_hash: string; opened_at: Instant; not_after: Instant; outcome: string | null; says: string | null
  receipt: string | null; closed_at: Instant | null; sender_done_at: Instant | null; looks: string
}
const COLUMNS = 'key, n, process, request_hash, opened_at, not_after, outcome, says, receipt, closed_at, sender_done_at, looks'
const rowOf = (row: Row): AttemptRow => ({
  key: row.key, n: row.n, process: row.process, requestHash: row.request_hash, openedAt: row.opened_at, notAfter: row.not_after, outcome: row.outcome, says: row.says,
  receipt: row.receipt, closedAt: row.closed_at, senderDoneAt: row.sender_done_at, looks: JSON.parse(row.looks) as AttemptRow['looks'],
})

export interface Opening { readonly key: string; readonly n: number; readonly process: string; readonly requestHash: string; readonly openedAt: Instant; readonly notAfter: Instant }

/** Opens attempts, in the transaction that claims their effects. */
export async function openAttempts(client: ClientBase, tenant: string, rows: readonly Opening[]): Promise<void> {
  if (rows.length === 0) return
  await client.query({
    name: 'attempt_open',
    text: `INSERT INTO attempt (tenant, key, n, process, request_hash, opened_at, not_after)
           SELECT $1, * FROM unnest($2::text[], $3::int4[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])`,
    values: [tenant, textArray(rows.map((row) => row.key)), int4Array(rows.map((row) => row.n)), textArray(rows.map((row) => row.process)),
      textArray(rows.map((row) => row.requestHash)), timestampArray(rows.map((row) => row.openedAt)), timestampArray(rows.map((row) => row.notAfter))],
  })
}

export interface Closing { readonly key: string; readonly n: number; readonly outcome: string; readonly says: string | null; readonly receipt: string | null }

/** Closes attempts that are still open; gives `key n` of those that it closed. The rest were closed by somebody else: the fence held. */
export async function closeAttempts(client: ClientBase, tenant: string, rows: readonly Closing[], at: Instant): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const sorted = rows.toSorted((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : a.n - b.n)
  const { rows: closed } = await client.query<{ key: string; n: number }>({
    name: 'attempt_close',
    text: `UPDATE attempt a SET outcome = o, says = s, receipt = r, closed_at = $2
           FROM unnest($3::text[], $4::int4[], $5::text[], $6::text[], $7::text[]) AS x (k, m, o, s, r)
           WHERE a.tenant = $1 AND a.key = k AND a.n = m AND a.closed_at IS NULL RETURNING a.key, a.n`,
    values: [tenant, at, textArray(sorted.map((row) => row.key)), int4Array(sorted.map((row) => row.n)), textArray(sorted.map((row) => row.outcome)),
      textArray(sorted.map((row) => row.says)), textArray(sorted.map((row) => row.receipt))],
  })
  return new Set(closed.map((row) => `${row.key} ${row.n}`))
}

/** The sender itself says that it can no longer send this attempt. */
export async function senderDone(client: ClientBase, tenant: string, key: string, n: number, at: Instant): Promise<void> {
  await client.query('UPDATE attempt SET sender_done_at = $4 WHERE tenant = $1 AND key = $2 AND n = $3 AND sender_done_at IS NULL', [tenant, key, n, at])
}

/** Adds a look to an attempt: two looks apart may be made by two processes. */
export async function addLook(client: ClientBase, tenant: string, key: string, n: number, look: { readonly at: Instant; readonly found: string }): Promise<void> {
  await client.query('UPDATE attempt SET looks = (looks::jsonb || $4::jsonb)::text WHERE tenant = $1 AND key = $2 AND n = $3', [tenant, key, n, JSON.stringify([look])])
}

/** All tries of some effects, oldest first. */
export async function attemptsOf(client: ClientBase, tenant: string, keys: readonly string[]): Promise<AttemptRow[]> {
  if (keys.length === 0) return []
  const { rows } = await client.query<Row>({ name: 'attempt_of', text: `SELECT ${COLUMNS} FROM attempt WHERE tenant = $1 AND key = ANY($2::text[]) ORDER BY key, n`, values: [tenant, textArray(keys)] })
  return rows.map(rowOf)
}

/** Open attempts whose time is over, or all that are open: oldest first. */
export async function stillOpen(client: ClientBase, tenant: string, limit: number, overdueBefore?: Instant): Promise<AttemptRow[]> {
  const { rows } = await client.query<Row>({
    name: 'attempt_still_open',
    text: `SELECT ${COLUMNS} FROM attempt WHERE tenant = $1 AND closed_at IS NULL AND ($2::timestamptz IS NULL OR not_after <= $2) ORDER BY not_after LIMIT $3`,
    values: [tenant, overdueBefore ?? null, limit],
  })
  return rows.map(rowOf)
}
