/** Procurement's rows in our words, and how its things are named here: the same whether we asked or the journal told us. */
import { meaningOf } from '../../connector/contract.ts'
import type { OrderData, ReferenceData } from '../../domain/event-data.ts'
import { foldedName, partyNames, personName, plainNumber } from '../../domain/names.ts'
import { aliasOf, type Ref } from '../../domain/object.ts'
import { CLEARANCE, PHASE, SORT } from './map.ts'
import type { Merchant, Purchase, Slip } from './wire.ts'

type Supplier = NonNullable<Extract<ReferenceData, { found: true }>['supplier']>

/** The company's directory: procurement, ERP and AP tool know a person by the same login. */
const person = (login: string): string => personName('directory', login)

export const supplierAlias = (system: string, merchantId: string): string => aliasOf(system, 'supplier', merchantId)
export const supplierRef = (system: string, { merchantId, name, vatReg }: Merchant): Ref => ({
  names: [
    supplierAlias(system, merchantId),
    ...partyNames('supplier', { name, ids: [], ...(vatReg.trim() === '' ? {} : { vatId: vatReg }) }),
  ],
  create: 'supplier',
})
export const orderAlias = (system: string, { unitCode, purchaseNo }: Pick<Purchase | Slip, 'unitCode' | 'purchaseNo'>): string =>
  aliasOf(system, 'order', `${unitCode}/${purchaseNo}`)
/** Not created by the journal: what it says waits until an invoice names the order and the answer about it binds this name. */
export const orderRef = (system: string, row: Pick<Purchase | Slip, 'unitCode' | 'purchaseNo'>): Ref => ({
  names: [orderAlias(system, row)],
})

/** Procurement pays nobody: it knows no accounts. A clearance that is not in the table is none. */
export function supplierOf(merchant: Merchant): Supplier {
  const clearance = meaningOf(CLEARANCE, merchant.clearance)
  return {
    number: merchant.merchantId,
    name: merchant.name,
    ...(merchant.vatReg === '' ? {} : { vatId: plainNumber(merchant.vatReg) }),
    active: clearance === 'active' || clearance === 'blocked',
    blocked: clearance === 'blocked',
    accounts: [],
    ...(merchant.by === '' ? {} : { createdBy: person(merchant.by) }),
  }
}

/** Positions that are shut are left out: nothing more may be invoiced on them. */
export function orderOf(purchase: Purchase): OrderData {
  return {
    number: purchase.purchaseNo,
    version: purchase.edition,
    entity: purchase.unitCode,
    supplier: purchase.merchantId,
    currency: purchase.ccy,
    open: meaningOf(PHASE, purchase.phase) === 'open',
    ...(purchase.agreedBy === '' ? {} : { approvedBy: person(purchase.agreedBy) }),
    lines: purchase.positions
      .filter(({ shut }) => !shut)
      .map((row) => ({
        id: row.pos,
        ...(row.article === '' ? {} : { item: row.article }),
        ...(row.label === '' ? {} : { name: row.label.slice(0, 200) }),
        quantity: row.pieces,
        price: row.unitPrice,
        ...(row.priceBasis === '1' ? {} : { priceQuantity: row.priceBasis }),
        unit: row.measure,
        ...SORTED[meaningOf(SORT, row.sort) ?? 'goods'],
      })),
  }
}

const SORTED: { readonly [sort: string]: Pick<OrderData['lines'][number], 'receiptRequired' | 'byValue'> } = {
  goods: { receiptRequired: true },
  service: {},
  limit: { byValue: true },
}

export type Chosen<T> = { readonly one: T } | { readonly none: true } | { readonly several: string }

/** The only one that is cleared, else the only one of this name; never a guess between several. */
export function chosenMerchant(rows: readonly Merchant[], name: string): Chosen<Merchant> {
  const cleared = rows.filter((row) => meaningOf(CLEARANCE, row.clearance) === 'active')
  const near = cleared.length > 0 ? cleared : rows
  const named = near.length > 1 ? near.filter((row) => foldedName(row.name) === foldedName(name)) : near
  return onlyOne(named.length > 0 ? named : near, (row) => row.merchantId)
}

export function onlyOne<T>(rows: readonly T[], number: (row: T) => string): Chosen<T> {
  const [first, second] = rows
  if (first === undefined) return { none: true }
  return second === undefined ? { one: first } : { several: rows.slice(0, 5).map(number).join(', ') }
}
