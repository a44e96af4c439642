/**
 * What banks and payment runs say in ISO 20022 files, whatever the version: a payment file (pain.001), a payment status
 * report (pain.002), statements and announcements (camt.052, 053, 054).
 *
 * Amounts are never negative; the side stands beside them. They are decimal texts with the digits as written, trailing zeros
 * included (`\d+(\.\d+)?`: a leading plus or a bare point, which XML Schema allows, is put right), and never numbers. A term
 * that the file does not hold is absent. Texts are as written, but for white space at both ends.
 */
import type { CalendarDate } from '../lib/time.ts'

export interface WrittenAmount {
  readonly amount: string
  /** ISO 4217. Of payments, entries and balances one that `scaleOf` knows; elsewhere it may be a former one. */
  readonly currency: string
}

/** Seen from the account: a credit increases it, a debit decreases it; so also for a reversal. */
export type Side = 'credit' | 'debit'

export interface BankAccount {
  /** `iban` is what the file calls one: its check digits may be wrong, which is a finding. */
  readonly scheme: 'iban' | 'other'
  readonly id: string
  readonly currency?: string
  readonly name?: string
}

/** A bank: BIC, or its number in a clearing system, or only a name. */
export interface BankAgent {
  readonly bic?: string
  readonly clearingMember?: string
  readonly name?: string
  readonly other?: string
}

/** Structured remittance information: a document that is paid, or the creditor's own reference (e.g. ISO 11649). */
export interface RemittanceReference {
  readonly about: 'document' | 'creditor'
  /** External code (CINV, CREN, SCOR …) or the sender's own word. */
  readonly type?: string
  readonly number: string
  /** What is remitted for it; absent where the file gives one amount for several documents. */
  readonly amount?: WrittenAmount
}

export interface Reason {
  /** External code, e.g. AC04. */
  readonly code?: string
  /** A reason in the bank's own words, where it has no code. */
  readonly proprietary?: string
  readonly texts: readonly string[]
}

/** What every file says of itself. */
export interface MessageHead {
  /** E.g. `camt.053.001.08`; absent where the file has no namespace. */
  readonly version?: string
  readonly messageId: string
  /** As written: ISODateTime, with an offset from UTC or without. */
  readonly createdAt?: string
  readonly findings: readonly BankFinding[]
}

export interface PaymentFile extends MessageHead {
  readonly kind: 'pain.001'
  /** Number of payments that the file claims. */
  readonly count: number
  /** Sum of all amounts irrespective of currencies, as claimed. */
  readonly controlSum?: string
  readonly initiator?: string
  readonly batches: readonly PaymentBatch[]
}

export interface PaymentBatch {
  readonly id: string
  /** TRF, CHK or TRA. */
  readonly method: string
  readonly requestedOn: CalendarDate
  readonly debtorName?: string
  readonly debtorAccount?: BankAccount
  readonly debtorAgent?: BankAgent
  readonly count?: number
  readonly controlSum?: string
  readonly payments: readonly InstructedPayment[]
}

export interface InstructedPayment extends WrittenAmount {
  /** From 1, through all batches of the file. */
  readonly ordinal: number
  readonly instructionId?: string
  readonly endToEndId: string
  readonly uetr?: string
  /** Where `amount` is an equivalent in the debtor's currency: the currency that the creditor gets. */
  readonly transferCurrency?: string
  readonly creditorName?: string
  readonly creditorAccount?: BankAccount
  readonly creditorAgent?: BankAgent
  readonly remittance: readonly string[]
  readonly references: readonly RemittanceReference[]
}

export interface PaymentStatusReport extends MessageHead {
  readonly kind: 'pain.002'
  readonly originalMessageId: string
  /** E.g. `pain.001.001.03`. */
  readonly originalMessageName?: string
  readonly originalCount?: number
  readonly originalControlSum?: string
  /** The bank's status of the whole file, e.g. ACCP, PART, RJCT. */
  readonly status?: string
  readonly reasons: readonly Reason[]
  readonly batches: readonly BatchStatus[]
}

export interface BatchStatus {
  /** PmtInfId of the batch; absent in versions before .03, which report payments without it. */
  readonly originalId?: string
  readonly originalCount?: number
  readonly originalControlSum?: string
  readonly status?: string
  readonly reasons: readonly Reason[]
  readonly payments: readonly PaymentStatus[]
}

export interface PaymentStatus {
  /** The bank's id of this status. */
  readonly statusId?: string
  readonly originalInstructionId?: string
  readonly originalEndToEndId?: string
  readonly originalUetr?: string
  readonly status?: string
  readonly reasons: readonly Reason[]
  /** The bank's reference of the payment. */
  readonly bankReference?: string
  /** The original amount, where the report repeats it. */
  readonly original?: WrittenAmount
}

export interface Page {
  readonly number: number
  readonly last: boolean
}

/** The head of a file of statements; the statements come beside it or one by one. */
export interface StatementFileHead extends MessageHead {
  /** camt.053 books; camt.052 and 054 announce. */
  readonly kind: 'camt.052' | 'camt.053' | 'camt.054'
  /** Page of the message. */
  readonly page?: Page
}

export interface StatementFile extends StatementFileHead {
  readonly statements: readonly (Statement & { readonly entries: readonly StatementEntry[] })[]
}

