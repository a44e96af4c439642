/** What operation asks for: whether the hub lives, one picture of everything, figures for a monitor. */
import { Fault } from '../lib/fault.ts'
import type { Instant } from '../lib/time.ts'
import { latestCheckpoint } from '../store/checkpoint.ts'
import { inTenant, type ClientBase } from '../store/database.ts'
import { readEvents, readHead } from '../store/event.ts'
import { countQuarantined } from '../store/quarantine.ts'
import { summaryOf } from '../store/summary.ts'
import type { ApiContext } from './context.ts'
import { metricsText, type Metric } from './metrics-text.ts'
import type { Answer, Call } from './route.ts'
import { systemViews } from './systems.ts'

export async function getSummary({ context: { pool, tenant } }: Call): Promise<Answer> {
  return { status: 200, body: await inTenant(pool, tenant, (client) => summaryOf(client, tenant)) }
}

/** How long a health check waits for the database before it says that it is away. */
const HEALTH_MS = 2_000
/** Events that no checkpoint covers for longer than this mean that the signer is behind. */
const SIGNER_MS = 60_000

/** `ready` says whether work is taken in; a signer that is behind is said, and stops nothing. */
export async function getHealth({ context }: Call): Promise<Answer> {
  const sealing = await withinTime(sealingOf(context), HEALTH_MS)
  const ready = sealing !== undefined
  const unsealedMs = sealing?.oldestUnsealedAt ? Math.max(0, context.now() - Date.parse(sealing.oldestUnsealedAt)) : 0
  return {
    status: ready ? 200 : 503,
    body: {
      live: true,
      ready,
      database: ready ? 'ok' : 'away',
      signer: !ready ? 'unknown' : unsealedMs > SIGNER_MS ? 'behind' : 'ok',
      unsealedMs: ready ? unsealedMs : null,
    },
  }
}

interface Sealing {
  readonly size: number
  readonly sealed: number
  readonly oldestUnsealedAt: Instant | null
}

const sealingOf = ({ pool, tenant }: Pick<ApiContext, 'pool' | 'tenant'>): Promise<Sealing> =>
  inTenant(pool, tenant, (client) => readSealing(client, tenant))

async function readSealing(client: ClientBase, tenant: string): Promise<Sealing> {
  const size = (await readHead(client, tenant))?.nextIndex ?? 0
  const sealed = (await latestCheckpoint(client, tenant))?.size ?? 0
  const [oldest] = sealed < size ? await readEvents(client, tenant, [sealed]) : []
  return { size, sealed, oldestUnsealedAt: oldest?.recordedAt ?? null }
}

/** The value, or undefined when it does not come in time or the database is away. */
async function withinTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined)
    }, ms)
  })
  const awaited = work.catch((error: unknown) => {
    if (error instanceof Fault && error.code === 'database-away') return undefined
    throw error
  })
  try {
    return await Promise.race([awaited, late])
  } finally {
    clearTimeout(timer)
  }
}

export async function getMetrics({ context }: Call): Promise<Answer> {
  const { pool, tenant } = context
  const [summary, sealing, quarantined] = await inTenant(
    pool,
    tenant,
    async (client) => [await summaryOf(client, tenant), await readSealing(client, tenant), await countQuarantined(client, tenant)] as const,
  )
  const systems = await systemViews(context)
  const now = context.now()
  const memory = process.memoryUsage()
  const metrics: readonly Metric[] = [
    { name: 'tieout_log_events_total', kind: 'counter', help: 'Events in the log.', samples: [{ value: sealing.size }] },
    {
      name: 'tieout_log_sealed_total',
      kind: 'counter',
      help: 'Events that a signed checkpoint covers.',
      samples: [{ value: sealing.sealed }],
    },
    {
      name: 'tieout_unsealed_seconds',
      kind: 'gauge',
      help: 'Age of the oldest event that no checkpoint covers.',
      samples: [{ value: sealing.oldestUnsealedAt ? age(sealing.oldestUnsealedAt, now) : 0 }],
    },
    {
      name: 'tieout_invoices',
      kind: 'gauge',
      help: 'Invoices by headline.',
      samples: Object.entries(summary.states).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: 'tieout_invoices_with_breach',
      kind: 'gauge',
      help: 'Invoices that show a state whose earlier warrant is missing.',
      samples: [{ value: summary.breaches }],
    },
    {
      name: 'tieout_documents_refused_total',
      kind: 'counter',
      help: 'Documents that could not be read as an invoice.',
      samples: [{ value: summary.refused }],
    },
    {
      name: 'tieout_quarantined',
      kind: 'gauge',
      help: 'Facts and objects that the hub’s own code broke on: kept, not taken in.',
      samples: [{ value: quarantined }],
    },
    {
      name: 'tieout_exceptions_open',
      kind: 'gauge',
      help: 'Open cases by cause.',
      samples: Object.entries(summary.exceptions).map(([cause, value]) => ({ labels: { cause }, value })),
    },
    {
      name: 'tieout_cells',
      kind: 'gauge',
      help: 'Cells of the matrix by system, in step or behind.',
      samples: systems.flatMap(({ name, inStep, behind }) => [
        { labels: { system: name, step: 'in' }, value: inStep },
        { labels: { system: name, step: 'behind' }, value: behind },
      ]),
    },
    {
      name: 'tieout_commands',
      kind: 'gauge',
      help: 'Commands by target and state.',
      samples: systems.flatMap(({ name, queue }) =>
        Object.entries(queue).map(([state, value]) => ({ labels: { target: name, state }, value })),
      ),
    },
    {
      name: 'tieout_commands_overdue_seconds',
      kind: 'gauge',
      help: 'How long the oldest command that is not done has been due.',
      samples: systems.map(({ name, oldestDueAt }) => ({
        labels: { target: name },
        value: oldestDueAt === null ? 0 : age(oldestDueAt, now),
      })),
    },
    {
      name: 'tieout_system_called',
      kind: 'gauge',
      help: '1 while the system is called, 0 while its breaker is open or it is paused.',
      samples: systems.map(({ name, breaker, paused }) => ({
        labels: { system: name },
        value: breaker.state === 'closed' && !paused ? 1 : 0,
      })),
    },
    {
      name: 'tieout_system_heard_seconds',
      kind: 'gauge',
      help: 'Time since the system was last heard.',
      samples: systems.flatMap(({ name, heardAt }) => (heardAt === null ? [] : [{ labels: { system: name }, value: age(heardAt, now) }])),
    },
    {
      name: 'tieout_work_waiting',
      kind: 'gauge',
      help: 'Invoices, commands and news that are not worked off.',
      samples: [{ value: summary.busy }],
    },
    { name: 'process_resident_memory_bytes', kind: 'gauge', help: 'Resident memory of this process.', samples: [{ value: memory.rss }] },
    { name: 'nodejs_heap_used_bytes', kind: 'gauge', help: 'JavaScript heap in use.', samples: [{ value: memory.heapUsed }] },
    {
      name: 'process_cpu_seconds_total',
      kind: 'counter',
      help: 'Processor time of this process.',
      samples: [{ value: seconds(process.cpuUsage()) }],
    },
    {
      name: 'process_start_time_seconds',
      kind: 'gauge',
      help: 'When this process started, since 1970.',
      samples: [{ value: Math.round(Date.now() / 1_000 - process.uptime()) }],
    },
  ]
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: metricsText([...metrics, ...context.metrics()]),
  }
}

const age = (since: Instant, now: number): number => Math.max(0, (now - Date.parse(since)) / 1_000)
const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000_000
