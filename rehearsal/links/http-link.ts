/** A link that carries HTTP: to each target, from each client, from the AP tool's webhooks. It lies, loses and lingers on demand. */
import {
  Agent,
  createServer,
  request as send,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'

export type HttpFault =
  /** Connections are refused, as of a system that is down. */
  | { readonly kind: 'down' }
  /** It is taken and never answered; nothing of it arrives. */
  | { readonly kind: 'drop'; readonly hang: boolean }
  /** The work is done, its answer is lost. */
  | { readonly kind: 'lose' }
  /** The caller is cut off at once; the work is done so much later. */
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Answered here; `done` says whether the work is done all the same. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly done: boolean }
  /** The work is done; the answer comes as something else. */
  | { readonly kind: 'answer'; readonly as: keyof typeof ANSWERS }
  /** The work is done twice: what a careless gateway makes of one call. Only for callers whose calls may come twice. */
  | { readonly kind: 'twice' }

export interface HttpRule {
  readonly fault: HttpFault
  /** Only calls that change something (POST, PUT). */
  readonly effects?: boolean
  /** Only calls of this path. */
  readonly path?: RegExp
  /** How many calls it meets at most. */
  readonly times?: number
  /** Told the body of each call that it meets. */
  readonly meets?: (body: Buffer) => void
}

/** A rule while it holds: which calls it still meets, and how many it has met. */
interface Ruling {
  readonly rule: HttpRule
  left: number
  hits: number
}

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Seen {
  readonly at: string
  readonly link: string
  readonly method: string
  readonly path: string
  readonly status: number | null
  readonly fault: string | null
}

/** What the answer to work that was done is made into. */
const ANSWERS = {
  html: (_held, reply) => {
    reply.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Please sign in</title>')
  },
  cut: (held, reply) => {
    reply.writeHead(held.status, { 'content-type': 'application/json' }).end(held.body.subarray(0, held.body.length >> 1))
  },
  torn: (held, reply) => {
    reply.writeHead(held.status, { 'content-type': 'application/json', 'content-length': held.body.length })
    reply.write(held.body.subarray(0, held.body.length >> 1), () => {
      reply.destroy()
    })
  },
  empty: (held, reply) => {
    reply.writeHead(held.status).end()
  },
  'error-in-200': (_held, reply) => {
    reply.writeHead(200, { 'content-type': 'application/json' }).end('{"error":{"code":"E-100","message":"Try again later."}}')
  },
  'without-id': (held, reply) => {
    answer(
      reply,
      held.status,
      membersOf(held.body).filter(([key]) => !isNumber(key)),
    )
  },
  'others-id': (held, reply, { others }) => {
    answer(
      reply,
      held.status,
      membersOf(held.body).map(([key, value]) => [key, isNumber(key) ? (others.get(key) ?? value) : value]),
    )
  },
  'wrong-type': (held, reply) => {
    reply.writeHead(held.status, { 'content-type': 'image/png' }).end(held.body)
  },
  drip: (held, reply) => {
    reply.writeHead(held.status, { 'content-type': 'application/json', 'content-length': held.body.length })
    let at = 0
    const timer = setInterval(() => {
      if (reply.destroyed || at >= held.body.length) {
        clearInterval(timer)
        reply.end()
        return
      }
      reply.write(held.body.subarray(at, ++at))
    }, 50)
  },
  endless: (held, reply) => {
    reply.writeHead(held.status, { 'content-type': 'application/json' })
    const more = (): void => {
      if (!reply.destroyed)
        reply.write(' '.repeat(65_536), () => {
          setTimeout(more, 5)
        })
    }
    more()
  },
  redirect: (_held, reply, { trap }) => {
    reply.writeHead(307, { location: `${trap}/stolen` }).end()
  },
} as const satisfies Record<string, (held: Answered, reply: ServerResponse, known: Known) => void>

interface Known {
  readonly trap: string
  /** The number that another call was given, by the name of the member. */ readonly others: ReadonlyMap<string, unknown>
}

const isNumber = (key: string): boolean => /(No|Ref)$/u.test(key)

function membersOf(body: Buffer): [string, unknown][] {
  try {
    return Object.entries(JSON.parse(body.toString()) as object)
  } catch {
    return []
  }
}

function answer(reply: ServerResponse, status: number, members: readonly (readonly [string, unknown])[]): void {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(Object.fromEntries(members)))
}

export const ANSWER_NAMES = Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]

export class HttpLink {
  readonly name: string
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #sockets = new Set<Socket>()
  readonly #upstream: () => string
  readonly #seen: (seen: Seen) => void
  readonly #pending = new Set<Promise<unknown>>()
  readonly #others = new Map<string, unknown>()
  /** The last one set is asked first. */
  readonly #rules: Ruling[] = []
  hits = 0
  /** Calls that came to where a redirect sent them: nobody may follow one. */
  trapped = 0

