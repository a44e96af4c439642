/** What a fault counts as met, and which bills it names, on stand-ins for hubs, clients and targets. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Dice } from '../dice.ts'
import type { Sent } from '../history.ts'
import { HttpLink } from '../links/http-link.ts'
import { estranged } from '../world/company.ts'
import type { World } from '../world/world.ts'
import type { Stage } from './case.ts'
import { halt } from './database.ts'
import { signerDiesAt } from './hubs.ts'
import { postsLate } from './links.ts'
import { decidedOf, flood } from './people.ts'

const stage = (world: object, rest: Partial<Stage> = {}): Stage => ({
  world: world as World,
  dice: new Dice(1, 'met'),
  bills: [],
  lastsMs: 0,
  excuse: () => {},
  ...rest,
})
const answered = (status: number | null): Promise<Sent> => Promise.resolve({ status } as Sent)

test('only a hub that took or refused the thing itself was met: not one that had no time, no database or no answer', async () => {
  const statuses = [201, 422, 401, 409, 408, 429, 500, 503, null]
  const { end } = decidedOf(statuses.map(answered))
  expect(await end()).toBe(4)
})

test.each([
  ['died, and its hub started another one', [7], [8], 1],
  ['died, and nobody stands in its place yet', [7], [], 0],
  ['went with its hub', [7], [], 0],
  ['lives', [7], [7], 0],
  ['had not been there', [], [8], 0],
])('a signer that %s', async (_what, before, after, met) => {
  let children = before
  const hub = { start: async () => true, kill: async () => {}, process: { children: () => children } }
  const ongoing = await signerDiesAt('signer-persist-before')(stage({ hubs: [hub] }))
  children = after
  expect([ongoing.met?.(), await ongoing.end()]).toEqual([met, met])
})

test.each([
  ['backends', [7, 8], 0],
  ['postmaster', [5], 1],
] as const)('%s that stand still meet what a hub says meanwhile, and go on', async (whom, pids, cut) => {
  const did: unknown[] = []
  const link = { asked: 40, cut: () => did.push('cut') }
  const server = {
    postmaster: 5,
    admin: async () => ({ rows: [{ pid: 7 }, { pid: 8 }] }),
    halt: (all: readonly number[]) => did.push(['halt', ...all]),
    goOn: (all: readonly number[]) => did.push(['go on', ...all]),
  }
  const { met, end } = await halt(whom)(stage({ server, database: '', hubs: [{ link }] }))
  expect([met?.(), did]).toEqual([0, [['halt', ...pids], ...Array.from({ length: cut }, () => 'cut')]])
  link.asked += 2
  expect([met?.(), await end(), did.at(-1)]).toEqual([2, 2, ['go on', ...pids]])
})

test('a posting that lands late names its bill, and no call after it does', async () => {
  const upstream = createServer((request, reply) => void request.resume().on('end', () => reply.writeHead(201).end('{}'))).listen(0)
  await new Promise((done) => upstream.once('listening', done))
  const erp = await HttpLink.open(
    'erp',
    () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    () => {},
  )
  try {
    const excused: string[] = []
    const ongoing = await postsLate(1)(stage({ company: { links: { erp } } }, { excuse: (billNo) => excused.push(billNo) }))
    const post = (path: string, vendorDocNo: string): Promise<unknown> =>
      fetch(`${erp.url}${path}`, { method: 'POST', body: JSON.stringify({ vendorDocNo }) }).catch(() => undefined)
    await post('/clearings', 'A-1')
    await post('/documents', 'A-2')
    await post('/documents', 'A-3')
    await erp.settled()
    expect([await ongoing.end(), excused]).toEqual([1, ['A-2']])
  } finally {
    await erp.close()
    upstream.closeAllConnections()
    upstream.close()
  }
})

test('twenty times as much are twenty other bills for each, and each names itself', async () => {
  const excused: string[] = []
  const asked: number[] = []
  const strangers = (_like: unknown, count: number): readonly object[] => {
    asked.push(count)
    return Array.from({ length: 2 }, (_, nth) => ({ billNo: `X-${nth}`, file: `X-${nth}.xml` }))
  }
  const history = { add: () => {} }
  const hub = { name: 'hub-a', door: { url: 'http://127.0.0.1:1' } }
  const world = { hubs: [hub, hub], history, company: { strangers, bytes: () => Buffer.from('') } }
  const bills = [{}, {}, {}] as unknown as Stage['bills']
  const { end } = await flood(stage(world, { bills, excuse: (billNo) => excused.push(billNo) }))
  expect([await end(), asked, excused]).toEqual([0, [60], ['X-0', 'X-1']])
})

test('a strange bill has another number and a supplier that nobody knows, and is for the same company', () => {
  const party = (vat: string, name: string): string =>
    `<cbc:CompanyID>${vat}</cbc:CompanyID><cbc:RegistrationName>${name}</cbc:RegistrationName>`
  const bill = (number: string, supplier: string): string =>
    `<cbc:ID>${number}</cbc:ID><cac:AccountingSupplierParty>${supplier}</cac:AccountingSupplierParty><cac:AccountingCustomerParty>${party('SE2', 'Us')}</cac:AccountingCustomerParty><cbc:PaymentID>${number}</cbc:PaymentID>`
  expect(estranged(bill('A-1', party('SE1', 'Them')), 'A-1', 'X-0')).toBe(bill('X-0', party('XX000000000', 'Nobody We Know')))
})
