/** Processes of a rehearsal: started with Node, ready with their first line, killed or frozen as a fault wants it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'

export interface Wish {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
  /** Takes all it says. */
  readonly log: string
}

/** Most of the time of a start is compiling; what was compiled once is kept, in this clone: elsewhere others could leave code for us. */
const COMPILED = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(import.meta.dirname, '../../.tieout/compiled') }
const READY_MS = 60_000
const GRACE_MS = 10_000

export class Process {
  readonly ready: { readonly [key: string]: unknown }
  readonly #child: ChildProcess
  /** Of its standard output. */
  readonly #lines: Interface
  /** The signal that ended it, or its status. */
  over: string | number | undefined
  /** By the rig, not by itself at a named point. */
  killed = false
  readonly ended: Promise<void>

  private constructor(
    child: ChildProcess,
    lines: Interface,
    ready: { readonly [key: string]: unknown },
    log: WriteStream,
    ended: Promise<void>,
  ) {
    this.#child = child
    this.#lines = lines
    this.ready = ready
    this.ended = ended.then(() => {
      this.over = child.signalCode ?? child.exitCode ?? 'error'
      log.end()
    })
  }

  /** Undefined when it ended before it was ready. */
  static async start({ file, args, env = {}, flags = [], log }: Wish): Promise<Process | undefined> {
    const out = createWriteStream(log, { flags: 'a' })
    const child = spawn(process.execPath, [...flags, file, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...COMPILED, ...env },
    })
    child.stderr.pipe(out, { end: false })
    // Who is told something when he is dead already: that he is, is known by his end.
    child.stdin.on('error', () => {})
    const ended = new Promise<void>((done) => {
      child
        .once('exit', () => {
          done()
        })
        .once('error', () => {
          done()
        })
    })
    const closed = new Promise<void>((done) => {
      child.once('close', () => {
        done()
      })
    })
    const lines = createInterface(child.stdout)
    const first = new Promise<string>((done) => {
      lines.once('line', done)
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((done) => {
      timer = setTimeout(() => {
        done(undefined)
      }, READY_MS)
    })
    const line = await Promise.race([first, ended.then(() => undefined), late])
    clearTimeout(timer)
    if (line === undefined) {
      child.kill('SIGKILL')
      await closed
      // All it said is in its log before anybody looks there.
      await new Promise<void>((done) => {
        out.end(done)
      })
      return undefined
    }
    lines.on('line', (text) => {
      out.write(`${text}\n`)
    })
    return new Process(child, lines, JSON.parse(line) as { [key: string]: unknown }, out, ended)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  kill(signal: NodeJS.Signals): void {
    if (this.over !== undefined) return
    this.killed ||= signal === 'SIGKILL'
    this.#child.kill(signal)
  }

  /** Says at which point it dies; none when empty. Done when it has heard it, or is dead. */
  async diesAt(point: string): Promise<void> {
    if (this.over !== undefined) return
    const answer = JSON.stringify({ diesAt: point })
    const heard = new Promise<void>((done) => {
      const listen = (line: string): void => {
        if (line !== answer) return
        this.#lines.off('line', listen)
        done()
      }
      this.#lines.on('line', listen)
    })
    this.#child.stdin?.write(`${point}\n`)
    await Promise.race([heard, this.ended])
  }

  async end(): Promise<void> {
    if (this.over !== undefined) return
    this.#child.kill('SIGCONT')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => {
      this.#child.kill('SIGKILL')
    }, GRACE_MS)
    await this.ended
    clearTimeout(timer)
  }

  /** Process ids of what it has started itself and that still runs. */
  children(): readonly number[] {
    try {
      return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')
        .split(' ')
        .filter((pid) => pid !== '')
        .map(Number)
    } catch {
      return []
    }
  }

  /** Resident memory now; 0 when it is gone. */
  residentMb(): number {
    try {
      return Number(/VmRSS:\s+(\d+) kB/u.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
    } catch {
      return 0
    }
  }
}

/** What a process said before it ended, for whoever reads of it where its log is not. */
export function lastWords(log: string): string {
  const said = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')
  return said === '' ? `It said nothing (${log}).` : `Its last words (${log}):\n${said}`
}

/** Runs a program to its end; its status. */
export async function run(wish: Pick<Wish, 'file' | 'args' | 'env'>): Promise<{ readonly status: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [wish.file, ...wish.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...COMPILED, ...wish.env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
  const status = await new Promise<number | null>((done) => {
    child.once('close', done).once('error', () => {
      done(null)
    })
  })
  return { status, output }
}
