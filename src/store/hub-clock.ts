/**
 * The hub's time: the database's clock, carried on by this machine's monotonic one. All processes of one database have one time; a
 * machine whose own clock is years away, or jumps, dates nothing wrong, keeps no try open and ends none early.
 */
import type { Pool } from './database.ts'

const EVERY_MS = 1_000
/** Beside half of the way there and back: what a busy machine adds between an answer and its being looked at. */
const UNSURE_MS = 5

export interface HubClock {
  /** Milliseconds since 1970, whole. */
  readonly now: () => number
  /**
   * The same carried on by whichever of this machine's two clocks went further since: for whether it is too late to send something.
   * A monotonic clock may stand still while a machine sleeps.
   */
  readonly latest: () => number
  readonly stop: () => void
}

export interface LocalClocks {
  readonly wall: () => number
  readonly monotonic: () => number
}
const LOCAL: LocalClocks = { wall: Date.now, monotonic: () => performance.now() }

/** Asks once before it answers, then every second. While the database is away time goes on. */
export async function openHubClock(pool: Pick<Pool, 'query'>, local = LOCAL): Promise<HubClock> {
  // What has to be added to each local clock.
  let monotonic = -Infinity
  let wall = 0

  async function measure(): Promise<void> {
    const sent = local.monotonic()
    const { rows } = await pool.query<{ ms: string }>({
      name: 'hub_clock',
      text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::text AS ms',
    })
    const back = local.monotonic()
    const off = Number(rows[0]?.ms) - (sent + back) / 2
    // A measurement that agrees within its own error moves nothing: time is not to tremble with the network.
    if (Math.abs(off - monotonic) > (back - sent) / 2 + UNSURE_MS) monotonic = off
    wall = monotonic + back - local.wall()
  }

  await measure()
  const timer = setInterval(() => {
    measure().catch(() => undefined)
  }, EVERY_MS)
  timer.unref()
  const now = (): number => Math.floor(local.monotonic() + monotonic)
  return {
    now,
    latest: () => Math.max(now(), Math.floor(local.wall() + wall)),
    stop: () => {
      clearInterval(timer)
    },
  }
}
