/** What waits to be committed for one tenant: lane by lane, first come first out within a lane. */
import { LANES, type Lane } from '../domain/event.ts'
import type { LanePolicies } from '../domain/lane.ts'
import { Fault } from '../lib/fault.ts'
import { BATCH_LIMITS, objectsNamed, type Item, type Receipt } from '../store/item.ts'

export interface Waiting {
  readonly item: Item
  /** Monotonic ms. */
  readonly since: number
  readonly settle: (outcome: Outcome) => void
}
/** What became of an item: what the commit said, or a fault after which nothing is known of it. */
export type Outcome = { readonly receipt: Receipt | undefined } | { readonly fault: unknown }

/** Items and bytes that wait at most; the lower lanes leave a fifth to those above them. */
const LIMIT_ITEMS = 40_000
const LIMIT_BYTES = 128_000_000
const LOWER = LANES.indexOf('intake')

interface Queue {
  items: Waiting[]
  head: number
}

export class Backlog {
  private readonly queues: readonly Queue[] = LANES.map(() => ({ items: [], head: 0 }))
  private waiting = 0
  private bytes = 0
  private readonly lanes: LanePolicies

  constructor(lanes: LanePolicies) {
    this.lanes = lanes
  }

  get size(): number {
    return this.waiting
  }

  /** Age of the oldest item in a lane or one above it, in ms. */
  ageBefore(lane: Lane, now: number): number {
    let age = 0
    for (const queue of this.queues.slice(0, LANES.indexOf(lane) + 1)) {
      const oldest = queue.items[queue.head]
      if (oldest && now - oldest.since > age) age = now - oldest.since
    }
    return age
  }

  /** The fault `backlog-too-old` when so much waits before these items that they had better come again later; nothing is taken then. */
  checkRoom(items: readonly Item[], now: number): void {
    const lanes = new Set(items.map((item) => item.lane))
    const bytes = items.reduce((sum, item) => sum + bytesOf(item), 0)
    for (const lane of lanes) {
      const age = this.ageBefore(lane, now)
      const share = LANES.indexOf(lane) >= LOWER ? 0.8 : 1
      const full = this.waiting > 0 && (this.waiting + items.length > LIMIT_ITEMS * share || this.bytes + bytes > LIMIT_BYTES * share)
      if (age > this.lanes[lane].refuseAfterMs || full)
        throw new Fault('backlog-too-old', undefined, { retryAfterMs: Math.min(60_000, Math.max(1_000, Math.round(age))) })
    }
  }

  add(waiting: Waiting): void {
    this.queues[LANES.indexOf(waiting.item.lane)]!.items.push(waiting)
    this.waiting += 1
    this.bytes += bytesOf(waiting.item)
  }

  /**
   * The next batch, of at least one item: the highest lanes first. Where they would fill it, an eighth goes to what has waited longest,
   * whatever its lane: a flood in one lane must not keep the lower ones for as long as it lasts.
   */
  take(): Waiting[] {
    const batch = new Batch()
    const byLane = (): Queue | undefined => this.queues.find(isWaiting)
    const byAge = (): Queue | undefined =>
      this.queues
        .filter(isWaiting)
        .reduce<Queue | undefined>((oldest, queue) => (oldest && first(oldest) <= first(queue) ? oldest : queue), undefined)
    for (const [next, share] of [
      [byLane, 7 / 8],
      [byAge, 1],
    ] as const)
      for (let queue = next(); queue && batch.takes(queue.items[queue.head]!, share); queue = next()) {
        queue.head += 1
        if (!isWaiting(queue)) {
          queue.items = []
          queue.head = 0
        }
      }
    return this.taken(batch.items, batch.bytes)
  }

  private taken(batch: Waiting[], bytes: number): Waiting[] {
    this.waiting -= batch.length
    this.bytes -= bytes
    for (const queue of this.queues) {
      // What was taken must not be held by what waits behind it.
      if (queue.head > 2_000) {
        queue.items = queue.items.slice(queue.head)
        queue.head = 0
      }
    }
    return batch
  }
}

/** What goes together into one commit. */
class Batch {
  readonly items: Waiting[] = []
  bytes = 0
  private readonly objects = new Set<string>()

  /** Takes the item if it fits into this share of what a batch may hold. */
  takes(next: Waiting, share: number): boolean {
    const bytes = this.bytes + bytesOf(next.item)
    const more = objectsNamed(next.item).filter((name) => !this.objects.has(name))
    const fits =
      this.items.length < BATCH_LIMITS.items * share &&
      bytes <= BATCH_LIMITS.bytes * share &&
      this.objects.size + more.length <= BATCH_LIMITS.objects * share
    if (!fits && this.items.length > 0) return false
    this.items.push(next)
    this.bytes = bytes
    for (const name of more) this.objects.add(name)
    return true
  }
}

const isWaiting = ({ items, head }: Queue): boolean => head < items.length
/** Since when the first of a queue waits. */
const first = ({ items, head }: Queue): number => items[head]!.since

function bytesOf(item: Item): number {
  return item.kind === 'fact' ? item.body.length : 0
}