export interface Statement {
  /** From 1 in the file. */
  readonly ordinal: number
  readonly id: string
  /** Electronic sequence number, as written. */
  readonly sequence?: string
  readonly legalSequence?: string
  readonly createdAt?: string
  /** Where a statement goes over several messages; positions begin again on each page. */
  readonly page?: Page
  /** As written: dates or instants with or without offset. */
  readonly period?: { readonly from?: string; readonly to?: string }
  /** COPY, DUPL or CODU where the bank says that it has sent this before or to somebody else. */
  readonly copy?: string
  readonly account: BankAccount
  readonly accountOwner?: string
  readonly accountAgent?: BankAgent
  readonly balances: readonly Balance[]
  readonly declared?: DeclaredTotals
  /** Number of entries read. */
  readonly count: number
  readonly findings: readonly BankFinding[]
}

export interface Balance extends WrittenAmount {
  /** External code (OPBD, CLBD, ITBD …) or the bank's own word. */
  readonly type: string
  readonly side: Side
  readonly on?: CalendarDate
}

/** TxsSummry: counts and sums that the bank declares, as written; `net` is negative for a debit. */
export interface DeclaredTotals {
  readonly entries?: DeclaredTotal
  readonly credits?: DeclaredTotal
  readonly debits?: DeclaredTotal
  readonly net?: string
}
export interface DeclaredTotal {
  readonly count?: number
  readonly sum?: string
}

export interface BankCode {
  readonly domain?: string
  readonly family?: string
  readonly subFamily?: string
  readonly proprietary?: string
  readonly proprietaryIssuer?: string
}

export interface StatementEntry extends WrittenAmount {
  /** From 1, in the order of the statement (and page). */
  readonly position: number
  readonly side: Side
  /** The entry takes back another one. The side is its own and is not turned round again. */
  readonly reversal: boolean
  /** BOOK, PDNG, INFO or FUTR; another word is the bank's own and a finding. */
  readonly status: string
  /** The calendar date that the bank wrote, in its own zone. */
  readonly bookedOn?: CalendarDate
  readonly valuedOn?: CalendarDate
  /** NtryRef */
  readonly entryReference?: string
  /** AcctSvcrRef; banks repeat it. */
  readonly bankReference?: string
  readonly code: BankCode
  readonly exchange?: Exchange
  readonly charges: readonly Charge[]
  readonly batches: readonly EntryBatch[]
  readonly details: readonly EntryDetail[]
  readonly text?: string
}

export interface EntryBatch {
  readonly messageId?: string
  readonly paymentInfoId?: string
  readonly count?: number
  readonly total?: WrittenAmount
  readonly side?: Side
}

export interface Exchange {
  readonly instructed?: WrittenAmount
  readonly transaction?: WrittenAmount
  readonly counterValue?: WrittenAmount
  readonly rates: readonly { readonly source: string; readonly target?: string; readonly unit?: string; readonly rate: string }[]
}

export interface Charge extends WrittenAmount {
  readonly side?: Side
  /** True when the entry's amount already holds the charge. */
  readonly included?: boolean
}

/** A payment inside an entry (TxDtls). */
export interface EntryDetail {
  /** Index in the entry's `batches`; absent where the file does not say which. */
  readonly batch?: number
  readonly messageId?: string
  readonly paymentInfoId?: string
  readonly instructionId?: string
  readonly endToEndId?: string
  readonly transactionId?: string
  readonly uetr?: string
  readonly mandateId?: string
  readonly bankReference?: string
  /** In the account's currency as a rule. Absent where only an instructed amount, which may be another, is given. */
  readonly amount?: string
  readonly currency?: string
  readonly side?: Side
  readonly code?: BankCode
  readonly exchange?: Exchange
  readonly charges: readonly Charge[]
  readonly debtorName?: string
  readonly debtorAccount?: BankAccount
  readonly debtorAgent?: BankAgent
  readonly creditorName?: string
  readonly creditorAccount?: BankAccount
  readonly creditorAgent?: BankAgent
  readonly remittance: readonly string[]
  readonly references: readonly RemittanceReference[]
  /** The payment came back. The ids above are then those of the original. */
  readonly returned?: Reason & { readonly originalCode?: BankCode }
  readonly text?: string
}

export type BankFile = PaymentFile | PaymentStatusReport | StatementFile

/** What can be wrong in a file that is taken all the same: each a question for a person or a control, none a refusal. */
export const BANK_FINDINGS = {
  'namespace-missing': 'The file names no namespace, so its version is unknown.',
  'id-too-long': 'An identifier is longer than the 35 characters of the standard.',
  'id-repeated': 'An identifier that must be unique occurs more than once.',
  'count-differs': 'The declared number differs from what is there.',
  'sum-differs': 'The declared sum differs from what is there.',
  'amount-beyond-scale': 'The amount has more decimal places than its currency.',
  'amount-zero': 'The amount is zero.',
  'iban-wrong': 'The account is called an IBAN, but its length or check digits are wrong.',
  'creditor-account-missing': 'The payment names no account of the creditor.',
  'statement-missing': 'The file holds no statement.',
  'status-unknown': 'The status of the entry is not one of the standard.',
  'booking-date-missing': 'The entry is booked, but without a date.',
  'currency-differs': 'The currency is not that of the account or of the opening balance.',
  'balance-missing': 'The opening or closing booked balance is missing, so the entries cannot be proved.',
  'balance-differs': 'The opening balance and the entries do not make the closing balance.',
  'balance-unproved': 'The entries on this page do not make the closing balance; other pages may.',
} as const
export type BankFindingCode = keyof typeof BANK_FINDINGS

export interface BankFinding {
  readonly code: BankFindingCode
  /** What it is about, e.g. `statement 2, entry 17`; never an account number. */
  readonly about: string
  readonly declared?: string
  readonly found?: string
}
