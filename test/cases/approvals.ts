/** Cases about approval: who said yes, to what, with which authority. */
import { fact } from '../facts.ts'
import { personName } from '../../src/domain/names.ts'
import type { Arrival } from '../../src/domain/object.ts'
import { choosing, type Case } from './case.ts'
import {
  answers,
  approved,
  arrives,
  bill,
  books,
  carriedOut,
  CODER,
  company,
  complete,
  corrects,
  day,
  NO_ORDER,
  over,
  paidInFull,
  PERSON,
  storno,
  yes,
} from './story.ts'

const free = bill(NO_ORDER)
const ordered = bill()
const takenBack = fact('approval.withdrawn', 'ap', 'take back later', day(16), [free.ref], {
  ticket: 'T',
  person: PERSON,
  reason: 'not ours',
})
/** Posted as 5100; then the approver takes the yes back. */
const postedAndTakenBack = [...company(), arrives(free), ...approved(free), books(free, '5100'), takenBack]
const no = fact('approval.refused', 'ap', 'no', day(14), [free.ref], { ticket: 'T', step: '1', person: PERSON, reason: 'not ordered' })
const unapproved = (arrival: Arrival): Arrival => {
  const { order } = arrival.data as { order?: object }
  return order ? { ...arrival, data: { ...arrival.data, order: { ...order, approvedBy: '' } } } : arrival
}
const big = bill({ ...over('2000.00') })
const dearer = bill({ ...over('110.00') })
const DORA = personName('directory', 'dora')
const limited = (person: string, name: string, from = '2025-01-01'): ReturnType<typeof fact> =>
  fact('authority.granted', 'hr', `limit ${name}`, day(2), [{ names: [person], create: 'person' }], {
    person,
    name,
    limit: '5000.00',
    currency: 'EUR',
    from,
  })

