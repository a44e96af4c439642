/** The simulated company as processes at full speed, each behind its link, set up from a sample of its own. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FolderLink } from '../links/folder-link.ts'
import { HttpLink, type Seen } from '../links/http-link.ts'
import { withClock, type Clocks } from './clocks.ts'
import { lastWords, Process, run } from './processes.ts'

export const TARGETS = ['erp', 'ap', 'procurement', 'archive'] as const
export type Target = (typeof TARGETS)[number]
const SYSTEMS = [...TARGETS, 'bank'] as const
export type SystemName = (typeof SYSTEMS)[number]

/** As the sample's own list of its bills says. */
export interface Bill {
  readonly file: string
  readonly billKind: 'BILL' | 'CREDIT'
  readonly billNo: string
  readonly companyCode: string
  readonly vendorNo: string
  readonly ccy: string
  readonly gross: string
  readonly means: 'TRANSFER' | 'COLLECTION'
  /** Its sender sends it once, whatever comes of it: no hub need know it. */
  readonly once?: true
}

export interface Answer {
  readonly status: number
  readonly body: { readonly [key: string]: unknown }
}

/** How long calls may take before the hub gives them up, and how long a target may take at most to show what it took in. Of these the schedule's length is made. */
export const TIMES = { callTimeoutMs: 1_200, settleMs: 900, gapMs: 150, feedEveryMs: 600 } as const

type Processes = { readonly [name in SystemName]?: Process }

const VAULT = 'evidence'

export class Company {
  readonly folder: string
  readonly secrets: Readonly<Record<string, string>>
  readonly links: Readonly<Record<Target, HttpLink>>
  /** Payment files to the bank, and its reports back. */
  readonly files: { readonly out: FolderLink; readonly back: FolderLink }
  readonly bills: readonly Bill[]
  /** Bills of a supplier that nobody knows, as they were made. */
  readonly strange = new Map<Bill, Buffer>()
  readonly #processes: Processes

  private constructor(parts: Pick<Company, 'folder' | 'secrets' | 'links' | 'files' | 'bills'>, processes: Processes) {
    this.folder = parts.folder
    this.secrets = parts.secrets
    this.links = parts.links
    this.files = parts.files
    this.bills = parts.bills
    this.#processes = processes
  }

  static async start(
    source: string,
    folder: string,
    sample: { readonly seed: number; readonly count: number },
    clocks: Clocks,
    seen: (seen: Seen) => void,
  ): Promise<Company> {
    mkdirSync(folder, { recursive: true })
    const file = (...path: string[]): string => join(source, 'sandbox', ...path)
    const secret = (): string => randomBytes(24).toString('base64')
    const secrets = {
      ...Object.fromEntries(SYSTEMS.map((name) => [`SANDBOX_${name.toUpperCase()}_TOKEN`, secret()])),
      SANDBOX_AP_WEBHOOK_SECRET: `whsec_${secret()}`,
    }
    const files = {
      out: new FolderLink(join(folder, 'hub-out'), join(folder, 'bank-in')),
      back: new FolderLink(join(folder, 'bank-out'), join(folder, 'hub-in')),
    }
    const args: Record<SystemName, readonly string[]> = {
      erp: ['--autopilot', '150'],
      // A notice of a wrong clock is never taken: those of ten schedules, each sent again every second, keep both ends busy.
      ap: ['--autopilot', '0', '--retry-base', '150', '--retry-max', clocks['ap'] === undefined ? '1000' : '15000'],
      procurement: [],
      archive: [],
      bank: ['--in', files.out.to, '--out', files.back.from, '--poll', '80', '--settle-after', '0', '--statement-every', '300'],
    }
    const out = join(folder, 'sample')
    const processes: { [name in SystemName]?: Process } = {}
    const start = async (name: SystemName): Promise<void> => {
      const log = join(folder, `${name}.log`)
      const started = await Process.start({
        file: file(name, 'main.ts'),
        args: ['--data', join(folder, name), '--stdin-eof', ...args[name]],
        env: { ...secrets, ...withClock(clocks[name]) },
        log,
      })
      if (!started) throw new Error(`${name} did not start. ${lastWords(log)}`)
      processes[name] = started
    }
    const sampled = run({
      file: file('sample', 'main.ts'),
      args: ['--out', out, '--count', String(sample.count), '--seed', String(sample.seed)],
    })
    const failed = (await Promise.allSettled(SYSTEMS.map(start))).find((one) => one.status === 'rejected')
    const { status, output } = await sampled
    const url = (name: SystemName): string => `http://127.0.0.1:${String(processes[name]?.ready['port'])}`
    const opened = await Promise.all(TARGETS.map(async (name) => [name, await HttpLink.open(name, () => url(name), seen)] as const))
    const bills = status === 0 ? (JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Bill[]) : []
    const company = new Company({ folder, secrets, links: Object.fromEntries(opened) as Record<Target, HttpLink>, files, bills }, processes)
    try {
      if (failed) throw failed.reason
      if (status !== 0) throw new Error(`The sample could not be made: ${output}`)
      await company.#setUp(out)
      return company
    } catch (error) {
      await company.end()
      throw error
    }
  }

