import { show, sum } from '../plumbing/amounts.ts'
import type { Fact, Line } from '../plumbing/book.ts'
import type { Arrival, Merchant, Note, Purchase, Slip, Unit } from './rows.ts'

/** A fact as the journal shows it. */
export interface Entry {
  readonly seq: number
  readonly when: string
  readonly sort: string
  readonly deed: string
  readonly key: string
  readonly now: unknown
}

/** Kept in the book but not in the journal: what only the door knows. */
const UNSHOWN = new Set(['ARRIVAL'])

/** The state of procurement: what its book says. Nothing changes it but {@link Desk.apply}. */
export class Desk {
  readonly units = new Map<string, Unit>()
  readonly merchants = new Map<string, Merchant>()
  /** All editions, oldest first. */
  readonly purchases = new Map<string, Purchase[]>()
  readonly slips = new Map<string, Slip>()
  readonly arrivals = new Map<string, Arrival>()
  readonly notes = new Map<string, Note>()
  readonly notesByClaim = new Map<string, Note[]>()
  readonly journal: Entry[] = []
  readonly #slipsByPurchase = new Map<string, Set<string>>()
  #slipsTaken = 0

  /** The next slip number. One that is taken and then not used is lost, never given twice. */
  takeSlipNo(): string {
    this.#slipsTaken += 1
    return `WE${String(this.#slipsTaken).padStart(7, '0')}`
  }

  latest(unitCode: string, purchaseNo: string): Purchase | undefined {
    return this.purchases.get(purchaseKey({ unitCode, purchaseNo }))?.at(-1)
  }

  slipsOf(purchase: Pick<Purchase, 'unitCode' | 'purchaseNo'>): Slip[] {
    return [...(this.#slipsByPurchase.get(purchaseKey(purchase)) ?? [])]
      .map((slipNo) => this.slips.get(slipNo))
      .filter((slip) => slip !== undefined)
  }

  /** What was counted of a position and not taken back. */
  counted(purchase: Pick<Purchase, 'unitCode' | 'purchaseNo'>, pos: string): string {
    const rows = this.slipsOf(purchase)
      .filter((slip) => slip.takenBack === null)
      .flatMap((slip) => slip.rows)
      .filter((row) => row.pos === pos)
    return plain(sum(rows.map((row) => row.counted)))
  }

  readonly apply = (line: Line): void => {
    for (const fact of line.facts) {
      APPLY[fact.what]?.(this, fact.row as never)
      if (!UNSHOWN.has(fact.what)) this.journal.push(entryOf(this.journal.length + 1, line.at, fact))
    }
  }

  /** @internal for the table below */
  setSlip(slip: Slip): void {
    this.slips.set(slip.slipNo, slip)
    this.#slipsTaken = Math.max(this.#slipsTaken, Number(slip.slipNo.slice(2)))
    const key = purchaseKey(slip)
    this.#slipsByPurchase.set(key, (this.#slipsByPurchase.get(key) ?? new Set()).add(slip.slipNo))
  }
}

const entryOf = (seq: number, when: string, fact: Fact): Entry => ({
  seq,
  when,
  sort: fact.what,
  deed: fact.verb,
  key: fact.key,
  now: fact.row,
})

/** How a fact of each kind becomes state. */
const APPLY: Readonly<Record<string, (desk: Desk, row: never) => void>> = {
  UNIT: (desk, row: Unit) => {
    desk.units.set(row.unitCode, row)
  },
  MERCHANT: (desk, row: Merchant) => {
    desk.merchants.set(row.merchantId, row)
  },
  PURCHASE: (desk, row: Purchase) => {
    desk.purchases.set(purchaseKey(row), [...(desk.purchases.get(purchaseKey(row)) ?? []), row])
  },
  SLIP: (desk, row: Slip) => {
    desk.setSlip(row)
  },
  ARRIVAL: (desk, row: Arrival) => {
    desk.arrivals.set(row.arrivalNo, row)
  },
  NOTE: (desk, row: Note) => {
    desk.notes.set(row.noteRef, row)
    desk.notesByClaim.set(row.claimRef, [...(desk.notesByClaim.get(row.claimRef) ?? []), row])
  },
}

export function purchaseKey({ unitCode, purchaseNo }: Pick<Purchase, 'unitCode' | 'purchaseNo'>): string {
  return `${unitCode}/${purchaseNo}`
}

/** Millionths as a decimal without zeros that say nothing. */
function plain(value: bigint): string {
  const [whole, places] = [show((value / 1_000_000n) * 1_000_000n, 'JPY'), value % 1_000_000n]
  return places === 0n ? whole : `${whole}.${String(places).padStart(6, '0').replace(/0+$/, '')}`
}
