/** Where a started hub keeps its things, and the hub process itself: the same for the simulated company and for systems of one's own. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Config } from '../config/config.ts'
import { Fault } from '../lib/fault.ts'
import { initSigner } from '../seal/signer-home.ts'
import { createTenant, migrate } from '../store/migrate.ts'
import { startChild, type Child } from './processes.ts'
import { dataFolder } from './running.ts'

/** Keeps the process small: the heap is collected before it grows. Documents of 20 MB still fit several times over. */
export const HUB_FLAGS = ['--max-old-space-size=384', '--max-semi-space-size=16'] as const

export interface Place {
  readonly tenant: string
  readonly folder: string
  readonly adminUrl: string
  readonly appUrl: string
  readonly key: string
  readonly keyFile: string
  readonly data: string
}

export function placeFor(tenant: string, env: NodeJS.ProcessEnv = process.env): Place {
  const data = dataFolder(env)
  const adminUrl = env['TIEOUT_DATABASE_ADMIN_URL'] || env['DATABASE_URL']
  if (!adminUrl) throw new Fault('database-away', 'Start it with npm start, or name a PostgreSQL server in DATABASE_URL.')
  const folder = join(data, 'tenants', tenant)
  mkdirSync(folder, { recursive: true })
  const app = new URL(adminUrl)
  app.username = 'hub_app'
  const keyFile = join(folder, 'api-key')
  return { tenant, folder, adminUrl, appUrl: app.href, key: env['TIEOUT_API_KEY'] || keyIn(keyFile), keyFile, data }
}

/** The key of the last start: whoever was given it goes on with it. */
function keyIn(file: string): string {
  try {
    const key = readFileSync(file, 'utf8').trim()
    if (key !== '') return key
  } catch {
    // The first start makes one.
  }
  return randomBytes(32).toString('base64url')
}

export async function prepareDatabase(place: Place): Promise<void> {
  const client = new Client({ connectionString: place.adminUrl })
  await client.connect().catch((error: unknown) => {
    throw new Fault('database-away', 'The database does not answer. Check its address.', { cause: error })
  })
  try {
    await migrate(client)
    await createTenant(client, place.tenant)
  } finally {
    await client.end()
  }
}

/** One hub process under this configuration file. The signing key is made once, before the first start. */
export function startHubChild(
  place: Place,
  file: string,
  { signer, deployment }: Pick<Config, 'signer' | 'deployment'>,
  secrets: Readonly<Record<string, string>> = {},
): Promise<Child> {
  try {
    initSigner(signer, deployment)
  } catch {
    // It has its key already.
  }
  writeFileSync(place.keyFile, `${place.key}\n`, { mode: 0o600 })
  const signerUrl = new URL(place.appUrl)
  signerUrl.username = 'hub_signer'
  return startChild({
    name: 'hub',
    flags: HUB_FLAGS,
    file: join(import.meta.dirname, 'main.ts'),
    args: ['hub', '--config', file],
    log: logTo(place),
    env: { ...secrets, TIEOUT_DATABASE_URL: place.appUrl, TIEOUT_SIGNER_DATABASE_URL: signerUrl.href, TIEOUT_API_KEY: place.key },
  })
}

/** What other commands find while it runs, and afterwards: where the data are. */
export function writeRun(place: Place, { publish, signer }: Pick<Config, 'publish' | 'signer'>, hub: Child): void {
  const read = new URL(place.adminUrl)
  read.username = 'hub_read'
  const run = {
    databaseUrl: read.href,
    tenant: place.tenant,
    api: hub.ready['api'],
    keyFile: place.keyFile,
    publish,
    signer,
    verifierKey: hub.ready['verifierKey'],
  }
  writeFileSync(join(place.data, 'run.json'), JSON.stringify(run, undefined, 2))
}

export function logTo(place: Place): (line: string) => void {
  const file = join(place.folder, 'log')
  return (line) => {
    writeFileSync(file, `${new Date().toISOString()} ${line}\n`, { flag: 'a' })
  }
}
