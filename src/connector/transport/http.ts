/**
 * HTTP/1.1 by undici's dispatcher, one pool per place. Its `onRequestStart` runs directly before the first byte is written and
 * is the last moment at which a call can be stopped for certain. No redirects, no proxies from the environment, no HTTP/2
 * (whose GOAWAY would let a library decide about repeating), no reply longer than the place's limit.
 */
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type { Dispatcher, Pool as PoolOf } from 'undici'
import { Fault } from '../../lib/fault.ts'
import type { Auth, HttpPlace } from '../contract.ts'
import type { HttpReply, HttpRequest } from '../request.ts'
import { isPublicAddress, publicLookup } from './egress.ts'
import { type Channel, type Deadline, isLate, type Sending, type TransportOptions } from './sending.ts'

// The package's first file loads fetch, WebSocket and caches beside the pool, an eighth of the time of a start.
const Pool = createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as typeof PoolOf

const REPLY_BYTES = 5 * 1024 * 1024
const CONNECT_MS = 5_000
/** Shorter than servers keep an idle connection (Node 5 s, nginx 75 s): a call on one that is just being closed is unknown. */
const IDLE_MS = 2_000
const OURS = new Set([
  'authorization',
  'host',
  'cookie',
  'content-length',
  'connection',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
])

/** Throws `config-not-valid` for an address that may not be used. */
export function openHttp(place: HttpPlace, concurrency: number, options: TransportOptions): Channel<HttpRequest> {
  const base = baseOf(place)
  const lookup = place.network === 'private' ? {} : { lookup: publicLookup }
  const pool = new Pool(base.origin, {
    connections: concurrency,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    connect: { timeout: CONNECT_MS, ...lookup },
  })
  const prefix = base.pathname.replace(/\/$/u, '')
  return {
    send(request, deadline) {
      const wrong = wrongWith(request)
      if (wrong) return Promise.resolve({ kind: 'not-sent', says: wrong })
      const auth = authHeader(place.auth, options.secret)
      if (auth === undefined) return Promise.resolve({ kind: 'not-sent', says: 'the secret for this system is not set' })
      return new Promise((settle) => {
        const call = new HttpCall(deadline, place.replyBytes ?? REPLY_BYTES, options, settle)
        try {
          pool.dispatch(
            {
              method: request.method,
              path: prefix + request.path,
              headers: { ...request.headers, ...auth, ...call.lengthOf(request) },
              // Cast: the types leave out the asynchronous iterables that the code takes.
              body: call.bodyOf(request) as unknown as Buffer | null,
            },
            call,
          )
        } catch {
          // What it complains about may hold the secret: its words are not repeated.
          call.end({ kind: 'not-sent', says: 'the request is not valid HTTP' })
        }
      })
    },
    close: () => pool.destroy(),
  }
}

/** One call: what happens to it, in the order in which it can happen. The first `end` counts. */
class HttpCall implements Dispatcher.DispatchHandler {
  private started = false
  private ended = false
  private controller: Dispatcher.DispatchController | undefined
  private status = 0
  private headers: HttpReply['headers'] = {}
  private readonly chunks: Uint8Array[] = []
  private length = 0
  private readonly timer: NodeJS.Timeout
  private readonly deadline: Deadline
  private readonly limitBytes: number
  private readonly options: TransportOptions
  private readonly settle: (sending: Sending) => void

  constructor(deadline: Deadline, limitBytes: number, options: TransportOptions, settle: (sending: Sending) => void) {
    this.deadline = deadline
    this.limitBytes = limitBytes
    this.options = options
    this.settle = settle
    const { wall, monotonic } = options.clocks
    const leftMs = Math.max(0, Math.min(deadline.wall - wall(), deadline.monotonic - monotonic()))
    this.timer = setTimeout(() => this.giveUp('no complete reply in time'), leftMs)
  }

