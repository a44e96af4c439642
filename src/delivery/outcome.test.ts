import { describe, expect, test } from 'vitest'
import type { Call, Command, NoEffect } from '../connector/contract.ts'
import type { HttpReply } from '../connector/request.ts'
import { inputOf, retryAfterMs, type Verdict, verdictOf } from './outcome.ts'

const NOW = Date.parse('2026-03-02T10:00:00Z')
const reply = (status: number, headers: Record<string, string> = {}): HttpReply => ({ transport: 'http', status, headers, body: new Uint8Array() })
const command = (noEffect: NoEffect[] = [], read?: Command['read']): Command => ({
  class: 'K2', timeoutMs: 1_000, noEffect, write: () => { throw new Error('not asked') },
  read: read ?? (() => ({ outcome: { kind: 'done', receipt: { reference: '1' } }, observations: [] })),
})
const CALL = {} as Call
const answered = (how: Command, status: number, headers = {}): Verdict => verdictOf(how, { kind: 'answered', reply: reply(status, headers) }, CALL, NOW)

describe('what a reply is believed', () => {
  test('a connector that reads "done" into anything is not asked about redirects and server errors', () => {
    for (const status of [301, 302, 303, 304, 307, 308, 500, 502, 503, 504, 599]) expect(answered(command(), status).state, String(status)).toBe('unknown')
    for (const status of [200, 201, 409, 422]) expect(answered(command(), status).state, String(status)).toBe('done')
  })
  test('what the connector lists as without effect is without effect, and waits as long as it asks for, within an hour', () => {
    const busy = command([{ status: 429, about: 'target' }, { status: 503, about: 'target' }])
    expect(answered(busy, 429, { 'retry-after': '7' })).toMatchObject({ state: 'no-effect', about: 'target', retryAfterMs: 7_000 })
    expect(answered(busy, 503)).toMatchObject({ state: 'no-effect' })
  })
  test('a connector that breaks over a reply has understood nothing', () => {
    expect(answered(command([], () => { throw new TypeError('x of undefined') }), 200)).toMatchObject({ state: 'unknown', says: 'the reply could not be read (TypeError)' })
  })
  test('a long refusal is cut', () => {
    const says = 'x'.repeat(10_000)
    expect(answered(command([], () => ({ outcome: { kind: 'refused', says, code: 'F5' }, observations: [] })), 422).says.length).toBeLessThan(2_010)
  })
  test.each([
    ['5', 5_000], ['0', 0], ['86400', 3_600_000], ['99999999999999999999', undefined], ['-1', undefined], ['soon', undefined], ['', undefined], ['1.5', undefined], [undefined, undefined],
    ['Mon, 02 Mar 2026 10:00:30 GMT', 30_000], ['Mon, 02 Mar 2020 10:00:30 GMT', 0], ['Mon, 02 Mar 2999 10:00:30 GMT', 3_600_000],
  ])('Retry-After %j is %s ms', (header, ms) => { expect(retryAfterMs(header, NOW)).toBe(ms) })
})

describe('what a try means for its effect', () => {
  const verdict = (state: Verdict['state'], about?: NoEffect['about']): Verdict => ({ state, says: '', observations: [], ...(about ? { about } : {}) })
  const input = (state: Verdict['state'], doubt: boolean, options: { covers?: true; about?: NoEffect['about']; failures?: number } = {}) =>
    inputOf(verdict(state, options.about), doubt, options.covers ? { refusalCoversEarlier: true } : {}, { failures: options.failures ?? 0, deadAfter: 3 })
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
