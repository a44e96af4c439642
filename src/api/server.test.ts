import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { api, closeServers, event, OURS, problem, servers } from '../../test/api-calls.ts'
import { fakeHub, KEY } from '../../test/api-context.ts'
import { SINGLE } from './cloud-events.ts'
import type { Problem } from './problem.ts'
import { ROUTES } from './routes.ts'
import { buildApi, startApi } from './server.ts'

afterEach(closeServers)

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
    const reply = await send('POST', '/v1/documents?as=evidence', { 'content-type': 'application/xml' }, '<x/>')
    expect(reply.json()).toEqual({ document: 'e'.repeat(64), received: [] })
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

describe('an address that cannot be had', () => {
  const listening = (options: { readonly host?: string; readonly port: number }): Promise<string> =>
    startApi(fakeHub().context, options).then(
      async (running) => running.close().then(() => 'it listens'),
      (error: unknown) => (error as Error).message,
    )

  it('is told with what stands in the way, and what can be done', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    expect(await listening({ port })).toBe(
      `The configuration is not valid. The API cannot listen on 127.0.0.1, port ${port}: another program has this port. End it, or give api.port of the configuration another one (0: any free one).`,
    )
    other.close()
    // TEST-NET-1 (RFC 5737): nobody's.
    expect(await listening({ host: '192.0.2.1', port: 0 })).toMatch(/192\.0\.2\.1, port 0: this machine does not have this address\./u)
    expect(await listening({ host: 'nowhere.invalid', port: 0 })).toMatch(/nowhere\.invalid, port 0: /u)
  })
})

