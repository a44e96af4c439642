import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { corpus } from '../../test/corpora.ts'
import { isIban, normaliseIban } from './iban.ts'

test('an IBAN has the shape, the length of its country and the right check digits', () => {
  expect(isIban('GB29NWBK60161331926819')).toBe(true)
  expect(isIban('DE89370400440532013000')).toBe(true)
  expect(isIban('DE89370400440532013001'), 'check digits').toBe(false)
  expect(isIban('DE8937040044053201300'), 'length').toBe(false)
  expect(isIban('de89370400440532013000'), 'not normalised').toBe(false)
  expect(isIban(''), 'empty').toBe(false)
})

test('00, 01 and 99 are never issued, though they may leave the right remainder', () => {
  for (const [issued, never] of [
    ['97', '00'],
    ['98', '01'],
    ['02', '99'],
  ] as const) {
    const account = Array.from({ length: 1000 }, (_, at) => String(at).padStart(18, '7')).find((one) => checkDigits('DE', one) === issued)
    expect(isIban(`DE${issued}${account}`)).toBe(true)
    expect(isIban(`DE${never}${account}`)).toBe(false)
  }
})

test('paper form becomes electronic form', () => {
  expect(normaliseIban(' gb29 NWBK-6016 1331 9268\u00a019')).toBe('GB29NWBK60161331926819')
})

test('an unknown country is judged by its check digits', () => {
  expect(isIban('ZZ' + checkDigits('ZZ', 'ABC123') + 'ABC123')).toBe(true)
  expect(isIban('ZZ02ABC123')).toBe(false)
})

test('one wrong character, or two neighbours changed over, is always noticed', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)
  const numbers = fc.stringMatching(/^[0-9]{18}$/).map((account) => `DE${checkDigits('DE', account)}${account}`)
  fc.assert(
    fc.property(numbers, fc.nat({ max: 19 }), fc.integer({ min: 1, max: 9 }), (iban, at, by) => {
      expect(isIban(iban)).toBe(true)
      const place = 2 + at
      const changed = iban.slice(0, place) + String((Number(iban[place]) + by) % 10) + iban.slice(place + 1)
      expect(isIban(changed), changed).toBe(false)
      const [one = '', other = ''] = [iban[place], iban[place + 1]]
      if (other && one !== other) expect(isIban(iban.slice(0, place) + other + one + iban.slice(place + 2))).toBe(false)
    }),
    { seed },
  )
})

const numbers = corpus('stdnum-numbers')

test.skipIf(numbers === undefined)('the sample numbers of the registry are right, and no number is with one digit more', () => {
  const text = readFileSync(join(numbers ?? '', 'tests/test_iban.doctest'), 'utf8')
  const listed = text.split("numbers = '''")[1]?.split("'''")[0] ?? ''
  const good = [...listed.matchAll(/^\.\.\. (\S.*)$/gm)].map(([, number = '']) => number)
  expect(good.length).toBeGreaterThan(150)
  for (const number of good) {
    expect(isIban(normaliseIban(number)), number).toBe(true)
    expect(isIban(normaliseIban(`${number}0`)), number).toBe(false)
  }
})

/** By BigInt, another way than the code under test goes. */
function checkDigits(country: string, account: string): string {
  const digits = Array.from(`${account}${country}00`)
    .map((one) => String(Number.parseInt(one, 36)))
    .join('')
  return String(98n - (BigInt(digits) % 97n)).padStart(2, '0')
}
