/** Drives one connector against a real counterpart, one request at a time, as the engine would; for tests of connectors. */
import type {
  Call,
  CommandInput,
  Connector,
  Content,
  Found,
  KeptDocument,
  NoEffect,
  Observation,
  Page,
  Reading,
  Unreadable,
} from '../src/connector/contract.ts'
import { type Reply, type Request, requestHash } from '../src/connector/request.ts'
import { sha256 } from '../src/connector/transport/sending.ts'
import { openTransport } from '../src/connector/transport/transport.ts'
import type { CommandName } from '../src/domain/object.ts'
import { hexOf } from '../src/lib/hash.ts'

export interface Swept {
  readonly observations: Observation[]
  readonly unreadable: Unreadable[]
  readonly cursor: string | null
  readonly pages: number
}
export interface Drive {
  readonly documents: Map<string, Uint8Array>
  keep(document: KeptDocument): string
  send(request: Request): Promise<Reply | { readonly unsent: string }>
  /** Does it, reads the reply as the engine does: listed statuses without effect, 3xx and 5xx as unclear. */
  run(name: CommandName, content: Content, options?: { key?: string; object?: string; occurrence?: string }): Promise<Reading>
  look(name: CommandName, content: Content, key?: string): Promise<Found>
  /** Reads a feed until there is nothing more; `limit` pages at most. */
  sweep(cursor: string | null, limit?: number): Promise<Swept>
  close(): Promise<void>
}

export function drive(connector: Connector, secrets: Readonly<Record<string, string>> = {}): Drive {
  const transport = openTransport(connector, {
    clocks: { wall: Date.now, monotonic: () => performance.now() },
    secret: (name) => secrets[name],
    mark: () => {
      /* no kill here */
    },
  })
  const documents = new Map<string, Uint8Array>()
  const send: Drive['send'] = async (request) => {
    const sending = await transport.send(request, requestHash(request, sha256), {
      wall: Date.now() + 10_000,
      monotonic: performance.now() + 10_000,
    })
    return sending.kind === 'answered' ? sending.reply : { unsent: `${sending.kind}: ${sending.says}` }
  }
  const inputOf = (content: Content): CommandInput => ({ content, document: (hash) => bytesOf(documents, hash) })
  const callOf = (content: Content, key: string, object: string, occurrence: string): Call => ({
    key,
    input: inputOf(content),
    object,
    occurrence,
    at: new Date().toISOString(),
  })
  const keep: Drive['keep'] = ({ bytes }) => {
    const hash = hexOf(sha256(bytes))
    documents.set(hash, bytes)
    return hash
  }
  return {
    documents,
    keep,
    send,
    async run(name, content, { key = 'key-1', object = textIn(content, 'reference'), occurrence = '0' } = {}) {
      const command = commandOf(connector, name)
      const reply = await send(command.write(inputOf(content), key))
      if ('unsent' in reply) return { outcome: { kind: 'unclear', says: reply.unsent }, observations: [] }
      const refused = reply.transport === 'http' ? withoutEffect(reply.status, command.noEffect) : undefined
      return refused ?? command.read(reply, callOf(content, key, object, occurrence))
    },
    async look(name, content, key = 'key-1') {
      const { find } = commandOf(connector, name)
      if (!find) throw new Error(`${name} has no find`)
      const reply = await send(find.request(key, inputOf(content)))
      return 'unsent' in reply
        ? { kind: 'unclear', says: reply.unsent }
        : find.read(reply, callOf(content, key, textIn(content, 'reference'), '0'))
    },
    async sweep(cursor, limit = 200) {
      const [feed] = connector.feeds
      if (!feed) throw new Error('no feed')
      const observations: Observation[] = []
      const unreadable: Unreadable[] = []
      let pages = 0
      for (let more = true; more; pages++) {
        if (pages >= limit) throw new Error(`the feed does not end after ${limit} pages`)
        const reply = await send(feed.poll(cursor))
        if ('unsent' in reply) throw new Error(reply.unsent)
        for (const hash of feed.documents?.(cursor) ?? []) bytesOf(documents, hash)
        const page: Page | { readonly trouble: string } = feed.readPage(reply, cursor, (hash) => bytesOf(documents, hash))
        if ('trouble' in page) throw new Error(page.trouble)
        for (const document of page.documents ?? []) keep(document)
        observations.push(...page.observations)
        unreadable.push(...(page.unreadable ?? []))
        cursor = page.cursor
        more = page.more
      }
      return { observations, unreadable, cursor, pages }
    },
    close: () => transport.close(),
  }
}

function textIn(content: Content, key: string): string {
  const value = content[key]
  return typeof value === 'string' ? value : 'obj_1'
}

function commandOf(connector: Connector, name: CommandName): NonNullable<Connector['commands'][CommandName]> {
  const command = connector.commands[name]
  if (!command) throw new Error(`${connector.kind} has no ${name}`)
  return command
}

function bytesOf(documents: ReadonlyMap<string, Uint8Array>, hash: string): Uint8Array {
  const bytes = documents.get(hash)
  if (!bytes) throw new Error(`document ${hash} was not kept`)
  return bytes
}

function withoutEffect(status: number, rows: readonly NoEffect[]): Reading | undefined {
  const row = rows.find((one) => one.status === status)
  if (row) return { outcome: { kind: 'no-effect', about: row.about, says: `HTTP ${status}` }, observations: [] }
  return status >= 500 || (status >= 300 && status < 400)
    ? { outcome: { kind: 'unclear', says: `HTTP ${status}` }, observations: [] }
    : undefined
}
