import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Fault } from '../lib/fault.ts'
import { wireOf, type WireAnswer, type WireRequest } from './signer-protocol.ts'
import type { SignAnswer, SignRequest } from './signer.ts'

/** The signer seen from the hub. Every call throws the fault `signer-away` when there is no answer; asking again is harmless. */
export type Signer = {
  /** The tenant's public key as `<deployment>/<tenant>+<id>+<base64>`. */
  verifierKey(tenant: string): Promise<string>
  /** The last checkpoint it signed for the tenant, as a signed note. */
  last(tenant: string): Promise<string | undefined>
  sign(request: SignRequest): Promise<SignAnswer>
  close(): Promise<void>
}

export type SignerOptions = {
  /** The signer's folder, made by `initSigner`. */
  readonly dir: string
  /** The file its process runs; another one in a bundle. */
  readonly entry?: string
  /** How long an answer may take, its start included. */
  readonly timeoutMs?: number
}

type Waiting = Map<number, (answer: WireAnswer) => void>
type Process = { readonly child: ChildProcessWithoutNullStreams; readonly waiting: Waiting; readonly gone: Promise<void> }

const ENTRY = join(import.meta.dirname, 'signer-main.ts')

/**
 * Starts the signer as a child process and waits until it is ready; a child that died is started again by the next call.
 * Throws the fault `signer-away` with the child's own sentence, for one when `dir` holds no key.
 */
export async function openSigner({ dir, entry = ENTRY, timeoutMs = 10_000 }: SignerOptions): Promise<Signer> {
  let running: Promise<Process> | undefined
  let number = 0
  let closed = false

  const process = (): Promise<Process> => {
    if (closed) throw new Fault('signer-away', 'It was closed.')
    if (running) return running
    const starting = started(dir, entry, timeoutMs)
    running = starting
    const forget = (): void => {
      if (running === starting) running = undefined
    }
    starting.then(({ gone }) => gone.then(forget), forget)
    return starting
  }

  const ask = async (request: WireRequest): Promise<WireAnswer> => {
    const { child, waiting } = await process()
    const n = ++number
    const answer = await withinTime(
      timeoutMs,
      new Promise<WireAnswer>((answered) => {
        waiting.set(n, answered)
        child.stdin.write(`${JSON.stringify({ n, ...request })}\n`)
      }),
      () => {
        // A signer that hangs would hold its lock: it is ended, so that the next one can start.
        waiting.delete(n)
        child.kill('SIGKILL')
      },
    )
    if (answer.failed !== undefined) throw new Fault('signer-away', answer.failed)
    return answer
  }

  await process()
  return {
    verifierKey: async (tenant) => expected((await ask({ op: 'key', tenant })).key),
    last: async (tenant) => (await ask({ op: 'last', tenant })).note ?? undefined,
    sign: async (request) => {
      const { note, refused } = await ask(wireOf(request))
      return refused === undefined ? { note: expected(note) } : { refused }
    },
    close: async () => {
      closed = true
      const last = await running?.catch(() => undefined)
      last?.child.stdin.end()
      await last?.gone
    },
  }
}

function started(dir: string, entry: string, timeoutMs: number): Promise<Process> {
  const child = spawn(process.execPath, [entry, dir], { stdio: 'pipe', env: environment() })
  const waiting: Waiting = new Map()
  const gone = new Promise<void>((ended) =>
    child.once('close', () => {
      for (const answered of waiting.values()) answered({ failed: 'It ended without an answer.' })
      waiting.clear()
      ended()
    }),
  )
  // A child that died closes its pipe while we write; `gone` tells of it.
  child.stdin.on('error', () => {})
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-500)
  })
  const ready = new Promise<Process>((become, fail) => {
    child.once('error', (cause) => fail(new Fault('signer-away', 'Its process could not be started.', { cause })))
    void gone.then(() => fail(new Fault('signer-away', `Its process ended at once. ${complaint}`.trim())))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = answerOf(line)
      if (!answer) child.kill('SIGKILL')
      else if (answer.ready) become({ child, waiting, gone })
      else if (answer.n !== undefined) take(waiting, answer.n, answer)
      else fail(new Fault('signer-away', answer.failed ?? answer.refused))
    })
  })
  return withinTime(timeoutMs, ready, () => {
    child.kill('SIGKILL')
  })
}

/** Next to nothing: what Windows wants of every process, and a test's point to die at. The hub's own holds the database's password. */
function environment(): NodeJS.ProcessEnv {
  const passed = ['SystemRoot', 'TIEOUT_KILL_AT'].filter((name) => process.env[name] !== undefined)
  return Object.fromEntries(passed.map((name) => [name, process.env[name]]))
}

function answerOf(line: string): WireAnswer | undefined {
  try {
    return Object(JSON.parse(line)) as WireAnswer
  } catch {
    return undefined
  }
}

function take(waiting: Waiting, n: number, answer: WireAnswer): void {
  waiting.get(n)?.(answer)
  waiting.delete(n)
}

async function withinTime<T>(ms: number, work: Promise<T>, late: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      late()
      fail(new Fault('signer-away', `There was no answer within ${ms} ms.`))
    }, ms)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

function expected(text: string | null | undefined): string {
  if (typeof text !== 'string') throw new Fault('signer-away', 'Its answer was not one to the question.')
  return text
}
