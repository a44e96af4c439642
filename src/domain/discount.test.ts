import { describe, expect, it } from 'vitest'
import { discountAllowed, discountsIn } from './discount.ts'

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
    const start = performance.now()
    discountsIn('#SKONTO#TAGE=1'.repeat(200_000))
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
