/**
 * Posting periods: whether a day is open to post supplier invoices on, in one company's ordinary periods. A company's year need not
 * be the calendar's and its periods no months: a month is only how one asks. Special periods, which lie on the days of an ordinary
 * one, are no answer to that and never used.
 */
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { PeriodSpan } from './event-data.ts'
import { heardAfter } from './fact-order.ts'
import { periodQuestion, spanQuestion } from './names.ts'
import { readOf, type ReferenceState } from './reference.ts'

export type DayIn =
  | { readonly is: 'open' | 'closed'; readonly span: PeriodSpan; readonly event: string }
  | { readonly is: 'none'; readonly event: string }
  /** `since`: an answer at least that fresh is wanted; null: any. */
  | { readonly is: 'unknown'; readonly since: Instant | null }

export const monthOf = (day: CalendarDate): string => day.slice(0, 7)

/** What the answer for the day's month says, and what was told of that period since. */
export function dayIn(state: ReferenceState | undefined, system: string, day: CalendarDate): DayIn {
  const read = readOf(state, periodQuestion(monthOf(day)), system)
  if (!state || !read) return { is: 'unknown', since: null }
  const { event, answer } = read
  if (!answer.found || !answer.period) return { is: 'none', event }
  const {
    period: { open, spans },
  } = answer
  const span = spans ? spans.find(({ from, to }) => from <= day && day <= to) : wholeMonth(monthOf(day), open)
  if (!span) return { is: 'none', event }
  const since = Object.entries(state.reads)
    .filter(([asked, told]) => asked.startsWith(`${spanQuestion(span)} `) && asked.endsWith(`@${system}`) && heardAfter(told, read))
    .map(([, told]) => told)
  const shut = since.find(({ answer: told }) => told.found && told.period?.open === false)
  if (shut) return { is: 'closed', span: { ...span, open: false }, event: shut.event }
  if (span.open) return { is: 'open', span, event }
  // It was opened for some accounts: whether for all that a posting needs, the ERP has to say.
  const opened = since
    .map(({ heardAt }) => heardAt)
    .sort()
    .at(-1)
  return opened === undefined ? { is: 'closed', span, event } : { is: 'unknown', since: opened }
}

function wholeMonth(month: string, open: boolean): PeriodSpan {
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).toISOString().slice(0, 10)
  return { name: month, from: `${month}-01`, to: last, open }
}
