/** Facts about an order of goods as procurement, which holds it, and the ERP say them; for tests of the three-way match. */
import type { FactData, OrderData } from '../src/domain/event-data.ts'
import type { Role } from '../src/domain/event.ts'
import type { InvoiceDocument } from '../src/domain/invoice-document.ts'
import type { Arrival } from '../src/domain/object.ts'
import { DEFAULT_POLICY, type Policy } from '../src/domain/policy.ts'
import { fact, invoiceDocument, masterData, ORDER, SUPPLIER } from './facts.ts'

type Holder = Extract<Role, 'erp' | 'procurement'>

/** With a procurement system, and no patience for receipts. */
export const WITH_PROCUREMENT: Policy = {
  ...DEFAULT_POLICY,
  systems: { ...DEFAULT_POLICY.systems, procurement: 'procurement' },
  receiptGraceMs: 0,
}

/** 20 pieces of goods at 10.00; procurement calls the supplier M1, the ERP V1. */
export const goodsOrder = (change: Partial<OrderData> = {}, line: Partial<OrderData['lines'][number]> = {}): OrderData => ({
  number: 'PO-1',
  version: 1,
  entity: '1000',
  supplier: 'M1',
  currency: 'EUR',
  open: true,
  lines: [{ id: '1', quantity: '20', price: '10.00', unit: 'C62', receiptRequired: true, ...line }],
  ...change,
})

export const orderTold = (
  order: OrderData,
  at: string,
  by: Holder = 'procurement',
  type: 'order.issued' | 'order.changed' = 'order.changed',
): Arrival => fact(type, by, `${by} order ${order.version ?? 0} ${at}`, at, [ORDER], order)
export const orderClosed = (version: number, at: string): Arrival =>
  fact('order.closed', 'procurement', `closed ${version}`, at, [ORDER], { number: 'PO-1', version })

export const receipt = (no: string, quantity: string, at: string, by: Holder = 'procurement'): Arrival =>
  fact('receipt.recorded', by, `${by} receipt ${no}`, at, [ORDER], {
    receipt: no,
    number: 'PO-1',
    entity: '1000',
    lines: [{ line: '1', quantity }],
  })
export const receiptReversed = (no: string, at: string, by: Holder = 'procurement'): Arrival =>
  fact('receipt.reversed', by, `${by} receipt ${no} reversed`, at, [ORDER], {
    receipt: no,
    number: 'PO-1',
    entity: '1000',
    reason: 'broken',
  })

/** {@link masterData}, and what procurement answers about supplier and order. */
export function goodsData(
  order: OrderData = goodsOrder(),
  at = '2026-01-02T08:00:00.000Z',
  readAt = '2026-01-15T08:00:00.000Z',
): Arrival[] {
  const supplier: FactData['reference.read'] = {
    asked: 'supplier',
    readAt,
    found: true,
    supplier: { number: order.supplier, name: 'Acme GmbH', active: true, blocked: false, accounts: [] },
  }
  return [
    ...masterData(at, readAt),
    fact('reference.read', 'procurement', 'procurement supplier', at, [SUPPLIER], supplier),
    fact('reference.read', 'procurement', 'procurement order', at, [ORDER], { asked: 'order', readAt, found: true, order }),
  ]
}

/** An invoice over some pieces at 10.00 each, or at another price; tax and totals fit. */
export function goodsInvoice(number: string, quantity: number, price = 10): InvoiceDocument {
  const net = quantity * price
  const [lines, tax, gross] = [net, net * 0.19, net * 1.19].map((amount) => amount.toFixed(2)) as [string, string, string]
  return invoiceDocument({
    number,
    taxBreakdown: [{ taxable: lines, tax, category: 'S', rate: '19' }],
    totals: { lines, taxExclusive: lines, tax, taxInclusive: gross, payable: gross },
    lines: [{ ...invoiceDocument().lines[0]!, quantity: String(quantity), price: price.toFixed(2), net: lines }],
  })
}
