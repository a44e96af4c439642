/** A system as people see it: whether somebody has paused it. What delivery learns of it is no fact and stands in its own table. */
import type { Instant } from '../lib/time.ts'
import type { FactData } from './event-data.ts'
import type { Event } from './event.ts'
import { aliasOf } from './object.ts'

export interface SystemState { readonly paused: Pause | null }
/** `by`: `person:<login>`. */
export interface Pause { readonly by: string; readonly reason: string; readonly since: Instant }

export const NO_SYSTEM: SystemState = { paused: null }

/** The name of a configured system as an object. */
export const systemName = (system: string): string => aliasOf('public', 'system', system)

export function evolveSystem(state: SystemState, event: Event): SystemState {
  switch (event.type) {
    case 'system.paused': {
      const { reason } = event.data as unknown as FactData['system.paused']
      return { ...state, paused: { by: event.actor, reason, since: event.occurredAt } }
    }
    case 'system.resumed': return { ...state, paused: null }
    default: return state
  }
}
