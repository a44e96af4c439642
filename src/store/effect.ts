/** Table `effect`: the queue of commands, one row for life. */
import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import { partsKey } from '../domain/decide.ts'
import { stepEffect, type EffectInput, type EffectRow, type StepAt } from '../domain/effect.ts'
import { LANES } from '../domain/event.ts'
import { COMMANDS, type CommandName, type EffectParts, type WantedEffect } from '../domain/object.ts'
import { boolArray, int2Array, int4Array, textArray, timestampArray } from './arrays.ts'

interface Row {
  key: string; target: string; command: CommandName; object: string; occurrence: string; subject: string; content: string; content_hash: string
  lane: number; state: EffectRow['state']; attempts: number; failures: number; due_at: Instant; blocks: boolean
}
const COLUMNS = 'key, target, command, object, occurrence, subject, content, content_hash, lane, state, attempts, failures, due_at, blocks'

const rowOf = (row: Row): EffectRow => ({
  key: row.key, target: row.target, command: row.command, object: row.object, occurrence: row.occurrence, subject: row.subject, content: row.content,
  contentHash: row.content_hash, lane: LANES[row.lane] ?? 'metadata', state: row.state, attempts: row.attempts, failures: row.failures, dueAt: row.due_at, blocks: row.blocks,
})

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The key of an effect, the same for life: what goes to the target as idempotency key or reference. */
export function effectKey(tenant: string, parts: EffectParts): string {
  return sha256(`${tenant} ${partsKey(parts)}`)
}

/**
 * Brings wanted effects into the queue: a new key is inserted, a waiting or superseded one gets the present content, all others
 * stay as they are. Waiting ones of latest-wins commands that a new one replaces are superseded. Gives the targets that have
 * something to do. A money effect that another one blocks is not inserted: the index says so, not the code.
 */
export async function putEffects(client: ClientBase, tenant: string, wanted: readonly WantedEffect[], now: Instant): Promise<Set<string>> {
  if (wanted.length === 0) return new Set()
  const rows = [...new Map(wanted.map((effect) => [effectKey(tenant, effect), effect])).entries()].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, effect]) => ({ key, effect, content: canonicalJson(effect.content), row: COMMANDS[effect.command] }))
  const columns = [
    textArray(rows.map(({ key }) => key)), textArray(rows.map(({ effect }) => effect.target)), textArray(rows.map(({ effect }) => effect.command)),
    textArray(rows.map(({ effect }) => effect.object)), textArray(rows.map(({ effect }) => effect.occurrence)), textArray(rows.map(({ effect }) => effect.subject)),
    textArray(rows.map(({ content }) => content)), textArray(rows.map(({ content }) => sha256(content))), int2Array(rows.map(({ row }) => LANES.indexOf(row.lane))),
    textArray(rows.map(({ effect }) => effect.dueOn ?? null)), boolArray(rows.map(({ row }) => row.manner === 'money')),
  ]
  const inserted = await client.query<{ key: string }>({
    name: 'effect_put',
    text: `INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, due_at, due_on, blocks)
           SELECT $1, k, t, c, o, n, s, b, h, l, 'waiting', $2, d::date, m
           FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::int2[], $12::text[], $13::bool[])
             AS x (k, t, c, o, n, s, b, h, l, d, m)
           ON CONFLICT DO NOTHING RETURNING key`,
    values: [tenant, now, ...columns],
  })
  const fresh = new Set(inserted.rows.map((row) => row.key))
  const known = rows.filter(({ key }) => !fresh.has(key))
  if (known.length > 0) {
    await client.query({
      name: 'effect_renew',
      text: `UPDATE effect e SET content = b, content_hash = h, state = 'waiting', due_at = least(e.due_at, $2), blocks = m
             FROM unnest($3::text[], $4::text[], $5::text[], $6::bool[]) AS x (k, b, h, m)
             WHERE e.tenant = $1 AND e.key = k AND (e.state = 'superseded' OR (e.state = 'waiting' AND e.content_hash <> h))`,
      values: [tenant, now, textArray(known.map(({ key }) => key)), textArray(known.map(({ content }) => content)), textArray(known.map(({ content }) => sha256(content))),
        boolArray(known.map(({ row }) => row.manner === 'money'))],
    })
  }
  const latest = rows.filter(({ row }) => row.manner === 'latest')
  if (latest.length > 0) {
    await client.query({
      name: 'effect_supersede',
      text: `UPDATE effect e SET state = 'superseded', due_at = '9999-12-31T23:59:59.999Z' FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS x (k, t, c, s)
             WHERE e.tenant = $1 AND e.subject = s AND e.target = t AND e.command = c AND e.key <> ALL($2::text[]) AND e.state = 'waiting'`,
      values: [tenant, textArray(latest.map(({ key }) => key)), textArray(latest.map(({ effect }) => effect.target)), textArray(latest.map(({ effect }) => effect.command)),
        textArray(latest.map(({ effect }) => effect.subject))],
    })
  }
  return new Set(rows.map(({ effect }) => effect.target))
}

