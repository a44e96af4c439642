import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, test } from 'vitest'
import { until, Workshop, type Answer, type Loose, type System } from '../testing.ts'

const SECRET = `whsec_${Buffer.from('a secret for tests only, 32 bytes').toString('base64')}`
const shop = new Workshop()
const servers: Server[] = []
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await shop.clear()
})

const SETUP = {
  legalUnits: [{ legalUnit: '1000', name: 'Nordlicht Handel GmbH', vatReg: 'DE136695976' }],
  people: [
    { handle: 'c.lind', fullName: 'Carla Lind', duties: ['CODER', 'TEAM_LEAD'], ceilings: [{ ccy: 'EUR', upTo: '100000.00' }] },
    { handle: 'l.roth', fullName: 'Lena Roth', duties: ['TEAM_LEAD'], ceilings: [{ ccy: 'EUR', upTo: '1000.00' }] },
    { handle: 'h.berg', fullName: 'Henrik Berg', duties: ['HEAD', 'TEAM_LEAD'], ceilings: [{ ccy: '*', upTo: '50000.00' }] },
  ],
  signRules: [
    { ccy: '*', upTo: '1000.00', steps: ['TEAM_LEAD'] },
    { ccy: '*', upTo: null, steps: ['TEAM_LEAD', 'HEAD'] },
  ],
  glAccounts: [
    { glAccount: '476000', text: 'Services' },
    { glAccount: '465000', text: 'Office' },
  ],
  kostls: ['CC-10', 'CC-20'],
}

function bill(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    corrRef: 'c-1',
    billKind: 'BILL',
    billNo: 'RE-1',
    billedOn: '2026-01-12',
    dueOn: '2026-02-11',
    legalUnit: '1000',
    creditor: { name: 'Atelier', vatReg: 'FR1', vendorNo: 'K-1' },
    remitTo: { digest: 'abc' },
    ccy: 'EUR',
    netTotal: '1000.00',
    taxTotal: '190.00',
    grossTotal: '1190.00',
    poRefs: ['45'],
    rows: [{ rowNo: '1', text: 'Work', qty: '8', price: '125.00', rowNet: '1000.00', taxPct: '19' }],
    openedBy: 'test',
    ...more,
  }
}
const LINES = [{ rowNo: '1', glAccount: '476000', kostl: 'CC-10', amount: '1000.00', taxPct: '19' }]

async function ap(...args: string[]): Promise<System> {
  const system = await shop.start('ap', ['--data', await shop.folder(), ...args], { SANDBOX_AP_WEBHOOK_SECRET: SECRET })
  expect((await system.call('PUT', '/setup', SETUP)).status).toBe(200)
  return system
}

async function opened(system: System, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await system.call('POST', '/tickets', bill(more))
  expect(answer.text).toContain('ticketNo')
  return answer.body.ticketNo as string
}

interface Received {
  readonly id: string
  readonly type: string
  readonly data: Loose
}

/** Somebody who takes webhooks: verifies each, answers with the given statuses in turn and then always with 204. */
async function listener(...statuses: number[]): Promise<{ url: string; got: Received[]; raw: string[] }> {
  const got: Received[] = []
  const raw: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const event = new Webhook(SECRET).verify(body, request.headers as Record<string, string>) as Received
        got.push({ id: String(request.headers['webhook-id']), type: event.type, data: event.data })
        raw.push(body)
        response.writeHead(statuses.shift() ?? 204).end()
      })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got, raw }
}

