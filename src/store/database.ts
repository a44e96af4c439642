/** Connections: one pool per role, every piece of work in a transaction that has said its tenant first. */
import { Pool, types, type ClientBase, type PoolClient } from 'pg'
import { Fault } from '../lib/fault.ts'
import { bindInPieces, together } from './bind.ts'
import { isAway } from './trouble.ts'

export type { ClientBase, Pool, PoolClient } from 'pg'

// Calendar dates stay text: as JavaScript dates they would move with the time zone. int8 within our ranges is a safe number.
types.setTypeParser(types.builtins.DATE, (text) => text)
types.setTypeParser(types.builtins.INT8, (text) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a number`)
  return value
})
types.setTypeParser(types.builtins.TIMESTAMPTZ, (text) =>
  new Date(`${text.replace(' ', 'T')}${/[+-]\d\d$/.test(text) ? ':00' : ''}`).toISOString(),
)

const LIMITS = { statement_timeout: 60_000, lock_timeout: 30_000, idle_in_transaction_session_timeout: 60_000 }
/**
 * A host that is gone says nothing, and a server that waits for it keeps its sessions for two hours: with them the identity of its
 * process, which others take for frozen. Asked whether it is there after 5 s, and three times more, it is known to be gone after 14 s.
 */
const KEEPALIVE = { tcp_keepalives_idle: 5, tcp_keepalives_interval: 3, tcp_keepalives_count: 3 }
/**
 * Each statement of ours goes by an index, and is planned once per connection. Without these a plan that was made while the
 * tables were empty reads a whole table for as long as the connection lives; `enable_material` is the worst of them: it keeps
 * all rows of a tenant aside and goes through them once per row of the batch. A bitmap has no order: with one, the claim sorted all
 * that waited (80 ms of 10,000, at each call) to take the first few, which an index hands out in that order.
 */
const PLANS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  jit: 'off',
}

export interface PoolOptions {
  /** Eight unless said. */
  readonly max?: number
  readonly name?: string
  /** Asked of each new connection before it is used; when it throws, the connection is closed and whoever wanted it gets that. */
  readonly admit?: (client: ClientBase) => Promise<void>
}

/**
 * A pool for `url`. Statements that wait or run too long end by themselves; a lost connection is replaced. Connections are
 * pipelined: several statements may be sent before the first is answered, which spares a commit two thirds of its round trips.
 */
export function openPool(url: string, options: PoolOptions = {}): Pool {
  const { admit } = options
  const pool = new Pool({
    connectionString: url,
    max: options.max ?? 8,
    application_name: options.name ?? 'tieout',
    connectionTimeoutMillis: 10_000,
    // A new connection plans every statement anew: one that the next burst needs is not closed in between.
    idleTimeoutMillis: 300_000,
    keepAlive: true,
    // The same from this side: a server that is gone is known to be after 15 s, and with it what it kept for us.
    keepAliveInitialDelayMillis: 5_000,
    pipeline: true,
    // The server ends what takes too long; the client only what a server that is gone will never end.
    query_timeout: 75_000,
    ...(admit && {
      verify: (client: PoolClient, done: (error?: Error) => void) => {
        admit(client).then(() => {
          done()
        }, done)
      },
    }),
    options: Object.entries({ ...LIMITS, ...KEEPALIVE, ...PLANS, TimeZone: 'UTC' })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  })
  // An idle connection that breaks is thrown away by the pool; whoever needs one next gets another or the error.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    // One that is cut while it is lent out says so to whoever waits on it, or to the next statement; it must not end the process.
    client.on('error', () => {})
    bindInPieces(client)
  })
  return pool
}

/** A statement prepared once per connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** A statement with its parameters, encoded: all that can fail on our side has been done. */
export interface Query extends Statement {
  readonly values: unknown[]
}

export function query({ name, text }: Statement, values: unknown[]): Query {
  return { name, text, values }
}

/** The rows of a prepared statement as arrays of columns: spares naming each column of each row on the hot path. */
export async function rowsOf<Row extends readonly unknown[]>(
  client: ClientBase,
  { name, text }: Statement,
  values: unknown[],
): Promise<Row[]> {
  const { rows } = await client.query({ name, text, values, rowMode: 'array' })
  return rows as unknown as Row[]
}

/** `write`: each statement sees what is committed. `snapshot`: all statements see the same moment, and nothing is written. */
export type Mode = 'write' | 'snapshot'

/**
 * Runs `work` in one transaction of a tenant. Rolled back when it throws. What a lost connection or a server that is going
 * away throws becomes the fault `database-away`; whether a COMMIT without an answer took is then not known.
 */
export async function inTenant<T>(pool: Pool, tenant: string, work: (client: PoolClient) => Promise<T>, mode: Mode = 'write'): Promise<T> {
  const opening = openingOf(tenant, mode)
  const client = await connect(pool)
  let broken = false
  try {
    // The opening needs no answer before the first statement: they leave in one write, and a transaction takes a round trip less.
    const [, result] = await together(client, () => Promise.all([client.query(opening), work(client)]))
    await commit(client)
    return result
  } catch (error) {
    broken = isAway(error) || !(await rolledBack(client))
    throw isAway(error) && !(error instanceof Fault) ? new Fault('database-away', undefined, { cause: error }) : error
  } finally {
    client.release(broken)
  }
}

/** A connection, or the fault `database-away`; what `admit` threw passes through. */
export async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('database-away', undefined, { cause: error })
  }
}

/** Opens a transaction and says the tenant in one round trip: until then every table is empty. */
export async function begin(client: ClientBase, tenant: string): Promise<void> {
  await client.query(openingOf(tenant, 'write'))
}

function openingOf(tenant: string, mode: Mode): string {
  if (!/^[a-z0-9-]{1,40}$/.test(tenant)) throw new Fault('request-not-valid', 'A tenant is 1 to 40 characters of a-z, 0-9 and -.')
  return `BEGIN${mode === 'snapshot' ? ' ISOLATION LEVEL REPEATABLE READ READ ONLY' : ''}; SELECT set_config('hub.tenant', '${tenant}', true)`
}

/** Throws when the server answers ROLLBACK instead, as it does to the COMMIT of a transaction in which a statement failed. */
export async function commit(client: ClientBase): Promise<void> {
  const { command } = await client.query('COMMIT')
  if (command !== 'COMMIT') throw new Error(`COMMIT was answered with ${command}`)
}

/** False when the connection can no longer be used. */
export async function rolledBack(client: ClientBase): Promise<boolean> {
  try {
    await client.query('ROLLBACK')
    return true
  } catch {
    return false
  }
}

/** All tenants there are. */
export async function tenants(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM tenant ORDER BY id')
  return rows.map((row) => row.id)
}
