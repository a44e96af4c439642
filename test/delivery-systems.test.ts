/** When a system is called, and what people are told of it: outages, recovery, maintenance, over a real database and real HTTP. */
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Limits } from '../src/connector/contract.ts'
import { modelConnector } from '../src/connector/kit/model-connector.ts'
import { type ModelOptions, ModelTarget } from '../src/connector/kit/model-target.ts'
import { clearAt } from '../src/delivery/forecast.ts'
import { LANE_POLICIES } from '../src/domain/lane.ts'
import { inTenant } from '../src/store/database.ts'
import { startWatch, type Watch } from '../src/watch/watch.ts'
import { deliveringHub, type Hub, invoice, type SystemOf, TENANT, until } from './delivery-world.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

// Waits are for conditions; a busy machine may take its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let database: HubDatabase
beforeEach(async () => {
  database = await hubDatabase()
})
const targets: ModelTarget[] = []
const hubs: Hub[] = []
const watches: Watch[] = []
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop()
  for (const hub of hubs.splice(0)) await hub.stop()
  for (const target of targets.splice(0)) await target.stop()
  await database.drop()
})

async function target(options: Partial<ModelOptions> = {}): Promise<ModelTarget> {
  const started = await ModelTarget.start({ knows: 'key', ...options })
  targets.push(started)
  return started
}

async function hub(systems: readonly SystemOf[], more: Parameters<typeof deliveringHub>[2] = {}): Promise<Hub> {
  const started = await deliveringHub(database.url(), systems, more)
  hubs.push(started)
  return started
}

const query = <T>(text: string): Promise<T[]> => inTenant(database.pool, TENANT, async (client) => (await client.query(text)).rows as T[])
const inState = async (state: string): Promise<number> => (await query(`SELECT 1 FROM effect WHERE state = '${state}'`)).length
const events = async (like: string): Promise<{ type: string; data: { [key: string]: unknown } }[]> =>
  (await query<{ type: string; body: Buffer }>(`SELECT type, body FROM event WHERE type LIKE '${like}' ORDER BY index`)).map(
    ({ type, body }) => ({ type, data: (JSON.parse(body.toString()) as { data: { [key: string]: unknown } }).data }),
  )

test('the log says once that a breaker opened and once that it closed, however many processes saw it', async () => {
  const erp = await target()
  const { port } = new URL(erp.url)
  await erp.stop()
  const config = { system: 'erp', url: erp.url, class: 'K1' } as const
  const [one, two] = [await hub([config]), await hub([config])]
  await one.intake.submit(Array.from({ length: 30 }, (_, n) => invoice(n, 'erp')))
  await until('both see it open', () => [one, two].every(({ delivery }) => delivery.stats()[0]!.breaker.state !== 'closed'))
  await until('it is told', async () => (await events('breaker.%')).length === 1)
  await erp.listen(Number(port))
  await until('all are done', async () => (await inState('done')) === 30)
  await until('that it closed is told', async () => (await events('breaker.closed')).length > 0)
  const told = await events('breaker.%')
  // It may have opened again while it came back; never twice in a row.
  expect(told.every(({ type }, at) => type === (at % 2 === 0 ? 'breaker.opened' : 'breaker.closed'))).toBe(true)
  expect(told[0]).toMatchObject({
    type: 'breaker.opened',
    data: { system: 'erp', cause: 'failing', says: expect.stringMatching(/./u) as unknown },
  })
  await until(
    'nothing is left to be told',
    async () => !(await query<{ delivery: string }>(`SELECT delivery FROM system WHERE name = 'erp'`))[0]!.delivery.includes('"id"'),
  )
})

test('what a process that ended has left untold, another one tells', async () => {
  const erp = await target()
  const news = { id: 'breaker 6', at: '2026-03-02T09:00:00.000Z', type: 'breaker.closed', since: '2026-03-02T08:00:00.000Z' }
  await query(
    `INSERT INTO system (tenant, name, delivery, version) VALUES ('acme', 'erp', '${JSON.stringify({ breaker: { state: 'closed', pauseMs: 0 }, untold: [news] })}', 7)`,
  )
  await hub([{ system: 'erp', url: erp.url, class: 'K1' }])
  await until('it is told', async () => (await events('breaker.closed')).length === 1)
  expect(await events('breaker.%')).toEqual([{ type: 'breaker.closed', data: { system: 'erp', since: news.since } }])
})

