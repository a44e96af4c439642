/** Outcomes of tries among a batch's facts: which of them count, and what they mean for attempt and effect. */
import type { EffectInput, EffectRow } from '../domain/effect.ts'
import { EFFECT_INPUTS } from '../domain/effect.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import { ATTEMPT_OUTCOMES, type AttemptOutcome, type Closing } from './attempt.ts'
import type { EffectOutcome } from './effect-plan.ts'
import type { FactItem } from './item.ts'

/**
 * What a commit reads of an outcome event's data. `outcome`: how the try ended. `nextAt`: when its effect is due next.
 * `counts`: whether that was a definite failure.
 */
export interface OutcomeData {
  readonly effect: string
  readonly attempt: number
  readonly input: EffectInput
  readonly outcome: AttemptOutcome
  readonly says: string | null
  readonly receipt: string | null
  readonly nextAt: Instant | undefined
  readonly counts: boolean | undefined
}

const TYPES: ReadonlySet<string> = new Set(['effect.done', 'effect.refused', 'effect.unknown', 'effect.resolved'])
/** How a try ended, where its report does not say it. */
const ENDED: { readonly [input in EffectInput]?: AttemptOutcome } = {
  done: 'done',
  refused: 'refused',
  'found-other': 'other',
  exhausted: 'no-effect',
  'no-effect': 'no-effect',
  'not-sent': 'not-sent',
}

/** The outcome that a fact reports; undefined for every other fact. */
export function outcomeOf({ type, data, source }: FactItem): OutcomeData | undefined {
  if (!TYPES.has(type) || source.role !== 'hub') return undefined
  const input = EFFECT_INPUTS.find((name) => name === data['input'])
  if (input === undefined || typeof data['effect'] !== 'string' || typeof data['attempt'] !== 'number') return undefined
  return {
    effect: data['effect'],
    attempt: data['attempt'],
    input,
    outcome: ATTEMPT_OUTCOMES.find((name) => name === data['outcome'] && name !== 'open') ?? ENDED[input] ?? 'unknown',
    says: typeof data['says'] === 'string' ? data['says'] : null,
    receipt: data['receipt'] === undefined || data['receipt'] === null ? null : canonicalJson(data['receipt']),
    nextAt: typeof data['nextAt'] === 'string' ? data['nextAt'] : undefined,
    counts: typeof data['counts'] === 'boolean' ? data['counts'] : undefined,
  }
}

/** The attempt that a guarded outcome closes, if it is still open. */
export function closingOf(guard: { readonly effect: string; readonly attempt: number }, outcome: OutcomeData): Closing {
  return {
    key: guard.effect,
    n: guard.attempt,
    outcome: outcome.outcome === 'open' ? 'unknown' : outcome.outcome,
    says: outcome.says,
    receipt: outcome.receipt,
  }
}

/** What was found out about try 1 says nothing about try 2: without a guard it counts only while its try is the last. */
export function isLate(outcome: OutcomeData, row: EffectRow | undefined): boolean {
  return row?.attempts !== outcome.attempt
}

export function effectOutcome(outcome: OutcomeData, now: Instant): EffectOutcome {
  return {
    key: outcome.effect,
    input: outcome.input,
    at: {
      now,
      ...(outcome.nextAt === undefined ? {} : { dueAt: outcome.nextAt }),
      ...(outcome.counts === undefined ? {} : { counts: outcome.counts }),
    },
  }
}