describe('tickets', () => {
  test('coded and signed by named people by amount, each with what was held', async () => {
    const { url, got } = await listener()
    const system = await ap('--webhook', url)
    const no = await opened(system)
    const act = (name: string, body: unknown): Promise<Answer> => system.call('POST', `/tickets/${no}/${name}`, body)
    expect((await act('coding', { by: 'l.roth', lines: LINES })).body.error).toBe('NOT_A_CODER')
    expect((await act('coding', { by: 'c.lind', lines: [{ ...LINES[0], amount: '999.00' }] })).body.error).toBe('CODING_SUM')
    expect((await act('coding', { by: 'c.lind', lines: LINES })).body.stage).toBe('SIGNOFF')
    expect((await act('sign', { by: 'c.lind', step: 1 })).body.error).toBe('SELF_SIGN')
    expect((await act('sign', { by: 'h.berg', step: 2 })).body.error).toBe('NOT_YOUR_STEP')
    expect((await act('sign', { by: 'l.roth', step: 1 })).body.stage).toBe('SIGNOFF')
    expect((await act('sign', { by: 'l.roth', step: 2 })).body.error).toBe('NOT_YOUR_STEP')
    expect((await act('sign', { by: 'h.berg', step: 2 })).body.stage).toBe('GREENLIT')
    expect((await act('sign', { by: 'h.berg', step: 2 })).body.error).toBe('WRONG_STAGE')
    await until('five webhooks', () => got.length === 5 || undefined)
    const types = got.map((one) => one.type).toSorted()
    expect(types).toEqual(['ticket.coded', 'ticket.greenlit', 'ticket.signed', 'ticket.signed', 'ticket.signoff_requested'])
    const greenlit = got.find((one) => one.type === 'ticket.greenlit')
    expect(greenlit?.data).toMatchObject({
      ticketNo: no,
      corrRef: 'c-1',
      stage: 'GREENLIT',
      terms: {
        creditor: { vendorNo: 'K-1' },
        remitTo: { digest: 'abc' },
        legalUnit: '1000',
        grossTotal: '1190.00',
        poRefs: ['45'],
        dueOn: '2026-02-11',
        coding: LINES,
        rev: 1,
      },
      signers: [
        { step: 1, by: 'l.roth', verdict: 'SIGNED' },
        { step: 2, by: 'h.berg', fullName: 'Henrik Berg' },
      ],
    })
  })

  test('a ceiling below the amount and refusals of content', async () => {
    const system = await ap()
    const no = await opened(system, { netTotal: '60000', taxTotal: '0', grossTotal: '60000', rows: [] })
    await system.call('POST', `/tickets/${no}/coding`, { by: 'c.lind', lines: [{ ...LINES[0], amount: '60000' }] })
    await system.call('POST', `/tickets/${no}/sign`, { by: 'l.roth', step: 1 })
    expect((await system.call('POST', `/tickets/${no}/sign`, { by: 'h.berg', step: 2 })).body.error).toBe('CEILING')
    expect((await system.call('POST', '/tickets', bill({ legalUnit: '9' }))).body.error).toBe('UNIT_UNKNOWN')
    expect((await system.call('POST', '/tickets', bill({ taxTotal: '1' }))).body.error).toBe('TOTALS')
    expect((await system.call('POST', '/tickets', bill({ colour: 'red' }))).body.error).toBe('MALFORMED')
    expect((await system.call('GET', '/tickets/T-9')).body.error).toBe('NO_TICKET')
    expect((await system.call('GET', '/people')).body.people).toHaveLength(3)
  })

  test('decline, recall after the last signature, amendment that leaves signatures alone', async () => {
    const system = await ap('--autopilot', '0')
    const no = await opened(system)
    await until('the signatures', async () => (await system.call('GET', `/tickets/${no}`)).body.stage === 'GREENLIT' || undefined)
    expect((await system.call('POST', `/tickets/${no}/amend`, { by: 'c.lind', changes: { grossTotal: '1', corrRef: 'x' } })).status).toBe(
      400,
    )
    expect((await system.call('POST', `/tickets/${no}/amend`, { by: 'c.lind', changes: { grossTotal: '1' } })).body.error).toBe('TOTALS')
    expect(
      (await system.call('POST', `/tickets/${no}/amend`, { by: 'c.lind', changes: { remitTo: { iban: 'NL91ABNA0417164300' } } })).body
        .stage,
    ).toBe('GREENLIT')
    expect((await system.call('GET', `/tickets/${no}`)).body).toMatchObject({
      rev: 2,
      remitTo: { iban: 'NL91ABNA0417164300' },
      signers: [{ verdict: 'SIGNED' }, { verdict: 'SIGNED' }],
    })
    await system.call('POST', `/tickets/${no}/amend`, { by: 'h.berg', changes: { dueOn: '2026-02-20', billNo: 'RE-9' } })
    // Kept in the ticket, and told by the list: whoever lost the notice finds it there.
    expect((await system.call('GET', '/tickets')).body.tickets[0].amendments).toEqual([
      { by: 'c.lind', at: expect.stringMatching(/Z$/u) as string, changed: ['remitTo'] },
      { by: 'h.berg', at: expect.stringMatching(/Z$/u) as string, changed: ['dueOn', 'billNo'] },
    ])
    expect((await system.call('POST', `/tickets/${no}/recall`, { by: 'h.berg', reason: 'wrong supplier' })).body.stage).toBe('RECALLED')
    const { body } = await system.call('GET', `/tickets/${no}`)
    expect(body).toMatchObject({ stage: 'RECALLED', closedBy: 'h.berg', closedReason: 'wrong supplier' })
  })

  test('a sweep by mark finds each ticket once, at its last change', async () => {
    const system = await ap()
    const [first, second] = [await opened(system), await opened(system, { billNo: 'RE-2', corrRef: 'c-2' })]
    await system.call('POST', `/tickets/${first}/pick`, { by: 'c.lind' })
    const all = await system.call('GET', '/tickets')
    expect(all.body.tickets.map((ticket: { ticketNo: string }) => ticket.ticketNo)).toEqual([second, first])
    expect((await system.call('GET', `/tickets?after=${all.body.mark}`)).body).toEqual({ tickets: [], mark: all.body.mark, more: false })
    expect((await system.call('GET', '/tickets?corrRef=c-2')).body.tickets).toHaveLength(1)
    expect((await system.call('GET', '/tickets?limit=1')).body).toMatchObject({ more: true, mark: 2 })
  })
})

