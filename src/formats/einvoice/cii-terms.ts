import type {
  Address,
  AllowanceCharge,
  Attachment,
  Identified,
  InvoiceDocument,
  InvoiceLine,
  Party,
  Period,
  SubLine,
  TaxSubtotal,
  Totals,
} from '../../domain/invoice-document.ts'
import { exactSum } from '../../domain/arithmetic.ts'
import type { XmlNode } from '../xml/tree.ts'
import { filled, invoiceWordsOf, lines, partyOf } from './invoice-words.ts'
import {
  taxed,
  type RawFigures,
  type RawHeader,
  type RawLine,
  type RawLines,
  type RawParty,
  type RawPaymentMeans,
  type RawTaxTotal,
  type RawTotals,
  type Syntax,
  type TaxKind,
  type TaxRegistration,
} from './raw.ts'
import { both, list, map, must, or, record, report, type Must, type Shape, type Term } from './term.ts'

/**
 * One table: where UN/CEFACT's Cross Industry Invoice keeps the terms of EN 16931: EN 16931-3-3 (syntax binding to CII D16B), widened to what
 * Factur-X and ZUGFeRD 2 EXTENDED write (lines below lines, charges for logistics, several preceding invoices). Cardinalities
 * are those of EN 16931-3-3 where it is stricter than the schema: D16B lets every total stand in several currencies.
 */
const {
  text,
  decimal,
  amount,
  dateBy,
  texts,
  group,
  groups,
  planAt,
  identifiers,
  identifier,
  currency,
  invoiceNumber,
  allowanceOrCharge,
  embedded,
} = invoiceWordsOf({
  rsm: 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100',
  ram: 'urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100',
  udt: 'urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100',
  qdt: 'urn:un:unece:uncefact:data:standard:QualifiedDataType:100',
})

const DOCUMENT = 'rsm:ExchangedDocument'
const CONTEXT = 'rsm:ExchangedDocumentContext'
const LINE_ITEM = 'rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem'
const AGREEMENT = 'rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement'
const DELIVERY = 'rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeDelivery'
const SETTLEMENT = 'rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement'
const SUMMATION = 'ram:SpecifiedTradeSettlementHeaderMonetarySummation'

/**
 * UNTDID 2379 formats that begin with a whole date, CCYYMMDD: 102, the only one of EN 16931-3-3 and meant where none is named;
 * 203, 204 and 205 go on with a time and its zone, which say nothing about the date as it is written. Others name a week, a
 * month or two digits of a year and are no date.
 */
const FORMATS: ReadonlyMap<string, RegExp> = new Map([
  ['102', /^(\d{4})(\d\d)(\d\d)$/],
  ['203', /^(\d{4})(\d\d)(\d\d)\d{4}$/],
  ['204', /^(\d{4})(\d\d)(\d\d)\d{6}$/],
  ['205', /^(\d{4})(\d\d)(\d\d)\d{4}(?:Z|[+-]?\d{4})$/],
])
/** xs:date and xs:dateTime, which the schema allows instead and EN 16931-3-3 does not. */
const XSD_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T[\d:.]+)?(?:Z|[+-]\d\d:\d\d)?$/

function dayOf(written: string, node: XmlNode): string | undefined {
  const format = node.local.endsWith('String') ? FORMATS.get(node.attributes['format']?.trim() || '102') : XSD_DATE
  const [, year, month, day] = format?.exec(written) ?? []
  return year === undefined ? undefined : `${year}-${month}-${day}`
}

/** A date in the element at a path, which may be either of the two that the schema has for it. */
const date = (path: string): Term<string> => dateBy(dayOf, `${path}/udt:DateTimeString`, `${path}/udt:DateTime`)

const ADDRESS: Shape<Address> = {
  lines: list<string>(text('ram:LineOne'), text('ram:LineTwo'), text('ram:LineThree')),
  city: text('ram:CityName'),
  postCode: text('ram:PostcodeCode'),
  subdivision: text('ram:CountrySubDivisionName+'),
  country: text('ram:CountryID'),
}

const PERIOD: Shape<Period> = { from: date('ram:StartDateTime'), to: date('ram:EndDateTime') }

/** UNTDID 1153 code of a VAT number; FC is the local tax number. */
const VAT = new Set(['VA'])

