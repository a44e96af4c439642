import { Writable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeHub, KEY, type FakeHub } from '../../test/api-context.ts'
import { Fault, FAULTS, type FaultCode } from '../lib/fault.ts'
import { BATCH, SINGLE } from './cloud-events.ts'
import type { Problem } from './problem.ts'
import { ROUTES } from './routes.ts'
import { buildApi, startApi } from './server.ts'

const servers: { close(): unknown }[] = []
afterEach(async () => { for (const server of servers.splice(0)) await server.close() })

interface Reply { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string; json(): never }
type Send = (method: string, url: string, headers?: Record<string, string>, body?: string | Buffer) => Promise<Reply>

/** The API on a fake hub, called with the key unless the headers say otherwise. */
function api(change: Parameters<typeof fakeHub>[0] = {}): { hub: FakeHub; send: Send } {
  const hub = fakeHub(change)
  const server = buildApi(hub.context)
  servers.push(server)
  const send: Send = async (method, url, headers = {}, body) => {
    const reply = await server.inject({ method: method as 'GET', url, headers: { authorization: `Bearer ${KEY}`, ...headers }, ...(body === undefined ? {} : { payload: body }) })
    return { status: reply.statusCode, headers: reply.headers, body: reply.body, json: () => JSON.parse(reply.body) as never }
  }
  return { hub, send }
}

const EVENT = { specversion: '1.0', id: 'e1', source: 'erp', type: 'posting.reversed', time: '2026-01-15T08:00:00Z', subject: `inv_${'0'.repeat(26)}`, data: { docNo: '5100', entity: '1000', reversalNo: '5101', reversedOn: '2026-01-15' } }
const event = (change: object): string => JSON.stringify({ ...EVENT, ...change })
const data = (change: object): string => event({ data: { ...EVENT.data, ...change } })
const order = (price: string): string => event({ type: 'order.issued', data: { number: 'PO-1', entity: '1000', supplier: 'V1', currency: 'EUR', open: true, lines: [{ id: '1', quantity: '2', price, unit: 'C62' }] } })

