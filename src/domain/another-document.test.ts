/** A reply to a posting may name a document that is another invoice's: nothing is done to it. */
import { expect, test } from 'vitest'
import { worldOf } from '../../test/cases/case.ts'
import { answers, approved, arrives, bill, books, company, day, debits, NO_ORDER, storno } from '../../test/cases/story.ts'
import type { Arrival, WantedEffect } from './object.ts'

const collected = bill({ ...NO_ORDER, paymentMeans: [{ code: '59', account: 'DE99' }] }, false)
const free = bill(NO_ORDER)
/** The number that a reply named, which nobody has read back. */
const named = (invoice = free): Arrival => ({ ...books(invoice, '5099', day(14)), readBack: false })
const wanted = (facts: readonly Arrival[], command: string): WantedEffect[] =>
  [...worldOf({}, facts).wanted.values()].filter((effect) => effect.command === command)

test('what the supplier collected clears the posting that was read back', () => {
  const debit = debits('', '119.00', day(20), { endToEndId: undefined as never, remittance: 'Invoice R-1 Acme' })
  const story = [...company(), arrives(collected), ...approved(collected), named(collected), books(collected, '5100'), debit]
  expect(wanted(story, 'settlement.clear').map(({ content }) => (content as { posting: string }).posting)).toEqual(['5100'])
})

test('two people have a posting reversed: the one that was read back, and not the other', () => {
  const story = [...company(), arrives(free), ...approved(free), named(), books(free, '5100', day(15), { amount: '191.00' })]
  const asked = answers(free, 'posting-differs', 'reverse', day(16), 'person:tom')
  expect(wanted([...story, asked], 'invoice.reverse').map(({ occurrence }) => occurrence)).toEqual(['5100'])
  expect(wanted([...story, asked, storno(free, '5100', day(17))], 'invoice.reverse')).toEqual([])
})
