import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fact, invoice } from '../../test/arrivals.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { LANES, type EventType, type Lane } from '../domain/event.ts'
import { LANE_POLICIES } from '../domain/lane.ts'
import type { Arrival } from '../domain/object.ts'
import { inTenant } from '../store/database.ts'
import { eventsFrom } from '../store/event.ts'
import { BATCH_LIMITS, objectsNamed, type Item } from '../store/item.ts'
import { TEST_LAW } from '../store/test-law.ts'
import { Backlog } from './backlog.ts'
import { openIntake } from './batcher.ts'
import { admit } from './door.ts'

const settings = { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: Date.now }
const OF_LANE: { readonly [lane in Lane]: EventType } = {
  stop: 'invoice.withdrawn',
  settlement: 'clearing.recorded',
  payment: 'hold.released',
  posting: 'posting.confirmed',
  approval: 'approval.granted',
  intake: 'invoice.received',
  status: 'status.reported',
  metadata: 'document.attached',
}
const inLane = (lane: Lane, id: string, over: Partial<Arrival> = {}): Arrival =>
  fact(OF_LANE[lane], id, { about: [{ names: ['capture|invoice|one'], create: 'invoice' }], ...over })
const waits = (backlog: Backlog, item: Item, since = 0): void => backlog.add({ item, since, settle: () => {} })

describe('the backlog', () => {
  test('gives the highest lane first, and in a lane who came first', () => {
    const backlog = new Backlog(LANE_POLICIES)
    for (const lane of LANES.toReversed()) for (const n of [1, 2]) waits(backlog, admit(inLane(lane, `${lane} ${n}`)))
    const order = backlog.take().map(({ item }) => (item.kind === 'fact' ? item.eventId : ''))
    expect(order).toEqual(LANES.flatMap((lane) => [`${lane} 1`, `${lane} 2`]))
    expect(backlog.size).toBe(0)
  })

  test('a flood in one lane leaves an eighth of each batch to what has waited longest', () => {
    const backlog = new Backlog(LANE_POLICIES)
    for (let n = 0; n < 3_000; n++) waits(backlog, admit(inLane('approval', `flood ${n}`)), 100 + n)
    for (const lane of ['metadata', 'status'] as const)
      for (let n = 0; n < 50; n++) waits(backlog, admit(inLane(lane, `${lane} ${n}`)), lane === 'metadata' ? 90 : 95)
    const batches = [backlog.take(), backlog.take()].map((batch) => batch.map(({ item }) => item.lane))
    expect(batches.map((batch) => batch.length)).toEqual([BATCH_LIMITS.items, BATCH_LIMITS.items])
    const share = BATCH_LIMITS.items / 8
    expect(batches.map((batch) => batch.slice(0, BATCH_LIMITS.items - share).every((lane) => lane === 'approval'))).toEqual([true, true])
    expect(batches[0]!.filter((lane) => lane === 'metadata')).toHaveLength(50)
    expect(batches.flat().filter((lane) => lane === 'status')).toHaveLength(50)
  })

  test('a batch stays within items, bytes and objects, and takes one item whatever its size', () => {
    const limits = [
      { make: (n: number) => inLane('intake', `${n}`), count: 1_200, most: BATCH_LIMITS.items },
      { make: (n: number) => inLane('intake', `${n}`, { data: { text: 'x'.repeat(60_000) } }), count: 100, most: 33 },
      {
        make: (n: number) =>
          inLane('intake', `${n}`, {
            about: Array.from({ length: 600 }, (_, at) => ({ names: [`a|${n}|${at}`], create: 'invoice' as const })),
          }),
        count: 5,
        most: 1,
      },
    ]
    for (const { make, count, most } of limits) {
      const backlog = new Backlog(LANE_POLICIES)
      for (let n = 0; n < count; n++) waits(backlog, admit(make(n)))
      let taken = 0
      while (backlog.size > 0) {
        const batch = backlog.take()
        taken += batch.length
        expect(batch.length).toBeLessThanOrEqual(most)
        expect(new Set(batch.flatMap(({ item }) => objectsNamed(item))).size).toBeLessThanOrEqual(BATCH_LIMITS.objects)
      }
      expect(taken).toBe(count)
    }
  })

  test('too old: the lowest lane is refused first, each by what waits before it, with a time to come again', () => {
    const backlog = new Backlog(LANE_POLICIES)
    waits(backlog, admit(inLane('intake', 'old')), 0)
    const refused = (now: number): Lane[] =>
      LANES.filter((lane) => {
        try {
          backlog.checkRoom([admit(inLane(lane, 'new'))], now)
          return false
        } catch (error) {
          expect(error).toMatchObject({ code: 'backlog-too-old', status: 429, retryAfterMs: Math.max(1_000, Math.min(60_000, now)) })
          return true
        }
      })
    expect(refused(1_000)).toEqual([])
    expect(refused(LANE_POLICIES.metadata.refuseAfterMs + 1)).toEqual(['metadata'])
    expect(refused(LANE_POLICIES.status.refuseAfterMs + 1)).toEqual(['status', 'metadata'])
    // What waits below a lane is not in its way.
    expect(refused(1_000_000)).toEqual(['intake', 'status', 'metadata'])
  })

  test('a request of several lanes goes by the lowest of them, whichever comes first in it', () => {
    const backlog = new Backlog(LANE_POLICIES)
    waits(backlog, admit(inLane('intake', 'old')), 0)
    const [stop, status] = [admit(inLane('stop', 'stop')), admit(inLane('status', 'status'))]
    const now = LANE_POLICIES.status.refuseAfterMs + 1
    const room =
      (...items: Item[]): (() => void) =>
      () => {
        backlog.checkRoom(items, now)
      }
    expect(room(stop)).not.toThrow()
    for (const mixed of [room(stop, status), room(status, stop)])
      expect(mixed).toThrow(expect.objectContaining({ code: 'backlog-too-old', retryAfterMs: now }) as Error)
    expect(backlog.size).toBe(1)
  })

  test('too much: the lower lanes leave room for the higher', () => {
    const backlog = new Backlog(LANE_POLICIES)
    const item = admit(inLane('intake', 'many'))
    for (let n = 0; n < 32_000; n++) waits(backlog, item)
    expect(() => {
      backlog.checkRoom([item], 0)
    }).toThrow(/More work is waiting/u)
    expect(() => {
      backlog.checkRoom([admit(inLane('stop', 'stop'))], 0)
    }).not.toThrow()
  })
})

