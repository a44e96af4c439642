/**
 * Business cases for people: one table of causes with their owner, sentence, hint and allowed actions. An object says which
 * causes it has now; what is new is raised, what is gone is resolved, and a person's answer is a fact like any other.
 */
import { derivedId } from '../lib/ids.ts'
import type { CalendarDate, Instant } from '../lib/time.ts'
import { afterBusinessHours, calendarOf, instantAt, nextDay } from './business-calendar.ts'
import type { Event } from './event.ts'
import type { Decision, Judgement, ObjectRecord } from './object.ts'
import type { Policy } from './policy.ts'
import type { Laws } from './view.ts'

export const OWNER_TEAMS = [
  'ap-clerks',
  'ap-lead',
  'procurement',
  'master-data',
  'treasury',
  'engineering',
  'controller',
  'operations-lead',
] as const
export type OwnerTeam = (typeof OWNER_TEAMS)[number]
const SEVERITIES = ['low', 'normal', 'high', 'critical'] as const
/** Whom a case goes to when its deadline has passed; null: it stays where it is. */
export const NEXT_OWNER: { readonly [team in OwnerTeam]: OwnerTeam | null } = {
  'ap-clerks': 'ap-lead',
  'ap-lead': 'controller',
  procurement: 'controller',
  'master-data': 'controller',
  treasury: 'controller',
  engineering: 'operations-lead',
  controller: null,
  'operations-lead': null,
}
export type Severity = (typeof SEVERITIES)[number]

interface CauseRow {
  readonly owner: OwnerTeam
  readonly severity: Severity
  readonly title: string
  readonly hint: string
  readonly actions: readonly string[]
  /** Hours until it is due, on the business calendar of the company that it is about: 24 are one business day. */
  readonly dueHours: number
}

