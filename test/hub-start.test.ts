/** A hub that cannot be what it is meant to be says why and ends; nothing of it works on unseen. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backUp } from '../rehearsal/world/backup.ts'
import { readConfigFile } from '../src/config/file.ts'
import { startHub } from '../src/hub.ts'
import { initSigner } from '../src/seal/signer-home.ts'
import { systemProblems } from '../src/systems.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

const MAIN = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')
/** Well above what starting and stopping take, well below what anybody waits. */
const END_MS = 30_000

let database: HubDatabase
let folder: string
beforeAll(async () => {
  database = await hubDatabase()
  folder = mkdtempSync(join(tmpdir(), 'tieout-start-'))
  initSigner(join(folder, 'signer'), 'test.local')
}, 60_000)
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

interface Ended {
  /** Null when it had to be killed. */
  readonly status: number | null
  readonly out: string
  readonly err: string
}

interface Wish {
  readonly key?: string
  readonly databaseUrl?: string
}
const KEY = 'a-key-for-tests-only-0123456789'

/** What a hub process is started with: a company whose systems are all away. */
function started({ key = KEY, databaseUrl = database.url() }: Wish): {
  args: string[]
  env: NodeJS.ProcessEnv
} {
  const config = join(folder, 'hub.json')
  const away = { url: 'http://127.0.0.1:1', token: 'TOKEN' }
  writeFileSync(
    config,
    JSON.stringify({
      tenant: 'acme',
      signer: join(folder, 'signer'),
      publish: join(folder, 'published'),
      systems: {
        erp: { kind: 'sandbox-erp', config: away },
        ap: { kind: 'sandbox-ap', config: away },
        bank: { kind: 'sandbox-bank', config: { put: join(folder, 'put'), read: join(folder, 'read') } },
      },
      parts: { erp: 'erp', ap: 'ap', bank: 'bank' },
      api: { port: 0 },
    }),
  )
  const env = {
    ...process.env,
    TOKEN: 'a-token',
    TIEOUT_DATABASE_URL: databaseUrl,
    TIEOUT_SIGNER_DATABASE_URL: database.url('hub_signer'),
    TIEOUT_API_KEY: key,
  }
  return { args: [MAIN, 'hub', '--config', config], env }
}

/** A hub that is expected to end by itself. */
function ended(wish: Wish): Promise<Ended> {
  const { args, env } = started(wish)
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: END_MS, killSignal: 'SIGKILL' }, (error, out, err) => {
      resolve({ status: error ? (typeof error.code === 'number' ? error.code : null) : 0, out, err })
    })
  })
}

it('ends when its access key can be guessed', { timeout: 2 * END_MS }, async () => {
  expect(await ended({ key: 'short' })).toEqual({ status: 1, out: '', err: 'The access key has fewer than 16 characters.\n' })
})

it('ends when its database does not let it in, and says why', { timeout: 2 * END_MS }, async () => {
  const { status, err } = await ended({ databaseUrl: 'postgresql://hub_app@127.0.0.1:1/nothing' })
  expect({ status, err }).toEqual({
    status: 1,
    err: 'The database of TIEOUT_DATABASE_URL does not let the hub in: connect ECONNREFUSED 127.0.0.1:1.\n',
  })
})

/** What the start of a hub ends with, by the very function that the command calls. */
async function startedAs(addresses: { readonly databaseUrl?: string; readonly signerDatabaseUrl?: string }): Promise<string> {
  const { args } = started({})
  try {
    const hub = await startHub({
      config: readConfigFile(args[3]!, systemProblems).config,
      databaseUrl: database.url(),
      signerDatabaseUrl: database.url('hub_signer'),
      apiKey: KEY,
      secret: () => 'a-token',
      log: () => {},
      ...addresses,
    })
    await hub.stop()
    return 'it runs'
  } catch (error) {
    return (error as Error).message
  }
}

