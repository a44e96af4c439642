/** Everything that is left to chance in a run comes from one seed: the same seed is the same run. */

export class Chance {
  private state: number

  constructor(seed: number) {
    this.state = (seed * 0x9e3779b1) >>> 0
  }

  /** [0, 1): mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number in [from, to]. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }
  /** True with this probability. */
  hits(probability: number): boolean {
    return this.next() < probability
  }
  of<T>(things: readonly T[]): T {
    return things[Math.floor(this.next() * things.length)]!
  }
  /** A stream of its own, so that one more draw here moves nothing there. */
  fork(): Chance {
    return new Chance(Math.floor(this.next() * 2 ** 32))
  }
}
