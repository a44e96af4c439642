import { afterEach, describe, expect, it } from 'vitest'
import { api, closeServers, EVENT, event, problem, type Reply } from '../../test/api-calls.ts'
import { Fault, type FaultCode } from '../lib/fault.ts'
import { BATCH, SINGLE } from './cloud-events.ts'
import type { Problem } from './problem.ts'

afterEach(closeServers)

const data = (change: object): string => event({ data: { ...EVENT.data, ...change } })
const order = (price: string): string =>
  event({
    type: 'order.issued',
    data: {
      number: 'PO-1',
      entity: '1000',
      supplier: 'V1',
      currency: 'EUR',
      open: true,
      lines: [{ id: '1', quantity: '2', price, unit: 'C62' }],
    },
  })

/** What is sent to POST /v1/events, and the fault that it gets. */
const BAD_EVENTS: readonly (readonly [string, string | Buffer, FaultCode, (RegExp | undefined)?, string?])[] = [
  ['what is no JSON', 'not json', 'body-not-json'],
  ['half a JSON line', event({}).slice(0, 40), 'body-not-json'],
  ['nothing', '', 'body-not-json'],
  ['what is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'body-not-json'],
  ['a member twice', event({}).replace('{"specversion"', '{"id":"e0","specversion"'), 'body-not-json', /twice/u],
  ['__proto__', event({}).replace('"data":{', '"data":{"__proto__":{"grade":"settled"},'), 'body-not-json', /__proto__/u],
  ['deep nesting', `{"data":${'['.repeat(10_000)}`, 'body-not-json', /deeper/u],
  ['NUL', data({ postingNo: 'a\u0000b' }), 'body-not-clean'],
  ['half of a surrogate pair', data({ postingNo: '\ud800' }), 'body-not-clean'],
  ['a number where text is due', data({ postingNo: 1e308 }), 'event-not-valid', /^postingNo: is not a text\.$/u],
  ['1e309', data({ postingNo: 0 }).replace('"postingNo":0', '"postingNo":1e309'), 'event-not-valid', /postingNo/u],
  ['9007199254740993', order('10').replace('"10"', '9007199254740993'), 'event-not-valid', /price/u],
  ['an amount with a comma', order('1,00'), 'event-not-valid', /lines\.0\.price.*decimal/u],
  ['an amount with an exponent', order('1e2'), 'event-not-valid', /decimal/u],
  ['negative zero', order('-0.00'), 'event-not-valid', /decimal/u],
  ['an amount of 40 digits', order('1'.repeat(40)), 'event-not-valid', /decimal/u],
  [
    'a currency that is no code',
    event({ type: 'clearing.recorded', data: { postingNo: '1', kind: 'fee', amount: '1', currency: 'Euro', reason: 'x' } }),
    'event-not-valid',
    /currency/u,
  ],
  ['a day that does not exist', data({ reversedOn: '2026-02-30' }), 'event-not-valid', /calendar date/u],
  ['an unknown member', data({ approvedBy: 'me', tenantId: 'other' }), 'event-not-valid', /no member approvedBy, tenantId/u],
  ['an unknown attribute', event({ tenantid: 'other' }), 'event-not-valid', /no attribute tenantid/u],
  ['a role of its own choice', event({ role: 'erp', source: 'ap' }), 'event-not-valid', /no attribute role/u],
  ['an unknown source', event({ source: 'sap' }), 'event-not-valid', /none of the configured systems \(erp, ap, bank\)/u],
  ['no time', event({ time: undefined }), 'event-not-valid', /time/u],
  [
    'no subject where it is needed',
    event({ subject: undefined, type: 'invoice.withdrawn', data: { reason: 'x' } }),
    'event-not-valid',
    /subject/u,
  ],
  ['a subject that is no name', event({ subject: 'R-1' }), 'event-not-valid', /subject/u],
  ['no data', event({ data: undefined }), 'event-not-valid', /^is missing\.$/u],
  ['another kind of data', event({ data: [] }), 'event-not-valid', /^is not an object\.$/u],
  ['an unknown type', event({ type: 'com.example.someevent' }), 'event-type-unknown'],
  ['a decision of ours', event({ type: 'invoice.state-moved' }), 'event-type-unknown', /decided by the hub itself/u],
  ['an outcome of a command', event({ type: 'effect.done' }), 'event-type-unknown', /decided by the hub itself/u],
  ['a person’s answer', event({ type: 'exception.answered' }), 'event-type-unknown', /answers/u],
  ['a type named like a method', event({ type: 'toString' }), 'event-type-unknown'],
  [
    'a status of another system',
    event({ type: 'status.reported', data: { system: 'ap', facet: 'posting', word: 'x' } }),
    'event-not-valid',
    /its own statuses/u,
  ],
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
    const reply = await api().send('POST', '/v1/events', { 'content-type': SINGLE, 'content-encoding': 'gzip' }, 'x')
    expect(problem(reply).code).toBe('media-type-unknown')
  })
})

