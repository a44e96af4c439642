/** Delivery over a real database and real HTTP: whatever is lost or late, the target's own books hold each effect once. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ModelOptions, ModelTarget } from '../src/connector/kit/model-target.ts'
import { LANE_POLICIES } from '../src/domain/lane.ts'
import { inTenant } from '../src/store/database.ts'
import { answerEffect, replayable } from '../src/delivery/answer.ts'
import { modelConnector } from '../src/connector/kit/model-connector.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'
import { deliveringHub, type Hub, invoice, type SystemOf, TENANT, until } from './delivery-world.ts'

const KNOWS = { K1: 'key', K2: 'reference', K3: 'none', K4: 'none' } as const
type Of = keyof typeof KNOWS

// Waits are for conditions; a busy machine may take its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let database: HubDatabase
beforeEach(async () => {
  database = await hubDatabase()
})
const targets: ModelTarget[] = []
const hubs: Hub[] = []
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop()
  for (const target of targets.splice(0)) await target.stop()
  await database.drop()
})

async function target(of: Of, options: Partial<ModelOptions> = {}): Promise<ModelTarget> {
  const started = await ModelTarget.start({ knows: KNOWS[of], ...options })
  targets.push(started)
  return started
}

async function hub(systems: readonly SystemOf[], more: Parameters<typeof deliveringHub>[2] = {}): Promise<Hub> {
  const started = await deliveringHub(database.url(), systems, more)
  hubs.push(started)
  return started
}

interface EffectSeen {
  key: string
  target: string
  state: string
  attempts: number
  content: string
  object: string
}
const query = <T>(text: string): Promise<T[]> => inTenant(database.pool, TENANT, async (client) => (await client.query(text)).rows as T[])
const effects = (): Promise<EffectSeen[]> =>
  query<EffectSeen>('SELECT key, target, state, attempts, content, object FROM effect ORDER BY key')
const objects = async (): Promise<{ posted: string | null; said: string | null; outcomes: string[] }[]> =>
  (await query<{ state: string }>(`SELECT state FROM object WHERE kind = 'invoice' ORDER BY id`)).map(
    (row) => JSON.parse(row.state) as never,
  )
const attempts = (): Promise<{ key: string; n: number; outcome: string; opened_at: string }[]> =>
  query('SELECT key, n, outcome, opened_at FROM attempt ORDER BY key, n')
const all = async (state: string, count: number): Promise<boolean> =>
  (await effects()).filter((row) => row.state === state).length === count
const bookings = (of: ModelTarget): string[] =>
  of.calls.filter((call) => call.line === 'POST /entries').map((call) => (JSON.parse(call.body) as { key: string }).key)

/** What holds after every test of this file, whatever happened. */
async function audit(of: ModelTarget, { doubles = 0 } = {}): Promise<void> {
  const keys = of.booked.map((entry) => entry.key)
  expect(keys.length - new Set(keys).size, 'effects that the target holds twice').toBe(doubles)
  const tries = Map.groupBy(await attempts(), (attempt) => attempt.key)
  for (const [key, calls] of Map.groupBy(bookings(of), (key) => key))
    expect(tries.get(key)?.length ?? 0, 'no call without its committed attempt').toBeGreaterThanOrEqual(calls.length)
  for (const [, list] of tries)
    expect(list.filter((attempt) => attempt.outcome === 'open').length, 'at most one open attempt').toBeLessThanOrEqual(1)
}

describe('every first reply is lost', () => {
  test.each(['K1', 'K2', 'K3'] as const)('%s: each effect happens once and is known', async (of) => {
    const N = 40
    const erp = await target(of)
    erp.fateOf = (_key, time) => (time === 1 ? { reply: 'lost' } : undefined)
    const { intake, troubles } = await hub([{ system: 'erp', url: erp.url, class: of, settleMs: 500, gapMs: 100 }])
    await intake.submit(Array.from({ length: N }, (_, n) => invoice(n, 'erp')))
    await until('all are done', () => all('done', N))
    expect(erp.booked.length).toBe(N)
    expect((await objects()).every((object) => object.outcomes[0] === 'effect.unknown unclear')).toBe(true)
    await audit(erp)
    expect(troubles).toEqual([])
  })

  test('K4: one send each, then a person is asked, and only a person lets it be sent again', async () => {
    const erp = await target('K4')
    erp.usual = { reply: 'lost' }
    const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K4' }])
    await intake.submit(Array.from({ length: 10 }, (_, n) => invoice(n, 'erp')))
    await until('all are held', () => all('held', 10))
    expect(bookings(erp).length).toBe(10)
    expect((await objects()).map((object) => object.outcomes)).toEqual(
      Array.from({ length: 10 }, () => ['effect.unknown unclear', 'effect.resolved needs-person']),
    )
    await audit(erp)
  })
})

