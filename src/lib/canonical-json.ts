import { Fault } from './fault.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

const LIMIT_DEPTH = 40

/**
 * The one way JSON is written before it is hashed: keys sorted by UTF-16 code unit, no white space, members that are
 * `undefined` left out, as RFC 8785 for everything we let through (numbers must be safe integers; amounts are strings).
 * Throws the fault `body-not-clean` on NUL or a lone surrogate, and `event-not-valid` on a number that is not a safe
 * integer or on nesting deeper than 40.
 */
export function canonicalJson(value: Json): string {
  return JSON.stringify(sorted(value, 0))
}

/** True when a text can be stored as UTF-8 in PostgreSQL and hashed: no NUL, no half of a surrogate pair. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

function sorted(value: Json, depth: number): Json {
  if (typeof value === 'string') {
    if (!isCleanText(value)) throw new Fault('body-not-clean')
    return value
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Fault('event-not-valid', `The number ${value} is not a whole number that can be kept exactly; amounts are written as text.`)
    return value
  }
  if (value === null || typeof value === 'boolean') return value
  if (depth >= LIMIT_DEPTH) throw new Fault('event-not-valid', `It is nested deeper than ${LIMIT_DEPTH}.`)
  if (Array.isArray(value)) return value.map((item) => sorted(item as Json, depth + 1))
  const record = value as { readonly [key: string]: Json | undefined }
  // A null prototype: a member named __proto__ stays a member.
  const result: { [key: string]: Json } = Object.create(null)
  for (const key of Object.keys(record).sort()) {
    const member = record[key]
    if (member === undefined) continue
    if (!isCleanText(key)) throw new Fault('body-not-clean')
    result[key] = sorted(member, depth + 1)
  }
  return result
}
