/**
 * Intake to durable commit, through door, batcher and the one commit, on an embedded server of its own with its ordinary
 * settings. The floor is the same statements, parameters encoded beforehand, sent over the same kind of connection to a copy of
 * the same database: what PostgreSQL alone takes for the same rows, indexes, row-level security and fsync.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type Pool, type PoolClient } from 'pg'
import { startPostgres } from '../launch/postgres.mjs'
import type { Arrival, Law } from '../src/domain/object.ts'
import { openIntake } from '../src/intake/batcher.ts'
import { openPool } from '../src/store/database.ts'
import { createTenant, migrate } from '../src/store/migrate.ts'
import { TEST_LAW } from '../src/store/test-law.ts'
import { lawOf } from '../src/domain/law.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import { invoiceDocument, masterData, received } from '../test/facts.ts'
import { sha256 } from '../test/world.ts'

export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly target: number
  /** What the database alone does, in the same unit. */
  readonly floor?: number
  readonly ratio?: number
}

const BATCHED = { warmUp: 6_000, events: 40_000, chunk: 500, outstanding: 3 }
const SINGLY = { tenants: 16, warmUp: 60, each: 500 }
const FILLER = 'x'.repeat(520)

/** What is taken in: the law that judges it, what must be known before, and the n-th arrival. */
export interface Work {
  readonly name: string
  readonly law: Law
  before(tenant: string): Arrival[]
  arrival(tenant: string, n: number): Arrival
}

/** The whole law: an invoice without an order arrives, six controls pass, it is validated, and the AP tool is to be told. */
export const WHOLE_LAW: Work = {
  name: 'the whole law',
  law: lawOf(DEFAULT_POLICY, sha256),
  before: (tenant) => [...masterData(undefined, new Date().toISOString()), periodNow()].map((fact) => ({ ...fact, tenant })),
  arrival: (tenant, n) => {
    const { orderReference: _, ...document } = invoiceDocument({ number: `R-${n}` })
    return { ...received(document, `bench-${n}`, '2026-01-11T08:00:00.000Z', n.toString(16).padStart(64, '0')), tenant }
  },
}

function periodNow(): Arrival {
  const period = masterData(undefined, new Date().toISOString()).find((fact) => fact.eventId === 'read period 2026-01')!
  const asked = `period ${new Date().toISOString().slice(0, 7)}`
  return { ...period, eventId: `read ${asked}`, data: { ...period.data, asked } }
}

/** The engine alone: a law that decides little. */
export const SMALL_LAW: Work = { name: 'a small law', law: TEST_LAW, before: () => [], arrival: smallArrival }

/** An invoice as it comes, about 1 KB of body with its source and grade. */
function smallArrival(tenant: string, n: number): Arrival {
  return {
    tenant, source: { system: 'capture', role: 'capture', reference: `mail/2026/11/${n}` }, eventId: `bench-${n}`, type: 'invoice.received',
    occurredAt: '2026-11-24T10:00:00.000Z', actor: 'system:capture', readBack: true, correlation: `bench-${n}`,
    about: [{ names: [`capture|invoice|${n}`, `public|invoice|supplier ${n % 50} number ${n}`], create: 'invoice' }],
    data: { amount: `${n % 9_000}.50`, document: `${n}`.padStart(64, 'f'), channel: 'mail', content: { number: `R-${n}`, currency: 'EUR', issuedOn: '2026-11-20', notes: FILLER } },
  }
}

