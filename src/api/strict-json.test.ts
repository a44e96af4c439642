import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { soon } from '../../test/soon.ts'
import { Fault, type FaultCode } from '../lib/fault.ts'
import { LIMIT_DEPTH, readJson } from './strict-json.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
function refused(input: string | Uint8Array): FaultCode | 'taken' {
  try {
    readJson(typeof input === 'string' ? bytes(input) : input)
    return 'taken'
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}

describe('strict JSON', () => {
  it('reads what JSON.parse reads, whatever stands in strings', () => {
    const seed = Number(process.env['STRICT_JSON_SEED'] ?? Date.now() % 1_000_000)
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, noUnicodeString: false }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        if (text.includes('"__proto__"') || /\\u(0000|d[89a-f])/iu.test(text)) return
        expect(readJson(bytes(text))).toEqual(JSON.parse(text))
      }),
      { seed, numRuns: 2_000, verbose: 1 },
    )
  })

  it.each([
    ['a member twice', '{"a":1,"a":2}'],
    ['a member twice, spelled differently', '{"a":1,"\\u0061":2}'],
    ['a member twice, deep inside', '[{"x":[{"b":{"c":1,"c":1}}]}]'],
    ['__proto__', '{"__proto__":{"admin":true}}'],
    ['__proto__ in escapes', '{"\\u005f_proto__":1}'],
    ['half a line', '{"id":"1","type":"posti'],
    ['nothing', ''],
    ['two values', '{} {}'],
    ['a comment', '{"a":1} // yes'],
    ['a trailing comma', '[1,]'],
    ['NaN', '[NaN]'],
    ['a raw NUL', '["\u0000"]'],
    ['nesting', `${'['.repeat(LIMIT_DEPTH + 1)}${']'.repeat(LIMIT_DEPTH + 1)}`],
    ['deep nesting that never ends', '{"a":'.repeat(200_000)],
  ])('refuses %s', (_what, text) => {
    expect(refused(text)).toBe('body-not-json')
  })

  it.each([
    ['NUL', '["a\\u0000b"]'],
    ['half of a pair', '["\\ud800"]'],
    ['half of a pair in a name', '{"\\udc00":1}'],
    ['the wrong order', '["\\udc00\\ud800"]'],
  ])('refuses %s in text', (_what, text) => {
    expect(refused(text)).toBe('body-not-clean')
  })

  it('takes colons, braces, quotes and backslashes in strings, and the same name in different objects', () => {
    expect(readJson(bytes('{"a:b":"{\\"x\\":1}","c":["\\\\",":\\\\\\"["],"d":{"a":1},"e":{"a":1}}'))).toEqual({
      'a:b': '{"x":1}',
      c: ['\\', ':\\"['],
      d: { a: 1 },
      e: { a: 1 },
    })
    expect(readJson(bytes('["\\ud83d\\ude00"]'))).toEqual(['😀'])
    expect(refused(`${'['.repeat(LIMIT_DEPTH)}${']'.repeat(LIMIT_DEPTH)}`)).toBe('taken')
  })

  it('refuses what is not UTF-8', () => {
    expect(refused(Uint8Array.of(0x22, 0xff, 0x22))).toBe('body-not-json')
    expect(refused(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toBe('body-not-json')
  })

  it('takes time in proportion to the length, whatever backslashes and quotes it is made of', () => {
    for (const text of [`["${'\\\\'.repeat(500_000)}"]`, `[${'"\\"",'.repeat(200_000)}1]`, `["${'\\"'.repeat(500_000)}"]`]) {
      expect(soon(() => readJson(bytes(text)))).toEqual(JSON.parse(text))
    }
  })
})
