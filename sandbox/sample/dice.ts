import { draw } from '../plumbing/chance.ts'

/** Throws that follow from the seed alone: the same seed, the same sample. */
export class Dice {
  readonly #seed: number
  readonly #about: string
  #count = 0

  constructor(seed: number, about: string) {
    this.#seed = seed
    this.#about = about
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    this.#count += 1
    return from + Math.floor(draw(this.#seed, this.#about, this.#count) * (to - from + 1))
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.whole(0, choices.length - 1)]
    if (chosen === undefined) throw new RangeError('nothing to pick from')
    return chosen
  }

  digits(length: number): string {
    return Array.from({ length }, () => this.whole(0, 9)).join('')
  }
}

/** `items` in an order that follows from the seed and each item's own name, not from where it stood. */
export function shuffled<T>(items: readonly T[], seed: number, about: string, nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, at: draw(seed, about, nameOf(item)) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
