import type {
  BankFinding,
  EntryBatch,
  EntryDetail,
  Statement,
  StatementEntry,
  StatementFile,
  StatementFileHead,
} from '../../domain/bank-document.ts'
import type { XmlLimits } from '../xml/read-xml.ts'
import type { XmlNode } from '../xml/tree.ts'
import { batchOf, detailOf, entryOf } from './camt-entry.ts'
import { pageOf, statementOf } from './camt-statement.ts'
import { checkStatement, newTally, tally } from './check-statement.ts'
import { every, only, some, type Reading } from './fields.ts'
import { headOf, readMessage, type Message, type MessageReader, type Refusal } from './message.ts'

/** Gets a file of statements piece by piece. Nothing of it may be acted on before the whole file has been read without refusal. */
export interface StatementHandler {
  /** Each entry in order; `statement` counts from 1 in the file and is the `ordinal` of the statement that follows. */
  readonly entry: (entry: StatementEntry, statement: number) => void
  /** A statement at its end, behind all of its entries. */
  readonly statement: (statement: Statement) => void
}

/**
 * Reads camt.052, 053 or 054 (BankToCustomer AccountReport, Statement, DebitCreditNotification), versions .01 to .13; source:
 * the message definitions and schemas at https://www.iso20022.org/iso-20022-message-definitions (business area camt).
 * An entry is let go as soon as it was handed over: memory holds the bytes and one entry, however long the file.
 */
export function readCamt(bytes: Uint8Array, handler: StatementHandler, limits: XmlLimits = {}): StatementFileHead | Refusal {
  return readMessage(bytes, (message, reading) => (isCamt(message) ? camt(message, reading, handler) : undefined), limits)
}

/** As {@link readCamt}, with all statements and entries in one record. */
export function camtWhole(message: CamtMessage, reading: Reading): MessageReader<StatementFile> {
  const statements: (Statement & { entries: StatementEntry[] })[] = []
  let entries: StatementEntry[] = []
  const reader = camt(message, reading, {
    entry: (entry) => {
      entries.push(entry)
    },
    statement: (statement) => {
      statements.push({ ...statement, entries })
      entries = []
    },
  })
  return { part: reader.part, end: (node) => ({ ...reader.end(node), statements }) }
}

type CamtMessage = Message & { readonly kind: StatementFileHead['kind'] }

export function isCamt(message: Message): message is CamtMessage {
  return message.kind === 'camt.052' || message.kind === 'camt.053' || message.kind === 'camt.054'
}

const STATEMENTS: Readonly<Record<CamtMessage['kind'], string>> = { 'camt.052': 'Rpt', 'camt.053': 'Stmt', 'camt.054': 'Ntfctn' }

function camt(message: CamtMessage, reading: Reading, handler: StatementHandler): MessageReader<StatementFileHead> {
  const container = STATEMENTS[message.kind]
  const ids = new Set<string>()
  const repeated: BankFinding[] = []
  let ordinal = 1
  let position = 0
  let sums = newTally()
  let batches: EntryBatch[] = []
  let details: EntryDetail[] = []
  let ofGroup = 0

  const group = (node: XmlNode): void => {
    const own = every(node, 'Btch').map((one) => batchOf(reading, one))
    // Details belong to the batch of their group; where version 1 has several batches in one group, the file does not say.
    const batch = own.length === 1 ? batches.length : undefined
    if (batch !== undefined) for (let at = ofGroup; at < details.length; at++) details[at] = { batch, ...(details[at] as EntryDetail) }
    for (const one of own) batches.push(one)
    ofGroup = details.length
  }
  const entry = (node: XmlNode): void => {
    // Version 1 has Btch and TxDtls directly in the entry.
    group(node)
    const read = entryOf(reading, node, ++position, batches, details)
    batches = []
    details = []
    ofGroup = 0
    if (reading.problem) return
    tally(sums, read, ordinal)
    handler.entry(read, ordinal)
  }
  const statement = (node: XmlNode): void => {
    const read = statementOf(reading, node, ordinal, position)
    if (reading.problem) return
    if (ids.has(read.id)) repeated.push({ code: 'id-repeated', about: `statement ${ordinal}` })
    ids.add(read.id)
    handler.statement({ ...read, findings: checkStatement(message.kind, read, sums) })
    ordinal++
    position = 0
    sums = newTally()
  }
  return {
    part: (node, parent, depth) => {
      const isDetail = node.local === 'TxDtls' && (depth === 6 ? parent.local === 'NtryDtls' : depth === 5 && parent.local === 'Ntry')
      if (isDetail) details.push(detailOf(reading, node))
      else if (depth === 5 && node.local === 'NtryDtls' && parent.local === 'Ntry') group(node)
      else if (depth === 4 && node.local === 'Ntry' && parent.local === container) entry(node)
      else if (depth === 3 && node.local === container) statement(node)
      else return 'hold'
      return 'let-go'
    },
    end: (node) => {
      const { head, group: header, findings } = headOf(reading, message, node)
      if (ordinal === 1) findings.push({ code: 'statement-missing', about: 'message' })
      const page = pageOf(reading, only(reading, header, 'MsgPgntn'))
      return { kind: message.kind, ...head, ...some('page', page), findings: [...findings, ...repeated] }
    },
  }
}
