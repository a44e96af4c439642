/** Table `attempt`: one try each, written before the first byte is sent; its outcome is written once. */
import type { Json } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import { int4Array, textArray, timestampArray } from './arrays.ts'
import { rowsOf, type ClientBase } from './database.ts'

/** How a try ended; `open` while its process has it. */
export const ATTEMPT_OUTCOMES = ['open', 'not-sent', 'no-effect', 'done', 'refused', 'other', 'unknown'] as const
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number]

export interface LookRow {
  readonly at: Instant
  readonly found: string
  /** In the words of whoever looked or answered. */
  readonly says?: string
}

export interface AttemptRow {
  readonly key: string
  readonly n: number
  readonly process: string
  readonly requestHash: string
  readonly openedAt: Instant
  readonly notAfter: Instant
  readonly outcome: AttemptOutcome
  readonly says: string | null
  readonly receipt: Json
  readonly closedAt: Instant | null
  readonly senderDoneAt: Instant | null
  readonly looks: readonly LookRow[]
}

type Row = readonly [
  string,
  number,
  string,
  string,
  Instant,
  Instant,
  AttemptOutcome,
  string | null,
  string | null,
  Instant | null,
  Instant | null,
  string,
]
const COLUMNS = 'key, n, process, request_hash, opened_at, not_after, outcome, says, receipt, closed_at, sender_done_at, looks'
const decode = ([
  key,
  n,
  process,
  requestHash,
  openedAt,
  notAfter,
  outcome,
  says,
  receipt,
  closedAt,
  senderDoneAt,
  looks,
]: Row): AttemptRow => ({
  key,
  n,
  process,
  requestHash,
  openedAt,
  notAfter,
  outcome,
  says,
  receipt: receipt === null ? null : (JSON.parse(receipt) as Json),
  closedAt,
  senderDoneAt,
  looks: JSON.parse(looks) as AttemptRow['looks'],
})

export type Opening = Pick<AttemptRow, 'key' | 'n' | 'process' | 'requestHash' | 'openedAt' | 'notAfter'>

const OPEN = {
  name: 'attempt_open',
  text: `INSERT INTO attempt (tenant, key, n, process, request_hash, opened_at, not_after)
         SELECT $1, * FROM unnest($2::text[], $3::int4[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])`,
}

/** Opens attempts, in the transaction that claims their effects. */
export async function openAttempts(client: ClientBase, tenant: string, rows: readonly Opening[]): Promise<void> {
  if (rows.length === 0) return
  await client.query({
    ...OPEN,
    values: [
      tenant,
      textArray(rows.map((row) => row.key)),
      int4Array(rows.map((row) => row.n)),
      textArray(rows.map((row) => row.process)),
      textArray(rows.map((row) => row.requestHash)),
      timestampArray(rows.map((row) => row.openedAt)),
      timestampArray(rows.map((row) => row.notAfter)),
    ],
  })
}

