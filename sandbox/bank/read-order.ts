import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { isObject } from '../plumbing/shape.ts'
import type { Payment } from './rows.ts'

/** A payment message as it was sent, before anything of it is checked. */
export interface SentMessage {
  readonly msgId: string
  readonly msgName: string
  readonly count: string
  readonly ctrlSum: string
  readonly groups: readonly SentGroup[]
}
export interface SentGroup {
  readonly pmtInfId: string
  readonly debtorIban: string
  readonly batch: boolean
  readonly count: string
  readonly ctrlSum: string
  readonly payments: readonly Payment[]
}

const REPEATED = new Set(['PmtInf', 'CdtTrfTxInf', 'Strd', 'Ustrd'])
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  isArray: (name) => REPEATED.has(name),
})
const MOST_BYTES = 64 * 1024 * 1024
const SPACES = /urn:iso:std:iso:20022:tech:xsd:(pain\.001\.001\.(?:03|09))/

/** Reads pain.001.001.03 or .09; a text saying why when it is neither or is not well-formed. */
export function readOrder(bytes: Buffer): SentMessage | string {
  if (bytes.length > MOST_BYTES) return 'The file is too large.'
  const text = bytes.toString('utf8')
  const msgName = SPACES.exec(text.slice(0, 2000))?.[1]
  if (!msgName) return 'The file is not pain.001.001.03 or pain.001.001.09.'
  try {
    const valid = XMLValidator.validate(text)
    if (valid !== true) return `Line ${valid.err.line}: ${valid.err.msg}`
    const root = at(parser.parse(text) as unknown, 'Document', 'CstmrCdtTrfInitn')
    const header = at(root, 'GrpHdr')
    const msgId = word(header, 'MsgId')
    return msgId === ''
      ? 'There is no MsgId.'
      : { msgId, msgName, count: word(header, 'NbOfTxs'), ctrlSum: word(header, 'CtrlSum'), groups: many(root, 'PmtInf').map(group) }
  } catch (error) {
    return error instanceof Error ? error.message : 'The file cannot be read.'
  }
}

function group(node: unknown): SentGroup {
  return {
    pmtInfId: word(node, 'PmtInfId'),
    debtorIban: word(node, 'DbtrAcct', 'Id', 'IBAN'),
    batch: word(node, 'BtchBookg') !== 'false',
    count: word(node, 'NbOfTxs'),
    ctrlSum: word(node, 'CtrlSum'),
    payments: many(node, 'CdtTrfTxInf').map(payment),
  }
}

function payment(node: unknown): Payment {
  const amount = at(node, 'Amt', 'InstdAmt')
  return {
    endToEndId: word(node, 'PmtId', 'EndToEndId'),
    instrId: word(node, 'PmtId', 'InstrId'),
    amt: word(amount, '#text'),
    ccy: word(amount, '@Ccy'),
    payeeName: word(node, 'Cdtr', 'Nm'),
    payeeIban: word(node, 'CdtrAcct', 'Id', 'IBAN'),
    payeeOther: word(node, 'CdtrAcct', 'Id', 'Othr', 'Id'),
    remit: at(node, 'RmtInf') ?? null,
  }
}

function at(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce((held, name) => (isObject(held) && Object.hasOwn(held, name) ? held[name] : undefined), node)
}

function word(node: unknown, ...path: readonly string[]): string {
  const held = at(node, ...path)
  return typeof held === 'string' ? held : ''
}

function many(node: unknown, name: string): readonly unknown[] {
  const held = at(node, name)
  return Array.isArray(held) ? held : []
}
