import { afterEach, describe, expect, it } from 'vitest'
import { buildApi } from '../src/api/server.ts'
import { outcomeArrival } from '../src/delivery/report.ts'
import { stepEffect, type EffectInput, type EffectRow } from '../src/domain/effect.ts'
import { contentOf, invoiceRef } from '../src/domain/invoice-content.ts'
import { lawOf } from '../src/domain/law.ts'
import type { Arrival } from '../src/domain/object.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { Fault } from '../src/lib/fault.ts'
import { findByAnyId } from '../src/store/alias.ts'
import { attemptsOf, openAttempts } from '../src/store/attempt.ts'
import { inTenant } from '../src/store/database.ts'
import { effectsOf, writeEffects } from '../src/store/effect.ts'
import { readObjects } from '../src/store/object.ts'
import { fakeHub, KEY } from './api-context.ts'
import { completed, granted, invoiceDocument, masterData, posted, received, reversed, TENANT } from './facts.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'
import { sha256 } from './world.ts'

const NOW = Date.parse('2026-01-15T09:00:00.000Z')
const DOCUMENT = 'd'.repeat(64)
const INVOICE = invoiceRef(sha256, contentOf(invoiceDocument()), DOCUMENT)

let database: HubDatabase
let intake: Intake
let clock = NOW
afterEach(async () => {
  await intake.close()
  await database.drop()
})

interface Case {
  readonly id: string; readonly version: number; readonly cause: string; readonly open: boolean; readonly actions: readonly {
    readonly action: string; readonly second: boolean,
  }[]; readonly answered: object | null,
}

interface Desk {
  readonly id: string
  readonly effect: () => Promise<EffectRow>
  /** One try of the posting, which ends so. */
  readonly tries: (input: EffectInput, says: string) => Promise<void>
  readonly cases: () => Promise<Case[]>
  readonly answer: (of: Case, body: object) => Promise<{ status: number; code?: string; detail?: string; outcome?: string }>
  readonly headline: () => Promise<unknown>
  /** The next submit of an event of this type finds the database away. */
  readonly breakNext: (type: string) => void
}

