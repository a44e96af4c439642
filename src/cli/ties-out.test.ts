import { expect, test } from 'vitest'
import { CAUSES, type Cause } from '../domain/exception-causes.ts'
import type { Fed } from './feed.ts'
import type { Summary } from './picture.ts'
import { CASES, closingLines, untied, type Look } from './ties-out.ts'

const SUMMARY: Summary = {
  received: 40,
  refused: 0,
  states: { archived: 30, paid: 4, posted: 1, received: 5 },
  breaches: 0,
  exceptions: {},
  systems: { erp: { inStep: 70, behind: 0 }, ap: { inStep: 40, behind: 0 } },
  log: { size: 2600, root: 'ab'.repeat(32), sealed: 2600 },
  money: [],
  latest: [],
  busy: 0,
  moving: 1,
}
const FED: Fed = { files: 40, taken: 40, notTaken: [] }
const lookWith = (summary: Partial<Summary>, fed: Partial<Fed> = {}, hubEnded = false): Look => ({
  summary: { ...SUMMARY, ...summary },
  fed: { ...FED, ...fed },
  hubEnded,
})
const EMPTY = { file: '/in/empty.xml', says: 'The body is empty.', whatToDo: 'Correct the file or its name.' }

test.each<[string, Look]>([
  ['all is paid but what waits for its turn elsewhere', lookWith({})],
  [
    'suppliers that were left out and orders that were altered are held by people',
    lookWith({ exceptions: { 'supplier-unknown': 4, 'order-unknown': 2, mismatch: 2 } }),
  ],
  [
    'suspected doubles and lines that fit no order are held by people',
    lookWith({ exceptions: { 'duplicate-suspected': 9, 'lines-not-paired': 1 } }),
  ],
  ['there was nothing to do', lookWith({ received: 0, states: {}, moving: 0 }, { files: 0, taken: 0 })],
])('it ties out: %s', (_why, look) => {
  expect(untied(look)).toEqual([])
  expect(closingLines(look, true)[1]).toMatch(/Everything ties out|nothing to do/u)
})

test.each<[string, Look]>([
  ['the hub ended before it was over', lookWith({}, {}, true)],
  ['1 file not taken', lookWith({}, { taken: 39, notTaken: [EMPTY] })],
  ['3 files not sent', lookWith({}, { taken: 37 })],
  ['2 steps left for the hub to do', lookWith({ busy: 2 })],
  [
    '3 entries in other systems not as they should be',
    lookWith({ systems: { erp: { inStep: 1, behind: 1 }, ap: { inStep: 0, behind: 2 } } }),
  ],
  ['1 invoice without the evidence for an earlier state', lookWith({ breaches: 1 })],
  ['1 open case about records that differ', lookWith({ exceptions: { 'posted-twice': 1, 'supplier-unknown': 4 } })],
  ['2 open cases about records that differ', lookWith({ exceptions: { 'found-other': 1, divergence: 1 } })],
  ['1 open case about records that differ', lookWith({ exceptions: { 'unreadable-document': 1 }, refused: 1 })],
  ['1 open case about records that differ', lookWith({ exceptions: { 'a-cause-of-tomorrow': 1 } })],
])('it does not tie out: %s', (why, look) => {
  expect(untied(look)).toEqual([why])
  expect(closingLines(look, true)[1]).toContain(`Not everything ties out (${why}): 34 of 40 invoices paid, 30 archived`)
})

test('no case that is critical is taken for one that only waits', () => {
  const causes = Object.keys(CAUSES) as Cause[]
  expect(causes.filter((cause) => CAUSES[cause].severity === 'critical' && CASES[cause] === 'held')).toEqual([])
})

test('the closing lines name each file that was not taken, why, and what to do; nothing in a name steers the terminal', () => {
  const steering = { file: '/in/\u001b[2Jx.xml', says: '\u009b31m', whatToDo: 'Correct the file or its name.' }
  const look = lookWith({}, { taken: 38, notTaken: [EMPTY, steering] })
  for (const once of [true, false])
    expect(closingLines(look, once).slice(-3)).toEqual([
      '  Not taken; start again with them corrected, for nothing is taken twice:',
      '    /in/empty.xml: The body is empty. Correct the file or its name.',
      '    /in/\\u001b[2Jx.xml: \\u009b31m Correct the file or its name.',
    ])
  expect(closingLines(lookWith({}), false)).toEqual([])
})

test('where nothing came in it says so instead of how many invoices of none were paid', () => {
  const none = { received: 0, refused: 0, states: {}, moving: 0 }
  expect(closingLines(lookWith(none, { files: 0, taken: 0 }), true)).toEqual(['', '  There was nothing to do: no files to send.'])
  expect(closingLines(lookWith(none, { files: 1, taken: 0, notTaken: [EMPTY] }), true)[1]).toBe('  Nothing came in: 1 file not taken.')
})

test('a log that no checkpoint covers yet is not told as sealed', () => {
  const last = (summary: Partial<Summary>): string => closingLines(lookWith(summary), true)[1] ?? ''
  expect(last({})).toMatch(/; 2600 events in the log\.$/u)
  expect(last({ log: { ...SUMMARY.log, sealed: 2500 } })).toMatch(/; 2600 events in the log, 2500 of them sealed\.$/u)
})
