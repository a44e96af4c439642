/**
 * A small bookkeeping system over real HTTP on loopback, to prove the kit and delivery against: it books entries, keeps its own
 * list of what it did (the ground truth, which nothing of ours writes), and does on demand everything that systems do to their
 * callers. How far it recognises a repeated call is a switch.
 */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Entry {
  readonly id: string
  readonly key: string
  readonly reference: string
  readonly party: string
  readonly amount: string
  readonly currency: string
  readonly status: string
  /** What a caller may say besides, kept as it came; `at` is the instant of the booking. */
  readonly entity?: string
  readonly number?: string
  readonly on?: string
  readonly at?: string
}

/** What becomes of a call. `late`: it takes effect `lateMs` after it came, whatever is replied. */
export interface Fate {
  readonly effect?: 'done' | 'none' | 'late'
  readonly lateMs?: number
  readonly reply?: 'as-is' | 'lost' | 'status' | 'html' | 'cut' | 'never' | 'huge'
  readonly status?: number
  readonly retryAfter?: string
  /** Wait before the reply. */
  readonly slowMs?: number
}

export interface ModelOptions {
  /** `key`: an idempotency key (K1) · `reference`: unique (K2) · `none`: everything is booked again (K3, K4). */
  readonly knows: 'key' | 'reference' | 'none'
  readonly keyRetentionMs?: number
  readonly token?: string
  readonly port?: number
}

export type Answer = { readonly status: number; readonly body: unknown }

export class ModelTarget {
  /** Everything it ever booked, in order. */
  readonly booked: Entry[] = []
  /** What its change feed shows. */
  readonly changes: Entry[] = []
  /** Calls by method and path, refused ones included. */
  readonly calls: { readonly line: string; readonly at: number; readonly body: string; readonly headers: IncomingMessage['headers'] }[] = []
  /** Fates of the next bookings, in turn; when there are none left, `usual`. */
  readonly fates: Fate[] = []
  usual: Fate = {}
  /** A fate by the entry's key and how often it has come, before `fates` and `usual`. */
  fateOf: ((key: string, time: number) => Fate | undefined) | undefined
  /** Fate of looks and of the feed. */
  reading: Fate = {}
  down = false
  /** Calls that took effect later than they were answered. */
  landed = 0
  options: ModelOptions
  url = ''
  private server: Server | undefined
  private readonly times = new Map<string, number>()
  private readonly answers = new Map<string, { readonly at: number; readonly answer: Answer | undefined }>()

  constructor(options: ModelOptions) {
    this.options = options
  }

  static async start(options: ModelOptions): Promise<ModelTarget> {
    const target = new ModelTarget(options)
    await target.listen(options.port ?? 0)
    return target
  }

