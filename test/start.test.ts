/** `tieout start --once --json` as a controller's script calls it: one object on standard output, and an exit status. */
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateSample } from '../sandbox/sample/generate.ts'
import { COMPILED, started } from './clone.ts'
import { freshDatabase, type FreshDatabase } from './postgres.ts'

const ROOT = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'tieout-start-'))
let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

test('files that the hub does not have are named and keep the run from tying out; all others go through, and the root is that of the whole log', async () => {
  const inbox = join(folder, 'inbox')
  await generateSample({ dir: folder, count: 4, seed: 11 })
  const long = join(inbox, `${'n'.repeat(210)}.xml`)
  writeFileSync(long, '<Invoice/>')
  writeFileSync(join(inbox, '0-empty.xml'), '')
  symlinkSync(join(folder, 'nowhere'), join(inbox, '1-dangling.xml'))
  const env = { ...COMPILED, TIEOUT_DATA: join(folder, 'data'), TIEOUT_DATABASE_ADMIN_URL: database.adminUrl, HOME: folder }
  const run = started(ROOT, ['src/cli/main.ts', 'start', '--once', '--json', '--inbox', inbox, '--seed', '3'], env)
  let out = ''
  run.child.stdout.on('data', (chunk) => {
    out += String(chunk)
  })
  expect(await run.ended, run.output()).toBe(1)

  expect(out.split('\n'), 'one line, and nothing else').toHaveLength(2)
  const said = JSON.parse(out) as { received: number; states: Record<string, number>; log: { size: number; sealed: number; root: string } }
  expect(said).toMatchObject({
    received: 4,
    refused: 0,
    exceptions: {},
    breaches: 0,
    notTaken: [
      { file: join(inbox, '0-empty.xml'), says: 'The body is empty.', whatToDo: 'Correct the file or its name.' },
      { file: join(inbox, '1-dangling.xml'), says: 'There is no such file.' },
      { file: long, says: expect.stringContaining('is longer than 200') },
    ],
    tiedOut: false,
    why: ['3 files not taken'],
  })
  expect(Object.keys(said.states).filter((state) => !['posted', 'paid', 'archived'].includes(state))).toEqual([])

  const client = new Client({ connectionString: database.adminUrl })
  await client.connect()
  const { rows } = await client.query<{ size: number; root: Buffer; events: number }>(
    'SELECT size::int, root, (SELECT count(*)::int FROM event) AS events FROM checkpoint ORDER BY size DESC LIMIT 1',
  )
  await client.end()
  expect(rows).toEqual([{ size: said.log.size, root: Buffer.from(said.log.root, 'hex'), events: said.log.size }])
  expect(said.log.sealed).toBe(said.log.size)
}, 180_000)
