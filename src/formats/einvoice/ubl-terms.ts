import type {
  Address, AllowanceCharge, Attachment, Identified, InvoiceDocument, InvoiceLine, Party, PaymentMeans, Period, TaxSubtotal, Totals,
} from '../../domain/invoice-document.ts'
import { scaleOf } from '../../domain/money.ts'
import { shown } from '../xml/source.ts'
import { both, list, map, must, or, record, report, termsOf, type Must, type Shape, type Term } from './term.ts'

/**
 * Where UBL keeps the terms of EN 16931: EN 16931-3-2 (syntax binding to UBL 2.1, Invoice and CreditNote), widened to what
 * UBL 2.0–2.3 invoices outside EN 16931 write (OIOUBL 2.0, Peppol). Cardinalities are those of the UBL schemas.
 */
const CBC = 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'
export const CAC = 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'

const { first, each, text, decimal, amount, date, texts, group, groups } = termsOf({ cbc: CBC, cac: CAC })

const lines = (term: Term<readonly string[]>): Term<string> => map(term, (all) => all.join('\n') || undefined)

/** The element of an identifier with its scheme; an empty one is as good as none. */
const identifiers = (path: string): Must<readonly Identified[]> => each(path, undefined, (node) => {
  const id = node.text.trim()
  const scheme = node.attributes['schemeID']?.trim()
  return id ? { id, ...(scheme && { scheme }) } : undefined
})
const identifier = (path: string): Term<Identified> => map(identifiers(path), (all) => all[0])

const ADDRESS: Shape<Address> = {
  lines: list(
    both(' ', text('cbc:StreetName'), text('cbc:BuildingNumber')),
    text('cbc:AdditionalStreetName'),
    texts('cac:AddressLine+/cbc:Line'),
  ),
  city: text('cbc:CityName'),
  postCode: text('cbc:PostalZone'),
  subdivision: text('cbc:CountrySubentity'),
  country: text('cac:Country/cbc:IdentificationCode'),
}

/** A currency of ISO 4217: an amount in any other has no known number of decimals. */
const currency = (path: string): Term<string> => first([path], (raw, node, to) => {
  const code = raw.trim()
  if (code === '' || scaleOf(code) !== undefined) return code || undefined
  return report(to, 'unknown-currency', `${node.local} is “${shown(code)}”, which is no currency of ISO 4217.`, node.at)
})

const PERIOD: Shape<Period> = { from: date('cbc:StartDate'), to: date('cbc:EndDate') }

interface TaxRegistration { readonly id?: string; readonly scheme?: string }
type RawParty = Omit<Party, 'vatId' | 'taxId'> & { readonly taxes: readonly TaxRegistration[] }

const partyShape = (code: string, says: string): Shape<RawParty> => ({
  name: must(or(
    text('cac:PartyLegalEntity+/cbc:RegistrationName', 'cac:PartyName+/cbc:Name'),
    both(' ', text('cac:Person+/cbc:FirstName'), text('cac:Person+/cbc:FamilyName')),
    text('cac:PartyIdentification+/cbc:ID'),
  ), code, says),
  tradingName: text('cac:PartyName+/cbc:Name'),
  taxes: groups<TaxRegistration>('cac:PartyTaxScheme+', {
    id: text('cbc:CompanyID'), scheme: text('cac:TaxScheme/cbc:ID', 'cac:TaxScheme/cbc:Name', 'cac:TaxScheme/cbc:TaxTypeCode'),
  }, (raw) => raw),
  legalId: text('cac:PartyLegalEntity+/cbc:CompanyID'),
  legalScheme: text('cac:PartyLegalEntity+/cbc:CompanyID/@schemeID'),
  legalInformation: text('cac:PartyLegalEntity+/cbc:CompanyLegalForm'),
  ids: identifiers('cac:PartyIdentification+/cbc:ID'),
  endpoint: identifier('cbc:EndpointID'),
  address: group('cac:PostalAddress', ADDRESS),
  contact: group<NonNullable<Party['contact']>>('cac:Contact', { name: text('cbc:Name'), phone: text('cbc:Telephone'), email: text('cbc:ElectronicMail') }),
})

