/** Cases about what arrives: documents, orders, identity. */
import type { InvoiceDocument } from '../../src/domain/invoice-document.ts'
import type { Arrival } from '../../src/domain/object.ts'
import { aliasOf } from '../../src/domain/object.ts'
import { ACCOUNT, BUYER, fact, invoiceDocument } from '../facts.ts'
import { choosing, NOW, type Case } from './case.ts'
import {
  approved,
  arrives,
  bill,
  company,
  corrects,
  day,
  NO_ORDER,
  over,
  paidInFull,
  run,
  storno,
  books,
  answers,
  type Bill,
} from './story.ts'

const ordered = bill()
const LINE = invoiceDocument().lines[0]!
const dear = bill({ lines: [{ ...LINE, price: '12.50', quantity: '8' }] })
const strange = bill({ lines: [{ ...LINE, name: 'Gadget', orderLine: undefined as never }] })
const free = bill(NO_ORDER)
const again = bill({ dueOn: '2026-02-10' })
const other = bill({ ...over('200.00') })
const wrong = bill({ totals: { lines: '100.00', taxExclusive: '100.00', tax: '19.00', taxInclusive: '120.00', payable: '120.00' } })
const selfBilled = bill({ typeCode: '389' })
const credit = bill({ ...over('20.00'), number: 'G-1', kind: 'credit-note', typeCode: '381', precedingInvoices: [{ number: 'R-1' }] })
const corrected = bill({ ...over('90.00'), number: 'R-2', typeCode: '384', precedingInvoices: [{ number: 'R-1' }] })

/** An invoice or credit note over so many widgets on PO-1, of which 20 are ordered at 10.00. */
function pieces(count: string, number: string, more: Partial<InvoiceDocument> = {}, price = '10.00'): Bill {
  const net = (Number(count) * Number(price)).toFixed(2)
  return bill({ ...over(net), orderReference: 'PO-1', number, lines: [{ ...LINE, quantity: count, price, net }], ...more })
}
const fifteen = pieces('15', 'R-1')
const ten = pieces('10', 'R-2')
const back = { kind: 'credit-note', typeCode: '381', precedingInvoices: [{ number: 'R-1' }] } as const
const fiveBack = pieces('5', 'G-1', back)
const cheaper = pieces('15', 'G-1', back, '0.50')
const fourteen = pieces('14', 'R-3', { typeCode: '384', precedingInvoices: [{ number: 'R-1' }] })
const six = pieces('6', 'R-4')
const given = 'what was given back before is there'
/** A second master record of the supplier. */
const otherRecord = fact(
  'reference.read',
  'erp',
  'read another',
  '2026-01-02T08:00:00.000Z',
  [{ names: [aliasOf('public', 'supplier-vat', 'DE112'), aliasOf('erp', 'supplier', 'V2')], create: 'supplier' }],
  {
    asked: 'supplier',
    readAt: NOW,
    found: true,
    supplier: { number: 'V2', name: 'Acme GmbH', vatId: 'DE112', active: true, blocked: false, accounts: [ACCOUNT] },
  },
)
const mistyped = bill({ ...NO_ORDER, supplier: { name: 'Acme GmbH', vatId: 'DE112', ids: [] } })
const stranger = bill({
  ...NO_ORDER,
  supplier: { name: 'Other AG', vatId: 'DE112', ids: [] },
  paymentMeans: [{ code: '58', account: 'DE89370400440532013000' }],
})
/** An order up to 200.00, whatever the pieces are. */
const limited = (): Arrival[] =>
  company().map((arrival) => (arrival.data['asked'] === 'order' ? { ...arrival, data: { ...arrival.data, order: LIMIT } } : arrival))
const LIMIT = {
  number: 'PO-1',
  entity: '1000',
  supplier: 'V1',
  currency: 'EUR',
  open: true,
  approvedBy: BUYER,
  lines: [{ id: '1', quantity: '1', price: '200.00', unit: 'C62', byValue: true }],
}
const hours = (count: string, price: string, number: string): Bill => pieces(count, number, {}, price)

