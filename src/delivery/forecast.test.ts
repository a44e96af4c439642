import { expect, test } from 'vitest'
import { Budget } from './budget.ts'
import { clearAt } from './forecast.ts'

const NOW = Date.parse('2026-11-27T15:00:00.000Z') // a Friday
const given = { waiting: 18_000, perSecond: 5, windows: [], from: 0 }
const at = (outlook: Partial<Parameters<typeof clearAt>[0]>): string | undefined => {
  const end = clearAt({ ...given, ...outlook }, NOW)
  return end === undefined ? undefined : new Date(end).toISOString()
}

test('it is foretold from the rate, from when it goes again, and around the hours and maintenance of the system', () => {
  const hours = { open: { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00', zone: 'UTC', except: ['2026-11-30'] } }
  const night = { days: [5], from: '15:30', to: '17:00', zone: 'UTC' }
  expect([
    at({}),
    at({ from: NOW + 600_000 }),
    at({ windows: [night] }),
    at({ windows: [hours, night] }),
    at({ waiting: 0 }),
    at({ waiting: 9_000, windows: [hours] }),
    at({ perSecond: 0 }),
    at({ waiting: 20_000_000 }),
    at({ windows: [{ open: { ...hours.open, days: [] } }] }),
  ]).toEqual([
    '2026-11-27T16:00:00.000Z',
    '2026-11-27T16:10:00.000Z',
    '2026-11-27T17:30:00.000Z',
    '2026-11-27T17:30:00.000Z',
    '2026-11-27T15:00:00.000Z',
    '2026-11-27T15:30:00.000Z',
    undefined,
    undefined,
    undefined,
  ])
  expect(at({ waiting: 54_300, windows: [hours] })).toBe('2026-12-01T08:01:00.000Z')
})

test('the pace of a busy system is what was called; of one that rests, what it takes', () => {
  const budget = new Budget({ concurrency: 2, rate: { calls: 100, perMs: 1_000 } })
  expect(budget.pace(0)).toBe(100)
  for (let now = 0; now < 20_000; now += 50) {
    const calls = [budget.start(now, 'first'), budget.start(now, 'look')]
    for (const call of calls) budget.end(call, now, 'answered')
  }
  expect(budget.pace(20_000)).toBeCloseTo(20, 0)
  expect(budget.pace(23_000)).toBe(100)
  const learned = new Budget({ concurrency: 2, rate: { calls: 10, perMs: 2_000 } })
  learned.end(learned.start(0, 'first'), 0, 'busy', 0)
  expect(learned.pace(5_000)).toBe(2.5)
})
