/** Cases about what a person's answer counts for: what stood when it was given, and nothing that comes after it. */
import { postingName } from '../../src/domain/names.ts'
import type { Arrival, Ref } from '../../src/domain/object.ts'
import { derivedId } from '../../src/lib/ids.ts'
import { fact } from '../facts.ts'
import { sha256 } from '../world.ts'
import type { Case } from './case.ts'
import {
  NO_ORDER,
  acknowledged,
  answers,
  approved,
  arrives,
  bill,
  books,
  company,
  corrects,
  day,
  debits,
  over,
  paidInFull,
  run,
  storno,
} from './story.ts'

const once = 'an answer counts for what stood when it was given'
const free = bill(NO_ORDER)
const dearer = bill({ ...over('110.00') })
const dearest = bill({ ...over('120.00') })
const changed = [...company(), arrives(free), ...approved(free), acknowledged(free), books(free, '5100'), corrects(free, dearer, day(16))]
const accepted = answers(free, 'changed-after-sent', 'accept-difference', day(17), 'person:tom')

/** A posting that nobody here had asked for, and another one under the name of the first. */
const BY_HAND: Ref = { names: [postingName('erp', '1000', '5900')], create: 'invoice' }
const byHand = (postingNo: string, at: string, amount: string): Arrival =>
  fact(
    'posting.confirmed',
    'erp',
    `by hand ${postingNo}`,
    at,
    [{ ...BY_HAND, names: [...BY_HAND.names, postingName('erp', '1000', postingNo)] }],
    {
      postingNo,
      entity: '1000',
      supplier: 'V1',
      number: 'R-9',
      amount,
      currency: 'EUR',
      postedOn: at.slice(0, 10),
    },
  )
const bypassed = [...company(), byHand('5900', day(12), '119.00')]
const known = [...bypassed, answers({ ref: BY_HAND }, 'bypass', 'explained', day(13))]

const earlier = bill({ ...over('50.00'), number: 'R-0' })
const corrective = (preceding: readonly string[]): ReturnType<typeof bill> =>
  bill({ ...over('90.00'), number: 'R-2', typeCode: '384', precedingInvoices: preceding.map((number) => ({ number })) })
const ofOne = corrective(['R-1'])
const correctsPaid = [
  ...company(),
  ...[free, earlier].flatMap((invoice) => [arrives(invoice), ...approved(invoice)]),
  ...paidInFull(free),
  ...paidInFull(earlier, '5101', 'M2', 'E2'),
  arrives(ofOne, day(25)),
]
const paidTwice = [...correctsPaid, answers(ofOne, 'corrects-paid', 'accept-difference', day(26), 'person:tom')]

/** The bank books before anybody has told of the payment. */
const early = debits('E1', '118.00', day(17))
const entryCase = derivedId(sha256, 'exc', derivedId(sha256, 'ste', early.about[0]!.names[0]!), 'bank-entry-unknown', '1')
const strangeEntry = [
  ...company(),
  arrives(free),
  ...approved(free),
  books(free, '5100'),
  early,
  fact(
    'exception.answered',
    'person',
    'entry explained',
    day(17, 12),
    [{ names: [entryCase] }, { names: early.about[0]!.names }],
    { exception: entryCase, action: 'explained', reason: 'treasury knows' },
    { actor: 'person:lea' },
  ),
]

export const ANSWER_CASES: readonly Case[] = [
  {
    name: 'changed after it was posted',
    axes: ['approval', 'posting'],
    onlyAsTold: 'what is known when it is approved is what is approved',
    story: 'Approved and posted over 119.00; then a correction over 130.90 comes.',
    facts: changed,
  },
  {
    name: 'changed after it was posted, accepted',
    axes: ['approval', 'posting'],
    onlyAsTold: once,
    story: 'The same; two people let it pass as it is.',
    facts: [...changed, accepted],
  },
  {
    name: 'changed after it was posted, accepted, changed again',
    axes: ['approval', 'posting'],
    onlyAsTold: once,
    story: 'Then another correction comes, over 142.80: they are asked again.',
    facts: [...changed, accepted, corrects(free, dearest, day(18))],
  },
  {
    name: 'posted by hand, explained',
    axes: ['document', 'posting'],
    onlyAsTold: once,
    story: 'The ERP holds a posting that nobody here had asked for; a person explains it.',
    facts: known,
  },
  {
    name: 'posted by hand, explained, posted by hand again',
    axes: ['document', 'posting'],
    onlyAsTold: once,
    story: 'It is reversed in the ERP, and posted by hand once more over 191.00: that is to be explained, too.',
    facts: [...known, storno({ ...free, ref: { names: BY_HAND.names } }, '5900', day(14)), byHand('5901', day(15), '191.00')],
  },
  {
    name: 'corrects one that was paid, accepted',
    axes: ['settlement'],
    onlyAsTold: once,
    story: 'R-2 corrects R-1, which was paid; two people say that it may be paid as well.',
    facts: paidTwice,
  },
  {
    name: 'corrects one that was paid, accepted, and another one',
    axes: ['settlement'],
    onlyAsTold: once,
    story: 'R-2 is corrected, and corrects R-0 as well now, which was paid, too: they are asked again.',
    facts: [...paidTwice, corrects(ofOne, corrective(['R-1', 'R-0']), day(27))],
  },
  {
    name: 'bank entry of nobody, explained',
    axes: ['settlement'],
    onlyAsTold: once,
    story: 'The bank books 118.00 for a payment that nobody has told of; a person explains it.',
    facts: strangeEntry,
  },
  {
    name: 'bank entry of nobody, explained, of another amount',
    axes: ['settlement'],
    onlyAsTold: once,
    story: 'Then the file with the payment is released, over 119.00: that the bank booked another amount is a case of its own.',
    facts: [...strangeEntry, ...run('M1', { E1: { 5100: '119.00' } })],
  },
]
