import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ciiInvoice } from '../../../bench/cii-invoice.ts'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { ARITHMETIC_RULES, checkArithmetic } from '../../domain/arithmetic.ts'
import { canonicalJson, type Json } from '../../lib/canonical-json.ts'
import { readInvoice } from '../../../test/read-invoice.ts'
import { soon } from '../../../test/soon.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** An invoice and its places: an element, another beside the number, end tags, the element of the number, elements with a value. */
interface Victim {
  readonly INVOICE: string
  readonly inside: string
  readonly note: string
  readonly ends: RegExp
  readonly number: string
  readonly leaf: RegExp
  readonly prefix: string
}
const SYNTAXES: readonly (readonly [string, Victim])[] = [
  [
    'UBL',
    {
      INVOICE: ublInvoice({ lines: 2 }),
      inside: '<cac:Delivery>',
      note: '<cbc:Note>',
      ends: /<\/cac:\w+>/g,
      number: '<cbc:ID>F-',
      leaf: /<(cbc:\w+)[^<>]*>[^<>]*<\/\1>/g,
      prefix: 'cbc',
    },
  ],
  [
    'CII',
    {
      INVOICE: ciiInvoice({ lines: 2 }),
      inside: '<ram:ShipToTradeParty>',
      note: '<ram:IncludedNote>',
      ends: /<\/ram:\w+>/g,
      number: '<ram:ID>F-',
      leaf: /<((?:ram|udt):\w+)[^<>]*>[^<>]*<\/\1>/g,
      prefix: 'ram',
    },
  ],
]
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

function codeOf(bytes: Uint8Array): string {
  const result = soon(() => readInvoice(bytes))
  if (!('refused' in result)) throw new Error('was not refused')
  return result.refused.code
}

