/** `tieout migrate`: brings a database to the tables of this version. */
import { Command } from 'commander'
import { Client } from 'pg'
import { Fault } from '../lib/fault.ts'
import { createTenant, migrate } from '../store/migrate.ts'

interface MigrateOptions {
  readonly database?: string
  readonly tenant?: string
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring a database to the tables of this version; needs an account that owns them')
    .option('--database <url>', 'the database (default: TIEOUT_DATABASE_ADMIN_URL)')
    .option('--tenant <name>', 'make this tenant too, if it is not there')
    .action(async (options: MigrateOptions) => {
      for (const line of await runMigrate(options)) process.stdout.write(`${line}\n`)
    })
}

/** What was done, line by line. */
export async function runMigrate({ database, tenant }: MigrateOptions, env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const url = database ?? env['TIEOUT_DATABASE_ADMIN_URL']
  if (!url) throw new Fault('database-away', 'Name a database with --database or TIEOUT_DATABASE_ADMIN_URL.')
  const client = new Client({ connectionString: url, application_name: 'tieout migrate', connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new Fault('database-away', 'The database does not answer. Check the address.', { cause: error })
  }
  try {
    const applied = await migrate(client)
    const lines = applied.length === 0 ? ['The tables are those of this version.'] : applied.map((name) => `applied ${name}`)
    if (tenant === undefined) return lines
    await createTenant(client, tenant)
    return [...lines, `tenant ${tenant} is there`]
  } finally {
    await client.end()
  }
}
