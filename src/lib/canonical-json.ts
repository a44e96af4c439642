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
  return canonical(value).text
}

/** The canonical text together with what it reads back as: the same value with its keys in order. */
export function canonical<T extends Json>(value: T): { readonly text: string; readonly value: T } {
  const ordered = sorted(value, 0)
  const text = JSON.stringify(ordered)
  // JSON.stringify writes NUL and halves of surrogate pairs as \u…: without one there is nothing to look for.
  if (text.includes('\\u') && !isClean(ordered)) throw new Fault('body-not-clean')
  return { text, value: ordered as T }
}

/** True when a text can be stored as UTF-8 in PostgreSQL and hashed: no NUL, no half of a surrogate pair. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

/**
 * The value with sorted keys; the very same where they are sorted already, as in most of what was stored before. This runs for
 * every event and object: copying only what is out of order halves its time.
 */
function sorted(value: Json, depth: number): Json {
  if (typeof value === 'string' || value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Fault('event-not-valid', `The number ${value} is not a whole number that can be kept exactly; amounts are written as text.`)
    return value
  }
  if (typeof value !== 'object') throw new Fault('event-not-valid', `A ${typeof value} is not JSON.`)
  if (depth >= LIMIT_DEPTH) throw new Fault('event-not-valid', `It is nested deeper than ${LIMIT_DEPTH}.`)
  return Array.isArray(value) ? sortedList(value as readonly Json[], depth) : sortedRecord(value as { readonly [key: string]: Json | undefined }, depth)
}

function sortedList(list: readonly Json[], depth: number): Json {
  let copy: Json[] | undefined
  for (let at = 0; at < list.length; at++) {
    const item = list[at] as Json
    const ordered = sorted(item, depth + 1)
    if (ordered !== item) (copy ??= [...list])[at] = ordered
  }
  return copy ?? list
}

function sortedRecord(record: { readonly [key: string]: Json | undefined }, depth: number): Json {
  const keys = Object.keys(record)
  let same = true
  for (let at = 1; at < keys.length; at++) if (keys[at]! < keys[at - 1]!) same = false
  if (!same) keys.sort()
  const members: Json[] = []
  const kept: string[] = []
  for (const key of keys) {
    const member = record[key]
    if (member === undefined) {
      same = false
      continue
    }
    const ordered = sorted(member, depth + 1)
    if (ordered !== member) same = false
    members.push(ordered)
    kept.push(key)
  }
  if (same) return record
  const copy: { [key: string]: Json } = {}
  for (let at = 0; at < kept.length; at++) {
    const key = kept[at]!
    // Assigning a member named __proto__ would change the prototype.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: members[at], enumerable: true, configurable: true, writable: true })
    else copy[key] = members[at]!
  }
  return copy
}

function isClean(value: Json): boolean {
  if (typeof value === 'string') return isCleanText(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every((item) => isClean(item as Json))
  return Object.entries(value).every(([key, member]) => isCleanText(key) && isClean(member as Json))
}
