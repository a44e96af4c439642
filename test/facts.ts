/** Facts of a small company, for tests: one supplier, one order, two people, as each system would say them. */
import type { InvoiceDocument } from '../src/domain/invoice-document.ts'
import { contentOf, invoiceEnsures, invoiceRef } from '../src/domain/invoice-content.ts'
import type { FactData } from '../src/domain/event-data.ts'
import type { Role } from '../src/domain/event.ts'
import { batchName, endToEndName, orderName, paymentName, personName, postingName } from '../src/domain/names.ts'
import { aliasOf, type Arrival, type Ref } from '../src/domain/object.ts'
import type { Terms } from '../src/domain/terms.ts'
import { hexOf } from '../src/lib/hash.ts'
import { sha256 } from './world.ts'

export const TENANT = 'test'
export const ACCOUNT = 'DE02120300000000202051'
export const SUPPLIER: Ref = { names: [aliasOf('public', 'supplier-vat', 'DE111'), aliasOf('erp', 'supplier', 'V1')], create: 'supplier' }
export const ENTITY: Ref = { names: [aliasOf('public', 'entity-vat', 'DE999'), aliasOf('erp', 'entity', '1000')], create: 'entity' }
export const ORDER: Ref = { names: [orderName(ENTITY.names[0]!, 'PO-1')], create: 'order' }
export const PERSON = personName('directory', 'anna')
/** Who approved the order. */
export const BUYER = personName('directory', 'beate')
export const CODER = personName('directory', 'carl')

export function fact<T extends keyof FactData>(
  type: T,
  role: Role,
  eventId: string,
  at: string,
  about: readonly Ref[],
  data: FactData[T],
  more: Partial<Arrival> = {},
): Arrival {
  return {
    tenant: TENANT,
    source: { system: role, role },
    eventId,
    type,
    occurredAt: at,
    actor: `system:${role}`,
    about,
    data: data as unknown as Arrival['data'],
    readBack: true,
    ...more,
  }
}

export function invoiceDocument(change: Partial<InvoiceDocument> = {}): InvoiceDocument {
  return {
    syntax: 'UBL',
    kind: 'invoice',
    number: 'R-1',
    issuedOn: '2026-01-10',
    dueOn: '2026-02-09',
    currency: 'EUR',
    typeCode: '380',
    notes: [],
    orderReference: 'PO-1',
    precedingInvoices: [],
    attachments: [],
    allowancesCharges: [],
    paymentMeans: [{ code: '58', account: ACCOUNT }],
    supplier: { name: 'Acme GmbH', vatId: 'DE111', ids: [] },
    buyer: { name: 'Us AG', vatId: 'DE999', ids: [] },
    taxBreakdown: [{ taxable: '100.00', tax: '19.00', category: 'S', rate: '19' }],
    totals: { lines: '100.00', taxExclusive: '100.00', tax: '19.00', taxInclusive: '119.00', payable: '119.00' },
    lines: [
      {
        id: '1',
        quantity: '10',
        unit: 'C62',
        net: '100.00',
        price: '10.00',
        name: 'Widget',
        orderLine: '1',
        allowancesCharges: [],
        taxCategory: 'S',
        taxRate: '19',
      },
    ],
    ...change,
  }
}

export function received(
  document: InvoiceDocument,
  eventId: string,
  at: string,
  hash: string,
  type: 'invoice.received' | 'invoice.corrected' = 'invoice.received',
  id?: string,
): Arrival {
  const content = contentOf(document)
  const ref: Ref = id ? { names: [id] } : invoiceRef(sha256, content, hash)
  return { ...fact(type, 'capture', eventId, at, [ref], { document: hash, channel: 'test', content }), ensures: invoiceEnsures(content) }
}

/** What the ERP answers about the company, its master data and the person who may approve. */
export function masterData(at = '2026-01-02T08:00:00.000Z', readAt = '2026-01-15T08:00:00.000Z'): Arrival[] {
  const read = (ref: Ref, asked: string, found: object): Arrival =>
    fact('reference.read', 'erp', `read ${asked}`, at, [ref], { asked, readAt, found: true, ...found })
  return [
    read(SUPPLIER, 'supplier', {
      supplier: { number: 'V1', name: 'Acme GmbH', vatId: 'DE111', active: true, blocked: false, accounts: [ACCOUNT] },
    }),
    read(ENTITY, 'entity', {
      entity: { number: '1000', name: 'Us AG', currency: 'EUR', currencies: ['EUR'], active: true, zone: 'Europe/Berlin' },
    }),
    read(ENTITY, 'tax-code S 19', { taxCode: { code: 'S19', category: 'S', rate: '19', active: true } }),
    read(ENTITY, 'period 2026-01', { period: { open: true } }),
    read(ORDER, 'order', {
      order: {
        number: 'PO-1',
        entity: '1000',
        supplier: 'V1',
        currency: 'EUR',
        open: true,
        approvedBy: BUYER,
        lines: [{ id: '1', quantity: '20', price: '10.00', unit: 'C62' }],
      },
    }),
    fact('authority.granted', 'hr', 'limit anna', at, [{ names: [PERSON], create: 'person' }], {
      person: PERSON,
      name: 'Anna',
      limit: '1000.00',
      currency: 'EUR',
      from: '2025-01-01',
    }),
  ]
}

