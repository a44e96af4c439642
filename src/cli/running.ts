/** What a running `npm start` leaves in the data folder for other commands: where its database and its API are. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Client } from 'pg'
import { z } from 'zod'
import { Fault } from '../lib/fault.ts'
import { isAway } from '../store/trouble.ts'

const RUN = z.object({
  /** An address that may read. */
  databaseUrl: z.string(),
  tenant: z.string(),
  api: z.string(),
  /** A file with the access key of the API; only its owner can read it. */
  keyFile: z.string().optional(),
  publish: z.string().optional(),
  signer: z.string().optional(),
})
export type Running = z.infer<typeof RUN>

/** The same folder as launch/places.mjs names (a test compares them): `TIEOUT_DATA`, else where the system keeps a user's data. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['TIEOUT_DATA']) return resolve(env['TIEOUT_DATA'])
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tieout')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'tieout')
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'tieout')
}

/** What `run.json` says; undefined when there is none that can be read. */
export function running(env: NodeJS.ProcessEnv = process.env): Running | undefined {
  try {
    return RUN.safeParse(JSON.parse(readFileSync(join(dataFolder(env), 'run.json'), 'utf8'))).data
  } catch {
    return undefined
  }
}

export interface Place {
  readonly databaseUrl: string
  readonly tenant: string | undefined
}

/** Where to read: what was said on the command line, else TIEOUT_DATABASE_URL, else what is running. */
export function placeOf(
  options: { readonly database?: string | undefined; readonly tenant?: string | undefined },
  env: NodeJS.ProcessEnv = process.env,
): Place {
  const said = options.database ?? env['TIEOUT_DATABASE_URL']
  if (said) return { databaseUrl: said, tenant: options.tenant }
  const run = running(env)
  if (!run) {
    throw new Fault(
      'database-away',
      'Nothing is running here: start it with npm start, or name a database with --database or TIEOUT_DATABASE_URL.',
    )
  }
  return { databaseUrl: run.databaseUrl, tenant: options.tenant ?? run.tenant }
}

/**
 * Reads in one transaction that sees one state of everything and can change nothing. Without a tenant the only one there is;
 * of several, one has to be named.
 */
export async function reading<T>({ databaseUrl, tenant }: Place, work: (client: Client, tenant: string) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'tieout',
    connectionTimeoutMillis: 10_000,
    options: '-c statement_timeout=60000 -c TimeZone=UTC',
  })
  // A connection that breaks while nobody waits for it is told by whoever needs it next.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new Fault('database-away', 'The database does not answer. Is it running? npm start starts it.', { cause: error })
  }
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const chosen = await tenantOf(client, tenant)
    await client.query("SELECT set_config('hub.tenant', $1, true)", [chosen])
    const result = await work(client, chosen)
    await client.query('COMMIT')
    return result
  } catch (error) {
    if (isAway(error) && !(error instanceof Fault)) {
      throw new Fault('database-away', 'The connection to the database was lost. Try again in a moment.', { cause: error })
    }
    throw error
  } finally {
    await client.end()
  }
}

async function tenantOf(client: Client, named: string | undefined): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM tenant ORDER BY id').catch((error: unknown) => {
    throw new Fault('schema-not-ours', 'Name a database of a hub, or set one up with: tieout migrate', { cause: error })
  })
  const known = rows.map((row) => row.id)
  const shown = known.length === 0 ? 'it has none' : `there are ${known.join(', ')}`
  if (named !== undefined && !known.includes(named)) throw new Fault('not-found', `This database has no tenant ${named}; ${shown}.`)
  const [only] = known
  if (named === undefined && (known.length !== 1 || only === undefined)) {
    throw new Fault('request-not-valid', `Say which tenant with --tenant; ${shown}.`)
  }
  return named ?? only ?? ''
}