describe('a checking service', () => {
  test('is asked once per revision while a ticket is coded; its answer stands in the books, and so does its silence', async () => {
    const asked: { path: string; body: Loose; key: string }[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          const path = request.url ?? ''
          asked.push({ path, body: JSON.parse(Buffer.concat(chunks).toString()), key: request.headers.authorization ?? '' })
          if (path.endsWith('/order')) return response.writeHead(503).end('{}')
          const verdict = path.endsWith('/supplier') ? 'fail' : 'pass'
          return response.end(JSON.stringify({ verdict, says: 'so', cached: path.endsWith('/entity'), readAt: '2026-01-01T00:00:00.000Z' }))
        })
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const system = await shop.start('ap', ['--data', await shop.folder()], { SANDBOX_AP_CHECK_URL: url, SANDBOX_AP_CHECK_KEY: 'k-1' })
    await system.call('PUT', '/setup', SETUP)
    const no = await opened(system)
    expect((await system.call('GET', `/tickets/${no}/check`)).body.error).toBe('NO_CHECK')
    await system.call('POST', `/tickets/${no}/coding`, { by: 'c.lind', lines: LINES })
    await until('the check', async () => (await system.call('GET', `/tickets/${no}/check`)).status === 200 || undefined)
    const light = (about: string, colour: string, more: object): object => expect.objectContaining({ about, light: colour, ...more })
    expect((await system.call('GET', `/tickets/${no}/check`)).body).toMatchObject({
      ticketNo: no,
      rev: 1,
      results: [
        light('CREDITOR', 'RED', { remark: 'so' }),
        light('UNIT', 'GREEN', { stale: true, asOf: '2026-01-01T00:00:00.000Z' }),
        light('MONTH', 'GREEN', { stale: false }),
        light('PO', 'GREY', { remark: 'answered with 503', asOf: null }),
      ],
    })
    expect(asked.map(({ path, key }) => `${path} ${key}`).toSorted()).toEqual(
      ['entity', 'order', 'period', 'supplier'].map((one) => `/v1/validations/${one} Bearer k-1`),
    )
    expect(asked.find(({ path }) => path.endsWith('/order'))?.body).toEqual({
      entity: { name: 'Nordlicht Handel GmbH', vatId: 'DE136695976' },
      supplier: { name: 'Atelier', vatId: 'FR1' },
      order: '45',
      currency: 'EUR',
      waitMs: 3000,
    })
    await system.call('POST', `/tickets/${no}/sign`, { by: 'l.roth', step: 1 })
    await system.call('POST', `/tickets/${no}/amend`, { by: 'c.lind', changes: { billNo: 'RE-2' } })
    await until('the second check', async () => (await system.call('GET', `/tickets/${no}/check`)).body.rev === 2 || undefined)
    expect(asked).toHaveLength(8)
    expect(JSON.stringify(await system.books())).not.toContain('k-1')
  })
})

