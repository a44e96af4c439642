import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { openPool, type Pool } from './database.ts'
import { refuseUnsafe } from './refusals.ts'

let database: HubDatabase
beforeAll(async () => {
  database = await hubDatabase()
})
afterAll(() => database.drop())

describe('the hub refuses to run', () => {
  const refusedAs = async (url: string): Promise<string> => {
    const pool = openPool(url, { max: 1 })
    try {
      await refuseUnsafe(pool)
      return 'runs'
    } catch (error) {
      return (error as Error).message
    } finally {
      await pool.end()
    }
  }

  test('as a superuser, as the owner of the tables, past row-level security; and runs as hub_app', async () => {
    expect(await refusedAs(database.url())).toBe('runs')
    expect(await refusedAs(database.adminUrl)).toContain('must not connect as a superuser')
    await database.admin(async (client) => {
      await client.query(
        'CREATE ROLE hub_test_owner LOGIN; CREATE ROLE hub_test_bypass LOGIN BYPASSRLS; ALTER TABLE stir OWNER TO hub_test_owner',
      )
    })
    try {
      expect(await refusedAs(database.url('hub_test_owner'))).toContain('owns the tables')
      expect(await refusedAs(database.url('hub_test_bypass'))).toContain('BYPASSRLS')
    } finally {
      await database.admin((client) =>
        client.query('ALTER TABLE stir OWNER TO CURRENT_USER; DROP ROLE hub_test_owner; DROP ROLE hub_test_bypass'),
      )
    }
  })

  test('on a real database whose commits are not durable, for as long as that is so', async () => {
    const name = new URL(database.adminUrl).pathname.slice(1)
    await database.admin((client) => client.query(`ALTER DATABASE "${name}" SET synchronous_commit = off`))
    try {
      expect(await refusedAs(database.url())).toContain('synchronous_commit is off, so a crash would lose')
    } finally {
      await database.admin((client) => client.query(`ALTER DATABASE "${name}" RESET synchronous_commit`))
    }
    expect(await refusedAs(database.url())).toBe('runs')
  })

  /** The row that the real question gets. */
  async function answered(pool: Pool): Promise<object[]> {
    let rows: object[] = []
    const query = async (text: string): Promise<object> => {
      const result = await pool.query<object>(text)
      rows = result.rows
      return result
    }
    await refuseUnsafe({ query } as never)
    return rows
  }

  test('where a crash could lose what was confirmed', async () => {
    const facts = (over: object): { query: () => Promise<unknown> } => ({
      query: () =>
        Promise.resolve({
          rows: [
            {
              super: false,
              bypass: false,
              owner: false,
              fsync: 'on',
              full_page_writes: 'on',
              synchronous_commit: 'on',
              version: 180004,
              encoding: 'UTF8',
              ...over,
            },
          ],
        }),
    })
    const says = (over: object): Promise<unknown> =>
      refuseUnsafe(facts(over) as never).then(
        () => 'runs',
        (error: Error) => error.message,
      )
    expect(await says({})).toBe('runs')
    // What is made up here has the columns that the real question gets from the real server.
    const [real] = await answered(database.pool)
    expect(Object.keys(real!).sort()).toEqual(Object.keys(((await facts({}).query()) as { rows: object[] }).rows[0]!).sort())
    expect(real).toMatchObject({ super: false, bypass: false, owner: false, synchronous_commit: 'on', encoding: 'UTF8' })
    expect(await says({ synchronous_commit: 'remote_apply' })).toBe('runs')
    expect(await says({ fsync: 'off', full_page_writes: 'off' })).toMatch(/fsync is off.*full_page_writes is off/u)
    expect(await says({ synchronous_commit: 'off' })).toContain('synchronous_commit is off')
    expect(await says({ version: 140012 })).toContain('older than PostgreSQL 15')
    expect(await says({ encoding: 'SQL_ASCII' })).toContain('UTF-8')
  })
})
