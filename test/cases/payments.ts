/** Cases about money: files, statements, returns, what settles without cash. One table; what stands before it are names for what its rows repeat. */
import { entry, fact, SUPPLIER } from '../facts.ts'
import { aliasOf, type Arrival, type Ref } from '../../src/domain/object.ts'
import type { BookedDocument, FactData } from '../../src/domain/event-data.ts'
import { sumOf } from '../../src/domain/invoice-content.ts'
import { batchName, paymentName, postingName } from '../../src/domain/names.ts'
import { choosing, NOW, type Case } from './case.ts'
import {
  answers,
  answersPayment,
  approved,
  arrives,
  bill,
  books,
  clears,
  company,
  corrects,
  day,
  debits,
  NO_ORDER,
  over,
  paidInFull,
  type Paying,
  PERSON,
  returns,
  run,
  takes,
} from './story.ts'

const free = bill(NO_ORDER)
const three = [
  bill({ ...over('100.00'), number: 'R-1' }),
  bill({ ...over('50.00'), number: 'R-2' }),
  bill({ ...over('200.00'), number: 'R-3' }),
]
const credit = bill({ ...over('20.00'), number: 'G-1', kind: 'credit-note', typeCode: '381' })
const prepaid = bill(over('100.00', '0.00'))
const prepaidInPart = bill(over('100.00', '19.00'))
const prepayment = bill({ ...over('100.00'), number: 'V-1', typeCode: '386' })
const final = bill({ ...over('200.00'), number: 'R-1' })
const zero = bill({ ...over('0.00') })
const overpaid = bill(over('100.00', '-10.00'))
const less10 = bill(over('90.00'))
const offering = bill({ ...NO_ORDER, paymentTerms: 'Payable at once.\n#SKONTO#TAGE=21#PROZENT=5.00#\n' })
const collected = bill({ ...NO_ORDER, paymentMeans: [{ code: '59', account: 'DE99' }] }, false)
const card = bill({ ...NO_ORDER, paymentMeans: [{ code: '48' }] }, false)
const ready = (invoice = free): ReturnType<typeof arrives>[] => [arrives(invoice), ...approved(invoice), books(invoice, '5100')]
/** Paid but for this much. */
const less = (rest: string, invoice = free): ReturnType<typeof arrives>[] => {
  const amount = sumOf(['119.00', `-${rest}`])
  return [...ready(invoice), ...run('M1', { E1: { 5100: amount } }), takes('M1'), debits('E1', amount)]
}
const ANOTHERS_ACCOUNT = 'DE75512108001245126199'
/** What the ERP says of a supplier that is not the invoice's. */
const ANOTHER = fact(
  'reference.read',
  'erp',
  'read V2',
  day(2),
  [{ names: [aliasOf('public', 'supplier-vat', 'DE222'), aliasOf('erp', 'supplier', 'V2')], create: 'supplier' }],
  {
    asked: 'supplier',
    readAt: NOW,
    found: true,
    supplier: { number: 'V2', name: 'Other GmbH', vatId: 'DE222', active: true, blocked: false, accounts: [ANOTHERS_ACCOUNT] },
  },
)
/** As the file pays, with something else in it. */
const paying = (change: Partial<FactData['payment.instructed']>, postings: Paying[string] = { 5100: '119.00' }): Arrival[] =>
  run('M1', { E1: postings }).map((arrival) =>
    arrival.type === 'payment.instructed' ? { ...arrival, data: { ...arrival.data, ...change } } : arrival,
  )
/** Paid in full, and once more by a file that was given to the bank past the hub. */
const paidTwice = [
  ...company(),
  arrives(free),
  ...approved(free),
  ...paidInFull(free),
  ...run('M2', { E2: { 5100: '119.00' } }, day(21)),
  takes('M2', day(21, 9)),
  debits('E2', '119.00', day(22)),
]
/** Where 119.00 EUR are due, the bank books 119.00 USD. */
const inDollars = [
  ...company(),
  ...ready(),
  ...paying({ currency: 'USD' }),
  takes('M1'),
  debits('E1', '119.00', day(20), { currency: 'USD' }),
]
const all = (message: string, at = day(20)): ReturnType<typeof arrives> =>
  entry(`file ${message}`, at, '', { endToEndId: undefined as never, messageId: message, amount: '178.50', bankReference: `B ${message}` })

