import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { openIntake } from '../intake/batcher.ts'
import { inTenant } from './database.ts'
import { eventsFrom } from './event.ts'
import { TEST_LAW } from './test-law.ts'

let database: HubDatabase
beforeAll(async () => { database = await hubDatabase() })
afterAll(() => database.drop())

describe('smoke', () => {
  test('one invoice', async () => {
    const intake = openIntake({ pool: database.pool, settings: { law: TEST_LAW, cfg: '0'.repeat(64), config: 1, clock: Date.now }, onBug: (e) => console.log('BUG', e) })
    const arrival = {
      tenant: 'acme', source: { system: 'capture', role: 'capture' as const }, eventId: 'a1', type: 'invoice.received' as const, occurredAt: '2026-11-24T10:00:00.000Z',
      actor: 'system:capture', readBack: true, about: [{ names: ['capture|invoice|a1'], create: 'invoice' as const }], data: { amount: '10.00' },
    }
    const receipts = await intake.submit([arrival])
    console.log(receipts)
    expect(await intake.submit([arrival])).toMatchObject([{ outcome: 'repeat' }])
    const events = await inTenant(database.pool, 'acme', (client) => eventsFrom(client, 'acme', 0, 10))
    console.log(events.map((e) => [e.index, e.id, e.type, e.objects]))
    await intake.close()
  })
})
