/** When a system is swept: by itself in a rhythm, or because somebody asks; one sweep at a time, and what it came to is an event. */
import { instantOf, type Instant } from '../lib/time.ts'
import { Fault } from '../lib/fault.ts'
import { systemName } from '../domain/system.ts'
import { inTenant } from '../store/database.ts'
import { readSystem } from '../store/system.ts'
import type { Reader } from './read-feed.ts'
import { nothingSwept, sweep, type Swept } from './sweep.ts'

export interface SweepPlan {
  /** What was told and not shown is asked for so often; all that a system holds so often. 0: never. */
  readonly everyMs: number
  readonly fullEveryMs: number
  /** A sweep that ended, with what it came to. */
  readonly ended?: (system: string, done: Swept) => void
}
/** Each call waits for its place, in half of the system's rate: 2,000 at ten a second are seven minutes. */
const ASKED_AT_MOST = 2_000
export const NO_SWEEPS: SweepPlan = { everyMs: 0, fullEveryMs: 0 }

export interface Running {
  readonly startedAt: Instant
  progress: Swept
  readonly over: Promise<Swept>
}

/** Until when a system is in maintenance at `now` (ms since 1970), and nothing is read of it; undefined when it is not. */
export type ClosedUntil = (now: number) => number | undefined

export class Sweeper {
  readonly tenant: string
  readonly system: string
  private readonly reader: Reader
  private readonly closedUntil: ClosedUntil
  private readonly plan: SweepPlan
  private readonly trouble: (what: string, error: unknown) => void
  private readonly timers: NodeJS.Timeout[] = []
  running: Running | undefined
  last: { readonly swept: Swept; readonly startedAt: Instant; readonly endedAt: Instant } | undefined
  private stopped = false

  constructor(reader: Reader, closedUntil: ClosedUntil, plan: SweepPlan, trouble: Sweeper['trouble']) {
    this.reader = reader
    this.closedUntil = closedUntil
    this.plan = plan
    this.trouble = trouble
    this.tenant = reader.tenant
    this.system = reader.connector.system
    for (const [ms, full] of [
      [plan.everyMs, false],
      [plan.fullEveryMs, true],
    ] as const) {
      if (ms > 0)
        this.timers.push(
          setInterval(() => {
            this.start(full)
          }, ms).unref(),
        )
    }
  }

  start(full: boolean): Running {
    if (this.running) return this.running
    const startedAt = instantOf(this.reader.clocks.wall())
    const over = this.run(full, startedAt).finally(() => {
      this.running = undefined
    })
    // Nobody may be waiting for it: a database that is away ends this sweep, and not the process.
    over.catch((error: unknown) => {
      this.trouble(`sweeping ${this.system}`, error)
    })
    this.running = { startedAt, progress: nothingSwept(full), over }
    return this.running
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const timer of this.timers) clearInterval(timer)
    await this.running?.over.catch(() => undefined)
  }

  private async run(full: boolean, startedAt: Instant): Promise<Swept> {
    const { reader } = this
    const { tenant, connector, submit, clocks } = reader
    const done = await this.swept(full).catch((error: unknown): Swept => {
      if (!(error instanceof Fault)) throw error
      return { ...(this.running?.progress ?? nothingSwept(full)), trouble: error.message }
    })
    const { feeds, examples, ...counts } = done
    if (full) {
      await submit([
        {
          tenant,
          source: { system: 'hub', role: 'hub', reference: connector.system },
          eventId: `sweep ${connector.system} ${startedAt}`,
          type: 'sweep.completed',
          occurredAt: instantOf(clocks.wall()),
          actor: 'rule:watch',
          about: [{ names: [systemName(connector.system)], create: 'system' }],
          data: {
            system: connector.system,
            startedAt,
            ...counts,
            facts: feeds.reduce((sum, feed) => sum + feed.facts, 0),
            retold: feeds.reduce((sum, feed) => sum + feed.retold, 0),
            examples: examples.slice(0, 100),
          },
        },
      ])
    }
    this.last = { swept: done, startedAt, endedAt: instantOf(clocks.wall()) }
    this.plan.ended?.(connector.system, done)
    return done
  }

  private async swept(full: boolean): Promise<Swept> {
    const { tenant, pool, connector, clocks } = this.reader
    let until = this.closedUntil(clocks.wall())
    if (until !== undefined) return { ...nothingSwept(full), trouble: closedFor(until) }
    const { paused } = await inTenant(pool, tenant, (client) => readSystem(client, tenant, connector.system))
    if (paused) return { ...nothingSwept(full), trouble: 'it is paused by a person' }
    const done = await sweep(this.reader, {
      full,
      atMost: ASKED_AT_MOST,
      stopped: () => this.stopped || (until ??= this.closedUntil(clocks.wall())) !== undefined,
      progress: (now) => {
        if (this.running) this.running.progress = now
      },
    })
    return until === undefined || done.trouble !== undefined ? done : { ...done, trouble: closedFor(until) }
  }
}

const closedFor = (until: number): string => `it is in maintenance until ${instantOf(until)}`
