/**
 * One invoice from arrival to paid: the law in memory, the three connectors, and the three simulated systems as processes
 * with their people at work. What the connectors say has to meet in the same objects, and each fact has to be the same fact
 * however often and in whichever way it is read.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { hexOf } from '../src/lib/hash.ts'
import { canonicalJson, type Json } from '../src/lib/canonical-json.ts'
import type { Connector, ConnectorKind, Observation } from '../src/connector/contract.ts'
import { ap } from '../src/connectors/ap/connector.ts'
import { bank } from '../src/connectors/bank/connector.ts'
import { erp } from '../src/connectors/erp/connector.ts'
import { axesOf } from '../src/domain/axes.ts'
import { partsKey } from '../src/domain/decide.ts'
import type { InvoiceState } from '../src/domain/invoice-state.ts'
import type { EntryState } from '../src/domain/statement.ts'
import { lawOf } from '../src/domain/law.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import type { Arrival, WantedEffect } from '../src/domain/object.ts'
import { Workshop, type System } from '../sandbox/testing.ts'
import { drive, type Drive } from './drive.ts'
import { invoiceDocument, received } from './facts.ts'
import { sha256, World } from './world.ts'

const SECRET = `whsec_${Buffer.from('a secret for tests only, 32 bytes').toString('base64')}`
const SECRETS: Record<string, string> = { HOOK: SECRET }
const HOUSE = 'DE02120300000000202051'
const PAYEE = 'FR7630006000011234567890189'

const shop = new Workshop()
const ends: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const end of ends) await end()
  await shop.clear()
})

function opened<C>(kind: ConnectorKind<C>, config: Json, system: string): Connector {
  const read = kind.readConfig(config)
  if ('problems' in read) throw new Error(read.problems.join())
  return kind.open(read.config, system, { sha256 })
}

const months = (): {
  companyCode: string
  fiscalYear: number
  periodNo: number
  from: string
  to: string
  gate: string
}[] =>
  [-1, 0, 1].map((step) => {
    const now = new Date()
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + step, 1))
    const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + step + 1, 0))
    return {
      companyCode: '1000',
      fiscalYear: first.getUTCFullYear(),
      periodNo: first.getUTCMonth() + 1,
      from: first.toISOString().slice(0, 10),
      to: last.toISOString().slice(0, 10),
      gate: 'OPEN',
    }
  })

async function company(): Promise<{
  connectors: Connector[]
  systems: Record<'erp' | 'ap' | 'bank', System>
  pushed: { raw: Uint8Array; headers: Record<string, string> }[]
}> {
  const pushed: { raw: Uint8Array; headers: Record<string, string> }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        pushed.push({ raw: new Uint8Array(Buffer.concat(chunks)), headers: request.headers as Record<string, string> })
        response.writeHead(204).end()
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const [put, read] = [await shop.folder(), await shop.folder()]
  const systems = {
    erp: await shop.start('erp', ['--data', await shop.folder(), '--autopilot', '150', '--search-delay', '300']),
    ap: await shop.start('ap', ['--data', await shop.folder(), '--autopilot', '0', '--webhook', hook], {
      SANDBOX_AP_WEBHOOK_SECRET: SECRET,
    }),
    bank: await shop.start('bank', ['--data', await shop.folder(), '--in', put, '--out', read, '--poll', '20', '--statement-every', '100']),
  }
  const limit = [{ companyCode: '*', waers: 'EUR', upTo: '5000.00' }]
  for (const [system, body] of [
    [
      systems.erp,
      {
        companyCodes: [
          {
            companyCode: '1000',
            name: 'Us AG',
            vatReg: 'DE 999',
            country: 'DE',
            waers: 'EUR',
            houseAccounts: [{ waers: 'EUR', iban: HOUSE, bic: 'BYLADEM1001' }],
          },
        ],
        taxKeys: [{ taxKey: 'S-19', companyCode: '*', category: 'S', pct: '19', text: 'input tax' }],
        vendors: [
          { vendorNo: 'K-1', name: 'Acme GmbH', vatReg: 'DE111', country: 'DE', payIban: PAYEE, standing: 'ACTIVE', by: 'm.keller' },
        ],
        purchaseOrders: [
          {
            companyCode: '1000',
            poNo: 'PO-1',
            vendorNo: 'K-1',
            waers: 'EUR',
            standing: 'RELEASED',
            by: 'p.orlow',
            items: [{ poItem: '1', text: 'Widget', qty: '20', uom: 'C62', price: '10.00', taxKey: 'S-19' }],
          },
        ],
        postingPeriods: months(),
        users: [
          ...['t.meyer', 'u.katz'].map((userId) => ({ userId, name: userId, roles: ['TREASURY'] })),
          { userId: 'l.roth', name: 'Lena Roth', roles: ['APPROVER'], limits: limit },
        ],
      },
    ],
    [
      systems.ap,
      {
        legalUnits: [{ legalUnit: '1000', name: 'Us AG', vatReg: 'DE 999' }],
        signRules: [{ ccy: '*', upTo: null, steps: ['TEAM_LEAD'] }],
        glAccounts: [{ glAccount: '476000', text: 'Services' }],
        kostls: ['CC-10'],
        people: [
          { handle: 'c.lind', fullName: 'Carla Lind', duties: ['CODER'], ceilings: [] },
          { handle: 'l.roth', fullName: 'Lena Roth', duties: ['TEAM_LEAD'], ceilings: [{ ccy: '*', upTo: '5000.00' }] },
        ],
      },
    ],
    [systems.bank, { accounts: [{ iban: HOUSE, ccy: 'EUR', holder: 'Us AG', opening: '10000.00' }] }],
  ] as const)
    expect(await system.call('PUT', '/setup', body)).toMatchObject({ status: 200 })
  return {
    systems,
    pushed,
    connectors: [
      opened(erp, { url: systems.erp.url }, 'erp'),
      opened(ap, { url: systems.ap.url, noticeSecrets: ['HOOK'] }, 'ap'),
      opened(bank, { put, read }, 'bank'),
    ],
  }
}

/** The hub without its engine: does each wanted command once, reads all feeds, and hands everything to the law. */
class Hub {
  readonly world = new World(lawOf(DEFAULT_POLICY, sha256), new Date().toISOString())
  private readonly done = new Set<string>()
  private readonly told = new Map<string, string>()
  private readonly cursors = new Map<string, string | null>()
  private readonly drives: Map<string, { connector: Connector; drive: Drive }>

