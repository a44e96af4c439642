/** The `data` of each fact that connectors and people bring, by event type. Amounts are decimal texts in the named currency. */
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { Role } from './event.ts'
import type { Facet } from './object.ts'
import type { InvoiceContent } from './invoice-content.ts'
import type { Question } from './question.ts'
import type { Amended, Coding, Terms } from './terms.ts'
import type { CutOverItem, CutOverRecord } from './cut-over.ts'
import type { TieOutRecord } from './tie-out-record.ts'
import type { Word } from './words.ts'

export interface FactData {
  'invoice.received': { document: string; channel: string; content: InvoiceContent }
  'invoice.corrected': { document: string; channel: string; content: InvoiceContent }
  'invoice.withdrawn': { reason: string }
  'invoice.rejected': { reason: string }
  'invoice.reinstated': { reason: string }
  'document.attached': { document: string; rendition: string }
  /**
   * A document that could not be taken as an invoice; one that could is named by the invoice's own event. `told`: a system told it where it
   * is read for news, and nobody can read it.
   */
  'document.received': {
    document: string
    mediaType: string
    fileName: string
    channel: string
    refused: { code: string; says: string; line: number; column: number }
    told?: Role
  }
  /** `ticket`: the AP tool's own id. */
  'approval.requested': { ticket: string; step?: string }
  /** One named person's yes. `person` is the alias that `personName` gives; `terms` as the tool held them at that moment. */
  'approval.granted': { ticket: string; step: string; person: string; terms: Terms }
  'approval.refused': { ticket: string; step: string; person: string; reason: string }
  /**
   * `enterers`: aliases of the persons who entered or coded it. `amended`: who changed which terms in the AP tool; the table of terms says
   * which of these make one an enterer, too.
   */
  'approval.completed': { ticket: string; terms: Terms; enterers: readonly string[]; amended?: readonly Amended[] }
  'approval.withdrawn': { ticket: string; person: string; reason: string }
  /** `currency`: `*` where the limit holds in any, figure for figure. */
  'authority.granted': { person: string; name: string; limit: string; currency: string; from: CalendarDate; to?: CalendarDate }
  'authority.revoked': { person: string; on: CalendarDate }
  'posting.parked': { postingNo: string }
  /**
   * The ERP's journal entry. `reference`: ours, as the ERP keeps it, when it does. `supplier`: the ERP's supplier number. `account`:
   * the account of the general ledger that it stands on. `due`: what it adds to what we owe, negative for a credit note. `tax` of
   * the amount, and `coding`, the accounts that the rest stands on: as on paper.
   */
  'posting.confirmed': {
    postingNo: string
    entity: string
    supplier: string
    number: string
    amount: string
    currency: string
    postedOn: CalendarDate
    reference?: string
    account?: string
    due?: string
    tax?: string
    coding?: Coding
  }
  'posting.reversed': { postingNo: string; entity: string; reversalNo: string; reversedOn: CalendarDate; reason?: string }
  /**
   * One payment of a payment file: amount, currency and creditor account (plain) as the file says them; `items`, the postings it
   * pays (aliases by `postingName`, credit notes negative), and the supplier's and payment document's numbers as the ERP's run says.
   */
  'payment.instructed': {
    messageId: string
    endToEndId: string
    paymentDoc: string
    amount: string
    currency: string
    account: string
    supplier: string
    items: readonly { posting: string; amount: string }[]
    /** The account that it is made from, and the day on which it is to be carried out, as the file says them. */
    from?: string
    executeOn?: CalendarDate
  }
  /** The whole file, released by named people. `document`: SHA-256 of its bytes. */
  'payment.released': { messageId: string; run: string; document: string; releasedBy: readonly string[] }
  /** All payments of the file were read: figures as the file's group header gives them, and our own count and sum of what it holds. */
  'file.completed': {
    messageId: string
    document: string
    claimedCount: string
    claimedSum: string
    count: number
    sum: string
    findings: readonly string[]
  }
  /** pain.002 for the file as a whole. */
  'payment.accepted': { messageId: string; code: string; document: string }
  'payment.rejected': { messageId: string; endToEndId?: string; code: string; reason: string; document: string }
  'payment.cancelled': { messageId: string; endToEndId?: string; reason: string }
  'statement.received': {
    account: string
    statement: string
    currency: string
    document: string
    opening: string
    closing: string
    from?: CalendarDate
    to?: CalendarDate
    entries: number
    findings: readonly string[]
  }
  'statement.entry-announced': EntryData
  'statement.entry-booked': EntryData
  /** The ERP's clearing line that settles without cash: discount, withholding, rounding, credit, netting … */
  'clearing.recorded': {
    postingNo: string
    kind: string
    amount: string
    currency: string
    reason: string
    bookedOn?: CalendarDate
    /** Between two of our companies: the ERP's number of the one whose books say it. Both have to say the same. */
    ledger?: string
  }
  /** An open posting at the rate of a period end: what its value in the company's currency changes by. Taken back by another one. */
  'revaluation.recorded': { postingNo: string; revaluation: string; amount: string; currency: string; bookedOn: CalendarDate }
  'reference.read': ReferenceData
  /**
   * `what`: as `asked` of the answer; one at least as fresh as `since` is wanted. `names`, `name`, `entity`: how to ask for it.
   * `question`: what was asked as a whole; `notBefore`: the oldest answer that the caller takes.
   */
  'reference.asked': {
    what: string
    since: Instant
    notBefore: Instant | null
    names: readonly string[]
    name: string
    entity?: string
    question: Question
  }
  'order.issued': OrderData
  'order.changed': OrderData
  'order.closed': { number: string; version?: number }
  /** Goods that came in for an order, as the system that holds it counted them. What went back is negative. */
  'receipt.recorded': { receipt: string; number: string; entity: string; lines: readonly { line: string; quantity: string }[] }
  /** The whole receipt counts no more. */
  'receipt.reversed': { receipt: string; number: string; entity: string; reason: string }
  'supplier.activated': { supplier: string }
  'supplier.blocked': { supplier: string; reason: string }
  /** `from` and `to`: the period that it is about, where it is told; `accounts`: for which of a posting's accounts. */
  'period.opened': { entity: string; month: string; from?: CalendarDate; to?: CalendarDate; accounts?: string }
  'period.closed': { entity: string; month: string; from?: CalendarDate; to?: CalendarDate; accounts?: string }
  /**
   * `of`: the number there of the one thing that it is about; `amount`: that thing's. `document`: what the ERP itself says of a payment or
   * a clearing, which nobody else may have told of.
   */
  'status.reported': {
    system: string
    facet: Facet
    word: string
    claims?: string
    of?: string
    amount?: string
    document?: BookedDocument
  }
  'hold.placed': { hold: string; kind: string; reason: string }
  'hold.released': { hold: string; reason: string }
  /**
   * A person's answer to an exception: one of the actions that it allows. Where two persons are asked for, `first` is the word of the
   * other one, who said the same before, and `second` whoever says it now; or `second` is another person, when one request named both.
   * `knew`: what stood in the object when he was let answer; what came between that and the commit was seen by nobody.
   */
  'exception.answered': { exception: string; action: string; reason: string; second?: string; first?: Word; knew?: readonly string[] }
  /** The first of two persons (in the data too, for two may say the same in the same words): `knew` is what stood in the object that the case is about. `instead`: the word that this one sets aside. */
  'exception.said': { exception: string; action: string; person: string; reason: string; knew: readonly string[]; instead?: string }
  /** Whoever said it takes it back; `word` is its event. */
  'exception.unsaid': { exception: string; word: string; reason: string }
  /** An item that was open at cut-over, as the file (`document`) has it, taken over as of the day `on`. */
  'invoice.taken-over': CutOverItem & { entity: string; on: CalendarDate; file: string }
  'cut-over.recorded': CutOverRecord
  'tie-out.recorded': TieOutRecord
  'exception.assigned': { exception: string; owner: string }
  'system.paused': { system: string; reason: string }
  'system.resumed': { system: string; reason: string }
  /** A person has booked the accrual in the ERP, under this number of its. */
  'accrual.booked': { document: string }
  /** Counts of what the system holds; `examples`: the first of the cells that nobody could confirm. */
  'sweep.completed': SweepData
  /** The database had lost events from index `first` on, of `known` at least; a person let the log go on. */
  'log.set-back': { system: string; first: number; known: number; since: Instant; reason: string }
  /** The pack that an `evidence.wanted` asked for stands ready, under its SHA-256. */
  'evidence.prepared': { wanted: string; document: string; covers: number }
  /** The archive holds these very bytes, read back. `covers`: how many facts of the invoice the pack rests on. */
  'evidence.archived': { archive: string; document: string; until: CalendarDate; covers: number }
}

