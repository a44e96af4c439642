/** Migrations that are killed: whoever starts next brings the tables to where they would have come. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, expect, test } from 'vitest'
import { migrations } from '../src/store/migrate.ts'
import { dumpSchema } from '../src/store/schema.ts'
import { freshDatabase, type FreshDatabase } from './postgres.ts'

const NAMES = migrations().map(({ name }) => name)
const databases: FreshDatabase[] = []
afterAll(() => Promise.all(databases.map((database) => database.drop())))

async function empty(): Promise<string> {
  const database = await freshDatabase()
  databases.push(database)
  return database.adminUrl
}

async function migrated(url: string, killAt = ''): Promise<number | NodeJS.Signals | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'migrate-process.ts'), url], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', TIEOUT_KILL_AT: killAt },
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return signal ?? code
}

async function reading<T>(url: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await ask(client)
  } finally {
    await client.end()
  }
}
const applied = async (url: string): Promise<string[]> => {
  const { rows } = await reading(url, (client) => client.query<{ name: string }>('SELECT name FROM migration ORDER BY name'))
  return rows.map(({ name }) => name)
}

test('killed at each point of each migration, and started again: the same tables', { timeout: 240_000 }, async () => {
  const [whole, url] = [await empty(), await empty()]
  expect(await migrated(whole)).toBe(0)
  // One database dies its way through all of them: what a death leaves is what the next starter finds.
  for (const nth of NAMES.keys()) {
    expect(await migrated(url, 'migration-before-commit')).toBe('SIGKILL')
    expect(await applied(url)).toEqual(NAMES.slice(0, nth))
    expect(await migrated(url, 'migration-after')).toBe('SIGKILL')
    expect(await applied(url)).toEqual(NAMES.slice(0, nth + 1))
  }
  expect(await migrated(url)).toBe(0)
  expect(await reading(url, dumpSchema)).toBe(await reading(whole, dumpSchema))
})
