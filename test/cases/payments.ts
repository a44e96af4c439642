/** Cases about money: files, statements, returns, what settles without cash. */
import { entry, fact, SUPPLIER } from '../facts.ts'
import { aliasOf } from '../../src/domain/object.ts'
import { batchName } from '../../src/domain/names.ts'
import type { Case } from './case.ts'
import { answersPayment, approved, arrives, bill, books, clears, company, day, debits, NO_ORDER, over, paidInFull, returns, run, takes } from './story.ts'

const free = bill(NO_ORDER)
const three = [bill({ ...over('100.00'), number: 'R-1' }), bill({ ...over('50.00'), number: 'R-2' }), bill({ ...over('200.00'), number: 'R-3' })]
const credit = bill({ ...over('20.00'), number: 'G-1', kind: 'credit-note', typeCode: '381' })
const prepaid = bill(over('100.00', '0.00'))
const collected = bill({ ...NO_ORDER, paymentMeans: [{ code: '59', account: 'DE99' }] }, false)
const card = bill({ ...NO_ORDER, paymentMeans: [{ code: '48' }] }, false)
const ready = (invoice = free): ReturnType<typeof arrives>[] => [arrives(invoice), ...approved(invoice), books(invoice, '5100')]
const astray = run('M1', { E1: { 5100: '119.00' } }).map((arrival) => arrival.type === 'payment.instructed' ? { ...arrival, data: { ...arrival.data, account: 'DE99500105175407324931' } } : arrival)
const all = (message: string, at = day(20)): ReturnType<typeof arrives> =>
  entry(`file ${message}`, at, '', { endToEndId: undefined as never, messageId: message, amount: '178.50', bankReference: `B ${message}` })

