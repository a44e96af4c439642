/** Table `alias`: the external names of objects, each bound once for ever. */
import type { ClientBase } from 'pg'
import { textArray } from './arrays.ts'

const CANONICAL = /^[a-z]{3}_[0-9a-f]{26}$/

/** True for a name that is itself a canonical id. */
export function isCanonicalId(name: string): boolean {
  return CANONICAL.test(name)
}

/** Which object each name is bound to; canonical ids of stored objects are bound to themselves. Free names are absent. */
export async function boundNames(client: ClientBase, tenant: string, names: readonly string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const { rows } = await client.query<{ name: string; object: string }>({
    name: 'alias_bound',
    text: `SELECT name, object FROM alias WHERE tenant = $1 AND name = ANY($2::text[])
           UNION ALL SELECT id, id FROM object WHERE tenant = $1 AND id = ANY($3::text[])`,
    values: [tenant, textArray(names.filter((name) => !isCanonicalId(name))), textArray(names.filter(isCanonicalId))],
  })
  return new Map(rows.map((row) => [row.name, row.object]))
}

/** Binds names, sorted so that two transactions wait for each other in one order. Gives those that somebody else has bound meanwhile. */
export async function bindNames(client: ClientBase, tenant: string, bindings: ReadonlyMap<string, string>): Promise<string[]> {
  const sorted = [...bindings].sort(([a], [b]) => a < b ? -1 : 1)
  if (sorted.length === 0) return []
  const { rows } = await client.query<{ name: string }>({
    name: 'alias_bind',
    text: 'INSERT INTO alias (tenant, name, object) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING RETURNING name',
    values: [tenant, textArray(sorted.map(([name]) => name)), textArray(sorted.map(([, object]) => object))],
  })
  if (rows.length === sorted.length) return []
  const done = new Set(rows.map((row) => row.name))
  return sorted.flatMap(([name]) => done.has(name) ? [] : [name])
}

/** All names of an object, for people. */
export async function namesOf(client: ClientBase, tenant: string, object: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM alias WHERE tenant = $1 AND object = $2 ORDER BY name LIMIT 100', [tenant, object])
  return rows.map((row) => row.name)
}

/** Objects that any system knows under `id`: the canonical id itself, a whole alias, or the last part of one (any system, any kind). */
export async function findByAnyId(client: ClientBase, tenant: string, id: string): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `SELECT id AS object FROM object WHERE tenant = $1 AND id = $2
     UNION SELECT object FROM alias WHERE tenant = $1 AND name = $2
     UNION SELECT object FROM alias WHERE tenant = $1 AND alias_tail(name) = ANY($3::text[])
     UNION SELECT object FROM list_row WHERE tenant = $1 AND title = $2 LIMIT 50`,
    [tenant, id, [id, id.toLowerCase(), id.toUpperCase().replace(/[\s.\-/]/gu, '')]])
  return rows.map((row) => row.object)
}
