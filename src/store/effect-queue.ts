/** Table `effect`: what stands in the queue of a system, page by page, and what stands in the way of it. For readers; nothing is locked. */
import type { EffectRow, EffectState } from '../domain/effect.ts'
import { LANES } from '../domain/event.ts'
import type { CommandName } from '../domain/object.ts'
import type { CalendarDate, Instant } from '../lib/time.ts'
import { textArray } from './arrays.ts'
import { type ClientBase, rowsOf, type Statement } from './database.ts'
import { COLUMNS, decode, type Row } from './effect.ts'

/** `waiting`: for its turn, or to find out what became of it. `under-way`: a call is out. `stopped`: for a person. */
export const STANDS = {
  waiting: ['waiting', 'unknown'],
  'under-way': ['open'],
  stopped: ['held', 'refused', 'dead'],
} as const satisfies Record<string, readonly EffectState[]>
export type Stands = keyof typeof STANDS

/** Where a page begins: after this one, in the order in which delivery takes them. */
export interface QueuePlace {
  readonly lane: number
  readonly dueOn: CalendarDate
  readonly dueAt: Instant
  readonly key: string
}

// The states stand in the statements themselves, so that the partial index of each applies: effect_due, effect_in_flight (whose
// rows are as few as calls at the same time), effect_stopped.
function statements(name: string, text: (states: string) => string): { readonly [stands in Stands]: Statement } {
  return Object.fromEntries(
    Object.entries(STANDS).map(([stands, states]) => [
      stands,
      { name: `effect_queue_${name}_${stands}`, text: text(states.map((state) => `'${state}'`).join(', ')) },
    ]),
  ) as { readonly [stands in Stands]: Statement }
}

const PAGE = statements(
  'page',
  (states) => `
  SELECT ${COLUMNS} FROM effect WHERE tenant = $1 AND target = $2 AND state IN (${states})
    AND (lane, due_on, due_at, key) > ($3::int2, $4::date, $5::timestamptz, $6::text) ORDER BY lane, due_on, due_at, key LIMIT $7`,
)

const START: QueuePlace = { lane: -1, dueOn: '-infinity', dueAt: '-infinity', key: '' }

/** A page of the queue of a system, with the place to go on from. */
export async function queuePage(
  client: ClientBase,
  tenant: string,
  target: string,
  stands: Stands,
  limit: number,
  place: QueuePlace = START,
): Promise<{ readonly rows: readonly EffectRow[]; readonly next: QueuePlace | null }> {
  const found = await rowsOf<Row>(client, PAGE[stands], [tenant, target, place.lane, place.dueOn, place.dueAt, place.key, limit + 1])
  const rows = found.slice(0, limit).map(decode)
  const last = rows.at(-1)
  const next = last && found.length > limit ? { ...last, lane: LANES.indexOf(last.lane) } : null
  return { rows, next }
}

export const LIMIT_COUNTED = 10_000

const AHEAD = {
  name: 'effect_queue_ahead',
  text: `SELECT count(*)::int FROM (
           SELECT FROM effect WHERE tenant = $1 AND target = $2 AND state IN ('waiting', 'unknown') AND due_at <= $3
             AND (lane, due_on, due_at, key) <= ($4::int2, $5::date, $6::timestamptz, $7::text) LIMIT ${LIMIT_COUNTED}) AS x`,
}

/** How many that are due stand before a place of the queue, itself included; counted up to {@link LIMIT_COUNTED}. */
export async function dueUntil(client: ClientBase, tenant: string, target: string, now: Instant, place: QueuePlace): Promise<number> {
  const [row] = await rowsOf<[number]>(client, AHEAD, [tenant, target, now, place.lane, place.dueOn, place.dueAt, place.key])
  return row?.[0] ?? 0
}

const BEFORE = {
  name: 'effect_queue_before',
  text: `SELECT e.key, (SELECT count(*)::int FROM (
           SELECT FROM effect a WHERE a.tenant = $1 AND a.target = e.target AND a.state IN ('waiting', 'unknown') AND a.due_at <= $3
             AND (a.lane, a.due_on, a.due_at, a.key) < (e.lane, e.due_on, e.due_at, e.key) LIMIT ${LIMIT_COUNTED}) AS x)
         FROM effect e WHERE e.tenant = $1 AND e.key = ANY($2::text[]) AND e.state IN ('waiting', 'unknown')`,
}

/** How many that are due stand before each of these few commands, by key; counted up to {@link LIMIT_COUNTED}. */
export async function dueBefore(
  client: ClientBase,
  tenant: string,
  keys: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, number>> {
  return keys.length === 0 ? new Map() : new Map(await rowsOf<[string, number]>(client, BEFORE, [tenant, textArray(keys), now]))
}

export interface QueueTotal {
  readonly kind: string
  readonly objects: number
  readonly currency: string | null
  readonly amount: string | null
}

const TOTALS = statements(
  'total',
  (states) => `
  WITH q AS (SELECT subject FROM effect WHERE tenant = $1 AND target = $2 AND state IN (${states}) ORDER BY lane, due_on, due_at LIMIT ${LIMIT_COUNTED})
  SELECT r.kind, count(*)::int, r.currency, sum(r.amount)::text
  FROM (SELECT DISTINCT subject FROM q) AS q JOIN list_row r ON r.tenant = $1 AND r.object = q.subject AND r.kind IN ('invoice', 'payment') GROUP BY 1, 3 ORDER BY 1, 3`,
)

/** What the first {@link LIMIT_COUNTED} commands of the queue are about: invoices and payments, each once, by currency. */
export async function queueTotals(client: ClientBase, tenant: string, target: string, stands: Stands): Promise<readonly QueueTotal[]> {
  const rows = await rowsOf<[string, number, string | null, string | null]>(client, TOTALS[stands], [tenant, target])
  return rows.map(([kind, objects, currency, amount]) => ({ kind, objects, currency, amount }))
}

/** Another command that keeps one from being taken: one about the same object is out, or money of it may have moved already. */
export interface Obstacle {
  readonly why: 'in-flight' | 'money'
  readonly command: CommandName
  readonly occurrence: string
  readonly state: EffectState
}

// The laterals stay as they are (OFFSET 0): for each command one look into effect_in_flight and one into effect_money, and never
// all that is in flight or blocks first.
const OBSTACLES = {
  name: 'effect_obstacles',
  text: `SELECT e.key, o.why, o.command, o.occurrence, o.state
         FROM effect e CROSS JOIN LATERAL (
           SELECT 'in-flight' AS why, f.command, f.occurrence, f.state FROM effect f
             WHERE f.tenant = $1 AND f.target = e.target AND f.object = e.object AND f.state IN ('open', 'unknown') AND f.key <> e.key
           UNION ALL
           SELECT 'money', m.command, m.occurrence, m.state FROM effect m
             WHERE m.tenant = $1 AND m.command = e.command AND m.object = e.object AND m.blocks AND m.key <> e.key
           OFFSET 0) AS o
         WHERE e.tenant = $1 AND e.key = ANY($2::text[])`,
}

/** By key, what the claim passes it over for. */
export async function obstaclesTo(client: ClientBase, tenant: string, keys: readonly string[]): Promise<ReadonlyMap<string, Obstacle>> {
  if (keys.length === 0) return new Map()
  const rows = await rowsOf<[string, Obstacle['why'], CommandName, string, EffectState]>(client, OBSTACLES, [tenant, textArray(keys)])
  // Of two the one in flight is told: it comes first.
  return new Map(rows.toReversed().map(([key, why, command, occurrence, state]) => [key, { why, command, occurrence, state }]))
}