test('looks that are answered and decide nothing end at a person, who reads what they say; the system counts as working', async () => {
  const erp = await target({ knows: 'none' })
  erp.fates.push({ reply: 'lost' })
  const says = 'Entry 1 is neither booked nor not.'
  const usual = modelConnector({ url: erp.url, class: 'K3', settleMs: 100, gapMs: 20 }, 'erp')
  const post = usual.commands['invoice.post']!
  const find = { ...post.find!, read: () => ({ kind: 'undecided', says }) as const }
  const connector = { ...usual, commands: { 'invoice.post': { ...post, find } as typeof post } }
  const posting = { ...LANE_POLICIES.posting, firstMs: 20, longestMs: 20 }
  const { intake, delivery, troubles } = await hub([], {
    systems: [{ tenant: TENANT, connector }],
    lanes: { ...LANE_POLICIES, posting },
  })
  await intake.submit([invoice(1, 'erp')])
  await until('it is held', async () => (await inState('held')) === 1)
  expect(erp.booked.length).toBe(1)
  expect((await events('effect.%')).map(({ type, data }) => `${type} ${String(data['input'])}`)).toEqual([
    'effect.unknown unclear',
    'effect.resolved needs-person',
  ])
  expect((await events('effect.resolved'))[0]?.data['says']).toContain(`looked for 10 times: ${says}`)
  const [looked] = await query<{ looks: string }>('SELECT looks FROM attempt')
  expect(JSON.parse(looked!.looks)).toContainEqual({ at: expect.any(String) as string, found: 'undecided', says })
  expect(delivery.stats()[0]!.breaker).toMatchObject({ state: 'closed' })
  expect(troubles).toEqual([])
})

test('looks that get no usable answer end at a person where the system serves others meanwhile, and not where it serves nobody', async () => {
  const erp = await target({ knows: 'none' })
  erp.fates.push({ reply: 'lost' })
  const usual = modelConnector({ url: erp.url, class: 'K3', settleMs: 100, gapMs: 20 }, 'erp')
  const post = usual.commands['invoice.post']!
  let looks = 0
  const find = {
    ...post.find!,
    read: () => {
      looks++
      throw new Error('nobody can read this')
    },
  }
  const connector = { ...usual, commands: { 'invoice.post': { ...post, find } as typeof post } }
  const posting = { ...LANE_POLICIES.posting, firstMs: 20, longestMs: 20 }
  const { intake } = await hub([], { systems: [{ tenant: TENANT, connector }], lanes: { ...LANE_POLICIES, posting } })
  await intake.submit([invoice(0, 'erp')])
  await until('it is looked for more often than a person waits for', () => looks > 12)
  expect(await inState('unknown')).toBe(1)
  let n = 0
  await until('it is held', async () => {
    if ((await inState('waiting')) === 0) await intake.submit([invoice(++n, 'erp')])
    return (await inState('held')) === 1
  })
  expect((await events('effect.resolved'))[0]?.data['says']).toContain('looked for 10 times: the reply could not be read (Error)')
  expect(await inState('unknown')).toBe(0)
})

test('after an outage the first second already keeps the rate, the probe counted', async () => {
  const erp = await target()
  const { port } = new URL(erp.url)
  await erp.stop()
  const { intake, delivery } = await hub([
    { system: 'erp', url: erp.url, class: 'K1', limits: { concurrency: 8, rate: { calls: 5, perMs: 1_000 } } },
  ])
  await intake.submit(Array.from({ length: 15 }, (_, n) => invoice(n, 'erp')))
  await until('it is open', () => delivery.stats()[0]?.breaker.state === 'open')
  await erp.listen(Number(port))
  await until('all are done', async () => (await inState('done')) === 15)
  const times = erp.calls.map((call) => call.at)
  // The network may bring two calls nearer to each other than they were sent: four tenths of a second are allowed for it.
  const fullest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 600).length))
  expect(fullest).toBeLessThanOrEqual(5)
  expect(erp.calls[0]!.line).toBe('GET /alive')
})

test('maintenance burns no attempts; what waited goes out when it is over', async () => {
  const erp = await target()
  const ends = Date.now() + 3_000
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K1', windows: [{ fromAt: 0, toAt: ends }] }])
  await intake.submit(Array.from({ length: 5 }, (_, n) => invoice(n, 'erp')))
  await until('all are done', async () => (await inState('done')) === 5)
  const tries = await query<{ opened: Date | string }>('SELECT opened_at AS opened FROM attempt')
  expect(tries.length).toBe(5)
  for (const { opened } of tries) expect(new Date(opened).getTime()).toBeGreaterThanOrEqual(ends)
})

