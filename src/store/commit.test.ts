import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fact, invoice, posting } from '../../test/arrivals.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import type { Law } from '../domain/object.ts'
import { openIntake, type Intake } from '../intake/batcher.ts'
import { startWaker } from '../intake/waker.ts'
import { boundNames, findByAnyId, namesOf } from './alias.ts'
import { cellsOf } from './cell.ts'
import { inTenant, type ClientBase } from './database.ts'
import { effectsOf } from './effect.ts'
import { eventById, eventsFrom, eventsOf, readHead } from './event.ts'
import { listObjects } from './list-row.ts'
import { readObjects } from './object.ts'
import { rebuild } from './rebuild.ts'
import { TEST_LAW, type TestState } from './test-law.ts'
import { overdueParked } from './unbound.ts'

let database: HubDatabase
let intake: Intake
let now = Date.parse('2026-11-24T12:00:00.000Z')
const bugs: unknown[] = []

const intakeWith = (law: Law = TEST_LAW, over: { config?: number } = {}): Intake =>
  openIntake({
    pool: database.pool,
    settings: { law, cfg: 'c'.repeat(64), config: over.config ?? 1, clock: () => now },
    onBug: (error) => bugs.push(error),
  })
const read = <T>(work: (client: ClientBase) => Promise<T>, tenant = 'acme'): Promise<T> => inTenant(database.pool, tenant, work)

/** The object that an invoice's name is bound to. */
async function objectOf(name: string, tenant = 'acme'): Promise<string> {
  const bound = await read((client) => boundNames(client, tenant, [name]), tenant)
  return bound.get(name) ?? 'nobody'
}
async function stateOf(id: string): Promise<TestState> {
  const objects = await read((client) => readObjects(client, 'acme', [id], false))
  return objects.get(id)!.state as unknown as TestState
}
const historyOf = (id: string): Promise<string[]> =>
  read(async (client) => (await eventsOf(client, 'acme', id, null, 100)).map((event) => event.type))

beforeAll(async () => {
  database = await hubDatabase(['acme', 'other'])
  intake = intakeWith()
})
afterAll(async () => {
  await intake.close()
  expect(bugs).toEqual([])
  expect((await rebuild(database.pool, 'acme', TEST_LAW)).differences).toEqual([])
  await database.drop()
})

