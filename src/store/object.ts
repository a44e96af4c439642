/** Tables `object`, `list_row`, `interest` and `stir`: what is known now, what lists show of it, and who waits for news of it. */
import type { ClientBase } from 'pg'
import type { Kind } from '../domain/event.ts'
import type { ListRow, ObjectRecord } from '../domain/object.ts'
import type { Instant } from '../lib/time.ts'
import { boolArray, int4Array, textArray, timestampArray } from './arrays.ts'

interface Row { id: string; kind: Kind; version: number; state: string; wake_at: Instant | null }

const recordOf = (row: Row): ObjectRecord => ({ id: row.id, kind: row.kind, version: row.version, state: JSON.parse(row.state) as ObjectRecord['state'], wakeAt: row.wake_at })

/** Objects by id in id order; `lock` for those that may be written, always in that order so that transactions cannot wait in a ring. */
export async function readObjects(client: ClientBase, tenant: string, ids: readonly string[], lock: boolean): Promise<Map<string, ObjectRecord>> {
  if (ids.length === 0) return new Map()
  const { rows } = await client.query<Row>({
    name: lock ? 'object_lock' : 'object_read',
    text: `SELECT id, kind, version, state, wake_at FROM object WHERE tenant = $1 AND id = ANY($2::text[]) ORDER BY id${lock ? ' FOR NO KEY UPDATE' : ''}`,
    values: [tenant, textArray([...new Set(ids)].sort())],
  })
  return new Map(rows.map((row) => [row.id, recordOf(row)]))
}

/** Writes objects and what lists show of them, each in one statement. The caller holds the locks, or the objects are new. */
export async function writeObjects(client: ClientBase, tenant: string, records: readonly ObjectRecord[], list: (record: ObjectRecord) => ListRow | undefined): Promise<void> {
  if (records.length === 0) return
  const sorted = records.toSorted((a, b) => a.id < b.id ? -1 : 1)
  await client.query({
    name: 'object_write',
    text: `INSERT INTO object (tenant, id, kind, version, state, wake_at)
           SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int4[], $5::text[], $6::timestamptz[])
           ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version, state = excluded.state, wake_at = excluded.wake_at`,
    values: [
      tenant, textArray(sorted.map((record) => record.id)), textArray(sorted.map((record) => record.kind)), int4Array(sorted.map((record) => record.version)),
      textArray(sorted.map((record) => JSON.stringify(record.state))), timestampArray(sorted.map((record) => record.wakeAt)),
    ],
  })
  const rows = sorted.flatMap((record) => {
    const row = list(record)
    return row ? [{ record, row }] : []
  })
  if (rows.length === 0) return
  const column = (pick: (row: ListRow) => string | null): Buffer => textArray(rows.map(({ row }) => pick(row)))
  await client.query({
    name: 'list_row_write',
    text: `INSERT INTO list_row (tenant, object, kind, title, state, currency, amount, party, entity, due_on, owner, cause, open, breaches)
           SELECT $1, o, k, t, s, c, a, p, e, d::date, w, u, n, string_to_array(b, ',')
           FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bool[], $14::text[])
             AS x (o, k, t, s, c, a, p, e, d, w, u, n, b)
           ON CONFLICT (tenant, object) DO UPDATE SET title = excluded.title, state = excluded.state, currency = excluded.currency, amount = excluded.amount,
             party = excluded.party, entity = excluded.entity, due_on = excluded.due_on, owner = excluded.owner, cause = excluded.cause, open = excluded.open,
             breaches = excluded.breaches`,
    values: [
      tenant, textArray(rows.map(({ record }) => record.id)), textArray(rows.map(({ record }) => record.kind)), column((row) => row.title), column((row) => row.state),
      column((row) => row.currency), column((row) => row.amount), column((row) => row.party), column((row) => row.entity), column((row) => row.dueOn),
      column((row) => row.owner), column((row) => row.cause), boolArray(rows.map(({ row }) => row.open)), column((row) => row.breaches.join(',')),
    ],
  })
}