test('one system that is away stops neither intake nor the others, and what is for it waits without loss', async () => {
  const [erp, ap, bank] = [await target(), await target(), await target()]
  const { port } = new URL(erp.url)
  await erp.stop()
  const { intake, delivery } = await hub([
    { system: 'erp', url: erp.url, class: 'K1' },
    { system: 'ap', url: ap.url, class: 'K1' },
    { system: 'bank', url: bank.url, class: 'K1' },
  ])
  await intake.submit(Array.from({ length: 20 }, (_, n) => invoice(`first ${n}`, 'erp')))
  await until('it is open', () => delivery.stats().find(({ system }) => system === 'erp')!.breaker.state === 'open')
  const receipts = await intake.submit(Array.from({ length: 60 }, (_, n) => invoice(n, ['erp', 'ap', 'bank'][n % 3]!)))
  expect(receipts.every(({ outcome }) => outcome === 'new')).toBe(true)
  await until('the others have theirs', () => ap.booked.length === 20 && bank.booked.length === 20)
  expect(await query(`SELECT target, state, count(*)::int AS count FROM effect WHERE target = 'erp' GROUP BY 1, 2`)).toEqual([
    { target: 'erp', state: 'waiting', count: 40 },
  ])
  await erp.listen(Number(port))
  await until('all are done', async () => (await inState('done')) === 80)
  expect(new Set(erp.booked.map(({ key }) => key)).size).toBe(40)
  expect(erp.booked.length).toBe(40)
})

test('whoever asks beside delivery takes places of the same limits, and neither waits for the end of the other', async () => {
  const erp = await target()
  const { intake, delivery } = await hub([
    { system: 'erp', url: erp.url, class: 'K1', limits: { concurrency: 4, rate: { calls: 5, perMs: 1_000 } } },
  ])
  await intake.submit(Array.from({ length: 40 }, (_, n) => invoice(n, 'erp')))
  for (let asked = 0; asked < 5; asked++) {
    const giveBack = await delivery.place(TENANT, 'erp', 30_000)
    await (await fetch(`${erp.url}/alive`)).text()
    if (typeof giveBack === 'function') giveBack(undefined)
    await setTimeout(400)
  }
  const meanwhile = erp.booked.length
  await until('all are done', async () => (await inState('done')) === 40)
  expect(erp.calls.length).toBe(45)
  expect(meanwhile).toBeGreaterThan(5)
  expect(meanwhile).toBeLessThan(40)
  // A busy machine may bring two calls nearer to each other than they were sent. Five leave at once, so that one beside them is near to
  // them; and whatever is beside them once a second shows over several seconds.
  const times = erp.calls.map((call) => call.at)
  const fullest = (ms: number): number => Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + ms).length))
  expect([fullest(600) <= 5, fullest(2_600) <= 15, fullest(5_600) <= 30]).toEqual([true, true, true])
})

test('whoever asks beside delivery does not wait for as long as a system wants to be left alone', async () => {
  const erp = await target()
  erp.fates.push({ effect: 'none', reply: 'status', status: 429, retryAfter: '3600' })
  const { intake, delivery } = await hub([{ system: 'erp', url: erp.url, class: 'K1' }])
  await intake.submit([invoice(1, 'erp')])
  await until('it asked for patience', () => delivery.stats()[0]!.toldToWaitUntil !== undefined)
  expect(await delivery.place(TENANT, 'erp', 100)).toEqual({ says: expect.stringMatching(/^it wants to be left alone until /u) as unknown })
  expect(await delivery.place(TENANT, 'nobody', 100)).toBeTypeOf('function')
})

/** What the hub of this delivery reads of its system, in the limits that delivery keeps. */
function reads({ delivery, intake }: Hub, erp: ModelTarget, limits: Limits): Watch {
  const started = startWatch({
    pool: database.pool,
    systems: [{ tenant: TENANT, connector: modelConnector({ url: erp.url, class: 'K1', limits }, 'erp') }],
    submit: (arrivals) => intake.submit(arrivals),
    secret: () => undefined,
    place: (of, system, patienceMs, stopping) => delivery.place(of, system, patienceMs, stopping),
  })
  watches.push(started)
  return started
}
const ofKind = (erp: ModelTarget, line: string): number[] => erp.calls.filter((call) => call.line.startsWith(line)).map(({ at }) => at)
const FIVE_A_SECOND: Limits = { concurrency: 4, rate: { calls: 5, perMs: 1_000 } }
const MANY: Limits = { concurrency: 8, rate: { calls: 1_000, perMs: 1_000 } }

