import type { BankFile } from '../../domain/bank-document.ts'
import type { XmlLimits } from '../xml/read-xml.ts'
import { camtWhole, isCamt } from './camt.ts'
import type { Reading } from './fields.ts'
import { readMessage, type Message, type MessageReader, type Refusal } from './message.ts'
import { pain001 } from './pain001.ts'
import { pain002 } from './pain002.ts'

/**
 * Reads any file that a bank sends us or a payment run makes: a pain.001, a pain.002 or a camt.052, 053 or 054, told by
 * `kind`; or `{ refused }` with what is wrong and where. Never throws on what it is given. For very long statements see
 * `readCamt`, which hands over one entry at a time.
 */
export function readBankFile(bytes: Uint8Array, limits: XmlLimits = {}): BankFile | Refusal {
  return readMessage(bytes, readerOf, limits)
}

function readerOf(message: Message, reading: Reading): MessageReader<BankFile> {
  if (isCamt(message)) return camtWhole(message, reading)
  return message.kind === 'pain.001' ? pain001(message, reading) : pain002(message, reading)
}
