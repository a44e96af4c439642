/**
 * Which objects a sent fact concerns, as a table by type: by the event's `subject`, and by what its data name. The names are
 * those that the connectors give, so that a fact finds the same object whoever brings it.
 */
import type { FactData } from '../domain/event-data.ts'
import type { Kind } from '../domain/event.ts'
import { invoiceEnsures, invoiceRef } from '../domain/invoice-content.ts'
import { batchName, documentName, endToEndName, paymentName, postingName } from '../domain/names.ts'
import { aliasOf, type Ref } from '../domain/object.ts'
import type { Sha256 } from '../lib/hash.ts'
import type { SentType } from './fact-shapes.ts'

export interface Sent<Data> {
  /** The configured system that says it. */
  readonly source: string
  /** A canonical id or an external name, `system|kind|id`. */
  readonly subject: string | undefined
  readonly data: Data
  readonly sha256: Sha256
}
export interface Refs {
  readonly about: readonly Ref[]
  readonly ensures?: readonly Ref[]
}

interface Row<Data> {
  /** True where nothing in the data names the object. */
  readonly needsSubject: boolean
  readonly refs: (sent: Sent<Data>) => Refs
}

const one = (names: readonly (string | undefined)[], create?: Kind, offers?: readonly string[]): Ref => ({
  names: names.filter((name) => name !== undefined),
  ...(create ? { create } : {}),
  ...(offers ? { offers } : {}),
})

const bySubject: Row<unknown> = { needsSubject: true, refs: ({ subject }) => ({ about: [one([subject])] }) }
const byTicket: Row<{ readonly ticket: string }> = {
  needsSubject: false,
  refs: ({ source, subject, data }) => ({ about: [one([subject, aliasOf(source, 'ticket', data.ticket)])] }),
}
/** A posting of which nobody says whose it is becomes an invoice of its own: somebody owes that money. */
const byPosting: Row<{ readonly postingNo: string; readonly entity: string }> = {
  needsSubject: false,
  refs: ({ source, subject, data }) => ({
    about: [
      one(
        [subject, postingName(source, data.entity, data.postingNo), aliasOf(source, 'document', data.postingNo)],
        subject === undefined ? 'invoice' : undefined,
      ),
    ],
  }),
}
const byPerson: Row<{ readonly person: string }> = { needsSubject: false, refs: ({ data }) => ({ about: [one([data.person], 'person')] }) }
/** What is said of an order waits until an invoice names it. */
const byOrder: Row<{ readonly number: string; readonly entity: string }> = {
  needsSubject: false,
  refs: ({ source, subject, data }) => ({ about: [one([subject, aliasOf(source, 'order', `${data.entity}/${data.number}`)])] }),
}
const bySupplier: Row<{ readonly supplier: string }> = {
  needsSubject: false,
  refs: ({ source, subject, data }) => ({ about: [one([subject, aliasOf(source, 'supplier', data.supplier)])] }),
}
const byEntity: Row<{ readonly entity: string }> = {
  needsSubject: false,
  refs: ({ source, subject, data }) => ({ about: [one([subject, aliasOf(source, 'entity', data.entity)])] }),
}
const byFile: Row<{ readonly messageId: string }> = {
  needsSubject: false,
  refs: ({ data }) => ({ about: [one([batchName(data.messageId)], 'payment-batch')] }),
}
/** What is said of a file or of one payment in it before anybody told of the file waits until somebody does. */
const byFileOrPayment: Row<{ readonly messageId: string; readonly endToEndId?: string }> = {
  needsSubject: false,
  refs: ({ data }) => ({
    about: [one([data.endToEndId === undefined ? batchName(data.messageId) : paymentName(data.messageId, data.endToEndId)])],
  }),
}
const byEntry = (kind: 'entry' | 'announced-entry'): Row<FactData['statement.entry-booked']> => ({
  needsSubject: false,
  refs: ({ source, data }) => ({
    about: [one([aliasOf(source, kind, `${data.account} ${data.statement} ${data.position} ${data.part}`)], 'statement-entry')],
  }),
})

export const FACT_REFS: { readonly [T in SentType]: Row<FactData[T]> } = {
  'invoice.received': {
    needsSubject: false,
    refs: ({ data, sha256 }) => ({ about: [invoiceRef(sha256, data.content, data.document)], ensures: invoiceEnsures(data.content) }),
  },
  'invoice.corrected': {
    needsSubject: true,
    refs: ({ subject, data }) => ({ about: [one([subject])], ensures: invoiceEnsures(data.content) }),
  },
  'invoice.withdrawn': bySubject,
  'invoice.rejected': bySubject,
  'invoice.reinstated': bySubject,
  'document.attached': { needsSubject: true, refs: ({ subject, data }) => ({ about: [one([subject, documentName(data.document)])] }) },
  'approval.requested': byTicket,
  'approval.granted': byTicket,
  'approval.refused': byTicket,
  'approval.completed': byTicket,
  'approval.withdrawn': byTicket,
  'authority.granted': byPerson,
  'authority.revoked': byPerson,
  'posting.parked': {
    needsSubject: false,
    refs: ({ source, subject, data }) => ({ about: [one([subject, aliasOf(source, 'document', data.postingNo)])] }),
  },
  'posting.confirmed': byPosting,
  'posting.reversed': byPosting,
  'payment.instructed': {
    needsSubject: false,
    refs: ({ data }) => ({
      about: [
        one([paymentName(data.messageId, data.endToEndId)], 'payment', [endToEndName(data.endToEndId)]),
        one([batchName(data.messageId)], 'payment-batch'),
      ],
    }),
  },
  'payment.released': byFile,
  'file.completed': byFile,
  'payment.accepted': byFileOrPayment,
  'payment.rejected': byFileOrPayment,
  'payment.cancelled': byFileOrPayment,
  'statement.received': {
    needsSubject: false,
    refs: ({ source, data }) => ({ about: [one([aliasOf(source, 'statement', `${data.account} ${data.statement}`)], 'statement')] }),
  },
  'statement.entry-announced': byEntry('announced-entry'),
  'statement.entry-booked': byEntry('entry'),
  'clearing.recorded': bySubject,
  'revaluation.recorded': bySubject,
  'reference.read': { needsSubject: true, refs: ({ subject, data }) => ({ about: [one([subject], askedKind(data.asked))] }) },
  'order.issued': byOrder,
  'order.changed': byOrder,
  'order.closed': bySubject,
  'receipt.recorded': byOrder,
  'receipt.reversed': byOrder,
  'supplier.activated': bySupplier,
  'supplier.blocked': bySupplier,
  'period.opened': byEntity,
  'period.closed': byEntity,
  'status.reported': bySubject,
  'hold.placed': bySubject,
  'hold.released': bySubject,
  'evidence.archived': bySubject,
}

function askedKind(asked: string): Kind {
  return asked === 'supplier' || asked === 'order' ? asked : 'entity'
}

/**
 * What a word without authority is about: it is recorded where its object is known, and neither makes an object nor gives one
 * a name.
 */
export function claimRefs({ about }: Refs): Refs {
  return { about: about.map(({ names }) => ({ names: names.slice(0, 1) })) }
}

export function refsOf<T extends SentType>(type: T, sent: Sent<FactData[T]>): Refs | 'needs-subject' {
  const row: Row<FactData[T]> = FACT_REFS[type]
  return row.needsSubject && sent.subject === undefined ? 'needs-subject' : row.refs(sent)
}