  constructor(connectors: readonly Connector[]) {
    this.drives = new Map(connectors.map((connector) => [connector.system, { connector, drive: drive(connector, SECRETS) }]))
    for (const { drive: one } of this.drives.values()) ends.push(() => one.close())
    // A payment file that the ERP gave is handed to the bank out of the hub's own keeping.
    const kept = this.of('erp').drive.documents
    this.of('bank').drive.documents.get = (hash) =>
      kept.get(hash) ?? (Map.prototype.get.call(this.of('bank').drive.documents, hash) as Uint8Array | undefined)
  }

  of(system: string): { connector: Connector; drive: Drive } {
    const found = this.drives.get(system)
    if (!found) throw new Error(`there is no ${system}`)
    return found
  }

  invoice(number: string): InvoiceState {
    const states = [...this.world.records.values()]
      .filter((record) => record.kind === 'invoice')
      .map((record) => record.state as unknown as InvoiceState)
    return states.find((state) => state.content?.value.number === number)!
  }

  async round(): Promise<void> {
    this.world.now = new Date().toISOString()
    for (const wanted of this.world.wanted.values()) if (!this.done.has(partsKey(wanted))) await this.carryOut(wanted)
    for (const [system, { drive: one }] of this.drives) {
      const swept = await one.sweep(this.cursors.get(system) ?? null)
      expect(swept.unreadable).toEqual([])
      this.cursors.set(system, swept.cursor)
      this.take(system, swept.observations)
    }
    this.world.pass(new Date().toISOString())
  }

  /** Everything once more from the beginning: no fact may have changed. */
  async again(): Promise<void> {
    for (const [system, { drive: one }] of this.drives) this.take(system, (await one.sweep(null)).observations)
  }

  take(system: string, observations: readonly Observation[]): void {
    const { connector } = this.of(system)
    for (const { reference: _reference, ...fact } of observations) {
      const text = canonicalJson(fact as unknown as Json)
      const identity = `${system} ${fact.eventId}`
      expect(this.told.get(identity) ?? text, identity).toBe(text)
      this.told.set(identity, text)
      this.world.submit({ ...fact, tenant: 'test', source: { system, role: connector.role }, actor: `system:${system}` })
    }
  }

