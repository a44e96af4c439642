/** What comes in at the door and is not as it should be, through a whole hub: each has one answer, and somebody sees it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Problem } from '../src/api/problem.ts'
import { inTenant, openPool } from '../src/store/database.ts'
import { keepQuarantined, resolveQuarantined } from '../src/store/quarantine.ts'
import { apiOf } from './company-api.ts'
import { figure } from './metrics-text.ts'
import { KEY, tryOut, type TryOut } from './try-out.ts'

let company: TryOut
let sample: string
beforeAll(async () => {
  company = await tryOut()
  const [file] = await company.sample(1)
  sample = readFileSync(file!, 'utf8')
}, 120_000)
afterAll(async () => {
  await company.end()
}, 30_000)

const { address, call, post, get, caseOf } = apiOf(() => company)
const fact = { specversion: '1.0', source: 'erp', time: '2026-11-20T08:00:00Z' }
const altered = (number: string, change: (xml: string) => string): string =>
  change(sample.replace(/<cbc:ID>[^<]*<\/cbc:ID>/u, `<cbc:ID>${number}</cbc:ID>`))

it('a name that would steer a terminal is taken, and is a name', async () => {
  const name = '\u202eabc'
  const xml = altered('A-4', (text) => text.replaceAll(/(<cbc:(?:RegistrationName|Name)>)[^<]*/gu, `$1${name}`))
  expect(xml).toContain(name)
  const reply = await call('POST', '/v1/documents?name=rtl.xml', xml)
  expect(reply.status).toBe(200)
  expect(await reply.json()).toMatchObject({ received: [{ number: 'A-4' }] })
})

const LINE = /<cac:InvoiceLine>[\s\S]*?<\/cac:InvoiceLine>/u

it('an invoice of 100,000 lines is refused as soon as its length is told, with how long one may be', async () => {
  const many = altered('A-5', (text) => text.replace(LINE, (one) => one.repeat(100_000)))
  // The answer is there before the body is: whoever goes on writing would find the connection closed.
  const sending = request(address('/v1/documents?name=many.xml'), {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/xml', 'content-length': many.length },
  })
  sending.write(many.slice(0, 10_000))
  const [reply] = (await once(sending, 'response')) as [IncomingMessage]
  const problem = (await json(reply)) as Problem
  sending.destroy()
  expect([reply.statusCode, problem]).toMatchObject([
    413,
    { code: 'body-too-large', whatToDo: expect.stringContaining('20 MiB') as string },
  ])
})

it('one of 11 MB is taken', async () => {
  const long = altered('A-6', (text) => text.replace(LINE, (one) => one.repeat(Math.ceil(11_000_000 / one.length))))
  const reply = await call('POST', '/v1/documents?name=long.xml', long)
  expect([reply.status, await reply.json()]).toMatchObject([200, { received: [{ number: 'A-6' }] }])
})

it('half of a surrogate pair in JSON is refused', async () => {
  const body = JSON.stringify({ ...fact, id: 'half', type: 'supplier.blocked', data: { supplier: 'K-HALF', reason: 'half' } })
  const reply = await call('POST', '/v1/events', body.replace('"reason":"half"', '"reason":"\\ud800"'), 'application/cloudevents+json')
  expect([reply.status, ((await reply.json()) as Problem).code]).toEqual([422, 'body-not-clean'])
})

it('a bank entry that nobody knows is a case of treasury', async () => {
  const kept = await call('POST', '/v1/documents?as=evidence&name=camt.xml', '<Document>nobody</Document>')
  const { document } = (await kept.json()) as { document: string }
  const data = {
    account: 'DE00',
    statement: 'S-NOBODY',
    position: '1',
    part: 1,
    parts: 1,
    amount: '17.17',
    currency: 'EUR',
    direction: 'debit',
    reversal: false,
    bookedOn: '2026-01-20',
    document,
    endToEndId: 'E-NOBODY',
    counterparty: 'Nobody at all',
  }
  const reply = await post({
    ...fact,
    source: 'bank',
    id: 'nobody 1',
    type: 'statement.entry-booked',
    time: '2026-01-20T08:00:00Z',
    data,
  })
  expect(await reply.json()).toMatchObject({ outcome: 'new' })
  const found = await caseOf('bank-entry-unknown')
  expect(found).toMatchObject({ owner: 'treasury', says: expect.stringContaining('17.17') as string })
})

it('what our own code broke on is on the list of cases, beside them, and a figure', async () => {
  const app = new URL(company.database.adminUrl)
  app.username = 'hub_app'
  const hubs = openPool(app.href, { max: 1 })
  const now = '2026-01-20T08:00:00.000Z'
  const item = { id: 'evt_broken', source: 'erp', type: 'posting.confirmed', says: 'TypeError: it broke', owner: 'engineering' }
  type Page = { quarantined: object[] }
  try {
    await inTenant(hubs, 'test', (client) => keepQuarantined(client, 'test', { ...item, bytes: Buffer.from('{}') }, now))
    expect((await get<Page>('/v1/exceptions?limit=1')).quarantined).toEqual([{ ...item, since: now, lastAt: now, times: 1 }])
    expect(figure(await (await call('GET', '/v1/metrics')).text(), 'tieout_quarantined')).toBe(1)
    await inTenant(hubs, 'test', (client) => resolveQuarantined(client, 'test', [item.id], now))
    expect((await get<Page>('/v1/exceptions?limit=1')).quarantined).toEqual([])
  } finally {
    await hubs.end()
  }
})