export const DOCUMENT_CASES: readonly Case[] = [
  {
    name: 'clean, on an order',
    axes: ['match', 'approval', 'posting', 'settlement'],
    story: 'It arrives, matches its order, is approved, posted, paid in a released file and booked by the bank.',
    facts: [...company(), arrives(ordered), ...approved(ordered), ...paidInFull(ordered)],
  },
  {
    name: 'no order',
    axes: ['match', 'settlement'],
    story: 'As before, without an order.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free)],
  },
  {
    name: 'price over tolerance',
    axes: ['validation', 'match'],
    story: '8 pieces at 12.50 where the order says 10.00.',
    facts: [...company(), arrives(dear)],
  },
  {
    name: 'price over tolerance, accepted',
    axes: ['match'],
    story: 'The same; two people accept the difference.',
    facts: [...company(), arrives(dear), answers(dear, 'mismatch', 'accept-difference', day(12), 'person:tom')],
  },
  {
    name: 'lines not paired',
    axes: ['match'],
    story: 'A line names no order line, and no item or name of the order.',
    facts: [...company(), arrives(strange)],
  },
  {
    name: 'does not add up',
    axes: ['validation', 'match'],
    story: 'Net 100.00 and tax 19.00, gross 120.00.',
    facts: [...company(), arrives(wrong)],
  },
  {
    name: 'same invoice in two documents',
    axes: ['document', 'settlement'],
    story: 'Number, parties, date, currency and totals are the same, the bytes are not (UBL and CII).',
    facts: [...company(), arrives(ordered), arrives(again), ...approved(ordered), ...paidInFull(ordered)],
  },
  {
    name: 'same number, other amount',
    axes: ['validation'],
    story: 'A second invoice of the supplier with the number of the first, over 238.00.',
    onlyAsTold: 'whoever comes first has the number',
    facts: [...company(), arrives(free), arrives(other, day(12))],
  },
  {
    name: 'duplicate, says a person',
    axes: ['validation'],
    story: 'The same, and it is answered: a duplicate.',
    onlyAsTold: 'whoever comes first has the number',
    facts: [...company(), arrives(free), arrives(other, day(12)), answers(other, 'duplicate-suspected', 'duplicate', day(12, 9))],
  },
  {
    name: 'corrected before approval',
    axes: ['approval'],
    story: 'A correction with a later due date replaces what first came.',
    facts: [
      ...company(),
      arrives(ordered),
      corrects(ordered, again, day(12)),
      ...approved(again).map((fact) => ({ ...fact, about: [ordered.ref] })),
    ],
  },
  {
    name: 'self-billed',
    axes: ['match', 'approval', 'settlement'],
    story: 'Type 389, written by us on an approved order: the order is the approval.',
    facts: [...company(), arrives(selfBilled), ...paidInFull(selfBilled)],
  },
  {
    name: 'evaluated receipt',
    axes: ['approval', 'settlement'],
    story: 'The policy puts this supplier on evaluated-receipt: never sent for approval.',
    policy: choosing({ route: 'evaluated-receipt', when: { suppliers: ['DE 111'] } }),
    facts: [...company(), arrives(ordered), ...paidInFull(ordered)],
  },
  {
    name: 'corrective invoice',
    axes: ['posting'],
    story: 'R-2 (type 384) names R-1, which is posted: a document of its own; R-1 is reversed in the ERP.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100'),
      arrives(corrected, day(16)),
      ...approved(corrected),
      storno(free, '5100', day(17)),
      books(corrected, '5200', day(18)),
    ],
  },
  {
    name: 'corrective invoice before posting',
    axes: ['posting'],
    story: 'R-2 (type 384) names R-1, which is approved and not posted: R-1 is not posted any more, R-2 goes on.',
    facts: [...company(), arrives(free), ...approved(free), arrives(corrected, day(14)), ...approved(corrected)],
  },
  {
    name: 'corrective invoice, both to be paid',
    axes: ['posting'],
    story: 'The same; two people say that both are to be paid.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      arrives(corrected, day(14)),
      ...approved(corrected),
      answers(free, 'superseded', 'keep', day(31, 23), 'person:tom'),
    ],
  },
  {
    name: 'corrective invoice, the first in a payment file',
    axes: ['settlement'],
    onlyAsTold: 'what corrects it counts when the file is released',
    story: 'R-2 names R-1, which is posted; then a file with R-1 is released: it is kept from the bank.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100'),
      arrives(corrected, day(16)),
      ...run('M1', { E1: { 5100: '119.00' } }),
    ],
  },
  {
    name: 'corrective invoice, the first was paid',
    axes: ['settlement', 'posting'],
    onlyAsTold: 'what was paid before it came stays paid',
    story: 'R-2 names R-1, which is paid: R-2 is posted and kept from being paid, until two people say so.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      ...paidInFull(free),
      arrives(corrected, day(21)),
      ...approved(corrected),
      books(corrected, '5200', day(22)),
    ],
  },
  {
    name: 'credit note that names its invoice',
    axes: ['posting'],
    story: 'G-1 (type 381) names R-1: each leads to the other, and both stand for themselves.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100'),
      arrives(credit, day(16)),
      ...approved(credit),
      books(credit, '5200', day(18)),
    ],
  },
  {
    name: 'same invoice, another VAT id',
    axes: ['validation'],
    story: 'R-1 comes once more with another VAT id of its supplier, who is known by both; number, amount and account are the same.',
    onlyAsTold: 'whoever comes first has the number',
    facts: [...company(), otherRecord, arrives(free), arrives(mistyped, day(12))],
  },
  {
    name: 'same number and amount, another supplier',
    axes: ['validation'],
    story: 'R-1 of another supplier over the same amount, with an account of its own.',
    facts: [...company(), otherRecord, arrives(free), arrives(stranger, day(12))],
  },
  {
    name: 'credit note on an order',
    axes: ['match'],
    story: '20 pieces are ordered, 15 invoiced; G-1 (type 381) over 5 of them is approved, then 10 are invoiced.',
    onlyAsTold: given,
    facts: [...company(), arrives(fifteen), arrives(fiveBack, day(12)), ...approved(fiveBack), arrives(ten, day(14))],
  },
  {
    name: 'credit note on an order, after the next invoice',
    axes: ['match'],
    story: 'The same; the 10 are invoiced first, and wait for the credit note.',
    onlyAsTold: given,
    facts: [...company(), arrives(fifteen), arrives(ten, day(12)), arrives(fiveBack, day(12, 9)), ...approved(fiveBack)],
  },
  {
    name: 'credit note that nobody approved',
    axes: ['match'],
    story: 'The same without the approval: it gives nothing back.',
    onlyAsTold: given,
    facts: [...company(), arrives(fifteen), arrives(fiveBack, day(12)), arrives(ten, day(14))],
  },
  {
    name: 'credit note over a price',
    axes: ['match'],
    story: 'G-1 credits 0.50 for each of the 15: no piece comes back, and 10 more are too many.',
    onlyAsTold: given,
    facts: [...company(), arrives(fifteen), arrives(cheaper, day(12)), ...approved(cheaper), arrives(ten, day(14))],
  },
  {
    name: 'credit note, refused after its approval',
    axes: ['match'],
    story: 'G-1 over 5 pieces is approved and then rejected: what it gave back is gone again before the 10 are invoiced.',
    onlyAsTold: given,
    facts: [
      ...company(),
      arrives(fifteen),
      arrives(fiveBack, day(12)),
      ...approved(fiveBack),
      fact('invoice.rejected', 'ap', 'no credit', day(14), [fiveBack.ref], { reason: 'wrong supplier' }),
      arrives(ten, day(15)),
    ],
  },
  {
    name: 'corrective invoice on an order',
    axes: ['match'],
    story: 'R-3 (type 384) over 14 pieces corrects R-1 over 15: it takes its place, and R-4 finds the other 6.',
    onlyAsTold: 'whoever comes first takes the quantity',
    facts: [...company(), arrives(fifteen), arrives(fourteen, day(12)), arrives(six, day(14))],
  },
  {
    name: 'corrective invoice on an order, rejected',
    axes: ['match'],
    story: 'The same; then R-3 is rejected, and R-1 takes its 15 again, which leaves too few for R-4.',
    onlyAsTold: 'whoever comes first takes the quantity',
    facts: [
      ...company(),
      arrives(fifteen),
      arrives(fourteen, day(12)),
      fact('invoice.rejected', 'ap', 'no correction', day(13), [fourteen.ref], { reason: 'withdrawn by phone' }),
      arrives(six, day(14)),
    ],
  },
  {
    name: 'order by value',
    axes: ['match'],
    story: 'Up to 200.00 are ordered; 4 hours at 20.00 and 3 at 40.00 are invoiced.',
    facts: [...limited(), arrives(hours('4', '20.00', 'R-1')), arrives(hours('3', '40.00', 'R-2'), day(12))],
  },
  {
    name: 'order by value, exceeded by a cent',
    axes: ['match'],
    story: 'The same; then one hour at 0.01 is invoiced.',
    onlyAsTold: 'whoever comes first takes the amount',
    facts: [
      ...limited(),
      arrives(hours('4', '20.00', 'R-1')),
      arrives(hours('3', '40.00', 'R-2'), day(12)),
      arrives(hours('1', '0.01', 'R-3'), day(13)),
    ],
  },
]
