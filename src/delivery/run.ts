/**
 * Delivery: for every system of every tenant one loop that claims what is due, as much as the system has free places, carries
 * it out and records the end. Loops are apart: a slow system takes nobody else's place. Hints only make them faster.
 */
import { mark } from '../lib/mark.ts'
import { instantOf } from '../lib/time.ts'
import { LANE_POLICIES, type LanePolicies } from '../domain/lane.ts'
import { type Clocks, type GiveBack, type NoPlace, sha256 } from '../connector/transport/sending.ts'
import { openTransport } from '../connector/transport/transport.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { heard } from '../store/system.ts'
import { sqlState } from '../store/trouble.ts'
import type { Aftermath } from './aftermath.ts'
import type { Breaker } from './breaker.ts'
import { Budget } from './budget.ts'
import { claim } from './claim.ts'
import { expire } from './expire.ts'
import { Gate } from './gate.ts'
import { lookFor } from './look.ts'
import { Places } from './places.ts'
import type { Counts, Desk, Submit, SystemPlan } from './ports.ts'
import { type Identity, livingProcesses } from './process.ts'
import { carryOut } from './send.ts'
import { submitSurely } from './surely.ts'
import { Turns } from './turns.ts'

const POLL_MS = 1_000
const EXPIRE_MS = 2_000
const AGAIN_MS = 50
const AWAY_MS = 500
/** Claimed at once at most, so that one transaction stays short. */
const CLAIM_LIMIT = 100
const FREEZE_LIMIT_MS = 3_600_000

export interface DeliveryOptions {
  readonly pool: Pool
  readonly systems: readonly SystemPlan[]
  readonly submit: Submit
  readonly identity: Identity
  /** The ordinary ones, unless said. */
  readonly lanes?: LanePolicies
  /** The value of a tenant's secret by its name. Asked anew for each call. */
  readonly secret: (tenant: string, name: string) => string | undefined
  readonly clocks?: Clocks
  /** By which a call is too late to be sent; the same, unless said. */
  readonly sending?: Clocks
  readonly freezeLimitMs?: number
  readonly pollMs?: number
  /** Present after the database was set back. */
  readonly aftermath?: Aftermath | undefined
  /** A try was committed, the last of a claim; nothing of the claim is sent before. */
  readonly claimed?: (system: string, attempt: { readonly key: string; readonly n: number }) => void
  readonly trouble?: (what: string, error: unknown) => void
}

export interface Delivery {
  /** Something may be due: for one system of a tenant, or for all. Losing it costs the poll interval. */
  hint(tenant?: string, target?: string): void
  /** Takes nothing new, waits for what is under way (at most its time-out), and closes its connections. */
  stop(): Promise<void>
  stats(): readonly SystemStats[]
  /**
   * Waits until a system may be asked something once more within the limits that delivery keeps, and takes that place. There is none while it
   * is paused or in maintenance, and none to wait for when it wants to be left alone for longer than `patienceMs`. For a system that is not
   * delivered to there is always a place.
   */
  place(tenant: string, target: string, patienceMs: number, stopped?: () => boolean): Promise<GiveBack | NoPlace>
  /** Whether, among the hub processes of now, this one is to do the work of this name. For work that may be done twice. */
  isMine(name: string): boolean
}

/** What the loops know together: identities of the hub processes as last seen. */
interface Shared {
  living: readonly string[]
}

export interface SystemStats {
  readonly tenant: string
  readonly system: string
  readonly counts: Counts
  readonly inFlight: number
  readonly callsPerWindow: number
  /** Tries a second, by all hub processes together if they are alike. */
  readonly perSecond: number
  /** Until when (ms since 1970) the system wants to be left alone; undefined when it did not, or that is over. */
  readonly toldToWaitUntil: number | undefined
  readonly breaker: Breaker
  readonly paused: boolean
}

