/** Cases about a payment file that must not leave: what the hub itself finds in it, whoever released it. */
import type { FactData } from '../../src/domain/event-data.ts'
import { personName } from '../../src/domain/names.ts'
import type { Arrival } from '../../src/domain/object.ts'
import type { Case } from './case.ts'
import { approved, arrives, bill, books, company, NO_ORDER, run, type Paying } from './story.ts'

const free = bill(NO_ORDER)
const tina = personName('directory', 'tina')

interface Otherwise {
  readonly released?: Partial<FactData['payment.released']>
  readonly file?: Partial<FactData['file.completed']>
  readonly paying?: Paying
}

/** One payment of 119.00 for one posted invoice, in a file that is released as M1; and what is told otherwise of it. */
const released = ({ released = {}, file = {}, paying = { E1: { 5100: '119.00' } } }: Otherwise): Arrival[] => {
  const changes: { readonly [type: string]: object } = { 'payment.released': released, 'file.completed': file }
  return [
    ...company(),
    arrives(free),
    ...approved(free),
    books(free, '5100'),
    ...run('M1', paying).map((arrival) => ({ ...arrival, data: { ...arrival.data, ...changes[arrival.type] } })),
  ]
}
const withheld = (name: string, story: string, otherwise: Otherwise): Case => ({
  name: `payment file, ${name}`,
  story,
  axes: ['settlement'],
  facts: released(otherwise),
})
const found = (finding: string): Otherwise => ({ file: { findings: [finding] } })

/** Each is kept from the bank. */
export const RELEASE_CASES: readonly Case[] = [
  withheld('its count differs', 'Its head says two payments; it holds one.', { file: { claimedCount: '2' } }),
  withheld('its sum differs', 'Its head says 118.00; it holds 119.00.', { file: { claimedSum: '118.00' } }),
  withheld('another sum than its payments', 'It holds 118.00, as its head says; the payment that is known is over 119.00.', {
    file: { claimedSum: '118.00', sum: '118.00' },
  }),
  withheld('another count than its payments', 'It holds one payment of 119.00; two that name it are known, which add up to as much.', {
    file: { claimedCount: '1', count: 1 },
    paying: { E1: { 5100: '60.00' }, E2: { 5100: '59.00' } },
  }),
  withheld('other bytes', 'Other bytes were read than those that were released.', { file: { document: 'e'.repeat(64) } }),
  withheld('another MsgId', 'The run names another MsgId than the file has.', found('The file is M1; the run says M9.')),
  withheld(
    'other bytes than the run names',
    'The run names another SHA-256.',
    found('The bytes of the file are not those that the run names.'),
  ),
  withheld('one payment short', 'The run has a payment that the file has not.', found('Payment E2 of the run is not in the file.')),
  withheld('one payment more', 'The file has a payment that the run has not.', found('Payment E1 of the file is not in the run.')),
  withheld('against the standard', 'A control of the file itself finds an IBAN that is none.', found('iban-wrong: payment 1.')),
  withheld('not readable', 'The bytes are no payment file.', found('The file cannot be read: It ends too soon.')),
  withheld('released by one', 'One person released it.', { released: { releasedBy: [tina] } }),
  withheld('released twice by one', 'One person released it, twice.', { released: { releasedBy: [tina, tina] } }),
  withheld('released by nobody', 'It names nobody who released it.', { released: { releasedBy: [] } }),
]
