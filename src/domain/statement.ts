/** What is known of a booked (or announced) bank entry and of the statement it stands in. */
import { inOrder } from '../lib/canonical-json.ts'
import type { Event } from './event.ts'
import type { EntryData, FactData } from './event-data.ts'
import { filing, NO_FILES, type Filed } from './filing.ts'
import { later, ref } from './fact-order.ts'
import type { FactRef } from './invoice-state.ts'
import { tracked, type ExceptionMap } from './exception.ts'

export interface EntryState {
  readonly entry: (FactRef & EntryData & { readonly booked: boolean }) | null
  /** What our judge matched it to: the payment, the file or the invoice, and as what. */
  readonly matched: (FactRef & { readonly to: string; readonly kind: string }) | null
  readonly answers: { readonly [cause: string]: FactRef & { readonly action: string; readonly person: string } }
  readonly exceptions: ExceptionMap
}

export interface StatementState extends Filed {
  readonly received: (FactRef & FactData['statement.received']) | null
  /** The one whose findings a person has explained: what comes in its place asks again. */
  readonly explained?: string
  readonly exceptions: ExceptionMap
}

export const NO_ENTRY: EntryState = inOrder({ entry: null, matched: null, answers: {}, exceptions: {} })
export const NO_STATEMENT: StatementState = inOrder({ received: null, exceptions: {}, ...NO_FILES })

export function evolveEntry(state: EntryState, event: Event): EntryState {
  switch (event.type) {
    case 'statement.entry-announced':
    case 'statement.entry-booked': {
      const data = event.data as unknown as EntryData
      const booked = event.type === 'statement.entry-booked'
      if (state.entry?.booked && !booked) return state
      return { ...state, entry: { ...ref(event), ...data, booked } }
    }
    case 'statement.entry-matched': {
      const data = event.data as unknown as { to: string; kind: string }
      return { ...state, matched: { ...ref(event), to: data.to, kind: data.kind } }
    }
    case 'exception.answered': {
      const data = event.data as unknown as FactData['exception.answered']
      const cause = Object.keys(state.exceptions).find((name) => state.exceptions[name]?.id === data.exception)
      return cause === undefined
        ? state
        : { ...state, answers: { ...state.answers, [cause]: { ...ref(event), action: data.action, person: event.actor } } }
    }
    default:
      return tracked(state, event)
  }
}

export function evolveStatement(state: StatementState, event: Event): StatementState {
  const filed = filing(state, event)
  if (event.type === 'statement.received') {
    return { ...filed, received: later(filed.received, { ...ref(event), ...(event.data as unknown as FactData['statement.received']) }) }
  }
  if (event.type === 'exception.answered') {
    const { exception, action } = event.data as unknown as FactData['exception.answered']
    const about = filed.exceptions['statement-incomplete']?.id
    return action === 'explained' && exception === about && filed.received ? { ...filed, explained: filed.received.event } : filed
  }
  return tracked(filed, event)
}
