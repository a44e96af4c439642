import type { PoolClient } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { startWaker } from '../src/intake/waker.ts'
import { boundNames } from '../src/store/alias.ts'
import { inTenant, openPool, type ClientBase, type Pool } from '../src/store/database.ts'
import { eventsFrom, eventsOf, readHead } from '../src/store/event.ts'
import { readObjects } from '../src/store/object.ts'
import { rebuild } from '../src/store/rebuild.ts'
import { TEST_LAW } from '../src/store/test-law.ts'
import { fact, invoice, posting } from './arrivals.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

/** As many hub processes as there are pools: nothing is shared but the database. */
const HUBS = 4
let database: HubDatabase
let pools: Pool[]
let hubs: Intake[]
const bugs: unknown[] = []
const settings = { law: TEST_LAW, cfg: 'c'.repeat(64), config: 1, clock: Date.now }

beforeAll(async () => {
  database = await hubDatabase()
  pools = Array.from({ length: HUBS }, () => openPool(database.url(), { max: 3 }))
  hubs = pools.map((pool) => openIntake({ pool, settings, onBug: (error) => bugs.push(error) }))
})
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.close()))
  await Promise.all(pools.map((pool) => pool.end()))
  await database.drop()
})
afterEach(async () => {
  expect(bugs).toEqual([])
  const { rows } = await database.admin((client) =>
    client.query(`
    SELECT (SELECT next_index FROM tenant_head WHERE tenant = 'acme') AS head, count(*) AS events, count(DISTINCT "index") AS indexes, coalesce(min("index"), 0) AS first, count(DISTINCT id) AS ids
    FROM event WHERE tenant = 'acme'`),
  )
  const [row] = rows as { head: number; events: number; indexes: number; first: number; ids: number }[]
  expect(row, 'indexes without a gap, every event once').toEqual({
    head: row!.events,
    events: row!.events,
    indexes: row!.events,
    first: 0,
    ids: row!.events,
  })
  expect((await rebuild(database.pool, 'acme', TEST_LAW)).differences).toEqual([])
})

const read = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => inTenant(database.pool, 'acme', work)
const objectOf = async (name: string): Promise<string | undefined> => (await read((client) => boundNames(client, 'acme', [name]))).get(name)

test('four hubs that bring the same and different events of the same objects: each event once, indexes without a gap, order of index is order of commit', async () => {
  const rounds = 25
  let seen = -1
  let reading = true
  // A reader that follows the log: having seen an index it must never see a new one below it.
  const reader = (async () => {
    while (reading) {
      const events = await inTenant(database.pool, 'acme', (client) => eventsFrom(client, 'acme', seen + 1, 10_000))
      for (const event of events) {
        expect(event.index).toBe(seen + 1)
        seen = event.index
      }
    }
  })()
  const receipts = (
    await Promise.all(
      hubs.map(async (hub, mine) => {
        const all = []
        for (let round = 0; round < rounds; round++) {
          const arrivals = Array.from({ length: 12 }, (_, at) => invoice(`shared ${round} ${at}`))
          const own = Array.from({ length: 6 }, (_, at) =>
            fact('document.attached', `own ${mine} ${round} ${at}`, { about: [{ names: [`capture|invoice|shared ${round} ${at}`] }] }),
          )
          const order = mine % 2 === 0 ? [...arrivals, ...own] : [...own, ...arrivals.toReversed()]
          all.push(...(await hub.submit(order)))
        }
        return all
      }),
    )
  ).flat()
  reading = false
  await reader
  const fresh = receipts.filter((receipt) => receipt.outcome === 'new' || receipt.outcome === 'parked').map((receipt) => receipt.eventId)
  expect(new Set(fresh).size).toBe(fresh.length)
  expect(fresh).toHaveLength(rounds * (12 + 6 * HUBS))
  expect(receipts.filter((receipt) => receipt.outcome === 'refused')).toEqual([])
  const left = await database.admin((client) => client.query('SELECT count(*)::int AS n FROM unbound'))
  expect(left.rows).toEqual([{ n: 0 }])
})

test('of several that claim a name, in every order, exactly one has it and the others are about it or left without', async () => {
  for (let round = 0; round < 40; round++) {
    const claims = hubs.map((_, at) =>
      invoice(
        `claim ${round} ${at}`,
        {},
        { about: [{ names: [`a|x|claim ${round} ${at}`], create: 'invoice', offers: [`o|x|claim ${round}`] }] },
      ),
    )
    const same = hubs.map((_, at) => invoice(`same ${round} ${at}`, {}, { about: [{ names: [`s|x|same ${round}`], create: 'invoice' }] }))
    await Promise.all(hubs.map((hub, at) => hub.submit([claims[(at + round) % HUBS]!, same[at]!])))
    const owners = await Promise.all(claims.map((_, at) => objectOf(`a|x|claim ${round} ${at}`)))
    const winner = await objectOf(`o|x|claim ${round}`)
    expect(new Set(owners).size).toBe(HUBS)
    expect(owners.filter((owner) => owner === winner)).toHaveLength(1)
    const history = await read(async (client) =>
      eventsOf(client, 'acme', (await boundNames(client, 'acme', [`s|x|same ${round}`])).get(`s|x|same ${round}`)!, null, 100),
    )
    expect(history.filter((event) => event.type === 'invoice.received')).toHaveLength(HUBS)
  }
})