export const CAUSES = {
  'unreadable-document': {
    owner: 'ap-clerks',
    severity: 'normal',
    title: 'A document arrived that could not be read as an invoice',
    hint: 'Open the document. Ask the sender for an e-invoice, or say that it is none.',
    actions: ['explained'],
    dueHours: 24,
  },
  'supplier-unknown': {
    owner: 'master-data',
    severity: 'normal',
    title: 'The supplier is not in the ERP',
    hint: 'Create the supplier in the ERP, or reject the invoice. It goes on by itself as soon as the ERP knows the supplier.',
    actions: ['reject'],
    dueHours: 48,
  },
  'supplier-blocked': {
    owner: 'master-data',
    severity: 'high',
    title: 'The supplier is blocked or not active',
    hint: 'Find out why it is blocked. It goes on by itself when the block is lifted.',
    actions: ['reject'],
    dueHours: 48,
  },
  'entity-unknown': {
    owner: 'ap-clerks',
    severity: 'normal',
    title: 'The invoice is not addressed to one of our companies',
    hint: 'Return it to the supplier, or have the company entered in the ERP.',
    actions: ['reject'],
    dueHours: 48,
  },
  'currency-refused': {
    owner: 'ap-lead',
    severity: 'normal',
    title: 'The company does not take invoices in this currency',
    hint: 'Ask the supplier for an invoice in another currency, or have the currency opened in the ERP.',
    actions: ['reject'],
    dueHours: 48,
  },
  'tax-code-unknown': {
    owner: 'ap-lead',
    severity: 'normal',
    title: 'The ERP has no valid tax code for this category and rate',
    hint: 'Have the tax code opened, or return the invoice.',
    actions: ['reject'],
    dueHours: 48,
  },
  'period-closed': {
    owner: 'ap-lead',
    severity: 'normal',
    title: 'The posting period is closed',
    hint: 'It goes on by itself when the period is open. Or have it posted in the next period; what belongs into this one then stands on the accrual list.',
    actions: ['next-period', 'reject'],
    dueHours: 24,
  },
  'posting-refused-by-policy': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'Its period was closed before it was posted, and the policy then refuses it',
    hint: 'Have the period opened in the ERP and try again, have it posted in the next period, or reject it.',
    actions: ['post-again', 'next-period', 'reject'],
    dueHours: 24,
  },
  arithmetic: {
    owner: 'ap-clerks',
    severity: 'normal',
    title: 'The amounts of the invoice do not add up',
    hint: 'Ask the supplier for a correct invoice.',
    actions: ['reject'],
    dueHours: 48,
  },
  'duplicate-suspected': {
    owner: 'ap-clerks',
    severity: 'high',
    title: 'Another invoice of this supplier has the same number',
    hint: 'Compare both. Say whether it is a duplicate.',
    actions: ['duplicate', 'not-a-duplicate'],
    dueHours: 24,
  },
  superseded: {
    owner: 'ap-clerks',
    severity: 'high',
    title: 'A corrected invoice has come in place of this one',
    hint: 'It is neither posted nor paid any more. Have its posting reversed where there is one, and reject it; or say that both are to be paid.',
    actions: ['reject', 'reverse', 'keep'],
    dueHours: 24,
  },
  'corrects-paid': {
    owner: 'treasury',
    severity: 'high',
    title: 'It corrects an invoice that was paid, or is about to be',
    hint: 'It is kept from being paid. Have what was paid taken back or credited, and say that it may be paid.',
    actions: ['accept-difference', 'reject'],
    dueHours: 24,
  },
  'order-unknown': {
    owner: 'procurement',
    severity: 'normal',
    title: 'The order named on the invoice does not exist or is not open',
    hint: 'Correct the order, or ask the supplier for the right order number.',
    actions: ['reject'],
    dueHours: 48,
  },
  'order-differs': {
    owner: 'procurement',
    severity: 'normal',
    title: 'The order belongs to another company, supplier or currency',
    hint: 'Correct the order, or ask the supplier for the right order number.',
    actions: ['reject'],
    dueHours: 48,
  },
  mismatch: {
    owner: 'procurement',
    severity: 'normal',
    title: 'The invoice does not match the order within tolerance',
    hint: 'Change the order, accept the difference, or reject the invoice.',
    actions: ['accept-difference', 'reject'],
    dueHours: 48,
  },
  'receipt-missing': {
    owner: 'procurement',
    severity: 'normal',
    title: 'More is invoiced than was received',
    hint: 'It goes on by itself as soon as the receipt is recorded. If the goods did not come, reject the invoice.',
    actions: ['reject'],
    dueHours: 48,
  },
  'receipt-reversed': {
    owner: 'procurement',
    severity: 'high',
    title: 'A receipt was reversed after its invoice had been matched',
    hint: 'The invoice stays matched. Record the right receipt, or ask the supplier for a credit note and say so.',
    actions: ['explained'],
    dueHours: 24,
  },
  'order-repriced': {
    owner: 'procurement',
    severity: 'normal',
    title: 'The order’s price was changed after an invoice had been matched',
    hint: 'The invoice stays matched. Change the order back, or settle the difference with the supplier and say so.',
    actions: ['explained'],
    dueHours: 48,
  },
  'orders-disagree': {
    owner: 'procurement',
    severity: 'normal',
    title: 'Two systems tell different things of one order',
    hint: 'The system that holds the orders counts. Correct the other one; the case closes by itself.',
    actions: [],
    dueHours: 48,
  },
  'lines-not-paired': {
    owner: 'ap-clerks',
    severity: 'normal',
    title: 'Lines of the invoice could not be paired with lines of the order',
    hint: 'Pair them by hand in the AP tool and accept, or reject the invoice.',
    actions: ['accept-difference', 'reject'],
    dueHours: 48,
  },
  'control-indeterminate': {
    owner: 'ap-lead',
    severity: 'normal',
    title: 'A control could not be evaluated because information is missing',
    hint: 'Nothing to do while the system that knows is being asked; look at the systems page if it lasts.',
    actions: [],
    dueHours: 8,
  },
  'approval-incomplete': {
    owner: 'ap-lead',
    severity: 'normal',
    title: 'The AP tool says approved, the approvals do not suffice',
    hint: 'Ask for the missing approval; the hub counts the grants itself.',
    actions: ['reject'],
    dueHours: 24,
  },
  'authority-exceeded': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'Approved by somebody without authority for this amount',
    hint: 'Have it approved by somebody whose limit covers it.',
    actions: ['reject'],
    dueHours: 24,
  },
  'duties-conflict': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'The same person entered and approved it',
    hint: 'Have it approved by somebody who did not enter or change it.',
    actions: ['reject'],
    dueHours: 24,
  },
  'approval-terms-differ': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'What was approved is not what was received',
    hint: 'Compare the terms; have it approved again as it is.',
    actions: ['reject'],
    dueHours: 24,
  },
  'posting-differs': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'The posting is not what was approved',
    hint: 'Have it reversed and say post again, or explain the difference.',
    actions: ['accept-difference', 'reverse'],
    dueHours: 24,
  },
  'approval-taken-back': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'It is posted, and its approval was taken back',
    hint: 'It is kept from being paid. Have it approved again, or have the posting reversed.',
    actions: ['reverse'],
    dueHours: 24,
  },
  'posted-twice': {
    owner: 'ap-lead',
    severity: 'critical',
    title: 'The ERP holds two postings of this invoice',
    hint: 'Have the one that is too many reversed.',
    actions: ['reverse'],
    dueHours: 4,
  },
  'posting-reversed': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'The posting was reversed in the ERP',
    hint: 'Say whether it shall be posted again.',
    actions: ['post-again', 'reject'],
    dueHours: 24,
  },
  'refused-by-target': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'The system refused the command',
    hint: 'Its own words stand below. Correct the cause there, then try again.',
    actions: ['try-again'],
    dueHours: 8,
  },
  'outcome-unknown': {
    owner: 'engineering',
    severity: 'critical',
    title: 'Nobody can say whether the command was carried out',
    hint: 'Look in the system itself and say whether it happened. For money two people say so.',
    actions: ['it-happened', 'it-did-not'],
    dueHours: 4,
  },
  'found-other': {
    owner: 'ap-lead',
    severity: 'critical',
    title: 'The system holds something else under our reference',
    hint: 'Compare both, correct it there.',
    actions: ['it-happened', 'it-did-not'],
    dueHours: 4,
  },
  'changed-after-sent': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'The invoice changed after it was sent',
    hint: 'Have the posting reversed, or restore the invoice.',
    actions: ['accept-difference', 'reverse'],
    dueHours: 8,
  },
  'dead-letter': {
    owner: 'engineering',
    severity: 'high',
    title: 'The command failed too often and is no longer tried',
    hint: 'Mend the connection, then try again.',
    actions: ['try-again'],
    dueHours: 8,
  },
  'not-let-in': {
    owner: 'engineering',
    severity: 'high',
    title: 'A system does not let the hub in',
    hint: 'Renew the access there. It is tried once a minute, and everything that waits goes on by itself.',
    actions: [],
    dueHours: 4,
  },
  'payment-file-differs': {
    owner: 'treasury',
    severity: 'critical',
    title: 'The payment file is not what was released, or holds a payment that must not be made',
    hint: 'It is kept from the bank. Withdraw the run in the ERP and correct it.',
    actions: [],
    dueHours: 4,
  },
  'paid-outside': {
    owner: 'treasury',
    severity: 'high',
    title: 'It was paid without an instruction that we know',
    hint: 'The bank booked it and names this invoice. See that it is not paid again, and clear it in the ERP.',
    actions: ['explained'],
    dueHours: 8,
  },
  'difference-outside-policy': {
    owner: 'ap-lead',
    severity: 'normal',
    title: 'The ERP cleared a difference that the policy does not allow',
    hint: 'Correct the clearing in the ERP, or accept the difference.',
    actions: ['accept-difference'],
    dueHours: 48,
  },
  'intercompany-unequal': {
    owner: 'ap-lead',
    severity: 'high',
    title: 'Two of our companies cleared an invoice between them, and not with the same amount',
    hint: 'Until both ledgers clear the same it is not paid. Correct the clearing in the ERP; it closes by itself.',
    actions: [],
    dueHours: 48,
  },
  'payment-stopped': {
    owner: 'treasury',
    severity: 'critical',
    title: 'A payment of a released file must not be made',
    hint: 'The file is kept from the bank. Correct the cause, or have the payment cancelled in the ERP.',
    actions: ['cancel'],
    dueHours: 4,
  },
  'bank-late': {
    owner: 'treasury',
    severity: 'high',
    title: 'The bank has not told what became of a payment',
    hint: 'Ask the bank. Nothing is concluded from its silence; it closes by itself with a booked entry or a rejection. Do not send the file again.',
    actions: [],
    dueHours: 8,
  },
  'payment-rejected': {
    owner: 'treasury',
    severity: 'high',
    title: 'The bank rejected the payment',
    hint: 'The bank’s reason stands below. Correct it in the ERP and pay again.',
    actions: [],
    dueHours: 8,
  },
  'payment-returned': {
    owner: 'treasury',
    severity: 'high',
    title: 'A paid amount came back',
    hint: 'The bank’s reason stands below. Check the account, then pay again.',
    actions: [],
    dueHours: 8,
  },
  'bank-entry-unknown': {
    owner: 'treasury',
    severity: 'normal',
    title: 'A bank entry belongs to no payment that we know',
    hint: 'Find out what it is; a payment made outside shows here.',
    actions: ['explained'],
    dueHours: 24,
  },
  'amount-differs': {
    owner: 'treasury',
    severity: 'high',
    title: 'The bank booked another amount than was instructed',
    hint: 'Look for fees or a partial execution.',
    actions: ['explained'],
    dueHours: 24,
  },
  'statement-incomplete': {
    owner: 'treasury',
    severity: 'high',
    title: 'The statement’s balances or totals do not fit its entries',
    hint: 'Ask the bank for the statement again.',
    actions: ['explained'],
    dueHours: 24,
  },
  divergence: {
    owner: 'ap-lead',
    severity: 'normal',
    title: 'A system shows something else than it should',
    hint: 'A status is told again by itself. Where a record is gone or changed, correct it there; nothing is posted a second time.',
    actions: [],
    dueHours: 24,
  },
  bypass: {
    owner: 'ap-lead',
    severity: 'high',
    title: 'The ERP holds a posting that nobody here had asked for',
    hint: 'Find out who posted it and on what. Have it reversed in the ERP, send its invoice, or say what it is.',
    actions: ['explained'],
    dueHours: 24,
  },
  'unmapped-status': {
    owner: 'engineering',
    severity: 'high',
    title: 'A system uses a status that is not mapped',
    hint: 'Map the status; nothing is guessed meanwhile.',
    actions: [],
    dueHours: 8,
  },
} as const satisfies Record<string, CauseRow>
export type Cause = keyof typeof CAUSES

