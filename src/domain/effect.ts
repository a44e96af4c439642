/** The life of an effect: one row for life, from decided to done. A total table (state × input); the delivery only carries it out. */
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { Lane } from './event.ts'
import { COMMANDS, type CommandName } from './object.ts'

export const EFFECT_STATES = ['waiting', 'open', 'unknown', 'done', 'refused', 'held', 'dead', 'superseded'] as const
export type EffectState = (typeof EFFECT_STATES)[number]

/** What can happen to an effect. */
export const EFFECT_INPUTS = [
  'claimed', // an attempt was written OPEN
  'not-sent', // the attempt's own process decided not to send, or nothing left the machine
  'no-effect', // a reply that says: nothing was done, try later
  'exhausted', // too many definite failures
  'done', // a reply that proves it, with its receipt
  'refused', // the target's business says no
  'unclear', // anything else after the first byte; or OPEN past its time
  'found', // a look found it, equal
  'found-other', // a look found something under our reference that is not equal, or two of it
  'absent', // looks enough, apart enough, the sender gone: it did not happen
  'needs-person', // nobody but a person can tell
  'said-applied', // a person says it happened
  'said-not-applied',
  'evidence', // a feed, notice or look brought a fact that carries our reference
  'withdrawn', // no longer wanted
  'replaced', // a later one of the same command and object (latest wins)
  'replay', // a person asks for it again
  'undone', // what it did was reversed there
] as const
export type EffectInput = (typeof EFFECT_INPUTS)[number]

export interface EffectRow {
  readonly key: string
  readonly target: string
  readonly command: CommandName
  readonly object: string
  readonly occurrence: string
  readonly subject: string
  /** Canonical JSON text of what `write` gets. */
  readonly content: string
  /** SHA-256 of `content`, hex. */
  readonly contentHash: string
  readonly lane: Lane
  readonly state: EffectState
  /** Attempts so far; the number of the last one. */
  readonly attempts: number
  /** Definite failures in a row. */
  readonly failures: number
  readonly dueAt: Instant
  /** Inside a lane the earlier comes first: the day on which the money is due, else that on which it was wanted. */
  readonly dueOn: CalendarDate
  /** Money: no other of the same command and object may be tried while this stands. */
  readonly blocks: boolean
  /**
   * Whether the law still asks for what it says. What it does not is never tried again, whatever becomes of a try that is under way or in
   * doubt; what should be said instead is told when that one has ended.
   */
  readonly wanted: boolean
}

/** The `dueAt` of a row that nothing but news or a person moves again. Sorts after every real instant. */
export const NEVER: Instant = '9999-12-31T23:59:59.999Z'

/** Of each state: what ends it, and what its `dueAt` means. */
export const EFFECT_ENDS = {
  waiting: 'a claim at dueAt; or evidence, a later one, or nobody wanting it any more',
  open: 'the reply to its attempt; at dueAt anyone may declare the outcome unknown',
  unknown: 'at dueAt a look or the same call once more, as the class allows; or evidence',
  done: 'nothing; at dueAt one more look for doubles; a reversal there lets another occurrence be decided',
  refused: 'a person who asks for it again, other content, or nobody wanting it any more',
  held: "a person's word, or evidence; at dueAt one more look",
  dead: 'a person who asks for it again, other content, or nobody wanting it any more',
  superseded: 'being wanted again',
} as const satisfies Record<EffectState, string>

/**
 * State × input → next state; `-` leaves the row alone. No holes: a new state or input is a type error until it has its row.
 * Five rules made it: only `waiting` and `unknown` can be claimed · what may have happened is never tried again before
 * somebody knows (so `open`, `unknown` and `held` ignore withdrawal) · evidence beats everything, also after a refusal ·
 * a person answers only what a person was asked (`held`), or corrects upwards (it did happen) · nothing that is not wanted becomes
 * `waiting`: where the table says so, the row is `superseded` ({@link stepEffect}).
 */
