/** The life of an effect: one row for life, from decided to done. A total table (state × input); the delivery only carries it out. */
import type { Instant } from '../lib/time.ts'
import type { Lane } from './event.ts'
import type { CommandName } from './object.ts'

export const EFFECT_STATES = ['waiting', 'open', 'unknown', 'done', 'refused', 'held', 'dead', 'superseded'] as const
export type EffectState = typeof EFFECT_STATES[number]

/** What can happen to an effect. */
export const EFFECT_INPUTS = [
  'claimed',        // an attempt was written OPEN
  'not-sent',       // the attempt's own process decided not to send, or nothing left the machine
  'no-effect',      // a reply that says: nothing was done, try later
  'exhausted',      // too many definite failures
  'done',           // a reply that proves it, with its receipt
  'refused',        // the target's business says no
  'unclear',        // anything else after the first byte; or OPEN past its time
  'found',          // a look found it, equal
  'found-other',    // a look found something under our reference that is not equal, or two of it
  'absent',         // looks enough, apart enough, the sender gone: it did not happen
  'needs-person',   // nobody but a person can tell
  'said-applied',   // a person says it happened
  'said-not-applied',
  'evidence',       // a feed, notice or look brought a fact that carries our reference
  'withdrawn',      // no longer wanted
  'replaced',       // a later one of the same command and object (latest wins)
  'replay',         // a person asks for it again
  'undone',         // what it did was reversed there
] as const
export type EffectInput = typeof EFFECT_INPUTS[number]

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
  /** Money: no other of the same command and object may be decided while this stands. */
  readonly blocks: boolean
}
