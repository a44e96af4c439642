import { afterAll, beforeAll, expect, test } from 'vitest'
import { lawOf } from '../src/domain/law.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import type { Arrival, Ref } from '../src/domain/object.ts'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { startWaker } from '../src/intake/waker.ts'
import { listObjects, type Listed } from '../src/store/list-row.ts'
import { inTenant } from '../src/store/database.ts'
import { rebuild, type Difference, type RebuildDifference, type Rebuilt } from '../src/store/rebuild.ts'
import { command, type Ran } from './command.ts'
import { accepted, completed, entry, fact, granted, invoiceDocument, masterData, paymentRun, posted, received, TENANT } from './facts.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'
import { sha256 } from './world.ts'

const law = lawOf(DEFAULT_POLICY, sha256)
/** TIEOUT_TEST_SEED repeats a run. */
const SEED = Number(process.env['TIEOUT_TEST_SEED'] ?? Math.floor(Math.random() * 1e6))

/** More of one invoice than is read of an object at a time. */
const LONG = Array.from({ length: 230 }, (_, hold) => `H${hold}`)

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

const invoices = async (): Promise<readonly Listed[]> =>
  (await inTenant(database.pool, TENANT, (client) => listObjects(client, TENANT, { kind: 'invoice', limit: 100 }))).rows
const rebuildCommand = (...args: readonly string[]): Promise<Ran> =>
  command(['rebuild', '--database', database.url('hub_read'), '--tenant', TENANT, ...args])

const byObject = (a: RebuildDifference, b: RebuildDifference): number => (a.object < b.object ? -1 : 1)

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
      ...(n === 0 ? LONG : []).map((hold) =>
        fact('hold.placed', 'erp', `hold ${hold}`, '2026-01-16T08:00:00.000Z', [ref], { hold, kind: 'payment', reason: 'ask' }),
      ),
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
  const longest = await inTenant(database.pool, TENANT, (client) =>
    client.query<{ events: number }>('SELECT max(version) AS events FROM object'),
  )
  expect(longest.rows[0]!.events).toBeGreaterThan(LONG.length)
  const rows = await invoices()
  console.log(
    Object.entries(Object.groupBy(rows, (row) => row.state))
      .map(([headline, of]) => `${headline} ${of!.length}`)
      .join(', '),
  )
  expect(rows).toHaveLength(12)
})

/** What a superuser does to the row of an object, and what is found of it. */
const CHANGES: readonly { readonly what: Difference; readonly change: string }[] = [
  { what: 'kind', change: `UPDATE object SET kind = 'order' WHERE id = $1` },
  { what: 'version', change: `UPDATE object SET version = version + 1 WHERE id = $1` },
  {
    what: 'version',
    change: `DELETE FROM event_link WHERE object = $1 AND applied = (SELECT max(applied) FROM event_link WHERE object = $1)`,
  },
  { what: 'state', change: `UPDATE object SET state = replace(state, '119.00', '911.00') WHERE id = $1` },
  { what: 'list row', change: `UPDATE list_row SET state = 'received' WHERE object = $1` },
  { what: 'list row', change: `DELETE FROM list_row WHERE object = $1` },
  { what: 'ledger entries', change: `UPDATE ledger_entry SET amount = amount + 1 WHERE object = $1` },
  { what: 'ledger entries', change: `DELETE FROM ledger_entry WHERE object = $1` },
  { what: 'no object', change: `DELETE FROM object WHERE id = $1` },
]
/** Rows of things that never were: a copy of another one's, under an id of its own. */
const PLANTED: readonly { readonly what: Difference; readonly object: string; readonly table: string; readonly column: string }[] = [
  { what: 'no events', object: 'inv_0', table: 'object', column: 'id' },
  { what: 'no object', object: 'inv_1', table: 'list_row', column: 'object' },
  { what: 'no object', object: 'zzz_1', table: 'ledger_entry', column: 'object' },
]

let untouched: readonly string[] = []
test('what a superuser changed beside the log is named, each thing once, and the command ends with 1', async () => {
  expect(await rebuildCommand()).toMatchObject({
    status: 0,
    err: '',
    out: expect.stringContaining('FOLLOWS      what is shown is what the log comes to'),
  })
  const ids = (await invoices()).map(({ object }) => object)
  untouched = ids.slice(CHANGES.length, -1)
  await database.admin(async (client) => {
    await client.query('SET session_replication_role = replica')
    for (const [nth, { change }] of CHANGES.entries()) expect((await client.query(change, [ids[nth]])).rowCount, change).toBeGreaterThan(0)
    for (const { object, table, column } of PLANTED)
      await client.query(
        `INSERT INTO ${table} SELECT (jsonb_populate_record(x, jsonb_build_object($1::text, $2::text))).* FROM ${table} x WHERE ${column} = $3`,
        [column, object, ids.at(-1)],
      )
  })
  const found = [...CHANGES.map(({ what }, nth) => ({ object: ids[nth]!, what })), ...PLANTED.map(({ object, what }) => ({ object, what }))]
  const said = await rebuildCommand('--json')
  expect(said.status).toBe(1)
  const { differences, ...sums } = JSON.parse(said.out) as Rebuilt
  expect(sums).toMatchObject({ tenant: TENANT, erased: 0, found: found.length })
  expect(differences.toSorted(byObject)).toEqual(found.toSorted(byObject))
  const told = await rebuildCommand()
  expect(told.out.match(/^FOUND /gmu)).toHaveLength(found.length)
  expect(told.out).toContain(`DOES NOT FOLLOW ${found.length} found`)
  expect(await command(['rebuild'], { TIEOUT_DATABASE_URL: '' })).toMatchObject({
    status: 2,
    err: expect.stringMatching(/^NOT COMPARED Nothing is running/u),
  })
})

test('of what was erased nothing is said, and how many things that are', async () => {
  const before = await rebuild(database.pool, TENANT, law)
  await database.admin(async (client) => {
    await client.query('SET session_replication_role = replica')
    // One that came when its invoice was known, and is of nothing else.
    const { rows } = await client.query<{ id: string }>(
      `UPDATE event SET body = NULL, salt = NULL WHERE "index" = (SELECT min("index") FROM event WHERE objects[1] = ANY($1) AND cardinality(objects) = 1)
       RETURNING objects[1] AS id`,
      [untouched],
    )
    expect(await client.query(`UPDATE list_row SET state = 'received' WHERE object = $1`, [rows[0]!.id])).toMatchObject({ rowCount: 1 })
  })
  expect(await rebuild(database.pool, TENANT, law)).toEqual({ ...before, erased: 1 })
  expect((await rebuildCommand()).out).toContain('erased       1 of these objects could not be compared')
})
