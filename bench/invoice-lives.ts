/**
 * The facts of many invoices' lives, as the systems of a company would bring them: received, approved, posted, paid, booked. The
 * facts of one invoice lie apart in the stream, as they do in a day: each finds its objects where an earlier commit left them.
 */
import type { FactData } from '../src/domain/event-data.ts'
import type { Role } from '../src/domain/event.ts'
import { contentOf, invoiceEnsures, invoiceRef } from '../src/domain/invoice-content.ts'
import type { InvoiceDocument } from '../src/domain/invoice-document.ts'
import { batchName, documentName, endToEndName, orderName, partyNames, paymentName, personName, postingName } from '../src/domain/names.ts'
import { aliasOf, type Arrival, type Ref } from '../src/domain/object.ts'
import type { Terms } from '../src/domain/terms.ts'
import { hexOf } from '../src/lib/hash.ts'
import { sha256 } from '../src/store/sha256.ts'

const SUPPLIERS = 50
/** Invoices that come together, and of which the later facts come together: far enough apart that none overtakes another while it waits. */
const GROUP = 300
const FACTS_EACH = 6
/** Each order is invoiced by so many. */
const PER_ORDER = 4
export const NOW = '2026-01-15T12:00:00.000Z'
const AT = '2026-01-15T08:00:00.000Z'
const PERSON = personName('directory', 'anna')
const ENTITY = { name: 'Us AG', vatId: 'DE999', ids: [] }
const supplierOf = (n: number): { name: string; vatId: string; ids: [] } => ({
  name: `Supplier ${n % SUPPLIERS} GmbH`,
  vatId: `DE1${String(n % SUPPLIERS).padStart(5, '0')}`,
  ids: [],
})
const accountOf = (n: number): string => `DE0212030000${String(n % SUPPLIERS).padStart(10, '0')}`
const orderOf = (n: number): string => `PO-${Math.floor(n / PER_ORDER / SUPPLIERS) * SUPPLIERS + (n % SUPPLIERS)}`

function fact<T extends keyof FactData>(
  tenant: string,
  type: T,
  role: Role,
  eventId: string,
  about: readonly Ref[],
  data: FactData[T],
): Arrival {
  return {
    tenant,
    source: { system: role, role, reference: eventId },
    eventId,
    type,
    occurredAt: AT,
    actor: `system:${role}`,
    about,
    data: data as unknown as Arrival['data'],
    readBack: true,
  }
}

/** What the ERP answers about companies, tax codes, periods and orders, and who may approve: known before the first of so many facts comes. */
export function masterDataOfLives(tenant: string, count: number): Arrival[] {
  const read = (ref: Ref, id: string, asked: string, found: object): Arrival =>
    fact(tenant, 'reference.read', 'erp', `read ${id} ${asked}`, [ref], { asked, readAt: AT, found: true, ...found })
  const entity: Ref = { names: partyNames('entity', ENTITY), create: 'entity' }
  const orders = new Map(Array.from({ length: turnsOf(count) * GROUP }, (_, n) => [orderOf(n), n] as const))
  return [
    read(entity, 'us', 'entity', {
      entity: { number: '1000', name: 'Us AG', currency: 'EUR', currencies: ['EUR'], active: true, zone: 'Europe/Berlin' },
    }),
    read(entity, 'us', 'tax-code S 19', { taxCode: { code: 'S19', category: 'S', rate: '19', active: true } }),
    read(entity, 'us', 'period 2026-01', { period: { open: true } }),
    fact(tenant, 'authority.granted', 'hr', 'limit anna', [{ names: [PERSON], create: 'person' }], {
      person: PERSON,
      name: 'Anna',
      limit: '1000.00',
      currency: 'EUR',
      from: '2025-01-01',
    }),
    ...Array.from({ length: SUPPLIERS }, (_, n) =>
      read({ names: partyNames('supplier', supplierOf(n)), create: 'supplier' }, supplierOf(n).vatId, 'supplier', {
        supplier: {
          number: `V${n}`,
          name: supplierOf(n).name,
          vatId: supplierOf(n).vatId,
          active: true,
          blocked: false,
          accounts: [accountOf(n)],
        },
      }),
    ),
    ...[...orders].map(([number, n]) =>
      read({ names: [orderName(partyNames('entity', ENTITY)[0]!, number)], create: 'order' }, number, 'order', {
        order: {
          number,
          entity: '1000',
          supplier: `V${n % SUPPLIERS}`,
          currency: 'EUR',
          open: true,
          lines: [{ id: '1', quantity: String(10 * PER_ORDER), price: '10.00', unit: 'C62' }],
        },
      }),
    ),
  ]
}