export type ExceptionMap = { readonly [cause: string]: { readonly id: string; readonly open: boolean; readonly times: number } }

/** One case as its own object. */
export interface ExceptionState {
  readonly cause: string
  readonly about: string
  readonly says: string
  readonly owner: string
  readonly severity: string
  readonly amount: string | null
  readonly currency: string | null
  readonly party: string | null
  readonly raisedAt: Instant
  readonly dueAt: Instant
  readonly actions: readonly string[]
  readonly open: boolean
  readonly assigned: string | null
  readonly answered: { readonly action: string; readonly person: string; readonly reason: string } | null
  /** The company whose calendar its deadlines are on, and how often one has passed. */
  readonly entity: string | null
  readonly zone: string | null
  readonly escalations: number
}

export interface WantedException {
  readonly cause: Cause
  readonly says: string
  /** Where it is not the cause's. */
  readonly owner?: OwnerTeam
}
export interface ExceptionContext {
  readonly amount: string | null
  readonly currency: string | null
  readonly party: string | null
  /** The company that it is about, and its zone. */
  readonly entity?: string
  readonly zone?: string
  /** When the money is due: a case is not to take longer. */
  readonly moneyOn?: CalendarDate | undefined
}

/** So many business hours from now, or the end of the day on which the money is due when that is before and has not passed. */
function deadline(
  policy: Policy,
  of: Pick<ExceptionContext, 'entity' | 'zone'>,
  asOf: Instant,
  hours: number,
  moneyOn?: CalendarDate,
): Instant {
  const calendar = calendarOf(policy, of.entity, of.zone)
  const due = afterBusinessHours(calendar, asOf, hours)
  const money = moneyOn === undefined ? due : instantAt(calendar.zone, nextDay(moneyOn), '00:00')
  return money > asOf && money < due ? money : due
}

