import { describe, expect, test } from 'vitest'
import type { NoEffect } from '../connector/contract.ts'
import type { Verdict } from '../connector/verdict.ts'
import { inputOf } from './outcome.ts'

describe('what a try means for its effect', () => {
  const verdict = (state: Verdict['state'], about?: NoEffect['about']): Verdict => ({
    state,
    says: '',
    observations: [],
    ...(about ? { about } : {}),
  })
  const input = (state: Verdict['state'], doubt: boolean, options: { covers?: true; about?: NoEffect['about']; failures?: number } = {}) =>
    inputOf(verdict(state, options.about), doubt, options.covers ? { refusalCoversEarlier: true } : {}, {
      failures: options.failures ?? 0,
      deadAfter: 3,
    })
  test('while an earlier try is in doubt, one that did nothing proves nothing', () => {
    expect([input('not-sent', false), input('no-effect', false), input('refused', false)]).toEqual(['not-sent', 'no-effect', 'refused'])
    expect([input('not-sent', true), input('no-effect', true), input('refused', true)]).toEqual(['unclear', 'unclear', 'unclear'])
    expect(input('refused', true, { covers: true })).toBe('refused')
    expect([input('done', true), input('other', true), input('unknown', false)]).toEqual(['done', 'found-other', 'unclear'])
  })
  test('a dead letter is one that failed too often by itself, not one whose system was busy', () => {
    expect(input('no-effect', false, { about: 'effect', failures: 1 })).toBe('no-effect')
    expect(input('no-effect', false, { about: 'effect', failures: 2 })).toBe('exhausted')
    expect(input('no-effect', false, { about: 'target', failures: 99 })).toBe('no-effect')
    expect(input('no-effect', true, { about: 'effect', failures: 99 })).toBe('unclear')
  })
})
