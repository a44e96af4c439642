import { millionths } from '../plumbing/amounts.ts'
import { Dice } from './dice.ts'

interface SamplePosition {
  readonly pos: string
  readonly article: string
  readonly label: string
  readonly sort: 'GOODS' | 'SERVICE'
  readonly pieces: string
  readonly measure: string
  readonly unitPrice: string
  readonly priceBasis: string
}
export interface SamplePurchase {
  readonly unitCode: string
  readonly purchaseNo: string
  /** Key of its merchant. */ readonly merchant: string
  readonly ccy: string
  readonly positions: readonly SamplePosition[]
}
interface Unit {
  readonly companyCode: string
  readonly name: string
  readonly vatReg: string
}
interface Seller {
  readonly key: string
  readonly name: string
  readonly vatReg: string
  readonly country: string
}

/** Goods of two purchases in three are there at once, of the others they come this much later at most. */
const LATEST_MS = 3000

/** Procurement's set-up: merchants under numbers of its own, purchases, and the goods on their way. */
export function procurementSetup(
  seed: number,
  units: readonly Unit[],
  sellers: readonly Seller[],
  purchases: readonly SamplePurchase[],
): object {
  const merchantIds = new Map(sellers.map((seller, at) => [seller.key, `MX-${String(at * 7 + 11).padStart(6, '0')}`]))
  return {
    units: units.map(({ companyCode, name, vatReg }) => ({ unitCode: companyCode, name, vatReg })),
    merchants: sellers.map(({ key, name, vatReg, country }) => ({
      merchantId: merchantIds.get(key),
      name,
      vatReg,
      country,
      clearance: 'CLEARED',
      by: 'i.dahl',
    })),
    purchases: purchases.map(({ merchant, ...purchase }) => ({
      ...purchase,
      merchantId: merchantIds.get(merchant),
      buyer: 'p.orlow',
      agreedBy: 's.brandt',
    })),
    arrivals: purchases.flatMap(({ unitCode, purchaseNo, positions }, at) => {
      const dice = new Dice(seed, `arrival ${unitCode}/${purchaseNo}`)
      const rows = positions.filter(({ sort }) => sort === 'GOODS').map(({ pos, pieces }) => ({ pos, counted: pieces }))
      const afterMs = dice.whole(1, 3) === 1 ? dice.whole(500, LATEST_MS) : 0
      return rows.length === 0 ? [] : [{ arrivalNo: `A-${at + 1}`, unitCode, purchaseNo, rows, afterMs }]
    }),
  }
}

/** Whether pieces can be counted at the door: above zero, and in digits that procurement's slips have. */
export function countable(pieces: string): boolean {
  return (millionths(pieces) ?? 0n) > 0n
}
