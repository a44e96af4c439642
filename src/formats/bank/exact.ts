import type { WrittenAmount } from '../../domain/bank-document.ts'
import { formatDecimal, parseDecimal, scaleOf } from '../../domain/money.ts'
import { present } from '../../lib/assert.ts'

/** More places than any figure of these messages may have (17, DecimalNumber), so that sums over currencies stay exact. */
const PLACES = 18

/** A figure that a reader has let through, as an integer at 18 places. */
export function exact(figure: string): bigint {
  return present(parseDecimal(figure, PLACES), 'a figure that was read as a decimal')
}

/** Back to text, without the zeros at the end: 0.10 and 0.1 are the same figure. */
export function figureOf(value: bigint): string {
  return formatDecimal(value, PLACES).replace(/\.?0+$/, '')
}

/** True when the amount has digits other than zero where its currency has no places. */
export function isBeyondScale({ amount, currency }: WrittenAmount): boolean {
  const scale = scaleOf(currency)
  return scale !== undefined && parseDecimal(amount, scale) === undefined
}
