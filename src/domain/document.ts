/** What is known of a document that could not be taken as an invoice, and of what a system told and nobody can read. */
import type { Event, Role } from './event.ts'
import type { FactData } from './event-data.ts'
import { ref } from './fact-order.ts'
import type { FactRef } from './invoice-state.ts'
import { tracked, type ExceptionMap, type WantedException } from './exception.ts'
import type { Cause } from './exception-causes.ts'

export interface DocumentState {
  readonly fileName: string
  readonly refused: FactData['document.received']['refused'] | null
  /** The role of the system that told it. */
  readonly told?: Role
  readonly answers: { readonly [cause: string]: FactRef & { readonly action: string } }
  readonly exceptions: ExceptionMap
}

export const NO_DOCUMENT: DocumentState = { fileName: '', refused: null, answers: {}, exceptions: {} }

export function evolveDocument(state: DocumentState, event: Event): DocumentState {
  switch (event.type) {
    case 'document.received': {
      const data = event.data as unknown as FactData['document.received']
      return { ...state, fileName: data.fileName, refused: data.refused, ...(data.told === undefined ? {} : { told: data.told }) }
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

/** Whose it is that something cannot be read: the bank's files are treasury's, what another system says is its connector's. */
const UNREADABLE: { readonly [role in Role]: Cause } = {
  capture: 'unreadable-document',
  person: 'unreadable-document',
  hub: 'unreadable-document',
  bank: 'unreadable-bank-file',
  treasury: 'unreadable-bank-file',
  erp: 'unreadable-record',
  ap: 'unreadable-record',
  procurement: 'unreadable-record',
  archive: 'unreadable-record',
  hr: 'unreadable-record',
}

/** Somebody is asked about it until it is explained. */
export function unreadable({ refused, fileName, answers, told = 'capture' }: DocumentState): WantedException[] {
  const explained = Object.values(answers).some(({ action }) => action === 'explained')
  return refused && !explained ? [{ cause: UNREADABLE[told], says: `${fileName}: ${refused.says}` }] : []
}
