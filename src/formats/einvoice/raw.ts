import type { ArithmeticFacts } from '../../domain/arithmetic.ts'
import type { InvoiceDocument, InvoiceLine, Party, PaymentMeans, SubLine, TaxSubtotal, Totals } from '../../domain/invoice-document.ts'
import type { Must, Plan } from './term.ts'

/**
 * What a syntax is to the reader: which root begins its documents, where their lines stand, and a table for the document and
 * one for a line. A table gives the raw shapes below: terms as written, nothing worked out.
 */
export interface Syntax {
  readonly name: InvoiceDocument['syntax']
  readonly uri: string
  readonly local: string
  /** What the root says; the type code (BT-3) may say more. */
  readonly kind: InvoiceDocument['kind']
  readonly header: Must<RawHeader>
  /** The plan of a line, made below that of the root. */
  readonly linesAt: (root: Plan) => Plan
  readonly line: Must<RawLines>
  readonly figures: Must<RawFigures>
}

type WorkedOut = 'syntax' | 'kind' | 'typeCode' | 'lines' | 'subLines' | 'paymentMeans' | 'taxBreakdown' | 'totals' | 'inferred'
export type RawHeader = Omit<InvoiceDocument, WorkedOut> & {
  readonly typeCode?: string
  readonly paymentMeans: readonly RawPaymentMeans[]
  /** What the syntax keeps once for all payment means. */
  readonly payment?: Pick<PaymentMeans, 'remittance' | 'mandate' | 'creditorId'>
  readonly taxTotals: readonly RawTaxTotal[]
  readonly totals: RawTotals & Pick<Totals, 'payable'>
}

export type RawTotals = Partial<Omit<Totals, 'tax' | 'taxInTaxCurrency'>>

/** BG-16 to BG-19. */
export type RawPaymentMeans = Omit<PaymentMeans, 'code' | 'creditorId'> & { readonly code?: string }

/** A total of tax, rows of its breakdown, or both; which currency is the invoice's is known only when all is read. */
export interface RawTaxTotal {
  readonly tax?: string
  readonly currency?: string
  readonly rows: readonly { readonly row: Partial<TaxSubtotal>; readonly currency: string | undefined }[]
  readonly at: number
}

export interface TaxRegistration {
  readonly id?: string
  readonly scheme?: string
}
export type RawParty = Omit<Party, 'vatId' | 'taxId'> & { readonly taxes: readonly TaxRegistration[] }

export interface TaxKind {
  readonly category?: string
  readonly rate?: string
}

export type RawLine = Omit<InvoiceLine, 'id' | 'quantity' | 'price' | 'taxCategory' | 'taxRate'> & {
  readonly id?: string
  readonly quantity?: string
  readonly price?: string
  readonly taxKind?: TaxKind
}

/** The element of a line: a line that counts, lines that do not, or both. */
export interface RawLines {
  readonly line?: RawLine
  readonly subLines: readonly SubLine[]
}

/** What arithmetic needs, of a document that may lack anything else. */
export interface RawFigures {
  readonly currency?: string
  readonly allowancesCharges: ArithmeticFacts['allowancesCharges']
  readonly taxTotals: readonly RawTaxTotal[]
  readonly totals?: RawTotals
  readonly lines: readonly { readonly net?: string; readonly taxKind?: TaxKind }[]
}

/** `taxCategory` and `taxRate` of a tax kind, as far as it says them. */
export function taxed(kind: TaxKind | undefined): { readonly taxCategory?: string; readonly taxRate?: string } {
  return {
    ...(kind?.category !== undefined && { taxCategory: kind.category }),
    ...(kind?.rate !== undefined && { taxRate: kind.rate }),
  }
}
