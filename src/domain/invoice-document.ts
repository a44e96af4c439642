import type { CalendarDate } from '../lib/time.ts'

/**
 * What an invoice or credit note says, whatever its syntax: the business terms (BT-…) and groups (BG-…) of EN 16931-1 under
 * their own names. All amounts, quantities and rates are decimal strings as written (sign and zeros kept), never numbers;
 * the reader promises that each is a plain decimal (`-?\d+(\.\d+)?`, at most 18 digits on either side of the point). A term
 * that the document does not hold is absent; the few that stand here all the same, because EN 16931 demands them where the syntax
 * does not, are named in `inferred`.
 */
export interface InvoiceDocument {
  /** What it was read from; all else means the same in either. */ readonly syntax: 'UBL' | 'CII'
  readonly kind: 'invoice' | 'credit-note'
  /** BT-1 */ readonly number: string
  /** BT-2 */ readonly issuedOn: CalendarDate
  /** BT-9 */ readonly dueOn?: CalendarDate
  /** BT-5, ISO 4217 */ readonly currency: string
  /** BT-6 */ readonly taxCurrency?: string
  /** BT-3, UNTDID 1001; inferred as 380 or 381 where the document says its kind by its root alone */ readonly typeCode: string
  /** BT-7 */ readonly taxPointOn?: CalendarDate
  /** BT-8, UNTDID 2005 */ readonly taxPointCode?: string
  /** BT-24 */ readonly customisation?: string
  /** BT-23 */ readonly process?: string
  /** BG-1: BT-22 with the subject that BT-21 gives it (UNTDID 4451) */ readonly notes: readonly {
    readonly text: string
    readonly subject?: string
  }[]
  /** BT-10 */ readonly buyerReference?: string
  /** BT-13 */ readonly orderReference?: string
  /** BT-14 */ readonly salesOrderReference?: string
  /** BT-12 */ readonly contractReference?: string
  /** BT-11 */ readonly projectReference?: string
  /** BT-17 */ readonly tenderReference?: string
  /** BT-18 */ readonly invoicedObject?: Identified
  /** BT-15 */ readonly receiptReference?: string
  /** BT-16 */ readonly despatchReference?: string
  /** BT-19 */ readonly accountingReference?: string
  /** BG-3 */ readonly precedingInvoices: readonly { readonly number: string; readonly issuedOn?: CalendarDate }[]
  /** BG-4 */ readonly supplier: Party
  /** BG-7 */ readonly buyer: Party
  /** BG-10 */ readonly payee?: Party
  /** BG-11 */ readonly taxRepresentative?: Party
  /** BG-13: BT-70, BT-71, BT-72 and BG-15 */ readonly delivery?: {
    readonly name?: string
    readonly location?: Identified
    readonly deliveredOn?: CalendarDate
    readonly address?: Address
  }
  /** BG-14 */ readonly period?: Period
  /** BG-16: one entry per means and account */ readonly paymentMeans: readonly PaymentMeans[]
  /** BT-20 */ readonly paymentTerms?: string
  /** BG-20, BG-21 */ readonly allowancesCharges: readonly AllowanceCharge[]
  /** BG-23 */ readonly taxBreakdown: readonly TaxSubtotal[]
  /** BG-22 */ readonly totals: Totals
  /** BG-24 */ readonly attachments: readonly Attachment[]
  /** BG-25: the lines that BT-106 adds up, in their order */ readonly lines: readonly InvoiceLine[]
  /** The other lines, in their order; absent when there is none */ readonly subLines?: readonly SubLine[]
  /**
   * Terms that the document does not hold and that were worked out from others by the rules of EN 16931: `typeCode`,
   * `totals.lines` (BR-CO-10; BR-CO-13 where there is no line), `totals.taxExclusive` (BR-CO-13), `totals.taxInclusive` (BR-CO-15), `taxBreakdown.taxable` (of
   * a single row: the total without tax), `paymentMeans.code` (1, not defined), `lines.id` (the position), `lines.quantity`
   * (1), `lines.price` (the line's net for its quantity). Absent when there is none.
   */
  readonly inferred?: readonly string[]
}

/** An identifier with its scheme as written, e.g. an ISO 6523 code. */
export interface Identified {
  readonly id: string
  readonly scheme?: string
}

export interface Party {
  /** BT-27, BT-44: the legal name, else the trading name */ readonly name: string
  /** BT-28, BT-45 */ readonly tradingName?: string
  /** BT-31, BT-48 */ readonly vatId?: string
  /** BT-32 */ readonly taxId?: string
  /** BT-30, BT-47 */ readonly legalId?: string
  /** BT-30-1, BT-47-1 */ readonly legalScheme?: string
  /** BT-33 */ readonly legalInformation?: string
  /** BT-29, BT-46 with their schemes */ readonly ids: readonly Identified[]
  /** BT-34, BT-49 */ readonly endpoint?: Identified
  readonly address?: Address
  readonly contact?: { readonly name?: string; readonly phone?: string; readonly email?: string }
}

export interface Address {
  readonly lines: readonly string[]
  readonly city?: string
  readonly postCode?: string
  readonly subdivision?: string
  /** ISO 3166-1 alpha-2 */ readonly country?: string
}

export interface Period {
  readonly from?: CalendarDate
  readonly to?: CalendarDate
}

