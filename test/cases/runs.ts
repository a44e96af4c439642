/** Cases about payment runs: what is cancelled, stopped and let go on, paid by two of them, or told twice under one MsgId. */
import { ACCOUNT, entry, fact, SUPPLIER } from '../facts.ts'
import type { FactData } from '../../src/domain/event-data.ts'
import { batchName, paymentName } from '../../src/domain/names.ts'
import type { Arrival } from '../../src/domain/object.ts'
import type { Case } from './case.ts'
import {
  answersPayment,
  approved,
  arrives,
  bill,
  books,
  company,
  corrects,
  day,
  debits,
  ended,
  over,
  returns,
  run,
  takes,
  type Paying,
} from './story.ts'

const ANOTHER_ACCOUNT = 'DE99500105175407324931'
const first = bill({ ...over('100.00'), number: 'R-1' })
const second = bill({ ...over('50.00'), number: 'R-2' })
/** R-1 over 119.00, posted as 5100, and R-2 over 59.50, posted as 5101. */
const both = [
  ...company(),
  ...[first, second].flatMap((invoice, at) => [arrives(invoice), ...approved(invoice), books(invoice, `510${at}`)]),
]
const PAYING: Paying = { E1: { 5100: '119.00' }, E2: { 5101: '59.50' } }

/** The same run, with something else in this payment of it. */
const but = (facts: readonly Arrival[], endToEndId: string, change: Partial<FactData['payment.instructed']>): Arrival[] =>
  facts.map((arrival) =>
    arrival.type === 'payment.instructed' && arrival.data['endToEndId'] === endToEndId
      ? { ...arrival, data: { ...arrival.data, ...change } }
      : arrival,
  )
/** R-2 is to be paid to an account that is not its supplier's. */
const stopped = (message = 'M1', paying = PAYING, at = day(18)): Arrival[] =>
  but(run(message, paying, at), 'E2', { account: ANOTHER_ACCOUNT })
const voids = (message: string, endToEndId: string, at: string, by: 'erp' | 'bank' = 'erp'): Arrival =>
  fact('payment.cancelled', by, `void ${endToEndId} ${by}`, at, [{ names: [paymentName(message, endToEndId)] }], {
    messageId: message,
    endToEndId,
    reason: 'made void',
  })
/** The supplier master has that account, too, since then. */
const nowHis = fact('reference.read', 'erp', 'read supplier again', day(19), [SUPPLIER], {
  asked: 'supplier',
  readAt: day(30),
  found: true,
  supplier: { number: 'V1', name: 'Acme GmbH', vatId: 'DE111', active: true, blocked: false, accounts: [ACCOUNT, ANOTHER_ACCOUNT] },
})
const refuses = (message: string, code: string, at = day(20)): Arrival =>
  fact('payment.rejected', 'bank', `rejects ${message} ${code}`, at, [{ names: [batchName(message)] }], {
    messageId: message,
    code,
    reason: 'refused',
    document: 'b'.repeat(64),
  })
/** The bank's one line for a whole file. */
const booksFile = (message: string, amount: string, at = day(21)): Arrival =>
  entry(`file ${message}`, at, '', { endToEndId: undefined as never, messageId: message, amount, bankReference: `B ${message}` })