const partyShape = (code: string, says: string): Shape<RawParty> => ({
  name: must(text('ram:Name', 'ram:SpecifiedLegalOrganization/ram:TradingBusinessName', 'ram:GlobalID+', 'ram:ID+'), code, says),
  tradingName: text('ram:SpecifiedLegalOrganization/ram:TradingBusinessName'),
  taxes: groups<TaxRegistration>('ram:SpecifiedTaxRegistration+', { id: text('ram:ID'), scheme: text('ram:ID/@schemeID') }, (raw) => raw),
  legalId: text('ram:SpecifiedLegalOrganization/ram:ID'),
  legalScheme: text('ram:SpecifiedLegalOrganization/ram:ID/@schemeID'),
  legalInformation: lines(texts('ram:Description+')),
  ids: list<Identified>(identifiers('ram:ID+'), identifiers('ram:GlobalID+')),
  endpoint: identifier('ram:URIUniversalCommunication+/ram:URIID'),
  address: group('ram:PostalTradeAddress', ADDRESS),
  contact: group<NonNullable<Party['contact']>>('ram:DefinedTradeContact+', {
    name: both(', ', text('ram:PersonName'), text('ram:DepartmentName')),
    phone: text('ram:TelephoneUniversalCommunication/ram:CompleteNumber'),
    email: text('ram:EmailURIUniversalCommunication/ram:URIID'),
  }),
})

const optionalParty = (path: string, code: string, says: string): Term<Party> =>
  map(group(path, partyShape(code, says)), (raw) => partyOf(raw, VAT))

/** A party that must be there: one sentence for its absence and for a nameless one. */
const requiredParty = (path: string, code: string, says: string): Must<Party> => must(optionalParty(path, code, says), code, says)

const TAX_KIND: Shape<TaxKind> = { category: text('ram:CategoryCode'), rate: decimal('ram:RateApplicablePercent') }

type RawAllowanceCharge = Omit<AllowanceCharge, 'taxCategory' | 'taxRate'> & { readonly taxKind?: TaxKind }

const allowancesChargesAt = (path: string): Must<readonly AllowanceCharge[]> =>
  groups<RawAllowanceCharge, AllowanceCharge>(
    path,
    {
      kind: must(
        allowanceOrCharge('ram:ChargeIndicator/udt:Indicator'),
        'bad-indicator',
        'An allowance or charge does not say which of the two it is (ram:ChargeIndicator).',
      ),
      amount: must(amount('ram:ActualAmount'), 'bad-amount', 'An allowance or charge has no amount (ram:ActualAmount).'),
      base: amount('ram:BasisAmount'),
      percentage: decimal('ram:CalculationPercent'),
      reason: text('ram:Reason'),
      reasonCode: text('ram:ReasonCode'),
      taxKind: group('ram:CategoryTradeTax+', TAX_KIND),
    },
    ({ taxKind, ...rest }) => ({ ...rest, ...taxed(taxKind) }),
  )

/** What is charged for freight and the like has an element of its own in Factur-X EXTENDED (BG-X-42), and is in BT-108 like any charge. */
const logistics = groups<{ amount: string; reason?: string; taxKind?: TaxKind }, AllowanceCharge>(
  `${SETTLEMENT}/ram:SpecifiedLogisticsServiceCharge+`,
  {
    amount: must(amount('ram:AppliedAmount'), 'bad-amount', 'A charge for logistics has no amount (ram:AppliedAmount).'),
    reason: lines(texts('ram:Description+')),
    taxKind: group('ram:AppliedTradeTax+', TAX_KIND),
  },
  ({ taxKind, ...rest }) => ({ kind: 'charge', ...rest, ...taxed(taxKind) }),
)

const allowancesCharges = list<AllowanceCharge>(allowancesChargesAt(`${SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge+`), logistics)

const accountAt = (party: string): Term<string> => text(`${party}/ram:IBANID`, `${party}/ram:ProprietaryID`)

/** BT-83 and BT-89 stand once for all of them. */
const paymentMeans = groups<Omit<RawPaymentMeans, 'remittance' | 'mandate'>, RawPaymentMeans>(
  `${SETTLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans+`,
  {
    code: text('ram:TypeCode'),
    meansText: lines(texts('ram:Information+')),
    account: accountAt('ram:PayeePartyCreditorFinancialAccount'),
    accountName: text('ram:PayeePartyCreditorFinancialAccount/ram:AccountName'),
    bic: text('ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID'),
    card: text('ram:ApplicableTradeSettlementFinancialCard/ram:ID'),
    cardHolder: text('ram:ApplicableTradeSettlementFinancialCard/ram:CardholderName'),
    debitedAccount: accountAt('ram:PayerPartyDebtorFinancialAccount'),
  },
  (raw) => raw,
)