test('a feed takes its calls from the limits of deliveries: a long one and many commands pass each other, within them', async () => {
  const erp = await target()
  for (let n = 0; n < 150; n++) erp.change({ id: `H-${n}` })
  const delivering = await hub([{ system: 'erp', url: erp.url, class: 'K1', limits: FIVE_A_SECOND }])
  await delivering.intake.submit(Array.from({ length: 15 }, (_, n) => invoice(n, 'erp')))
  reads(delivering, erp, FIVE_A_SECOND)
  await until('all are done', async () => (await inState('done')) === 15)
  await until('all is read', () => ofKind(erp, 'GET /changes').length >= 15)
  const times = erp.calls.map(({ at }) => at)
  const fullest = (ms: number): number => Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + ms).length))
  expect([fullest(600) <= 5, fullest(2_600) <= 15, fullest(4_600) <= 25]).toEqual([true, true, true])
  const [posts, polls] = [ofKind(erp, 'POST'), ofKind(erp, 'GET /changes')]
  // Neither waited for the end of the other.
  expect(polls.filter((at) => at < posts.at(-1)!).length).toBeGreaterThan(3)
  expect(posts.filter((at) => at < polls[14]!).length).toBeGreaterThan(3)
})

test('a feed that is answered 429 is a wait for deliveries, and a delivery that is answered 429 one for feeds and sweeps', async () => {
  const erp = await target()
  const delivering = await hub([{ system: 'erp', url: erp.url, class: 'K1', limits: MANY }])
  erp.reading = { reply: 'status', status: 429, retryAfter: '2' }
  const watch = reads(delivering, erp, MANY)
  await until('the feed was told to wait', () => delivering.delivery.stats()[0]!.toldToWaitUntil !== undefined)
  erp.reading = {}
  const [first] = ofKind(erp, 'GET /changes')
  await delivering.intake.submit([invoice(1, 'erp')])
  await until('it is done', async () => (await inState('done')) === 1)
  expect(ofKind(erp, 'POST')[0]! - first!).toBeGreaterThanOrEqual(1_900)
  await until('the feed is read again', () => watch.stats()[0]!.trouble === undefined)

  erp.fates.push({ effect: 'none', reply: 'status', status: 429, retryAfter: '2' })
  await delivering.intake.submit([invoice(2, 'erp')])
  await until('the command was told to wait', () => delivering.delivery.stats()[0]!.toldToWaitUntil !== undefined)
  const swept = await watch.sweep(TENANT, 'erp', true)!.over
  expect(swept.trouble).toBeUndefined()
  await until('it is done', async () => (await inState('done')) === 2)
  const told = ofKind(erp, 'POST')[1]!
  // What had left before the answer came is not called back.
  expect(erp.calls.filter(({ at }) => at > told + 100 && at < told + 1_900)).toEqual([])
})

test('a wait that one process was told is kept by the others, and by one that starts meanwhile', async () => {
  const erp = await target()
  erp.fates.push({ effect: 'none', reply: 'status', status: 429, retryAfter: '8' })
  const config = { system: 'erp', url: erp.url, class: 'K1', limits: MANY } as const
  const [one, two] = [await hub([config]), await hub([config])]
  await one.intake.submit([invoice(0, 'erp')])
  const waits = ({ delivery }: Hub): boolean => delivery.stats()[0]!.toldToWaitUntil !== undefined
  await until('both wait', () => waits(one) && waits(two))
  const [told] = ofKind(erp, 'POST')
  await one.intake.submit(Array.from({ length: 10 }, (_, n) => invoice(n + 1, 'erp')))
  const three = await hub([config])
  await until('the third waits, too', () => waits(three))
  await until('all are done', async () => (await inState('done')) === 11)
  const posts = ofKind(erp, 'POST')
  expect(posts.length).toBe(12)
  expect(Math.min(...posts.slice(1)) - told!).toBeGreaterThanOrEqual(7_900)
})

