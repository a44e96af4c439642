/**
 * An invoice written in CII, as EN 16931-3-3 binds the terms: for comparing what was written with what is read.
 * `files` are the contents of attachments by their SHA-256.
 */
import type { Address, AllowanceCharge, Identified, InvoiceDocument, InvoiceLine, Party } from '../src/domain/invoice-document.ts'
import { base64, each, group, identified, text } from './write-elements.ts'

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
