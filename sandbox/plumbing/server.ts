import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Book, Fact } from './book.ts'
import { Faults, type Rule } from './faults.ts'
import { setTempo, type Tempo } from './tempo.ts'

/** A call as an operation sees it. */
export interface Call {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly path: string
  readonly bytes: Buffer
  /** The body as JSON, parsed once; undefined for a body that is none. */
  readonly body: unknown
  readonly twist: Rule['twist']
}

/** What an operation answers, and the facts that become true by it. Nothing is true before the facts are committed. */
export interface Outcome {
  readonly status: number
  readonly body: unknown
  readonly facts?: readonly Fact[]
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes that are sent instead of `body`. */
  readonly file?: { readonly type: string; readonly bytes: Buffer }
}

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** Path with `{name}` for one segment. */
  readonly path: string
  readonly op: string
  /** Control calls of the simulation itself: no working time, no faults. */
  readonly control?: boolean
  readonly maxBytes?: number
  /** The body is bytes of any kind, not JSON. */
  readonly raw?: boolean
  readonly run: (call: Call) => Outcome | Promise<Outcome>
}

/** The refusals that every system words its own way. */
export interface Wording {
  readonly refuse: (status: 400 | 401 | 404 | 413, text: string, field?: string) => unknown
}

export interface Desk {
  readonly system: string
  readonly book: Book
  readonly routes: readonly Route[]
  readonly wording: Wording
  readonly tempo: Tempo<string> & { latencyMs: number }
  readonly seed: number
  readonly token: string | undefined
  /** Faults that only this system knows, by name; undefined = the system has no faults at all. */
  readonly extraFaults?: readonly string[] | undefined
  /** Asked before the working time starts; what it returns is called when the work is over, or is a refusal. */
  readonly enter?: (op: string, call: Call) => Outcome | (() => void)
}

export interface Served {
  readonly port: number
  readonly faults: Faults
  close(): Promise<void>
}

const BODY_LIMIT = 4 * 1024 * 1024
const READY_OP = 'alive'

/** Serves one system on the loopback interface. */
export async function serve(desk: Desk, port: number): Promise<Served> {
  const ops = [...desk.routes.filter((route) => !route.control).map((route) => route.op), ...(desk.extraFaults ?? [])]
  const faults = new Faults(desk.seed, ops)
  const routes = [...desk.routes, ...controls(desk, faults)].map((route) => ({ route, parts: route.path.split('/') }))
  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 60_000 }, (request, response) => {
    answer(desk, faults, routes, request, response).catch((error: unknown) => {
      process.stderr.write(`${desk.system}: ${error instanceof Error ? error.stack : String(error)}\n`)
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'content-type': 'text/plain' }).end('internal error\n')
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    faults,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
      server.closeIdleConnections()
      setTimeout(() => {
        server.closeAllConnections()
      }, 300).unref()
      await closed
    },
  }
}

interface Parted {
  readonly route: Route
  readonly parts: readonly string[]
}

async function answer(
  desk: Desk,
  faults: Faults,
  routes: readonly Parted[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://localhost')
  const refuse = (status: 400 | 401 | 404 | 413, text: string): void => {
    send(response, { status, body: desk.wording.refuse(status, text) })
  }
  if (!url) return refuse(400, 'The address is malformed.')
  const found = match(routes, request.method ?? '', url.pathname)
  if (found?.route.op !== READY_OP && !admitted(desk.token, request.headers.authorization))
    return refuse(401, 'The access token is missing or wrong.')
  if (!found) return refuse(404, `There is no ${request.method ?? ''} ${url.pathname} here.`)
  const bytes = await collect(request, found.route.maxBytes ?? BODY_LIMIT)
  if (!bytes) return refuse(413, 'The body is too large.')
  const { route, params } = found
  const rule = route.control ? undefined : faults.turn(route.op)
  const call: Call = {
    params,
    query: url.searchParams,
    headers: request.headers,
    path: url.pathname,
    bytes,
    body: route.raw ? undefined : json(bytes),
    twist: rule?.twist ?? null,
  }
  if (!route.raw && bytes.length > 0 && call.body === undefined) return refuse(400, 'The body is not JSON.')
  const entered = desk.enter?.(route.op, call)
  if (entered && typeof entered !== 'function') {
    send(response, entered)
    return
  }
  if (!route.control && desk.tempo.latencyMs > 0) await sleep(desk.tempo.latencyMs)
  const outcome = await work(desk, route, call, rule).finally(() => entered?.())
  await desk.book.settled()
  await reply(response, outcome, rule)
}

/** Does the work as the rule allows: now, not at all, or later (and then the answer is not a success, see faults.ts). */
async function work(desk: Desk, route: Route, call: Call, rule: Rule | undefined): Promise<Outcome> {
  if (rule?.effect === 'late') {
    setTimeout(() => {
      void perform(desk, route, call)
    }, rule.lateMs)
    return { status: 202, body: {} }
  }
  if (rule?.effect === 'none') return route.run(call)
  return perform(desk, route, call)
}

async function perform(desk: Desk, route: Route, call: Call): Promise<Outcome> {
  const ran = route.run(call)
  // Committed in the same turn of the event loop as it was decided, so that no other call comes between.
  const outcome = ran instanceof Promise ? await ran : ran
  if (outcome.facts) desk.book.commit(route.op, outcome.facts)
  return outcome
}

async function reply(response: ServerResponse, outcome: Outcome, rule: Rule | undefined): Promise<void> {
  if (!rule) return send(response, outcome)
  if (rule.slowMs > 0) await sleep(rule.slowMs)
  const patched = rule.patch && typeof outcome.body === 'object' ? { ...outcome, body: patch(outcome.body, rule.patch) } : outcome
  await REPLIES[rule.reply](response, patched, rule)
}

const REPLIES: Readonly<Record<Rule['reply'], (response: ServerResponse, outcome: Outcome, rule: Rule) => void | Promise<void>>> = {
  'as-is': (response, outcome) => {
    send(response, outcome)
  },
  lost: (response) => {
    response.destroy()
  },
  never: () => {
    /* the connection stays open and silent until the caller gives up */
  },
  error: (response, _outcome, rule) => {
    const headers = rule.retryAfter === null ? {} : { 'retry-after': rule.retryAfter }
    response.writeHead(rule.status, { 'content-type': 'text/plain', ...headers }).end(`simulated ${rule.status}\n`)
  },
  html: (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Signed out</title><p>Please sign in.</p>')
  },
  cut: (response, outcome) => {
    const bytes = bytesOf(outcome)
    response
      .writeHead(outcome.status, headersOf(outcome, Math.floor(bytes.length / 2)))
      .end(bytes.subarray(0, Math.floor(bytes.length / 2)))
  },
  torn: (response, outcome) => {
    const bytes = bytesOf(outcome)
    response.writeHead(outcome.status, headersOf(outcome, bytes.length))
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
      response.destroy()
    })
  },
  drip: async (response, outcome) => {
    const bytes = bytesOf(outcome)
    response.writeHead(outcome.status, headersOf(outcome, bytes.length))
    for (let at = 0; at < bytes.length && !response.destroyed; at += 1) {
      response.write(bytes.subarray(at, at + 1))
      await sleep(50)
    }
    response.end()
  },
}

