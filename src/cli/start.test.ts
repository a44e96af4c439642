import { expect, test } from 'vitest'
import { leftOut } from './start.ts'

test('names of suppliers and numbers of orders, which come out of the files, do not steer the terminal', () => {
  const lines = leftOut(
    {
      vendorsLeftOut: [{ name: '\u001b[2JMüller GmbH', billNos: ['R-\u009b1', 'R-2'] }],
      ordersAltered: [{ poNo: '45\u202e', poItem: '10', was: '5', now: '\u00076', billNos: ['R-3'] }],
    },
    '/set-up/left-out.json',
  )
  expect(lines.slice(1, 3)).toEqual([
    '            without supplier \\u001b[2JMüller GmbH (R-\\u009b1, R-2)',
    '            order 45\\u202e has \\u00076 for 5 in item 10 (R-3)',
  ])
})