test.each(['K1', 'K2', 'K3'] as const)('%s: the first call lands after our time-out and after our first look: one effect', async (of) => {
  const erp = await target(of)
  erp.fates.push({ effect: 'late', lateMs: 900, reply: 'never' })
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: of, timeoutMs: 400, settleMs: 1_500, gapMs: 100 }])
  await intake.submit([invoice(1, 'erp')])
  await until('it is done', () => all('done', 1))
  const reads = erp.calls.filter((call) => call.line.startsWith('GET /entries'))
  if (of === 'K3') {
    expect(reads.length).toBeGreaterThan(1)
    // A look counts from when it was asked: it says nothing of what landed while it was answered.
    const looks = (await query<{ looks: string }>('SELECT looks FROM attempt')).flatMap(
      (attempt) => JSON.parse(attempt.looks) as { at: string }[],
    )
    expect(looks.length).toBeGreaterThan(0)
    for (const [nth, { at }] of looks.entries()) expect(Date.parse(at)).toBeLessThanOrEqual(reads[nth]?.at ?? 0)
  }
  await until('it has landed', () => erp.landed === 1)
  expect(erp.booked.length).toBe(1)
  await audit(erp)
})

test('a reply that comes after we gave up changes nothing: what is there is looked for', async () => {
  const erp = await target('K3')
  erp.fates.push({ slowMs: 2_500 })
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K3', timeoutMs: 1_000, settleMs: 1_500, gapMs: 100 }])
  await intake.submit([invoice(1, 'erp')])
  await until('it is done', () => all('done', 1))
  // What was found is told as a fact first, and that alone ends the doubt.
  await until('it is told', async () => (await objects())[0]?.outcomes.length === 2)
  expect((await objects())[0]?.outcomes).toEqual(['effect.unknown unclear', 'effect.resolved found'])
  expect(await attempts()).toMatchObject([{ n: 1, outcome: 'unknown' }])
  await audit(erp)
})

test('the target says 201 and keeps nothing: it was told, and is not believed to be posted', async () => {
  const erp = await target('K3')
  erp.usual = { effect: 'none' }
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K3' }])
  await intake.submit([invoice(1, 'erp')])
  await until('it is done', () => all('done', 1))
  expect(await objects()).toMatchObject([{ said: 'E-none', posted: null }])
  expect(await query('SELECT expected, told, reported FROM cell')).toEqual([{ expected: 'posted', told: 'posted', reported: null }])
})

