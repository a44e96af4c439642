import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { inTenant, type ClientBase } from './database.ts'
import { listObjects, type ListFilter, type ListOrder, type ListPlace } from './list-row.ts'

let database: HubDatabase
const read = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => inTenant(database.pool, 'acme', work)
beforeAll(async () => {
  database = await hubDatabase()
})
afterAll(() => database.drop())

describe('a list', () => {
  const ids = async (filter: Partial<ListFilter>, order: ListOrder, limit: number): Promise<string[]> => {
    const found: string[] = []
    for (let place: ListPlace | null = null; ;) {
      const page: { rows: readonly { object: string }[]; next: ListPlace | null } = await read((client) =>
        listObjects(client, 'acme', { kind: 'exception', limit, ...filter }, order, place),
      )
      found.push(...page.rows.map((row) => row.object))
      if (!page.next) return found
      place = page.next
    }
  }

  test('reads page by page without leaving out or doubling one, in its order, by each filter', async () => {
    // Several of one moment and of one date, some without a date, in several states.
    await database.admin((client) =>
      client.query(`
      INSERT INTO list_row (tenant, object, kind, since, title, state, owner, due_on, open, breaches)
      SELECT 'acme', 'exc_' || lpad(to_hex(n * 2654435761 % 4294967296), 26, '0'), 'exception', '2026-11-24T00:00:00Z'::timestamptz + (n % 9) * interval '1 hour', 'case ' || n, 'state ' || n % 4,
             'owner ' || n % 3, CASE WHEN n % 5 > 0 THEN '2026-12-01'::date + n % 7 END, n % 2 = 0, CASE WHEN n % 6 = 0 THEN ARRAY['posted'] ELSE '{}' END
      FROM generate_series(1, 97) AS n`),
    )
    const all = async (where: string, order: string): Promise<string[]> =>
      (
        await database.admin((client) =>
          client.query<{ object: string }>(
            `SELECT object FROM list_row WHERE tenant = 'acme' AND kind = 'exception' AND ${where} ORDER BY ${order}`,
          ),
        )
      ).rows.map((row) => row.object)
    const newest = 'since DESC, object'
    for (const limit of [1, 7, 200]) {
      expect(await ids({}, 'newest', limit)).toEqual(await all('true', newest))
      expect(await ids({ state: 'state 1' }, 'newest', limit)).toEqual(await all(`state = 'state 1'`, newest))
      expect(await ids({ open: false, owner: 'owner 2' }, 'newest', limit)).toEqual(await all(`NOT open AND owner = 'owner 2'`, newest))
      expect(await ids({ breach: 'posted' }, 'newest', limit)).toEqual(await all(`'posted' = ANY(breaches)`, newest))
      expect(await ids({ open: true }, 'due', limit)).toEqual(await all('open', 'due_on NULLS LAST, object'))
      expect(await ids({ open: true, owner: 'owner 1' }, 'due', limit)).toEqual(
        await all(`open AND owner = 'owner 1'`, 'due_on NULLS LAST, object'),
      )
      expect(await ids({ open: false }, 'due', limit)).toEqual(await all('NOT open', newest))
    }
  })
})
