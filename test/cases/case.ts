/** A case: what happens, as facts, and the row of docs/spec/cases.md that becomes of it. */
import { sha256, World } from '../world.ts'
import { axesOf, type Axes } from '../../src/domain/axes.ts'
import type { ExceptionState } from '../../src/domain/exception.ts'
import type { InvoiceState } from '../../src/domain/invoice-state.ts'
import { lawOf } from '../../src/domain/law.ts'
import { COMMANDS, type Arrival, type WantedEffect } from '../../src/domain/object.ts'
import { DEFAULT_ROUTES, type RouteChoice } from '../../src/domain/routes.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts'

export interface Case {
  readonly name: string
  /** In plain words. */
  readonly story: string
  readonly facts: readonly Arrival[]
  /** The axes that matter here. */
  readonly axes?: readonly (keyof Axes)[]
  /** Where the order of arrival decides, and has to: why. All other cases give the same row in any order. */
  readonly onlyAsTold?: string
  readonly policy?: Partial<Policy>
}

export const NOW = '2026-01-31T20:00:00.000Z'
/** Later than anything is waited for within the day. */
const LATER = '2026-01-31T21:00:00.000Z'

/** The ordinary policy with one more row that chooses a route, tried first. */
export const choosing = (row: RouteChoice): Partial<Policy> => ({ routing: { ...DEFAULT_ROUTES, choice: [row, ...DEFAULT_ROUTES.choice] } })

export interface Outcome {
  readonly headline: string
  readonly breaches: string
  readonly axes: string
  readonly exceptions: string
  readonly wanted: string
  readonly asked: string
}

/** All facts, having come in this order, and an hour more. */
export function worldOf({ policy }: Pick<Case, 'policy'>, facts: readonly Arrival[]): World {
  const world = new World(lawOf({ ...DEFAULT_POLICY, ...policy }, sha256), NOW)
  for (const arrival of facts) world.submit(arrival)
  world.pass(LATER)
  return world
}

/** The cases for people that are open then. */
export const openIn = (world: World): ExceptionState[] =>
  [...world.records.values()]
    .filter((record) => record.kind === 'exception')
    .map((record) => record.state as unknown as ExceptionState)
    .filter((exception) => exception.open)

/** What stands then. */
export function outcomeOf(given: Case, facts: readonly Arrival[]): Outcome {
  const world = worldOf(given, facts)
  const records = [...world.records.values()]
  const invoices = records
    .filter((record) => record.kind === 'invoice')
    .map((record) => record.state as unknown as InvoiceState)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return {
    headline: each(invoices, (state) => state.headline ?? 'nothing'),
    breaches: each(invoices, (state) => state.breaches.join(', ')),
    axes: (given.axes ?? []).map((axis) => `${axis} ${each(invoices, (state) => wordOf(axesOf(state)[axis]))}`).join('; '),
    exceptions: [...new Set(openIn(world).map((exception) => exception.cause))].sort().join(', '),
    // A file whose payments are booked is not passed on any more: that depends on whether its release came before the bank's word.
    wanted: commandsOf(
      [...world.wanted.values()].filter((effect) => effect.command !== 'payment.transmit').sort((a, b) => (said(a) < said(b) ? -1 : 1)),
    ),
    asked: commandsOf(world.commands),
  }
}

export function rowOf(given: Case): string {
  const { headline, breaches, axes, asked, exceptions } = outcomeOf(given, given.facts)
  return `| ${[given.name, given.onlyAsTold ? `${given.story} *(${given.onlyAsTold})*` : given.story, headline, breaches, axes, asked, exceptions].map((cell) => cell || '–').join(' | ')} |`
}

/** One word for all invoices where they agree, else one for each by its number. */
function each(invoices: readonly InvoiceState[], word: (state: InvoiceState) => string): string {
  const words = invoices.map(word)
  if (new Set(words).size <= 1) return words[0] ?? ''
  return invoices.flatMap((state, index) => (words[index] === '' ? [] : [`${nameOf(state)} ${words[index]}`])).join(', ')
}

const nameOf = (state: InvoiceState): string => state.content?.value.number ?? Object.keys(state.postings)[0] ?? ''
const wordOf = (value: Axes[keyof Axes]): string => (typeof value === 'string' ? value : value.length === 0 ? 'none' : value.join(', '))

const said = (effect: WantedEffect): string =>
  effect.command === 'invoice.status' ? `${effect.command} ${effect.occurrence.split('#')[0]}` : effect.command

/** The commands by system, lookups left out. */
function commandsOf(effects: readonly WantedEffect[]): string {
  const asked = Map.groupBy(
    effects.filter((effect) => COMMANDS[effect.command].manner !== 'read'),
    (effect) => effect.target,
  )
  return [...asked]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([system, commands]) => `${system}: ${[...new Set(commands.map(said))].join(', ')}`)
    .join('; ')
}
