/** A tie-out that was made, as the log has it: what came out, who asked for it, and where the whole of it is kept. */
import type { CalendarDate } from '../lib/time.ts'
import type { Event } from './event.ts'
import { ref } from './fact-order.ts'
import type { FactRef } from './invoice-state.ts'
import type { Account } from './tie-out.ts'

export interface TieOutRecord {
  /** The ERP's number of the company. */
  entity: string
  from: CalendarDate
  to: CalendarDate
  ties: boolean
  differences: number
  /** The closing balances; the first hundred accounts, `document` has all. */
  accounts: readonly (Account & { readonly hub: string; readonly erp: string; readonly ap: string | null })[]
  /** SHA-256 of the result: lines, differences, and the hashes of every reply that it rests on. */
  document: string
  /** What each system was asked for and gave. */
  evidence: readonly { readonly system: string; readonly replies: number; readonly items: number }[]
}

export interface TieOutState {
  readonly made: (FactRef & TieOutRecord & { readonly by: string }) | null
}

export const NO_TIE_OUT: TieOutState = { made: null }

export function evolveTieOut(state: TieOutState, event: Event): TieOutState {
  if (event.type !== 'tie-out.recorded') return state
  return { made: { ...ref(event), ...(event.data as unknown as TieOutRecord), by: event.actor } }
}