  private async carryOut(wanted: WantedEffect): Promise<void> {
    const key = partsKey(wanted)
    this.done.add(key)
    const hex = Buffer.from(sha256(key)).toString('hex')
    const { outcome, observations } = await this.of(wanted.target).drive.run(wanted.command, wanted.content, {
      key: hex,
      object: wanted.object,
      occurrence: wanted.occurrence,
    })
    expect(outcome, `${wanted.command} ${JSON.stringify(wanted.content)}`).toMatchObject({ kind: 'done' })
    this.take(wanted.target, observations)
    const arrival: Arrival = {
      tenant: 'test',
      source: { system: 'hub', role: 'hub' },
      eventId: `done ${hex}`,
      type: 'effect.done',
      occurredAt: new Date().toISOString(),
      actor: 'rule:delivery',
      about: [{ names: [wanted.subject] }],
      data: {
        effect: hex,
        target: wanted.target,
        command: wanted.command,
        object: wanted.object,
        occurrence: wanted.occurrence,
        contentHash: '',
        attempt: 1,
        input: 'done',
        receipt: outcome.kind === 'done' ? outcome.receipt : null,
      },
    }
    this.world.submit(arrival)
  }
}

test('invoices on an order go from arrival to paid through all three systems, and a return takes one back', async () => {
  const { connectors, systems, pushed } = await company()
  const hub = new Hub(connectors)
  const until = async (number: string, reached: (state: InvoiceState) => boolean): Promise<void> => {
    await expect
      .poll(
        async () => {
          await hub.round()
          const state = hub.invoice(number)
          return (
            reached(state) ||
            JSON.stringify({
              headline: state.headline,
              axes: axesOf(state),
              exceptions: state.exceptions,
              wanted: [...hub.world.wanted.values()].map((one) => one.command),
            })
          )
        },
        { timeout: 15_000, interval: 30 },
      )
      .toBe(true)
  }

  // One after the other, so that each has a payment file of its own: the bank books one as a batch and one payment by payment.
  for (const number of ['R-1', 'R-2']) {
    const document = invoiceDocument({
      number,
      paymentMeans: [{ code: '58', account: PAYEE }],
      issuedOn: months()[1]!.from,
      dueOn: months()[2]!.to,
    })
    hub.world.submit(received(document, number, new Date().toISOString(), hexOf(sha256(number))))
    await until(
      number,
      (state) =>
        state.headline === 'paid' && state.reported['ap|status']?.word === 'paid' && state.reported['erp|settlement']?.word === 'settled',
    )
    expect(hub.invoice(number)).toMatchObject({ breaches: [], divergences: {} })
    expect(Object.entries(hub.invoice(number).exceptions).filter(([, exception]) => exception.open)).toEqual([])
  }
  const entries = [...hub.world.records.values()]
    .filter((record) => record.kind === 'statement-entry')
    .map((record) => (record.state as unknown as EntryState).entry)
  expect(new Set(entries.flatMap((entry) => (entry?.booked ? [entry.endToEndId === undefined] : [])))).toEqual(new Set([true, false]))
  const kinds = [...hub.world.records.values()].map((record) => record.kind)
  expect(
    Object.fromEntries(
      ['invoice', 'supplier', 'entity', 'order', 'payment', 'payment-batch'].map((kind) => [
        kind,
        kinds.filter((one) => one === kind).length,
      ]),
    ),
  ).toEqual({ invoice: 2, supplier: 1, entity: 1, order: 1, payment: 2, 'payment-batch': 2 })
  expect((await systems.erp.call('GET', '/documents/5100000001')).body).toMatchObject({
    lifecycle: 'CLEARED',
    openAmt: '0.00',
    extRef: expect.stringMatching(/^inv_/),
  })
  expect((await systems.ap.call('GET', '/tickets/T-000001')).body.badge.badge).toBe('MONEY_OUT')

  const { notices } = hub.of('ap').connector
  expect(pushed.length).toBeGreaterThan(2)
  for (const push of pushed) {
    expect(notices?.verify(push.raw, push.headers, [SECRET], Date.now())).toBe('ok')
    const read = notices?.readNotice(push.raw)
    expect(read).toHaveProperty('observations')
    if (read && 'observations' in read) hub.take('ap', read.observations)
  }
  const size = hub.world.log.length
  await hub.again()
  expect(hub.world.log.length).toBe(size)

  const payment = (await systems.erp.call('GET', '/payment-docs?docNo=5100000001')).body.rows[0]
  expect((await systems.bank.call('POST', '/returns', { endToEndId: payment.endToEndId, reason: 'AC04' })).status).toBeLessThan(300)
  await until('R-1', (state) => axesOf(state).settlement === 'returned')
  expect(hub.invoice('R-1')).toMatchObject({ headline: 'posted', exceptions: { 'payment-returned': { open: true } } })
}, 40_000)
