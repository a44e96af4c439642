/** A cell of an object: what a system should show of it, what it was told, and what it says. */
import type { Event } from './event.ts'
import type { FactData } from './event-data.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { Cell, Facet } from './object.ts'

/** Whatever has cells: its id, and what is known of it. */
export interface Subject<State> {
  readonly id: string
  readonly state: State
}

export function cellOf(
  object: string,
  state: Pick<InvoiceState, 'told'> & Partial<Pick<InvoiceState, 'reported'>>,
  system: string,
  facet: Facet,
  expected: string | null,
): Cell {
  const key = `${system}|${facet}`
  return { object, system, facet, expected, told: state.told[key]?.word ?? null, reported: state.reported?.[key]?.word ?? null }
}

/** What a look reports when the system holds nothing; needs no mapping. */
export const ABSENT = 'absent'

/** Folds what a system shows into whatever object has the cell: of two reports the later one, at the same instant the one with the greater id. */
export function showing<S extends Pick<InvoiceState, 'reported'>>(state: S, event: Event, data: FactData['status.reported']): S {
  const cell = `${data.system}|${data.facet}`
  const known = state.reported[cell]
  if (known && (known.at > event.occurredAt || (known.at === event.occurredAt && known.event > event.id))) return state
  const { of, amount } = data
  const report = {
    word: data.claims ?? data.word,
    mapped: data.claims !== undefined || data.word === ABSENT,
    at: event.occurredAt,
    event: event.id,
    ...(of === undefined ? {} : { of, ...(amount === undefined ? {} : { amount }) }),
  }
  return { ...state, reported: { ...state.reported, [cell]: report } }
}

/** Folds that a cell diverges, and that it no longer does. */
export function diverging<S extends Pick<InvoiceState, 'divergences'>>(state: S, event: Event, { cell }: { readonly cell: string }): S {
  const others = Object.fromEntries(Object.entries(state.divergences).filter(([name]) => name !== cell))
  return { ...state, divergences: event.type === 'divergence.opened' ? { ...others, [cell]: event.id } : others }
}
