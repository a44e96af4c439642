/** Watching: every feed of every system is polled in its rhythm, apart from all others, slower while it has trouble. */
import { instantOf, msOf } from '../lib/time.ts'
import type { Clocks, GiveBack, NoPlace } from '../connector/transport/sending.ts'
import type { Connector, Feed, LedgerQuestion } from '../connector/contract.ts'
import { openTransport, type Transport } from '../connector/transport/transport.ts'
import { waitAsked } from '../connector/verdict.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { feedEnded, type SetBack } from '../store/set-back.ts'
import { readTurn } from '../store/system.ts'
import { readFeed, type Reader, type Submit } from './read-feed.ts'
import { readEntries, readLedger, type LedgerAnswer, type Trouble } from './read-ledger.ts'
import { NO_SWEEPS, Sweeper, type ClosedUntil, type Running, type SweepPlan } from './sweeper.ts'
import type { Booked } from '../domain/tie-out.ts'

export interface WatchOptions {
  readonly pool: Pool
  readonly systems: readonly { readonly tenant: string; readonly connector: Connector; readonly closedUntil?: ClosedUntil }[]
  readonly submit: Submit
  /**
   * Waits for a place in a system's limits and takes it; what it gives back is called when the answer came. None when nothing may be asked
   * of the system, or when it wants to be left alone for longer than `patienceMs`. Unless said there is always one.
   */
  readonly place?: (tenant: string, system: string, patienceMs: number, stopped: () => boolean) => Promise<GiveBack | NoPlace>
  readonly secret: (tenant: string, name: string) => string | undefined
  readonly clocks?: Clocks
  /** By which a call is too late to be sent; the same, unless said. */
  readonly sending?: Clocks
  /** Whether this process is the one to poll a feed at this moment; several at once do no harm but cost calls. */
  readonly mine?: (name: string) => boolean
  readonly trouble?: (what: string, error: unknown) => void
  /** When systems are swept by themselves; never unless said. */
  readonly sweeps?: SweepPlan
  /** Present after the database was set back: somebody waits until every feed was read to its end since. */
  readonly setBack?: SetBack | undefined
}

export interface FeedStats {
  readonly tenant: string
  readonly system: string
  readonly feed: string
  readonly rounds: number
  readonly facts: number
  readonly unreadable: number
  /** Why the last round ended early. */
  readonly trouble: string | undefined
}

export interface Watch {
  /** Polls now: one system of a tenant, or all. */
  hint(tenant?: string, system?: string): void
  /**
   * Asks a system what it holds: `full`, all of it, its feeds from the beginning too; else what it was told and has not shown. One at a
   * time per system: while one is under way, the answer is that one's progress. Undefined when there is no such system.
   */
  sweep(tenant: string, system: string, full: boolean): Running | undefined
  /** What is under way of that, and what the last one of this process came to. */
  sweeping(tenant: string, system: string): Pick<Sweeper, 'running' | 'last'> | undefined
  /** What a system says of its ledger; undefined when there is no such system, or it tells nothing of a ledger. */
  ledger(tenant: string, system: string): Ledger | undefined
  stop(): Promise<void>
  stats(): readonly FeedStats[]
}

export interface Ledger {
  /** `read`: after each page, how many items there are so far. */
  statement(question: LedgerQuestion, read?: (items: number) => void): Promise<LedgerAnswer | Trouble>
  entries(
    question: LedgerQuestion,
    documents: readonly string[],
    done: (documents: number) => void,
  ): Promise<{ readonly booked: readonly Booked[]; readonly documents: readonly string[] } | Trouble>
  /** Takes in all that its feeds have by now. */
  catchUp(): Promise<Trouble | undefined>
}

const LONGEST_MS = 60_000
const PAUSED_MS = 2_000

export function startWatch(options: WatchOptions): Watch {
  const clocks = options.clocks ?? { wall: Date.now, monotonic: () => performance.now() }
  const { place = async () => () => {} } = options
  let stopping = false
  const systems = options.systems.map(({ tenant, connector, closedUntil = () => undefined }) => {
    const calls = openTransport(connector, {
      clocks: options.sending ?? clocks,
      secret: (name) => options.secret(tenant, name),
      mark: () => undefined,
    })
    const transport = inPlaces(calls, (patienceMs) => place(tenant, connector.system, patienceMs, () => stopping), clocks)
    return {
      tenant,
      connector,
      transport,
      closedUntil,
      feeds: connector.feeds.map((feed) => new FeedLoop({ tenant, connector, transport, clocks }, feed, closedUntil, options)),
    }
  })
  const loops = systems.flatMap((system) => system.feeds)
  const sweepers = systems.map(
    (system) =>
      new Sweeper(
        { ...system, pool: options.pool, submit: options.submit, clocks },
        system.closedUntil,
        options.sweeps ?? NO_SWEEPS,
        options.trouble ?? (() => undefined),
      ),
  )
  const running = loops.map((loop) => loop.run())
  return {
    hint(tenant, system) {
      for (const loop of loops)
        if ((tenant === undefined || loop.tenant === tenant) && (system === undefined || loop.connector.system === system)) loop.wake()
    },
    sweep(tenant, name, full) {
      return sweepers.find((sweeper) => sweeper.tenant === tenant && sweeper.system === name)?.start(full)
    },
    sweeping: (tenant, name) => sweepers.find((sweeper) => sweeper.tenant === tenant && sweeper.system === name),
    ledger(tenant, name) {
      const system = systems.find((candidate) => candidate.tenant === tenant && candidate.connector.system === name)
      const report = system?.connector.ledger
      if (!system || !report) return undefined
      const asking = { ...system, pool: options.pool, clocks }
      return {
        statement: (question, read = () => undefined) => readLedger(asking, report, question, read),
        entries: (question, documents, done) => readEntries(asking, report, question, documents, done),
        catchUp: async () => {
          for (const feed of system.connector.feeds) {
            const turn = await inTenant(options.pool, tenant, (client) => readTurn(client, tenant, name, feed.name))
            const { trouble } = await readFeed({ ...asking, submit: options.submit }, feed, turn)
            if (trouble !== undefined) return { trouble: `${feed.name}: ${trouble}` }
          }
          return undefined
        },
      }
    },
    async stop() {
      stopping = true
      for (const loop of loops) loop.stop()
      await Promise.all([...running, ...sweepers.map((sweeper) => sweeper.stop())])
      await Promise.all(systems.map((system) => system.transport.close()))
    },
    stats: () => loops.map((loop) => loop.stats()),
  }
}

