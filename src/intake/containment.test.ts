import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fact, invoice } from '../../test/arrivals.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import type { Arrival, Law } from '../domain/object.ts'
import { boundNames } from '../store/alias.ts'
import { inTenant } from '../store/database.ts'
import { eventsFrom, readHead } from '../store/event.ts'
import { dueObjects } from '../store/object.ts'
import { rebuild } from '../store/rebuild.ts'
import type { Receipt } from '../store/item.ts'
import { standingQuarantined } from '../store/quarantine.ts'
import { TEST_LAW } from '../store/test-law.ts'
import { openIntake, type Intake } from './batcher.ts'

let database: HubDatabase
let intake: Intake
const bugs: unknown[] = []
beforeAll(async () => {
  database = await hubDatabase(['acme', 'nudged', 'repaired'])
  intake = openIntake({
    pool: database.pool,
    settings: { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: Date.now },
    onBug: (error) => bugs.push(error),
  })
})
afterAll(async () => {
  await intake.close()
  expect(bugs).toEqual([])
  for (const tenant of ['acme', 'nudged']) expect((await rebuild(database.pool, tenant, TEST_LAW)).differences).toEqual([])
  await database.drop()
})

/** One that the law cannot fold, one that it cannot judge, two that the tables cannot hold: a number that is none, a row too large. */
const POISONS = [
  { what: 'folding', make: (id: string) => invoice(id, { poison: 'evolve' }) },
  { what: 'judging', make: (id: string) => invoice(id, { amount: 'poison' }) },
  { what: 'storing', make: (id: string) => invoice(id, { amount: '1.1.1' }) },
  { what: 'keeping a constraint', make: (id: string) => invoice(id, { poison: 'grow' }) },
]
const COUNT = 20

describe.each(POISONS)('an arrival that breaks in $what', ({ what, make }) => {
  test.each([
    ['first', [0]],
    ['in the middle', [9]],
    ['last', [19]],
    ['first and last', [0, 19]],
    ['all', Array.from({ length: COUNT }, (_, at) => at)],
  ] as const)('%s: it is kept with an owner, everything else is committed', async (where, places) => {
    const broken = new Set<number>(places)
    const batch = Array.from({ length: COUNT }, (_, at) =>
      broken.has(at) ? make(`${what} ${where} ${at}`) : invoice(`${what} ${where} ${at}`),
    )
    const from = (await inTenant(database.pool, 'acme', (client) => readHead(client, 'acme')))!.nextIndex
    const receipts = await intake.submit(batch)
    expect(receipts.map((receipt) => receipt.fault?.code ?? receipt.outcome)).toEqual(
      batch.map((_, at) => (broken.has(at) ? 'internal' : 'new')),
    )

    const events = await inTenant(database.pool, 'acme', (client) => eventsFrom(client, 'acme', from, 1_000))
    expect(events.filter((event) => event.type === 'invoice.received')).toHaveLength(COUNT - broken.size)
    const told = events.filter((event) => event.type === 'intake.quarantined')
    expect(new Set(told.map((event) => event.data['id']))).toEqual(new Set([...broken].map((at) => receipts[at]!.eventId)))
    const kept = new Map(
      (await inTenant(database.pool, 'acme', (client) => standingQuarantined(client, 'acme', 1_000))).map((row) => [row.id, row]),
    )
    for (const at of broken) {
      const row = kept.get(receipts[at]!.eventId)!
      expect(row).toMatchObject({ owner: 'engineering', source: 'capture', type: 'invoice.received', times: 1, says: expect.any(String) })
      expect(JSON.parse(row.bytes!.toString())).toEqual(JSON.parse(JSON.stringify(batch[at])))
    }

    // The same again: nothing of it twice, and the broken ones are counted.
    const again = await intake.submit(batch)
    expect(again.map((receipt) => receipt.fault?.code ?? receipt.outcome)).toEqual(
      batch.map((_, at) => (broken.has(at) ? 'internal' : 'repeat')),
    )
    const head = (await inTenant(database.pool, 'acme', (client) => readHead(client, 'acme')))!.nextIndex
    expect(head).toBe(from + events.length)
  })
})

