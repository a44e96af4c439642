/** Money that a disturbance delayed: what was sent and had not come far enough when it ended, and how long the last of it took. */
import { invoiceOf, minor, receivedIn, sentOf, shownOf, wasTaken, type Evidence } from '../checks/evidence.ts'
import type { Until } from './scenario.ts'

export interface Delayed {
  readonly until: Until
  /** Invoices and credit notes that had not come that far when it ended. */
  readonly documents: number
  /** The invoices' amounts, by currency. */
  readonly amounts: { readonly [currency: string]: string }
  /** The longest of them, from when it was first sent; null when one never came that far. */
  readonly longestMs: number | null
}

const STATES = ['received', 'validated', 'matched', 'approved', 'posted', 'paid', 'archived'] as const

export function delayedIn(evidence: Evidence, until: Until, endsAt: string): Delayed {
  const { history, bills } = evidence
  const firstSent = new Map<string, string>()
  const firstTaken = new Map<string, string>()
  for (const sent of sentOf(history)) {
    if (!firstSent.has(sent.about)) firstSent.set(sent.about, new Date(Date.parse(sent.at) - sent.ms).toISOString())
    if (wasTaken(sent) && receivedIn(sent).length > 0 && !firstTaken.has(sent.about)) firstTaken.set(sent.about, sent.at)
  }
  const ids = invoiceOf(evidence)
  const reached = new Map<string, string>()
  for (const { invoice, state, at } of shownOf(history)) if (isAsFar(state, until) && !reached.has(invoice)) reached.set(invoice, at)
  const there = (file: string): string | undefined => (until === 'taken' ? firstTaken.get(file) : reached.get(ids.get(file) ?? ''))
  const late = bills.filter(({ file }) => (firstSent.get(file) ?? endsAt) < endsAt && (there(file) ?? '9') > endsAt)
  const took = late.map(({ file }) => Date.parse(there(file) ?? '') - Date.parse(firstSent.get(file) ?? ''))
  const sums = new Map<string, bigint>()
  for (const { ccy, gross, billKind } of late) if (billKind === 'BILL') sums.set(ccy, (sums.get(ccy) ?? 0n) + minor(gross))
  return {
    until,
    documents: late.length,
    amounts: Object.fromEntries([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([currency, sum]) => [currency, decimal(sum)])),
    longestMs: took.some(Number.isNaN) ? null : Math.max(0, ...took),
  }
}

const isAsFar = (state: string, until: Until): boolean =>
  state === 'rejected' || (STATES as readonly string[]).indexOf(state) >= (STATES as readonly string[]).indexOf(until)

/** From ten-thousandths to two places. */
function decimal(amount: bigint): string {
  const cents = amount / 100n
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
}
