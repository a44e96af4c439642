/** Cases about the ERP's journal: posted, reversed, by hand, otherwise than approved. */
import { ENTITY, fact } from '../facts.ts'
import { sha256 } from '../world.ts'
import { derivedId } from '../../src/lib/ids.ts'
import { postingName } from '../../src/domain/names.ts'
import type { Arrival } from '../../src/domain/object.ts'
import type { Coding } from '../../src/domain/terms.ts'
import { choosing, NOW, type Case } from './case.ts'
import { answers, approved, arrives, bill, books, company, day, debits, NO_ORDER, run, storno, takes } from './story.ts'

const free = bill(NO_ORDER)
const ordered = bill()
const POST_FIRST = choosing({ route: 'post-then-release', when: { suppliers: ['DE111'], ordered: true } })
const closed = fact('period.closed', 'erp', 'close', day(31, 17), [ENTITY], { entity: '1000', month: '2026-01' })
const opened = fact('period.opened', 'erp', 'open', day(31, 19), [ENTITY], { entity: '1000', month: '2026-01' })
const byHand: Arrival = fact(
  'posting.confirmed',
  'erp',
  'by hand',
  day(12),
  [{ names: [postingName('erp', '1000', '5900')], create: 'invoice' }],
  {
    postingNo: '5900',
    entity: '1000',
    supplier: 'V1',
    number: 'R-9',
    amount: '119.00',
    currency: 'EUR',
    postedOn: '2026-01-12',
  },
)

/** It is postponed to February when January is closed. */
const february = fact('reference.read', 'erp', 'february', day(2), [ENTITY], {
  asked: 'period 2026-02',
  readAt: NOW,
  found: true,
  period: { open: true },
})
const accrued = fact(
  'accrual.booked',
  'person',
  'accrual booked',
  day(31, 18),
  [{ names: [derivedId(sha256, 'acr', derivedId(sha256, 'inv', free.ref.names[0]!))] }],
  { document: '4711' },
  { actor: 'person:lea' },
)
const rejected = fact('invoice.rejected', 'person', 'no', day(31, 19), [free.ref], { reason: 'not ours' })
const on = (...lines: readonly string[]): Coding =>
  lines.map((line) => {
    const [account = '', amount = ''] = line.split(' ')
    return { account, amount }
  })
/** Posted over another amount than was approved. */
const otherwise = [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { amount: '120.00' })]

