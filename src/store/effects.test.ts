import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fact, invoice, posting } from '../../test/arrivals.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { NEVER, stepEffect, type EffectInput, type EffectRow } from '../domain/effect.ts'
import type { Arrival } from '../domain/object.ts'
import { openIntake, type CommitNews, type Intake } from '../intake/batcher.ts'
import { boundNames } from './alias.ts'
import { attemptsOf, closeAttempts, openAttempts, stillOpen } from './attempt.ts'
import { inTenant, type ClientBase } from './database.ts'
import { claimDue, effectsOf, nextDue, saveEffect, writeEffects } from './effect.ts'
import { effectNews, planEffects } from './effect-plan.ts'
import { eventsOf } from './event.ts'
import { rebuild } from './rebuild.ts'
import { TEST_LAW } from './test-law.ts'

const NOW = '2026-11-24T12:00:00.000Z'
let database: HubDatabase
let intake: Intake
let news: CommitNews[] = []
let number = 0

const read = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => inTenant(database.pool, 'acme', work)
beforeAll(async () => {
  database = await hubDatabase()
  intake = openIntake({
    pool: database.pool,
    settings: { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: () => Date.parse(NOW) },
    onCommitted: (one) => news.push(one),
  })
})
afterAll(async () => {
  await intake.close()
  expect((await rebuild(database.pool, 'acme', TEST_LAW)).differences).toEqual([])
  await database.drop()
})
beforeEach(() => {
  number += 1
  news = []
})

/** An invoice of this test's own, whose effects wait: its id. */
async function received(data: Arrival['data'] = {}): Promise<string> {
  await intake.submit([invoice(`e${number}`, data)])
  const bound = await read((client) => boundNames(client, 'acme', [`capture|invoice|e${number}`]))
  return bound.get(`capture|invoice|e${number}`)!
}
async function effect(id: string, command: string, occurrence?: string): Promise<EffectRow> {
  const rows = await read((client) => effectsOf(client, 'acme', id))
  return rows.find((row) => row.command === command && (occurrence === undefined || row.occurrence === occurrence))!
}
const states = async (id: string): Promise<string[]> =>
  (await read((client) => effectsOf(client, 'acme', id))).map((row) => `${row.command} ${row.occurrence} ${row.state}`).sort()

/** Claims an effect as delivery does: the attempt OPEN, the effect `open`, in one transaction. */
async function opened(row: EffectRow): Promise<EffectRow> {
  const next = stepEffect(row, 'claimed', { now: NOW }) as EffectRow
  await read(async (client) => {
    await openAttempts(client, 'acme', [
      { key: row.key, n: next.attempts, process: 'p1', requestHash: 'h', openedAt: NOW, notAfter: '2026-11-24T12:00:30.000Z' },
    ])
    await writeEffects(client, 'acme', [next])
  })
  return next
}
function outcome(
  row: EffectRow,
  type: 'effect.done' | 'effect.unknown' | 'effect.refused' | 'effect.resolved',
  input: EffectInput,
  over: { guarded?: boolean; attempt?: number; data?: Arrival['data'] } = {},
): Arrival {
  const attempt = over.attempt ?? row.attempts
  return {
    ...fact(type, `effect ${row.key} ${attempt} ${input}`, {
      source: { system: 'hub', role: 'hub' },
      actor: 'rule:delivery',
      about: [{ names: [row.subject] }],
    }),
    data: {
      effect: row.key,
      attempt,
      input,
      outcome: input === 'done' ? 'done' : 'unknown',
      target: row.target,
      command: row.command,
      object: row.object,
      occurrence: row.occurrence,
      ...over.data,
    },
    ...(over.guarded === false ? {} : { guard: { effect: row.key, attempt } }),
  }
}

