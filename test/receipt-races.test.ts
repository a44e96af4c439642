/** Invoices that compete for goods, brought by several hubs at once: the store's locks under the law itself. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InvoiceState } from '../src/domain/invoice-state.ts'
import { lawOf } from '../src/domain/law.ts'
import { orderName } from '../src/domain/names.ts'
import type { Arrival, Ref } from '../src/domain/object.ts'
import { receivedOf, takenOf, type OrderState } from '../src/domain/order.ts'
import { openIntake, type Intake } from '../src/intake/batcher.ts'
import { boundNames } from '../src/store/alias.ts'
import { inTenant, openPool, type Pool } from '../src/store/database.ts'
import { listObjects } from '../src/store/list-row.ts'
import { readObjects } from '../src/store/object.ts'
import { rebuild } from '../src/store/rebuild.ts'
import { ENTITY, received, TENANT } from './facts.ts'
import { goodsData, goodsInvoice, goodsOrder, receipt, receiptReversed, WITH_PROCUREMENT } from './goods.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'
import { sha256 } from './world.ts'
import { untilNothingStirs } from './stirred.ts'

const HUBS = 4
const ORDERS = 6
const NOW = (): number => Date.parse('2026-01-15T12:00:00.000Z')
const law = lawOf(WITH_PROCUREMENT, sha256)

let database: HubDatabase
let pools: Pool[]
let hubs: Intake[]
const bugs: unknown[] = []
beforeAll(async () => {
  database = await hubDatabase([TENANT])
  pools = Array.from({ length: HUBS }, () => openPool(database.url(), { max: 3 }))
  hubs = pools.map((pool) =>
    openIntake({ pool, settings: { law, cfg: 'c'.repeat(64), config: 1, clock: NOW }, onBug: (error) => bugs.push(error) }),
  )
})
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.close()))
  await Promise.all(pools.map((pool) => pool.end()))
  await database.drop()
})

const nameOf = (n: number): string => orderName(ENTITY.names[0]!, `PO-${n}`)
/** The fact as it would be of order `PO-n`. */
function ofOrder(n: number, arrival: Arrival): Arrival {
  const moved = (ref: Ref): Ref => (ref.names.some((name) => name.includes('|order|')) ? { ...ref, names: [nameOf(n)] } : ref)
  return { ...arrival, eventId: `${arrival.eventId} of ${n}`, about: arrival.about.map(moved) }
}

test('of five invoices over 6 pieces each, as many match as pieces came in, whoever brings what when; receipts later let in the next', async () => {
  await hubs[0]!.submit(
    Array.from({ length: ORDERS }, (_, n) =>
      goodsData(goodsOrder({ number: `PO-${n}` }, { quantity: '30' })).map((arrival) => ofOrder(n, arrival)),
    ).flat(),
  )
  const invoices = Array.from({ length: ORDERS }, (_, n) =>
    [1, 2, 3, 4, 5].map((m): Arrival => {
      const document = { ...goodsInvoice(`R-${n}-${m}`, 6), orderReference: `PO-${n}` }
      return received(document, `invoice ${n} ${m}`, '2026-01-11T08:00:00.000Z', Buffer.from(sha256(`${n} ${m}`)).toString('hex'))
    }),
  ).flat()
  const goods = Array.from({ length: ORDERS }, (_, n) =>
    [
      receipt('W1', '7', '2026-01-12T08:00:00.000Z'),
      receipt('W2', '9', '2026-01-12T09:00:00.000Z'),
      receiptReversed('W2', '2026-01-12T10:00:00.000Z'),
      receipt('W3', '6', '2026-01-12T11:00:00.000Z'),
    ].map((arrival) => ofOrder(n, arrival)),
  ).flat()
  // A reversal that is heard after its receipt was matched un-matches nothing: here it is heard before.
  await hubs[1]!.submit(goods.filter(({ type }) => type === 'receipt.reversed'))
  const all = [...invoices, ...goods.filter(({ type }) => type !== 'receipt.reversed')]
  await Promise.all(
    hubs.map(async (hub, mine) => {
      for (let at = mine; at < all.length; at += HUBS) await hub.submit([all[at]!])
    }),
  )
  await untilNothingStirs(database, hubs[0]!, NOW)
  expect(bugs).toEqual([])
  expect(await matchedPerOrder()).toEqual(Array.from({ length: ORDERS }, () => ({ matched: 2, taken: 12, came: 13 })))
  // 5 more: 18 of 18 pieces, three invoices; all hubs bring the same receipt.
  await Promise.all(
    hubs.map((hub) => hub.submit(Array.from({ length: ORDERS }, (_, n) => ofOrder(n, receipt('W4', '5', '2026-01-13T08:00:00.000Z'))))),
  )
  await untilNothingStirs(database, hubs[0]!, NOW)
  expect(await matchedPerOrder()).toEqual(Array.from({ length: ORDERS }, () => ({ matched: 3, taken: 18, came: 18 })))
  expect((await rebuild(database.pool, TENANT, law)).differences).toEqual([])
}, 120_000)

async function matchedPerOrder(): Promise<{ matched: number; taken: number; came: number }[]> {
  return inTenant(database.pool, TENANT, async (client) => {
    const listed = await listObjects(client, TENANT, { kind: 'invoice', limit: 1_000 }, 'newest', null)
    const found = [
      ...(
        await readObjects(
          client,
          TENANT,
          listed.rows.map(({ object }) => object),
          false,
        )
      ).values(),
    ].map((record) => record.state as unknown as InvoiceState)
    expect(found).toHaveLength(ORDERS * 5)
    const bound = await boundNames(
      client,
      TENANT,
      Array.from({ length: ORDERS }, (_, n) => nameOf(n)),
    )
    const records = await readObjects(client, TENANT, bound.values(), false)
    return Array.from({ length: ORDERS }, (_, n) => {
      const order = records.get(bound.get(nameOf(n))!)!.state as unknown as OrderState
      const taken = takenOf(order, '1', []).reduce((sum, { quantity }) => sum + Number(quantity), 0)
      const matched = found.filter((state) => state.content?.value.orders[0] === `PO-${n}` && state.headline === 'matched').length
      return { matched, taken, came: Number(receivedOf(order, 'procurement', '1')) }
    })
  })
}
