import { afterEach, describe, expect, it } from 'vitest'
import { api, closeServers, problem, servers, type Reply, type Send } from '../../test/api-calls.ts'
import { fakeHub, KEY } from '../../test/api-context.ts'
import { openRates, type Taken } from './rates.ts'
import { route } from './route.ts'
import { buildApi } from './server.ts'

afterEach(closeServers)

let now = 0
type Take = (...asked: Parameters<ReturnType<typeof openRates>['take']>) => Taken
function taking(requests: number, validations = 2): Take {
  const rates = openRates({ requests, validations }, () => now)
  return (key, asked) => rates.take(key, asked)
}
afterEach(() => {
  now = 0
})

describe('the rate of a key', () => {
  it('is told with each answer: the quota, what is left of it, and until when', () => {
    const take = taking(3)
    expect(take('a', ['requests'])).toEqual({
      headers: { 'ratelimit-policy': '"requests";q=3;w=60', ratelimit: '"requests";r=2;t=60' },
      retryAfterMs: null,
    })
    now = 20_500
    expect(take('a', ['requests']).headers['ratelimit']).toBe('"requests";r=1;t=40')
    expect(take('a', ['requests']).retryAfterMs).toBeNull()
    expect(take('a', ['requests'])).toMatchObject({ headers: { ratelimit: '"requests";r=0;t=40' }, retryAfterMs: 39_500 })
    expect(take('b', ['requests']).retryAfterMs).toBeNull()
    now = 60_000
    expect(take('a', ['requests']).headers['ratelimit']).toBe('"requests";r=2;t=60')
  })

  it('has several policies at once, and the longest wait of those that are used up', () => {
    const take = taking(10, 1)
    expect(take('a', ['requests', 'validations']).headers).toEqual({
      'ratelimit-policy': '"requests";q=10;w=60, "validations";q=1;w=60',
      ratelimit: '"requests";r=9;t=60, "validations";r=0;t=60',
    })
    now = 1_000
    expect(take('a', ['requests', 'validations']).retryAfterMs).toBe(59_000)
    expect(take('a', ['requests']).retryAfterMs).toBeNull()
  })

  it('keeps no more counters than it may, the newest of them', () => {
    const take = taking(1)
    for (let n = 0; n < 5_000; n++) take(`key ${n}`, ['requests'])
    expect(take('key 4999', ['requests']).retryAfterMs).toBe(60_000)
    expect(take('key 0', ['requests']).retryAfterMs).toBeNull()
  })
})

describe('a server', () => {
  it('refuses with 429 and Retry-After, before the body is read, and counts each key for itself', async () => {
    const hub = fakeHub()
    const server = buildApi(hub.context, { limits: { requests: 2, validations: 1 } })
    servers.push(server)
    const replyOf = (reply: { statusCode: number; headers: Record<string, unknown>; body: string }): Reply => ({
      status: reply.statusCode,
      headers: reply.headers,
      body: reply.body,
      json: () => JSON.parse(reply.body) as never,
    })
    const send = async (): ReturnType<Send> =>
      replyOf(await server.inject({ method: 'GET', url: '/v1/events', headers: { authorization: `Bearer ${KEY}` } }))
    const ask = async (): ReturnType<Send> =>
      replyOf(
        await server.inject({
          method: 'POST',
          url: '/v1/documents?as=evidence',
          headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/xml' },
          payload: '<x/>',
        }),
      )
    for (const left of ['1', '0']) {
      const reply = await ask()
      expect([reply.status, reply.headers['ratelimit']]).toEqual([
        200,
        expect.stringMatching(new RegExp(`^"requests";r=${left};t=\\d+$`, 'u')),
      ])
    }
    const refused = await ask()
    expect(problem(refused)).toMatchObject({ status: 429, code: 'rate-exceeded' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    // An address that is none, and one without a key, count for nobody.
    expect((await send()).status).toBe(405)
    expect((await server.inject({ method: 'GET', url: '/v1/health' })).headers['ratelimit']).toBeUndefined()
  })
})

describe('a route on its way out', () => {
  it('says since when and until when, and what to call instead, whatever it answers', async () => {
    const leaving = route({
      method: 'GET',
      path: '/v1/old',
      scope: null,
      does: 'Was here.',
      answers: { 200: { says: 'Here.', shape: 'nothing' } },
      handle: () => ({ status: 200, body: {} }),
      deprecated: { since: '2026-06-30T00:00:00.000Z', sunset: '2027-06-30T00:00:00.000Z', instead: '/v1/new' },
    })
    const server = buildApi(fakeHub().context, { routes: [leaving, route({ ...leaving, path: '/v1/kept', scope: 'objects.read' })] })
    servers.push(server)
    const told = { deprecation: '@1782777600', sunset: 'Wed, 30 Jun 2027 00:00:00 GMT', link: '</v1/new>; rel="successor-version"' }
    expect((await server.inject({ method: 'GET', url: '/v1/old' })).headers).toMatchObject(told)
    const refused = await server.inject({ method: 'GET', url: '/v1/kept' })
    expect([refused.statusCode, refused.headers]).toEqual([401, expect.objectContaining(told)])
  })

  it('no other says so', async () => {
    expect((await api().send('GET', '/v1/health')).headers['deprecation']).toBeUndefined()
  })
})
