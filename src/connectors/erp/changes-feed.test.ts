import { describe, expect, test } from 'vitest'
import { pain001, batch, payment } from '../../formats/bank/sample-files.ts'
import { hexOf } from '../../lib/hash.ts'
import type { Feed, Observation, Unreadable } from '../../connector/contract.ts'
import type { HttpReply, HttpRequest, Request } from '../../connector/request.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { changesFeed } from './changes-feed.ts'
import { ErpConfig, type Setting } from './config.ts'

const setting = (more: object = {}): Setting => ({ system: 'erp', sha256, config: ErpConfig.parse({ url: 'http://127.0.0.1:1', ...more }) })
const AT = '2026-02-01T10:00:00.000Z'
type Row = Record<string, unknown>

const change = (what: string, verb: string, key: string, row: Row): Row => ({ at: AT, op: 'x', what, verb, key, row })
const document = (docNo: string, more: Row = {}): Row => ({
  docNo,
  companyCode: '1000',
  docType: 'KR',
  vendorNo: 'K-1',
  vendorDocNo: 'RE-1',
  postingDate: '2026-01-15',
  waers: 'EUR',
  grossAmt: '119.00',
  payBlock: '',
  extRef: `inv_${docNo}`,
  zFields: {},
  lifecycle: 'BOOKED',
  bookedAt: AT,
  changedAt: AT,
  ...more,
})
const run = (file: Uint8Array, payments: Row[]): Row => ({
  runNo: 'R1',
  companyCode: '1000',
  waers: 'EUR',
  lifecycle: 'RELEASED',
  releases: [
    { by: 'a', at: AT },
    { by: 'b', at: AT },
  ],
  payments,
  file: { name: 'f.xml', msgId: 'MSG-1', sha256: hexOf(sha256(file)), count: 1, ctrlSum: '10.00' },
})
const planned = (payDocNo: string): Row => ({
  vendorNo: 'K-1',
  payDocNo,
  amt: '10.00',
  items: [
    { docNo: '1', docType: 'KR', amt: '12.00' },
    { docNo: '2', docType: 'KG', amt: '2.00' },
  ],
})

const paymentDoc = (lifecycle: string): Row => ({
  payDocNo: 'P1',
  msgId: 'M',
  endToEndId: 'P1',
  companyCode: '1000',
  vendorNo: 'K-1',
  amt: '10.00',
  waers: 'EUR',
  executeOn: '2026-02-01',
  lifecycle,
  clearings: [],
})

const json = (value: unknown, status = 200): HttpReply => ({
  transport: 'http',
  status,
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode(JSON.stringify(value)),
})
const xml = (bytes: Uint8Array, hash = hexOf(sha256(bytes))): HttpReply => ({
  transport: 'http',
  status: 200,
  headers: { 'x-file-sha256': hash },
  body: bytes,
})

/** An ERP in memory: `rows` come in pages of `size`; other paths are answered from `more`. */
const erp =
  (rows: readonly Row[], size: number, more: Record<string, HttpReply> = {}) =>
  (request: Request): HttpReply => {
    const { path } = request as HttpRequest
    if (!path.startsWith('/changes')) return more[path] ?? json({ msgs: [{ msgId: 'F5-404', text: 'There is none.' }] }, 404)
    const after = Number(new URL(path, 'http://x').searchParams.get('after'))
    const page = rows.slice(after, after + size).map((row, index) => ({ mark: `m${after + index}`, ...row }))
    return json({ rows: page, next: String(after + page.length), more: after + page.length < rows.length })
  }

