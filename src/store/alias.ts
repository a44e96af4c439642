/** Table `alias`: the external names of objects, each bound once for ever; and names that somebody waits for. */
import { textArray } from './arrays.ts'
import { rowsOf, type ClientBase } from './database.ts'

const CANONICAL = /^[a-z]{3}_[0-9a-f]{26}$/

/** True for a name that is itself a canonical id. */
export function isCanonicalId(name: string): boolean {
  return CANONICAL.test(name)
}

const BOUND = { name: 'alias_bound', text: 'SELECT name, object FROM alias WHERE tenant = $1 AND name = ANY($2::text[]) AND object IS NOT NULL' }
const KNOWN = { name: 'object_known', text: 'SELECT id, id FROM object WHERE tenant = $1 AND id = ANY($2::text[])' }

/** Which object each name is bound to; canonical ids of stored objects are bound to themselves. Free names are absent. */
export async function boundNames(client: ClientBase, tenant: string, names: readonly string[]): Promise<Map<string, string>> {
  const ids = names.filter(isCanonicalId)
  const aliases = ids.length === 0 ? names : names.filter((name) => !isCanonicalId(name))
  const [bound, known] = await Promise.all([
    aliases.length === 0 ? [] : rowsOf<[string, string]>(client, BOUND, [tenant, textArray(aliases)]),
    ids.length === 0 ? [] : rowsOf<[string, string]>(client, KNOWN, [tenant, textArray(ids)]),
  ])
  return new Map([...bound, ...known])
}

// Sorted, so that two transactions wait for each other in one order. A row without object stands for a name that somebody
// waits for: updating it, we wait for whoever is writing it, and afterwards see that they wait.
const BIND = {
  name: 'alias_bind',
  text: `INSERT INTO alias (tenant, name, object) SELECT $1, * FROM unnest($2::text[], $3::text[])
         ON CONFLICT (tenant, name) DO UPDATE SET object = excluded.object WHERE alias.object IS NULL RETURNING name, xmax <> 0`,
}

/** Binds free names. Gives those that somebody waited for; undefined when another transaction has bound one of them meanwhile. */
export async function bindNames(client: ClientBase, tenant: string, bindings: ReadonlyMap<string, string>): Promise<string[] | undefined> {
  if (bindings.size === 0) return []
  const sorted = [...bindings].sort(([a], [b]) => a < b ? -1 : 1)
  // A row that was there before, without an object, has been updated: xmax is the mark of the row lock.
  const rows = await rowsOf<[string, boolean]>(client, BIND, [tenant, textArray(sorted.map(([name]) => name)), textArray(sorted.map(([, object]) => object))])
  return rows.length === sorted.length ? rows.flatMap(([name, awaited]) => awaited ? [name] : []) : undefined
}

// The update changes nothing but locks the row: whoever binds the name comes before us, and is seen here, or after us, and sees us.
const AWAIT = {
  name: 'alias_await',
  text: `INSERT INTO alias (tenant, name) SELECT $1, * FROM unnest($2::text[])
         ON CONFLICT (tenant, name) DO UPDATE SET object = alias.object RETURNING object`,
}

/** Says that this transaction waits for names that it found free. False when one of them has been bound meanwhile. */
export async function awaitNames(client: ClientBase, tenant: string, names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return true
  const rows = await rowsOf<[string | null]>(client, AWAIT, [tenant, textArray([...new Set(names)].sort())])
  return rows.every(([object]) => object === null)
}

/** Names of an object, for people; at most 100. */
export async function namesOf(client: ClientBase, tenant: string, object: string): Promise<string[]> {
  const rows = await rowsOf<[string]>(client, { name: 'alias_of', text: 'SELECT name FROM alias WHERE tenant = $1 AND object = $2 ORDER BY name LIMIT 100' }, [tenant, object])
  return rows.map(([name]) => name)
}

const FIND = {
  name: 'alias_find',
  text: `SELECT id FROM object WHERE tenant = $1 AND id = $2
         UNION SELECT object FROM alias WHERE tenant = $1 AND name = $2 AND object IS NOT NULL
         UNION SELECT object FROM alias WHERE tenant = $1 AND alias_tail(name) = ANY($3::text[]) AND object IS NOT NULL
         LIMIT 50`,
}

/** Objects that anybody knows under `id`: the canonical id itself, a whole alias, or the last part of one (any system, any kind). */
export async function findByAnyId(client: ClientBase, tenant: string, id: string): Promise<string[]> {
  const spellings = [id, id.toLowerCase(), id.toUpperCase().replace(/[\s.\-/]/gu, '')]
  const rows = await rowsOf<[string]>(client, FIND, [tenant, id, textArray([...new Set(spellings)])])
  return rows.map(([object]) => object)
}
