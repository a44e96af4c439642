/** A payment status report (pain.002) as facts: about the file as a whole, and about each payment that it names. */
import { meaningOf, type Observation } from '../../connector/contract.ts'
import type { PaymentStatus, PaymentStatusReport, Reason } from '../../domain/bank-document.ts'
import { batchName, paymentName } from '../../domain/names.ts'
import type { Ref } from '../../domain/object.ts'
import type { Source } from './file-facts.ts'
import { MAP_VERSION, PAYMENT_STATUS } from './map.ts'

export function reportFacts(source: Source, report: PaymentStatusReport): Observation[] {
  const [only, another] = report.batches
  // Some banks leave the group's status out and give that of its one batch.
  const status = report.status ?? (another === undefined ? only?.status : undefined)
  const reasons = report.reasons.length > 0 ? report.reasons : (only?.reasons ?? [])
  const payments = report.batches.flatMap((batch) => batch.payments)
  return [
    ...(status === undefined ? [] : [wholeFile(source, report, status, reasons)]),
    ...payments.map((payment, index) => onePayment(source, report, payment, index)),
    ...report.batches.flatMap((batch, index) =>
      batch.status !== undefined && batch.payments.length === 0 && contradicts(batch.status, status)
        ? // Which payments are in that batch the report does not say.
          [
            {
              ...common(source, `batch ${index}`, fileRef(report)),
              type: 'status.reported' as const,
              data: { system: source.system, facet: 'transmission', word: `PmtInfSts ${batch.status} ${batch.originalId ?? ''}`.trim() },
            },
          ]
        : [],
    ),
  ]
}

const contradicts = (batch: string, whole: string | undefined): boolean =>
  meaningOf(PAYMENT_STATUS, batch) === 'rejected' && (whole === undefined || meaningOf(PAYMENT_STATUS, whole) !== 'rejected')

function wholeFile(source: Source, report: PaymentStatusReport, status: string, reasons: readonly Reason[]): Observation {
  const messageId = report.originalMessageId
  const base = common(source, 'file', fileRef(report))
  const claims = meaningOf(PAYMENT_STATUS, status)
  switch (claims) {
    case 'accepted':
      return { ...base, type: 'payment.accepted', data: { messageId, code: status, document: source.document } }
    case 'rejected':
      return { ...base, type: 'payment.rejected', data: { messageId, ...shown(status, reasons), document: source.document } }
    case 'cancelled':
      return { ...base, type: 'payment.cancelled', data: { messageId, reason: shown(status, reasons).reason } }
    default:
      return {
        ...base,
        type: 'status.reported',
        data: { system: source.system, facet: 'transmission', word: status, ...(claims === null ? {} : { claims }) },
      }
  }
}

function onePayment(source: Source, report: PaymentStatusReport, payment: PaymentStatus, index: number): Observation {
  const messageId = report.originalMessageId
  const { originalEndToEndId: endToEndId, status } = payment
  const claims = status === undefined ? null : meaningOf(PAYMENT_STATUS, status)
  if (endToEndId === undefined || status === undefined) {
    return {
      ...common(source, `payment ${index}`, fileRef(report)),
      type: 'status.reported',
      data: {
        system: source.system,
        facet: 'transmission',
        word: `a payment without ${endToEndId === undefined ? 'EndToEndId' : 'TxSts'}`,
      },
    }
  }
  const base = { ...common(source, `payment ${index}`, { names: [paymentName(messageId, endToEndId)] }), reference: endToEndId }
  if (claims === 'rejected')
    return {
      ...base,
      about: [...base.about, fileRef(report)],
      type: 'payment.rejected',
      data: { messageId, endToEndId, ...shown(status, payment.reasons), document: source.document },
    }
  if (claims === 'cancelled')
    return {
      ...base,
      type: 'payment.cancelled',
      data: { messageId, endToEndId, reason: shown(status, payment.reasons).reason },
    }
  return {
    ...base,
    type: 'status.reported',
    data: { system: source.system, facet: 'transmission', word: status, ...(claims === null ? {} : { claims }) },
  }
}

const fileRef = (report: PaymentStatusReport): Ref => ({ names: [batchName(report.originalMessageId)] })

function common(
  { document, name, at }: Source,
  part: string,
  about: Ref,
): Pick<Observation, 'eventId' | 'occurredAt' | 'about' | 'reference'> {
  return { eventId: `${document}#${part}|${MAP_VERSION}`, occurredAt: at, about: [about], reference: name }
}

/** The bank's reason: its first code, and all of its words. */
function shown(status: string, reasons: readonly Reason[]): { code: string; reason: string } {
  const codes = reasons.flatMap(({ code, proprietary }) => code ?? proprietary ?? [])
  const texts = [...codes.slice(1), ...reasons.flatMap((reason) => reason.texts)]
  return { code: codes[0] ?? status, reason: texts.join(' ').slice(0, 400) }
}