/** A document by which the ERP shows something as paid. `clears`: the postings (by `postingName`) of a clearing that is no payment's. */
export type BookedDocument = {
  number: string
  entity: string
  supplier: string
  amount: string
  currency: string
  on: CalendarDate
  clears?: readonly { posting: string; amount: string }[]
}

export interface SweepData {
  system: string
  startedAt: Instant
  full: boolean
  trouble?: string
  facts: number
  retold: number
  listed: number
  asked: number
  same: number
  news: number
  reported: number
  missing: number
  unknown: number
  unconfirmed: number
  examples: readonly { object: string; facet: Facet; why: string }[]
}

/**
 * One booked (or announced) amount. An itemised entry is split into one event per item, `part` of `parts`; an entry for a
 * whole batch names the file only. `returns`: this entry gives back a payment that was made before.
 */
export interface EntryData {
  account: string
  statement: string
  position: string
  part: number
  parts: number
  amount: string
  currency: string
  direction: 'debit' | 'credit'
  reversal: boolean
  bookedOn?: CalendarDate
  valuedOn?: CalendarDate
  bankReference?: string
  messageId?: string
  batch?: string
  endToEndId?: string
  count?: number
  counterparty?: string
  remittance?: string
  document: string
  returns?: { endToEndId?: string; messageId?: string; code: string; reason?: string }
}