export async function run(work: Work = WHOLE_LAW): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tieout-bench-'))
  chmodSync(dataDir, 0o711)
  const server = await startPostgres({ dataDir })
  try {
    const batched = await measureBatched(server, work)
    return [batched, await measureSingly(server, work)]
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

type Server = Awaited<ReturnType<typeof startPostgres>>

async function measureBatched(server: Server, work: Work): Promise<Row> {
  await database(server, 'batched', ['acme'])
  const recorded: Sent[][] = []
  const pool = recording(openPool(server.url('batched', 'hub_app')), recorded)
  const intake = intakeOver(pool, work.law)
  if (work.before('acme').length > 0) await intake.submit(work.before('acme'))
  await load(work, intake, 'acme', 0, BATCHED.warmUp)
  const warm = recorded.length
  const cpu = process.cpuUsage()
  const seconds = await load(work, intake, 'acme', BATCHED.warmUp, BATCHED.events)
  const used = process.cpuUsage(cpu)
  await intake.close()
  await pool.end()
  const batches = recorded.length - warm
  await database(server, 'floor', ['acme'])
  const floorSeconds = await replay(server.url('floor', 'hub_app'), recorded, warm)
  const value = Math.round(BATCHED.events / seconds)
  const floor = Math.round(BATCHED.events / floorSeconds)
  console.error(`ingest: ${batches} batches of ${Math.round(BATCHED.events / batches)}, ${((used.user + used.system) / BATCHED.events).toFixed(0)} µs of Node each, floor ${(floorSeconds * 1e6 / BATCHED.events).toFixed(0)} µs each`)
  return { what: `intake to durable commit, one tenant, in batches, ${work.name}`, value, unit: 'events/s', target: 8_000, floor, ratio: Math.round(value / floor * 100) / 100 }
}

async function measureSingly(server: Server, work: Work): Promise<Row> {
  const names = Array.from({ length: SINGLY.tenants }, (_, at) => `tenant-${at}`)
  await database(server, 'singly', names)
  const pool = openPool(server.url('singly', 'hub_app'), { max: 8 })
  const intake = intakeOver(pool, work.law)
  for (const tenant of names) if (work.before(tenant).length > 0) await intake.submit(work.before(tenant))
  const turn = async (from: number, count: number): Promise<void> => {
    await Promise.all(names.map(async (tenant) => { for (let n = from; n < from + count; n++) await intake.submit([work.arrival(tenant, n)]) }))
  }
  await turn(0, SINGLY.warmUp)
  const start = performance.now()
  await turn(SINGLY.warmUp, SINGLY.each)
  const seconds = (performance.now() - start) / 1_000
  await intake.close()
  await pool.end()
  return { what: `intake to durable commit, one by one, ${SINGLY.tenants} tenants, ${work.name}`, value: Math.round(SINGLY.tenants * SINGLY.each / seconds), unit: 'events/s', target: 1_500 }
}

function intakeOver(pool: Pool, law: Law): ReturnType<typeof openIntake> {
  return openIntake({ pool, settings: { law, cfg: '0'.repeat(64), config: 1, clock: Date.now }, onBug: (error) => { throw error } })
}

/** Seconds for `count` arrivals from `from` on, a few submissions under way at a time. */
async function load(work: Work, intake: ReturnType<typeof openIntake>, tenant: string, from: number, count: number): Promise<number> {
  let next = from
  const start = performance.now()
  await Promise.all(Array.from({ length: BATCHED.outstanding }, async () => {
    while (next < from + count) {
      const first = next
      next += BATCHED.chunk
      const receipts = await intake.submit(Array.from({ length: Math.min(BATCHED.chunk, from + count - first) }, (_, at) => work.arrival(tenant, first + at)))
      if (receipts.some((receipt) => receipt.outcome !== 'new')) throw new Error('an arrival was not new')
    }
  }))
  return (performance.now() - start) / 1_000
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

/** Seconds that the recorded transactions take after the first `warm`, each sent at once and waited for. */
async function replay(url: string, recorded: readonly Sent[][], warm: number): Promise<number> {
  const client = new Client({ connectionString: url, pipeline: true, options: '-c TimeZone=UTC -c jit=off' })
  await client.connect()
  let start = 0
  for (const [at, transaction] of recorded.entries()) {
    if (at === warm) start = performance.now()
    await Promise.all(transaction.map((sent) => client.query(sent)))
  }
  const seconds = (performance.now() - start) / 1_000
  await client.end()
  return seconds
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

if (import.meta.main) console.table([...await run(WHOLE_LAW), ...await run(SMALL_LAW)])
