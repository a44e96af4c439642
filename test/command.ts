/** A command of the command line, run in this process: what it wrote, and its status. One at a time. */
import { main } from '../src/cli/main.ts'

export interface Ran {
  readonly status: number
  readonly out: string
  readonly err: string
}

export async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [stdout, stderr] = [catching(process.stdout), catching(process.stderr)]
  const before = { env: process.env, exitCode: process.exitCode }
  process.env = { ...before.env, TIEOUT_DATA: '/nonexistent', TIEOUT_API: undefined, TIEOUT_API_KEY: undefined, ...env }
  try {
    await main(args)
    return { status: Number(process.exitCode ?? 0), out: stdout.text(), err: stderr.text() }
  } finally {
    for (const stream of [stdout, stderr]) stream.release()
    process.env = before.env
    process.exitCode = before.exitCode
  }
}

function catching(stream: NodeJS.WriteStream): { text(): string; release(): void } {
  const write = stream.write.bind(stream)
  let text = ''
  stream.write = (chunk: string | Uint8Array) => {
    text += String(chunk)
    return true
  }
  return {
    text: () => text,
    release() {
      stream.write = write
    },
  }
}