export const POSTING_CASES: readonly Case[] = [
  {
    name: 'posted, then reversed',
    axes: ['posting'],
    story: 'The ERP reverses the posting; nobody has said what now.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100'), storno(free, '5100', day(16))],
  },
  {
    name: 'reversed and posted again',
    axes: ['posting'],
    story: 'The same; two people say: post again, and it is posted.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100'),
      storno(free, '5100', day(16)),
      answers(free, 'posting-reversed', 'post-again', day(16, 9), 'person:tom'),
      books(free, '5200', day(17)),
    ],
  },
  {
    name: 'posted with another amount',
    axes: ['posting'],
    story: 'The ERP books 191.00; 119.00 was approved.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { amount: '191.00' })],
  },
  {
    name: 'posted with another tax',
    axes: ['posting'],
    story: 'The ERP books 119.00 with 0.00 of tax; the invoice has 19.00.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { tax: '0.00' })],
  },
  {
    name: 'posted on another account',
    axes: ['posting'],
    story: 'Approved on account 4760; the ERP books half of it on 4910.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { coding: on('4760 50.00', '4910 50.00') })],
  },
  {
    name: 'posted on another account, accepted',
    axes: ['posting'],
    story: 'The same; a person accepts the difference.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100', day(15), { coding: on('4760 50.00', '4910 50.00') }),
      answers(free, 'posting-differs', 'accept-difference', day(16), 'person:tom'),
    ],
  },
  {
    name: 'posted on its account in two lines',
    axes: ['posting'],
    story: 'Approved on account 4760; the ERP books it there in two lines, and its tax as invoiced.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100', day(15), { tax: '19.00', coding: on('4760 60.00', '4760 40.00') }),
    ],
  },
  {
    name: 'posted on the account of its route',
    axes: ['posting'],
    story: 'Posted before approval, on an account of the route’s; then approved on account 4760.',
    policy: POST_FIRST,
    facts: [...company(), arrives(ordered), books(ordered, '5100', day(15), { coding: on('3990 100.00') }), ...approved(ordered)],
  },
  {
    name: 'posted in another currency',
    axes: ['posting'],
    story: 'The ERP books 119.00 USD; 119.00 EUR was approved.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { currency: 'USD' })],
  },
  {
    name: 'posted in another company',
    axes: ['posting'],
    story: 'The ERP books it in company 2000; it was approved for 1000.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { entity: '2000' })],
  },
  {
    name: 'posted to another supplier',
    axes: ['posting'],
    story: 'The ERP books it to V2; the invoice is V1’s.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { supplier: 'V2' })],
  },
  {
    name: 'posted under another number',
    axes: ['posting'],
    story: 'The ERP books invoice number R-7; the invoice is R-1.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { number: 'R-7' })],
  },
  {
    name: 'posted twice',
    axes: ['posting'],
    story: 'Two live postings of the whole amount.',
    facts: [...company(), arrives(free), ...approved(free), books(free, '5100'), books(free, '5200', day(16))],
  },
  {
    name: 'posted before approval',
    axes: ['approval', 'posting'],
    story: 'The policy posts this supplier’s invoices with a payment block as soon as they match.',
    policy: POST_FIRST,
    facts: [...company(), arrives(ordered), books(ordered, '5100')],
  },
  {
    name: 'posted before approval, then approved',
    axes: ['approval', 'posting'],
    story: 'The same; the approval lifts the block.',
    policy: POST_FIRST,
    facts: [...company(), arrives(ordered), books(ordered, '5100'), ...approved(ordered)],
  },
  {
    name: 'posted before approval, in a payment file',
    axes: ['approval', 'settlement'],
    story: 'Somebody lifts the block in the ERP and releases a file with it: the file is kept from the bank.',
    policy: POST_FIRST,
    facts: [...company(), arrives(ordered), books(ordered, '5100'), ...run('M1', { E1: { 5100: '119.00' } })],
  },
  {
    name: 'period closed while it waits',
    axes: ['approval', 'posting'],
    onlyAsTold: 'what was open when it was approved is fixed then',
    story: 'Validated in an open period, which is closed before it is approved: held until the period is open.',
    facts: [...company(), arrives(free), closed, ...approved(free)],
  },
  {
    name: 'period closed after approval',
    axes: ['approval', 'posting'],
    onlyAsTold: 'what was open when it was approved is fixed then',
    story: 'Approved in an open period, which is closed before the ERP has it: held by the hub, not sent.',
    facts: [...company(), arrives(free), ...approved(free), closed],
  },
  {
    name: 'period opened again',
    axes: ['approval', 'posting'],
    onlyAsTold: 'what was open when it was approved is fixed then',
    story: 'The same, and the period is opened.',
    facts: [...company(), arrives(free), closed, ...approved(free), opened],
  },
  {
    name: 'period closed after approval, and the policy refuses',
    axes: ['approval', 'posting'],
    onlyAsTold: 'what was open when it was approved is fixed then',
    story: 'Closed after it was approved; the policy refuses what comes too late: it is not posted until a person says how.',
    policy: { periodClosed: { ordinarily: 'refuse', entities: {} } },
    facts: [...company(), arrives(free), ...approved(free), closed],
  },
  {
    name: 'accrual booked, and the invoice rejected',
    axes: ['approval', 'posting'],
    onlyAsTold: 'what was open when it was approved is fixed then',
    story: 'Postponed to the next period; a person books the accrual; then the invoice is rejected: the accrual has to be taken back.',
    policy: { periodClosed: { ordinarily: 'next', entities: {} } },
    facts: [...company(), february, arrives(free), ...approved(free), closed, accrued, rejected],
  },
  {
    name: 'reversal, its period closed',
    axes: ['posting'],
    onlyAsTold: 'what was open when it was asked for is another thing',
    story: 'Posted over another amount; the period is closed, then two people say: reverse it. It is held until the period is open.',
    facts: [...otherwise, closed, answers(free, 'posting-differs', 'reverse', day(17), 'person:tom')],
  },
  {
    name: 'reversal, its period opened again',
    axes: ['posting'],
    onlyAsTold: 'what was open when it was asked for is another thing',
    story: 'The same, and the period is opened: reversed on the day on which it was asked for.',
    facts: [...otherwise, closed, answers(free, 'posting-differs', 'reverse', day(17), 'person:tom'), opened],
  },
  {
    name: 'split posting',
    axes: ['posting'],
    story: 'Two postings of 59.50 are the invoice together.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100', day(15), { amount: '59.50' }),
      books(free, '5101', day(15, 9), { amount: '59.50' }),
    ],
  },
  {
    name: 'split posting, a part reversed',
    axes: ['posting'],
    story: 'The same, and one of them is reversed.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100', day(15), { amount: '59.50' }),
      books(free, '5101', day(15, 9), { amount: '59.50' }),
      storno(free, '5101', day(16)),
    ],
  },
  {
    name: 'split posting, paid',
    axes: ['posting', 'settlement'],
    story: 'Both parts in one payment.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      books(free, '5100', day(15), { amount: '59.50' }),
      books(free, '5101', day(15, 9), { amount: '59.50' }),
      ...run('M1', { E1: { 5100: '59.50', 5101: '59.50' } }),
      takes('M1'),
      debits('E1', '119.00'),
    ],
  },
  {
    name: 'posted by hand, never sent to us',
    axes: ['document', 'approval', 'posting', 'settlement'],
    story: 'The ERP books and pays an invoice that the hub never had.',
    facts: [...company(), byHand, ...run('M1', { E1: { 5900: '119.00' } }), takes('M1'), debits('E1', '119.00')],
  },
]
