import type { BankFinding, MessageHead } from '../../domain/bank-document.ts'
import type { Refused } from '../../domain/invoice-document.ts'
import { refusal, readXml, type XmlElement, type XmlLimits } from '../xml/read-xml.ts'
import { shown, type Problem } from '../xml/source.ts'
import { nodes, type XmlNode } from '../xml/tree.ts'
import { only, required, some, text, type Reading } from './fields.ts'

export type Kind = 'pain.001' | 'pain.002' | 'camt.052' | 'camt.053' | 'camt.054'

/** The element below Document. Version 1 of some carries `V01` behind the name, or is named by the version itself. */
const ELEMENTS: Readonly<Record<Kind, RegExp>> = {
  'pain.001': /^(CstmrCdtTrfInitn|pain\.001\.001\.0\d)$/,
  'pain.002': /^(CstmrPmtStsRpt|pain\.002\.001\.0\d)$/,
  'camt.052': /^BkToCstmrAcctRpt(V\d\d)?$/,
  'camt.053': /^BkToCstmrStmt(V\d\d)?$/,
  'camt.054': /^BkToCstmrDbtCdtNtfctn(V\d\d)?$/,
}
const KINDS = Object.keys(ELEMENTS) as Kind[]

/** Plain names of the messages that finance departments send here by mistake, by the beginning of their identifier. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['pain.001', 'a payment file'],
  ['pain.002', 'a payment status report'],
  ['camt.052', 'an intraday account report'],
  ['camt.053', 'an account statement'],
  ['camt.054', 'a debit and credit notification'],
  ['pain.007', 'a payment reversal'],
  ['pain.008', 'a direct debit file'],
  ['pain.009', 'a mandate request'],
  ['pain.010', 'a mandate change'],
  ['pain.011', 'a mandate cancellation'],
  ['pain.012', 'a mandate report'],
  ['pain.013', 'a request to pay'],
  ['pain.014', 'an answer to a request to pay'],
  ['camt.026', 'an inquiry'],
  ['camt.027', 'an inquiry'],
  ['camt.028', 'an inquiry'],
  ['camt.029', 'an answer to an inquiry'],
  ['camt.055', 'a request to cancel a payment'],
  ['camt.056', 'a request of a bank to cancel a payment'],
  ['camt.060', 'a request for statements'],
  ['camt.086', 'a statement of bank fees'],
  ['pacs.', 'a payment message between banks'],
  ['acmt.', 'a message about an account itself'],
  ['remt.', 'a remittance advice'],
  ['head.', 'a business header'],
  ['admi.', 'an administrative message'],
]

/** The namespaces in use: ISO's own (national variants differ in the middle number), SWIFT's, two national ones that hold ISO's name. */
const NAMESPACES: readonly RegExp[] = [
  /^urn:iso:std:iso:20022:tech:xsd:\$?([a-z]{4}\.\d{3}\.\d{3}\.\d{2})$/,
  /^urn:swift:xsd:\$?([a-z]{4}\.\d{3}\.\d{3}\.\d{2})$/,
  /^http:\/\/www\.six-interbank-clearing\.com\/de\/([a-z]{4}\.\d{3}\.\d{3}\.\d{2})\.ch\.\d{2}\.xsd$/,
  /^ISO:([a-z]{4}\.\d{3}\.\d{3}\.\d{2}):APC:STUZZA:/,
]

export interface Message {
  readonly kind: Kind
  readonly version?: string
}

/** Reads the parts of one kind of message as they close. */
export interface MessageReader<T> {
  /** `depth` counts Document as 1. Says whether the parent shall hold the node; problems go to the reading. */
  readonly part: (node: XmlNode, parent: XmlNode, depth: number) => 'hold' | 'let-go'
  /** The whole message, with the parts that it holds. */
  readonly end: (message: XmlNode) => T
  /** Refuse elements of another namespace outside SplmtryData, which a bank would refuse and another reader might read. */
  readonly strict?: boolean
}

export interface Refusal {
  readonly refused: Refused
}

/** A sender's files may be large; a person's never are. Reading costs about the size of the file and one entry at a time. */
const MAX_BANK_BYTES = 256_000_000

/**
 * Reads `bytes` as an ISO 20022 message, giving each part to the reader that `choose` has for its kind. Refuses, with a
 * place: what is no XML or not safe (see readXml), another vocabulary, another message, and what the reader notes.
 */
