import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { soon } from '../../../test/soon.ts'
import { MAX_DEPTH, readXml, type XmlHandler } from './read-xml.ts'
import { readTree, type XmlNode } from './tree.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))

function utf16(text: string, little: boolean, mark = true): Uint8Array {
  const codes = `${mark ? '\ufeff' : ''}${text}`
  const bytes = new Uint8Array(codes.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < codes.length; i++) view.setUint16(i * 2, codes.charCodeAt(i), little)
  return bytes
}

function refused(bytes: Uint8Array, maxBytes?: number): { code: string; line: number; column: number; says: string } {
  const result = readTree(bytes, maxBytes === undefined ? {} : { maxBytes })
  if (!('refused' in result)) throw new Error('was not refused')
  return result.refused
}

function root(bytes: Uint8Array): XmlNode {
  const result = readTree(bytes)
  if ('refused' in result) throw new Error(JSON.stringify(result.refused))
  return result.root
}

describe('what is read', () => {
  test('names are namespaces and local names, whatever the prefix', () => {
    const one = root(utf8('<a xmlns="urn:x"><b q="1" xml:lang="en">t</b></a>'))
    const two = root(utf8('<p:a xmlns:p="urn:x"><p:b q="1">t</p:b></p:a>'))
    for (const node of [one, two]) {
      expect([node.uri, node.local]).toEqual(['urn:x', 'a'])
      expect(node.children.map((child) => [child.uri, child.local, child.text, { ...child.attributes }])).toEqual([
        ['urn:x', 'b', 't', { q: '1' }],
      ])
    }
  })

  test('text is joined over comments, processing instructions, CDATA and references', () => {
    expect(root(utf8('<a>1<!-- x -->2<?p q?><![CDATA[<3>]]>&amp;&#x34;</a>')).text).toBe('12<3>&4')
  })

  test.each([
    ['UTF-8', utf8('<a>é€😀</a>')],
    ['UTF-8 with a mark', utf8('\ufeff<?xml version="1.0" encoding="utf-8"?><a>é€😀</a>')],
    ['UTF-16, little end first', utf16('<?xml version="1.0" encoding="UTF-16"?><a>é€😀</a>', true)],
    ['UTF-16, big end first', utf16('<a>é€😀</a>', false)],
  ])('%s', (_, bytes) => {
    expect(root(bytes).text).toBe('é€😀')
  })

  test('ISO 8859-1 and windows-1252 where they are declared', () => {
    expect(root(latin1('<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e9\u00fc</a>')).text).toBe('éü')
    expect(root(latin1("<?xml version='1.0' encoding='windows-1252'?><a>\u0080</a>")).text).toBe('€')
  })

  test('the same text comes out wherever the pieces are cut', () => {
    const value = 'é€😀\r\n&amp;'.repeat(4000)
    for (const shift of [0, 1, 2, 3]) {
      expect(root(utf8(`<a>${' '.repeat(shift)}${value}</a>`)).text.trimStart()).toBe('é€😀\n&'.repeat(4000))
    }
  })
})

