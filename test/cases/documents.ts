/** Cases about what arrives: documents, orders, identity. */
import { invoiceDocument } from '../facts.ts'
import { choosing, type Case } from './case.ts'
import { approved, arrives, bill, company, corrects, day, NO_ORDER, over, paidInFull, run, storno, books, answers } from './story.ts'

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
]