  private constructor(name: string, upstream: () => string, seen: (seen: Seen) => void) {
    this.name = name
    this.#upstream = upstream
    this.#seen = seen
    this.#server = createServer((request, reply) => {
      void this.#take(request, reply)
    })
    this.#server.on('connection', (socket) => {
      if (this.#rules.findLast((ruling) => ruling.rule.fault.kind === 'down' && this.#hits(ruling, 'POST', ''))) {
        socket.on('error', () => {}).resetAndDestroy()
        return
      }
      this.#sockets.add(socket.once('close', () => this.#sockets.delete(socket)))
    })
  }

  static async open(name: string, upstream: () => string, seen: (seen: Seen) => void): Promise<HttpLink> {
    const link = new HttpLink(name, upstream, seen)
    await new Promise<void>((done) => {
      link.#server.listen(0, '127.0.0.1', done)
    })
    return link
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  }

  set(rule: HttpRule): Ruling {
    const ruling: Ruling = { rule, left: rule.times ?? Infinity, hits: 0 }
    this.#rules.push(ruling)
    if (rule.fault.kind === 'down') this.cut()
    return ruling
  }

  /** Takes back this rule, or all there are. */
  heal(ruling?: Ruling): void {
    const at = ruling ? this.#rules.indexOf(ruling) : 0
    if (at >= 0) this.#rules.splice(at, ruling ? 1 : Infinity)
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Waits until work that was held back has been done. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    this.cut()
    await new Promise<void>((done) => {
      this.#server.close(() => {
        done()
      })
    })
  }

  #hits(ruling: Ruling, method: string, path: string): boolean {
    const { rule, left } = ruling
    if (left <= 0 || (rule.effects && !['POST', 'PUT'].includes(method)) || rule.path?.test(path) === false) return false
    ruling.left--
    ruling.hits++
    this.hits++
    return true
  }

  async #take(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = request
    reply.on('error', () => {})
    if (path.startsWith('/stolen')) this.trapped++
    const body = await bodyOf(request).catch(() => undefined)
    if (!body) return
    const rule = this.#rules.findLast((ruling) => this.#hits(ruling, method, path))?.rule
    const fault = rule?.fault
    rule?.meets?.(body)
    const done = (): Promise<Answered> => this.#forward({ method, path, headers, body })
    const seen = (status: number | null): void => {
      this.#seen({ at: new Date().toISOString(), link: this.name, method, path, status, fault: fault ? nameOf(fault) : null })
    }
    try {
      switch (fault?.kind) {
        case 'down':
          request.socket.resetAndDestroy()
          return
        case 'drop':
          seen(null)
          if (!fault.hang) request.socket.resetAndDestroy()
          return
        case 'late':
          request.socket.resetAndDestroy()
          await this.#later(fault.ms, async () => {
            seen((await done()).status)
          })
          return
        case 'lose': {
          const { status } = await done()
          seen(status)
          request.socket.resetAndDestroy()
          return
        }
        case 'status':
          if (fault.done) await done()
          seen(fault.status)
          reply
            .writeHead(fault.status, {
              'content-type': 'text/plain',
              ...(fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }),
            })
            .end('no')
          return
        case 'answer': {
          const held = await done()
          seen(held.status)
          ANSWERS[fault.as](held, reply, { trap: this.url, others: this.#others })
          return
        }
        case 'twice':
          await done()
          break
        case 'slow':
          await new Promise((then) => {
            setTimeout(then, fault.ms)
          })
          break
        case undefined:
      }
      const held = await done()
      seen(held.status)
      if (method === 'POST' && held.status < 300)
        for (const [key, value] of membersOf(held.body)) if (isNumber(key)) this.#others.set(key, value)
      reply.writeHead(held.status, passed(held.headers)).end(held.body)
    } catch {
      // Nobody is there behind us: the caller sees what it would see of a system that is gone.
      seen(null)
      request.socket.resetAndDestroy()
    }
  }

  async #later(ms: number, work: () => Promise<void>): Promise<void> {
    const doing = new Promise((then) => {
      setTimeout(then, ms)
    })
      .then(work)
      .catch(() => {})
    this.#pending.add(doing)
    await doing
    this.#pending.delete(doing)
  }

  #forward(call: { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer }): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const url = new URL(call.path, this.#upstream())
      const headers = { ...passed(call.headers), host: url.host, ...(call.body.length > 0 ? { 'content-length': call.body.length } : {}) }
      const out = send(url, { method: call.method, headers, agent: this.#agent, timeout: 30_000 }, (answer) => {
        bodyOf(answer).then((body) => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body })
        }, reject)
      })
      out.on('error', reject).on('timeout', () => {
        out.destroy(new Error('no answer'))
      })
      out.end(call.body)
    })
  }
}

function passed(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _connection, 'transfer-encoding': _encoding, 'keep-alive': _alive, ...rest } = headers
  return rest
}

const nameOf = (fault: HttpFault): string =>
  fault.kind === 'answer' ? `answer ${fault.as}` : fault.kind === 'status' ? `status ${fault.status}` : fault.kind

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
