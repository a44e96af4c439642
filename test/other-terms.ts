/** Corrections of an invoice that was approved: for each term a document that differs in it, and in as little else as a valid one can. */
import type { FactData } from '../src/domain/event-data.ts'
import type { InvoiceDocument } from '../src/domain/invoice-document.ts'
import { orderName } from '../src/domain/names.ts'
import { aliasOf, type Arrival, type Ref } from '../src/domain/object.ts'
import type { Terms } from '../src/domain/terms.ts'
import { ACCOUNT, ENTITY, fact, SUPPLIER } from './facts.ts'

const OTHER_ACCOUNT = 'DE89370400440532013000'
const OTHER_SUPPLIER: Ref = { names: [aliasOf('public', 'supplier-vat', 'DE222')], create: 'supplier' }
const OTHER_ENTITY: Ref = { names: [aliasOf('public', 'entity-vat', 'DE888')], create: 'entity' }

/** `terms`: what differs from what was approved, of an invoice without an order and of one with. */
interface Correction {
  readonly change: Partial<InvoiceDocument>
  readonly terms: readonly (keyof Terms)[]
}

/** Another party or currency has no order of ours. */
const unordered = (term: keyof Terms, change: Partial<InvoiceDocument>): Correction => ({
  change: { orderReference: undefined as never, ...change },
  terms: [term, 'orders'],
})

/** Every term that a document says: how it is coded the AP tool says alone. */
export const CORRECTIONS: { readonly [term in Exclude<keyof Terms, 'coding'>]: Correction } = {
  supplier: unordered('supplier', { supplier: { name: 'Bolt GmbH', vatId: 'DE222', ids: [] } }),
  entity: unordered('entity', { buyer: { name: 'We AG', vatId: 'DE888', ids: [] } }),
  currency: unordered('currency', { currency: 'CHF' }),
  payee: { change: { paymentMeans: [{ code: '58', account: OTHER_ACCOUNT }] }, terms: ['payee'] },
  // Of three that add up no one changes alone.
  net: { change: figures('119.00', '0.00', '119.00', 'Z', '0'), terms: ['net', 'tax'] },
  tax: { change: figures('100.00', '7.00', '107.00', 'S', '7'), terms: ['tax', 'gross'] },
  gross: { change: figures('101.00', '19.19', '120.19', 'S', '19'), terms: ['net', 'tax', 'gross'] },
  orders: { change: { orderReference: 'PO-2' }, terms: ['orders'] },
  dueOn: { change: { dueOn: '2026-02-08' }, terms: ['dueOn'] },
}

function figures(net: string, tax: string, gross: string, category: string, rate: string): Partial<InvoiceDocument> {
  const line = { id: '1', quantity: '10', unit: 'C62', name: 'Widget', orderLine: '1', allowancesCharges: [] }
  return {
    taxBreakdown: [{ taxable: net, tax, category, rate }],
    totals: { lines: net, taxExclusive: net, tax, taxInclusive: gross, payable: gross },
    lines: [{ ...line, net, price: (Number(net) / 10).toFixed(2), taxCategory: category, taxRate: rate }],
  }
}

/** What the ERP answers about all that the corrections name, so that each of them is valid. */
export function knowsOthers(at: string): Arrival[] {
  const read = (ref: Ref, asked: string, found: object): Arrival => {
    const data = { asked, readAt: at, found: true, ...found } as FactData['reference.read']
    return fact('reference.read', 'erp', `other ${ref.names[0]} ${asked}`, at, [ref], data)
  }
  const supplier = { active: true, blocked: false }
  const entity = { currency: 'EUR', currencies: ['EUR', 'CHF'], active: true, zone: 'Europe/Berlin' }
  const taxCode = (of: Ref, category: string, rate: string): Arrival =>
    read(of, `tax-code ${category} ${rate}`, { taxCode: { code: `${category}${rate}`, category, rate, active: true } })
  return [
    read(SUPPLIER, 'supplier', {
      supplier: { ...supplier, number: 'V1', name: 'Acme GmbH', vatId: 'DE111', accounts: [ACCOUNT, OTHER_ACCOUNT] },
    }),
    read(OTHER_SUPPLIER, 'supplier', { supplier: { ...supplier, number: 'V2', name: 'Bolt GmbH', vatId: 'DE222', accounts: [ACCOUNT] } }),
    read(ENTITY, 'entity', { entity: { ...entity, number: '1000', name: 'Us AG' } }),
    read(OTHER_ENTITY, 'entity', { entity: { ...entity, number: '2000', name: 'We AG' } }),
    ...[ENTITY, OTHER_ENTITY].flatMap((of) => [
      taxCode(of, 'S', '19'),
      taxCode(of, 'S', '7'),
      taxCode(of, 'Z', '0'),
      read(of, 'period 2026-01', { period: { open: true } }),
    ]),
    read({ names: [orderName(ENTITY.names[0]!, 'PO-2')], create: 'order' }, 'order', {
      order: {
        number: 'PO-2',
        entity: '1000',
        supplier: 'V1',
        currency: 'EUR',
        open: true,
        lines: [{ id: '1', quantity: '20', price: '10.00', unit: 'C62' }],
      },
    }),
  ]
}
