import { expect, test } from 'vitest'
import { Dice } from '../dice.ts'
import { byOurClock, withClock, wrongClocks } from './clocks.ts'

test('which clocks are wrong follows from the seed, and not all of them always', () => {
  const thrown = Array.from({ length: 30 }, (_, nth) => wrongClocks(new Dice(1, `clocks ${nth}`), ['erp', 'ap']))
  expect(thrown[7]).toEqual(wrongClocks(new Dice(1, 'clocks 7'), ['erp', 'ap']))
  expect(new Set(thrown.map(({ erp }) => erp))).toEqual(new Set([1_800, undefined, -1_800]))
})

test('what a wrong clock told is read by ours', () => {
  expect(byOurClock('2026-11-29T10:30:00.000Z', 1_800)).toBe('2026-11-29T10:00:00.000Z')
  expect(byOurClock('2026-11-29T10:30:00.000Z')).toBe('2026-11-29T10:30:00.000Z')
  expect([withClock(-1_800)['FAKETIME'], withClock(1_800)['FAKETIME'], withClock()]).toEqual(['-1800', '+1800', {}])
})