export function readMessage<T>(
  bytes: Uint8Array,
  choose: (message: Message, reading: Reading) => MessageReader<T> | undefined,
  limits: XmlLimits = {},
): T | Refusal {
  const foreign = notXml(bytes)
  if (foreign) return { refused: foreign }
  const reading: Reading = { problem: undefined }
  let message: Message | undefined
  let reader: MessageReader<T> | undefined
  let uri = ''
  let depth = 0
  let result: { readonly value: T } | undefined

  const keep = (element: XmlElement, parent: XmlNode | undefined): boolean => {
    if (reading.problem) return false
    if (parent === undefined) {
      uri = element.uri
      reading.problem = envelopeProblem(element)
    } else if (element.uri !== uri) {
      if (reader?.strict !== true) return false
      const says = `The element ${shown(element.local)} is of another namespace than the message.`
      reading.problem = { code: 'element-foreign', says, at: element.at }
    } else if (element.local === 'SplmtryData') {
      return false
    } else if (depth === 1) {
      const found = messageOf(uri, element)
      if ('code' in found) reading.problem = found
      else if (message) reading.problem = { code: 'element-repeated', says: 'The document holds more than one message.', at: element.at }
      else {
        message = found
        reader = choose(found, reading)
        if (!reader) reading.problem = otherMessage(found.version ?? found.kind, element)
      }
    }
    if (reading.problem) return false
    depth++
    return true
  }
  const done = (node: XmlNode, parent: XmlNode | undefined): 'hold' | 'let-go' | Problem => {
    const verdict = parent && reader && !reading.problem && depth > 2 ? reader.part(node, parent, depth) : 'hold'
    if (depth === 2 && reader && !reading.problem) result = { value: reader.end(node) }
    depth--
    return reading.problem ?? verdict
  }
  const building = nodes(keep, done)
  // A problem that an opening element shows ends the reading there and then.
  const handler = { ...building, open: (element: XmlElement) => building.open(element) ?? reading.problem }
  const refused = readXml(bytes, handler, { maxBytes: limits.maxBytes ?? MAX_BANK_BYTES })
  if (refused) return { refused }
  if (!result) return { refused: refusal(bytes, { code: 'message-missing', says: 'The Document is empty.', at: 0 }) }
  return result.value
}

/** GrpHdr: id and time of the message, and what is odd about them. */
export function headOf(
  reading: Reading,
  message: Message,
  node: XmlNode,
): { head: Omit<MessageHead, 'findings'>; group: XmlNode | undefined; findings: BankFinding[] } {
  const group = only(reading, node, 'GrpHdr')
  const messageId = required(reading, group ?? node, 'message id', ...(group ? ['MsgId'] : ['GrpHdr', 'MsgId']))
  const findings: BankFinding[] = []
  if (message.version === undefined) findings.push({ code: 'namespace-missing', about: 'message' })
  if (messageId.length > MAX_ID) findings.push({ code: 'id-too-long', about: 'message' })
  const head = { ...some('version', message.version), messageId, ...some('createdAt', text(reading, group, 'CreDtTm')) }
  return { head, group, findings }
}

/** Max35Text, the length of every identifier of these messages. */
export const MAX_ID = 35

function envelopeProblem(root: XmlElement): Problem | undefined {
  if (root.local === 'Document' && (root.uri === '' || NAMESPACES.some((pattern) => pattern.test(root.uri)))) return undefined
  const says = `This is XML, but not ISO 20022: it begins with ${shown(root.local)}${root.uri ? ` of ${shown(root.uri)}` : ''}.`
  return { code: 'not-iso20022', says, at: root.at }
}

/** A file without any namespace is told by its message element: banks' converters have sent such files. */
function messageOf(uri: string, element: XmlElement): Message | Problem {
  const version = NAMESPACES.map((pattern) => pattern.exec(uri)?.[1]).find((found) => found !== undefined)
  const kind = KINDS.find((one) => (version === undefined ? ELEMENTS[one].test(element.local) : version.startsWith(`${one}.`)))
  if (kind === undefined) return otherMessage(version ?? element.local, element)
  if (!ELEMENTS[kind].test(element.local)) {
    const says = `The namespace says ${version ?? ''}, but the message is ${shown(element.local)}.`
    return { code: 'message-contradicts', says, at: element.at }
  }
  return { kind, ...some('version', version) }
}

function otherMessage(name: string, element: XmlElement): Problem {
  const plain = OTHERS.find(([start]) => name.startsWith(start))?.[1] ?? 'another message'
  return { code: 'other-message', says: `This is ${plain} (${shown(name)}), which is not read here.`, at: element.at }
}

const BANK_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^(\{1:|:20:|.{0,200}\n:20:)/s, 'an MT940 or MT942 text'],
  [/^01,/, 'a BAI2 text'],
  [/^101 /, 'a NACHA file'],
]

/** Told before the XML reader is asked: text formats of banks deserve their name in the refusal. */
function notXml(bytes: Uint8Array): Refused | undefined {
  const head = new TextDecoder('windows-1252').decode(bytes.subarray(0, 1024))
  // Marks of UTF-8 and UTF-16, and the zeros of the latter.
  const start = head
    .replace(/^(ï»¿|þÿ|ÿþ)/, '')
    .replaceAll('\u0000', '')
    .trimStart()
  if (start.startsWith('<')) return undefined
  const plain = BANK_TEXTS.find(([pattern]) => pattern.test(start))?.[1]
  return { code: 'not-iso20022', says: `This is not ISO 20022 XML${plain ? `: it looks like ${plain}` : ''}.`, line: 1, column: 1 }
}
