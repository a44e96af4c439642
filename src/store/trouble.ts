/** What an error during a commit means for the batch. */
import { Stale } from '../domain/decide.ts'
import { Fault } from '../lib/fault.ts'

/**
 * `again`: others moved first, the same batch runs again at once. `away`: the server or the way to it is gone or overloaded, the
 * same batch runs again after a while. `item`: something in the batch cannot be stored. `broken`: nothing that can be contained.
 */
export type Trouble = 'again' | 'away' | 'item' | 'broken'

const AGAIN = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: lock_timeout
  'TO001', // ours: the head of the log moved past the batch's time, law or configuration
])
/** Classes 08 connection, 53 resources, 57 operator intervention, 58 system error. 25006: a standby; 25P03: idle too long. */
const AWAY = /^(08|53|57|58)|^25006$|^25P03$/
/** Classes 22 data, 23 integrity. */
const ITEM = /^(22|23)/

export function troubleOf(error: unknown): Trouble {
  if (error instanceof Stale) return 'again'
  if (isAway(error)) return 'away'
  const state = sqlState(error)
  if (state === undefined) return 'broken'
  return AGAIN.has(state) ? 'again' : ITEM.test(state) ? 'item' : 'broken'
}

/** The server, or the connection to it, is gone, overloaded or shutting down. */
export function isAway(error: unknown): boolean {
  if (error instanceof Fault) return error.code === 'database-away'
  const state = sqlState(error)
  if (state !== undefined) return AWAY.test(state)
  if (!(error instanceof Error)) return false
  const code = (error as NodeJS.ErrnoException).code
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return true
  // node-postgres gives these no code.
  return /^Connection terminated|^Client has encountered a connection error|timeout exceeded when trying to connect|^Query read timeout|not queryable|^Client was closed/.test(
    error.message,
  )
}

/** The five characters of SQLSTATE of an error from the server. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('severity' in error)) return undefined
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : undefined
}
