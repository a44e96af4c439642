/** Against the running tool, which shares no code with this connector and signs with a library that this connector does not use. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connector, Observation } from '../../connector/contract.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { personName } from '../../domain/names.ts'
import { changedTerms, type Terms } from '../../domain/terms.ts'
import type { Json } from '../../lib/canonical-json.ts'
import { hexOf } from '../../lib/hash.ts'
import { until, Workshop, type System } from '../../../sandbox/testing.ts'
import { drive, type Drive } from '../../../test/drive.ts'
import { ap } from './connector.ts'

const FORMER = `whsec_${Buffer.from('the former secret, in rotation..').toString('base64')}`
const PRESENT = `whsec_${Buffer.from('the present secret, for tests...').toString('base64')}`
const SECRETS = { TOKEN_OF_AP: 'letmein', HOOK_NOW: PRESENT, HOOK_BEFORE: FORMER }
const SETUP = {
  legalUnits: [{ legalUnit: '1000', name: 'Nordlicht Handel GmbH', vatReg: 'DE136695976' }],
  people: [
    { handle: 'C.Lind', fullName: 'Carla Lind', duties: ['CODER'], ceilings: [{ ccy: 'EUR', upTo: '0.00' }] },
    { handle: 'l.roth', fullName: 'Lena Roth', duties: ['TEAM_LEAD'], ceilings: [{ ccy: 'EUR', upTo: '1000.00' }] },
    { handle: 'h.berg', fullName: 'Henrik Berg', duties: ['HEAD', 'TEAM_LEAD'], ceilings: [{ ccy: '*', upTo: '50000.00' }] },
  ],
  signRules: [
    { ccy: '*', upTo: '100.00', steps: ['TEAM_LEAD'] },
    { ccy: '*', upTo: null, steps: ['TEAM_LEAD', 'HEAD'] },
  ],
  glAccounts: [{ glAccount: '476000', text: 'Services' }],
  kostls: ['CC-10'],
}
const ACCOUNT = 'FR7630006000011234567890189'
const TERMS: Terms = {
  supplier: 'public|supplier-vat|FR12345678901',
  payee: hexOf(sha256(ACCOUNT)),
  entity: 'public|entity-vat|DE136695976',
  currency: 'EUR',
  net: '100',
  tax: '19',
  gross: '119',
  orders: ['4500000001'],
  dueOn: '2026-02-11',
  coding: null,
}
const invoice = (
  reference: string,
  more: { readonly [key: string]: Json } = {},
  terms: Terms = TERMS,
): { readonly [key: string]: Json } => ({
  reference,
  kind: 'invoice',
  number: 'RE-1',
  issuedOn: '2026-01-12',
  dueOn: '2026-02-11',
  entity: '1000',
  supplier: { name: 'Atelier Müller', names: [terms.supplier], number: 'K-1' },
  terms,
  currency: 'EUR',
  net: '100',
  tax: '19',
  gross: '119',
  payable: '119',
  orders: ['4500000001'],
  lines: [
    { id: '1', name: 'Work', quantity: '8', price: '12.50', net: '100.00', order: '10' },
    { id: '2', name: 'Nothing', quantity: '1', price: '0', net: '0', order: null },
  ],
  ...more,
})

const shop = new Workshop()
const servers: Server[] = []
const drives: Drive[] = []
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await Promise.all(drives.map((one) => one.close()))
  await shop.clear()
})

interface Pushed {
  readonly raw: Uint8Array
  readonly headers: Record<string, string>
  readonly at: number
}

async function listener(): Promise<{ url: string; got: Pushed[] }> {
  const got: Pushed[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        got.push({ raw: new Uint8Array(Buffer.concat(chunks)), headers: flat(request.headers), at: Date.now() })
        response.writeHead(204).end()
      })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got }
}
const flat = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

async function system(...args: string[]): Promise<{ there: System; here: Drive; connector: Connector; got: Pushed[] }> {
  const { url, got } = await listener()
  const there = await shop.start('ap', ['--data', await shop.folder(), '--webhook', url, ...args], {
    SANDBOX_AP_TOKEN: SECRETS.TOKEN_OF_AP,
    SANDBOX_AP_WEBHOOK_SECRET: `${FORMER} ${PRESENT}`,
  })
  const call: System['call'] = (method, path, body, headers) =>
    there.call(method, path, body, { authorization: `Bearer ${SECRETS.TOKEN_OF_AP}`, ...headers })
  expect((await call('PUT', '/setup', SETUP)).status).toBe(200)
  const read = ap.readConfig({ url: there.url, token: 'TOKEN_OF_AP', noticeSecrets: ['HOOK_NOW', 'HOOK_BEFORE'] })
  if (!('config' in read)) throw new Error(read.problems.join())
  const connector = ap.open(read.config, 'ap', { sha256 })
  const here = drive(connector, SECRETS)
  drives.push(here)
  return { there: { ...there, call }, here, connector, got }
}

/** The steps of the people, by ticket. */
function people(there: System): Record<'code' | 'lead' | 'head', (ticket: string) => Promise<void>> & {
  post: (ticket: string, what: string, body: Json) => Promise<void>
} {
  const post = async (ticket: string, what: string, body: Json): Promise<void> => {
    expect(await there.call('POST', `/tickets/${ticket}/${what}`, body)).toMatchObject({ status: 200 })
  }
  return {
    post,
    code: (ticket) =>
      post(ticket, 'coding', {
        by: 'C.Lind',
        lines: [{ rowNo: '1', glAccount: '476000', kostl: 'CC-10', amount: '100.00', taxPct: '19' }],
      }),
    lead: (ticket) => post(ticket, 'sign', { by: 'l.roth', step: 1 }),
    head: (ticket) => post(ticket, 'sign', { by: 'h.berg', step: 2 }),
  }
}

