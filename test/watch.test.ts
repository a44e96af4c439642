/** Watching over a real database and real HTTP: what a system says comes in once, in order, and nothing that cannot be read stops it. */
import { setTimeout as later } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { modelConnector } from '../src/connector/kit/model-connector.ts'
import { ModelTarget } from '../src/connector/kit/model-target.ts'
import type { Connector } from '../src/connector/contract.ts'
import { inTenant } from '../src/store/database.ts'
import { startWatch, type Watch, type WatchOptions } from '../src/watch/watch.ts'
import { deliveringHub, type Hub, invoice, TENANT, until } from './delivery-world.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let database: HubDatabase
let erp: ModelTarget
let hub: Hub
const watches: Watch[] = []
beforeEach(async () => {
  database = await hubDatabase()
  erp = await ModelTarget.start({ knows: 'none' })
  hub = await deliveringHub(database.url(), [])
})
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.stop()
  await hub.stop()
  await erp.stop()
  await database.drop()
})

const connector = (): Connector => modelConnector({ url: erp.url, class: 'K4' }, 'erp')
function watch(of: Connector = connector(), more: Partial<WatchOptions> = {}): Watch {
  const started = startWatch({
    pool: database.pool,
    systems: [{ tenant: TENANT, connector: of }],
    submit: (arrivals) => hub.intake.submit(arrivals),
    secret: () => undefined,
    ...more,
  })
  watches.push(started)
  return started
}
const query = <T>(text: string): Promise<T[]> => inTenant(database.pool, TENANT, async (client) => (await client.query(text)).rows as T[])
const told = async (type: string): Promise<string[]> =>
  (await query<{ id: string }>(`SELECT id FROM event WHERE type = '${type}' ORDER BY index`)).map((row) => row.id)
const cursor = async (): Promise<string | null> => (await query<{ position: string }>('SELECT position FROM cursor'))[0]?.position ?? null
function happens(from: number, count: number): void {
  for (let n = from; n < from + count; n++) erp.change({ id: `H-${n}` })
}

test('page after page, each change once; the cursor stands behind the last, and the system was heard', async () => {
  happens(0, 37)
  const running = watch()
  await until('all are told', async () => (await told('status.reported')).length === 37)
  await until('the cursor stands behind them', async () => (await cursor()) === '37')
  happens(37, 5)
  running.hint()
  await until('the new ones too', async () => (await told('status.reported')).length === 42)
  expect((await query<{ heard_at: string | null }>('SELECT heard_at FROM system'))[0]?.heard_at).not.toBeNull()
  // It counts what it read once that was taken in.
  await expect.poll(() => running.stats()).toMatchObject([{ feed: 'changes', facts: 42, unreadable: 0, trouble: undefined }])
})

test('a process that dies between facts and cursor loses and doubles nothing', async () => {
  happens(0, 25)
  let pages = 0
  const dying = watch(connector(), {
    submit: async (arrivals) => {
      const receipts = await hub.intake.submit(arrivals)
      // The facts are durable; from here on nothing of this process comes through any more.
      if (++pages === 2) throw new Error('gone')
      return receipts
    },
  })
  await until('it died', () => pages >= 2)
  await dying.stop()
  expect(await cursor()).toBe('10')
  watch()
  await until('all are told', async () => (await told('status.reported')).length === 25)
  await until('the cursor stands behind them', async () => (await cursor()) === '25')
  expect((await told('status.reported')).length).toBe(25)
})

test('pages are read while the facts of those before are on their way; the cursor waits for them', async () => {
  happens(0, 25)
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  let handed = 0
  watch(connector(), {
    submit: async (arrivals) => {
      handed++
      await gate
      return hub.intake.submit(arrivals)
    },
  })
  await until('three pages are handed to the door', () => handed === 3)
  expect(await cursor()).toBeNull()
  open()
  await until('the cursor stands behind them', async () => (await cursor()) === '25')
  expect((await told('status.reported')).length).toBe(25)
})