describe('the batcher', () => {
  let database: HubDatabase
  beforeAll(async () => {
    database = await hubDatabase()
  })
  afterAll(() => database.drop())

  test('a stop that comes last is committed with the next batch, before everything that waits', async () => {
    const intake = openIntake({ pool: database.pool, settings })
    const first = intake.submit([invoice('one')])
    const many = Array.from({ length: 40 }, (_, at) =>
      intake.submit(Array.from({ length: 100 }, (_, n) => inLane('metadata', `metadata ${at} ${n}`))),
    )
    await first
    const stop = intake.submit([inLane('stop', 'stop')])
    await stop
    const behind = intake.backlog('acme').items
    await Promise.all(many)
    expect(behind).toBeGreaterThan(2_000)
    const events = await inTenant(database.pool, 'acme', (client) => eventsFrom(client, 'acme', 0, 10_000))
    const place = events.findIndex((event) => event.type === 'invoice.withdrawn')
    expect(events.slice(place).filter((event) => event.type === 'document.attached').length).toBeGreaterThan(2_000)
    await intake.close()
  })

  test('while low lanes are refused, what was accepted stays accepted and a settlement and the outcome of a posting go through', async () => {
    let now = 0
    const intake = openIntake({ pool: database.pool, settings, monotonic: () => now })
    await intake.submit([invoice('one')])
    const blocker = await database.pool.connect()
    await blocker.query(`BEGIN; SELECT set_config('hub.tenant', 'acme', true); SELECT FROM tenant_head WHERE tenant = 'acme' FOR UPDATE`)
    const accepted = Array.from({ length: 20 }, (_, at) =>
      intake.submit(Array.from({ length: 100 }, (_, n) => inLane('status', `waits ${at} ${n}`))),
    )
    now = LANE_POLICIES.status.refuseAfterMs + 1
    for (const lane of ['status', 'metadata'] as const) {
      await expect(intake.submit([inLane(lane, 'too much')])).rejects.toMatchObject({
        code: 'backlog-too-old',
        status: 429,
        retryAfterMs: expect.any(Number) as unknown,
      })
    }
    const outcome = fact('effect.resolved', 'outcome', {
      source: { system: 'hub', role: 'hub' },
      about: [{ names: ['capture|invoice|one'], create: 'invoice' }],
      data: { effect: 'e'.repeat(64), command: 'invoice.post', attempt: 1, input: 'found' },
    })
    const through = [intake.submit([inLane('settlement', 'through')]), intake.submit([outcome])]
    await blocker.query('COMMIT')
    blocker.release()
    for (const receipts of await Promise.all(through)) expect(receipts.map((receipt) => receipt.outcome)).toEqual(['new'])
    expect((await Promise.all(accepted)).flat().map((receipt) => receipt.outcome)).toEqual(Array<string>(2_000).fill('new'))
    now = 0
    expect((await intake.submit([inLane('metadata', 'again')]))[0]!.outcome).toBe('new')
    await intake.close()
  })

  test('what arrives while a batch commits is one batch', async () => {
    let commits = 0
    const intake = openIntake({
      pool: database.pool,
      settings,
      onCommitted: () => {
        commits += 1
      },
    })
    await Promise.all(Array.from({ length: 300 }, (_, at) => intake.submit([invoice(`gathered ${at}`)])))
    expect(commits).toBeLessThanOrEqual(3)
    expect(commits).toBeGreaterThan(0)
    await intake.close()
  })

  test('closing takes nothing more and commits what waits', async () => {
    const intake = openIntake({ pool: database.pool, settings })
    const waiting = Array.from({ length: 20 }, (_, at) => intake.submit([invoice(`closing ${at}`)]))
    const closed = intake.close()
    await expect(intake.submit([invoice('too late')])).rejects.toMatchObject({ code: 'shutting-down' })
    await closed
    expect((await Promise.all(waiting)).flat().every((receipt) => receipt.outcome === 'new')).toBe(true)
  })

  test('a bug outside the judging of an item stops intake: whoever waits is told that nothing is confirmed', async () => {
    const told: unknown[] = []
    const intake = openIntake({
      pool: database.pool,
      settings: {
        ...settings,
        clock: () => {
          throw new Error('no clock')
        },
      },
      onBug: (error) => told.push(error),
    })
    await expect(intake.submit([invoice('bug')])).rejects.toMatchObject({ code: 'internal' })
    expect(told).toMatchObject([{ message: 'no clock' }])
    await expect(intake.submit([invoice('after')])).rejects.toMatchObject({ code: 'shutting-down' })
    await intake.close()
  })

  test('an empty submission is answered, and one of several tenants goes to each', async () => {
    const intake = openIntake({ pool: database.pool, settings })
    expect(await intake.submit([])).toEqual([])
    await intake.close()
  })
})
