/**
 * An invoice written in UBL, as EN 16931-3-2 binds the terms: for comparing what was written with what is read.
 * `files` are the contents of attachments by their SHA-256.
 */
import type { Address, AllowanceCharge, Identified, InvoiceDocument, InvoiceLine, Party } from '../src/domain/invoice-document.ts'
import { base64, each, group, identified, text } from './write-elements.ts'

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