const TAX = `${SETTLEMENT}/ram:ApplicableTradeTax+`

const rows = groups<Partial<TaxSubtotal> & { currency?: string }, RawTaxTotal['rows'][number]>(
  TAX,
  {
    taxable: decimal('ram:BasisAmount'),
    tax: decimal('ram:CalculatedAmount'),
    currency: text('ram:CalculatedAmount/@currencyID', 'ram:BasisAmount/@currencyID'),
    category: text('ram:CategoryCode', 'ram:TypeCode'),
    rate: decimal('ram:RateApplicablePercent'),
    exemptionReason: text('ram:ExemptionReason'),
    exemptionCode: text('ram:ExemptionReasonCode'),
  },
  ({ currency: named, ...row }) => ({ row, currency: named }),
)

const documentCurrency = currency(`${SETTLEMENT}/ram:InvoiceCurrencyCode`)
const taxAmounts = groups<{ tax?: string; currency?: string }, RawTaxTotal>(
  `${SETTLEMENT}/${SUMMATION}/ram:TaxTotalAmount+`,
  {
    tax: decimal('.'),
    currency: text('@currencyID'),
  },
  (raw, node) => ({ ...raw, rows: [], at: node.at }),
)

/** BT-110 and BT-111, told apart by their currency, with the breakdown beside them. Two in one currency are one too many. */
const taxTotals: Must<readonly RawTaxTotal[]> = {
  always: true,
  reach: (plan) => [rows, taxAmounts, documentCurrency].forEach((term) => term.reach(plan)),
  read: (node, to) => {
    const own = documentCurrency.read(node, to)
    const totals = taxAmounts.read(node, to)
    const seen = new Set<string | undefined>()
    for (const { currency: named = own, at } of totals) {
      if (seen.has(named)) report(to, 'element-repeated', 'TaxTotalAmount stands more than once in the same currency.', at)
      seen.add(named)
    }
    const breakdown = rows.read(node, to)
    return breakdown.length === 0 ? totals : [...totals, { rows: breakdown, at: node.at }]
  },
}

const totalsShape: Shape<RawTotals> = {
  lines: amount('ram:LineTotalAmount'),
  allowances: amount('ram:AllowanceTotalAmount'),
  charges: amount('ram:ChargeTotalAmount'),
  taxExclusive: amount('ram:TaxBasisTotalAmount'),
  taxInclusive: amount('ram:GrandTotalAmount'),
  prepaid: amount('ram:TotalPrepaidAmount'),
  rounding: amount('ram:RoundingAmount'),
  payable: amount('ram:DuePayableAmount'),
}

/** A document that the invoice refers to: by its type (UNTDID 1001) it is an attachment (916) or a term of its own. */
const REFERENCE = `${AGREEMENT}/ram:AdditionalReferencedDocument+`

interface RawReference {
  readonly type?: string
  readonly id?: string
  readonly scheme?: string
}

const referenceOf = (path: string, wanted: (type: string | undefined) => boolean): Term<Identified> =>
  map(
    groups<RawReference, Identified>(
      path,
      { type: text('ram:TypeCode'), id: text('ram:IssuerAssignedID'), scheme: text('ram:ReferenceTypeCode') },
      ({ type, id, scheme }) => (id !== undefined && wanted(type) ? { id, ...(scheme !== undefined && { scheme }) } : undefined),
    ),
    (all) => all[0],
  )

type RawAttachment = Partial<Omit<Attachment, 'bytes' | 'sha256'>> & {
  readonly type?: string
  readonly file?: Pick<Attachment, 'bytes' | 'sha256'>
}

const attachments = groups<RawAttachment, Attachment>(
  REFERENCE,
  {
    id: text('ram:IssuerAssignedID'),
    type: text('ram:TypeCode'),
    description: text('ram:Name+'),
    fileName: text('ram:AttachmentBinaryObject+/@filename'),
    mediaType: text('ram:AttachmentBinaryObject+/@mimeCode'),
    url: text('ram:URIID'),
    file: embedded('ram:AttachmentBinaryObject+'),
  },
  ({ id, type, file, ...rest }) => (id === undefined || type === '50' || type === '130' ? undefined : { id, ...rest, ...file }),
)

