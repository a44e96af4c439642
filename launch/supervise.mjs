import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ROOT } from './places.mjs'

/**
 * Keeps processes running: starts them in order, starts one that crashed again, and stops them in the reverse order.
 *
 * A program that ends well (status 0) is over. One that fails soon after its first start is over too: it has said what is
 * wrong, and saying it again every second helps nobody. One that had settled and then fails is started again, later and
 * later while it keeps failing.
 *
 * @typedef {object} Program
 * @property {string} name
 * @property {string} node the Node to run it with
 * @property {readonly string[]} args file and arguments
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd] default: the folder of this clone
 * @property {boolean} [restart] false: whatever its end, it is over
 * @property {'terminal' | 'prefixed' | 'collected'} [output] straight to the terminal; each line after the name; or kept, and
 *   shown when it failed. Default: prefixed
 *
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null }} End
 * @typedef {{ name: string, pid: () => number | undefined, over: Promise<End>, stop: (timing?: { graceMs?: number }) => Promise<void> }} Supervised
 */

/** How long a process has to end after it was asked to, before it is killed. */
const GRACE_MS = 8_000
const SETTLED_MS = 10_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const LINES_KEPT = 40

/** @param {{ log: (line: string) => void, settledMs?: number, firstPauseMs?: number }} options */
export function supervise({ log, settledMs = SETTLED_MS, firstPauseMs = FIRST_PAUSE_MS }) {
  /** @type {Supervised[]} */
  const running = []

  return {
    /** @param {Program} program */
    start(program) {
      const supervised = keep(program, { log, settledMs, firstPauseMs })
      running.push(supervised)
      return supervised
    },
    /** Stops all, last started first, each before the next. @param {{ graceMs?: number }} [timing] */
    async stopAll(timing) {
      for (const supervised of [...running].reverse()) await supervised.stop(timing)
    },
  }
}

/**
 * @param {Program} program
 * @param {{ log: (line: string) => void, settledMs: number, firstPauseMs: number }} how
 * @returns {Supervised}
 */
function keep(program, { log, settledMs, firstPauseMs }) {
  let stopping = false
  let wake = () => {}
  let child = launch(program, log)
  const over = live()

  return { name: program.name, pid: () => child.process.pid, over, stop }

  async function live() {
    for (let failures = 0, first = true; ; first = false) {
      const started = Date.now()
      const end = await child.ended
      if (stopping || end.code === 0) return end
      const settled = Date.now() - started >= settledMs
      child.showCollected()
      if (program.restart === false || (first && !settled)) return end
      failures = settled ? 0 : failures + 1
      const pauseMs = Math.min(firstPauseMs * 2 ** failures, LONGEST_PAUSE_MS)
      log(`${program.name} ended unexpectedly (${end.signal ?? `status ${end.code}`}); starting it again in ${pauseMs / 1000} s.`)
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, pauseMs)
        wake = () => {
          clearTimeout(timer)
          resolve(undefined)
        }
      })
      if (stopping) return end
      child = launch(program, log)
    }
  }

  async function stop({ graceMs = GRACE_MS } = {}) {
    stopping = true
    wake()
    child.signal('SIGTERM')
    const hard = setTimeout(() => {
      log(`${program.name} did not stop within ${graceMs / 1000} s; ending it.`)
      child.signal('SIGKILL')
    }, graceMs)
    await over
    clearTimeout(hard)
  }
}

/** @param {Program} program @param {(line: string) => void} log */
function launch({ name, node, args, env = process.env, cwd = ROOT, output = 'prefixed' }, log) {
  const io = output === 'terminal' ? 'inherit' : 'pipe'
  // A session of its own: the terminal's Ctrl-C reaches only the supervisor, which then stops everything in order.
  const child = spawn(node, ['--import', new URL('tether.mjs', import.meta.url).href, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', io, io, 'pipe'],
    env: { ...env, TIEOUT_TETHER: '3' },
  })
  /** @type {string[]} */
  const kept = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      if (output === 'prefixed') log(`${name} | ${line}`)
      else if (kept.push(line) > LINES_KEPT) kept.shift()
    })
  }
  /** @type {Promise<End>} */
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      kept.push(String(error))
      resolve({ code: 127, signal: null })
    })
    child.once('close', (code, signal) => {
      resolve({ code, signal })
    })
  })
  return {
    process: child,
    ended,
    showCollected() {
      for (const line of kept.splice(0)) log(`${name} | ${line}`)
    },
    /** SIGKILL goes to everything the process started too. @param {NodeJS.Signals} signal */
    signal(signal) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      try {
        process.kill(signal === 'SIGKILL' && process.platform !== 'win32' ? -child.pid : child.pid, signal)
      } catch {
        // It ended in this moment.
      }
    },
  }
}
