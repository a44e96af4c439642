import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { corpus } from '../../../test/corpora.ts'
import { ciiInvoice } from '../../../bench/cii-invoice.ts'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { readTree, type XmlNode } from '../xml/tree.ts'
import { readInvoice } from '../../../test/read-invoice.ts'

/**
 * One invoice written in many ways says one thing: the reader must not notice prefixes, order of elements, CDATA, comments,
 * white space, references, encodings, or elements of other namespaces.
 */
interface Form {
  /** The prefix of a namespace on this element; '' declares it as the default. Declared on every element anew. */
  readonly prefix?: (uri: string) => string
  readonly text?: (text: string) => string
  readonly children?: (children: readonly XmlNode[]) => readonly XmlNode[]
  readonly attributes?: string
  /** Put before the children of every element that has some. */
  readonly inside?: string
  readonly before?: string
  readonly bytes?: (text: string) => Uint8Array
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const numbered = (text: string): string => Array.from(text, (char) => `&#${char.codePointAt(0) ?? 0};`).join('')
/** Text in a one-byte encoding; what it lacks becomes a reference. */
const oneByte = (text: string): Uint8Array => Uint8Array.from(text.replace(/[^\0-\x7f\xa0-\xff]/gu, numbered), (char) => char.charCodeAt(0))

function utf16(text: string, little: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * 2 + 2)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xfeff, little)
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2 + 2, text.charCodeAt(at), little)
  return bytes
}

function written(root: XmlNode, form: Form): Uint8Array {
  const element = (node: XmlNode): string => {
    const prefix = form.prefix?.(node.uri) ?? 'p'
    const name = prefix ? `${prefix}:${node.local}` : node.local
    const attributes = Object.entries(node.attributes)
      .map(([key, value]) => ` ${key}="${escaped(value)}"`)
      .join('')
    const children = form.children?.(node.children) ?? node.children
    const content = children.length > 0 ? (form.inside ?? '') + children.map(element).join('') : (form.text ?? escaped)(node.text)
    return `<${name} xmlns${prefix && ':'}${prefix}="${node.uri}"${attributes}${form.attributes ?? ''}>${content}</${name}>`
  }
  return (form.bytes ?? utf8)((form.before ?? '') + element(root))
}

/** A generator that a seed repeats (mulberry32). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const random = chance(seed)

/** Another order of elements, keeping that of elements with the same name, which is the order of a list. */
function shuffled(children: readonly XmlNode[]): readonly XmlNode[] {
  const keys = new Map<string, number>()
  for (const { local } of children) keys.set(local, keys.get(local) ?? random())
  return children.toSorted((a, b) => (keys.get(a.local) ?? 0) - (keys.get(b.local) ?? 0))
}

const halves = (text: string, between: string): string => {
  const at = Math.floor(random() * (text.length + 1))
  return text.isWellFormed() && text.slice(0, at).isWellFormed()
    ? escaped(text.slice(0, at)) + between + escaped(text.slice(at))
    : escaped(text) + between
}

const FOREIGN =
  '<x:Extra xmlns:x="urn:example:own"><ID>not the number</ID><cbc:ID xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">nor this</cbc:ID></x:Extra>'
const EXTENSIONS = `<e:UBLExtensions xmlns:e="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"><e:UBLExtension><e:ExtensionContent>${FOREIGN}<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/></e:ExtensionContent></e:UBLExtension></e:UBLExtensions>`

