/** The gate before a posting is sent: the period of its date. */
import { dateIn, type Instant } from '../lib/time.ts'
import { derivedId } from '../lib/ids.ts'
import { accruedAs, type AccrualData, type AccrualState } from './accrual.ts'
import { nextDay } from './business-calendar.ts'
import type { WantedException } from './exception.ts'
import { postingInDoubt, toBePosted, type Booking } from './expect-posting.ts'
import { closed } from './gate.ts'
import { livePostings } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import { periodQuestion } from './names.ts'
import type { Look } from './object.ts'
import { dayIn, monthOf } from './period.ts'
import type { ReferenceState } from './reference.ts'
import { routeOf } from './routes.ts'
import type { Scratch } from './scratch.ts'
import { entityOf, type Laws } from './view.ts'

type Sheet = Scratch<InvoiceState>

/**
 * What waits to be posted carries the period of its posting date. When that is closed before the ERP has it, policy decides: it is
 * held, or refused, or put on the first day of the next open period, with its accrual listed. Never by itself anything else.
 */
export function checkPeriod(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const { content, parties, postingPlan: plan } = sheet.state
  const booking = toBePosted(sheet.state, routeOf(laws.policy.routing, sheet.state).rules)
  const listed = plan?.accrued ?? null
  if (listed !== null) settleAccrual(laws, sheet, look)
  if (!booking || !content || !parties) return []
  const { erp } = laws.policy.systems
  const entity = entityOf({ ...laws, look, asOf: sheet.asOf }, content.value)
  const { record } = entity
  if (!record) return []
  sheet.waitFor([record.id])
  const is = dayIn(record.state, erp, booking.postOn)
  if (is.is === 'unknown') {
    askDay(laws, sheet, look, booking.postOn, is.since)
    return plan?.held ? [heldCase(plan.held, plan.period, parties.entity)] : []
  }
  const said = Object.entries(sheet.state.answers)
    .filter(([cause, { at }]) => (cause === 'period-closed' || cause === 'posting-refused-by-policy') && at > (plan?.at ?? ''))
    .map(([, answer]) => answer.action)
  const period = is.is === 'none' ? monthOf(booking.postOn) : is.span.name
  if (is.is === 'open') {
    if (listed !== null && listed !== accruedAs(accrued(booking))) postpone(laws, sheet, booking, period, { day: booking.postOn, period })
    if (plan?.held === 'hold' || (plan?.held === 'refuse' && said.includes('post-again')))
      sheet.decide('posting.freed', 'period', { day: booking.postOn, period })
    return sheet.state.postingPlan?.held ? [heldCase('refuse', period, parties.entity)] : []
  }
  const { ordinarily, entities } = laws.policy.periodClosed
  const policy = entities[parties.entity] ?? ordinarily
  if (policy === 'next' || said.includes('next-period')) {
    // What may stand in this period already is not booked a second time: neither on another day, nor as an accrual.
    if (postingInDoubt(erp, sheet.state)) return plan?.held ? [heldCase(plan.held, period, parties.entity)] : []
    const next = nextOpen(laws, sheet, look, record.state, is.is === 'none' ? booking.postOn : is.span.to)
    if (next) {
      postpone(laws, sheet, booking, period, next)
      return []
    }
  }
  const held = policy === 'refuse' ? 'refuse' : 'hold'
  if (plan?.held !== held || plan.day !== booking.postOn)
    sheet.decide('posting.held', 'period', { day: booking.postOn, period, held, rests: [is.event] })
  return [heldCase(held, period, parties.entity)]
}

const heldCase = (held: 'hold' | 'refuse', period: string, entity: string): WantedException =>
  held === 'refuse'
    ? { cause: 'posting-refused-by-policy', says: `Period ${period} of company ${entity} was closed before it was posted.` }
    : { cause: 'period-closed', says: `Period ${period} of company ${entity} was closed before it was posted; it is held.` }

/** How far ahead a next period is looked for. */
const MONTHS_AHEAD = 3

