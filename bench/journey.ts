/** The whole way, with the hub and the simulated company as processes of their own, at full speed and without faults. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { startPostgres } from '../launch/postgres.mjs'
import { tryOut, type TryOut, type TryOutWish } from '../test/try-out.ts'
import type { Row } from './ingest.ts'

export const INVOICES = 200
const LIMIT_MS = 120_000
/** Between two looks at the hub's summary, which is work for the same processors. */
const LOOK_MS = 200

/** The ERP, the AP tool and the bank alone. */
export function threeSystems(): Promise<Row[]> {
  return withCompany({ without: ['procurement', 'archive'] }, async (company) => {
    const { ms } = await throughTheHub(company, 21, 0)
    return [{ what: `${INVOICES} invoices through three systems, full speed`, value: round(ms / 1000), unit: 's', target: 20 }]
  })
}

export function fiveSystems(): Promise<Row[]> {
  return withCompany({}, async (company) => {
    const memory = watchMemory(company)
    try {
      const full = await throughTheHub(company, 21, 0)
      const half = await throughTheHub(company, 22, (full.ms / INVOICES) * 2)
      const latency = await postingLatency(company, half.from)
      return [
        { what: `${INVOICES} invoices through five systems, full speed`, value: round(full.ms / 1000), unit: 's', target: 30 },
        { what: `approval event → ERP posting request, half load, p99 of ${latency.count}`, value: latency.p99, unit: 'ms', target: 250 },
        { what: 'hub resident memory under load', value: memory(), unit: 'MB', target: 350 },
        { what: 'npm start to first invoice paid, warm', value: round((await firstPaid()) / 1000), unit: 's', target: 15 },
      ]
    } finally {
      memory()
    }
  })
}

export async function withCompany(wish: TryOutWish, work: (company: TryOut) => Promise<Row[]>): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tieout-bench-'))
  chmodSync(dataDir, 0o711)
  const server = await startPostgres({ dataDir })
  process.env['TIEOUT_TEST_DATABASE_URL'] = server.url('postgres')
  const company = await tryOut(wish)
  try {
    return await work(company)
  } finally {
    await company.end()
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Sends a sample, all at once or one per `gapMs`, and gives the ms until the last of them came to rest. */
export async function throughTheHub(company: TryOut, seed: number, gapMs: number): Promise<{ ms: number; from: string }> {
  const files = await company.sample(INVOICES, seed)
  const from = new Date().toISOString()
  const start = performance.now()
  const before = await company.summary()
  if (gapMs === 0) await company.send(files)
  else {
    for (const [at, file] of files.entries()) {
      await sleep(Math.max(0, start + at * gapMs - performance.now()))
      void company.send([file])
    }
  }
  let last = start
  let seen = ''
  while (performance.now() - start < LIMIT_MS) {
    const summary = await company.summary()
    const now = JSON.stringify(summary.states)
    if (now !== seen) last = performance.now()
    seen = now
    // A credit may wait for a payment to be netted with; then nothing moves any more.
    if (summary.received - before.received === INVOICES && summary.busy === 0 && (summary.moving === 0 || performance.now() - last > 3_000))
      break
    await sleep(LOOK_MS)
  }
  return { ms: last - start, from }
}

/** From the record of the AP tool's completed approval to the opening of the attempt to post, as the database has both. */
async function postingLatency(company: TryOut, from: string): Promise<{ p99: number; count: number }> {
  const client = new Client({ connectionString: company.database.adminUrl })
  await client.connect()
  const { rows } = await client.query<{ ms: string }>(
    `SELECT extract(epoch FROM a.opened_at - e.recorded_at) * 1000 AS ms
     FROM effect f JOIN attempt a ON a.tenant = f.tenant AND a.key = f.key AND a.n = 1
     JOIN LATERAL (SELECT max(recorded_at) AS recorded_at FROM event WHERE tenant = f.tenant AND type = 'approval.completed' AND objects[1] = f.subject) e ON true
     WHERE f.command = 'invoice.post' AND a.opened_at >= $1 ORDER BY 1`,
    [from],
  )
  await client.end()
  const sorted = rows.map((row) => Number(row.ms))
  return { p99: Math.round(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN), count: sorted.length }
}

/** The largest resident size of the hub process seen from now on, in MB; asked for at the end. */
function watchMemory(company: TryOut): () => number {
  let most = 0
  const timer = setInterval(() => {
    const status = readFileSync(`/proc/${company.hub().pid}/status`, 'utf8')
    most = Math.max(most, Number(/^VmRSS:\s+(\d+) kB/mu.exec(status)?.[1] ?? 0))
  }, 200)
  return () => {
    clearInterval(timer)
    return Math.round(most / 1024)
  }
}

/** A start on data that are there already, as on the second day: until its own lines speak of a paid invoice. */
async function firstPaid(): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'tieout-bench-'))
  chmodSync(data, 0o711)
  try {
    await untilPaid(data, '1')
    return await untilPaid(data, '2')
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

async function untilPaid(data: string, seed: string): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'launch', 'start.mjs'), '--seed', seed, '--fast'], {
    env: { ...process.env, TIEOUT_DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const over = new Promise((resolve) => {
    child.once('exit', resolve)
  })
  let paid = NaN
  for await (const line of createInterface({ input: child.stdout })) {
    if (!/\bpaid [1-9]/u.test(line)) continue
    paid = performance.now() - start
    break
  }
  child.kill('SIGTERM')
  await over
  return paid
}

const round = (value: number): number => Math.round(value * 10) / 10
