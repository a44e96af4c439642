/** A world: a database, a company, two hubs and every link between them. Several schedules play in it, one after the other. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Books, Excuse, Line } from '../checks/evidence.ts'
import { HttpLink, type Seen } from '../links/http-link.ts'
import { History } from '../history.ts'
import { Company, type SystemName } from './company.ts'
import { byOurClock, type Clocks } from './clocks.ts'
import { type Edits, Hub, KEY, type Settings } from './hub.ts'
import { lastWords } from './processes.ts'
import type { Server } from './server.ts'

export interface WorldWish {
  /** The folder of the code that is rehearsed: its `src` and `sandbox`. */
  readonly source: string
  readonly folder: string
  readonly server: Server
  readonly seed: number
  readonly bills: number
  /** What the hubs' configuration says beside what every world's does. */
  readonly settings?: Settings
  /** Of the company's systems, where they are wrong. */
  readonly clocks?: Clocks
  /** Work on the database before a hub knows it. */
  readonly prepare?: (server: Server, database: string) => Promise<void>
}

export class World {
  readonly folder: string
  readonly server: Server
  readonly source: string
  readonly database: string
  readonly company: Company
  readonly hubs: readonly [Hub, Hub]
  /** From the AP tool to whichever hub lives. */
  readonly notices: HttpLink
  readonly history: History
  /** Every call over a link, what came of it and what met it. */
  readonly calls: readonly Seen[]
  /** By the number of a bill that a fault met, what may follow from that: in later schedules too, for its case stays open. */
  readonly excused = new Map<string, readonly Excuse[]>()
  readonly #counted: { readonly effects: number }
  readonly edits: Edits
  readonly clocks: Clocks

  private constructor(
    parts: Pick<
      World,
      'folder' | 'server' | 'source' | 'database' | 'company' | 'hubs' | 'edits' | 'clocks' | 'notices' | 'history' | 'calls'
    >,
    counted: { readonly effects: number },
  ) {
    this.#counted = counted
    this.folder = parts.folder
    this.server = parts.server
    this.source = parts.source
    this.database = parts.database
    this.company = parts.company
    this.hubs = parts.hubs
    this.edits = parts.edits
    this.clocks = parts.clocks
    this.notices = parts.notices
    this.history = parts.history
    this.calls = parts.calls
  }

  static async make({ source, folder, server, seed, bills, settings = {}, clocks = {}, prepare }: WorldWish): Promise<World> {
    mkdirSync(folder, { recursive: true })
    const history = new History(join(folder, 'history.jsonl'))
    const kept = new History(join(folder, 'calls.jsonl'))
    const calls: Seen[] = []
    const counted = { effects: 0 }
    const seen = (call: Seen): void => {
      if (call.link !== 'notices' && !call.link.startsWith('hub') && call.method !== 'GET' && call.method !== 'HEAD') counted.effects++
      calls.push(call)
      kept.did(call.link, `${call.method} ${call.path} ${String(call.status)} ${call.fault ?? ''}`)
    }
    const [database, company] = await Promise.all([
      server.freshDatabase(),
      Company.start(source, join(folder, 'company'), { seed, count: bills }, clocks, seen),
    ])
    await prepare?.(server, database)
    makeSigner(join(folder, 'signer'))
    const edits: Edits = {}
    const place = (name: string, signs: boolean): Promise<Hub> =>
      Hub.place({ source, folder, name, server, database, company, signs, settings, edits }, seen)
    const hubs = [await place('hub-a', true), await place('hub-b', false)] as const
    const living = (): string => (hubs.find((hub) => hub.runs) ?? hubs[0]).url
    const notices = await HttpLink.open('notices', living, seen)
    const world = new World({ folder, server, source, database, company, clocks, hubs, edits, notices, history, calls }, counted)
    try {
      const started = await Promise.all(hubs.map((hub) => hub.start()))
      const silent = hubs.find((_, at) => !started[at])
      if (silent) throw new Error(`${silent.name} did not start. ${lastWords(silent.log)}`)
      await company.call('ap', 'PUT', '/hook', { url: `${notices.url}/v1/notices/ap` })
      return world
    } catch (error) {
      await world.end()
      throw error
    }
  }

