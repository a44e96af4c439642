/** The decisions about one invoice: gate after gate, then its exceptions, divergences and headline. */
import type { Json } from '../lib/canonical-json.ts'
import { hexOf } from '../lib/hash.ts'
import { dateIn, type Instant } from '../lib/time.ts'
import { APPROVAL_CONTROLS, grantsOf, type ApprovalView } from './controls/approval.ts'
import { runGate } from './controls/control.ts'
import { VALIDATION_CONTROLS } from './controls/validation.ts'
import { exceptionDecisions, type WantedException } from './exception.ts'
import { wantEvidence } from './evidence.ts'
import { expectInvoice } from './expect-invoice.ts'
import { toBePosted, toBeReversed } from './expect-posting.ts'
import { closed, decidedOn, differs, exceptionOf, patience, routed, verdictData, viewOf, type Sheet } from './gate.ts'
import { headlineOf, isOver, isWaived, livePostings, warranted } from './headline.ts'
import { evolveInvoice } from './invoice.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { InvoiceContent } from './invoice-content.ts'
import { likeNames, numberName, orderNames, precedingNames, sumOf } from './invoice-content.ts'
import { diverge } from './judge-cells.ts'
import { conditions, refusedApproval } from './judge-conditions.ts'
import { betweenCompanies, link, precedes, superseded } from './judge-links.ts'
import { giveBack, match, ordersTouched } from './judge-match.ts'
import { accrualOf, checkPeriod } from './judge-period.ts'
import { checkPosting } from './judge-posting.ts'
import { checkReversal } from './judge-reversal.ts'
import { plainAccount, periodQuestion, taxCodeQuestion } from './names.ts'
import type { Judgement, Look, Neighbours, ObjectRecord } from './object.ts'
import { bypassing } from './reconcile.ts'
import { readOf } from './reference.ts'
import { Scratch } from './scratch.ts'
import { termsHash, type Terms } from './terms.ts'
import {
  entityOf,
  orderOf,
  orderSupplierOf,
  periodOf,
  supplierOf,
  taxCodeOf,
  type Answer,
  type InvoiceView,
  type Laws,
  type NamedParty,
} from './view.ts'

/** Whom the invoice's judge looks at. Only as long as a gate is open: an invoice that has come through looks at nobody. */
export function invoiceNeighbours(laws: Laws, record: ObjectRecord<InvoiceState>): Neighbours {
  const { state } = record
  const content = state.content?.value
  if (!content) return { read: [], write: [] }
  const names: string[] = []
  if (!decidedOn(state.verdicts.validation, state))
    names.push(
      ...content.supplier.names,
      ...content.entity.names,
      ...orderNames(content),
      numberName(laws.sha256, content),
      ...likeNames(laws.sha256, content),
    )
  if (state.approval.completed && !warranted(state, ['approved']))
    names.push(...content.supplier.names, ...content.entity.names, ...state.approval.grants.map((grant) => grant.person))
  if (livePostings(state).length > 1 || (livePostings(state).length > 0 && !warranted(state, ['posted'])))
    names.push(...content.supplier.names, ...content.entity.names)
  if (waivable(laws, state)) names.push(...orderNames(content))
  const accrued = (state.postingPlan?.accrued ?? null) !== null
  if (accrued) names.push(accrualOf(laws, record.id))
  if (accrued || toBePosted(state, routed(laws, state).rules) || toBeReversed(state)) names.push(...content.entity.names)
  const orders = decidedOn(state.verdicts.validation, state) ? ordersTouched(laws, state) : orderNames(content)
  return { read: [...new Set(names)], write: [...orders, ...(precedes(state) ? precedingNames(laws.sha256, content) : [])] }
}

/** Gates in order: each sees what the one before decided. */
const GATES: readonly ((laws: Laws, sheet: Sheet, look: Look) => WantedException[])[] = [
  validate,
  link,
  match,
  waive,
  approve,
  giveBack,
  checkPeriod,
  checkPosting,
]

export function judgeInvoice(laws: Laws, record: ObjectRecord<InvoiceState>, look: Look, asOf: Instant): Judgement {
  const sheet: Sheet = new Scratch(record.id, record.version, record.state, asOf, (state, event) => evolveInvoice(state, event, record.id))
  const failures = GATES.flatMap((gate) => gate(laws, sheet, look))
  // Nobody has to mend what was refused or taken back for good.
  const exceptions = closed(sheet.state) ? [] : failures
  // What was rejected may stand in the books all the same.
  const held = checkReversal(laws, sheet, look)
  move(laws, sheet)
  const expected = expectInvoice(laws, { id: sheet.id, state: sheet.state })
  const diverging = diverge(laws, sheet, expected.cells, bypassing(laws.policy, sheet.state))
  raise(laws, sheet, look, [
    ...exceptions,
    ...held,
    ...conditions(laws, sheet.state, expected),
    ...refusedApproval(laws, sheet),
    ...superseded(sheet.state),
    ...betweenCompanies(laws, sheet),
    ...diverging,
  ])
  // Last: a pack is of the events up to this decision, and the cases that end with it are to be among them.
  wantEvidence(laws, sheet)
  return { decisions: sheet.decisions, wakeAt: sheet.wakeAt, waits: [...sheet.waits].sort() }
}