test('what was kept can be given to a repaired law', async () => {
  await intake.submit([invoice('repair', { poison: 'evolve' }, { tenant: 'repaired' })])
  const [row] = await inTenant(database.pool, 'repaired', (client) => standingQuarantined(client, 'repaired', 10))
  const [{ eventId: other }] = (await intake.submit([invoice('repair later', { poison: 'evolve' }, { tenant: 'repaired' })])) as [Receipt]
  const law: Law = {
    ...TEST_LAW,
    evolve: (record, id, event) => TEST_LAW.evolve(record, id, { ...event, data: { ...event.data, poison: undefined } }),
  }
  const repaired = openIntake({ pool: database.pool, settings: { law, cfg: 'c'.repeat(64), config: 1, clock: Date.now } })
  expect(await repaired.submit([JSON.parse(row!.bytes!.toString()) as Arrival])).toMatchObject([{ eventId: row!.id, outcome: 'new' }])
  // It no longer stands there; what has not come again does.
  await expect
    .poll(() => inTenant(database.pool, 'repaired', (client) => standingQuarantined(client, 'repaired', 10)))
    .toMatchObject([{ id: other }])
  await repaired.close()
  expect((await rebuild(database.pool, 'repaired', law)).differences).toEqual([])
})

test('an object whose judging breaks is put off, and told of once; others that are due are judged', async () => {
  const soon = new Date(Date.now() - 1_000).toISOString()
  const submit = (arrival: ReturnType<typeof invoice>): Promise<unknown> => intake.submit([{ ...arrival, tenant: 'nudged' }])
  await submit(invoice('well'))
  await submit(invoice('ill'))
  const ids = await inTenant(database.pool, 'nudged', (client) =>
    boundNames(client, 'nudged', ['capture|invoice|well', 'capture|invoice|ill']),
  )
  // As if a later version of the law could not judge what an earlier one has folded.
  await database.admin((client) => client.query(`UPDATE object SET wake_at = $1 WHERE tenant = 'nudged'`, [soon]))
  const broken = openIntake({
    pool: database.pool,
    onBug: (error) => bugs.push(error),
    settings: {
      law: {
        ...TEST_LAW,
        judge: (record, look, asOf) => {
          if (record.id === ids.get('capture|invoice|ill')) throw new Error('cannot judge this')
          return TEST_LAW.judge(record, look, asOf)
        },
      },
      cfg: 'c'.repeat(64),
      config: 1,
      clock: Date.now,
    },
  })
  await broken.nudge('nudged', [...ids.values()])
  await broken.close()
  expect(await inTenant(database.pool, 'nudged', (client) => dueObjects(client, 'nudged', new Date().toISOString(), 10))).toEqual([])
  expect(await inTenant(database.pool, 'nudged', (client) => standingQuarantined(client, 'nudged', 10))).toMatchObject([
    { id: ids.get('capture|invoice|ill'), type: 'nudge', owner: 'engineering' },
  ])
  // By then the hub is mended, and was started anew.
  const mended = openIntake({ pool: database.pool, settings: { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: Date.now } })
  await mended.nudge('nudged', [...ids.values()])
  await mended.close()
  expect(await inTenant(database.pool, 'nudged', (client) => standingQuarantined(client, 'nudged', 10))).toEqual([])
})

test("what the door refuses is that arrival's receipt alone", async () => {
  const wrong = [
    fact('invoice.received', 'long', { data: { text: 'x'.repeat(70_000) } }),
    fact('invoice.received', 'nul', { data: { text: 'a\u0000b' } }),
    fact('invoice.received', 'half', { data: { text: '\ud800' } }),
    fact('invoice.received', 'float', { data: { amount: 1.5 } }),
    fact('no.such-type' as never, 'type'),
    fact('invoice.received', 'time', { occurredAt: '2026-11-24T10:00:00Z' }),
    fact('invoice.received', 'day', { occurredAt: '2026-02-30T10:00:00.000Z' }),
    fact('invoice.received', 'nobody', { about: [] }),
    fact('invoice.received', 'many', { about: Array.from({ length: 1_001 }, (_, at) => ({ names: [`a|b|${at}`] })) }),
    fact('invoice.received', 'name', { about: [{ names: ['a|b|\n'] }] }),
    fact('invoice.received', 'actor', { actor: 'somebody' }),
    fact('invoice.validated', 'ours'),
    fact('invoice.received', '', {}),
    fact('invoice.received', 'shape', { about: undefined as never }),
    fact('invoice.received', 'deep', { data: { a: JSON.parse('['.repeat(50) + ']'.repeat(50)) } }),
  ]
  const receipts = await intake.submit([...wrong, invoice('right')])
  expect(receipts.map((receipt) => receipt.fault?.code ?? receipt.outcome)).toEqual([
    'body-too-large',
    'body-not-clean',
    'body-not-clean',
    'event-not-valid',
    'event-type-unknown',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'event-not-valid',
    'new',
  ])
})