describe('what is refused, with its place', () => {
  const at = (code: string, line: number, column: number) => ({ code, line, column })
  const laughs = '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>'

  test.each<[string, Uint8Array, ReturnType<typeof at>]>([
    ['a document type', utf8(`<?xml version="1.0"?>\n${laughs}`), at('xml-doctype', 2, 1)],
    ['an external document type', utf8('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'), at('xml-doctype', 1, 1)],
    ['a document type behind a long comment', utf8(`<!--${'x'.repeat(40_000)}-->\n  ${laughs}`), at('xml-doctype', 2, 3)],
    ['a document type cut by the end of a piece', utf8(`<!--${'x'.repeat(16_384 - 10)}--><!DOCTYPE a><a/>`), at('xml-doctype', 1, 16_382)],
    ['a document type in UTF-16', utf16(laughs, true), at('xml-doctype', 1, 1)],
    ['a document type inside the root', utf8('<a><!DOCTYPE b></a>'), at('xml-malformed', 1, 12)],
    ['an entity that is not one of the five', utf8('<a>\n&nbsp;</a>'), at('xml-malformed', 2, 6)],
    ['half of a surrogate pair', utf8('<a>&#xD800;</a>'), at('xml-malformed', 1, 11)],
    ['a NUL as a reference', utf8('<a>&#0;</a>'), at('xml-malformed', 1, 7)],
    ['a NUL as a byte', utf8('<a>\n12\u0000</a>'), at('xml-nul', 2, 3)],
    ['a control character', utf8('<a>\u0001</a>'), at('xml-malformed', 1, 4)],
    ['a control character by way of XML 1.1', utf8('<?xml version="1.1"?><a>&#1;</a>'), at('xml-malformed', 1, 28)],
    ['two roots', utf8('<a/>\n<b/>'), at('xml-malformed', 2, 3)],
    ['a tag never closed', utf8('<a><b>'), at('xml-malformed', 1, 6)],
    ['a prefix bound to nothing', utf8('<a>\n <x:b/></a>'), at('xml-malformed', 2, 7)],
    ['an attribute twice', utf8('<a b="1" b="2"/>'), at('xml-malformed', 1, 16)],
    ['bytes that are no UTF-8', Uint8Array.from([...utf8('<a>\né'), 0xff, ...utf8('</a>')]), at('xml-encoding', 2, 2)],
    ['bytes that are no UTF-8, far in', Uint8Array.from([...utf8(`<a>${'é\n'.repeat(20_000)}xy`), 0xc3]), at('xml-encoding', 20_001, 3)],
    ['UTF-16 without a mark', utf16('<a/>', true, false), at('xml-encoding', 1, 1)],
    ['UTF-32', Uint8Array.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), at('xml-encoding', 1, 1)],
    ['a declared UTF-7', utf8('<?xml version="1.0" encoding="UTF-7"?><a/>'), at('xml-encoding', 1, 1)],
    ['a declaration against the mark', utf8('\ufeff<?xml version="1.0" encoding="ISO-8859-1"?><a/>'), at('xml-encoding', 1, 1)],
    ['a declared UTF-16 that is none', utf8('<?xml version="1.0" encoding="utf-16"?><a/>'), at('xml-encoding', 1, 1)],
    ['half a pair in UTF-16', Uint8Array.from([...utf16('<a>', true), 0x00, 0xd8, 0x3c, 0x00]), at('xml-encoding', 1, 4)],
    ['a PDF', utf8('%PDF-1.7'), at('not-xml', 1, 1)],
    ['nothing', new Uint8Array(), at('not-xml', 0, 0)],
  ])('%s', (_, bytes, expected) => {
    expect(refused(bytes)).toMatchObject(expected)
  })

  test('more bytes than the limit', () => {
    expect(refused(utf8('<a>12</a>'), 8)).toMatchObject(at('xml-too-large', 0, 0))
    expect(root(utf8('<a>1</a>')).text).toBe('1')
  })

  test('deeper than the limit, and 200,000 deep', () => {
    const nested = (depth: number): Uint8Array => utf8('<a>'.repeat(depth) + '</a>'.repeat(depth))
    expect(root(nested(MAX_DEPTH)).local).toBe('a')
    expect(refused(nested(MAX_DEPTH + 1))).toMatchObject(at('xml-too-deep', 1, MAX_DEPTH * 3 + 1))
    expect(soon(() => refused(utf8('<a>'.repeat(200_000))))).toMatchObject(at('xml-too-deep', 1, 301))
  })

  test('more attributes than any element has', () => {
    const bytes = utf8(`<a>\n<b ${Array.from({ length: 400_000 }, (_, i) => `a${i}=""`).join(' ')}/></a>`)
    expect(soon(() => refused(bytes))).toMatchObject({ code: 'xml-too-many', line: 2 })
  })

  test('more elements than can be held', () => {
    expect(refused(utf8(`<a>${'<b/>'.repeat(1_000_000)}</a>`)).code).toBe('xml-too-many')
  })

  test('a place is right where a tag lies over the end of a piece', () => {
    const handler: XmlHandler = {
      open: ({ local, at }) => (local === 'b' ? { code: 'b', says: '', at } : undefined),
      text: () => undefined,
      close: () => undefined,
    }
    for (let pad = 16_384 - 30; pad < 16_384 + 5; pad++) {
      expect(readXml(utf8(`<a>${'é'.repeat(10)}\n${'x'.repeat(pad - 20 - 4)}<b c="12345" d="67890">`), handler)).toMatchObject({
        line: 2,
        column: pad - 23,
      })
    }
  })

  test('a name in the sentence is short and clean', () => {
    expect(refused(utf8(`<a><${'b'.repeat(1_000_000)}></a>`)).says.length).toBeLessThan(200)
  })
})

describe('a handler', () => {
  const deaf: XmlHandler = { open: () => undefined, text: () => undefined, close: () => undefined }

  test('ends the reading where it finds a problem', () => {
    let opened = 0
    const result = readXml(utf8('<a>\n  <b/><c/></a>'), {
      ...deaf,
      open: (element) => {
        opened++
        return element.local === 'b' ? { code: 'no-b', says: 'No b.', at: element.at } : undefined
      },
    })
    expect(result).toEqual({ code: 'no-b', says: 'No b.', line: 2, column: 3 })
    expect(opened).toBe(2)
  })

  test('is told of a 9 MB attribute', () => {
    expect(soon(() => readXml(utf8(`<a b="${'x'.repeat(9_000_000)}"/>`), deaf))).toBeUndefined()
  })
})

test('whatever the bytes, the answer is a value', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
  const piece = fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '&',
      ';',
      '<a>',
      '</a>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '<!DOCTYPE a [',
      ' x="',
      '"',
      '&#x',
      'xmlns:a="u"',
      '\u0000',
    ),
    fc.string(),
  )
  const run = { read: 0, refused: 0 }
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, wrapped) => {
      const text = wrapped ? `<a>${pieces.join('')}</a>` : pieces.join('')
      const result = readTree(utf8(text))
      if ('refused' in result) {
        run.refused++
        expect(result.refused).toEqual({
          code: expect.any(String),
          says: expect.any(String),
          line: expect.any(Number),
          column: expect.any(Number),
        })
      } else run.read++
    }),
    { seed, numRuns: 2000 },
  )
  console.log(`xml fuzz: SEED=${seed} read=${run.read} refused=${run.refused}`)
  expect(run.read).toBeGreaterThan(0)
  expect(run.refused).toBeGreaterThan(0)
})
