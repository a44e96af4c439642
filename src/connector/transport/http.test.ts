import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { HttpPlace } from '../contract.ts'
import { type HttpRequest, requestHash } from '../request.ts'
import { isPublicAddress } from './egress.ts'
import { type Deadline, sha256 } from './sending.ts'
import { openTransport, type Transport } from './transport.ts'

const CLOCKS = { wall: Date.now, monotonic: () => performance.now() }
const SECRET = 'canary-5f2a'
const cleanUps: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const post = (over: Partial<HttpRequest> = {}): HttpRequest => ({
  transport: 'http',
  method: 'POST',
  path: '/documents',
  headers: { 'content-type': 'application/json' },
  body: utf8('{"a":1}'),
  ...over,
})

function inMs(ms: number): Deadline {
  return { wall: Date.now() + ms, monotonic: performance.now() + ms }
}

/** A server that counts what reaches it. */
async function serving(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<{ url: string; seen: { line: string; body: string; headers: IncomingMessage['headers'] }[]; server: Server }> {
  const seen: { line: string; body: string; headers: IncomingMessage['headers'] }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const body = Buffer.concat(chunks).toString()
        seen.push({ line: `${request.method} ${request.url}`, body, headers: request.headers })
        answer(request, response, body)
      })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  cleanUps.push(() => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server }
}

function transport(baseUrl: string, place: Partial<HttpPlace> = {}, clocks = CLOCKS): Transport {
  const opened = openTransport(
    {
      places: { http: { baseUrl, plain: true, network: 'private', auth: { scheme: 'bearer', secret: 'token' }, ...place } },
      limits: { concurrency: 2, rate: { calls: 100, perMs: 1000 } },
    },
    { clocks, secret: (name) => (name === 'token' ? SECRET : undefined), mark: () => undefined },
  )
  cleanUps.push(() => opened.close())
  return opened
}

const send = (over: Transport, request = post(), ms = 2_000) => over.send(request, requestHash(request, sha256), inMs(ms))