test('a feed of many pages stops in the middle when its system is paused, and goes on afterwards', async () => {
  const erp = await target()
  for (let n = 0; n < 200; n++) erp.change({ id: `H-${n}` })
  const watch = reads(await hub([{ system: 'erp', url: erp.url, class: 'K1', limits: FIVE_A_SECOND }]), erp, FIVE_A_SECOND)
  const pause = (paused: boolean): Promise<unknown> =>
    query(`INSERT INTO system (tenant, name, paused) VALUES ('acme', 'erp', ${paused})
           ON CONFLICT (tenant, name) DO UPDATE SET paused = excluded.paused`)
  await until('it is read', () => ofKind(erp, 'GET /changes').length >= 2)
  await pause(true)
  await until('it stopped', () => watch.stats()[0]!.trouble === 'it is paused by a person')
  expect(ofKind(erp, 'GET /changes').length).toBeLessThan(20)
  await pause(false)
  await until('all is read', () => watch.stats()[0]!.facts === 200)
})

test('a feed of many pages stops where maintenance begins', async () => {
  const erp = await target()
  for (let n = 0; n < 150; n++) erp.change({ id: `H-${n}` })
  const [fromAt, toAt] = [Date.now() + 2_000, Date.now() + 5_000]
  const windows = [{ fromAt, toAt }]
  const watch = reads(await hub([{ system: 'erp', url: erp.url, class: 'K1', limits: FIVE_A_SECOND, windows }]), erp, FIVE_A_SECOND)
  await until('all is read', () => watch.stats()[0]!.facts === 150)
  const polls = ofKind(erp, 'GET /changes')
  expect([polls.some((at) => at < fromAt), polls.some((at) => at > toAt)]).toEqual([true, true])
  // What was sent in the last moment before comes a moment later.
  expect(polls.filter((at) => at > fromAt + 50 && at < toAt)).toEqual([])
})

test('the forecast of a system that takes five a second is within a fifth of what comes', async () => {
  const erp = await target()
  const { intake, delivery } = await hub([
    { system: 'erp', url: erp.url, class: 'K1', limits: { concurrency: 4, rate: { calls: 5, perMs: 1_000 } } },
  ])
  await intake.submit(Array.from({ length: 75 }, (_, n) => invoice(n, 'erp')))
  const foretold: { at: number; clear: number }[] = []
  const look = async (): Promise<void> => {
    const now = Date.now()
    foretold.push({
      at: now,
      clear: clearAt({ waiting: 75 - (await inState('done')), perSecond: delivery.stats()[0]!.perSecond, windows: [], from: 0 }, now)!,
    })
  }
  await look()
  await until('a third is done', async () => (await inState('done')) >= 25)
  await look()
  await until('all are done', async () => (await inState('done')) === 75)
  const end = Date.now()
  const off = foretold.map(({ at, clear }) => (clear - end) / (end - at))
  console.log(`75 at 5/s: foretold at the beginning ${(off[0]! * 100).toFixed(1)} % off, after a third ${(off[1]! * 100).toFixed(1)} % off`)
  for (const share of off) expect(Math.abs(share)).toBeLessThanOrEqual(0.2)
})

test('a low lane moves while a high one has more than the system takes', async () => {
  const erp = await target()
  // Written before anybody delivers, so that both lanes are full when the first call is made.
  const { intake } = await hub([])
  await intake.submit(Array.from({ length: 10 }, (_, n) => invoice(`low ${n}`, 'erp')))
  await query(`UPDATE effect SET lane = 7 WHERE state = 'waiting'`)
  await intake.submit(Array.from({ length: 300 }, (_, n) => invoice(`high ${n}`, 'erp')))
  expect(await query(`SELECT lane, count(*)::int AS count FROM effect WHERE state = 'waiting' GROUP BY 1 ORDER BY 1`)).toEqual([
    { lane: 3, count: 300 },
    { lane: 7, count: 10 },
  ])
  await hub([{ system: 'erp', url: erp.url, class: 'K1', limits: { concurrency: 4, rate: { calls: 40, perMs: 1_000 } } }])
  await until(
    'some of the low lane are done',
    async () => (await query(`SELECT 1 FROM effect WHERE lane = 7 AND state = 'done'`)).length >= 2,
  )
  expect((await query(`SELECT 1 FROM effect WHERE lane = 3 AND state = 'waiting'`)).length).toBeGreaterThan(0)
})
