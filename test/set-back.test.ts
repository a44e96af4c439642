/** A database that is set back under a whole company: the hub ends, people let it go on, and nothing is done twice. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backUp, type Backup } from '../rehearsal/world/backup.ts'
import { command } from './command.ts'
import { erpTruth, openCredits, tryOut, wrong, type BookLine, type TryOut } from './try-out.ts'

const COUNT = 12
const TRIES_MS = 120_000

let company: TryOut
let admin: Client
let backup: Backup
let files: readonly string[]
let formerKey: string

beforeAll(async () => {
  company = await tryOut()
  const beside = new URL(company.database.adminUrl)
  beside.pathname = '/postgres'
  admin = new Client({ connectionString: beside.href })
  await admin.connect()
  await company.callProcurement('PUT', '/tempo', { doorMs: 50 })
  files = await company.sample(COUNT)
  formerKey = String(company.hub().ready['verifierKey'])
}, 60_000)
afterAll(async () => {
  await admin.end()
  await company.end()
}, 30_000)

const facts = (system: Parameters<TryOut['books']>[0], what: string): BookLine['facts'] =>
  company
    .books(system)
    .flatMap((line) => line.facts)
    .filter((fact) => fact.what === what)
const readUrl = (): string => {
  const url = new URL(company.database.adminUrl)
  url.username = 'hub_read'
  return url.href
}
const reading = async <Row extends object>(sql: string): Promise<{ rows: Row[] }> => {
  const client = new Client({ connectionString: company.database.adminUrl })
  await client.connect()
  try {
    return await client.query<Row>(sql)
  } finally {
    await client.end()
  }
}
const recover = (...args: string[]): ReturnType<typeof command> =>
  command(['recover', '--config', join(company.folder, 'hub.json'), ...args], {
    TIEOUT_DATABASE_ADMIN_URL: company.database.adminUrl,
    ...company.company.secrets,
  })

it('ends by itself when what it did since a backup is gone, and is not started on that', { timeout: 3 * TRIES_MS }, async () => {
  await company.send(files.slice(0, COUNT / 2))
  // Some are posted, some are on their way, some are not even sent.
  await expect.poll(() => facts('erp', 'DOCUMENT').length, { timeout: TRIES_MS, interval: 20 }).toBeGreaterThan(2)
  backup = await backUp(admin, company.database.name)
  await company.send(files.slice(COUNT / 2))
  await company.quiet(TRIES_MS)
  await backup.restore(admin)
  expect(await Promise.race([company.hub().over, sleep(30_000, 'it goes on', { ref: false })])).toBe(71)
  await expect(company.startHub()).rejects.toThrow(/The database was set back/u)
})

it('says what is lost and does nothing before somebody decides it', async () => {
  const said = await recover()
  expect(said.status).toBe(0)
  expect(said.out).toMatch(
    /Tenant test: the events from index \d+ to \d+ at least are lost\. The database holds \d+\.\n[^]*Nothing was done\./u,
  )
  expect(await recover('--accept-loss')).toMatchObject({ status: 1, err: expect.stringMatching(/Say who decides it with --by/u) })
}, 60_000)

it('goes on when people let it, and nothing is done twice', { timeout: 3 * TRIES_MS }, async () => {
  const said = await recover('--accept-loss', '--by', 'petra', '--reason', 'the disk of the database broke')
  expect({ status: said.status, err: said.err }).toEqual({ status: 0, err: '' })
  const [kept, ...more] = readdirSync(join(company.folder, 'published')).filter((name) => name.startsWith('test.until-'))
  expect([kept, more]).toEqual([expect.any(String), []])
  // Interrupted before the last step, and said once more: the same key, the same decision.
  const key = readFileSync(join(company.folder, 'signer', 'key.json'), 'utf8')
  renameSync(join(company.folder, 'published', kept!), join(company.folder, 'published', 'test'))
  expect(await recover('--accept-loss', '--by', 'petra', '--reason', 'once more')).toMatchObject({ status: 0, err: '' })
  expect(readFileSync(join(company.folder, 'signer', 'key.json'), 'utf8')).toBe(key)
  expect(existsSync(join(company.folder, 'published', 'test'))).toBe(false)
  await company.startHub()
  await company.send(files)
  const summary = await company.quiet(TRIES_MS)
  // A credit that is posted when all else of its vendor is paid waits for more.
  const open = openCredits(company.books('erp'))
  expect({ states: summary.states, breaches: summary.breaches, exceptions: summary.exceptions }).toEqual({
    states: { archived: COUNT - open, ...(open === 0 ? {} : { posted: open }) },
    breaches: 0,
    exceptions: {},
  })
  const truth = [...erpTruth(company.books('erp')).entries()]
  expect(truth).toHaveLength(COUNT)
  expect(truth.filter(([, invoice]) => wrong(invoice))).toEqual([])
  const messages = facts('bank', 'FILE').map(({ row }) => row['msgId'])
  expect(messages.length).toBeGreaterThan(0)
  expect(new Set(messages).size).toBe(messages.length)
  const tickets = facts('ap', 'TICKET').map(({ row }) => row['corrRef'])
  expect(new Set(tickets).size).toBe(COUNT)
})

it('looked for what it may have sent, in the commands that waited, before it tried them', async () => {
  const { rows } = await reading<{ looked: number; retried: number }>(
    `SELECT count(*)::int AS looked, count(*) FILTER (WHERE EXISTS (SELECT FROM attempt l WHERE (l.tenant, l.key) = (a.tenant, a.key) AND l.n > a.n))::int AS retried
     FROM attempt a WHERE a.process = 'lost'`,
  )
  // Some had been carried out and were found, others had not.
  expect(rows[0]!.looked).toBeGreaterThan(rows[0]!.retried)
})

it('goes on as a log of its own, whose first event says what is lost, and which verifies', async () => {
  const { rows } = await reading<{ index: number; first: number; actor: string; body: Buffer }>(
    `SELECT e."index"::int, s.first::int, e.actor, e.body FROM event e JOIN set_back s ON s.tenant = e.tenant WHERE e.type = 'log.set-back'`,
  )
  expect(rows.map(({ index, first, actor }) => ({ index, first, actor }))).toEqual([
    { index: rows[0]!.first, first: rows[0]!.first, actor: 'person:petra' },
  ])
  expect(JSON.parse(rows[0]!.body.toString())).toMatchObject({ data: { first: rows[0]!.first, reason: 'the disk of the database broke' } })
  const checkpoint = join(company.folder, 'published', 'test', 'checkpoint')
  await expect.poll(() => existsSync(checkpoint), { timeout: 30_000 }).toBe(true)
  const key = String(company.hub().ready['verifierKey'])
  expect(key).toMatch(/^test\.local\/since-\d{4}-[^/]+\/test\+/u)
  const verified = await command(['verify', '--checkpoint', checkpoint, '--key', key], { TIEOUT_DATABASE_URL: readUrl() })
  expect({ status: verified.status, err: verified.err }).toEqual({ status: 0, err: '' })
  // A checkpoint of the former log that is no larger than what is left holds under the former key.
  const former = await reading<{ note: string }>(
    `SELECT c.note FROM checkpoint c JOIN set_back s ON s.tenant = c.tenant
     WHERE c.size <= s.first AND c.note LIKE 'test.local/test%' ORDER BY c.size DESC LIMIT 1`,
  )
  const note = join(company.folder, 'former-checkpoint')
  writeFileSync(note, former.rows[0]!.note)
  const then = await command(['verify', '--checkpoint', note, '--key', formerKey], { TIEOUT_DATABASE_URL: readUrl() })
  expect({ status: then.status, err: then.err }).toEqual({ status: 0, err: '' })
  expect(readdirSync(join(company.folder, 'published')).filter((name) => name.startsWith('test.until-'))).toHaveLength(1)
})

it('is told when it is over, while the hub runs, and then looks for nothing any more', async () => {
  expect(await recover('--end')).toMatchObject({ status: 0, out: expect.stringMatching(/^It is over/u) })
  expect(await recover('--end')).toMatchObject({ status: 1, err: expect.stringMatching(/was not set back, or that is over already/u) })
})

it('ends, too, when another hub has found it out, and is not let go on without its signer', { timeout: 60_000 }, async () => {
  const own = await reading<{ head: number }>(`SELECT next_index::int AS head FROM tenant_head WHERE tenant = 'test'`)
  const { head } = own.rows[0]!
  const note = join(company.folder, 'published', 'test', 'set-back')
  writeFileSync(note, JSON.stringify({ first: head, had: head + 7 }))
  expect(await Promise.race([company.hub().over, sleep(30_000, 'it goes on', { ref: false })])).toBe(71)
  renameSync(join(company.folder, 'signer'), join(company.folder, 'signer-elsewhere'))
  const said = await recover('--accept-loss', '--by', 'petra', '--reason', 'on another machine')
  expect(said).toMatchObject({
    status: 1,
    err: expect.stringMatching(/^[^\n]*The signer’s lock [^\n]* cannot be opened[^\n]*\n(?! +at )/u),
  })
  expect(existsSync(note)).toBe(true)
})
