import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client, type Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runVerify } from '../src/cli/verify.ts'
import { publishedCheckpoint } from '../src/seal/publish.ts'
import { startSealer, type SealAlarm, type Sealer } from '../src/seal/sealer.ts'
import { openSigner, type Signer } from '../src/seal/signer-child.ts'
import { initSigner } from '../src/seal/signer-home.ts'
import { createTenant, migrate } from '../src/store/migrate.ts'
import { freshDatabase, templateDatabase, type FreshDatabase } from './postgres.ts'
import { insertEvents, signerPool } from './sealed-log.ts'

const seed = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 2 ** 31)
console.log(`sealer.test.ts: TIEOUT_SEED=${seed}`)
const TENANTS = ['acme', 'beta'] as const
/** Of hub and signer together, at any moment. */
const KILLS = 12
const UNTIL = { timeout: 15_000, interval: 20 }

let dir: string
let database: FreshDatabase
let admin: Client
let pool: Pool
let signer: Signer
const started: Sealer[] = []

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tieout-sealer-'))
  await templateDatabase('sealer', async (url) => {
    const client = new Client({ connectionString: url })
    await client.connect()
    await migrate(client)
    for (const tenant of TENANTS) await createTenant(client, tenant)
    await client.end()
  })
  database = await freshDatabase('sealer')
  admin = new Client({ connectionString: database.adminUrl })
  await admin.connect()
  pool = signerPool(database.adminUrl)
  initSigner(join(dir, 'signer'), 'hub.example')
  signer = await openSigner({ dir: join(dir, 'signer') })
})
afterEach(async () => {
  for (const sealer of started.splice(0)) await sealer.stop()
  await signer.close()
  await pool.end()
  await admin.end()
  await database.drop()
  rmSync(dir, { recursive: true, force: true })
})

type Alarms = SealAlarm[] & { of(tenant: string): string[] }

function seal(options: Partial<Parameters<typeof startSealer>[0]> = {}): { sealer: Sealer; alarms: Alarms } {
  const alarms = Object.assign([] as SealAlarm[], {
    of: (tenant: string): string[] =>
      alarms.filter((alarm) => alarm.tenant === tenant).map((alarm) => ('raised' in alarm ? alarm.raised.code : 'cleared')),
  })
  const sealer = startSealer({
    pool,
    tenants: () => TENANTS,
    signer,
    everyMs: 10,
    publishDir: join(dir, 'published'),
    alarm: (alarm) => {
      alarms.push(alarm)
    },
    ...options,
  })
  started.push(sealer)
  return { sealer, alarms }
}

const published = (tenant: string): number => Number(publishedCheckpoint(join(dir, 'published', tenant))?.split('\n')[1] ?? 0)

async function verify(tenant: string, checkpoint = join(dir, 'published', tenant, 'checkpoint')): Promise<string> {
  const lines: string[] = []
  const key = await signer.verifierKey(tenant)
  const published = join(dir, 'published', tenant)
  const status = await runVerify({ checkpoint, key, database: database.adminUrl, published }, (line) => {
    lines.push(line)
  })
  return `${status} ${lines.at(-1)}`
}

