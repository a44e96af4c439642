import { num, scaleOf, show, sum, times } from '../plumbing/amounts.ts'
import type { Dice } from './dice.ts'
import { RATES, type Buyer, type Vendor, type Ware } from './parties.ts'

export interface Row {
  readonly rowNo: string
  readonly ware: Ware
  readonly qty: string
  readonly net: string
  readonly category: string
  readonly pct: string
  readonly poItem: string | null
}
export interface TaxLine {
  readonly category: string
  readonly pct: string
  readonly base: string
  readonly tax: string
}
export interface Bill {
  readonly kind: 'BILL' | 'CREDIT'
  readonly billNo: string
  readonly issuedOn: string
  readonly dueOn: string
  readonly deliveredOn: string
  readonly buyer: Buyer
  readonly vendor: Vendor
  readonly poNo: string | null
  readonly rows: readonly Row[]
  /** Off the whole bill, before tax. */ readonly rebate: {
    readonly amount: string
    readonly category: string
    readonly pct: string
  } | null
  readonly mandateId: string | null
  readonly refersTo: { readonly billNo: string; readonly issuedOn: string } | null
  readonly rowsTotal: string
  readonly net: string
  readonly tax: string
  readonly gross: string
  readonly taxes: readonly TaxLine[]
}
export interface PurchaseOrder {
  readonly poNo: string
  readonly buyer: Buyer
  readonly vendor: Vendor
  readonly items: readonly {
    readonly poItem: string
    readonly ware: Ware
    readonly qty: number
    readonly category: string
    readonly pct: string
  }[]
}

/** Thrown choices for one sample, with the running numbers. */
export class BillMaker {
  readonly orders: PurchaseOrder[] = []
  readonly #dice: Dice
  readonly #today: string
  readonly #running = new Map<string, number>()
  /** Orders billed in two halves: the second half is yet to come. */
  readonly #halves: PurchaseOrder[] = []

  constructor(dice: Dice, today: string) {
    this.#dice = dice
    this.#today = today
  }