/** Tax schemes that are VAT: EN 16931's own name, that of Peppol's international model, and UN/ECE 5153 code 63 of OIOUBL ("Moms"). */
const VAT = new Set(['VAT', 'GST', '63', 'MOMS'])

function partyOf(raw: RawParty): Party {
  const { taxes, ...party } = raw
  // Without a scheme, a VAT number is told by the country it begins with (BR-CO-09).
  const isVat = ({ id = '', scheme }: TaxRegistration): boolean => scheme === undefined ? /^[A-Z]{2}/.test(id) : VAT.has(scheme.toUpperCase())
  const vat = taxes.find((tax) => tax.id !== undefined && isVat(tax))?.id
  const other = taxes.find((tax) => tax.id !== undefined && !isVat(tax))?.id
  return { ...party, ...(vat !== undefined && { vatId: vat }), ...(other !== undefined && { taxId: other }) }
}

/** A party that must be there: one sentence for its absence and for a nameless one. */
const requiredParty = (path: string, code: string, says: string): Must<Party> => must(map(group(path, partyShape(code, says)), partyOf), code, says)

const optionalParty = (path: string, code: string, says: string): Term<Party> => map(group(path, partyShape(code, says)), partyOf)

interface TaxKind { readonly category?: string; readonly rate?: string }
const TAX_KIND: Shape<TaxKind> = { category: text('cbc:ID'), rate: decimal('cbc:Percent') }

type RawAllowanceCharge = Omit<AllowanceCharge, 'taxCategory' | 'taxRate'> & { readonly taxKind?: TaxKind }

const ALLOWANCE_CHARGE: Shape<RawAllowanceCharge> = {
  kind: must(first(['cbc:ChargeIndicator'], (raw, node, to) => {
    const kind = ({ true: 'charge', 1: 'charge', false: 'allowance', 0: 'allowance' } as const)[raw.trim()]
    return kind ?? report(to, 'bad-indicator', 'ChargeIndicator is neither true nor false.', node.at)
  }), 'bad-indicator', 'An allowance or charge does not say which of the two it is (cbc:ChargeIndicator).'),
  amount: must(amount('cbc:Amount'), 'bad-amount', 'An allowance or charge has no amount (cbc:Amount).'),
  base: amount('cbc:BaseAmount'),
  percentage: decimal('cbc:MultiplierFactorNumeric'),
  reason: text('cbc:AllowanceChargeReason+'),
  reasonCode: text('cbc:AllowanceChargeReasonCode'),
  taxKind: group('cac:TaxCategory+', TAX_KIND),
}

const allowancesCharges = groups<RawAllowanceCharge, AllowanceCharge>('cac:AllowanceCharge+', ALLOWANCE_CHARGE, ({ taxKind, ...rest }) => ({
  ...rest,
  ...(taxKind?.category !== undefined && { taxCategory: taxKind.category }),
  ...(taxKind?.rate !== undefined && { taxRate: taxKind.rate }),
}))

/** BG-16 to BG-19. */
export type RawPaymentMeans = Omit<PaymentMeans, 'code' | 'creditorId'> & { readonly code?: string }

const PAYMENT_MEANS: Shape<RawPaymentMeans> = {
  code: text('cbc:PaymentMeansCode'),
  meansText: text('cbc:PaymentMeansCode/@name'),
  remittance: text('cbc:PaymentID+'),
  account: text('cac:PayeeFinancialAccount/cbc:ID'),
  accountName: text('cac:PayeeFinancialAccount/cbc:Name'),
  bic: text('cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID',
    'cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cac:FinancialInstitution/cbc:ID'),
  card: text('cac:CardAccount/cbc:PrimaryAccountNumberID'),
  cardHolder: text('cac:CardAccount/cbc:HolderName'),
  mandate: text('cac:PaymentMandate/cbc:ID'),
  debitedAccount: text('cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID'),
}

type RawSubtotal = Partial<TaxSubtotal> & { readonly currency?: string }

/** One cac:TaxTotal with its currencies: which of them is the invoice's is known only when all is read. */
export interface RawTaxTotal {
  readonly tax?: string
  readonly currency?: string
  readonly rows: readonly { readonly row: Partial<TaxSubtotal>; readonly currency: string | undefined }[]
  readonly at: number
}

