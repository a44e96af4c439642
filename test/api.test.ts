import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axesOf } from '../src/domain/axes.ts'
import type { Problem } from '../src/api/problem.ts'
import type { Trace } from '../src/export/trace.ts'
import { askEverything, unseen } from './answer-shapes.ts'
import { bookIds } from './book-ids.ts'
import { apiOf, type Row } from './company-api.ts'
import { figure, malformed } from './metrics-text.ts'
import { tryOut, type TryOut } from './try-out.ts'

let company: TryOut
let files: string[]
beforeAll(async () => {
  company = await tryOut()
  files = await company.sample(6)
  await company.send(files)
  await company.quiet(60_000)
}, 120_000)
afterAll(async () => {
  await company.end()
}, 30_000)

const { address, call, post, get, paidOne, invoices, cases, caseOf, eventually } = apiOf(() => company)

type Asked = { id: string; kind: string; candidates?: { id: string; kind: string }[] }

/** A sample invoice with another number and whatever else is to be wrong with it. */
function altered(number: string, change: (xml: string) => string = (xml) => xml): string {
  const xml = readFileSync(files[0]!, 'utf8')
  return change(xml.replace(/<cbc:ID>[^<]*<\/cbc:ID>/u, `<cbc:ID>${number}</cbc:ID>`))
}

/** Ten entities, each ten times the one before. */
const BOMB = Array.from({ length: 10 }, (_, n) => `<!ENTITY a${n + 1} "${`&a${n || ''};`.repeat(10)}">`)

