/**
 * Delivery under lost replies, kills, an outage, a target's own limit and a million waiting rows: hubs that only deliver, as
 * processes of their own over a server with its ordinary settings, against a model system that keeps its own books.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../launch/postgres.mjs'
import { ModelTarget } from '../src/connector/kit/model-target.ts'
import { clearAt } from '../src/delivery/forecast.ts'
import { boundNames } from '../src/store/alias.ts'
import { inTenant } from '../src/store/database.ts'
import { effectsOf } from '../src/store/effect.ts'
import { deliveringHub, invoice, type SystemOf, TENANT } from '../test/delivery-world.ts'
import { hubDatabase, type HubDatabase } from '../test/hub-database.ts'
import { waitingStatuses } from './waiting-rows.ts'
import type { Row } from './ingest.ts'

/** `TIEOUT_BENCH_SHARE=0.1` measures a tenth; the rows say how many there were. */
const SHARE = Number(process.env['TIEOUT_BENCH_SHARE'] ?? 1)
const many = (count: number): number => Math.ceil(count * SHARE)
/** What the model system promises: it keeps what came within `settleMs`, and is asked again after `gapMs`. */
const SETTLE_MS = 1_000
const GAP_MS = 200
const FAST = { concurrency: 64, rate: { calls: 2_000, perMs: 1_000 } }

const PARTS = { lostReplies, takeover, outage, ownLimit, forecast, millionWaiting }

export async function run(part: keyof typeof PARTS): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tieout-bench-'))
  chmodSync(dataDir, 0o711)
  const server = await startPostgres({ dataDir })
  process.env['TIEOUT_TEST_DATABASE_URL'] = server.url('postgres')
  try {
    const database = await hubDatabase()
    try {
      return await PARTS[part](database)
    } finally {
      await database.drop()
    }
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const erp = (target: ModelTarget, more: Partial<SystemOf> = {}): SystemOf => ({
  system: 'erp',
  url: target.url,
  class: 'K3',
  timeoutMs: 1_500,
  settleMs: SETTLE_MS,
  gapMs: GAP_MS,
  limits: FAST,
  ...more,
})

/** The ERP finds a posting by our reference and has no idempotency keys; it takes each and never answers the first time. */
async function lostReplies(database: HubDatabase): Promise<Row[]> {
  const count = many(10_000)
  const target = await ModelTarget.start({ knows: 'none' })
  target.fateOf = (_key, time) => (time === 1 ? { reply: 'lost' } : undefined)
  await submitted(
    database,
    Array.from({ length: count }, (_, n) => invoice(n, 'erp')),
  )
  const start = performance.now()
  const hub = await hubProcess(database, [erp(target)])
  await allDone(database, count, 210_000)
  const seconds = (performance.now() - start) / 1_000
  await hub.end()
  await target.stop()
  const different = new Set(target.booked.map(({ key }) => key)).size
  return [
    {
      what: `${count} postings, every first reply lost: entries in the ERP's books`,
      value: target.booked.length,
      unit: 'entries',
      target: count,
      exactly: true,
      beside: `all done after ${Math.round(seconds)} s`,
    },
    { what: '  of them different', value: different, unit: 'entries', target: count, exactly: true },
  ]
}

/** A hub is killed with calls under way; another, which has nothing to do with that system, declares them unknown. */
async function takeover(database: HubDatabase): Promise<Row[]> {
  const rounds = many(12)
  const target = await ModelTarget.start({ knows: 'none' })
  target.usual = { reply: 'never' }
  const other = await hubProcess(database, [{ ...erp(target), system: 'other' }])
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    await submitted(
      database,
      Array.from({ length: 8 }, (_, n) => invoice(`${round}-${n}`, 'erp')),
    )
    const victim = await hubProcess(database, [
      erp(target, { timeoutMs: 60_000, limits: { concurrency: 8, rate: { calls: 1_000, perMs: 1_000 } } }),
    ])
    await eventually(async () => (await count(database, `SELECT count(*)::int AS n FROM attempt WHERE outcome = 'open'`)) === 8, 30_000)
    const killed = performance.now()
    victim.process.kill('SIGKILL')
    for (let left = 8; left > 0;) {
      const open = await count(database, `SELECT count(*)::int AS n FROM attempt WHERE outcome = 'open'`)
      for (; left > open; left--) times.push(performance.now() - killed)
      if (performance.now() - killed > 60_000) throw new Error(`${open} attempts stayed open for a minute`)
      await sleep(20)
    }
    // Out of the way of the next round.
    await database.admin((client) =>
      client.query(`UPDATE effect SET state = 'superseded', due_at = '9999-12-31T23:59:59.999Z' WHERE target = 'erp'`),
    )
  }
  await other.end()
  await target.stop()
  return [
    {
      what: `kill -9 with calls under way → shown unknown, p99 of ${times.length}`,
      value: round1(p99(times) / 1_000),
      unit: 's',
      target: 15,
    },
  ]
}

