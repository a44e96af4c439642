/**
 * Intake to durable commit, through door, batcher and the one commit, on an embedded server of its own with its ordinary
 * settings. The floor is the same statements, parameters encoded beforehand, sent over the same kind of connection to a copy of
 * the same database: what PostgreSQL alone takes for the same rows, indexes, row-level security and fsync.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type Pool, type PoolClient } from 'pg'
import { startPostgres } from '../launch/postgres.mjs'
import type { Arrival, Law } from '../src/domain/object.ts'
import { openIntake } from '../src/intake/batcher.ts'
import { openPool } from '../src/store/database.ts'
import { createTenant, migrate } from '../src/store/migrate.ts'
import { sha256 } from '../src/store/sha256.ts'
import { TEST_LAW } from '../src/store/test-law.ts'
import { lawOf } from '../src/domain/law.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import { invoiceDocument, masterData, received } from '../test/facts.ts'
import { lives, masterDataOfLives, NOW } from './invoice-lives.ts'

export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly target: number
  /** Neither less nor more will do. */
  readonly exactly?: true
  /** What else was measured of it, for whoever compares two machines. */
  readonly beside?: string
}

const BATCHED = { warmUp: 6_000, events: 30_000, chunk: 500, outstanding: 3 }
const SINGLY = { tenants: 16, warmUp: 60, each: 500 }
const TENANT = 'acme'
const FILLER = 'x'.repeat(520)

/** What is taken in: the law that judges it, what must be known before, and then so many arrivals. */
export interface Work {
  readonly name: string
  readonly law: Law
  before(tenant: string, count: number): Arrival[]
  arrivals(tenant: string, count: number): Arrival[]
}

/** Whole lives: an invoice received, granted, completed, posted, instructed, booked; each fact finds what earlier commits left. */
export const LIVES: Work = {
  name: 'facts of whole lives',
  law: lawOf(DEFAULT_POLICY, sha256),
  before: masterDataOfLives,
  arrivals: lives,
}

/** New invoices alone: one without an order arrives, six controls pass, it is validated, and the AP tool is to be told. */
export const RECEIVED: Work = {
  name: 'new invoices',
  law: LIVES.law,
  before: (tenant) => masterData().map((fact) => ({ ...fact, tenant })),
  arrivals: (tenant, count) =>
    Array.from({ length: count }, (_, n) => {
      const { orderReference: _none, ...document } = invoiceDocument({ number: `R-${n}` })
      return { ...received(document, `bench-${n}`, '2026-01-11T08:00:00.000Z', n.toString(16).padStart(64, '0')), tenant }
    }),
}

/** The engine alone: a law that decides little. */
export const SMALL_LAW: Work = {
  name: 'new invoices under a small law',
  law: TEST_LAW,
  before: () => [],
  arrivals: (tenant, count) => Array.from({ length: count }, (_, n) => smallArrival(tenant, n)),
}

/** An invoice as it comes, about 1 KB of body with its source and grade. */
function smallArrival(tenant: string, n: number): Arrival {
  return {
    tenant,
    source: { system: 'capture', role: 'capture', reference: `mail/2026/11/${n}` },
    eventId: `bench-${n}`,
    type: 'invoice.received',
    occurredAt: '2026-11-24T10:00:00.000Z',
    actor: 'system:capture',
    readBack: true,
    correlation: `bench-${n}`,
    about: [{ names: [`capture|invoice|${n}`, `public|invoice|supplier ${n % 50} number ${n}`], create: 'invoice' }],
    data: {
      amount: `${n % 9_000}.50`,
      document: `${n}`.padStart(64, 'f'),
      channel: 'mail',
      content: { number: `R-${n}`, currency: 'EUR', issuedOn: '2026-11-20', notes: FILLER },
    },
  }
}

