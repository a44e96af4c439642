/**
 * The routes on an HTTP server. Everything that is the same for all of them stands here: the access key, limits, security
 * headers, problems, the log. The only file that knows the server's library.
 */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { fastify, LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { openKeys } from '../access/keys.ts'
import { holds, type Caller, type Scope } from '../access/scopes.ts'
import { Fault } from '../lib/fault.ts'
import { msOf } from '../lib/time.ts'
import type { ApiContext } from './context.ts'
import { once, requestKeyIn } from './once.ts'
import { faultOf, problemHeaders, problemOf } from './problem.ts'
import { DEFAULT_LIMITS, openRates, type Limits } from './rates.ts'
import { ROUTES } from './routes.ts'
import { shapedAs, type Answer, type Call, type Route } from './route.ts'
import { readJson } from './strict-json.ts'
import { mediaTypeOf } from './cloud-events.ts'

export interface ApiOptions {
  /** Loopback unless the configuration names another address. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  /** How often one key may call. */
  readonly limits?: Limits
  /** Others than those of the list, for tests. */
  readonly routes?: readonly Route[]
  /** Where log lines go; quiet without it. Never a header, a body or a key among them. */
  readonly log?: { readonly level: 'info' | 'warn' | 'error'; readonly stream: NodeJS.WritableStream }
}

export interface Api {
  /** `http://127.0.0.1:4711` */
  readonly address: string
  close(): Promise<void>
}

/** Listens. Throws the fault `config-not-valid` for a key that could be guessed, and for an address that cannot be had. */
export async function startApi(context: ApiContext, options: ApiOptions): Promise<Api> {
  const server = buildApi(context, options)
  const { host = '127.0.0.1', port } = options
  const address = await server.listen({ host, port }).catch((cause: unknown) => {
    const code = String((cause as NodeJS.ErrnoException).code)
    const why = NO_ADDRESS[code] ?? `it was refused with ${code}`
    throw new Fault('config-not-valid', `The API cannot listen on ${host}, port ${port}: ${why}.`, { cause })
  })
  return { address, close: () => server.close() }
}

/** What stands in the way of listening, by the error's code, and what can be done. */
const NO_ADDRESS: { readonly [code: string]: string } = {
  EADDRINUSE: 'another program has this port. End it, or give api.port of the configuration another one (0: any free one)',
  EADDRNOTAVAIL: 'this machine does not have this address. Give api.host of the configuration one that it has',
  EACCES: 'ports below 1024 are not for everybody. Give api.port of the configuration a higher one',
  ENOTFOUND: 'no address is known for this name. Give api.host of the configuration one that it has',
}

const REQUEST_MS = 30_000
/** An id in a path: invoice numbers have up to 140 characters, each up to nine when percent-encoded. */
const LIMIT_PARAMETER = 1_300

/** Each route reads its own input: without this the framework would load a second way to check it with every start. */
function noSchemas(): never {
  throw new Error('no route has a schema of the framework')
}

/** The server without a port, as tests call it. */
export function buildApi(context: ApiContext, options: Omit<ApiOptions, 'host' | 'port'> = {}): FastifyInstance {
  const { log, routes = ROUTES } = options
  const gate: Gate = {
    keys: openKeys(context.pool, context.tenant, context.key),
    rates: openRates(options.limits ?? DEFAULT_LIMITS, () => performance.now()),
    callers: new WeakMap(),
  }
  const server = fastify({
    logger: log ? { level: log.level, stream: log.stream, redact: REDACTED, serializers: SERIALIZERS } : false,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    requestTimeout: REQUEST_MS,
    connectionTimeout: 2 * REQUEST_MS,
    // While it closes the door itself says so, as a problem with Retry-After.
    return503OnClosing: false,
    routerOptions: { maxParamLength: LIMIT_PARAMETER },
    clientErrorHandler: refuseConnection,
    frameworkErrors: answerError,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  })
  server.removeAllContentTypeParsers()
  // Bodies stay bytes: each route says what it takes of them.
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body)
  })
  server.addHook('onRequest', secure)
  server.addHook('onResponse', tellLog)
  server.setErrorHandler(answerError)
  server.setNotFoundHandler((request, reply) => {
    answerNotFound(routes, request, reply)
  })
  for (const route of routes) mount(server, context, route, gate)
  return server
}

/** What stands before every route. */
interface Gate {
  readonly keys: ReturnType<typeof openKeys>
  readonly rates: ReturnType<typeof openRates>
  readonly callers: WeakMap<FastifyRequest, Caller>
}

const NOBODY: Caller = { name: '', scopes: [] }

function mount(server: FastifyInstance, context: ApiContext, route: Route, gate: Gate): void {
  const leaving = leavingHeaders(route)
  server.route({
    method: route.method,
    url: patternOf(route.path),
    ...(route.takes ? { bodyLimit: route.takes.limitBytes } : { bodyLimit: 1_024 }),
    // Before the body is read: whoever has no key is not listened to.
    onRequest: async (request, reply) => {
      void reply.headers(leaving)
      if (route.scope !== null) gate.callers.set(request, await admitted(gate, route, route.scope, request, reply))
    },
    handler: async (request, reply) => {
      const caller = gate.callers.get(request) ?? NOBODY
      const call: Call = {
        context,
        caller,
        params: request.params as Record<string, string>,
        query: queryOf(route, request),
        body: bodyOf(route, request),
        headers: headersOf(request),
        requestId: request.id,
      }
      return send(reply, await answerTo(route, call, request))
    },
  })
}