describe('every address', () => {
  const path = (pattern: string): string =>
    pattern
      .replace('{sha256}', 'a'.repeat(64))
      .replace('validations/{id}', `validations/evt_${'0'.repeat(26)}`)
      .replace('{id}', `exc_${'0'.repeat(26)}`)
      .replace('{system}', 'ap')
      .replace('{name}', 'erp')
  const keyed = ROUTES.filter((route) => route.scope !== null)

  it.each(keyed.map((route) => [`${route.method} ${route.path}`, route] as const))('%s needs the key', async (_name, route) => {
    const { hub, send } = api()
    const wrong = ['', 'Bearer', 'Bearer wrong', `Basic ${KEY}`, `Bearer ${KEY}x`, `Bearer ${KEY.slice(0, -1)}`, `Bearer ${KEY} ${KEY}`]
    for (const authorization of wrong) {
      const reply = await send(
        route.method,
        path(route.path),
        { authorization, 'content-type': SINGLE },
        route.method === 'POST' ? event({}) : undefined,
      )
      expect(problem(reply), authorization).toMatchObject({ status: 401, code: 'key-unknown' })
      expect(reply.headers['www-authenticate']).toBe('Bearer realm="tieout"')
    }
    expect(hub.taken).toEqual([])
  })

  it('but health, notices and the OpenAPI document, which know nothing secret', () => {
    expect(ROUTES.filter((route) => route.scope === null).map((route) => route.path)).toEqual([
      '/v1/notices/{system}',
      '/v1/health',
      '/v1/openapi.json',
    ])
  })

  it.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s answers with headers that keep browsers from doing anything with it',
    async (_name, route) => {
      const { headers } = await api().send(route.method, path(route.path))
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringMatching(/^default-src 'none'.*sandbox$/u) as string,
      })
      expect(headers['access-control-allow-origin']).toBeUndefined()
    },
  )

  it.each(
    ROUTES.filter(
      (route) => route.method === 'GET' && !['/v1/health', '/v1/openapi.json', '/v1/tie-outs/runs/{id}'].includes(route.path),
    ).map((route) => [route.path, route] as const),
  )('GET %s is a problem, not a stack, while the database is away', async (_name, route) => {
    const query = route.path === '/v1/objects' ? '?kind=invoice' : ''
    expect(problem(await api().send('GET', path(route.path) + query))).toMatchObject({ status: 503, code: 'database-away' })
  })

  it('that is not there is 404, and for another method 405 with the right one', async () => {
    const { send } = api()
    const none = ['/', '/v2/events', '/v1', '/v1/events/', '/v1/EVENTS', '/v1/objects/a/b', '/.env', '/v1/documents/../../etc/passwd']
    for (const url of none) expect([404, 405], url).toContain(problem(await send('GET', url)).status)
    expect(problem(await send('GET', '/v1/nothing')).code).toBe('not-found')
    const reply = await send('DELETE', '/v1/events')
    expect([problem(reply).code, reply.headers['allow']]).toEqual(['method-not-taken', 'POST'])
    expect((await send('PUT', '/v1/trace/x')).headers['allow']).toBe('GET, HEAD')
    expect((await send('OPTIONS', '/v1/objects', { origin: 'https://evil.example' })).status).toBe(405)
  })

  it('that answers GET answers HEAD with the same head and nothing else', async () => {
    const [get, head] = [await api().send('GET', '/v1/health'), await api().send('HEAD', '/v1/health')]
    expect([head.status, head.body, head.headers['content-type']]).toEqual([get.status, '', get.headers['content-type']])
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
    expect((await api().send('HEAD', '/v1/summary', { authorization: '' })).status).toBe(401)
  })

  it('refuses queries that it does not take', async () => {
    const { send } = api()
    expect(problem(await send('GET', '/v1/systems?debug=1')).detail).toMatch(/no query/u)
    expect(problem(await send('GET', '/v1/objects?kind=invoice&tenant=other')).detail).toMatch(/no member tenant/u)
    const wrong = [
      '',
      '?kind=person',
      '?kind=invoice&limit=0',
      '?kind=invoice&limit=1000000',
      '?kind=invoice&limit=-1',
      '?kind=invoice&after=xx',
      '?kind=invoice&open=1',
      '?kind=invoice&order=due',
      '?kind=invoice&order=due&open=false',
      '?kind=invoice&kind=payment',
      "?kind=invoice'--",
    ]
    for (const query of wrong) {
      expect(problem(await send('GET', `/v1/objects${query}`)).code, query).toBe('request-not-valid')
    }
    expect(problem(await send('GET', '/v1/trace/x?limit=9999')).code).toBe('request-not-valid')
    expect(problem(await send('GET', '/v1/trace/%ff')).status).toBe(400)
    expect(problem(await send('GET', `/v1/trace/${'x'.repeat(2_000)}`)).status).toBeGreaterThanOrEqual(400)
  })

  it('tells of an answer what is wrong with it before anything is asked of the database', async () => {
    const { send } = api()
    const url = `/v1/exceptions/exc_${'0'.repeat(26)}/answers`
    const post = async (body: object | string, type = 'application/json'): Promise<Problem> =>
      problem(await send('POST', url, { 'content-type': type }, typeof body === 'string' ? body : JSON.stringify(body)))
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
    const good = await send(
      'POST',
      '/v1/notices/ap',
      { authorization: '', 'content-type': 'application/json', 'x-signature': 'good' },
      '{"a":1}',
    )
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
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk))
        done()
      },
    })
    const broken = Object.assign(new Error('it broke'), { detail: 'Key (iban)=(DE02120300000000202051)', query: 'SELECT secret' })
    const hub = fakeHub({ submit: () => Promise.reject(broken) })
    const server = buildApi(hub.context, { log: { level: 'info', stream } })
    servers.push(server)
    const reply = await server.inject({
      method: 'POST',
      url: '/v1/events',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': SINGLE },
      payload: event({}),
    })
    expect(JSON.parse(reply.body)).toMatchObject({ status: 500, code: 'internal' })
    expect(reply.body).not.toMatch(/it broke/u)
    await server.inject({ method: 'GET', url: `/v1/documents/${'a'.repeat(64)}`, headers: { authorization: 'Bearer guess' } })
    const log = lines.join('')
    expect(log).toContain('it broke')
    expect(log).toContain('"route":"/v1/documents/:sha256"')
    for (const secret of [KEY, 'guess', 'DE02120300000000202051', 'SELECT secret', 'a'.repeat(64), '5100']) {
      expect(log).not.toContain(secret)
    }
  })

  it('listens on loopback only, closes connections that speak no HTTP, and answers them as a problem', async () => {
    const hub = fakeHub()
    const running = await startApi(hub.context, { port: 0 })
    servers.push(running)
    expect(running.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u)
    const reply = await fetch(`${running.address}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': SINGLE },
      body: event({}),
    })
    expect([reply.status, await reply.json()]).toEqual([
      200,
      { id: 'e1', source: 'erp', event: 'evt_e1', outcome: 'new', grade: 'acknowledged' },
    ])
    const port = Number(new URL(running.address).port)
    for (const bytes of [
      'BREW /pot HTCPCP/1.0\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\nx: y\u0000z\r\n\r\n',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ]) {
      const answer = await spoken(port, bytes)
      expect(answer, bytes.slice(0, 20)).toMatch(/^HTTP\/1\.1 4(00|31) /u)
      expect(answer).toContain('"code":')
      expect(answer).not.toMatch(OURS)
    }
  })
})

/** What a server answers to raw bytes until it closes. */
async function spoken(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes)
    })
    let answer = ''
    socket.setTimeout(5_000, () => {
      socket.destroy(new Error('it stays open'))
    })
    socket
      .on('data', (chunk) => {
        answer += String(chunk)
      })
      .on('error', reject)
      .on('close', () => {
        resolve(answer)
      })
  })
}
