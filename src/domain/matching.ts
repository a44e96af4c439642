/** Two-way match: invoice lines against order lines, price within tolerance, quantity within what is still open. */
import type { OrderData } from './event-data.ts'
import type { InvoiceContent, LineContent } from './invoice-content.ts'
import { sumOf } from './invoice-content.ts'
import { parseDecimal } from './money.ts'

export interface Pair { readonly line: LineContent; readonly order: OrderData['lines'][number] }

export type MatchResult =
  | { readonly outcome: 'matched'; readonly taken: { readonly [line: string]: string }; readonly says: string }
  | { readonly outcome: 'mismatched' | 'not-paired'; readonly says: string }

/** All figures at 12 decimals: quantities and unit prices have their own scales, and none is rounded. */
const SCALE = 12
const ONE = 10n ** BigInt(SCALE)
const figure = (text: string): bigint => parseDecimal(text, SCALE) ?? 0n

export interface Tolerance { readonly absolute: string; readonly bps: number }

/**
 * Matches an invoice with an order (control M1 price and M8 cumulative quantity). A line's price difference
 * `quantity × (invoice price − order price)` passes when it is within the absolute limit *and* within the relative one of the
 * line's value at order price, upper and lower alike. `takenBefore(line)` is the quantity that other invoices have matched.
 */
export function matchOrder(content: InvoiceContent, order: OrderData, takenBefore: (line: string) => string, tolerance: Tolerance): MatchResult {
  if (!content.lines) return { outcome: 'not-paired', says: `The invoice has ${content.lineCount} lines, more than are paired by rule.` }
  const pairs = pairLines(content.lines, order.lines)
  if ('unpaired' in pairs) return { outcome: 'not-paired', says: `Line ${pairs.unpaired.id} (${pairs.unpaired.name}) fits no line of order ${order.number}.` }
  const taken = new Map<string, string>()
  for (const { line, order: ordered } of pairs.pairs) {
    const price = unitPrice(line.price, line.per)
    const agreed = unitPrice(ordered.price, ordered.priceQuantity ?? '1')
    const quantity = figure(line.quantity)
    const difference = (quantity * (price - agreed)) / ONE
    const value = size((quantity * agreed) / ONE)
    if (size(difference) > figure(tolerance.absolute) || size(difference) * 10_000n > value * BigInt(tolerance.bps)) {
      return { outcome: 'mismatched', says: `Line ${line.id}: ${line.quantity} at ${line.price}${per(line.per)}; the order says ${ordered.price}${per(ordered.priceQuantity ?? '1')}. Difference ${shown(difference)}.` }
    }
    taken.set(ordered.id, sumOf([taken.get(ordered.id) ?? '0', line.quantity]))
  }
  for (const [id, quantity] of taken) {
    const ordered = order.lines.find((line) => line.id === id)
    const before = takenBefore(id)
    if (ordered && figure(sumOf([quantity, before])) > figure(ordered.quantity)) {
      return { outcome: 'mismatched', says: `Order line ${id}: ordered ${ordered.quantity}, invoiced before ${before}, now ${quantity}.` }
    }
  }
  return { outcome: 'matched', taken: Object.fromEntries(taken), says: `${pairs.pairs.length} lines match order ${order.number}.` }
}

/** Pairs by the order line that the invoice names, else by item, else by name; one order line may take several invoice lines. */
function pairLines(lines: readonly LineContent[], ordered: OrderData['lines']): { pairs: Pair[] } | { unpaired: LineContent } {
  const pairs: Pair[] = []
  for (const line of lines) {
    const order = ordered.find((candidate) => line.orderLine !== null && candidate.id === line.orderLine)
      ?? only(ordered.filter((candidate) => line.item !== null && candidate.item === line.item))
      ?? only(ordered.filter((candidate) => candidate.name !== undefined && candidate.name.trim().toLowerCase() === line.name.trim().toLowerCase()))
    if (!order) return { unpaired: line }
    pairs.push({ line, order })
  }
  return { pairs }
}

const only = <T>(found: readonly T[]): T | undefined => found.length === 1 ? found[0] : undefined
const size = (figure: bigint): bigint => figure < 0n ? -figure : figure
const per = (quantity: string): string => quantity === '1' ? '' : ` per ${quantity}`

function unitPrice(price: string, quantity: string): bigint {
  const base = figure(quantity)
  return base === 0n ? figure(price) : (figure(price) * ONE) / base
}

function shown(difference: bigint): string {
  const sign = difference < 0n ? '-' : ''
  const cents = (size(difference) + ONE / 200n) / (ONE / 100n)
  return `${sign}${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`
}