  /** The last moment before the first byte. A second start would be a repetition that nobody decided on. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.ended || this.started) return controller.abort(new Error('given up'))
    if (isLate(this.deadline, this.options.clocks))
      return this.end({ kind: 'not-sent', says: 'its time had passed before it could be sent', late: true })
    this.started = true
  }

  onRequestSent(): void {
    this.options.mark('send-after')
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: NodeJS.Dict<string | string[]>): void {
    // 1xx announces; the reply is still to come.
    if (status < 200) return
    this.status = status
    this.headers = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : (value ?? '')]),
    )
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.length += chunk.length
    if (this.length > this.limitBytes) return this.giveUp(`the reply is longer than ${this.limitBytes} bytes`)
    // Copied: the library's buffer is larger than the piece and would be kept whole.
    this.chunks.push(Uint8Array.from(chunk))
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.chunks)
    this.end({
      kind: 'answered',
      reply: {
        transport: 'http',
        status: this.status,
        headers: this.headers,
        body: new Uint8Array(body.buffer, body.byteOffset, body.length),
      },
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error & { code?: string }): void {
    this.giveUp(`the connection failed (${codeOf(error)})`)
  }

  giveUp(says: string): void {
    this.end(this.started ? { kind: 'unknown', says } : { kind: 'not-sent', says })
  }

  end(sending: Sending): void {
    if (this.ended) return
    this.ended = true
    clearTimeout(this.timer)
    if (sending.kind !== 'answered') this.controller?.abort(new Error('given up'))
    this.settle(sending)
  }

  lengthOf(request: HttpRequest): { 'content-length'?: string } {
    return request.body && request.body.length > 0 ? { 'content-length': String(request.body.length) } : {}
  }

  /** In two pieces, so that a process can be stopped with one half sent. */
  bodyOf(request: HttpRequest): AsyncIterable<Uint8Array> | null {
    const { body } = request
    if (!body || body.length === 0) return null
    const { mark } = this.options
    return (async function* pieces() {
      const half = Math.ceil(body.length / 2)
      yield body.subarray(0, half)
      mark('send-mid')
      if (half < body.length) yield body.subarray(half)
    })()
  }
}

/** The base URL, checked: https unless `plain`, no credentials, query or fragment; a literal address is public unless `network` says private. */
function baseOf(place: HttpPlace): URL {
  const url = URL.parse(place.baseUrl)
  if (!url) throw new Fault('config-not-valid', `${JSON.stringify(place.baseUrl)} is no URL.`)
  if (url.protocol !== 'https:' && !(place.plain === true && url.protocol === 'http:'))
    throw new Fault('config-not-valid', `${url.host}: only https is used, or http where "plain" says so.`)
  if (url.username || url.password || url.search || url.hash)
    throw new Fault('config-not-valid', `${url.host}: the address must not hold credentials, a query or a fragment.`)
  const literal = url.hostname.replace(/^\[|\]$/gu, '')
  if (place.network !== 'private' && isIP(literal) && !isPublicAddress(literal))
    throw new Fault('config-not-valid', `${url.host} is in a private network; say so with "network: private" if it is meant.`)
  return url
}

function wrongWith(request: HttpRequest): string | undefined {
  if (!request.path.startsWith('/')) return 'the path does not begin with /'
  const ours = Object.keys(request.headers).find((name) => OURS.has(name) || name !== name.toLowerCase())
  return ours && `the header ${ours} is not the connector's to set`
}

function authHeader(auth: Auth, secret: TransportOptions['secret']): Record<string, string> | undefined {
  if (auth.scheme === 'none') return {}
  const value = secret(auth.secret)
  if (value === undefined || value === '') return undefined
  switch (auth.scheme) {
    case 'bearer':
      return { authorization: `Bearer ${value}` }
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.user}:${value}`).toString('base64')}` }
    case 'header':
      return { [auth.name]: value }
  }
}

/** The code alone: messages may quote what was sent. */
function codeOf(error: Error & { code?: string; errors?: (Error & { code?: string })[] }): string {
  return error.code ?? error.errors?.[0]?.code ?? error.name
}
