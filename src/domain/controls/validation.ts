/** The validation gate: what the ERP knows about the parties, order, taxes and period that the invoice names, and its own sums. */
import { dateIn } from '../../lib/time.ts'
import { covers, thingSaid } from '../answers.ts'
import { checkArithmetic } from '../arithmetic.ts'
import { figuresOf, sumOf } from '../invoice-content.ts'
import { scaleOf } from '../money.ts'
import { dayIn, monthOf } from '../period.ts'
import { answersFor } from '../policy.ts'
import {
  blockerOf,
  entityOf,
  holderOf,
  likenessOf,
  orderOf,
  orderSupplierOf,
  periodOf,
  supplierOf,
  taxCodeOf,
  type Answer,
  type InvoiceView,
  type Looking,
  type Named,
} from '../view.ts'
import type { InvoiceContent } from '../invoice-content.ts'
import { fail, indeterminate, notApplicable, pass, type Control, type Finding } from './control.ts'

/** What a person said of the content that it has now. */
function notDuplicate({ state: { content, answers } }: InvoiceView): InvoiceView['state']['answers'][string] | undefined {
  const answer = answers['duplicate-suspected']
  return content && answer?.action === 'not-a-duplicate' && covers(answer, [thingSaid(content)]) ? answer : undefined
}

/** `month`: the period that is meant; absent: the one in which it would be posted now. */
export interface NamedView extends Looking {
  readonly content: Named
  readonly month?: string
}
export interface ContentView extends InvoiceView {
  readonly content: InvoiceContent
}

const inputs = (answer: Answer): { [key: string]: string | number } => ({
  object: answer.record?.id ?? answer.name,
  version: answer.record?.version ?? 0,
})
const waiting = (what: string, answer: Answer, who = 'The ERP'): Finding =>
  indeterminate(`${who} has not yet answered about ${what}.`, [answer.name])

/** What the ERP knows: judged of an invoice at its gate, and of what somebody asks about before there is one. */
export const REFERENCE_CONTROLS = {
  S1: {
    id: 'S1',
    title: 'The supplier is known and active',
    evaluate: (view) => {
      const answer = supplierOf(view, view.content)
      const name = view.content.supplier.name
      if (answer.known === 'unknown') return waiting(`the supplier ${name}`, answer)
      if (!answer.found?.supplier)
        return fail('supplier-unknown', `The ERP knows no supplier ${name} (${shown(view.content.supplier.names)}).`, inputs(answer), [
          answer.name,
        ])
      const { supplier } = answer.found
      if (!supplier.active || supplier.blocked)
        return fail(
          'supplier-blocked',
          `Supplier ${supplier.number} ${supplier.name} is ${supplier.blocked ? 'blocked' : 'not active'} in the ERP.`,
          inputs(answer),
          [answer.name],
        )
      const blocker = blockerOf(view.policy, answer.record?.state)
      if (blocker)
        return fail(
          'supplier-blocked',
          `Supplier ${supplier.number} ${supplier.name} is blocked or not active in ${blocker}.`,
          inputs(answer),
          [answer.name],
        )
      return pass(`Supplier ${supplier.number} is active.`, inputs(answer))
    },
  },
  P2: {
    id: 'P2',
    title: 'The invoice is addressed to one of our companies, in a currency it takes',
    evaluate: (view) => {
      const answer = entityOf(view, view.content)
      if (answer.known === 'unknown') return waiting(`the company ${view.content.entity.name}`, answer)
      const entity = answer.found?.entity
      if (!entity?.active)
        return fail(
          'entity-unknown',
          `The ERP has no active company ${view.content.entity.name} (${shown(view.content.entity.names)}).`,
          inputs(answer),
          [answer.name],
        )
      const { currency } = view.content
      if (currency === null) return pass(`Company ${entity.number} is active.`, inputs(answer))
      if (scaleOf(currency) === undefined || !entity.currencies.includes(currency)) {
        return fail(
          'currency-refused',
          `Company ${entity.number} takes ${entity.currencies.join(', ')}; the invoice is in ${currency}.`,
          inputs(answer),
          [answer.name],
        )
      }
      return pass(`Company ${entity.number} takes ${currency}.`, inputs(answer))
    },
  },
  T1: {
    id: 'T1',
    title: 'Every tax category and rate has a valid tax code',
    evaluate: (view) => {
      const answers = view.content.taxes.map((row) => ({ row, answer: taxCodeOf(view, view.content, row.category, row.rate) }))
      const bad = answers.find(({ answer }) => answer.known === 'no' || (answer.known === 'yes' && answer.found?.taxCode?.active !== true))
      if (bad)
        return fail(
          'tax-code-unknown',
          `The ERP has no valid tax code for category ${bad.row.category} at ${sumOf([bad.row.rate])} %.`,
          inputs(bad.answer),
          [bad.answer.name],
        )
      const open = answers.find(({ answer }) => answer.known === 'unknown')
      if (open) return waiting(`tax category ${open.row.category} at ${sumOf([open.row.rate])} %`, open.answer)
      return pass(answers.map(({ answer }) => answer.found?.taxCode?.code ?? '').join(', ') || 'No tax.')
    },
  },
  P1: {
    id: 'P1',
    title: 'The posting period is open',
    evaluate: (view) => {
      const entity = entityOf(view, view.content)
      if (!entity.found?.entity) return notApplicable('The company is not known.')
      // The day on which it would be posted; who asks about a month means its first.
      const day = view.month === undefined ? dateIn(entity.found.entity.zone, view.asOf) : `${view.month}-01`
      const month = monthOf(day)
      const answer = periodOf(view, view.content, month)
      const is = dayIn(answer.record?.state, answer.system, day)
      if (answer.known === 'unknown' || is.is === 'unknown') return waiting(`period ${month}`, answer)
      const name = is.is === 'none' ? month : is.span.name
      if (is.is !== 'open')
        return fail(
          'period-closed',
          `Period ${name} of company ${entity.found.entity.number} is ${is.is === 'none' ? 'not set up' : 'closed'}.`,
          inputs(answer),
          [answer.name],
        )
      return pass(`Period ${name} is open.`, inputs(answer))
    },
  },
  M7: {
    id: 'M7',
    title: 'The order is open and belongs to this company, supplier and currency',
    evaluate: (view) => {
      if (view.content.orders.length === 0 || view.content.kind === 'credit-note')
        return notApplicable('It names no order that has to be matched.')
      const answer = orderOf(view, view.content)
      const number = view.content.orders[0] ?? ''
      const holder = answersFor(view.policy, 'order')
      const named = holder === view.policy.systems.erp ? 'the ERP' : holder
      if (answer.known === 'unknown') return waiting(`order ${number}`, answer, capital(named))
      const order = answer.found?.order
      if (!order?.open)
        return fail('order-unknown', `Order ${number} ${order ? 'is not open' : 'does not exist'} in ${named}.`, inputs(answer), [
          answer.name,
        ])
      const seller = orderSupplierOf(view, view.content)
      if (supplierOf(view, view.content).found && seller.known === 'unknown')
        return waiting(`supplier ${view.content.supplier.name}`, seller, capital(named))
      const supplier = seller.found?.supplier
      const entity = entityOf(view, view.content).found?.entity
      if (!supplierOf(view, view.content).found?.supplier || !entity) return notApplicable('Supplier or company is not known.')
      const differs =
        order.supplier !== supplier?.number
          ? `supplier ${order.supplier}`
          : order.entity !== entity.number
            ? `company ${order.entity}`
            : order.currency !== view.content.currency
              ? `currency ${order.currency}`
              : null
      if (differs) return fail('order-differs', `Order ${number} belongs to ${differs}.`, inputs(answer), [answer.name])
      return pass(`Order ${number} is open.`, inputs(answer))
    },
  },
} satisfies Record<string, Control<NamedView>>

