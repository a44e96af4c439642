/** The posting gate: what the ERP booked is what was approved (P5). What the ERP does not say is not compared. */
import { covers, thingPosted } from '../answers.ts'
import { postingsOf, warranted } from '../headline.ts'
import { sumOf } from '../invoice-content.ts'
import type { InvoiceState, Posting } from '../invoice-state.ts'
import { foldedNumber } from '../names.ts'
import { routeOf } from '../routes.ts'
import type { Coding } from '../terms.ts'
import { entityOf, supplierOf, type InvoiceView, type Laws } from '../view.ts'
import { fail, indeterminate, notApplicable, pass, type Control } from './control.ts'

export interface PostingView extends InvoiceView {
  readonly postingNo: string
  readonly posting: Posting
}

export const POSTING_CONTROLS: readonly Control<PostingView>[] = [
  {
    id: 'P5',
    title: 'Posted equals approved: amount, tax, currency, number, company, supplier, accounts',
    evaluate: (view) => {
      const content = view.state.content?.value
      const booked = view.posting.confirmed
      if (!content || !booked) return notApplicable('The hub never had this invoice; the posting stands for itself.')
      const accepted = view.state.answers['posting-differs']
      if (accepted?.action === 'accept-difference' && covers(accepted, postingsOf(view.postingNo).map(thingPosted)))
        return pass(`${accepted.person} accepted the difference.`)
      const gross = sumOf([content.totals.taxInclusive])
      if (sumOf([booked.amount]) !== gross || booked.currency !== content.currency) {
        return fail(
          'posting-differs',
          `${view.postingNo} books ${booked.amount} ${booked.currency}; the invoice says ${gross} ${content.currency}.`,
        )
      }
      const tax = sumOf([content.totals.tax])
      if (booked.tax !== null && sumOf([booked.tax]) !== tax)
        return fail('posting-differs', `${view.postingNo} books ${booked.tax} ${booked.currency} of tax; the invoice says ${tax}.`)
      if (foldedNumber(booked.number) !== foldedNumber(content.number))
        return fail('posting-differs', `${view.postingNo} books invoice number ${booked.number}; the invoice is ${content.number}.`)
      // What was validated was approved. Only where nothing was do the ERP's answers of now speak, for which validation asks.
      const { parties } = view.state
      const companySaid = entityOf(view, content)
      const supplierSaid = supplierOf(view, content)
      const unknown = parties ? [] : [companySaid, supplierSaid].filter(({ known }) => known === 'unknown')
      if (unknown.length > 0)
        return indeterminate(
          'The ERP has not yet answered about the company and the supplier.',
          unknown.map(({ name }) => name),
        )
      const entity = parties ? parties.entity : companySaid.found?.entity?.number
      if (entity !== booked.entity)
        return fail(
          'posting-differs',
          `${view.postingNo} is booked in company ${booked.entity}; the invoice’s is ${entity ?? 'not in the ERP'}.`,
        )
      const supplier = parties ? parties.supplier : supplierSaid.found?.supplier?.number
      if (supplier !== booked.supplier)
        return fail(
          'posting-differs',
          `${view.postingNo} books supplier ${booked.supplier}; the invoice’s is ${supplier ?? 'not in the ERP'}.`,
        )
      const accounts = otherwiseCoded(view, view.state, booked)
      if (accounts.length > 0)
        return fail('posting-differs', `${view.postingNo} books otherwise than it was approved on ${accounts.join(', ')}.`)
      return pass(`${view.postingNo} books ${booked.amount} ${booked.currency} to supplier ${booked.supplier}.`)
    },
  },
]

/**
 * Accounts with their cost centres on which it does not stand as it was approved, however many lines either has. On a route
 * with an account of its own nobody need have coded it; while it is not approved, or the ERP does not say, there is nothing to compare.
 */
export function otherwiseCoded({ policy }: Laws, state: InvoiceState, { coding: booked }: NonNullable<Posting['confirmed']>): string[] {
  const approved = warranted(state, ['approved']) ? state.granted?.terms.coding : null
  if (!approved || booked === null || routeOf(policy.routing, state).rules.account !== null) return []
  const [wanted, there] = [sums(approved), sums(booked)]
  return [...new Set([...wanted.keys(), ...there.keys()])]
    .filter((place) => (wanted.get(place) ?? '0') !== (there.get(place) ?? '0'))
    .sort()
}

const sums = (coding: Coding): Map<string, string> =>
  new Map(
    [...Map.groupBy(coding, ({ account, costCentre = '' }) => `${account} ${costCentre}`.trim())].map(([place, lines]) => [
      place,
      sumOf(lines.map(({ amount }) => amount)),
    ]),
  )
