import type { Line, Fact } from '../plumbing/book.ts'
import type {
  Attachment,
  Clearing,
  Company,
  FileText,
  LedgerDocument,
  PaymentDoc,
  PostingPeriod,
  PurchaseOrder,
  Revaluation,
  Run,
  TaxKey,
  User,
  Vendor,
} from './rows.ts'
import { Subledger } from './subledger.ts'

/** A fact as the change feed shows it. */
export interface Change extends Fact {
  readonly mark: string
  readonly at: string
  readonly op: string
}

/** First digits of the number ranges, and how long their numbers are. */
const RANGES = {
  KR: ['51', 10],
  KG: ['52', 10],
  STORNO: ['59', 10],
  CLEARING: ['15', 10],
  RUN: ['R', 7],
  PAYMENT: ['ZP', 10],
  ATTACH: ['A', 8],
  REVAL: ['V', 8],
} as const
type Range = keyof typeof RANGES
/** Kept in the book but not in the change feed: they are only bytes. */
const UNSHOWN = new Set(['FILE', 'ATTACHMENT'])

/** The state of the ERP: what its book says, with the indexes that make searching cheap. Nothing changes it but {@link Ledger.apply}. */
export class Ledger {
  readonly companies = new Map<string, Company>()
  readonly taxKeys = new Map<string, TaxKey>()
  readonly vendors = new Map<string, Vendor>()
  readonly orders = new Map<string, PurchaseOrder>()
  readonly periods = new Map<string, PostingPeriod>()
  readonly users = new Map<string, User>()
  readonly documents = new Map<string, LedgerDocument>()
  readonly attachments = new Map<string, Attachment[]>()
  readonly runs = new Map<string, Run>()
  readonly files = new Map<string, string>()
  readonly payments = new Map<string, PaymentDoc>()
  readonly clearings = new Map<string, Clearing>()
  readonly revaluations = new Map<string, Revaluation>()
  readonly subledger = new Subledger()
  readonly changes: Change[] = []
  /** Booked documents to be paid by transfer that no run holds: what the next run looks at. */
  readonly payable = new Set<string>()
  readonly byExtRef = new Index()
  readonly byVendorDocNo = new Index()
  readonly byVendor = new Index()
  readonly paymentsByDocument = new Index()
  readonly clearingsByExtRef = new Index()
  readonly clearingsByBankRef = new Index()
  readonly #taken = new Map<Range, number>()
  #periodsByCompany = new Map<string, PostingPeriod[]>()