describe('the outcome of a try', () => {
  test('counts while its attempt is open: attempt, effect and event in one commit', async () => {
    const id = await received()
    const row = await opened(await effect(id, 'invoice.post'))
    expect(
      await intake.submit([outcome(row, 'effect.done', 'done', { data: { says: 'made', receipt: { reference: 'D1' } } })]),
    ).toMatchObject([{ outcome: 'new' }])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'done', attempts: 1, blocks: true })
    expect(await read((client) => attemptsOf(client, 'acme', [row.key]))).toMatchObject([
      { n: 1, outcome: 'done', says: 'made', receipt: { reference: 'D1' }, closedAt: NOW },
    ])
    expect((await read((client) => eventsOf(client, 'acme', id, null, 10))).at(-1)).toMatchObject({ type: 'effect.done' })
  })

  test('after somebody else closed the attempt becomes replied-late and moves nothing', async () => {
    const id = await received()
    const row = await opened(await effect(id, 'invoice.post'))
    await intake.submit([outcome(row, 'effect.unknown', 'unclear', { data: { nextAt: '2026-11-24T12:01:00.000Z' } })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'unknown', dueAt: '2026-11-24T12:01:00.000Z' })
    expect(await intake.submit([outcome(row, 'effect.done', 'done')])).toMatchObject([{ outcome: 'new' }])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'unknown' })
    expect((await read((client) => eventsOf(client, 'acme', id, null, 10))).map((event) => event.type).slice(-2)).toEqual([
      'effect.unknown',
      'effect.replied-late',
    ])
  })

  test('of an earlier try that comes late settles nothing of a later one that is open', async () => {
    const id = await received()
    const first = await opened(await effect(id, 'invoice.post'))
    await intake.submit([outcome(first, 'effect.unknown', 'unclear')])
    const second = await opened(await effect(id, 'invoice.post'))
    const tries = async (): Promise<unknown[]> =>
      (await read((client) => attemptsOf(client, 'acme', [second.key]))).map(({ n, outcome: is }) => [n, is])
    expect(await intake.submit([outcome(first, 'effect.done', 'done')])).toMatchObject([{ outcome: 'new' }])
    expect(await tries()).toEqual([
      [1, 'unknown'],
      [2, 'open'],
    ])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'open', attempts: 2 })
    expect((await read((client) => eventsOf(client, 'acme', id, null, 10))).at(-1)).toMatchObject({ type: 'effect.replied-late' })
    await intake.submit([outcome(second, 'effect.refused', 'refused')])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'refused', attempts: 2 })
  })

  test('of two that come for the same attempt in one batch only the first counts', async () => {
    const id = await received()
    const row = await opened(await effect(id, 'invoice.post'))
    await intake.submit([outcome(row, 'effect.done', 'done'), outcome(row, 'effect.unknown', 'unclear')])
    expect(
      (await read((client) => eventsOf(client, 'acme', id, null, 10)))
        .map((event) => event.type)
        .filter((type) => type.startsWith('effect.')),
    ).toEqual(['effect.done', 'effect.replied-late'])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'done' })
  })

  test('that was found out without a guard counts only while its try is the last', async () => {
    const id = await received()
    const first = await opened(await effect(id, 'invoice.post'))
    await intake.submit([outcome(first, 'effect.unknown', 'unclear')])
    const second = await opened(await effect(id, 'invoice.post'))
    await intake.submit([outcome(second, 'effect.unknown', 'unclear')])
    await intake.submit([outcome(second, 'effect.resolved', 'absent', { guarded: false, attempt: 1 })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'unknown', attempts: 2 })
    await intake.submit([outcome(second, 'effect.resolved', 'absent', { guarded: false })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'waiting', attempts: 2 })
  })

  test('is taken from nobody but the hub, and no guard stands on anything else', async () => {
    const id = await received()
    const row = await opened(await effect(id, 'invoice.post'))
    const foreign = { ...outcome(row, 'effect.done', 'done'), source: { system: 'erp', role: 'erp' as const } }
    const elsewhere = { ...posting(`e${number}`), guard: { effect: row.key, attempt: 1 } }
    expect(await intake.submit([foreign, elsewhere])).toMatchObject([
      { fault: { code: 'event-not-valid' } },
      { fault: { code: 'event-not-valid' } },
    ])
    expect(await read((client) => stillOpen(client, 'acme', 100))).toContainEqual(expect.objectContaining({ key: row.key, n: 1 }))
  })
})

