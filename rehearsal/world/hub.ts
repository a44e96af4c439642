/** One place for a hub process: its link to the database, its configuration, and the process that stands there at the moment. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ByteLink } from '../links/byte-link.ts'
import { HttpLink, type Seen } from '../links/http-link.ts'
import type { Company } from './company.ts'
import { Process } from './processes.ts'
import { TENANT, type Server } from './server.ts'

export const KEY = 'a-key-for-rehearsals-0123456789'
/** Where nobody listens. */
const NOBODY = 'http://127.0.0.1:1'
/** As `tieout start` runs a hub, but for the threads that collect garbage: among so many processes they cost more than they spare. */
const FLAGS = ['--max-old-space-size=384', '--max-semi-space-size=16', '--single-threaded-gc']

/** Tried again soon, and so often that no fault of a schedule outlasts it. */
const LANES: { readonly [lane: string]: object } = Object.fromEntries(
  ['stop', 'settlement', 'payment', 'posting', 'approval', 'intake', 'status', 'metadata'].map((lane) => [
    lane,
    { firstMs: 200, longestMs: 1_000, deadAfter: 40 },
  ]),
)

/** Of `tieout.yaml`. */
export interface Settings {
  readonly policy?: object
  /** By lane, beside what every world's say. */
  readonly lanes?: { readonly [lane: string]: object }
}

/** What an operator changed in it since: whoever is started from now on goes by it. */
export interface Edits {
  policy?: object
  /** By system, beside what its entry says. */
  systems?: { readonly [name: string]: object }
}

export interface HubWish {
  readonly source: string
  readonly folder: string
  readonly name: string
  readonly server: Server
  readonly database: string
  readonly company: Company
  /** One hub of a deployment signs. */
  readonly signs: boolean
  readonly settings: Settings
  readonly edits: Readonly<Edits>
}

export class Hub {
  readonly name: string
  readonly link: ByteLink
  /** Where clients call it. */
  readonly door: HttpLink
  readonly log: string
  process: Process | undefined
  readonly #wish: HubWish
  /** What is done at this place is done one after the other: two processes never stand in it. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(wish: HubWish, link: ByteLink, door: HttpLink) {
    this.name = wish.name
    this.link = link
    this.door = door
    this.log = join(wish.folder, `${wish.name}.log`)
    this.#wish = wish
  }

  static async place(wish: HubWish, seen: (seen: Seen) => void): Promise<Hub> {
    const link = await ByteLink.open(() => wish.server.socket)
    const hub: Hub = new Hub(wish, link, await HttpLink.open(wish.name, () => hub.url, seen))
    mkdirSync(wish.folder, { recursive: true })
    return hub
  }

  /** Each process takes a port that is free when it starts: one that was chosen before could be somebody else's by then. */
  get url(): string {
    return this.runs ? String(this.process?.ready['api']) : NOBODY
  }

  get runs(): boolean {
    return this.process !== undefined && this.process.over === undefined
  }

  /** In place of whoever stands here. False when it ended before it was ready: the database may be away. */
  start(env: Readonly<Record<string, string>> = {}): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#end()
      this.process = await this.#started(env)
      return this.process !== undefined
    })
  }

  kill(): Promise<void> {
    return this.#inTurn(() => this.#end())
  }

  async #end(): Promise<void> {
    this.process?.kill('SIGKILL')
    await this.process?.ended
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  #started(env: Readonly<Record<string, string>>): Promise<Process | undefined> {
    const { source, folder, name, company, database, signs, settings, edits } = this.#wish
    const config = join(folder, `${name}.json`)
    writeFileSync(
      config,
      JSON.stringify({
        tenant: TENANT,
        deployment: 'rig.local',
        signer: join(folder, signs ? 'signer' : 'no-signer'),
        publish: join(folder, 'published'),
        sealEveryMs: 500,
        // Times long enough that nothing but what a schedule does makes a case.
        policy: {
          graceMs: 60_000,
          indeterminateAfterMs: 120_000,
          entryGraceMs: 3_600_000,
          refusalGraceMs: 1_000,
          ...settings.policy,
          ...edits.policy,
        },
        lanes: {
          ...LANES,
          ...Object.fromEntries(Object.entries(settings.lanes ?? {}).map(([lane, own]) => [lane, { ...LANES[lane], ...own }])),
        },
        systems: Object.fromEntries(Object.entries(company.systems).map(([name, entry]) => [name, { ...entry, ...edits.systems?.[name] }])),
        parts: { erp: 'erp', ap: 'ap', procurement: 'procurement', bank: 'bank', archive: 'archive' },
      }),
    )
    const url = (user: string): string => `postgresql://${user}@127.0.0.1:${this.link.port}/${database}`
    return Process.start({
      flags: FLAGS,
      file: join(source, 'src', 'cli', 'main.ts'),
      args: ['hub', '--config', config],
      log: this.log,
      env: {
        ...company.secrets,
        ...env,
        TIEOUT_DATABASE_URL: url('hub_app'),
        TIEOUT_API_KEY: KEY,
        TIEOUT_KILL_WHEN_TOLD: '1',
        ...(signs ? { TIEOUT_SIGNER_DATABASE_URL: url('hub_signer') } : {}),
      },
    })
  }

  async close(): Promise<void> {
    await this.process?.end()
    await this.door.close()
    await this.link.close()
  }
}
