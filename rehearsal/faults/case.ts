/** What a fault is: it begins, lasts, is ended, and says how often it met something. */
import type { Dice } from '../dice.ts'
import type { Bill } from '../world/company.ts'
import type { World } from '../world/world.ts'

export interface Stage {
  readonly world: World
  readonly dice: Dice
  /** The bills of this schedule. */
  readonly bills: readonly Bill[]
  /** Whose target lied about it, or whose own people undid what was done: of such a bill a person may be asked. */
  readonly excuse: (billNo: string) => void
}

export interface Ongoing {
  /** How often it has met something so far; absent where that is known only at its end. It lasts longer until it has. */
  readonly met?: () => number
  /** It is over as soon as it has met something: the hub is dead. */
  readonly once?: true
  /** Ends it; how often it met something. */
  readonly end: () => Promise<number>
}

export type Begin = (stage: Stage) => Promise<Ongoing>

/** Done as soon as it began: there is nothing to end. */
export const done = (met: number): Ongoing => ({ end: () => Promise.resolve(met) })

/** Something with a counter of its own, set and healed. */
export function counting(counters: readonly { readonly hits: number }[], heal: () => void): Ongoing {
  const count = (): number => counters.map(({ hits }) => hits).reduce((sum, hits) => sum + hits, 0)
  const before = count()
  return {
    met: () => count() - before,
    end: () => {
      heal()
      return Promise.resolve(count() - before)
    },
  }
}

export const later = (ms: number): Promise<void> =>
  new Promise((then) => {
    setTimeout(then, ms)
  })
