/** The gate before a reversal is sent: the period of its date, as for a posting. What it takes back is on no accrual list. */
import type { WantedException } from './exception.ts'
import { reversalUnderWay, toBeReversed } from './expect-posting.ts'
import type { InvoiceState } from './invoice-state.ts'
import { askDay, nextOpen } from './judge-period.ts'
import type { Look } from './object.ts'
import { dayIn, monthOf } from './period.ts'
import type { Scratch } from './scratch.ts'
import { entityOf, type Laws } from './view.ts'

/**
 * A reversal carries the day on which two people asked for it. It is sent once that day's period is known to be open; else the policy
 * says, as of a posting: it is held, or refused, or booked on the first day of the next open period. Never by itself anything else.
 */
export function checkReversal(laws: Laws, sheet: Scratch<InvoiceState>, look: Look): WantedException[] {
  const { content, answers } = sheet.state
  const reversal = toBeReversed(sheet.state)
  if (!reversal || !content) return []
  const { erp } = laws.policy.systems
  const { record } = entityOf({ ...laws, look, asOf: sheet.asOf }, content.value)
  const { asked, postings, entity, on, plan } = reversal
  const goes = (period: string): WantedException[] => {
    if (plan?.held !== null) sheet.decide('reversal.freed', 'period', { of: asked.event, day: on, period })
    return []
  }
  // Of a company that no system knows there is nobody to ask: the ERP says so itself.
  if (!record) return goes(monthOf(on))
  sheet.waitFor([record.id])
  const asItStands = plan?.held ? [heldCase(plan.held, plan.period, entity)] : []
  if (reversalUnderWay(erp, sheet.state, postings)) return asItStands
  const is = dayIn(record.state, erp, on)
  if (is.is === 'unknown') {
    askDay(laws, sheet, look, on, is.since)
    return asItStands
  }
  const answer = answers['reversal-held']
  const said = plan && answer && answer.at > plan.at ? answer.action : null
  const period = is.is === 'none' ? monthOf(on) : is.span.name
  if (is.is === 'open') return plan?.held === 'refuse' && said !== 'reverse' ? asItStands : goes(period)
  const { ordinarily, entities } = laws.policy.periodClosed
  const policy = entities[entity] ?? ordinarily
  if (policy === 'next' || said === 'reverse-next-period') {
    const next = nextOpen(laws, sheet, look, record.state, is.is === 'none' ? on : is.span.to)
    if (next) {
      sheet.decide('reversal.postponed', 'period', { of: asked.event, day: on, on: next.day, period: next.period })
      return []
    }
  }
  const held = policy === 'refuse' ? 'refuse' : 'hold'
  if (plan?.held !== held) sheet.decide('reversal.held', 'period', { of: asked.event, day: on, period, held, rests: [is.event] })
  return [heldCase(held, period, entity)]
}

const heldCase = (held: 'hold' | 'refuse', period: string, entity: string): WantedException => ({
  cause: 'reversal-held',
  says: `Period ${period} of company ${entity} is closed; the reversal is ${held === 'hold' ? 'held' : 'refused, as the policy has it'}.`,
})
