/** A cell of an object: what a system should show of it, what it was told, and what it says. */
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