export const TERMS: Terms = {
  supplier: SUPPLIER.names[0]!,
  payee: hexOf(sha256(ACCOUNT)),
  entity: ENTITY.names[0]!,
  currency: 'EUR',
  net: '100',
  tax: '19',
  gross: '119',
  orders: ['PO-1'],
  dueOn: '2026-02-09',
  coding: null,
}
export const CODED: Terms = { ...TERMS, coding: [{ account: '4760', amount: '100.00' }] }

export const granted = (invoice: Ref, at: string, terms: Terms = CODED): Arrival =>
  fact('approval.granted', 'ap', `grant ${at}`, at, [invoice], { ticket: 'T1', step: '1', person: PERSON, terms })
export const completed = (invoice: Ref, at: string, terms: Terms = CODED): Arrival =>
  fact('approval.completed', 'ap', `complete ${at}`, at, [invoice], { ticket: 'T1', terms, enterers: [CODER] })

export const posted = (invoice: Ref, postingNo: string, at: string, amount = '119.00', ours: string | null = 'ours'): Arrival =>
  fact('posting.confirmed', 'erp', `posted ${postingNo}`, at, [{ names: [...invoice.names, postingName('erp', '1000', postingNo)] }], {
    postingNo,
    entity: '1000',
    supplier: 'V1',
    number: 'R-1',
    amount,
    currency: 'EUR',
    postedOn: '2026-01-15',
    ...(ours === null ? {} : { reference: ours }),
  })
export const reversed = (invoice: Ref, postingNo: string, at: string): Arrival =>
  fact('posting.reversed', 'erp', `reversed ${postingNo}`, at, [invoice], {
    postingNo,
    entity: '1000',
    reversalNo: `${postingNo}R`,
    reversedOn: '2026-01-16',
  })

/** A released payment file with one payment of one posting, in its parts. */
export function paymentRun(
  postingNo: string,
  message: string,
  endToEnd: string,
  at: string,
  amount = '119.00',
  account = ACCOUNT,
): Arrival[] {
  const batch: Ref = { names: [batchName(message)], create: 'payment-batch' }
  const people = [personName('directory', 'tina'), personName('directory', 'tom')]
  return [
    fact(
      'payment.instructed',
      'erp',
      `pay ${endToEnd}`,
      at,
      [{ names: [paymentName(message, endToEnd)], create: 'payment', offers: [endToEndName(endToEnd)] }, batch],
      {
        messageId: message,
        endToEndId: endToEnd,
        paymentDoc: `P-${endToEnd}`,
        amount,
        currency: 'EUR',
        account,
        supplier: 'V1',
        items: [{ posting: postingName('erp', '1000', postingNo), amount }],
      },
    ),
    fact('payment.released', 'erp', `release ${message}`, at, [batch], {
      messageId: message,
      run: 'RUN1',
      document: 'f'.repeat(64),
      releasedBy: people,
    }),
    fact('file.completed', 'erp', `file ${message}`, at, [batch], {
      messageId: message,
      document: 'f'.repeat(64),
      claimedCount: '1',
      claimedSum: amount,
      count: 1,
      sum: amount,
      findings: [],
    }),
  ]
}
export const accepted = (message: string, at: string): Arrival =>
  fact('payment.accepted', 'bank', `acc ${message}`, at, [{ names: [batchName(message)] }], {
    messageId: message,
    code: 'ACCP',
    document: 'b'.repeat(64),
  })

export function entry(id: string, at: string, endToEndId: string, change: Partial<FactData['statement.entry-booked']> = {}): Arrival {
  return fact('statement.entry-booked', 'bank', `entry ${id}`, at, [{ names: [aliasOf('bank', 'entry', id)], create: 'statement-entry' }], {
    account: 'DE00',
    statement: 'S1',
    position: id,
    part: 1,
    parts: 1,
    amount: '119.00',
    currency: 'EUR',
    direction: 'debit',
    reversal: false,
    bookedOn: '2026-01-20',
    document: 'c'.repeat(64),
    bankReference: `B-${id}`,
    endToEndId,
    ...change,
  })
}