/** Everything is due while the system does not answer; from the moment it does again. */
async function outage(database: HubDatabase): Promise<Row[]> {
  const objects = many(10_000)
  const target = await ModelTarget.start({ knows: 'none' })
  target.down = true
  await submitted(
    database,
    Array.from({ length: objects }, (_, n) => invoice(n, 'erp')),
  )
  const hub = await hubProcess(database, [erp(target)])
  await sleep(20_000)
  const healed = performance.now()
  target.down = false
  const times: number[] = []
  while (times.length < objects) {
    const done = await count(database, `SELECT count(*)::int AS n FROM effect WHERE state = 'done'`)
    for (; times.length < done;) times.push(performance.now() - healed)
    if (performance.now() - healed > 110_000) throw new Error(`only ${done} of ${objects} were done 110 s after the outage`)
    await sleep(100)
  }
  const memory = hub.residentMb()
  await hub.end()
  await target.stop()
  const over = p99(times) - SETTLE_MS - GAP_MS
  return [
    {
      what: `${objects} objects after an outage of 20 s: all as they should be, p99 after settling`,
      value: round1(over / 1_000),
      unit: 's',
      target: 60,
      beside: `${target.booked.length} in its books, hub ${memory} MB`,
    },
  ]
}

/** Five calls a second and no more, for a minute, while 10,000 wait; what is due first goes first. */
async function ownLimit(database: HubDatabase): Promise<Row[]> {
  const waiting = many(10_000)
  const seconds = 60
  const target = await ModelTarget.start({ knows: 'none' })
  // 7 has no common divisor with 10,000: every rank of due date comes once, in no order.
  const rank = (n: number): number => (n * 7) % waiting
  const dueOn = (n: number): string => new Date(Date.UTC(2026, 2, 1) + rank(n) * 86_400_000).toISOString().slice(0, 10)
  await submitted(
    database,
    Array.from({ length: waiting }, (_, n) => invoice(n, 'erp', { dueOn: dueOn(n), amount: `${rank(n)}.00` })),
  )
  const hub = await hubProcess(database, [erp(target, { limits: { concurrency: 8, rate: { calls: 5, perMs: 1_000 } } })])
  await eventually(() => Promise.resolve(target.calls.some(({ line }) => line === 'POST /entries')), 30_000)
  const from = Date.now()
  await sleep(seconds * 1_000)
  const calls = target.calls.filter(({ at }) => at >= from && at < from + seconds * 1_000)
  await hub.end()
  await target.stop()
  const worst = Math.max(...calls.map(({ at }) => calls.filter((other) => other.at >= at && other.at < at + 1_000).length))
  const ranks = target.booked.map(({ amount }) => Number(amount.split('.')[0])).slice(0, 250)
  const misplaced = ranks.filter((of) => of >= 250 + 8).length
  return [
    {
      what: `a limit of 5 calls/s with ${waiting} waiting: used`,
      value: round1((calls.length / seconds / 5) * 100),
      unit: '%',
      target: 95,
    },
    { what: '  most calls within any second', value: worst, unit: 'calls', target: 5 },
    { what: '  of the first 250 not among those due first', value: misplaced, unit: 'postings', target: 0 },
  ]
}

/** A minute's work at five calls a second: at each second, when it says that all will be done, against when it was. */
async function forecast(database: HubDatabase): Promise<Row[]> {
  const waiting = many(300)
  const target = await ModelTarget.start({ knows: 'none' })
  await submitted(
    database,
    Array.from({ length: waiting }, (_, n) => invoice(n, 'erp')),
  )
  const hub = await deliveringHub(database.url(), [erp(target, { limits: { concurrency: 8, rate: { calls: 5, perMs: 1_000 } } })])
  const foretold: { readonly at: number; readonly clear: number }[] = []
  for (;;) {
    const done = await count(database, `SELECT count(*)::int AS n FROM effect WHERE state = 'done'`)
    if (done === waiting) break
    const at = Date.now()
    const clear = clearAt({ waiting: waiting - done, perSecond: hub.delivery.stats()[0]?.perSecond ?? 0, windows: [], from: 0 }, at)
    if (clear !== undefined) foretold.push({ at, clear })
    await sleep(1_000)
  }
  const end = Date.now()
  await hub.stop()
  await target.stop()
  if (foretold.length === 0) throw new Error('nothing was foretold')
  // What is left in the last seconds is less than a look at it takes.
  const off = foretold.flatMap(({ at, clear }) => (end - at < 5_000 ? [] : [(Math.abs(clear - end) / (end - at)) * 100]))
  return [
    {
      what: `forecast of when ${waiting} that wait for 5 calls/s are done, of the time left, worst of ${off.length}`,
      value: round1(Math.max(...off)),
      unit: '% off',
      target: 20,
      beside: `median ${round1(off.toSorted((a, b) => a - b)[off.length >> 1] ?? NaN)} %, all done after ${Math.round((end - (foretold[0]?.at ?? end)) / 1_000)} s`,
    },
  ]
}

