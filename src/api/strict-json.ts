/**
 * JSON as RFC 8259 has it, and stricter where programs read it differently: no member twice, no `__proto__`, no NUL, no half
 * of a surrogate pair, UTF-8 only, nesting bounded before anything is built.
 */
import { isCleanText, type Json } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'

export const LIMIT_DEPTH = 32

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The value of a JSON text. Throws the fault `body-not-json`, or `body-not-clean` for text that cannot be stored. */
export function readJson(bytes: Uint8Array): Json {
  const text = decoded(bytes)
  const members = countMembers(text)
  const value = parsed(text)
  // A text names as many members as it has colons outside strings; the value has fewer when one came twice.
  const walked = { members: 0, escapes: text.includes('\\u') }
  walk(value, walked)
  if (walked.members !== members) throw new Fault('body-not-json', 'It names a member twice, which programs read differently.')
  return value
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Fault('body-not-json', 'It is not UTF-8.')
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new Fault('body-not-json')
  }
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c

/** Counts colons outside strings, and refuses what is nested too deep. The text may still be no JSON at all. */
function countMembers(text: string): number {
  let members = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === COLON) members++
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > LIMIT_DEPTH) throw new Fault('body-not-json', `It is nested deeper than ${LIMIT_DEPTH}.`)
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return members
}

/** Where the string ends that begins at `start`: the next quote that no odd number of backslashes stands before. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((at - before) % 2 === 1) return at
  }
  return text.length
}

function walk(value: Json, found: { members: number; readonly escapes: boolean }): void {
  if (typeof value === 'string') {
    // Without an escape sequence UTF-8 holds neither NUL in a string nor half of a pair.
    if (found.escapes && !isCleanText(value)) throw new Fault('body-not-clean')
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) walk(item, found)
    return
  }
  for (const [key, member] of Object.entries(value)) {
    found.members++
    if (key === '__proto__') throw new Fault('body-not-json', 'It names a member __proto__.')
    if (found.escapes && !isCleanText(key)) throw new Fault('body-not-clean')
    if (member !== undefined) walk(member, found)
  }
}
