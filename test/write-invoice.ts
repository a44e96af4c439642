import type { Address, AllowanceCharge, Identified, InvoiceDocument, InvoiceLine, Party } from '../src/domain/invoice-document.ts'

/**
 * An invoice written in either syntax, as EN 16931-3-2 and -3-3 bind the terms: for comparing what was written with what is read.
 * `files` are the contents of attachments by their SHA-256.
 */
type Attributes = Readonly<Record<string, string | undefined>>

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function text(name: string, value: string | undefined, attributes: Attributes = {}): string {
  const said = Object.entries(attributes)
    .map(([key, of]) => (of === undefined ? '' : ` ${key}="${escaped(of)}"`))
    .join('')
  return value === undefined ? '' : `<${name}${said}>${escaped(value)}</${name}>`
}

function group(name: string, ...children: readonly string[]): string {
  const inside = children.join('')
  return inside === '' ? '' : `<${name}>${inside}</${name}>`
}

const each = <T>(all: readonly T[] | undefined, write: (one: T) => string): string => (all ?? []).map(write).join('')
const identified = (name: string, value: Identified | undefined): string => text(name, value?.id, { schemeID: value?.scheme })

export function writeUbl(invoice: InvoiceDocument, files: ReadonlyMap<string, Uint8Array>): string {
  const credit = invoice.kind === 'credit-note'
  const root = credit ? 'CreditNote' : 'Invoice'
  const creditor = invoice.paymentMeans.find(({ creditorId }) => creditorId !== undefined)?.creditorId
  const amount = (name: string, value: string | undefined, currency = invoice.currency): string =>
    text(`cbc:${name}`, value, { currencyID: currency })
  const address = (name: string, of: Address | undefined): string =>
    of === undefined
      ? ''
      : group(
          name,
          text('cbc:StreetName', of.lines[0]),
          text('cbc:AdditionalStreetName', of.lines[1]),
          text('cbc:CityName', of.city),
          text('cbc:PostalZone', of.postCode),
          text('cbc:CountrySubentity', of.subdivision),
          group('cac:AddressLine', text('cbc:Line', of.lines[2])),
          group('cac:Country', text('cbc:IdentificationCode', of.country)),
        )
  const registered = (id: string | undefined, scheme: string): string =>
    id === undefined ? '' : group('cac:PartyTaxScheme', text('cbc:CompanyID', id), group('cac:TaxScheme', text('cbc:ID', scheme)))
  const party = (name: string, of: Party, inside: (content: string) => string, more = ''): string =>
    group(
      name,
      inside(
        [
          identified('cbc:EndpointID', of.endpoint),
          each(of.ids, (id) => group('cac:PartyIdentification', identified('cbc:ID', id))),
          more,
          group('cac:PartyName', text('cbc:Name', of.tradingName)),
          address('cac:PostalAddress', of.address),
          registered(of.vatId, 'VAT'),
          registered(of.taxId, 'FC'),
          group(
            'cac:PartyLegalEntity',
            text('cbc:RegistrationName', of.name),
            text('cbc:CompanyID', of.legalId, { schemeID: of.legalScheme }),
            text('cbc:CompanyLegalForm', of.legalInformation),
          ),
          group(
            'cac:Contact',
            text('cbc:Name', of.contact?.name),
            text('cbc:Telephone', of.contact?.phone),
            text('cbc:ElectronicMail', of.contact?.email),
          ),
        ].join(''),
      ),
    )
  const wrapped = (content: string): string => group('cac:Party', content)
  const bare = (content: string): string => content
  const category = (name: string, id: string | undefined, rate: string | undefined, ...more: readonly string[]): string =>
    id === undefined
      ? ''
      : group(name, text('cbc:ID', id), text('cbc:Percent', rate), ...more, group('cac:TaxScheme', text('cbc:ID', 'VAT')))
  const allowanceCharge = (of: AllowanceCharge): string =>
    group(
      'cac:AllowanceCharge',
      text('cbc:ChargeIndicator', String(of.kind === 'charge')),
      text('cbc:AllowanceChargeReasonCode', of.reasonCode),
      text('cbc:AllowanceChargeReason', of.reason),
      text('cbc:MultiplierFactorNumeric', of.percentage),
      amount('Amount', of.amount),
      amount('BaseAmount', of.base),
      category('cac:TaxCategory', of.taxCategory, of.taxRate),
    )
  const reference = (name: string, id: string | undefined): string => group(name, text('cbc:ID', id))
  const typed = (type: string, id: Identified | undefined): string =>
    id === undefined ? '' : group('cac:AdditionalDocumentReference', identified('cbc:ID', id), text('cbc:DocumentTypeCode', type))
  const line = (of: InvoiceLine): string =>
    group(
      `cac:${root}Line`,
      text('cbc:ID', of.id),
      text('cbc:Note', of.note),
      text(credit ? 'cbc:CreditedQuantity' : 'cbc:InvoicedQuantity', of.quantity, { unitCode: of.unit }),
      amount('LineExtensionAmount', of.net),
      text('cbc:AccountingCost', of.accountingReference),
      group('cac:InvoicePeriod', text('cbc:StartDate', of.period?.from), text('cbc:EndDate', of.period?.to)),
      group('cac:OrderLineReference', text('cbc:LineID', of.orderLine), reference('cac:OrderReference', of.orderReference)),
      of.invoicedObject === undefined
        ? ''
        : group('cac:DocumentReference', identified('cbc:ID', of.invoicedObject), text('cbc:DocumentTypeCode', '130')),
      each(of.allowancesCharges, allowanceCharge),
      group(
        'cac:Item',
        text('cbc:Description', of.description),
        text('cbc:Name', of.name),
        reference('cac:BuyersItemIdentification', of.buyerItem),
        reference('cac:SellersItemIdentification', of.supplierItem),
        group('cac:StandardItemIdentification', text('cbc:ID', of.standardItem, { schemeID: of.standardItemScheme })),
        group('cac:OriginCountry', text('cbc:IdentificationCode', of.originCountry)),
        each(of.classifications, ({ code, list, version }) =>
          group('cac:CommodityClassification', text('cbc:ItemClassificationCode', code, { listID: list, listVersionID: version })),
        ),
        category('cac:ClassifiedTaxCategory', of.taxCategory, of.taxRate),
        each(of.attributes, (one) => group('cac:AdditionalItemProperty', text('cbc:Name', one.name), text('cbc:Value', one.value))),
      ),
      group(
        'cac:Price',
        amount('PriceAmount', of.price),
        text('cbc:BaseQuantity', of.priceQuantity, { unitCode: of.priceUnit }),
        of.grossPrice === undefined
          ? ''
          : group(
              'cac:AllowanceCharge',
              text('cbc:ChargeIndicator', 'false'),
              amount('Amount', of.priceDiscount),
              amount('BaseAmount', of.grossPrice),
            ),
      ),
    )
  const { totals, delivery } = invoice
  return `<${root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:${root}-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">${[
    text('cbc:CustomizationID', invoice.customisation),
    text('cbc:ProfileID', invoice.process),
    text('cbc:ID', invoice.number),
    text('cbc:IssueDate', invoice.issuedOn),
    credit ? '' : text('cbc:DueDate', invoice.dueOn),
    text(`cbc:${root}TypeCode`, invoice.typeCode),
    each(invoice.notes, (note) => text('cbc:Note', note.subject === undefined ? note.text : `#${note.subject}#${note.text}`)),
    text('cbc:TaxPointDate', invoice.taxPointOn),
    text('cbc:DocumentCurrencyCode', invoice.currency),
    text('cbc:TaxCurrencyCode', invoice.taxCurrency),
    text('cbc:AccountingCost', invoice.accountingReference),
    text('cbc:BuyerReference', invoice.buyerReference),
    group(
      'cac:InvoicePeriod',
      text('cbc:StartDate', invoice.period?.from),
      text('cbc:EndDate', invoice.period?.to),
      text('cbc:DescriptionCode', invoice.taxPointCode),
    ),
    group('cac:OrderReference', text('cbc:ID', invoice.orderReference), text('cbc:SalesOrderID', invoice.salesOrderReference)),
    each(invoice.precedingInvoices, (one) =>
      group('cac:BillingReference', group('cac:InvoiceDocumentReference', text('cbc:ID', one.number), text('cbc:IssueDate', one.issuedOn))),
    ),
    reference('cac:DespatchDocumentReference', invoice.despatchReference),
    reference('cac:ReceiptDocumentReference', invoice.receiptReference),
    reference('cac:OriginatorDocumentReference', invoice.tenderReference),
    reference('cac:ContractDocumentReference', invoice.contractReference),
    typed('130', invoice.invoicedObject),
    credit ? typed('50', invoice.projectReference === undefined ? undefined : { id: invoice.projectReference }) : '',
    each(invoice.attachments, (one) =>
      group(
        'cac:AdditionalDocumentReference',
        text('cbc:ID', one.id),
        text('cbc:DocumentDescription', one.description),
        group(
          'cac:Attachment',
          text('cbc:EmbeddedDocumentBinaryObject', base64(files, one.sha256), { mimeCode: one.mediaType, filename: one.fileName }),
          group('cac:ExternalReference', text('cbc:URI', one.url)),
        ),
      ),
    ),
    credit ? '' : reference('cac:ProjectReference', invoice.projectReference),
    party(
      'cac:AccountingSupplierParty',
      invoice.supplier,
      wrapped,
      group('cac:PartyIdentification', text('cbc:ID', creditor, { schemeID: 'SEPA' })),
    ),
    party('cac:AccountingCustomerParty', invoice.buyer, wrapped),
    invoice.payee ? party('cac:PayeeParty', invoice.payee, bare) : '',
    invoice.taxRepresentative ? party('cac:TaxRepresentativeParty', invoice.taxRepresentative, bare) : '',
    group(
      'cac:Delivery',
      text('cbc:ActualDeliveryDate', delivery?.deliveredOn),
      group('cac:DeliveryLocation', identified('cbc:ID', delivery?.location), address('cac:Address', delivery?.address)),
      group('cac:DeliveryParty', group('cac:PartyName', text('cbc:Name', delivery?.name))),
    ),
    each(invoice.paymentMeans, (of) =>
      group(
        'cac:PaymentMeans',
        text('cbc:PaymentMeansCode', of.code, { name: of.meansText }),
        credit ? text('cbc:PaymentDueDate', invoice.dueOn) : '',
        text('cbc:PaymentID', of.remittance),
        group('cac:CardAccount', text('cbc:PrimaryAccountNumberID', of.card), text('cbc:HolderName', of.cardHolder)),
        group(
          'cac:PayeeFinancialAccount',
          text('cbc:ID', of.account),
          text('cbc:Name', of.accountName),
          group('cac:FinancialInstitutionBranch', text('cbc:ID', of.bic)),
        ),
        group('cac:PaymentMandate', text('cbc:ID', of.mandate), group('cac:PayerFinancialAccount', text('cbc:ID', of.debitedAccount))),
      ),
    ),
    group('cac:PaymentTerms', text('cbc:Note', invoice.paymentTerms)),
    each(invoice.allowancesCharges, allowanceCharge),
    invoice.totals.taxInTaxCurrency === undefined
      ? ''
      : group('cac:TaxTotal', amount('TaxAmount', totals.taxInTaxCurrency, invoice.taxCurrency)),
    group(
      'cac:TaxTotal',
      amount('TaxAmount', totals.tax),
      each(invoice.taxBreakdown, (row) =>
        group(
          'cac:TaxSubtotal',
          amount('TaxableAmount', row.taxable),
          amount('TaxAmount', row.tax),
          category(
            'cac:TaxCategory',
            row.category,
            row.rate,
            text('cbc:TaxExemptionReasonCode', row.exemptionCode),
            text('cbc:TaxExemptionReason', row.exemptionReason),
          ),
        ),
      ),
    ),
    group(
      'cac:LegalMonetaryTotal',
      amount('LineExtensionAmount', totals.lines),
      amount('TaxExclusiveAmount', totals.taxExclusive),
      amount('TaxInclusiveAmount', totals.taxInclusive),
      amount('AllowanceTotalAmount', totals.allowances),
      amount('ChargeTotalAmount', totals.charges),
      amount('PrepaidAmount', totals.prepaid),
      amount('PayableRoundingAmount', totals.rounding),
      amount('PayableAmount', totals.payable),
    ),
    each(invoice.lines, line),
  ].join('')}</${root}>`
}

export function writeCii(invoice: InvoiceDocument, files: ReadonlyMap<string, Uint8Array>): string {
  const date = (name: string, day: string | undefined, inner = 'udt:DateTimeString'): string =>
    group(name, text(inner, day?.replaceAll('-', ''), { format: '102' }))
  const address = (of: Address | undefined): string =>
    of === undefined
      ? ''
      : group(
          'ram:PostalTradeAddress',
          text('ram:PostcodeCode', of.postCode),
          text('ram:LineOne', of.lines[0]),
          text('ram:LineTwo', of.lines[1]),
          text('ram:LineThree', of.lines[2]),
          text('ram:CityName', of.city),
          text('ram:CountryID', of.country),
          text('ram:CountrySubDivisionName', of.subdivision),
        )
  const id = (of: Identified | undefined): string =>
    of === undefined ? '' : identified(of.scheme === undefined ? 'ram:ID' : 'ram:GlobalID', of)
  const registered = (number: string | undefined, schemeID: string): string =>
    group('ram:SpecifiedTaxRegistration', text('ram:ID', number, { schemeID }))
  const party = (name: string, of: Party | undefined): string =>
    of === undefined
      ? ''
      : group(
          name,
          each(of.ids, id),
          text('ram:Name', of.name),
          text('ram:Description', of.legalInformation),
          group(
            'ram:SpecifiedLegalOrganization',
            text('ram:ID', of.legalId, { schemeID: of.legalScheme }),
            text('ram:TradingBusinessName', of.tradingName),
          ),
          group(
            'ram:DefinedTradeContact',
            text('ram:PersonName', of.contact?.name),
            group('ram:TelephoneUniversalCommunication', text('ram:CompleteNumber', of.contact?.phone)),
            group('ram:EmailURIUniversalCommunication', text('ram:URIID', of.contact?.email)),
          ),
          address(of.address),
          group('ram:URIUniversalCommunication', identified('ram:URIID', of.endpoint)),
          registered(of.vatId, 'VA'),
          registered(of.taxId, 'FC'),
        )
  const period = (of: InvoiceDocument['period']): string =>
    group('ram:BillingSpecifiedPeriod', date('ram:StartDateTime', of?.from), date('ram:EndDateTime', of?.to))
  const tax = (category: string | undefined, rate: string | undefined): string =>
    category === undefined
      ? ''
      : `${text('ram:TypeCode', 'VAT')}${text('ram:CategoryCode', category)}${text('ram:RateApplicablePercent', rate)}`
  const allowanceCharge = (of: AllowanceCharge): string =>
    group(
      'ram:SpecifiedTradeAllowanceCharge',
      group('ram:ChargeIndicator', text('udt:Indicator', String(of.kind === 'charge'))),
      text('ram:CalculationPercent', of.percentage),
      text('ram:BasisAmount', of.base),
      text('ram:ActualAmount', of.amount),
      text('ram:ReasonCode', of.reasonCode),
      text('ram:Reason', of.reason),
      group('ram:CategoryTradeTax', tax(of.taxCategory, of.taxRate)),
    )
  const reference = (name: string, number: string | undefined): string => group(name, text('ram:IssuerAssignedID', number))
  const typed = (type: string, of: Identified | undefined): string =>
    of === undefined
      ? ''
      : group(
          'ram:AdditionalReferencedDocument',
          text('ram:IssuerAssignedID', of.id),
          text('ram:TypeCode', type),
          text('ram:ReferenceTypeCode', of.scheme),
        )
  const account = (number: string | undefined): string => group('ram:ReceivableSpecifiedTradeAccountingAccount', text('ram:ID', number))
  const line = (of: InvoiceLine): string =>
    group(
      'ram:IncludedSupplyChainTradeLineItem',
      group('ram:AssociatedDocumentLineDocument', text('ram:LineID', of.id), group('ram:IncludedNote', text('ram:Content', of.note))),
      group(
        'ram:SpecifiedTradeProduct',
        text('ram:GlobalID', of.standardItem, { schemeID: of.standardItemScheme }),
        text('ram:SellerAssignedID', of.supplierItem),
        text('ram:BuyerAssignedID', of.buyerItem),
        text('ram:Name', of.name),
        text('ram:Description', of.description),
        each(of.attributes, (one) =>
          group('ram:ApplicableProductCharacteristic', text('ram:Description', one.name), text('ram:Value', one.value)),
        ),
        each(of.classifications, ({ code, list, version }) =>
          group('ram:DesignatedProductClassification', text('ram:ClassCode', code, { listID: list, listVersionID: version })),
        ),
        group('ram:OriginTradeCountry', text('ram:ID', of.originCountry)),
      ),
      group(
        'ram:SpecifiedLineTradeAgreement',
        group('ram:BuyerOrderReferencedDocument', text('ram:IssuerAssignedID', of.orderReference), text('ram:LineID', of.orderLine)),
        group(
          'ram:GrossPriceProductTradePrice',
          text('ram:ChargeAmount', of.grossPrice),
          of.priceDiscount === undefined
            ? ''
            : group(
                'ram:AppliedTradeAllowanceCharge',
                group('ram:ChargeIndicator', text('udt:Indicator', 'false')),
                text('ram:ActualAmount', of.priceDiscount),
              ),
        ),
        group(
          'ram:NetPriceProductTradePrice',
          text('ram:ChargeAmount', of.price),
          text('ram:BasisQuantity', of.priceQuantity, { unitCode: of.priceUnit }),
        ),
      ),
      group('ram:SpecifiedLineTradeDelivery', text('ram:BilledQuantity', of.quantity, { unitCode: of.unit })),
      group(
        'ram:SpecifiedLineTradeSettlement',
        group('ram:ApplicableTradeTax', tax(of.taxCategory, of.taxRate)),
        period(of.period),
        each(of.allowancesCharges, allowanceCharge),
        group('ram:SpecifiedTradeSettlementLineMonetarySummation', text('ram:LineTotalAmount', of.net)),
        typed('130', of.invoicedObject),
        account(of.accountingReference),
      ),
    )
  const { totals, delivery } = invoice
  const [means] = invoice.paymentMeans
  const TAX_POINT = new Map([
    ['3', '5'],
    ['35', '29'],
    ['432', '72'],
  ])
  return `<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">${[
    group(
      'rsm:ExchangedDocumentContext',
      group('ram:BusinessProcessSpecifiedDocumentContextParameter', text('ram:ID', invoice.process)),
      group('ram:GuidelineSpecifiedDocumentContextParameter', text('ram:ID', invoice.customisation)),
    ),
    group(
      'rsm:ExchangedDocument',
      text('ram:ID', invoice.number),
      text('ram:TypeCode', invoice.typeCode),
      date('ram:IssueDateTime', invoice.issuedOn),
      each(invoice.notes, (note) => group('ram:IncludedNote', text('ram:Content', note.text), text('ram:SubjectCode', note.subject))),
    ),
    group(
      'rsm:SupplyChainTradeTransaction',
      each(invoice.lines, line),
      group(
        'ram:ApplicableHeaderTradeAgreement',
        text('ram:BuyerReference', invoice.buyerReference),
        party('ram:SellerTradeParty', invoice.supplier),
        party('ram:BuyerTradeParty', invoice.buyer),
        party('ram:SellerTaxRepresentativeTradeParty', invoice.taxRepresentative),
        reference('ram:SellerOrderReferencedDocument', invoice.salesOrderReference),
        reference('ram:BuyerOrderReferencedDocument', invoice.orderReference),
        reference('ram:ContractReferencedDocument', invoice.contractReference),
        typed('50', invoice.tenderReference === undefined ? undefined : { id: invoice.tenderReference }),
        typed('130', invoice.invoicedObject),
        each(invoice.attachments, (one) =>
          group(
            'ram:AdditionalReferencedDocument',
            text('ram:IssuerAssignedID', one.id),
            text('ram:URIID', one.url),
            text('ram:TypeCode', '916'),
            text('ram:Name', one.description),
            text('ram:AttachmentBinaryObject', base64(files, one.sha256), { mimeCode: one.mediaType, filename: one.fileName }),
          ),
        ),
        group('ram:SpecifiedProcuringProject', text('ram:ID', invoice.projectReference)),
      ),
      group(
        'ram:ApplicableHeaderTradeDelivery',
        group('ram:ShipToTradeParty', id(delivery?.location), text('ram:Name', delivery?.name), address(delivery?.address)),
        group('ram:ActualDeliverySupplyChainEvent', date('ram:OccurrenceDateTime', delivery?.deliveredOn)),
        reference('ram:DespatchAdviceReferencedDocument', invoice.despatchReference),
        reference('ram:ReceivingAdviceReferencedDocument', invoice.receiptReference),
      ),
      group(
        'ram:ApplicableHeaderTradeSettlement',
        text('ram:CreditorReferenceID', means?.creditorId),
        text('ram:PaymentReference', means?.remittance),
        text('ram:TaxCurrencyCode', invoice.taxCurrency),
        text('ram:InvoiceCurrencyCode', invoice.currency),
        party('ram:PayeeTradeParty', invoice.payee),
        each(invoice.paymentMeans, (of) =>
          group(
            'ram:SpecifiedTradeSettlementPaymentMeans',
            text('ram:TypeCode', of.code),
            text('ram:Information', of.meansText),
            group('ram:ApplicableTradeSettlementFinancialCard', text('ram:ID', of.card), text('ram:CardholderName', of.cardHolder)),
            group('ram:PayerPartyDebtorFinancialAccount', text('ram:IBANID', of.debitedAccount)),
            group('ram:PayeePartyCreditorFinancialAccount', text('ram:IBANID', of.account), text('ram:AccountName', of.accountName)),
            group('ram:PayeeSpecifiedCreditorFinancialInstitution', text('ram:BICID', of.bic)),
          ),
        ),
        each(invoice.taxBreakdown, (row) =>
          group(
            'ram:ApplicableTradeTax',
            text('ram:CalculatedAmount', row.tax),
            text('ram:TypeCode', 'VAT'),
            text('ram:ExemptionReason', row.exemptionReason),
            text('ram:BasisAmount', row.taxable),
            text('ram:CategoryCode', row.category),
            text('ram:ExemptionReasonCode', row.exemptionCode),
            date('ram:TaxPointDate', invoice.taxPointOn, 'udt:DateString'),
            text('ram:DueDateTypeCode', TAX_POINT.get(invoice.taxPointCode ?? '')),
            text('ram:RateApplicablePercent', row.rate),
          ),
        ),
        period(invoice.period),
        each(invoice.allowancesCharges, allowanceCharge),
        group(
          'ram:SpecifiedTradePaymentTerms',
          text('ram:Description', invoice.paymentTerms),
          date('ram:DueDateDateTime', invoice.dueOn),
          text('ram:DirectDebitMandateID', means?.mandate),
        ),
        group(
          'ram:SpecifiedTradeSettlementHeaderMonetarySummation',
          text('ram:LineTotalAmount', totals.lines),
          text('ram:ChargeTotalAmount', totals.charges),
          text('ram:AllowanceTotalAmount', totals.allowances),
          text('ram:TaxBasisTotalAmount', totals.taxExclusive),
          text('ram:TaxTotalAmount', totals.tax, { currencyID: invoice.currency }),
          text('ram:TaxTotalAmount', totals.taxInTaxCurrency, { currencyID: invoice.taxCurrency }),
          text('ram:RoundingAmount', totals.rounding),
          text('ram:GrandTotalAmount', totals.taxInclusive),
          text('ram:TotalPrepaidAmount', totals.prepaid),
          text('ram:DuePayableAmount', totals.payable),
        ),
        each(invoice.precedingInvoices, (one) =>
          group(
            'ram:InvoiceReferencedDocument',
            text('ram:IssuerAssignedID', one.number),
            date('ram:FormattedIssueDateTime', one.issuedOn, 'qdt:DateTimeString'),
          ),
        ),
        account(invoice.accountingReference),
      ),
    ),
  ].join('')}</rsm:CrossIndustryInvoice>`
}

function base64(files: ReadonlyMap<string, Uint8Array>, sha256: string | undefined): string | undefined {
  const file = sha256 === undefined ? undefined : files.get(sha256)
  return file && btoa(String.fromCharCode(...file))
}