describe.each(SYNTAXES)("an attacker's invoice in %s", (_syntax, { INVOICE, inside, note, ends, number, prefix }) => {
  const behindDeclaration = (dtd: string, text = INVOICE): Uint8Array => utf8(text.replace(DECLARATION, `${DECLARATION}\n${dtd}`))
  const laughs = `<!DOCTYPE x [<!ENTITY a "lol">${Array.from({ length: 10 }, (_, i) => `<!ENTITY a${i} "${`&a${i ? i - 1 : ''};`.repeat(10)}">`).join('')}]>`

  test.each<[string, Uint8Array, string]>([
    ['an entity bomb', behindDeclaration(laughs, INVOICE.replace('30 days', '&a9;')), 'xml-doctype'],
    [
      'an entity that is a file',
      behindDeclaration('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', INVOICE.replace('30 days', '&f;')),
      'xml-doctype',
    ],
    ['a parameter entity', behindDeclaration('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>'), 'xml-doctype'],
    ['an external DTD', behindDeclaration('<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:1/x.dtd">'), 'xml-doctype'],
    ['a DOCTYPE in small letters', behindDeclaration('<!doctype html>'), 'xml-doctype'],
    ['a DOCTYPE of 9 MB', behindDeclaration(`<!DOCTYPE x [${'<!-- -->'.repeat(1_100_000)}]>`), 'xml-doctype'],
    ['an entity without a DOCTYPE', utf8(INVOICE.replace('30 days', '&file;')), 'xml-malformed'],
    ['a NUL', utf8(INVOICE.replace('30 days', '30\u0000days')), 'xml-nul'],
    ['a NUL by reference', utf8(INVOICE.replace('30 days', '30&#x0;days')), 'xml-malformed'],
    ['half a pair by reference', utf8(INVOICE.replace('30 days', '&#xD800;')), 'xml-malformed'],
    ['a pair of halves by reference', utf8(INVOICE.replace('30 days', '&#xD83D;&#xDE00;')), 'xml-malformed'],
    [
      'half a pair in bytes',
      Uint8Array.from([...utf8(INVOICE.slice(0, 900)), 0xed, 0xa0, 0x80, ...utf8(INVOICE.slice(900))]),
      'xml-encoding',
    ],
    [
      'a slash written too long',
      Uint8Array.from([...utf8(INVOICE.slice(0, 900)), 0xc0, 0xaf, ...utf8(INVOICE.slice(900))]),
      'xml-encoding',
    ],
    ['UTF-7', utf8('<?xml version="1.0" encoding="UTF-7"?>+ADw-Invoice/+AD4-'), 'xml-encoding'],
    ['a declared EBCDIC', utf8('<?xml version="1.0" encoding="IBM037"?><a/>'), 'xml-encoding'],
    ['200,000 levels', utf8('<a>'.repeat(200_000)), 'not-invoice'],
    ['200,000 levels inside', utf8(INVOICE.replace('30 days', '<a>'.repeat(200_000))), 'xml-too-deep'],
    ['tags never closed', utf8(INVOICE.replace(ends, '')), 'xml-malformed'],
    ['an attribute of 10 MB', utf8(`<Invoice a="${'x'.repeat(10_000_000)}"/>`), 'xml-too-large'],
    ['an attribute of 9 MB', utf8(`<Invoice a="${'x'.repeat(9_000_000)}"/>`), 'not-invoice'],
    ['a name of 9 MB', utf8(`<${'x'.repeat(9_000_000)}/>`), 'not-invoice'],
    ['a value of 9 MB where a number belongs', utf8(INVOICE.replace('>10.13<', `>${'9'.repeat(9_000_000)}<`)), 'bad-amount'],
    ['an invoice number of 9 MB', utf8(INVOICE.replace('>F-2026-0001<', `>${'9'.repeat(9_000_000)}<`)), 'number-too-long'],
    ['a reference of 9 MB', utf8(INVOICE.replace('30 days', `&${'x'.repeat(9_000_000)};`)), 'xml-malformed'],
    [
      'a hundred thousand namespaces',
      utf8(INVOICE.replace(inside, `${inside.slice(0, -1)} ${Array.from({ length: 100_000 }, (_, i) => `xmlns:n${i}="u"`).join(' ')}>`)),
      'xml-too-many',
    ],
    ['more elements than can be held', utf8(INVOICE.replace(note, `<${prefix}:ID/>`.repeat(800_000) + note)), 'xml-too-many'],
    ['a prefix bound anew', utf8(INVOICE.replace(number, number.replace('>', ` xmlns:${prefix}="urn:other">`))), 'no-number'],
  ])('%s', (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code)
  })

  test('a stylesheet, an inclusion and a schema elsewhere are only text', () => {
    const text = INVOICE.replace(DECLARATION, `${DECLARATION}<?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?>`)
      .replace(
        /<(Invoice|rsm:CrossIndustryInvoice) /,
        '<$1 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd" ',
      )
      .replace(inside, `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>${inside}`)
    expect(readInvoice(utf8(text))).toEqual(readInvoice(utf8(INVOICE)))
  })

  test('names of the language are only names', () => {
    const text = INVOICE.replace(
      inside,
      `<${prefix}:constructor/><${prefix}:__proto__>x</${prefix}:__proto__>${inside.slice(0, -1)} __proto__="x" constructor="y">`,
    )
    expect(readInvoice(utf8(text))).toEqual(readInvoice(utf8(INVOICE)))
  })

  test('attachments of 9 MB are measured, not kept', () => {
    const base64 = 'QUJD'.repeat(2_250_000)
    const result = readInvoice(utf8(INVOICE.replace('YSxiCjEsMgo=', base64)))
    expect('invoices' in result && result.invoices[0]?.attachments[0]?.bytes).toBe(6_750_000)
    expect(JSON.stringify(result).length).toBeLessThan(10_000)
  })

  test('a text that is no base64 is no file', () => {
    const result = readInvoice(utf8(INVOICE.replace('YSxiCjEsMgo=', 'not, base64')))
    expect('invoices' in result && result.invoices[0]?.attachments).toEqual([{ id: 'TS-1', fileName: 'times.csv', mediaType: 'text/csv' }])
  })
})

