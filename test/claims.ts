/** Every fact as somebody could say it of one invoice, whatever he has the right to say: for tests of who is believed. */
import type { FactData } from '../src/domain/event-data.ts'
import { EVENT_TYPES, type Kind, type Role } from '../src/domain/event.ts'
import { contentOf } from '../src/domain/invoice-content.ts'
import { batchName, paymentName, postingName } from '../src/domain/names.ts'
import { aliasOf, type Arrival, type Ref } from '../src/domain/object.ts'
import { goodsOrder } from './goods.ts'
import { ACCOUNT, CODED, CODER, ENTITY, fact, invoiceDocument, ORDER, PERSON, SUPPLIER } from './facts.ts'

const ROLES = ['erp', 'ap', 'procurement', 'bank', 'archive', 'treasury', 'capture', 'hr', 'person', 'hub'] as const satisfies Role[]
const HASH = '7'.repeat(64)
const AT = '2026-01-29T08:00:00.000Z'
const by = { ticket: 'T1', step: '1', person: PERSON }
const reason = { reason: 'says who?' }
const period = { entity: '1000', month: '2026-01' }
const content = { document: HASH, channel: 'test', content: contentOf(invoiceDocument({ dueOn: '2026-05-05' })) }
const payment = { messageId: 'M1', endToEndId: 'EM1' }
const booked: FactData['statement.entry-booked'] = {
  account: 'DE00',
  statement: 'S9',
  position: '9',
  part: 1,
  parts: 1,
  amount: '119.00',
  currency: 'EUR',
  direction: 'debit',
  reversal: false,
  bookedOn: '2026-01-20',
  document: HASH,
  endToEndId: 'EM1',
}

/** What would move most if it were believed. A type that is not here does not compile. */
const DATA: { readonly [T in keyof FactData]: FactData[T] } = {
  'invoice.received': content,
  'invoice.corrected': content,
  'invoice.withdrawn': reason,
  'invoice.rejected': reason,
  'invoice.reinstated': reason,
  'document.attached': { document: HASH, rendition: 'pdf' },
  'document.received': {
    document: HASH,
    mediaType: 'application/pdf',
    fileName: 'a.pdf',
    channel: 'test',
    refused: { code: 'not-xml', says: 'It is no XML.', line: 1, column: 1 },
  },
  'approval.requested': { ticket: 'T9' },
  'approval.granted': { ...by, terms: CODED },
  'approval.refused': { ...by, ...reason },
  'approval.completed': { ticket: 'T1', terms: CODED, enterers: [CODER] },
  'approval.withdrawn': { ...by, ...reason },
  'authority.granted': { person: PERSON, name: 'Anna', limit: '1000000.00', currency: 'EUR', from: '2025-01-01' },
  'authority.revoked': { person: PERSON, on: '2025-01-02' },
  'posting.parked': { postingNo: '5098' },
  'posting.confirmed': {
    postingNo: '5100',
    entity: '1000',
    supplier: 'V1',
    number: 'R-1',
    amount: '119.00',
    currency: 'EUR',
    postedOn: '2026-01-15',
    reference: 'ours',
  },
  'posting.reversed': { postingNo: '5100', entity: '1000', reversalNo: '5100R', reversedOn: '2026-01-16' },
  'payment.instructed': {
    ...payment,
    paymentDoc: 'P-EM1',
    amount: '119.00',
    currency: 'EUR',
    account: ACCOUNT,
    supplier: 'V1',
    items: [{ posting: postingName('erp', '1000', '5100'), amount: '119.00' }],
  },
  'payment.released': { messageId: 'M1', run: 'RUN1', document: HASH, releasedBy: [PERSON, CODER] },
  'file.completed': {
    messageId: 'M1',
    document: HASH,
    claimedCount: '1',
    claimedSum: '119.00',
    count: 1,
    sum: '119.00',
    findings: [],
  },
  'payment.accepted': { messageId: 'M1', code: 'ACCP', document: HASH },
  'payment.rejected': { ...payment, code: 'AC04', reason: 'closed', document: HASH },
  'payment.cancelled': { ...payment, ...reason },
  'statement.received': {
    account: 'DE00',
    statement: 'S9',
    currency: 'EUR',
    document: HASH,
    opening: '119.00',
    closing: '0.00',
    entries: 1,
    findings: [],
  },
  'statement.entry-announced': booked,
  'statement.entry-booked': booked,
  'clearing.recorded': { postingNo: '7009', kind: 'credit', amount: '119.00', currency: 'EUR', reason: 'netted' },
  'revaluation.recorded': { postingNo: '5100', revaluation: '7', amount: '1.00', currency: 'EUR', bookedOn: '2026-01-31' },
  'reference.read': { asked: 'supplier', readAt: AT, found: false },
  'reference.asked': {
    what: 'supplier',
    since: AT,
    notBefore: null,
    names: [],
    name: 'Acme GmbH',
    question: { kind: 'supplier', supplier: { name: 'Acme GmbH', names: SUPPLIER.names, written: null } as never },
  },
  'order.issued': goodsOrder({ supplier: 'V1' }),
  'order.changed': goodsOrder({ supplier: 'V1', version: 9 }, { price: '1.00' }),
  'order.closed': { number: 'PO-1', version: 9 },
  'receipt.recorded': { receipt: 'W9', number: 'PO-1', entity: '1000', lines: [{ line: '1', quantity: '10' }] },
  'receipt.reversed': { receipt: 'W1', number: 'PO-1', entity: '1000', ...reason },
  'supplier.activated': { supplier: 'V1' },
  'supplier.blocked': { supplier: 'V1', ...reason },
  'period.opened': period,
  'period.closed': period,
  'status.reported': { system: 'ap', facet: 'status', word: 'GONE', claims: 'paid' },
  'hold.placed': { hold: 'H9', kind: 'payment', ...reason },
  'hold.released': { hold: 'H1', ...reason },
  'exception.answered': { exception: 'no such', action: 'duplicate', ...reason },
  'exception.said': { exception: 'no such', action: 'reverse', person: CODER, knew: [], ...reason },
  'exception.unsaid': { exception: 'no such', word: 'no such', ...reason },
  'invoice.taken-over': {
    postingNo: '5100',
    supplier: 'V1',
    number: 'R-1',
    amount: '119.00',
    currency: 'EUR',
    postedOn: '2026-01-15',
    open: [{ account: '1600', currency: 'EUR', amount: '119.00' }],
    entity: '1000',
    on: '2026-01-31',
    file: HASH,
  },
  'cut-over.recorded': {
    entity: '1000',
    on: '2026-01-31',
    document: HASH,
    items: 0,
    balances: [],
    balance: 'stated',
    evidence: [],
    second: CODER,
  },
  'tie-out.recorded': {
    entity: '1000',
    from: '2026-01-01',
    to: '2026-01-31',
    ties: true,
    differences: 0,
    accounts: [],
    document: HASH,
    evidence: [],
  },
  'exception.assigned': { exception: 'no such', owner: 'treasury' },
  'system.paused': { system: 'erp', ...reason },
  'system.resumed': { system: 'erp', ...reason },
  'accrual.booked': { document: 'A-1' },
  'sweep.completed': {
    system: 'erp',
    startedAt: AT,
    full: true,
    facts: 0,
    retold: 0,
    listed: 0,
    asked: 0,
    same: 0,
    news: 0,
    reported: 0,
    missing: 0,
    unknown: 0,
    unconfirmed: 0,
    examples: [],
  },
  'log.set-back': { system: 'hub', first: 1, known: 2, since: AT, ...reason },
  'evidence.prepared': { wanted: 'w', document: HASH, covers: 99 },
  'evidence.archived': { archive: 'a', document: HASH, until: '2036-01-01', covers: 999 },
}
export const FACT_TYPES = Object.keys(DATA) as (keyof FactData)[]