/** BT-8 in the code list of CII (UNTDID 2475) → in that of the standard (UNTDID 2005). */
const TAX_POINTS: ReadonlyMap<string, string> = new Map([
  ['5', '3'],
  ['29', '35'],
  ['72', '432'],
])

const NO_PAYABLE = ['no-payable', 'The invoice does not say what is to be paid (ram:DuePayableAmount).'] as const

/** Everything but the lines, which are read one by one. */
const HEADER = record<RawHeader>({
  number: must(invoiceNumber(`${DOCUMENT}/ram:ID`), 'no-number', 'The invoice has no number (rsm:ExchangedDocument/ram:ID).'),
  issuedOn: must(date(`${DOCUMENT}/ram:IssueDateTime`), 'no-date', 'The invoice has no issue date (ram:IssueDateTime).'),
  dueOn: date(`${SETTLEMENT}/ram:SpecifiedTradePaymentTerms+/ram:DueDateDateTime`),
  currency: must(documentCurrency, 'no-currency', 'The invoice has no currency (ram:InvoiceCurrencyCode).'),
  taxCurrency: currency(`${SETTLEMENT}/ram:TaxCurrencyCode`),
  // The root is the same for an invoice and a credit note.
  typeCode: must(
    text(`${DOCUMENT}/ram:TypeCode`),
    'no-type',
    'The document does not say whether it is an invoice or a credit note (ram:TypeCode).',
  ),
  taxPointOn: dateBy(dayOf, `${TAX}/ram:TaxPointDate/udt:DateString`, `${TAX}/ram:TaxPointDate/udt:Date`),
  taxPointCode: map(text(`${TAX}/ram:DueDateTypeCode`), (code) => TAX_POINTS.get(code) ?? code),
  customisation: text(`${CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter+/ram:ID`),
  process: text(`${CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter+/ram:ID`),
  notes: groups<{ text?: string; subject?: string }, InvoiceDocument['notes'][number]>(
    `${DOCUMENT}/ram:IncludedNote+`,
    {
      text: lines(texts('ram:Content+')),
      subject: text('ram:SubjectCode'),
    },
    ({ text: said, subject }) => (said === undefined ? undefined : { text: said, ...(subject !== undefined && { subject }) }),
  ),
  buyerReference: text(`${AGREEMENT}/ram:BuyerReference`),
  orderReference: text(`${AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID`),
  salesOrderReference: text(`${AGREEMENT}/ram:SellerOrderReferencedDocument/ram:IssuerAssignedID`),
  contractReference: text(`${AGREEMENT}/ram:ContractReferencedDocument/ram:IssuerAssignedID`),
  projectReference: text(`${AGREEMENT}/ram:SpecifiedProcuringProject/ram:ID`),
  tenderReference: map(
    referenceOf(REFERENCE, (type) => type === '50'),
    ({ id }) => id,
  ),
  invoicedObject: referenceOf(REFERENCE, (type) => type === '130'),
  receiptReference: text(`${DELIVERY}/ram:ReceivingAdviceReferencedDocument/ram:IssuerAssignedID`),
  despatchReference: text(`${DELIVERY}/ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID`),
  accountingReference: text(`${SETTLEMENT}/ram:ReceivableSpecifiedTradeAccountingAccount+/ram:ID`),
  precedingInvoices: groups<{ number?: string; issuedOn?: string }, InvoiceDocument['precedingInvoices'][number]>(
    `${SETTLEMENT}/ram:InvoiceReferencedDocument+`,
    {
      number: text('ram:IssuerAssignedID'),
      issuedOn: dateBy(dayOf, 'ram:FormattedIssueDateTime/qdt:DateTimeString'),
    },
    ({ number, issuedOn }) => (number === undefined ? undefined : { number, ...(issuedOn !== undefined && { issuedOn }) }),
  ),
  supplier: requiredParty(`${AGREEMENT}/ram:SellerTradeParty`, 'no-supplier', 'The invoice names no supplier (ram:SellerTradeParty).'),
  buyer: requiredParty(`${AGREEMENT}/ram:BuyerTradeParty`, 'no-buyer', 'The invoice names no buyer (ram:BuyerTradeParty).'),
  payee: optionalParty(`${SETTLEMENT}/ram:PayeeTradeParty`, 'no-payee', 'The payee has no name (ram:PayeeTradeParty).'),
  taxRepresentative: optionalParty(
    `${AGREEMENT}/ram:SellerTaxRepresentativeTradeParty`,
    'no-representative',
    'The tax representative has no name (ram:SellerTaxRepresentativeTradeParty).',
  ),
  delivery: group<NonNullable<InvoiceDocument['delivery']>>(DELIVERY, {
    name: text('ram:ShipToTradeParty/ram:Name'),
    location: or(identifier('ram:ShipToTradeParty/ram:GlobalID+'), identifier('ram:ShipToTradeParty/ram:ID+')),
    deliveredOn: date('ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime'),
    address: group('ram:ShipToTradeParty/ram:PostalTradeAddress', ADDRESS),
  }),
  period: group(`${SETTLEMENT}/ram:BillingSpecifiedPeriod`, PERIOD),
  paymentMeans,
  payment: record<NonNullable<RawHeader['payment']>>({
    remittance: text(`${SETTLEMENT}/ram:PaymentReference+`),
    mandate: text(`${SETTLEMENT}/ram:SpecifiedTradePaymentTerms+/ram:DirectDebitMandateID+`),
    creditorId: text(`${SETTLEMENT}/ram:CreditorReferenceID`),
  }),
  paymentTerms: lines(texts(`${SETTLEMENT}/ram:SpecifiedTradePaymentTerms+/ram:Description+`)),
  attachments,
  allowancesCharges,
  taxTotals,
  totals: must(
    group<RawTotals & Pick<Totals, 'payable'>>(`${SETTLEMENT}/${SUMMATION}`, {
      ...totalsShape,
      payable: must(totalsShape.payable, ...NO_PAYABLE),
    }),
    ...NO_PAYABLE,
  ),
})