function documentOf(n: number): InvoiceDocument {
  return {
    syntax: 'UBL',
    kind: 'invoice',
    number: `R-${n}`,
    issuedOn: '2026-01-10',
    dueOn: '2026-02-09',
    currency: 'EUR',
    typeCode: '380',
    notes: [],
    orderReference: orderOf(n),
    precedingInvoices: [],
    attachments: [],
    allowancesCharges: [],
    paymentMeans: [{ code: '58', account: accountOf(n) }],
    supplier: supplierOf(n),
    buyer: ENTITY,
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
  }
}

function termsOf(n: number): Terms {
  return {
    supplier: partyNames('supplier', supplierOf(n))[0]!,
    payee: hexOf(sha256(accountOf(n))),
    entity: partyNames('entity', ENTITY)[0]!,
    currency: 'EUR',
    net: '100',
    tax: '19',
    gross: '119',
    orders: [orderOf(n)],
    dueOn: '2026-02-09',
    coding: [{ account: '4760', amount: '100.00' }],
  }
}

/** The facts of one invoice, in their order. */
function life(tenant: string, n: number): Arrival[] {
  const content = contentOf(documentOf(n))
  const hash = hexOf(sha256(`${tenant} document ${n}`))
  const invoice: Ref = { names: [documentName(hash)] }
  const postingNo = `D${n}`
  const message = `M${Math.floor(n / 50)}`
  return [
    {
      ...fact(tenant, 'invoice.received', 'capture', `${hash}#0 mail`, [invoiceRef(sha256, content, hash)], {
        document: hash,
        channel: 'mail',
        content,
      }),
      ensures: invoiceEnsures(content),
    },
    fact(tenant, 'approval.granted', 'ap', `grant ${n}`, [invoice], { ticket: `T${n}`, step: '1', person: PERSON, terms: termsOf(n) }),
    fact(tenant, 'approval.completed', 'ap', `complete ${n}`, [invoice], {
      ticket: `T${n}`,
      terms: termsOf(n),
      enterers: [personName('directory', 'carl')],
    }),
    fact(tenant, 'posting.confirmed', 'erp', `posted ${n}`, [{ names: [...invoice.names, postingName('erp', '1000', postingNo)] }], {
      postingNo,
      entity: '1000',
      supplier: `V${n % SUPPLIERS}`,
      number: `R-${n}`,
      amount: '119.00',
      currency: 'EUR',
      postedOn: '2026-01-15',
      reference: 'ours',
    }),
    fact(
      tenant,
      'payment.instructed',
      'erp',
      `pay ${n}`,
      [
        { names: [paymentName(message, `E${n}`)], create: 'payment', offers: [endToEndName(`E${n}`)] },
        { names: [batchName(message)], create: 'payment-batch' },
      ],
      {
        messageId: message,
        endToEndId: `E${n}`,
        paymentDoc: `P${n}`,
        amount: '119.00',
        currency: 'EUR',
        account: accountOf(n),
        supplier: `V${n % SUPPLIERS}`,
        items: [{ posting: postingName('erp', '1000', postingNo), amount: '119.00' }],
      },
    ),
    fact(
      tenant,
      'statement.entry-booked',
      'bank',
      `entry ${n}`,
      [{ names: [aliasOf('bank', 'entry', String(n))], create: 'statement-entry' }],
      {
        account: 'DE00',
        statement: 'S1',
        position: String(n),
        part: 1,
        parts: 1,
        amount: '119.00',
        currency: 'EUR',
        direction: 'debit',
        reversal: false,
        bookedOn: '2026-01-20',
        document: 'c'.repeat(64),
        bankReference: `B-${n}`,
        endToEndId: `E${n}`,
      },
    ),
  ]
}

/** Turns until so many facts came: with every turn a group begins, and those before it go on. */
const turnsOf = (count: number): number => Math.ceil(count / GROUP / FACTS_EACH) + FACTS_EACH

/** The first so many facts of the stream: group after group of invoices, and between them the later facts of those that came before. */
export function lives(tenant: string, count: number): Arrival[] {
  const groups: Arrival[][][] = []
  const stream: Arrival[] = []
  while (stream.length < count) {
    const first = groups.length * GROUP
    groups.push(Array.from({ length: GROUP }, (_, at) => life(tenant, first + at)))
    for (const [stage, group] of groups.slice(-FACTS_EACH).toReversed().entries()) for (const facts of group) stream.push(facts[stage]!)
  }
  return stream.slice(0, count)
}
