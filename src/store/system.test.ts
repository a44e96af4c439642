import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { inTenant } from './database.ts'
import { heard, readSystem, readTurn, writeCursor, writePaused } from './system.ts'

let database: HubDatabase
beforeAll(async () => {
  database = await hubDatabase()
})
afterAll(() => database.drop())

test('a system that was heard a moment ago is noted without waiting for anybody, and never as heard earlier than it was', async () => {
  const say = (at: string): Promise<void> => inTenant(database.pool, 'acme', (client) => heard(client, 'acme', 'erp', at))
  const heardAt = (): Promise<string | null> =>
    inTenant(database.pool, 'acme', async (client) => (await readSystem(client, 'acme', 'erp')).heardAt)
  await say('2026-03-02T09:00:00.000Z')
  await inTenant(database.pool, 'acme', async (client) => {
    // Its row is somebody else's: whoever pauses it, or writes what delivery has learned.
    await client.query(`UPDATE system SET paused = paused WHERE name = 'erp'`)
    await say('2026-03-02T09:00:00.900Z')
  })
  expect(await heardAt()).toBe('2026-03-02T09:00:00.000Z')
  await say('2026-03-02T09:00:01.100Z')
  await say('2026-03-02T08:00:00.000Z')
  expect(await heardAt()).toBe('2026-03-02T09:00:01.100Z')
})

test('a feed’s turn is what is known of its system and of how far it was read, each as far as it is there', async () => {
  const turn = (system: string): Promise<unknown> => inTenant(database.pool, 'acme', (client) => readTurn(client, 'acme', system, 'files'))
  expect(await turn('bank')).toEqual({ paused: false, heardAt: null, position: null })
  await inTenant(database.pool, 'acme', (client) => writeCursor(client, 'acme', 'bank', 'files', '7'))
  expect(await turn('bank')).toEqual({ paused: false, heardAt: null, position: '7' })
  await inTenant(database.pool, 'acme', async (client) => {
    await heard(client, 'acme', 'bank', '2026-03-02T09:00:00.000Z')
    await writePaused(client, 'acme', 'bank', true)
    await writeCursor(client, 'acme', 'bank', 'others', '9')
  })
  expect(await turn('bank')).toEqual({ paused: true, heardAt: '2026-03-02T09:00:00.000Z', position: '7' })
  expect(await turn('erp')).toMatchObject({ position: null })
})
