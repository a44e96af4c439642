/** Commands that only whoever owns the tables can carry out. */
import { Client } from 'pg'
import { Fault } from '../lib/fault.ts'
import type { ClientBase } from '../store/database.ts'
import { isAway } from '../store/trouble.ts'
import { running } from './running.ts'

export interface OwnerOptions {
  readonly database?: string
  readonly tenant?: string
}

/** Does something in one transaction of the owner of the tables: what the hub itself cannot do. Throws a fault with advice. */
export async function asOwner<T>(
  options: OwnerOptions,
  work: (client: ClientBase, tenant: string) => Promise<T>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<T> {
  const url = options.database ?? env['TIEOUT_DATABASE_ADMIN_URL']
  const tenant = options.tenant ?? running(env)?.tenant
  if (!url) throw new Fault('database-away', 'Name a database with --database or TIEOUT_DATABASE_ADMIN_URL.')
  if (tenant === undefined) throw new Fault('request-not-valid', 'Say which tenant with --tenant.')
  const client = new Client({ connectionString: url, application_name: 'tieout owner', connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('BEGIN')
    const { rowCount } = await client.query('SELECT 1 FROM tenant WHERE id = $1', [tenant])
    if (rowCount === 0) throw new Fault('not-found', `This database has no tenant ${tenant}.`)
    await client.query("SELECT set_config('hub.tenant', $1, true)", [tenant])
    const result = await work(client, tenant)
    await client.query('COMMIT')
    return result
  } catch (error) {
    if (error instanceof Fault || !isAway(error)) throw error
    throw new Fault('database-away', 'The database does not answer. Check the address.', { cause: error })
  } finally {
    await client.end().catch(() => {})
  }
}
