import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LANES } from '../domain/event.ts'
import { RESERVED_EVERY, Turns } from './turns.ts'

/** Which lane fills each place while lanes from `busy` on (numbers) have work without end; `sizes`: places per claim. */
function filled(busy: readonly number[], sizes: readonly number[]): number[] {
  const turns = new Turns()
  return sizes.flatMap((size) => {
    const places = [...turns.reserved(size)].flatMap(([line, count]) => {
      const lane = busy.find((of) => of >= line)
      return lane === undefined ? [] : Array<number>(count).fill(lane)
    })
    const rest = Array<number>(size - places.length).fill(busy[0] ?? 0)
    turns.give(size)
    return [...places, ...rest]
  })
}

test('whatever the load above it, each lane has one place in 56; the highest has at least seven of eight, however claims are cut', () => {
  const cycle = RESERVED_EVERY * (LANES.length - 1)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      const total = sizes.reduce((sum, size) => sum + size, 0)
      const all = filled(
        LANES.map((_, lane) => lane),
        sizes,
      )
      for (const lane of LANES.keys()) {
        const count = all.filter((of) => of === lane).length
        if (lane === 0) expect(count).toBeGreaterThanOrEqual(total - Math.floor(total / RESERVED_EVERY))
        else expect(count).toBeGreaterThanOrEqual(Math.floor(total / cycle))
      }
      // Where the lanes between are empty, the lowest has all the reserved places.
      expect(filled([0, 7], sizes).filter((of) => of === 7).length).toBe(Math.floor(total / RESERVED_EVERY))
    }),
  )
})

test('places that nobody needed are not counted: a lane that was quiet has no arrears', () => {
  const turns = new Turns()
  expect([...turns.reserved(7)]).toEqual([])
  turns.give(0)
  expect([...turns.reserved(8)]).toEqual([[1, 1]])
  turns.give(8)
  expect([...turns.reserved(24)]).toEqual([
    [2, 1],
    [3, 1],
    [4, 1],
  ])
})
