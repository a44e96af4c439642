/** Table `set_back`: what people have said about a database that had lost events, and how far the feeds were read since. */
import type { Instant } from '../lib/time.ts'
import { assert } from '../lib/assert.ts'
import { textArray } from './arrays.ts'
import { rowsOf, type ClientBase } from './database.ts'

/** A time of which this log knows nothing: between the last event before it and when people let it go on. */
export interface SetBack {
  readonly since: Instant
  readonly at: Instant
}
/** Why, by whom, and what is lost: events from index `first` on, of `known` at least. `head`: how many there were when people decided it. */
export interface SetBackRecord extends SetBack {
  readonly first: number
  readonly known: number
  readonly head: number
  readonly by: string
  readonly reason: string
}

/** All that have not been ended, taken together; undefined when nothing has to be looked for. */
export async function readSetBack(client: ClientBase, tenant: string): Promise<SetBack | undefined> {
  const [row] = await rowsOf<[Instant | null, Instant | null]>(
    client,
    { name: 'set_back_open', text: 'SELECT min(since), max(at) FROM set_back WHERE tenant = $1 AND ended_at IS NULL' },
    [tenant],
  )
  const [since, at] = row ?? [null, null]
  return since === null || at === null ? undefined : { since, at }
}

/** All there were, the oldest first. */
export async function setBacks(client: ClientBase, tenant: string): Promise<SetBackRecord[]> {
  const { rows } = await client.query<SetBackRecord>({
    name: 'set_back_all',
    text: 'SELECT since, at, first, known, head, by, reason FROM set_back WHERE tenant = $1 ORDER BY at',
    values: [tenant],
  })
  return rows
}

/** Notes that people let the log go on; gives that row. The same loss again, as when whoever noted it was interrupted, is the row that is there. */
export async function noteSetBack(
  client: ClientBase,
  tenant: string,
  { first, known, by, reason }: Pick<SetBackRecord, 'first' | 'known' | 'by' | 'reason'>,
): Promise<SetBack> {
  const { rows } = await client.query<SetBack>(
    `WITH there AS (SELECT since, at FROM set_back WHERE tenant = $1 AND first = $2 AND known = $3 AND ended_at IS NULL),
       noted AS (
         INSERT INTO set_back (tenant, since, first, known, head, by, reason)
         SELECT h.tenant, coalesce((SELECT e.recorded_at FROM event e WHERE e.tenant = $1 AND e."index" = $2 - 1), '2000-01-01Z'), $2, $3, h.next_index, $4, $5
         FROM tenant_head h WHERE h.tenant = $1 AND NOT EXISTS (SELECT FROM there) RETURNING since, at)
     SELECT * FROM there UNION ALL SELECT * FROM noted`,
    [tenant, first, known, by, reason],
  )
  const [row] = rows
  assert(row, 'a tenant has a head')
  return row
}

/** From now on nothing is looked for before it is tried; how many rows that ended. */
export async function endSetBacks(client: ClientBase, tenant: string): Promise<number> {
  const { rowCount } = await client.query('UPDATE set_back SET ended_at = now() WHERE tenant = $1 AND ended_at IS NULL', [tenant])
  return rowCount ?? 0
}

/** A feed of a system. */
export interface FeedName {
  readonly system: string
  readonly feed: string
}

/** Those of `feeds` that were not read to their ends since `at`. */
export async function feedsBehind(client: ClientBase, tenant: string, feeds: readonly FeedName[], at: Instant): Promise<FeedName[]> {
  const rows = await rowsOf<[string, string]>(
    client,
    {
      name: 'set_back_feeds',
      text: `SELECT f.system, f.feed FROM unnest($2::text[], $3::text[]) AS f (system, feed)
             WHERE NOT EXISTS (SELECT FROM cursor c WHERE c.tenant = $1 AND c.system = f.system AND c.feed = f.feed AND c.ended_at >= $4)`,
    },
    [tenant, textArray(feeds.map(({ system }) => system)), textArray(feeds.map(({ feed }) => feed)), at],
  )
  return rows.map(([system, feed]) => ({ system, feed }))
}

/** A feed was read to its end, by what was asked at `at`. */
export async function feedEnded(client: ClientBase, tenant: string, { system, feed }: FeedName, at: Instant): Promise<void> {
  await client.query({
    name: 'set_back_feed_ended',
    text: `INSERT INTO cursor (tenant, system, feed, ended_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (tenant, system, feed) DO UPDATE SET ended_at = excluded.ended_at`,
    values: [tenant, system, feed, at],
  })
}
