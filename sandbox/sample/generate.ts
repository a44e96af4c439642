import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { num, sum } from '../plumbing/amounts.ts'
import { BillMaker, type Bill, type PurchaseOrder } from './bills.ts'
import { Dice } from './dice.ts'
import { buyersOf, vendorsOf, type Buyer, type Vendor } from './parties.ts'
import { apSetup, periodsOf, taxKeyOf, taxKeysOf, USERS } from './staff.ts'
import { procurementSetup, type SamplePurchase } from './buying.ts'
import { ublOf } from './ubl.ts'

export interface SampleWish {
  readonly seed: number
  readonly count: number
  /** Where inbox/, erp.json, ap.json, procurement.json, bank.json and manifest.json are written. */ readonly dir: string
  /** The day on which bills of the last month lie in the inbox; the real one when not given. */ readonly today?: string
}
export interface SampleBill {
  readonly file: string
  readonly billKind: 'BILL' | 'CREDIT'
  readonly billNo: string
  readonly issuedOn: string
  readonly dueOn: string
  readonly companyCode: string
  readonly vendorNo: string
  readonly vatReg: string
  readonly ccy: string
  readonly net: string
  readonly tax: string
  readonly gross: string
  readonly poNo: string | null
  readonly means: 'TRANSFER' | 'COLLECTION'
}
export interface Sample {
  readonly bills: readonly SampleBill[]
  readonly erp: object
  readonly ap: object
  readonly procurement: object
  readonly bank: object
}

/**
 * Writes a sample: `count` bills as UBL files and the set-ups under which every one of them can be paid. The same seed, count and
 * day write the same bytes.
 */
export async function generateSample({ seed, count, dir, today = new Date().toISOString().slice(0, 10) }: SampleWish): Promise<Sample> {
  const [buyers, vendors] = [buyersOf(seed), vendorsOf(seed)]
  const dice = new Dice(seed, 'bills')
  const maker = new BillMaker(dice, today)
  const bills: Bill[] = []
  while (bills.length < count) bills.push(next(bills, dice, maker, buyers, vendors))
  const inbox = join(dir, 'inbox')
  await mkdir(inbox, { recursive: true })
  const listed = bills.map((bill, at) => ({
    bill,
    file: `${String(at + 1).padStart(4, '0')}-${bill.billNo.replaceAll(/[^\w-]/g, '_')}.xml`,
  }))
  const sample: Sample = {
    bills: listed.map(({ bill, file }) => entry(bill, file)),
    erp: erpSetup(bills, maker.orders, buyers, vendors, today),
    ap: apSetup(buyers),
    procurement: procurementSetup(
      seed,
      buyers,
      vendors.map((vendor) => ({ ...vendor, key: vendor.vendorNo })),
      purchasesOf(maker.orders),
    ),
    bank: bankSetup(bills, buyers),
  }
  await Promise.all([
    ...listed.map(({ bill, file }) => writeFile(join(inbox, file), ublOf(bill))),
    ...Object.entries({ erp: sample.erp, ap: sample.ap, procurement: sample.procurement, bank: sample.bank, manifest: sample.bills }).map(
      ([name, content]) => writeFile(join(dir, `${name}.json`), `${JSON.stringify(content, undefined, 1)}\n`),
    ),
  ])
  return sample
}

/** Every fifteenth bill is collected by the vendor, about every twelfth is a credit memo; six in ten of the rest follow an order. */
function next(bills: readonly Bill[], dice: Dice, maker: BillMaker, buyers: readonly Buyer[], vendors: readonly Vendor[]): Bill {
  const at = bills.length
  const collector = vendors.find((vendor) => vendor.collects)
  const home = buyers.find((buyer) => buyer.country === collector?.country)
  if (at % 15 === 4 && collector && home) return maker.withoutOrder(home, collector)
  const credited =
    at % 12 === 7
      ? creditable(bills)
          .map((bill) => maker.credit(bill))
          .find((bill) => bill !== undefined)
      : undefined
  if (credited) return credited
  const buyer = dice.pick([0, 0, 0, 1, 1, 2].map((nth) => buyers[nth]).filter((held) => held !== undefined))
  const vendor = dice.pick(vendors.filter((held) => held.ccy === buyer.ccy && !held.collects))
  return dice.whole(1, 10) <= 6 ? maker.forOrder(buyer, vendor) : maker.withoutOrder(buyer, vendor)
}

/** Bills that can be credited in part: paid by transfer, not credited yet, and large enough. */
function creditable(bills: readonly Bill[]): Bill[] {
  const credited = new Set(bills.flatMap((bill) => (bill.refersTo ? [bill.refersTo.billNo] : [])))
  return bills
    .filter((bill) => bill.kind === 'BILL' && bill.mandateId === null && !credited.has(bill.billNo) && num(bill.gross) > num('100'))
    .toReversed()
}