// prettier-ignore
const LIFE = {
  'waiting': {
    'claimed': 'open', 'not-sent': '-', 'no-effect': '-', 'exhausted': 'dead', 'done': '-', 'refused': '-', 'unclear': '-',
    'found': 'done', 'found-other': 'held', 'absent': '-', 'needs-person': 'held', 'said-applied': 'done', 'said-not-applied': '-',
    'evidence': 'done', 'withdrawn': 'superseded', 'replaced': 'superseded', 'replay': 'waiting', 'undone': 'done',
  },
  'open': {
    'claimed': '-', 'not-sent': 'waiting', 'no-effect': 'waiting', 'exhausted': 'dead', 'done': 'done', 'refused': 'refused', 'unclear': 'unknown',
    'found': 'done', 'found-other': 'held', 'absent': '-', 'needs-person': 'held', 'said-applied': '-', 'said-not-applied': '-',
    'evidence': 'done', 'withdrawn': '-', 'replaced': '-', 'replay': '-', 'undone': 'done',
  },
  'unknown': {
    'claimed': 'open', 'not-sent': '-', 'no-effect': '-', 'exhausted': 'held', 'done': '-', 'refused': '-', 'unclear': 'unknown',
    'found': 'done', 'found-other': 'held', 'absent': 'waiting', 'needs-person': 'held', 'said-applied': 'done', 'said-not-applied': '-',
    'evidence': 'done', 'withdrawn': '-', 'replaced': '-', 'replay': 'unknown', 'undone': 'done',
  },
  'done': {
    'claimed': '-', 'not-sent': '-', 'no-effect': '-', 'exhausted': '-', 'done': '-', 'refused': '-', 'unclear': 'done',
    'found': '-', 'found-other': 'held', 'absent': '-', 'needs-person': '-', 'said-applied': '-', 'said-not-applied': '-',
    'evidence': '-', 'withdrawn': '-', 'replaced': '-', 'replay': '-', 'undone': 'done',
  },
  'refused': {
    'claimed': '-', 'not-sent': '-', 'no-effect': '-', 'exhausted': '-', 'done': '-', 'refused': '-', 'unclear': '-',
    'found': 'done', 'found-other': 'held', 'absent': '-', 'needs-person': '-', 'said-applied': 'done', 'said-not-applied': '-',
    'evidence': 'done', 'withdrawn': 'superseded', 'replaced': 'superseded', 'replay': 'waiting', 'undone': 'done',
  },
  'held': {
    'claimed': '-', 'not-sent': '-', 'no-effect': '-', 'exhausted': '-', 'done': '-', 'refused': '-', 'unclear': 'held',
    'found': 'done', 'found-other': '-', 'absent': '-', 'needs-person': '-', 'said-applied': 'done', 'said-not-applied': 'waiting',
    'evidence': 'done', 'withdrawn': '-', 'replaced': 'superseded', 'replay': '-', 'undone': 'done',
  },
  'dead': {
    'claimed': '-', 'not-sent': '-', 'no-effect': '-', 'exhausted': '-', 'done': '-', 'refused': '-', 'unclear': '-',
    'found': 'done', 'found-other': 'held', 'absent': '-', 'needs-person': '-', 'said-applied': 'done', 'said-not-applied': '-',
    'evidence': 'done', 'withdrawn': 'superseded', 'replaced': 'superseded', 'replay': 'waiting', 'undone': 'done',
  },
  'superseded': {
    'claimed': '-', 'not-sent': '-', 'no-effect': '-', 'exhausted': '-', 'done': '-', 'refused': '-', 'unclear': '-',
    'found': 'done', 'found-other': 'held', 'absent': '-', 'needs-person': '-', 'said-applied': 'done', 'said-not-applied': '-',
    'evidence': 'done', 'withdrawn': '-', 'replaced': '-', 'replay': 'waiting', 'undone': 'done',
  },
} as const satisfies Record<EffectState, Record<EffectInput, EffectState | '-'>>

/** A money effect in one of these has, or may have, moved money; nothing else of its command and object may be tried. */
const MAY_HAVE_ACTED: ReadonlySet<EffectState> = new Set(['open', 'unknown', 'held', 'done'])
/** What was begun and has not ended. */
export const UNDER_WAY: ReadonlySet<EffectState> = new Set(['open', 'unknown', 'held'])
/** Without a time of its own a row in one of these is due at once; in any other it is due never. */
const DUE_AT_ONCE: ReadonlySet<EffectState> = new Set(['waiting', 'open', 'unknown'])

export interface StepAt {
  readonly now: Instant
  /** When the row is next to be looked at; see {@link EFFECT_ENDS}. */
  readonly dueAt?: Instant
  /** Whether this counts as a definite failure. Unless said: `no-effect` (about this effect) and `absent` do, anything else does not. */
  readonly counts?: boolean
}

/**
 * The row after an input, or `ignored` when the input has no bearing on its state. The only way a row's state moves.
 *
 * `blocks` after evidence can clash with another occurrence of the same money command that already blocks (two of it are
 * really there): whoever writes the row then lets the first one keep the mark, so that the evidence itself is never refused.
 */
export function stepEffect(row: EffectRow, input: EffectInput, at: StepAt): EffectRow | 'ignored' {
  const listed: EffectState | '-' = LIFE[row.state][input]
  if (listed === '-') return input === 'withdrawn' && row.wanted && UNDER_WAY.has(row.state) ? { ...row, wanted: false } : 'ignored'
  const wanted = row.wanted && input !== 'withdrawn' && input !== 'replaced'
  const next = listed === 'waiting' && !wanted ? 'superseded' : listed
  if (next === row.state && next === 'superseded') return 'ignored'
  const counts = at.counts ?? (input === 'no-effect' || input === 'absent')
  const startsAnew = input === 'replay' || input === 'said-not-applied' || next === 'done'
  return {
    ...row,
    state: next,
    wanted,
    attempts: input === 'claimed' ? row.attempts + 1 : row.attempts,
    failures: startsAnew ? 0 : counts ? row.failures + 1 : row.failures,
    dueAt: DUE_AT_ONCE.has(next) || MAY_HAVE_ACTED.has(next) ? (at.dueAt ?? (DUE_AT_ONCE.has(next) ? at.now : NEVER)) : NEVER,
    blocks: COMMANDS[row.command].manner === 'money' && MAY_HAVE_ACTED.has(next) && input !== 'undone' && !wasUndone(row, next),
  }
}

/** Done and no longer blocking: what it did was reversed, which one more look for doubles does not change. */
function wasUndone(row: EffectRow, next: EffectState): boolean {
  return row.state === 'done' && next === 'done' && !row.blocks
}
