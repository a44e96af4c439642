/** A hub on the real law and a database of its own, with an invoice that is approved and shall be posted; its API, and what becomes of the posting. */
import { buildApi } from '../src/api/server.ts'
import type { ApiContext } from '../src/api/context.ts'
import { outcomeArrival } from '../src/delivery/report.ts'
import { stepEffect, type EffectInput, type EffectRow } from '../src/domain/effect.ts'
import { contentOf, invoiceRef } from '../src/domain/invoice-content.ts'
import { lawOf } from '../src/domain/law.ts'
import type { Arrival } from '../src/domain/object.ts'
import { DEFAULT_POLICY, type Policy } from '../src/domain/policy.ts'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { Fault } from '../src/lib/fault.ts'
import { findByAnyId } from '../src/store/alias.ts'
import { attemptsOf, openAttempts } from '../src/store/attempt.ts'
import { inTenant } from '../src/store/database.ts'
import { effectsOf, writeEffects } from '../src/store/effect.ts'
import { readObjects } from '../src/store/object.ts'
import { fakeHub, KEY } from './api-context.ts'
import { completed, granted, invoiceDocument, masterData, received, TENANT } from './facts.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'
import { sha256 } from './world.ts'

const NOW = Date.parse('2026-01-15T09:00:00.000Z')
const DOCUMENT = 'd'.repeat(64)
export const INVOICE = invoiceRef(sha256, contentOf(invoiceDocument()), DOCUMENT)

export interface Case {
  readonly id: string
  readonly version: number
  readonly cause: string
  readonly open: boolean
  readonly actions: readonly { readonly action: string; readonly second: boolean }[]
  readonly answered: object | null
  readonly said: { readonly person: string; readonly counts: boolean; readonly says: string } | null
}
interface Told {
  readonly status: number
  readonly code?: string
  readonly detail?: string
  readonly outcome?: string
  readonly waits?: boolean
  readonly says?: string
}

export interface PostingDesk {
  /** The invoice. */
  readonly id: string
  readonly database: HubDatabase
  readonly intake: Intake
  readonly effect: () => Promise<EffectRow>
  /** One try of the posting, which ends so. */
  readonly tries: (input: EffectInput, says: string) => Promise<void>
  readonly get: <T>(url: string) => Promise<T>
  readonly cases: () => Promise<Case[]>
  readonly post: (url: string, body: object) => Promise<Told>
  readonly answer: (of: Case, body: object) => Promise<Told>
  readonly assign: (of: Case, body: object) => Promise<Told>
  /** With another key than the others have. */
  readonly answerBy: (key: string, of: Case, body: object, more?: Readonly<Record<string, string>>) => Promise<Told>
  readonly headline: () => Promise<unknown>
  /** The next submit of an event of this type finds the database away. */
  readonly breakNext: (type: string) => void
  /** Listens; where. */
  readonly listen: () => Promise<string>
  /** Its clock stands still otherwise: of two things of one instant nobody can say which was first. */
  readonly passes: (ms: number) => void
  readonly close: () => Promise<void>
}

export async function postingDesk(change: Partial<ApiContext> = {}, policy: Policy = DEFAULT_POLICY): Promise<PostingDesk> {
  let clock = NOW
  const database = await hubDatabase([TENANT])
  const intake = openIntake({
    pool: database.pool,
    settings: { law: lawOf(policy, sha256), cfg: '0'.repeat(64), config: 1, clock: () => clock },
  })
  const { pool } = database
  for (const arrival of [
    ...masterData(),
    received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', DOCUMENT),
    granted(INVOICE, '2026-01-12T08:00:00.000Z'),
    completed(INVOICE, '2026-01-12T08:01:00.000Z'),
  ]) {
    const [receipt] = await intake.submit([arrival])
    if (receipt?.fault) throw receipt.fault
  }
  let broken = ''
  const submit = (arrivals: readonly Arrival[]): ReturnType<Intake['submit']> => {
    if (!arrivals.some(({ type }) => type === broken)) return intake.submit(arrivals)
    broken = ''
    return Promise.reject(new Fault('database-away'))
  }
  const server = buildApi(fakeHub({ pool, tenant: TENANT, submit, now: () => clock, ...change }).context)
  const get = async <T>(url: string): Promise<T> =>
    (await server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${KEY}` } })).json()
  const post = async (url: string, body: object, key = KEY, more: Readonly<Record<string, string>> = {}): Promise<Told> => {
    clock += 1_000
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...more }
    const reply = await server.inject({ method: 'POST', url, headers, payload: JSON.stringify(body) })
    return { status: reply.statusCode, ...reply.json<object>() }
  }
  const [id = ''] = await inTenant(pool, TENANT, (client) => findByAnyId(client, TENANT, DOCUMENT))
  const effect = async (): Promise<EffectRow> =>
    (await inTenant(pool, TENANT, (client) => effectsOf(client, TENANT, id))).find(({ command }) => command === 'invoice.post')!
  return {
    id,
    database,
    intake,
    effect,
    get,
    post: (url, body) => post(url, body),
    async tries(input, says) {
      clock += 60_000
      const at = new Date(clock).toISOString()
      const row = stepEffect(await effect(), 'claimed', { now: at })
      if (row === 'ignored') throw new Error('it cannot be claimed')
      await inTenant(pool, TENANT, async (client) => {
        await writeEffects(client, TENANT, [row])
        await openAttempts(client, TENANT, [
          { key: row.key, n: row.attempts, process: 'p', requestHash: 'f'.repeat(64), openedAt: at, notAfter: at },
        ])
      })
      const attempts = await inTenant(pool, TENANT, (client) => attemptsOf(client, TENANT, [row.key]))
      clock += 1_000
      const outcome = input === 'refused' ? 'refused' : 'unknown'
      const [receipt] = await intake.submit([
        outcomeArrival({ tenant: TENANT, row, attempts, input, outcome, at: clock, says, by: 'reply', guarded: true }),
      ])
      if (receipt?.outcome !== 'new') throw receipt?.fault ?? new Error('it is not new')
    },
    cases: async () => (await get<{ exceptions: Case[] }>('/v1/exceptions?open=true')).exceptions,
    answer: (of, body) => post(`/v1/exceptions/${of.id}/answers`, body),
    answerBy: (key, of, body, more) => post(`/v1/exceptions/${of.id}/answers`, body, key, more),
    assign: (of, body) => post(`/v1/exceptions/${of.id}/assignments`, body),
    breakNext(type) {
      broken = type
    },
    headline: async () => (await inTenant(pool, TENANT, (client) => readObjects(client, TENANT, [id], false))).get(id)?.state['headline'],
    listen: () => server.listen({ host: '127.0.0.1', port: 0 }),
    passes(ms) {
      clock += ms
    },
    async close() {
      await server.close()
      await intake.close()
      await database.drop()
    },
  }
}