/** A case whose deadline has passed goes to the next owner, with a deadline of its own; judged again then. */
export function judgeException({ policy }: Laws, { id, state }: ObjectRecord<ExceptionState>, asOf: Instant): Judgement {
  const next = state.open ? (policy.escalation[state.assigned ?? state.owner] ?? null) : null
  if (next === null) return { decisions: [], wakeAt: null, waits: [] }
  if (asOf < state.dueAt) return { decisions: [], wakeAt: state.dueAt, waits: [] }
  const hours = Object.hasOwn(CAUSES, state.cause) ? CAUSES[state.cause as Cause].dueHours : 24
  const dueAt = deadline(
    policy,
    { ...(state.entity === null ? {} : { entity: state.entity }), ...(state.zone === null ? {} : { zone: state.zone }) },
    asOf,
    hours,
  )
  const escalated: Decision = {
    type: 'exception.escalated',
    objects: [id],
    actor: 'rule:escalation',
    data: { exception: id, from: state.assigned ?? state.owner, to: next, was: state.dueAt, dueAt },
  }
  return { decisions: [escalated], wakeAt: policy.escalation[next] === null ? null : dueAt, waits: [] }
}

/** Decisions that bring the object's open exceptions to what is wanted now: nothing when they agree. */
export function exceptionDecisions(
  { sha256, policy }: Laws,
  about: string,
  known: ExceptionMap,
  wanted: readonly WantedException[],
  { moneyOn, ...context }: ExceptionContext,
  asOf: Instant,
): Decision[] {
  const decisions: Decision[] = []
  const open = new Map(wanted.map((exception) => [exception.cause as string, exception]))
  for (const [cause, exception] of open) {
    const before = known[cause]
    if (before?.open) continue
    const times = (before?.times ?? 0) + 1
    const id = derivedId(sha256, 'exc', about, cause, String(times))
    const row = CAUSES[exception.cause]
    const dueAt = deadline(policy, context, asOf, row.dueHours, moneyOn)
    decisions.push({
      type: 'exception.raised',
      objects: [id, about],
      actor: 'rule:exceptions',
      data: {
        cause,
        exception: id,
        about,
        times,
        says: exception.says,
        owner: exception.owner ?? row.owner,
        severity: row.severity,
        actions: row.actions,
        dueAt,
        ...context,
      },
    })
  }
  for (const [cause, exception] of Object.entries(known)) {
    if (!exception.open || open.has(cause)) continue
    decisions.push({
      type: 'exception.resolved',
      objects: [exception.id, about],
      actor: 'rule:exceptions',
      data: { cause, exception: exception.id, about, times: exception.times },
    })
  }
  return decisions
}

