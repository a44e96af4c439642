import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LANES } from '../domain/event.ts'
import { LANE_POLICIES } from '../domain/lane.ts'
import { BREAKER_CLOSED, type Breaker, stepBreaker } from './breaker.ts'
import { Budget, type Started } from './budget.ts'
import { closedUntil, opensAt } from './calendar.ts'
import { backoffMs, retryAt } from './lanes.ts'

describe('the budget of a target', () => {
  test('no window of the stated length sees more calls come than stated, from the first second on, however long each travels', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 400 }),
      wants: fc.integer({ min: 0, max: 9 }),
      // Answered as soon as it has come, later, or never.
      travelMs: fc.integer({ min: 0, max: 20 }),
      answerMs: fc.option(fc.integer({ min: 0, max: 300 })),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = new Budget({ concurrency: 500, rate: { calls: 5, perMs: 1_000 } })
        const came: number[] = []
        const answers: { readonly call: Started; readonly at: number }[] = []
        let now = 0
        for (const { afterMs, wants, travelMs, answerMs } of steps) {
          now += afterMs
          for (const { call, at } of answers.splice(0)) {
            if (at <= now) budget.end(call, at, 'answered')
            else answers.push({ call, at })
          }
          for (let n = Math.min(wants, budget.free(now)); n > 0; n--) {
            const call = budget.start(now, 'first')
            came.push(now + travelMs)
            if (answerMs !== null) answers.push({ call, at: now + travelMs + answerMs })
          }
        }
        return came.every((at) => came.filter((other) => other >= at && other < at + 1_000).length <= 5)
      }),
    )
  })
  test('a call that is answered at once counts from then on, one without an answer from the time that it may take to come', () => {
    const budget = new Budget({ concurrency: 50, rate: { calls: 1, perMs: 1_000 } })
    const call = budget.start(0, 'first')
    expect(budget.freeAt(0)).toBe(1_020)
    budget.end(call, 3, 'answered')
    expect([budget.freeAt(3), budget.free(1_002), budget.free(1_003)]).toEqual([1_003, 0, 1])
    budget.end(budget.start(2_000, 'first'), 2_003, 'failed')
    expect(budget.freeAt(2_003)).toBe(3_020)
  })
  test('calls at the same time are limited, and shared among processes', () => {
    const budget = new Budget({ concurrency: 4, rate: { calls: 100, perMs: 1_000 } })
    budget.start(0, 'first')
    expect([budget.free(0), budget.free(0, 2), budget.free(0, 4)]).toEqual([3, 1, 0])
  })
  test('429 halves the rate once per window and pauses as long as asked; success lets it grow back', () => {
    const budget = new Budget({ concurrency: 50, rate: { calls: 16, perMs: 1_000 } })
    for (let i = 0; i < 3; i++) {
      budget.end(budget.start(0, 'first'), 10, 'busy', 3_000)
    }
    expect(budget.learned.callsPerWindow).toBe(8)
    expect(budget.free(3_009)).toBe(0)
    expect(budget.freeAt(20)).toBe(3_010)
    expect([20, 3_009, 3_010, 9_000].map((now) => budget.restMs(now))).toEqual([2_990, 1, 0, 0])
    expect(budget.free(3_010)).toBe(8)
    for (let now = 10_010; now < 80_000; now += 1_000) {
      budget.end(budget.start(now, 'first'), now, 'answered')
    }
    expect(budget.learned.callsPerWindow).toBe(16)
  })
  test('the pace of calls that go out in bursts is told within a fifth, wherever in a second a burst falls', () => {
    for (let phase = 0; phase < 1_000; phase += 20) {
      const budget = new Budget({ concurrency: 5, rate: { calls: 5, perMs: 1_000 } })
      for (let burst = 0; burst < 30; burst++) {
        const at = phase + burst * 1_025
        for (let call = 0; call < 5; call++) budget.end(budget.start(at, 'first'), at + 5, 'answered')
        for (const after of [10, 400, 900]) {
          const pace = budget.pace(at + after)
          expect(Math.abs(5_000 / 1_025 / pace - 1), `burst ${burst} at ${at}, looked at ${after} ms later: ${pace}`).toBeLessThanOrEqual(
            0.2,
          )
        }
      }
    }
  })

  test('while the target fails, retries stay below a tenth of the first tries, but for a trickle', () => {
    const budget = new Budget({ concurrency: 1_000, rate: { calls: 10_000, perMs: 1_000 } })
    let retries = 0
    for (let i = 0; i < 1_000; i++) {
      budget.end(budget.start(i, 'first'), i, 'failed')
      if (budget.takeRetry(i)) retries++
    }
    expect(retries).toBeGreaterThan(90)
    // The trickle, one in 200 ms at this rate, comes only where the share is used up.
    expect(retries).toBeLessThanOrEqual(106)
    const alone = new Budget({ concurrency: 10, rate: { calls: 10, perMs: 5_000 } })
    alone.end(alone.start(0, 'first'), 0, 'failed')
    expect([1, 2, 9_000, 10_001, 10_002].map((now) => alone.takeRetry(now))).toEqual([true, false, false, true, false])
  })
})