describe('an arrival', () => {
  test('becomes events, an object, cells, a row of a list and effects, all at once', async () => {
    const [receipt] = await intake.submit([invoice('1')])
    expect(receipt).toMatchObject({ outcome: 'new', eventId: expect.stringMatching(/^evt_[0-9a-f]{26}$/) })
    const id = await objectOf('capture|invoice|1')
    expect(id).toMatch(/^inv_[0-9a-f]{26}$/)
    expect(await historyOf(id)).toEqual(['invoice.received', 'invoice.validated', 'invoice.state-moved'])
    const event = await read((client) => eventById(client, 'acme', receipt!.eventId))
    expect(event).toMatchObject({
      type: 'invoice.received',
      objects: [id],
      grade: 'settled',
      source: { system: 'capture', role: 'capture' },
      data: { amount: '10.00' },
      cfg: 'c'.repeat(64),
    })
    expect(await read((client) => eventById(client, 'acme', `${id}.2`))).toMatchObject({
      type: 'invoice.validated',
      correlation: id,
      actor: 'rule:test',
    })
    expect(await read((client) => cellsOf(client, 'acme', id))).toEqual([
      { object: id, system: 'ap', facet: 'status', expected: 'validated', told: null, reported: null, heardAt: null },
      { object: id, system: 'erp', facet: 'posting', expected: 'posted', told: null, reported: null, heardAt: null },
    ])
    expect(await read((client) => effectsOf(client, 'acme', id))).toMatchObject([
      {
        command: 'invoice.post',
        target: 'erp',
        state: 'waiting',
        attempts: 0,
        blocks: true,
        lane: 'posting',
        content: `{"amount":"10.00","reference":"${id}"}`,
      },
      { command: 'invoice.status', target: 'ap', state: 'waiting', blocks: false, lane: 'status' },
    ])
    const { rows } = await read((client) => listObjects(client, 'acme', { kind: 'invoice', limit: 10 }))
    expect(rows).toMatchObject([{ object: id, state: 'validated', amount: '10.00', dueOn: '2026-12-01', open: true }])
    expect(await read((client) => namesOf(client, 'acme', id))).toEqual(['capture|invoice|1'])
    expect(await read((client) => findByAnyId(client, 'acme', '1'))).toEqual([id])
  })

  test('that comes again is answered with the first result, and with other content refused', async () => {
    const before = await read((client) => readHead(client, 'acme'))
    const [first] = await intake.submit([invoice('2')])
    const [again, other, later] = await intake.submit([
      invoice('2'),
      invoice('2', { amount: '11.00' }),
      invoice('2', {}, { occurredAt: '2026-11-24T10:00:01.000Z' }),
    ])
    expect(again).toEqual({ eventId: first!.eventId, outcome: 'repeat' })
    expect(other).toMatchObject({ outcome: 'refused', fault: { code: 'event-id-reused' } })
    // When it happened is what the source says of the same event; the first word stands.
    expect(later).toMatchObject({ outcome: 'repeat' })
    expect((await read((client) => readHead(client, 'acme')))!.nextIndex).toBe(before!.nextIndex + 3)
  })

  test('and its twins in one batch are one event', async () => {
    const receipts = await intake.submit([invoice('3'), invoice('3'), invoice('3', { amount: '12.00' }), invoice('3')])
    expect(receipts.map((receipt) => receipt.outcome)).toEqual(['new', 'repeat', 'refused', 'repeat'])
    expect(new Set(receipts.map((receipt) => receipt.eventId)).size).toBe(1)
  })

  test('that names an id which nobody has is refused and leaves nothing, now and when it is repeated; the others of its batch are taken', async () => {
    const lost = fact('invoice.withdrawn', 'lost', { about: [{ names: ['inv_00000000000000000000000000'] }] })
    for (let time = 0; time < 2; time++) {
      const receipts = await intake.submit([lost, invoice(`beside ${time}`), lost])
      expect(receipts.map((receipt) => receipt.fault?.code ?? receipt.outcome)).toEqual(['not-found', 'new', 'not-found'])
    }
    const { rows } = await database.admin((client) => client.query('SELECT count(*)::int AS n FROM identity WHERE event_id = $1', ['lost']))
    expect(rows).toEqual([{ n: 0 }])
  })

  test('of one tenant is nothing to another', async () => {
    const [mine] = await intake.submit([invoice('4')])
    const [theirs] = await intake.submit([invoice('4', {}, { tenant: 'other' })])
    expect(theirs!.outcome).toBe('new')
    expect(theirs!.eventId).not.toBe(mine!.eventId)
    expect(await objectOf('capture|invoice|4', 'other')).not.toBe(await objectOf('capture|invoice|4'))
  })

  test('for a tenant that was never made is refused with a sentence', async () => {
    await expect(intake.submit([invoice('5', {}, { tenant: 'nobody' })])).rejects.toMatchObject({
      code: 'request-not-valid',
      message: expect.stringContaining('There is no tenant nobody'),
    })
  })
})

describe('names', () => {
  test('the first that is bound decides, the free ones are bound to the same object, offers go to the first', async () => {
    await intake.submit([invoice('n1', {}, { about: [{ names: ['a|x|n1', 'b|x|n1'], create: 'invoice', offers: ['o|x|n'] }] })])
    await intake.submit([fact('document.attached', 'n1 more', { about: [{ names: ['c|x|n1', 'b|x|n1'], offers: ['o|x|n', 'o|x|n1'] }] })])
    const id = await objectOf('a|x|n1')
    expect(await read((client) => namesOf(client, 'acme', id))).toEqual(['a|x|n1', 'b|x|n1', 'o|x|n', 'c|x|n1', 'o|x|n1'])
    await intake.submit([invoice('n2', {}, { about: [{ names: ['a|x|n2'], create: 'invoice', offers: ['o|x|n'] }] })])
    expect(await objectOf('o|x|n')).toBe(id)
  })

  test('what one fact of a batch creates, another may name, in whatever order they stand', async () => {
    const receipts = await intake.submit([
      posting('n3'),
      invoice('n3'),
      fact('document.attached', 'n3 more', { about: [{ names: ['capture|invoice|n3'] }] }),
    ])
    expect(receipts.map((receipt) => receipt.outcome)).toEqual(['new', 'new', 'new'])
    expect(await historyOf(await objectOf('capture|invoice|n3'))).toEqual([
      'invoice.received',
      'document.attached',
      'posting.confirmed',
      'invoice.validated',
      'invoice.state-moved',
    ])
  })

  test('objects that must exist are made beside it, or left alone when they are there', async () => {
    const ensures = [{ names: ['erp|supplier|s1'], create: 'supplier' as const }]
    await intake.submit([invoice('n4', {}, { ensures })])
    await intake.submit([invoice('n5', {}, { ensures })])
    const supplier = await objectOf('erp|supplier|s1')
    expect(await historyOf(supplier)).toEqual(['invoice.received'])
    const [first] = await read((client) => eventsOf(client, 'acme', supplier, null, 10))
    expect(first!.objects).toEqual([await objectOf('capture|invoice|n4'), supplier])
  })
})

