/** What the ERP keeps, in its own words. Rows are replaced, never changed in place. */

export interface HouseAccount {
  readonly waers: string
  readonly iban: string
  readonly bic: string
}
export interface Company {
  readonly companyCode: string
  readonly name: string
  readonly vatReg: string
  readonly country: string
  readonly waers: string
  readonly houseAccounts: readonly HouseAccount[]
}
export interface TaxKey {
  readonly taxKey: string
  readonly companyCode: string
  readonly category: string
  readonly pct: string
  readonly selfAssessed: boolean
  readonly text: string
}
export interface Vendor {
  readonly vendorNo: string
  readonly name: string
  readonly vatReg: string
  readonly country: string
  readonly payIban: string
  readonly payBic: string
  readonly payOther: string
  readonly otherIbans: readonly string[]
  /** Account of the general ledger that this vendor's items add up to. */ readonly reconAccount: string
  readonly standing: 'ACTIVE' | 'DORMANT'
  readonly centralBlock: boolean
  readonly createdBy: string
  readonly createdAt: string
  readonly changedBy: string
  readonly changedAt: string
}
export interface OrderItem {
  readonly poItem: string
  readonly materialNo: string
  readonly text: string
  readonly qty: string
  readonly uom: string
  readonly price: string
  readonly per: string
  readonly taxKey: string
  readonly grQty: string
  readonly standing: 'OPEN' | 'CLOSED'
}
export interface PurchaseOrder {
  readonly companyCode: string
  readonly poNo: string
  readonly vendorNo: string
  readonly waers: string
  readonly standing: 'RELEASED' | 'HELD' | 'CLOSED' | 'CANCELLED'
  readonly agreedBy: string
  readonly items: readonly OrderItem[]
  readonly createdBy: string
  readonly createdAt: string
  readonly changedBy: string
  readonly changedAt: string
}
export interface PostingPeriod {
  readonly companyCode: string
  readonly fiscalYear: number
  readonly periodNo: number
  readonly from: string
  readonly to: string
  readonly gate: 'OPEN' | 'SHUT'
  readonly ledger: string
  readonly accounts: '*' | 'K' | 'S'
  readonly special: boolean
}
export interface User {
  readonly userId: string
  readonly name: string
  readonly roles: readonly string[]
  readonly limits: readonly { readonly companyCode: string; readonly waers: string; readonly upTo: string }[]
}

export interface DocumentItem {
  readonly glAccount: string
  readonly kostl: string
  readonly taxKey: string
  readonly netAmt: string
  readonly text: string
  readonly poNo: string
  readonly poItem: string
  readonly qty: string
}
export interface LedgerDocument {
  readonly docNo: string
  readonly docType: 'KR' | 'KG'
  readonly companyCode: string
  readonly fiscalYear: number
  readonly periodNo: number
  readonly vendorNo: string
  readonly vendorDocNo: string
  readonly docDate: string
  readonly postingDate: string
  readonly netDueDate: string
  readonly waers: string
  readonly netAmt: string
  readonly taxAmt: string
  readonly grossAmt: string
  readonly dueAmt: string
  readonly reconAccount: string
  /** Still open, signed: negative is what the vendor owes us. */ readonly openAmt: string
  readonly payMethod: 'T' | 'E' | 'K' | 'N'
  readonly payBlock: string
  readonly items: readonly DocumentItem[]
  readonly extRef: string
  readonly headerText: string
  readonly zFields: Readonly<Record<string, string>>
  readonly enteredBy: string
  readonly lifecycle: 'PARKED' | 'BOOKED' | 'STORNO' | 'CLEARED'
  readonly enteredAt: string
  readonly bookedAt: string | null
  readonly changedAt: string
  readonly inRun: string | null
  readonly stornoDocNo: string | null
  readonly stornoOn: string | null
  readonly stornoReason: string | null
  readonly stornoExtRef: string | null
  readonly stornoBy: readonly string[] | null
  readonly clearedOn: string | null
  readonly clearings: readonly string[]
  readonly attachCount: number
}
export interface Attachment {
  readonly attachNo: string
  readonly docNo: string
  readonly title: string
  readonly mime: string
  readonly sha256: string
  readonly contentBase64: string
  readonly extRef: string
  readonly by: string
  readonly at: string
}

export interface RunItem {
  readonly docNo: string
  readonly docType: string
  readonly vendorDocNo: string
  readonly docDate: string
  readonly amt: string
}
export interface RunPayment {
  readonly vendorNo: string
  readonly payDocNo: string | null
  readonly amt: string
  readonly items: readonly RunItem[]
}
export interface RunFile {
  readonly name: string
  readonly msgId: string
  readonly sha256: string
  readonly bytes: number
  readonly count: number
  readonly ctrlSum: string
}
export interface Run {
  readonly runNo: string
  readonly companyCode: string
  readonly waers: string
  readonly lifecycle: 'PROPOSED' | 'HALF_RELEASED' | 'RELEASED' | 'DISCARDED'
  readonly proposedBy: string
  readonly proposedAt: string
  readonly executeOn: string
  readonly batchBooking: boolean
  readonly releases: readonly { readonly by: string; readonly at: string }[]
  readonly payments: readonly RunPayment[]
  readonly leftOut: readonly { readonly docNo: string; readonly why: string }[]
  readonly file: RunFile | null
}
export interface PaymentDoc {
  readonly payDocNo: string
  readonly runNo: string
  readonly msgId: string
  readonly endToEndId: string
  readonly companyCode: string
  readonly vendorNo: string
  readonly payeeName: string
  readonly payeeIban: string
  readonly payeeOther: string
  readonly payeeBic: string
  readonly amt: string
  readonly waers: string
  readonly executeOn: string
  readonly items: readonly RunItem[]
  readonly lifecycle: 'INSTRUCTED' | 'CONFIRMED' | 'BOUNCED' | 'VOID'
  readonly clearings: readonly string[]
}
export interface Clearing {
  readonly clearingDocNo: string
  readonly means: 'BANK' | 'NETTING' | 'INTERCO'
  readonly companyCode: string
  readonly vendorNo: string
  readonly payDocNo: string | null
  readonly bankRef: string
  readonly bookedOn: string
  readonly amt: string
  readonly waers: string
  readonly lines: readonly { readonly docNo: string; readonly amt: string }[]
  readonly differences: readonly { readonly reasonKey: string; readonly amt: string }[]
  readonly extRef: string
  readonly by: string
  readonly undoes: string | null
  readonly bookedAt: string
  /** With `INTERCO`: the document of the other company that is cleared against. */
  readonly partner: { readonly companyCode: string; readonly docNo: string } | null
}
/** Open foreign-currency items at another rate: what their value in the company's currency changes by. */
export interface Revaluation {
  readonly revalNo: string
  readonly companyCode: string
  readonly keyDate: string
  readonly bookedOn: string
  readonly waers: string
  readonly lines: readonly {
    readonly docNo: string
    readonly reconAccount: string
    readonly itemWaers: string
    readonly openBal: string
    readonly diffAmt: string
  }[]
  readonly undoes: string | null
  readonly by: string
  readonly bookedAt: string
}
/** A payment file as it was made: kept in the books, not shown in the change feed. */
export interface FileText {
  readonly runNo: string
  readonly text: string
}