function readAll(feed: Feed, answer: (request: Request) => HttpReply): { facts: Observation[]; unreadable: Unreadable[]; longest: number } {
  const kept = new Map<string, Uint8Array>()
  const facts: Observation[] = []
  const unreadable: Unreadable[] = []
  let cursor: string | null = null
  let longest = 0
  for (let page = 0, more = true; more; page++) {
    if (page > 500) throw new Error('the feed does not end')
    for (const hash of feed.documents?.(cursor) ?? []) expect(kept.has(hash)).toBe(true)
    const read = feed.readPage(answer(feed.poll(cursor)), cursor, (hash) => kept.get(hash)!)
    if ('trouble' in read) throw new Error(read.trouble)
    for (const one of read.documents ?? []) kept.set(hexOf(sha256(one.bytes)), one.bytes)
    facts.push(...read.observations)
    unreadable.push(...(read.unreadable ?? []))
    cursor = read.cursor
    longest = Math.max(longest, cursor?.length ?? 0)
    more = read.more
  }
  return { facts, unreadable, longest }
}

const FILE = pain001(batch(payment('P1', '10.00')), { sum: '10.00' })
const COMPANY = change('COMPANY', 'CREATED', '1000', { companyCode: '1000', name: 'Us', vatReg: 'DE1', waers: 'EUR', houseAccounts: [] })
const taxKey = (key: string, more: Row = {}): Row => ({
  taxKey: key,
  companyCode: '*',
  category: 'S',
  pct: '19',
  selfAssessed: false,
  ...more,
})

describe('pages', () => {
  const rows = [
    COMPANY,
    change('TAX', 'CREATED', 'S-19', taxKey('S-19')),
    change('DOCUMENT', 'BOOKED', '1', document('1')),
    change('DOCUMENT', 'BOOKED', '2', document('2')),
    change('DOCUMENT', 'STORNO', '2', { docNo: '2', lifecycle: 'STORNO', stornoDocNo: '59', changedAt: AT }),
    change('RUN', 'PROPOSED', 'R1', {}),
    change('RUN', 'RELEASED', 'R1', run(FILE, [planned('P1')])),
    change('DOCUMENT', 'ATTACHED', '1', { docNo: '1', attachCount: 1 }),
    change('DOCUMENT', 'BOOKED', '3', document('3')),
  ]
  const more = {
    '/runs/R1/file': xml(FILE),
    '/documents/2': json(document('2', { lifecycle: 'STORNO', stornoDocNo: '59', stornoReason: '01' })),
    '/tax-keys?category=S&pct=19&limit=1000': json({ rows: [taxKey('S-19')], next: null }),
  }

  test.each([1, 2, 3, 4, 100])('of %i rows lose nothing and double nothing, also where a row needs another call', (size) => {
    const { facts, unreadable } = readAll(changesFeed(setting()), erp(rows, size, more))
    expect(unreadable).toEqual([])
    expect(facts.map((fact) => fact.type)).toEqual([
      'reference.read',
      'reference.read',
      'posting.confirmed',
      'posting.confirmed',
      'posting.reversed',
      'payment.instructed',
      'payment.released',
      'file.completed',
      'posting.confirmed',
    ])
    expect(facts[5]?.data).toMatchObject({
      amount: '10.00',
      items: [
        { posting: 'erp|posting|1000 1', amount: '12.00' },
        { posting: 'erp|posting|1000 2', amount: '-2.00' },
      ],
    })
    expect(new Set(facts.map((fact) => fact.eventId)).size).toBe(facts.length)
  })

  test('rows that nobody can read are kept and passed over; a page that is none is asked for again', () => {
    const strange = [
      { nonsense: true },
      change('WAREHOUSE', 'CREATED', '1', {}),
      change('DOCUMENT', 'BOOKED', '9', { docNo: '9', grossAmt: 'many' }),
      change('DOCUMENT', 'BOOKED', '1', document('1')),
    ]
    const { facts, unreadable } = readAll(changesFeed(setting()), erp(strange, 10))
    expect(facts.map((fact) => fact.eventId)).toEqual(['document|1|booked'])
    expect(unreadable.map((one) => one.reference)).toEqual(['after 0 row 0', 'change m1', 'change m2'])
    expect(JSON.parse(new TextDecoder().decode(unreadable[2]?.bytes))).toMatchObject({ row: { grossAmt: 'many' } })
    const feed = changesFeed(setting())
    const none = (): Uint8Array => new Uint8Array()
    for (const reply of [json({}, 500), json({ rows: 'x' }), { ...json(0), body: new TextEncoder().encode('<html>') }])
      expect(feed.readPage(reply, null, none)).toHaveProperty('trouble')
  })

  test('the cursor stays short however many companies there are, and one that is not ours is the beginning', () => {
    const many = Array.from({ length: 400 }, (_, at) =>
      change('COMPANY', 'CREATED', `C${at}`, { companyCode: `C${at}`, name: 'x', waers: 'EUR', houseAccounts: [] }),
    )
    expect(readAll(changesFeed(setting()), erp([...many, ...rows], 50, more)).longest).toBeLessThan(4_000)
    expect(changesFeed(setting()).poll('{"after":5}')).toEqual(changesFeed(setting()).poll(null))
  })
})

