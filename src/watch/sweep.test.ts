import { afterEach, beforeEach, expect, test } from 'vitest'
import { modelConnector } from '../connector/kit/model-connector.ts'
import type { Holdings } from '../connector/contract.ts'
import { contentOf, invoiceRef } from '../domain/invoice-content.ts'
import { lawOf } from '../domain/law.ts'
import { DEFAULT_POLICY } from '../domain/policy.ts'
import type { Reconciled } from '../domain/reconcile.ts'
import { openIntake, type Intake } from '../intake/batcher.ts'
import { inTenant } from '../store/database.ts'
import { sha256 } from '../store/sha256.ts'
import { fact, invoiceDocument, masterData, posted, received } from '../../test/facts.ts'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import type { Reader } from './read-feed.ts'
import { sweep, type Swept } from './sweep.ts'

const POSTINGS = ['5100', '5101', '5102', '5103', '5104'] as const
let database: HubDatabase
let intake: Intake
let asked: string[]
/** What it answers about a number. */
let answer: ReturnType<Holdings['one']['read']>
beforeEach(async () => {
  asked = []
  answer = { trouble: 'not now' }
  database = await hubDatabase()
  intake = openIntake({
    pool: database.pool,
    settings: { law: lawOf(DEFAULT_POLICY, sha256), cfg: 'c'.repeat(64), config: 1, clock: () => Date.parse('2026-01-20T08:00:00.000Z') },
  })
  const receipts = await intake.submit(
    [
      ...masterData(),
      ...POSTINGS.flatMap((number, at) => {
        const document = invoiceDocument({ number: `R-${number}` })
        const hash = String(at).padStart(64, 'd')
        const ref = invoiceRef(sha256, contentOf(document), hash)
        return [received(document, `doc ${at}`, '2026-01-11T08:00:00.000Z', hash), posted(ref, number, '2026-01-15T09:00:00.000Z')]
      }),
    ].map((arrival) => ({ ...arrival, tenant: 'acme' })),
  )
  expect(receipts.every(({ outcome }) => outcome === 'new')).toBe(true)
})
afterEach(async () => {
  await intake.close()
  await database.drop()
})

/** A system that is asked by number alone, and says of each that it cannot tell now, unless a test says otherwise. */
const postings: Holdings = {
  about: 'invoice',
  facets: ['posting'],
  by: 'number',
  timeoutMs: 1_000,
  one: {
    ask: (number) => ({ method: 'GET', path: `/${number}`, headers: {}, body: null }) as never,
    read: (_reply, number) => {
      asked.push(number)
      return answer
    },
  },
}

const swept = (atMost: number, stopped = false): Promise<Swept> =>
  sweep(
    {
      tenant: 'acme',
      connector: { ...modelConnector({ url: 'http://127.0.0.1:1', class: 'K3' }, 'erp'), feeds: [], holdings: [postings] },
      pool: database.pool,
      submit: (arrivals) => intake.submit(arrivals),
      transport: { send: () => Promise.resolve({ kind: 'answered', reply: {} as never }), close: () => Promise.resolve() },
      clocks: { wall: Date.now, monotonic: () => performance.now() },
    } satisfies Reader,
    { full: true, atMost, stopped: () => stopped, progress: () => {} },
  )

test('what one sweep could not ask for any more, the next one begins with; coming round, each has its turn', async () => {
  const all: string[][] = []
  for (let sweeps = 0; sweeps < 4; sweeps++) {
    const { asked: count, unconfirmed } = await swept(2)
    expect([count, unconfirmed]).toEqual([2, POSTINGS.length])
    all.push(asked.splice(0))
  }
  const [first = [], second = [], third = [], fourth = []] = all
  expect(new Set([...first, ...second, third[0]])).toEqual(new Set(POSTINGS))
  expect([third[1], ...fourth]).toEqual([first[0], first[1], second[0]])
})

test('a sweep that asked for all begins anew with the first', async () => {
  await swept(2)
  const [first] = asked.splice(0)
  await swept(100)
  expect(new Set(asked.splice(0))).toEqual(new Set(POSTINGS))
  await swept(1)
  expect(asked).toEqual([first])
})

test('a sweep that is ended before it asked for anything leaves the place where it was', async () => {
  await swept(2)
  const first = asked.splice(0)
  await swept(2, true)
  expect(asked).toEqual([])
  await swept(3)
  expect(new Set([...first, ...asked])).toEqual(new Set(POSTINGS))
})

test('that a thing is gone is later than what its system had told of it, also by a clock that is ahead', async () => {
  const shown = async (): Promise<string[]> => {
    const { rows } = await inTenant(database.pool, 'acme', (client) =>
      client.query<{ state: string }>(`SELECT state FROM object WHERE tenant = 'acme' AND kind = 'invoice'`),
    )
    return rows.map(({ state }) => (JSON.parse(state) as Reconciled).reported['erp|posting']?.word ?? 'nothing')
  }
  const ref = invoiceRef(sha256, contentOf(invoiceDocument({ number: 'R-5100' })), '0'.padStart(64, 'd'))
  const data = { system: 'erp', facet: 'posting' as const, word: 'BOOKED', claims: 'posted', of: '5100', amount: '119.00' }
  const ahead = new Date(Date.now() + 7_200_000).toISOString()
  await intake.submit([{ ...fact('status.reported', 'erp', 'told', ahead, [ref], data), tenant: 'acme' }])
  expect(await shown()).toContain('posted')
  answer = []
  await swept(100)
  expect(await shown()).not.toContain('posted')
})