/** What an authoritative system answered; `found: false` is an answer too.
 * `asked`: `supplier`, `entity`, `order`, `period 2026-11` or `tax-code S 19`: one object answers several questions. */
export type ReferenceData = { asked: string; readAt: Instant } & (
  | { found: false }
  | {
      found: true
      supplier?: {
        number: string
        name: string
        vatId?: string
        active: boolean
        blocked: boolean
        accounts: readonly string[]
        createdBy?: string
      }
      entity?: {
        number: string
        name: string
        currency: string
        currencies: readonly string[]
        active: boolean
        zone: string
        account?: string
      }
      taxCode?: { code: string; category: string; rate: string; active: boolean }
      /** `spans`: the ordinary periods on days of the month, for postings of supplier invoices in the leading ledger; none that is special. */
      period?: { open: boolean; spans?: readonly PeriodSpan[] }
      order?: OrderData
    }
)

export interface PeriodSpan {
  readonly name: string
  readonly from: CalendarDate
  readonly to: CalendarDate
  readonly open: boolean
}

/** `version`: counts the order's changes, from 1, where its system does. `receiptRequired`: goods, to be received before they are paid.
 * `byValue`: ordered up to an amount (quantity × price), whatever the pieces are: a blanket order, services by the hour. */
export interface OrderData {
  number: string
  version?: number
  entity: string
  supplier: string
  currency: string
  open: boolean
  approvedBy?: string
  lines: readonly {
    id: string
    item?: string
    name?: string
    quantity: string
    price: string
    priceQuantity?: string
    unit: string
    receiptRequired?: true
    byValue?: true
  }[]
}
