/** `tieout start --once --inbox`: somebody's own invoices, for which the company is made up; what of it is not so, by seed. */
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateSample } from '../sandbox/sample/generate.ts'
import { plural } from '../src/cli/ties-out.ts'
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

test('a folder of invoices: those of suppliers left out and orders altered end in the exception of that name, no other does; what is not taken is named', async () => {
  const inbox = join(folder, 'inbox')
  const { bills } = await generateSample({ dir: folder, count: COUNT, seed: 11 })
  const long = join(inbox, `${'n'.repeat(210)}.xml`)
  writeFileSync(long, '<Invoice/>')
  writeFileSync(join(inbox, '0-empty.xml'), '')
  symlinkSync(join(folder, 'nowhere'), join(inbox, '1-dangling.xml'))
  const env = { ...COMPILED, TIEOUT_DATA: join(folder, 'data'), TIEOUT_DATABASE_ADMIN_URL: database.adminUrl, HOME: folder }
  const run = started(ROOT, ['src/cli/main.ts', 'start', '--once', '--json', '--inbox', inbox, '--seed', '3'], env)
  let [out, told] = ['', '']
  run.child.stdout.on('data', (chunk) => {
    out += String(chunk)
  })
  run.child.stderr.on('data', (chunk) => {
    told += String(chunk)
  })
  expect(await run.ended, run.output()).toBe(1)

  const file = /^ +\((\S+left-out\.json)\)$/mu.exec(told)?.[1] ?? ''
  const left = JSON.parse(await readFile(file, 'utf8')) as LeftOut
  const unknown = left.vendorsLeftOut.flatMap(({ billNos }) => billNos)
  const altered = left.ordersAltered.flatMap(({ billNos }) => billNos)
  expect(unknown.length).toBeGreaterThan(0)
  expect(altered.length).toBeGreaterThan(0)
  expect(told).toContain(
    `  set-up    ${plural(left.vendorsLeftOut.length, 'supplier')} left out, ${plural(left.ordersAltered.length, 'order')} altered by seed 3: `,
  )
  for (const number of [...unknown.slice(0, 1), ...altered.slice(0, 1)]) expect(told).toContain(`(${number}`)
  expect(told).toMatch(/^ {2}ready +\d+ files to send; it ends when nothing is left to do$/mu)

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

  expect(out.split('\n'), 'one line, and nothing else').toHaveLength(2)
  const { states, systems, log, ...said } = JSON.parse(out) as {
    states: Record<string, number>
    systems: Record<string, { behind: number }>
    log: object
  }
  expect(said).toEqual({
    received: COUNT,
    refused: 0,
    breaches: 0,
    exceptions: countsOf(rows.flatMap(({ title }) => expected(title))),
    notTaken: [
      { file: join(inbox, '0-empty.xml'), says: 'The body is empty.', whatToDo: 'Correct the file or its name.' },
      { file: join(inbox, '1-dangling.xml'), says: 'There is no such file.', whatToDo: expect.any(String) },
      { file: long, says: expect.stringContaining('is longer than 200'), whatToDo: expect.any(String) },
    ],
    tiedOut: false,
    // What people hold is expected, and does not count.
    why: ['3 files not taken'],
  })
  expect(states).toEqual(countsOf(rows.map(({ state }) => state)))
  expect(Object.keys(log)).toEqual(['size', 'root', 'sealed'])
  expect(Object.entries(systems).map(([name, { behind }]) => [name, behind])).toEqual(
    ['ap', 'archive', 'bank', 'erp', 'procurement'].map((name) => [name, 0]),
  )
}, 600_000)

const countsOf = (words: readonly string[]): { readonly [word: string]: number } =>
  Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]))