/** Notes a try that is over and that nobody here has made. */
export async function noteAttempt(client: ClientBase, tenant: string, row: AttemptRow): Promise<void> {
  await client.query({
    name: 'attempt_note',
    text: `INSERT INTO attempt (tenant, key, n, process, request_hash, opened_at, not_after, outcome, says, closed_at, sender_done_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      tenant,
      row.key,
      row.n,
      row.process,
      row.requestHash,
      row.openedAt,
      row.notAfter,
      row.outcome,
      row.says,
      row.closedAt,
      row.senderDoneAt,
    ],
  })
}

export interface Closing {
  readonly key: string
  readonly n: number
  readonly outcome: Exclude<AttemptOutcome, 'open'>
  readonly says: string | null
  readonly receipt: string | null
}

// Only its own sender says of a try that it is over and how; anybody says of one that it is unknown. So any other end is also the sender's
// word that it has finished, and the index of those that may still be sent holds what is under way and what is in doubt.
const CLOSE = {
  name: 'attempt_close',
  text: `UPDATE attempt a SET outcome = x.outcome, says = x.says, receipt = x.receipt, closed_at = $2,
           sender_done_at = CASE WHEN x.outcome = 'unknown' THEN a.sender_done_at ELSE coalesce(a.sender_done_at, $2) END
         FROM unnest($3::text[], $4::int4[], $5::text[], $6::text[], $7::text[]) AS x (key, n, outcome, says, receipt)
         WHERE a.tenant = $1 AND a.key = x.key AND a.n = x.n AND a.outcome = 'open' RETURNING a.key, a.n`,
}

/** Closes attempts that are open; gives `key n` of those it closed. The rest were closed by somebody else: the fence held. `receipt` is JSON text. */
export async function closeAttempts(client: ClientBase, tenant: string, rows: readonly Closing[], at: Instant): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const sorted = rows.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.n - b.n))
  const closed = await rowsOf<[string, number]>(client, CLOSE, [
    tenant,
    at,
    textArray(sorted.map((row) => row.key)),
    int4Array(sorted.map((row) => row.n)),
    textArray(sorted.map((row) => row.outcome)),
    textArray(sorted.map((row) => row.says)),
    textArray(sorted.map((row) => row.receipt)),
  ])
  return new Set(closed.map(([key, n]) => `${key} ${n}`))
}

/** The sender itself says that it can no longer send this attempt; or its process was seen gone. */
export async function senderDone(client: ClientBase, tenant: string, key: string, n: number, at: Instant): Promise<void> {
  await client.query({
    name: 'attempt_sender_done',
    values: [tenant, key, n, at],
    text: 'UPDATE attempt SET sender_done_at = $4 WHERE tenant = $1 AND key = $2 AND n = $3 AND sender_done_at IS NULL',
  })
}

const GONE = {
  name: 'attempt_sender_gone',
  text: `UPDATE attempt SET sender_done_at = $3 WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM attempt WHERE tenant = $1 AND process = ANY($2::text[]) AND sender_done_at IS NULL LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED))`,
}

/**
 * Processes are certainly gone (their session locks were seen free): none of their attempts can be sent any more. Notes it of so many at
 * most, so that the transaction stays short however many there are; of the rest whoever asks next.
 */
export async function senderGone(
  client: ClientBase,
  tenant: string,
  processes: readonly string[],
  at: Instant,
  limit: number,
): Promise<void> {
  if (processes.length > 0) await client.query({ ...GONE, values: [tenant, textArray(processes), at, limit] })
}

/** Processes that have attempts of which nobody knows whether they can still be sent. */
export async function sendingProcesses(client: ClientBase, tenant: string): Promise<string[]> {
  const rows = await rowsOf<[string]>(
    client,
    { name: 'attempt_senders', text: 'SELECT DISTINCT process FROM attempt WHERE tenant = $1 AND sender_done_at IS NULL' },
    [tenant],
  )
  return rows.map(([process]) => process)
}

/** Adds a look to an attempt: two looks apart may be made by two processes. */
export async function addLook(client: ClientBase, tenant: string, key: string, n: number, look: LookRow): Promise<void> {
  await client.query({
    name: 'attempt_look',
    values: [tenant, key, n, JSON.stringify([look])],
    text: 'UPDATE attempt SET looks = (looks::jsonb || $4::jsonb)::text WHERE tenant = $1 AND key = $2 AND n = $3',
  })
}

const OF = { name: 'attempt_of', text: `SELECT ${COLUMNS} FROM attempt WHERE tenant = $1 AND key = ANY($2::text[]) ORDER BY key, n` }

/** All tries of some effects, oldest first. */
export async function attemptsOf(client: ClientBase, tenant: string, keys: readonly string[]): Promise<AttemptRow[]> {
  if (keys.length === 0) return []
  return (await rowsOf<Row>(client, OF, [tenant, textArray(keys)])).map(decode)
}

const STILL_OPEN = {
  name: 'attempt_still_open',
  text: `SELECT ${COLUMNS} FROM attempt WHERE tenant = $1 AND outcome = 'open' AND not_after <= $2 ORDER BY not_after LIMIT $3`,
}

/** Open attempts whose time was over at `overdueAt`, or, without it, all that are open: the longest overdue first. */
export async function stillOpen(client: ClientBase, tenant: string, limit: number, overdueAt: Instant = 'infinity'): Promise<AttemptRow[]> {
  return (await rowsOf<Row>(client, STILL_OPEN, [tenant, overdueAt, limit])).map(decode)
}
