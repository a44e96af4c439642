import { millionths } from './amounts.ts'

/** What is wrong with a body, and where. */
export interface Problem {
  readonly field: string
  readonly text: string
}

/** Reads a value of unknown shape; what is wrong with it is added to `problems`, and then the result is worth nothing. */
export type Read<T> = (value: unknown, field: string, problems: Problem[]) => T
export type Of<R> = R extends Read<infer T> ? T : never

function matching(test: (text: string) => boolean, says: string): Read<string> {
  return (value, field, problems) => {
    if (typeof value === 'string' && test(value)) return value
    problems.push({ field, text: value === undefined ? 'is missing' : says })
    return ''
  }
}

/** A text of 1 to `max` characters without control characters. */
export const text = (max = 200): Read<string> =>
  matching((value) => value.length > 0 && clean(value, max), `must be a text of 1 to ${max} characters`)
/** A text that may be empty. */
export const note = (max = 500): Read<string> => matching((value) => clean(value, max), `must be a text of at most ${max} characters`)
export const amount: Read<string> = matching((value) => millionths(value) !== undefined, 'must be a decimal as text, like "119.00"')
/** A quantity, price or rate: more digits than an amount has. */
export const decimal: Read<string> = matching((value) => /^-?\d{1,18}(\.\d{1,18})?$/.test(value), 'must be a decimal as text, like "12.50"')
export const date: Read<string> = matching(isDate, 'must be a date, like "2026-01-31"')
export const currency: Read<string> = matching((value) => /^[A-Z]{3}$/.test(value), 'must be a currency code of three capitals')
export const base64: Read<string> = matching((value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value), 'must be base64')
export const hash: Read<string> = matching((value) => /^[0-9a-f]{64}$/.test(value), 'must be a SHA-256 in hexadecimal')

export function oneOf<const T extends string>(...words: readonly T[]): Read<T> {
  return matching((value) => (words as readonly string[]).includes(value), `must be one of ${words.join(', ')}`) as Read<T>
}

export const flag: Read<boolean> = (value, field, problems) => {
  if (typeof value !== 'boolean') problems.push({ field, text: value === undefined ? 'is missing' : 'must be true or false' })
  return value === true
}

export function whole(min: number, max: number): Read<number> {
  return (value, field, problems) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
    problems.push({ field, text: value === undefined ? 'is missing' : `must be a whole number from ${min} to ${max}` })
    return min
  }
}

/** `value` when it is there (null counts as not there), else `fallback`. */
export function optional<T>(read: Read<T>, fallback: T): Read<T>
export function optional<T>(read: Read<T>, fallback: null): Read<T | null>
export function optional<T>(read: Read<T>, fallback: T | null): Read<T | null> {
  return (value, field, problems) => (value === undefined || value === null ? fallback : read(value, field, problems))
}

export function list<T>(read: Read<T>, max = 10_000): Read<T[]> {
  return (value, field, problems) => {
    if (Array.isArray(value) && value.length <= max) return value.map((item, at) => read(item, `${field}[${at}]`, problems))
    problems.push({ field, text: value === undefined ? 'is missing' : `must be a list of at most ${max}` })
    return []
  }
}

/** Texts under free names, as a customer's own fields. */
export function texts(maxEntries: number, maxLength: number): Read<Record<string, string>> {
  return (value, field, problems) => {
    const entries = isObject(value) ? Object.entries(value) : undefined
    if (
      entries &&
      entries.length <= maxEntries &&
      entries.every(([name, held]) => clean(name, 60) && typeof held === 'string' && clean(held, maxLength))
    ) {
      return Object.fromEntries(entries) as Record<string, string>
    }
    problems.push({ field, text: `must hold at most ${maxEntries} texts of at most ${maxLength} characters` })
    return {}
  }
}

/** An object with exactly these fields; an unknown one is a problem, never ignored. */
export function record<S extends Record<string, Read<unknown>>>(fields: S): Read<{ [K in keyof S]: Of<S[K]> }> {
  return (value, field, problems) => {
    const held = isObject(value) ? value : {}
    const inside = field === '' ? '' : `${field}.`
    if (!isObject(value)) problems.push({ field: field || 'body', text: 'must be an object' })
    for (const name of Object.keys(held))
      if (!Object.hasOwn(fields, name)) problems.push({ field: inside + name, text: 'is not known here' })
    return Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(held[name], inside + name, problems)])) as {
      [K in keyof S]: Of<S[K]>
    }
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

function clean(value: string, max: number): boolean {
  // oxlint-disable-next-line no-control-regex -- the point is to refuse them; tab and newline are fine in a text
  return value.length <= max && value.isWellFormed() && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value)
}