  async listen(port: number): Promise<void> {
    this.server = createServer((request, response) => {
      this.receive(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((ready) => this.server?.listen(port, '127.0.0.1', ready))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections()
    await new Promise((done) => this.server?.close(done))
  }

  bookedUnder(key: string): Entry[] {
    return this.booked.filter((entry) => entry.key === key)
  }

  /** Something happens here without us. */
  change(entry: Partial<Entry> & Pick<Entry, 'id'>): void {
    this.changes.push({
      key: '',
      reference: '',
      party: 'acme',
      amount: '1.00',
      currency: 'EUR',
      status: 'OPEN',
      at: new Date().toISOString(),
      ...entry,
    })
  }

  forget(id: string): void {
    this.booked.splice(
      this.booked.findIndex((entry) => entry.id === id),
      1,
    )
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const line = `${request.method} ${request.url}`
    this.calls.push({ line, at: Date.now(), body, headers: request.headers })
    if (this.down) return void response.destroy()
    if (line === 'GET /alive') return reply(response, { status: 200, body: { alive: true } }, {})
    if (this.options.token !== undefined && request.headers.authorization !== `Bearer ${this.options.token}`)
      return reply(response, { status: 401, body: {} }, {})
    const url = new URL(request.url ?? '/', 'http://x')
    if (line === 'POST /entries') return this.post(request, response, body)
    await finish(
      response,
      url.pathname === '/entries'
        ? this.find(url)
        : url.pathname === '/changes'
          ? this.feed(url)
          : url.pathname.startsWith('/entries/')
            ? this.one(url)
            : { status: 404, body: {} },
      this.reading,
    )
  }

  private async post(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const key = String(request.headers['idempotency-key'] ?? '')
    const time = (this.times.get(key) ?? 0) + 1
    this.times.set(key, time)
    const fate = this.fateOf?.(key, time) ?? this.fates.shift() ?? this.usual
    const known = this.options.knows === 'key' ? this.answers.get(key) : undefined
    if (known && Date.now() - known.at < (this.options.keyRetentionMs ?? 86_400_000)) {
      return finish(response, known.answer ?? { status: 409, body: { busy: true } }, { ...fate, effect: 'none' })
    }
    if (this.options.knows === 'key') this.answers.set(key, { at: Date.now(), answer: undefined })
    const work = (): Answer => {
      const answer = this.book(body)
      if (this.options.knows === 'key') {
        if (answer.status === 201) this.answers.set(key, { at: Date.now(), answer })
        else this.answers.delete(key)
      }
      return answer
    }
    if (fate.effect === 'late') {
      sleep(fate.lateMs ?? 300).then(
        () => {
          work()
          this.landed++
        },
        () => undefined,
      )
      return finish(response, { status: 202, body: {} }, fate)
    }
    if (fate.effect === 'none') {
      this.answers.delete(key)
      return finish(response, { status: 201, body: { entry: { ...this.entryOf(body), id: 'E-none' } } }, fate)
    }
    return finish(response, work(), fate)
  }

  private book(body: string): Answer {
    const entry = this.entryOf(body)
    if (entry.party === 'blocked') return { status: 422, body: { refused: { code: 'E-17', text: 'Party blocked is blocked.' } } }
    const there = this.options.knows === 'reference' ? this.booked.find((other) => other.key === entry.key) : undefined
    if (there) return { status: 409, body: { exists: there } }
    this.booked.push(entry)
    this.changes.push(entry)
    return { status: 201, body: { entry } }
  }

  private entryOf(body: string): Entry {
    const { key, reference, party, amount, currency, entity, number, on } = JSON.parse(body) as Entry
    const said = {
      ...(entity === undefined ? {} : { entity }),
      ...(number === undefined ? {} : { number }),
      ...(on === undefined ? {} : { on }),
    }
    return {
      id: `E-${this.booked.length + 1}`,
      key,
      reference,
      party,
      amount,
      currency,
      ...said,
      status: 'BOOKED',
      at: new Date().toISOString(),
    }
  }

  private find(url: URL): Answer {
    return { status: 200, body: { entries: this.bookedUnder(url.searchParams.get('key') ?? '') } }
  }

  private one(url: URL): Answer {
    const entry = this.booked.find(({ id }) => id === url.pathname.slice('/entries/'.length))
    return entry ? { status: 200, body: { entry } } : { status: 404, body: { none: true } }
  }

  private feed(url: URL): Answer {
    const after = Number(url.searchParams.get('after') ?? 0)
    const limit = Math.min(100, Number(url.searchParams.get('limit') ?? 100))
    const rows = this.changes.slice(after, after + limit)
    return { status: 200, body: { rows, next: String(after + rows.length), more: after + rows.length < this.changes.length } }
  }
}

export async function finish(response: ServerResponse, answer: Answer, fate: Fate): Promise<void> {
  if (fate.slowMs !== undefined) await sleep(fate.slowMs)
  switch (fate.reply ?? 'as-is') {
    case 'as-is':
      return reply(response, answer, {})
    case 'status':
      return reply(
        response,
        { status: fate.status ?? 500, body: {} },
        fate.retryAfter === undefined ? {} : { 'retry-after': fate.retryAfter },
        '<html>no</html>',
      )
    case 'html':
      return reply(response, { status: 200, body: {} }, {}, '<html>welcome</html>')
    case 'cut':
      return reply(response, answer, {}, JSON.stringify(answer.body).slice(0, -7))
    case 'huge':
      return reply(response, answer, {}, 'x'.repeat(8_000_000))
    case 'lost':
      return void response.destroy()
    case 'never':
      return
  }
}

function reply(response: ServerResponse, answer: Answer, headers: Record<string, string>, text = JSON.stringify(answer.body)): void {
  response.writeHead(answer.status, { 'content-type': 'application/json', ...headers })
  response.end(text)
}

/** As it signs what it pushes: HMAC-SHA-256 over `time.body`, hex. */
export function signed(raw: string, atSeconds: number, secret: string): Record<string, string> {
  return { 'x-time': String(atSeconds), 'x-signature': createHmac('sha256', secret).update(`${atSeconds}.${raw}`).digest('hex') }
}
