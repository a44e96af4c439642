import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateSample } from '../sandbox/sample/generate.ts'
import { COMPILED, started } from './clone.ts'
import { freshDatabase, type FreshDatabase } from './postgres.ts'

const ROOT = join(import.meta.dirname, '..')
const COUNT = 60
const folder = mkdtempSync(join(tmpdir(), 'tieout-inbox-'))
let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

interface Left {
  readonly billNos: readonly string[]
}
interface LeftOut {
  readonly vendorsLeftOut: readonly Left[]
  readonly ordersAltered: readonly Left[]
}

test('a folder of invoices: those of suppliers left out and orders altered end in the exception of that name, no other does', async () => {
  const inbox = join(folder, 'inbox')
  const { bills } = await generateSample({ dir: folder, count: COUNT, seed: 11 })
  const env = { ...COMPILED, TIEOUT_DATA: join(folder, 'data'), TIEOUT_DATABASE_ADMIN_URL: database.adminUrl, HOME: folder }
  const run = started(ROOT, ['src/cli/main.ts', 'start', '--once', '--inbox', inbox, '--seed', '3'], env)
  expect(await run.ended, run.output()).toBe(0)

  const file = /^ +\((\S+left-out\.json)\)$/mu.exec(run.output())?.[1] ?? ''
  const left = JSON.parse(await readFile(file, 'utf8')) as LeftOut
  const unknown = left.vendorsLeftOut.flatMap(({ billNos }) => billNos)
  const altered = left.ordersAltered.flatMap(({ billNos }) => billNos)
  expect(unknown.length).toBeGreaterThan(0)
  expect(altered.length).toBeGreaterThan(0)
  for (const number of [...unknown.slice(0, 1), ...altered.slice(0, 1)]) expect(run.output()).toContain(`(${number}`)

  const client = new Client({ connectionString: database.adminUrl })
  await client.connect()
  const { rows } = await client.query<{ title: string; state: string; causes: string[] }>(
    `SELECT i.title, i.state, array_remove(array_agg(x.cause), NULL) AS causes
     FROM list_row i LEFT JOIN (SELECT l.cause, o.state::json->>'about' AS about FROM list_row l JOIN object o ON o.tenant = l.tenant AND o.id = l.object
                                WHERE l.kind = 'exception' AND l.open) x ON x.about = i.object
     WHERE i.kind = 'invoice' GROUP BY 1, 2`,
  )
  await client.end()
  expect(rows.length).toBe(COUNT)
  // Orders of a supplier that is left out are unknown with it.
  const expected = (number: string): string[] => {
    if (altered.includes(number)) return ['mismatch']
    if (!unknown.includes(number)) return []
    return [...(bills.find(({ billNo }) => billNo === number)?.poNo ? ['order-unknown'] : []), 'supplier-unknown']
  }
  expect(rows.map(({ title, causes }) => [title, causes.toSorted()])).toEqual(rows.map(({ title }) => [title, expected(title)]))
  // A credit whose invoice is held has nothing to be netted with.
  const open = rows.filter(({ title, state }) => state !== 'archived' && expected(title).length === 0)
  expect(open.filter(({ title }) => bills.find(({ billNo }) => billNo === title)?.billKind !== 'CREDIT')).toEqual([])
}, 180_000)
