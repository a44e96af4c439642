/** Table `effect`: the queue of commands, one row for life. What moves a row is src/domain/effect.ts; here it is only kept and found. */
import { partsKey } from '../domain/decide.ts'
import { NEVER, type EffectRow, type EffectState } from '../domain/effect.ts'
import { LANES, type Lane } from '../domain/event.ts'
import { COMMANDS, type CommandName, type EffectParts, type WantedEffect } from '../domain/object.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CalendarDate, Instant } from '../lib/time.ts'
import { boolArray, dateArray, int2Array, int4Array, textArray, timestampArray } from './arrays.ts'
import { query, rowsOf, type ClientBase, type Query } from './database.ts'
import { sha256Hex } from './sha256.ts'

/** The key of an effect, the same for life: what goes to the target as idempotency key or reference. 64 hex digits. */
export function effectKey(tenant: string, parts: EffectParts): string {
  return sha256Hex(tenant + partsKey(parts))
}

/** A wanted effect as the row it starts with; its content canonical. */
export function newEffect(tenant: string, wanted: WantedEffect, now: Instant): EffectRow {
  const content = canonicalJson(wanted.content)
  return {
    key: effectKey(tenant, wanted),
    target: wanted.target,
    command: wanted.command,
    object: wanted.object,
    occurrence: wanted.occurrence,
    subject: wanted.subject,
    content,
    contentHash: sha256Hex(content),
    lane: COMMANDS[wanted.command].lane,
    state: 'waiting',
    attempts: 0,
    failures: 0,
    dueAt: now,
    dueOn: wanted.dueOn ?? now.slice(0, 10),
    blocks: COMMANDS[wanted.command].manner === 'money',
    wanted: true,
  }
}

export type Row = readonly [
  string,
  string,
  CommandName,
  string,
  string,
  string,
  string,
  string,
  number,
  EffectState,
  number,
  number,
  Instant,
  CalendarDate,
  boolean,
  boolean,
]
export const COLUMNS =
  'key, target, command, object, occurrence, subject, content, content_hash, lane, state, attempts, failures, due_at, due_on, blocks, wanted'
export const decode = ([
  key,
  target,
  command,
  object,
  occurrence,
  subject,
  content,
  contentHash,
  lane,
  state,
  attempts,
  failures,
  dueAt,
  dueOn,
  blocks,
  wanted,
]: Row): EffectRow => ({
  key,
  target,
  command,
  object,
  occurrence,
  subject,
  content,
  contentHash,
  lane: LANES[lane] as Lane,
  state,
  attempts,
  failures,
  dueAt,
  dueOn,
  blocks,
  wanted,
})

// ------------------------------------------------------------------------------------------------------------ for the commit

