/**
 * Table `alias`: the external names of objects (`system|kind|id`), each bound once for ever; and names that somebody waits for. A
 * name is stored as scope (`system|kind`) and tail (`id`), split at its last bar. A canonical id stands there without a scope, where
 * somebody waits for an object that the log has lost.
 */
import { textArray } from './arrays.ts'
import { rowsOf, type ClientBase } from './database.ts'

const CANONICAL = /^[a-z]{3}_[0-9a-f]{26}$/

/** True for a name that is itself a canonical id. */
export function isCanonicalId(name: string): boolean {
  return CANONICAL.test(name)
}

const tailOf = (name: string): string => name.slice(name.lastIndexOf('|') + 1)
const scopeOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('|')))
const tails = (names: readonly string[]): Buffer => textArray(names.map(tailOf))
const scopes = (names: readonly string[]): Buffer => textArray(names.map(scopeOf))
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort()

const BOUND = {
  name: 'alias_bound',
  text: `SELECT scope || '|' || tail, object FROM alias WHERE tenant = $1 AND tail = ANY($2::text[]) AND scope = ANY($3::text[]) AND object IS NOT NULL`,
}
const KNOWN = { name: 'object_known', text: 'SELECT id, id FROM object WHERE tenant = $1 AND id = ANY($2::text[])' }

/**
 * Which object each name is bound to; canonical ids of stored objects are bound to themselves. Free names are absent; names that
 * were not asked for may be there too: scopes are few, and every tail is looked up in all of them.
 */
export async function boundNames(client: ClientBase, tenant: string, names: readonly string[]): Promise<Map<string, string>> {
  const ids = names.filter(isCanonicalId)
  const aliases = ids.length === 0 ? names : names.filter((name) => !isCanonicalId(name))
  const [bound, known] = await Promise.all([
    aliases.length === 0 ? [] : rowsOf<[string, string]>(client, BOUND, [tenant, tails(aliases), textArray(sorted(aliases.map(scopeOf)))]),
    ids.length === 0 ? [] : rowsOf<[string, string]>(client, KNOWN, [tenant, textArray(ids)]),
  ])
  return new Map([...bound, ...known])
}

// Sorted, so that two transactions wait for each other in one order. A row without object stands for a name that somebody
// waits for: updating it, we wait for whoever is writing it, and afterwards see that they wait.
const BIND = {
  name: 'alias_bind',
  text: `INSERT INTO alias (tenant, tail, scope, object) SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])
         ON CONFLICT (tenant, tail, scope) DO UPDATE SET object = excluded.object WHERE alias.object IS NULL
         RETURNING CASE WHEN xmax <> 0 THEN CASE WHEN scope = '' THEN tail ELSE scope || '|' || tail END END`,
}

/** Binds free names. Gives those that somebody waited for; undefined when another transaction has bound one of them meanwhile. */
export async function bindNames(client: ClientBase, tenant: string, bindings: ReadonlyMap<string, string>): Promise<string[] | undefined> {
  if (bindings.size === 0) return []
  const names = sorted(bindings.keys())
  // A row that was there before, without an object, has been updated: xmax is the mark of the row lock.
  const rows = await rowsOf<[string | null]>(client, BIND, [
    tenant,
    tails(names),
    scopes(names),
    textArray(names.map((name) => bindings.get(name)!)),
  ])
  return rows.length === names.length ? rows.flatMap(([name]) => name ?? []) : undefined
}

// The update changes nothing but locks the row: whoever binds the name comes before us, and is seen here, or after us, and sees us.
const AWAIT = {
  name: 'alias_await',
  text: `INSERT INTO alias (tenant, tail, scope) SELECT $1, * FROM unnest($2::text[], $3::text[])
         ON CONFLICT (tenant, tail, scope) DO UPDATE SET object = alias.object RETURNING object`,
}

/** Says that this transaction waits for names that it found free. False when one of them has been bound meanwhile. */
export async function awaitNames(client: ClientBase, tenant: string, names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return true
  const ordered = sorted(names)
  const rows = await rowsOf<[string | null]>(client, AWAIT, [tenant, tails(ordered), scopes(ordered)])
  return rows.every(([object]) => object === null)
}

/** Names of an object, for people. */
export async function namesOf(client: ClientBase, tenant: string, object: string): Promise<string[]> {
  const rows = await rowsOf<[string[]]>(client, { name: 'object_names', text: 'SELECT names FROM object WHERE tenant = $1 AND id = $2' }, [
    tenant,
    object,
  ])
  return rows[0]?.[0] ?? []
}

const FIND = {
  name: 'alias_find',
  text: `SELECT id FROM object WHERE tenant = $1 AND id = $2
         UNION SELECT object FROM alias WHERE tenant = $1 AND tail = $4 AND scope = $5 AND object IS NOT NULL
         UNION SELECT object FROM alias WHERE tenant = $1 AND tail = ANY($3::text[]) AND object IS NOT NULL
         LIMIT 50`,
}

/** Objects that anybody knows under `id`: the canonical id itself, a whole alias, or the last part of one (any system, any kind). */
export async function findByAnyId(client: ClientBase, tenant: string, id: string): Promise<string[]> {
  const spellings = [id, id.toLowerCase(), id.toUpperCase().replace(/[\s.\-/]/gu, '')]
  const rows = await rowsOf<[string]>(client, FIND, [tenant, id, textArray(sorted(spellings)), tailOf(id), scopeOf(id)])
  return rows.map(([object]) => object)
}
