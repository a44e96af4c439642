import type { InstructedPayment, PaymentBatch, PaymentFile } from '../../domain/bank-document.ts'
import type { XmlLimits } from '../xml/read-xml.ts'
import type { XmlNode } from '../xml/tree.ts'
import {
  account,
  agent,
  amount,
  count,
  date,
  decimal,
  either,
  fail,
  only,
  partyName,
  required,
  some,
  text,
  textOf,
  type Reading,
} from './fields.ts'
import { headOf, readMessage, type Message, type MessageReader, type Refusal } from './message.ts'
import { structured, unstructured } from './remittance.ts'

/**
 * Reads a payment file, pain.001 (CustomerCreditTransferInitiation), versions .02 to .13 and their national variants; source:
 * the message definitions and schemas at https://www.iso20022.org/iso-20022-message-definitions (business area pain).
 *
 * Stricter than the readers of what banks send, because the hub hands these very bytes on: whatever another reader could
 * take differently is refused. What is only wrong in itself is told by `checkPain001`.
 */
export function readPain001(bytes: Uint8Array, limits: XmlLimits = {}): PaymentFile | Refusal {
  return readMessage(bytes, (message, reading) => (message.kind === 'pain.001' ? pain001(message, reading) : undefined), limits)
}

export function pain001(message: Message, reading: Reading): MessageReader<PaymentFile> {
  const batches: PaymentBatch[] = []
  let payments: InstructedPayment[] = []
  let ordinal = 0
  return {
    strict: true,
    part: (node, parent, depth) => {
      if (depth === 4 && node.local === 'CdtTrfTxInf' && parent.local === 'PmtInf') payments.push(paymentOf(reading, node, ++ordinal))
      else if (depth === 3 && node.local === 'PmtInf') {
        batches.push(batchOf(reading, node, payments))
        payments = []
      } else return 'hold'
      return 'let-go'
    },
    end: (node) => {
      const { head, group, findings } = headOf(reading, message, node)
      const declared = count(reading, only(reading, group, 'NbOfTxs'))
      if (declared === undefined) fail(reading, group ?? node, 'element-missing', 'The number of payments (NbOfTxs) is missing.')
      return {
        kind: 'pain.001',
        ...head,
        count: declared ?? 0,
        ...some('controlSum', decimal(reading, only(reading, group, 'CtrlSum'))),
        ...some('initiator', partyName(reading, only(reading, group, 'InitgPty'))),
        batches,
        findings,
      }
    },
  }
}

function batchOf(reading: Reading, node: XmlNode, payments: readonly InstructedPayment[]): PaymentBatch {
  const requestedOn = date(reading, only(reading, node, 'ReqdExctnDt'))
  if (requestedOn === undefined) fail(reading, node, 'element-missing', 'The date to carry the batch out (ReqdExctnDt) is missing.')
  return {
    id: required(reading, node, 'id of the batch', 'PmtInfId'),
    method: required(reading, node, 'payment method', 'PmtMtd'),
    requestedOn: requestedOn ?? '',
    ...some('debtorName', partyName(reading, only(reading, node, 'Dbtr'))),
    ...some('debtorAccount', account(reading, only(reading, node, 'DbtrAcct'))),
    ...some('debtorAgent', agent(reading, only(reading, node, 'DbtrAgt'))),
    ...some('count', count(reading, only(reading, node, 'NbOfTxs'))),
    ...some('controlSum', decimal(reading, only(reading, node, 'CtrlSum'))),
    payments,
  }
}

function paymentOf(reading: Reading, node: XmlNode, ordinal: number): InstructedPayment {
  const ids = only(reading, node, 'PmtId') ?? node
  const choice = either(reading, only(reading, node, 'Amt'), 'InstdAmt', 'EqvtAmt')
  const equivalent = choice?.local === 'EqvtAmt' ? choice : undefined
  const money = amount(reading, equivalent ? only(reading, equivalent, 'Amt') : choice)
  if (money === undefined) fail(reading, node, 'element-missing', 'The amount of the payment (Amt) is missing.')
  const remittance = only(reading, node, 'RmtInf')
  return {
    ordinal,
    ...some('instructionId', text(reading, ids, 'InstrId')),
    endToEndId: required(reading, ids, 'end-to-end id', 'EndToEndId'),
    ...some('uetr', text(reading, ids, 'UETR')),
    amount: money?.amount ?? '0',
    currency: money?.currency ?? '',
    ...some('transferCurrency', textOf(only(reading, equivalent, 'CcyOfTrf'))),
    ...some('creditorName', partyName(reading, only(reading, node, 'Cdtr'))),
    ...some('creditorAccount', account(reading, only(reading, node, 'CdtrAcct'))),
    ...some('creditorAgent', agent(reading, only(reading, node, 'CdtrAgt'))),
    remittance: unstructured(remittance),
    references: structured(reading, remittance),
  }
}
