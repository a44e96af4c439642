/** A hub that cannot be what it is meant to be says why and ends; nothing of it works on unseen. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { initSigner } from '../src/seal/signer-home.ts'
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

/** A hub that is expected to end by itself. */
function ended(wish: { readonly api?: object; readonly key?: string; readonly databaseUrl?: string }): Promise<Ended> {
  const { api = { port: 0 }, key = 'a-key-for-tests-only-0123456789', databaseUrl = database.url() } = wish
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
      api,
    }),
  )
  const env = {
    ...process.env,
    TOKEN: 'a-token',
    TIEOUT_DATABASE_URL: databaseUrl,
    TIEOUT_SIGNER_DATABASE_URL: database.url('hub_signer'),
    TIEOUT_API_KEY: key,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'hub', '--config', config], { env, timeout: END_MS, killSignal: 'SIGKILL' }, (error, out, err) => {
      resolve({ status: error ? (typeof error.code === 'number' ? error.code : null) : 0, out, err })
    })
  })
}

it('ends when its access key can be guessed', { timeout: 2 * END_MS }, async () => {
  expect(await ended({ key: 'short' })).toEqual({ status: 1, out: '', err: 'The access key has fewer than 16 characters.\n' })
})

it('ends when another program has its port, and says which', { timeout: 2 * END_MS }, async () => {
  const other = createServer().listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const { status, err } = await ended({ api: { port } })
    expect({ status, err }).toEqual({
      status: 1,
      err: `The API cannot listen on 127.0.0.1, port ${port}: another program has this port. End it, or give api.port of the configuration another one (0: any free one).\n`,
    })
  } finally {
    other.close()
  }
})

it('ends when this machine does not have its address', { timeout: 2 * END_MS }, async () => {
  // TEST-NET-1 (RFC 5737): nobody's.
  const { status, err } = await ended({ api: { host: '192.0.2.1', port: 0 } })
  expect({ status, err }).toEqual({
    status: 1,
    err: expect.stringMatching(/^The API cannot listen on 192\.0\.2\.1, port 0: this machine/u),
  })
})

it('ends when its database does not let it in, and says why', { timeout: 2 * END_MS }, async () => {
  const { status, err } = await ended({ databaseUrl: 'postgresql://hub_app@127.0.0.1:1/nothing' })
  expect({ status, err }).toEqual({
    status: 1,
    err: 'The database of TIEOUT_DATABASE_URL does not let the hub in: connect ECONNREFUSED 127.0.0.1:1.\n',
  })
})
