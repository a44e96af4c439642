/** When all that waits for a system will have gone out: from how much it is, how fast it goes, and when it is called at all. Pure. */
import { closedUntil, type Window } from './calendar.ts'

export interface Outlook {
  /** Commands that wait for their turn or to find out what became of them; each is taken for one call. */
  readonly waiting: number
  /** Calls a second, by all hub processes together. */
  readonly perSecond: number
  readonly windows: readonly Window[]
  /** Nothing goes out before (ms since 1970): an open breaker's next probe, or the end of a wait that the system told us. */
  readonly from: number
}

/** Calendars are asked so often; what lies further ahead than this is not foretold. */
const STEP_MS = 300_000
const LIMIT_MS = 30 * 86_400_000

/** In ms since 1970; undefined when it cannot be foretold, or lies more than 30 days ahead. */
export function clearAt({ waiting, perSecond, windows, from }: Outlook, now: number): number | undefined {
  if (perSecond <= 0) return undefined
  let [at, left] = [Math.max(now, from), (waiting / perSecond) * 1_000]
  if (windows.length === 0) return left <= LIMIT_MS ? at + left : undefined
  while (at < now + LIMIT_MS) {
    const opens = closedUntil(windows, at)
    if (opens === undefined && left <= STEP_MS) return at + left
    if (opens === undefined) left -= STEP_MS
    at = opens ?? at + STEP_MS
  }
  return undefined
}
