/** Answers of which nobody is wiser: to a look, and to a call that is repeated. */
import { expect, test } from 'vitest'
import type { Command } from '../connector/contract.ts'
import { type Look, nextStep, type ResolvePolicy, type Try } from './resolve.ts'

const SETTLE_MS = 30_000
const GAP_MS = 5_000
const POLICY: ResolvePolicy = {
  freezeLimitMs: 3_600_000,
  repeatLimit: 30,
  undecidedLimit: 10,
  backoffMs: (n) => Math.min(60_000, 1_000 * 2 ** n),
  laterLooksMs: [],
}
const K3 = { class: 'K3', timeoutMs: 10_000, find: { settleMs: SETTLE_MS, gapMs: GAP_MS } } as Command

test('answers that decide nothing: asked again at a growing distance, and the tenth after settling ends at a person', () => {
  const looks: Look[] = []
  const tries: Try[] = [{ n: 1, state: 'unknown', openedAt: 0, notAfter: 10_000, closedAt: 10_000, senderDoneAt: 10_000, looks }]
  const settledAt = 10_000 + SETTLE_MS
  let now = 10_000
  for (;;) {
    const step = nextStep(K3, 'unknown', tries, now, POLICY)
    if (step.do === 'wait') now = step.until
    else if (step.do === 'look') looks.push({ at: now, found: 'undecided', says: 'Document 51 is PARKED.' })
    else {
      expect(step).toEqual({ do: 'conclude', input: 'needs-person', says: 'looked for 10 times: Document 51 is PARKED.' })
      break
    }
  }
  const counted = looks.map(({ at }) => at).filter((at) => at >= settledAt)
  expect(counted).toHaveLength(POLICY.undecidedLimit)
  const distances = counted.slice(1).map((at, n) => at - counted[n]!)
  expect(distances).toEqual(distances.toSorted((a, b) => a - b))
  expect(distances.at(-1)).toBe(60_000)
  // One that has said absent twice meanwhile is believed: it is what the others could not tell.
  const absent = [now, now + GAP_MS].map((at): Look => ({ at, found: 'absent' }))
  const known = [{ ...tries[0]!, looks: [...looks.slice(0, -1), ...absent] }]
  expect(nextStep(K3, 'unknown', known, now + GAP_MS, POLICY)).toMatchObject({ do: 'conclude', input: 'absent' })
})

test('a call in doubt that is turned away each time is repeated at a growing distance, which ends with the next doubt', () => {
  const command = { class: 'K2', timeoutMs: 10_000 } as Command
  const distance = (...states: Try['state'][]): number => {
    const tries = states.map((state, at): Try => ({
      n: at + 1,
      state,
      openedAt: at,
      notAfter: at,
      closedAt: at,
      senderDoneAt: at,
      looks: [],
    }))
    const step = nextStep(command, 'unknown', tries, 0, POLICY)
    return step.do === 'wait' ? step.until - (states.length - 1) : 0
  }
  expect(distance('unknown')).toBe(2_000)
  expect(distance('unknown', 'no-effect')).toBe(4_000)
  expect(distance('unknown', 'no-effect', 'not-sent', 'no-effect')).toBe(16_000)
  expect(distance('unknown', 'no-effect', 'no-effect', 'unknown')).toBe(4_000)
})