test('a fact and what binds its name, brought at the same moment by two hubs, always find each other', async () => {
  for (let round = 0; round < 60; round++) {
    await Promise.all([hubs[round % 2]!.submit([posting(`meet ${round}`)]), hubs[1 - (round % 2)]!.submit([invoice(`meet ${round}`)])])
    const id = await objectOf(`capture|invoice|meet ${round}`)
    const types = (await read((client) => eventsOf(client, 'acme', id!, null, 100))).map((event) => event.type)
    expect(
      types.filter((type) => type === 'posting.confirmed'),
      `round ${round}`,
    ).toHaveLength(1)
  }
})

test('news that comes while somebody begins to wait for it is never lost', async () => {
  const count = 60
  for (let round = 0; round < count; round++) {
    const supplier = `erp|supplier|news ${round}`
    const active = fact('supplier.activated', `news active ${round}`, {
      source: { system: 'erp', role: 'erp' },
      about: [{ names: [supplier], create: 'supplier' }],
    })
    if (round % 3 === 0)
      await hubs[0]!.submit([
        fact('order.issued', `news there ${round}`, {
          source: { system: 'erp', role: 'erp' },
          about: [{ names: [supplier], create: 'supplier' }],
        }),
      ])
    await Promise.all([hubs[1]!.submit([active]), hubs[2]!.submit([invoice(`news ${round}`, { supplier })])])
  }
  const waker = startWaker({
    pool: database.pool,
    nudge: (tenant, objects) => hubs[0]!.nudge(tenant, objects),
    clock: Date.now,
    everyMs: 3_600_000,
  })
  await waker.stop()
  await waker.round()
  const ids = await read((client) =>
    boundNames(
      client,
      'acme',
      Array.from({ length: count }, (_, round) => `capture|invoice|news ${round}`),
    ),
  )
  const objects = await read((client) => readObjects(client, 'acme', ids.values(), false))
  expect([...objects.values()].filter((object) => object.state['validated'] === null)).toEqual([])
  expect(objects.size).toBe(count)
})

/** A pool whose connections meet a fate at their first COMMITs. */
function faultyPool(fates: () => 'kept' | 'lost' | 'unsent' | undefined): Pool {
  const pool = openPool(database.url(), { max: 2 })
  const connect = pool.connect.bind(pool)
  pool.connect = (async () => {
    const client = await connect()
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
    client.query = (async (...args: unknown[]) => {
      const fate = args[0] === 'COMMIT' ? fates() : undefined
      if (fate === undefined) return query(...args)
      const gone = Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
      if (fate === 'kept') await query(...args)
      else if (fate === 'lost') await killBackend(client)
      ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
      throw gone
    }) as PoolClient['query']
    return client
  }) as typeof pool.connect
  return pool
}

async function killBackend(client: PoolClient): Promise<void> {
  const { processID } = client as unknown as { processID: number }
  await database.admin(async (admin) => {
    await admin.query('SELECT pg_terminate_backend($1)', [processID])
    while ((await admin.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [processID])).rowCount !== 0)
      await admin.query('SELECT pg_sleep(0.01)')
  })
}

test.each(['kept', 'lost', 'unsent'] as const)(
  'a COMMIT without an answer (%s by the server): the same batch runs again, and each event is there once',
  async (fate) => {
    let left = 3
    const pool = faultyPool(() => (left-- > 0 ? fate : undefined))
    const hub = openIntake({ pool, settings, onBug: (error) => bugs.push(error) })
    const arrivals = Array.from({ length: 10 }, (_, at) => invoice(`${fate} ${at}`))
    const before = (await read((client) => readHead(client, 'acme')))!.nextIndex
    const receipts = await hub.submit(arrivals)
    expect(left).toBeLessThan(3)
    expect(receipts.every((receipt) => receipt.outcome === (fate === 'kept' ? 'repeat' : 'new'))).toBe(true)
    expect((await read((client) => readHead(client, 'acme')))!.nextIndex).toBe(before + 30)
    await hub.close()
    await pool.end()
  },
)

test('a database that stays away: nothing is confirmed, and the same arrivals are taken afterwards', async () => {
  let away = true
  const pool = faultyPool(() => (away ? 'unsent' : undefined))
  const hub = openIntake({ pool, settings, onBug: (error) => bugs.push(error) })
  await expect(hub.submit([invoice('away')])).rejects.toMatchObject({ code: 'database-away', disposition: 'retry' })
  away = false
  expect(await hub.submit([invoice('away')])).toMatchObject([{ outcome: 'new' }])
  await hub.close()
  await pool.end()
})

test('the next partition is there before it is needed', async () => {
  await database.admin((client) =>
    client.query(`INSERT INTO tenant VALUES ('long'); INSERT INTO tenant_head (tenant, next_index) VALUES ('long', 9999995)`),
  )
  await hubs[0]!.submit(Array.from({ length: 5 }, (_, at) => invoice(`long ${at}`, {}, { tenant: 'long' })))
  await hubs[1]!.submit([invoice('long 5', {}, { tenant: 'long' })])
  const { rows } = await database.admin((client) =>
    client.query(`SELECT tableoid::regclass::text AS part, count(*)::int AS n FROM event WHERE tenant = 'long' GROUP BY 1 ORDER BY 1`),
  )
  expect(rows).toEqual([
    { part: 'event_p0', n: 5 },
    { part: 'event_p1', n: 13 },
  ])
  // The hub may not touch a partition by its name, the new one included; and the tenant's rule holds there.
  await expect(read((client) => client.query('SELECT * FROM event_p1'))).rejects.toMatchObject({ code: '42501' })
})
