import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const HERE = import.meta.dirname
const WORDS = JSON.parse(readFileSync(join(HERE, 'foreign-words.json'), 'utf8')) as Record<string, string[]>

/** Words by which the manual introduces a system and which the law speaks, too: why. */
const SHARED: { readonly [word: string]: string } = {
  document: 'everybody’s: to us what arrived, to the ERP what it booked',
  'posting period': 'everybody’s',
  'payment document': 'the ERP’s, in what a payment carries back to it',
  clearing: 'everybody’s',
  ticket:
    'ours, and part of the events that anybody may send us: whatever an AP tool keeps an invoice under; its number, ticketNo, is foreign',
  creditor: 'that of ISO 20022',
  coding: 'everybody’s: the accounts of an invoice',
  unit: 'to us a measure of quantity, there a company',
  positions: 'to us places in a text, there lines of a purchase',
  note: 'to us a remark on an invoice, there how far a claim has come',
  claim: 'to us a word without authority, there an invoice',
}

/** Every source file below a folder, as text. */
function textsBelow(dir: string): { path: string; text: string }[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && /\.(ts|md)$/.test(item.name))
    .map((item) => join(item.parentPath, item.name))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

test('the foreign systems speak words that the law of the product does not know', () => {
  const law = textsBelow(join(HERE, '..', 'src', 'domain')).filter(({ path }) => !path.endsWith('.test.ts'))
  expect(law.length).toBeGreaterThan(5)
  const words = Object.values(WORDS).flat()
  const found = law.flatMap(({ path, text }) =>
    words.filter((word) => new RegExp(`\\b${word}\\b`).test(text)).map((word) => `${path}: ${word}`),
  )
  expect(found).toEqual([])
})

test('every one of these words is spoken by its system and stands in the manual', () => {
  const manual = readFileSync(join(HERE, 'README.md'), 'utf8')
  for (const [system, words] of Object.entries(WORDS)) {
    const code = textsBelow(join(HERE, system))
      .map(({ text }) => text)
      .join('\n')
    expect(
      words.filter((word) => !code.includes(word)),
      system,
    ).toEqual([])
    expect(
      words.filter((word) => !manual.includes(word)),
      system,
    ).toEqual([])
  }
})

test('the words by which the manual introduces a system are none of the law’s, but for those that are shared, each for a reason', () => {
  const manual = readFileSync(join(HERE, 'README.md'), 'utf8')
  const introduced = [...manual.matchAll(/^Its words: (.*?)\n\n/gmsu)].flatMap(([, text = '']) =>
    [...text.matchAll(/\*([^*]+)\*/gu)].map(([, word = '']) => word),
  )
  expect(introduced.length).toBeGreaterThan(20)
  const law = textsBelow(join(HERE, '..', 'src', 'domain')).filter(({ path }) => !path.endsWith('.test.ts'))
  const spoken = (word: string): boolean => law.some(({ text }) => new RegExp(`\\b${word}\\b`, 'iu').test(text))
  expect([...new Set(introduced)].filter(spoken).toSorted()).toEqual(Object.keys(SHARED).toSorted())
})

test('the sandbox imports nothing of the product', () => {
  const imports = textsBelow(HERE).flatMap(({ path, text }) =>
    [...text.matchAll(/^import .* from '([^']+)'$/gm)].map(([, from = '']) => ({ path, from })),
  )
  expect(imports.length).toBeGreaterThan(50)
  const outside = imports.filter(({ path, from }) =>
    from.startsWith('.') ? !join(path, '..', from).startsWith(HERE) : !/^(node:|fast-xml-parser$|standardwebhooks$|vitest$)/.test(from),
  )
  expect(outside).toEqual([])
})
