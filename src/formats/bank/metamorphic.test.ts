import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { corpus } from '../../../test/corpora.ts'
import { readTree, type XmlNode } from '../xml/tree.ts'
import { readBankFile } from './read-bank-file.ts'
import { balance, batch, camt, entry, pain001, payment, statement } from './sample-files.ts'

/** The same content in other spellings must read the same. The file is taken apart and written anew in each way. */
interface Spelling {
  /** What stands before each element's name. */
  readonly prefix?: string
  readonly text?: (text: string, random: () => number) => string
  readonly between?: (random: () => number) => string
  readonly shuffle?: boolean
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const pick = (random: () => number, ...choices: readonly string[]): string => choices[Math.floor(random() * choices.length)] ?? ''
const cdata = (text: string): string => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
const byNumber = (one: string, random: () => number): string =>
  pick(random, `&#${one.codePointAt(0)};`, `&#x${one.codePointAt(0)?.toString(16)};`, escaped(one))

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  'with a prefix on every element': { prefix: 'bank:' },
  'with texts in CDATA, whole or in pieces': {
    text: (text, random) => {
      const at = Math.floor(random() * text.length)
      return cdata(text.slice(0, at)) + (random() < 0.5 ? cdata(text.slice(at)) : escaped(text.slice(at)))
    },
  },
  'with comments and processing instructions everywhere': {
    text: (text) => Array.from(text).map(escaped).join('<!-- <Amt Ccy="EUR">1</Amt> -->'),
    between: (random) => pick(random, '<!-- x -->', '<?x <Ntry/> ?>', ''),
  },
  'with characters by number': {
    text: (text, random) =>
      Array.from(text)
        .map((one) => byNumber(one, random))
        .join(''),
  },
  'with other white space': { text: (text) => `\n\t ${escaped(text)} \r\n`, between: (random) => pick(random, '\n', '\r\n\t\t', '  ', '') },
  'without white space': { between: () => '' },
  'with elements of different names in another order': { shuffle: true },
  'in all these ways at once': {
    prefix: 'ü:',
    shuffle: true,
    text: (text) => `<!---->${cdata(text)} `,
    between: (random) => pick(random, '\n', '<!-- - -->'),
  },
}

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 32)

/** Small and repeatable (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function written(node: XmlNode, spelling: Spelling, random: () => number, top = true): string {
  const { text = escaped, between = () => '\n' } = spelling
  // What has no namespace can have no prefix.
  const prefix = node.uri ? (spelling.prefix ?? '') : ''
  const name = `${prefix}${node.local}`
  const declared = top && node.uri ? ` xmlns${prefix ? `:${prefix.slice(0, -1)}` : ''}="${node.uri}"` : ''
  const attributes = Object.entries(node.attributes)
    .map(([key, value]) => ` ${key}='${value}'`)
    .join('')
  const children = spelling.shuffle ? mixed(node.children, random) : node.children
  const below = children.map((child) => between(random) + written(child, spelling, random, false))
  const inside = below.length > 0 ? below.join('') + between(random) : textOf(node, text, random)
  return `<${name}${declared}${attributes}>${inside}</${name}>`
}

/** Space alone is no text of an element that was meant to have children. */
function textOf(node: XmlNode, text: (text: string, random: () => number) => string, random: () => number): string {
  const own = node.text.trim()
  return own === '' ? '' : text(own, random)
}

/** Another order, in which elements of one name keep theirs: only that order says something. */
function mixed(children: readonly XmlNode[], random: () => number): XmlNode[] {
  const queues = new Map<string, XmlNode[]>()
  for (const child of children) queues.set(child.local, [...(queues.get(child.local) ?? []), child])
  const names = children.map(({ local }) => ({ local, key: random() })).sort((a, b) => a.key - b.key)
  return names.flatMap(({ local }) => queues.get(local)?.splice(0, 1) ?? [])
}

function filesOf(set: string): [string, Uint8Array][] {
  const folder = corpus(set)
  if (folder === undefined) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.xml'))
  return names.map((name) => [`${set}/${name}`, readFileSync(join(folder, name))])
}

const DETAILS = `<NtryDtls><Btch><PmtInfId>B &amp; C</PmtInfId><NbOfTxs>2</NbOfTxs></Btch><TxDtls/>
<TxDtls><Refs><EndToEndId>E-1</EndToEndId></Refs><RmtInf><Ustrd>a  b</Ustrd><Ustrd>&lt;c&gt;</Ustrd></RmtInf></TxDtls></NtryDtls>`
const STATEMENT = statement(balance('OPBD', '1.00') + balance('CLBD', '2.00') + entry('1.00', 'CRDT', DETAILS))
const BATCHES = batch(payment('E-1', '1.00') + payment('E-2', '2.00')) + batch(payment('E-3', '3'), { id: 'BATCH-2' })

const FILES: readonly (readonly [string, Uint8Array])[] = [
  ['a file of two statements', camt(STATEMENT + statement(entry('2', 'DBIT'), 'STMT-2'))],
  ['a payment file', pain001(BATCHES, { count: '3', sum: '6' })],
  ...['genkgo-camt', 'bank-statement-golden', 'iso20022-bank-samples', 'pain001'].flatMap(filesOf),
]

test.each(Object.entries(SPELLINGS))('a file reads the same %s', (_, spelling) => {
  let compared = 0
  for (const [name, bytes] of FILES) {
    const tree = readTree(bytes)
    if ('refused' in tree) throw new Error(name)
    const expected = readBankFile(bytes)
    for (let round = 0; round < 3; round++) {
      const again = readBankFile(new TextEncoder().encode(written(tree.root, spelling, randomFrom(seed + round))))
      const about = `${name}, SEED=${seed + round}`
      if ('refused' in expected) expect('refused' in again && again.refused.code, about).toBe(expected.refused.code)
      else expect(again, about).toEqual(expected)
      compared++
    }
  }
  expect(compared).toBeGreaterThanOrEqual(6)
})