export const RUN_CASES: readonly Case[] = [
  {
    name: 'stopped, all of it cancelled',
    axes: ['settlement'],
    story: 'One of two payments is stopped; treasury has both made void. Then the account turns out to be right: the file stays away.',
    onlyAsTold: 'what is read of the supplier later holds',
    facts: [
      ...both,
      ...stopped(),
      answersPayment('E2', 'M1', 'payment-stopped', 'cancel', day(18, 12), 'person:tom'),
      voids('M1', 'E1', day(18, 13)),
      voids('M1', 'E2', day(18, 14)),
      nowHis,
    ],
  },
  {
    name: 'stopped, the right one cancelled',
    axes: ['settlement'],
    story: 'The same, but only the payment that was stopped is void: the file would still pay it, and is not what anybody wants.',
    onlyAsTold: 'what is read of the supplier later holds',
    facts: [...both, ...stopped(), voids('M1', 'E2', day(18, 14)), nowHis],
  },
  {
    name: 'stopped and let go on',
    axes: ['settlement'],
    story: 'Treasury adds the account to the supplier master: the file goes.',
    onlyAsTold: 'what is read of the supplier later holds',
    facts: [...both, ...stopped(), nowHis],
  },
  {
    name: 'cancelled, and paid by the next run',
    axes: ['settlement'],
    story: 'All of a stopped file is void; another run pays both.',
    facts: [
      ...both,
      ...stopped(),
      voids('M1', 'E1', day(18, 13)),
      voids('M1', 'E2', day(18, 14)),
      ...run('M2', { E3: { 5100: '119.00' }, E4: { 5101: '59.50' } }, day(22)),
      takes('M2', day(23)),
      booksFile('M2', '178.50', day(24)),
    ],
  },
  {
    name: 'twice in one file',
    axes: ['settlement'],
    story: 'A file pays R-1 with two payments of 119.00: it is kept from the bank.',
    facts: [...both, ...run('M1', { E1: { 5100: '119.00' }, E2: { 5100: '119.00' } })],
  },
  {
    name: 'in a file that waits, and in the next',
    axes: ['settlement'],
    story: 'R-1 is in a file that is stopped for another payment; a second run pays it once more: that one is kept, too.',
    onlyAsTold: 'the payment that passes first has the money',
    facts: [...both, ...stopped(), ...run('M2', { E3: { 5100: '119.00' } }, day(22))],
  },
  {
    name: 'in two files, the first let go on',
    axes: ['settlement'],
    story: 'The same; then the first file is let go on, and is booked.',
    onlyAsTold: 'the payment that passes first has the money',
    facts: [
      ...both,
      ...stopped(),
      ...run('M2', { E3: { 5100: '119.00' } }, day(22)),
      nowHis,
      takes('M1', day(24)),
      booksFile('M1', '178.50', day(25)),
    ],
  },
  {
    name: 'on hold while the file waits',
    axes: ['settlement'],
    story: 'A file is stopped for R-2; meanwhile R-1 is put on hold. The account is added: the file stays for R-1.',
    onlyAsTold: 'a hold counts until the file has passed',
    facts: [
      ...both,
      ...stopped(),
      fact('hold.placed', 'person', 'hold R-1', day(18, 15), [first.ref], { hold: 'H1', kind: 'dispute', reason: 'goods were broken' }),
      nowHis,
    ],
  },
  {
    name: 'overpaid, and to be paid once more',
    axes: ['settlement'],
    story: 'Two payments of R-1 are booked past the hub; then a file pays it a third time: it is kept from the bank.',
    onlyAsTold: 'a payment that is booked is not stopped any more',
    facts: [
      ...both,
      ...run('M1', { E1: { 5100: '119.00' } }).slice(0, 1),
      ...run('M2', { E2: { 5100: '119.00' } }).slice(0, 1),
      debits('E1', '119.00'),
      debits('E2', '119.00'),
      ...run('M3', { E3: { 5100: '119.00' } }, day(25)),
    ],
  },
  {
    name: 'posted twice, corrected upwards, and both to be paid',
    axes: ['settlement'],
    story: 'R-1 over 119.00 is posted twice; a correction is over 238.00; a file pays both postings: it is kept from the bank.',
    facts: [
      ...both,
      books(first, '5102', day(16)),
      corrects(first, bill({ ...over('200.00'), number: 'R-1' }), day(17)),
      ...run('M1', { E1: { 5100: '119.00' }, E2: { 5102: '119.00' } }),
    ],
  },
  {
    name: 'void at the ERP, and at the bank',
    axes: ['settlement'],
    story: 'The bank has the file; then the ERP makes a payment of it void.',
    onlyAsTold: 'what is void before it has passed does not leave',
    facts: [...both, ...run('M1', PAYING), takes('M1'), voids('M1', 'E2', day(20))],
  },
  {
    name: 'void at the ERP, and booked by the bank',
    axes: ['settlement'],
    story: 'The same; the bank books the whole file: both are paid, and the ERP has to take the payment back up.',
    onlyAsTold: 'what is void before it has passed does not leave',
    facts: [...both, ...run('M1', PAYING), takes('M1'), voids('M1', 'E2', day(20)), booksFile('M1', '178.50')],
  },
  {
    name: 'void at the ERP, and recalled at the bank',
    axes: ['settlement'],
    story: 'The same; the bank did recall it, and books the rest.',
    onlyAsTold: 'what is void before it has passed does not leave',
    facts: [...both, ...run('M1', PAYING), takes('M1'), voids('M1', 'E2', day(20)), booksFile('M1', '119.00')],
  },
  {
    name: 'void at the ERP, and so says the bank',
    axes: ['settlement'],
    story: 'The same; the bank says of that payment that it was cancelled.',
    onlyAsTold: 'what is void before it has passed does not leave',
    facts: [...both, ...run('M1', PAYING), takes('M1'), voids('M1', 'E2', day(20)), voids('M1', 'E2', day(20, 12), 'bank')],
  },
  {
    name: 'void at the ERP, and perhaps at the bank',
    axes: ['settlement'],
    story:
      'Nobody knows whether the file reached the bank; then the ERP makes a payment of it void, and another run pays that invoice: not yet.',
    onlyAsTold: 'what is void before it has passed does not leave',
    facts: [
      ...both,
      ...run('M1', PAYING),
      ended({ names: [batchName('M1')] }, 'effect.resolved', day(18, 10), {
        target: 'bank',
        command: 'payment.transmit',
        object: 'M1',
        occurrence: 'M1',
        input: 'needs-person',
        says: 'it was there and is gone',
      }),
      voids('M1', 'E2', day(20)),
      ...run('M2', { E3: { 5101: '59.50' } }, day(22)),
    ],
  },
  {
    name: 'refused as come before',
    axes: ['settlement'],
    story: 'Somebody uploads a file that the bank has accepted once more; the bank refuses that one (AM05) and books the first.',
    facts: [...both, ...run('M1', PAYING), takes('M1'), refuses('M1', 'AM05'), booksFile('M1', '178.50')],
  },
  {
    name: 'accepted, then refused',
    axes: ['settlement'],
    story: 'The bank accepts a file, and refuses it later: the funds do not suffice.',
    facts: [...both, ...run('M1', PAYING), takes('M1'), refuses('M1', 'AM04')],
  },
  {
    name: 'refused, and paid by the next run',
    axes: ['settlement'],
    story: 'The bank refuses a file; another run pays both, and nobody has to do anything about the first.',
    onlyAsTold: 'a file that was heard of after another is under way is stopped',
    facts: [
      ...both,
      ...run('M1', PAYING),
      takes('M1'),
      refuses('M1', 'AM04'),
      ...run('M2', { E3: { 5100: '119.00' }, E4: { 5101: '59.50' } }, day(22)),
      takes('M2', day(23)),
      booksFile('M2', '178.50', day(24)),
    ],
  },
  {
    name: 'returned, and one of two paid by the next run',
    axes: ['settlement'],
    story: 'The bank gives back both payments of a file; another run pays the first of them, and the second is still somebody’s work.',
    onlyAsTold: 'a file that was heard of after another is under way is stopped',
    facts: [
      ...both,
      ...run('M1', PAYING),
      takes('M1'),
      booksFile('M1', '178.50'),
      returns('E1', '119.00'),
      returns('E2', '59.50', day(23)),
      ...run('M2', { E3: { 5100: '119.00' } }, day(25)),
      takes('M2', day(26)),
      booksFile('M2', '119.00', day(27)),
    ],
  },
  {
    name: 'refused, and booked all the same',
    axes: ['settlement'],
    story: 'The same; and then it books the whole file.',
    facts: [...both, ...run('M1', PAYING), takes('M1'), refuses('M1', 'AM04'), booksFile('M1', '178.50')],
  },
  {
    name: 'one MsgId twice',
    axes: ['settlement'],
    story: 'The bank books file M1, which paid R-1. Then M1 is used for another file, which pays R-2: nothing is booked for that.',
    onlyAsTold: 'which file was first is the order in which they came',
    facts: [
      ...both,
      ...run('M1', { E1: { 5100: '119.00' } }),
      takes('M1'),
      booksFile('M1', '119.00'),
      ...run('M1', { E9: { 5101: '59.50' } }, day(25)).map((arrival) => ({
        ...arrival,
        eventId: `again ${arrival.eventId}`,
        ...('document' in arrival.data ? { data: { ...arrival.data, document: 'e'.repeat(64) } } : {}),
      })),
    ],
  },
  {
    name: 'other bytes after it passed',
    axes: ['settlement'],
    story: 'A file passed; before the bank has it, other bytes are released under its MsgId: neither goes.',
    onlyAsTold: 'what passed is what came first',
    facts: [
      ...both,
      ...run('M1', PAYING),
      fact('payment.released', 'erp', 'release M1 again', day(19), [{ names: [batchName('M1')] }], {
        messageId: 'M1',
        run: 'RUN M1',
        document: 'e'.repeat(64),
        releasedBy: ['tina', 'tom'],
      }),
    ],
  },
  {
    name: 'booked over less than what it is for',
    axes: ['settlement'],
    story: 'Past the hub the bank gets 100.00 for what adds up to 119.00, and books that: nothing is paid by it.',
    onlyAsTold: 'a payment that is booked is not stopped any more',
    facts: [...both, ...but(run('M1', { E1: { 5100: '119.00' } }), 'E1', { amount: '100.00' }), takes('M1'), debits('E1', '100.00')],
  },
]
