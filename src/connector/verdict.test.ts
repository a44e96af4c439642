import { describe, expect, test } from 'vitest'
import type { Call, Command, NoEffect } from './contract.ts'
import type { HttpReply } from './request.ts'
import { retryAfterMs, type Verdict, verdictOf } from './verdict.ts'

const NOW = Date.parse('2026-03-02T10:00:00Z')
const reply = (status: number, headers: Record<string, string> = {}): HttpReply => ({
  transport: 'http',
  status,
  headers,
  body: new Uint8Array(),
})
const command = (noEffect: NoEffect[] = [], read?: Command['read']): Command => ({
  class: 'K2',
  timeoutMs: 1_000,
  noEffect,
  write: () => {
    throw new Error('not asked')
  },
  read: read ?? (() => ({ outcome: { kind: 'done', receipt: { reference: '1' } }, observations: [] })),
})
const CALL = {} as Call
const answered = (how: Command, status: number, headers = {}): Verdict =>
  verdictOf(how, { kind: 'answered', reply: reply(status, headers) }, CALL, NOW)

describe('what a reply is believed', () => {
  test('a connector that reads "done" into anything is not asked about redirects and server errors', () => {
    for (const status of [301, 302, 303, 304, 307, 308, 500, 502, 503, 504, 599])
      expect(answered(command(), status).state, String(status)).toBe('unknown')
    for (const status of [200, 201, 409, 422]) expect(answered(command(), status).state, String(status)).toBe('done')
  })
  test('what the connector lists as without effect is without effect, and waits as long as it asks for, within an hour', () => {
    const busy = command([
      { status: 429, about: 'target' },
      { status: 503, about: 'target' },
    ])
    expect(answered(busy, 429, { 'retry-after': '7' })).toMatchObject({ state: 'no-effect', about: 'target', retryAfterMs: 7_000 })
    expect(answered(busy, 503)).toMatchObject({ state: 'no-effect' })
  })
  test('a connector that breaks over a reply has understood nothing', () => {
    expect(
      answered(
        command([], () => {
          throw new TypeError('x of undefined')
        }),
        200,
      ),
    ).toMatchObject({ state: 'unknown', says: 'the reply could not be read (TypeError)' })
  })
  test('a long refusal is cut', () => {
    const says = 'x'.repeat(10_000)
    expect(
      answered(
        command([], () => ({ outcome: { kind: 'refused', says, code: 'F5' }, observations: [] })),
        422,
      ).says.length,
    ).toBeLessThan(2_010)
  })
  test('words and receipts that could not be kept are made so that they can', () => {
    const hostile = command([], () => ({ outcome: { kind: 'done', receipt: { reference: 'a\u0000', amount: 1.5 } }, observations: [] }))
    expect(answered(hostile, 200).receipt).toEqual({ reference: 'a�' })
    expect(
      answered(
        command([], () => ({ outcome: { kind: 'refused', says: 'no\u0000\ud800' }, observations: [] })),
        422,
      ).says,
    ).toBe('no��')
  })
  test.each([
    ['5', 5_000],
    ['0', 0],
    ['86400', 3_600_000],
    ['99999999999999999999', 3_600_000],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
    ['1.5', undefined],
    [undefined, undefined],
    ['Mon, 02 Mar 2026 10:00:30 GMT', 30_000],
    ['Mon, 02 Mar 2020 10:00:30 GMT', 0],
    ['Mon, 02 Mar 2999 10:00:30 GMT', 3_600_000],
  ])('Retry-After %j is %s ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })
})