export interface PaymentMeans {
  /** BT-81, UNTDID 4461 */ readonly code: string
  /** BT-82 */ readonly meansText?: string
  /** BT-83 */ readonly remittance?: string
  /** BT-84 */ readonly account?: string
  /** BT-85 */ readonly accountName?: string
  /** BT-86 */ readonly bic?: string
  /** BT-87: as written, so masked */ readonly card?: string
  /** BT-88 */ readonly cardHolder?: string
  /** BT-89 */ readonly mandate?: string
  /** BT-90 */ readonly creditorId?: string
  /** BT-91 */ readonly debitedAccount?: string
}

export interface AllowanceCharge {
  readonly kind: 'allowance' | 'charge'
  /** BT-92, BT-99, BT-136, BT-141 */ readonly amount: string
  /** BT-93, BT-100, BT-137, BT-142 */ readonly base?: string
  /** BT-94, BT-101, BT-138, BT-143 */ readonly percentage?: string
  /** BT-97, BT-104, BT-139, BT-144 */ readonly reason?: string
  /** BT-98, BT-105, BT-140, BT-145 */ readonly reasonCode?: string
  /** BT-95, BT-102 */ readonly taxCategory?: string
  /** BT-96, BT-103 */ readonly taxRate?: string
}

export interface TaxSubtotal {
  /** BT-116 */ readonly taxable: string
  /** BT-117 */ readonly tax: string
  /** BT-118, UNTDID 5305 */ readonly category: string
  /** BT-119 */ readonly rate?: string
  /** BT-120 */ readonly exemptionReason?: string
  /** BT-121 */ readonly exemptionCode?: string
}

export interface Totals {
  /** BT-106 */ readonly lines: string
  /** BT-107 */ readonly allowances?: string
  /** BT-108 */ readonly charges?: string
  /** BT-109 */ readonly taxExclusive: string
  /** BT-110 */ readonly tax?: string
  /** BT-111, in BT-6 */ readonly taxInTaxCurrency?: string
  /** BT-112 */ readonly taxInclusive: string
  /** BT-113 */ readonly prepaid?: string
  /** BT-114 */ readonly rounding?: string
  /** BT-115 */ readonly payable: string
}

export interface Attachment {
  /** BT-122 */ readonly id: string
  /** BT-123 */ readonly description?: string
  /** BT-125-2 */ readonly fileName?: string
  /** BT-125-1 */ readonly mediaType?: string
  /** BT-124 */ readonly url?: string
  /** Length of the file in BT-125, which itself stays in the document; absent where its text is no base64 */ readonly bytes?: number
  /** SHA-256 of the same, hex */ readonly sha256?: string
}

export interface InvoiceLine {
  /** BT-126 */ readonly id: string
  /** BT-X-304 of Factur-X: the line that this one stands below, one of `subLines` */ readonly parent?: string
  /** BT-127 */ readonly note?: string
  /** BT-129 */ readonly quantity: string
  /** BT-130, UN/ECE Rec 20 and 21 */ readonly unit?: string
  /** BT-131 */ readonly net: string
  /** BT-132 */ readonly orderLine?: string
  /** No term of EN 16931 but of its extensions: the order that this line belongs to, where lines of several orders are billed */ readonly orderReference?: string
  /** BT-128 */ readonly invoicedObject?: Identified
  /** BT-133 */ readonly accountingReference?: string
  /** BT-134, BT-135 */ readonly period?: Period
  readonly allowancesCharges: readonly AllowanceCharge[]
  /** BT-146 */ readonly price: string
  /** BT-147 */ readonly priceDiscount?: string
  /** BT-148 */ readonly grossPrice?: string
  /** BT-149: the quantity that the price is for; absent means 1 */ readonly priceQuantity?: string
  /** BT-150 */ readonly priceUnit?: string
  /** BT-151 */ readonly taxCategory?: string
  /** BT-152 */ readonly taxRate?: string
  /** BT-153, else the first of description, item numbers and note */ readonly name: string
  /** BT-154 */ readonly description?: string
  /** BT-155 */ readonly supplierItem?: string
  /** BT-156 */ readonly buyerItem?: string
  /** BT-157 */ readonly standardItem?: string
  /** BT-157-1 */ readonly standardItemScheme?: string
  /** BT-158, UNTDID 7143 names the lists; absent when there is none */ readonly classifications?: readonly {
    readonly code: string
    readonly list?: string
    readonly version?: string
  }[]
  /** BT-159 */ readonly originCountry?: string
  /** BG-32; absent when there is none */ readonly attributes?: readonly { readonly name: string; readonly value: string }[]
}

/**
 * A line that the invoice's total does not add up. It may lack anything.
 *
 * `part`: a part of the line that it stands below (XRechnung's extension, BG-DEX-01). `group`: the sum of lines that stand below it
 * and are added up themselves. `information`: told, not counted (both Factur-X, BT-X-8).
 */
export interface SubLine extends Partial<InvoiceLine> {
  readonly role: 'part' | 'group' | 'information'
}

/** Bytes that are no invoice we can take: what is wrong and where. `line` and `column` count from 1; 0 where there is no place. */
export interface Refused {
  readonly code: string
  readonly says: string
  readonly line: number
  readonly column: number
}
