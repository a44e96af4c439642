/**
 * How much one target may be asked. Three limits: calls at the same time, calls in any window of the stated length (exactly,
 * also in the first second after an outage), and retries as a share of calls while the target fails. The rate is learned: 429
 * halves it, success lets it grow back. Times are ms on the monotonic clock and come in as arguments.
 */
import type { Limits } from '../connector/contract.ts'

/** Retries and looks per first try while the target fails. */
const RETRY_SHARE = 0.1
/**
 * Without new work a target would never be tried again: so one retry goes through each time that it could have taken this many
 * calls (a twentieth of what it can bear), at most every 200 ms and at least every 10 s.
 */
const TRICKLE_CALLS = 20
/**
 * The pace is taken over so many seconds, when there are at least so many, and not over a rest. A system that takes its calls in bursts, one
 * a window, may have had none in one of these seconds: over four of them that alone is a quarter, and a forecast is to be within a fifth.
 */
const PACE_S = 10
const PACE_LEAST_S = 8
const RESTING_S = 2
const LEAST_FACTOR = 1 / 64
/**
 * The target counts calls when they come, and not all travel equally long: one is taken to come so late (as a share of the window),
 * or when it is answered, if that is sooner. From then on the window is as long as stated.
 */
const TRAVEL_SHARE = 0.02

/** A call that was started; `comeBy`: it has come to the target by then. */
export interface Started {
  comeBy: number
}

export class Budget {
  private readonly limits: Limits
  /** The last calls, oldest first, at most as many as a window may hold. */
  private readonly started: Started[] = []
  private inFlight = 0
  private factor = 1
  private factorAt = -Infinity
  private pausedUntil = -Infinity
  private retryTokens = 1
  private lastRetryAt = -Infinity
  private failing = false
  /** Tries by the second, the last of them, oldest first. */
  private readonly strides: { readonly second: number; tries: number }[] = []

  constructor(limits: Limits) {
    this.limits = limits
  }

  /** Calls that may start now, when `share` hub processes divide the target among them. */
  free(now: number, share = 1): number {
    if (now < this.pausedUntil) return 0
    const calls = this.callsPerWindow(share)
    while (this.started[0] && now - this.started[0].comeBy >= this.limits.rate.perMs) this.started.shift()
    return Math.max(0, Math.min(Math.max(1, Math.floor(this.limits.concurrency / share)) - this.inFlight, calls - this.started.length))
  }

  /** When a call may start that cannot now, by rate or pause; `now` when only a slot is missing. */
  freeAt(now: number, share = 1): number {
    const oldest = this.started[this.started.length - this.callsPerWindow(share)]
    return Math.max(now, this.pausedUntil, oldest === undefined ? now : oldest.comeBy + this.limits.rate.perMs)
  }

  /** It wants to be left alone so long (ms), as another process was told. */
  rest(now: number, ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, now + ms)
  }

  /** How long (ms) the target still wants to be left alone (Retry-After); 0 when it does not. */
  restMs(now: number): number {
    return Math.max(0, this.pausedUntil - now)
  }

  /** Whether a retry or a look may start; taking it counts. First tries earn it. */
  takeRetry(now: number): boolean {
    if (!this.failing || this.retryTokens >= 1 || now - this.lastRetryAt >= this.trickleMs) {
      if (this.failing) this.retryTokens = Math.max(0, this.retryTokens - 1)
      this.lastRetryAt = now
      return true
    }
    return false
  }

  private get trickleMs(): number {
    const { calls, perMs } = this.limits.rate
    return Math.min(10_000, Math.max(200, (TRICKLE_CALLS * perMs) / calls))
  }

  start(now: number, kind: 'first' | 'retry' | 'look'): Started {
    const call = { comeBy: now + this.limits.rate.perMs * TRAVEL_SHARE }
    this.inFlight++
    this.started.push(call)
    if (kind !== 'look') this.stride(now)
    if (kind === 'first') this.retryTokens = Math.min(10, this.retryTokens + RETRY_SHARE)
    return call
  }

  /** `busy`: 429 or a documented 503, with the wait that it asks for. `failed`: no usable answer. */
  end(call: Started, now: number, how: 'answered' | 'busy' | 'failed', retryAfterMs = 0): void {
    this.inFlight--
    if (how !== 'failed') call.comeBy = Math.min(call.comeBy, now)
    this.failing = how === 'answered' ? false : how === 'failed' || this.failing
    if (how === 'busy') {
      this.pausedUntil = Math.max(this.pausedUntil, now + retryAfterMs)
      // Once per window: one burst of 429 is one lesson.
      if (now - this.factorAt >= this.limits.rate.perMs) this.learn(now, this.factor / 2)
    } else if (how === 'answered' && this.factor < 1 && now - this.factorAt >= 10 * this.limits.rate.perMs) {
      this.learn(now, this.factor * 1.25)
    }
  }

  /**
   * The end of a call that was not delivery's own, or never left: it took a place, and says nothing of how calls that change something
   * fare; but a system that wants to be left alone for a while (`waitMs`) has one limit for all.
   */
  leave(call: Started, now: number, waitMs: number | undefined): void {
    if (waitMs !== undefined) return this.end(call, now, 'busy', waitMs)
    this.inFlight--
    call.comeBy = Math.min(call.comeBy, now)
  }

  /** From one call to the next (ms), when they go evenly at the rate of one of `share` processes. */
  gapMs(share = 1): number {
    return this.limits.rate.perMs / this.callsPerWindow(share)
  }

  /** The system answers again: what is left to be tried again may be. */
  recovered(): void {
    this.failing = false
  }

  private learn(now: number, factor: number): void {
    this.factor = Math.min(1, Math.max(LEAST_FACTOR, factor))
    this.factorAt = now
  }

  private callsPerWindow(share: number): number {
    return Math.max(1, Math.floor((this.limits.rate.calls * this.factor) / share))
  }

  /** Counts a try in the second it starts in; a pause between two ends the stretch over which the pace is taken. */
  private stride(now: number): void {
    const second = Math.floor(now / 1_000)
    const last = this.strides.at(-1)
    if (last?.second === second) {
      last.tries++
      return
    }
    if (last && second - last.second > RESTING_S) this.strides.length = 0
    this.strides.push({ second, tries: 1 })
    if (this.strides.length > PACE_S + 1) this.strides.shift()
  }

  /** Tries a second of this process: as measured while it is busy, else as many as the system takes. */
  pace(now: number): number {
    const { rate } = this.limits
    const second = Math.floor(now / 1_000)
    // The second that has just begun counts for nothing yet.
    const whole = this.strides.filter((stride) => stride.second < second)
    const [first, last] = [whole[0], whole.at(-1)]
    if (!first || !last || second - last.second > RESTING_S || second - first.second < PACE_LEAST_S)
      return (this.callsPerWindow(1) / rate.perMs) * 1_000
    return whole.slice(1).reduce((sum, { tries }) => sum + tries, 0) / (second - first.second - 1)
  }

  /** For the systems page. */
  get learned(): { readonly callsPerWindow: number; readonly inFlight: number } {
    return { callsPerWindow: this.callsPerWindow(1), inFlight: this.inFlight }
  }
}