const LOCK = {
  name: 'effect_lock',
  text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND key = ANY($2::text[]) ORDER BY key FOR NO KEY UPDATE`,
}
// Both are written so that a plan made while the table was empty is still good when it is full: the order is an expression and the
// state stands in a CASE, so that neither the primary key nor a partial index of the queue can serve them, to be read from end to end.
const WAITING = {
  name: 'effect_waiting',
  text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND subject = ANY($2::text[]) AND CASE WHEN state = 'waiting' THEN true END
         ORDER BY key || '' FOR NO KEY UPDATE`,
}
const BLOCKING = {
  name: 'effect_blocking',
  text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND blocks AND command = ANY($2::text[]) AND object = ANY($3::text[]) ORDER BY key || '' FOR NO KEY UPDATE`,
}

/** Effects by key, those that still wait for a subject, and money effects that may have acted: all that a commit must know, locked. */
export async function lockEffects(
  client: ClientBase,
  tenant: string,
  keys: Iterable<string>,
  subjects: Iterable<string> = [],
  money: readonly Pick<EffectParts, 'command' | 'object'>[] = [],
): Promise<Map<string, EffectRow>> {
  const wantedKeys = [...new Set(keys)].sort()
  const wantedSubjects = [...new Set(subjects)].sort()
  const rows = await Promise.all([
    wantedKeys.length === 0 ? [] : rowsOf<Row>(client, LOCK, [tenant, textArray(wantedKeys)]),
    wantedSubjects.length === 0 ? [] : rowsOf<Row>(client, WAITING, [tenant, textArray(wantedSubjects)]),
    money.length === 0
      ? []
      : rowsOf<Row>(client, BLOCKING, [
          tenant,
          textArray([...new Set(money.map((row) => row.command))]),
          textArray([...new Set(money.map((row) => row.object))]),
        ]),
  ])
  return new Map(rows.flat().map((row) => [row[0], decode(row)]))
}

const INSERT = {
  name: 'effect_insert',
  text: `INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, due_at, due_on, blocks)
         SELECT $1, k, t, c, o, n, s, b, h, l, st, a, d, m
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int2[], $11::date[], $12::bool[], $13::text[], $14::timestamptz[])
           AS x (k, t, c, o, n, s, b, h, l, d, m, st, a)`,
}

/** Writes what a commit does to effects. First those that no longer block, so that their mark is free for a new one. */
export function writingEffects(tenant: string, inserted: readonly EffectRow[], changed: readonly EffectRow[]): Query[] {
  return [
    ...changing(
      tenant,
      changed.filter((row) => !row.blocks),
    ),
    ...inserting(tenant, inserted),
    ...changing(
      tenant,
      changed.filter((row) => row.blocks),
    ),
  ]
}

function inserting(tenant: string, rows: readonly EffectRow[]): Query[] {
  if (rows.length === 0) return []
  const sorted = rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const column = (pick: (row: EffectRow) => string): Buffer => textArray(sorted.map((row) => pick(row)))
  return [
    query(INSERT, [
      tenant,
      column((row) => row.key),
      column((row) => row.target),
      column((row) => row.command),
      column((row) => row.object),
      column((row) => row.occurrence),
      column((row) => row.subject),
      column((row) => row.content),
      column((row) => row.contentHash),
      int2Array(sorted.map((row) => LANES.indexOf(row.lane))),
      dateArray(sorted.map((row) => row.dueOn)),
      boolArray(sorted.map((row) => row.blocks)),
      column((row) => row.state),
      timestampArray(sorted.map((row) => row.dueAt)),
    ]),
  ]
}

const WRITE = {
  name: 'effect_write',
  text: `UPDATE effect e SET state = x.state, attempts = x.attempts, failures = x.failures, due_at = x.due_at, due_on = x.due_on, content = x.content, content_hash = x.hash, wanted = x.wanted,
           blocks = x.blocks AND NOT EXISTS (SELECT FROM effect o WHERE o.tenant = $1 AND o.command = e.command AND o.object = e.object AND o.blocks AND o.key <> e.key)
         FROM unnest($2::text[], $3::text[], $4::int4[], $5::int4[], $6::timestamptz[], $7::date[], $8::bool[], $9::text[], $10::text[], $11::bool[])
           AS x (key, state, attempts, failures, due_at, due_on, blocks, content, hash, wanted)
         WHERE e.tenant = $1 AND e.key = x.key`,
}

/** One that would block beside another that blocks already yields the mark: evidence is never refused. */
function changing(tenant: string, rows: readonly EffectRow[]): Query[] {
  if (rows.length === 0) return []
  return [
    query(WRITE, [
      tenant,
      textArray(rows.map((row) => row.key)),
      textArray(rows.map((row) => row.state)),
      int4Array(rows.map((row) => row.attempts)),
      int4Array(rows.map((row) => row.failures)),
      timestampArray(rows.map((row) => row.dueAt)),
      dateArray(rows.map((row) => row.dueOn)),
      boolArray(rows.map((row) => row.blocks)),
      textArray(rows.map((row) => row.content)),
      textArray(rows.map((row) => row.contentHash)),
      boolArray(rows.map((row) => row.wanted)),
    ]),
  ]
}

/** Writes rows that were locked in this transaction, at once. */
export async function writeEffects(client: ClientBase, tenant: string, rows: readonly EffectRow[]): Promise<void> {
  await Promise.all(writingEffects(tenant, [], rows).map((statement) => client.query(statement)))
}

// -------------------------------------------------------------------------------------------------------------- for delivery

// The partial index effect_due gives the order; only as many rows are looked at as are taken. A row whose object is in flight,
// or that stands beside money that may have moved already, is passed over; SKIP LOCKED keeps two processes from waiting for each other.
const CLAIM = {
  name: 'effect_claim',
  text: `SELECT ${COLUMNS} FROM effect e
         WHERE tenant = $1 AND target = $2 AND state IN ('waiting', 'unknown') AND lane >= $5 AND due_at <= $3
           AND NOT EXISTS (SELECT FROM effect o WHERE o.tenant = $1 AND o.target = $2 AND o.object = e.object AND o.state IN ('open', 'unknown') AND o.key <> e.key)
           AND NOT EXISTS (SELECT FROM effect b WHERE b.tenant = $1 AND b.command = e.command AND b.object = e.object AND b.blocks AND b.key <> e.key)
         ORDER BY lane, due_on, due_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED`,
}

/**
 * Effects of a target that may be tried now, locked: lane by lane (from the lane of this number on), in a lane by due date and age; one per object, and none
 * whose object has another in flight. `unknown` ones are among them: their class says whether to look or to call once more.
 */
export async function claimDue(
  client: ClientBase,
  {
    tenant,
    target,
    limit,
    now,
    from = 0,
  }: { readonly tenant: string; readonly target: string; readonly limit: number; readonly now: Instant; readonly from?: number },
): Promise<EffectRow[]> {
  // Several of one object may stand together at the head of the queue; the rest of what was locked is free again after this transaction.
  const rows = await rowsOf<Row>(client, CLAIM, [tenant, target, now, limit * 2 + 8, from])
  const objects = new Set<string>()
  return rows
    .map(decode)
    .filter((row) => !objects.has(row.object) && objects.add(row.object))
    .slice(0, limit)
}

const LOOK_AGAIN = {
  name: 'effect_look_again',
  text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND target = $2 AND state IN ('held', 'done') AND due_at < '9999-01-01Z' AND due_at <= $3
         ORDER BY due_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED`,
}