function send(response: ServerResponse, outcome: Outcome): void {
  const bytes = bytesOf(outcome)
  response.writeHead(outcome.status, headersOf(outcome, bytes.length)).end(bytes)
}

function bytesOf(outcome: Outcome): Buffer {
  return outcome.file?.bytes ?? Buffer.from(`${JSON.stringify(outcome.body)}\n`)
}

function headersOf(outcome: Outcome, length: number): Record<string, string | number> {
  return { 'content-type': outcome.file?.type ?? 'application/json; charset=utf-8', 'content-length': length, ...outcome.headers }
}

function patch(body: object | null, changes: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries({ ...body, ...changes }).filter(([, value]) => value !== null))
}

function match(routes: readonly Parted[], method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
  const given = path.split('/')
  for (const { route, parts } of routes) {
    if (route.method !== method || parts.length !== given.length) continue
    const params: Record<string, string> = {}
    const fits = parts.every((part, at) => {
      const segment = given[at] ?? ''
      if (!part.startsWith('{')) return part === segment
      const value = decode(segment)
      if (!value) return false
      params[part.slice(1, -1)] = value
      return true
    })
    if (fits) return { route, params }
  }
  return undefined
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function json(bytes: Buffer): unknown {
  try {
    return bytes.length === 0 ? undefined : (JSON.parse(bytes.toString('utf8')) as unknown)
  } catch {
    return undefined
  }
}

function admitted(token: string | undefined, authorization: string | undefined): boolean {
  if (!token) return true
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(`Bearer ${token}`), digest(authorization ?? ''))
}

async function collect(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= limit) chunks.push(chunk)
  }
  return length <= limit ? Buffer.concat(chunks) : undefined
}

function controls(desk: Desk, faults: Faults): Route[] {
  const refused = (text: string, field?: string): Outcome => ({ status: 400, body: desk.wording.refuse(400, text, field) })
  const read = (call: Call): Promise<Buffer> => desk.book.read(count(call.query, 'after', 0), count(call.query, 'limit', 1e9))
  return [
    {
      method: 'GET',
      path: '/alive',
      op: READY_OP,
      control: true,
      run: () => ({ status: 200, body: { alive: true, system: desk.system } }),
    },
    { method: 'GET', path: '/tempo', op: 'tempo', control: true, run: () => ({ status: 200, body: desk.tempo }) },
    {
      method: 'PUT',
      path: '/tempo',
      op: 'tempo',
      control: true,
      run: (call) => {
        const wrong = setTempo(desk.tempo, call.body)
        return wrong ? refused(wrong) : { status: 200, body: desk.tempo }
      },
    },
    {
      method: 'GET',
      path: '/books',
      op: 'books',
      control: true,
      run: async (call) => ({ status: 200, body: null, file: { type: 'application/x-ndjson', bytes: await read(call) } }),
    },
    ...(desk.extraFaults === undefined
      ? []
      : [
          { method: 'GET' as const, path: '/faults', op: 'faults', control: true, run: () => ({ status: 200, body: faults.show() }) },
          {
            method: 'PUT' as const,
            path: '/faults',
            op: 'faults',
            control: true,
            run: (call: Call) => {
              const [problem] = faults.replace(call.body)
              return problem ? refused(`${problem.field} ${problem.text}`, problem.field) : { status: 200, body: faults.show() }
            },
          },
        ]),
  ]
}

/** A whole number from the query; `fallback` where it is absent or no number. */
export function count(query: URLSearchParams, name: string, fallback: number): number {
  const value = query.get(name) ?? ''
  return /^\d{1,10}$/.test(value) ? Number(value) : fallback
}
