/**
 * The accrual list: what belongs into a period that was closed before it could be posted, and is posted in a later one instead. A
 * person books the accrual in the ERP and says so. An invoice is on it once, under the period that it first belonged to, however
 * many close before it is posted. What was booked and is not to stand any more a person takes back.
 */
import type { CalendarDate, Instant } from '../lib/time.ts'
import { answered, covers, type Answered } from './answers.ts'
import type { Event } from './event.ts'
import type { FactData } from './event-data.ts'
import { exceptionDecisions, tracked, type ExceptionMap, type WantedException } from './exception.ts'
import type { Judgement, ObjectRecord } from './object.ts'
import { shownAmount } from './tie-out.ts'
import type { Laws } from './view.ts'

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
  /** What a person said of its case, and which of the times that it was dropped that was about. */
  readonly explained: Answered | null
  readonly exceptions: ExceptionMap
}
export const NO_ACCRUAL: AccrualState = { listed: null, booked: null, dropped: null, explained: null, exceptions: {} }

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
    case 'exception.answered':
      return { ...state, explained: answered(event, thingsOf(state)) }
    default:
      return tracked(state, event)
  }
}

const thingsOf = ({ dropped }: AccrualState): string[] => (dropped ? [dropped.at] : [])

export function judgeAccrual(laws: Laws, { id, state }: ObjectRecord<AccrualState>, asOf: Instant): Judgement {
  const { listed, booked, dropped, explained } = state
  const wanted: WantedException[] =
    listed && booked && dropped && !covers(explained ?? undefined, thingsOf(state))
      ? [{ cause: 'accrual-to-take-back', says: toTakeBack(listed, booked.document, dropped.reason) }]
      : []
  const context = {
    amount: listed ? shownAmount(listed.amount, listed.currency) : null,
    currency: listed?.currency ?? null,
    party: listed?.supplier ?? null,
    ...(listed ? { entity: listed.entity } : {}),
  }
  return { decisions: exceptionDecisions(laws, id, state.exceptions, wanted, context, asOf), wakeAt: null, waits: [] }
}

const LINES_SHOWN = 5
function toTakeBack(listed: AccrualData, document: string, reason: string): string {
  const { accounts, amount, currency, entity, number, supplier, period } = listed
  const lines = accounts.slice(0, LINES_SHOWN).map((line) => `${line.account} ${line.amount}`)
  const more = accounts.length > LINES_SHOWN ? ` and ${accounts.length - LINES_SHOWN} more` : ''
  return `${document} over ${shownAmount(amount, currency)} ${currency} (${lines.join(', ')}${more}), in period ${period} of company ${entity}, for invoice ${number} of ${supplier}: ${reason}.`
}

/** What an accrual is over, in one text: another one is another accrual of the same invoice. */
export const accruedAs = ({ amount, currency, accounts }: Pick<AccrualData, 'amount' | 'currency' | 'accounts'>): string =>
  [`${amount} ${currency}`, ...accounts.map((line) => `${line.account} ${line.costCentre ?? ''} ${line.amount}`)].join('\n')