export const APPROVAL_CASES: readonly Case[] = [
  {
    name: 'approved, then withdrawn',
    axes: ['approval'],
    story: 'Before it is posted the approver takes the yes back.',
    facts: [
      ...company(),
      arrives(free),
      ...approved(free),
      fact('approval.withdrawn', 'ap', 'take back', day(14), [free.ref], { ticket: 'T', person: PERSON, reason: 'wrong cost centre' }),
    ],
  },
  {
    name: 'refused',
    axes: ['approval'],
    story: 'The approver says no; nobody has rejected the invoice.',
    facts: [...company(), arrives(free), no],
  },
  {
    name: 'refused, then corrected',
    axes: ['approval'],
    story: 'The same; a correction comes, and is sent for approval.',
    facts: [...company(), arrives(free), no, corrects(free, dearer, day(15))],
  },
  {
    name: 'refused, then approved',
    axes: ['approval'],
    story: 'The same; the approver is talked round and says yes.',
    facts: [...company(), arrives(free), no, yes(free, day(15)), complete(free, day(15, 9))],
  },
  {
    name: 'refused, and rejected',
    axes: ['approval'],
    story: 'The same; the clerk rejects the invoice.',
    facts: [...company(), arrives(free), no, fact('invoice.rejected', 'person', 'reject', day(15), [free.ref], { reason: 'not ordered' })],
  },
  {
    name: 'approved over the limit',
    axes: ['approval'],
    story: 'Anna may approve 1,000.00; the invoice is over 2,380.00.',
    facts: [...company(), arrives(big), ...approved(big)],
  },
  {
    name: 'approved by who entered it',
    axes: ['approval'],
    story: 'Carl coded it and is the only one who says yes.',
    facts: [...company(), limited(CODER, 'Carl'), arrives(free), yes(free, day(13), { person: CODER }), complete(free)],
  },
  {
    name: 'amended by who approves',
    axes: ['approval'],
    story: 'Carl coded it; Anna, the only one who says yes, changed the amount in the AP tool before.',
    facts: [...company(), arrives(free), yes(free), complete(free, day(13, 9), { amended: [{ person: PERSON, terms: ['gross', 'net'] }] })],
  },
  {
    name: 'due date amended by who approves',
    axes: ['approval'],
    story: 'The same, and she changed nothing but the due date, which is not entering it.',
    facts: [...company(), arrives(free), yes(free), complete(free, day(13, 9), { amended: [{ person: PERSON, terms: ['dueOn'] }] })],
  },
  {
    name: 'approved on the day that it is where the company is',
    axes: ['approval'],
    story: 'Dora’s limit begins on the 14th; she says yes at 23:30 UTC of the 13th, when it is half past midnight in Berlin.',
    facts: [
      ...company(),
      limited(DORA, 'Dora', '2026-01-14'),
      arrives(free),
      yes(free, '2026-01-13T23:30:00.000Z', { person: DORA }),
      complete(free, day(14)),
    ],
  },
  {
    name: 'approved by who had left',
    axes: ['approval'],
    onlyAsTold: 'a verdict that passed is kept',
    story: 'Anna left on the day before she said yes.',
    facts: [
      ...company(),
      fact('authority.revoked', 'hr', 'leaves', day(12), [{ names: [PERSON], create: 'person' }], { person: PERSON, on: '2026-01-12' }),
      arrives(free),
      ...approved(free),
    ],
  },
  {
    name: 'coded while it was approved',
    axes: ['approval'],
    story: 'Anna said yes before the accounts were filled in.',
    facts: [...company(), arrives(free), yes(free, day(13), { terms: { ...free.terms, coding: null } }), complete(free)],
  },
  {
    name: 'amount changed after approval',
    axes: ['approval'],
    story: 'Approved over 119.00; a correction says 130.90.',
    facts: [...company(), arrives(free), ...approved(free), corrects(free, dearer, day(14))],
  },
  {
    name: 'approved on other terms',
    axes: ['approval'],
    story: 'What the AP tool says was approved is over 118.00, not 119.00.',
    facts: [
      ...company(),
      arrives(free),
      yes(free, day(13), { terms: { ...free.terms, gross: '118.00' } }),
      complete(free, day(13, 9), { terms: { ...free.terms, gross: '118.00' } }),
    ],
  },
  {
    name: 'withdrawn after it was posted',
    axes: ['approval', 'posting', 'holds'],
    story: 'The approver takes the yes back; the posting stays and is kept from being paid.',
    facts: postedAndTakenBack,
  },
  {
    name: 'withdrawn, and reversed',
    axes: ['approval', 'posting'],
    story: 'The same; two people ask for the reversal.',
    facts: [...postedAndTakenBack, answers(free, 'approval-taken-back', 'reverse', day(17), 'person:tom')],
  },
  {
    name: 'withdrawn, reversed in the ERP',
    axes: ['approval', 'posting'],
    story: 'The same; the ERP has reversed it.',
    facts: [...postedAndTakenBack, answers(free, 'approval-taken-back', 'reverse', day(17), 'person:tom'), storno(free, '5100', day(18))],
  },
  {
    name: 'reversal asked by one',
    axes: ['posting'],
    story: 'The same, and both names are one person’s: nothing is reversed.',
    facts: [...postedAndTakenBack, answers(free, 'approval-taken-back', 'reverse', day(17), 'person:lea')],
  },
  {
    name: 'withdrawn, and approved again',
    axes: ['approval'],
    story: 'The ERP has blocked it; the approver says yes once more, and the block is lifted.',
    facts: [...postedAndTakenBack, carriedOut(free, 'payment.hold', '5100', day(16, 9)), yes(free, day(18)), complete(free, day(18, 9))],
  },
  {
    name: 'waived by policy',
    axes: ['match', 'approval'],
    story: 'The policy waives approval up to 500.00 for an order that a person approved.',
    policy: choosing({ route: 'touchless', when: { ordered: true, upTo: { amount: '500.00', currency: 'EUR' } } }),
    facts: [...company(), arrives(ordered)],
  },
  {
    name: 'touchless',
    axes: ['match', 'approval', 'posting', 'settlement'],
    story: 'The same to the end: nobody but those who release the payment does anything.',
    policy: choosing({ route: 'touchless', when: { ordered: true, upTo: { amount: '500.00', currency: 'EUR' } } }),
    facts: [...company(), arrives(ordered), ...paidInFull(ordered)],
  },
  {
    name: 'over what the policy waives',
    axes: ['approval'],
    story: 'The same policy up to 100.00: it is sent for approval.',
    policy: choosing({ route: 'touchless', when: { ordered: true, upTo: { amount: '100.00', currency: 'EUR' } } }),
    facts: [...company(), arrives(ordered)],
  },
  {
    name: 'order that nobody approved',
    axes: ['approval'],
    story: 'The policy would waive, the order names nobody: it is sent for approval.',
    policy: choosing({ route: 'touchless', when: { ordered: true } }),
    facts: [...company().map(unapproved), arrives(ordered)],
  },
  {
    name: 'refused although waived',
    axes: ['approval'],
    story: 'Waived; a person says no all the same.',
    policy: choosing({ route: 'touchless', when: { ordered: true } }),
    facts: [
      ...company(),
      arrives(ordered),
      fact('approval.refused', 'ap', 'no', day(14), [ordered.ref], { ticket: 'T', step: '1', person: PERSON, reason: 'not delivered' }),
    ],
  },
  {
    name: 'completed without a yes',
    axes: ['approval'],
    story: 'The AP tool says approved, and nobody did.',
    facts: [...company(), arrives(free), complete(free)],
  },
  {
    name: 'posted and paid without approval',
    axes: ['approval', 'settlement'],
    story: 'Somebody posted and paid in the ERP what nobody approved.',
    facts: [...company(), arrives(free), ...paidInFull(free)],
  },
  {
    name: 'approved after it was posted',
    axes: ['approval'],
    story: 'Posted by hand before anybody said yes; the yes comes later.',
    facts: [...company(), arrives(free), books(free, '5100', day(12)), ...approved(free)],
  },
]