/** A hub on the real law and a database of its own, with an invoice that is approved and shall be posted. */
async function approved(): Promise<Desk> {
  clock = NOW
  database = await hubDatabase([TENANT])
  intake = openIntake({
    pool: database.pool, settings: { law: lawOf(DEFAULT_POLICY, sha256), cfg: '0'.repeat(64), config: 1, clock: () => clock },
  })
  const { pool } = database
  for (const arrival of [
    ...masterData(), received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', DOCUMENT),
    granted(INVOICE, '2026-01-12T08:00:00.000Z'), completed(INVOICE, '2026-01-12T08:01:00.000Z'),
  ]) {
    const [receipt] = await intake.submit([arrival])
    expect(receipt?.fault).toBeUndefined()
  }
  let broken = ''
  const submit = (arrivals: readonly Arrival[]): ReturnType<Intake['submit']> => {
    if (!arrivals.some(({ type }) => type === broken)) return intake.submit(arrivals)
    broken = ''
    return Promise.reject(new Fault('database-away'))
  }
  const server = buildApi(fakeHub({ pool, tenant: TENANT, submit, now: () => clock }).context)
  const get = async <T>(url: string): Promise<T> =>
    (await server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${KEY}` } })).json()
  const [id = ''] = await inTenant(pool, TENANT, (client) => findByAnyId(client, TENANT, DOCUMENT))
  const effect = async (): Promise<EffectRow> =>
    (await inTenant(pool, TENANT, (client) => effectsOf(client, TENANT, id))).find(({ command }) => command === 'invoice.post')!
  return {
    id, effect,
    async tries(input, says) {
      clock += 60_000
      const at = new Date(clock).toISOString()
      const row = stepEffect(await effect(), 'claimed', { now: at })
      if (row === 'ignored') throw new Error('it cannot be claimed')
      await inTenant(pool, TENANT, async (client) => {
        await writeEffects(client, TENANT, [row])
        await openAttempts(
          client, TENANT, [{ key: row.key, n: row.attempts, process: 'p', requestHash: 'f'.repeat(64), openedAt: at, notAfter: at }]
        )
      })
      const attempts = await inTenant(pool, TENANT, (client) => attemptsOf(client, TENANT, [row.key]))
      clock += 1_000
      const outcome = input === 'refused' ? 'refused' : 'unknown'
      const [receipt] = await intake.submit([
        outcomeArrival({ tenant: TENANT, row, attempts, input, outcome, at: clock, says, by: 'reply', guarded: true }),
      ])
      expect(receipt).toMatchObject({ outcome: 'new' })
    },
    cases: async () => (await get<{ exceptions: Case[] }>('/v1/exceptions?open=true')).exceptions,
    async answer(of, body) {
      clock += 1_000
      const reply = await server.inject({
        method: 'POST', url: `/v1/exceptions/${of.id}/answers`,
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }, payload: JSON.stringify(body),
      })
      return { status: reply.statusCode, ...reply.json<object>() }
    },
    breakNext(type) { broken = type },
    headline: async () => (await inTenant(pool, TENANT, (client) => readObjects(client, TENANT, [id], false))).get(id)?.state['headline'],
  }
}

describe('a command that the ERP refused', () => {
  it('is sent again when a person says so, and the case closes', async () => {
    const { effect, tries, cases, answer } = await approved()
    await tries('refused', 'account 4760 is locked')
    const [one] = await cases()
    expect(one).toMatchObject({ cause: 'refused-by-target', actions: [{ action: 'try-again', second: false }] })
    expect((await effect()).state).toBe('refused')
    expect(
      await answer(one!, { action: 'try-again', reason: 'The account is open again.', person: 'anna' })
    ).toMatchObject({ status: 200, outcome: 'new' })
    expect(await effect()).toMatchObject({ state: 'waiting', attempts: 1 })
    expect(await cases()).toEqual([])
    expect(
      await answer(one!, { action: 'try-again', reason: 'Once more.', person: 'anna' })
    ).toMatchObject({ status: 409, code: 'exception-moved' })
  })
})

describe('a posting of which nobody knows whether it happened', () => {
  const said = { reason: 'I looked in the ERP.', person: 'anna', second: 'berta' }

  it('is not sent again before two persons say that it did not happen', async () => {
    const { effect, tries, cases, answer } = await approved()
    await tries('needs-person', 'no reply, and nobody can look')
    const [one] = await cases()
    expect(one).toMatchObject({
      cause: 'outcome-unknown', actions: [{ action: 'it-happened', second: true }, { action: 'it-did-not', second: true }],
    })
    for (const [body, code] of [
      [{ ...said, action: 'it-did-not', second: undefined, version: one!.version }, 'answer-not-taken'],
      [{ ...said, action: 'it-did-not', second: 'ANNA', version: one!.version }, 'answer-not-taken'],
      [{ ...said, action: 'it-did-not' }, 'answer-not-taken'],
      [{ ...said, action: 'try-again', version: one!.version }, 'answer-not-taken'],
      [{ ...said, action: 'it-did-not', version: one!.version + 1 }, 'exception-moved'],
    ] as const) expect(await answer(one!, body), JSON.stringify(body)).toMatchObject({ code })
    expect((await effect()).state).toBe('held')

    expect(await answer(one!, { ...said, action: 'it-did-not', version: one!.version })).toMatchObject({ status: 200, outcome: 'new' })
    expect(await effect()).toMatchObject({ state: 'waiting', attempts: 1 })
    expect(await cases()).toEqual([])
  })

  it('an old answer that comes once more says nothing about a later try', async () => {
    const { effect, tries, cases, answer } = await approved()
    await tries('needs-person', 'no reply')
    const [one] = await cases()
    const old = { ...said, action: 'it-did-not', version: one!.version }
    expect(await answer(one!, old)).toMatchObject({ status: 200 })
    await tries('needs-person', 'no reply again')
    const [two] = await cases()
    expect(two).toMatchObject({ cause: 'outcome-unknown' })
    expect(await answer(one!, old)).toMatchObject({ outcome: 'repeat' })
    expect((await effect()).state).toBe('held')
    expect(await answer(two!, { ...said, action: 'it-happened', version: two!.version })).toMatchObject({ status: 200, outcome: 'new' })
    expect((await effect()).state).toBe('done')
  })

  it.each([
    ['it-happened', 'it-did-not'], ['it-did-not', 'it-happened'],
  ])('of two answers at the same moment one holds: %s and %s', async (first, second) => {
    const { effect, tries, cases, answer } = await approved()
    await tries('needs-person', 'no reply')
    const [one] = await cases()
    const replies = await Promise.all([
      answer(one!, { ...said, action: first, version: one!.version }),
      answer(one!, { ...said, person: 'carl', action: second, version: one!.version }),
    ])
    const [one1, one2] = replies.map(({ status }) => status)
    expect([[200, 409], [409, 200]]).toContainEqual([one1, one2])
    const held = one1 === 200 ? first : second
    expect((await effect()).state).toBe(held === 'it-happened' ? 'done' : 'waiting')
  })

  it('an answer whose command was not moved, because we ended between the two, is carried through when it comes again', async () => {
    const { effect, tries, cases, answer, breakNext } = await approved()
    await tries('needs-person', 'no reply')
    const [one] = await cases()
    const body = { ...said, action: 'it-did-not', version: one!.version }
    breakNext('effect.resolved')
    expect(await answer(one!, body)).toMatchObject({ status: 503 })
    expect((await effect()).state).toBe('held')
    expect(await answer(one!, body)).toMatchObject({ status: 200, outcome: 'repeat' })
    expect((await effect()).state).toBe('waiting')
  })
})

describe('a posting that was reversed in the ERP', () => {
  it('is posted again only when two persons say so', async () => {
    const { id, cases, answer } = await approved()
    await intake.submit([posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z')])
    await intake.submit([reversed(INVOICE, '5100', '2026-01-15T08:30:00.000Z')])
    const posts = async (): Promise<string[]> => (await inTenant(database.pool, TENANT, (client) => effectsOf(client, TENANT, id)))
      .filter(({ command, state }) => command === 'invoice.post' && state === 'waiting').map(({ occurrence }) => occurrence)
    const [one] = await cases()
    expect(one).toMatchObject({ cause: 'posting-reversed' })
    expect(await posts()).toEqual([])
    const body = { action: 'post-again', reason: 'It was reversed by mistake.', person: 'anna', version: one!.version }
    expect(await answer(one!, body)).toMatchObject({ code: 'answer-not-taken' })
    expect(await answer(one!, { ...body, second: 'berta' })).toMatchObject({ status: 200 })
    expect(await posts()).toEqual(['1'])
    expect(await cases()).toEqual([])
  })

  it('is rejected for good by one, who is named', async () => {
    const { headline, cases, answer } = await approved()
    await intake.submit([posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z')])
    await intake.submit([reversed(INVOICE, '5100', '2026-01-15T08:30:00.000Z')])
    const [one] = await cases()
    expect(await answer(one!, { action: 'reject', reason: 'It is not ours.', person: 'anna' })).toMatchObject({ status: 200 })
    expect(await headline()).toBe('rejected')
    expect(await cases()).toEqual([])
  })
})