describe('documents that are no invoice', () => {
  /** What it is, how it is made, and a word that the sentence has where the document says what is wrong with it. */
  const hostile: readonly (readonly [string, () => string | Buffer, string?])[] = [
    ['plain text', () => 'hello'],
    ['HTML', () => '<html><body><script>alert(1)</script></body></html>'],
    ['XML of another kind', () => '<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>'],
    ['an entity bomb', () => `<!DOCTYPE l [<!ENTITY a "aaaa">${BOMB.join('')}]><l>&a10;</l>`],
    ['an external entity', () => '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>'],
    ['deep nesting', () => '<a>'.repeat(100_000)],
    ['NUL in the middle', () => altered('N-1', (xml) => xml.replace('</cbc:IssueDate>', '\u0000</cbc:IssueDate>'))],
    [
      'half of a surrogate pair',
      () => altered('N-2', (xml) => xml.replace('<cbc:IssueDate>', '<cbc:Note>&#xD800;</cbc:Note><cbc:IssueDate>')),
    ],
    ['a letter cut in half', () => Buffer.concat([Buffer.from(altered('N-7')), Buffer.from('ä').subarray(0, 1)])],
    ['half a file', () => altered('N-3').slice(0, 2_000)],
    ['an invoice without a date', () => altered('N-4', (xml) => xml.replace(/<cbc:IssueDate>.*<\/cbc:IssueDate>/u, ''))],
    [
      'a day that does not exist',
      () => altered('N-5', (xml) => xml.replace(/<cbc:IssueDate>.*<\/cbc:IssueDate>/u, '<cbc:IssueDate>2026-02-30</cbc:IssueDate>')),
    ],
    ['an amount with an exponent', () => altered('N-6', (xml) => xml.replace(/(<cbc:PayableAmount[^>]*>)[^<]*/u, '$11e2'))],
    ['a currency that does not exist', () => altered('N-8', (xml) => xml.replaceAll(/EUR|SEK/gu, 'ZZZ')), 'ZZZ'],
    ['a zip file', () => Buffer.from('PK\u0003\u0004 and so on')],
  ]

  const rows = hostile.map(([what, make, word = '']) => [what, make, word] as const)
  it.each(rows)('%s is kept, told with a sentence, and becomes a case with the document behind it', async (what, make, word) => {
    const bytes = Buffer.from(make())
    const before = await company.summary()
    const reply = await call('POST', `/v1/documents?name=${encodeURIComponent(what)}.xml`, bytes)
    expect(reply.status).toBe(422)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    const problem = (await reply.json()) as Problem & { document: string; refused: { code: string; says: string } }
    expect(problem).toMatchObject({ code: 'document-not-read', document: createHash('sha256').update(bytes).digest('hex') })
    expect(problem.refused.says.length).toBeGreaterThan(10)
    expect(problem.refused.says).toContain(word)
    expect(JSON.stringify(problem)).not.toMatch(/\.ts\b|\bat \w+ \(|undefined|passwd|alert/u)
    // Nothing is lost: the bytes come back as they were, as a file that no browser runs.
    const kept = await call('GET', `/v1/documents/${problem.document}`)
    expect(Buffer.from(await kept.arrayBuffer()).equals(bytes)).toBe(true)
    expect(kept.headers.get('content-disposition')).toMatch(/^attachment; filename="[0-9a-f]{64}\.xml"$/u)
    expect([kept.headers.get('x-content-type-options'), kept.headers.get('content-security-policy')]).toEqual([
      'nosniff',
      expect.stringContaining('sandbox'),
    ])
    await eventually(async () => (await company.summary()).refused === before.refused + 1, 10_000)
  })

  it('each has one case, which a person closes by explaining it', async () => {
    const open = (await cases()).filter(({ cause }) => cause === 'unreadable-document')
    expect(open.length).toBe(hostile.length)
    const [first] = open
    const reply = await company.post<{ status: number; outcome: string }>(`/v1/exceptions/${first!.id}/answers`, {
      action: 'explained',
      reason: 'It was spam.',
      person: 'anna',
    })
    expect(reply).toMatchObject({ status: 200, outcome: 'new' })
    await eventually(
      async () => (await cases()).filter(({ cause }) => cause === 'unreadable-document').length === hostile.length - 1,
      10_000,
    )
    const closed = await company.post<Problem>(`/v1/exceptions/${first!.id}/answers`, {
      action: 'explained',
      reason: 'Once more.',
      person: 'anna',
    })
    expect(closed).toMatchObject({ status: 409, code: 'exception-moved' })
  })

  it('the same bytes again are the same document and no second case', async () => {
    const before = await company.summary()
    expect((await call('POST', '/v1/documents?name=plain%20text.xml', 'hello')).status).toBe(422)
    expect((await company.summary()).refused).toBe(before.refused)
  })
})

describe('documents that are invoices with something wrong in them', () => {
  it('amounts that do not add up are taken, and become a case that can be rejected', async () => {
    const reply = await call(
      'POST',
      '/v1/documents?name=sum.xml',
      altered('A-1', (xml) => xml.replace(/(<cbc:PayableAmount[^>]*>)[^<]*/u, '$199999.99')),
    )
    expect(reply.status).toBe(200)
    const { received } = (await reply.json()) as { received: { invoice: string; number: string }[] }
    expect(received).toMatchObject([{ number: 'A-1' }])
    const invoice = received[0]!.invoice
    const found = await caseOf('arithmetic', invoice)
    expect(found.actions.map(({ action }) => action)).toEqual(['reject'])

    const answer = (change: object): Promise<Problem & { outcome?: string }> =>
      company.post(`/v1/exceptions/${found.id}/answers`, {
        action: 'reject',
        reason: 'The supplier sends a new one.',
        person: 'anna',
        version: found.version,
        ...change,
      })
    expect(await answer({ action: 'accept-difference' })).toMatchObject({
      status: 422,
      code: 'answer-not-taken',
      detail: expect.stringContaining('reject') as string,
    })
    expect(await answer({ second: 'Anna ' })).toMatchObject({ status: 422, code: 'answer-not-taken' })
    expect(await answer({ version: found.version + 7 })).toMatchObject({ status: 409, code: 'exception-moved' })
    expect(await answer({})).toMatchObject({ status: 200, outcome: 'new' })
    // The reply was lost and the same answer comes again: it is not given twice.
    expect(await answer({})).toMatchObject({ status: 200, outcome: 'repeat' })
    expect(await answer({ person: 'berta' })).toMatchObject({ status: 409 })
    const object = await get<{ headline: { state: string } }>(`/v1/objects/${invoice}`)
    expect(object.headline.state).toBe('rejected')
    expect((await cases()).filter(({ about }) => about === invoice)).toEqual([])
    const trace = await get<Trace>(`/v1/trace/${invoice}`)
    expect(
      trace.steps
        .filter(({ type }) => type === 'exception.answered' || type === 'invoice.rejected')
        .map(({ type, actor }) => `${type} ${actor}`)
        .toSorted(),
    ).toEqual(['exception.answered person:anna', 'invoice.rejected person:anna'])
  })

  it('a currency that the company does not take is a case', async () => {
    await call(
      'POST',
      '/v1/documents?name=zwl.xml',
      altered('A-2', (xml) => xml.replaceAll('EUR', 'ISK').replaceAll('SEK', 'ISK')),
    )
    const invoice = (await invoices()).find(({ title }) => title === 'A-2')!
    expect((await caseOf('currency-refused', invoice.id)).says).toContain('ISK')
  })
})

describe('facts', () => {
  const fact = { specversion: '1.0', source: 'erp', time: '2026-11-20T08:00:00Z' }

  it('another body under the same id is refused, and the first stands', async () => {
    const event = { ...fact, id: 'blocked 1', type: 'supplier.blocked', data: { supplier: 'K-NOBODY', reason: 'a test' } }
    expect(await (await post(event)).json()).toMatchObject({
      outcome: 'parked',
      grade: 'acknowledged',
      event: expect.stringMatching(/^evt_[0-9a-f]{26}$/u) as string,
    })
    expect(await (await post(event)).json()).toMatchObject({ outcome: 'repeat' })
    const other = await post({ ...event, data: { supplier: 'K-NOBODY', reason: 'something else' } })
    expect([other.status, ((await other.json()) as Problem).code]).toEqual([422, 'event-id-reused'])
  })

  it('a word without authority is recorded as a claim and moves nothing', async () => {
    const invoice = await paidOne()
    type Seen = { headline: object; axes: ReturnType<typeof axesOf>; state: { claims: number } }
    const before = await get<Seen>(`/v1/objects/${invoice.id}`)
    const reply = await post({
      ...fact,
      source: 'ap',
      id: 'claim 1',
      type: 'posting.reversed',
      subject: invoice.id,
      data: { postingNo: '5100', entity: '1000', reversalNo: '1', reversedOn: '2026-11-20' },
    })
    expect(await reply.json()).toMatchObject({ outcome: 'new', grade: 'claimed' })
    const after = await get<Seen>(`/v1/objects/${invoice.id}`)
    expect({ ...after, state: after.state.claims }).toMatchObject({
      headline: before.headline,
      axes: before.axes,
      state: before.state.claims + 1,
    })
    const trace = await get<Trace>(`/v1/trace/${invoice.id}`)
    expect(trace.steps.at(-1)).toMatchObject({ type: 'posting.reversed', grade: 'claimed', system: 'ap' })
  })

  it('a status that is not mapped is a case for engineering, and is not guessed', async () => {
    const invoice = await paidOne()
    await post({
      ...fact,
      source: 'ap',
      id: 'status 1',
      type: 'status.reported',
      time: new Date().toISOString(),
      subject: invoice.id,
      data: { system: 'ap', facet: 'status', word: 'GONE_FISHING' },
    })
    expect((await caseOf('unmapped-status', invoice.id)).says).toContain('GONE_FISHING')
    expect((await invoices()).find(({ id }) => id === invoice.id)?.state).toBe('archived')
  })

  it('a document that is named has to be kept first', async () => {
    const event = (document: string): object => ({
      ...fact,
      source: 'bank',
      id: `acc ${document.slice(0, 4)}`,
      type: 'payment.accepted',
      data: { messageId: 'M-NONE', code: 'ACCP', document },
    })
    const missing = await post(event('f'.repeat(64)))
    expect([missing.status, ((await missing.json()) as Problem).detail]).toEqual([422, expect.stringContaining('/v1/documents')])
    const { document } = (await (await call('POST', '/v1/documents?as=evidence&name=pain002.xml', '<Document/>')).json()) as {
      document: string
    }
    expect(await (await post(event(document))).json()).toMatchObject({ outcome: 'parked' })
    expect((await company.summary()).exceptions['unreadable-document']).toBeDefined()
  })

  it('a batch takes the good ones', async () => {
    const event = (id: string, supplier: unknown): object => ({
      ...fact,
      id,
      type: 'supplier.blocked',
      data: { supplier, reason: 'a test' },
    })
    const reply = await call(
      'POST',
      '/v1/events',
      JSON.stringify([event('b1', 'K-1X'), event('b2', 7), event('b1', 'K-1X'), event('b1', 'K-2X')]),
      'application/cloudevents-batch+json',
    )
    expect(reply.status).toBe(207)
    const { receipts } = (await reply.json()) as { receipts: { outcome: string; problem?: Problem }[] }
    expect(receipts.map(({ outcome, problem }) => problem?.code ?? outcome)).toEqual([
      'parked',
      'event-not-valid',
      'repeat',
      'event-id-reused',
    ])
  })

  it('after all of this a good invoice still goes through', async () => {
    const known = new Set((await invoices()).map(({ id }) => id))
    await company.send((await company.sample(7)).slice(6))
    await eventually(async () => (await invoices()).some(({ id, state }) => !known.has(id) && state === 'archived'), 60_000)
  }, 90_000)
})

describe('reading', () => {
  it('an invoice has those that it names or corrects, and those that name or correct it, as links', async () => {
    const sent = async (xml: string): Promise<string> => {
      const reply = await call('POST', '/v1/documents?name=linked.xml', Buffer.from(xml))
      return ((await reply.json()) as { received: { invoice: string }[] }).received[0]!.invoice
    }
    const naming = (type: string): ((xml: string) => string) => {
      const reference =
        '<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>L-1</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>'
      return (xml) =>
        xml
          .replace(/(<cbc:InvoiceTypeCode[^>]*>)[^<]*/u, `$1${type}`)
          .replace('<cac:AccountingSupplierParty>', `${reference}<cac:AccountingSupplierParty>`)
    }
    const links = async (id: string): Promise<{ invoice: string; is: string; number: string }[]> =>
      (await get<{ links: { invoice: string; is: string; number: string }[] }>(`/v1/objects/${id}`)).links
    const first = await sent(altered('L-1'))
    const correction = await sent(altered('L-2', naming('384')))
    const another = await sent(altered('L-3', naming('380')))
    await eventually(async () => (await links(first)).length === 2, 20_000)
    const told = new Map((await links(first)).map(({ invoice, is, number }) => [invoice, `${is} ${number}`]))
    expect([told.size, told.get(correction), told.get(another)]).toEqual([2, 'corrected-by L-2', 'named-by L-3'])
    expect((await links(correction))[0]).toMatchObject({ invoice: first, is: 'corrects', number: 'L-1' })
    expect((await links(another))[0]).toMatchObject({ invoice: first, is: 'names', number: 'L-1' })
  }, 40_000)

  it('finds an invoice and what pays it by every id that a system has for them in its own books', async () => {
    const invoice = await paidOne()
    const found = async (id: string): Promise<string[]> => {
      const { candidates, ...one } = (await (await call('GET', `/v1/trace/${encodeURIComponent(id)}`)).json()) as Asked
      return (candidates ?? [one]).map(({ id, kind }) => (kind === 'invoice' ? id : kind))
    }
    for (const [kind, ids] of Object.entries(bookIds(company, invoice)))
      for (const id of ids) await expect.poll(() => found(id), { timeout: 20_000, message: id }).toContain(kind)
  })

  it('says so when an id means several things', async () => {
    const xml = altered('A-1', (text) => text.replace(/(<cbc:PayableAmount[^>]*>)[^<]*/u, '$188888.88'))
    await call('POST', '/v1/documents?name=again.xml', xml)
    const two = (await invoices()).filter(({ title }) => title === 'A-1')
    expect(two.length).toBe(2)
    const reply = await call('GET', '/v1/objects/A-1')
    const { candidates } = (await reply.json()) as { candidates: { id: string; title: string }[] }
    expect([reply.status, candidates.map(({ id }) => id).toSorted()]).toEqual([300, two.map(({ id }) => id).toSorted()])
    expect((await call('GET', '/v1/trace/A-1')).status).toBe(300)
    expect((await call('GET', '/v1/objects/nothing-of-the-kind')).status).toBe(404)
    expect((await call('GET', `/v1/objects/inv_${'0'.repeat(26)}`)).status).toBe(404)
  })

  it.each([
    ['invoice', 1, ''],
    ['invoice', 3, '&order=newest'],
    ['invoice', 2, '&order=due&open=true'],
    ['exception', 4, '&order=due&open=true'],
    ['exception', 3, '&open=true'],
  ])('pages through %ss, %i at a time%s: each once, whatever the page', async (kind, limit, query) => {
    const list = (limit: number, after: string): Promise<{ objects: Row[]; next: string | null }> =>
      get(`/v1/objects?kind=${kind}&limit=${limit}${query}${after === '' ? '' : `&after=${after}`}`)
    const ids = (page: { objects: Row[] }): string[] => page.objects.map(({ id }) => id)
    const paged = async (): Promise<string[]> => {
      const seen: string[] = []
      for (let after: string | null = ''; after !== null;) {
        const page = await list(limit, after)
        seen.push(...ids(page))
        after = page.next
      }
      return seen
    }
    // The company goes on working: what closes between two pages is on neither list for long.
    await expect.poll(async () => [await paged(), ids(await list(200, ''))]).toSatisfy(([pages, all]) => isDeepStrictEqual(pages, all))
    expect((await paged()).length).toBeGreaterThan(1)
  })

  it('filters a list, and takes a filter for a word and nothing more', async () => {
    expect(
      (await get<{ objects: Row[] }>('/v1/objects?kind=invoice&state=archived&open=false')).objects.every(
        ({ state }) => state === 'archived',
      ),
    ).toBe(true)
    expect((await get<{ objects: Row[] }>("/v1/objects?kind=invoice&state=paid'%20OR%201=1--")).objects).toEqual([])
  })

  it('tells the systems, the summary, and figures that a monitor can read', async () => {
    const { systems } = await get<{
      systems: { name: string; inStep: number; heardAt: string | null; breaker: { state: string } }[]
    }>('/v1/systems')
    const names = ['erp', 'ap', 'procurement', 'bank', 'archive']
    expect(systems.map(({ name, breaker }) => [name, breaker.state])).toEqual(names.map((name) => [name, 'closed']))
    for (const system of systems) expect(system.heardAt, system.name).toMatch(/^\d{4}-/u)
    const summary = await company.quiet(20_000)
    expect(summary.states['archived']).toBeGreaterThan(0)
    const text = await (await call('GET', '/v1/metrics')).text()
    expect(figure(text, 'tieout_invoices', 'state="archived"')).toBe(summary.states['archived'])
    expect(figure(text, 'tieout_exceptions_open', 'cause="unreadable-document"')).toBe(summary.exceptions['unreadable-document'])
    expect(figure(text, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
    expect(malformed(text)).toEqual([])
    expect(await (await fetch(address('/v1/health'))).json()).toMatchObject({ live: true, ready: true, database: 'ok' })
  })
})

describe('the OpenAPI document', () => {
  it('says of every address what it really answers', async () => {
    const { id: paid } = await paidOne()
    const all = await cases()
    await askEverything(
      (method, path, body) => call(method, path, body === undefined ? undefined : JSON.stringify(body), 'application/json'),
      {
        paid,
        ofInvoice: all.find(({ about, actions }) => about.startsWith('inv_') && actions.some(({ second }) => second))!,
        unreadable: all.find(({ cause }) => cause === 'unreadable-document')!,
      },
    )
    // What is not seen here: two objects of one id twice more, a cut-over, the AP tool's own notices, an absence of the database.
    expect(unseen()).toEqual([
      'GET /v1/objects/{id}/standing 300',
      'POST /v1/cut-overs 200',
      'POST /v1/accruals/{id}/bookings 200',
      'POST /v1/replays 300',
      'POST /v1/notices/{system} 204',
      'GET /v1/health 503',
    ])
  }, 60_000)
})