/** Nothing of ours may show in an answer: no statement, path, stack or name of a class. */
const OURS = /\bat \S+ \(|node_modules|\/work\/|\.ts\b|SELECT |INSERT |Error:|undefined|\[object/u

function problem(reply: Reply): Problem {
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.body).not.toMatch(OURS)
  const found: Problem = reply.json()
  expect(found).toMatchObject({ type: `urn:tieout:fault:${found.code}`, title: FAULTS[found.code].says, status: reply.status })
  expect(found.instance).toMatch(/^urn:tieout:request:[0-9a-f-]{36}$/u)
  expect(found.instance.endsWith(String(reply.headers['request-id']))).toBe(true)
  expect(found.whatToDo.length).toBeGreaterThan(20)
  return found
}

/** What is sent to POST /v1/events, and the fault that it gets. */
const BAD_EVENTS: readonly (readonly [string, string | Buffer, FaultCode, (RegExp | undefined)?, string?])[] = [
  ['what is no JSON', 'not json', 'body-not-json'],
  ['half a JSON line', event({}).slice(0, 40), 'body-not-json'],
  ['nothing', '', 'body-not-json'],
  ['what is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'body-not-json'],
  ['a member twice', event({}).replace('{"specversion"', '{"id":"e0","specversion"'), 'body-not-json', /twice/u],
  ['__proto__', event({}).replace('"data":{', '"data":{"__proto__":{"grade":"settled"},'), 'body-not-json', /__proto__/u],
  ['deep nesting', `{"data":${'['.repeat(10_000)}`, 'body-not-json', /deeper/u],
  ['NUL', data({ docNo: 'a\u0000b' }), 'body-not-clean'],
  ['half of a surrogate pair', data({ docNo: '\ud800' }), 'body-not-clean'],
  ['a number where text is due', data({ docNo: 1e308 }), 'event-not-valid', /^docNo: is not a text\.$/u],
  ['1e309', data({ docNo: 0 }).replace('"docNo":0', '"docNo":1e309'), 'event-not-valid', /docNo/u],
  ['9007199254740993', order('10').replace('"10"', '9007199254740993'), 'event-not-valid', /price/u],
  ['an amount with a comma', order('1,00'), 'event-not-valid', /lines\.0\.price.*decimal/u],
  ['an amount with an exponent', order('1e2'), 'event-not-valid', /decimal/u],
  ['negative zero', order('-0.00'), 'event-not-valid', /decimal/u],
  ['an amount of 40 digits', order('1'.repeat(40)), 'event-not-valid', /decimal/u],
  ['a currency that is no code', event({ type: 'clearing.recorded', data: { docNo: '1', kind: 'fee', amount: '1', currency: 'Euro', reason: 'x' } }), 'event-not-valid', /currency/u],
  ['a day that does not exist', data({ reversedOn: '2026-02-30' }), 'event-not-valid', /calendar date/u],
  ['an unknown member', data({ approvedBy: 'me', tenantId: 'other' }), 'event-not-valid', /no member approvedBy, tenantId/u],
  ['an unknown attribute', event({ tenantid: 'other' }), 'event-not-valid', /no attribute tenantid/u],
  ['a role of its own choice', event({ role: 'erp', source: 'ap' }), 'event-not-valid', /no attribute role/u],
  ['an unknown source', event({ source: 'sap' }), 'event-not-valid', /none of the configured systems \(erp, ap, bank\)/u],
  ['no time', event({ time: undefined }), 'event-not-valid', /time/u],
  ['no subject where it is needed', event({ subject: undefined, type: 'invoice.withdrawn', data: { reason: 'x' } }), 'event-not-valid', /subject/u],
  ['a subject that is no name', event({ subject: 'R-1' }), 'event-not-valid', /subject/u],
  ['no data', event({ data: undefined }), 'event-not-valid', /^is missing\.$/u],
  ['another kind of data', event({ data: [] }), 'event-not-valid', /^is not an object\.$/u],
  ['an unknown type', event({ type: 'com.example.someevent' }), 'event-type-unknown'],
  ['a decision of ours', event({ type: 'invoice.state-moved' }), 'event-type-unknown', /decided by the hub itself/u],
  ['an outcome of a command', event({ type: 'effect.done' }), 'event-type-unknown', /decided by the hub itself/u],
  ['a person’s answer', event({ type: 'exception.answered' }), 'event-type-unknown', /answers/u],
  ['a type named like a method', event({ type: 'toString' }), 'event-type-unknown'],
  ['a status of another system', event({ type: 'status.reported', data: { system: 'ap', facet: 'posting', word: 'x' } }), 'event-not-valid', /its own statuses/u],
  ['another media type', event({}), 'media-type-unknown', undefined, 'application/json'],
  ['another character set', event({}), 'media-type-unknown', /UTF-8/u, `${SINGLE}; charset=utf-16`],
  ['another CloudEvents format', event({}), 'media-type-unknown', /JSON/u, 'application/cloudevents+avro'],
  ['a batch that is none', event({}), 'event-not-valid', /list/u, BATCH],
  ['too many events', JSON.stringify(Array.from({ length: 501 }, () => 1)), 'body-too-large', /500/u, BATCH],
  ['too many bytes', ' '.repeat(2 * 1_048_576 + 1), 'body-too-large'],
]

describe('POST /v1/events refuses, and takes nothing in', () => {
  it.each(BAD_EVENTS.map((row) => [row[0], row] as const))('%s', async (_what, [, body, code, detail, type = SINGLE]) => {
    const { hub, send } = api()
    const found = problem(await send('POST', '/v1/events', { 'content-type': type }, body))
    expect(found.code).toBe(code)
    if (detail) expect(found.detail).toMatch(detail)
    expect(hub.taken).toEqual([])
    // Nothing is blocked: the next one is taken.
    expect((await send('POST', '/v1/events', { 'content-type': SINGLE }, event({}))).status).toBe(200)
  })

  it('compressed bodies', async () => {
    expect(problem(await api().send('POST', '/v1/events', { 'content-type': SINGLE, 'content-encoding': 'gzip' }, 'x')).code).toBe('media-type-unknown')
  })
})

describe('POST /v1/events', () => {
  it('takes a fact in the role that our configuration gives its source', async () => {
    const { hub, send } = api()
    const reply = await send('POST', '/v1/events', { 'content-type': SINGLE }, event({ reference: '5100', traceparent: '00-x', time: '2026-01-15T09:00:00+01:00' }))
    expect([reply.status, reply.json()]).toEqual([200, { id: 'e1', source: 'erp', event: 'evt_e1', outcome: 'new', grade: 'acknowledged' }])
    expect(hub.taken).toEqual([{
      tenant: 'test', source: { system: 'erp', role: 'erp', reference: '5100' }, eventId: 'e1', type: 'posting.reversed', occurredAt: '2026-01-15T08:00:00.000Z', actor: 'system:erp',
      about: [{ names: [EVENT.subject, 'erp|posting|1000 5100', 'erp|document|5100'] }], data: EVENT.data,
    }])
  })

  it('records a word without authority as a claim, which neither makes nor names an object', async () => {
    const { hub, send } = api()
    const reply = await send('POST', '/v1/events', { 'content-type': SINGLE }, event({ source: 'ap', subject: undefined, type: 'posting.confirmed', data: { docNo: '1', entity: '1000', supplier: 'V1', number: 'R-1', amount: '119.00', currency: 'EUR', postedOn: '2026-01-15' } }))
    expect(reply.json()).toMatchObject({ outcome: 'new', grade: 'claimed' })
    expect(hub.taken[0]?.about).toEqual([{ names: ['ap|posting|1000 1'] }])
  })

  it('answers a repeat as such, and refuses another body under the same id', async () => {
    const { hub, send } = api()
    const post = (body: string): Promise<Reply> => send('POST', '/v1/events', { 'content-type': SINGLE }, body)
    await post(event({}))
    expect((await post(event({}))).json()).toMatchObject({ outcome: 'repeat' })
    expect(problem(await post(data({ docNo: '9' })))).toMatchObject({ code: 'event-id-reused', status: 422 })
    expect(hub.taken.length).toBe(1)
  })

  it('judges each event of a batch by itself', async () => {
    const { hub, send } = api()
    const reply = await send('POST', '/v1/events', { 'content-type': BATCH }, `[${event({})},${event({ id: 'e2', type: 'x' })},${event({ id: 'e3' })},7]`)
    expect(reply.status).toBe(207)
    const { receipts } = reply.json() as { receipts: { outcome: string; problem?: Problem }[] }
    expect(receipts.map(({ outcome, problem }) => problem?.code ?? outcome)).toEqual(['new', 'event-type-unknown', 'new', 'event-not-valid'])
    expect(hub.taken.map((arrival) => arrival.eventId)).toEqual(['e1', 'e3'])
    expect((await send('POST', '/v1/events', { 'content-type': BATCH }, '[]')).status).toBe(200)
  })

  it('says when to come again while the hub has too much to do, and takes nothing in', async () => {
    const { hub, send } = api()
    hub.fails = new Fault('backlog-too-old', undefined, { retryAfterMs: 12_500 })
    const reply = await send('POST', '/v1/events', { 'content-type': SINGLE }, event({}))
    expect(problem(reply)).toMatchObject({ status: 429, code: 'backlog-too-old' })
    expect(reply.headers['retry-after']).toBe('13')
    hub.fails = new Fault('database-away', 'host db.internal')
    const away = problem(await send('POST', '/v1/events', { 'content-type': SINGLE }, event({})))
    expect(away).toMatchObject({ status: 503, code: 'database-away' })
    expect(away.detail).toBeUndefined()
    expect(hub.taken).toEqual([])
  })

  it('needs the document before a fact that names it', async () => {
    // The fake hub has no database: asking for the document finds it away, which proves that it was asked for.
    const paid = event({ source: 'bank', type: 'payment.accepted', data: { messageId: 'M', code: 'ACCP', document: 'b'.repeat(64) } })
    expect(problem(await api().send('POST', '/v1/events', { 'content-type': SINGLE }, paid)).code).toBe('database-away')
  })
})

describe('POST /v1/documents', () => {
  it('takes bytes as they are, with the name of the file', async () => {
    const { hub, send } = api()
    const reply = await send('POST', '/v1/documents?name=a%20b.xml', { 'content-type': 'application/xml' }, '<Invoice/>')
    expect([reply.status, reply.headers['location']]).toEqual([200, `/v1/documents/${'d'.repeat(64)}`])
    expect(hub.documents).toMatchObject([{ fileName: 'a b.xml', mediaType: 'application/xml', by: 'system:api' }])
    expect(Buffer.from(hub.documents[0]!.bytes).toString()).toBe('<Invoice/>')
  })

  it('says 422 for what is no invoice, and where it is kept', async () => {
    const refused = { code: 'xml-doctype', says: 'A document type declaration is not taken.', line: 2, column: 1 }
    const { send } = api({ capture: () => Promise.resolve({ document: 'd'.repeat(64), received: [], refused }) })
    const reply = await send('POST', '/v1/documents', { 'content-type': 'application/xml' }, '<!DOCTYPE lolz [<!ENTITY a "b">]><a/>')
    expect(problem(reply)).toMatchObject({ code: 'document-not-read', detail: refused.says, document: 'd'.repeat(64), refused })
    expect(reply.headers['location']).toBe(`/v1/documents/${'d'.repeat(64)}`)
  })

  it('keeps evidence without reading it', async () => {
    const { hub, send } = api()
    expect((await send('POST', '/v1/documents?as=evidence', { 'content-type': 'application/xml' }, '<x/>')).json()).toEqual({ document: 'e'.repeat(64), received: [] })
    expect(hub.documents).toEqual([])
  })

  it('refuses an empty body, a long name, an unknown word and 21 MB', async () => {
    const { hub, send } = api()
    const type = { 'content-type': 'application/xml' }
    expect(problem(await send('POST', '/v1/documents', type, '')).code).toBe('request-not-valid')
    expect(problem(await send('POST', `/v1/documents?name=${'x'.repeat(201)}`, type, 'x')).code).toBe('request-not-valid')
    expect(problem(await send('POST', '/v1/documents?as=virus', type, 'x')).detail).toMatch(/invoice or evidence/u)
    expect(problem(await send('POST', '/v1/documents?name=a&name=b', type, 'x')).code).toBe('request-not-valid')
    expect(problem(await send('POST', '/v1/documents', type, Buffer.alloc(20 * 1_048_576 + 1))).code).toBe('body-too-large')
    expect(hub.documents).toEqual([])
  })
})

describe('every address', () => {
  const path = (pattern: string): string => pattern.replace('{sha256}', 'a'.repeat(64)).replace('{id}', `exc_${'0'.repeat(26)}`).replace('{system}', 'ap')
  const keyed = ROUTES.filter((route) => route.key !== false)

  it.each(keyed.map((route) => [`${route.method} ${route.path}`, route] as const))('%s needs the key', async (_name, route) => {
    const { hub, send } = api()
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${KEY}`, `Bearer ${KEY}x`, `Bearer ${KEY.slice(0, -1)}`, `Bearer ${KEY} ${KEY}`]) {
      const reply = await send(route.method, path(route.path), { authorization, 'content-type': SINGLE }, route.method === 'POST' ? event({}) : undefined)
      expect(problem(reply), authorization).toMatchObject({ status: 401, code: 'key-unknown' })
      expect(reply.headers['www-authenticate']).toBe('Bearer realm="tieout"')
    }
    expect(hub.taken).toEqual([])
  })

  it('but health and notices, which know nothing secret', () => {
    expect(ROUTES.filter((route) => route.key === false).map((route) => route.path)).toEqual(['/v1/notices/{system}', '/v1/health'])
  })

  it.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))('%s answers with headers that keep browsers from doing anything with it', async (_name, route) => {
    const { headers } = await api().send(route.method, path(route.path))
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'content-security-policy': expect.stringMatching(/^default-src 'none'.*sandbox$/u) as string })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it.each(ROUTES.filter((route) => route.method === 'GET' && route.path !== '/v1/health').map((route) => [route.path, route] as const))('GET %s is a problem, not a stack, while the database is away', async (_name, route) => {
    const query = route.path === '/v1/objects' ? '?kind=invoice' : ''
    expect(problem(await api().send('GET', path(route.path) + query))).toMatchObject({ status: 503, code: 'database-away' })
  })

  it('that is not there is 404, and for another method 405 with the right one', async () => {
    const { send } = api()
    for (const url of ['/', '/v2/events', '/v1', '/v1/events/', '/v1/EVENTS', '/v1/objects/a/b', '/.env', '/v1/documents/../../etc/passwd']) expect(problem(await send('GET', url)).status, url).not.toBe(200)
    expect(problem(await send('GET', '/v1/nothing')).code).toBe('not-found')
    const reply = await send('DELETE', '/v1/events')
    expect([problem(reply).code, reply.headers['allow']]).toEqual(['method-not-taken', 'POST'])
    expect((await send('PUT', '/v1/trace/x')).headers['allow']).toBe('GET, HEAD')
    expect((await send('OPTIONS', '/v1/objects', { origin: 'https://evil.example' })).status).toBe(405)
  })

  it('refuses queries that it does not take', async () => {
    const { send } = api()
    expect(problem(await send('GET', '/v1/systems?debug=1')).detail).toMatch(/no query/u)
    expect(problem(await send('GET', '/v1/objects?kind=invoice&tenant=other')).detail).toMatch(/no member tenant/u)
    for (const query of ['', '?kind=person', '?kind=invoice&limit=0', '?kind=invoice&limit=1000000', '?kind=invoice&limit=-1', '?kind=invoice&after=xx', '?kind=invoice&open=1', '?kind=invoice&kind=payment', "?kind=invoice'--"]) {
      expect(problem(await send('GET', `/v1/objects${query}`)).code, query).toBe('request-not-valid')
    }
    expect(problem(await send('GET', '/v1/trace/x?limit=9999')).code).toBe('request-not-valid')
    expect(problem(await send('GET', '/v1/trace/%ff')).status).toBe(400)
    expect(problem(await send('GET', `/v1/trace/${'x'.repeat(2_000)}`)).status).toBeGreaterThanOrEqual(400)
  })

  it('tells of an answer what is wrong with it before anything is asked of the database', async () => {
    const { send } = api()
    const post = async (body: object | string, type = 'application/json'): Promise<Problem> => problem(await send('POST', `/v1/exceptions/exc_${'0'.repeat(26)}/answers`, { 'content-type': type }, typeof body === 'string' ? body : JSON.stringify(body)))
    const good = { action: 'reject', reason: 'a good reason', person: 'anna' }
    expect((await post(good)).code).toBe('database-away')
    expect((await post({ ...good, approved: true })).detail).toMatch(/no member approved/u)
    expect((await post({ ...good, reason: '  ' })).detail).toMatch(/reason/u)
    expect((await post({ ...good, person: 'a b; drop' })).detail).toMatch(/person.*login/u)
    expect((await post({ ...good, person: '' })).code).toBe('request-not-valid')
    expect((await post({ ...good, version: 1.5 })).code).toBe('request-not-valid')
    expect((await post(good, 'text/plain')).code).toBe('media-type-unknown')
    expect((await post('{"action":"reject","action":"post-again"}')).detail).toMatch(/twice/u)
  })
})

describe('a notice', () => {
  it('is proved by its own signature, needs no key, and tells a guesser nothing', async () => {
    const { hub, send } = api()
    const good = await send('POST', '/v1/notices/ap', { authorization: '', 'content-type': 'application/json', 'x-signature': 'good' }, '{"a":1}')
    expect([good.status, good.body]).toEqual([204, ''])
    const bad = await send('POST', '/v1/notices/ap', { 'content-type': 'application/json' }, '{"a":1}')
    expect(problem(bad)).toMatchObject({ status: 401, code: 'signature-bad' })
    expect(bad.body).not.toContain('secret')
    expect(hub.notices).toEqual([{ system: 'ap', raw: '{"a":1}' }])
    expect(problem(await send('POST', '/v1/notices/ap', {}, 'x'.repeat(1_048_577))).code).toBe('body-too-large')
  })
})

describe('health', () => {
  it('says that the database is away, without a key', async () => {
    const reply = await api().send('GET', '/v1/health', { authorization: '' })
    expect([reply.status, reply.json()]).toEqual([503, { live: true, ready: false, database: 'away', signer: 'unknown', unsealedMs: null }])
  })
})

describe('the server', () => {
  it('refuses a key that could be guessed', () => {
    expect(() => buildApi(fakeHub({ key: 'short' }).context)).toThrow(/fewer than 16/u)
  })

  it('answers what broke in us as a problem, and tells the log why: without keys, headers, bodies or ids', async () => {
    const lines: string[] = []
    const stream = new Writable({ write: (chunk, _encoding, done) => { lines.push(String(chunk)); done() } })
    const hub = fakeHub({ submit: () => Promise.reject(Object.assign(new Error('it broke'), { detail: 'Key (iban)=(DE02120300000000202051)', query: 'SELECT secret' })) })
    const server = buildApi(hub.context, { log: { level: 'info', stream } })
    servers.push(server)
    const reply = await server.inject({ method: 'POST', url: '/v1/events', headers: { authorization: `Bearer ${KEY}`, 'content-type': SINGLE }, payload: event({}) })
    expect(JSON.parse(reply.body)).toMatchObject({ status: 500, code: 'internal' })
    expect(reply.body).not.toMatch(/it broke/u)
    await server.inject({ method: 'GET', url: `/v1/documents/${'a'.repeat(64)}`, headers: { authorization: 'Bearer guess' } })
    const log = lines.join('')
    expect(log).toContain('it broke')
    expect(log).toContain('"route":"/v1/documents/:sha256"')
    for (const secret of [KEY, 'guess', 'DE02120300000000202051', 'SELECT secret', 'a'.repeat(64), '5100']) expect(log).not.toContain(secret)
  })

  it('listens on loopback only, closes connections that speak no HTTP, and answers them as a problem', async () => {
    const hub = fakeHub()
    const running = await startApi(hub.context, { port: 0 })
    servers.push(running)
    expect(running.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u)
    const reply = await fetch(`${running.address}/v1/events`, { method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': SINGLE }, body: event({}) })
    expect([reply.status, await reply.json()]).toEqual([200, { id: 'e1', source: 'erp', event: 'evt_e1', outcome: 'new', grade: 'acknowledged' }])
    const port = Number(new URL(running.address).port)
    for (const bytes of ['BREW /pot HTCPCP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nhost: x\r\nx: y\u0000z\r\n\r\n', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n']) {
      const answer = await spoken(port, bytes)
      expect(answer, bytes.slice(0, 20)).toMatch(/^HTTP\/1\.1 4(00|31) /u)
      expect(answer).toContain('"code":')
      expect(answer).not.toMatch(OURS)
    }
  })
})

/** What a server answers to raw bytes until it closes. */
async function spoken(port: number, bytes: string): Promise<string> {
  const { connect } = await import('node:net')
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => { socket.write(bytes) })
    let answer = ''
    socket.setTimeout(5_000, () => { socket.destroy(new Error('it stays open')) })
    socket.on('data', (chunk) => { answer += String(chunk) }).on('error', reject).on('close', () => { resolve(answer) })
  })
}