describe('a fact whose name is not bound', () => {
  test('is logged at once, and folded in the commit that binds the name', async () => {
    const [parked] = await intake.submit([posting('p1')])
    expect(parked).toMatchObject({ outcome: 'parked' })
    expect(await intake.submit([posting('p1')])).toMatchObject([{ outcome: 'repeat' }])
    const logged = await read((client) => eventById(client, 'acme', parked!.eventId))
    expect(logged).toMatchObject({ type: 'posting.confirmed', objects: [] })
    expect(await read((client) => overdueParked(client, 'acme', '2027-01-01T00:00:00.000Z', 10))).toMatchObject([
      { index: logged!.index, refs: { about: [{ names: ['capture|invoice|p1'] }] } },
    ])

    await intake.submit([invoice('p1')])
    const id = await objectOf('capture|invoice|p1')
    expect(await historyOf(id)).toEqual(['invoice.received', 'posting.confirmed', 'invoice.validated', 'invoice.state-moved'])
    expect((await stateOf(id)).posted).toBe(parked!.eventId)
    const [, late] = await read((client) => eventsOf(client, 'acme', id, null, 10))
    expect(late).toMatchObject({ id: parked!.eventId, objects: [id] })
    expect(await read((client) => overdueParked(client, 'acme', '2027-01-01T00:00:00.000Z', 10))).toEqual([])
  })

  test('frees others in turn: what it binds is bound in the same commit', async () => {
    await intake.submit([fact('document.attached', 'chain 3', { about: [{ names: ['z|x|chain'] }] })])
    await intake.submit([fact('document.attached', 'chain 2', { about: [{ names: ['y|x|chain'], offers: ['z|x|chain'] }] })])
    await intake.submit([invoice('chain 1', {}, { about: [{ names: ['x|x|chain'], create: 'invoice', offers: ['y|x|chain'] }] })])
    const id = await objectOf('z|x|chain')
    expect(await historyOf(id)).toEqual([
      'invoice.received',
      'document.attached',
      'document.attached',
      'invoice.validated',
      'invoice.state-moved',
    ])
    expect(await objectOf('x|x|chain')).toBe(id)
  })

  test('waits for all of its objects', async () => {
    const both = fact('document.attached', 'both', { about: [{ names: ['w|x|1'] }, { names: ['w|x|2'] }] })
    expect(await intake.submit([both])).toMatchObject([{ outcome: 'parked' }])
    await intake.submit([invoice('w1', {}, { about: [{ names: ['w|x|1'], create: 'invoice' }] })])
    expect(await historyOf(await objectOf('w|x|1'))).not.toContain('document.attached')
    await intake.submit([invoice('w2', {}, { about: [{ names: ['w|x|2'], create: 'invoice' }] })])
    expect(await historyOf(await objectOf('w|x|1'))).toContain('document.attached')
    expect(await historyOf(await objectOf('w|x|2'))).toContain('document.attached')
  })

  test('reads page by page in the order in which it was folded', async () => {
    await intake.submit([posting('page'), fact('document.attached', 'page 2', { about: [{ names: ['capture|invoice|page'] }] })])
    await intake.submit([invoice('page')])
    const id = await objectOf('capture|invoice|page')
    const whole = await read((client) => eventsOf(client, 'acme', id, null, 100))
    const paged = []
    for (let place: { applied: number; index: number } | null = null; ;) {
      const page = await read((client) => eventsOf(client, 'acme', id, place, 1))
      const [event] = page
      if (!event) break
      paged.push(event)
      place = { applied: event.applied, index: event.index }
    }
    expect(whole).toHaveLength(5)
    expect(paged.map((event) => event.index)).toEqual(whole.map((event) => event.index))
  })
})

