import { expect, test } from 'vitest'
import type { Verdict } from '../connector/verdict.ts'
import { Budget } from './budget.ts'
import { learn } from './send.ts'

const failed: Verdict = { state: 'unknown', says: 'HTTP 500', observations: [] }
const late: Verdict = { state: 'not-sent', says: 'its time had passed before it could be sent', observations: [], late: true }

/** A system of which delivery learns by how its calls end. */
function learning() {
  const budget = new Budget({ concurrency: 4, rate: { calls: 16, perMs: 1_000 } })
  const signals: string[] = []
  let now = 0
  const desk = { budget, clocks: { wall: () => now, monotonic: () => now }, signal: (how: string) => void signals.push(how) }
  return {
    budget,
    signals,
    ends: (at: number, verdict: Verdict | undefined, waitMs?: number) => {
      now = at
      learn(desk, budget.start(at, 'retry'), verdict, waitMs)
    },
  }
}

test('a call that never left does not say that a failing system answers again', () => {
  const { budget, signals, ends } = learning()
  ends(0, failed)
  // Its share of retries is used up.
  expect([budget.takeRetry(1), budget.takeRetry(2)]).toEqual([true, false])
  ends(3, late)
  expect([budget.takeRetry(4), signals]).toEqual([false, ['failing']])
  ends(5, undefined)
  expect(budget.takeRetry(6)).toBe(false)
  // It took a place and gives it back.
  expect(budget.learned.inFlight).toBe(0)
  ends(7, { state: 'done', says: '', observations: [] })
  expect([budget.takeRetry(8), signals]).toEqual([true, ['failing', 'working']])
})

test('nor does it let the rate grow back that a system had been asked too much at', () => {
  const { budget, ends } = learning()
  const busy: Verdict = { state: 'no-effect', about: 'target', says: 'HTTP 429', observations: [] }
  ends(0, busy, 0)
  expect(budget.learned.callsPerWindow).toBe(8)
  for (let at = 20_000; at < 100_000; at += 10_000) ends(at, late)
  expect(budget.learned.callsPerWindow).toBe(8)
  for (let at = 100_000; at < 200_000; at += 10_000) ends(at, { state: 'done', says: '', observations: [] })
  expect(budget.learned.callsPerWindow).toBe(16)
})
