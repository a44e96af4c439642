/** Inside a lane the nearest money goes first: which date that is stands in the table of commands, and every command that is wanted bears it. */
import { expect, test } from 'vitest'
import { CASES } from '../../test/cases/table.ts'
import { worldOf } from '../../test/cases/case.ts'
import { approved, arrives, bill, books, company, NO_ORDER, run } from '../../test/cases/story.ts'
import { COMMANDS, type Arrival, type CommandName, type WantedEffect } from './object.ts'

/** The ERP's payments say no day by themselves. */
const on = (executeOn: string, arrival: Arrival): Arrival =>
  arrival.type === 'payment.instructed' ? { ...arrival, data: { ...arrival.data, executeOn } } : arrival

/** What a command of this date has to bear, as far as the stories say. */
const FITS: { readonly [by in NonNullable<(typeof COMMANDS)[CommandName]['by']> | 'none']: (effect: WantedEffect) => boolean } = {
  none: ({ dueOn }) => dueOn === undefined,
  // Some bills say no date.
  'due date': ({ dueOn }) => dueOn === undefined || dueOn.startsWith('2026-02-'),
  'execution date': ({ dueOn }) => dueOn === '2026-01-27',
  'booking date': ({ dueOn, content }) => dueOn === content['bookedOn'] && dueOn !== '',
}

test('in all cases each command bears the date that the table says, and each of these is met', () => {
  const met = new Set<CommandName>()
  for (const { name, policy, facts } of Object.values(CASES).flat()) {
    const world = worldOf(
      policy ? { policy } : {},
      facts.map((arrival) => on('2026-01-27', arrival)),
    )
    for (const effect of world.commands) {
      const { by = 'none' } = COMMANDS[effect.command]
      expect(FITS[by](effect), `${name}: ${effect.command} goes by ${effect.dueOn}, and should by its ${by}`).toBe(true)
      if (effect.dueOn !== undefined) met.add(effect.command)
    }
  }
  expect([...met].sort()).toEqual((Object.keys(COMMANDS) as CommandName[]).filter((name) => COMMANDS[name].by !== undefined).sort())
})

test('a file of payments of several days goes by the first of them, whichever comes first; one that says no day has none', () => {
  const invoice = bill(NO_ORDER)
  const [first, second, ...rest] = run('M1', { E1: { 5100: '19.00' }, E2: { 5100: '100.00' } })
  const dueOn = (...payments: Arrival[]): (string | undefined)[] =>
    worldOf({}, [...company(), arrives(invoice), ...approved(invoice), books(invoice, '5100'), ...payments, ...rest])
      .commands.filter(({ command }) => command === 'payment.transmit')
      .map((effect) => effect.dueOn)
  const [early, late] = [on('2026-01-21', first!), on('2026-01-28', second!)]
  expect(dueOn(early, late)).toEqual(['2026-01-21'])
  expect(dueOn(late, early)).toEqual(['2026-01-21'])
  expect(dueOn(first!, late)).toEqual(['2026-01-28'])
  expect(dueOn(first!, second!)).toEqual([undefined])
})
