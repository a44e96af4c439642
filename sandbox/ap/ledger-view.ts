import { num, show } from '../plumbing/amounts.ts'
import { count, type Call, type Outcome, type Route } from '../plumbing/server.ts'
import { date, record, text, type Problem } from '../plumbing/shape.ts'
import { refusal } from './answers.ts'
import type { BADGES, Ticket } from './rows.ts'
import type { Tray } from './tray.ts'

type Badge = (typeof BADGES)[number]

/** What each badge says of the ledger: the bill stands in it, it left it with the money, or it is not in it. */
const STANDING: Readonly<Record<Badge, 'IN' | 'OUT' | 'NOT'>> = {
  AT_LEDGER: 'IN',
  IN_RUN: 'IN',
  HELD: 'IN',
  BOUNCED: 'IN',
  MONEY_OUT: 'OUT',
  CLOSED: 'NOT',
  NONE: 'NOT',
}
const query = record({ legalUnit: text(40), from: date, asOf: date })

/** What stands in the ledger as far as this tool knows, on any date: nothing but its own badges, which others told it. */
export function ledgerViewRoute(tray: Tray): Route {
  return { method: 'GET', path: '/ledger-view', op: 'ledger.view', run: (call) => view(tray, call) }
}

function view(tray: Tray, call: Call): Outcome {
  const problems: Problem[] = []
  const asked = query(Object.fromEntries([...call.query].filter(([name]) => name !== 'after' && name !== 'limit')), '', problems)
  if (problems.length > 0) return refusal(400, 'MALFORMED', `${problems.map(({ field, text: says }) => `${field} ${says}`).join('; ')}.`)
  if (!tray.units.has(asked.legalUnit)) return refusal(422, 'UNIT_UNKNOWN', `There is no legal unit ${asked.legalUnit}.`)
  const limit = Math.min(Math.max(count(call.query, 'limit', 100), 1), 1000)
  const tickets = [...tray.tickets.values()]
  const rows: unknown[] = []
  let at = count(call.query, 'after', 0)
  for (; at < tickets.length && rows.length < limit; at += 1) {
    const row = rowOf(tray, tickets[at] as Ticket, asked)
    if (row) rows.push(row)
  }
  return { status: 200, body: { rows, next: at < tickets.length ? String(at) : null } }
}

function rowOf(tray: Tray, ticket: Ticket, { legalUnit, from, asOf }: { legalUnit: string; from: string; asOf: string }): unknown {
  if (ticket.legalUnit !== legalUnit) return undefined
  let atLedgerOn: string | null = null
  let moneyOutOn: string | null = null
  let ledgerRef: string | null = null
  for (const { badge, on, refs } of tray.badges.get(ticket.ticketNo) ?? []) {
    if (on > asOf) continue
    const standing = STANDING[badge]
    atLedgerOn = standing === 'NOT' ? null : (atLedgerOn ?? on)
    moneyOutOn = standing === 'OUT' ? on : null
    ledgerRef = refs['posting'] ?? ledgerRef
  }
  if (atLedgerOn === null || (moneyOutOn !== null && moneyOutOn < from)) return undefined
  const { ticketNo, corrRef, billKind, billNo, ccy, payTotal, grossTotal } = ticket
  const owed = num(payTotal ?? grossTotal)
  return {
    ticketNo,
    corrRef,
    billKind,
    billNo,
    ccy,
    payTotal: show(billKind === 'CREDIT' ? -owed : owed, ccy),
    ledgerRef,
    atLedgerOn,
    moneyOutOn,
  }
}
