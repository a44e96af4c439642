/**
 * What may settle an invoice beside money. A difference that the ERP clears counts, since the ledger is the ERP's; where it is more
 * than the policy allows, or comes too late, that is a finding for a person.
 */
import type { CalendarDate } from '../lib/time.ts'
import { settlementOf } from './axes.ts'
import { discountAllowed, type Discount } from './discount.ts'
import { amountDue, byKey, currencyOf, isForeign, isSince, liveAllocations, overpaidThings } from './headline.ts'
import type { Allocation, InvoiceState } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { formatMoney, parseMoney, scaleOf, sizeOf } from './money.ts'

/** `cash` left an account; `clearing` is against another item, named by the ERP's document; a `difference` is a line with a reason. */
export const ALLOCATION_KINDS = {
  bank: 'cash',
  card: 'cash',
  netting: 'clearing',
  credit: 'clearing',
  prepayment: 'clearing',
  intercompany: 'clearing',
  discount: 'difference',
  withholding: 'difference',
  fx: 'difference',
  fee: 'difference',
  rounding: 'difference',
  'write-off': 'difference',
} as const satisfies { readonly [kind: string]: 'cash' | 'clearing' | 'difference' }

export const DIFFERENCES = ['discount', 'withholding', 'fx', 'fee', 'rounding', 'write-off'] as const
export type Difference = (typeof DIFFERENCES)[number]

export type DifferenceLimit = {
  /** In the invoice's currency; both limits must hold, one that is null does not count. */
  readonly absolute: string | null
  /** 1/100 % of what is due. */
  readonly bps: number | null
  /** Within so many days of the invoice's date; null: whenever. */
  readonly days: number | null
}
export type DifferenceLimits = { readonly [kind in Difference]: DifferenceLimit }

export const DEFAULT_DIFFERENCES: DifferenceLimits = {
  discount: { absolute: null, bps: 300, days: 14 },
  withholding: { absolute: null, bps: 3_000, days: null },
  fx: { absolute: null, bps: 200, days: null },
  fee: { absolute: '30.00', bps: null, days: null },
  rounding: { absolute: '0.05', bps: null, days: null },
  'write-off': { absolute: '5.00', bps: 100, days: null },
}

/** What was cleared without cash and is not as the policy allows, in sentences, each with the allocations on which it rests. */
export function differencesOutside(state: InvoiceState, limits: DifferenceLimits): { readonly rests: string[]; readonly says: string }[] {
  const due = amountDue(state)
  if (due === null) return []
  const issuedOn = state.content?.value.issuedOn
  const kinds = Map.groupBy(liveAllocations(state), ([, { kind }]) => kind)
  return [...kinds].flatMap(([kind, live]) => {
    const rests = live.map(([event]) => event)
    const allocations = live.map(([, allocation]) => allocation)
    if (!Object.hasOwn(ALLOCATION_KINDS, kind))
      return [{ rests, says: `The ERP cleared something as ${kind}, which is no kind that is known.` }]
    if (ALLOCATION_KINDS[kind as keyof typeof ALLOCATION_KINDS] !== 'difference') return []
    const offered = state.content?.value.discounts
    if (kind === 'discount' && offered && issuedOn !== undefined)
      return beyondOffer(offered, due, currencyOf(state), issuedOn, allocations).map((says) => ({ rests, says }))
    const limit = limits[kind as Difference]
    const sum = sumOf(allocations.map((allocation) => allocation.amount))
    const late =
      limit.days === null || issuedOn === undefined
        ? undefined
        : allocations.find(({ on }) => on !== null && on > dayAfter(issuedOn, limit.days ?? 0))
    return [
      ...(limit.absolute !== null && sizeOf(sum) > sizeOf(limit.absolute)
        ? [{ rests, says: `${sum} ${kind} is more than the ${limit.absolute} that are allowed.` }]
        : []),
      ...(limit.bps !== null && sizeOf(sum) * 10_000n > sizeOf(due) * BigInt(limit.bps)
        ? [{ rests, says: `${sum} ${kind} is more than the ${limit.bps / 100} % of ${due} that are allowed.` }]
        : []),
      ...(late ? [{ rests, says: `${kind} was taken on ${late.on}, later than ${limit.days} days after ${issuedOn}.` }] : []),
    ]
  })
}

/** Money or a clearing in a currency that the invoice is not due in. A difference of rates is booked in the company's own, and is none. */
export function settledInAnotherCurrency(state: InvoiceState): { readonly rests: string[]; readonly says: string } | null {
  const foreign = byKey(state.allocations).filter(
    ([, allocation]) =>
      allocation.undone === null && allocation.kind !== 'fx' && isForeign(state, allocation) && isSince(state, allocation.on),
  )
  if (foreign.length === 0) return null
  const sums = foreign.map(([, { amount, currency }]) => `${amount} ${currency}`).join(', ')
  return { rests: foreign.map(([event]) => event), says: `It is due in ${currencyOf(state)}; settled with ${sums}.` }
}

/**
 * More is settled than is due, whatever became of the posting since: with all that settles it, and with what says how much is due. In an
 * order of its own: the keys of allocations depend on which of them came first.
 */
export function overpaid(state: InvoiceState): { readonly rests: string[]; readonly says: string } | null {
  const due = amountDue(state)
  const currency = currencyOf(state)
  if (settlementOf(state) !== 'over' || due === null || currency === null) return null
  const live = liveAllocations(state)
  const shown = (amount: string): string => {
    const money = parseMoney(amount, currency)
    return money ? formatMoney(money) : amount
  }
  const by = live.map(([, { on, kind, amount, evidence }]) => `${on ?? 'on an unknown day'} ${kind} ${shown(amount)} (${evidence})`).sort()
  const sum = sumOf(live.map(([, { amount }]) => amount))
  return {
    rests: overpaidThings(state),
    says: `Due are ${shown(due)} ${currency}, settled are ${shown(sum)}: ${by.join(', ')}`.slice(0, 400),
  }
}

/** What the supplier himself offers needs no limit of ours: only the window and the share that the invoice states. */
function beyondOffer(
  offered: readonly Discount[],
  due: string,
  currency: string | null,
  issuedOn: CalendarDate,
  allocations: readonly Allocation[],
): string[] {
  const sum = sumOf(allocations.map(({ amount }) => amount))
  const last =
    allocations
      .map(({ on }) => on)
      .filter((on) => on !== null)
      .sort()
      .at(-1) ?? null
  const allowed = discountAllowed(offered, due, last === null ? null : daysBetween(issuedOn, last))
  // Rounded to the cent, or to what the currency has in its place, in whoever's favour: half of one is as much as that can be.
  const half = 5n * 10n ** BigInt(19 - ((currency === null ? undefined : scaleOf(currency)) ?? 2))
  if (sizeOf(sum) * 100n <= allowed + half) return []
  const terms = offered.map(({ days, percent, base }) => `${percent} % within ${days} days${base === null ? '' : ` of ${base}`}`).join(', ')
  return [`${sum} discount${last === null ? '' : ` on ${last}`} is not what the invoice offers: ${terms} of ${issuedOn}.`]
}

const daysBetween = (from: CalendarDate, to: CalendarDate): number =>
  Math.round((Date.parse(`${to}T00:00:00.000Z`) - Date.parse(`${from}T00:00:00.000Z`)) / 86_400_000)
const dayAfter = (day: CalendarDate, days: number): CalendarDate =>
  new Date(Date.parse(`${day}T00:00:00.000Z`) + days * 86_400_000).toISOString().slice(0, 10)
