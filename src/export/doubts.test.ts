import { expect, test } from 'vitest'
import { NEVER, type EffectRow } from '../domain/effect.ts'
import type { AttemptRow } from '../store/attempt.ts'
import { doubtsOf } from './doubts.ts'

const NOW = Date.parse('2026-11-28T14:05:00.000Z')
const row = (change: Partial<EffectRow>): EffectRow => ({
  key: 'k',
  target: 'erp',
  command: 'invoice.post',
  object: 'inv_1',
  occurrence: '0',
  subject: 'inv_1',
  content: '{}',
  contentHash: 'h',
  lane: 'posting',
  state: 'unknown',
  attempts: 1,
  failures: 0,
  dueAt: '2026-11-28T14:06:10.000Z',
  dueOn: '2026-01-15',
  blocks: true,
  wanted: true,
  ...change,
})
const tried = (n: number, closedAt: string, change: Partial<AttemptRow> = {}): AttemptRow => ({
  key: 'k',
  n,
  process: 'p',
  requestHash: 'h',
  openedAt: closedAt,
  notAfter: closedAt,
  outcome: 'unknown',
  says: null,
  receipt: null,
  closedAt,
  senderDoneAt: null,
  looks: [],
  ...change,
})
const says = (change: Partial<EffectRow>, ...tries: AttemptRow[]): string | undefined =>
  doubtsOf([row(change)], new Map([['k', tries]]), NOW)[0]?.says

test('an object says since when nobody knows, and when it is looked again', () => {
  const absent = { at: '2026-11-28T14:00:00.000Z', found: 'absent' }
  expect([
    says({}, tried(1, '2026-11-28T14:02:11.000Z')),
    says({}, tried(1, '2026-11-27T14:02:11.000Z'), tried(2, '2026-11-28T14:02:11.000Z')),
    says({}, tried(1, '2026-11-27T14:02:11.000Z', { looks: [absent, absent] }), tried(2, '2026-11-28T14:02:11.000Z', { looks: [absent] })),
    says({ dueAt: '2026-11-28T14:04:00.000Z' }, tried(1, '2026-11-28T14:02:11.000Z')),
    says({ state: 'held', dueAt: '2026-11-29T14:04:00.000Z', command: 'payment.transmit' }, tried(1, '2026-11-28T14:02:11.000Z')),
    says({ dueAt: NEVER }, tried(1, '2026-11-28T14:02:11.000Z')),
    says({ state: 'open' }),
    says({ state: 'done' }),
  ]).toEqual([
    'posting unknown since 14:02:11, looking again at 14:06:10',
    'posting unknown since 2026-11-27 14:02:11, looking again at 14:06:10',
    'posting unknown since 14:02:11, looking again at 14:06:10',
    'posting unknown since 14:02:11, looking again now',
    'transmission unknown since 14:02:11, a person has to say what became of it',
    'posting unknown since 14:02:11, until a system says what became of it',
    undefined,
    undefined,
  ])
})