test('a system that swallows every call is not asked for ever: each try is looked for, and after the limit of its lane a person is asked', async () => {
  const erp = await target('K3')
  erp.usual = { effect: 'none', reply: 'lost' }
  const lanes = { ...LANE_POLICIES, posting: { ...LANE_POLICIES.posting, firstMs: 100, deadAfter: 3 } }
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K3', settleMs: 100, gapMs: 50 }], { lanes })
  await intake.submit([invoice(1, 'erp')])
  await until('it is given up', () => all('dead', 1))
  expect(bookings(erp).length).toBe(3)
  expect((await objects())[0]?.outcomes.at(-1)).toBe('effect.refused exhausted')
  expect((await attempts()).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown'])
  await audit(erp)
})

test('content that changes while the outcome is unknown does not change what is sent again', async () => {
  const erp = await target('K2')
  erp.fates.push({ effect: 'none', reply: 'lost' })
  erp.reading = { reply: 'status', status: 503 }
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K2', timeoutMs: 1_000 }])
  await intake.submit([invoice(1, 'erp', { amount: '10.00' })])
  await until('the first call came', () => bookings(erp).length > 0)
  await until('it is unknown', async () => (await objects())[0]?.outcomes.length === 1)
  await intake.submit([invoice(1, 'erp', { amount: '99.00', again: true })])
  await until('it is done', () => all('done', 1))
  expect(erp.booked.map((entry) => entry.amount)).toEqual(['10.00'])
  expect(new Set(erp.calls.filter((call) => call.line === 'POST /entries').map((call) => call.body)).size).toBe(1)
  expect((await effects())[0]?.content).toContain('10.00')
})

test('a try that did nothing does not settle the doubt about the one before: the same is sent once more', async () => {
  const erp = await target('K2')
  erp.fates.push({ reply: 'lost' }, { effect: 'none', reply: 'status', status: 429, retryAfter: '1' })
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K2' }])
  await intake.submit([invoice(1, 'erp', { amount: '10.00' })])
  await until('the second was turned away', async () => (await attempts())[1]?.outcome === 'no-effect')
  expect((await effects())[0]?.state).toBe('unknown')
  await intake.submit([invoice(1, 'erp', { amount: '99.00', again: true })])
  await until('it is done', () => all('done', 1))
  expect(new Set(erp.calls.filter((call) => call.line === 'POST /entries').map((call) => call.body)).size).toBe(1)
  expect((await attempts()).map((attempt) => attempt.outcome)).toEqual(['unknown', 'no-effect', 'done'])
})

test('content that changes while it waits is what is sent', async () => {
  const erp = await target('K2')
  erp.usual = { effect: 'none', reply: 'status', status: 429, retryAfter: '1' }
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K2' }])
  await intake.submit([invoice(1, 'erp', { amount: '10.00' })])
  await until('it was turned away', async () => (await attempts())[0]?.outcome === 'no-effect')
  await intake.submit([invoice(1, 'erp', { amount: '99.00', again: true })])
  erp.usual = {}
  await until('it is done', () => all('done', 1))
  expect(erp.booked.map((entry) => entry.amount)).toEqual(['99.00'])
})

test('content that changes while a call is under way that then does nothing is what is sent next', async () => {
  const erp = await target('K2')
  erp.fates.push({ effect: 'none', reply: 'status', status: 429, retryAfter: '1', slowMs: 2_000 })
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K2', timeoutMs: 20_000 }])
  await intake.submit([invoice(1, 'erp', { amount: '10.00' })])
  await until('the call came', () => bookings(erp).length > 0)
  await intake.submit([invoice(1, 'erp', { amount: '99.00', again: true })])
  expect((await effects())[0]).toMatchObject({ state: 'open', content: expect.stringContaining('10.00') })
  await until('it is done', () => all('done', 1))
  expect(erp.booked.map((entry) => entry.amount)).toEqual(['99.00'])
  expect((await attempts()).map((attempt) => attempt.outcome)).toEqual(['no-effect', 'done'])
  expect((await objects())[0]?.outcomes).toEqual(['effect.resolved no-effect', 'effect.done done'])
})

test('a refusal is told in their words and not tried again', async () => {
  const erp = await target('K1')
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K1' }])
  await intake.submit([invoice(1, 'erp', { party: 'blocked' }), invoice(2, 'erp')])
  await until('one is done', () => all('done', 1))
  await until('one is refused', () => all('refused', 1))
  expect(await query(`SELECT says FROM attempt WHERE outcome = 'refused'`)).toEqual([{ says: 'E-17: Party blocked is blocked.' }])
  expect(bookings(erp).length).toBe(2)
})

test('Retry-After is honoured, and nothing is unknown after it', async () => {
  const erp = await target('K3')
  erp.fates.push({ effect: 'none', reply: 'status', status: 429, retryAfter: '2' })
  const { intake, delivery } = await hub([{ system: 'erp', url: erp.url, class: 'K3' }])
  await intake.submit([invoice(1, 'erp')])
  await until('it is told', () => delivery.stats()[0]!.toldToWaitUntil !== undefined)
  const told = delivery.stats()[0]!.toldToWaitUntil!
  await until('it is done', () => all('done', 1))
  expect(delivery.stats()[0]!.toldToWaitUntil).toBeUndefined()
  const [first, second] = erp.calls.filter((call) => call.line === 'POST /entries')
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_990)
  expect(second!.at).toBeGreaterThanOrEqual(told - 10)
  expect((await attempts()).map((attempt) => attempt.outcome)).toEqual(['no-effect', 'done'])
})

