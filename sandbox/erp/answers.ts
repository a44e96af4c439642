import { count, type Call, type Outcome } from '../plumbing/server.ts'
import type { Problem, Read } from '../plumbing/shape.ts'

/** One sentence of refusal, as the ERP words it. */
export interface Msg {
  readonly msgId: string
  readonly field?: string
  readonly text: string
}

export function refusal(status: number, ...msgs: readonly Msg[]): Outcome {
  return { status, body: { msgs } }
}
export function unknown(kind: string, no: string): Outcome {
  return refusal(404, { msgId: 'F5-404', text: `${kind} ${no} does not exist.` })
}

/** The body in the wanted shape, or the refusal that names each field that is not. */
export function bodyOf<T>(call: Call, read: Read<T>): { value: T; refused?: undefined } | { refused: Outcome } {
  const problems: Problem[] = []
  const value = read(call.body, '', problems)
  return problems.length === 0
    ? { value }
    : { refused: refusal(400, ...problems.map(({ field, text }) => ({ msgId: 'F5-001', field, text: `${field} ${text}.` }))) }
}

/**
 * A page of `rows` that pass every filter of the query. `filters` has all filters of this list; another query key is refused, lest a
 * misspelt filter return everything. `next` counts rows before filtering, so pages stay put while rows are added at the end.
 */
export function page<T>(call: Call, rows: readonly T[], filters: Readonly<Record<string, (row: T, wanted: string) => boolean>>): Outcome {
  const wanted = [...call.query.entries()].filter(([name]) => name !== 'after' && name !== 'limit')
  const stray = wanted.find(([name]) => !Object.hasOwn(filters, name))
  if (stray) return refusal(400, { msgId: 'F5-001', field: stray[0], text: `${stray[0]} is no filter of this list.` })
  const limit = Math.min(Math.max(count(call.query, 'limit', 100), 1), 1000)
  const found: T[] = []
  let at = count(call.query, 'after', 0)
  for (; at < rows.length && found.length < limit; at += 1) {
    const row = rows[at] as T
    if (wanted.every(([name, value]) => filters[name]?.(row, value))) found.push(row)
  }
  return { status: 200, body: { rows: found, next: at < rows.length ? String(at) : null } }
}

/** Compares names and numbers as a clerk does: blanks and case do not matter. */
export function alike(held: string, wanted: string): boolean {
  return folded(held) === folded(wanted)
}
function folded(text: string): string {
  return text.normalize('NFC').replaceAll(/\s/g, '').toLowerCase()
}
