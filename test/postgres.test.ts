import { Client } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase, templateDatabase } from './postgres.ts'

test('a fresh database is empty, separate from others, and gone after drop', async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()])
  await query(one.adminUrl, 'CREATE TABLE mark (n int)')
  expect(await tables(one.adminUrl)).toEqual(['mark'])
  expect(await tables(other.adminUrl)).toEqual([])
  await Promise.all([one.drop(), other.drop()])
  await expect(query(one.adminUrl, 'SELECT 1')).rejects.toThrow(/does not exist/)
})

test('a template is built once although several ask for it at the same time', async () => {
  let builds = 0
  const name = `once_${process.pid}`
  const build = async (url: string) => {
    builds += 1
    await query(url, 'CREATE TABLE built (n int)')
  }
  await Promise.all([1, 2, 3].map(() => templateDatabase(name, build)))
  expect(builds).toBe(1)
  const copies = await Promise.all([1, 2, 3].map(() => freshDatabase(name)))
  for (const copy of copies) expect(await tables(copy.adminUrl)).toEqual(['built'])
  await Promise.all(copies.map((copy) => copy.drop()))
})

test('a build that failed leaves no template behind', async () => {
  const name = `failed_${process.pid}`
  await expect(templateDatabase(name, () => Promise.reject(new Error('no table today')))).rejects.toThrow('no table today')
  await templateDatabase(name, (url) => query(url, 'CREATE TABLE built (n int)').then(() => undefined))
  expect(await tables((await freshDatabase(name)).adminUrl)).toEqual(['built'])
})

test('the server keeps what it confirms, and listens on no network address', async () => {
  const { adminUrl } = await freshDatabase()
  const settings = await query(
    adminUrl,
    `SELECT name, setting FROM pg_settings
    WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'server_encoding') ORDER BY name`,
  )
  expect(settings.map((row) => row['setting'])).toEqual(['on', 'on', '', 'UTF8', 'on'])
})

async function tables(url: string): Promise<unknown[]> {
  const rows = await query(url, `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`)
  return rows.map((row) => row['relname'])
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
