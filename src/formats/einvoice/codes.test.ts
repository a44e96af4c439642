import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const SOURCES = [
  'src/formats/xml/read-xml.ts',
  'src/formats/xml/source.ts',
  'src/formats/xml/tree.ts',
  'src/formats/einvoice/term.ts',
  'src/formats/einvoice/invoice-words.ts',
  'src/formats/einvoice/ubl-terms.ts',
  'src/formats/einvoice/cii-terms.ts',
  'src/formats/einvoice/complete.ts',
  'src/formats/einvoice/read-invoice.ts',
  'src/formats/einvoice/foreign.ts',
  'src/cli/read.ts',
]

test('every code of refusal is explained, and no other', () => {
  const written = SOURCES.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/'((?:no|not|xml|bad|unknown|currency|element|number)-[a-z-]+|unreadable)'/g)].map(
      ([, code]) => code,
    ),
  )
  const table = readFileSync(join(ROOT, 'docs/spec/invoices.md'), 'utf8').split('## Codes')[1] ?? ''
  const explained = table
    .split('\n')
    .flatMap((row) => (row.startsWith('| ') ? (row.split('|')[1] ?? '').split(',').map((code) => code.trim()) : []))
    .filter((code) => code !== 'code')
  // How a file that is none is told from others inside the command; not a code of refusal.
  expect(new Set(written.filter((code) => code !== 'not-a-file'))).toEqual(new Set(explained))
})