/** What such a fact is about, when it is about this invoice; `exception`: one of its own. */
function aboutOf(kind: Kind, invoice: string, exception: string | undefined): readonly Ref[] {
  const ours = { names: [invoice] }
  const REFS: { readonly [kind in Kind]: readonly Ref[] } = {
    invoice: [ours],
    order: [ORDER],
    supplier: [SUPPLIER],
    entity: [ENTITY],
    person: [{ names: [PERSON], create: 'person' }],
    'payment-batch': [{ names: [batchName('M1')], create: 'payment-batch' }],
    payment: [
      { names: [paymentName('M1', 'EM1')], create: 'payment' },
      { names: [batchName('M1')], create: 'payment-batch' },
    ],
    statement: [{ names: [aliasOf('bank', 'statement', 'S9')], create: 'statement' }],
    'statement-entry': [{ names: [aliasOf('bank', 'entry', '9')], create: 'statement-entry' }],
    document: [{ names: [aliasOf('public', 'document', HASH)], create: 'document' }],
    exception: exception === undefined ? [ours] : [{ names: [exception] }, ours],
    system: [{ names: [aliasOf('hub', 'system', 'erp')], create: 'system' }],
    'tie-out': [{ names: [aliasOf('hub', 'tie-out', 'x')], create: 'tie-out' }],
    accrual: [{ names: [aliasOf('hub', 'accrual', 'x')], create: 'accrual' }],
  }
  return REFS[kind]
}

/** The fact, said of this invoice by a role; `type` alone decides what it says. */
export function said(type: keyof FactData, role: Role, invoice: string, exception?: string): Arrival {
  const about = aboutOf(EVENT_TYPES[type].about, invoice, exception)
  const data = type.startsWith('exception.') && exception !== undefined ? { ...DATA[type], exception } : DATA[type]
  return fact(type, role, `${role} says ${type}`, AT, about, data as never)
}

/** Every type of fact with every role that has no authority for it. */
export const WITHOUT_AUTHORITY = FACT_TYPES.flatMap((type) =>
  ROLES.filter((role) => !EVENT_TYPES[type].roles.includes(role)).map((role) => ({ type, role })),
)
