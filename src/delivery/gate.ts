/** Whether a system is called at all at this moment: paused by a person, closed by its calendar, or stopped by its breaker. */
import { type Request, requestHash } from '../connector/request.ts'
import { sha256 } from '../connector/transport/sending.ts'
import { instantOf } from '../lib/time.ts'
import { type ClientBase, inTenant } from '../store/database.ts'
import { readSystem, type SystemRow, writeDelivery } from '../store/system.ts'
import { type Breaker, BREAKER_CLOSED, type BreakerInput, FAILURES_TO_OPEN, mayProbe, stepBreaker } from './breaker.ts'
import { type BreakerNews, newsArrival, newsOf } from './breaker-news.ts'
import { closedUntil, maintenanceOf } from './calendar.ts'
import type { Desk, SystemSignal } from './ports.ts'
import { submitSurely, surely } from './surely.ts'

const PROBE_MS = 10_000
/** A pause or an open breaker is seen at most this late by the other processes. */
const FRESH_MS = 250
/** By those who only read, where no command is due that would look. */
const FRESH_FOR_READING_MS = 2_000
/** A row of unclear outcomes lasts this long before it stops the calls. */
const FAILING_MS = 1_000
/** A wait that the system asked for is told to the other processes when there is so much more of it than they know. */
const REST_WORTH_TELLING_MS = 500

export class Gate {
  /** As last read; the database has the last word. */
  breaker: Breaker = BREAKER_CLOSED
  paused = false
  /** When a call last worked (ms since 1970). */
  workedAt = -Infinity
  /** Until when (ms since 1970) the system wants to be left alone, as all processes know. */
  private restUntil = 0
  private failures = 0
  private failingSince = 0
  private readAt = -Infinity
  private writing: Promise<void> = Promise.resolve()
  private telling: Promise<void> | undefined
  private readonly desk: () => Desk

  constructor(desk: () => Desk) {
    this.desk = desk
  }

  /** Until when (ms since 1970) nothing may be called; `open` when it may. Probes when it is time to. */
  async look(): Promise<'open' | { readonly until: number }> {
    const desk = this.desk()
    // What a call has just told holds for the next one: while it is being written the database still says otherwise.
    await this.writing
    const now = desk.clocks.wall()
    if (desk.clocks.monotonic() - this.readAt > FRESH_MS) await this.read()
    if (this.paused) return { until: Infinity }
    const closed = closedUntil(desk.windows, now)
    if (closed !== undefined) return { until: closed }
    if (this.breaker.state === 'closed') return 'open'
    if (!mayProbe(this.breaker, now)) return { until: this.breaker.until }
    await this.probe()
    // Read anew: another process may have been first.
    await this.read()
    return { until: now }
  }

  /** Why nothing is asked of it either, in words; undefined when it may be. Its breaker and its hours are for commands. */
  async shut(): Promise<string | undefined> {
    const { clocks, windows } = this.desk()
    if (clocks.monotonic() - this.readAt > FRESH_FOR_READING_MS) await this.read()
    if (this.paused) return 'it is paused by a person'
    const until = closedUntil(maintenanceOf(windows), clocks.wall())
    return until === undefined ? undefined : `it is in maintenance until ${instantOf(until)}`
  }

  /** Whoever was told to wait tells the others, and whoever starts anew. */
  async tellRest(): Promise<void> {
    const desk = this.desk()
    const until = desk.clocks.wall() + desk.budget.restMs(desk.clocks.monotonic())
    if (until - Math.max(this.restUntil, desk.clocks.wall()) < REST_WORTH_TELLING_MS) return
    await inTenant(desk.pool, desk.tenant, async (client) => {
      const system = await readSystem(client, desk.tenant, desk.connector.system)
      const knows = known(system)
      // Where another one writes in the same moment it is told at the next turn.
      if ((knows.restUntil ?? 0) >= until || (await writeKnown(desk, client, system, { ...knows, restUntil: until })))
        this.restUntil = until
    })
  }

  /** What a call told about the system. Opening is written once; others read it at their next turn. */
  signal(how: SystemSignal, says: string): void {
    const { monotonic, wall } = this.desk().clocks
    const now = monotonic()
    if (how === 'working') this.workedAt = wall()
    this.failures = how === 'working' ? 0 : this.failures + 1
    if (this.failures === 1) this.failingSince = now
    if (how === 'working' && this.breaker.pauseMs === 0) return
    // A system that is away fails as fast as one asks; one that only loses replies answers the looks in between.
    const enough = this.failures >= FAILURES_TO_OPEN && (how === 'away' || now - this.failingSince >= FAILING_MS)
    if ((how === 'failing' || how === 'away') && !enough) return
    const input: BreakerInput = how === 'working' ? { kind: 'working' } : { kind: how === 'credential' ? 'credential' : 'failing', says }
    this.writing = this.writing
      .then(() => this.step(input))
      .then(() => undefined)
      .catch((error: unknown) => this.desk().trouble('breaker', error))
  }