const FORMS: Readonly<Record<string, Form>> = {
  'other prefixes': { prefix: (uri) => `n${uri.length}` },
  'the usual prefixes for the wrong namespaces': { prefix: (uri) => (uri.includes('Basic') ? 'cac' : 'cbc') },
  'default namespaces declared on every element': { prefix: () => '' },
  'a prefix chosen anew for every element': { prefix: () => `x${Math.floor(random() * 1e6)}` },
  'elements in another order': { children: shuffled },
  'values in CDATA': { text: (text) => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>` },
  'values half in CDATA': { text: (text) => halves(text.replaceAll(']]>', ''), '<![CDATA[]]>') },
  'comments in values': { text: (text) => halves(text, '<!-- 99 <cbc:ID> & -->') },
  'processing instructions in values': { text: (text) => halves(text, '<?note 99?>') },
  'white space around values': { text: (text) => `\r\n\t  ${escaped(text)} \n` },
  'every character as a reference': { text: numbered },
  'xsi:type and other attributes': {
    attributes: ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="cbc:AmountType" xml:lang="en" own="1"',
  },
  'elements of other namespaces': { inside: FOREIGN },
  'UBL extensions with an invoice in them': { inside: EXTENSIONS },
  'comments between elements': { inside: '<!-- <cbc:ID>9</cbc:ID> -->\n  <?pi?>' },
  'a stylesheet and comments before the root': {
    before: '<?xml version="1.0"?>\n<!-- a -->\n<?xml-stylesheet href="http://example.com/x.xsl"?>\n',
  },
  'UTF-8 with a mark': { before: '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>' },
  'UTF-16, little end first': { before: '<?xml version="1.0" encoding="UTF-16"?>', bytes: (text) => utf16(text, true) },
  'UTF-16, big end first': { bytes: (text) => utf16(text, false) },
  'ISO 8859-1': { before: '<?xml version="1.0" encoding="ISO-8859-1"?>', bytes: oneByte },
  'windows-1252': { before: "<?xml version='1.0' encoding='windows-1252' ?>", bytes: oneByte },
  'XML 1.1': { before: '<?xml version="1.1"?>' },
}

/** Of the files of others, those that are written a hundred times over in seconds. */
const LIMIT_BYTES = 40_000

/** Invoices of several senders, and our own, in both syntaxes. */
function originals(): Map<string, Uint8Array> {
  const found = new Map([
    ['made up', utf8(ublInvoice({ lines: 3 }))],
    ['made up in CII', utf8(ciiInvoice({ lines: 3 }))],
  ])
  for (const [name, folder] of [
    ['cen-en16931', 'ubl/examples'],
    ['cen-en16931', 'cii/examples'],
    ['xrechnung-testsuite', 'src/test/business-cases/standard'],
    ['zugferd-sample', 'XML-Rechnung/UBL'],
    ['zugferd-sample', 'XML-Rechnung/CII'],
  ] as const) {
    const path = corpus(name)
    if (path === undefined) continue
    for (const file of readdirSync(join(path, folder)).sort()) {
      const bytes = readFileSync(join(path, folder, file))
      if (/(ubl|cii|uncefact).*\.xml$/i.test(file) && bytes.length <= LIMIT_BYTES) found.set(file, bytes)
    }
  }
  return found
}

describe('an invoice written in another way says the same', () => {
  const all = [...originals()]
  console.log(`forms of ${all.length} invoices: SEED=${seed}`)

  test.each(Object.entries(FORMS))('%s', (_, form) => {
    for (const [name, bytes] of all) {
      const expected = readInvoice(bytes)
      const tree = readTree(bytes)
      if ('refused' in tree || 'refused' in expected) throw new Error(`${name} is refused as it stands`)
      // White space inside a value is the only thing that another way of writing may change, at its ends.
      expect(readInvoice(written(tree.root, form)), name).toEqual(expected)
    }
  })

  test('all at once', () => {
    const names = [
      'elements in another order',
      'a prefix chosen anew for every element',
      'comments in values',
      'UBL extensions with an invoice in them',
      'xsi:type and other attributes',
      'UTF-16, little end first',
    ]
    const form = Object.assign({}, ...names.map((name) => FORMS[name])) as Form
    for (const [name, bytes] of all) {
      const tree = readTree(bytes)
      if ('refused' in tree) throw new Error(`${name} is refused as it stands`)
      expect(readInvoice(written(tree.root, form)), name).toEqual(readInvoice(bytes))
    }
  })
})
