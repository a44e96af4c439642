import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { invoice } from '../../test/arrivals.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { openIntake } from '../intake/batcher.ts'
import { noteAttempt } from '../store/attempt.ts'
import { inTenant } from '../store/database.ts'
import { TEST_LAW } from '../store/test-law.ts'
import { lossOf, openReach, type Reach } from './reach.ts'

let database: HubDatabase
let dir: string
let lines: string[]
beforeEach(async () => {
  database = await hubDatabase()
  dir = mkdtempSync(join(tmpdir(), 'tieout-reach-'))
  lines = []
})
afterEach(async () => {
  await database.drop()
  rmSync(dir, { recursive: true, force: true })
})

const folder = (): string => join(dir, 'acme')
const open = (publishDir = dir): Reach => openReach(publishDir, 'acme', (line) => lines.push(line))
/** What a new connection is told: nothing, or the fault. */
async function told(reach: Reach): Promise<string> {
  const client = await database.pool.connect()
  try {
    await reach.check(client)
    return 'welcome'
  } catch (error) {
    await client.query('ROLLBACK')
    return (error as { code?: string; message: string }).code ?? String(error)
  } finally {
    client.release()
  }
}
/** Takes in an invoice; the id of its event. */
async function taken(number: string): Promise<string> {
  const intake = openIntake({ pool: database.pool, settings: { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: Date.now } })
  const [receipt] = await intake.submit([invoice(number)])
  await intake.close()
  return receipt!.eventId
}

describe('a new connection is refused', () => {
  test('where the log is shorter than this process knows, and whoever comes after it is told', async () => {
    const reach = open()
    const fact = await taken('1')
    reach.committed(3, fact)
    expect([await told(reach), reach.noticed()]).toEqual(['welcome', undefined])
    reach.committed(5, undefined)
    expect(await told(reach)).toBe('log-set-back')
    expect(JSON.parse(readFileSync(join(folder(), 'set-back'), 'utf8'))).toEqual({ first: 3, had: 5 })
    expect(lossOf(folder(), 3)).toEqual({ first: 3, had: 5 })
    // After a still older copy was restored more is lost than the note says.
    expect(lossOf(folder(), 1)).toEqual({ first: 1, had: 5 })
    // However long the log has grown since.
    for (const number of ['2', '3']) await taken(number)
    expect([open().noticed()?.code, await told(open())]).toEqual(['log-set-back', 'log-set-back'])
  })

  test('where a connection has shown more events than the next one', async () => {
    await taken('1')
    const reach = open()
    expect(await told(reach)).toBe('welcome')
    await database.admin(async (client) => {
      await client.query(`SET session_replication_role = replica; UPDATE tenant_head SET next_index = 1`)
    })
    expect(await told(reach)).toBe('log-set-back')
  })

  test('where what was committed last is missing, though the log is as long', async () => {
    await taken('1')
    const reach = open()
    reach.committed(3, `evt_${'0'.repeat(26)}`)
    expect(await told(reach)).toBe('log-set-back')
  })

  test('where a try is missing on which something was sent, though no event is', async () => {
    const reach = open()
    const attempt = { key: 'k'.repeat(64), n: 1 }
    reach.claimed('erp', attempt)
    expect(await told(reach)).toBe('log-set-back')
    expect(lossOf(folder(), 0)).toEqual({ first: 0, had: 0 })
    rmSync(folder(), { recursive: true })
    const at = '2026-11-28T10:00:00.000Z'
    const over = { process: 'p', requestHash: 'h', openedAt: at, notAfter: at, outcome: 'done', says: null, receipt: null } as const
    await inTenant(database.pool, 'acme', (client) =>
      noteAttempt(client, 'acme', { ...attempt, ...over, closedAt: at, senderDoneAt: at, looks: [] }),
    )
    expect(await told(reach)).toBe('welcome')
  })

  test('also where that cannot be noted, which is said', async () => {
    // What stands in the way of the file that would become the note.
    mkdirSync(join(folder(), `.new-${process.pid}-set-back`), { recursive: true })
    const reach = open()
    reach.committed(5, undefined)
    expect([await told(reach), lines.length]).toEqual(['log-set-back', 1])
  })

  test('where the note cannot be read', async () => {
    mkdirSync(folder())
    writeFileSync(join(folder(), 'set-back'), 'half a no')
    expect([await told(open()), open().noticed()?.code]).toEqual(['log-set-back', 'log-set-back'])
  })
})
