import { describe, expect, it } from 'vitest'
import { soon } from '../../test/soon.ts'
import { NOW } from '../../test/cases/case.ts'
import { approved, arrives, bill, books, clears, company, NO_ORDER } from '../../test/cases/story.ts'
import { sha256, World } from '../../test/world.ts'
import { discountAllowed, discountsIn } from './discount.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { DEFAULT_DIFFERENCES, differencesOutside } from './settlement.ts'

describe('discount in payment terms', () => {
  it.each([
    ['#SKONTO#TAGE=14#PROZENT=2.25#\n', [{ days: 14, percent: '2.25', base: null }]],
    [
      'Thank you.\n#SKONTO#TAGE=7#PROZENT=3.00#\r\n#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=252.94#\n#VERZUG#TAGE=30#PROZENT=8.00#\n',
      [
        { days: 7, percent: '3.00', base: null },
        { days: 14, percent: '2.00', base: '252.94' },
      ],
    ],
    ['2 % within 14 days', []],
    ['#skonto#tage=14#prozent=2.00#', []],
    ['#SKONTO#TAGE=14#PROZENT=2#', []],
    ['#SKONTO#TAGE= 14#PROZENT=2.00#', []],
    ['x #SKONTO#TAGE=14#PROZENT=2.00#', []],
    ['#SKONTO#TAGE=14#PROZENT=2.00# x', []],
    ['', []],
  ])('%j', (terms, found) => {
    expect(discountsIn(terms)).toEqual(found)
  })

  it('is the most that any window which is still open allows, of its base or of what is due', () => {
    const offered = discountsIn('#SKONTO#TAGE=7#PROZENT=3.00#\n#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=50.00#\n')
    const allowed = (after: number | null): string => (Number(discountAllowed(offered, '-100.00', after)) / 1e20).toFixed(2)
    expect([0, 7, 8, 14, 15, null].map(allowed)).toEqual(['3.00', '3.00', '1.00', '1.00', '0.00', '3.00'])
  })

  it('reads terms of any length in no time', () => {
    expect(soon(() => discountsIn('#SKONTO#TAGE=1'.repeat(200_000)))).toEqual([])
  })
})

describe('a discount that the ERP cleared', () => {
  /** Of an invoice over 119 that offers 5 %, which is 5.95. */
  const cleared = (amount: string, currency: string): readonly unknown[] => {
    const offering = bill({ ...NO_ORDER, paymentTerms: '#SKONTO#TAGE=21#PROZENT=5.00#\n' })
    const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
    for (const arrival of [...company(), arrives(offering), ...approved(offering), books(offering, '5100')]) w.submit(arrival)
    w.submit(clears(offering, 'discount', amount, { bookedOn: '2026-01-20' }))
    const state = [...w.records.values()].find(({ kind }) => kind === 'invoice')!.state as unknown as InvoiceState
    const allocations = Object.fromEntries(Object.entries(state.allocations).map(([event, one]) => [event, { ...one, currency }]))
    const content = { ...state.content!, value: { ...state.content!.value, currency } }
    return differencesOutside({ ...state, content, allocations }, DEFAULT_DIFFERENCES)
  }

  it.each([
    ['EUR', '5.95', '5.96'],
    ['JPY', '6', '7'],
    ['KWD', '5.950', '5.951'],
  ])('may be rounded to what its currency has, and no further: %s', (currency, fits, exceeds) => {
    expect(cleared(fits, currency)).toEqual([])
    expect(cleared(exceeds, currency)).toHaveLength(1)
  })
})
