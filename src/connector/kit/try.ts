/** One attempt at one promise: the connector opened anew, calls made as the engine makes them, what was broken noted. */
import { instantOf } from '../../lib/time.ts'
import type { CommandName } from '../../domain/object.ts'
import type { Call, Command, CommandInput, Connector, Content, Found, Observation } from '../contract.ts'
import { type Reply, type Request, requestHash } from '../request.ts'
import type { Sending } from '../transport/sending.ts'
import { openTransport, type Transport } from '../transport/transport.ts'
import { type Verdict, verdictOf } from '../verdict.ts'
import type { CommandCase, Subject } from './conformance.ts'

/** For a call that is never answered; nothing is learned by waiting longer. */
const PATIENCE_MS = 600
/** For one that is: a busy machine may take its time. */
const ANSWER_MS = 5_000
const LIMIT_PAGES = 200

export interface Swept {
  readonly observations: readonly Observation[]
  readonly cursor: string | null
  readonly pages: number
  readonly largest: number
}

export class Try {
  readonly subject: Subject
  readonly broken: string[] = []
  /** Everything that came out of connector and transport, for finding secrets in it. */
  readonly outputs: unknown[] = []
  private opened: { connector: Connector; transport: Transport } | undefined

  constructor(subject: Subject) {
    this.subject = subject
  }

  /** Notes what was broken, unless it holds. */
  must(holds: boolean, says: string): void {
    if (!holds) this.break(says)
  }
  break(says: string): void {
    this.broken.push(says)
  }

  get connector(): Connector {
    return this.open().connector
  }

  get cases(): [CommandName, Command, CommandCase][] {
    return (Object.entries(this.subject.commands) as [CommandName, CommandCase][]).flatMap(([name, one]) => {
      const command = this.connector.commands[name]
      return command ? [[name, command, one] as [CommandName, Command, CommandCase]] : []
    })
  }

  inputOf(content: Content): CommandInput {
    return {
      content,
      document: (sha256) => {
        const bytes = this.subject.documents?.get(sha256)
        if (!bytes) throw new Error(`the kit was given no document ${sha256}`)
        return bytes
      },
    }
  }

  callOf(content: Content, key: string): Call {
    return { key, input: this.inputOf(content), object: 'inv_00000000000000000000000001', occurrence: '0', at: instantOf(Date.now()) }
  }

  async send(request: Request, ms = ANSWER_MS): Promise<Sending> {
    const sending = await this.open().transport.send(request, requestHash(request, this.subject.sha256), {
      wall: Date.now() + ms,
      monotonic: performance.now() + ms,
    })
    this.outputs.push(request, sending)
    return sending
  }

  /** Longest wait for an answer that does not come. */
  get patienceMs(): number {
    return this.subject.patienceMs ?? PATIENCE_MS
  }

  /** One call, classified as delivery would. */
  async call(command: Command, content: Content, key: string, ms = ANSWER_MS): Promise<Verdict> {
    const sending = await this.send(command.write(this.inputOf(content), key), ms)
    const verdict = verdictOf(command, sending, this.callOf(content, key), Date.now())
    this.outputs.push(verdict)
    return verdict
  }

  async look(command: Command, content: Content, key: string): Promise<Found | undefined> {
    if (!command.find) return undefined
    const sending = await this.send(command.find.request(key, this.inputOf(content)))
    if (sending.kind !== 'answered') return { kind: 'unclear', says: sending.says }
    const found = command.find.read(sending.reply, this.callOf(content, key))
    this.outputs.push(found)
    return found
  }

  /** Reads the first feed from a cursor until it says that there is no more. */
  async sweep(cursor: string | null): Promise<Swept> {
    const [feed] = this.connector.feeds
    if (!feed) throw new Error('it has no feed')
    const observations: Observation[] = []
    const kept = new Map<string, Uint8Array>()
    let largest = 0
    for (let pages = 1; pages <= LIMIT_PAGES; pages++) {
      const reply = await this.reply(feed.poll(cursor))
      const page = feed.readPage(reply, cursor, (hash) => kept.get(hash) ?? new Uint8Array())
      if ('trouble' in page) throw new Error(page.trouble)
      for (const { bytes } of page.documents ?? []) kept.set(Buffer.from(this.subject.sha256(bytes)).toString('hex'), bytes)
      this.outputs.push(page)
      observations.push(...page.observations)
      largest = Math.max(largest, page.observations.length)
      cursor = page.cursor
      if (!page.more) return { observations, cursor, pages, largest }
    }
    throw new Error(`the feed has not ended after ${LIMIT_PAGES} pages`)
  }

  /** The same answer as a page for people: what a proxy or a place to sign in may make of it. */
  asPage(reply: Reply): Reply {
    return reply.transport === 'http' ? { ...reply, headers: { ...reply.headers, 'content-type': 'text/html' } } : reply
  }

  async reply(request: Request): Promise<Reply> {
    const sending = await this.send(request)
    if (sending.kind !== 'answered') throw new Error(sending.says)
    return sending.reply
  }

  async end(): Promise<void> {
    await this.opened?.transport.close()
  }

  private open(): { connector: Connector; transport: Transport } {
    if (this.opened) return this.opened
    const { kind, config, secrets, sha256 } = this.subject
    const read = kind.readConfig(config)
    if (!('config' in read)) throw new Error(`its own configuration is refused: ${read.problems.join(', ')}`)
    const connector = kind.open(read.config, 'kit', { sha256 })
    const clocks = { wall: Date.now, monotonic: () => performance.now() }
    this.opened = { connector, transport: openTransport(connector, { clocks, secret: (name) => secrets[name], mark: () => undefined }) }
    return this.opened
  }
}

let keys = Date.now() * 1_000
/** A key that no call had before: as long as those of the engine. */
export function freshKey(): string {
  return (++keys).toString(16).padStart(64, '0')
}

/** Waits until it holds, at most `ms`. */
export async function eventually<T>(ms: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = performance.now() + ms; ;) {
    const answer = await ask()
    if (answer !== undefined || performance.now() > end) return answer
    await new Promise((done) => setTimeout(done, 25))
  }
}
