/** What the parts about delivery share: a database, model systems, and hubs that take in and deliver, in processes of their own or in this one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ModelTarget, type ModelOptions } from '../src/connector/kit/model-target.ts'
import type { DeliveryOptions } from '../src/delivery/run.ts'
import type { Arrival } from '../src/domain/object.ts'
import { inTenant } from '../src/store/database.ts'
import { deliveringHub, type Hub, type SystemOf, TENANT } from '../test/delivery-world.ts'
import type { HubDatabase } from '../test/hub-database.ts'
import type { Row } from './ingest.ts'

/** `TIEOUT_BENCH_SHARE=0.1` measures a tenth; the rows say how many there were. */
const SHARE = Number(process.env['TIEOUT_BENCH_SHARE'] ?? 1)
export const many = (count: number): number => Math.ceil(count * SHARE)
/** What the model system promises: it keeps what came within `settleMs`, and is asked again after `gapMs`. */
export const SETTLE_MS = 1_000
export const GAP_MS = 200
/** Calls under way at the same time, where nothing else is said. */
export const AT_ONCE = 64
const FAST = { concurrency: AT_ONCE, rate: { calls: 2_000, perMs: 1_000 } }

export const erp = (target: ModelTarget, more: Partial<SystemOf> = {}): SystemOf => ({
  system: 'erp',
  url: target.url,
  class: 'K3',
  timeoutMs: 1_500,
  settleMs: SETTLE_MS,
  gapMs: GAP_MS,
  limits: FAST,
  ...more,
})

export interface HubProcess {
  readonly process: ChildProcess
  /** Through its own door. */
  takeIn(arrivals: readonly Arrival[]): void
  /** The most that it ever had. */
  residentMb(): number
  end(): Promise<void>
}

/** What a part starts ends with it, also when the part fails: a hub left behind would keep the bench from ending, a frozen one for ever. */
export class Stage implements AsyncDisposable {
  readonly database: HubDatabase
  private readonly started = new AsyncDisposableStack()

  constructor(database: HubDatabase) {
    this.database = database
  }

  async target(options: ModelOptions): Promise<ModelTarget> {
    const target = await ModelTarget.start(options)
    this.started.defer(() => target.stop())
    return target
  }

  /** In this process: it can be asked what only the delivering process knows. */
  async hub(systems: readonly SystemOf[], more: Partial<DeliveryOptions> = {}): Promise<Hub> {
    const hub = await deliveringHub(this.database.url(), systems, more)
    this.started.defer(() => hub.stop())
    return hub
  }

  async hubProcess(systems: readonly SystemOf[]): Promise<HubProcess> {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../test/delivery-process.ts'), this.database.url(), JSON.stringify(systems)],
      { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] },
    )
    this.started.defer(() => void child.kill('SIGKILL'))
    const { stdin, stdout } = child
    const lines = createInterface(stdout!)
    await new Promise<void>((ready, failed) => {
      lines.once('line', () => {
        ready()
      })
      child.once('exit', (code) => {
        failed(new Error(`a hub ended at once, with ${code}`))
      })
    })
    return {
      process: child,
      takeIn: (arrivals) => void child.send([...arrivals]),
      residentMb: () => Math.round(Number(/VmHWM:\s+(\d+)/u.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024),
      async end() {
        stdin!.end()
        if (child.exitCode === null) await once(child, 'exit')
      },
    }
  }

  /** Taken in and committed before anybody delivers. */
  async submitted(arrivals: readonly Arrival[]): Promise<void> {
    const hub = await deliveringHub(this.database.url(), [])
    for (let at = 0; at < arrivals.length; at += 500) await hub.intake.submit(arrivals.slice(at, at + 500))
    await hub.stop()
  }

  async rows<T>(text: string): Promise<T[]> {
    return inTenant(this.database.pool, TENANT, async (client) => (await client.query(text)).rows as T[])
  }

  async count(text: string): Promise<number> {
    return (await this.rows<{ n: number }>(text))[0]?.n ?? 0
  }

  allDone(effects: number, limitMs: number): Promise<void> {
    return eventually(async () => (await this.done()) === effects, limitMs, 200)
  }

  done(): Promise<number> {
    return this.count(`SELECT count(*)::int AS n FROM effect WHERE state = 'done'`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.started.disposeAsync()
  }
}

/** Each of so many is in the systems' own books, and none is there twice. */
export function exactlyOnce(what: string, count: number, targets: readonly ModelTarget[], more: Pick<Row, 'beside'> = {}): Row[] {
  const keys = targets.flatMap(({ booked }) => booked.map(({ key }) => key))
  return [
    { what, value: keys.length, unit: 'entries', target: count, exactly: true, ...more },
    { what: '  of them different', value: new Set(keys).size, unit: 'entries', target: count, exactly: true },
  ]
}

export async function eventually(holds: () => boolean | Promise<boolean>, limitMs: number, everyMs = 50): Promise<void> {
  for (const end = performance.now() + limitMs; !(await holds()); await sleep(everyMs)) {
    if (performance.now() > end) throw new Error(`it was not so within ${limitMs / 1_000} s`)
  }
}

export const p99 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? NaN
export const round1 = (value: number): number => Math.round(value * 10) / 10
/** In seconds, of times in ms. */
export const seconds = (ms: number): number => round1(ms / 1_000)