function entry(bill: Bill, file: string): SampleBill {
  const { kind, billNo, issuedOn, dueOn, buyer, vendor, net, tax, gross, poNo, mandateId } = bill
  return {
    file,
    billKind: kind,
    billNo,
    issuedOn,
    dueOn,
    companyCode: buyer.companyCode,
    vendorNo: vendor.vendorNo,
    vatReg: vendor.vatReg,
    ccy: buyer.ccy,
    net,
    tax,
    gross,
    poNo,
    means: mandateId === null ? 'TRANSFER' : 'COLLECTION',
  }
}

function erpSetup(
  bills: readonly Bill[],
  orders: readonly PurchaseOrder[],
  buyers: readonly Buyer[],
  vendors: readonly Vendor[],
  today: string,
): object {
  const year = Number(today.slice(0, 4))
  return {
    companyCodes: buyers.map(({ companyCode, name, vatReg, country, ccy, iban, bic }) => ({
      companyCode,
      name,
      vatReg,
      country,
      waers: ccy,
      houseAccounts: [{ waers: ccy, iban, bic }],
    })),
    taxKeys: taxKeysOf(bills.flatMap((bill) => bill.taxes).map((line) => [line.category, line.pct] as const)),
    vendors: vendors.map(({ vendorNo, name, vatReg, country, iban, bic }) => ({
      vendorNo,
      name,
      vatReg,
      country,
      payIban: iban,
      payBic: bic,
      standing: 'ACTIVE',
      by: 'm.keller',
    })),
    purchaseOrders: orders.map(({ poNo, buyer, vendor, items }) => ({
      companyCode: buyer.companyCode,
      poNo,
      vendorNo: vendor.vendorNo,
      waers: buyer.ccy,
      standing: 'RELEASED',
      by: 'p.orlow',
      agreedBy: 's.brandt',
      items: items.map(({ poItem, ware, qty, category, pct }) => {
        const units = String(qty * Number(ware.per))
        return {
          poItem,
          materialNo: ware.itemNo,
          text: ware.name,
          qty: units,
          uom: ware.unit,
          price: ware.price,
          per: ware.per,
          taxKey: taxKeyOf(category, pct),
          grQty: units,
        }
      }),
    })),
    postingPeriods: buyers.flatMap(({ companyCode }) => periodsOf(companyCode, [year - 1, year, year + 1])),
    users: USERS,
  }
}

/** The same orders as procurement has them: the vendor's number is procurement's own there. */
function purchasesOf(orders: readonly PurchaseOrder[]): SamplePurchase[] {
  return orders.map(({ poNo, buyer, vendor, items }) => ({
    unitCode: buyer.companyCode,
    purchaseNo: poNo,
    merchant: vendor.vendorNo,
    ccy: buyer.ccy,
    positions: items.map(({ poItem, ware, qty }) => ({
      pos: poItem,
      article: ware.itemNo,
      label: ware.name,
      sort: vendor.sells === 'goods' ? ('GOODS' as const) : ('SERVICE' as const),
      pieces: String(qty * Number(ware.per)),
      measure: ware.unit,
      unitPrice: ware.price,
      priceBasis: ware.per,
    })),
  }))
}

function bankSetup(bills: readonly Bill[], buyers: readonly Buyer[]): object {
  return {
    accounts: buyers.map(({ iban, ccy, name, bic }) => ({ iban, ccy, holder: name, bic, opening: '25000000.00' })),
    collections: bills
      .filter((bill) => bill.mandateId !== null && num(bill.gross) > 0n)
      .map(({ billNo, buyer, vendor, mandateId, gross }) => ({
        collectionId: `${vendor.vendorNo}/${billNo}`,
        debtorIban: buyer.iban,
        creditorName: vendor.name,
        creditorIban: vendor.iban,
        creditorId: `DE98ZZZ09999${vendor.vendorNo.slice(2)}`,
        mandateId,
        amount: gross,
        ccy: buyer.ccy,
        remittance: billNo,
        endToEndId: billNo.slice(0, 35),
        means: 'COLLECTION',
        afterMs: 5000,
      })),
  }
}

/** The sum of all bills less credit memos per currency: what the sample comes to. */
export function totalsOf(bills: readonly SampleBill[]): Record<string, bigint> {
  return Object.fromEntries(
    [...Map.groupBy(bills, (bill) => bill.ccy)].map(([ccy, held]) => [
      ccy,
      sum(held.map((bill) => (bill.billKind === 'CREDIT' ? `-${bill.gross}` : bill.gross))),
    ]),
  )
}
