/** Cash discount as an invoice itself offers it. */
import { parseDecimal } from './money.ts'

export type Discount = {
  /** Days after the invoice's date. */
  readonly days: number
  /** Per cent of `base`, or of what is due where there is none. */
  readonly percent: string
  readonly base: string | null
}

/**
 * XRechnung 3.0.2, BR-DE-18: a line of the payment terms (BT-20) that a machine can read. Everything between the signs is upper case,
 * without blanks; a line that is written otherwise is for people, and says nothing here. `#VERZUG#…#` is interest, not discount.
 */
const SKONTO = /^#SKONTO#TAGE=(\d{1,4})#PROZENT=(\d{1,3}\.\d{2})(?:#BASISBETRAG=(-?\d{1,15}\.\d{2}))?#\s*$/gmu

export function discountsIn(paymentTerms: string): Discount[] {
  return [...paymentTerms.matchAll(SKONTO)]
    .slice(0, 10)
    .map(([, days = '', percent = '', base]) => ({ days: Number(days), percent, base: base ?? null }))
}

/** The most that may be deducted under these terms after so many days; in units of 10⁻²⁰ of the currency. */
export function discountAllowed(discounts: readonly Discount[], due: string, daysAfter: number | null): bigint {
  const within = discounts.filter(({ days }) => daysAfter === null || daysAfter <= days)
  return within
    .map(({ percent, base }) => absolute(parseDecimal(base ?? due, 14) ?? 0n) * (parseDecimal(percent, 4) ?? 0n))
    .reduce((most, one) => (one > most ? one : most), 0n)
}

const absolute = (figure: bigint): bigint => (figure < 0n ? -figure : figure)
