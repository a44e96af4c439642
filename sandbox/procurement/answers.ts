import { count, type Call, type Outcome } from '../plumbing/server.ts'
import type { Problem, Read } from '../plumbing/shape.ts'

/** One sentence of refusal, as procurement words it. */
export interface Reason {
  readonly code: string
  readonly at?: string
  readonly says: string
}

export function refusal(status: number, ...reasons: readonly Reason[]): Outcome {
  return { status, body: { reasons } }
}
export function absent(what: string, key: string): Outcome {
  return refusal(404, { code: 'PX-04', says: `There is no ${what} ${key}.` })
}
export const one = (what: string, key: string, row: unknown): Outcome =>
  row === undefined ? absent(what, key) : { status: 200, body: row }

/** The body in the wanted shape, or the refusal that names each field that is not. */
export function bodyOf<T>(call: Call, read: Read<T>): { value: T; refused?: undefined } | { refused: Outcome } {
  const problems: Problem[] = []
  const value = read(call.body, '', problems)
  if (problems.length === 0) return { value }
  return { refused: refusal(400, ...problems.map(({ field, text }) => ({ code: 'PX-00', at: field, says: `${field} ${text}.` }))) }
}

type Filters<T> = Readonly<Record<string, (row: T, wanted: string) => boolean>>

/** A part of a list; `further` counts rows before filtering, so that parts stay put while rows are added at the end. */
export function part<T>(call: Call, rows: readonly T[], filters: Filters<T>, show: (row: T) => unknown = (row) => row): Outcome {
  const wanted = [...call.query.entries()].filter(([name]) => name !== 'from' && name !== 'max')
  const stray = wanted.find(([name]) => !Object.hasOwn(filters, name))
  if (stray) return refusal(400, { code: 'PX-00', at: stray[0], says: `${stray[0]} is no filter of this list.` })
  const max = Math.min(Math.max(count(call.query, 'max', 50), 1), 500)
  const items: unknown[] = []
  let at = count(call.query, 'from', 0)
  for (; at < rows.length && items.length < max; at += 1) {
    const row = rows[at] as T
    if (wanted.every(([name, value]) => filters[name]?.(row, value))) items.push(show(row))
  }
  return { status: 200, body: { items, further: at < rows.length ? String(at) : null } }
}

/** Compares names and numbers as a buyer does: blanks and case do not matter. */
export function alike(held: string, wanted: string): boolean {
  return folded(held) === folded(wanted)
}
function folded(text: string): string {
  return text.normalize('NFC').replaceAll(/\s/g, '').toLowerCase()
}