export function startDelivery(options: DeliveryOptions): Delivery {
  const clocks = options.clocks ?? { wall: Date.now, monotonic: () => performance.now() }
  const shared: Shared = { living: [] }
  const loops = options.systems.map((plan) => new SystemLoop(plan, options, clocks, shared))
  const watch = new Watchman(options, clocks, shared, loops)
  const running = [...loops.map((loop) => loop.run()), watch.run()]
  return {
    hint(tenant, target) {
      for (const loop of loops)
        if ((tenant === undefined || loop.desk.tenant === tenant) && (target === undefined || loop.desk.connector.system === target))
          loop.wake()
    },
    async stop() {
      for (const loop of [...loops, watch]) loop.stop()
      await Promise.all(running)
      await Promise.all(loops.map((loop) => loop.desk.transport.close()))
    },
    stats: () => loops.map((loop) => loop.stats()),
    place: async (tenant, target, patienceMs, stopped = () => false) => {
      const loop = loops.find(({ desk }) => desk.tenant === tenant && desk.connector.system === target)
      return loop ? loop.place(patienceMs, stopped) : () => {}
    },
    isMine(name) {
      const { living } = shared
      return living.length <= 1 || living[sha256(name)[0]! % living.length] === options.identity.current()
    },
  }
}

/** Sleeps until woken or until its time; a wake-up while it works is remembered. */
class Sleeper {
  protected stopped = false
  private woken = false
  private awake: (() => void) | undefined

  wake(): void {
    this.woken = true
    this.awake?.()
  }

  stop(): void {
    this.stopped = true
    this.wake()
  }

  protected async sleep(ms: number): Promise<void> {
    if (!this.woken && ms > 0) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, ms)
        this.awake = () => {
          clearTimeout(timer)
          done()
        }
      })
    }
    this.awake = undefined
    this.woken = false
  }
}

class SystemLoop extends Sleeper {
  readonly desk: Desk
  private readonly gate: Gate
  private readonly shared: Shared
  private readonly pollMs: number
  private readonly working = new Set<Promise<void>>()
  private heardAt = -Infinity
  private readonly places: Places

  constructor(plan: SystemPlan, options: DeliveryOptions, clocks: Clocks, shared: Shared) {
    super()
    this.shared = shared
    this.pollMs = options.pollMs ?? POLL_MS
    this.gate = new Gate(() => this.desk)
    this.desk = {
      tenant: plan.tenant,
      connector: plan.connector,
      windows: plan.windows ?? [],
      lanes: options.lanes ?? LANE_POLICIES,
      pool: options.pool,
      submit: options.submit,
      clocks,
      identity: options.identity,
      transport: openTransport(plan.connector, {
        clocks: options.sending ?? clocks,
        secret: (name) => options.secret(plan.tenant, name),
        mark,
      }),
      budget: new Budget(plan.connector.limits),
      turns: new Turns(),
      counts: { claimed: 0, sent: 0, notSent: 0, unknown: 0, looks: 0, fenced: 0, expired: 0, probes: 0 },
      underWay: new Set(),
      freezeLimitMs: options.freezeLimitMs ?? FREEZE_LIMIT_MS,
      aftermath: options.aftermath,
      claimed: (attempt) => options.claimed?.(plan.connector.system, attempt),
      signal: (how, says) => this.gate.signal(how, says),
      workedAt: () => this.gate.workedAt,
      heard: () => this.heard(),
      trouble: options.trouble ?? (() => undefined),
    }
    this.places = new Places({
      limits: plan.connector.limits,
      budget: this.desk.budget,
      clocks,
      processes: () => this.processes,
      shut: () => this.gate.shut(),
      wake: () => this.wake(),
    })
  }

  async run(): Promise<void> {
    while (!this.stopped) await this.sleep(await this.turn().catch((error: unknown) => this.troubled(error)))
    await Promise.all(this.working)
    await this.gate.settled()
  }

  stats(): SystemStats {
    const { tenant, connector, counts, budget, clocks } = this.desk
    const restMs = budget.restMs(clocks.monotonic())
    return {
      tenant,
      system: connector.system,
      counts: { ...counts },
      ...budget.learned,
      perSecond: this.perSecond,
      toldToWaitUntil: restMs > 0 ? clocks.wall() + restMs : undefined,
      breaker: this.gate.breaker,
      paused: this.gate.paused,
    }
  }

  /** Hub processes among which the system's limits are divided. */
  private get processes(): number {
    return Math.max(1, this.shared.living.length)
  }

