import { Fault } from './fault.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

const LIMIT_DEPTH = 40

/**
 * The one way JSON is written before it is hashed: keys sorted by UTF-16 code unit, no white space, members that are
 * `undefined` left out, as RFC 8785 (numbers must be safe integers; amounts are strings) but for keys that are array indexes:
 * these stand first, in the order of their numbers. Bodies are hashed as stored and never written anew, so nobody has to know.
 * Throws the fault `body-not-clean` on NUL or a lone surrogate, and `event-not-valid` on a number that is not a safe
 * integer or on nesting deeper than 40.
 */
export function canonicalJson(value: Json, known?: Json): string {
  return canonical(value, known).text
}

/**
 * The canonical text together with what it reads back as: the same value with its keys in order. `known` came from such a text:
 * its parts are in order wherever they stand in `value`, and are not looked at again.
 */
export function canonical<T extends Json>(value: T, known?: Json): { readonly text: string; readonly value: T } {
  const ordered = sorted(value, known, 0)
  const text = JSON.stringify(ordered)
  // JSON.stringify writes NUL and halves of surrogate pairs as \u…: without one there is nothing to look for.
  if (text.includes('\\u') && !isClean(ordered)) throw new Fault('body-not-clean')
  return { text, value: ordered as T }
}

/**
 * A value to begin with, its keys in order: what grows from it then need not be put in order each time that it is written. Read
 * from its text: V8 keeps an object of many keys that was put together key by key as a hash table, ten times as slow to copy (measured).
 */
export const inOrder = <T>(value: T): T => JSON.parse(canonicalJson(value as Json)) as T

/** True when a text can be stored as UTF-8 in PostgreSQL and hashed: no NUL, no half of a surrogate pair. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

/**
 * The value with sorted keys; the very same where they are sorted already, as in most of what was stored before. This runs for
 * every event and object: copying only what is out of order halves its time.
 */
function sorted(value: Json | undefined, known: Json | undefined, depth: number): Json {
  if (isPlain(value)) return value
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new Fault('event-not-valid', `The number ${value} is not a whole number that can be kept exactly; amounts are written as text.`)
    return value
  }
  if (typeof value !== 'object') throw new Fault('event-not-valid', `A ${typeof value} is not JSON.`)
  if (value === known) return value
  if (depth >= LIMIT_DEPTH) throw new Fault('event-not-valid', `It is nested deeper than ${LIMIT_DEPTH}.`)
  return isList(value)
    ? sortedList(value, isList(known) ? known : undefined, depth)
    : sortedRecord(value, isRecord(known) ? known : undefined, depth)
}

interface Members {
  readonly [key: string]: Json | undefined
}
/** What has no parts and needs no look: looked at in place, since a call for each costs as much as the rest of the walk. */
const isPlain = (value: Json | undefined): value is string | boolean | null =>
  typeof value === 'string' || value === null || typeof value === 'boolean'
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)
const isRecord = (value: Json | undefined): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

function sortedList(list: readonly Json[], known: readonly Json[] | undefined, depth: number): Json {
  let copy: Json[] | undefined
  for (let at = 0; at < list.length; at++) {
    const item = list[at]
    if (isPlain(item)) continue
    const ordered = sorted(item, known?.[at], depth + 1)
    if (ordered !== item) (copy ??= [...list])[at] = ordered
  }
  return copy ?? list
}

// Not for … in: V8's optimised code of such a loop is thrown away at each record that has a key like '1', and made anew (2,654
// times in 36,000 events; the walk took twice as long).
function sortedRecord(record: Members, known: Members | undefined, depth: number): Json {
  let copy: { [key: string]: Json } | undefined
  let last = ''
  let seen = 0
  for (const key of Object.keys(record)) {
    const member = record[key]
    if (member === undefined || key < last) return reordered(copy ?? record, seen, known, depth)
    last = key
    seen++
    if (isPlain(member)) continue
    const before = known?.[key]
    if (member === before) continue
    const ordered = sorted(member, before, depth + 1)
    if (ordered !== member) put((copy ??= { ...record } as { [key: string]: Json }), key, ordered)
  }
  return copy ?? record
}

/** A copy with its keys in order. The first `seen` members are sorted in themselves: each is looked at once, however deep they lie. */
function reordered(record: Members, seen: number, known: Members | undefined, depth: number): Json {
  const keys: string[] = []
  const members: Json[] = []
  let at = 0
  for (const key of Object.keys(record)) {
    const member = record[key]
    if (member !== undefined) {
      keys.push(key)
      members.push(at < seen || isPlain(member) ? member : sorted(member, known?.[key], depth + 1))
    }
    at++
  }
  const copy: { [key: string]: Json } = {}
  for (const place of places(keys)) put(copy, keys[place]!, members[place]!)
  return copy
}

/** Most records have few keys: putting each in its place by hand then costs a fraction of sorting them. */
const FEW = 40

/** Where each key stands, in the order of the keys. */
function places(keys: readonly string[]): number[] {
  const order = Array.from(keys, (_, at) => at)
  if (keys.length > FEW) return order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1))
  for (let next = 1; next < order.length; next++) {
    let at = next
    for (; at > 0 && keys[order[at - 1]!]! > keys[next]!; at--) order[at] = order[at - 1]!
    order[at] = next
  }
  return order
}

function put(record: { [key: string]: Json }, key: string, value: Json): void {
  // Assigning a member named __proto__ would change the prototype.
  if (key === '__proto__') Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })
  else record[key] = value
}

function isClean(value: Json): boolean {
  if (typeof value === 'string') return isCleanText(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every((item) => isClean(item as Json))
  return Object.entries(value).every(([key, member]) => isCleanText(key) && isClean(member as Json))
}
