import type { ClientBase } from 'pg'
import { instantOf, type Instant } from '../lib/time.ts'
import { readTile } from './tile.ts'

// A tenant's log read for an audit: every column as it lies there, nothing decoded that a forger could have made undecodable.
// The reader may be a superuser or the role hub_read; row-level security wants the tenant said in either case.

/** Rows fetched at a time: at the largest body 32 MB. */
const BATCH = 500

type AuditRow = {
  index: number | null
  tenant: string | null
  id: string | null
  type: string | null
  v: number | null
  objects: readonly string[] | null
  occurredAt: Instant | null
  recordedAt: Instant | null
  actor: string | null
  cfg: string | null
  body: Buffer | null
  salt: Buffer | null
  commitment: Buffer | null
  leafHash: Buffer | null
}
type AuditCheckpoint = { size: number; root: Buffer | null; note: string | null }

export type LogAudit = {
  rows(): AsyncGenerator<readonly AuditRow[]>
  head(): Promise<number | undefined>
  checkpoints(): AsyncGenerator<AuditCheckpoint>
  tile(level: number, index: number, width: number): Promise<Buffer | undefined>
}

/**
 * Opens one snapshot of a tenant's log on a connection that nobody else uses meanwhile, hands it to `work`, and closes it.
 * Everything is cast in the statement, so that a column whose type was changed is read as what it should be or fails loudly.
 */
export async function auditLog<T>(client: ClientBase, tenant: string, work: (log: LogAudit) => Promise<T>): Promise<T> {
  // One snapshot for rows, head, tiles and checkpoints: the log may grow while it is read.
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    await client.query("SELECT set_config('hub.tenant', $1, true), set_config('bytea_output', 'hex', true)", [tenant])
    return await work({
      rows: () => batches(client, EVENTS, tenant, auditRow),
      head: () => head(client, tenant),
      checkpoints: () => checkpoints(client, tenant),
      tile: async (level, index, width) => {
        const hashes = await readTile(client, tenant, level, index)
        return hashes && hashes.length >= width * 32 ? hashes : undefined
      },
    })
  } finally {
    await client.query('ROLLBACK')
  }
}

// Instants as milliseconds in numeric, exactly: text would lose the era and a time zone's offset. A list of another shape than
// one row counted from 1 reads as nothing.
const EVENTS = {
  name: 'audit_events',
  sql: `SELECT "index"::bigint::text, tenant::text, id::text, type::text, v::bigint::text,
          CASE WHEN cardinality(objects) = 0 OR (array_ndims(objects) = 1 AND array_lower(objects, 1) = 1) THEN to_json(objects)::text END,
          (extract(epoch FROM occurred_at) * 1000)::text, (extract(epoch FROM recorded_at) * 1000)::text,
          actor::text, cfg::text, body::bytea, salt::bytea, commitment::bytea, leaf_hash::bytea
        FROM event WHERE tenant = $1 ORDER BY event."index"`,
}
const CHECKPOINTS = {
  name: 'audit_checkpoints',
  sql: 'SELECT size::bigint::text, root::bytea, note::text FROM checkpoint WHERE tenant = $1 ORDER BY checkpoint.size',
}
const HEAD = 'SELECT next_index::bigint::text AS next FROM tenant_head WHERE tenant = $1'

type Cell = string | Buffer | null
type Cells = readonly Cell[]

/**
 * All rows of a statement in batches, by a cursor and not by paging over the index: a second row of the same index, which
 * cannot be there unless somebody removed the primary key, would fall between two pages. While a batch is worked on the
 * server reads the next.
 */
async function* batches<T>(
  client: ClientBase,
  { name, sql }: { readonly name: string; readonly sql: string },
  tenant: string,
  decode: (cells: Cells) => T,
): AsyncGenerator<T[]> {
  await client.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${sql}`, [tenant])
  const fetch = async (): Promise<Cells[]> => (await client.query<Cell[]>({ text: `FETCH ${BATCH} FROM ${name}`, rowMode: 'array' })).rows
  let next = fetch()
  // Whoever stops reading early leaves a batch behind that nobody waits for.
  const ignored = (): void => {}
  for (;;) {
    const cells = await next
    if (cells.length === 0) return
    next = fetch()
    next.catch(ignored)
    yield cells.map(decode)
  }
}

async function head(client: ClientBase, tenant: string): Promise<number | undefined> {
  const { rows } = await client.query<{ next: string }>(HEAD, [tenant])
  return rows[0] && Number(rows[0].next)
}

async function* checkpoints(client: ClientBase, tenant: string): AsyncGenerator<AuditCheckpoint> {
  for await (const batch of batches(client, CHECKPOINTS, tenant, ([size, root, note]) => ({
    size: wholeNumber(size) ?? -1,
    root: bytesOf(root),
    note: textOf(note),
  })))
    yield* batch
}

function auditRow(cells: Cells): AuditRow {
  const [index, tenant, id, type, v, objects, occurredAt, recordedAt, actor, cfg, body, salt, commitment, leafHash] = cells
  return {
    index: wholeNumber(index),
    tenant: textOf(tenant),
    id: textOf(id),
    type: textOf(type),
    v: wholeNumber(v),
    objects: listOf(objects),
    occurredAt: instant(occurredAt),
    recordedAt: instant(recordedAt),
    actor: textOf(actor),
    cfg: textOf(cfg),
    body: bytesOf(body),
    salt: bytesOf(salt),
    commitment: bytesOf(commitment),
    leafHash: bytesOf(leafHash),
  }
}

function textOf(cell: Cell | undefined): string | null {
  return typeof cell === 'string' ? cell : null
}

function bytesOf(cell: Cell | undefined): Buffer | null {
  return Buffer.isBuffer(cell) ? cell : null
}

function wholeNumber(cell: Cell | undefined): number | null {
  const number = typeof cell === 'string' ? Number(cell) : NaN
  return Number.isSafeInteger(number) ? number : null
}

function listOf(cell: Cell | undefined): readonly string[] | null {
  if (typeof cell !== 'string') return null
  const list = JSON.parse(cell) as unknown[]
  return list.every((item) => typeof item === 'string') ? list : null
}

/** Whole milliseconds within the years that an instant can name; a forger may have stored microseconds or infinity. */
function instant(cell: Cell | undefined): Instant | null {
  const ms = typeof cell === 'string' && /^-?\d+(\.0*)?$/.test(cell) ? Number(cell) : NaN
  return Math.abs(ms) <= 8_640_000_000_000_000 ? instantOf(ms) : null
}
