/** Tables `interest` and `stir`: who waits for news of what, and news that somebody waits for. */
import { textArray } from './arrays.ts'
import { query, rowsOf, type ClientBase, type Query } from './database.ts'

export interface Interest {
  readonly name: string
  readonly object: string
}

const ADD = {
  name: 'interest_add',
  text: 'INSERT INTO interest (tenant, name, object) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING',
}
// The table grows and shrinks like a queue, so that the planner takes it for empty: OFFSET 0 has each row sought by its key all the same.
const REMOVE = {
  name: 'interest_remove',
  text: `DELETE FROM interest WHERE ctid = ANY(ARRAY(
           SELECT i.ctid FROM unnest($2::text[], $3::text[]) AS x (name, object),
             LATERAL (SELECT ctid FROM interest WHERE tenant = $1 AND name = x.name AND object = x.object OFFSET 0) AS i))`,
}

/** The caller holds what they wait for (see `holdVersions` and `awaitNames`), or news could pass between. */
export function changingInterest(tenant: string, added: readonly Interest[], removed: readonly Interest[]): Query[] {
  const values = (rows: readonly Interest[]): unknown[] => {
    const sorted = rows.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.object < b.object ? -1 : 1))
    return [tenant, textArray(sorted.map((row) => row.name)), textArray(sorted.map((row) => row.object))]
  }
  return [...(added.length === 0 ? [] : [query(ADD, values(added))]), ...(removed.length === 0 ? [] : [query(REMOVE, values(removed))])]
}

const LEAVE = {
  name: 'stir_leave',
  text: `INSERT INTO stir (tenant, name) SELECT $1, x.name FROM unnest($2::text[]) AS x (name)
         WHERE EXISTS (SELECT FROM interest i WHERE i.tenant = $1 AND i.name = x.name) RETURNING name`,
}

/** Leaves news of changed objects and newly bound names, where somebody waits for it; as many rows as there is news. */
export function leavingNews(tenant: string, names: readonly string[]): Query[] {
  return names.length === 0 ? [] : [query(LEAVE, [tenant, textArray([...new Set(names)].sort())])]
}

/** News of one name, up to `seq`: those who wait are woken once however often it changed meanwhile. */
export interface News {
  readonly seq: number
  readonly upTo: number
  readonly name: string
  readonly doneTo: string
}

const OLDEST = {
  name: 'stir_oldest',
  text: `SELECT s.seq, (SELECT max(t.seq) FROM stir t WHERE t.tenant = $1 AND t.name = s.name AND (s.done_to = '' OR t.seq = s.seq)), s.name, s.done_to
         FROM stir s WHERE s.tenant = $1 ORDER BY s.seq LIMIT 1`,
}

/** The oldest news that is not done with. */
export async function oldestNews(client: ClientBase, tenant: string): Promise<News | undefined> {
  const [row] = await rowsOf<[number, number, string, string]>(client, OLDEST, [tenant])
  return row && { seq: row[0], upTo: row[1], name: row[2], doneTo: row[3] }
}

const SLICE = {
  name: 'interest_slice',
  text: 'SELECT object FROM interest WHERE tenant = $1 AND name = $2 AND object > $3 ORDER BY object LIMIT $4',
}

/** Those who wait for it and were not woken yet, at most `limit`. */
export async function interested(client: ClientBase, tenant: string, news: News, limit: number): Promise<string[]> {
  return (await rowsOf<[string]>(client, SLICE, [tenant, news.name, news.doneTo, limit])).map(([object]) => object)
}

/** They are woken, durably: all up to `doneTo`, or everybody. */
export async function newsDone(client: ClientBase, tenant: string, news: News, doneTo: string): Promise<void> {
  await client.query(
    doneTo === 'everybody'
      ? {
          name: 'stir_done',
          text: 'DELETE FROM stir WHERE tenant = $1 AND name = $2 AND seq <= $3',
          values: [tenant, news.name, news.upTo],
        }
      : { name: 'stir_move', text: 'UPDATE stir SET done_to = $3 WHERE tenant = $1 AND seq = $2', values: [tenant, news.seq, doneTo] },
  )
}