describe('who waits for news', () => {
  test('is woken when what it waits for changes, outside that commit', async () => {
    await intake.submit([invoice('i1', { supplier: 'erp|supplier|i1' })])
    const id = await objectOf('capture|invoice|i1')
    expect((await stateOf(id)).validated).toBeNull()
    // First the name is free, then it is bound, then the object changes: each is news.
    const waker = startWaker({
      pool: database.pool,
      nudge: (tenant, objects) => intake.nudge(tenant, objects),
      clock: () => now,
      everyMs: 3_600_000,
    })
    await intake.submit([
      fact('order.issued', 'i1 made', {
        source: { system: 'erp', role: 'erp' },
        about: [{ names: ['erp|supplier|i1'], create: 'supplier' }],
      }),
    ])
    await waker.round()
    expect((await stateOf(id)).validated).toBeNull()
    const supplier = await objectOf('erp|supplier|i1')
    const objects = await read((client) => readObjects(client, 'acme', [id], false))
    expect(objects.get(id)!.waits).toEqual([supplier])
    await intake.submit([
      fact('supplier.activated', 'i1 active', { source: { system: 'erp', role: 'erp' }, about: [{ names: ['erp|supplier|i1'] }] }),
    ])
    expect((await stateOf(id)).validated).toBeNull()
    await waker.round()
    expect((await stateOf(id)).validated).not.toBeNull()
    const left = await database.admin((client) =>
      client.query('SELECT (SELECT count(*)::int FROM stir) AS stirs, (SELECT count(*)::int FROM interest) AS interests'),
    )
    expect(left.rows).toEqual([{ stirs: 0, interests: 0 }])
    await waker.stop()
  })

  test('is woken in slices, all of them', async () => {
    const many = Array.from({ length: 1_203 }, (_, at) => invoice(`many ${at}`, { supplier: 'erp|supplier|many' }))
    for (let at = 0; at < many.length; at += 400) await intake.submit(many.slice(at, at + 400))
    await intake.submit([
      fact('supplier.activated', 'many active', {
        source: { system: 'erp', role: 'erp' },
        about: [{ names: ['erp|supplier|many'], create: 'supplier' }],
      }),
    ])
    const waker = startWaker({
      pool: database.pool,
      nudge: (tenant, objects) => intake.nudge(tenant, objects),
      clock: () => now,
      everyMs: 3_600_000,
    })
    await waker.stop()
    await waker.round()
    const { rows } = await database.admin((client) =>
      client.query(
        `SELECT state::json->>'validated' IS NOT NULL AS done, count(*)::int AS n FROM object WHERE tenant = 'acme' AND state LIKE '%erp|supplier|many%' AND kind = 'invoice' GROUP BY 1`,
      ),
    )
    expect(rows).toEqual([{ done: true, n: 1_203 }])
  })

  test('is woken with those who wait for other news, in one go', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `erp|supplier|of its own ${at}`)
    await intake.submit(names.map((supplier, at) => invoice(`own ${at}`, { supplier })))
    const nudged: (readonly string[])[] = []
    const waker = startWaker({
      pool: database.pool,
      clock: () => now,
      everyMs: 3_600_000,
      nudge: (tenant, objects) => {
        nudged.push(objects)
        return intake.nudge(tenant, objects)
      },
    })
    await waker.stop()
    await intake.submit(
      names.map((name, at) =>
        fact('supplier.activated', `own active ${at}`, {
          source: { system: 'erp', role: 'erp' },
          about: [{ names: [name], create: 'supplier' }],
        }),
      ),
    )
    await waker.round()
    expect(nudged.map((objects) => objects.length)).toEqual([40])
    const states = await Promise.all(names.map(async (_, at) => stateOf(await objectOf(`capture|invoice|own ${at}`))))
    expect(states.filter(({ validated }) => validated === null)).toEqual([])
  })

  test('and whose time has come is judged at that time, once', async () => {
    await intake.submit([invoice('t1', { wakeOn: '2026-11-24T13:00:00.000Z' })])
    const id = await objectOf('capture|invoice|t1')
    const waker = startWaker({
      pool: database.pool,
      nudge: (tenant, objects) => intake.nudge(tenant, objects),
      clock: () => now,
      everyMs: 3_600_000,
    })
    await waker.stop()
    expect(await waker.round()).toBe(0)
    now = Date.parse('2026-11-24T13:00:00.000Z')
    expect(await waker.round()).toBe(1)
    expect((await stateOf(id)).woken).toBe(1)
    expect(await waker.round()).toBe(0)
  })
})

describe('time, law and configuration', () => {
  test('no event is recorded before its predecessor, whatever the clock says', async () => {
    const before = (await read((client) => readHead(client, 'acme')))!.recordedAt
    now -= 3_600_000
    await intake.submit([invoice('clock')])
    now += 3_600_000
    const [event] = await read(async (client) => eventsFrom(client, 'acme', (await readHead(client, 'acme'))!.nextIndex - 1, 1))
    expect(event!.recordedAt).toBe(before)
  })

  test('a process with a lower law or configuration takes nothing in any more', async () => {
    const newer = intakeWith({ ...TEST_LAW, version: 2 }, { config: 7 })
    await newer.submit([invoice('law 2', {}, { tenant: 'other' })])
    await expect(intake.submit([invoice('law 1', {}, { tenant: 'other' })])).rejects.toMatchObject({
      code: 'hub-outdated',
      retryAfterMs: 1_000,
    })
    const older = intakeWith({ ...TEST_LAW, version: 2 }, { config: 6 })
    await expect(older.submit([invoice('config 6', {}, { tenant: 'other' })])).rejects.toMatchObject({ code: 'hub-outdated' })
    expect(await objectOf('capture|invoice|law 1', 'other')).toBe('nobody')
    await Promise.all([newer.close(), older.close()])
  })
})