/** A million statuses wait; postings go through at once, and the statuses drain. */
async function millionWaiting(database: HubDatabase): Promise<Row[]> {
  const rows = many(1_000_000)
  const target = await ModelTarget.start({ knows: 'key' })
  await database.admin((client) => waitingStatuses(client, TENANT, 'erp', rows))
  const hub = await hubProcess(database, [erp(target, { class: 'K1' })])
  const intake = await deliveringHub(database.url(), [])
  const times: number[] = []
  await eventually(() => Promise.resolve(target.booked.length > 0), 60_000)
  const before = target.booked.length
  const start = performance.now()
  for (let n = 0; n < 120; n++) {
    const at = performance.now()
    await intake.intake.submit([invoice(`urgent ${n}`, 'erp')])
    await eventually(() => isPosted(database, `capture|invoice|urgent ${n}`), 60_000, 10)
    times.push(performance.now() - at)
    await sleep(Math.max(0, 500 - (performance.now() - at)))
  }
  const perSecond = ((target.booked.length - before - times.length) / (performance.now() - start)) * 1_000
  const memory = hub.residentMb()
  await intake.stop()
  await hub.end()
  await target.stop()
  return [
    {
      what: `a posting acknowledged while ${rows} statuses wait, p99 of ${times.length}`,
      value: round1(p99(times) / 1_000),
      unit: 's',
      target: 5,
    },
    { what: 'statuses delivered meanwhile', value: Math.round(perSecond), unit: 'per s', target: 500 },
    { what: 'hub resident memory meanwhile', value: memory, unit: 'MB', target: 512 },
  ]
}

// ---------------------------------------------------------------------------------------------------------------- the parts

async function submitted(database: HubDatabase, arrivals: ReturnType<typeof invoice>[]): Promise<void> {
  const hub = await deliveringHub(database.url(), [])
  for (let at = 0; at < arrivals.length; at += 500) await hub.intake.submit(arrivals.slice(at, at + 500))
  await hub.stop()
}

interface HubProcess {
  readonly process: ChildProcess
  residentMb(): number
  end(): Promise<void>
}

async function hubProcess(database: HubDatabase, systems: readonly SystemOf[]): Promise<HubProcess> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../test/delivery-process.ts'), database.url(), JSON.stringify(systems)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines = createInterface(child.stdout)
  await new Promise<void>((ready, failed) => {
    lines.once('line', () => {
      ready()
    })
    child.once('exit', (code) => {
      failed(new Error(`a hub ended at once, with ${code}`))
    })
  })
  return {
    process: child,
    residentMb: () => Math.round(Number(/VmHWM:\s+(\d+)/u.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024),
    async end() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

async function count(database: HubDatabase, text: string): Promise<number> {
  return inTenant(database.pool, TENANT, async (client) => (await client.query<{ n: number }>(text)).rows[0]?.n ?? 0)
}

/** Asked by the invoice's own rows: a count over a million rows, a hundred times a second, would be what is measured. */
async function isPosted(database: HubDatabase, name: string): Promise<boolean> {
  return inTenant(database.pool, TENANT, async (client) => {
    const id = (await boundNames(client, TENANT, [name])).get(name)
    return (
      id !== undefined && (await effectsOf(client, TENANT, id)).some(({ command, state }) => command === 'invoice.post' && state === 'done')
    )
  })
}

const allDone = (database: HubDatabase, effects: number, limitMs: number): Promise<void> =>
  eventually(async () => (await count(database, `SELECT count(*)::int AS n FROM effect WHERE state = 'done'`)) === effects, limitMs, 200)

async function eventually(holds: () => Promise<boolean>, limitMs: number, everyMs = 50): Promise<void> {
  for (const end = performance.now() + limitMs; !(await holds()); await sleep(everyMs)) {
    if (performance.now() > end) throw new Error(`it was not so within ${limitMs / 1_000} s`)
  }
}

const p99 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? NaN
const round1 = (value: number): number => Math.round(value * 10) / 10
