/** Cases about goods: receipts before and after their invoice, orders that change, two systems that speak of one order. */
import { goodsData, goodsOrder, orderTold, receipt, receiptReversed, WITH_PROCUREMENT } from '../goods.ts'
import { fact, invoiceDocument, ORDER, SUPPLIER } from '../facts.ts'
import { derivedId } from '../../src/lib/ids.ts'
import { orderName } from '../../src/domain/names.ts'
import type { Arrival } from '../../src/domain/object.ts'
import { sha256 } from '../world.ts'
import { NOW, type Case } from './case.ts'
import { arrives, bill, day } from './story.ts'

const policy = WITH_PROCUREMENT
const goods = (): Arrival[] => goodsData(goodsOrder(), undefined, NOW)
const ten = bill()
const LINE = invoiceDocument().lines[0]!
/** Another invoice over 8 of the 20 pieces that are ordered. */
const eight = bill({
  number: 'R-2',
  taxBreakdown: [{ taxable: '80.00', tax: '15.20', category: 'S', rate: '19' }],
  totals: { lines: '80.00', taxExclusive: '80.00', tax: '15.20', taxInclusive: '95.20', payable: '95.20' },
  lines: [{ ...LINE, quantity: '8', net: '80.00' }],
})
const whose = 'what was matched stays so'
const orderId = derivedId(sha256, 'ord', orderName('public|entity-vat|DE999', 'PO-1'))
const explained: Arrival = fact('exception.answered', 'person', 'explained', day(16), [ORDER], {
  exception: derivedId(sha256, 'exc', orderId, 'receipt-reversed', '1'),
  action: 'explained',
  reason: 'A credit note comes.',
})

export const RECEIPT_CASES: readonly Case[] = [
  {
    name: 'goods before their invoice',
    policy,
    axes: ['match'],
    story: '10 pieces of goods are received, then invoiced.',
    facts: [...goods(), receipt('W1', '10', day(10)), arrives(ten)],
  },
  {
    name: 'invoice before its goods',
    policy,
    axes: ['match'],
    story: '10 pieces are invoiced; 4 were received.',
    facts: [...goods(), receipt('W1', '4', day(10)), arrives(ten)],
  },
  {
    name: 'the goods come later',
    policy,
    axes: ['match'],
    story: 'The same; the other 6 are received.',
    facts: [...goods(), arrives(ten), receipt('W1', '4', day(12)), receipt('W2', '6', day(13))],
  },
  {
    name: 'receipt taken back before the match',
    policy,
    axes: ['match'],
    story: '10 pieces are received, and it turns out that they were not; then they are invoiced.',
    onlyAsTold: whose,
    facts: [...goods(), receipt('W1', '10', day(9)), receiptReversed('W1', day(10)), arrives(ten)],
  },
  {
    name: 'receipt taken back after the match',
    policy,
    axes: ['match'],
    story: '10 pieces are received and invoiced; then the receipt is reversed.',
    onlyAsTold: whose,
    facts: [...goods(), receipt('W1', '10', day(9)), arrives(ten), receiptReversed('W1', day(14))],
  },
  {
    name: 'receipt taken back, explained',
    policy,
    axes: ['match'],
    story: 'The same; procurement says that a credit note will come.',
    onlyAsTold: whose,
    facts: [...goods(), receipt('W1', '10', day(9)), arrives(ten), receiptReversed('W1', day(14)), explained],
  },
  {
    name: 'two invoices for what came in',
    policy,
    axes: ['match'],
    story: '20 pieces are ordered, 15 received; one invoice is over 10 pieces, one over 8.',
    onlyAsTold: 'whoever comes first takes the quantity',
    facts: [...goods(), receipt('W1', '15', day(9)), arrives(ten), arrives(eight, day(12))],
  },
  {
    name: 'the first of them is rejected',
    policy,
    axes: ['match'],
    story: 'The same; then the invoice over 10 pieces is rejected.',
    onlyAsTold: 'whoever comes first takes the quantity',
    facts: [
      ...goods(),
      receipt('W1', '15', day(9)),
      arrives(ten),
      arrives(eight, day(12)),
      fact('invoice.rejected', 'ap', 'no', day(13), [ten.ref], { reason: 'not ordered' }),
    ],
  },
  {
    name: 'order repriced after the match',
    policy,
    axes: ['match'],
    story: 'The order says 12.00 instead of 10.00 after the invoice was matched; the ERP’s copy follows.',
    onlyAsTold: whose,
    facts: [
      ...goods(),
      receipt('W1', '10', day(9)),
      arrives(ten),
      orderTold(goodsOrder({ version: 2 }, { price: '12.00' }), day(14)),
      orderTold(goodsOrder({ version: 2, supplier: 'V1' }, { price: '12.00' }), day(15), 'erp'),
    ],
  },
  {
    name: 'two systems, two prices',
    policy,
    axes: ['match'],
    story: 'Procurement holds the order, at 10.00; the ERP has it at 11.00.',
    facts: [
      ...goods(),
      receipt('W1', '10', day(9)),
      orderTold(goodsOrder({ version: 2, supplier: 'V1' }, { price: '11.00' }), day(10), 'erp'),
      arrives(ten),
    ],
  },
  {
    name: 'blocked in procurement',
    policy,
    axes: ['validation'],
    story: 'Procurement blocks the supplier; for the ERP it is active.',
    facts: [
      ...goods(),
      fact('supplier.blocked', 'procurement', 'blocked', day(9), [SUPPLIER], { supplier: 'M1', reason: 'under review' }),
      arrives(ten),
    ],
    onlyAsTold: 'a pass is not taken back by later news',
  },
]
