/** Random histories: parts of what is possible, in random orders, and what the law makes of them. */
import fc from 'fast-check'
import { World } from './world.ts'
import type { InvoiceState } from '../src/domain/invoice-state.ts'
import type { Arrival } from '../src/domain/object.ts'
import { day, HISTORIES, law, NOW, type History } from './possible-histories.ts'

export const RUNS = Number(process.env['TIEOUT_RUNS'] ?? 2000)
/** The same each time, so that what fails was changed; a longer run (TIEOUT_RUNS) draws its own. */
export const SEED = Number(process.env['TIEOUT_SEED'] ?? 1)

/** All that is told, and then time enough for what waits. */
export function lived(facts: readonly Arrival[]): World {
  const world = new World(law, NOW)
  for (const arrival of facts) world.submit(arrival)
  world.pass('2026-01-31T21:00:00.000Z')
  return world
}

export const invoiceIn = (world: World, { id }: History): InvoiceState | undefined =>
  world.records.get(id)?.state as unknown as InvoiceState | undefined

export const pick = (history: History, order: readonly number[]): Arrival[] => untaken(order.map((index) => history.facts[index]!))

/**
 * A receipt that is reversed after the match un-matches nothing, so there the order decides (order.test.ts). Where a match may rest
 * on the one that is reversed, the reversal is heard first.
 */
function untaken(facts: Arrival[]): Arrival[] {
  const back = facts.filter(({ type }) => type === 'receipt.reversed')
  return [...back, ...facts.filter(({ type }) => type !== 'receipt.reversed')]
}
export const told = (history: History, ...orders: readonly (readonly number[])[]): string =>
  orders
    .map((order) =>
      pick(history, order)
        .map((arrival) => arrival.eventId)
        .join(' · '),
    )
    .join('\n   against\n')

/** The ordinary life of an invoice, in order; how far it gets and what else happens is thrown. */
const ORDINARY = [
  'read supplier',
  'read entity',
  'read tax-code S 19',
  'read period 2026-01',
  'read order',
  'limit anna',
  'doc1',
  'taken over',
  'erp receipt W1',
  'req',
  `grant ${day(13)}`,
  `complete ${day(13, 9)}`,
  'sent',
  'posted by reply',
  'posted 5100',
  'pay EM1',
  'release M1',
  'file M1',
  'acc M1',
  'entry 1',
  'entry 5',
  'archive',
]

/** Any part of what is possible: most facts are there most of the time, so that the further states are reached. */
const anyPart = (history: History): fc.Arbitrary<number[]> => {
  const all = history.facts
  return fc.array(fc.integer({ min: 0, max: 9 }), { minLength: all.length, maxLength: all.length }).map((dice) => {
    const bar = 3 + ((dice[0] ?? 0) % 7)
    return [...all.keys()].filter((index) => (dice[index] ?? 0) >= (index < 7 ? 1 : bar) && (index !== 6 || (dice[1] ?? 0) < 9))
  })
}

/** The ordinary life up to some point, and at most three other things. */
const ordinaryPart = (history: History): fc.Arbitrary<number[]> => {
  const usual = ORDINARY.flatMap((name) => {
    const at = history.facts.findIndex((arrival) => arrival.eventId === name)
    return at < 0 ? [] : [at]
  })
  return fc
    .tuple(fc.integer({ min: 5, max: usual.length }), fc.array(fc.integer({ min: 0, max: history.facts.length - 1 }), { maxLength: 3 }))
    .map(([length, others]) => [...new Set([...usual.slice(0, length), ...others])])
}

/** A part of what is possible, in two orders, the second with repetitions. */
export const twoOrders = fc
  .tuple(fc.constantFrom(...Object.keys(HISTORIES)), fc.integer({ min: 0, max: 2 }))
  .chain(([variant, manner]) =>
    (manner === 0 ? ordinaryPart : anyPart)(HISTORIES[variant]!).chain((part) =>
      fc.tuple(
        fc.constant(variant),
        fc.shuffledSubarray(part, { minLength: part.length }),
        fc.shuffledSubarray(part, { minLength: part.length }),
        fc.shuffledSubarray(part),
      ),
    ),
  )
