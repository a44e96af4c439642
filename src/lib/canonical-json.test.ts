import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, canonicalJson, type Json } from './canonical-json.ts'

/** The rule as it is written down, without haste. */
function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => plain(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, plain(member as Json)]),
  )
}

const json = fc
  .letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 3 }), fc.oneof(tie('value'), fc.constant(undefined)), { maxKeys: 5 }) as fc.Arbitrary<Json>,
    ),
  }))
  .value.filter((value) => !JSON.stringify(value).includes('\\u0000'))

describe('canonical JSON', () => {
  test('is the value with sorted keys, whatever their order was, and reads back as it says', () => {
    fc.assert(
      fc.property(json, (value) => {
        const { text, value: ordered } = canonical(value)
        expect(text).toBe(JSON.stringify(plain(value)))
        expect(JSON.stringify(ordered)).toBe(text)
        // JavaScript keeps names that are array indexes before all others: a record with both kinds is copied each time, to the same text.
        if (!/"\d+":/u.test(text)) expect(canonical(ordered).value).toBe(ordered)
        expect(canonical(ordered).text).toBe(text)
      }),
    )
  })

  test('parts of a known value are taken as they are; what is new among them is put in order', () => {
    fc.assert(
      fc.property(json, json, fc.string(), (value, other, key) => {
        const known = canonical({ a: value, b: { inner: value }, c: [value] })
        const next = { z: other, ...known.value, b: { y: other, [`x${key}`]: other, ...known.value.b }, a: known.value.a }
        expect(canonicalJson(next, known.value)).toBe(JSON.stringify(plain(next)))
      }),
    )
  })

  test('each member is looked at once, however deep what is out of order lies', () => {
    let value: Json = 'x'
    for (let depth = 0; depth < 38; depth++) value = { b: value, a: 1 }
    expect(canonicalJson(value)).toHaveLength(38 * 12 + 3)
  })

  test.for([3, 40, 41, 5_000])('%i keys, the last first', (count) => {
    const keys = Array.from({ length: count }, (_, at) => `k${String(at).padStart(5, '0')}`)
    expect(canonicalJson(Object.fromEntries(keys.toReversed().map((key) => [key, 1])))).toBe(
      JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1]))),
    )
  })

  test('__proto__ is a key like any other', () => {
    expect(canonicalJson(JSON.parse('{"b":{"d":1,"c":2},"__proto__":{"y":1,"x":2}}') as Json)).toBe(
      '{"__proto__":{"x":2,"y":1},"b":{"c":2,"d":1}}',
    )
  })

  test.for<[string, unknown]>([
    ['half of a surrogate pair', '\ud800'],
    ['NUL', 'a\0b'],
    ['a fraction', 1.5],
    ['a number too large', 2 ** 60],
    ['a function', () => 1],
    ['nothing in a list', [undefined]],
  ])('%s is refused', ([, value]) => {
    expect(() => canonicalJson({ a: value as Json })).toThrow(/Fault|not|clean/u)
  })
})
