/** The whole company for tests: a database of its own, the simulated systems, a hub process that may be killed, and what they did. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Client } from 'pg'
import { HUB_FLAGS } from '../src/cli/place.ts'
import { PACES, startCompany, type Company } from '../src/cli/company.ts'
import type { Summary } from '../src/cli/picture.ts'
import { startChild, type Child } from '../src/cli/processes.ts'
import { initSigner } from '../src/seal/signer-home.ts'
import { createTenant, migrate } from '../src/store/migrate.ts'
import { freshDatabase, templateDatabase, type FreshDatabase } from './postgres.ts'

const ROOT = join(import.meta.dirname, '..')
const TENANT = 'test'
export const KEY = 'a-key-for-tests-only-0123456789'

export interface TryOut {
  readonly company: Company
  readonly folder: string
  readonly database: FreshDatabase
  readonly appUrl: string
  hub(): Child
  startHub(): Promise<void>
  killHub(): Promise<void>
  sample(count: number, seed?: number): Promise<string[]>
  send(files: readonly string[]): Promise<void>
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  summary(): Promise<Summary>
  /**
   * Waits until nothing is on its way any more; throws with the last summary when that takes too long. Invoices that cannot go
   * on by themselves look like those that are about to: whoever knows how they end says so, and waits less. Unless said, all are
   * paid but the credits that wait for something to be netted with.
   */
  quiet(ms: number, ends?: (summary: Summary) => boolean): Promise<Summary>
  /** A call to the simulated ERP by somebody who may. */
  callErp(method: string, path: string, body?: unknown): Promise<Answered>
  callProcurement(method: string, path: string, body?: unknown): Promise<Answered>
  callAp(method: string, path: string, body?: unknown): Promise<Answered>
  books(system: 'erp' | 'ap' | 'procurement' | 'bank' | 'archive'): BookLine[]
  end(): Promise<void>
}

export interface Answered {
  readonly status: number
  readonly body: { readonly [key: string]: unknown }
}
export interface BookLine {
  readonly n: number
  readonly op: string
  readonly facts: readonly {
    readonly what: string
    readonly verb: string
    readonly key: string
    readonly row: { readonly [key: string]: unknown }
  }[]
}

/** Migrations take longer than most tests: done once, copied. */
export async function hubDatabase(): Promise<FreshDatabase> {
  await templateDatabase('try-out', async (adminUrl) => {
    const client = new Client({ connectionString: adminUrl })
    await client.connect()
    await migrate(client)
    await createTenant(client, TENANT)
    await client.end()
  })
  return freshDatabase('try-out')
}

export interface TryOutWish {
  readonly env?: Readonly<Record<string, string>>
  readonly policy?: { readonly [key: string]: unknown }
  /** Added to the configuration of the ERP's connector. */
  readonly erp?: { readonly [key: string]: unknown }
  /** Systems that run and that the hub is not told of. */
  readonly without?: readonly string[]
  /** Feeds are read when the hub starts, and not again within the hour. */
  readonly silent?: boolean
  /** No part of the hub hints at anything to another: each finds its work by looking. */
  readonly deaf?: boolean
}

