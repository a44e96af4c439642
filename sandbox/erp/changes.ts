import { count, type Call, type Outcome, type Route } from '../plumbing/server.ts'
import type { Ledger } from './ledger.ts'

/** Those who wait for the next change. */
export class Bell {
  readonly #waiting = new Set<() => void>()
  ring(): void {
    for (const wake of this.#waiting) wake()
  }
  /** Resolves at the next ring, or after `ms`. */
  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#waiting.add(resolve)
    await promise
    this.#waiting.delete(resolve)
    clearTimeout(timer)
  }
}

/** The change feed: every fact in the order of the book. Marks are places in it, so a page read again is the same page. */
export function changeRoute(ledger: Ledger, bell: Bell): Route {
  return { method: 'GET', path: '/changes', op: 'changes', run: (call) => read(ledger, bell, call) }
}

function read(ledger: Ledger, bell: Bell, call: Call): Outcome | Promise<Outcome> {
  const wait = Math.min(count(call.query, 'wait', 0), 20_000)
  const after = count(call.query, 'after', 0)
  const page = (): Outcome => {
    const limit = Math.min(Math.max(count(call.query, 'limit', 100), 1), 1000)
    const rows = ledger.changes.slice(after, after + limit)
    const next = after + rows.length
    return { status: 200, body: { rows, next: String(next), more: next < ledger.changes.length } }
  }
  return wait > 0 && ledger.changes.length <= after ? bell.wait(wait).then(page) : page()
}