describe('the sealer', () => {
  test('seals every tenant by itself as its log grows', async () => {
    const { alarms } = seal()
    for (const [from, to] of [
      [0, 3],
      [3, 300],
    ] as const) {
      for (const tenant of TENANTS) await insertEvents(admin, tenant, from, to)
      for (const tenant of TENANTS) await expect.poll(() => published(tenant), UNTIL).toBe(to)
    }
    for (const tenant of TENANTS) expect(await verify(tenant)).toMatch(/^0 HOLDS/)
    expect([...alarms]).toEqual([])
  })

  test('seals at once when asked, and its calls do not overlap', async () => {
    const { sealer } = seal({ everyMs: 3_600_000 })
    await insertEvents(admin, 'acme', 0, 40)
    expect(await Promise.all([sealer.sealNow('acme'), sealer.sealNow('acme'), sealer.sealNow('beta')])).toEqual([40, 40, 0])
    expect(published('acme')).toBe(40)
  })

  test('without a signer makes no checkpoint, says so once, and lets the log grow', async () => {
    const { sealer, alarms } = seal({ signer: undefined })
    await insertEvents(admin, 'acme', 0, 5)
    await expect(sealer.sealNow('acme')).rejects.toThrow(/The signer does not answer/)
    await expect(sealer.sealNow('acme')).rejects.toThrow(/The signer does not answer/)
    expect(alarms.of('acme')).toEqual(['signer-away'])
    expect((await admin.query('SELECT FROM checkpoint')).rowCount).toBe(0)
    await insertEvents(admin, 'acme', 5, 10)
  })

  test('raises an alarm for the tenant in trouble, clears it, and goes on with the others', async () => {
    const { alarms } = seal()
    await insertEvents(admin, 'acme', 0, 10)
    await expect.poll(() => published('acme'), UNTIL).toBe(10)
    await admin.query('SET session_replication_role = replica')
    await admin.query("UPDATE tenant_head SET next_index = 4 WHERE tenant = 'acme'")
    await insertEvents(admin, 'beta', 0, 7)
    await expect.poll(() => alarms.of('acme'), UNTIL).toEqual(['log-inconsistent'])
    await expect.poll(() => published('beta'), UNTIL).toBe(7)
    await admin.query("UPDATE tenant_head SET next_index = 10 WHERE tenant = 'acme'")
    await expect.poll(() => alarms.of('acme'), UNTIL).toEqual(['log-inconsistent', 'cleared'])
    expect(alarms.of('beta')).toEqual([])
    expect(published('acme')).toBe(10)
  })

  test('goes on after its connections were cut', async () => {
    const { sealer } = seal()
    await insertEvents(admin, 'acme', 0, 10)
    await expect.poll(() => published('acme'), UNTIL).toBe(10)
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`)
    await insertEvents(admin, 'acme', 10, 20)
    await expect.poll(() => published('acme'), UNTIL).toBe(20)
    await sealer.stop()
  })
})

describe('the role of the sealer', () => {
  test('sees leaf hashes of its tenant and nothing else, and takes nothing back', async () => {
    await insertEvents(admin, 'acme', 0, 300)
    await seal({ everyMs: 3_600_000 }).sealer.sealNow('acme')
    const client = await pool.connect()
    const refused = async (sql: string): Promise<string> => {
      await client.query("BEGIN; SET LOCAL hub.tenant = 'acme'")
      const message = await client.query(sql).then(
        () => 'it was done',
        (error: Error) => error.message,
      )
      await client.query('ROLLBACK')
      return message
    }
    const denied = [
      'SELECT body FROM event',
      'SELECT * FROM event',
      'SELECT count(*) FROM identity',
      'INSERT INTO event DEFAULT VALUES',
      "UPDATE event SET leaf_hash = ''",
      'DELETE FROM event',
      'UPDATE tenant_head SET next_index = 0',
      "UPDATE checkpoint SET note = ''",
      'DELETE FROM checkpoint',
      'TRUNCATE checkpoint',
      'DELETE FROM tile',
      'TRUNCATE tile',
      'UPDATE tile SET level = 1',
      'SELECT leaf_hash FROM event_p0',
    ]
    for (const sql of denied) expect(await refused(sql), sql).toMatch(/permission denied/)
    expect(await refused('UPDATE tile SET hashes = substring(hashes FOR 32)')).toMatch(/would lose or change a hash/)
    expect(await refused('UPDATE tile SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)')).toMatch(/would lose or change a hash/)
    expect(await refused("INSERT INTO tile VALUES ('beta', 0, 0, decode(repeat('00', 32), 'hex'))")).toMatch(/row-level security/)
    for (const table of ['tile', 'checkpoint', 'tenant_head']) {
      expect((await client.query(`SELECT tenant FROM ${table}`)).rowCount, table).toBe(0)
    }
    await client.query("BEGIN; SET LOCAL hub.tenant = 'beta'")
    for (const table of ['tile', 'checkpoint']) expect((await client.query(`SELECT FROM ${table}`)).rowCount, table).toBe(0)
    await client.query('ROLLBACK')
    client.release()
    for (const sql of ['DELETE FROM tile', 'TRUNCATE checkpoint', 'UPDATE checkpoint SET size = 1']) {
      await expect(admin.query(sql), sql).rejects.toThrow(/is not allowed/)
    }
  })
})

describe('kill -9', () => {
  const POINTS = [
    'seal-tiles-after',
    'signer-persist-before',
    'signer-persist-after',
    'seal-sign-after',
    'seal-checkpoint-after',
    'publish-tiles-after',
  ]
  for (const point of POINTS) {
    test.runIf(process.platform !== 'win32')(`at ${point} is made good by the next round`, async () => {
      const { sealer } = seal({ everyMs: 3_600_000, tenants: () => [] })
      await insertEvents(admin, 'acme', 0, 300)
      await sealer.sealNow('acme')
      await signer.close()
      await insertEvents(admin, 'acme', 300, 600)
      const { child, said, gone } = hubOfSealer({ TIEOUT_KILL_AT: point })
      // The signer's death is an alarm of its hub, which is ended here as well.
      if (point.startsWith('signer')) {
        await expect.poll(said, UNTIL).toContain('The signer does not answer')
        child.kill('SIGKILL')
      }
      expect(await gone).toBe('SIGKILL')
      expect(published('acme')).toBe(300)
      await insertEvents(admin, 'acme', 600, 650)
      signer = await openSigner({ dir: join(dir, 'signer') })
      expect(await seal({ everyMs: 3_600_000, tenants: () => [] }).sealer.sealNow('acme')).toBe(650)
      expect(readFileSync(join(dir, 'signer', 'last', 'acme'), 'utf8')).toBe(publishedCheckpoint(join(dir, 'published', 'acme')))
      expect(await verify('acme')).toMatch(/^0 HOLDS/)
    })
  }

  test.runIf(process.platform !== 'win32')(
    'of hub and signer at any moment leaves a log that seals on and verifies',
    async () => {
      await signer.close()
      const seen = new Set<string>()
      let random = seed
      let size = 0
      const latest = (): string => publishedCheckpoint(join(dir, 'published', 'acme')) ?? ''
      for (let kills = 0; kills < KILLS; kills++) {
        const { child, said, gone } = hubOfSealer()
        await expect.poll(said, UNTIL).toContain('running')
        random = (random * 1_103_515_245 + 12_345) % 2 ** 31
        const before = latest()
        // Every other one has published something first, however busy the machine is: there must be something to hold against the end.
        const kill = async (): Promise<void> => {
          if (kills % 2 === 1) await expect.poll(latest, UNTIL).not.toBe(before)
          await setTimeout(random % 600)
          child.kill('SIGKILL')
        }
        const killed = kill()
        for (let part = 0; part < 8; part++) {
          await insertEvents(admin, 'acme', size, size + 1 + (random % 90))
          size += 1 + (random % 90)
          seen.add(latest())
        }
        await killed
        await gone
        seen.add(latest())
        expect(said().trim()).toBe('running')
      }
      signer = await openSigner({ dir: join(dir, 'signer') })
      const { sealer } = seal({ everyMs: 3_600_000, tenants: () => [] })
      expect(await sealer.sealNow('acme')).toBe(size)
      expect(readFileSync(join(dir, 'signer', 'last', 'acme'), 'utf8')).toBe(publishedCheckpoint(join(dir, 'published', 'acme')))
      expect(await verify('acme')).toMatch(/^0 HOLDS/)
      // Whatever was ever published holds against the final log.
      seen.delete('')
      console.log(`kill -9: ${KILLS} kills, ${size} events, ${seen.size} different checkpoints seen in between`)
      expect(seen.size).toBeGreaterThanOrEqual(KILLS / 2)
      for (const note of seen) {
        writeFileSync(join(dir, 'seen'), note)
        expect(await verify('acme', join(dir, 'seen'))).toMatch(/^0 HOLDS/)
      }
    },
    120_000,
  )
})

/** A hub reduced to its sealer, as a process of its own. */
function hubOfSealer(env: NodeJS.ProcessEnv = {}): { child: ChildProcess; said: () => string; gone: Promise<NodeJS.Signals | null> } {
  const program = 'import(process.argv[1]).then((m) => m.runSealer(...process.argv.slice(2)))'
  const args = [join(import.meta.dirname, 'sealed-log.ts'), database.adminUrl, join(dir, 'signer'), join(dir, 'published'), 'acme']
  const child = spawn(process.execPath, ['-e', program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return {
    child,
    said: () => said,
    gone: new Promise((done) =>
      child.once('close', (_, signal) => {
        done(signal)
      }),
    ),
  }
}
