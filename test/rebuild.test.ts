import { afterAll, beforeAll, expect, test } from 'vitest'
import { lawOf } from '../src/domain/law.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import type { Arrival, Ref } from '../src/domain/object.ts'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { startWaker } from '../src/intake/waker.ts'
import { listObjects } from '../src/store/list-row.ts'
import { inTenant } from '../src/store/database.ts'
import { rebuild } from '../src/store/rebuild.ts'
import { accepted, completed, entry, granted, invoiceDocument, masterData, paymentRun, posted, received, TENANT } from './facts.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'
import { sha256 } from './world.ts'

const law = lawOf(DEFAULT_POLICY, sha256)
/** TIEOUT_TEST_SEED repeats a run. */
const SEED = Number(process.env['TIEOUT_TEST_SEED'] ?? Math.floor(Math.random() * 1e6))

let database: HubDatabase
let hubs: Intake[]
beforeAll(async () => {
  database = await hubDatabase([TENANT])
  hubs = [1, 2].map(() =>
    openIntake({
      pool: database.pool,
      settings: { law, cfg: 'c'.repeat(64), config: 1, clock: () => Date.parse('2026-01-15T12:00:00.000Z') },
    }),
  )
})
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.close()))
  await database.drop()
})

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list]
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[copy[at], copy[other]] = [copy[other]!, copy[at]!]
  }
  return copy
}

test(`lives of invoices under the law itself, their facts in any order through two hubs: rebuilt byte by byte (seed ${SEED})`, async () => {
  let state = SEED
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  const lives = Array.from({ length: 12 }, (_, n): Arrival[] => {
    const hash = sha256(`document ${n}`).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '')
    const ref: Ref = { names: [`public|document|${hash}`] }
    const unique = (arrival: Arrival): Arrival => ({ ...arrival, eventId: `${arrival.eventId} of ${n}` })
    return [
      received(invoiceDocument({ number: `R-${n}` }), `invoice ${n}`, '2026-01-11T08:00:00.000Z', hash),
      granted(ref, '2026-01-12T08:00:00.000Z'),
      completed(ref, '2026-01-12T09:00:00.000Z'),
      posted(ref, `D${n}`, '2026-01-15T08:00:00.000Z'),
      ...paymentRun(`D${n}`, `M${n}`, `E${n}`, '2026-01-18T08:00:00.000Z'),
      accepted(`M${n}`, '2026-01-19T08:00:00.000Z'),
      entry(`S${n}`, '2026-01-20T08:00:00.000Z', `E${n}`),
    ].map(unique)
  })
  const arrivals = shuffled([...masterData(), ...lives.flat()], random)
  const waker = startWaker({
    pool: database.pool,
    nudge: (tenant, objects) => hubs[0]!.nudge(tenant, objects),
    clock: () => Date.parse('2026-01-15T12:00:00.000Z'),
    everyMs: 3_600_000,
  })
  await waker.stop()
  for (let at = 0; at < arrivals.length;) {
    const parts = hubs.map(() => arrivals.slice(at, (at += 1 + Math.floor(random() * 9))))
    const receipts = await Promise.all(parts.map((part, of) => hubs[of]!.submit(part)))
    expect(receipts.flat().filter((receipt) => receipt.outcome === 'refused')).toEqual([])
    if (random() < 0.3) await waker.round()
  }
  for (let rounds = 0; (await waker.round()) > 0 && rounds < 20;) rounds += 1
  const result = await rebuild(database.pool, TENANT, law)
  console.log(`rebuilt ${result.objects} objects from ${result.events} events`)
  expect(result.differences).toEqual([])
  const { rows } = await inTenant(database.pool, TENANT, (client) => listObjects(client, TENANT, { kind: 'invoice', limit: 100 }))
  console.log(
    Object.entries(Object.groupBy(rows, (row) => row.state))
      .map(([headline, of]) => `${headline} ${of!.length}`)
      .join(', '),
  )
  expect(rows).toHaveLength(12)
})