test('the breaker opens, burns no attempts while it is open, and closes by one probe', async () => {
  const erp = await target('K3')
  const { port } = new URL(erp.url)
  await erp.stop()
  const { intake, delivery } = await hub([{ system: 'erp', url: erp.url, class: 'K3' }])
  await intake.submit(Array.from({ length: 20 }, (_, n) => invoice(n, 'erp')))
  await until('it is open', () => delivery.stats()[0]?.breaker.state === 'open')
  await until('what was under way has ended', async () => (await attempts()).every((attempt) => attempt.outcome === 'not-sent'))
  const burnt = (await attempts()).length
  await until('a probe was made', () => delivery.stats()[0]!.counts.probes > 0)
  expect((await attempts()).length).toBe(burnt)
  expect(burnt).toBeLessThanOrEqual(20 + 8)
  await erp.listen(Number(port))
  await until('all are done', () => all('done', 20))
  expect(erp.calls[0]?.line).toBe('GET /alive')
  await audit(erp)
})

test('a system that does not let us in stops at once, with one reason and no further calls', async () => {
  const erp = await target('K1', { token: 'another' })
  const { intake, delivery } = await hub([
    { system: 'erp', url: erp.url, token: 'api', class: 'K1', limits: { concurrency: 2, rate: { calls: 100, perMs: 1_000 } } },
  ])
  await intake.submit(Array.from({ length: 30 }, (_, n) => invoice(n, 'erp')))
  await until('it is open', () => delivery.stats()[0]?.breaker.state === 'open')
  expect(delivery.stats()[0]?.breaker).toMatchObject({ cause: 'credential', says: 'HTTP 401' })
  await until('nothing is under way', () => all('waiting', 30))
  expect(bookings(erp).length).toBeLessThanOrEqual(4)
})

test('nothing more is sent while it is still being written that a system does not let us in', async () => {
  await database.admin((client) =>
    client.query(`CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.7); RETURN NEW; END';
      CREATE TRIGGER slowly BEFORE INSERT OR UPDATE ON system FOR EACH ROW WHEN (NEW.delivery LIKE '%credential%') EXECUTE FUNCTION slowly()`),
  )
  const erp = await target('K1', { token: 'another' })
  const { intake } = await hub([
    { system: 'erp', url: erp.url, token: 'api', class: 'K1', limits: { concurrency: 2, rate: { calls: 100, perMs: 1_000 } } },
  ])
  await intake.submit(Array.from({ length: 30 }, (_, n) => invoice(n, 'erp')))
  await until('it is written', async () => (await query(`SELECT 1 FROM system WHERE delivery LIKE '%credential%'`)).length === 1)
  await until('nothing is under way', () => all('waiting', 30))
  expect(bookings(erp).length).toBeLessThanOrEqual(4)
})

test("a slow system takes nobody else's place", async () => {
  const [slow, quick] = [await target('K1'), await target('K1')]
  slow.usual = { slowMs: 1_200 }
  const { intake } = await hub([
    { system: 'slow', url: slow.url, class: 'K1', timeoutMs: 5_000 },
    { system: 'quick', url: quick.url, class: 'K1' },
  ])
  await intake.submit(Array.from({ length: 60 }, (_, n) => invoice(n, n % 2 === 0 ? 'slow' : 'quick')))
  await until('the quick one has all of its own', () => quick.booked.length === 30)
  expect(slow.booked.length).toBeLessThan(30)
  await until('the slow one too', () => all('done', 60))
})

test('two hubs on one database share the work and double nothing', async () => {
  const erp = await target('K3')
  erp.fateOf = (key, time) => (time === 1 && key < '5' ? { reply: 'lost', slowMs: 20 } : { slowMs: 20 })
  const config = { system: 'erp', url: erp.url, class: 'K3', settleMs: 400, gapMs: 100 } as const
  const [one, two] = [await hub([config]), await hub([config])]
  await one.intake.submit(Array.from({ length: 60 }, (_, n) => invoice(n, 'erp')))
  await until('all are done', () => all('done', 60))
  expect(erp.booked.length).toBe(60)
  const claimed = [one, two].map((hub) => hub.delivery.stats()[0]!.counts.claimed)
  expect(Math.min(...claimed), `claimed ${claimed.join(' and ')}`).toBeGreaterThan(0)
  expect([...one.troubles, ...two.troubles]).toEqual([])
  await audit(erp)
})

