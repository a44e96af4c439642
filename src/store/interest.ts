/** Tables `interest` and `stir`: who waits for news of what, and news that somebody waits for. */
import { int8Array, textArray } from './arrays.ts'
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

/** News of one name: those who wait are woken once however often it changed meanwhile. `doneTo`: the last of them that was woken. */
export interface News {
  readonly name: string
  readonly doneTo: string
  readonly seqs: readonly number[]
}

const OLDEST = { name: 'stir_oldest', text: 'SELECT seq, name, done_to FROM stir WHERE tenant = $1 ORDER BY seq LIMIT $2' }

/** The oldest news that is not done with, at most `limit` rows of it. One that is half done stands for itself: others of its name begin anew. */
export async function oldestNews(client: ClientBase, tenant: string, limit: number): Promise<News[]> {
  const rows = await rowsOf<[number, string, string]>(client, OLDEST, [tenant, limit])
  const byName = Map.groupBy(rows, ([seq, name, doneTo]) => (doneTo === '' ? name : seq))
  return [...byName.values()].map((same) => ({ name: same[0]![1], doneTo: same[0]![2], seqs: same.map(([seq]) => seq) }))
}

const SLICE = {
  name: 'interest_slice',
  text: `SELECT x.n::int4, i.object FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS x (name, done_to, n),
           LATERAL (SELECT object FROM interest WHERE tenant = $1 AND name = x.name AND object > x.done_to ORDER BY object LIMIT $4) AS i`,
}

/** Those who wait for each and were not woken yet, at most `limit`, in the order of their ids. */
export async function interested(client: ClientBase, tenant: string, news: readonly News[], limit: number): Promise<string[][]> {
  const found = await rowsOf<[number, string]>(client, SLICE, [
    tenant,
    textArray(news.map(({ name }) => name)),
    textArray(news.map(({ doneTo }) => doneTo)),
    limit,
  ])
  const byNews = Map.groupBy(found, ([n]) => n)
  return news.map((_, at) => (byNews.get(at + 1) ?? []).map(([, object]) => object))
}

/** Everybody who waited is woken, durably. */
export async function newsDone(client: ClientBase, tenant: string, news: readonly News[]): Promise<void> {
  await client.query({
    name: 'stir_done',
    text: 'DELETE FROM stir WHERE tenant = $1 AND seq = ANY($2::int8[])',
    values: [tenant, int8Array(news.flatMap(({ seqs }) => seqs))],
  })
}

/** Those up to `doneTo` are woken, durably. */
export async function newsMoved(client: ClientBase, tenant: string, { seqs }: News, doneTo: string): Promise<void> {
  await client.query({
    name: 'stir_move',
    text: 'UPDATE stir SET done_to = $3 WHERE tenant = $1 AND seq = $2',
    values: [tenant, seqs[0], doneTo],
  })
}
