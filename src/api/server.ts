/**
 * The routes on an HTTP server. Everything that is the same for all of them stands here: the access key, limits, security
 * headers, problems, the log. The only file that knows the server's library.
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { fastify, LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Fault } from '../lib/fault.ts'
import type { ApiContext } from './context.ts'
import { faultOf, problemHeaders, problemOf } from './problem.ts'
import { ROUTES } from './routes.ts'
import { shapedAs, type Answer, type Route } from './route.ts'
import { readJson } from './strict-json.ts'
import { mediaTypeOf } from './cloud-events.ts'

export interface ApiOptions {
  /** Loopback unless the configuration names another address. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  /** Where log lines go; quiet without it. Never a header, a body or a key among them. */
  readonly log?: { readonly level: 'info' | 'warn' | 'error'; readonly stream: NodeJS.WritableStream }
}

export interface Api {
  /** `http://127.0.0.1:4711` */
  readonly address: string
  close(): Promise<void>
}

/** Listens. Throws the fault `config-not-valid` for a key that could be guessed. */
export async function startApi(context: ApiContext, options: ApiOptions): Promise<Api> {
  const server = buildApi(context, options)
  const address = await server.listen({ host: options.host ?? '127.0.0.1', port: options.port })
  return { address, close: () => server.close() }
}

const LEAST_KEY = 16
const FIRST_KEY = 'first'
const REQUEST_MS = 30_000
/** An id in a path: invoice numbers have up to 140 characters, each up to nine when percent-encoded. */
const LIMIT_PARAMETER = 1_300

/** The server without a port, as tests call it. */
export function buildApi(context: ApiContext, options: Omit<ApiOptions, 'host' | 'port'> = {}): FastifyInstance {
  if (context.key.length < LEAST_KEY) throw new Fault('config-not-valid', `The access key has fewer than ${LEAST_KEY} characters.`)
  const { log } = options
  const server = fastify({
    logger: log ? { level: log.level, stream: log.stream, redact: REDACTED, serializers: SERIALIZERS } : false,
    logController: new LogController({ disableRequestLogging: true }), requestIdHeader: false, genReqId: () => randomUUID(),
    requestTimeout: REQUEST_MS, connectionTimeout: 2 * REQUEST_MS,
    // While it closes the door itself says so, as a problem with Retry-After.
    return503OnClosing: false, routerOptions: { maxParamLength: LIMIT_PARAMETER }, clientErrorHandler: refuseConnection,
    frameworkErrors: answerError,
  })
  server.removeAllContentTypeParsers()
  // Bodies stay bytes: each route says what it takes of them.
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
  server.addHook('onRequest', secure)
  server.addHook('onResponse', tellLog)
  server.setErrorHandler(answerError)
  server.setNotFoundHandler(answerNotFound)
  const expected = digest(context.key)
  for (const route of ROUTES) mount(server, context, route, expected)
  return server
}

function mount(server: FastifyInstance, context: ApiContext, route: Route, expected: Buffer): void {
  server.route({
    method: route.method, url: patternOf(route.path), ...(route.takes ? { bodyLimit: route.takes.limitBytes } : { bodyLimit: 1_024 }),
    // Before the body is read: whoever has no key is not listened to.
    onRequest: (request, _reply, done) => {
      done(route.key === false || holdsKey(request, expected) ? undefined : new Fault('key-unknown'))
    },
    handler: async (request, reply) => {
      const answer = await route.handle({
        context, params: request.params as Record<string, string>, query: queryOf(route, request), body: bodyOf(route, request),
        headers: headersOf(request), requestId: request.id, key: route.key === false ? '' : FIRST_KEY,
      })
      return send(reply, answer)
    },
  })
}

/** `{name}` in our list is `:name` in the router's. */
const patternOf = (path: string): string => path.replaceAll(/\{(\w+)\}/gu, ':$1')

/** Compared by digest: in a time that tells neither length nor content. */
function holdsKey(request: FastifyRequest, expected: Buffer): boolean {
  const given = /^Bearer +(\S+)$/iu.exec(request.headers.authorization ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), expected)
}
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

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
    Object.entries(request.headers).flatMap(
      ([name, value]) => value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]
    )
  )
}

function send(reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply {
  if (body === undefined) return reply.code(status).headers(headers).send()
  // As bytes: to a text the server's library would add a character set, which JSON has none of (RFC 8259, section 11).
  return reply.code(status).headers({ 'content-type': 'application/json', ...headers }).send(
    body instanceof Buffer ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  )
}

// ---------------------------------------------------------------------------------------------------- the same for all

/** Nothing here is for a browser to show, run, frame or keep. */
const SECURITY: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
  'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer',
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
    status: problem.status, headers: { 'content-type': 'application/problem+json' }, body: problem,
  })
}

/** An address that is there for another method says which. */
function answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0] ?? ''
  const methods = ROUTES.filter((route) => matches(route.path, path)).map((route) => route.method)
  if (methods.length > 0) void reply.header('allow', methods.flatMap((method) => method === 'GET' ? ['GET', 'HEAD'] : [method]).join(', '))
  answerError(methods.length > 0 ? new Fault('method-not-taken') : new Fault('not-found', 'There is no such address.'), request, reply)
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return wanted.length === given.length && wanted.every((part, at) => part.startsWith('{') ? given[at] !== '' : part === given[at])
}

/** Bytes that are no HTTP request: there is no request to answer, only a connection to close. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const fault = error.code !== undefined && error.code.startsWith('HPE_') && error.code !== 'HPE_HEADER_OVERFLOW'
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
    'request'
  )
  done()
}

/** Should anybody ever log a request as it is. */
const REDACTED = ['req.headers', '*.headers', '*.authorization', '*.key']

/** An error as the log has it: what PostgreSQL adds about rows and values is left out. */
const SERIALIZERS = {
  err: (error: unknown) => error instanceof Error
    ? { type: error.name, message: error.message, stack: error.stack ?? '', ...('code' in error ? { code: String(error.code) } : {}) }
    : { type: typeof error, message: String(error), stack: '' },
}
