/** Chance from a seed: the same seed and name give the same throws (mulberry32 over FNV-1a), so that a schedule can be repeated. */
export class Dice {
  #state: number

  constructor(seed: number, name: string) {
    let hash = 0x811c9dc5
    for (const letter of `${seed} ${name}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193)
    this.#state = hash
  }

  /** In [0, 1). */
  share(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  /** Both ends belong to it. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.share() * (to - from + 1))
  }

  chance(share: number): boolean {
    return this.share() < share
  }

  pick<T>(list: readonly T[]): T {
    const one = list[Math.floor(this.share() * list.length)]
    if (one === undefined) throw new Error('Nothing to pick from.')
    return one
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((one) => ({ one, at: this.share() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ one }) => one)
  }

  weighted<T extends { readonly weight: number }>(list: readonly T[]): T {
    let rest = this.share() * list.reduce((sum, { weight }) => sum + weight, 0)
    return list.find(({ weight }) => (rest -= weight) < 0) ?? this.pick(list)
  }
}
