/**
 * One writer per tenant: what arrives while a batch commits is the next batch. Nothing waits for company; under load batches
 * grow by themselves. `submit` answers when everything is durable.
 */
import type { Lane } from '../domain/event.ts'
import { LANE_POLICIES, type LanePolicies } from '../domain/lane.ts'
import type { Arrival } from '../domain/object.ts'
import { Fault } from '../lib/fault.ts'
import { mark } from '../lib/mark.ts'
import { createCommitter } from '../store/committer.ts'
import type { Settings } from '../store/commit.ts'
import type { Pool } from '../store/database.ts'
import type { FactItem, Item, Receipt } from '../store/item.ts'
import { Backlog, type Outcome, type Waiting } from './backlog.ts'
import { admit } from './door.ts'
import { commitContained, release, type Containment } from './quarantine.ts'

export interface IntakeOptions {
  readonly pool: Pool
  readonly settings: Settings
  /** After each commit, for hints; what is lost here costs others their poll interval and nothing more. */
  readonly onCommitted?: (news: CommitNews) => void
  /** A bug of ours outside the judging of one item: the process is to stop. Nothing is committed any more. */
  readonly onBug?: (error: unknown) => void
  /** The ordinary ones, unless said. */
  readonly lanes?: LanePolicies
  /** Monotonic ms. */
  readonly monotonic?: () => number
}

export interface CommitNews {
  readonly tenant: string
  /** Events logged. */
  readonly events: number
  /** The log's next index after them. */
  readonly next: number
  /** The id of a fact among them. */
  readonly fact: string | undefined
  /** Targets that have something new to do. */
  readonly targets: ReadonlySet<string>
  /** Somebody waits for what changed. */
  readonly stirred: boolean
}

export interface Intake {
  /**
   * Takes arrivals in; answers in their order when all of them are durable. What is wrong with one is that one's receipt.
   * Throws a fault when nothing was taken in (`backlog-too-old` with `retryAfterMs`, `shutting-down`) or when it is not known
   * what was (`database-away`, `hub-outdated`): then the same arrivals may be brought again.
   */
  submit(arrivals: readonly Arrival[]): Promise<Receipt[]>
  /** Has objects judged again; resolves when that is durable. Unknown ones are passed over. */
  nudge(tenant: string, objects: readonly string[]): Promise<void>
  /** Items that wait, and the age of the oldest of them in ms; of one tenant, or all. */
  backlog(tenant?: string): { readonly items: number; readonly ageMs: number }
  /** Takes nothing more, commits what waits. */
  close(): Promise<void>
}

const NUDGE_LANE: Lane = 'intake'

export function openIntake(options: IntakeOptions): Intake {
  const { pool, settings } = options
  const monotonic = options.monotonic ?? ((): number => performance.now())
  const containment: Containment = { pool, committer: createCommitter(pool, settings), clock: settings.clock, standing: new Map() }
  const writers = new Map<string, Writer>()
  let closed: Fault | undefined

  const writerOf = (tenant: string): Writer => {
    let writer = writers.get(tenant)
    if (!writer) {
      writer = new Writer(containment, tenant, options, (error) => {
        closed ??= new Fault('shutting-down', undefined, { cause: error, retryAfterMs: 1_000 })
        options.onBug?.(error)
      })
      writers.set(tenant, writer)
    }
    return writer
  }

  return {
    async submit(arrivals) {
      if (closed) throw closed
      const receipts: (Receipt | undefined)[] = []
      const admitted = arrivals.flatMap((arrival, at) => {
        const item = itemOf(arrival)
        if (!('fault' in item)) return [{ item, at }]
        receipts[at] = { eventId: '', outcome: 'refused', fault: item.fault }
        return []
      })
      const byTenant = Map.groupBy(admitted, ({ item }) => item.tenant)
      const now = monotonic()
      for (const [tenant, group] of byTenant)
        writerOf(tenant).backlog.checkRoom(
          group.map(({ item }) => item),
          now,
        )
      const outcomes = await Promise.all(
        [...byTenant].map(([tenant, group]) =>
          writerOf(tenant).put(
            group.map(({ item }) => item),
            now,
          ),
        ),
      )
      for (const [at, group] of [...byTenant.values()].entries())
        for (const [nth, one] of group.entries()) receipts[one.at] = outcomes[at]![nth]
      mark('answer-before')
      return receipts as Receipt[]
    },
    async nudge(tenant, objects) {
      if (closed) throw closed
      await writerOf(tenant).put(
        [...new Set(objects)].map((object) => ({ kind: 'nudge', tenant, object, lane: NUDGE_LANE })),
        monotonic(),
      )
    },
    backlog(tenant) {
      const chosen = tenant === undefined ? [...writers.values()] : [writers.get(tenant)].filter((writer) => writer !== undefined)
      const now = monotonic()
      return {
        items: chosen.reduce((sum, writer) => sum + writer.backlog.size, 0),
        ageMs: chosen.reduce((age, writer) => Math.max(age, writer.backlog.ageBefore('metadata', now)), 0),
      }
    },
    async close() {
      closed ??= new Fault('shutting-down', undefined, { retryAfterMs: 1_000 })
      await Promise.all([...writers.values()].map((writer) => writer.idle()))
    },
  }
}

