/** The decisions about the cells of one object: where a system shows something else than it was told, and where that has ended. */
import type { WantedException } from './exception.ts'
import type { Cell } from './object.ts'
import { divergingCell, type Diverging, type Reconciled } from './reconcile.ts'
import type { Scratch } from './scratch.ts'
import type { Laws } from './view.ts'

type Diverged = Reconciled & { readonly divergences: { readonly [cell: string]: string } }

/** A system that shows something else than it was told, or what nobody had asked for, diverges once its grace is over; it stops when it does not. */
export function diverge<State extends Diverged>(
  laws: Laws,
  sheet: Scratch<State>,
  cells: readonly Cell[],
  bypass: ReadonlyMap<string, Diverging> = new Map(),
): WantedException[] {
  const rows = new Map(cells.map((cell) => [`${cell.system}|${cell.facet}`, cell]))
  const says: string[] = []
  const wrongIn = new Set<string>()
  const wanted: WantedException[] = []
  for (const key of new Set([
    ...rows.keys(),
    ...bypass.keys(),
    ...Object.keys(sheet.state.reported),
    ...Object.keys(sheet.state.divergences),
  ])) {
    const wrong = bypass.get(key) ?? divergingCell(laws.policy, sheet.state, key, rows.get(key))
    const open = sheet.state.divergences[key] !== undefined
    const words = {
      cell: key,
      expected: rows.get(key)?.expected ?? null,
      reported: rows.get(key)?.reported ?? sheet.state.reported[key]?.word ?? null,
    }
    if (!wrong) {
      if (open) sheet.decide('divergence.closed', 'matrix', words)
      continue
    }
    const until = sheet.after(wrong.since, wrong.ms)
    const due = sheet.asOf >= until
    if (!due) sheet.wake(until)
    if (!due && !open) continue
    if (!open)
      sheet.decide('divergence.opened', 'matrix', {
        ...words,
        told: sheet.state.told[key]?.word ?? null,
        kind: wrong.kind,
        says: wrong.says,
      })
    if (wrong.cause && due) wanted.push({ cause: wrong.cause, says: wrong.says, system: systemOf(key) })
    else if (wrong.kind !== 'unmapped' && wrong.kind !== 'bypass') {
      says.push(wrong.says)
      wrongIn.add(systemOf(key))
    }
  }
  const [system] = wrongIn
  return system === undefined ? wanted : [...wanted, { cause: 'divergence', says: says.join(' ').slice(0, 400), system }]
}

/** Words that no table has: each is a case of its own. */
export function unmappedWords({ reported }: Pick<Reconciled, 'reported'>): WantedException[] {
  return Object.entries(reported)
    .filter(([, { mapped }]) => !mapped)
    .map(([cell, { word }]) => ({
      cause: 'unmapped-status',
      says: `${cell.replace('|', ' ')} says “${word}”, a word that is not in its table.`,
      system: systemOf(cell),
    }))
}

/** A cell's key is `system|facet`. */
const systemOf = (cell: string): string => cell.slice(0, cell.indexOf('|'))
