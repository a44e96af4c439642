import { describe, expect, it } from 'vitest'
import { EFFECT_STATES, NEVER, type EffectRow } from '../domain/effect.ts'
import type { AttemptRow } from '../store/attempt.ts'
import { BREAKER_CLOSED, type Breaker } from './breaker.ts'
import { standingOf, type Gateway, type Queued } from './standing.ts'

const NOW = Date.parse('2026-11-28T14:05:00.000Z')
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString()
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
  state: 'waiting',
  attempts: 0,
  failures: 0,
  dueAt: at(-1),
  dueOn: '2026-01-15',
  blocks: true,
  wanted: true,
  ...change,
})
const tried = (change: Partial<AttemptRow>): AttemptRow => ({
  key: 'k',
  n: 1,
  process: 'p',
  requestHash: 'h',
  openedAt: at(-3),
  notAfter: at(-2),
  outcome: 'unknown',
  says: null,
  receipt: null,
  closedAt: at(-2),
  senderDoneAt: null,
  looks: [],
  ...change,
})
const OPEN: Breaker = { state: 'open', pauseMs: 2_000, until: NOW + 60_000, since: NOW - 180_000, cause: 'failing', says: 'answered 503' }
const LOAD = { perSecond: 20, inFlight: 1, concurrency: 4, callsPerWindow: 20, perMs: 1_000, toldToWaitUntil: undefined }
const told = (queued: Partial<Queued>, gateway: Partial<Gateway> = {}): { because: string; text: string; movesAt: string | null } => {
  const standing = standingOf(
    { row: row({}), last: undefined, obstacle: undefined, ahead: 0, ...queued },
    { system: 'erp', paused: null, breaker: BREAKER_CLOSED, closedUntil: undefined, load: undefined, ...gateway },
    NOW,
  )
  return { because: standing.because, text: `${standing.why}. Moves ${standing.moves}.`, movesAt: standing.movesAt }
}