export async function run(work: Work): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tieout-bench-'))
  chmodSync(dataDir, 0o711)
  const server = await startPostgres({ dataDir })
  try {
    return [...(await measureBatched(server, work)), ...(await measureSingly(server, work))]
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

type Server = Awaited<ReturnType<typeof startPostgres>>

/** What one pass over a fresh database came to: what its measured part spent, and the log rows that were written in it. */
interface Pass {
  readonly spent: Spent
  readonly rows: number
}

async function batchedPass(server: Server, work: Work, pool: Pool, warm: () => void = () => {}): Promise<Pass> {
  const { warmUp, events } = BATCHED
  let rows = 0
  const intake = intakeOver(pool, work.law, (logged) => {
    rows += logged
  })
  await intake.submit(work.before(TENANT, warmUp + events))
  const arrivals = work.arrivals(TENANT, warmUp + events)
  await load(intake, arrivals.splice(0, warmUp), 1)
  warm()
  rows = 0
  const used = await spent(server, () => load(intake, arrivals, BATCHED.outstanding))
  await intake.close()
  await pool.end()
  return { spent: used, rows }
}

async function measureBatched(server: Server, work: Work): Promise<Row[]> {
  const { events } = BATCHED
  await database(server, 'batched', [TENANT])
  const { spent: hub, rows } = await batchedPass(server, work, openPool(server.url('batched', 'hub_app')))
  // Apart from what is measured: whoever keeps all that is sent has it to carry.
  await database(server, 'recorded', [TENANT])
  const recorded: Sent[][] = []
  let warm = 0
  await batchedPass(server, work, recording(openPool(server.url('recorded', 'hub_app')), recorded), () => {
    warm = recorded.length
  })
  await database(server, 'floor', [TENANT])
  const alone = openPool(server.url('floor', 'hub_app'))
  const client = await alone.connect()
  await replay(client, recorded.slice(0, warm))
  // As the hub has it done at certain sizes of its log.
  await client.query('SELECT tables_have_grown()')
  const floor = await spent(server, () => replay(client, recorded.slice(warm)))
  client.release()
  await alone.end()
  const each = (seconds: number): string => `${Math.round((seconds * 1e6) / events)} µs`
  const batches = recorded.length - warm
  const what = `intake to durable commit, one tenant, in batches: ${work.name}`
  return [
    {
      what,
      value: Math.round(events / hub.wall),
      unit: 'events/s',
      target: 8_000,
      beside: `${(rows / events).toFixed(1)} log rows, ${each(hub.node)} Node and ${each(hub.postgres)} PostgreSQL of processor time per event; ${batches} batches of ${Math.round(events / batches)}`,
    },
    {
      what: '  the same beside PostgreSQL alone',
      value: Math.round((floor.wall / hub.wall) * 100),
      unit: '%',
      target: 60,
      beside: `PostgreSQL alone: ${Math.round(events / floor.wall)} events/s, ${each(floor.postgres)} of processor time per event`,
    },
  ]
}

async function singlyPass(server: Server, work: Work, tenants: readonly string[], pool: Pool, warm: () => void = () => {}): Promise<Spent> {
  const { warmUp, each } = SINGLY
  const intake = intakeOver(pool, work.law)
  for (const tenant of tenants) await intake.submit(work.before(tenant, warmUp + each))
  const streams = tenants.map((tenant) => work.arrivals(tenant, warmUp + each))
  const turn = async (from: number, to: number): Promise<void> => {
    await Promise.all(
      streams.map(async (stream) => {
        for (const arrival of stream.slice(from, to)) await intake.submit([arrival])
      }),
    )
  }
  await turn(0, warmUp)
  warm()
  const used = await spent(server, () => turn(warmUp, warmUp + each))
  await intake.close()
  await pool.end()
  return used
}

async function measureSingly(server: Server, work: Work): Promise<Row[]> {
  const { tenants, each } = SINGLY
  const names = Array.from({ length: tenants }, (_, at) => `tenant-${at}`)
  await database(server, 'singly', names)
  const hub = await singlyPass(server, work, names, openPool(server.url('singly', 'hub_app'), { max: 8 }))
  await database(server, 'singly_recorded', names)
  const recorded: Sent[][] = []
  let warm = 0
  await singlyPass(server, work, names, recording(openPool(server.url('singly_recorded', 'hub_app'), { max: 8 }), recorded), () => {
    warm = recorded.length
  })
  await database(server, 'singly_floor', names)
  const alone = openPool(server.url('singly_floor', 'hub_app'), { max: tenants })
  await replayEach(alone, recorded.slice(0, warm))
  await alone.query('SELECT tables_have_grown()')
  const floor = await spent(server, () => replayEach(alone, recorded.slice(warm)))
  await alone.end()
  const events = tenants * each
  const per = (seconds: number): string => `${Math.round((seconds * 1e6) / events)} µs`
  return [
    {
      what: `intake to durable commit, one by one, ${tenants} tenants: ${work.name}`,
      value: Math.round(events / hub.wall),
      unit: 'events/s',
      target: 1_500,
      beside: `${per(hub.node)} Node and ${per(hub.postgres)} PostgreSQL of processor time per event; ${((recorded.length - warm) / events).toFixed(2)} commits per event`,
    },
    {
      what: '  the same beside PostgreSQL alone',
      value: Math.round((floor.wall / hub.wall) * 100),
      unit: '%',
      target: 60,
      beside: `PostgreSQL alone: ${Math.round(events / floor.wall)} events/s over ${tenants} connections, ${per(floor.postgres)} of processor time per event`,
    },
  ]
}

function intakeOver(pool: Pool, law: Law, logged: (events: number) => void = () => {}): ReturnType<typeof openIntake> {
  const settings = { law, cfg: '0'.repeat(64), config: 1, clock: () => Date.parse(NOW) }
  return openIntake({
    pool,
    settings,
    onCommitted: ({ events }) => {
      logged(events)
    },
    onBug: (error) => {
      throw error
    },
  })
}

/** Submits arrivals in their order, so many submissions under way at a time. */
async function load(intake: ReturnType<typeof openIntake>, arrivals: Arrival[], outstanding: number): Promise<void> {
  await Promise.all(
    Array.from({ length: outstanding }, async () => {
      while (arrivals.length > 0) {
        const receipts = await intake.submit(arrivals.splice(0, BATCHED.chunk))
        const other = receipts.find((receipt) => receipt.outcome !== 'new')
        if (other) throw new Error(`an arrival was ${other.outcome}`, { cause: other.fault })
      }
    }),
  )
}

/** Seconds that a piece of work takes by the clock, and of processor time here and in all of the server's processes. */
interface Spent {
  readonly wall: number
  readonly node: number
  readonly postgres: number
}

async function spent(server: Server, work: () => Promise<void>): Promise<Spent> {
  const [start, node, postgres] = [performance.now(), process.cpuUsage(), serverSeconds(server)]
  await work()
  const used = process.cpuUsage(node)
  return { wall: (performance.now() - start) / 1_000, node: (used.user + used.system) / 1e6, postgres: serverSeconds(server) - postgres }
}

/** Processor time of the server's first process with all that it has waited for, and of those that run; only Linux says it. */
function serverSeconds(server: Server): number {
  if (process.platform !== 'linux') return NaN
  const first = readFileSync(join(server.folder, 'postmaster.pid'), 'utf8').split('\n')[0]!
  let ticks = 0
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/u.test(pid)) continue
    try {
      // Fields of proc(5) after the name: 1 is the parent, 11 to 14 user and system time, its own and of children that ended.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
      if (pid === first || fields[1] === first)
        ticks += fields.slice(11, pid === first ? 15 : 13).reduce((sum, field) => sum + Number(field), 0)
    } catch {
      /* it has ended */
    }
  }
  return ticks / 100
}