  /** Calls so far that change something in a target. */
  get effects(): number {
    return this.#counted.effects
  }

  /** Starts a hub in its place, again and again while the database is away. */
  async bringUp(hub: Hub, env: Readonly<Record<string, string>> = {}, limitMs = 40_000): Promise<void> {
    const until = performance.now() + limitMs
    while (!hub.runs && !(await hub.start(env))) {
      if (performance.now() > until) throw new Error(`${hub.name} does not start. ${lastWords(hub.log)}`)
      await new Promise((done) => {
        setTimeout(done, 200)
      })
    }
  }

  /** Every link whole, PostgreSQL answering, both hubs up. */
  async heal(): Promise<void> {
    this.server.emptyDisk()
    this.server.goOn()
    this.company.heal()
    this.notices.heal()
    for (const hub of this.hubs) {
      hub.link.heal()
      hub.door.heal()
    }
    await this.server.answers(30_000)
    await Promise.all(this.hubs.map((hub) => this.bringUp(hub)))
  }

  /** Asks a hub past every link; undefined when it does not answer, or cannot now. A question that it refuses is a mistake of the rig. */
  async ask<T>(path: string, hub: Hub = this.hubs.find((one) => one.runs) ?? this.hubs[0]): Promise<T | undefined> {
    const answer = await fetch(`${hub.url}${path}`, {
      headers: { authorization: `Bearer ${KEY}` },
      signal: AbortSignal.timeout(5_000),
    }).catch(() => undefined)
    const body = await answer?.json().catch(() => undefined)
    if (!answer || body === undefined) return undefined
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429)
      throw new Error(`${hub.name} refused GET ${path}: ${answer.status} ${JSON.stringify(body)}`)
    return answer.ok ? (body as T) : undefined
  }

  /** What a hub says of itself to a monitor, line by line. */
  async figures(hub: Hub): Promise<readonly string[]> {
    const headers = { authorization: `Bearer ${KEY}` }
    const answer = await fetch(`${hub.url}/v1/metrics`, { headers, signal: AbortSignal.timeout(5_000) })
    if (!answer.ok) throw new Error(`${hub.name} gives no figures: ${answer.status}`)
    return (await answer.text()).split('\n')
  }

  /** Tells a hub something past every link; whether it was taken. */
  async tell(path: string, body: object, hub: Hub = this.hubs.find((one) => one.runs) ?? this.hubs[0]): Promise<boolean> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
    return (await fetch(`${hub.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(5_000) }))
      .ok
  }

  /** The systems' books as they lie on disk, by our clock; a line that is being written is left for the next look. */
  books(): Books {
    const read = (name: SystemName): Line[] =>
      readFileSync(join(this.company.folder, name, 'book.jsonl'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((text) => JSON.parse(text) as Line)
        .map((line) => ({ ...line, at: byOurClock(line.at, this.clocks[name]) }))
    return { erp: read('erp'), ap: read('ap'), procurement: read('procurement'), bank: read('bank'), archive: read('archive') }
  }

  async end(): Promise<void> {
    await Promise.all(this.hubs.map((hub) => hub.close()))
    await this.notices.close()
    await this.company.end()
    await this.server.drop(this.database)
  }
}

/** The signer's folder as the hub's own documentation describes it: deployment and private key, readable by its account alone. */
function makeSigner(folder: string): void {
  mkdirSync(join(folder, 'last'), { recursive: true, mode: 0o700 })
  const privateKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(folder, 'key.json'), `${JSON.stringify({ version: 1, deployment: 'rig.local', privateKey }, null, 2)}\n`, {
    mode: 0o600,
  })
}