/** Held or done effects of a target that are to be looked at once more, locked. */
export async function lookAgainDue(
  client: ClientBase,
  { tenant, target, limit, now }: { readonly tenant: string; readonly target: string; readonly limit: number; readonly now: Instant },
): Promise<EffectRow[]> {
  return (await rowsOf<Row>(client, LOOK_AGAIN, [tenant, target, now, limit])).map(decode)
}

const SAVE = {
  name: 'effect_save',
  text: `UPDATE effect SET state = $5, attempts = $6, failures = $7, due_at = $8, blocks = $9 WHERE tenant = $1 AND key = $2 AND state = $3 AND attempts = $4`,
}

/** Saves a stepped row only if nobody moved it since it was read; true when it took. The number of the last attempt is the fence. */
export async function saveEffect(
  client: ClientBase,
  tenant: string,
  read: Pick<EffectRow, 'key' | 'state' | 'attempts'>,
  next: EffectRow,
): Promise<boolean> {
  const { rowCount } = await client.query({
    ...SAVE,
    values: [tenant, read.key, read.state, read.attempts, next.state, next.attempts, next.failures, next.dueAt, next.blocks],
  })
  return rowCount === 1
}

/** When the next effect of a target that can move by itself is due; undefined when none waits. */
export async function nextDue(client: ClientBase, tenant: string, target: string): Promise<Instant | undefined> {
  const { rows } = await client.query<{ due: Instant | null }>({
    name: 'effect_next_due',
    values: [tenant, target],
    text: `SELECT min(due_at) AS due FROM effect WHERE tenant = $1 AND target = $2 AND state IN ('waiting', 'unknown')`,
  })
  const due = rows[0]?.due ?? undefined
  return due === NEVER ? undefined : due
}

// --------------------------------------------------------------------------------------------------------------- for readers

/** Effects by key, not locked. */
export async function readEffects(client: ClientBase, tenant: string, keys: readonly string[]): Promise<EffectRow[]> {
  if (keys.length === 0) return []
  return (
    await rowsOf<Row>(
      client,
      { name: 'effect_read', text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND key = ANY($2::text[]) ORDER BY key` },
      [tenant, textArray(keys)],
    )
  ).map(decode)
}

/** The effects whose outcomes an object's events hold, by lane. */
export async function effectsOf(client: ClientBase, tenant: string, subject: string): Promise<EffectRow[]> {
  const rows = await rowsOf<Row>(
    client,
    { name: 'effect_of', text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND subject = $2 ORDER BY lane, key LIMIT 1000` },
    [tenant, subject],
  )
  return rows.map(decode)
}

export interface EffectCount {
  readonly target: string
  readonly state: EffectState
  readonly count: number
  readonly oldest: Instant | null
}

// By the partial indexes alone, so that what is done, which is most, is not looked at: effect_due has `waiting` and `unknown` together
// (and counts them without a look at their rows), effect_in_flight the few that are open or unknown, effect_stopped the rest.
const COUNTS = {
  name: 'effect_count',
  text: `SELECT target, 'waiting', count(*)::int, min(due_at) FROM effect WHERE tenant = $1 AND state IN ('waiting', 'unknown') AND due_at < '9999-01-01Z' GROUP BY 1
         UNION ALL SELECT target, state, count(*)::int, min(due_at) FROM effect WHERE tenant = $1 AND state IN ('open', 'unknown') GROUP BY 1, 2
         UNION ALL SELECT target, state, count(*)::int, NULL FROM effect WHERE tenant = $1 AND state IN ('held', 'refused', 'dead') GROUP BY 1, 2`,
}

/** How many effects of each target stand in each state in its queue, and when the first of them was due. What news alone moves is not counted as waiting. */
export async function countEffects(client: ClientBase, tenant: string): Promise<EffectCount[]> {
  const rows = (await rowsOf<[string, EffectState, number, Instant | null]>(client, COUNTS, [tenant])).map(
    ([target, state, count, oldest]) => ({ target, state, count, oldest }),
  )
  const unknown = new Map(rows.filter(({ state }) => state === 'unknown').map(({ target, count }) => [target, count]))
  return rows
    .map((row) => (row.state === 'waiting' ? { ...row, count: Math.max(0, row.count - (unknown.get(row.target) ?? 0)) } : row))
    .filter(({ count }) => count > 0)
}