function itemOf(arrival: Arrival): FactItem | { readonly fault: Fault } {
  try {
    return admit(arrival)
  } catch (error) {
    if (error instanceof Fault) return { fault: error }
    // Whatever is not of the shape that a type promises: said by whoever sent it.
    return { fault: new Fault('event-not-valid', undefined, { cause: error }) }
  }
}

/** The one writer of a tenant in this process. */
class Writer {
  readonly backlog: Backlog
  private readonly containment: Containment
  private readonly tenant: string
  private readonly options: IntakeOptions
  private readonly stop: (error: unknown) => void
  private running = Promise.resolve()
  private busy = false
  private stopped: unknown

  constructor(containment: Containment, tenant: string, options: IntakeOptions, stop: (error: unknown) => void) {
    this.backlog = new Backlog(options.lanes ?? LANE_POLICIES)
    this.containment = containment
    this.tenant = tenant
    this.options = options
    this.stop = stop
  }

  /** Receipts in the order of the items. Rejects when one of them failed without an answer; only after all have settled. */
  put(items: readonly Item[], now: number): Promise<(Receipt | undefined)[]> {
    return new Promise((resolve, reject) => {
      const receipts: (Receipt | undefined)[] = Array.from({ length: items.length })
      let left = items.length
      let failed: { readonly fault: unknown } | undefined
      if (left === 0) resolve([])
      for (const [at, item] of items.entries()) {
        this.backlog.add({
          item,
          since: now,
          settle: (outcome) => {
            if ('fault' in outcome) failed ??= outcome
            else receipts[at] = outcome.receipt
            if (--left > 0) return
            if (failed) reject(failed.fault instanceof Error ? failed.fault : new Error(String(failed.fault)))
            else resolve(receipts)
          },
        })
      }
      if (!this.busy) this.running = this.run()
    })
  }

  async idle(): Promise<void> {
    while (this.busy) await this.running
  }

  private async run(): Promise<void> {
    this.busy = true
    // Whoever calls in the same turn is in the same batch.
    await Promise.resolve()
    while (this.backlog.size > 0) {
      const batch = this.backlog.take()
      if (this.stopped === undefined) await this.commit(batch)
      else settleAll(batch, { fault: new Fault('shutting-down', undefined, { cause: this.stopped }) })
    }
    this.busy = false
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    const open = new Map<Item, Waiting>(batch.map((waiting) => [waiting.item, waiting]))
    try {
      const parts = await commitContained(
        this.containment,
        this.tenant,
        batch.map(({ item }) => item),
        (item, receipt) => {
          const waiting = open.get(item)
          open.delete(item)
          // When more waits, its first statements go out before whoever got an answer makes use of this thread.
          if (this.backlog.size > 0)
            setImmediate(() => {
              waiting?.settle({ receipt })
            })
          else waiting?.settle({ receipt })
        },
      )
      for (const { committed } of parts) {
        this.options.onCommitted?.({
          tenant: this.tenant,
          events: committed.events,
          next: committed.head + committed.events,
          fact: committed.receipts.findLast((receipt) => receipt?.outcome === 'new')?.eventId,
          targets: committed.targets,
          stirred: committed.news,
        })
      }
      for (const { items } of parts) await release(this.containment, this.tenant, items)
    } catch (error) {
      const known = error instanceof Fault && error.code !== 'internal'
      settleAll([...open.values()], { fault: known ? error : new Fault('internal', undefined, { cause: error }) })
      if (known) return
      this.stopped = error
      this.stop(error)
    }
  }
}

function settleAll(batch: readonly Waiting[], outcome: Outcome): void {
  for (const waiting of batch) waiting.settle(outcome)
}