it(
  'does not start when it, or its signer, is somebody for whom the rules of the database do not hold',
  { timeout: 4 * END_MS },
  async () => {
    const [owner, bypass] = ['hub_start_owner', 'hub_start_bypass']
    await database.admin((client) =>
      client.query(
        `CREATE ROLE ${owner} LOGIN IN ROLE hub_app, hub_signer; CREATE ROLE ${bypass} LOGIN BYPASSRLS IN ROLE hub_app, hub_signer;
       ALTER TABLE stir OWNER TO ${owner}`,
      ),
    )
    const roles = [
      [database.adminUrl, 'The hub must not connect as a superuser, for whom no rule of the database holds'],
      [database.url(owner), 'The role owns the tables and could change the log'],
      [database.url(bypass), 'The role has BYPASSRLS, so tenants would not be kept apart'],
    ] as const
    const refused = 'The hub will not run on this database as it is set up.'
    try {
      for (const [url, says] of roles) {
        expect(await startedAs({ databaseUrl: url })).toBe(`${refused} ${says}: connect as hub_app (TIEOUT_DATABASE_URL).`)
        expect(await startedAs({ signerDatabaseUrl: url })).toBe(`${refused} ${says}: connect as hub_signer (TIEOUT_SIGNER_DATABASE_URL).`)
      }
    } finally {
      await database.admin((client) => client.query(`ALTER TABLE stir OWNER TO CURRENT_USER; DROP ROLE ${owner}; DROP ROLE ${bypass}`))
    }
  },
)

it('ends when its database holds less than was published, and says how much', { timeout: 2 * END_MS }, async () => {
  const published = join(folder, 'published', 'acme')
  mkdirSync(published, { recursive: true })
  try {
    writeFileSync(
      join(published, 'checkpoint'),
      `test.local/acme\n5\n${Buffer.alloc(32, 7).toString('base64')}\n\n\u2014 test.local/acme ${Buffer.alloc(68, 7).toString('base64')}\n`,
    )
    const { status, out, err } = await ended({})
    expect({ status, out, err }).toEqual({
      status: 1,
      out: '',
      err: expect.stringMatching(
        /^The database was set back: .* Nothing is taken in or sent\. Restore .* Tenant acme: the database holds 0 events, and had 5 \(\S+\)\.\n$/u,
      ),
    })
  } finally {
    rmSync(published, { recursive: true })
  }
})

it('ends when its database is set back under it, and does not start on it again', { timeout: 3 * END_MS }, async () => {
  const beside = new URL(database.adminUrl)
  beside.pathname = '/postgres'
  const admin = new Client({ connectionString: beside.href })
  await admin.connect()
  const { args, env } = started({})
  const backup = await backUp(admin, new URL(database.adminUrl).pathname.slice(1))
  const hub = spawn(process.execPath, args, { env })
  const said = text(hub.stderr)
  const over = once(hub, 'exit')
  try {
    const [line] = (await once(createInterface(hub.stdout), 'line')) as [string]
    const { api } = JSON.parse(line) as { api: string }
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/xml' }
    // Kept for a person as a document that is no invoice: an event.
    expect((await fetch(`${api}/v1/documents?name=a.xml`, { method: 'POST', headers, body: 'no invoice' })).status).toBe(422)
    await backup.restore(admin)
    expect(await Promise.race([over, sleep(END_MS, 'it goes on', { ref: false })])).toEqual([71, null])
    expect(await said).toMatch(
      /The database was set back: .* Tenant acme: the database holds 0 events, and had \d+ \(\S+\)\. The process ends\.\n/u,
    )
    const again = await ended({})
    expect({ status: again.status, err: again.err }).toEqual({
      status: 1,
      err: expect.stringMatching(/^The database was set back: .* a hub has found that events from index 0 on are lost, of \d+; /u),
    })
  } finally {
    hub.kill('SIGKILL')
    await over
    await admin.end()
  }
})