const SUBTOTAL: Shape<RawSubtotal> = {
  taxable: decimal('cbc:TaxableAmount'),
  tax: decimal('cbc:TaxAmount'),
  currency: text('cbc:TaxAmount/@currencyID', 'cbc:TaxableAmount/@currencyID'),
  category: text('cac:TaxCategory/cbc:ID', 'cac:TaxCategory/cac:TaxScheme/cbc:ID', 'cac:TaxCategory/cac:TaxScheme/cbc:Name'),
  rate: decimal('cac:TaxCategory/cbc:Percent', 'cbc:Percent'),
  exemptionReason: text('cac:TaxCategory/cbc:TaxExemptionReason+'),
  exemptionCode: text('cac:TaxCategory/cbc:TaxExemptionReasonCode'),
}

const taxTotals = groups<Omit<RawTaxTotal, 'at'>, RawTaxTotal>('cac:TaxTotal+', {
  tax: decimal('cbc:TaxAmount'),
  currency: text('cbc:TaxAmount/@currencyID'),
  rows: groups('cac:TaxSubtotal+', SUBTOTAL, ({ currency: named, ...row }) => ({ row, currency: named })),
}, (raw, node) => ({ ...raw, at: node.at }))

export type RawTotals = Partial<Omit<Totals, 'tax' | 'taxInTaxCurrency'>>

const TOTALS: Shape<RawTotals> = {
  lines: amount('cbc:LineExtensionAmount'),
  allowances: amount('cbc:AllowanceTotalAmount'),
  charges: amount('cbc:ChargeTotalAmount'),
  taxExclusive: amount('cbc:TaxExclusiveAmount'),
  taxInclusive: amount('cbc:TaxInclusiveAmount'),
  prepaid: amount('cbc:PrepaidAmount'),
  rounding: amount('cbc:PayableRoundingAmount'),
  payable: amount('cbc:PayableAmount'),
}

/** A document that the invoice refers to: by its type it is an attachment or a term of its own. */
export interface RawReference { readonly type?: string; readonly id?: Identified; readonly attachment: Omit<Attachment, 'id'> }

const REFERENCE: Shape<RawReference> = {
  id: identifier('cbc:ID'),
  type: text('cbc:DocumentTypeCode'),
  attachment: record<Omit<Attachment, 'id'>>({
    description: text('cbc:DocumentDescription+'),
    fileName: text('cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename'),
    mediaType: text('cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@mimeCode'),
    url: text('cac:Attachment/cac:ExternalReference/cbc:URI'),
    bytes: first(['cac:Attachment/cbc:EmbeddedDocumentBinaryObject'], decodedLength),
  }),
}

