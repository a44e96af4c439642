/**
 * What delivery tells the log: outcomes of tries and what was found out about them, as arrivals like any other.
 *
 * The commit's part: with a guard, it closes that attempt with `outcome`, `says` and `receipt` if it is still open (else the
 * event becomes `effect.replied-late` and nothing moves) and steps the effect by `input`, due next at `nextAt`. Without a
 * guard it steps the effect only while its number of attempts is `attempt`: what was found out about try 1 says nothing
 * about try 2.
 */
import type { Json } from '../lib/canonical-json.ts'
import { instantOf, type Instant } from '../lib/time.ts'
import type { EffectInput, EffectRow } from '../domain/effect.ts'
import type { EventType } from '../domain/event.ts'
import { aliasOf, COMMANDS, type Arrival, type Ref } from '../domain/object.ts'
import type { Receipt } from '../connector/contract.ts'
import type { AttemptRow, LookRow } from '../store/attempt.ts'
import type { TryState } from './resolve.ts'

/** `data` of `effect.done`, `.refused`, `.unknown` and `.resolved`. */
export interface EffectReport {
  readonly effect: string
  readonly target: string
  readonly command: string
  readonly object: string
  readonly occurrence: string
  readonly contentHash: string
  /** The last try. */
  readonly attempt: number
  readonly input: EffectInput
  /** How the last try ended. */
  readonly outcome: TryState
  readonly receipt?: Receipt
  readonly says?: string
  /** Given up after too many failures that certainly did nothing. */
  readonly dead?: boolean
  /** When the effect is due next. */
  readonly nextAt?: Instant
  /** The last tries, oldest first. */
  readonly tries: readonly TryReport[]
}

export interface TryReport {
  readonly n: number
  readonly requestHash: string
  readonly openedAt: Instant
  readonly notAfter: Instant
  readonly outcome: TryState
  readonly closedAt?: Instant
  readonly says?: string
  readonly looks?: readonly LookRow[]
}

const TYPES: { readonly [input in EffectInput]?: EventType } = {
  done: 'effect.done',
  refused: 'effect.refused',
  exhausted: 'effect.refused',
  unclear: 'effect.unknown',
  found: 'effect.resolved',
  'found-other': 'effect.resolved',
  absent: 'effect.resolved',
  'needs-person': 'effect.resolved',
}

/** The event must stay far below 64 KB; the table of attempts has them all. */
const LIMIT_TRIES = 40
const LIMIT_LOOKS = 10

export interface Telling {
  readonly tenant: string
  readonly row: EffectRow
  readonly attempts: readonly AttemptRow[]
  readonly input: EffectInput
  readonly outcome: TryState
  readonly at: number
  readonly says?: string
  readonly receipt?: Receipt
  readonly nextAt?: number
  /**
   * Who says it; part of the event's identity. `reply`: its sender, once per try. `expired` and `gone`: whoever noticed that
   * its time is over or its process gone; several may, and all say the same. `look`, `claim` and `person`: at that moment.
   */
  readonly by: 'reply' | 'expired' | 'gone' | 'look' | 'claim' | 'person'
  /** True for the end of a try that is open. */
  readonly guarded: boolean
}

/** An outcome as an arrival: about the subject, with all tries. */
export function outcomeArrival(telling: Telling): Arrival {
  const { tenant, row, input, at } = telling
  const type = TYPES[input] ?? 'effect.resolved'
  const report: EffectReport = {
    effect: row.key,
    target: row.target,
    command: row.command,
    object: row.object,
    occurrence: row.occurrence,
    contentHash: row.contentHash,
    attempt: row.attempts,
    input,
    outcome: telling.outcome,
    tries: telling.attempts.slice(-LIMIT_TRIES).map((attempt) => tryReport(attempt, telling)),
    ...(telling.says ? { says: telling.says } : {}),
    ...(telling.receipt ? { receipt: telling.receipt } : {}),
    ...(input === 'exhausted' && row.state !== 'unknown' ? { dead: true } : {}),
    ...(telling.nextAt === undefined ? {} : { nextAt: instantOf(telling.nextAt) }),
  }
  return {
    tenant,
    source: { system: 'hub', role: 'hub', reference: row.target },
    eventId: eventIdOf(telling),
    type,
    occurredAt: instantOf(at),
    actor: 'rule:delivery',
    about: [{ names: [row.subject], ...receiptOf(telling) }],
    data: report as unknown as { readonly [key: string]: Json },
    ...(telling.guarded ? { guard: { effect: row.key, attempt: row.attempts } } : {}),
  }
}

/** Longer ones, and such with control characters, are no numbers that anybody asks by. */
const NUMBER = /^[^\u0000-\u001f\u007f]{1,200}$/

/**
 * The number under which the target keeps what it was told, for whoever asks by it. Offered: it may be the name of something already. Each
 * command has numbers of its own, and what a question was answered with is no number of the one that asked.
 */
function receiptOf({ row: { target, command }, input, receipt }: Telling): Pick<Ref, 'offers'> {
  const kept = COMMANDS[command].manner !== 'read' && (input === 'done' || input === 'found')
  return kept && receipt && NUMBER.test(receipt.reference) ? { offers: [aliasOf(target, command, receipt.reference)] } : {}
}

const MOMENTARY: ReadonlySet<Telling['by']> = new Set<Telling['by']>(['look', 'claim', 'person'])

function eventIdOf({ row, by, input, at }: Telling): string {
  const moment = MOMENTARY.has(by) ? ` ${instantOf(at)}` : ''
  return `effect ${row.key} ${row.attempts} ${by} ${input}${moment}`
}

function tryReport(attempt: AttemptRow, telling: Telling): TryReport {
  const last = telling.guarded && attempt.n === telling.row.attempts
  return {
    n: attempt.n,
    requestHash: attempt.requestHash,
    openedAt: attempt.openedAt,
    notAfter: attempt.notAfter,
    outcome: last ? telling.outcome : attempt.outcome,
    ...(last ? { closedAt: instantOf(telling.at) } : attempt.closedAt ? { closedAt: attempt.closedAt } : {}),
    ...(!last && attempt.says ? { says: attempt.says } : {}),
    ...(attempt.looks.length > 0 ? { looks: attempt.looks.slice(-LIMIT_LOOKS) } : {}),
  }
}