/** A transport whose calls each wait for a place; their time begins when they have it. Its limits hold for all that is asked of a system. */
function inPlaces(transport: Transport, place: (patienceMs: number) => Promise<GiveBack | NoPlace>, clocks: Clocks): Transport {
  return {
    async send(request, committed, deadline) {
      const asked = clocks.monotonic()
      // As patient as it is with the answer.
      const giveBack = await place(deadline.monotonic - asked)
      if (typeof giveBack !== 'function') return { kind: 'not-sent', says: giveBack.says }
      const waited = clocks.monotonic() - asked
      let waitMs: number | undefined
      try {
        const sending = await transport.send(request, committed, {
          ...deadline,
          wall: deadline.wall + waited,
          monotonic: deadline.monotonic + waited,
        })
        waitMs = waitAsked(sending, clocks.wall())
        return sending
      } finally {
        giveBack(waitMs)
      }
    },
    close: () => transport.close(),
  }
}

class FeedLoop {
  readonly tenant: string
  readonly connector: Connector
  private readonly feed: Feed
  private readonly transport: Transport
  private readonly clocks: Clocks
  private readonly closedUntil: ClosedUntil
  private readonly options: WatchOptions
  private stopped = false
  private woken = false
  private awake: (() => void) | undefined
  private troubles = 0
  private ended = false
  private rounds = 0
  private facts = 0
  private unreadable = 0
  private trouble: string | undefined

  constructor(
    { tenant, connector, transport, clocks }: Pick<Reader, 'tenant' | 'connector' | 'transport' | 'clocks'>,
    feed: Feed,
    closedUntil: ClosedUntil,
    options: WatchOptions,
  ) {
    this.tenant = tenant
    this.connector = connector
    this.feed = feed
    this.transport = transport
    this.clocks = clocks
    this.closedUntil = closedUntil
    this.options = options
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      const waitMs = await this.round().catch((error: unknown) => {
        this.options.trouble?.(`feed ${this.connector.system} ${this.feed.name}`, error)
        return this.later()
      })
      await this.sleep(waitMs)
    }
  }

  wake(): void {
    this.woken = true
    this.awake?.()
  }

  stop(): void {
    this.stopped = true
    this.wake()
  }

  stats(): FeedStats {
    return {
      tenant: this.tenant,
      system: this.connector.system,
      feed: this.feed.name,
      rounds: this.rounds,
      facts: this.facts,
      unreadable: this.unreadable,
      trouble: this.trouble,
    }
  }

  private async round(): Promise<number> {
    const { pool, submit, mine } = this.options
    const { tenant, connector, transport, clocks } = this
    if (mine && !mine(`${tenant} ${connector.system} ${this.feed.name}`)) return this.feed.everyMs
    const now = clocks.wall()
    const opens = this.closedUntil(now)
    if (opens !== undefined) return Math.min(LONGEST_MS, opens - now)
    const turn = await inTenant(pool, tenant, (client) => readTurn(client, tenant, connector.system, this.feed.name))
    if (turn.paused) return PAUSED_MS
    const { facts, unreadable, through, trouble } = await readFeed(
      { tenant, connector, pool, submit, transport, clocks },
      this.feed,
      turn,
      () => this.stopped,
    )
    this.rounds++
    this.facts += facts
    this.unreadable += unreadable
    this.trouble = trouble
    await this.noteEnd(through, now)
    if (trouble !== undefined) return this.later()
    this.troubles = 0
    return this.feed.everyMs
  }

  /** Once, for those who wait until all that a system has told is here again. */
  private async noteEnd(through: boolean, asked: number): Promise<void> {
    const { pool, setBack } = this.options
    if (!setBack || !through || this.ended || asked < msOf(setBack.at)) return
    const { tenant, connector, feed } = this
    await inTenant(pool, tenant, (client) => feedEnded(client, tenant, { system: connector.system, feed: feed.name }, instantOf(asked)))
    this.ended = true
  }

  /** Twice as long after each trouble in a row, up to a minute (or its own rhythm, when that is slower). */
  private later(): number {
    this.troubles++
    return Math.max(this.feed.everyMs, Math.min(LONGEST_MS, this.feed.everyMs * 2 ** Math.min(16, this.troubles)))
  }

  private async sleep(ms: number): Promise<void> {
    if (!this.woken) {
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