/** The length that a base64 text decodes to; undefined when it is none (RFC 4648 section 4, with white space as XML Schema allows). */
function decodedLength(base64: string): number | undefined {
  let digits = 0
  let end = base64.length
  while (end > 0 && /[\s=]/.test(base64.charAt(end - 1))) end--
  for (let at = 0; at < end; at++) {
    const code = base64.charCodeAt(at)
    if (code === 32 || code === 10 || code === 13 || code === 9) continue
    const digit = (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 43 || code === 47
    if (!digit) return undefined
    digits++
  }
  return Math.floor(digits * 3 / 4)
}

const NO_PAYABLE = ['no-payable', 'The invoice does not say what is to be paid (cac:LegalMonetaryTotal/cbc:PayableAmount).'] as const

type Header = Omit<InvoiceDocument, 'kind' | 'typeCode' | 'lines' | 'paymentMeans' | 'taxBreakdown' | 'totals' | 'attachments' | 'invoicedObject' | 'inferred'> & {
  readonly typeCode?: string
  readonly paymentMeans: readonly RawPaymentMeans[]
  readonly taxTotals: readonly RawTaxTotal[]
  readonly totals: RawTotals & Pick<Totals, 'payable'>
  readonly references: readonly RawReference[]
}

/** The standard sets no limit; a number is a key in everything downstream. */
const LIMIT_NUMBER = 500

/** Everything but the lines, which are read one by one. */
export const HEADER: Must<Header> = record<Header>({
  number: must(first(['cbc:ID'], (raw, node, to) => raw.trim().length <= LIMIT_NUMBER ? raw.trim() || undefined
    : report(to, 'number-too-long', `The number of the invoice has more than ${LIMIT_NUMBER} characters.`, node.at)),
  'no-number', 'The invoice has no number (cbc:ID).'),
  issuedOn: must(date('cbc:IssueDate'), 'no-date', 'The invoice has no issue date (cbc:IssueDate).'),
  dueOn: date('cbc:DueDate', 'cac:PaymentMeans+/cbc:PaymentDueDate', 'cac:PaymentTerms+/cbc:PaymentDueDate'),
  currency: must(currency('cbc:DocumentCurrencyCode'), 'no-currency', 'The invoice has no currency (cbc:DocumentCurrencyCode).'),
  taxCurrency: currency('cbc:TaxCurrencyCode'),
  typeCode: text('cbc:InvoiceTypeCode', 'cbc:CreditNoteTypeCode'),
  taxPointOn: date('cbc:TaxPointDate'),
  taxPointCode: text('cac:InvoicePeriod+/cbc:DescriptionCode+'),
  customisation: text('cbc:CustomizationID'),
  process: text('cbc:ProfileID'),
  notes: texts('cbc:Note+'),
  buyerReference: text('cbc:BuyerReference'),
  orderReference: text('cac:OrderReference/cbc:ID'),
  salesOrderReference: text('cac:OrderReference/cbc:SalesOrderID'),
  contractReference: text('cac:ContractDocumentReference+/cbc:ID'),
  projectReference: text('cac:ProjectReference+/cbc:ID'),
  tenderReference: text('cac:OriginatorDocumentReference+/cbc:ID'),
  receiptReference: text('cac:ReceiptDocumentReference+/cbc:ID'),
  despatchReference: text('cac:DespatchDocumentReference+/cbc:ID'),
  accountingReference: text('cbc:AccountingCost'),
  precedingInvoices: groups<{ number?: string; issuedOn?: string }, InvoiceDocument['precedingInvoices'][number]>(
    'cac:BillingReference+/cac:InvoiceDocumentReference', { number: text('cbc:ID'), issuedOn: date('cbc:IssueDate') },
    ({ number, issuedOn }) => number === undefined ? undefined : { number, ...(issuedOn !== undefined && { issuedOn }) }),
  supplier: requiredParty('cac:AccountingSupplierParty/cac:Party', 'no-supplier', 'The invoice names no supplier (cac:AccountingSupplierParty).'),
  buyer: requiredParty('cac:AccountingCustomerParty/cac:Party', 'no-buyer', 'The invoice names no buyer (cac:AccountingCustomerParty).'),
  payee: optionalParty('cac:PayeeParty', 'no-payee', 'The payee has no name (cac:PayeeParty).'),
  taxRepresentative: optionalParty('cac:TaxRepresentativeParty', 'no-representative', 'The tax representative has no name (cac:TaxRepresentativeParty).'),
  delivery: group<NonNullable<InvoiceDocument['delivery']>>('cac:Delivery+', {
    name: text('cac:DeliveryParty/cac:PartyName+/cbc:Name', 'cac:DeliveryParty/cac:PartyLegalEntity+/cbc:RegistrationName'),
    locationId: text('cac:DeliveryLocation/cbc:ID'),
    deliveredOn: date('cbc:ActualDeliveryDate'),
    address: or(group('cac:DeliveryLocation/cac:Address', ADDRESS), group('cac:DeliveryAddress', ADDRESS)),
  }),
  period: group('cac:InvoicePeriod+', PERIOD),
  paymentMeans: groups<RawPaymentMeans>('cac:PaymentMeans+', PAYMENT_MEANS, (raw) => raw),
  paymentTerms: lines(texts('cac:PaymentTerms+/cbc:Note+')),
  allowancesCharges,
  taxTotals,
  totals: must(group<RawTotals & Pick<Totals, 'payable'>>('cac:LegalMonetaryTotal', { ...TOTALS, payable: must(amount('cbc:PayableAmount'), ...NO_PAYABLE) }), ...NO_PAYABLE),
  references: groups<RawReference>('cac:AdditionalDocumentReference+', REFERENCE, (raw) => raw),
})

export type RawLine = Omit<InvoiceLine, 'id' | 'quantity' | 'price' | 'taxCategory' | 'taxRate'> & {
  readonly id?: string
  readonly quantity?: string
  readonly price?: string
  readonly taxKind?: TaxKind
}

/** BG-25. Lines below a line (cac:SubInvoiceLine) are not read: the line's net is what the invoice's total adds up. */
export const LINE: Must<RawLine> = record<RawLine>({
  id: text('cbc:ID'),
  note: lines(texts('cbc:Note+')),
  quantity: decimal('cbc:InvoicedQuantity', 'cbc:CreditedQuantity'),
  unit: text('cbc:InvoicedQuantity/@unitCode', 'cbc:CreditedQuantity/@unitCode'),
  net: must(amount('cbc:LineExtensionAmount'), 'no-line-amount', 'A line has no amount (cbc:LineExtensionAmount).'),
  orderLine: text('cac:OrderLineReference+/cbc:LineID'),
  orderReference: text('cac:OrderLineReference+/cac:OrderReference/cbc:ID'),
  accountingReference: text('cbc:AccountingCost'),
  invoicedObject: identifier('cac:DocumentReference+/cbc:ID'),
  period: group('cac:InvoicePeriod+', PERIOD),
  allowancesCharges,
  price: amount('cac:Price/cbc:PriceAmount'),
  priceQuantity: decimal('cac:Price/cbc:BaseQuantity'),
  priceDiscount: amount('cac:Price/cac:AllowanceCharge+/cbc:Amount'),
  grossPrice: amount('cac:Price/cac:AllowanceCharge+/cbc:BaseAmount'),
  taxKind: or(group('cac:Item/cac:ClassifiedTaxCategory+', TAX_KIND), group('cac:TaxTotal+/cac:TaxSubtotal+/cac:TaxCategory', TAX_KIND)),
  name: must(text('cac:Item/cbc:Name', 'cac:Item/cbc:Description+', 'cac:Item/cac:SellersItemIdentification/cbc:ID',
    'cac:Item/cac:BuyersItemIdentification/cbc:ID', 'cac:Item/cac:StandardItemIdentification/cbc:ID', 'cbc:Note+'),
  'no-line-name', 'A line does not say what it is for (cac:Item/cbc:Name).'),
  description: lines(texts('cac:Item/cbc:Description+')),
  supplierItem: text('cac:Item/cac:SellersItemIdentification/cbc:ID'),
  buyerItem: text('cac:Item/cac:BuyersItemIdentification/cbc:ID'),
  standardItem: text('cac:Item/cac:StandardItemIdentification/cbc:ID'),
  standardItemScheme: text('cac:Item/cac:StandardItemIdentification/cbc:ID/@schemeID'),
  classifications: filled(groups<{ code?: string; list?: string; version?: string }, NonNullable<InvoiceLine['classifications']>[number]>(
    'cac:Item/cac:CommodityClassification+', {
      code: text('cbc:ItemClassificationCode'), list: text('cbc:ItemClassificationCode/@listID'), version: text('cbc:ItemClassificationCode/@listVersionID'),
    }, ({ code, ...rest }) => code === undefined ? undefined : { code, ...rest })),
  originCountry: text('cac:Item/cac:OriginCountry/cbc:IdentificationCode'),
  attributes: filled(groups<{ name?: string; value?: string }, { name: string; value: string }>(
    'cac:Item/cac:AdditionalItemProperty+', { name: text('cbc:Name'), value: text('cbc:Value') },
    ({ name, value }) => name === undefined || value === undefined ? undefined : { name, value })),
})

function filled<T>(term: Term<readonly T[]>): Term<readonly T[]> {
  return map(term, (all) => all.length > 0 ? all : undefined)
}

/** What the arithmetic needs, of a document that may lack anything else. */
export const FIGURES = record<{ currency?: string; allowancesCharges: readonly AllowanceCharge[]; taxTotals: readonly RawTaxTotal[]; totals?: RawTotals }>({
  currency: text('cbc:DocumentCurrencyCode'), allowancesCharges, taxTotals, totals: group('cac:LegalMonetaryTotal', TOTALS),
})

export const LINE_FIGURES = record<{ net?: string; taxKind?: TaxKind }>({
  net: amount('cbc:LineExtensionAmount'), taxKind: group('cac:Item/cac:ClassifiedTaxCategory+', TAX_KIND),
})