type Sent = Parameters<PoolClient['query']>[0]

/** A pool that keeps what each transaction sends, from BEGIN to COMMIT. */
function recording(pool: Pool, recorded: Sent[][]): Pool {
  const connect = pool.connect.bind(pool)
  const known = new WeakSet<PoolClient>()
  pool.connect = (async () => {
    const client = await connect()
    if (known.has(client)) return client
    known.add(client)
    const query = client.query.bind(client) as (sent: Sent, ...rest: unknown[]) => unknown
    let open: Sent[] | undefined
    client.query = ((sent: Sent, ...rest: unknown[]) => {
      if (typeof sent === 'string' && sent.startsWith('BEGIN')) open = []
      open?.push(sent)
      if (sent === 'COMMIT' && open) {
        recorded.push(open)
        open = undefined
      }
      return query(sent, ...rest)
    }) as typeof client.query
    return client
  }) as typeof pool.connect
  return pool
}

/** Sends recorded transactions, each at once and waited for. */
async function replay(client: PoolClient, recorded: readonly Sent[][]): Promise<void> {
  for (const transaction of recorded) await Promise.all(transaction.map((sent) => client.query(sent)))
}

/** The same, each tenant's over a connection of its own, all at once. */
async function replayEach(pool: Pool, recorded: readonly Sent[][]): Promise<void> {
  const byTenant = Map.groupBy(recorded, ([begin]) => /hub\.tenant', '([^']+)'/u.exec(String(begin))?.[1])
  await Promise.all(
    [...byTenant.values()].map(async (transactions) => {
      const client = await pool.connect()
      await replay(client, transactions)
      client.release()
    }),
  )
}

async function database(server: Server, name: string, tenants: readonly string[]): Promise<void> {
  const admin = new Client({ connectionString: server.url('postgres') })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`)
  await admin.end()
  const owner = new Client({ connectionString: server.url(name) })
  await owner.connect()
  await migrate(owner)
  for (const tenant of tenants) await createTenant(owner, tenant)
  await owner.end()
}

if (import.meta.main) {
  const chosen = [LIVES, RECEIVED, SMALL_LAW].filter(({ name }) => process.argv.length < 3 || process.argv.slice(2).includes(name))
  for (const work of chosen)
    for (const { what, value, unit, beside } of await run(work)) console.log(`${what}: ${value} ${unit} (${beside})`)
}