const PRODUCT = 'ram:SpecifiedTradeProduct'
const LINE_AGREEMENT = 'ram:SpecifiedLineTradeAgreement'
const LINE_DELIVERY = 'ram:SpecifiedLineTradeDelivery'
const LINE_SETTLEMENT = 'ram:SpecifiedLineTradeSettlement'
const NET_PRICE = `${LINE_AGREEMENT}/ram:NetPriceProductTradePrice`
const GROSS_PRICE = `${LINE_AGREEMENT}/ram:GrossPriceProductTradePrice`

const NET = amount(`${LINE_SETTLEMENT}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount`)
const NAME = text(
  `${PRODUCT}/ram:Name+`,
  `${PRODUCT}/ram:Description`,
  `${PRODUCT}/ram:SellerAssignedID`,
  `${PRODUCT}/ram:BuyerAssignedID`,
  `${PRODUCT}/ram:GlobalID`,
  'ram:AssociatedDocumentLineDocument/ram:IncludedNote+/ram:Content+',
)
const LINE_TAX = group(`${LINE_SETTLEMENT}/ram:ApplicableTradeTax+`, TAX_KIND)

/** BT-147: EXTENDED may have several, of which the price is less the sum. */
const discount: Term<string> = map(
  groups<{ kind?: string; amount?: string }, string>(
    `${GROSS_PRICE}/ram:AppliedTradeAllowanceCharge+`,
    {
      kind: allowanceOrCharge('ram:ChargeIndicator/udt:Indicator'),
      amount: amount('ram:ActualAmount'),
    },
    ({ kind, amount: value }) => (kind === 'charge' ? undefined : value),
  ),
  (all) => (all.length > 1 ? exactSum(all) : all[0]),
)