test('what is no event is kept for a person, and the feed goes on behind it', async () => {
  const good = connector()
  const spoiled: Connector = {
    ...good,
    feeds: good.feeds.map((feed) => ({
      ...feed,
      readPage(reply, at, document) {
        const page = feed.readPage(reply, at, document)
        return 'trouble' in page
          ? page
          : {
              ...page,
              unreadable:
                page.observations.length > 0 && at === null
                  ? [{ bytes: new TextEncoder().encode('<what?>'), mediaType: 'text/plain', reference: 'row 0', says: 'nobody knows this' }]
                  : [],
              observations: page.observations.map((one, n) =>
                n === 3 ? { ...one, data: { ...one.data, word: 'half a \ud800 character' } } : one,
              ),
            }
      },
    })),
  }
  happens(0, 15)
  const running = watch(spoiled)
  await until('the cursor stands behind them', async () => (await cursor()) === '15')
  expect((await told('status.reported')).length).toBe(13)
  await expect.poll(() => running.stats()[0]).toMatchObject({ facts: 15, unreadable: 3, trouble: undefined })
  const roles = await query<{ told: string }>(
    `SELECT convert_from(body, 'UTF8')::jsonb -> 'data' ->> 'told' AS told FROM event WHERE type = 'document.received'`,
  )
  expect(roles.map((row) => row.told)).toEqual(Array<string>(3).fill(spoiled.role))
  expect((await query<{ n: number }>('SELECT count(*)::int AS n FROM document'))[0]?.n).toBe(3)
})

test('a feed that is not understood stays where it is and is asked again, ever more slowly', async () => {
  happens(0, 5)
  erp.reading = { reply: 'html' }
  const running = watch()
  await until('it has trouble', () => running.stats()[0]?.trouble === 'no page came')
  expect(await cursor()).toBeNull()
  erp.reading = {}
  await until('all are told', async () => (await told('status.reported')).length === 5)
  await until('the trouble is over', () => running.stats()[0]?.trouble === undefined)
})

test('a sweep reads everything again and makes no event of what is known', async () => {
  happens(0, 12)
  const running = watch()
  await until('all are told', async () => (await told('status.reported')).length === 12)
  expect((await running.sweep(TENANT, 'erp', true)?.over)?.feeds).toEqual([
    { pages: 2, facts: 12, unreadable: 0, retold: 0, through: true },
  ])
  expect((await told('status.reported')).length).toBe(12)
  expect(await cursor()).toBe('12')
})

test('evidence that a feed brings ends what a person was asked about', async () => {
  erp.usual = { reply: 'lost' }
  const delivering = await deliveringHub(database.url(), [{ system: 'erp', url: erp.url, class: 'K4' }])
  try {
    await delivering.intake.submit([invoice(1, 'erp')])
    await until('it is held', async () => (await query<{ state: string }>('SELECT state FROM effect'))[0]?.state === 'held')
    watch()
    await until('it is done', async () => (await query<{ state: string }>('SELECT state FROM effect'))[0]?.state === 'done')
    expect(erp.booked.length).toBe(1)
  } finally {
    await delivering.stop()
  }
})

test('a feed and a sweep wait for a place before each call, and their calls have their time from then on', async () => {
  let places = 0
  let taken = 0
  const place = async (): Promise<() => void> => {
    expect(taken++).toBe(0)
    places++
    // Longer than a call may take.
    await later(450)
    return () => {
      taken--
    }
  }
  happens(0, 25)
  const of = connector()
  const feeds = of.feeds.map((feed) => ({ ...feed, timeoutMs: 400, everyMs: 3_600_000 }))
  const running = watch({ ...of, feeds }, { place })
  await until('the feed is read', () => running.stats()[0]!.rounds === 1)
  expect([running.stats()[0]!.facts, places]).toEqual([25, 3])
  const swept = await running.sweep(TENANT, 'erp', true)!.over
  expect(swept.trouble).toBeUndefined()
  expect(swept.feeds.map(({ pages }) => pages)).toEqual([3])
  expect(places).toBe(6)
})

test('a sweep and a feed for which there is no place end, say why, and ask nothing', async () => {
  const running = watch(connector(), { place: async () => ({ says: 'it is paused by a person' }) })
  expect((await running.sweep(TENANT, 'erp', true)!.over).trouble).toBe('it is paused by a person')
  await until('the feed says so', () => running.stats()[0]!.trouble === 'it is paused by a person')
  expect(erp.calls).toEqual([])
})
