/** Tables `unbound` and `unbound_name`: facts that were logged before anybody knew what their names mean. */
import type { Ref } from '../domain/object.ts'
import type { Instant } from '../lib/time.ts'
import { int8Array, textArray } from './arrays.ts'
import { query, rowsOf, type ClientBase, type Query } from './database.ts'

/** `id`: under which it is, or would be, created. */
export type IdentifiedRef = Ref & { readonly id?: string }
/** What a fact is about, as its arrival named it. */
export interface Refs {
  readonly about: readonly IdentifiedRef[]
  readonly ensures?: readonly IdentifiedRef[] | undefined
}
export interface Parked {
  readonly index: number
  readonly refs: Refs
}
/** A fact to be parked: its place among the last events that this transaction appended, counted from the end of the log (1 is the last). */
export interface Parking {
  readonly fromEnd: number
  readonly refs: Refs
  readonly missing: readonly string[]
}

// Directly after the log was appended: the head is locked by us, so its next index is the end of our own events.
const PARK = {
  name: 'unbound_park',
  text: `INSERT INTO unbound (tenant, "index", refs, since)
         SELECT $1, head.next_index - x.place, x.refs, $4 FROM tenant_head head, unnest($2::int8[], $3::text[]) AS x (place, refs) WHERE head.tenant = $1`,
}
const PARK_NAMES = {
  name: 'unbound_park_names',
  text: `INSERT INTO unbound_name (tenant, name, "index")
         SELECT $1, x.name, head.next_index - x.place FROM tenant_head head, unnest($2::text[], $3::int8[]) AS x (name, place) WHERE head.tenant = $1`,
}

export function parking(tenant: string, facts: readonly Parking[], since: Instant): Query[] {
  if (facts.length === 0) return []
  const names = facts.flatMap((fact) => [...new Set(fact.missing)].map((name) => ({ name, fromEnd: fact.fromEnd })))
  return [
    query(PARK, [tenant, int8Array(facts.map((fact) => fact.fromEnd)), textArray(facts.map((fact) => JSON.stringify(fact.refs))), since]),
    query(PARK_NAMES, [tenant, textArray(names.map((row) => row.name)), int8Array(names.map((row) => row.fromEnd))]),
  ]
}

const UNDER = {
  name: 'unbound_under',
  text: `SELECT u."index", u.refs FROM unbound u
         WHERE u.tenant = $1 AND u."index" = ANY(ARRAY(SELECT n."index" FROM unbound_name n WHERE n.tenant = $1 AND n.name = ANY($2::text[])))
         ORDER BY u."index" FOR NO KEY UPDATE`,
}

/** Facts that wait for one of these names, locked, in log order. */
export async function parkedUnder(client: ClientBase, tenant: string, names: readonly string[]): Promise<Parked[]> {
  if (names.length === 0) return []
  const rows = await rowsOf<[number, string]>(client, UNDER, [tenant, textArray(names)])
  return rows.map(([index, refs]) => ({ index, refs: JSON.parse(refs) as Refs }))
}

const TAKE = [
  { name: 'unbound_take', text: 'DELETE FROM unbound WHERE tenant = $1 AND "index" = ANY($2::int8[])' },
  {
    name: 'unbound_take_names',
    text: 'DELETE FROM unbound_name WHERE tenant = $1 AND name = ANY($3::text[]) AND "index" = ANY($2::int8[])',
  },
] as const

/** They have found their objects. */
export function unparking(tenant: string, facts: readonly Parked[]): Query[] {
  if (facts.length === 0) return []
  const indexes = int8Array(facts.map((fact) => fact.index))
  const names = new Set(facts.flatMap((fact) => namesIn(fact.refs)))
  return [query(TAKE[0], [tenant, indexes]), query(TAKE[1], [tenant, indexes, textArray([...names])])]
}

/** All names by which a fact names what it is about. */
export function namesIn(refs: Refs): string[] {
  return [...refs.about, ...(refs.ensures ?? [])].flatMap((ref) => [
    ...ref.names,
    ...(ref.offers ?? []),
    ...(ref.id === undefined ? [] : [ref.id]),
  ])
}

const OVERDUE = {
  name: 'unbound_overdue',
  text: 'SELECT "index", refs, since FROM unbound WHERE tenant = $1 AND NOT noticed AND since <= $2 ORDER BY since LIMIT $3',
}

/** Facts that have waited since `before` or longer and of which nobody was told. */
export async function overdueParked(
  client: ClientBase,
  tenant: string,
  before: Instant,
  limit: number,
): Promise<(Parked & { readonly since: Instant })[]> {
  const rows = await rowsOf<[number, string, Instant]>(client, OVERDUE, [tenant, before, limit])
  return rows.map(([index, refs, since]) => ({ index, refs: JSON.parse(refs) as Refs, since }))
}

/** Somebody was told. */
export async function noticeParked(client: ClientBase, tenant: string, indexes: readonly number[]): Promise<void> {
  await client.query({
    name: 'unbound_notice',
    text: 'UPDATE unbound SET noticed = true WHERE tenant = $1 AND "index" = ANY($2::int8[])',
    values: [tenant, int8Array(indexes)],
  })
}
