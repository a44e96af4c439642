import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { connected, freshDatabase, type FreshDatabase } from '../../test/postgres.ts'
import { migrate, migrations } from './migrate.ts'
import { dumpSchema } from './schema.ts'

const databases: FreshDatabase[] = []
async function empty(): Promise<string> {
  const database = await freshDatabase()
  databases.push(database)
  return database.adminUrl
}
afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.drop()))
})

test('twenty starters at once: each migration is applied once, and all of them go on', async () => {
  const url = await empty()
  const applied = await Promise.all(Array.from({ length: 20 }, () => connected(url, migrate)))
  expect(applied.filter((names) => names.length > 0)).toEqual([migrations().map((migration) => migration.name)])
})

test('several databases of one server are set up at once, although their roles are shared', async () => {
  const urls = await Promise.all([1, 2, 3, 4].map(() => empty()))
  const applied = await Promise.all(urls.map((url) => connected(url, migrate)))
  expect(applied.every((names) => names.length === migrations().length)).toBe(true)
})

test('a migration that was changed after it had been applied is refused with advice', async () => {
  const url = await empty()
  await connected(url, migrate)
  await connected(url, (client) => client.query(`UPDATE migration SET sha256 = repeat('0', 64) WHERE name LIKE '0001%'`))
  await expect(connected(url, migrate)).rejects.toMatchObject({
    code: 'schema-not-ours',
    message: expect.stringContaining('0001-core.sql was changed after it had been applied. Restore the file'),
  })
})

test('tables of a newer version are refused with advice', async () => {
  const url = await empty()
  await connected(url, migrate)
  await connected(url, (client) => client.query(`INSERT INTO migration (name, sha256) VALUES ('9999-later.sql', 'x')`))
  await expect(connected(url, migrate)).rejects.toMatchObject({
    code: 'schema-not-ours',
    message: expect.stringContaining('set up by a newer version'),
  })
})

test('a migration that comes before one that is applied is refused: it would meet other tables than it was written for', async () => {
  const url = await empty()
  await connected(url, migrate)
  await connected(url, (client) => client.query(`DELETE FROM migration WHERE name LIKE '0001%'`))
  await expect(connected(url, migrate)).rejects.toMatchObject({
    code: 'schema-not-ours',
    message: expect.stringContaining('0001-core.sql comes before'),
  })
})

test('one that fails leaves nothing of itself behind', async () => {
  const url = await empty()
  await connected(url, (client) => client.query('CREATE TABLE stir (n int)'))
  await expect(connected(url, migrate)).rejects.toMatchObject({ code: 'schema-not-ours' })
  const { rows } = await connected(url, (client) =>
    client.query("SELECT to_regclass('object') AS object, (SELECT count(*)::int FROM migration) AS applied"),
  )
  expect(rows).toEqual([{ object: null, applied: 0 }])
})

test('schema.sql shows the tables as they are', async () => {
  const url = await empty()
  await connected(url, migrate)
  const text = await connected(url, dumpSchema)
  const path = join(import.meta.dirname, 'schema.sql')
  if (process.env['TIEOUT_WRITE_SCHEMA'] === '1') writeFileSync(path, text)
  expect(
    text === readFileSync(path, 'utf8'),
    'schema.sql is not what the migrations make. Run: TIEOUT_WRITE_SCHEMA=1 npm test -- src/store/migrate.test.ts, and look at the difference',
  ).toBe(true)
})