describe('lines in lines without end', () => {
  const INVOICE = ublInvoice({ lines: 2 })
  const into = (parts: string): Uint8Array => utf8(INVOICE.replace('</cac:InvoiceLine>', `${parts}</cac:InvoiceLine>`))

  test.each<[string, Uint8Array, number]>([
    ['empty', into('<cac:SubInvoiceLine/>'.repeat(300_000)), 0],
    ['of a number', into('<cac:SubInvoiceLine><cbc:ID>1</cbc:ID></cac:SubInvoiceLine>'.repeat(100_000)), 100_000],
    ['one in the other', into(`${'<cac:SubInvoiceLine><cbc:ID>1</cbc:ID>'.repeat(90)}${'</cac:SubInvoiceLine>'.repeat(90)}`), 90],
  ])('%s', (_, bytes, count) => {
    const result = soon(() => readInvoice(bytes))
    expect(('invoices' in result && result.invoices[0]?.subLines?.length) || 0).toBe(count)
  })
})

describe.each([
  ['UBL', 'ubl-invoice.ts', 'ublInvoiceParts'],
  ['CII', 'cii-invoice.ts', 'ciiInvoiceParts'],
])('an honest invoice of 100,000 lines in %s', (syntax, file, parts) => {
  /** In a process of its own, whose memory for objects is limited: it would end there instead of growing. */
  const script = `
    const { ${parts} } = await import(${JSON.stringify(new URL(`file://${join(import.meta.dirname, '../../../bench', file)}`).href)})
    const { readInvoice } = await import(${JSON.stringify(new URL(`file://${join(import.meta.dirname, '../../../test/read-invoice.ts')}`).href)})
    const all = []
    for (const part of ${parts}({ lines: 100_000, number: 'BIG' })) all.push(Buffer.from(part.replace(/>\\s+</g, '><')))
    const bytes = Buffer.concat(all)
    const result = readInvoice(bytes, { maxBytes: 200_000_000 })
    const lines = result.invoices[0].lines
    console.log(JSON.stringify({ megabytes: Math.round(bytes.length / 1e6), lines: lines.length, last: lines.at(-1).id, rss: Math.round(process.resourceUsage().maxRSS / 1e3) }))`

  test('is read with 300 MB of heap, and refused where the limit is the usual one', () => {
    const said = execFileSync(process.execPath, ['--max-old-space-size=300', '--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 200_000,
    })
    console.log(`100,000 lines in ${syntax}: ${said.trim()}`)
    expect(JSON.parse(said)).toMatchObject({ lines: 100_000, last: '100000' })
    expect(codeOf(utf8(ublInvoice({ lines: 12_000 })))).toBe('xml-too-large')
  }, 240_000)
})

describe.each(SYNTAXES)('whatever happens to an invoice in %s on its way', (syntax, { INVOICE, leaf, prefix }) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
  const start = utf8(INVOICE)

  /** One thing done to the bytes: some overwritten, removed, doubled, or a hostile piece put in. */
  const PIECES = [
    '<',
    '>',
    '&',
    ';',
    '"',
    ']]>',
    '<![CDATA[',
    '<!--',
    '-->',
    '<?x?>',
    '<!DOCTYPE x>',
    '&#xD800;',
    '&lol;',
    '\u0000',
    '\ufeff',
    `</${prefix}:ID>`,
    `<${prefix}:ID>`,
    ` xmlns:${prefix}="x"`,
    '1e9',
    '-',
    '٣',
    '9'.repeat(40),
    '😀',
  ].map(utf8)
  const change = fc.record({
    kind: fc.constantFrom('byte', 'cut', 'double', 'put', 'swap'),
    at: fc.nat(start.length - 1),
    length: fc.integer({ min: 1, max: 400 }),
    byte: fc.nat(255),
    piece: fc.constantFrom(...PIECES),
  })

  function changed(
    bytes: Uint8Array,
    { kind, at, length, byte, piece }: { kind: string; at: number; length: number; byte: number; piece: Uint8Array },
  ): Uint8Array {
    const from = Math.min(at, bytes.length)
    const to = Math.min(from + length, bytes.length)
    const [head, middle, tail] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)]
    const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
    if (kind === 'byte') return joined(head, Uint8Array.of(byte), bytes.subarray(from + 1))
    if (kind === 'cut') return joined(head, tail)
    if (kind === 'double') return joined(head, middle, middle, tail)
    if (kind === 'put') return joined(head, piece, bytes.subarray(from))
    return joined(head, tail.subarray(0, length), middle, tail.subarray(length))
  }

  test('the answer is a typed value, soon, and what is read can be stored', () => {
    const codes = new Map<string, number>()
    let read = 0
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = changes.reduce(changed, start)
        const result = soon(() => readInvoice(bytes))
        if ('refused' in result) {
          const { code, says, line, column } = result.refused
          expect(code).toMatch(/^[a-z]+(-[a-z]+)+$/)
          expect(says).toMatch(/^[A-Z].*\.$|: .{1,100}$/s)
          expect(says.length).toBeLessThan(400)
          expect(line >= 0 && column >= 0 && Number.isInteger(line) && Number.isInteger(column)).toBe(true)
          codes.set(code, (codes.get(code) ?? 0) + 1)
          return
        }
        read++
        for (const invoice of result.invoices) {
          canonicalJson(invoice as unknown as Json)
          for (const { rule } of checkArithmetic(invoice)) expect(ARITHMETIC_RULES).toContain(rule)
          for (const amount of [...(Object.values(invoice.totals) as string[]), ...invoice.lines.map(({ net }) => net)])
            expect(amount).toMatch(/^-?\d+(\.\d+)?$/)
        }
      }),
      { seed, numRuns: 1500 },
    )
    console.log(`${syntax} bytes changed: SEED=${seed} read=${read} refused=${JSON.stringify(Object.fromEntries(codes))}`)
    expect(read).toBeGreaterThan(0)
    expect(codes.size).toBeGreaterThan(3)
  }, 60_000)

  test('also where the XML stays whole and its values and elements change', () => {
    const codes = new Map<string, number>()
    const leaves = [...INVOICE.matchAll(leaf)].length
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.double().map(String),
      fc.constantFrom(
        '',
        ' ',
        '0',
        '-0',
        '1e9',
        '2026-02-29',
        '2024-02-29',
        '20260229',
        '20240229',
        'XXX',
        'JPY',
        'true',
        '12345678901234567890',
      ),
    )
    const values = fc.array(fc.record({ leaf: fc.nat(leaves - 1), kind: fc.constantFrom('set', 'set', 'drop', 'double'), value }), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(values, (edits) => {
        let at = -1
        const text = INVOICE.replace(leaf, (whole) => {
          at++
          return edits
            .filter((edit) => edit.leaf === at)
            .reduce((element, edit) => {
              if (edit.kind === 'drop') return ''
              if (edit.kind === 'double') return element + element
              return element.replace(/>[^<>]*</, () => `>${edit.value.replace(/[&<>]/g, '_')}<`)
            }, whole)
        })
        const result = readInvoice(utf8(text))
        const code = 'refused' in result ? result.refused.code : 'read'
        codes.set(code, (codes.get(code) ?? 0) + 1)
        if ('invoices' in result) for (const invoice of result.invoices) canonicalJson(JSON.parse(JSON.stringify(invoice)) as Json)
      }),
      { seed, numRuns: 1500 },
    )
    console.log(`${syntax} values changed: SEED=${seed} ${JSON.stringify(Object.fromEntries(codes))}`)
    for (const code of ['read', 'bad-amount', 'bad-date', 'element-repeated']) expect(codes.has(code), code).toBe(true)
  }, 60_000)
})