const ofType = (all: readonly Observation[], type: string): Observation[] => all.filter((one) => one.type === type)
const termsIn = (observation: Observation | undefined): Terms => observation?.data['terms'] as unknown as Terms
const ticketOf = async (here: Drive, content: { readonly [key: string]: Json }, key: string): Promise<string> => {
  const { outcome } = await here.run('invoice.submit', content, { key })
  return outcome.kind === 'done' ? outcome.receipt.reference : JSON.stringify(outcome)
}

describe('commands', () => {
  let there: System
  let here: Drive
  beforeAll(async () => {
    ;({ there, here } = await system())
  })

  test('an invoice becomes a ticket that carries our reference, and the same call again is the same ticket', async () => {
    const first = await here.run('invoice.submit', invoice('inv_1'), { key: 'k-1' })
    expect(first).toMatchObject({
      outcome: { kind: 'done', receipt: { reference: 'T-000001' } },
      observations: [{ type: 'approval.requested', about: [{ names: ['inv_1'] }], data: { ticket: 'T-000001' } }],
    })
    expect((await here.run('invoice.submit', invoice('inv_1'), { key: 'k-1' })).outcome).toEqual(first.outcome)
    expect((await there.call('GET', '/tickets')).body.tickets).toHaveLength(1)
    expect((await there.call('GET', '/tickets/T-000001')).body).toMatchObject({
      corrRef: 'inv_1',
      billKind: 'BILL',
      legalUnit: '1000',
      creditor: { name: 'Atelier Müller', vatReg: 'FR12345678901', vendorNo: 'K-1' },
      poRefs: ['4500000001'],
      openedBy: 'hub k-1',
      rows: [{ rowNo: '1', poRef: '4500000001', poRow: '10' }, { rowNo: '2' }],
    })
  })

  test('the tool refuses in its own words; another body under the same key is something else', async () => {
    expect((await here.run('invoice.submit', invoice('inv_2', { entity: '9' }), { key: 'k-2' })).outcome).toMatchObject({
      kind: 'refused',
      code: 'UNIT_UNKNOWN',
    })
    expect((await here.run('invoice.submit', invoice('inv_3'), { key: 'k-1' })).outcome).toMatchObject({
      kind: 'other',
      says: expect.stringContaining('KEY_REUSED'),
    })
  })

  test.each([
    ['the reply is lost', { reply: 'lost' }],
    ['500 after the work', { reply: 'error' }],
    ['an HTML page', { reply: 'html' }],
    ['half the JSON', { reply: 'cut' }],
    ['no number', { patch: { ticketNo: null } }],
  ])('when %s the outcome is unclear; the same call once more gives the one ticket, and looking finds it', async (what, rule) => {
    const content = invoice(`inv_${what.replaceAll(' ', '')}`)
    await there.call('PUT', '/faults', { rules: [{ op: 'ticket.open', first: 1, ...rule }] })
    expect((await here.run('invoice.submit', content, { key: what })).outcome.kind).toBe('unclear')
    await there.call('PUT', '/faults', { rules: [] })
    const look = await here.look('invoice.submit', content, what)
    expect(look).toMatchObject({ kind: 'one', equal: true })
    expect((await here.run('invoice.submit', content, { key: what })).outcome).toMatchObject({
      kind: 'done',
      receipt: { reference: look.kind === 'one' ? look.receipt.reference : '' },
    })
  })

  test('while the first call is at work the second is unclear; a ticket of another submission is not this one', async () => {
    await there.call('PUT', '/tempo', { latencyMs: 300 })
    const slow = here.run('invoice.submit', invoice('inv_slow'), { key: 'slow' })
    await expect
      .poll(async () => (await here.run('invoice.submit', invoice('inv_slow'), { key: 'slow' })).outcome, { timeout: 250, interval: 20 })
      .toMatchObject({ kind: 'unclear', says: expect.stringContaining('KEY_BUSY') })
    await there.call('PUT', '/tempo', { latencyMs: 0 })
    expect((await slow).outcome.kind).toBe('done')
    expect(await here.look('invoice.submit', invoice('inv_slow'), 'another key')).toEqual({ kind: 'absent' })
  })

  test('every status of ours is shown by a badge, told once, and read back as the word that was told', async () => {
    const ticket = await ticketOf(here, invoice('inv_badge'), 'badge')
    let cursor = (await here.sweep(null)).cursor
    for (const [word, badge] of Object.entries({
      received: 'NONE',
      validated: 'NONE',
      matched: 'NONE',
      approved: 'NONE',
      posted: 'AT_LEDGER',
      'in-payment': 'IN_RUN',
      paid: 'MONEY_OUT',
      returned: 'BOUNCED',
      rejected: 'CLOSED',
      held: 'HELD',
    })) {
      const content = { reference: 'inv_badge', ticket, word, refs: { posting: '5100000001', none: undefined } }
      expect(await here.look('invoice.status', content as never)).toEqual({ kind: 'absent' })
      expect((await here.run('invoice.status', content as never, { key: `badge ${word}` })).outcome).toMatchObject({
        kind: 'done',
        receipt: { reference: ticket },
      })
      expect(await here.look('invoice.status', content as never)).toMatchObject({ kind: 'one', equal: true })
      const swept = await here.sweep(cursor)
      cursor = swept.cursor
      expect(ofType(swept.observations, 'status.reported').map(({ data }) => [data['facet'], data['word'], data['claims']])).toEqual([
        ['status', badge, word],
      ])
    }
    expect(
      (await here.run('invoice.status', { reference: 'inv_x', ticket: 'T-999999', word: 'paid', refs: {} }, { key: 'nobody' })).outcome,
    ).toMatchObject({ kind: 'refused', code: 'NO_TICKET' })
  })

  test('a badge that another system set is reported by what it shows', async () => {
    const ticket = await ticketOf(here, invoice('inv_foreign'), 'foreign')
    const { cursor } = await here.sweep(null)
    await there.call('POST', `/tickets/${ticket}/badge`, { badge: 'MONEY_OUT', by: 'somebody' }, { 'idempotency-key': 'their-key' })
    expect((await here.sweep(cursor)).observations.at(-1)?.data).toEqual({
      system: 'ap',
      facet: 'status',
      word: 'MONEY_OUT',
      claims: 'paid',
    })
  })
})