/** Whose key it is, once it is known, holds the scope, and has not called too often. */
async function admitted({ keys, rates }: Gate, route: Route, scope: Scope, request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
  const given = /^Bearer +(\S+)$/iu.exec(request.headers.authorization ?? '')?.[1]
  const caller = given === undefined ? undefined : await keys.holderOf(given)
  if (!caller) throw new Fault('key-unknown')
  const { headers, retryAfterMs } = rates.take(caller.name, route.rate ? ['requests', route.rate] : ['requests'])
  void reply.headers(headers)
  if (retryAfterMs !== null) throw new Fault('rate-exceeded', undefined, { retryAfterMs })
  if (!holds(caller, scope)) throw new Fault('scope-missing', `It lacks ${scope}.`)
  return caller
}

async function answerTo(route: Route, call: Call, request: FastifyRequest): Promise<Answer> {
  const key = route.once ? requestKeyIn(call.headers['idempotency-key']) : undefined
  if (key === undefined) return route.handle(call)
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
  const path = request.url.split('?', 1)[0] ?? ''
  return once(
    call.context,
    {
      caller: call.caller.name,
      route: `${route.method} ${path}`,
      key,
      requestId: call.requestId,
      parts: [request.url, call.headers['content-type'] ?? '', body],
    },
    () => route.handle(call),
  )
}

/** RFC 9745 and RFC 8594: since when it should not be called any more, and until when it answers. */
function leavingHeaders({ deprecated }: Route): Record<string, string> {
  if (!deprecated) return {}
  const { since, sunset, instead } = deprecated
  return {
    deprecation: `@${Math.floor(msOf(since) / 1_000)}`,
    sunset: new Date(sunset).toUTCString(),
    link: `<${instead}>; rel="successor-version"`,
  }
}

/** `{name}` in our list is `:name` in the router's. */
const patternOf = (path: string): string => path.replaceAll(/\{(\w+)\}/gu, ':$1')

function queryOf(route: Route, request: FastifyRequest): unknown {
  if (route.query) return shapedAs(route.query, request.query)
  if (Object.keys(request.query as object).length > 0) throw new Fault('request-not-valid', 'This address takes no query.')
  return {}
}

function bodyOf(route: Route, request: FastifyRequest): unknown {
  const { takes } = route
  if (!takes) return undefined
  const bytes = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
  if (request.headers['content-encoding'] !== undefined) {
    throw new Fault('media-type-unknown', 'Bodies are sent as they are, without content-encoding.')
  }
  const { type } = mediaTypeOf(request.headers['content-type'] ?? '')
  if (takes.kind === 'bytes') {
    if (takes.media !== 'any' && !takes.media.includes(type)) throw new Fault('media-type-unknown', `Send ${takes.media.join(' or ')}.`)
    return bytes
  }
  if (type !== 'application/json') throw new Fault('media-type-unknown', 'Send application/json.')
  return shapedAs(takes.shape, readJson(bytes))
}

function headersOf(request: FastifyRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}

function send(reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply {
  if (body === undefined) return reply.code(status).headers(headers).send()
  // As bytes: to a text the server's library would add a character set, which JSON has none of (RFC 8259, section 11).
  return reply
    .code(status)
    .headers({ 'content-type': 'application/json', ...headers })
    .send(body instanceof Buffer ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
}

// ---------------------------------------------------------------------------------------------------- the same for all

/** Nothing here is for a browser to show, run, frame or keep. */
const SECURITY: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
}

function secure(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  void reply.headers(SECURITY).header('request-id', request.id)
  done()
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const fault = faultOf(error)
  // What is ours to mend goes to the log with its cause; what the caller did wrong does not.
  if (fault.status >= 500) request.log.error({ err: fault.cause ?? fault, code: fault.code }, 'a request failed')
  else if (fault.code === 'signature-bad') request.log.warn({ why: String(fault.cause) }, 'a notice was refused')
  const problem = problemOf(fault, request.id)
  void send(reply.headers(SECURITY).headers({ ...problemHeaders(fault), 'request-id': request.id }), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json' },
    body: problem,
  })
}

/** An address that is there for another method says which. */
function answerNotFound(routes: readonly Route[], request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0] ?? ''
  const methods = routes.filter((route) => matches(route.path, path)).map((route) => route.method)
  if (methods.length > 0)
    void reply.header('allow', methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', '))
  answerError(methods.length > 0 ? new Fault('method-not-taken') : new Fault('not-found', 'There is no such address.'), request, reply)
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, at) => (part.startsWith('{') ? given[at] !== '' : part === given[at]))
}

/** Bytes that are no HTTP request: there is no request to answer, only a connection to close. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const fault =
    error.code !== undefined && error.code.startsWith('HPE_') && error.code !== 'HPE_HEADER_OVERFLOW'
      ? new Fault('request-not-valid')
      : faultOf(error)
  const problem = problemOf(fault.code === 'internal' ? new Fault('request-not-valid') : fault, randomUUID())
  const body = JSON.stringify(problem)
  const head = ['content-type: application/problem+json', `content-length: ${Buffer.byteLength(body)}`, 'connection: close']
  socket.end(`HTTP/1.1 ${problem.status} Refused\r\n${head.join('\r\n')}\r\n\r\n${body}`)
}

function tellLog(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  // The route and not the address: ids and names of files stay out of the log.
  request.log.info(
    { method: request.method, route: request.routeOptions.url ?? null, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
    'request',
  )
  done()
}

/** Should anybody ever log a request as it is. */
const REDACTED = ['req.headers', '*.headers', '*.authorization', '*.key']

/** An error as the log has it: what PostgreSQL adds about rows and values is left out. */
const SERIALIZERS = {
  err: (error: unknown) =>
    error instanceof Error
      ? { type: error.name, message: error.message, stack: error.stack ?? '', ...('code' in error ? { code: String(error.code) } : {}) }
      : { type: typeof error, message: String(error), stack: '' },
}
