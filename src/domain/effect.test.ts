import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EFFECT_ENDS,
  EFFECT_INPUTS,
  EFFECT_STATES,
  type EffectInput,
  type EffectRow,
  type EffectState,
  NEVER,
  stepEffect,
} from './effect.ts'

const NOW = '2026-03-02T10:00:00.000Z'
const LATER = '2026-03-02T10:05:00.000Z'

function row(state: EffectState, over: Partial<EffectRow> = {}): EffectRow {
  return {
    key: 'k',
    target: 'erp',
    command: 'invoice.post',
    object: 'inv_1',
    occurrence: '0',
    subject: 'inv_1',
    content: '{}',
    contentHash: 'h',
    lane: 'posting',
    state,
    attempts: 1,
    failures: 0,
    dueAt: NOW,
    dueOn: '2026-01-15',
    blocks: false,
    wanted: true,
    ...over,
  }
}

function after(state: EffectState, input: EffectInput): EffectState | 'ignored' {
  const next = stepEffect(row(state), input, { now: NOW })
  return next === 'ignored' ? 'ignored' : next.state
}

describe('the life of an effect', () => {
  test('has an answer for every input in every state, and every state says what ends it', () => {
    for (const state of EFFECT_STATES) {
      expect(EFFECT_ENDS[state]).not.toBe('')
      for (const input of EFFECT_INPUTS) expect([...EFFECT_STATES, 'ignored']).toContain(after(state, input))
    }
  })

  test('every state can be reached from waiting, and every input moves some state', () => {
    const reached = new Set<EffectState>(['waiting'])
    const moved = new Set<EffectInput>()
    for (const state of reached) {
      for (const input of EFFECT_INPUTS) {
        const next = after(state, input)
        if (next === 'ignored') continue
        reached.add(next)
        moved.add(input)
      }
    }
    expect([...reached].sort()).toEqual([...EFFECT_STATES].sort())
    expect([...moved].sort()).toEqual([...EFFECT_INPUTS].sort())
  })

  test('only a waiting or an unknown effect is claimed, and a claim counts one attempt', () => {
    expect(EFFECT_STATES.filter((state) => after(state, 'claimed') !== 'ignored')).toEqual(['waiting', 'unknown'])
    expect(stepEffect(row('waiting'), 'claimed', { now: NOW, dueAt: LATER })).toMatchObject({
      state: 'open',
      attempts: 2,
      dueAt: LATER,
      blocks: true,
    })
  })

  test('what may have happened is not withdrawn', () => {
    expect(EFFECT_STATES.filter((state) => after(state, 'withdrawn') === 'superseded')).toEqual(['waiting', 'refused', 'dead'])
    for (const state of ['open', 'unknown', 'held'] as const)
      expect(stepEffect(row(state), 'withdrawn', { now: NOW })).toMatchObject({ state, wanted: false })
  })

  test('what is not wanted any more is never tried again, whoever asks for it', () => {
    const into = EFFECT_STATES.flatMap((state) =>
      EFFECT_INPUTS.filter((input) => after(state, input) === 'waiting').map((input) => [state, input] as const),
    )
    expect(into.length).toBeGreaterThan(5)
    for (const [state, input] of into) {
      const next = stepEffect(row(state, { wanted: false }), input, { now: NOW })
      expect(next === 'ignored' ? 'superseded' : next.state, `${state} × ${input}`).toBe('superseded')
    }
  })

  test('evidence ends everything but done', () => {
    for (const state of EFFECT_STATES) expect(after(state, 'evidence')).toBe(state === 'done' ? 'ignored' : 'done')
  })

  test('done stays done until doubles are found; a reversal only lifts the block', () => {
    expect(EFFECT_INPUTS.filter((input) => !['ignored', 'done'].includes(after('done', input)))).toEqual(['found-other'])
    const undone = stepEffect(row('done', { blocks: true }), 'undone', { now: NOW })
    expect(undone).toMatchObject({ state: 'done', blocks: false })
    expect(stepEffect(undone as EffectRow, 'unclear', { now: NOW, dueAt: LATER })).toMatchObject({
      state: 'done',
      blocks: false,
      dueAt: LATER,
    })
  })

  test('a reply that says nothing was done counts as a failure; not being able to send does not', () => {
    expect(stepEffect(row('open'), 'no-effect', { now: NOW, dueAt: LATER })).toMatchObject({ state: 'waiting', failures: 1, dueAt: LATER })
    expect(stepEffect(row('open'), 'not-sent', { now: NOW, dueAt: LATER })).toMatchObject({ state: 'waiting', failures: 0 })
    expect(stepEffect(row('open'), 'no-effect', { now: NOW, counts: false })).toMatchObject({ failures: 0 })
    expect(stepEffect(row('dead', { failures: 9 }), 'replay', { now: NOW })).toMatchObject({ state: 'waiting', failures: 0, dueAt: NOW })
  })

  test('only money blocks, and it does so from the first byte until it is refused, given up or undone', () => {
    expect(stepEffect(row('waiting', { command: 'invoice.status' }), 'claimed', { now: NOW })).toMatchObject({ blocks: false })
    for (const state of ['open', 'unknown', 'held', 'done'] as const) {
      const into = EFFECT_STATES.flatMap((from) =>
        EFFECT_INPUTS.filter((input) => input !== 'undone' && input !== 'withdrawn' && from !== 'done').map((input) =>
          stepEffect(row(from), input, { now: NOW }),
        ),
      )
        .filter((next) => next !== 'ignored')
        .filter((next) => next.state === state)
      expect(into.length).toBeGreaterThan(0)
      expect(into.every((next) => next.blocks)).toBe(true)
    }
    expect(stepEffect(row('open', { blocks: true }), 'refused', { now: NOW })).toMatchObject({ blocks: false })
  })

  test('what was in doubt waits for another try only after somebody knew that it had not happened', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EFFECT_INPUTS), { maxLength: 40 }), (inputs) => {
        let effect = row('waiting', { attempts: 0 })
        let doubt = false
        for (const input of inputs) {
          // While an earlier try is in doubt, the sender reports a try that did nothing, or a refusal, as unclear (delivery/outcome.ts).
          if (doubt && effect.state === 'open' && ['not-sent', 'no-effect', 'refused', 'exhausted'].includes(input)) continue
          const next = stepEffect(effect, input, { now: NOW })
          if (next === 'ignored') continue
          if (next.state === 'unknown') doubt = true
          if (['absent', 'said-not-applied'].includes(input) || ['done', 'superseded'].includes(next.state)) doubt = false
          if (doubt && !['open', 'unknown', 'held'].includes(next.state)) return false
          effect = next
        }
        return true
      }),
      { numRuns: 5_000 },
    )
  })

  test('every row that is not at rest has a time at which somebody looks at it again', () => {
    for (const state of EFFECT_STATES) {
      for (const input of EFFECT_INPUTS) {
        const next = stepEffect(row(state), input, { now: NOW })
        if (next !== 'ignored' && ['waiting', 'open', 'unknown'].includes(next.state)) expect(next.dueAt < NEVER).toBe(true)
      }
    }
  })
})