  /** The next number of a range. A number that is taken and then not used is lost, never given twice. */
  take(range: Range): string {
    const next = (this.#taken.get(range) ?? 0) + 1
    this.#taken.set(range, next)
    const [prefix, length] = RANGES[range]
    return prefix + String(next).padStart(length - prefix.length, '0')
  }

  /** The period of a company code that holds a date. */
  periodOf(companyCode: string, on: string): PostingPeriod | undefined {
    return this.periodsOn(companyCode, on)[0]
  }

  /** The ordinary periods of the leading ledger that hold a date: one, or one for each kind of accounts. A special one is only used when it is asked for by number. */
  periodsOn(companyCode: string, on: string): readonly PostingPeriod[] {
    return (this.#periodsByCompany.get(companyCode) ?? []).filter(
      (period) => !period.special && period.ledger === '0L' && period.from <= on && on <= period.to,
    )
  }

  readonly apply = (line: Line): void => {
    for (const fact of line.facts) {
      this.subledger.take(fact, this.changes.length + 1, (docNo) => this.documents.get(docNo))
      APPLY[fact.what]?.(this, fact.row as never)
      if (!UNSHOWN.has(fact.what)) this.changes.push({ mark: String(this.changes.length + 1), at: line.at, op: line.op, ...fact })
    }
  }

  /** @internal for the table below */
  used(range: Range, number: string): void {
    const value = Number(number.slice(RANGES[range][0].length))
    this.#taken.set(range, Math.max(value, this.#taken.get(range) ?? 0))
  }

  /** @internal */
  setDocument(changed: Partial<LedgerDocument> & { docNo: string }): void {
    const before = this.documents.get(changed.docNo)
    const row = { ...before, ...changed } as LedgerDocument
    this.documents.set(row.docNo, row)
    if (!before) {
      this.used(row.docType, row.docNo)
      this.byExtRef.add(row.extRef, row.docNo)
      this.byVendorDocNo.add(row.vendorDocNo, row.docNo)
      this.byVendor.add(row.vendorNo, row.docNo)
    }
    if (row.stornoDocNo) this.used('STORNO', row.stornoDocNo)
    if (row.lifecycle === 'BOOKED' && row.payMethod === 'T' && row.inRun === null) this.payable.add(row.docNo)
    else this.payable.delete(row.docNo)
  }

  /** @internal A run holds the documents of its payments until it is discarded or its payments come to an end. */
  setRun(run: Run): void {
    const before = this.runs.get(run.runNo)
    const held = new Set(run.lifecycle === 'DISCARDED' ? [] : run.payments.flatMap((payment) => payment.items.map((item) => item.docNo)))
    for (const item of before?.payments.flatMap((payment) => payment.items) ?? []) {
      if (!held.has(item.docNo)) this.setDocument({ docNo: item.docNo, inRun: null })
    }
    for (const docNo of held) this.setDocument({ docNo, inRun: run.runNo })
    this.runs.set(run.runNo, run)
    this.used('RUN', run.runNo)
  }

  /** @internal */
  setPeriod(period: PostingPeriod): void {
    this.periods.set(periodKey(period), period)
    const others = (this.#periodsByCompany.get(period.companyCode) ?? []).filter((held) => periodKey(held) !== periodKey(period))
    this.#periodsByCompany.set(period.companyCode, [...others, period])
  }
}

/** How a fact of each kind becomes state. */
const APPLY: Readonly<Record<string, (ledger: Ledger, row: never) => void>> = {
  COMPANY: (ledger, row: Company) => {
    ledger.companies.set(row.companyCode, row)
  },
  TAX: (ledger, row: TaxKey) => {
    ledger.taxKeys.set(row.taxKey, row)
  },
  VENDOR: (ledger, row: Vendor) => {
    ledger.vendors.set(row.vendorNo, row)
  },
  ORDER: (ledger, row: PurchaseOrder) => {
    ledger.orders.set(orderKey(row.companyCode, row.poNo), row)
  },
  PERIOD: (ledger, row: PostingPeriod) => {
    ledger.setPeriod(row)
  },
  USER: (ledger, row: User) => {
    ledger.users.set(row.userId, row)
  },
  DOCUMENT: (ledger, row: LedgerDocument) => {
    ledger.setDocument(row)
  },
  ATTACHMENT: (ledger, row: Attachment) => {
    ledger.attachments.set(row.docNo, [...(ledger.attachments.get(row.docNo) ?? []), row])
    ledger.used('ATTACH', row.attachNo)
  },
  RUN: (ledger, row: Run) => {
    ledger.setRun(row)
  },
  FILE: (ledger, row: FileText) => {
    ledger.files.set(row.runNo, row.text)
  },
  PAYMENT: (ledger, row: PaymentDoc) => {
    if (!ledger.payments.has(row.payDocNo)) for (const item of row.items) ledger.paymentsByDocument.add(item.docNo, row.payDocNo)
    ledger.payments.set(row.payDocNo, row)
    ledger.used('PAYMENT', row.payDocNo)
  },
  CLEARING: (ledger, row: Clearing) => {
    ledger.clearings.set(row.clearingDocNo, row)
    ledger.used('CLEARING', row.clearingDocNo)
    ledger.clearingsByExtRef.add(row.extRef, row.clearingDocNo)
    ledger.clearingsByBankRef.add(row.bankRef, row.clearingDocNo)
  },
  REVALUATION: (ledger, row: Revaluation) => {
    ledger.revaluations.set(row.revalNo, row)
    ledger.used('REVAL', row.revalNo)
  },
}

/** Keys by a value that several rows share. An empty value is not indexed. */
export class Index {
  readonly #keys = new Map<string, string[]>()
  add(value: string, key: string): void {
    if (value === '') return
    const held = this.#keys.get(value)
    if (held) held.push(key)
    else this.#keys.set(value, [key])
  }
  get(value: string): readonly string[] {
    return this.#keys.get(value) ?? []
  }
}

export function orderKey(companyCode: string, poNo: string): string {
  return `${companyCode}/${poNo}`
}
/** Periods of other ledgers, or for single accounts, stand under keys of their own. */
export function periodKey({
  companyCode,
  fiscalYear,
  periodNo,
  ledger,
  accounts,
}: Pick<PostingPeriod, 'companyCode' | 'fiscalYear' | 'periodNo' | 'ledger' | 'accounts'>): string {
  return `${companyCode}/${fiscalYear}/${periodNo}${ledger === '0L' ? '' : `/${ledger}`}${accounts === '*' ? '' : `/${accounts}`}`
}
