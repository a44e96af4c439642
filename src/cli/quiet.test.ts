import { expect, test } from 'vitest'
import type { Fed } from './feed.ts'
import type { Summary } from './picture.ts'
import { quietClock } from './quiet.ts'

const NOTHING: Summary = {
  received: 0,
  refused: 0,
  states: {},
  breaches: 0,
  exceptions: {},
  systems: { erp: { inStep: 0, behind: 0 } },
  log: { size: 6, root: 'ab', sealed: 6 },
  money: [],
  latest: [],
  busy: 0,
  moving: 0,
}
const EMPTY = { file: '/in/empty.xml', says: 'The body is empty.', whatToDo: 'Correct the file or its name.' }
const ALL: Fed = { files: 1, taken: 0, notTaken: [EMPTY] }

/** After how many ms of looking at the same it is over; undefined when it is not within a minute. */
function overAfter(summary: Partial<Summary>, fed: Fed = ALL): number | undefined {
  const isOver = quietClock()
  for (let now = 0; now <= 60_000; now += 250) if (isOver({ ...NOTHING, ...summary }, fed, 1e12 + now)) return now
  return undefined
}

test.each<[string, number | undefined, Partial<Summary>, Fed?]>([
  ['with no file at all', 1_500, {}, { files: 0, taken: 0, notTaken: [] }],
  ['with files of which none was taken', 1_500, {}],
  ['with all paid', 1_500, { received: 1, states: { paid: 1 } }],
  ['while an invoice could still move', 6_000, { moving: 1 }],
  ['while no checkpoint covers the whole log', 10_000, { log: { size: 6, root: null, sealed: 0 }, moving: 1 }],
  ['while a system lags', 15_000, { systems: { erp: { inStep: 1, behind: 1 } }, log: { size: 6, root: null, sealed: 0 } }],
  ['never while the hub has work', undefined, { busy: 1 }],
  ['never while a file is to be sent', undefined, {}, { files: 2, taken: 1, notTaken: [] }],
])('a run is over %s, after %s ms in which nothing happens', (_when, ms, summary, fed) => {
  expect(overAfter(summary, fed)).toBe(ms)
})

test('whatever is written to the log starts the waiting anew', () => {
  const isOver = quietClock()
  const looks = [0, 1_000, 2_000, 3_000].map((now) =>
    isOver({ ...NOTHING, log: { size: 6 + now, root: 'ab', sealed: 6 + now } }, ALL, 1e12 + now),
  )
  expect(looks).toEqual([false, false, false, false])
})