const BETWEEN = choosing({ route: 'intercompany', when: { suppliers: ['DE111'] } })
const between = bill(NO_ORDER, false)
const cleared = (ledger: string, amount: string): ReturnType<typeof arrives> =>
  clears(between, 'intercompany', amount, { postingNo: '5100', ledger, bookedOn: '2026-01-20' })
const takenOver = fact(
  'invoice.taken-over',
  'person',
  'item 5800',
  day(5),
  [{ names: [postingName('erp', '1000', '5800'), aliasOf('erp', 'document', '5800')], create: 'invoice' }],
  {
    postingNo: '5800',
    supplier: 'V1',
    number: 'R-0',
    amount: '119.00',
    currency: 'EUR',
    postedOn: '2025-12-10',
    open: [{ account: '1600', currency: 'EUR', amount: '119.00' }],
    entity: '1000',
    on: '2026-01-05',
    file: 'a'.repeat(64),
  },
)
/** As the ERP's own feed tells of it. */
const standing = fact(
  'posting.confirmed',
  'erp',
  'posted 5800',
  day(5),
  [{ names: [postingName('erp', '1000', '5800'), aliasOf('erp', 'document', '5800')], create: 'invoice' }],
  {
    postingNo: '5800',
    entity: '1000',
    supplier: 'V1',
    number: 'R-0',
    amount: '119.00',
    currency: 'EUR',
    postedOn: '2025-12-10',
  },
)

/** What the ERP shows as paid by a document of its own, whoever made that. */
const booked = (about: Ref, document: Partial<BookedDocument> = {}): Arrival =>
  fact('status.reported', 'erp', `shows ${about.names[0]}`, day(20, 9), [{ ...about, create: 'payment' }], {
    system: 'erp',
    facet: 'settlement',
    word: 'CONFIRMED',
    claims: 'settled',
    document: { number: 'P-E1', entity: '1000', supplier: 'V1', amount: '119.00', currency: 'EUR', on: '2026-01-20', ...document },
  })
const e1: Ref = { names: [paymentName('M1', 'E1')] }
const clearing: Ref = { names: [aliasOf('erp', 'booked-clearing', '1000 1500')] }
const clearingOf = (...postings: string[]): Arrival =>
  booked(clearing, { number: '1500', clears: postings.map((no) => ({ posting: postingName('erp', '1000', no), amount: '50.00' })) })

