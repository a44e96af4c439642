import { num } from '../plumbing/amounts.ts'
import type { Fact } from '../plumbing/book.ts'
import type { Clearing, LedgerDocument, Revaluation } from './rows.ts'

export type LineKind = 'POSTING' | 'STORNO' | 'CLEARING' | 'REVAL'

/** One amount booked on a reconciliation account for a document, in millionths; `mark` is its place in the change feed. */
export interface SubledgerLine {
  readonly mark: number
  readonly companyCode: string
  readonly docNo: string
  readonly reconAccount: string
  readonly waers: string
  readonly kind: LineKind
  readonly bookedOn: string
  readonly amt: bigint
  readonly sourceNo: string
}

export interface Balance {
  readonly reconAccount: string
  readonly waers: string
  readonly byKind: Map<LineKind | 'OPENING', bigint>
  openItems: number
}
export interface OpenItem {
  readonly docNo: string
  readonly reconAccount: string
  readonly waers: string
  readonly openBal: bigint
}

/** What is asked: the company code, the day, and the last mark that counts. */
export interface Asked {
  readonly companyCode: string
  readonly keyDate: string
  readonly upTo: number
}

type Held = (docNo: string) => LedgerDocument | undefined

/** Every line ever booked on the accounts of vendors, in the order of the books. All balances are sums of these and of nothing else. */
export class Subledger {
  readonly #lines: SubledgerLine[] = []
  readonly #byDocument = new Map<string, SubledgerLine[]>()
  /** The list of a moment does not change: its pages are cut from the same one. */
  #lastItems: { readonly key: string; readonly items: readonly OpenItem[] } | undefined

  /** `held`: documents as they were before this fact. */
  take(fact: Fact, mark: number, held: Held): void {
    for (const line of LINES_OF[fact.what]?.(fact, held) ?? []) {
      const whole = { ...line, mark }
      this.#lines.push(whole)
      const others = this.#byDocument.get(line.docNo)
      if (others) others.push(whole)
      else this.#byDocument.set(line.docNo, [whole])
    }
  }

  linesOf(docNo: string): readonly SubledgerLine[] {
    return this.#byDocument.get(docNo) ?? []
  }

  /** Per account and currency: what stood before `from`, and what each kind of line added since. */
  balances(asked: Asked, from: string): Balance[] {
    const found = new Map<string, Balance>()
    for (const line of this.#counting(asked)) {
      const balance = balanceOf(found, line)
      const kind = line.bookedOn < from ? 'OPENING' : line.kind
      balance.byKind.set(kind, (balance.byKind.get(kind) ?? 0n) + line.amt)
    }
    for (const item of this.openItems(asked)) balanceOf(found, item).openItems += 1
    return [...found.values()].sort((a, b) =>
      a.reconAccount < b.reconAccount ? -1 : a.reconAccount > b.reconAccount ? 1 : a.waers < b.waers ? -1 : 1,
    )
  }

  /** What does not add up to zero on that day, by document number. */
  openItems(asked: Asked): readonly OpenItem[] {
    const key = JSON.stringify(asked)
    if (this.#lastItems?.key === key) return this.#lastItems.items
    const sums = new Map<string, { item: Omit<OpenItem, 'openBal'>; sum: bigint }>()
    for (const { docNo, reconAccount, waers, amt } of this.#counting(asked)) {
      const name = `${docNo} ${reconAccount} ${waers}`
      const known = sums.get(name) ?? { item: { docNo, reconAccount, waers }, sum: 0n }
      known.sum += amt
      sums.set(name, known)
    }
    const items = [...sums.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { item, sum }]) => (sum === 0n ? [] : [{ ...item, openBal: sum }]))
    this.#lastItems = { key, items }
    return items
  }

  *#counting({ companyCode, keyDate, upTo }: Asked): Generator<SubledgerLine> {
    for (const line of this.#lines) {
      if (line.mark > upTo) return
      if (line.companyCode === companyCode && line.bookedOn <= keyDate) yield line
    }
  }
}

function balanceOf(
  found: Map<string, Balance>,
  { reconAccount, waers }: { readonly reconAccount: string; readonly waers: string },
): Balance {
  const name = `${reconAccount} ${waers}`
  const known = found.get(name) ?? { reconAccount, waers, byKind: new Map(), openItems: 0 }
  found.set(name, known)
  return known
}

type LinesOf = (fact: Fact, held: Held) => Omit<SubledgerLine, 'mark'>[]

/** The lines that a fact of each kind books. */
const LINES_OF: Readonly<Record<string, LinesOf>> = {
  DOCUMENT: (fact, held) => {
    if (fact.verb === 'BOOKED') {
      const row = fact.row as LedgerDocument
      return [{ ...of(row), kind: 'POSTING', bookedOn: row.postingDate, amt: owed(row), sourceNo: row.docNo }]
    }
    const row = fact.row as Pick<LedgerDocument, 'docNo' | 'stornoOn' | 'stornoDocNo'>
    const document = held(row.docNo)
    // One that was only parked never stood in the ledger.
    if (fact.verb !== 'STORNO' || !document?.bookedAt) return []
    return [{ ...of(document), kind: 'STORNO', bookedOn: row.stornoOn ?? '', amt: -owed(document), sourceNo: row.stornoDocNo ?? '' }]
  },
  CLEARING: (fact, held) => {
    const row = fact.row as Clearing
    return row.lines.flatMap(({ docNo, amt }) => {
      const document = held(docNo)
      return document
        ? [{ ...of(document), kind: 'CLEARING' as const, bookedOn: row.bookedOn, amt: -num(amt), sourceNo: row.clearingDocNo }]
        : []
    })
  },
  REVALUATION: (fact) => {
    const { companyCode, waers, bookedOn, revalNo, lines } = fact.row as Revaluation
    return lines.map(({ docNo, reconAccount, diffAmt }) => ({
      companyCode,
      docNo,
      reconAccount,
      waers,
      kind: 'REVAL' as const,
      bookedOn,
      amt: num(diffAmt),
      sourceNo: revalNo,
    }))
  },
}

function of({
  companyCode,
  docNo,
  reconAccount,
  waers,
}: LedgerDocument): Pick<SubledgerLine, 'companyCode' | 'docNo' | 'reconAccount' | 'waers'> {
  return { companyCode, docNo, reconAccount, waers }
}

function owed({ docType, dueAmt }: LedgerDocument): bigint {
  return docType === 'KG' ? -num(dueAmt) : num(dueAmt)
}
