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
import { both, joinPlan, list, map, must, newPlan, or, record, type Must, type Report, type Shape, type Term } from './term.ts'

/**
 * One table: where UBL keeps the terms of EN 16931: EN 16931-3-2 (syntax binding to UBL 2.1, Invoice and CreditNote), widened to what
 * UBL 2.0–2.3 invoices outside EN 16931 write (OIOUBL 2.0, Peppol). Cardinalities are those of the UBL schemas.
 */
const CBC = 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'
const CAC = 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'

const {
  each,
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
} = invoiceWordsOf({ cbc: CBC, cac: CAC })

/** xs:date may carry a time zone, which says nothing about a date on an invoice (EN 16931-3-2 forbids it). */
const DATE = /^(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?$/
const date = (...paths: readonly string[]): Term<string> => dateBy((written) => DATE.exec(written)?.[1], ...paths)

const ADDRESS: Shape<Address> = {
  lines: list<string>(
    both(' ', text('cbc:StreetName'), text('cbc:BuildingNumber')),
    text('cbc:AdditionalStreetName'),
    texts('cac:AddressLine+/cbc:Line'),
  ),
  city: text('cbc:CityName'),
  postCode: text('cbc:PostalZone'),
  subdivision: text('cbc:CountrySubentity'),
  country: text('cac:Country/cbc:IdentificationCode'),
}

const PERIOD: Shape<Period> = { from: date('cbc:StartDate'), to: date('cbc:EndDate') }

/** The scheme of BT-90, the creditor identifier of a direct debit, among the identifiers of the seller or payee (EN 16931-3-2). */
const SEPA = 'SEPA'
const creditor = (party: string): Term<string> =>
  map(
    identifiers(`${party}/cac:PartyIdentification+/cbc:ID`, (scheme) => scheme === SEPA),
    (all) => all[0]?.id,
  )

const partyShape = (code: string, says: string): Shape<RawParty> => ({
  name: must(
    or(
      text('cac:PartyLegalEntity+/cbc:RegistrationName', 'cac:PartyName+/cbc:Name'),
      both(' ', text('cac:Person+/cbc:FirstName'), text('cac:Person+/cbc:FamilyName')),
      text('cac:PartyIdentification+/cbc:ID'),
    ),
    code,
    says,
  ),
  tradingName: text('cac:PartyName+/cbc:Name'),
  taxes: groups<TaxRegistration>(
    'cac:PartyTaxScheme+',
    {
      id: text('cbc:CompanyID'),
      scheme: text('cac:TaxScheme/cbc:ID', 'cac:TaxScheme/cbc:Name', 'cac:TaxScheme/cbc:TaxTypeCode'),
    },
    (raw) => raw,
  ),
  legalId: text('cac:PartyLegalEntity+/cbc:CompanyID'),
  legalScheme: text('cac:PartyLegalEntity+/cbc:CompanyID/@schemeID'),
  legalInformation: text('cac:PartyLegalEntity+/cbc:CompanyLegalForm'),
  ids: identifiers('cac:PartyIdentification+/cbc:ID', (scheme) => scheme !== SEPA),
  endpoint: identifier('cbc:EndpointID'),
  address: group('cac:PostalAddress', ADDRESS),
  contact: group<NonNullable<Party['contact']>>('cac:Contact', {
    name: text('cbc:Name'),
    phone: text('cbc:Telephone'),
    email: text('cbc:ElectronicMail'),
  }),
})

/** Tax schemes that are VAT: EN 16931's own name, that of Peppol's international model, and UN/ECE 5153 code 63 of OIOUBL ("Moms"). */
const VAT = new Set(['VAT', 'GST', '63', 'MOMS'])

/** A party that must be there: one sentence for its absence and for a nameless one. */
const requiredParty = (path: string, code: string, says: string): Must<Party> => must(optionalParty(path, code, says), code, says)

const optionalParty = (path: string, code: string, says: string): Term<Party> =>
  map(group(path, partyShape(code, says)), (raw) => partyOf(raw, VAT))

const TAX_KIND: Shape<TaxKind> = { category: text('cbc:ID'), rate: decimal('cbc:Percent') }

type RawAllowanceCharge = Omit<AllowanceCharge, 'taxCategory' | 'taxRate'> & { readonly taxKind?: TaxKind }

const ALLOWANCE_CHARGE: Shape<RawAllowanceCharge> = {
  kind: must(
    allowanceOrCharge('cbc:ChargeIndicator'),
    'bad-indicator',
    'An allowance or charge does not say which of the two it is (cbc:ChargeIndicator).',
  ),
  amount: must(amount('cbc:Amount'), 'bad-amount', 'An allowance or charge has no amount (cbc:Amount).'),
  base: amount('cbc:BaseAmount'),
  percentage: decimal('cbc:MultiplierFactorNumeric'),
  reason: text('cbc:AllowanceChargeReason+'),
  reasonCode: text('cbc:AllowanceChargeReasonCode'),
  taxKind: group('cac:TaxCategory+', TAX_KIND),
}

const allowancesCharges = groups<RawAllowanceCharge, AllowanceCharge>('cac:AllowanceCharge+', ALLOWANCE_CHARGE, ({ taxKind, ...rest }) => ({
  ...rest,
  ...taxed(taxKind),
}))

const PAYMENT_MEANS: Shape<RawPaymentMeans> = {
  code: text('cbc:PaymentMeansCode'),
  meansText: text('cbc:PaymentMeansCode/@name'),
  remittance: text('cbc:PaymentID+'),
  account: text('cac:PayeeFinancialAccount/cbc:ID'),
  accountName: text('cac:PayeeFinancialAccount/cbc:Name'),
  bic: text(
    'cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID',
    'cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cac:FinancialInstitution/cbc:ID',
  ),
  card: text('cac:CardAccount/cbc:PrimaryAccountNumberID'),
  cardHolder: text('cac:CardAccount/cbc:HolderName'),
  mandate: text('cac:PaymentMandate/cbc:ID'),
  debitedAccount: text('cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID'),
}

type RawSubtotal = Partial<TaxSubtotal> & { readonly currency?: string }

const SUBTOTAL: Shape<RawSubtotal> = {
  taxable: decimal('cbc:TaxableAmount'),
  tax: decimal('cbc:TaxAmount'),
  currency: text('cbc:TaxAmount/@currencyID', 'cbc:TaxableAmount/@currencyID'),
  category: text('cac:TaxCategory/cbc:ID', 'cac:TaxCategory/cac:TaxScheme/cbc:ID', 'cac:TaxCategory/cac:TaxScheme/cbc:Name'),
  rate: decimal('cac:TaxCategory/cbc:Percent', 'cbc:Percent'),
  exemptionReason: text('cac:TaxCategory/cbc:TaxExemptionReason+'),
  exemptionCode: text('cac:TaxCategory/cbc:TaxExemptionReasonCode'),
}

const taxTotals = groups<Omit<RawTaxTotal, 'at'>, RawTaxTotal>(
  'cac:TaxTotal+',
  {
    tax: decimal('cbc:TaxAmount'),
    currency: text('cbc:TaxAmount/@currencyID'),
    rows: groups('cac:TaxSubtotal+', SUBTOTAL, ({ currency: named, ...row }) => ({ row, currency: named })),
  },
  (raw, node) => ({ ...raw, at: node.at }),
)

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
const REFERENCE = 'cac:AdditionalDocumentReference+'

const referenceOf = (type: string): Term<Identified> =>
  map(
    groups<{ type?: string; id?: Identified }, Identified>(
      REFERENCE,
      { type: text('cbc:DocumentTypeCode'), id: identifier('cbc:ID') },
      (raw) => (raw.type === type ? raw.id : undefined),
    ),
    (all) => all[0],
  )

type RawAttachment = Partial<Omit<Attachment, 'bytes' | 'sha256'>> & {
  readonly type?: string
  readonly file?: Pick<Attachment, 'bytes' | 'sha256'>
}

const attachmentsBut = (...types: readonly string[]): Must<readonly Attachment[]> =>
  groups<RawAttachment, Attachment>(
    REFERENCE,
    {
      id: text('cbc:ID'),
      type: text('cbc:DocumentTypeCode'),
      description: text('cbc:DocumentDescription+'),
      fileName: text('cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename'),
      mediaType: text('cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@mimeCode'),
      url: text('cac:Attachment/cac:ExternalReference/cbc:URI'),
      file: embedded('cac:Attachment/cbc:EmbeddedDocumentBinaryObject'),
    },
    ({ id, type, file, ...rest }) => (id === undefined || types.includes(type ?? '') ? undefined : { id, ...rest, ...file }),
  )

const NO_PAYABLE = ['no-payable', 'The invoice does not say what is to be paid (cac:LegalMonetaryTotal/cbc:PayableAmount).'] as const

/** BT-21 stands before BT-22 as `#ADU#` (EN 16931-3-2). */
function noteOf(text: string): InvoiceDocument['notes'][number] | undefined {
  const [, subject, rest = ''] = /^#([A-Z]{3})#\s*([^]*)$/.exec(text) ?? []
  return subject !== undefined && rest !== '' ? { text: rest, subject } : text === '' ? undefined : { text }
}

/** Everything but the lines, which are read one by one. */
const headerOf = (own: Pick<Shape<RawHeader>, 'projectReference' | 'attachments'>): Must<RawHeader> =>
  record<RawHeader>({
    number: must(invoiceNumber('cbc:ID'), 'no-number', 'The invoice has no number (cbc:ID).'),
    issuedOn: must(date('cbc:IssueDate'), 'no-date', 'The invoice has no issue date (cbc:IssueDate).'),
    dueOn: date('cbc:DueDate', 'cac:PaymentMeans+/cbc:PaymentDueDate', 'cac:PaymentTerms+/cbc:PaymentDueDate'),
    currency: must(currency('cbc:DocumentCurrencyCode'), 'no-currency', 'The invoice has no currency (cbc:DocumentCurrencyCode).'),
    taxCurrency: currency('cbc:TaxCurrencyCode'),
    typeCode: text('cbc:InvoiceTypeCode', 'cbc:CreditNoteTypeCode'),
    taxPointOn: date('cbc:TaxPointDate'),
    taxPointCode: text('cac:InvoicePeriod+/cbc:DescriptionCode+'),
    customisation: text('cbc:CustomizationID'),
    process: text('cbc:ProfileID'),
    notes: each('cbc:Note+', undefined, (node) => noteOf(node.text.trim())),
    buyerReference: text('cbc:BuyerReference'),
    orderReference: text('cac:OrderReference/cbc:ID'),
    salesOrderReference: text('cac:OrderReference/cbc:SalesOrderID'),
    contractReference: text('cac:ContractDocumentReference+/cbc:ID'),
    tenderReference: text('cac:OriginatorDocumentReference+/cbc:ID'),
    invoicedObject: referenceOf('130'),
    receiptReference: text('cac:ReceiptDocumentReference+/cbc:ID'),
    despatchReference: text('cac:DespatchDocumentReference+/cbc:ID'),
    accountingReference: text('cbc:AccountingCost'),
    precedingInvoices: groups<{ number?: string; issuedOn?: string }, InvoiceDocument['precedingInvoices'][number]>(
      'cac:BillingReference+/cac:InvoiceDocumentReference',
      { number: text('cbc:ID'), issuedOn: date('cbc:IssueDate') },
      ({ number, issuedOn }) => (number === undefined ? undefined : { number, ...(issuedOn !== undefined && { issuedOn }) }),
    ),
    supplier: requiredParty(
      'cac:AccountingSupplierParty/cac:Party',
      'no-supplier',
      'The invoice names no supplier (cac:AccountingSupplierParty).',
    ),
    buyer: requiredParty('cac:AccountingCustomerParty/cac:Party', 'no-buyer', 'The invoice names no buyer (cac:AccountingCustomerParty).'),
    payee: optionalParty('cac:PayeeParty', 'no-payee', 'The payee has no name (cac:PayeeParty).'),
    taxRepresentative: optionalParty(
      'cac:TaxRepresentativeParty',
      'no-representative',
      'The tax representative has no name (cac:TaxRepresentativeParty).',
    ),
    delivery: group<NonNullable<InvoiceDocument['delivery']>>('cac:Delivery+', {
      name: text('cac:DeliveryParty/cac:PartyName+/cbc:Name', 'cac:DeliveryParty/cac:PartyLegalEntity+/cbc:RegistrationName'),
      location: identifier('cac:DeliveryLocation/cbc:ID'),
      deliveredOn: date('cbc:ActualDeliveryDate'),
      address: or(group('cac:DeliveryLocation/cac:Address', ADDRESS), group('cac:DeliveryAddress', ADDRESS)),
    }),
    period: group('cac:InvoicePeriod+', PERIOD),
    paymentMeans: groups<RawPaymentMeans>('cac:PaymentMeans+', PAYMENT_MEANS, (raw) => raw),
    payment: map(or(creditor('cac:AccountingSupplierParty/cac:Party'), creditor('cac:PayeeParty')), (creditorId) => ({ creditorId })),
    paymentTerms: lines(texts('cac:PaymentTerms+/cbc:Note+')),
    allowancesCharges,
    taxTotals,
    totals: must(
      group<RawTotals & Pick<Totals, 'payable'>>('cac:LegalMonetaryTotal', {
        ...TOTALS,
        payable: must(amount('cbc:PayableAmount'), ...NO_PAYABLE),
      }),
      ...NO_PAYABLE,
    ),
    ...own,
  })

const INVOICE = headerOf({ projectReference: text('cac:ProjectReference+/cbc:ID'), attachments: attachmentsBut('130') })
/** A credit note has no element for the project (BT-11), which is a reference of type 50. */
const CREDIT_NOTE = headerOf({ projectReference: map(referenceOf('50'), ({ id }) => id), attachments: attachmentsBut('130', '50') })

/** BT-147 and BT-148: an allowance on the price, no charge on it. */
const priceAllowance = (path: string): Term<string> =>
  map(
    groups<{ indicator?: string; amount?: string }, string>(
      'cac:Price/cac:AllowanceCharge+',
      { indicator: text('cbc:ChargeIndicator'), amount: amount(path) },
      ({ indicator, amount: value }) => (indicator === 'true' || indicator === '1' ? undefined : value),
    ),
    (all) => all[0],
  )

const NET = amount('cbc:LineExtensionAmount')
const NAME = text(
  'cac:Item/cbc:Name',
  'cac:Item/cbc:Description+',
  'cac:Item/cac:SellersItemIdentification/cbc:ID',
  'cac:Item/cac:BuyersItemIdentification/cbc:ID',
  'cac:Item/cac:StandardItemIdentification/cbc:ID',
  'cbc:Note+',
)

const ITEM: Shape<Omit<RawLine, 'net' | 'name' | 'parent'>> = {
  id: text('cbc:ID'),
  note: lines(texts('cbc:Note+')),
  quantity: decimal('cbc:InvoicedQuantity', 'cbc:CreditedQuantity'),
  unit: text('cbc:InvoicedQuantity/@unitCode', 'cbc:CreditedQuantity/@unitCode'),
  orderLine: text('cac:OrderLineReference+/cbc:LineID'),
  orderReference: text('cac:OrderLineReference+/cac:OrderReference/cbc:ID'),
  accountingReference: text('cbc:AccountingCost'),
  invoicedObject: map(
    groups<{ type?: string; id?: Identified }, Identified>(
      'cac:DocumentReference+',
      { type: text('cbc:DocumentTypeCode'), id: identifier('cbc:ID') },
      ({ type, id }) => (type === undefined || type === '130' ? id : undefined),
    ),
    (all) => all[0],
  ),
  period: group('cac:InvoicePeriod+', PERIOD),
  allowancesCharges,
  price: amount('cac:Price/cbc:PriceAmount'),
  priceQuantity: decimal('cac:Price/cbc:BaseQuantity'),
  priceUnit: text('cac:Price/cbc:BaseQuantity/@unitCode'),
  priceDiscount: priceAllowance('cbc:Amount'),
  grossPrice: priceAllowance('cbc:BaseAmount'),
  taxKind: or(group('cac:Item/cac:ClassifiedTaxCategory+', TAX_KIND), group('cac:TaxTotal+/cac:TaxSubtotal+/cac:TaxCategory', TAX_KIND)),
  description: lines(texts('cac:Item/cbc:Description+')),
  supplierItem: text('cac:Item/cac:SellersItemIdentification/cbc:ID'),
  buyerItem: text('cac:Item/cac:BuyersItemIdentification/cbc:ID'),
  standardItem: text('cac:Item/cac:StandardItemIdentification/cbc:ID'),
  standardItemScheme: text('cac:Item/cac:StandardItemIdentification/cbc:ID/@schemeID'),
  classifications: filled(
    groups<{ code?: string; list?: string; version?: string }, NonNullable<InvoiceLine['classifications']>[number]>(
      'cac:Item/cac:CommodityClassification+',
      {
        code: text('cbc:ItemClassificationCode'),
        list: text('cbc:ItemClassificationCode/@listID'),
        version: text('cbc:ItemClassificationCode/@listVersionID'),
      },
      ({ code, ...rest }) => (code === undefined ? undefined : { code, ...rest }),
    ),
  ),
  originCountry: text('cac:Item/cac:OriginCountry/cbc:IdentificationCode'),
  attributes: filled(
    groups<{ name?: string; value?: string }, { name: string; value: string }>(
      'cac:Item/cac:AdditionalItemProperty+',
      { name: text('cbc:Name'), value: text('cbc:Value') },
      ({ name, value }) => (name === undefined || value === undefined ? undefined : { name, value }),
    ),
  ),
}

const LINE = record<Omit<RawLine, 'parent'>>({
  ...ITEM,
  net: must(NET, 'no-line-amount', 'A line has no amount (cbc:LineExtensionAmount).'),
  name: must(NAME, 'no-line-name', 'A line does not say what it is for (cac:Item/cbc:Name).'),
})

/** XRechnung's extension (BG-DEX-01): a line in a line, also several levels deep. Their amounts are in that of the line around them. */
const PART = record<Partial<Omit<RawLine, 'parent'>>>({ ...ITEM, net: NET, name: NAME, allowancesCharges: filled(allowancesCharges) })
const PARTS = ['SubInvoiceLine', 'SubCreditNoteLine']

function partsOf(node: XmlNode, parent: string | undefined, to: Report): SubLine[] {
  return node.children
    .filter(({ uri, local, children }) => uri === CAC && PARTS.includes(local) && children.length > 0)
    .flatMap((child): SubLine[] => {
      const { taxKind, ...part } = PART.read(child, to)
      return [{ role: 'part', ...part, ...taxed(taxKind), ...(parent !== undefined && { parent }) }, ...partsOf(child, part.id, to)]
    })
}

const LINES: Must<RawLines> = {
  always: true,
  reach: (plan) => {
    LINE.reach(plan)
    const part = newPlan()
    PART.reach(part)
    for (const above of [plan, part]) for (const local of PARTS) joinPlan(above, CAC, local, part)
  },
  read: (node, to) => {
    const line = LINE.read(node, to)
    return { line, subLines: partsOf(node, line.id, to) }
  },
}

const figuresOf = (line: string): Must<RawFigures> =>
  record<RawFigures>({
    currency: text('cbc:DocumentCurrencyCode'),
    allowancesCharges,
    taxTotals,
    totals: group('cac:LegalMonetaryTotal', TOTALS),
    lines: groups<{ net?: string; taxKind?: TaxKind }>(
      line,
      { net: NET, taxKind: group('cac:Item/cac:ClassifiedTaxCategory+', TAX_KIND) },
      (raw) => raw,
    ),
  })

/** The two documents of UBL 2 that are read; every 2.x shares these namespaces. */
export const UBL: readonly Syntax[] = [
  {
    name: 'UBL',
    uri: 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2',
    local: 'Invoice',
    kind: 'invoice',
    header: INVOICE,
    linesAt: planAt('cac:InvoiceLine'),
    line: LINES,
    figures: figuresOf('cac:InvoiceLine+'),
  },
  {
    name: 'UBL',
    uri: 'urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2',
    local: 'CreditNote',
    kind: 'credit-note',
    header: CREDIT_NOTE,
    linesAt: planAt('cac:CreditNoteLine'),
    line: LINES,
    figures: figuresOf('cac:CreditNoteLine+'),
  },
]