describe('HTTP transport', () => {
  test('sends exactly what was committed, adds the credential, and reads the whole reply', async () => {
    const target = await serving((_request, response) => {
      response.setHeader('x-a', ['1', '2'])
      response.statusCode = 201
      response.end('{"docNo":"1"}')
    })
    const sending = await send(transport(`${target.url}/prefix/`))
    expect(sending).toMatchObject({ kind: 'answered', reply: { status: 201, headers: { 'x-a': '1, 2' } } })
    expect(target.seen).toMatchObject([
      { line: 'POST /prefix/documents', body: '{"a":1}', headers: { authorization: `Bearer ${SECRET}`, 'content-length': '7' } },
    ])
  })

  test('a request with another hash than the committed one is not sent', async () => {
    const target = await serving((_request, response) => response.end())
    const sending = await transport(target.url).send(post({ body: utf8('{"a":2}') }), requestHash(post(), sha256), inMs(1_000))
    expect(sending.kind).toBe('not-sent')
    expect(target.seen).toEqual([])
  })

  test('nothing leaves after the deadline, on either clock', async () => {
    const target = await serving((_request, response) => response.end())
    const now = { wall: Date.now(), monotonic: performance.now() }
    for (const deadline of [
      { wall: now.wall - 1, monotonic: now.monotonic + 9_000 },
      { wall: now.wall + 9_000, monotonic: now.monotonic - 1 },
    ]) {
      const request = post()
      expect(await transport(target.url).send(request, requestHash(request, sha256), deadline)).toMatchObject({ kind: 'not-sent' })
    }
    expect(target.seen).toEqual([])
  })

  test('the deadline is looked at directly before the first byte, not when the call was made', async () => {
    const target = await serving((_request, response) => response.end())
    let asked = 0
    // The clock jumps past the deadline between the call and the connection.
    const jumping = transport(target.url, {}, { wall: () => (asked++ < 1 ? 0 : 10_000), monotonic: () => 0 })
    const request = post()
    expect(await jumping.send(request, requestHash(request, sha256), { wall: 5_000, monotonic: 5_000 })).toMatchObject({
      kind: 'not-sent',
      late: true,
    })
    expect(target.seen).toEqual([])
  })

  test.each([
    ['nobody listens', async () => 'http://127.0.0.1:1'],
    ['the name does not resolve', async () => 'http://nobody.invalid'],
  ])('%s: not sent', async (_case, url) => {
    expect(await send(transport(await url()), post(), 8_000)).toMatchObject({ kind: 'not-sent' })
  })

  test('TLS that fails: not sent', async () => {
    const plain = createTcpServer((socket) => {
      socket.on('data', () => socket.end('this is no TLS'))
      socket.on('error', () => undefined)
    })
    await new Promise<void>((ready) => plain.listen(0, '127.0.0.1', ready))
    cleanUps.push(() => new Promise((done) => plain.close(done)))
    expect(await send(transport(`https://127.0.0.1:${(plain.address() as AddressInfo).port}`))).toMatchObject({ kind: 'not-sent' })
  })

  test('a missing secret: not sent', async () => {
    const target = await serving((_request, response) => response.end())
    expect(await send(transport(target.url, { auth: { scheme: 'bearer', secret: 'other' } }))).toMatchObject({ kind: 'not-sent' })
    expect(target.seen).toEqual([])
  })

  test.each<[string, (response: ServerResponse) => void]>([
    [
      'the connection is destroyed after the request',
      (response) => {
        response.socket?.destroy()
      },
    ],
    ['no answer ever comes', () => undefined],
    [
      'the body is cut',
      (response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half')
        setTimeout(() => response.socket?.destroy(), 20)
      },
    ],
    [
      'the body drips without end',
      (response) => {
        const timer = setInterval(() => response.write('.'), 20)
        response.on('close', () => clearInterval(timer))
      },
    ],
    [
      'the body is too long',
      (response) => {
        response.end(Buffer.alloc(70_000, 'x'))
      },
    ],
    [
      'it is not HTTP',
      (response) => {
        response.socket?.end('what?\r\n\r\n')
      },
    ],
  ])('%s: unknown', async (_case, answer) => {
    const target = await serving((_request, response) => answer(response))
    const started = performance.now()
    expect(await send(transport(target.url, { replyBytes: 65_536 }), post(), 400)).toMatchObject({ kind: 'unknown' })
    expect(performance.now() - started).toBeLessThan(1_500)
    expect(target.seen.length).toBe(1)
  })

  test('a redirect is answered as it is and not followed', async () => {
    const target = await serving((_request, response) => {
      response.writeHead(307, { location: '/elsewhere' })
      response.end()
    })
    expect(await send(transport(target.url))).toMatchObject({ kind: 'answered', reply: { status: 307 } })
    expect(target.seen.length).toBe(1)
  })

  test('calls beyond the places at the same time wait, and are not sent when their time passes meanwhile', async () => {
    const target = await serving((_request, response) => {
      setTimeout(() => response.end('late'), 600)
    })
    const opened = transport(target.url)
    const kinds = await Promise.all([send(opened), send(opened), send(opened, post(), 200)])
    expect(kinds.map((sending) => sending.kind)).toEqual(['answered', 'answered', 'not-sent'])
    expect(target.seen.length).toBe(2)
  })

  test("the connector may not set the transport's headers, nor another host", async () => {
    const target = await serving((_request, response) => response.end())
    for (const over of [
      { headers: { authorization: 'x' } },
      { headers: { host: 'x' } },
      { headers: { 'Content-Type': 'x' } },
      { path: 'http://x/' },
      { headers: { 'x-a': 'a\r\nb: c' } },
    ]) {
      expect(await send(transport(target.url), post(over))).toMatchObject({ kind: 'not-sent' })
    }
    expect(target.seen).toEqual([])
  })

  test('no outcome ever holds the secret', async () => {
    const target = await serving((_request, response) => {
      response.socket?.destroy()
    })
    const says = JSON.stringify([
      await send(transport(target.url)),
      await send(transport('http://127.0.0.1:1')),
      await send(transport(target.url, { auth: { scheme: 'header', name: 'bad header', secret: 'token' } })),
    ])
    expect(says).not.toContain(SECRET)
  })
})

describe('egress', () => {
  test('addresses inside any network of our own are not public', () => {
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      'fe80::1',
      'fd00::1',
      'ff02::1',
      '::ffff:8.8.8.8',
      '64:ff9b::808:808',
      '2001:db8::1',
      '2002:7f00:1::',
      'not an address',
    ])
      expect(isPublicAddress(address), address).toBe(false)
    for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111']) expect(isPublicAddress(address), address).toBe(true)
  })

  test('a public place refuses a private address, written out or behind a name', async () => {
    for (const url of ['https://127.0.0.1', 'https://[::1]', 'https://0x7f.1', 'https://2130706433', 'https://[::ffff:169.254.169.254]']) {
      expect(() => transport(url, { network: 'public' }), url).toThrow('private network')
    }
    const target = await serving((_request, response) => response.end())
    const port = new URL(target.url).port
    expect(await send(transport(`http://localhost:${port}`, { network: 'public' }))).toEqual({
      kind: 'not-sent',
      says: 'the connection failed (ADDRESS_NOT_PUBLIC)',
    })
    expect(target.seen).toEqual([])
  })

  test('only https, unless "plain" says so, and no credentials in the address', () => {
    expect(() => transport('http://example.com', { plain: false, network: 'public' })).toThrow('only https')
    expect(() => transport('ftp://example.com')).toThrow('only https')
    expect(() => transport('https://user:pass@example.com')).toThrow('must not hold credentials')
    expect(() => transport('what?')).toThrow('no URL')
  })
})