  async #setUp(out: string): Promise<void> {
    for (const name of SYSTEMS) {
      const setUp =
        name === 'archive'
          ? { vaults: [{ vaultId: VAULT, title: 'Evidence' }] }
          : (JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8')) as object)
      const { status, body } = await this.call(name, 'PUT', '/setup', setUp)
      if (status >= 300) throw new Error(`${name} did not take its set-up: ${JSON.stringify(body)}`)
    }
  }

  /** What the hub's configuration says of these systems. */
  get systems(): { readonly [name in SystemName]: object } {
    const { callTimeoutMs, settleMs, gapMs, feedEveryMs } = TIMES
    const times = { callTimeoutMs, feedEveryMs, settleMs, gapMs }
    const url = (name: Target): { url: string; token: string } => ({
      url: this.links[name].url,
      token: `SANDBOX_${name.toUpperCase()}_TOKEN`,
    })
    return {
      erp: { kind: 'sandbox-erp', config: { ...url('erp'), ...times } },
      ap: { kind: 'sandbox-ap', config: { ...url('ap'), ...times, noticeSecrets: ['SANDBOX_AP_WEBHOOK_SECRET'] } },
      procurement: { kind: 'sandbox-procurement', config: { ...url('procurement'), ...times } },
      bank: { kind: 'sandbox-bank', config: { put: this.files.out.from, read: this.files.back.to, halfMs: 2 * feedEveryMs, ...times } },
      archive: { kind: 'sandbox-archive', config: { ...url('archive'), vault: VAULT, callTimeoutMs } },
    }
  }

  bytes(bill: Bill): Buffer {
    return this.strange.get(bill) ?? readFileSync(join(this.folder, 'sample', 'inbox', bill.file))
  }

  /** New bills, each like one of these, of a supplier that the ERP does not know. */
  strangers(like: readonly Bill[], count: number, mark: number): readonly Bill[] {
    return Array.from({ length: count }, (_, nth) => {
      const model = like[nth % like.length]
      if (!model) throw new Error('There is no bill to make another one like.')
      const billNo = `X${mark}-${nth}`
      const bill = { ...model, billNo, file: `${billNo}.xml`, once: true } as const
      this.strange.set(bill, Buffer.from(estranged(this.bytes(model).toString(), model.billNo, billNo)))
      return bill
    })
  }

  /** A call by one of the company's own people, past the link. */
  async call(name: SystemName, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${String(this.#processes[name]?.ready['port'])}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.secrets[`SANDBOX_${name.toUpperCase()}_TOKEN`] ?? ''}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Answer['body'] }
  }

  heal(): void {
    for (const link of [...Object.values(this.links), ...Object.values(this.files)]) link.heal()
  }

  async end(): Promise<void> {
    for (const link of Object.values(this.files)) link.close()
    await Promise.all(Object.values(this.links).map((link) => link.close()))
    await Promise.all(Object.values(this.#processes).map((process) => process.end()))
  }
}

/** The text of a bill under another number and by another supplier. */
export const estranged = (text: string, from: string, to: string): string =>
  text
    .replaceAll(`>${from}<`, `>${to}<`)
    .replace(/<cac:AccountingSupplierParty>.*<\/cac:AccountingSupplierParty>/su, (supplier) =>
      supplier
        .replaceAll(/(<cbc:CompanyID[^>]*>)[^<]*/gu, '$1XX000000000')
        .replaceAll(/(<cbc:RegistrationName>)[^<]*/gu, '$1Nobody We Know'),
    )
