/** By when a bank has to have told what became of a payment. Before that no news is no news; after it somebody asks the bank. */
import { dateIn, type CalendarDate, type Instant } from '../lib/time.ts'
import { businessDay, instantAt, nextDay, type BusinessCalendar } from './business-calendar.ts'
import type { Policy } from './policy.ts'

export interface BankDays extends BusinessCalendar {
  /** What the bank has by this time of a business day, it carries out on that day. */
  readonly cutOff: string
  /** Business days from the day of execution to the statement that shows it, and the time by which that is here. */
  readonly days: number
  readonly by: string
}

/** Booked on the day of execution, told by the statement of the next business morning; a bank of the euro area. */
export const ORDINARY_BANK: BankDays = { zone: 'Europe/Berlin', weekend: [6, 7], holidays: [], cutOff: '14:00', days: 1, by: '12:00' }

export const bankDaysOf = ({ bankDays }: Pick<Policy, 'bankDays'>, account: string | undefined): BankDays =>
  bankDays[account ?? ''] ?? bankDays['*'] ?? ORDINARY_BANK

/** The day on which the bank carries it out: the one that was asked for, but no earlier than the cut-off lets it. */
export function executionDay(bank: BankDays, executeOn: CalendarDate | undefined, sentAt: Instant): CalendarDate {
  const sentOn = dateIn(bank.zone, sentAt)
  const earliest = businessDay(bank, sentAt <= instantAt(bank.zone, sentOn, bank.cutOff) ? sentOn : nextDay(sentOn))
  return businessDay(bank, executeOn !== undefined && executeOn > earliest ? executeOn : earliest)
}

export function bankDeadline(bank: BankDays, executeOn: CalendarDate | undefined, sentAt: Instant): Instant {
  return instantAt(bank.zone, businessDay(bank, executionDay(bank, executeOn, sentAt), bank.days), bank.by)
}
