/** A try that its process left behind is declared unknown, and the log is told so: each time that it is news. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expire } from '../src/delivery/expire.ts'
import { outcomeArrival } from '../src/delivery/report.ts'
import { stepEffect, type EffectRow } from '../src/domain/effect.ts'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { attemptsOf, openAttempts } from '../src/store/attempt.ts'
import { inTenant } from '../src/store/database.ts'
import { claimDue, writeEffects } from '../src/store/effect.ts'
import { eventsOf } from '../src/store/event.ts'
import { DELIVERY_LAW, invoice, TENANT } from './delivery-world.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

const NOW = '2026-11-24T12:00:00.000Z'
const clocks = { wall: () => Date.parse(NOW), monotonic: () => 0 }
let database: HubDatabase
let intake: Intake
beforeAll(async () => {
  database = await hubDatabase()
  intake = openIntake({ pool: database.pool, settings: { law: DELIVERY_LAW, cfg: 'c'.repeat(64), config: 1, clock: clocks.wall } })
})
afterAll(async () => {
  await intake.close()
  await database.drop()
})

/** Claimed by a process that is not there any more. */
const left = (): Promise<EffectRow> =>
  inTenant(database.pool, TENANT, async (client) => {
    const [row] = await claimDue(client, { tenant: TENANT, target: 'erp', limit: 1, now: NOW })
    const open = stepEffect(row!, 'claimed', { now: NOW }) as EffectRow
    await openAttempts(client, TENANT, [
      { key: open.key, n: open.attempts, process: 'gone', requestHash: 'h', openedAt: NOW, notAfter: '2026-11-24T12:00:30.000Z' },
    ])
    await writeEffects(client, TENANT, [open])
    return open
  })
const declared = (): Promise<number> =>
  expire({ pool: database.pool, tenant: TENANT, clocks, submit: (arrivals) => intake.submit(arrivals) })

test('also that of a second try, when the doubt about the first was settled', async () => {
  await intake.submit([invoice(1, 'erp')])
  const first = await left()
  expect(await declared()).toBe(1)
  const attempts = await inTenant(database.pool, TENANT, (client) => attemptsOf(client, TENANT, [first.key]))
  const found = { tenant: TENANT, row: first, attempts, outcome: 'unknown', at: Date.parse(NOW), by: 'claim', guarded: false } as const
  await intake.submit([outcomeArrival({ ...found, input: 'absent', nextAt: Date.parse(NOW) })])
  await left()
  expect(await declared()).toBe(1)
  const events = await inTenant(database.pool, TENANT, (client) => eventsOf(client, TENANT, first.object, null, 20))
  expect(events.map(({ type }) => type).filter((type) => type.startsWith('effect.'))).toEqual([
    'effect.unknown',
    'effect.resolved',
    'effect.unknown',
  ])
  expect(await declared()).toBe(0)
})