export const PAYMENT_CASES: readonly Case[] = [
  { name: 'credit note netted with three invoices', axes: ['settlement'], story: 'One payment of 392.70: three invoices less the credit note.', facts: [
    ...company(), ...[...three, credit].flatMap((invoice, index) => [arrives(invoice), ...approved(invoice), books(invoice, `510${index}`)]),
    ...run('M1', { E1: { 5100: '119.00', 5101: '59.50', 5102: '238.00', 5103: '-23.80' } }), takes('M1'), debits('E1', '392.70'),
  ] },
  { name: 'part paid', axes: ['settlement'], story: '50.00 of 119.00.', facts: [...company(), ...ready(), ...run('M1', { E1: { 5100: '50.00' } }), takes('M1'), debits('E1', '50.00')] },
  { name: 'part paid, then the rest', axes: ['settlement'], story: '50.00, and 69.00 in another file.', facts: [
    ...company(), ...ready(), ...run('M1', { E1: { 5100: '50.00' } }), takes('M1'), debits('E1', '50.00'), ...run('M2', { E2: { 5100: '69.00' } }, day(23)), takes('M2', day(24)), debits('E2', '69.00', day(25)),
  ] },
  { name: 'prepaid to zero', axes: ['posting', 'settlement'], story: 'Gross 119.00, prepaid 119.00, payable 0.00.', facts: [...company(), ...ready(prepaid)] },
  { name: 'direct debit', axes: ['settlement'], story: 'The supplier collects 119.00; the entry names the invoice number.', facts: [
    ...company(), ...ready(collected), debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1 Acme' }),
  ] },
  { name: 'card', axes: ['settlement'], story: 'Paid by card; the entry names the invoice number.', facts: [
    ...company(), ...ready(card), debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'CARD R-1' }),
  ] },
  { name: 'returned after paid', axes: ['settlement'], story: 'The bank gives the amount back: account closed.', facts: [...company(), arrives(free), ...approved(free), ...paidInFull(free), returns('E1', '119.00')] },
  { name: 'one item of a file returned', axes: ['settlement'], story: 'The bank books the file of two payments as one amount; later one of them comes back.', facts: [
    ...company(), ...[three[0]!, three[1]!].flatMap((invoice, index) => [arrives(invoice), ...approved(invoice), books(invoice, `510${index}`)]),
    ...run('M1', { E1: { 5100: '119.00' }, E2: { 5101: '59.50' } }), takes('M1'), all('M1'), returns('E2', '59.50'),
  ] },
  { name: 'one item of a file rejected', axes: ['settlement'], story: 'The bank rejects one of two payments and books the other.', facts: [
    ...company(), ...[three[0]!, three[1]!].flatMap((invoice, index) => [arrives(invoice), ...approved(invoice), books(invoice, `510${index}`)]),
    ...run('M1', { E1: { 5100: '119.00' }, E2: { 5101: '59.50' } }),
    fact('payment.rejected', 'bank', 'rejects E2', day(19), [{ names: [aliasOf('public', 'payment', 'M1 E2')] }], { messageId: 'M1', endToEndId: 'E2', code: 'AC04', reason: 'account closed', document: 'b'.repeat(64) }),
    entry('file M1', day(20), '', { endToEndId: undefined as never, messageId: 'M1', amount: '119.00' }),
  ] },
  { name: 'announced and booked', axes: ['settlement'], story: 'camt.054 and camt.053 tell of the same entry: it is paid once.', facts: [
    ...company(), arrives(free), ...approved(free), ...paidInFull(free),
    { ...entry('announced', day(19, 9), 'E1'), type: 'statement.entry-announced', readBack: false, about: [{ names: [aliasOf('bank', 'announced-entry', '1')], create: 'statement-entry' }] },
  ] },
  { name: 'only announced', axes: ['settlement'], story: 'camt.054 alone: an announcement settles nothing.', facts: [
    ...company(), ...ready(), ...run('M1', { E1: { 5100: '119.00' } }), takes('M1'),
    { ...entry('announced', day(19, 9), 'E1'), type: 'statement.entry-announced', readBack: false, about: [{ names: [aliasOf('bank', 'announced-entry', '1')], create: 'statement-entry' }] },
  ] },
  { name: 'bank books another amount', axes: ['settlement'], story: '118.00 was booked where 119.00 was instructed.', facts: [
    ...company(), ...ready(), ...run('M1', { E1: { 5100: '119.00' } }), takes('M1'), debits('E1', '118.00'),
  ] },
  { name: 'supplier blocked after approval', axes: ['posting', 'settlement'], onlyAsTold: 'the block counts when the file is released', story: 'Posted; then the ERP blocks the supplier; then a file with it is released.', facts: [
    ...company(), ...ready(), fact('supplier.blocked', 'erp', 'block', day(16), [SUPPLIER], { supplier: 'V1', reason: 'bank details in doubt' }), ...run('M1', { E1: { 5100: '119.00' } }),
  ] },
  { name: 'account that is not the supplier’s, cancelled', axes: ['settlement'], story: 'The file pays another account than the supplier master’s; two people have the payment cancelled.', facts: [
    ...company(), ...ready(), ...astray, answersPayment('E1', 'M1', 'payment-stopped', 'cancel', day(18, 12), 'person:tom'),
    fact('payment.cancelled', 'erp', 'void E1', day(18, 13), [{ names: [aliasOf('public', 'payment', 'M1 E1')] }], { messageId: 'M1', endToEndId: 'E1', reason: 'made void' }),
  ] },
  { name: 'file rejected as a whole', axes: ['settlement'], story: 'The bank refuses the file.', facts: [
    ...company(), ...ready(), ...run('M1', { E1: { 5100: '119.00' } }),
    fact('payment.rejected', 'bank', 'rejects M1', day(19), [{ names: [batchName('M1')] }], { messageId: 'M1', code: 'FF01', reason: 'format', document: 'b'.repeat(64) }),
  ] },
  { name: 'settled by discount and cash', axes: ['settlement'], story: '116.62 paid, the ERP clears 2.38 as discount.', facts: [
    ...company(), ...ready(), ...run('M1', { E1: { 5100: '116.62' } }), takes('M1'), debits('E1', '116.62'), clears(free, 'discount', '2.38'),
  ] },
]