  /** Resolves when what was signalled is written and told. */
  async settled(): Promise<void> {
    await this.writing
    await this.telling
  }

  private async probe(): Promise<void> {
    if (!(await this.step({ kind: 'probe' }))) return
    const desk = this.desk()
    desk.counts.probes++
    // It is a call like any other: with it the first second after an outage keeps the rate too.
    const call = desk.budget.start(desk.clocks.monotonic(), 'look')
    const trouble = await probeTrouble(desk)
    desk.budget.end(call, desk.clocks.monotonic(), trouble === undefined ? 'answered' : 'failed')
    if (trouble === undefined) {
      this.failures = 0
      desk.budget.recovered()
    }
    await this.step(trouble === undefined ? { kind: 'probe-ok' } : { kind: 'probe-failed', says: trouble })
  }

  /** True when it took: the state changed, and nobody else had changed it meanwhile. */
  private async step(input: BreakerInput): Promise<boolean> {
    const desk = this.desk()
    const took = await inTenant(desk.pool, desk.tenant, async (client) => {
      const system = await readSystem(client, desk.tenant, desk.connector.system)
      const knows = known(system)
      const { breaker = BREAKER_CLOSED, untold = [] } = knows
      const now = desk.clocks.wall()
      const next = stepBreaker(breaker, input, now)
      this.breaker = next
      if (next === breaker) return false
      const news = newsOf(breaker, next, system.version, now)
      return writeKnown(desk, client, system, { ...knows, breaker: next, untold: news ? [...untold, news] : untold })
    })
    if (took) await this.read()
    return took
  }

  /** Whatever this process or another one left untold. */
  private tell(untold: readonly BreakerNews[]): void {
    if (untold.length === 0 || this.telling) return
    const desk = this.desk()
    const ids = new Set(untold.map(({ id }) => id))
    const told = async (): Promise<void> => {
      await submitSurely(
        desk,
        untold.map((news) => newsArrival(desk.tenant, desk.connector.system, news)),
      )
      await surely(desk, () =>
        inTenant(desk.pool, desk.tenant, async (client) => {
          const system = await readSystem(client, desk.tenant, desk.connector.system)
          const now = known(system)
          // Where another one writes in the same moment it stays, and is told once more: that is no other event.
          await writeKnown(desk, client, system, { ...now, untold: (now.untold ?? []).filter(({ id }) => !ids.has(id)) })
        }),
      )
    }
    this.telling = told()
      .catch((error: unknown) => desk.trouble('telling of the breaker', error))
      .finally(() => {
        this.telling = undefined
      })
  }

  private async read(): Promise<void> {
    const desk = this.desk()
    const system = await inTenant(desk.pool, desk.tenant, (client) => readSystem(client, desk.tenant, desk.connector.system))
    const { untold = [], restUntil = 0 } = known(system)
    this.breaker = breakerOf(system)
    this.paused = system.paused
    this.readAt = desk.clocks.monotonic()
    this.restUntil = restUntil
    desk.budget.rest(this.readAt, restUntil - desk.clocks.wall())
    this.tell(untold)
  }
}

/** Asks the system something that changes nothing; undefined when it answers as it should. */
export async function probeTrouble(desk: Pick<Desk, 'connector' | 'transport' | 'clocks'>): Promise<string | undefined> {
  const { wall, monotonic } = desk.clocks
  let request: Request
  try {
    request = desk.connector.probe.request()
    const sending = await desk.transport.send(request, requestHash(request, sha256), {
      wall: wall() + PROBE_MS,
      monotonic: monotonic() + PROBE_MS,
    })
    if (sending.kind !== 'answered') return sending.says
    const read = desk.connector.probe.read(sending.reply)
    return read === 'ok' ? undefined : read.trouble
  } catch (error) {
    return `the probe broke (${(error as Error).name})`
  }
}

interface Known {
  readonly breaker?: Breaker
  readonly untold?: readonly BreakerNews[]
  readonly restUntil?: number
}

function known(system: SystemRow): Known {
  return JSON.parse(system.delivery) as Known
}

function writeKnown(desk: Desk, client: ClientBase, system: SystemRow, knows: Known): Promise<boolean> {
  return writeDelivery(client, desk.tenant, desk.connector.system, system.version, JSON.stringify(knows))
}

/** The breaker as it stands in a system's row. */
export function breakerOf(system: SystemRow): Breaker {
  return known(system).breaker ?? BREAKER_CLOSED
}
