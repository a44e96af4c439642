/** The files of the XRechnung test suite through the whole hub, against their table in docs/spec/cases.md. */
import { createHash } from 'node:crypto'
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { COMPILED, started } from '../clone.ts'
import { corpus } from '../corpora.ts'
import { freshDatabase, type FreshDatabase } from '../postgres.ts'
import { CASES_FILE, SUITE_START } from './table.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const SUITE = corpus('xrechnung-testsuite')
const folder = mkdtempSync(join(tmpdir(), 'tieout-xrechnung-'))
let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

/** `documents`: SHA-256 of each rendition, the one that the invoice rests on first. */
interface Invoice {
  readonly number: string
  readonly state: string
  readonly orders: readonly string[]
  readonly documents: readonly string[]
  readonly causes: readonly string[]
}

test.skipIf(SUITE === undefined)(
  'every file of the suite ends where the table says',
  async () => {
    const inbox = join(folder, 'inbox')
    mkdirSync(inbox)
    const files = globSync('src/test/**/*.xml', { cwd: SUITE! }).toSorted()
    const names = new Map(
      files.map((file) => [
        createHash('sha256')
          .update(readFileSync(join(SUITE!, file)))
          .digest('hex'),
        basename(file, '.xml'),
      ]),
    )
    for (const file of files) copyFileSync(join(SUITE!, file), join(inbox, basename(file)))
    const env = { ...COMPILED, TIEOUT_DATA: join(folder, 'data'), TIEOUT_DATABASE_ADMIN_URL: database.adminUrl, HOME: folder }
    const run = started(ROOT, ['src/cli/main.ts', 'start', '--once', '--inbox', inbox, '--seed', '3'], env)
    expect(await run.ended, run.output()).toBe(0)

    const invoices = await invoicesIn(database.adminUrl)
    const rows = [...names].map(([hash, name]) => {
      const invoice = invoices.find(({ documents }) => documents.includes(hash))
      if (!invoice) return [name, 'refused', '–', '–', '–']
      const first = names.get(invoice.documents[0] ?? '') ?? ''
      return first === name
        ? [name, invoice.number, invoice.orders.join(', ') || '–', invoice.state, invoice.causes.join(', ') || '–']
        : [name, `rendition of ${first}`, '–', '–', '–']
    })
    const written = rows.map((row) => `| ${row.join(' | ')} |`)
    const page = readFileSync(CASES_FILE, 'utf8')
    const table = page
      .slice(page.indexOf(SUITE_START))
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| file |'))
    expect(written.join('\n'), run.output()).toBe(table.join('\n'))
    expect(rows.filter(([, , , state]) => state === 'paid' || state === 'archived').length).toBeGreaterThanOrEqual(12)
  },
  300_000,
)

async function invoicesIn(connectionString: string): Promise<Invoice[]> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query<{
    title: string
    row_state: string
    state: {
      content: { document: string; value: { orders: string[] } }
      renditions: { [hash: string]: string }
      exceptions: { [cause: string]: { open: boolean } }
    }
  }>(
    `SELECT l.title, l.state AS row_state, o.state::json AS state FROM list_row l JOIN object o ON o.tenant = l.tenant AND o.id = l.object WHERE l.kind = 'invoice'`,
  )
  await client.end()
  return rows.map(({ title, row_state: state, state: { content, renditions, exceptions } }) => ({
    number: title,
    state,
    orders: content.value.orders,
    documents: [content.document, ...Object.keys(renditions).filter((hash) => hash !== content.document)],
    causes: Object.entries(exceptions)
      .filter(([, { open }]) => open)
      .map(([cause]) => cause)
      .sort(),
  }))
}