  /** What one does, times the processes, and never more than the system takes. */
  private get perSecond(): number {
    const { budget, connector, clocks } = this.desk
    return Math.min((budget.learned.callsPerWindow / connector.limits.rate.perMs) * 1_000, budget.pace(clocks.monotonic()) * this.processes)
  }

  /** See {@link Delivery.place}. */
  place(patienceMs: number, stopped: () => boolean): Promise<GiveBack | NoPlace> {
    return this.places.take(patienceMs, () => this.stopped || stopped())
  }

  /** One round; gives how long to sleep (ms). */
  private async turn(): Promise<number> {
    const { desk, places } = this
    const now = desk.clocks.monotonic()
    // Without a free place the end of a call wakes it; without rate, the clock.
    if (places.left(now) <= 0) {
      await this.gate.tellRest()
      return Math.min(this.pollMs, desk.budget.freeAt(now, this.processes) - now || this.pollMs)
    }
    const waitMs = await this.hinderedMs()
    if (waitMs > 0) {
      places.rest()
      return waitMs
    }
    // Counted anew: meanwhile somebody may have asked something.
    const { sleepMs } = await places.claim(CLAIM_LIMIT, async (free) => {
      const { calls, looks, arrivals, taken } = await claim(desk, free)
      for (const call of calls) this.work(carryOut(desk, call))
      for (const look of looks) this.work(lookFor(desk, look))
      if (arrivals.length > 0) this.work(submitSurely(desk, arrivals))
      return { taken, sleepMs: taken >= free ? 0 : this.pollMs }
    })
    return sleepMs
  }

  /** How long (ms) nothing is sent to it, whatever is due. */
  private async hinderedMs(): Promise<number> {
    const { identity, aftermath, clocks } = this.desk
    if (identity.current() === undefined) return AWAY_MS
    if (aftermath && !(await aftermath.look())) return this.pollMs
    const gate = await this.gate.look()
    return gate === 'open' ? 0 : Math.min(this.pollMs, Math.max(AGAIN_MS, gate.until - clocks.wall()))
  }

  /** Noted once a second: it is a clock, not a log. */
  private heard(): void {
    const { desk } = this
    const now = desk.clocks.monotonic()
    if (now - this.heardAt < 1_000) return
    this.heardAt = now
    const at = instantOf(desk.clocks.wall())
    this.work(inTenant(desk.pool, desk.tenant, (client) => heard(client, desk.tenant, desk.connector.system, at)))
  }

  private work(task: Promise<void>): void {
    const tracked = task
      .catch((error: unknown) => this.desk.trouble('delivery', error))
      .finally(() => {
        this.working.delete(tracked)
        this.wake()
      })
    this.working.add(tracked)
  }

  private troubled(error: unknown): number {
    // Two processes took two effects of one object in the same moment: the index let one of them through.
    if (sqlState(error) === '23505') return AGAIN_MS
    this.desk.trouble('claiming', error)
    return AWAY_MS
  }
}

/** Looks after what no loop of its own process would: attempts left behind, and how many processes share the systems. */
class Watchman extends Sleeper {
  private readonly options: DeliveryOptions
  private readonly clocks: Clocks
  private readonly shared: Shared
  private readonly loops: readonly SystemLoop[]

  constructor(options: DeliveryOptions, clocks: Clocks, shared: Shared, loops: readonly SystemLoop[]) {
    super()
    this.options = options
    this.clocks = clocks
    this.shared = shared
    this.loops = loops
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      await this.round().catch((error: unknown) => this.options.trouble?.('expiring', error))
      await this.sleep(EXPIRE_MS)
    }
  }

  private async round(): Promise<void> {
    const { pool, submit } = this.options
    for (const tenant of new Set(this.loops.map((loop) => loop.desk.tenant))) {
      this.shared.living = await inTenant(pool, tenant, livingProcesses)
      const expired = await expire({ pool, tenant, clocks: this.clocks, submit })
      if (expired === 0) continue
      for (const loop of this.loops)
        if (loop.desk.tenant === tenant) {
          loop.desk.counts.expired += expired
          loop.wake()
        }
    }
  }
}
