import { SaxesParser } from 'saxes'
import type { Refused } from '../../domain/invoice-document.ts'
import { badOffset, encodingOf, pieceDecoder, placeOf, shown, type Encoding, type Problem } from './source.ts'

/**
 * Safe reading of XML: no DOCTYPE, no entity beyond the five of XML 1.0 section 4.6, nothing fetched, limits on size and
 * depth, every problem a value with its place. Names are namespaces by URI, never prefixes.
 */

export interface XmlLimits {
  /** Bytes of a document; {@link MAX_BYTES} when absent. */
  readonly maxBytes?: number
}

const MAX_BYTES = 10_000_000
export const MAX_DEPTH = 100
/** No element of our formats has more than a dozen attributes. */
const MAX_ATTRIBUTES = 100

/** An element as it opens. `at` is good for {@link Problem.at} and for nothing else. */
export interface XmlElement {
  /** '' when the element has no namespace. */
  readonly uri: string
  readonly local: string
  /** The attributes without a namespace, by name; those with one (xsi:…, xml:…, xmlns:…) mean nothing to our formats. */
  readonly attributes: Readonly<Record<string, string>>
  readonly at: number
}

/** Gets the document in order. Each may return a problem, which ends the reading. `text` may come in parts; CDATA is text. */
export interface XmlHandler {
  open: (element: XmlElement) => Problem | undefined
  text: (text: string) => Problem | undefined
  close: () => Problem | undefined
}

/**
 * Reads a document and tells `handler` of it; undefined when all of it was read and well formed. Until then nothing that
 * the handler has heard may be acted on. Nothing is thrown. Codes: xml-too-large, xml-encoding, xml-nul, xml-doctype,
 * xml-too-deep, xml-too-many (attributes), xml-malformed, not-xml, and what the handler returns.
 */
export function readXml(bytes: Uint8Array, handler: XmlHandler, limits: XmlLimits = {}): Refused | undefined {
  const problem = read(bytes, handler, limits.maxBytes ?? MAX_BYTES)
  return problem && refusal(bytes, problem)
}

/** The refusal that a problem makes, with its line and column: for problems found after the reading. */
export function refusal(bytes: Uint8Array, problem: Problem): Refused {
  const { code, says, at } = problem
  // A document over the limit is not looked into, not even for a place; nor has a text that is not decoded any.
  if (at < 0) return { code, says, line: 0, column: 0 }
  const encoding = encodingOf(bytes)
  return { code, says, ...(typeof encoding === 'string' ? placeOf(bytes, encoding, at) : { line: 1, column: 1 }) }
}

/**
 * Small, because what the parser does with the rest of a piece after a problem is thrown away, and because a value that is
 * kept holds on to the piece it was cut from.
 */
const PIECE_BYTES = 16_384

function read(bytes: Uint8Array, handler: XmlHandler, maxBytes: number): Problem | undefined {
  if (bytes.length > maxBytes)
    return { code: 'xml-too-large', says: `The document has ${bytes.length} bytes; the limit is ${maxBytes}.`, at: -1 }
  if (bytes.length === 0) return { code: 'not-xml', says: 'The document is empty.', at: -1 }
  const encoding = encodingOf(bytes)
  if (typeof encoding !== 'string') return encoding
  const prologue = prologueProblem(bytes, encoding)
  if (prologue) return prologue
  const decode = pieceDecoder(encoding)
  const parser = safeParser(handler)
  let offset = 0
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const text = decode(bytes.subarray(from, from + PIECE_BYTES), from + PIECE_BYTES >= bytes.length)
    if (text === undefined) {
      return { code: 'xml-encoding', says: `The bytes here are not text in ${encoding}.`, at: badOffset(bytes, encoding, from) }
    }
    const nul = text.indexOf('\u0000')
    if (nul >= 0) return { code: 'xml-nul', says: 'The text holds a NUL character.', at: offset + nul }
    const problem = parser.write(text)
    if (problem) return problem
    offset += text.length
  }
  return parser.end()
}

/**
 * The DOCTYPE is found before the parser sees a byte: behind the declaration, comments, processing instructions and white
 * space (XML 1.0 production 22, prolog), where alone it can stand.
 */