function validate(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const content = sheet.state.content
  if (!content || decidedOn(sheet.state.verdicts.validation, sheet.state)) return []
  const view = { ...viewOf(laws, sheet, look), content: content.value }
  wantAnswers(view, sheet, content.value)
  const result = runGate(VALIDATION_CONTROLS, view)
  sheet.waitFor(result.waits)
  if (result.outcome === 'pass') {
    sheet.decide('invoice.validated', 'validation', verdictData(result, content.event, [content.event], fixed(view, content.value)))
    return []
  }
  if (result.outcome === 'fail') {
    if (differs(sheet.state.verdicts.validation, content.event, [content.event], result.failed))
      sheet.decide('invoice.validation-failed', 'validation', verdictData(result, content.event, [content.event]))
    return result.failed.map(exceptionOf)
  }
  return patience(laws, sheet, look, content.at, result)
}

type Ask = (answer: Answer, what: string, party: NamedParty, more?: { readonly entity?: string }) => void

const asking =
  (view: InvoiceView, sheet: Sheet): Ask =>
  (answer, what, { names, name, written }, more = {}) => {
    if (!answer.record || answer.known !== 'unknown') return
    const { ask: how, wants } = answer.record.state
    const since = wants[what]
    const read = readOf(answer.record.state, what, answer.system)
    const asked = since !== undefined && (!read || read.answer.readAt < since)
    // It has been asked for, in the words of an invoice, and not too long ago: a system may have come to the company since.
    if (how && !how.outside && asked && sheet.asOf < sheet.after(since, view.policy.referenceMaxAgeMs)) return
    sheet.add({
      type: 'reference.wanted',
      objects: [answer.record.id],
      actor: 'rule:validation',
      data: { what, since: sheet.asOf, by: sheet.id, names, name, ...(written === undefined ? {} : { written }), ...more },
    })
  }

/** Asks whoever knows for what is missing or too old: the question is put to the party's own object, once per company. */
function wantAnswers(view: InvoiceView, sheet: Sheet, content: InvoiceContent): void {
  const ask = asking(view, sheet)
  ask(supplierOf(view, content), 'supplier', content.supplier)
  const entity = entityOf(view, content)
  ask(entity, 'entity', content.entity)
  if (!entity.found?.entity) return
  if (content.orders.length > 0) {
    ask(orderOf(view, content), 'order', { names: content.orders, name: content.orders[0] ?? '' }, { entity: entity.found.entity.number })
    ask(orderSupplierOf(view, content), 'supplier', content.supplier)
  }
  for (const row of content.taxes) {
    ask(taxCodeOf(view, content, row.category, row.rate), taxCodeQuestion(row.category, sumOf([row.rate])), content.entity)
  }
  askPeriod(view, ask, content)
}

/** The month in which it would be posted now. */
function askPeriod(view: InvoiceView, ask: Ask, content: InvoiceContent): void {
  const entity = entityOf(view, content).found?.entity
  if (!entity) return
  const month = dateIn(entity.zone, view.asOf).slice(0, 7)
  ask(periodOf(view, content, month), periodQuestion(month), content.entity)
}

/** What validation fixes for all later gates: the terms as we see them, and the others' numbers for the parties. */
function fixed(view: InvoiceView, content: InvoiceContent): { terms: Terms; parties: { [key: string]: Json } } {
  const supplier = supplierOf(view, content).found?.supplier
  const entity = entityOf(view, content).found?.entity
  const collected = routed(view, view.state).rules.pays !== 'transfer'
  const account = supplier?.accounts.find((candidate) => content.accounts.includes(plainAccount(candidate))) ?? supplier?.accounts[0]
  const terms: Terms = {
    coding: null,
    currency: content.currency,
    dueOn: content.dueOn,
    entity: content.entity.names[0] ?? '',
    gross: sumOf([content.totals.taxInclusive]),
    net: sumOf([content.totals.taxExclusive]),
    orders: content.orders,
    payee: collected || account === undefined ? 'none' : hexOf(view.sha256(plainAccount(account))),
    supplier: content.supplier.names[0] ?? '',
    tax: sumOf([content.totals.tax]),
  }
  const taxCodes = content.taxes.map((row) => [
    `${row.category} ${sumOf([row.rate])}`,
    taxCodeOf(view, content, row.category, row.rate).found?.taxCode?.code ?? '',
  ])
  return {
    terms,
    parties: {
      entity: entity?.number ?? '',
      supplier: supplier?.number ?? '',
      taxCodes: Object.fromEntries(taxCodes) as { [key: string]: string },
      zone: entity?.zone ?? 'UTC',
    },
  }
}

