import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Line } from './plumbing/book.ts'

/** What came over the wire, which a test looks into without declaring its shape. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Loose
} // eslint-disable-line @typescript-eslint/no-explicit-any

/** A system of the sandbox as a process of its own, as a test sees it. */
export interface System {
  readonly url: string
  readonly pid: number
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** All lines of its book. */
  books(): Promise<Line[]>
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

/** Starts sandbox/`name`/main.ts and waits until it says that it is ready. */
export async function start(
  name: 'erp' | 'ap' | 'procurement' | 'archive' | 'bank',
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<System> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name, 'main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...env },
  })
  const ready = await firstLine(child)
  const url = `http://127.0.0.1:${ready.port}`
  const call: System['call'] = async (method, path, body, headers) => {
    const response = await fetch(url + path, {
      method,
      headers: headers ?? {},
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }
  return {
    url,
    pid: ready.pid,
    call,
    books: async () =>
      (await call('GET', '/books')).text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line),
    kill: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit')
        child.kill(signal)
        await gone
      }
      return child.exitCode
    },
  }
}

async function firstLine(child: ChildProcess): Promise<{ port: number; pid: number }> {
  if (!child.stdout) throw new Error('no stdout')
  const lines = createInterface(child.stdout)
  const ended = once(child, 'exit').then(() => {
    throw new Error('The system ended before it was ready.')
  })
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  ended.catch(() => {
    /* it ends some day, after the test */
  })
  return JSON.parse(line) as { port: number; pid: number }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Folders and processes of one test file, removed and ended by `clear`. */
export class Workshop {
  readonly #folders: string[] = []
  readonly #systems: System[] = []

  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'sandbox-'))
    this.#folders.push(path)
    return path
  }

  async start(...args: Parameters<typeof start>): Promise<System> {
    const system = await start(...args)
    this.#systems.push(system)
    return system
  }

  async clear(): Promise<void> {
    await Promise.all(this.#systems.map((system) => system.kill('SIGKILL')))
    await Promise.all(this.#folders.map((path) => rm(path, { recursive: true, force: true })))
  }
}

/** Asks until the answer is there, at most `ms`. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, ms = 5000): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain for ${what}.`)
    await sleep(10)
  }
}
