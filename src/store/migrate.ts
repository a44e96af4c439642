/** Numbered SQL migrations with checksums: applied in order, once, whoever and however many start at the same time. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientBase } from 'pg'
import { Fault } from '../lib/fault.ts'
import { mark } from '../lib/mark.ts'

interface Migration {
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

const FOLDER = join(import.meta.dirname, 'migrations')
/** Any number, the same for every starter of this program. */
const LOCK = 7_410_028

/** The migrations of this version, in order. */
export function migrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(FOLDER, name), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    })
}

/**
 * Brings the database to this version's tables, each migration in its own transaction, under a lock so that of many starters
 * one works and the others find it done. Needs the owner of the tables. Gives the names of those it applied. Throws the fault
 * `schema-not-ours` when the database holds a migration that this version does not know, or one whose text has changed since,
 * or when one would have to be applied before another that is applied already.
 */
export async function migrate(client: ClientBase): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK])
  try {
    await client.query(
      'CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    await client.query('GRANT SELECT ON migration TO PUBLIC')
    const { rows } = await client.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM migration ORDER BY name')
    const known = new Map(migrations().map((migration) => [migration.name, migration]))
    for (const row of rows) {
      const migration = known.get(row.name)
      if (!migration)
        throw new Fault(
          'schema-not-ours',
          `It holds ${row.name}, which this version does not know: it was set up by a newer version. Start that one.`,
        )
      if (migration.sha256 !== row.sha256)
        throw new Fault(
          'schema-not-ours',
          `${row.name} was changed after it had been applied. Restore the file; a change needs a migration of its own.`,
        )
      known.delete(row.name)
    }
    const last = rows.at(-1)?.name ?? ''
    for (const { name } of known.values()) {
      if (name < last)
        throw new Fault(
          'schema-not-ours',
          `${name} comes before ${last}, which is applied already: it was written for other tables. Give it the next number.`,
        )
    }
    for (const migration of known.values()) await apply(client, migration)
    return [...known.keys()]
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK])
  }
}

async function apply(client: ClientBase, { name, sql, sha256 }: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
    await client.query('INSERT INTO migration (name, sha256) VALUES ($1, $2)', [name, sha256])
    mark('migration-before-commit')
    await client.query('COMMIT')
    mark('migration-after')
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Fault('schema-not-ours', `${name} could not be applied: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** Makes a tenant known; its log begins empty. Needs the owner of the tables. */
export async function createTenant(client: ClientBase, tenant: string): Promise<void> {
  await client.query('BEGIN')
  await client.query("SELECT set_config('hub.tenant', $1, true)", [tenant])
  await client.query('INSERT INTO tenant (id) VALUES ($1) ON CONFLICT DO NOTHING', [tenant])
  await client.query('INSERT INTO tenant_head (tenant) VALUES ($1) ON CONFLICT DO NOTHING', [tenant])
  await client.query('COMMIT')
}
