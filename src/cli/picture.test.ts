import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import type { Fed } from './feed.ts'
import { openPicture, picture, type Summary } from './picture.ts'
import { columnsOf, paintFor } from './terminal.ts'

const SUMMARY: Summary = {
  received: 12,
  refused: 1,
  states: { received: 2, paid: 10 },
  breaches: 0,
  exceptions: { mismatch: 1, 'refused-by-target': 1 },
  systems: { erp: { inStep: 24, behind: 3 } },
  log: { size: 260, root: 'ab'.repeat(32), sealed: 250 },
  money: [{ state: 'paid', currency: 'EUR', amount: '1000.00' }],
  latest: [
    { exception: 'exc_1', cause: 'refused-by-target', says: 'erp: \u001b[2J\u001b]0;yours\u0007 locked \u202e', owner: 'ap-lead' },
    { exception: 'exc_2', cause: 'mismatch', says: `株式会社${'紙'.repeat(80)}`, owner: 'procurement' },
  ],
  busy: 0,
  moving: 0,
}
const FED: Fed = {
  files: 14,
  taken: 12,
  notTaken: [{ file: '/in/\u001b[31mred.xml', says: 'The body is empty.', whatToDo: 'Correct the file or its name.' }],
}

/** A terminal of 60 columns that keeps what it was told, or a file. */
function outputOf(isTTY: boolean): { output: NodeJS.WriteStream; written: string[] } {
  const written: string[] = []
  const write = (text: string): boolean => written.push(text) > 0
  return { output: { isTTY, columns: 60, write } as unknown as NodeJS.WriteStream, written }
}

test('others’ words and names stand in the picture as text: nothing in them steers the terminal', () => {
  const lines = picture(SUMMARY, FED, 100, paintFor({ isTTY: false }))
  // oxlint-disable-next-line no-control-regex -- their absence is the point
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/u)
  expect(lines).toContain('  refused-by-target: erp: \\u001b[2J\\u001b]0;yours\\u0007 locked \\u202e (ap-lead)')
  expect(lines).toContain('  \\u001b[31mred.xml: The body is empty.')
})

test.each([40, 60, 200])(
  'no line is wider than %i columns, whatever stands in it: one that breaks would leave the next picture in the wrong place',
  (width) => {
    for (const isTTY of [true, false]) {
      const lines = picture(SUMMARY, FED, width, paintFor({ isTTY }, {}))
      expect(lines.map((line) => columnsOf(stripVTControlCharacters(line))).filter((columns) => columns >= width)).toEqual([])
    }
  },
)

test('each state has its count, its bar and its money in each currency, each system what is in step and what is behind', () => {
  const money = [
    ...SUMMARY.money,
    { state: 'received', currency: 'CHF', amount: '7.50' },
    { state: 'paid', currency: 'JPY', amount: '900' },
  ]
  const systems = { ...SUMMARY.systems, bank: { inStep: 10, behind: 0 } }
  const rows = picture({ ...SUMMARY, money, systems }, FED, 100, paintFor({ isTTY: false })).map((line) => line.trimEnd())
  const row = (state: string, count: number, bars: number, amounts = ''): string =>
    `  ${state.padEnd(10)} ${String(count).padStart(6)}  ${'█'.repeat(bars).padEnd(32)}  ${amounts}`.trimEnd()
  const begin = rows.indexOf('  Invoices') + 1
  expect(rows.slice(begin, begin + 13)).toEqual([
    row('received', 2, 6, '7.50 CHF'),
    ...['validated', 'matched', 'approved', 'posted'].map((state) => row(state, 0, 0)),
    row('paid', 10, 32, '1000.00 EUR  900 JPY'),
    ...['archived', 'rejected'].map((state) => row(state, 0, 0)),
    '',
    '  Systems             in step   behind',
    '  erp                      24        3',
    '  bank                     10        0',
    '',
  ])
})

test('it counts what was not taken, what is still to be sent, and what of the log is sealed', () => {
  const lines = picture(SUMMARY, FED, 100, paintFor({ isTTY: false }))
  expect(lines).toContain('  Not taken: 1')
  expect(lines.at(-2)).toBe('  log 260 events, 250 under root abababababababab…   13 of 14 sent, 1 not taken')
  const sent = picture(SUMMARY, { files: 12, taken: 12, notTaken: [] }, 100, paintFor({ isTTY: false }))
  expect(sent.join('\n')).not.toMatch(/sent|not taken|Not taken/u)
})

test('on a terminal each picture is drawn over the last one, and what stood below it is gone', () => {
  const { output, written } = outputOf(true)
  const live = openPicture(output)
  live.show(SUMMARY, FED)
  live.show({ ...SUMMARY, latest: [] }, FED)
  live.show(SUMMARY, FED)
  const [first = '', second = '', third = ''] = written
  const heightOf = (drawn: string): number => drawn.split('\n').length - 1
  expect(first).not.toMatch(/^\u001b\[\d+A/u)
  expect(second.startsWith(`\u001b[${heightOf(first)}A\r`)).toBe(true)
  expect(third.startsWith(`\u001b[${heightOf(second)}A\r`)).toBe(true)
  expect(heightOf(second)).toBe(heightOf(first) - 2)
  for (const drawn of written) expect(drawn).toMatch(/\u001b\[0J$/u)
})

test('elsewhere it is one line per change, without colours', () => {
  const { output, written } = outputOf(false)
  const plain = openPicture(output)
  for (let times = 0; times < 3; times++) plain.show(SUMMARY, FED)
  plain.show(SUMMARY, { ...FED, taken: 13 })
  expect(written).toEqual([
    '  12 received (1 refused): received 2, paid 10; 2 with people; 13 of 14 sent, 1 not taken\n',
    '  12 received (1 refused): received 2, paid 10; 2 with people; 1 not taken\n',
  ])
})