/** Folds raised and resolved into the object that the exception is about. */
export function tracked<S extends { readonly exceptions: ExceptionMap }>(state: S, event: Event): S {
  if (event.type !== 'exception.raised' && event.type !== 'exception.resolved') return state
  const data = event.data as unknown as { cause: string; exception: string; times: number }
  return {
    ...state,
    exceptions: { ...state.exceptions, [data.cause]: { id: data.exception, open: event.type === 'exception.raised', times: data.times } },
  }
}

/** The gravest open case, by name where two are as grave: the keys of a map have no order that outlives its being stored. */
export function gravest(exceptions: ExceptionMap): string | null {
  const rank = (cause: string): number => SEVERITIES.indexOf(cause in CAUSES ? CAUSES[cause as Cause].severity : 'low')
  const open = Object.keys(exceptions).filter((cause) => exceptions[cause]?.open)
  return open.sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1))[0] ?? null
}

const NO_EXCEPTION: ExceptionState = {
  cause: '',
  about: '',
  says: '',
  owner: '',
  severity: 'normal',
  amount: null,
  currency: null,
  party: null,
  raisedAt: '',
  dueAt: '',
  actions: [],
  open: false,
  assigned: null,
  answered: null,
  entity: null,
  zone: null,
  escalations: 0,
}

export function evolveException(state: ExceptionState | undefined, event: Event): ExceptionState {
  const known = state ?? NO_EXCEPTION
  const data = event.data as unknown as { [key: string]: never }
  switch (event.type) {
    case 'exception.raised':
      return {
        ...known,
        cause: data['cause']!,
        about: data['about']!,
        says: data['says']!,
        owner: data['owner']!,
        severity: data['severity']!,
        amount: data['amount']!,
        currency: data['currency']!,
        party: data['party']!,
        actions: data['actions']!,
        dueAt: data['dueAt']!,
        raisedAt: event.occurredAt,
        open: true,
        entity: data['entity'] ?? null,
        zone: data['zone'] ?? null,
      }
    case 'exception.resolved':
      return { ...known, open: false }
    case 'exception.escalated':
      return { ...known, owner: data['to']!, assigned: null, dueAt: data['dueAt']!, escalations: known.escalations + 1 }
    case 'exception.assigned':
      return { ...known, assigned: data['owner']! }
    case 'exception.answered':
      return { ...known, answered: { action: data['action']!, person: event.actor, reason: data['reason']! } }
    default:
      return known
  }
}