function prologueProblem(bytes: Uint8Array, encoding: Encoding): Problem | undefined {
  for (let size = PIECE_BYTES; ; size *= 16) {
    const all = size >= bytes.length
    // Bytes that are no text do not matter here; where they stand, the reading itself will say.
    const text = new TextDecoder(encoding).decode(bytes.subarray(0, size), { stream: !all })
    const at = rootAt(text)
    if (at === undefined && !all) continue
    if (at === undefined) return undefined
    const doctype = /^<!DOCTYPE\s*([^\s[>]{0,60})/i.exec(text.slice(at, at + 100))
    if (doctype) {
      const name = shown(doctype[1] ?? '')
      return {
        code: 'xml-doctype',
        says: `The document has a DOCTYPE declaration (${name}), which is refused: it can define entities and point elsewhere.`,
        at,
      }
    }
    if (text[at] !== '<') return { code: 'not-xml', says: 'This is not XML: it does not begin with an element.', at }
    return undefined
  }
}

const SPACE = /[ \t\r\n]*/y

/** Offset of the first thing that is neither white space, comment nor processing instruction; undefined when there is none. */
function rootAt(text: string): number | undefined {
  for (let at = 0; ;) {
    SPACE.lastIndex = at
    SPACE.test(text)
    at = SPACE.lastIndex
    const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : ''
    // A cut-off `<!--` or `<!DOCTYPE` at the end of the text must be looked at again with more of it.
    if (!end) return at >= text.length || (text[at] === '<' && at + 9 > text.length) ? undefined : at
    const close = text.indexOf(end, at + (end === '-->' ? 4 : 2))
    if (close < 0) return undefined
    at = close + end.length
  }
}

const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>)

/**
 * The parser with its limits. After the first problem it is deaf: the caller stops writing at the end of the piece.
 *
 * It hears six kinds of event and not more: a seventh handler makes V8 keep the parser's fields in a dictionary (more than 12
 * fields added by computed names), and reading takes six times as long. The DOCTYPE has been looked for before.
 */
function safeParser(handler: XmlHandler): { write: (text: string) => Problem | undefined; end: () => Problem | undefined } {
  // XML 1.1 is read by the rules of 1.0, as XML 1.0 (fifth edition) section 2.8 has it: no control characters, no NEL.
  const parser = new SaxesParser({ xmlns: true, position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' })
  const pieces = { now: '', start: 0, before: '' }
  let problem: Problem | undefined
  let depth = 0
  let attributesSeen = 0
  // No attribute value holds a `<`, so that the last one before a tag's end is its beginning; a tag over three pieces is cut short.
  const tagStart = (): number => {
    const found = pieces.now.lastIndexOf('<', parser.position - 1 - pieces.start)
    return found >= 0 ? pieces.start + found : pieces.start - pieces.before.length + Math.max(0, pieces.before.lastIndexOf('<'))
  }
  parser.on('error', (error) => {
    problem ??= { code: 'xml-malformed', says: `The XML is not well formed: ${shown(error.message)}`, at: Math.max(0, parser.position - 1) }
  })
  parser.on('attribute', () => {
    if (++attributesSeen > MAX_ATTRIBUTES)
      problem ??= { code: 'xml-too-many', says: `An element has more than ${MAX_ATTRIBUTES} attributes.`, at: parser.position - 1 }
  })
  parser.on('opentag', (tag) => {
    attributesSeen = 0
    if (problem) return
    const at = tagStart()
    if (++depth > MAX_DEPTH) problem = { code: 'xml-too-deep', says: `The elements are nested deeper than ${MAX_DEPTH}.`, at }
    else problem = handler.open({ uri: tag.uri, local: tag.local, attributes: plainAttributes(tag.attributes), at })
  })
  const text = (part: string): void => {
    // Space before and after the root is no text of any element.
    if (!problem && depth > 0) problem = handler.text(part)
  }
  parser.on('text', text)
  parser.on('cdata', text)
  parser.on('closetag', () => {
    depth--
    if (!problem) problem = handler.close()
  })
  return {
    write: (part) => {
      pieces.start += pieces.now.length
      pieces.before = pieces.now
      pieces.now = part
      parser.write(part)
      return problem
    },
    end: () => {
      parser.close()
      return problem
    },
  }
}

function plainAttributes(
  all: Readonly<Record<string, { readonly uri: string; readonly value: string }>>,
): Readonly<Record<string, string>> {
  let plain: Record<string, string> | undefined
  for (const name in all) {
    const attribute = all[name]
    if (attribute === undefined || attribute.uri !== '') continue
    plain ??= Object.create(null) as Record<string, string>
    plain[name] = attribute.value
  }
  return plain ?? NO_ATTRIBUTES
}