/** Effects by key, locked in key order. */
export async function lockEffects(client: ClientBase, tenant: string, keys: readonly string[]): Promise<EffectRow[]> {
  if (keys.length === 0) return []
  const { rows } = await client.query<Row>({
    name: 'effect_lock', text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND key = ANY($2::text[]) ORDER BY key FOR NO KEY UPDATE`, values: [tenant, textArray([...new Set(keys)].sort())],
  })
  return rows.map(rowOf)
}

/** Applies an input to each effect that has one; inputs without bearing on its state change nothing. The rows are locked here. */
export async function stepEffects(client: ClientBase, tenant: string, inputs: ReadonlyMap<string, { readonly input: EffectInput; readonly at: StepAt }>): Promise<void> {
  const rows = await lockEffects(client, tenant, [...inputs.keys()])
  const stepped = rows.flatMap((row) => {
    const step = inputs.get(row.key)
    const next = step ? stepEffect(row, step.input, step.at) : 'ignored'
    return next === 'ignored' ? [] : [next]
  })
  await writeEffects(client, tenant, stepped)
}

/** Writes rows that were locked in this transaction. One that would block beside another that blocks already yields the mark. */
export async function writeEffects(client: ClientBase, tenant: string, rows: readonly EffectRow[]): Promise<void> {
  if (rows.length === 0) return
  await client.query({
    name: 'effect_write',
    text: `UPDATE effect e SET state = s, attempts = a, failures = f, due_at = d,
             blocks = b AND NOT EXISTS (SELECT FROM effect o WHERE o.tenant = $1 AND o.target = e.target AND o.command = e.command AND o.object = e.object AND o.blocks AND o.key <> e.key)
           FROM unnest($2::text[], $3::text[], $4::int4[], $5::int4[], $6::timestamptz[], $7::bool[]) AS x (k, s, a, f, d, b)
           WHERE e.tenant = $1 AND e.key = k`,
    values: [tenant, textArray(rows.map((row) => row.key)), textArray(rows.map((row) => row.state)), int4Array(rows.map((row) => row.attempts)),
      int4Array(rows.map((row) => row.failures)), timestampArray(rows.map((row) => row.dueAt)), boolArray(rows.map((row) => row.blocks))],
  })
}

/**
 * Effects of a target that may be tried now, locked: lane by lane, in a lane by due date and age, one per object and none whose
 * object has another in flight. `unknown` ones are among them: their class says whether to look or to call once more.
 */
export async function claimDue(client: ClientBase, query: { readonly tenant: string; readonly target: string; readonly limit: number; readonly now: Instant }): Promise<EffectRow[]> {
  const { rows } = await client.query<Row>({
    name: 'effect_claim',
    text: `SELECT ${COLUMNS} FROM effect e
           WHERE tenant = $1 AND target = $2 AND state IN ('waiting', 'unknown') AND due_at <= $3
             AND NOT EXISTS (SELECT FROM effect o WHERE o.tenant = e.tenant AND o.target = e.target AND o.object = e.object AND o.state IN ('open', 'unknown') AND o.key <> e.key)
           ORDER BY lane, due_on NULLS LAST, due_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED`,
    values: [query.tenant, query.target, query.now, query.limit],
  })
  const objects = new Set<string>()
  return rows.map(rowOf).filter((row) => !objects.has(row.object) && objects.add(row.object))
}

/** Held or done effects of a target that are to be looked at once more, locked. */
export async function lookAgainDue(client: ClientBase, query: { readonly tenant: string; readonly target: string; readonly limit: number; readonly now: Instant }): Promise<EffectRow[]> {
  const { rows } = await client.query<Row>({
    name: 'effect_look_again',
    text: `SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND target = $2 AND state IN ('held', 'done') AND due_at < '9999-01-01Z' AND due_at <= $3
           ORDER BY due_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED`,
    values: [query.tenant, query.target, query.now, query.limit],
  })
  return rows.map(rowOf)
}

/** When the next effect of a target is due; undefined when none waits. */
export async function nextDue(client: ClientBase, tenant: string, target: string): Promise<Instant | undefined> {
  const { rows } = await client.query<{ due: Instant | null }>('SELECT min(due_at) AS due FROM effect WHERE tenant = $1 AND target = $2 AND state IN (\'waiting\', \'unknown\')', [tenant, target])
  return rows[0]?.due ?? undefined
}

/** Saves a stepped row only if nobody moved it since it was read; true when it took. */
export async function saveEffect(client: ClientBase, tenant: string, read: Pick<EffectRow, 'key' | 'state' | 'attempts'>, next: EffectRow): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'effect_save',
    text: 'UPDATE effect SET state = $5, attempts = $6, failures = $7, due_at = $8, blocks = $9 WHERE tenant = $1 AND key = $2 AND state = $3 AND attempts = $4',
    values: [tenant, read.key, read.state, read.attempts, next.state, next.attempts, next.failures, next.dueAt, next.blocks],
  })
  return rowCount === 1
}

/** All effects of an object, newest last. */
export async function effectsOf(client: ClientBase, tenant: string, subject: string): Promise<EffectRow[]> {
  const { rows } = await client.query<Row>(`SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND subject = $2 ORDER BY lane, key LIMIT 1000`, [tenant, subject])
  return rows.map(rowOf)
}

/** How many effects of each target stand in each state, and since when the oldest of them is due. */
export async function countEffects(client: ClientBase, tenant: string): Promise<{ target: string; state: string; count: number; oldest: Instant | null }[]> {
  const { rows } = await client.query<{ target: string; state: string; count: number; oldest: Instant | null }>(
    `SELECT target, state, count(*)::int AS count, min(due_at) FILTER (WHERE state IN ('waiting', 'open', 'unknown')) AS oldest FROM effect WHERE tenant = $1 GROUP BY 1, 2 ORDER BY 1, 2`, [tenant])
  return rows
}
