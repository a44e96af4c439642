/** The posting gate: what the ERP booked is what was approved (P5). What the ERP does not say is not compared. */
import { covers, thingPosted, thingsCompleted } from '../answers.ts'
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
      const accounts = otherwiseCoded(view, view.state, booked)
      // Who accepted it before it was approved accepted no other accounts than were approved.
      const things = [...postingsOf(view.postingNo).map(thingPosted), ...(accounts.length > 0 ? thingsCompleted(view.state) : [])]
      if (accepted?.action === 'accept-difference' && covers(accepted, things)) return pass(`${accepted.person} accepted the difference.`)
      const gross = sumOf([content.totals.taxInclusive])
      const tax = sumOf([content.totals.tax])
      // What was validated was approved. Only where nothing was do the ERP's answers of now speak, for which validation asks.
      const { parties } = view.state
      const companySaid = entityOf(view, content)
      const supplierSaid = supplierOf(view, content)
      const unknown = parties ? [] : [companySaid, supplierSaid].filter(({ known }) => known === 'unknown')
      const entity = parties ? parties.entity : companySaid.found?.entity?.number
      const supplier = parties ? parties.supplier : supplierSaid.found?.supplier?.number
      const asked = unknown.length === 0
      // All of them: whoever accepts what is said accepts everything that differs.
      const differences: readonly (readonly [boolean, string])[] = [
        [
          sumOf([booked.amount]) !== gross || booked.currency !== content.currency,
          `${booked.amount} ${booked.currency}, the invoice says ${gross} ${content.currency}`,
        ],
        [booked.tax !== null && sumOf([booked.tax]) !== tax, `${booked.tax} ${booked.currency} of tax, the invoice says ${tax}`],
        [foldedNumber(booked.number) !== foldedNumber(content.number), `invoice number ${booked.number}, the invoice is ${content.number}`],
        [asked && entity !== booked.entity, `company ${booked.entity}, the invoice’s is ${entity ?? 'not in the ERP'}`],
        [asked && supplier !== booked.supplier, `supplier ${booked.supplier}, the invoice’s is ${supplier ?? 'not in the ERP'}`],
        [accounts.length > 0, accounts.join('; ')],
      ]
      const says = differences.flatMap(([is, difference]) => (is ? [difference] : [])).join('; ')
      if (says !== '') return fail('posting-differs', `${view.postingNo} books ${says}.`)
      if (!asked)
        return indeterminate(
          'The ERP has not yet answered about the company and the supplier.',
          unknown.map(({ name }) => name),
        )
      return pass(`${view.postingNo} books ${booked.amount} ${booked.currency} to supplier ${booked.supplier}.`)
    },
  },
]

/**
 * Accounts with their cost centres on which it does not stand as it was approved, and what does, however many lines either has. On a route
 * with an account of its own nobody need have coded it; while it is not approved, or the ERP does not say, there is nothing to compare.
 */
export function otherwiseCoded({ policy }: Laws, state: InvoiceState, { coding: booked }: NonNullable<Posting['confirmed']>): string[] {
  const approved = warranted(state, ['approved']) ? state.granted?.terms.coding : null
  if (!approved || booked === null || routeOf(policy.routing, state).rules.account !== null) return []
  const [wanted, there] = [sums(approved), sums(booked)]
  return [...new Set([...wanted.keys(), ...there.keys()])]
    .filter((place) => (wanted.get(place) ?? '0') !== (there.get(place) ?? '0'))
    .sort()
    .map((place) => `${there.get(place) ?? '0'} on ${place}, approved ${wanted.get(place) ?? '0'}`)
}

const sums = (coding: Coding): Map<string, string> =>
  new Map(
    [...Map.groupBy(coding, ({ account, costCentre = '' }) => `${account} ${costCentre}`.trim())].map(([place, lines]) => [
      place,
      sumOf(lines.map(({ amount }) => amount)),
    ]),
  )
