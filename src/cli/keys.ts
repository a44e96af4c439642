/** `tieout keys`: access keys for the API. Made and revoked by whoever owns the tables; the hub itself can do neither. */
import { Command } from 'commander'
import { Client } from 'pg'
import { makeKey } from '../access/keys.ts'
import { SCOPES } from '../access/scopes.ts'
import { Fault } from '../lib/fault.ts'
import { listKeys, revokeKey } from '../store/access-key.ts'
import type { ClientBase } from '../store/database.ts'
import { isAway } from '../store/trouble.ts'
import { running } from './running.ts'

interface KeysOptions {
  readonly database?: string
  readonly tenant?: string
}

export function keysCommand(): Command {
  const keys = new Command('keys').description('access keys for the API, each with a name and the scopes that it is for').addHelpText(
    'after',
    `\nScopes:\n${Object.entries(SCOPES)
      .map(([scope, says]) => `  ${scope.padEnd(16)} ${says}`)
      .join('\n')}`,
  )
  const sub = (name: string, says: string): Command =>
    keys
      .command(name)
      .description(says)
      .option('--database <url>', 'the database, as the owner of its tables (default: TIEOUT_DATABASE_ADMIN_URL)')
      .option('--tenant <name>', 'the tenant (default: of what is running)')
  sub('create', 'make a key; it is shown this once')
    .argument('<name>', 'what the log calls it')
    .requiredOption('--scope <scope...>', 'what it is for')
    .action(async (name: string, options: KeysOptions & { scope: string[] }) => {
      process.stdout.write(`${await runKeys(options, (client, tenant) => makeKey(client, tenant, name, options.scope))}\n`)
    })
  sub('list', 'the keys there are and were').action(async (options: KeysOptions) => {
    const rows = await runKeys(options, listKeys)
    for (const { name, scopes, createdAt, revokedAt } of rows) {
      const standing = revokedAt === null ? 'in use' : `revoked ${revokedAt}`
      process.stdout.write(`${name.padEnd(24)} ${createdAt}  ${standing}  ${scopes.join(', ')}\n`)
    }
    if (rows.length === 0) process.stdout.write('There are no keys but the first one.\n')
  })
  sub('revoke', 'a key is refused from the next request on')
    .argument('<name>')
    .action(async (name: string, options: KeysOptions) => {
      const revoked = await runKeys(options, (client, tenant) => revokeKey(client, tenant, name))
      if (!revoked) throw new Fault('not-found', `There is no key ${name} in use.`)
      process.stdout.write(`${name} is revoked.\n`)
    })
  return keys
}

/** Does something about keys in one transaction of the owner of the tables. */
export async function runKeys<T>(
  options: KeysOptions,
  work: (client: ClientBase, tenant: string) => Promise<T>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<T> {
  const url = options.database ?? env['TIEOUT_DATABASE_ADMIN_URL']
  const tenant = options.tenant ?? running(env)?.tenant
  if (!url) throw new Fault('database-away', 'Name a database with --database or TIEOUT_DATABASE_ADMIN_URL.')
  if (tenant === undefined) throw new Fault('request-not-valid', 'Say which tenant with --tenant.')
  const client = new Client({ connectionString: url, application_name: 'tieout keys', connectionTimeoutMillis: 10_000 })
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