describe('what people say', () => {
  const person = { person: 'person:ada', reason: 'I looked' }

  test('of money in doubt two people say whether it happened; what did not happen is sent again, what did is done', async () => {
    const erp = await target('K4')
    erp.fates.push({ reply: 'lost' }, { effect: 'none', reply: 'lost' })
    const { intake, pool } = await hub([
      { system: 'erp', url: erp.url, class: 'K4', limits: { concurrency: 1, rate: { calls: 100, perMs: 1_000 } } },
    ])
    const desk = { pool, tenant: TENANT, submit: intake.submit.bind(intake), now: Date.now }
    await intake.submit([invoice(1, 'erp'), invoice(2, 'erp')])
    await until('both are held', () => all('held', 2))
    const there = erp.booked[0]!.key
    const lost = (await effects()).find((row) => row.key !== there)!.key
    expect(await answerEffect(desk, { ...person, effect: there, input: 'said-applied' })).toEqual({
      refused: 'Money may have moved: two people say whether it did.',
    })
    expect(await answerEffect(desk, { ...person, effect: there, input: 'said-applied', second: 'person:ada' })).toEqual({
      refused: 'The second person must be another one.',
    })
    expect(await answerEffect(desk, { ...person, effect: there, input: 'replay' })).toEqual({
      refused: 'It is held; that cannot be said of it now.',
    })
    expect(await answerEffect(desk, { ...person, effect: there, input: 'said-applied', second: 'person:bob' })).toEqual({ state: 'done' })
    // It may be on its way again by now.
    expect(await answerEffect(desk, { ...person, effect: lost, input: 'said-not-applied', second: 'person:bob' })).toEqual({
      state: expect.stringMatching(/^(?:waiting|open|done)$/u) as string,
    })
    await until('both are done', () => all('done', 2))
    expect(bookings(erp).length).toBe(3)
    expect(erp.booked.length).toBe(2)
    await audit(erp)
  })

  test('what was refused is tried again when a person asks for it, after seeing what would be sent', async () => {
    const erp = await target('K1')
    const connector = modelConnector({ url: erp.url, class: 'K1' }, 'erp')
    const { intake, pool } = await hub([{ system: 'erp', url: erp.url, class: 'K1' }])
    await intake.submit([invoice(1, 'erp', { party: 'blocked' })])
    await until('it is refused', () => all('refused', 1))
    const found = await replayable(pool, TENANT, [connector], { target: 'erp', says: 'e-17' })
    expect(found).toMatchObject([
      {
        command: 'invoice.post',
        state: 'refused',
        says: 'E-17: Party blocked is blocked.',
        request: expect.stringMatching(/^POST \/entries \(\d+ bytes\)$/),
      },
    ])
    expect(await replayable(pool, TENANT, [connector], { target: 'other' })).toEqual([])
    expect(await replayable(pool, TENANT, [connector], { to: '2020-01-01T00:00:00.000Z' })).toEqual([])
    const submit = intake.submit.bind(intake)
    expect(
      await answerEffect({ pool, tenant: TENANT, submit, now: Date.now }, { ...person, effect: found[0]!.effect, input: 'replay' }),
    ).toEqual({ state: expect.stringMatching(/^(?:waiting|open|refused)$/u) as string })
    await until('it was refused again', async () => bookings(erp).length === 2 && (await all('refused', 1)))
    await intake.submit([invoice(1, 'erp', { party: 'acme', again: true })])
    await until('other content is sent by itself', () => all('done', 1))
    expect(await replayable(pool, TENANT, [connector], {})).toEqual([])
  })
})

test('a system that answers is heard', async () => {
  const erp = await target('K1')
  const { intake } = await hub([{ system: 'erp', url: erp.url, class: 'K1' }])
  await intake.submit([invoice(1, 'erp')])
  await until('it was heard', async () => (await query(`SELECT 1 FROM system WHERE name = 'erp' AND heard_at IS NOT NULL`)).length === 1)
})

test('a system that a person paused is not called', async () => {
  const erp = await target('K1')
  await inTenant(database.pool, TENANT, (client) => client.query(`INSERT INTO system (tenant, name, paused) VALUES ('acme', 'erp', true)`))
  const { intake, delivery } = await hub([{ system: 'erp', url: erp.url, class: 'K1' }])
  await intake.submit([invoice(1, 'erp')])
  await until('the pause was seen', () => delivery.stats()[0]?.paused === true)
  expect(erp.calls).toEqual([])
  await inTenant(database.pool, TENANT, (client) => client.query(`UPDATE system SET paused = false`))
  await until('it is done', () => all('done', 1))
})