describe('payment files', () => {
  const told = (file: Uint8Array, plan: Row[]): { types: string[]; findings: string } => {
    const { facts } = readAll(
      changesFeed(setting()),
      erp([change('RUN', 'RELEASED', 'R1', run(file, plan))], 10, { '/runs/R1/file': xml(file) }),
    )
    return { types: facts.map((fact) => fact.type), findings: JSON.stringify(facts.at(-1)?.data['findings']) }
  }

  test('one that arrives otherwise than it left is asked for again; one that the ERP does not give is shown to a person', () => {
    const rows = [change('RUN', 'RELEASED', 'R1', run(FILE, [planned('P1')])), change('DOCUMENT', 'BOOKED', '1', document('1'))]
    expect(() => readAll(changesFeed(setting()), erp(rows, 10, { '/runs/R1/file': xml(FILE.slice(0, 100), hexOf(sha256(FILE))) }))).toThrow(
      'did not arrive as it was sent',
    )
    expect(() => readAll(changesFeed(setting()), erp(rows, 10, { '/runs/R1/file': { ...xml(FILE), headers: {} } }))).toThrow(
      'did not arrive',
    )
    const { facts, unreadable } = readAll(changesFeed(setting()), erp(rows, 10))
    expect(unreadable).toMatchObject([{ reference: 'run R1', says: expect.stringContaining('F5-404') }])
    expect(facts.map((fact) => fact.type)).toEqual(['posting.confirmed'])
  })

  test('payments that run and file do not share, another MsgId and bytes that cannot be read are findings', () => {
    expect(told(FILE, [planned('P1')])).toEqual({ types: ['payment.instructed', 'payment.released', 'file.completed'], findings: '[]' })
    expect(told(FILE, [planned('P2')]).findings).toMatch(
      /Payment P2 of the run is not in the file\.","Payment P1 of the file is not in the run\./,
    )
    expect(told(pain001(batch(payment('P1', '10.00')), { id: 'OTHER' }), [planned('P1')]).findings).toContain(
      'The file is OTHER; the run says MSG-1.',
    )
    expect(told(pain001(batch(payment('P1', '10.00')), { count: '2', sum: '11.00' }), [planned('P1')]).findings).toMatch(
      /count-differs.*sum-differs/,
    )
    const broken = told(new TextEncoder().encode('<Document>'), [planned('P1')])
    expect(broken.types).toEqual(['payment.released', 'file.completed'])
    expect(broken.findings).toContain('cannot be read')
  })
})

