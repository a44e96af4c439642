import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** For programs of this clone itself: they start sooner with what Node has compiled of them before. */
export const COMPILED = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' }

/** A folder that accounts other than ours can enter, gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tieout-clone-'))
  chmodSync(folder, 0o755)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A clone with the launch files and the installed packages of this one, and a program of the test's own in the hub's place. */
export function cloneWith(program: string): string {
  const root = temporaryFolder()
  for (const name of ['launch', 'package.json', 'package-lock.json']) cpSync(join(ROOT, name), join(root, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  mkdirSync(join(root, 'src', 'cli'), { recursive: true })
  writeFileSync(join(root, 'src', 'cli', 'main.ts'), program)
  return root
}

export interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** All it printed so far. */
  output(): string
  /** Resolves when its output matches; fails with the whole output when it does not within the time. */
  prints(pattern: RegExp, timeoutMs?: number): Promise<string>
  readonly ended: Promise<number | null>
}

/** Starts a program as a terminal would, detached as the leader of its group; killed when the test ends, if it still runs then. */
export function started(root: string, args: readonly string[], env: Record<string, string>, { detached = false } = {}): Started {
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk)
    })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const prints = async (pattern: RegExp, timeoutMs = 60_000) => {
    await eventually(
      () => pattern.test(output),
      timeoutMs,
      () => `${pattern} was not printed:\n${output}`,
    )
    return output
  }
  return { child, output: () => output, prints, ended }
}

/** Waits until `holds`, looking every few milliseconds. */
export async function eventually(holds: () => boolean, timeoutMs: number, what: () => string): Promise<void> {
  for (const end = Date.now() + timeoutMs; !holds();) {
    if (Date.now() > end) throw new Error(`within ${timeoutMs} ms: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function textOf(path: string): string {
  return readFileSync(path, 'utf8')
}
