import type { BatchStatus, PaymentStatus, PaymentStatusReport } from '../../domain/bank-document.ts'
import type { XmlLimits } from '../xml/read-xml.ts'
import type { XmlNode } from '../xml/tree.ts'
import { anyAmount, count, decimal, either, every, only, required, some, text, type Reading } from './fields.ts'
import { headOf, readMessage, type Message, type MessageReader, type Refusal } from './message.ts'
import { reason } from './remittance.ts'

/**
 * Reads a payment status report, pain.002 (CustomerPaymentStatusReport), versions .02 to .14. A status stands at the level
 * where the bank wrote it: one of the file or of a batch is not copied down to its payments, which is for the domain to decide.
 */
export function readPain002(bytes: Uint8Array, limits: XmlLimits = {}): PaymentStatusReport | Refusal {
  return readMessage(bytes, (message, reading) => (message.kind === 'pain.002' ? pain002(message, reading) : undefined), limits)
}

export function pain002(message: Message, reading: Reading): MessageReader<PaymentStatusReport> {
  const batches: BatchStatus[] = []
  const loose: PaymentStatus[] = []
  let payments: PaymentStatus[] = []
  return {
    part: (node, parent, depth) => {
      if (depth === 4 && node.local === 'TxInfAndSts' && parent.local === 'OrgnlPmtInfAndSts') payments.push(paymentOf(reading, node))
      else if (depth === 3 && node.local === 'OrgnlPmtInfAndSts') {
        batches.push(batchOf(reading, node, payments))
        payments = []
      } else if (depth === 3 && node.local === 'TxInfAndSts') loose.push(paymentOf(reading, node))
      else return 'hold'
      return 'let-go'
    },
    end: (node) => {
      const { head, findings } = headOf(reading, message, node)
      // Version .02 calls it OrgnlGrpInfAndSts too; it is mandatory in all.
      const original = only(reading, node, 'OrgnlGrpInfAndSts') ?? node
      return {
        kind: 'pain.002',
        ...head,
        originalMessageId: required(reading, original, 'id of the original message', 'OrgnlMsgId'),
        ...some('originalMessageName', text(reading, original, 'OrgnlMsgNmId')),
        ...originals(reading, original),
        ...some('status', text(reading, original, 'GrpSts')),
        reasons: every(original, 'StsRsnInf').map((one) => reason(reading, one)),
        batches: loose.length > 0 ? [...batches, { reasons: [], payments: loose }] : batches,
        findings,
      }
    },
  }
}

function batchOf(reading: Reading, node: XmlNode, payments: readonly PaymentStatus[]): BatchStatus {
  return {
    ...some('originalId', text(reading, node, 'OrgnlPmtInfId')),
    ...originals(reading, node),
    ...some('status', text(reading, node, 'PmtInfSts')),
    reasons: every(node, 'StsRsnInf').map((one) => reason(reading, one)),
    payments,
  }
}

function originals(reading: Reading, node: XmlNode): { readonly originalCount?: number; readonly originalControlSum?: string } {
  return {
    ...some('originalCount', count(reading, only(reading, node, 'OrgnlNbOfTxs'))),
    ...some('originalControlSum', decimal(reading, only(reading, node, 'OrgnlCtrlSum'))),
  }
}

function paymentOf(reading: Reading, node: XmlNode): PaymentStatus {
  const money = either(reading, only(reading, node, 'OrgnlTxRef', 'Amt'), 'InstdAmt', 'EqvtAmt')
  return {
    ...some('statusId', text(reading, node, 'StsId')),
    ...some('originalInstructionId', text(reading, node, 'OrgnlInstrId')),
    ...some('originalEndToEndId', text(reading, node, 'OrgnlEndToEndId')),
    ...some('originalUetr', text(reading, node, 'OrgnlUETR')),
    ...some('status', text(reading, node, 'TxSts')),
    reasons: every(node, 'StsRsnInf').map((one) => reason(reading, one)),
    ...some('bankReference', text(reading, node, 'AcctSvcrRef')),
    ...some('original', anyAmount(reading, money?.local === 'EqvtAmt' ? only(reading, money, 'Amt') : money)),
  }
}
