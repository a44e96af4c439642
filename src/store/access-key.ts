/** Table `access_key`: who may call the API, by the hash of a key. */
import type { Instant } from '../lib/time.ts'
import { rowsOf, type ClientBase } from './database.ts'

export interface AccessKey {
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: Instant
  readonly revokedAt: Instant | null
}

type Row = readonly [string, string[], Instant, Instant | null]
const decode = ([name, scopes, createdAt, revokedAt]: Row): AccessKey => ({ name, scopes, createdAt, revokedAt })

const HELD = {
  name: 'access_key_held',
  text: 'SELECT name, scopes, created_at, revoked_at FROM access_key WHERE tenant = $1 AND hash = $2',
}

/** The key with this hash, revoked or not. */
export async function keyByHash(client: ClientBase, tenant: string, hash: Uint8Array): Promise<AccessKey | undefined> {
  const [row] = await rowsOf<Row>(client, HELD, [tenant, hash])
  return row && decode(row)
}

const ADD = {
  name: 'access_key_add',
  text: 'INSERT INTO access_key (tenant, name, hash, scopes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING name',
}

/** Needs the owner of the tables. False when the name has been given before. */
export async function addKey(
  client: ClientBase,
  tenant: string,
  name: string,
  hash: Uint8Array,
  scopes: readonly string[],
): Promise<boolean> {
  return (await rowsOf(client, ADD, [tenant, name, hash, scopes])).length === 1
}

const REVOKE = {
  name: 'access_key_revoke',
  text: 'UPDATE access_key SET revoked_at = now() WHERE tenant = $1 AND name = $2 AND revoked_at IS NULL RETURNING name',
}

/** Needs the owner of the tables. False when there is no such key, or none any more. */
export async function revokeKey(client: ClientBase, tenant: string, name: string): Promise<boolean> {
  return (await rowsOf(client, REVOKE, [tenant, name])).length === 1
}

const LIST = {
  name: 'access_key_list',
  text: 'SELECT name, scopes, created_at, revoked_at FROM access_key WHERE tenant = $1 ORDER BY name',
}

export async function listKeys(client: ClientBase, tenant: string): Promise<AccessKey[]> {
  return (await rowsOf<Row>(client, LIST, [tenant])).map(decode)
}
