import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openHubClock } from './hub-clock.ts'

const YEARS = 10 * 365 * 86_400_000
const local = { at: 0, wallAhead: 0, wall: (): number => local.at + local.wallAhead, monotonic: (): number => local.at - 500 }
/** The database: so far ahead of the true time, and how long it takes to answer, there and back. */
const database = { ahead: 0, tookMs: 0, away: false }
const pool = {
  query: () => {
    if (database.away) return Promise.reject(new Error('away'))
    local.at += database.tookMs / 2
    const ms = String(local.at + database.ahead)
    local.at += database.tookMs / 2
    return Promise.resolve({ rows: [{ ms }] })
  },
} as unknown as Parameters<typeof openHubClock>[0]

beforeEach(() => {
  Object.assign(local, { at: 1_000_000, wallAhead: 0 })
  Object.assign(database, { ahead: 250, tookMs: 0, away: false })
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

async function pass(ms: number): Promise<void> {
  local.at += ms
  await vi.advanceTimersByTimeAsync(1_000)
}

test('it is the time of the database, whatever the clock of this machine says, and goes on while the database is away', async () => {
  local.wallAhead = YEARS
  const clock = await openHubClock(pool, local)
  expect(clock.now()).toBe(1_000_250)
  expect(clock.latest()).toBe(1_000_250)
  database.away = true
  await pass(5_000)
  expect(clock.now()).toBe(1_005_250)
  clock.stop()
})

test('a jump of this machine’s clock moves nothing; for a moment it counts as too late to send, never as too early', async () => {
  const clock = await openHubClock(pool, local)
  local.wallAhead = YEARS
  expect(clock.now()).toBe(1_000_250)
  expect(clock.latest()).toBe(1_000_250 + YEARS)
  await pass(0)
  expect(clock.latest()).toBe(1_000_250)
  local.wallAhead = -YEARS
  expect(clock.latest()).toBe(1_000_250)
  clock.stop()
})

test('it follows a database whose clock is set, and does not tremble with answers that come slowly', async () => {
  const clock = await openHubClock(pool, local)
  database.ahead = 300
  database.tookMs = 400
  await pass(0)
  expect(clock.now() - local.at).toBe(250)
  database.tookMs = 0
  await pass(0)
  expect(clock.now() - local.at).toBe(300)
  clock.stop()
})
