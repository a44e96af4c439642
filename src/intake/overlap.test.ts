import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fact, invoice } from '../../test/arrivals.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import type { Arrival } from '../domain/object.ts'
import { inTenant, openPool, type Pool } from '../store/database.ts'
import { eventsFrom, type StoredEvent } from '../store/event.ts'
import { BATCH_LIMITS } from '../store/item.ts'
import { rebuild } from '../store/rebuild.ts'
import { TEST_LAW } from '../store/test-law.ts'
import { openIntake, type Intake } from './batcher.ts'

let database: HubDatabase
let pool: Pool
let intake: Intake
/** The most connections that were lent out at once. */
let most = 0
let onCommitted: () => void

beforeEach(async () => {
  database = await hubDatabase()
  pool = openPool(database.url(), { max: 8 })
  let lent = 0
  pool.on('acquire', () => { most = Math.max(most, ++lent) })
  pool.on('release', () => { lent-- })
  most = 0
  onCommitted = () => {}
  intake = openIntake({ pool, settings: { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: Date.now }, onCommitted: () => { onCommitted() } })
})
afterEach(async () => {
  await intake.close()
  expect((await rebuild(database.pool, 'acme', TEST_LAW)).differences).toEqual([])
  await pool.end()
  await database.drop()
})

const invoices = (from: number, count: number): Arrival[] => Array.from({ length: count }, (_, at) => invoice(`${from + at}`))
const facts = async (): Promise<StoredEvent[]> => {
  const events = await inTenant(database.pool, 'acme', (client) => eventsFrom(client, 'acme', 0, 100_000))
  expect(events.map((event) => event.index)).toEqual(events.map((_, at) => at))
  return events.filter((event) => event.id.startsWith('evt_'))
}

describe('a batch is decided while the one before it is written', () => {
  test('two transactions at once and no third; the log is in the order in which everything came', async () => {
    let commits = 0
    // Among the first ones another connection learns how large the tables are.
    onCommitted = () => { if (++commits === 4) most = 0 }
    const receipts = await intake.submit(invoices(0, BATCH_LIMITS.items * 7))
    expect(most).toBe(2)
    expect((await facts()).map((event) => event.id)).toEqual(receipts.map((receipt) => receipt.eventId))
  })

  test('facts about what the batch before makes wait for it: nothing is parked, nothing is decided twice', async () => {
    const count = BATCH_LIMITS.items
    const about = (n: number): Arrival => fact('invoice.corrected', `about ${n}`, { about: [{ names: [`capture|invoice|${n}`] }] })
    const receipts = await intake.submit([...invoices(0, count), ...Array.from({ length: count }, (_, n) => about(n)), ...Array.from({ length: count }, (_, n) => about(n))])
    expect(receipts.map((receipt) => receipt.outcome)).toEqual([...Array.from({ length: count * 2 }, () => 'new'), ...Array.from({ length: count }, () => 'repeat')])
    expect(await facts()).toHaveLength(count * 2)
  })

  test('one whose first try fails makes the next one give way, and comes before it', async () => {
    const count = BATCH_LIMITS.items
    const arrivals = [...invoices(0, count - 1), invoice('broken', { amount: '1.1.1' }), ...invoices(count, count * 2)]
    const receipts = await intake.submit(arrivals)
    expect(receipts.flatMap((receipt, at) => receipt.outcome === 'new' ? [] : [[at, receipt.fault?.code]])).toEqual([[count - 1, 'internal']])
    const order = new Map((await facts()).map((event, at) => [event.id, at]))
    const places = receipts.map((receipt) => order.get(receipt.eventId)).filter((place) => place !== undefined)
    expect(places).toHaveLength(count * 3 - 1)
    expect(Math.max(...places.slice(0, count - 1))).toBeLessThan(Math.min(...places.slice(count - 1)))
  })

  test('connections that are cut whenever something was committed: everything is there once', async () => {
    const cuts: Promise<unknown>[] = []
    onCommitted = () => { if (cuts.length < 4) cuts.push(database.admin((client) => client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = \'hub_app\' AND datname = current_database()'))) }
    const receipts = await intake.submit(invoices(0, BATCH_LIMITS.items * 6))
    await Promise.all(cuts)
    expect(cuts).toHaveLength(4)
    expect(new Set(receipts.map((receipt) => receipt.outcome)).difference(new Set(['new', 'repeat']))).toEqual(new Set())
    expect(await facts()).toHaveLength(BATCH_LIMITS.items * 6)
  })
})
