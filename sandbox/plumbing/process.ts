import type { Book } from './book.ts'
import type { Served } from './server.ts'

/** Tells the starter that the system is ready: one line of JSON, the only one on stdout. */
export function announce(system: string, port: number): void {
  process.stdout.write(`${JSON.stringify({ ready: true, system, port, pid: process.pid })}\n`)
}

/** Ends in order on SIGTERM, SIGINT or (when asked) the end of stdin: no more calls, books closed, status 0. */
export function endInOrder(parts: { served: Served; book: Book; stop?: () => void | Promise<void>; stdinEof: boolean }): void {
  let ending = false
  const end = (): void => {
    if (ending) return
    ending = true
    void (async () => {
      await parts.stop?.()
      await parts.served.close()
      await parts.book.close()
      process.exit(0)
    })()
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  if (parts.stdinEof) process.stdin.on('end', end).on('close', end).resume()
}