describe('POST /v1/events', () => {
  it('takes a fact in the role that our configuration gives its source', async () => {
    const { hub, send } = api()
    const reply = await send(
      'POST',
      '/v1/events',
      { 'content-type': SINGLE },
      event({ reference: '5100', traceparent: '00-x', time: '2026-01-15T09:00:00+01:00' }),
    )
    expect([reply.status, reply.json()]).toEqual([200, { id: 'e1', source: 'erp', event: 'evt_e1', outcome: 'new', grade: 'acknowledged' }])
    expect(hub.taken).toEqual([
      {
        tenant: 'test',
        source: { system: 'erp', role: 'erp', reference: '5100' },
        eventId: 'e1',
        type: 'posting.reversed',
        occurredAt: '2026-01-15T08:00:00.000Z',
        actor: 'system:erp',
        about: [{ names: [EVENT.subject, 'erp|posting|1000 5100', 'erp|document|5100'] }],
        data: EVENT.data,
      },
    ])
  })

  it('records a word without authority as a claim, which neither makes nor names an object', async () => {
    const { hub, send } = api()
    const reply = await send(
      'POST',
      '/v1/events',
      { 'content-type': SINGLE },
      event({
        source: 'ap',
        subject: undefined,
        type: 'posting.confirmed',
        data: { postingNo: '1', entity: '1000', supplier: 'V1', number: 'R-1', amount: '119.00', currency: 'EUR', postedOn: '2026-01-15' },
      }),
    )
    expect(reply.json()).toMatchObject({ outcome: 'new', grade: 'claimed' })
    expect(hub.taken[0]?.about).toEqual([{ names: ['ap|posting|1000 1'] }])
  })

  it('answers a repeat as such, and refuses another body under the same id', async () => {
    const { hub, send } = api()
    const post = (body: string): Promise<Reply> => send('POST', '/v1/events', { 'content-type': SINGLE }, body)
    await post(event({}))
    expect((await post(event({}))).json()).toMatchObject({ outcome: 'repeat' })
    expect(problem(await post(data({ postingNo: '9' })))).toMatchObject({ code: 'event-id-reused', status: 422 })
    expect(hub.taken.length).toBe(1)
  })

  it('judges each event of a batch by itself', async () => {
    const { hub, send } = api()
    const reply = await send(
      'POST',
      '/v1/events',
      { 'content-type': BATCH },
      `[${event({})},${event({ id: 'e2', type: 'x' })},${event({ id: 'e3' })},7]`,
    )
    expect(reply.status).toBe(207)
    const { receipts } = reply.json() as { receipts: { outcome: string; problem?: Problem }[] }
    const outcomes = receipts.map(({ outcome, problem }) => problem?.code ?? outcome)
    expect(outcomes).toEqual(['new', 'event-type-unknown', 'new', 'event-not-valid'])
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
