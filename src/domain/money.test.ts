import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sumOf } from './invoice-content.ts'
import { formatDecimal, formatMoney, parseDecimal, parseMoney, scaleOf } from './money.ts'

/** The plain meaning of a decimal text, slowly: what the fast reader must agree with. */
function reference(text: string, scale: number): bigint | undefined {
  const parts = /^([+-]?)(\d{1,18})(?:\.(\d{0,18}))?$/.exec(text)
  if (!parts) return undefined
  const fraction = (parts[3] ?? '').padEnd(scale, '0')
  if (/[1-9]/.test(fraction.slice(scale))) return undefined
  const minor = BigInt(parts[2] + fraction.slice(0, scale))
  return parts[1] === '-' ? -minor : minor
}

const decimalish = fc.oneof(
  fc
    .tuple(fc.constantFrom('', '-', '+'), fc.stringMatching(/^\d{1,19}$/), fc.option(fc.stringMatching(/^\d{0,19}$/)))
    .map(([sign, whole, part]) => sign + whole + (part === null ? '' : `.${part}`)),
  fc.stringMatching(/^[-+.,e0-9 ]{0,12}$/),
  fc.string({ maxLength: 8 }),
)

describe('decimal texts', () => {
  it('are read exactly or not at all, like the slow reference, for any text and scale', () => {
    fc.assert(
      fc.property(decimalish, fc.integer({ min: 0, max: 18 }), (text, scale) => {
        expect(parseDecimal(text, scale)).toBe(reference(text, scale))
      }),
      { numRuns: 20_000 },
    )
  })

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 18 }), (minor, scale) => {
        const text = formatDecimal(minor, scale)
        if (text.replace('-', '').split('.')[0]!.length <= 18) expect(parseDecimal(text, scale)).toBe(minor)
      }),
    )
  })

  it.each(['1e3', '1,00', '', '.', '-', '1.2.3', 'Infinity', 'NaN', ' 1', '1 ', '0x10', '١'])('%j is none', (text) => {
    expect(parseDecimal(text, 2)).toBeUndefined()
  })

  it('are never rounded: more places than the currency has are refused, zeros beyond them are not', () => {
    expect(parseMoney('1.005', 'EUR')).toBeUndefined()
    expect(parseMoney('1.000', 'EUR')).toEqual({ minor: 100n, currency: 'EUR' })
    expect(parseMoney('1.5', 'JPY')).toBeUndefined()
    expect(formatMoney({ minor: 1234567890123456789n, currency: 'KWD' })).toBe('1234567890123456.789')
    expect([scaleOf('JPY'), scaleOf('EUR'), scaleOf('KWD'), scaleOf('XYZ'), scaleOf('constructor')]).toEqual([
      0,
      2,
      3,
      undefined,
      undefined,
    ])
  })

  it('add up exactly, and are written one way only', () => {
    expect(sumOf(['0.1', '0.2'])).toBe('0.3')
    expect(['100.00', '0.50', '-0.50', '-10.0', '0.0', '00.10'].map((amount) => sumOf([amount]))).toEqual([
      '100',
      '0.5',
      '-0.5',
      '-10',
      '0',
      '0.1',
    ])
    expect(sumOf(['1.00'])).toBe('1')
    expect(sumOf(['-0.00'])).toBe('0')
    expect(sumOf(['007', '-7.0'])).toBe('0')
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), { maxLength: 6 }), (cents) => {
        const sum = sumOf(cents.map((value) => formatDecimal(value, 2)))
        expect(parseDecimal(sum, 2)).toBe(cents.reduce((total, value) => total + value, 0n))
        expect(sumOf([sum])).toBe(sum)
      }),
    )
  })
})