/** The first day of the next open period, or today when that is in it; undefined while it is being asked for, or none is open. */
export function nextOpen(
  laws: Laws,
  sheet: Sheet,
  look: Look,
  entity: ReferenceState,
  closedTo: string,
): { readonly day: string; readonly period: string } | undefined {
  const today = dateIn(sheet.state.parties?.zone ?? 'UTC', sheet.asOf)
  const latest = new Date(Date.parse(closedTo) + MONTHS_AHEAD * 31 * 86_400_000).toISOString().slice(0, 10)
  for (let day = nextDay(closedTo); day <= latest;) {
    const is = dayIn(entity, laws.policy.systems.erp, day)
    if (is.is === 'unknown') {
      askDay(laws, sheet, look, day, is.since)
      return undefined
    }
    if (is.is === 'open') return { day: today >= day && today <= is.span.to ? today : day, period: is.span.name }
    day = nextDay(is.is === 'closed' ? is.span.to : day)
  }
  return undefined
}

export function askDay(laws: Laws, sheet: Sheet, look: Look, day: string, since: Instant | null): void {
  const content = sheet.state.content?.value
  if (!content) return
  const view = { ...laws, look, asOf: sheet.asOf }
  const answer = entityOf(view, content)
  const what = periodQuestion(monthOf(day))
  const wanted = answer.record?.state.wants[what]
  if (!answer.record || (wanted !== undefined && (since === null || wanted >= since))) return
  sheet.add({
    type: 'reference.wanted',
    objects: [answer.record.id],
    actor: 'rule:period',
    data: { what, since: sheet.asOf, by: sheet.id, names: content.entity.names, name: content.entity.name },
  })
}

function postpone(
  laws: Laws,
  sheet: Sheet,
  booking: Booking,
  period: string,
  next: { readonly day: string; readonly period: string },
): void {
  const content = sheet.state.content?.value
  const accrual = {
    invoice: sheet.id,
    entity: sheet.state.parties?.entity ?? '',
    period,
    was: booking.postOn,
    on: next.day,
    number: content?.number ?? '',
    supplier: content?.supplier.name ?? '',
    ...accrued(booking),
  }
  sheet.add({
    type: 'posting.postponed',
    objects: [accrualOf(laws, sheet.id), sheet.id],
    actor: 'rule:period',
    data: { accrual, period: next.period },
  })
}

/**
 * Nobody is to book what will not be posted, nor what was posted in the period that it belongs into after all: a call may have been under
 * way when that was closed, and the ERP had it before.
 */
function settleAccrual(laws: Laws, sheet: Sheet, look: Look): void {
  const { content } = sheet.state
  const id = accrualOf(laws, sheet.id)
  const live = livePostings(sheet.state)
  const accrual = look(id)?.state as unknown as AccrualState | undefined
  if (closed(sheet.state) && live.length === 0) drop(sheet, id, 'the invoice is rejected, and no posting of it stands')
  if (live.length === 0 || !accrual?.listed || !content) return
  const { was, period } = accrual.listed
  const { record } = entityOf({ ...laws, look, asOf: sheet.asOf }, content.value)
  const is = dayIn(record?.state, laws.policy.systems.erp, was)
  const last = 'span' in is ? is.span.to : was
  if (live.some(([, { confirmed }]) => !confirmed?.settled || confirmed.postedOn > last)) return
  drop(sheet, id, `it is posted as ${live.map(([postingNo]) => postingNo).join(' and ')} in period ${period} after all`)
}

function drop(sheet: Sheet, accrual: string, reason: string): void {
  sheet.add({ type: 'accrual.dropped', objects: [accrual, sheet.id], actor: 'rule:period', data: { reason } })
}

export const accrualOf = (laws: Laws, invoice: string): string => derivedId(laws.sha256, 'acr', invoice)

const accrued = ({ terms }: Booking): Pick<AccrualData, 'amount' | 'currency' | 'accounts'> => ({
  amount: terms.net,
  currency: terms.currency,
  accounts: (terms.coding ?? []).map((line) => ({ ...line })),
})