describe('a command says why it is where it is', () => {
  it('while it waits, by the first thing that delivery would meet', () => {
    const paused = { by: 'person:anna', reason: 'month end', since: at(-24 * 60) }
    const busy = { why: 'in-flight', command: 'invoice.post', occurrence: '1', state: 'unknown' } as const
    // Each row takes the hindrance of the one before away.
    expect([
      told({ obstacle: busy }, { load: { ...LOAD, behind: [{ system: 'bank', feed: 'files' }] }, paused, breaker: OPEN }),
      told({ obstacle: busy }, { paused, breaker: OPEN }),
      told({ obstacle: busy }, { closedUntil: NOW + 120_000, breaker: OPEN }),
      told({ obstacle: busy }, { load: { ...LOAD, toldToWaitUntil: NOW + 90_000 }, breaker: OPEN }),
      told({ obstacle: busy }, { breaker: OPEN }),
      told({ obstacle: busy }, { breaker: { ...OPEN, state: 'half-open', cause: 'credential' } }),
      told({ obstacle: busy, row: row({ dueAt: at(5), attempts: 1 }) }),
      told({ obstacle: { ...busy, why: 'money', state: 'held' }, row: row({ dueAt: at(5), attempts: 1 }) }),
      told({
        row: row({ state: 'unknown', attempts: 1, dueAt: at(2) }),
        last: tried({ says: 'timed out', looks: [{ at: at(-1), found: 'absent' }] }),
      }),
      told({ row: row({ state: 'unknown', attempts: 1, dueAt: NEVER }), last: tried({}) }),
      told({ row: row({ attempts: 2, dueAt: at(1) }), last: tried({ n: 2, outcome: 'no-effect', says: 'busy' }) }),
      told({ row: row({ dueAt: at(1) }) }),
      told({ row: row({ dueAt: NEVER }) }),
      told({ ahead: 1_200 }, { load: LOAD }),
      told({ ahead: 7 }),
      told({}),
    ]).toEqual([
      {
        because: 'set-back',
        movesAt: null,
        text: 'the database was set back, and nothing is sent before all feeds were read to their ends: bank files. Moves when they are; one of a system that is away or paused cannot be read.',
      },
      {
        because: 'paused',
        movesAt: null,
        text: 'erp was paused by anna at 2026-11-27 14:05:00: month end. Moves when somebody lets it go on: tieout systems resume erp --reason WHY --by LOGIN.',
      },
      {
        because: 'closed',
        movesAt: at(2),
        text: 'erp is not called now: maintenance, or outside its hours. Moves when it opens, at 14:07:00.',
      },
      {
        because: 'told-to-wait',
        movesAt: at(1.5),
        text: 'erp told us to wait until 14:06:30 (Retry-After). Moves when that is over.',
      },
      {
        because: 'breaker',
        movesAt: at(1),
        text: 'erp has not answered as it should since 14:02:00, its breaker is open: answered 503. Moves after the next probe, at 14:06:00.',
      },
      {
        because: 'breaker',
        movesAt: at(1),
        text: 'erp has not let us in since 14:02:00, its breaker is open: answered 503. Moves after the probe that is under way.',
      },
      {
        because: 'object-busy',
        movesAt: null,
        text: 'another command about the same object is in doubt: invoice.post. Moves when the outcome of that one is known.',
      },
      {
        because: 'money-stands',
        movesAt: null,
        text: 'an earlier invoice.post of it is held, and money moves once. Moves when that one is undone, or turns out not to have happened.',
      },
      {
        because: 'in-doubt',
        movesAt: at(2),
        text: 'nobody knows yet whether try 1 was carried out (timed out); looked for 1 time, last at 14:04:00: absent. Moves at 14:07:00 it is looked for or asked again.',
      },
      {
        because: 'in-doubt',
        movesAt: null,
        text: 'nobody knows yet whether try 1 was carried out. Moves when a system says what became of it.',
      },
      { because: 'failed', movesAt: at(1), text: 'try 2 did nothing (busy). Moves at 14:06:00 it is tried again.' },
      { because: 'postponed', movesAt: at(1), text: 'it is not due yet. Moves at 14:06:00.' },
      { because: 'postponed', movesAt: null, text: 'it is not due yet. Moves when news makes it due.' },
      {
        because: 'turn',
        movesAt: at(1),
        text: '1200 that are due stand before it. Moves as soon as erp has a free place for it, at about 14:06:00; it takes 4 calls at a time, 20 in 1 s.',
      },
      { because: 'turn', movesAt: at(0), text: '7 that are due stand before it. Moves as soon as erp has a free place.' },
      { because: 'turn', movesAt: at(0), text: 'it is its turn. Moves as soon as erp has a free place.' },
    ])
  })

  it('in every other state too, whatever holds up the system', () => {
    const others = EFFECT_STATES.filter((state) => state !== 'waiting' && state !== 'unknown')
    expect(
      others.map((state) => [
        state,
        told({ row: row({ state, attempts: 2, dueAt: at(1) }), last: tried({ says: 'locked' }) }, { breaker: OPEN }),
      ]),
    ).toEqual([
      [
        'open',
        {
          because: 'under-way',
          movesAt: at(1),
          text: 'try 2 is under way since 14:02:00. Moves when the reply comes; from 14:06:00 on its outcome is unknown.',
        },
      ],
      ['done', { because: 'done', movesAt: null, text: 'it was carried out. Moves no more.' }],
      [
        'refused',
        {
          because: 'refused',
          movesAt: null,
          text: 'erp refused it: locked. Moves when a person has it tried again: tieout exceptions, tieout replay.',
        },
      ],
      [
        'held',
        {
          because: 'asked',
          movesAt: null,
          text: 'nobody can say whether it was carried out: locked. Moves when a person says whether it happened: tieout exceptions.',
        },
      ],
      [
        'dead',
        {
          because: 'given-up',
          movesAt: null,
          text: 'given up after 2 tries: locked. Moves when a person has it tried again: tieout exceptions, tieout replay.',
        },
      ],
      ['superseded', { because: 'not-wanted', movesAt: null, text: 'it is no longer wanted. Moves when it is wanted again.' }],
    ])
  })
})
