/**
 * Places at a system for whoever asks it beside delivery: feeds, sweeps, tie-outs. They stand in one line and take their places from the
 * limits that delivery keeps, together at most half of what there is: of the calls in a window, of those at the same time, and, while
 * delivery has more to do than places for it, of the places that come free. So neither starves the other: a due posting waits for one
 * question at most, and what proves the one before is read while thousands are due.
 */
import { setTimeout } from 'node:timers/promises'
import type { Limits } from '../connector/contract.ts'
import type { Clocks, GiveBack, NoPlace } from '../connector/transport/sending.ts'
import { instantOf } from '../lib/time.ts'
import type { Budget } from './budget.ts'

/** Whoever waits looks again after so long, or when a place comes free by rate; and so long at most. */
const LOOK_MS = 20
const LOOK_LATEST_MS = 1_000

export interface PlacesAt {
  readonly limits: Limits
  readonly budget: Budget
  readonly clocks: Clocks
  /** Hub processes among which the limits are divided. */
  readonly processes: () => number
  /** Why nothing at all is to be asked of the system now, in words. */
  readonly shut: () => Promise<string | undefined>
  /** Delivery was kept waiting, and may have its turn now. */
  readonly wake: () => void
}

export class Places {
  private readonly at: PlacesAt
  /** Those who wait, the first first. */
  private readonly line: symbol[] = []
  private inFlight = 0
  /** Not before, so that it is half of the rate. */
  private nextAt = -Infinity
  /** Places that delivery left to the line at its last turn. */
  private kept = 0
  /** Places that a claim under way is going to take. */
  private claiming = 0
  /** Delivery has more to do than it had places for, as far as is known. */
  private wanting = false
  /** The last place was the line's: where only one is free, the next is delivery's. */
  private owing = false

  constructor(at: PlacesAt) {
    this.at = at
  }

  /** Places that delivery may fill now. */
  left(now: number): number {
    const free = this.at.budget.free(now, this.at.processes())
    const half = (this.owing ? Math.floor : Math.ceil)(free / 2)
    this.kept = Math.min(free, this.line.length, Math.max(this.kept, half))
    if (free <= this.kept) this.wanting = true
    return free - this.kept
  }

  /** Delivery fills so many at most; until `fill` has ended nobody else has them. Gives what that gave. */
  async claim<T extends { readonly taken: number }>(limit: number, fill: (places: number) => Promise<T>): Promise<T> {
    this.claiming = Math.min(limit, this.left(this.at.clocks.monotonic()))
    try {
      const filled = await fill(this.claiming)
      if (this.claiming > 0) {
        this.wanting = filled.taken >= this.claiming
        this.owing = false
      }
      return filled
    } finally {
      this.claiming = 0
    }
  }

  /** Delivery sends nothing now, whatever is due. */
  rest(): void {
    this.wanting = false
  }

  /** Waits for a place, and takes it; not for as long as a system that wants to be left alone for longer than `patienceMs`. */
  async take(patienceMs: number, stopped: () => boolean): Promise<GiveBack | NoPlace> {
    const { budget, clocks, processes, shut } = this.at
    const me = Symbol('in line')
    this.line.push(me)
    try {
      for (;;) {
        const says = await shut()
        if (says !== undefined) return { says }
        if (stopped()) return { says: 'nobody wants it any more' }
        const now = clocks.monotonic()
        const restMs = budget.restMs(now)
        if (restMs > patienceMs) return { says: `it wants to be left alone until ${instantOf(clocks.wall() + restMs)}` }
        if (this.line[0] === me && this.isFree(now)) return this.taken(now)
        const waitMs = Math.max(this.nextAt, budget.freeAt(now, processes())) - now
        await setTimeout(waitMs > 0 ? Math.min(waitMs, LOOK_LATEST_MS) : LOOK_MS)
      }
    } finally {
      this.line.splice(this.line.indexOf(me), 1)
      this.moved()
    }
  }

  private isFree(now: number): boolean {
    const { limits, budget, processes } = this.at
    const share = processes()
    return (
      now >= this.nextAt &&
      this.inFlight < Math.max(1, Math.floor(limits.concurrency / share / 2)) &&
      (!this.wanting || this.kept > 0) &&
      budget.free(now, share) > this.claiming
    )
  }

  private taken(now: number): GiveBack {
    const { budget, clocks, processes } = this.at
    const call = budget.start(now, 'look')
    this.inFlight++
    this.kept = Math.max(0, this.kept - 1)
    this.owing = true
    this.nextAt = now + 2 * budget.gapMs(processes())
    return (waitMs) => {
      this.inFlight--
      budget.leave(call, clocks.monotonic(), waitMs)
      this.moved()
    }
  }

  /** Delivery that has nothing to do is not woken: a feed is polled twice a second. */
  private moved(): void {
    if (this.wanting) this.at.wake()
  }
}
