/**
 * A system as people see it: whether somebody has paused it, whether it is called at all. Everything else that delivery learns of
 * it is no event and stands in its own table.
 */
import { instantOf, minuteOf, msOf, type Instant } from '../lib/time.ts'
import type { FactData, SweepData } from './event-data.ts'
import type { Event } from './event.ts'
import { exceptionDecisions, tracked, type ExceptionMap, type WantedException } from './exception.ts'
import type { Laws } from './view.ts'
import { aliasOf, type Judgement, type ObjectRecord } from './object.ts'

export interface SystemState {
  readonly paused: Pause | null
  /** It is not called, because it did not answer or did not let us in. */
  readonly stopped: Stopped | null
  readonly swept: SweptFully | null
  readonly exceptions: ExceptionMap
}
/** The last full sweep. */
export type SweptFully = SweepData & { readonly at: Instant }
/** `by`: `person:<login>`. */
export interface Pause {
  readonly by: string
  readonly reason: string
  readonly since: Instant
}
export interface Stopped {
  readonly system: string
  readonly cause: 'failing' | 'credential'
  readonly says: string
  readonly since: Instant
}

export const NO_SYSTEM: SystemState = { paused: null, stopped: null, swept: null, exceptions: {} }

/** The name of a configured system as an object. */
export const systemName = (system: string): string => aliasOf('public', 'system', system)

export function evolveSystem(state: SystemState, event: Event): SystemState {
  switch (event.type) {
    case 'system.paused': {
      const { reason } = event.data as unknown as FactData['system.paused']
      return { ...state, paused: { by: event.actor, reason, since: event.occurredAt } }
    }
    case 'system.resumed':
      return { ...state, paused: null }
    case 'breaker.opened': {
      const { system, cause, says } = event.data as unknown as Stopped
      return { ...state, stopped: { system, cause, says, since: event.occurredAt } }
    }
    case 'breaker.closed':
      return { ...state, stopped: null }
    case 'sweep.completed':
      return { ...state, swept: { ...(event.data as unknown as SweepData), at: event.occurredAt } }
    default:
      return tracked(state, event)
  }
}

/**
 * One that does not let us in stays shut until somebody mends the credential; of one that does not answer somebody is told once that is no
 * short failure any more. One case, however many commands wait, are in doubt, or ask.
 */
export function judgeSystem(laws: Laws, { id, state }: ObjectRecord<SystemState>, asOf: Instant): Judgement {
  const { stopped } = state
  const until = stopped?.cause === 'failing' ? instantOf(msOf(stopped.since) + laws.policy.indeterminateAfterMs) : null
  const wanted: WantedException[] = []
  if (stopped && until === null) wanted.push({ cause: 'not-let-in', says: stopped.says, system: stopped.system })
  if (stopped && until !== null && asOf >= until) wanted.push({ cause: 'system-silent', says: silence(stopped), system: stopped.system })
  return {
    decisions: exceptionDecisions(laws, id, state.exceptions, wanted, { amount: null, currency: null, party: null }, asOf),
    wakeAt: until !== null && asOf < until ? until : null,
    waits: [],
  }
}

const silence = ({ system, since, says }: Stopped): string =>
  `${system} has not answered since ${minuteOf(since)}; what is to be sent or asked there waits: ${says}`
