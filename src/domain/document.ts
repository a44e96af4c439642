/** What is known of a document that could not be taken as an invoice. */
import type { Event } from './event.ts'
import type { FactData } from './event-data.ts'
import { ref } from './fact-order.ts'
import type { FactRef } from './invoice-state.ts'
import { tracked, type ExceptionMap } from './exception.ts'

export interface DocumentState {
  readonly fileName: string
  readonly refused: FactData['document.received']['refused'] | null
  readonly answers: { readonly [cause: string]: FactRef & { readonly action: string } }
  readonly exceptions: ExceptionMap
}

export const NO_DOCUMENT: DocumentState = { fileName: '', refused: null, answers: {}, exceptions: {} }

export function evolveDocument(state: DocumentState, event: Event): DocumentState {
  switch (event.type) {
    case 'document.received': {
      const data = event.data as unknown as FactData['document.received']
      return { ...state, fileName: data.fileName, refused: data.refused }
    }
    case 'exception.answered': {
      const data = event.data as unknown as FactData['exception.answered']
      const cause = Object.keys(state.exceptions).find((name) => state.exceptions[name]?.id === data.exception)
      return cause === undefined ? state : { ...state, answers: { ...state.answers, [cause]: { ...ref(event), action: data.action } } }
    }
    default:
      return tracked(state, event)
  }
}
