/**
 * The company to try Tieout on: simulated systems as processes of their own, set up as an implementer would. They are driven
 * over their own interfaces and share no code with the hub; this file knows only their paths, ports and set-up calls.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startChild, type Child } from './processes.ts'

const SANDBOX = join(import.meta.dirname, '..', '..', 'sandbox')

/** The systems that are set up by a file, in this order. */
const SET_UP = ['erp', 'ap', 'procurement', 'bank'] as const
type SetUpSystem = (typeof SET_UP)[number]
/** Where the archive keeps what the hub gives it. */
const VAULT = 'evidence'

export interface Company {
  readonly children: readonly Child[]
  /** What the hub's configuration says about these systems. */
  readonly systems: { readonly [name: string]: { readonly kind: string; readonly config: { readonly [key: string]: unknown } } }
  /** Which of them plays which part. */
  readonly parts: { readonly [part: string]: string }
  /** Environment with the secrets that the configuration refers to by name. */
  readonly secrets: Readonly<Record<string, string>>
  readonly urls: { readonly [system in SetUpSystem | 'archive']: string }
  /** Tells the AP tool where its notices go. */
  notify(url: string): Promise<void>
  /** Loads `<system>.json` of a folder into each of them; the archive gets its vault. */
  setUp(folder: string): Promise<void>
  end(): Promise<void>
}

export interface Pace {
  /** How long people and systems take for each step, in ms. */
  readonly stepMs: number
  readonly latencyMs: number
}

/** Payment runs and statements come in batches at any pace, as in life: each of them is a file, however little stands in it. */
const BATCH_MS = 500
/** At demonstration pace a person can watch; at full speed nothing waits. */
export const PACES = { watch: { stepMs: 300, latencyMs: 15 }, full: { stepMs: 0, latencyMs: 0 } } as const satisfies Record<string, Pace>

export async function startCompany(folder: string, pace: Pace, log: (line: string) => void): Promise<Company> {
  const drop = join(folder, 'bank-in')
  const out = join(folder, 'bank-out')
  await Promise.all([drop, out].map((path) => mkdir(path, { recursive: true })))
  const secret = (): string => randomBytes(24).toString('base64')
  const secrets = {
    SANDBOX_ERP_TOKEN: secret(),
    SANDBOX_AP_TOKEN: secret(),
    SANDBOX_PROCUREMENT_TOKEN: secret(),
    SANDBOX_BANK_TOKEN: secret(),
    SANDBOX_ARCHIVE_TOKEN: secret(),
    SANDBOX_AP_WEBHOOK_SECRET: `whsec_${secret()}`,
  }
  const start = (name: string, args: readonly string[]): Promise<Child> =>
    startChild({
      name,
      file: join(SANDBOX, name, 'main.ts'),
      env: secrets,
      log: (line) => {
        log(`${name}: ${line}`)
      },
      args: ['--data', join(folder, name), '--port', '0', '--stdin-eof', ...args],
    })
  const step = String(pace.stepMs)
  const children = await Promise.all([
    start('erp', ['--latency', String(pace.latencyMs), '--autopilot', String(Math.max(BATCH_MS, pace.stepMs))]),
    start('ap', ['--latency', String(pace.latencyMs), '--autopilot', step, '--retry-base', '200', '--retry-max', '2000']),
    start('procurement', ['--latency', String(pace.latencyMs)]),
    start('bank', [
      '--in',
      drop,
      '--out',
      out,
      '--pickup',
      'move',
      '--poll',
      '100',
      '--settle-after',
      step,
      '--statement-every',
      String(Math.max(BATCH_MS, pace.stepMs * 2)),
    ]),
    start('archive', ['--latency', String(pace.latencyMs)]),
  ])
  const url = (at: number): string => `http://127.0.0.1:${String(children[at]?.ready['port'])}`
  const urls = { erp: url(0), ap: url(1), procurement: url(2), bank: url(3), archive: url(4) }
  const put = (system: keyof typeof urls, path: string, body: string): Promise<void> =>
    putJson(`${urls[system]}${path}`, body, secrets[`SANDBOX_${system.toUpperCase()}_TOKEN` as keyof typeof secrets])
  return {
    children,
    secrets,
    urls,
    systems: {
      erp: { kind: 'sandbox-erp', config: { url: urls.erp, token: 'SANDBOX_ERP_TOKEN' } },
      ap: { kind: 'sandbox-ap', config: { url: urls.ap, token: 'SANDBOX_AP_TOKEN', noticeSecrets: ['SANDBOX_AP_WEBHOOK_SECRET'] } },
      procurement: { kind: 'sandbox-procurement', config: { url: urls.procurement, token: 'SANDBOX_PROCUREMENT_TOKEN' } },
      bank: { kind: 'sandbox-bank', config: { put: drop, read: out } },
      archive: { kind: 'sandbox-archive', config: { url: urls.archive, token: 'SANDBOX_ARCHIVE_TOKEN', vault: VAULT } },
    },
    parts: { erp: 'erp', ap: 'ap', procurement: 'procurement', bank: 'bank', archive: 'archive' },
    notify: (target) => put('ap', '/hook', JSON.stringify({ url: target })),
    setUp: async (from) => {
      for (const system of SET_UP) await put(system, '/setup', await readFile(join(from, `${system}.json`), 'utf8'))
      await put('archive', '/setup', JSON.stringify({ vaults: [{ vaultId: VAULT, title: 'Evidence of invoices' }] }))
    },
    end: async () => {
      for (const child of children.toReversed()) await child.end()
    },
  }
}

async function putJson(url: string, body: string, token: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
  await answer.arrayBuffer()
}
