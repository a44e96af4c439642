/** What a fault is: it begins, lasts, is ended, and says how often it met something. */
import type { Dice } from '../dice.ts'
import type { Bill } from '../world/company.ts'
import type { World } from '../world/world.ts'

export interface Stage {
  readonly world: World
  readonly dice: Dice
  /** The bills of this schedule. */
  readonly bills: readonly Bill[]
  /** How long it is meant to last. */
  readonly lastsMs: number
  /** It met this bill in a way that may ask for a person; what that excuses is the column `excuses` of the table. */
  readonly excuse: (billNo: string) => void
}

export interface Ongoing {
  /** How often it has met something so far; absent where that is known only at its end. It lasts longer until it has. */
  readonly met?: () => number
  /** It is over as soon as it has met something: the hub is dead, somebody has done what he wanted. */
  readonly once?: true
  /** Ends it; how often it met something. */
  readonly end: () => Promise<number>
}

export type Begin = (stage: Stage) => Promise<Ongoing>

/** Done as soon as it began: there is nothing to end. */
export const done = (met: number): Ongoing => ({ end: () => Promise.resolve(met) })

/** Something with a counter of its own, set and healed. */
export function counting(counters: readonly { readonly hits: number }[], heal: () => void | Promise<void>): Ongoing {
  const count = (): number => counters.map(({ hits }) => hits).reduce((sum, hits) => sum + hits, 0)
  const before = count()
  return {
    met: () => count() - before,
    end: async () => {
      await heal()
      return count() - before
    },
  }
}

const PROBE_MS = 100
const LURK_MS = 30

/** Something that only shows when it is looked for, again and again until it ends: `probe` says how much there is to see of it now. */
export function watched(probe: () => Promise<number>, heal: () => Promise<boolean | void>, everyMs = PROBE_MS): Ongoing {
  let seen = 0
  let over = false
  const looking = (async () => {
    while (!over) {
      seen = Math.max(seen, await probe().catch(() => 0))
      await later(everyMs)
    }
  })()
  return {
    met: () => seen,
    end: async () => {
      over = true
      await looking
      return (await heal()) === false ? 0 : seen
    },
  }
}

/** Somebody who waits for an opportunity: `attempt` says whether there was one and it was taken. One is enough. */
export function lurking(attempt: () => Promise<boolean>, heal: () => Promise<unknown> = async () => {}): Ongoing {
  let met = 0
  let over = false
  const looking = (async () => {
    while (!over && met === 0) {
      if (await attempt().catch(() => false)) met = 1
      else await later(LURK_MS)
    }
  })()
  return {
    met: () => met,
    once: true,
    end: async () => {
      over = true
      await looking
      await heal()
      return met
    },
  }
}

/** Whether it became so in time. What cannot be asked at the moment is not so yet. */
export async function becomes(so: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  for (const end = performance.now() + limitMs; performance.now() < end; await later(PROBE_MS))
    if (await so().catch(() => false)) return true
  return false
}

export const later = (ms: number): Promise<void> =>
  new Promise((then) => {
    setTimeout(then, ms)
  })
