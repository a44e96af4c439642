/**
 * Three-way match: invoice lines against order lines and goods receipts. Price within tolerance, quantity within what is ordered
 * and, where goods are to be received, within what came in; all of it less what other invoices took.
 */
import type { OrderData } from './event-data.ts'
import type { InvoiceContent, LineContent } from './invoice-content.ts'
import { sumOf } from './invoice-content.ts'
import { formatDecimal, parseDecimal } from './money.ts'
import { foldedName } from './names.ts'
import type { Taken, TakenLines } from './order.ts'

type OrderLine = OrderData['lines'][number]
export interface Pair {
  readonly line: LineContent
  readonly order: OrderLine
}

/** `taken`: what the invoice takes of each order line, also where it does not match and a person may accept it. */
export interface MatchResult {
  readonly outcome: 'matched' | 'mismatched' | 'receipt-missing' | 'not-paired'
  readonly control: MatchControl
  readonly taken: TakenLines
  readonly says: string
}
export type MatchControl = (typeof MATCH_CONTROLS)[number]['id']

/** In the order in which they are evaluated: the first that fails is what is said. */
export const MATCH_CONTROLS = [
  { id: 'M1', title: 'Every line matches a line of the order in price (absolute and relative limit)' },
  {
    id: 'M8',
    title:
      'Price differences of all invoices together stay within the absolute limit of the order line, and quantities within what was ordered',
  },
  { id: 'M9', title: 'On a line that is ordered by value all invoices together stay within its amount' },
  { id: 'M2', title: 'Goods are received, by as much as all invoices together take' },
] as const

/** What is known of an order line beside the order itself. */
export interface LineAccount {
  /** What other invoices have taken of it. */
  taken(line: string): readonly Taken[]
  /** What came in of it. */
  received(line: string): string
}

export interface Tolerance {
  readonly absolute: string
  readonly bps: number
}

/** All figures at 12 decimals: quantities and unit prices have their own scales, and none is rounded. */
const SCALE = 12
const ONE = 10n ** BigInt(SCALE)
const figure = (text: string): bigint => parseDecimal(text, SCALE) ?? 0n
const textOf = (value: bigint): string => sumOf([formatDecimal(value, SCALE)])