export const PAYMENT_CASES: readonly Case[] = [
  {
    name: 'credit note netted with three invoices',
    axes: ['settlement'],
    story: 'One payment of 392.70: three invoices less the credit note.',
    facts: [
      ...company(),
      ...[...three, credit].flatMap((invoice, index) => [arrives(invoice), ...approved(invoice), books(invoice, `510${index}`)]),
      ...run('M1', { E1: { 5100: '119.00', 5101: '59.50', 5102: '238.00', 5103: '-23.80' } }),
      takes('M1'),
      debits('E1', '392.70'),
    ],
  },
  {
    name: 'part paid',
    axes: ['settlement'],
    story: '50.00 of 119.00.',
    facts: [...company(), ...ready(), ...run('M1', { E1: { 5100: '50.00' } }), takes('M1'), debits('E1', '50.00')],
  },
  {
    name: 'part paid, then the rest',
    axes: ['settlement'],
    story: '50.00, and 69.00 in another file.',
    facts: [
      ...company(),
      ...ready(),
      ...run('M1', { E1: { 5100: '50.00' } }),
      takes('M1'),
      debits('E1', '50.00'),
      ...run('M2', { E2: { 5100: '69.00' } }, day(23)),
      takes('M2', day(24)),
      debits('E2', '69.00', day(25)),
    ],
  },
  {
    name: 'prepaid to zero',
    axes: ['posting', 'settlement'],
    story: 'Gross 119.00, prepaid 119.00, payable 0.00.',
    facts: [...company(), ...ready(prepaid)],
  },
  {
    name: 'prepaid to zero, and the prepayment cleared',
    axes: ['settlement'],
    story: 'The same; the ERP clears the prepayment of 119.00 against it.',
    facts: [...company(), ...ready(prepaid), clears(prepaid, 'prepayment', '119.00')],
  },
  {
    name: 'prepaid in part',
    axes: ['settlement'],
    story: 'Gross 119.00, prepaid 100.00, payable 19.00, which the bank books; the ERP clears the prepayment of 100.00 beside it.',
    facts: [
      ...company(),
      ...ready(prepaidInPart),
      clears(prepaidInPart, 'prepayment', '100.00'),
      ...run('M1', { E1: { 5100: '19.00' } }),
      takes('M1'),
      debits('E1', '19.00'),
    ],
  },
  {
    name: 'prepaid in part, and more of it cleared than it takes off',
    axes: ['settlement'],
    story: 'The same, but the ERP clears 119.00 as prepayment and the bank books 19.00.',
    onlyAsTold: 'a payment that is booked is not stopped any more',
    facts: [
      ...company(),
      ...ready(prepaidInPart),
      ...run('M1', { E1: { 5100: '19.00' } }),
      takes('M1'),
      debits('E1', '19.00'),
      clears(prepaidInPart, 'prepayment', '119.00'),
    ],
  },
  {
    name: 'prepaid to zero, and paid',
    axes: ['settlement'],
    onlyAsTold: 'a payment that is booked is not stopped any more',
    story: 'The same without the clearing; 119.00 are paid by a file that was given to the bank past the hub.',
    facts: [...company(), ...ready(prepaid), ...run('M1', { E1: { 5100: '119.00' } }), takes('M1'), debits('E1', '119.00')],
  },
  {
    name: 'direct debit',
    axes: ['settlement'],
    story: 'The supplier collects 119.00; the entry names the invoice number.',
    facts: [
      ...company(),
      ...ready(collected),
      debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1 Acme' }),
    ],
  },
  {
    name: 'direct debit of what was sent back',
    axes: ['approval', 'posting', 'settlement'],
    story: 'The approver sends it back before it is posted; the supplier collects it all the same.',
    facts: [
      ...company(),
      arrives(collected),
      fact('approval.withdrawn', 'ap', 'take back', day(14), [collected.ref], { ticket: 'T', person: PERSON, reason: 'sent back' }),
      debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1 Acme' }),
    ],
  },
  {
    name: 'direct debit, given back',
    axes: ['settlement'],
    story: 'The supplier collects 119.00; the bank gives it back, and names the invoice number.',
    facts: [
      ...company(),
      ...ready(collected),
      debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1 Acme' }),
      debits('', '119.00', day(25), {
        endToEndId: undefined as never,
        remittance: 'Invoice R-1 Acme',
        direction: 'credit',
        returns: { code: 'MD06', reason: 'refund' },
      }),
    ],
  },
  {
    name: 'card',
    axes: ['settlement'],
    story: 'Paid by card; the entry names the invoice number.',
    facts: [...company(), ...ready(card), debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'CARD R-1' })],
  },
  {
    name: 'returned after paid',
    axes: ['settlement'],
    story: 'The bank gives the amount back: account closed.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), returns('E1', '119.00')],
  },
  {
    name: 'a part comes back',
    axes: ['settlement'],
    story: 'Paid; the bank gives 19.00 of the 119.00 back: what is paid stays so, and a person is asked.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), returns('E1', '19.00')],
  },
  {
    name: 'somebody pays us under the number of our payment',
    axes: ['settlement'],
    story: 'Paid; a customer’s transfer of 5,000.00 has the end-to-end id of our payment.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), debits('E1', '5000.00', day(22), { direction: 'credit' })],
  },
  {
    name: 'returned, and the bank takes that back',
    axes: ['settlement'],
    story: 'Returned after it was paid; then the bank reverses its credit: a person is asked what stands.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      ...paidInFull(free),
      returns('E1', '119.00'),
      debits('E1', '119.00', day(24), { reversal: true }),
    ],
  },
  {
    name: 'one item of a file returned',
    axes: ['settlement'],
    story: 'The bank books the file of two payments as one amount; later one of them comes back.',
    facts: [
      ...company(),
      ...[three[0]!, three[1]!].flatMap((invoice, index) => [arrives(invoice), ...approved(invoice), books(invoice, `510${index}`)]),
      ...run('M1', { E1: { 5100: '119.00' }, E2: { 5101: '59.50' } }),
      takes('M1'),
      all('M1'),
      returns('E2', '59.50'),
    ],
  },
  {
    name: 'one item of a file booked once more',
    axes: ['settlement'],
    story: 'The bank books the file of two payments as one amount, and one of them by itself as well.',
    facts: [
      ...company(),
      ...[three[0]!, three[1]!].flatMap((invoice, index) => [arrives(invoice), ...approved(invoice), books(invoice, `510${index}`)]),
      ...run('M1', { E1: { 5100: '119.00' }, E2: { 5101: '59.50' } }),
      takes('M1'),
      all('M1'),
      debits('E2', '59.50', day(21)),
    ],
  },
  {
    name: 'one item of a file rejected',
    axes: ['settlement'],
    story: 'The bank rejects one of two payments and books the other.',
    facts: [
      ...company(),
      ...[three[0]!, three[1]!].flatMap((invoice, index) => [arrives(invoice), ...approved(invoice), books(invoice, `510${index}`)]),
      ...run('M1', { E1: { 5100: '119.00' }, E2: { 5101: '59.50' } }),
      fact('payment.rejected', 'bank', 'rejects E2', day(19), [{ names: [aliasOf('public', 'payment', 'M1 E2')] }], {
        messageId: 'M1',
        endToEndId: 'E2',
        code: 'AC04',
        reason: 'account closed',
        document: 'b'.repeat(64),
      }),
      entry('file M1', day(20), '', { endToEndId: undefined as never, messageId: 'M1', amount: '119.00' }),
    ],
  },
  {
    name: 'announced and booked',
    axes: ['settlement'],
    story: 'camt.054 and camt.053 tell of the same entry: it is paid once.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      ...paidInFull(free),
      {
        ...entry('announced', day(19, 9), 'E1'),
        type: 'statement.entry-announced',
        readBack: false,
        about: [{ names: [aliasOf('bank', 'announced-entry', '1')], create: 'statement-entry' }],
      },
    ],
  },
  {
    name: 'only announced',
    axes: ['settlement'],
    story: 'camt.054 alone: an announcement settles nothing.',
    facts: [
      ...company(),
      ...ready(),
      ...run('M1', { E1: { 5100: '119.00' } }),
      takes('M1'),
      {
        ...entry('announced', day(19, 9), 'E1'),
        type: 'statement.entry-announced',
        readBack: false,
        about: [{ names: [aliasOf('bank', 'announced-entry', '1')], create: 'statement-entry' }],
      },
    ],
  },
  {
    name: 'bank books another amount',
    axes: ['settlement'],
    story: '118.00 was booked where 119.00 was instructed.',
    facts: [...company(), ...ready(), ...run('M1', { E1: { 5100: '119.00' } }), takes('M1'), debits('E1', '118.00')],
  },
  {
    name: 'supplier blocked after approval',
    axes: ['posting', 'settlement'],
    onlyAsTold: 'the block counts when the file is released',
    story: 'Posted; then the ERP blocks the supplier; then a file with it is released.',
    facts: [
      ...company(),
      ...ready(),
      fact('supplier.blocked', 'erp', 'block', day(16), [SUPPLIER], { supplier: 'V1', reason: 'bank details in doubt' }),
      ...run('M1', { E1: { 5100: '119.00' } }),
    ],
  },
  {
    name: 'account that is not the supplier’s, cancelled',
    axes: ['settlement'],
    story: 'The file pays another account than the supplier master’s; two people have the payment cancelled.',
    facts: [
      ...company(),
      ...ready(),
      ...paying({ account: 'DE99500105175407324931' }),
      answersPayment('E1', 'M1', 'payment-stopped', 'cancel', day(18, 12), 'person:tom'),
      fact('payment.cancelled', 'erp', 'void E1', day(18, 13), [{ names: [aliasOf('public', 'payment', 'M1 E1')] }], {
        messageId: 'M1',
        endToEndId: 'E1',
        reason: 'made void',
      }),
    ],
  },
  {
    name: 'payment to another supplier, to an account of his',
    axes: ['settlement'],
    story: 'The run pays the invoice of V1 to V2, to the account that the supplier master has of V2.',
    facts: [...company(), ANOTHER, ...ready(), ...paying({ supplier: 'V2', account: ANOTHERS_ACCOUNT })],
  },
  {
    name: 'payment in another currency',
    axes: ['settlement'],
    story: '119.00 USD are to be paid; 119.00 EUR are due.',
    facts: [...company(), ...ready(), ...paying({ currency: 'USD' })],
  },
  {
    name: 'paid in another currency',
    axes: ['settlement'],
    onlyAsTold: 'a payment that is booked is not stopped any more',
    story: 'The same, given to the bank past the hub, which books it: nothing that is due is settled by it.',
    facts: inDollars,
  },
  {
    name: 'paid in another currency, explained',
    axes: ['settlement'],
    onlyAsTold: 'an answer counts for what stood when it was given',
    story: 'The same; a person says what it was. It stays open.',
    facts: [...inDollars, answers(free, 'settled-in-another-currency', 'explained', day(21))],
  },
  {
    name: 'paid in another currency, explained, and again',
    axes: ['settlement'],
    onlyAsTold: 'an answer counts for what stood when it was given',
    story: 'The same, and it happens once more: what was said of one says nothing of the next.',
    facts: [
      ...inDollars,
      answers(free, 'settled-in-another-currency', 'explained', day(21)),
      clears(free, 'netting', '119.00', { currency: 'USD' }, day(22)),
    ],
  },
  {
    name: 'cleared before anything else is heard of it',
    axes: ['settlement'],
    story: 'The ERP’s netting comes first: there is no currency yet to compare its own with.',
    facts: [...company(), clears(free, 'netting', '119.00')],
  },
  {
    name: 'exchange difference in the company’s currency',
    axes: ['settlement'],
    story: '119.00 paid; the ERP clears 3.10 CHF as exchange difference, which settles nothing more.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), clears(free, 'fx', '3.10', { currency: 'CHF' })],
  },
  {
    name: 'paid twice',
    axes: ['settlement'],
    onlyAsTold: 'a payment that is booked is not stopped any more',
    story: 'Paid in full, and once more by a file that was given to the bank past the hub.',
    facts: paidTwice,
  },
  {
    name: 'paid twice, and one comes back',
    axes: ['settlement'],
    onlyAsTold: 'a payment that is booked is not stopped any more',
    story: 'The same; the bank gives the second one back.',
    facts: [...paidTwice, returns('E2', '119.00', day(23))],
  },
  {
    name: 'paid twice, explained',
    axes: ['settlement'],
    onlyAsTold: 'an answer counts for what stood when it was given',
    story: 'The same without the return; treasury says that the supplier takes it off the next invoice.',
    facts: [...paidTwice, answers(free, 'overpaid', 'explained', day(23))],
  },
  {
    name: 'paid twice, explained, and settled once more',
    axes: ['settlement'],
    onlyAsTold: 'an answer counts for what stood when it was given',
    story: 'The same; then the ERP clears a credit note against it: what was said of two says nothing of the third.',
    facts: [...paidTwice, answers(free, 'overpaid', 'explained', day(23)), clears(free, 'netting', '23.80', {}, day(24))],
  },
  {
    name: 'paid, and corrected to less',
    axes: ['settlement'],
    onlyAsTold: 'what is known when it is approved is what is approved',
    story: 'Paid in full over 119.00; then a correction over 107.10 comes.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), corrects(free, less10, day(22))],
  },
  {
    name: 'paid in full, and netted',
    axes: ['settlement'],
    onlyAsTold: 'what is open when its file is released is paid',
    story: 'The bank books 119.00, and the ERP clears a credit note of 23.80 against the invoice as well.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), clears(free, 'netting', '23.80')],
  },
  {
    name: 'collected, and paid',
    axes: ['settlement'],
    onlyAsTold: 'a payment that is booked is not stopped any more',
    story: 'The supplier collects 119.00; a file that was given to the bank past the hub pays them as well.',
    facts: [
      ...company(),
      ...ready(collected),
      debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1 Acme' }),
      ...run('M1', { E1: { 5100: '119.00' } }, day(21)),
      takes('M1', day(21, 9)),
      debits('E1', '119.00', day(22)),
    ],
  },
  {
    name: 'credit note applied for more than it is',
    axes: ['settlement'],
    story: 'The credit note is over 23.80; the ERP clears 47.60 of it.',
    facts: [...company(), ...ready(credit), clears(credit, 'netting', '-47.60')],
  },
  {
    name: 'file rejected as a whole',
    axes: ['settlement'],
    story: 'The bank refuses the file.',
    facts: [
      ...company(),
      ...ready(),
      ...run('M1', { E1: { 5100: '119.00' } }),
      fact('payment.rejected', 'bank', 'rejects M1', day(19), [{ names: [batchName('M1')] }], {
        messageId: 'M1',
        code: 'FF01',
        reason: 'format',
        document: 'b'.repeat(64),
      }),
    ],
  },
  {
    name: 'cash discount in time',
    axes: ['settlement'],
    story: '116.62 paid; the ERP clears 2.38 (2 %) as discount, ten days after the invoice’s date.',
    facts: [...company(), ...less('2.38'), clears(free, 'discount', '2.38', { bookedOn: '2026-01-20' })],
  },
  {
    name: 'cash discount too late',
    axes: ['settlement'],
    story: 'The same, 15 days after the invoice’s date: 14 are allowed.',
    facts: [...company(), ...less('2.38'), clears(free, 'discount', '2.38', { bookedOn: '2026-01-25' })],
  },
  {
    name: 'cash discount too high',
    axes: ['settlement'],
    story: '5.95 (5 %) as discount; 3 % are allowed.',
    facts: [...company(), ...less('5.95'), clears(free, 'discount', '5.95', { bookedOn: '2026-01-20' })],
  },
  {
    name: 'cash discount as the invoice offers it',
    axes: ['settlement'],
    story: 'The payment terms say #SKONTO#TAGE=21#PROZENT=5.00#: 5.95 after 21 days are as offered, whatever the policy says.',
    facts: [...company(), ...less('5.95', offering), clears(offering, 'discount', '5.95', { bookedOn: '2026-01-31' }, day(31))],
  },
  {
    name: 'cash discount later than the invoice offers it',
    axes: ['settlement'],
    story: 'The same, 22 days after the invoice’s date.',
    facts: [...company(), ...less('5.95', offering), clears(offering, 'discount', '5.95', { bookedOn: '2026-02-01' }, day(31))],
  },
  {
    name: 'cash discount beyond what the invoice offers',
    axes: ['settlement'],
    story: 'The same terms; 7.14 (6 %) are taken.',
    facts: [...company(), ...less('7.14', offering), clears(offering, 'discount', '7.14', { bookedOn: '2026-01-20' })],
  },
  {
    name: 'withholding',
    axes: ['settlement'],
    story: '17.85 withheld for the tax office, the rest paid.',
    facts: [...company(), ...less('17.85'), clears(free, 'withholding', '17.85')],
  },
  {
    name: 'exchange difference',
    axes: ['settlement'],
    story: 'The bank booked 118.63; the ERP clears 0.37 as exchange difference.',
    facts: [...company(), ...less('0.37'), clears(free, 'fx', '0.37')],
  },
  {
    name: 'fee',
    axes: ['settlement'],
    story: '10.00 kept by a bank on the way, cleared as fee.',
    facts: [...company(), ...less('10.00'), clears(free, 'fee', '10.00')],
  },
  {
    name: 'rounding',
    axes: ['settlement'],
    story: '0.01 cleared as rounding.',
    facts: [...company(), ...less('0.01'), clears(free, 'rounding', '0.01')],
  },
  {
    name: 'write-off over the limit',
    axes: ['settlement'],
    story: '19.00 written off; 5.00 and 1 % are allowed.',
    facts: [...company(), ...less('19.00'), clears(free, 'write-off', '19.00')],
  },
  {
    name: 'write-off accepted',
    axes: ['settlement'],
    story: 'The same; two people accept it.',
    facts: [
      ...company(),
      ...less('19.00'),
      clears(free, 'write-off', '19.00'),
      answers(free, 'difference-outside-policy', 'accept-difference', day(25), 'person:tom'),
    ],
  },
  {
    name: 'difference of an unknown kind',
    axes: ['settlement'],
    story: 'The ERP clears 1.00 as goodwill: it counts, and a person is told.',
    facts: [...company(), ...less('1.00'), clears(free, 'goodwill', '1.00')],
  },
  {
    name: 'credit note netted in the ledger',
    axes: ['settlement'],
    story: 'The ERP clears a credit note of 23.80 against the invoice and pays the rest.',
    facts: [
      ...company(),
      ...ready(),
      arrives(credit),
      ...approved(credit),
      books(credit, '5103'),
      ...run('M1', { E1: { 5100: '95.20' } }),
      takes('M1'),
      debits('E1', '95.20'),
      clears(free, 'netting', '23.80'),
      clears(credit, 'netting', '-23.80'),
    ],
  },
  {
    name: 'prepayment cleared',
    axes: ['settlement'],
    story: 'A prepayment invoice (386) was paid; the ERP clears 119.00 of it against the invoice over 238.00, the rest is paid.',
    facts: [
      ...company(),
      arrives(prepayment),
      ...approved(prepayment),
      ...paidInFull(prepayment, '5110', 'M0', 'E0'),
      arrives(final),
      ...approved(final),
      books(final, '5100'),
      clears(final, 'prepayment', '119.00'),
      ...run('M1', { E1: { 5100: '119.00' } }),
      takes('M1'),
      debits('E1', '119.00', day(21)),
    ],
  },
  {
    name: 'between companies',
    axes: ['settlement'],
    story: 'The supplier is a company of ours: both ledgers clear 119.00, no bank is asked.',
    policy: BETWEEN,
    facts: [...company(), ...ready(between), cleared('1000', '119.00'), cleared('2000', '119.00')],
  },
  {
    name: 'between companies, one side only',
    axes: ['settlement'],
    story: 'Only our own ledger has cleared it: it is not paid.',
    policy: BETWEEN,
    facts: [...company(), ...ready(between), cleared('1000', '119.00')],
  },
  {
    name: 'between companies, unequal',
    axes: ['settlement'],
    story: 'Our ledger cleared 119.00, the other company’s 100.00.',
    policy: BETWEEN,
    facts: [...company(), ...ready(between), cleared('1000', '119.00'), cleared('2000', '100.00')],
  },
  {
    name: 'between companies, more than is due',
    axes: ['settlement'],
    story: 'Both ledgers cleared 238.00.',
    policy: BETWEEN,
    facts: [...company(), ...ready(between), cleared('1000', '238.00'), cleared('2000', '238.00')],
  },
  {
    name: 'taken over at cut-over',
    axes: ['document', 'approval', 'posting', 'settlement'],
    story: 'Open when the hub began: 119.00 by the signed balance; then it is paid.',
    facts: [...company(), takenOver, standing, ...run('M1', { E1: { 5800: '119.00' } }), takes('M1'), debits('E1', '119.00')],
  },
  {
    name: 'taken over, part paid before',
    axes: ['document', 'settlement'],
    story: 'The same; 50.00 of it were still open, and those are paid.',
    facts: [
      ...company(),
      { ...takenOver, data: { ...takenOver.data, open: [{ account: '1600', currency: 'EUR', amount: '50.00' }] } },
      standing,
      ...run('M1', { E1: { 5800: '50.00' } }),
      takes('M1'),
      debits('E1', '50.00'),
    ],
  },
  {
    name: 'taken over, part paid before, then paid in full',
    axes: ['document', 'settlement'],
    onlyAsTold: 'a payment that is booked is not stopped any more',
    story: 'The same; 119.00 are paid, by a file that was given to the bank past the hub.',
    facts: [
      ...company(),
      { ...takenOver, data: { ...takenOver.data, open: [{ account: '1600', currency: 'EUR', amount: '50.00' }] } },
      standing,
      ...run('M1', { E1: { 5800: '119.00' } }),
      takes('M1'),
      debits('E1', '119.00'),
    ],
  },
  { name: 'nothing due', axes: ['posting', 'settlement'], story: 'Net, tax and payable are 0.00.', facts: [...company(), ...ready(zero)] },
  {
    name: 'prepaid too much',
    axes: ['posting', 'settlement'],
    story: 'Gross 119.00, prepaid 129.00, payable -10.00: a credit of the supplier’s.',
    facts: [...company(), ...ready(overpaid)],
  },
  {
    name: 'paid outside',
    axes: ['settlement'],
    story: 'The bank books 119.00 and names the invoice; nobody had instructed it.',
    facts: [...company(), ...ready(), debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1' })],
  },
  {
    name: 'paid outside, then instructed',
    axes: ['settlement'],
    onlyAsTold: 'what came first was paid',
    story: 'The same; later a file with it is released: it is kept from the bank.',
    facts: [
      ...company(),
      ...ready(),
      debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1' }),
      ...run('M1', { E1: { 5100: '119.00' } }, day(22)),
    ],
  },
  {
    name: 'paid outside, given back',
    axes: ['settlement'],
    story: 'Paid outside; then the bank reverses its entry.',
    facts: [
      ...company(),
      ...ready(),
      debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1' }),
      debits('', '119.00', day(25), { endToEndId: undefined as never, remittance: 'Invoice R-1', direction: 'credit', reversal: true }),
    ],
  },
  {
    name: 'bank entry of nobody',
    axes: ['settlement'],
    story: 'The bank books 119.00 and names nothing that is known.',
    facts: [...company(), ...ready(), debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Thank you' })],
  },
  {
    name: 'paid in the ERP by nobody',
    story: 'The ERP shows a payment document as paid, of a run that nobody heard of.',
    facts: [...company(), ...ready(), booked(e1)],
  },
  {
    name: 'paid in the ERP before its file is read',
    axes: ['settlement'],
    story: 'The same; then the file tells what was paid, and the bank that it was.',
    facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), booked(e1)],
  },
  {
    name: 'paid in the ERP before anybody asks',
    story: 'The ERP shows it as paid on the day before policy.bypassFrom: it is history.',
    policy: { bypassFrom: '2026-01-21' },
    facts: [...company(), ...ready(), booked(e1)],
  },
  {
    name: 'clearing of what nobody knows',
    story: 'A clerk clears two documents against each other, of which one is known here.',
    facts: [...company(), ...ready(), clearingOf('5100', '5999')],
  },
  {
    name: 'clearing of what is known',
    story: 'The same, and the other document is told of, too: what cleared them is the invoices’ own matter.',
    facts: [...company(), ...ready(), arrives(credit), ...approved(credit), books(credit, '5103'), clearingOf('5100', '5103')],
  },
  {
    name: 'reversal with the same bank reference',
    axes: ['settlement'],
    story: 'Entry and reversal carry one bank reference (as ING writes it): two entries, and the payment came back.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100'),
      ...run('M1', { E1: { 5100: '119.00' } }),
      takes('M1'),
      debits('E1', '119.00', day(20), { bankReference: '3101963431841' }),
      debits('E1', '119.00', day(22), { bankReference: '3101963431841', direction: 'credit', reversal: true }),
    ],
  },
  {
    name: 'reversal that only the bank reference names',
    axes: ['settlement'],
    story: 'The same without an end-to-end id: banks repeat their references, so a person is asked.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100'),
      ...run('M1', { E1: { 5100: '119.00' } }),
      takes('M1'),
      debits('E1', '119.00', day(20), { bankReference: '3101963431841' }),
      debits('', '119.00', day(22), {
        endToEndId: undefined as never,
        bankReference: '3101963431841',
        direction: 'credit',
        reversal: true,
      }),
    ],
  },
]