/** Where the policy says that an order which a person approved needs no second approval, the match is enough. */
function waive(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const { content, terms } = sheet.state
  const { name, rules } = routed(laws, sheet.state)
  if (!waivable(laws, sheet.state) || !content || !terms || rules.account === null) return []
  const view = viewOf(laws, sheet, look)
  const { record, found } = orderOf(view, content.value)
  if (record) sheet.waitFor([record.id])
  const by = found?.order?.approvedBy
  if (!record || by === undefined || by === '') {
    return rules.submits
      ? []
      : [
          {
            cause: 'approval-incomplete',
            says: `Approval is waived for an order that a person approved; order ${content.value.orders.join(', ')} names nobody.`,
          },
        ]
  }
  const granted = {
    terms: { ...terms.value, coding: [{ account: rules.account, amount: terms.value.net }] },
    hash: termsHash(laws.sha256, terms.value),
    approvers: [by],
    approvedAt: sheet.asOf,
    authority: `waived by policy ${name}: ${by} approved order ${content.value.orders.join(', ')}`,
    postOn: dateIn(sheet.state.parties?.zone ?? 'UTC', sheet.asOf),
  }
  sheet.decide('approval.waived', 'approval', {
    subject: granted.hash,
    rests: [content.event],
    order: record.id,
    by,
    granted,
    controls: [{ id: 'A7', verdict: 'pass', inputs: { object: record.id, version: record.version }, says: granted.authority }],
  })
  return []
}

/** A person's no ends it; so does nothing else: what the AP tool says beside it changes nothing. */
const waivable = (laws: Laws, state: InvoiceState): boolean =>
  routed(laws, state).rules.waives &&
  state.approval.ends.length === 0 &&
  warranted(state, ['validated', 'matched']) &&
  !(isWaived(state) && warranted(state, ['approved']))

function approve(laws: Laws, sheet: Sheet, look: Look): WantedException[] {
  const { content, terms } = sheet.state
  const completed = sheet.state.approval.completed
  // The AP tool will say when it is complete again.
  if (isOver(sheet.state)) return []
  if (!content || !terms || !completed || !decidedOn(sheet.state.verdicts.validation, sheet.state) || warranted(sheet.state, ['approved']))
    return []
  const ours = { ...terms.value, coding: completed.terms.coding }
  const view: ApprovalView = { ...viewOf(laws, sheet, look), ours, completed }
  // Time has passed since it was validated: the period may be closed by now, or the answer too old.
  askPeriod(view, asking(view, sheet), content.value)
  const result = runGate(APPROVAL_CONTROLS, view)
  sheet.waitFor(result.waits)
  const grants = grantsOf(view)
  const subject = termsHash(laws.sha256, ours)
  const rests = [content.event, completed.event, ...grants.map((grant) => grant.event)]
  if (result.outcome === 'pass') {
    const approvedAt =
      grants
        .map((grant) => grant.at)
        .sort()
        .at(-1) ?? completed.at
    const granted = {
      approvedAt,
      approvers: grants.map((grant) => grant.person),
      authority: result.controls.find((control) => control.id === 'A1')?.says ?? '',
      hash: subject,
      postOn: dateIn(sheet.state.parties?.zone ?? 'UTC', sheet.asOf),
      terms: ours,
    }
    sheet.decide('rule.evaluated', 'approval', verdictData(result, subject, rests, { gate: 'approval', granted, pass: true }))
    return []
  }
  if (result.outcome === 'fail') {
    if (differs(sheet.state.verdicts.approval, subject, rests, result.failed))
      sheet.decide('rule.evaluated', 'approval', verdictData(result, subject, rests, { gate: 'approval', pass: false }))
    return result.failed.map(exceptionOf)
  }
  return patience(laws, sheet, look, completed.at, result)
}

function move(laws: Laws, sheet: Sheet): void {
  const route = routed(laws, sheet.state)
  const { state, rests, breaches } = headlineOf(sheet.state, route)
  const news = sheet.state.routed?.subject !== route.subject
  if (state === sheet.state.headline && breaches.join() === sheet.state.breaches.join() && !(news && sheet.state.routed)) return
  sheet.decide('invoice.state-moved', 'headline', {
    breaches,
    from: sheet.state.headline,
    rests,
    route: route.name,
    ...(news ? { routed: route } : {}),
    to: state,
  })
}

function raise(laws: Laws, sheet: Sheet, look: Look, wanted: readonly WantedException[]): void {
  const content = sheet.state.content?.value
  // One that is not valid is a company's as well, as soon as the ERP has said whose.
  const asked = sheet.state.parties || !content ? undefined : entityOf({ ...laws, look, asOf: sheet.asOf }, content).found?.entity
  const company = asked ? { entity: asked.number, zone: asked.zone } : sheet.state.parties
  const context = {
    amount: content?.totals.payable ?? null,
    currency: content?.currency ?? null,
    party: content?.supplier.name ?? null,
    ...(company?.entity ? { entity: company.entity, zone: company.zone } : {}),
    moneyOn: content?.dueOn ?? undefined,
  }
  for (const decision of exceptionDecisions(laws, sheet.id, sheet.state.exceptions, wanted, context, sheet.asOf)) sheet.add(decision)
}