describe('what an object asks for', () => {
  test('is inserted once; what is no longer told is superseded by the next; evidence ends it whoever brought it', async () => {
    const id = await received()
    expect(news.map(({ targets }) => [...targets].sort())).toEqual([['ap', 'erp']])
    expect(await states(id)).toEqual(['invoice.post 0 waiting', 'invoice.status validated#1 waiting'])
    await intake.submit([posting(`e${number}`)])
    expect(await states(id)).toEqual(['invoice.post 0 done', 'invoice.status posted#1 waiting', 'invoice.status validated#1 superseded'])
  })

  test('what is proved in the commit that asks for it is never sent', async () => {
    await intake.submit([posting(`e${number}`), invoice(`e${number}`)])
    const bound = await read((client) => boundNames(client, 'acme', [`capture|invoice|e${number}`]))
    expect(await effect(bound.get(`capture|invoice|e${number}`)!, 'invoice.post')).toMatchObject({
      state: 'done',
      blocks: true,
      dueAt: NEVER,
    })
    expect(news.flatMap(({ targets }) => [...targets])).toEqual(['ap'])
  })

  test('what was proved before anybody asked for it is never sent', async () => {
    const supplier = `erp|supplier|e${number}`
    await intake.submit([invoice(`e${number}`, { supplier })])
    await intake.submit([posting(`e${number}`)])
    const bound = await read((client) => boundNames(client, 'acme', [`capture|invoice|e${number}`]))
    const id = bound.get(`capture|invoice|e${number}`)!
    expect(await states(id)).toEqual([])
    await intake.submit([
      fact('supplier.activated', `active ${number}`, {
        source: { system: 'erp', role: 'erp' },
        about: [{ names: [supplier], create: 'supplier' }],
      }),
    ])
    news = []
    await intake.nudge('acme', [id])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'done', attempts: 0, blocks: true, dueAt: NEVER })
    expect(news.flatMap(({ targets }) => [...targets])).toEqual(['ap'])
  })

  test('a posting that is under way is not touched by other content; one that waits gets it', async () => {
    const id = await received({ amount: '10.00' })
    const correct = (amount: string): Promise<unknown> =>
      intake.submit([invoice(`e${number}`, { amount }, { eventId: `e${number} ${amount}` })])
    await correct('11.00')
    const row = await effect(id, 'invoice.post')
    expect(row.content).toContain('11.00')
    // The day on which it is due goes with it: inside a lane that is its place.
    expect(row.dueOn).toBe('2026-11-24')
    await intake.submit([invoice(`e${number}`, { amount: '11.50', dueOn: '2026-11-20' }, { eventId: `e${number} due` })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ dueOn: '2026-11-20', content: expect.stringContaining('11.50') })
    await intake.submit([invoice(`e${number}`, { amount: '11.50', dueOn: '2026-11-18' }, { eventId: `e${number} due again` })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ dueOn: '2026-11-18', content: expect.stringContaining('11.50') })
    await correct('11.70')
    expect(await effect(id, 'invoice.post')).toMatchObject({ dueOn: '2026-11-18', content: expect.stringContaining('11.70') })
    await opened(await effect(id, 'invoice.post'))
    await correct('12.00')
    expect(await effect(id, 'invoice.post')).toMatchObject({
      state: 'open',
      dueOn: '2026-11-18',
      content: expect.stringContaining('11.70'),
    })
  })

  test('what turned out not to have happened is tried again with what it should say by then', async () => {
    const id = await received({ amount: '11.00' })
    const open = await opened(await effect(id, 'invoice.post'))
    await intake.submit([outcome(open, 'effect.unknown', 'unclear')])
    await intake.submit([invoice(`e${number}`, { amount: '12.00' }, { eventId: `e${number} corrected` })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'unknown', content: expect.stringContaining('11.00') })
    await intake.submit([outcome(open, 'effect.resolved', 'absent', { guarded: false })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'waiting', content: expect.stringContaining('12.00') })
  })

  test('what is under way and should say something else by now is not wanted, and is queued anew by an end that did nothing', async () => {
    const id = await received({ amount: '11.00' })
    const open = await opened(await effect(id, 'invoice.post'))
    let times = 0
    const correct = (amount: string): Promise<unknown> =>
      intake.submit([invoice(`e${number}`, { amount }, { eventId: `e${number} ${amount} ${(times += 1)}` })])
    await correct('12.00')
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'open', wanted: false, content: expect.stringContaining('11.00') })
    await correct('11.00')
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'open', wanted: true })
    await correct('13.00')
    await intake.submit([outcome(open, 'effect.resolved', 'no-effect', { data: { outcome: 'no-effect' } })])
    expect(await effect(id, 'invoice.post')).toMatchObject({ state: 'waiting', wanted: true, content: expect.stringContaining('13.00') })
    expect(await read((client) => attemptsOf(client, 'acme', [open.key]))).toMatchObject([{ n: 1, outcome: 'no-effect' }])
  })

  test('money: while one stands there is no second one; once it was undone the next is decided', async () => {
    const id = await received()
    const first = await effect(id, 'invoice.post')
    await opened(first)
    await intake.submit([posting(`e${number}`)])
    // A second one of the same command and object cannot even be written.
    await expect(
      read((client) =>
        client.query(
          `INSERT INTO effect (tenant, key, target, command, object, occurrence, subject, content, content_hash, lane, state, due_at, due_on, blocks)
       SELECT tenant, repeat('0', 64), 'erp-2', command, object, '9', subject, content, content_hash, lane, 'waiting', due_at, due_on, true FROM effect WHERE tenant = 'acme' AND key = $1`,
          [first.key],
        ),
      ),
    ).rejects.toMatchObject({ code: '23505', constraint: 'effect_money' })
    await intake.submit([
      fact('posting.reversed', `reversed ${number}`, {
        source: { system: 'erp', role: 'erp' },
        about: [{ names: [`capture|invoice|e${number}`] }],
      }),
    ])
    expect(await states(id)).toContain('invoice.post 1 waiting')
    expect(await effect(id, 'invoice.post', '0')).toMatchObject({ state: 'done', blocks: false })
    expect(await effect(id, 'invoice.post', '1')).toMatchObject({ blocks: true })
  })

  test('money that is wanted beside one that stands waits for it, and is taken once that one turns out not to have happened', async () => {
    const id = await received()
    const first = await opened(await effect(id, 'invoice.post'))
    await intake.submit([outcome(first, 'effect.unknown', 'unclear')])
    // What the law asks for next is a second posting.
    await intake.submit([
      fact('exception.answered', `again ${number}`, {
        source: { system: 'console', role: 'person' },
        about: [{ names: [`capture|invoice|e${number}`] }],
      }),
    ])
    const taken = async (): Promise<string[]> =>
      (await read((client) => claimDue(client, { tenant: 'acme', target: 'erp', limit: 100, now: NOW })))
        .filter(({ object }) => object === id)
        .map(({ occurrence, state }) => `${occurrence} ${state}`)
    expect(await effect(id, 'invoice.post', 'again')).toMatchObject({ state: 'waiting', blocks: false })
    expect(await taken()).toEqual(['0 unknown'])
    await intake.submit([outcome(first, 'effect.resolved', 'absent', { guarded: false })])
    expect(await states(id)).toContain('invoice.post 0 superseded')
    expect(await taken()).toEqual(['again waiting'])
    expect(await opened(await effect(id, 'invoice.post', 'again'))).toMatchObject({ state: 'open', blocks: true })
  })

  test('money that is proved beside one that stands is noted and takes no mark from it', async () => {
    const id = await received()
    const stands = await opened(await effect(id, 'invoice.post'))
    const { target, command, object } = stands
    const wanted = { target, command, object, occurrence: 'again', subject: object, content: {} }
    const { inserted } = planEffects(
      new Map([[stands.key, stands]]),
      effectNews('acme', [], { marks: [{ ...wanted, input: 'evidence' }], withdrawn: [], wanted: [wanted] }, NOW),
      NOW,
    )
    expect(inserted).toMatchObject([{ occurrence: 'again', state: 'done', blocks: false }])
  })
})

