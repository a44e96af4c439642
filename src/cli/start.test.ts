import { expect, test } from 'vitest'
import { leftOut } from './start.ts'

test('what is left out and altered is named with its seed, and nothing in the names that came out of the files steers the terminal', () => {
  const lines = leftOut(
    {
      vendorsLeftOut: [{ name: '\u001b[2JMüller GmbH', billNos: ['R-\u009b1', 'R-2'] }],
      ordersAltered: [{ poNo: '45\u202e', poItem: '10', was: '5', now: '\u00076', billNos: ['R-3'] }],
    },
    '3',
    '/set-up/left-out.json',
  )
  expect(lines).toEqual([
    '  set-up    1 supplier left out, 1 order altered by seed 3: their invoices must end with people',
    '            without supplier \\u001b[2JMüller GmbH (R-\\u009b1, R-2)',
    '            order 45\\u202e has \\u00076 for 5 in item 10 (R-3)',
    '            (/set-up/left-out.json)',
  ])
})