describe('words and rows', () => {
  const facts = (rows: Row[], more: object = {}, answers: Record<string, HttpReply> = {}): Observation[] =>
    readAll(changesFeed(setting(more)), erp(rows, 10, answers)).facts

  test('a verb that no table has is reported as it stands, without a claim', () => {
    const payment = paymentDoc('X')
    expect(
      facts([
        change('DOCUMENT', 'ARCHIVED', '1', { docNo: '1' }),
        change('PAYMENT', 'FROZEN', 'P1', payment),
        change('RUN', 'MERGED', 'R1', {}),
      ]).map((one) => [one.type, one.about[0]?.names.at(-1), one.data]),
    ).toEqual([
      ['status.reported', 'erp|document|1', { system: 'erp', facet: 'posting', word: 'ARCHIVED' }],
      ['status.reported', 'erp|payment-doc|P1', { system: 'erp', facet: 'settlement', word: 'FROZEN' }],
      ['status.reported', 'erp|run|R1', { system: 'erp', facet: 'transmission', word: 'MERGED' }],
    ])
  })

  test('a block set and lifted is one hold; a void payment is cancelled', () => {
    const payment = paymentDoc('VOID')
    const [placed, , lifted, , cancelled] = facts([
      change('DOCUMENT', 'BLOCKED', '1', { docNo: '1', payBlock: 'R' }),
      change('DOCUMENT', 'UNBLOCKED', '1', { docNo: '1', payBlock: '' }),
      change('PAYMENT', 'VOID', 'P1', payment),
    ])
    expect([placed?.type, lifted?.type, cancelled?.type]).toEqual(['hold.placed', 'hold.released', 'payment.cancelled'])
    expect(placed?.data['hold']).toBe(lifted?.data['hold'])
  })

  test('what the ERP shows as paid is told with its document, for whoever does not know it; what the hub cleared itself is not', () => {
    const number = { entity: '1000', supplier: 'K-1', amount: '10.00', currency: 'EUR', on: '2026-02-01' }
    const [confirmed, another] = facts([change('PAYMENT', 'CONFIRMED', 'P1', paymentDoc('CONFIRMED'))])
    expect([confirmed?.about, confirmed?.data['document'], another]).toEqual([
      [{ names: ['public|payment|M P1', 'erp|payment-doc|P1'], create: 'payment' }],
      { number: 'P1', ...number },
      undefined,
    ])
    const clearing = {
      clearingDocNo: '15',
      means: 'NETTING',
      companyCode: '1000',
      vendorNo: 'K-1',
      payDocNo: null,
      waers: 'EUR',
      bookedOn: '2026-02-01',
      bookedAt: AT,
      lines: [
        { docNo: '1', amt: '12.00' },
        { docNo: '2', amt: '-2.00' },
      ],
      by: 'a.clerk',
    }
    const alone = (more: object): Observation[] =>
      facts([change('CLEARING', 'BOOKED', '15', { ...clearing, ...more })]).filter(({ data }) => data['document'] !== undefined)
    expect(alone({}).map(({ about, data }) => [about, data['document']])).toEqual([
      [
        [{ names: ['erp|booked-clearing|1000 15'], create: 'payment' }],
        {
          number: '15',
          ...number,
          amount: '10',
          clears: [
            { posting: 'erp|posting|1000 1', amount: '12.00' },
            { posting: 'erp|posting|1000 2', amount: '-2.00' },
          ],
        },
      ],
    ])
    expect([...alone({ payDocNo: 'P1' }), ...alone({ by: setting().config.user })]).toEqual([])
  })

  test('a difference of a clearing with several documents is told as a word, not given to one of them', () => {
    const clearing = {
      clearingDocNo: '15',
      means: 'BANK',
      companyCode: '1000',
      vendorNo: 'K-1',
      payDocNo: 'P1',
      waers: 'EUR',
      bookedOn: '2026-03-01',
      bookedAt: AT,
      lines: [
        { docNo: '1', amt: '10' },
        { docNo: '2', amt: '10' },
      ],
      differences: [{ reasonKey: 'SKONTO', amt: '1' }],
    }
    expect(facts([change('CLEARING', 'BOOKED', '15', clearing)]).map((one) => [one.type, one.data['word']])).toEqual(
      [1, 2].map(() => ['status.reported', 'SKONTO 1 of clearing 15']),
    )
    const strange = { ...clearing, lines: [{ docNo: '1', amt: '10' }], differences: [{ reasonKey: 'GIFT', amt: '1' }] }
    expect(facts([change('CLEARING', 'BOOKED', '15', strange)]).map((one) => [one.type, one.data['word'], one.data['claims']])).toEqual([
      ['status.reported', 'GIFT', undefined],
    ])
  })

  test('a user who changed loses what he had and gets what he has; a limit of one company is nobody’s authority everywhere', () => {
    const user = {
      userId: 'Anna',
      name: 'Anna',
      limits: [
        { companyCode: '*', waers: 'EUR', upTo: '100' },
        { companyCode: '1000', waers: 'EUR', upTo: '999999' },
      ],
    }
    expect(facts([change('USER', 'CHANGED', 'Anna', user)]).map((one) => [one.type, one.data['limit'] ?? one.data['on']])).toEqual([
      ['authority.revoked', '2026-01-31'],
      ['authority.granted', '100'],
    ])
  })

  test('a period is told with its days, whatever the year is; a special one, and one of another ledger, are not', () => {
    const period = (from: string, to: string, gate = 'OPEN', more: object = {}): unknown[] =>
      facts([change('PERIOD', 'CHANGED', 'x', { companyCode: '1000', fiscalYear: 2026, periodNo: 10, from, to, gate, ...more })]).map(
        ({ type, data }) => [type, data['from'], data['to'], data['accounts']],
      )
    expect(period('2026-01-01', '2026-01-31', 'SHUT')).toEqual([['period.closed', '2026-01-01', '2026-01-31', '*']])
    expect(period('2025-12-28', '2026-01-24', 'OPEN', { accounts: 'K' })).toEqual([['period.opened', '2025-12-28', '2026-01-24', 'K']])
    expect([
      ...period('2026-03-31', '2026-03-31', 'OPEN', { special: true, periodNo: 13 }),
      ...period('2026-01-01', '2026-01-31', 'OPEN', { ledger: '2L' }),
    ]).toEqual([])
    expect(period('2026-01-01', '2026-01-31', 'AJAR')).toEqual([['period.closed', '2026-01-01', '2026-01-31', '*']])
  })

  test('of several tax keys the company’s own, the vendor’s or the configured one is meant; else nothing is told', () => {
    const told = (keys: Row[], more: object = {}): unknown =>
      facts([COMPANY, change('TAX', 'CREATED', 'x', taxKey('x'))], more, {
        '/tax-keys?category=S&pct=19&limit=1000': json({ rows: keys, next: null }),
      })
        .filter((one) => one.data['asked'] === 'tax-code S 19')
        .map((one) => (one.data['taxCode'] as { code: string }).code)
    expect(told([taxKey('A'), taxKey('B', { pct: '19.00', selfAssessed: true })])).toEqual(['A'])
    expect(told([taxKey('A'), taxKey('B', { companyCode: '1000' }), taxKey('C', { companyCode: '2000' })])).toEqual(['B'])
    expect(told([taxKey('A'), taxKey('B')])).toEqual([])
    expect(told([taxKey('A'), taxKey('B')], { taxCodes: { 'S 19': 'B' } })).toEqual(['B'])
    expect(told([])).toEqual([])
  })

  test('a vendor whose standing nobody knows is not active', () => {
    const vendor = { vendorNo: 'K-1', name: 'x', vatReg: '', payIban: 'FR76', standing: 'SLEEPING', centralBlock: false }
    expect(facts([change('VENDOR', 'CHANGED', 'K-1', vendor)])[0]).toMatchObject({
      about: [{ names: ['erp|supplier|K-1', 'public|supplier-name|x'] }],
      data: { supplier: { active: false } },
    })
  })
})