describe('claiming', () => {
  test('goes by lane, then date, then age; one of an object; none beside one in flight; never by two at once', async () => {
    await read((client) => client.query(`UPDATE effect SET state = 'done' WHERE tenant = 'acme'`))
    const ids: string[] = []
    for (const at of [1, 2, 3]) {
      number += 1
      ids.push(await received({ amount: `${at}.00` }))
    }
    const claim = (client: ClientBase, limit: number, target = 'erp'): Promise<EffectRow[]> =>
      claimDue(client, { tenant: 'acme', target, limit, now: NOW })
    expect((await read((client) => claim(client, 2))).map((row) => row.object)).toEqual(ids.slice(0, 2))
    await read(async (one) => {
      expect(await claim(one, 3)).toHaveLength(3)
      expect(await read((two) => claim(two, 10))).toEqual([])
    })
    await opened((await read((client) => claim(client, 1)))[0]!)
    expect((await read((client) => claim(client, 10))).map((row) => row.object)).toEqual(ids.slice(1))
    expect(await read((client) => nextDue(client, 'acme', 'erp'))).toBe(NOW)
    // A row of a higher lane for the same object goes first, and takes its place alone.
    await read((client) => client.query(`UPDATE effect SET lane = 0 WHERE tenant = 'acme' AND object = $1 AND target = 'erp'`, [ids[2]]))
    expect((await read((client) => claim(client, 10))).map((row) => row.object)).toEqual([ids[2], ids[1]])
  })

  test('in a lane what money is due for first, of one date what has waited longest, whenever it came', async () => {
    await read((client) => client.query(`UPDATE effect SET state = 'done' WHERE tenant = 'acme'`))
    const rows = [
      { lane: 3, on: '2026-12-24', at: '2026-11-01T08:00:00.000Z', goes: 4 },
      { lane: 3, on: '2026-12-01', at: '2026-11-20T08:00:00.000Z', goes: 3 },
      { lane: 6, on: '2026-11-01', at: '2026-10-01T08:00:00.000Z', goes: 5 },
      { lane: 3, on: '2026-12-01', at: '2026-11-19T08:00:00.000Z', goes: 2 },
      { lane: 2, on: '2027-01-31', at: '2026-11-23T08:00:00.000Z', goes: 1 },
    ]
    const order = new Map<string, number>()
    for (const { lane, on, at, goes } of rows) {
      number += 1
      const id = await received()
      order.set(id, goes)
      await read((client) =>
        client.query(`UPDATE effect SET lane = $2, due_on = $3, due_at = $4 WHERE tenant = 'acme' AND object = $1 AND target = 'erp'`, [
          id,
          lane,
          on,
          at,
        ]),
      )
    }
    const claimed = await read((client) => claimDue(client, { tenant: 'acme', target: 'erp', limit: 10, now: NOW }))
    expect(claimed.map(({ object }) => order.get(object))).toEqual([1, 2, 3, 4, 5])
    const from = await read((client) => claimDue(client, { tenant: 'acme', target: 'erp', limit: 2, now: NOW, from: 3 }))
    expect(from.map(({ object }) => order.get(object))).toEqual([2, 3])
  })

  test('a row is saved only as it was read', async () => {
    const row = await effect(await received(), 'invoice.status')
    const next = stepEffect(row, 'claimed', { now: NOW }) as EffectRow
    expect(await read((client) => saveEffect(client, 'acme', row, next))).toBe(true)
    expect(await read((client) => saveEffect(client, 'acme', row, next))).toBe(false)
  })

  test('an attempt is closed by one', async () => {
    const row = await opened(await effect(await received(), 'invoice.status'))
    const close = (): Promise<Set<string>> =>
      read((client) => closeAttempts(client, 'acme', [{ key: row.key, n: 1, outcome: 'not-sent', says: null, receipt: null }], NOW))
    const closed = await Promise.all([close(), close(), close()])
    expect(closed.filter((keys) => keys.size === 1)).toHaveLength(1)
  })
})
