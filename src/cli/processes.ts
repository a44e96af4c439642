/** Child processes of a command: started with Node, their first line of output awaited, ended in reverse order. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Fault } from '../lib/fault.ts'

export interface Child {
  readonly name: string
  readonly pid: number
  /** The JSON object that it said when it was ready. */
  readonly ready: { readonly [key: string]: unknown }
  /** Resolves when it has ended, with its status. */
  readonly over: Promise<number | null>
  end(): Promise<void>
}

export interface ChildWish {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Flags of the runtime itself. */
  readonly flags?: readonly string[]
  /** Lines after the first one, and all of standard error. */
  readonly log?: (line: string) => void
}

const READY_MS = 60_000
const GRACE_MS = 8_000

/** Starts a program that says one line of JSON when it is ready. The fault `internal` when it ends or stays silent instead. */
export async function startChild(wish: ChildWish): Promise<Child> {
  // Standard input stays open: a child that watches it ends with us, also when we are killed.
  const child = spawn(process.execPath, [...(wish.flags ?? []), wish.file, ...wish.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...wish.env },
  })
  const over = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      resolve(code)
    })
    child.once('error', () => {
      resolve(null)
    })
  })
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (errors.length < 20) errors.push(line)
    wish.log?.(line)
  })
  const lines = createInterface({ input: child.stdout })
  const first = new Promise<string>((resolve) => {
    lines.once('line', resolve)
  })
  const timeout = new Promise<{ readonly failed: string }>((resolve) => {
    setTimeout(() => {
      resolve({ failed: `it was not ready within ${READY_MS / 1_000} s` })
    }, READY_MS).unref()
  })
  const ended = over.then((code) => ({ failed: `it ended with status ${code ?? 'none'}` }))
  const line = await Promise.race([first, ended, timeout])
  if (typeof line === 'object') {
    child.kill('SIGKILL')
    throw new Fault('internal', `${wish.name} did not start: ${[line.failed, ...errors.slice(-3)].join('. ')}`)
  }
  lines.on('line', (text) => {
    wish.log?.(text)
  })
  return { name: wish.name, pid: child.pid ?? 0, ready: JSON.parse(line) as Child['ready'], over, end: () => end(child, over) }
}

async function end(child: ChildProcess, over: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
  }, GRACE_MS)
  await over
  clearTimeout(timer)
}