export async function tryOut({
  env = {},
  policy = {},
  erp = {},
  without = [],
  silent = false,
  deaf = false,
}: TryOutWish = {}): Promise<TryOut> {
  const database = await hubDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'tieout-try-'))
  const lines: string[] = []
  const log = (line: string): void => {
    lines.push(line)
  }
  const company = await startCompany(join(folder, 'company'), PACES.full, log)
  initSigner(join(folder, 'signer'), 'test.local')
  const app = new URL(database.adminUrl)
  app.username = 'hub_app'
  const signer = new URL(database.adminUrl)
  signer.username = 'hub_signer'
  const config = join(folder, 'hub.json')
  // The port stays the same over kills: whoever sends has to find the hub again.
  let port = 0
  let hub: Child | undefined
  const api = (): string => `http://127.0.0.1:${port}`

  const told = (of: object): object => Object.fromEntries(Object.entries(of).filter(([name]) => !without.includes(name)))
  const rhythm = silent ? { feedEveryMs: 3_600_000 } : {}
  const systems = Object.fromEntries(
    Object.entries(company.systems).map(([name, { kind, config: its }]) => [
      name,
      { kind, config: { ...its, ...(name === 'erp' ? erp : {}), ...(name === 'archive' ? {} : rhythm) } },
    ]),
  )
  const startHub = async (): Promise<void> => {
    await writeFile(
      config,
      JSON.stringify({
        tenant: TENANT,
        deployment: 'test.local',
        signer: join(folder, 'signer'),
        publish: join(folder, 'published'),
        sealEveryMs: 500,
        policy,
        systems: told(systems),
        parts: told(company.parts),
        api: { port },
      }),
    )
    hub = await startChild({
      name: 'hub',
      flags: [...HUB_FLAGS, ...(deaf ? ['--import', join(import.meta.dirname, 'deaf-process.ts')] : [])],
      file: join(ROOT, 'src', 'cli', 'main.ts'),
      args: ['hub', '--config', config],
      log,
      env: { ...company.secrets, ...env, TIEOUT_DATABASE_URL: app.href, TIEOUT_SIGNER_DATABASE_URL: signer.href, TIEOUT_API_KEY: KEY },
    })
    port = Number(new URL(String(hub.ready['api'])).port)
  }
  await startHub()
  await company.notify(`${api()}/v1/notices/ap`)

  const headers = { authorization: `Bearer ${KEY}` }
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${api()}${path}`, { headers })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const callSystem = async (system: 'erp' | 'procurement' | 'ap', method: string, path: string, body?: unknown): Promise<Answered> => {
    const token = company.secrets[`SANDBOX_${system.toUpperCase()}_TOKEN`]
    const answer = await fetch(`${company.urls[system]}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Answered['body'] }
  }
  const books: TryOut['books'] = (system) =>
    readFileSync(join(folder, 'company', system, 'book.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as BookLine)
  const summary = (): Promise<Summary> => get<Summary>('/v1/summary')

  return {
    company,
    folder,
    database,
    appUrl: app.href,
    hub: () => hub!,
    startHub,
    get,
    summary,
    async killHub() {
      if (hub) process.kill(hub.pid, 'SIGKILL')
      await hub?.over
    },
    async sample(count, seed = 1) {
      const out = join(folder, `set-up-${seed}-${count}`)
      await mkdir(out, { recursive: true })
      const tool = await startChild({
        name: 'sample',
        file: join(ROOT, 'sandbox', 'sample', 'main.ts'),
        args: ['--out', out, '--count', String(count), '--seed', String(seed)],
      })
      await tool.over
      await company.setUp(out)
      const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')) as { file: string }[]
      return manifest.map((row) => join(out, 'inbox', row.file))
    },
    async send(files) {
      const queue = files.values()
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (const file of queue) {
            for (;;) {
              const answer = await fetch(`${api()}/v1/documents?name=${encodeURIComponent(basename(file))}`, {
                method: 'POST',
                headers: { ...headers, 'content-type': 'application/xml' },
                body: readFileSync(file),
              }).catch(() => undefined)
              await answer?.text().catch(() => '')
              if (answer && answer.status < 500 && answer.status !== 429) break
              await new Promise((resolve) => {
                setTimeout(resolve, 100)
              })
            }
          }
        }),
      )
    },
    async post<T>(path: string, body: unknown) {
      const answer = await fetch(`${api()}${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: answer.status, ...((await answer.json()) as object) } as T
    },
    async quiet(ms, ends = ({ moving }) => moving === openCredits(books('erp'))) {
      const until = Date.now() + ms
      let last: Summary | undefined
      let since = Date.now()
      let size = 0
      while (Date.now() < until) {
        last = await summary().catch(() => last)
        if (!last || last.busy > 0 || last.log.size !== size || last.received + last.refused === 0) since = Date.now()
        size = last?.log.size ?? 0
        const still = Date.now() - since
        if (last && (still > 6_000 || (still > 1_000 && Object.values(last.systems).every((system) => system.behind === 0) && ends(last))))
          return last
        await new Promise((resolve) => {
          setTimeout(resolve, 200)
        })
      }
      throw new Error(`It did not come to rest within ${ms} ms: ${JSON.stringify(last)}\n${lines.slice(-30).join('\n')}`)
    },
    callErp: (...call) => callSystem('erp', ...call),
    callProcurement: (...call) => callSystem('procurement', ...call),
    callAp: (...call) => callSystem('ap', ...call),
    books,
    async end() {
      await hub?.end()
      await company.end()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface Truth {
  posted: number
  cleared: number
  credit: boolean
}

/** The ERP's sandbox answers in milliseconds at full pace: whoever loses an answer need not wait as long as for a real one. */
export const QUICK_ERP = { settleMs: 700, gapMs: 200, callTimeoutMs: 2_000 } as const

/** Posted once and settled once. A credit that came after everything it could be netted with is settled by a later payment. */
export const wrong = ({ posted, cleared, credit }: Truth): boolean => posted !== 1 || !(cleared === 1 || (credit && cleared === 0))

/** Credits that are posted and wait for something to be netted with. */
export const openCredits = (books: readonly BookLine[]): number =>
  [...erpTruth(books).values()].filter(({ posted, credit, cleared }) => posted === 1 && credit && cleared === 0).length

/** What the ERP's own books say about each invoice: how often it was posted (and not taken back) and cleared. */
export function erpTruth(books: readonly BookLine[]): Map<string, Truth> {
  const truth = new Map<string, Truth>()
  const reference = new Map<string, string>()
  const of = (key: string): Truth => {
    const known = truth.get(key) ?? { posted: 0, cleared: 0, credit: false }
    truth.set(key, known)
    return known
  }
  for (const { facts } of books) {
    for (const { what, verb, key, row } of facts) {
      if (what === 'DOCUMENT' && verb === 'BOOKED') {
        const name = `${String(row['vendorNo'])} ${String(row['vendorDocNo'])}`
        reference.set(key, name)
        of(name).posted++
        of(name).credit = row['docType'] === 'KG'
      }
      if (what === 'DOCUMENT' && verb === 'STORNO') of(reference.get(key) ?? key).posted--
      if (what === 'CLEARING') {
        for (const line of (row['lines'] ?? []) as { docNo: string }[]) of(reference.get(line.docNo) ?? line.docNo).cleared++
      }
    }
  }
  return truth
}
