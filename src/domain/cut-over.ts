/** Cut-over: the items that were open when the hub took over, and the proof that they are what the ERP's balance is made of. */
import type { CalendarDate } from '../lib/time.ts'
import { negative } from './headline.ts'
import { sumOf } from './invoice-content.ts'
import type { Account } from './tie-out.ts'

export type OpenAmount = Account & { readonly amount: string }

/** One document that is open. `open`: signed, first in its own currency, then what a revaluation left in the company's. */
export interface CutOverItem {
  readonly postingNo: string
  readonly supplier: string
  readonly number: string
  /** As it was posted, signed, in `currency`. */
  readonly amount: string
  readonly currency: string
  readonly postedOn: CalendarDate
  readonly open: readonly OpenAmount[]
}

/** What two people signed. `balance`: whether the ERP itself was asked for its balance, or they stated it. */
export interface CutOverRecord {
  entity: string
  on: CalendarDate
  /** SHA-256 of the file. */
  document: string
  items: number
  balances: readonly OpenAmount[]
  balance: 'asked' | 'stated'
  /** SHA-256 of the ERP's reply, when it was asked. */
  evidence: readonly string[]
  second: string
}

/** Per account and currency: the sum of the items, the balance, and what they differ by; equal ones are left out. */
export interface CutOverGap extends Account {
  readonly items: string
  readonly balance: string
  readonly difference: string
}

export function cutOverGaps(items: readonly CutOverItem[], balances: readonly OpenAmount[]): CutOverGap[] {
  const sums = totalsOf(items.flatMap((item) => item.open))
  const said = totalsOf(balances)
  return [...new Set([...sums.keys(), ...said.keys()])].sort().flatMap((key) => {
    const [mine, theirs] = [sums.get(key), said.get(key)]
    const { account, currency } = (mine ?? theirs)!
    const [total, balance] = [mine?.amount ?? '0', theirs?.amount ?? '0']
    const difference = sumOf(['0', total, negative(balance)])
    return difference === '0' ? [] : [{ account, currency, items: total, balance, difference }]
  })
}

function totalsOf(amounts: readonly OpenAmount[]): Map<string, OpenAmount> {
  const totals = new Map<string, OpenAmount>()
  for (const { account, currency, amount } of amounts) {
    const key = `${account} ${currency}`
    totals.set(key, { account, currency, amount: sumOf(['0', totals.get(key)?.amount ?? '0', amount]) })
  }
  return totals
}