const { S1, P2, T1, P1, M7 } = REFERENCE_CONTROLS

export const VALIDATION_CONTROLS: readonly Control<ContentView>[] = [
  S1,
  P2,
  T1,
  P1,
  {
    id: 'M6',
    title: 'The amounts add up',
    evaluate: (view) => {
      const findings = checkArithmetic(figuresOf(view.content))
      const [first] = findings
      if (first)
        return fail(
          'arithmetic',
          findings
            .map((finding) => `${finding.rule}: expected ${finding.expected}, found ${finding.found ?? 'nothing'}.`)
            .join(' ')
            .slice(0, 400),
        )
      return pass(`Lines ${view.content.lineNet}, gross ${view.content.totals.taxInclusive}, payable ${view.content.totals.payable}.`)
    },
  },
  {
    id: 'D1',
    title: 'No other invoice of this supplier has the same number',
    evaluate: (view) => {
      const holder = holderOf(view, view.content)
      if (!holder || holder.id === view.id) return pass('The number is new.')
      const answer = notDuplicate(view)
      if (answer) return pass(`${answer.person} says it is not a duplicate of ${holder.id}.`)
      return fail(
        'duplicate-suspected',
        `${holder.id} of the same supplier has the number ${view.content.number} too.`,
        { object: holder.id, version: holder.version },
        [holder.id],
      )
    },
  },
  {
    id: 'D4',
    title: 'No invoice of another supplier record has the same number and amount, and the same account or tax or register number',
    evaluate: (view) => {
      const other = likenessOf(view, view.content)
      if (!other || other.id === holderOf(view, view.content)?.id) return pass('None is like it.')
      const answer = notDuplicate(view)
      if (answer) return pass(`${answer.person} says it is not a duplicate of ${other.id}.`)
      return fail(
        'duplicate-suspected',
        `${other.id} names another supplier, and has the number ${view.content.number}, the amount and an account or number of the supplier in common.`,
        { object: other.id, version: other.version },
        [other.id],
      )
    },
  },
  M7,
]

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
/** Aliases as a person reads them: the identifiers alone. */
const shown = (names: readonly string[]): string => names.map((name) => name.split('|').at(-1)).join(', ')
