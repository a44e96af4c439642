/**
 * The accrual list: what belongs into a period that was closed before it could be posted, and is posted in a later one instead. A
 * person books the accrual in the ERP and says so. An invoice is on it once, under the period that it first belonged to, however
 * many close before it is posted.
 */
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { Event } from './event.ts'
import type { FactData } from './event-data.ts'

export interface AccrualData {
  readonly invoice: string
  readonly entity: string
  /** The period that it belongs into, and the day that it would have been posted on. */
  readonly period: string
  readonly was: CalendarDate
  readonly on: CalendarDate
  readonly number: string
  readonly supplier: string
  /** Net, as it would have been coded: `accounts` add up to it. */
  readonly amount: string
  readonly currency: string
  readonly accounts: readonly { readonly account: string; readonly costCentre?: string; readonly amount: string }[]
}

export interface AccrualState {
  readonly listed: (AccrualData & { readonly at: Instant }) | null
  readonly booked: { readonly by: string; readonly document: string; readonly at: Instant } | null
  /** Why it is not on the list any more, though nobody booked it. */
  readonly dropped: { readonly reason: string; readonly at: Instant } | null
}
export const NO_ACCRUAL: AccrualState = { listed: null, booked: null, dropped: null }

export function evolveAccrual(state: AccrualState, event: Event): AccrualState {
  switch (event.type) {
    case 'posting.postponed': {
      const { accrual } = event.data as unknown as { accrual: AccrualData }
      const { period, was, at } = state.listed ?? { ...accrual, at: event.occurredAt }
      return { ...state, listed: { ...accrual, period, was, at }, dropped: null }
    }
    case 'accrual.dropped':
      return { ...state, dropped: { reason: (event.data as unknown as { reason: string }).reason, at: event.occurredAt } }
    case 'accrual.booked': {
      const { document } = event.data as unknown as FactData['accrual.booked']
      return { ...state, booked: { by: event.actor, document, at: event.occurredAt } }
    }
    default:
      return state
  }
}

/** What an accrual is over, in one text: another one is another accrual of the same invoice. */
export const accruedAs = ({ amount, currency, accounts }: Pick<AccrualData, 'amount' | 'currency' | 'accounts'>): string =>
  [`${amount} ${currency}`, ...accounts.map((line) => `${line.account} ${line.costCentre ?? ''} ${line.amount}`)].join('\n')
