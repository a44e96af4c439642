/** The case of an invoice for which more was settled than is due; what becomes of it in whole stories is in test/cases/payments.ts. */
import { expect, it } from 'vitest'
import { NOW } from '../../test/cases/case.ts'
import {
  answers,
  approved,
  arrives,
  bill,
  books,
  clears,
  company,
  corrects,
  day,
  debits,
  NO_ORDER,
  over,
  run,
  storno,
  takes,
} from '../../test/cases/story.ts'
import { sha256, World } from '../../test/world.ts'
import type { ExceptionState } from './exception.ts'
import { lawOf } from './law.ts'
import type { Arrival } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'

const free = bill(NO_ORDER)
const first = [...run('M1', { E1: { 5100: '119.00' } }), takes('M1'), debits('E1', '119.00')]
const second = [
  ...run('M2', { E2: { 5100: '119.00' } }, day(21)),
  takes('M2', day(21)),
  debits('E2', '119.00', day(22), { bookedOn: '2026-01-22' }),
]
const netted = clears(free, 'netting', '23.80', { bookedOn: '2026-01-23' }, day(23))

function posted(...facts: readonly Arrival[]): World {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  for (const arrival of [...company(), arrives(free), ...approved(free), books(free, '5100'), ...facts]) w.submit(arrival)
  return w
}
const casesOf = (w: World): ExceptionState[] =>
  [...w.records.values()]
    .filter(({ kind, state }) => kind === 'exception' && state['cause'] === 'overpaid')
    .map(({ state }) => state as unknown as ExceptionState)

it('the case says what is due, what is settled and by what, in one order whatever came first', () => {
  const said = [
    [...first, ...second, netted],
    [netted, ...second, ...first],
    [...second, netted, ...first],
  ].map((facts) => casesOf(posted(...facts)).map(({ says, open }) => [open, says]))
  expect(said[0]).toEqual([
    [
      true,
      expect.stringMatching(
        /^Due are 119.00 EUR, settled are 261.80: 2026-01-20 bank 119\.00 \(\w+\), 2026-01-22 bank 119\.00 \(\w+\), 2026-01-23 netting 23\.80 \(\w+\)$/u,
      ),
    ],
  ])
  expect(said[1]).toEqual(said[0])
  expect(said[2]).toEqual(said[0])
})

it('who explained it is asked again when less is due than there was', () => {
  const w = posted(...first, netted)
  w.submit(answers(free, 'overpaid', 'explained', day(24)))
  expect(casesOf(w).map(({ open }) => open)).toEqual([false])
  w.submit(corrects(free, bill(over('90.00')), day(25)))
  expect(casesOf(w).map(({ open, says }) => [open, says.split(':')[0]])).toEqual([
    [false, 'Due are 119.00 EUR, settled are 142.80'],
    [true, 'Due are 107.10 EUR, settled are 142.80'],
  ])
})

it('money that left twice is no less gone when the posting is reversed', () => {
  const w = posted(...first, ...second)
  w.submit(storno(free, '5100', day(25)))
  expect(casesOf(w).map(({ open }) => open)).toEqual([true])
})
