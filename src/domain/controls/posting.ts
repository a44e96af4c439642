/** The posting gate: what the ERP booked is what was approved (P5). */
import { covers, thingPosted } from '../answers.ts'
import { postingsOf } from '../headline.ts'
import { sumOf } from '../invoice-content.ts'
import type { Posting } from '../invoice-state.ts'
import { foldedNumber } from '../names.ts'
import { entityOf, supplierOf, type InvoiceView } from '../view.ts'
import { fail, indeterminate, notApplicable, pass, type Control } from './control.ts'

export interface PostingView extends InvoiceView {
  readonly postingNo: string
  readonly posting: Posting
}

export const POSTING_CONTROLS: readonly Control<PostingView>[] = [
  {
    id: 'P5',
    title: 'Posted equals approved: amount, currency, number, company, supplier',
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
      return pass(`${view.postingNo} books ${booked.amount} ${booked.currency} to supplier ${booked.supplier}.`)
    },
  },
]
