import { describe, expect, test } from 'vitest'
import { checkArithmetic, exactSum, type ArithmeticFacts } from './arithmetic.ts'

const NOTHING: ArithmeticFacts = { lines: [], allowancesCharges: [], taxBreakdown: [], totals: {} }
const rules = (facts: Partial<ArithmeticFacts>): string[] => checkArithmetic({ ...NOTHING, ...facts }).map(({ rule }) => rule)

describe('rounding', () => {
  test('a sum of lines is exact and rounded once, half up as XPath rounds', () => {
    const lines = (...nets: string[]) => nets.map((net) => ({ net }))
    expect(rules({ lines: lines('0.005', '0.005'), totals: { lines: '0.01' } })).toEqual([])
    expect(rules({ lines: lines('0.125'), totals: { lines: '0.13' } })).toEqual([])
    expect(rules({ lines: lines('-0.125'), totals: { lines: '-0.12' } })).toEqual([])
    expect(rules({ lines: lines('-0.125'), totals: { lines: '-0.13' } })).toEqual(['BR-CO-10'])
    expect(rules({ lines: lines('0.1', '0.2'), totals: { lines: '0.30' } })).toEqual([])
  })

  test('a currency of three decimals keeps them, one of none is rounded to two all the same', () => {
    const totals = { lines: '1.234' }
    expect(rules({ currency: 'KWD', lines: [{ net: '1.2341' }], totals })).toEqual([])
    expect(rules({ currency: 'EUR', lines: [{ net: '1.2341' }], totals })).toEqual(['BR-CO-10'])
    expect(rules({ currency: 'JPY', lines: [{ net: '100' }], totals: { lines: '100' } })).toEqual([])
  })

  test('figures far beyond what a float holds', () => {
    const big = '123456789012345678.01'
    expect(
      rules({ totals: { taxExclusive: big, tax: '0.01', taxInclusive: '123456789012345678.02', payable: '123456789012345678.02' } }),
    ).toEqual([])
    expect(exactSum([big, '0.01'])).toBe('123456789012345678.02')
    expect(exactSum(['0.1', '0.2', '-0.3'])).toBe('0.00')
    expect(exactSum(['1.2345', '0.0005'])).toBe('1.235')
  })
})

test('the tax of a row may be off by less than one unit, on either side, for positive and negative amounts', () => {
  const row = (tax: string, taxable = '100', rate = '19') => ({ taxBreakdown: [{ taxable, tax, rate }] })
  for (const tax of ['19', '18.01', '19.99']) expect(rules(row(tax))).toEqual([])
  for (const tax of ['18.00', '20.00']) expect(rules(row(tax))).toEqual(['BR-CO-17'])
  expect(rules(row('-19', '-100'))).toEqual([])
  expect(checkArithmetic({ ...NOTHING, ...row('-21', '-100') })).toMatchObject([
    { rule: 'BR-CO-17', expected: '-19.00', found: '-21.00', about: '? 19%' },
  ])
})

test('a finding says what was expected and what stands there', () => {
  const facts = { ...NOTHING, totals: { taxInclusive: '119', prepaid: '19', rounding: '0.02', payable: '100' } }
  expect(checkArithmetic(facts)).toEqual([
    {
      rule: 'BR-CO-16',
      says: 'Amount due (BT-115) = total with VAT (BT-112) − paid (BT-113) + rounding (BT-114).',
      expected: '100.02',
      found: '100.00',
    },
  ])
})

test('allowances without their total are a finding, and none of either is not', () => {
  const allowance = { kind: 'allowance', amount: '5' } as const
  expect(checkArithmetic({ ...NOTHING, allowancesCharges: [allowance] })).toMatchObject([
    { rule: 'BR-CO-11', expected: '5.00', found: null },
  ])
  expect(rules({ totals: {} })).toEqual([])
})