describe('idempotency keys', () => {
  test('the same key gives the first answer, also after SIGKILL; another body is refused; a refusal is not kept', async () => {
    const data = await shop.folder()
    const one = await shop.start('ap', ['--data', data])
    await one.call('PUT', '/setup', SETUP)
    const post = (system: System, body: unknown, key = 'k-1'): Promise<Answer> =>
      system.call('POST', '/tickets', body, { 'idempotency-key': key })
    expect((await post(one, bill({ legalUnit: '9' }))).status).toBe(422)
    const first = await post(one, bill())
    const books = await one.books()
    await one.kill('SIGKILL')
    const two = await shop.start('ap', ['--data', data])
    const again = await post(two, bill())
    expect([again.status, again.text, again.headers.get('idempotent-replay')]).toEqual([201, first.text, 'true'])
    expect(await two.books()).toEqual(books)
    expect((await post(two, bill({ billNo: 'other' }))).body.error).toBe('KEY_REUSED')
    expect((await post(two, bill(), 'k-2')).body.ticketNo).not.toBe(first.body.ticketNo)
  })

  test('a badge needs a key; reply lost and the call repeated make one change; a forgotten key makes two', async () => {
    const system = await ap()
    const no = await opened(system)
    const badge = (key?: string): Promise<Answer> =>
      system.call(
        'POST',
        `/tickets/${no}/badge`,
        { badge: 'AT_LEDGER', refs: { docNo: '5100000001' }, by: 'hub' },
        key ? { 'idempotency-key': key } : {},
      )
    expect((await badge()).body.error).toBe('KEY_MISSING')
    await system.call('PUT', '/faults', { rules: [{ op: 'ticket.badge', first: 1, reply: 'lost' }] })
    await expect(badge('b-1')).rejects.toThrow('fetch failed')
    expect((await badge('b-1')).body).toMatchObject({ badge: 'AT_LEDGER', mark: 2 })
    expect((await system.call('GET', `/tickets/${no}`)).body).toMatchObject({
      mark: 2,
      badge: { badge: 'AT_LEDGER', refs: { docNo: '5100000001' } },
    })
    await system.call('PUT', '/tempo', { keyRetentionMs: 0 })
    expect((await badge('b-1')).body.mark).toBe(3)
  })

  test('while the first call is at work the second is told to wait, and landing late it still makes one ticket', async () => {
    const system = await ap('--latency', '200')
    const post = (key: string): Promise<Answer> => system.call('POST', '/tickets', bill(), { 'idempotency-key': key })
    const [first, second] = await Promise.all([post('k'), post('k')])
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([201, 409])
    await system.call('PUT', '/tempo', { latencyMs: 0 })
    await system.call('PUT', '/faults', { rules: [{ op: 'ticket.open', first: 1, effect: 'late', lateMs: 1_000 }] })
    await expect(post('late')).rejects.toThrow('fetch failed')
    const again = await post('late')
    expect(again.status).toBe(201)
    expect(again.headers.get('idempotent-replay')).toBeNull()
    // It has landed when this one is answered.
    await system.call('PUT', '/tempo', { latencyMs: 1_300 })
    await post('later')
    expect((await system.call('GET', '/tickets')).body.tickets).toHaveLength(3)
  })
})