const ITEM: Shape<Omit<RawLine, 'net' | 'name'>> = {
  id: text('ram:AssociatedDocumentLineDocument/ram:LineID'),
  parent: text('ram:AssociatedDocumentLineDocument/ram:ParentLineID'),
  note: lines(texts('ram:AssociatedDocumentLineDocument/ram:IncludedNote+/ram:Content+')),
  quantity: decimal(`${LINE_DELIVERY}/ram:BilledQuantity`),
  unit: text(`${LINE_DELIVERY}/ram:BilledQuantity/@unitCode`),
  orderLine: text(`${LINE_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:LineID`),
  orderReference: text(`${LINE_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID`),
  accountingReference: text(`${LINE_SETTLEMENT}/ram:ReceivableSpecifiedTradeAccountingAccount+/ram:ID`),
  invoicedObject: referenceOf(`${LINE_SETTLEMENT}/ram:AdditionalReferencedDocument+`, (type) => type === undefined || type === '130'),
  period: group(`${LINE_SETTLEMENT}/ram:BillingSpecifiedPeriod`, PERIOD),
  allowancesCharges: allowancesChargesAt(`${LINE_SETTLEMENT}/ram:SpecifiedTradeAllowanceCharge+`),
  price: amount(`${NET_PRICE}/ram:ChargeAmount`),
  priceQuantity: decimal(`${NET_PRICE}/ram:BasisQuantity`, `${GROSS_PRICE}/ram:BasisQuantity`),
  priceUnit: text(`${NET_PRICE}/ram:BasisQuantity/@unitCode`, `${GROSS_PRICE}/ram:BasisQuantity/@unitCode`),
  priceDiscount: discount,
  grossPrice: amount(`${GROSS_PRICE}/ram:ChargeAmount`),
  taxKind: LINE_TAX,
  description: text(`${PRODUCT}/ram:Description`),
  supplierItem: text(`${PRODUCT}/ram:SellerAssignedID`),
  buyerItem: text(`${PRODUCT}/ram:BuyerAssignedID`),
  standardItem: text(`${PRODUCT}/ram:GlobalID`),
  standardItemScheme: text(`${PRODUCT}/ram:GlobalID/@schemeID`),
  classifications: filled(
    groups<{ code?: string; list?: string; version?: string }, NonNullable<InvoiceLine['classifications']>[number]>(
      `${PRODUCT}/ram:DesignatedProductClassification+`,
      {
        code: text('ram:ClassCode'),
        list: text('ram:ClassCode/@listID'),
        version: text('ram:ClassCode/@listVersionID'),
      },
      ({ code, ...rest }) => (code === undefined ? undefined : { code, ...rest }),
    ),
  ),
  originCountry: text(`${PRODUCT}/ram:OriginTradeCountry/ram:ID`),
  attributes: filled(
    groups<{ name?: string; value?: string }, { name: string; value: string }>(
      `${PRODUCT}/ram:ApplicableProductCharacteristic+`,
      { name: text('ram:Description+'), value: text('ram:Value+') },
      ({ name, value }) => (name === undefined || value === undefined ? undefined : { name, value }),
    ),
  ),
}

const LINE = record<RawLine>({
  ...ITEM,
  net: must(NET, 'no-line-amount', 'A line has no amount (ram:LineTotalAmount).'),
  name: must(NAME, 'no-line-name', 'A line does not say what it is for (ram:SpecifiedTradeProduct/ram:Name).'),
})

const SUB_LINE = record<Partial<RawLine>>({ ...ITEM, net: NET, name: NAME, allowancesCharges: filled(ITEM.allowancesCharges) })

/** BT-X-8 of Factur-X EXTENDED: which lines are no part of BT-106. Any other, DETAIL and none at all, is. */
const ROLES: ReadonlyMap<string, SubLine['role']> = new Map([
  ['GROUP', 'group'],
  ['INFORMATION', 'information'],
])
const ROLE = text('ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode')

const LINES: Must<RawLines> = {
  always: true,
  reach: (plan) => [ROLE, LINE, SUB_LINE].forEach((term: Term<unknown>) => term.reach(plan)),
  read: (node, to) => {
    const role = ROLES.get(ROLE.read(node, to) ?? '')
    if (role === undefined) return { line: LINE.read(node, to), subLines: [] }
    const { taxKind, ...line } = SUB_LINE.read(node, to)
    return { subLines: [{ role, ...line, ...taxed(taxKind) }] }
  },
}

/** Every release of the schema since D14B has these namespaces. */
export const CII: readonly Syntax[] = [
  {
    name: 'CII',
    uri: 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100',
    local: 'CrossIndustryInvoice',
    kind: 'invoice',
    header: HEADER,
    linesAt: planAt(LINE_ITEM),
    line: LINES,
    figures: record<RawFigures>({
      currency: documentCurrency,
      allowancesCharges,
      taxTotals,
      totals: group(`${SETTLEMENT}/${SUMMATION}`, totalsShape),
      lines: groups<{ net?: string; taxKind?: TaxKind }>(`${LINE_ITEM}+`, { net: NET, taxKind: LINE_TAX }, (raw) => raw),
    }),
  },
]
