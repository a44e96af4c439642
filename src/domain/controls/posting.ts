/** The posting gate: what the ERP booked is what was approved (P5). */
import { covers, thingPosted } from '../answers.ts'
import { postingsOf } from '../headline.ts'
import { sumOf } from '../invoice-content.ts'
import type { Posting } from '../invoice-state.ts'
import { foldedNumber } from '../names.ts'
import { supplierOf, type InvoiceView } from '../view.ts'
import { fail, indeterminate, notApplicable, pass, type Control } from './control.ts'

export interface PostingView extends InvoiceView {
  readonly postingNo: string
  readonly posting: Posting
}

export const POSTING_CONTROLS: readonly Control<PostingView>[] = [
  {
    id: 'P5',
    title: 'Posted equals approved: amount, currency, supplier, number',
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
      const answer = supplierOf(view, content)
      // What was validated was approved. Only where nothing was does the ERP's answer of now speak, for which validation asks.
      const supplier = view.state.parties ? view.state.parties.supplier : (answer.found?.supplier?.number ?? null)
      if (!view.state.parties && answer.known === 'unknown')
        return indeterminate('The ERP has not yet answered about the supplier.', [answer.name])
      if (supplier !== booked.supplier)
        return fail(
          'posting-differs',
          `${view.postingNo} books supplier ${booked.supplier}; the invoice’s is ${supplier ?? 'not in the ERP'}.`,
        )
      return pass(`${view.postingNo} books ${booked.amount} ${booked.currency} to supplier ${booked.supplier}.`)
    },
  },
]