export function compareFigures(a: string, b: string): number {
  const [left, right] = [figure(a), figure(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** What one piece costs, as a decimal without zeros that say nothing. */
export const unitPriceOf = (line: Pick<OrderLine, 'price' | 'priceQuantity'>): string =>
  textOf(unitPrice(line.price, line.priceQuantity ?? '1'))

/** What is ordered of a line: pieces, or the amount where it is ordered by value. */
export const measureOf = (line: OrderLine): string =>
  line.byValue ? textOf((figure(line.quantity) * figure(unitPriceOf(line))) / ONE) : line.quantity

/**
 * A line's price difference `quantity × (invoice price − order price)` passes when it is within the absolute limit *and* within
 * the relative one of the line's value at order price, upper and lower alike (M1). The differences of all invoices of one order
 * line together keep the absolute limit too, so that a tolerance is not consumed again and again (M8). `accepted`: people have
 * accepted the difference, or lines that are not paired; goods must have come all the same.
 */
export function matchOrder(
  content: InvoiceContent,
  order: OrderData,
  account: LineAccount,
  tolerance: Tolerance | 'accepted',
): MatchResult {
  const unpaired = tolerance === 'accepted' ? 'matched' : 'not-paired'
  if (!content.lines)
    return {
      outcome: unpaired,
      control: 'M1',
      taken: {},
      says: `The invoice has ${content.lineCount} lines, more than are paired by rule.`,
    }
  const pairs = pairLines(content.lines, order.lines)
  if ('unpaired' in pairs)
    return {
      outcome: unpaired,
      control: 'M1',
      taken: {},
      says: `Line ${pairs.unpaired.id} (${pairs.unpaired.name}) fits no line of order ${order.number}.`,
    }
  const taken = takenBy(pairs.pairs)
  const differs =
    tolerance === 'accepted' ? undefined : (priceFails(pairs.pairs, tolerance) ?? quantityFails(order, taken, account, tolerance))
  const failed = differs ?? receiptFails(order, taken, account)
  return {
    outcome: 'matched',
    control: 'M1',
    says: `${pairs.pairs.length} lines match order ${order.number}.`,
    ...failed,
    taken: tolerance === 'accepted' ? accepted(taken) : taken,
  }
}

/**
 * What a credit note gives back of each order line. Its lines at the order's price, within the tolerance of one line, are about pieces that
 * were not supplied; a line at another price corrects a price, and gives no piece back. What fits no order line gives back nothing.
 */
export function givenBack(
  content: InvoiceContent,
  order: OrderData,
  tolerance: Tolerance,
): { readonly taken: TakenLines; readonly says: string } {
  const pairs = (content.lines ?? []).flatMap((line) => {
    const read = pairLines([line], order.lines)
    return 'unpaired' in read || priceFails(read.pairs, tolerance) ? [] : read.pairs
  })
  const taken = Object.fromEntries(
    Object.entries(takenBy(pairs)).map(([line, mine]) => [line, { ...mine, difference: '0', quantity: textOf(-figure(mine.quantity)) }]),
  )
  const given = Object.entries(takenBy(pairs)).map(([line, { quantity }]) => `${quantity} of line ${line}`)
  return { taken, says: `Gives back ${given.join(', ') || 'nothing'} of order ${order.number}.` }
}

/** A difference that people have accepted is not one that was tolerated. */
const accepted = (taken: TakenLines): TakenLines =>
  Object.fromEntries(Object.entries(taken).map(([line, mine]) => [line, { ...mine, difference: '0' }]))

type Failed = { readonly outcome: 'mismatched' | 'receipt-missing'; readonly control: MatchControl; readonly says: string }

function takenBy(pairs: readonly Pair[]): TakenLines {
  const lines: { [line: string]: Taken } = {}
  for (const { line, order } of pairs) {
    const before = lines[order.id]
    lines[order.id] = {
      difference: sumOf([before?.difference ?? '0', order.byValue ? '0' : textOf(differenceOf({ line, order }))]),
      price: unitPriceOf(order),
      quantity: sumOf([before?.quantity ?? '0', order.byValue ? line.net : line.quantity]),
    }
  }
  return lines
}

const differenceOf = ({ line, order }: Pair): bigint =>
  (figure(line.quantity) * (unitPrice(line.price, line.per) - figure(unitPriceOf(order)))) / ONE

function priceFails(pairs: readonly Pair[], tolerance: Tolerance): Failed | undefined {
  for (const pair of pairs) {
    const { line, order } = pair
    if (order.byValue) continue
    const difference = differenceOf(pair)
    const value = size((figure(line.quantity) * figure(unitPriceOf(order))) / ONE)
    if (size(difference) <= figure(tolerance.absolute) && size(difference) * 10_000n <= value * BigInt(tolerance.bps)) continue
    return {
      outcome: 'mismatched',
      control: 'M1',
      says: `Line ${line.id}: ${line.quantity} at ${line.price}${per(line.per)}; the order says ${order.price}${per(order.priceQuantity ?? '1')}. Difference ${shown(difference)}.`,
    }
  }
  return undefined
}

/** A line that gives something back is ordered with a negative quantity, and is exceeded downwards. */
const exceeds = (quantity: string, ordered: string): boolean => compareFigures(quantity, ordered) * (ordered.startsWith('-') ? -1 : 1) > 0

/** What was given back is there again; more than was taken is not, whatever credit notes say. */
function takenBefore(line: OrderLine, others: readonly Taken[]): string {
  const sum = sumOf(others.map(({ quantity }) => quantity))
  return sum.startsWith('-') && !line.quantity.startsWith('-') ? '0' : sum
}

function quantityFails(order: OrderData, taken: TakenLines, account: LineAccount, tolerance: Tolerance): Failed | undefined {
  for (const line of order.lines) {
    const mine = taken[line.id]
    if (!mine) continue
    const others = account.taken(line.id)
    const [ordered, before] = [measureOf(line), takenBefore(line, others)]
    if (exceeds(sumOf([mine.quantity, before]), ordered)) {
      return {
        outcome: 'mismatched',
        control: line.byValue ? 'M9' : 'M8',
        says: `Order line ${line.id}: ordered ${line.byValue ? 'up to ' : ''}${ordered}, invoiced before ${before}, now ${mine.quantity}.`,
      }
    }
    const differences = figure(sumOf([mine.difference, ...others.map(({ difference }) => difference)]))
    if (mine.difference !== '0' && size(differences) > figure(tolerance.absolute)) {
      return {
        outcome: 'mismatched',
        control: 'M8',
        says: `Order line ${line.id}: with this invoice the price differences of ${others.length + 1} invoices come to ${shown(differences)}.`,
      }
    }
  }
  return undefined
}

function receiptFails(order: OrderData, taken: TakenLines, account: LineAccount): Failed | undefined {
  for (const line of order.lines) {
    const mine = taken[line.id]
    if (!mine || !line.receiptRequired) continue
    const before = takenBefore(line, account.taken(line.id))
    const came = account.received(line.id)
    if (compareFigures(sumOf([mine.quantity, before]), came) > 0) {
      return {
        outcome: 'receipt-missing',
        control: 'M2',
        says: `Order line ${line.id}: received ${came}, invoiced before ${before}, now ${mine.quantity}.`,
      }
    }
  }
  return undefined
}

/**
 * Pairs by the order line that the invoice names, else by item, else by name; one order line may take several invoice lines. Where several
 * order lines have the name, those that other lines of the invoice name by number are not meant.
 */
function pairLines(lines: readonly LineContent[], ordered: OrderData['lines']): { pairs: Pair[] } | { unpaired: LineContent } {
  const certain = lines.map(
    (line) =>
      ordered.find((candidate) => line.orderLine !== null && candidate.id === line.orderLine) ??
      only(ordered.filter((candidate) => line.item !== null && candidate.item === line.item)),
  )
  const pairs: Pair[] = []
  for (const [at, line] of lines.entries()) {
    const named = ordered.filter(({ name }) => name !== undefined && foldedName(name) === foldedName(line.name))
    const order = certain[at] ?? only(named) ?? only(named.filter((candidate) => !certain.includes(candidate)))
    if (!order) return { unpaired: line }
    pairs.push({ line, order })
  }
  return { pairs }
}

const only = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined)
const size = (value: bigint): bigint => (value < 0n ? -value : value)
const per = (quantity: string): string => (quantity === '1' ? '' : ` per ${quantity}`)

function unitPrice(price: string, quantity: string): bigint {
  const base = figure(quantity)
  return base === 0n ? figure(price) : (figure(price) * ONE) / base
}

function shown(difference: bigint): string {
  const sign = difference < 0n ? '-' : ''
  const cents = (size(difference) + ONE / 200n) / (ONE / 100n)
  return `${sign}${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`
}