describe('webhooks', () => {
  test('sent again with the same id and bytes until a 2xx, over SIGKILL too', async () => {
    const { url, got, raw } = await listener(500, 302)
    const data = await shop.folder()
    const env = { SANDBOX_AP_WEBHOOK_SECRET: SECRET }
    const one = await shop.start('ap', ['--data', data], env)
    await one.call('PUT', '/setup', SETUP)
    const no = await opened(one)
    await one.call('POST', `/tickets/${no}/recall`, { by: 'h.berg', reason: 'x' })
    expect((await one.call('GET', '/deliveries')).body).toEqual({ waiting: 1, delivered: 0 })
    await one.kill('SIGKILL')
    const two = await shop.start('ap', ['--data', data, '--retry-base', '10', '--webhook', url], env)
    await until('delivery', async () => (await two.call('GET', '/deliveries')).body.delivered === 1 || undefined)
    expect(got.map((one) => one.type)).toEqual(['ticket.recalled', 'ticket.recalled', 'ticket.recalled'])
    expect(new Set(got.map((one) => one.id)).size).toBe(1)
    expect(new Set(raw).size).toBe(1)
  })

  test('an event may be kept back for ever, doubled or late: the ticket list knows all the same', async () => {
    const { url, got } = await listener()
    const system = await ap('--webhook', url)
    await system.call('PUT', '/faults', {
      rules: [
        { op: 'webhook.send', first: 1, effect: 'none' },
        { op: 'webhook.send', first: 1, effect: 'twice' },
        { op: 'webhook.send', first: 1, effect: 'late', lateMs: 1_000 },
      ],
    })
    for (const billNo of ['1', '2', '3', '4'])
      await system.call('POST', `/tickets/${await opened(system, { billNo, corrRef: billNo })}/recall`, { by: 'h.berg', reason: 'x' })
    await until('four webhooks', () => got.length === 4 || undefined)
    expect(got.map((one) => one.data.corrRef)).toEqual(['2', '2', '4', '3'])
    expect((await system.call('GET', '/tickets?stage=RECALLED')).body.tickets).toHaveLength(4)
  })
})

describe('the simulated people', () => {
  test('bring every bill to the end at full speed, the same people for the same seed', async () => {
    const run = async (): Promise<unknown[]> => {
      const system = await ap('--autopilot', '0', '--seed', '7')
      await Promise.all(Array.from({ length: 100 }, (_, nth) => opened(system, { billNo: `RE-${nth}`, corrRef: `c-${nth}` })))
      await until(
        'all greenlit',
        async () => (await system.call('GET', '/tickets?stage=GREENLIT&limit=1000')).body.tickets.length === 100 || undefined,
      )
      const { tickets } = (await system.call('GET', '/tickets?limit=1000')).body
      return tickets
        .map((ticket: Loose) => [ticket.billNo, ticket.coding.lines, ticket.signers.map((signer: Loose) => signer.by)])
        .toSorted()
    }
    expect(await run()).toEqual(await run())
  })

  test('decline or forget the share they are told to', async () => {
    const system = await ap('--autopilot', '0', '--decline', '0.3', '--never', '0.3', '--seed', '3')
    await Promise.all(Array.from({ length: 60 }, (_, nth) => opened(system, { billNo: `RE-${nth}` })))
    // A ticket ends greenlit, declined, or with nobody signing; it is over when no mark moves for some looks.
    const look = async (): Promise<{ mark: number; counts: number[] }> => {
      const { body } = await system.call('GET', '/tickets?limit=1000')
      return {
        mark: body.mark,
        counts: ['GREENLIT', 'DECLINED', 'SIGNOFF'].map(
          (stage) => body.tickets.filter((ticket: { stage: string }) => ticket.stage === stage).length,
        ),
      }
    }
    let [still, last] = [0, -1]
    const settled = await until('the people to finish', async () => {
      const { mark, counts } = await look()
      still = mark === last ? still + 1 : 0
      last = mark
      return still === 5 && counts.reduce((a, b) => a + b) === 60 ? counts : undefined
    })
    expect(settled.every((count) => count > 5)).toBe(true)
  })
})
