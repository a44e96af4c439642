/**
 * A released payment run as facts. What will be paid is what the file says, read by our own reader: amount, currency and
 * account of each payment are the file's; what it is for (documents, supplier) is the run's.
 */
import type { Observation } from '../../connector/contract.ts'
import type { BankFinding, InstructedPayment, PaymentBatch, PaymentFile } from '../../domain/bank-document.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import { batchName, endToEndName, paymentInfoName, paymentName, plainAccount, postingName } from '../../domain/names.ts'
import { aliasOf, type Ref } from '../../domain/object.ts'
import { checkPain001 } from '../../formats/bank/check-pain001.ts'
import { readPain001 } from '../../formats/bank/pain001.ts'
import { hexOf } from '../../lib/hash.ts'
import type { Instant } from '../../lib/time.ts'
import type { Setting } from './config.ts'
import { person } from './names.ts'
import type { Run } from './wire.ts'

type RunPayment = Run['payments'][number]

/** `at`: when the run was released. */
export function runFacts(setting: Setting, run: Run, bytes: Uint8Array, at: Instant): Observation[] {
  const document = hexOf(setting.sha256(bytes))
  const file = readPain001(bytes)
  if ('refused' in file) return unreadable(setting, run, document, file.refused.says, at)
  const batch = batchRef(setting, run, file.messageId, file.batches.length === 1 ? file.batches[0]?.id : undefined)
  const payments = new Map(run.payments.flatMap((payment) => (payment.payDocNo === null ? [] : [[payment.payDocNo, payment] as const])))
  const blocks = file.batches.flatMap((block) => block.payments.map((payment) => ({ block, payment })))
  const instructed = blocks.map(({ payment }) => payment)
  return [
    ...blocks.map(({ block, payment }) =>
      paymentFact(setting, run, file, block, payment, payments.get(payment.endToEndId), batch, document, at),
    ),
    released(run, file.messageId, batch, document, at),
    completed(run, file, instructed, batch, document, at),
  ]
}

function paymentFact(
  { system }: Setting,
  run: Run,
  file: PaymentFile,
  block: PaymentBatch,
  payment: InstructedPayment,
  planned: RunPayment | undefined,
  batch: Ref,
  document: string,
  at: Instant,
): Observation {
  const { messageId } = file
  const { endToEndId, ordinal, amount, currency } = payment
  return {
    eventId: `file|${document}|${ordinal}`,
    type: 'payment.instructed',
    occurredAt: at,
    reference: endToEndId,
    about: [
      {
        names: [paymentName(messageId, endToEndId), aliasOf(system, 'payment-doc', endToEndId)],
        create: 'payment',
        offers: [endToEndName(endToEndId)],
      },
      batch,
    ],
    data: {
      messageId,
      endToEndId,
      paymentDoc: planned?.payDocNo ?? endToEndId,
      amount,
      currency,
      account: payment.creditorAccount === undefined ? '' : plainAccount(payment.creditorAccount.id),
      supplier: planned?.vendorNo ?? '',
      items: (planned?.items ?? []).map((item) => ({ posting: postingName(system, run.companyCode, item.docNo), amount: signed(item) })),
      ...(block.debtorAccount === undefined ? {} : { from: plainAccount(block.debtorAccount.id) }),
      ...(block.requestedOn === '' ? {} : { executeOn: block.requestedOn }),
    },
  }
}

/** A credit memo lessens the payment, whichever sign the ERP writes it with. */
function signed({ docType, amt }: RunPayment['items'][number]): string {
  const plain = amt.replace('-', '')
  return docType === 'KG' ? `-${plain}` : amt
}

function released(run: Run, messageId: string, batch: Ref, document: string, at: Instant): Observation {
  return {
    eventId: `run|${run.runNo}|released|${at}`,
    type: 'payment.released',
    occurredAt: at,
    about: [batch],
    reference: run.runNo,
    data: { messageId, run: run.runNo, document, releasedBy: run.releases.map(({ by }) => person(by)) },
  }
}

function completed(
  run: Run,
  file: PaymentFile,
  payments: readonly InstructedPayment[],
  batch: Ref,
  document: string,
  at: Instant,
): Observation {
  const inFile = new Set(payments.map((payment) => payment.endToEndId))
  const planned = new Set(run.payments.map((payment) => payment.payDocNo))
  const findings = [
    ...checkPain001(file).map(shown),
    ...(run.file !== null && run.file.msgId !== file.messageId ? [`The file is ${file.messageId}; the run says ${run.file.msgId}.`] : []),
    ...(run.file !== null && run.file.sha256 !== document ? ['The bytes of the file are not those that the run names.'] : []),
    ...run.payments
      .filter((payment) => !inFile.has(payment.payDocNo ?? ''))
      .map((payment) => `Payment ${payment.payDocNo ?? 'without a number'} of the run is not in the file.`),
    ...payments
      .filter((payment) => !planned.has(payment.endToEndId))
      .map((payment) => `Payment ${payment.endToEndId} of the file is not in the run.`),
  ]
  return {
    eventId: `file|${document}|completed`,
    type: 'file.completed',
    occurredAt: at,
    readBack: true,
    about: [batch],
    reference: run.runNo,
    data: {
      messageId: file.messageId,
      document,
      claimedCount: String(file.count),
      claimedSum: file.controlSum ?? sumOf(payments.map((payment) => payment.amount)),
      count: payments.length,
      sum: sumOf(payments.map((payment) => payment.amount)),
      findings: bounded(findings),
    },
  }
}

/** The bank would refuse what we cannot read: it is released by people and must never be sent. */
function unreadable(setting: Setting, run: Run, document: string, says: string, at: Instant): Observation[] {
  const messageId = run.file?.msgId ?? run.runNo
  const batch = batchRef(setting, run, messageId, undefined)
  return [
    released(run, messageId, batch, document, at),
    {
      eventId: `file|${document}|completed`,
      type: 'file.completed',
      occurredAt: at,
      readBack: true,
      about: [batch],
      reference: run.runNo,
      data: {
        messageId,
        document,
        claimedCount: String(run.file?.count ?? 0),
        claimedSum: run.file?.ctrlSum ?? '0',
        count: 0,
        sum: '0',
        findings: [`The file cannot be read: ${says}`.slice(0, 400)],
      },
    },
  ]
}

/** `paymentInfo`: the only PmtInfId of the file; a statement that books the file as one line may name nothing else. */
function batchRef({ system }: Setting, run: Run, messageId: string, paymentInfo: string | undefined): Ref {
  return {
    names: [batchName(messageId), aliasOf(system, 'run', run.runNo)],
    create: 'payment-batch',
    ...(paymentInfo === undefined ? {} : { offers: [paymentInfoName(paymentInfo)] }),
  }
}

const shown = ({ code, about, declared, found }: BankFinding): string =>
  `${code}: ${about}${declared === undefined ? '' : `, declared ${declared}`}${found === undefined ? '' : `, found ${found}`}.`

/** An event holds 64 KB; what is wrong in a hundred places is wrong. */
const bounded = (findings: readonly string[]): string[] =>
  findings.length <= 100 ? [...findings] : [...findings.slice(0, 100), `and ${findings.length - 100} more.`]