describe('the breaker of a target', () => {
  const run = (inputs: Parameters<typeof stepBreaker>[1][], times: number[]): Breaker =>
    inputs.reduce<Breaker>((breaker, input, i) => stepBreaker(breaker, input, times[i] ?? 0), BREAKER_CLOSED)
  test('opens, lets one probe through when its pause is over, and closes when that answers', () => {
    const open = run([{ kind: 'failing', says: 'HTTP 500' }], [1_000])
    expect(open).toMatchObject({ state: 'open', until: 3_000, since: 1_000, cause: 'failing', says: 'HTTP 500' })
    expect(stepBreaker(open, { kind: 'probe' }, 2_999)).toBe(open)
    const probing = stepBreaker(open, { kind: 'probe' }, 3_000)
    expect(probing.state).toBe('half-open')
    expect(stepBreaker(probing, { kind: 'probe' }, 3_001)).toBe(probing)
    expect(stepBreaker(probing, { kind: 'probe-ok' }, 3_100)).toEqual({ state: 'closed', pauseMs: 2_000 })
  })
  test('pauses double up to a minute, also when probes answer and commands do not; a command that gets through ends that', () => {
    const pauses: number[] = []
    let breaker: Breaker = BREAKER_CLOSED
    let now = 0
    for (let i = 0; i < 8; i++) {
      breaker = stepBreaker(breaker, { kind: 'failing', says: '' }, now)
      pauses.push(breaker.pauseMs)
      now += 100_000
      breaker = stepBreaker(stepBreaker(breaker, { kind: 'probe' }, now), { kind: 'probe-ok' }, now)
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(stepBreaker(breaker, { kind: 'working' }, now)).toBe(BREAKER_CLOSED)
  })
  test('a probe that fails keeps the time since when it is open; a probe that never ends does not keep others from trying', () => {
    const open = run([{ kind: 'failing', says: 'a' }, { kind: 'probe' }, { kind: 'probe-failed', says: 'b' }], [1_000, 3_000, 3_500])
    expect(open).toMatchObject({ state: 'open', since: 1_000, until: 7_500, says: 'b' })
    const stuck = stepBreaker(open, { kind: 'probe' }, 8_000)
    expect(stepBreaker(stuck, { kind: 'probe' }, 23_000)).toMatchObject({ state: 'half-open', until: 38_000 })
  })
  test('a closed door (credentials) opens it at once and for a minute', () => {
    expect(run([{ kind: 'credential', says: 'HTTP 401' }], [0])).toMatchObject({ state: 'open', cause: 'credential', until: 60_000 })
  })
})

describe('the calendar of a target', () => {
  const at = (text: string): number => Date.parse(text)
  test('a weekly night in the zone of the system, over midnight', () => {
    const night = [{ days: [5], from: '22:00', to: '02:30', zone: 'Europe/Berlin' }] // Friday
    expect(closedUntil(night, at('2026-03-06T20:59:59Z'))).toBeUndefined()
    expect(closedUntil(night, at('2026-03-06T21:00:00Z'))).toBe(at('2026-03-07T01:30:00Z'))
    expect(closedUntil(night, at('2026-03-07T01:29:59Z'))).toBe(at('2026-03-07T01:30:00Z'))
    expect(closedUntil(night, at('2026-03-07T01:30:00Z'))).toBeUndefined()
    expect(closedUntil(night, at('2026-03-07T21:30:00Z'))).toBeUndefined()
  })
  test('the longest of several windows counts', () => {
    const windows = [
      { fromAt: 0, toAt: 100 },
      { fromAt: 50, toAt: 300 },
    ]
    expect([closedUntil(windows, 40), closedUntil(windows, 60), closedUntil(windows, 300)]).toEqual([100, 300, undefined])
  })
  test('outside business hours it is closed to the next opening, over week-ends, holidays and the night', () => {
    const open = { days: [1, 2, 3, 4, 5], from: '07:00', to: '18:30', zone: 'Europe/Berlin', except: ['2026-12-24', '2026-12-25'] }
    const until = (text: string): string => {
      const end = closedUntil([{ open }], at(text))
      return end === undefined ? 'open' : new Date(end).toISOString()
    }
    expect([
      until('2026-11-27T06:00:00Z'),
      until('2026-11-27T05:59:30Z'),
      until('2026-11-27T17:29:59Z'),
      until('2026-11-27T17:30:00Z'),
      until('2026-12-23T20:00:00Z'),
    ]).toEqual(['open', '2026-11-27T06:00:00.000Z', 'open', '2026-11-30T06:00:00.000Z', '2026-12-28T06:00:00.000Z'])
    const never = { open: { ...open, days: [] } }
    expect(closedUntil([never], at('2026-11-27T06:00:00Z'))).toBeGreaterThan(at('2027-11-27T00:00:00Z'))
  })
  test('what closes it one after the other is passed over together', () => {
    const open = { days: [1, 2, 3, 4, 5], from: '07:00', to: '18:30', zone: 'Europe/Berlin', except: [] }
    const maintenance = { fromAt: at('2026-11-30T05:00:00Z'), toAt: at('2026-11-30T09:15:00Z') }
    expect(opensAt([{ open }, maintenance], at('2026-11-28T12:00:00Z'))).toBe(at('2026-11-30T09:15:00Z'))
    expect(opensAt([{ open }, maintenance], at('2026-11-30T12:00:00Z'))).toBe(at('2026-11-30T12:00:00Z'))
  })
})

test('a retry that falls outside the hours of its lane waits for them, and never comes before its wait', () => {
  const hours = { days: [1, 2, 3, 4, 5], from: '07:00', to: '18:00', zone: 'UTC', except: [] }
  const policy = { ...LANE_POLICIES.posting, hours }
  const [friday, noon] = [Date.parse('2026-11-27T17:59:59.900Z'), Date.parse('2026-11-27T12:00:00.000Z')]
  expect(retryAt(policy, 1, 'k', friday)).toBe(Date.parse('2026-11-30T07:00:00.000Z'))
  expect(retryAt(policy, 1, 'k', noon)).toBe(noon + backoffMs(policy, 1, 'k'))
  expect(retryAt(policy, 1, 'k', noon, 90_000)).toBe(noon + 90_000)
})

test('every lane has its patience: waits double from the first to the longest, spread by a fifth', () => {
  for (const lane of LANES) {
    const policy = LANE_POLICIES[lane]
    const waits = Array.from({ length: 40 }, (_, i) => backoffMs(policy, i + 1, 'key'))
    for (const [i, wait] of waits.entries()) {
      const plain = Math.min(policy.longestMs, policy.firstMs * 2 ** i)
      expect(Math.abs(wait - plain)).toBeLessThanOrEqual(plain * 0.2 + 1)
    }
    expect(policy.deadAfter).toBeGreaterThan(3)
  }
  const spread = new Set(Array.from({ length: 100 }, (_, i) => backoffMs(LANE_POLICIES.posting, 5, `key ${i}`)))
  expect(spread.size).toBeGreaterThan(90)
})
