/**
 * Bytes → text, for XML only: which encoding it is, and where in the text something is. The declared encodings are few on
 * purpose; what two readers could decode differently is refused (XML 1.0 section 4.3.3 and appendix F).
 */

/** Something wrong at `at`, an offset into the decoded text in UTF-16 code units; the place is worked out only when needed. */
export interface Problem {
  readonly code: string
  readonly says: string
  readonly at: number
}

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/**
 * Declared names we take. ISO 8859-1 is read as windows-1252, as the WHATWG Encoding Standard (section 4.2) has it: the two
 * differ only at 0x80–0x9F, where ISO 8859-1 has control codes that no invoice means and windows-1252 the euro sign.
 */
const DECLARED: Readonly<Record<string, Encoding | 'utf-16'>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  'iso-8859-1': 'windows-1252',
  'iso8859-1': 'windows-1252',
  latin1: 'windows-1252',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  'utf-16': 'utf-16',
  'utf-16le': 'utf-16',
  'utf-16be': 'utf-16',
}

/** Beginnings that tell the encoding, or that it is one we refuse; looked at in this order (UTF-32 begins like UTF-16). */
const BEGINNINGS: readonly { readonly bytes: readonly number[]; readonly encoding: Encoding | undefined; readonly name: string }[] = [
  { bytes: [0xff, 0xfe, 0, 0], encoding: undefined, name: 'UTF-32' },
  { bytes: [0, 0, 0xfe, 0xff], encoding: undefined, name: 'UTF-32' },
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8', name: 'UTF-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le', name: 'UTF-16' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be', name: 'UTF-16' },
  { bytes: [0x3c, 0], encoding: undefined, name: 'UTF-16 without a byte order mark' },
  { bytes: [0, 0x3c], encoding: undefined, name: 'UTF-16 without a byte order mark' },
  { bytes: [0x4c, 0x6f, 0xa7, 0x94], encoding: undefined, name: 'EBCDIC' },
]

const DECLARATION = /^<\?xml\s[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{1,60})["']/
const HEAD_BYTES = 1024

/** The encoding of a document by its first bytes and its declaration, which must not contradict each other. */
export function encodingOf(bytes: Uint8Array): Encoding | Problem {
  const found = BEGINNINGS.find(({ bytes: start }) => start.every((byte, at) => bytes[at] === byte))
  if (found && found.encoding === undefined) return unreadable(`The text is in ${found.name}, which is not read.`)
  const marked = found?.encoding
  const head = new TextDecoder(marked ?? 'windows-1252').decode(bytes.subarray(0, HEAD_BYTES))
  const name = DECLARATION.exec(head)?.[1]
  if (name === undefined) return marked ?? 'utf-8'
  const declared = DECLARED[name.toLowerCase()]
  if (declared === undefined) return unreadable(`The text declares the encoding ${shown(name)}, which is not read.`)
  if (marked === undefined) return declared === 'utf-16' ? unreadable('The text declares UTF-16 but has no byte order mark.') : declared
  const agrees = declared === marked || (declared === 'utf-16' && marked !== 'utf-8')
  return agrees ? marked : unreadable(`The text declares ${shown(name)}, but its byte order mark says ${found?.name}.`)
}

function unreadable(says: string): Problem {
  return { code: 'xml-encoding', says, at: 0 }
}

/** Decodes piece by piece; a piece that holds bytes which are none in the encoding gives undefined. */
export function pieceDecoder(encoding: Encoding): (piece: Uint8Array, last: boolean) => string | undefined {
  const decoder = new TextDecoder(encoding, { fatal: true })
  return (piece, last) => {
    try {
      return decoder.decode(piece, { stream: !last })
    } catch {
      return undefined
    }
  }
}

/** Offset, in code units, of the first character that cannot be decoded; the bytes from `from` on are known to hold one. */
export function badOffset(bytes: Uint8Array, encoding: Encoding, from: number): number {
  const decode = pieceDecoder(encoding)
  let offset = decode(bytes.subarray(0, from), false)?.length ?? 0
  for (let at = from; at < bytes.length; at++) {
    const text = decode(bytes.subarray(at, at + 1), false)
    if (text === undefined) break
    offset += text.length
  }
  return offset
}

/** Line and column of an offset, both from 1; a column is a character (a code point), a line ends at LF, CR LF or CR. */
export function placeOf(bytes: Uint8Array, encoding: Encoding, at: number): { line: number; column: number } {
  const text = new TextDecoder(encoding).decode(bytes)
  const end = Math.min(at, text.length)
  let line = 1
  let start = 0
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) {
      line++
      start = i + 1
    }
  }
  const low = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff
  let column = 1
  for (let i = start; i < end; i++) if (!low(text.charCodeAt(i))) column++
  return { line, column }
}

/** A word from the document as it may stand in a sentence: short, without control characters. */
export function shown(text: string): string {
  const clean = text
    .slice(0, 80)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
    .toWellFormed()
  return text.length > 80 ? `${clean}…` : clean
}
