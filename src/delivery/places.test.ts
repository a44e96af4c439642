import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Budget } from './budget.ts'
import { Places } from './places.ts'

interface World {
  readonly budget: Budget
  readonly places: Places
  /** Who took each place, in order: `d` delivery, `q` a question beside it. */
  readonly order: string[]
}

/** Delivery as `run.ts` has it, with `due` commands that each take so long; ends when all are done. */
function delivering(limits: ConstructorParameters<typeof Budget>[0], due: number, callMs: number): World & { over: Promise<void> } {
  const budget = new Budget(limits)
  const order: string[] = []
  let [left, awake] = [due, Promise.withResolvers<void>()]
  const wake = (): void => awake.resolve()
  const clocks = { wall: Date.now, monotonic: () => performance.now() }
  const places = new Places({ limits, budget, clocks, processes: () => 1, shut: async () => undefined, wake })
  const sleep = async (ms: number): Promise<void> => {
    await Promise.race([awake.promise, setTimeout(ms)])
    awake = Promise.withResolvers<void>()
  }
  const run = async (): Promise<void> => {
    while (left > 0) {
      const now = performance.now()
      if (places.left(now) <= 0) await sleep(Math.min(1_000, budget.freeAt(now) - now || 1_000))
      else {
        // It looks at its gate, in the database; meanwhile nobody has the place.
        await setTimeout(30)
        await places.claim(100, async (free) => {
          const taken = Math.min(free, left)
          for (let n = 0; n < taken; n++) {
            left--
            order.push('d')
            const call = budget.start(performance.now(), 'first')
            void setTimeout(callMs).then(() => {
              budget.end(call, performance.now(), 'answered')
              wake()
            })
          }
          return { taken }
        })
      }
    }
  }
  return { budget, places, order, over: run() }
}

/** Asks on and on, as a feed that has ever more pages, until all that was due went out. */
async function asking({ places, order }: World, over: Promise<void>, callMs: number): Promise<void> {
  let stopped = false
  void over.then(() => (stopped = true))
  // Before its first claim delivery does not know that anything is due.
  await vi.waitUntil(() => order.includes('d'), { interval: 1 })
  while (!stopped) {
    const giveBack = await places.take(1_000, () => stopped)
    if (typeof giveBack !== 'function') return
    order.push('q')
    await setTimeout(callMs)
    giveBack(undefined)
  }
}

const longestRow = (order: readonly string[], of: string): number =>
  Math.max(
    ...order
      .join('')
      .split(of === 'q' ? 'd' : 'q')
      .map(({ length }) => length),
  )

test('one call at a time: a due command and a question take turns, however many ask', async () => {
  const world = delivering({ concurrency: 1, rate: { calls: 1_000, perMs: 1_000 } }, 12, 5)
  await Promise.all([world.over, ...[1, 2, 3].map(() => asking(world, world.over, 5))])
  expect(longestRow(world.order, 'q')).toBe(1)
  // The first commands may go out before anybody has asked.
  expect(longestRow(world.order, 'd')).toBeLessThanOrEqual(2)
})

test('one call in a window: the same', async () => {
  const world = delivering({ concurrency: 4, rate: { calls: 1, perMs: 40 } }, 8, 2)
  await Promise.all([world.over, ...[1, 2].map(() => asking(world, world.over, 2))])
  expect(longestRow(world.order, 'q')).toBe(1)
  expect(longestRow(world.order, 'd')).toBeLessThanOrEqual(2)
})

test('questions take half of the rate and half of the calls at a time, also when nothing is due', async () => {
  const world = delivering({ concurrency: 4, rate: { calls: 10, perMs: 200 } }, 0, 0)
  const [began, at, underWay] = [performance.now(), [] as number[], { now: 0, most: 0 }]
  await Promise.all(
    Array.from({ length: 15 }, async () => {
      const giveBack = await world.places.take(1_000, () => false)
      at.push(performance.now() - began)
      underWay.most = Math.max(underWay.most, ++underWay.now)
      await setTimeout(150)
      underWay.now--
      if (typeof giveBack === 'function') giveBack(undefined)
    }),
  )
  expect(underWay.most).toBe(2)
  for (const [n, then] of at.entries()) expect(then).toBeGreaterThanOrEqual(n * 40 - 5)
})

test('places are given in the order in which they were asked for', async () => {
  const world = delivering({ concurrency: 1, rate: { calls: 1_000, perMs: 1_000 } }, 0, 0)
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 10 }, async (_, n) => {
      const giveBack = await world.places.take(1_000, () => false)
      order.push(n)
      if (typeof giveBack === 'function') giveBack(undefined)
    }),
  )
  expect(order).toEqual(Array.from({ length: 10 }, (_, n) => n))
})

test('an answer that asks for patience leaves no place to delivery either, and whoever is less patient is told until when', async () => {
  const world = delivering({ concurrency: 4, rate: { calls: 1_000, perMs: 1_000 } }, 0, 0)
  const giveBack = await world.places.take(1_000, () => false)
  if (typeof giveBack === 'function') giveBack(300)
  expect(world.budget.free(performance.now())).toBe(0)
  expect(await world.places.take(100, () => false)).toEqual({ says: expect.stringMatching(/left alone until 20/u) as unknown })
  const asked = performance.now()
  expect(await world.places.take(1_000, () => false)).toBeTypeOf('function')
  expect(performance.now() - asked).toBeGreaterThan(200)
})