/** Replaces what objects wait for, and leaves news for those who wait for `news` (ids of changed objects, names just bound). */
export async function writeInterest(client: ClientBase, tenant: string, waits: ReadonlyMap<string, readonly string[]>, news: readonly string[]): Promise<boolean> {
  const pairs = [...waits].flatMap(([object, names]) => names.map((name) => [name, object] as const)).sort()
  if (waits.size > 0) {
    await client.query({
      name: 'interest_replace',
      text: `WITH gone AS (DELETE FROM interest i WHERE tenant = $1 AND object = ANY($2::text[])
                           AND NOT EXISTS (SELECT FROM unnest($3::text[], $4::text[]) AS x (n, o) WHERE x.n = i.name AND x.o = i.object))
             INSERT INTO interest (tenant, name, object) SELECT $1, * FROM unnest($3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
      values: [tenant, textArray([...waits.keys()].sort()), textArray(pairs.map(([name]) => name)), textArray(pairs.map(([, object]) => object))],
    })
  }
  if (news.length === 0) return false
  const { rowCount } = await client.query({
    name: 'stir_leave',
    text: `INSERT INTO stir (tenant, name) SELECT DISTINCT $1, name FROM interest WHERE tenant = $1 AND name = ANY($2::text[]) ORDER BY 2 ON CONFLICT DO NOTHING`,
    values: [tenant, textArray([...new Set(news)].sort())],
  })
  return (rowCount ?? 0) > 0
}

/**
 * Wakes at most `limit` objects that wait for one piece of news, and takes the news away with the last of them. True when
 * there may be more. Their interest goes with it: being judged renews it.
 */
export async function wakeSlice(client: ClientBase, tenant: string, limit: number): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM stir WHERE tenant = $1 ORDER BY name LIMIT 1 FOR UPDATE SKIP LOCKED', [tenant])
  const name = rows[0]?.name
  if (name === undefined) return false
  const woken = await client.query(
    `WITH slice AS (DELETE FROM interest WHERE (tenant, name, object) IN (SELECT tenant, name, object FROM interest WHERE tenant = $1 AND name = $2 ORDER BY object LIMIT $3) RETURNING object),
          held AS (SELECT id FROM object WHERE tenant = $1 AND id IN (SELECT object FROM slice) ORDER BY id FOR NO KEY UPDATE)
     UPDATE object SET wake_at = least(wake_at, now()) WHERE tenant = $1 AND id IN (SELECT id FROM held)`, [tenant, name, limit])
  if ((woken.rowCount ?? 0) < limit) await client.query('DELETE FROM stir WHERE tenant = $1 AND name = $2', [tenant, name])
  return true
}

/** Objects whose time has come, oldest first. */
export async function dueObjects(client: ClientBase, tenant: string, now: Instant, limit: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'object_due', text: 'SELECT id FROM object WHERE tenant = $1 AND wake_at <= $2 ORDER BY wake_at LIMIT $3', values: [tenant, now, limit],
  })
  return rows.map((row) => row.id)
}

/** Puts off objects whose judging breaks, so that they do not come round at once. */
export async function postpone(client: ClientBase, tenant: string, ids: readonly string[], until: Instant): Promise<void> {
  await client.query('UPDATE object SET wake_at = $3 WHERE tenant = $1 AND id = ANY($2::text[])', [tenant, ids, until])
}

export type Listed = ListRow & { readonly object: string; readonly kind: string }

/** A page of a list in id order after `after`: rows of one kind, by state, cause or owner where given. */
export async function listObjects(
  client: ClientBase, tenant: string, kind: Kind,
  filter: { readonly open?: boolean; readonly state?: string; readonly cause?: string; readonly owner?: string; readonly after?: string; readonly limit: number },
): Promise<Listed[]> {
  const { rows } = await client.query<Omit<Listed, 'dueOn'> & { due_on: string | null }>({
    name: 'list_page',
    text: `SELECT object, kind, title, state, currency, amount, party, entity, due_on, owner, cause, open, breaches FROM list_row
           WHERE tenant = $1 AND kind = $2 AND object > $3 AND ($4::bool IS NULL OR open = $4) AND ($5::text IS NULL OR state = $5)
             AND ($6::text IS NULL OR cause = $6) AND ($7::text IS NULL OR owner = $7)
           ORDER BY object LIMIT $8`,
    values: [tenant, kind, filter.after ?? '', filter.open ?? null, filter.state ?? null, filter.cause ?? null, filter.owner ?? null, Math.min(filter.limit, 1000)],
  })
  return rows.map(({ due_on: dueOn, ...row }) => ({ ...row, dueOn }))
}

/** How many objects of a kind stand in each state (exceptions: cause) and what they amount to, per currency. */
export async function countObjects(client: ClientBase, tenant: string, kind: Kind): Promise<{ state: string; cause: string | null; open: boolean; currency: string | null; count: number; amount: string }[]> {
  const { rows } = await client.query<{ state: string; cause: string | null; open: boolean; currency: string | null; count: number; amount: string }>({
    name: 'list_count',
    text: `SELECT state, cause, open, currency, count(*)::int AS count, coalesce(sum(amount::numeric), 0)::text AS amount
           FROM list_row WHERE tenant = $1 AND kind = $2 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    values: [tenant, kind],
  })
  return rows
}
