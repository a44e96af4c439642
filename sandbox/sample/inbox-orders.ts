import { Dice } from './dice.ts'
import { isDecimal, keyOf, plain, type ReadInvoice, type ReadLine, type ReadParty } from './read-lines.ts'
import { taxKeyOf } from './staff.ts'

export interface Supplier {
  readonly key: string
  readonly vendorNo: string
  readonly party: ReadParty
  readonly invoices: readonly ReadInvoice[]
}
export interface Altered {
  readonly companyCode: string
  readonly poNo: string
  readonly poItem: string
  readonly field: 'price'
  readonly was: string
  readonly now: string
  readonly billNos: readonly string[]
}

interface Item {
  poItem: string
  materialNo: string
  text: string
  qty: string
  uom: string
  price: string
  per: string
  taxKey: string
  grQty: string
}
export interface Order {
  readonly companyCode: string
  readonly poNo: string
  readonly vendorNo: string
  readonly waers: string
  readonly items: Item[]
  readonly billNos: readonly string[]
}

/**
 * Orders as the bills quote them; `codes` are company codes by the key of a buyer. An item's quantity is the sum over all bills;
 * credit memos stand in where no bill quotes the order.
 */
export function ordersOf(suppliers: readonly Supplier[], codes: ReadonlyMap<string, string>, notes: string[]): Order[] {
  const orders = new Map<string, Order>()
  for (const supplier of suppliers) {
    const quoting = supplier.invoices.filter((invoice) => invoice.orderReference && invoice.orderReference.length <= 120)
    for (const [key, held] of Map.groupBy(quoting, (invoice) => `${codes.get(keyOf(invoice.buyer))}/${invoice.orderReference}`)) {
      const [first] = held as [ReadInvoice, ...ReadInvoice[]]
      if (orders.has(key)) {
        notes.push(`Order ${key} is quoted by two vendors; it is kept for the first.`)
        continue
      }
      const bills = held.filter((invoice) => invoice.kind === 'invoice')
      const items = itemsOf(bills.length > 0 ? bills : held, key, notes)
      orders.set(key, {
        companyCode: codes.get(keyOf(first.buyer)) ?? '',
        poNo: plain(first.orderReference ?? '', 120),
        vendorNo: supplier.vendorNo,
        waers: first.currency,
        items,
        billNos: held.map((invoice) => invoice.number),
      })
    }
  }
  return [...orders.values()]
}

function itemsOf(bills: readonly ReadInvoice[], order: string, notes: string[]): Item[] {
  const items = new Map<string, Item>()
  for (const line of bills.flatMap((bill) => bill.lines)) {
    const poItem = plain(line.orderLine ?? line.id, 40)
    const held = items.get(poItem)
    if (poItem === '' || !isDecimal(line.quantity) || !isDecimal(line.price))
      notes.push(`Order ${order}: a line could not be taken over (${poItem}).`)
    else if (!held) items.set(poItem, item(line, poItem))
    else {
      held.qty = held.grQty = add(held.qty, line.quantity)
      if (held.price !== line.price) notes.push(`Order ${order}, item ${poItem}: bills have different prices; the first is kept.`)
    }
  }
  return [...items.values()]
}

function item(line: ReadLine, poItem: string): Item {
  return {
    poItem,
    materialNo: plain(line.buyerItem ?? line.supplierItem ?? '', 80),
    text: plain(line.name ?? '', 500),
    qty: line.quantity,
    uom: plain(line.unit, 10) || 'C62',
    price: line.price,
    per: line.priceQuantity ?? '1',
    taxKey: line.taxCategory ? taxKeyOf(line.taxCategory, line.taxRate ?? '0') : '',
    grQty: line.quantity,
  }
}

/** Changes one item far beyond any tolerance, and says which. */
export function alter(order: Order, seed: number): Altered[] {
  const chosen = order.items[new Dice(seed, `alter ${order.companyCode}/${order.poNo}`).whole(0, order.items.length - 1)]
  if (!chosen) return []
  const was = chosen.price
  chosen.price = add(add(was, was), '10')
  return [
    {
      companyCode: order.companyCode,
      poNo: order.poNo,
      poItem: chosen.poItem,
      field: 'price',
      was,
      now: chosen.price,
      billNos: order.billNos,
    },
  ]
}

/** The exact sum of two decimal texts of any length. */
function add(a: string, b: string): string {
  const places = Math.max(...[a, b].map((text) => text.split('.')[1]?.length ?? 0))
  const scaled = (text: string): bigint => {
    const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
    return BigInt(whole + fraction.padEnd(places, '0')) * (text.startsWith('-') ? -1n : 1n)
  }
  const total = scaled(a) + scaled(b)
  const digits = (total < 0n ? -total : total).toString().padStart(places + 1, '0')
  return (total < 0n ? '-' : '') + (places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`)
}