  /** A bill for an order: the whole of it, or one of two deliveries. */
  forOrder(buyer: Buyer, vendor: Vendor): Bill {
    const waiting = this.#halves.findIndex((order) => order.buyer === buyer && order.vendor === vendor)
    if (waiting >= 0) {
      const [order] = this.#halves.splice(waiting, 1) as [PurchaseOrder]
      return this.#bill(
        buyer,
        vendor,
        this.#rowsOf(order, (qty) => qty - Math.ceil(qty / 2)),
        { poNo: order.poNo },
      )
    }
    const order = this.#order(buyer, vendor)
    const parted = this.#dice.whole(1, 4) === 1 && order.items.every((item) => item.qty > 1)
    if (parted) this.#halves.push(order)
    return this.#bill(
      buyer,
      vendor,
      this.#rowsOf(order, (qty) => (parted ? Math.ceil(qty / 2) : qty)),
      { poNo: order.poNo },
    )
  }

  /** A bill without an order, now and then with a rebate on the whole. */
  withoutOrder(buyer: Buyer, vendor: Vendor): Bill {
    const rows = this.#choose(vendor).map((ware, at) => this.#row(buyer, vendor, ware, this.#dice.whole(1, 40), String(at + 1), null))
    const [first] = rows
    const rebate =
      first && rows.length === 1 && this.#dice.whole(1, 3) === 1
        ? { amount: show(times(num(first.net), num('0.03'), scaleOf(buyer.ccy)), buyer.ccy), category: first.category, pct: first.pct }
        : null
    return this.#bill(buyer, vendor, rows, { rebate, mandateId: vendor.collects ? `M-${buyer.companyCode}-${vendor.vendorNo}` : null })
  }

  /** A credit memo for a part of the first row of an earlier bill. */
  credit(bill: Bill): Bill | undefined {
    const [row] = bill.rows
    if (!row || Number(row.qty) < 2) return undefined
    const back = this.#row(bill.buyer, bill.vendor, row.ware, Math.floor(Number(row.qty) / 3) || 1, '1', null)
    return this.#bill(
      bill.buyer,
      bill.vendor,
      [back],
      { kind: 'CREDIT', refersTo: { billNo: bill.billNo, issuedOn: bill.issuedOn } },
      bill.issuedOn,
    )
  }

  #order(buyer: Buyer, vendor: Vendor): PurchaseOrder {
    const { category, pctOf } = taxOf(buyer, vendor)
    const order: PurchaseOrder = {
      poNo: `45${String(10_001 + this.orders.length * 3).padStart(8, '0')}`,
      buyer,
      vendor,
      items: this.#choose(vendor).map((ware, at) => ({
        poItem: String((at + 1) * 10),
        ware,
        qty: this.#dice.whole(2, 60),
        category,
        pct: pctOf(ware),
      })),
    }
    this.orders.push(order)
    return order
  }

  #rowsOf(order: PurchaseOrder, part: (qty: number) => number): Row[] {
    return order.items.map((item, at) => this.#row(order.buyer, order.vendor, item.ware, part(item.qty), String(at + 1), item.poItem))
  }

  /** One to all of what a vendor sells, in the vendor's order. */
  #choose(vendor: Vendor): Ware[] {
    const first = this.#dice.whole(0, vendor.wares.length - 1)
    return vendor.wares.filter((_ware, at) => at === first || this.#dice.whole(1, 2) === 1)
  }

  #row(buyer: Buyer, vendor: Vendor, ware: Ware, units: number, rowNo: string, poItem: string | null): Row {
    const { category, pctOf } = taxOf(buyer, vendor)
    const qty = units * Number(ware.per) * (ware.unit === 'KWH' ? 97 : 1)
    const net = times(num(String(qty)), num(ware.price), 6) / BigInt(ware.per)
    return {
      rowNo,
      ware,
      qty: String(qty),
      net: show(times(net, num('1'), scaleOf(buyer.ccy)), buyer.ccy),
      category,
      pct: pctOf(ware),
      poItem,
    }
  }

  #bill(buyer: Buyer, vendor: Vendor, rows: readonly Row[], more: Partial<Bill>, notBefore = ''): Bill {
    const thrown = dayAfter(this.#today, -this.#dice.whole(1, 30))
    const issuedOn = thrown < notBefore ? notBefore : thrown
    const rebate = more.rebate ?? null
    const taxes = taxLines(rows, rebate, buyer.ccy)
    const net = sum(taxes.map((line) => line.base))
    const tax = sum(taxes.map((line) => line.tax))
    return {
      kind: 'BILL',
      billNo: this.#number(vendor, issuedOn),
      issuedOn,
      dueOn: dayAfter(issuedOn, this.#dice.pick([14, 30, 30, 45])),
      deliveredOn: dayAfter(issuedOn, -this.#dice.whole(0, 5)),
      buyer,
      vendor,
      poNo: null,
      rows,
      mandateId: null,
      refersTo: null,
      ...more,
      rebate,
      rowsTotal: show(sum(rows.map((row) => row.net)), buyer.ccy),
      net: show(net, buyer.ccy),
      tax: show(tax, buyer.ccy),
      gross: show(net + tax, buyer.ccy),
      taxes,
    }
  }

  #number(vendor: Vendor, issuedOn: string): string {
    const next = (this.#running.get(vendor.vendorNo) ?? this.#dice.whole(10, 90)) + 1
    this.#running.set(vendor.vendorNo, next)
    return vendor.numbering.replace('{Y}', issuedOn.slice(0, 4)).replace(/#+/, (mask) => String(next).padStart(mask.length, '0'))
  }
}

/** What value added tax is on a sale: at home the vendor's rate, over a border none here (K goods, AE services: owed by the buyer). */
function taxOf(buyer: Buyer, vendor: Vendor): { category: string; pctOf: (ware: Ware) => string } {
  if (buyer.country !== vendor.country) return { category: vendor.sells === 'goods' ? 'K' : 'AE', pctOf: () => '0' }
  const rates = RATES[vendor.country]
  return { category: 'S', pctOf: (ware) => (ware.reduced ? rates?.reduced : rates?.standard) ?? '0' }
}

function taxLines(rows: readonly Row[], rebate: Bill['rebate'], ccy: string): TaxLine[] {
  return [...Map.groupBy(rows, (row) => `${row.category} ${row.pct}`).values()].map((group) => {
    const [first] = group as [Row, ...Row[]]
    const off = rebate && rebate.category === first.category && rebate.pct === first.pct ? num(rebate.amount) : 0n
    const base = sum(group.map((row) => row.net)) - off
    // Rate in per cent: hundredths of the base, rounded to the currency.
    return {
      category: first.category,
      pct: first.pct,
      base: show(base, ccy),
      tax: show(times(base, num(first.pct) / 100n, scaleOf(ccy)), ccy),
    }
  })
}

export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}