describe('approval', () => {
  let there: System
  let here: Drive
  let connector: Connector
  let got: Pushed[]
  beforeAll(async () => {
    ;({ there, here, connector, got } = await system())
  })

  /** What the notices of a ticket say, once the last of them has arrived. */
  const noticed = async (ticket: string, last: string): Promise<Observation[]> => {
    const of = (): Pushed[] => got.filter(({ raw }) => new TextDecoder().decode(raw).includes(ticket))
    await until(`${last} of ${ticket}`, () => of().some(({ raw }) => new TextDecoder().decode(raw).includes(`"${last}"`)) || undefined)
    return of().flatMap((push) => {
      expect(connector.notices?.verify(push.raw, push.headers, [PRESENT], push.at)).toBe('ok')
      const read = connector.notices?.readNotice(push.raw)
      if (!read || 'trouble' in read) throw new Error(read?.trouble)
      return [...read.observations]
    })
  }
  const swept = async (ticket: string): Promise<Observation[]> =>
    (await here.sweep(null)).observations.filter((one) => one.reference === ticket)

  test('a ticket that is signed twice: notices and sweep tell the same facts under the same identity, word for word', async () => {
    const ticket = await ticketOf(here, invoice('inv_a'), 'a')
    const { code, lead, head } = people(there)
    await code(ticket)
    await lead(ticket)
    await head(ticket)
    const pushed = await noticed(ticket, 'ticket.greenlit')
    const read = await swept(ticket)
    expect(new Set(pushed.map((one) => one.eventId))).toEqual(
      new Set([`ticket|${ticket}|coded`, `ticket|${ticket}|signed|1`, `ticket|${ticket}|signed|2`]),
    )
    for (const fact of pushed) expect(read).toContainEqual(fact)
    const [first, second] = ofType(read, 'approval.granted')
    expect([first, second].map((one) => [one?.data['step'], one?.data['person']])).toEqual([
      ['1', personName('directory', 'l.roth')],
      ['2', personName('directory', 'h.berg')],
    ])
    const [completed] = ofType(read, 'approval.completed')
    expect(completed).toMatchObject({
      about: [{ names: ['inv_a', `ap|ticket|${ticket}`] }],
      data: { ticket, enterers: [personName('directory', 'c.lind')] },
    })
    expect(termsIn(completed)).toEqual({ ...TERMS, coding: [{ account: '476000', costCentre: 'CC-10', amount: '100.00' }] })
    expect(changedTerms(termsIn(first), termsIn(completed))).toEqual([])
    expect(changedTerms(termsIn(completed), TERMS)).toEqual([])
  })

  test.each([
    ['refused at a step', 'decline', 'l.roth', true, 'approval.refused', 'ticket.declined'],
    ['refused before coding', 'decline', 'C.Lind', false, 'approval.refused', 'ticket.declined'],
    ['taken back', 'recall', 'h.berg', true, 'approval.withdrawn', 'ticket.recalled'],
  ])('a ticket %s: the same fact from both ways, and nothing rejected', async (_what, act, by, withCoding, type, last) => {
    const ticket = await ticketOf(here, invoice(`inv_${act}${by}`), `${act} ${by}`)
    const steps = people(there)
    if (withCoding) await steps.code(ticket)
    else await steps.post(ticket, 'pick', { by })
    await steps.post(ticket, act, { by, reason: 'not ours' })
    const pushed = ofType(await noticed(ticket, last), type)
    expect(pushed).toMatchObject([{ data: { ticket, person: personName('directory', by), reason: 'not ours' } }])
    expect(ofType(await swept(ticket), type)).toEqual(pushed)
    await here.run('invoice.status', { reference: 'x', ticket, word: 'rejected', refs: {} }, { key: `close ${ticket}` })
    // Its last change is now the badge's: when it was refused is only known to lie before that.
    const later = ofType(await swept(ticket), type)
    expect(later).toHaveLength(1)
    expect(later[0]?.occurredAt.localeCompare(pushed[0]?.occurredAt ?? '')).toBeLessThanOrEqual(0)
    expect((await swept(ticket)).some((one) => one.type === 'invoice.rejected')).toBe(false)
  })

  test.each([
    ['another creditor', { creditor: { name: 'Evil Ltd', vatReg: 'FR12345678901', vendorNo: 'K-1' } }, ['supplier']],
    ['another vendor number', { creditor: { name: 'Atelier Müller', vatReg: 'FR12345678901', vendorNo: 'K-6' } }, ['supplier']],
    ['another VAT number', { creditor: { name: 'Atelier Müller', vatReg: 'FR999', vendorNo: 'K-1' } }, ['supplier']],
    ['the name in other letters only', { creditor: { name: 'ATELIER  müller', vatReg: 'FR 12 345 678 901', vendorNo: 'K-1' } }, []],
    ['another account', { remitTo: { iban: 'DE02 1203 0000 0000 2020 51' } }, ['payee', 'entity']],
    ['no account', { remitTo: null }, ['payee', 'entity']],
    ['other amounts', { netTotal: '200.00', taxTotal: '38.00', grossTotal: '238.00' }, ['net', 'tax', 'gross']],
    ['another order', { poRefs: ['4500000002'] }, ['orders']],
    ['a later due date', { dueOn: '2026-03-30' }, ['dueOn']],
  ])(
    'amended to %s after the signatures: the completion has the terms as they are now, the signatures those of their moment',
    async (_what, changes, differing) => {
      const name = _what.replaceAll(' ', '')
      const ticket = await ticketOf(here, invoice(`inv_${name}`), name)
      const { code, lead, head, post } = people(there)
      await code(ticket)
      await lead(ticket)
      await head(ticket)
      const before = await swept(ticket)
      await post(ticket, 'amend', { by: 'C.Lind', changes })
      const after = await swept(ticket)
      expect(ofType(after, 'approval.granted')).toEqual([])
      const [then, now] = [ofType(before, 'approval.completed')[0], ofType(after, 'approval.completed')[0]]
      expect(now?.eventId).not.toBe(then?.eventId)
      expect(String(now?.occurredAt) > String(then?.occurredAt)).toBe(true)
      expect(changedTerms(termsIn(now), TERMS)).toEqual(differing)
      expect(changedTerms(termsIn(ofType(await noticed(ticket, 'ticket.amended'), 'approval.granted')[0]), TERMS)).toEqual([])
    },
  )

  test('amended before the last signature: the sweep claims only the signature that came after it', async () => {
    const ticket = await ticketOf(here, invoice('inv_between'), 'between')
    const { code, lead, head, post } = people(there)
    await code(ticket)
    await lead(ticket)
    await post(ticket, 'amend', { by: 'C.Lind', changes: { dueOn: '2026-01-20' } })
    await head(ticket)
    expect(ofType(await swept(ticket), 'approval.granted').map((one) => [one.data['step'], termsIn(one).dueOn])).toEqual([
      ['2', '2026-01-20'],
    ])
    const pushed = ofType(await noticed(ticket, 'ticket.greenlit'), 'approval.granted')
    expect(new Map(pushed.map((one) => [one.data['step'], termsIn(one).dueOn]))).toEqual(
      new Map([
        ['1', '2026-02-11'],
        ['2', '2026-01-20'],
      ]),
    )
  })

  test.each([
    ['known by a tax number', { ...TERMS, supplier: 'public|supplier-tax|20112340199' }],
    ['known by a register number', { ...TERMS, supplier: 'public|supplier-register|HRB12345' }],
    ['known by its name alone', { ...TERMS, supplier: 'public|supplier-name|atelier müller' }],
    ['billing a company known by its name, by direct debit', { ...TERMS, payee: 'none', entity: 'public|entity-name|nordlicht | handel' }],
  ])('a supplier %s comes back as it was sent', async (what, terms) => {
    const name = what.replaceAll(/\W/gu, '')
    const ticket = await ticketOf(here, invoice(`inv_${name}`, {}, terms), name)
    await people(there).code(ticket)
    await people(there).lead(ticket)
    const [granted] = ofType(await swept(ticket), 'approval.granted')
    expect(changedTerms(termsIn(granted), terms)).toEqual([])
    await people(there).post(ticket, 'amend', { by: 'C.Lind', changes: { creditor: { name: 'Somebody Else' } } })
    await people(there).head(ticket)
    const [completed] = ofType(await swept(ticket), 'approval.completed')
    expect(changedTerms(termsIn(completed), terms)).toEqual(['supplier'])
  })

  test('a ticket that the hub did not open is not told', async () => {
    const opened = await there.call('POST', '/tickets', {
      corrRef: 'of others',
      billKind: 'BILL',
      billNo: '1',
      billedOn: '2026-01-12',
      legalUnit: '1000',
      creditor: { name: 'X' },
      ccy: 'EUR',
      netTotal: '1',
      taxTotal: '0',
      grossTotal: '1',
      openedBy: 'x',
    })
    await people(there)
      .post(opened.body.ticketNo, 'decline', { by: 'C.Lind', reason: 'x' })
      .catch(() => undefined)
    expect(await swept(opened.body.ticketNo)).toEqual([])
  })

  test('a ticket was never amended as long as its revision is the first', async () => {
    expect((await there.call('GET', '/tickets')).body.tickets.find((row: { corrRef: string }) => row.corrRef === 'inv_a').rev).toBe(1)
  })

  test('signatures: either secret of a rotation fits; another secret, byte, id, time or none does not', () => {
    const push = got[0]!
    const verify = (change: Partial<Pushed> = {}, secrets: string[] = [PRESENT], now = push.at): unknown =>
      connector.notices?.verify(change.raw ?? push.raw, { ...push.headers, ...change.headers }, secrets, now)
    expect([verify(), verify({}, [FORMER]), verify({}, ['whsec_AAAA', PRESENT]), verify({}, [`${FORMER} ${PRESENT}`])]).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ])
    const changed = Uint8Array.from(push.raw)
    changed[10]! ^= 1
    const refused = { refused: 'no signature fits' }
    expect(verify({ raw: changed })).toEqual(refused)
    expect(verify({}, ['whsec_AAAA'])).toEqual(refused)
    expect(verify({}, [])).toEqual(refused)
    expect(verify({}, ['', 'whsec_', 'not base64 !'])).toEqual(refused)
    expect(verify({ headers: { 'webhook-id': 'msg_other' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-signature': '' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-signature': 'v1,' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-signature': push.headers['webhook-signature']?.replaceAll('v1,', 'v2,') ?? '' } })).toEqual(refused)
    expect(verify({ headers: { 'webhook-timestamp': '1' } })).toMatchObject({ refused: expect.stringContaining('300 s') })
    const sentAt = Number(push.headers['webhook-timestamp']) * 1_000
    expect([verify({}, [PRESENT], sentAt + 299_000), verify({}, [PRESENT], sentAt - 299_000)]).toEqual(['ok', 'ok'])
    expect([verify({}, [PRESENT], sentAt + 301_000), verify({}, [PRESENT], sentAt - 301_000)]).toMatchObject([
      { refused: expect.any(String) },
      { refused: expect.any(String) },
    ])
    expect(verify({ headers: { 'webhook-timestamp': '1e9' } })).toMatchObject({ refused: expect.stringContaining('malformed') })
  })
})
