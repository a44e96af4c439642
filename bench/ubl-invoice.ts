/** A made-up UBL invoice as text: every group of EN 16931, figures that agree, about 1 KB a line. */
export function ublInvoice({ lines = 16, number = 'F-2026-0001' }: { lines?: number; number?: string } = {}): string {
  return [...ublInvoiceParts({ lines, number })].join('')
}

/** The same in parts, for an invoice too long for one text. */
export function* ublInvoiceParts({ lines, number }: { lines: number; number: string }): Generator<string> {
  const cents = (value: number): string => `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`
  const net = (at: number): number => 1_000 + (at % 97) * 13
  // Every line in the standard rate; an allowance of 10.00 and a charge of 4.00, both in it too.
  let sum = 0
  for (let at = 1; at <= lines; at++) sum += net(at)
  const taxable = sum - 1_000 + 400
  const tax = Math.round((taxable * 19) / 100)
  const amount = (name: string, value: number): string => `<cbc:${name} currencyID="EUR">${cents(value)}</cbc:${name}>`
  const category = (tag: string): string =>
    `<cac:${tag}><cbc:ID>S</cbc:ID><cbc:Percent>19.00</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:${tag}>`
  const address = (street: string, city: string): string => `
      <cac:PostalAddress>
        <cbc:StreetName>${street}</cbc:StreetName>
        <cbc:AdditionalStreetName>Entrance B</cbc:AdditionalStreetName>
        <cbc:CityName>${city}</cbc:CityName>
        <cbc:PostalZone>10115</cbc:PostalZone>
        <cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country>
      </cac:PostalAddress>`
  const party = (name: string, vat: string, gln: string): string => `
    <cac:Party>
      <cbc:EndpointID schemeID="0088">${gln}</cbc:EndpointID>
      <cac:PartyIdentification><cbc:ID schemeID="0088">${gln}</cbc:ID></cac:PartyIdentification>
      <cac:PartyName><cbc:Name>${name}</cbc:Name></cac:PartyName>${address('Long Street 1', 'Berlin')}
      <cac:PartyTaxScheme><cbc:CompanyID>${vat}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
      <cac:PartyLegalEntity><cbc:RegistrationName>${name} GmbH &amp; Co. KG</cbc:RegistrationName><cbc:CompanyID>HRB 12345</cbc:CompanyID></cac:PartyLegalEntity>
      <cac:Contact><cbc:Name>Accounts</cbc:Name><cbc:Telephone>+49 30 000000</cbc:Telephone><cbc:ElectronicMail>accounts@example.com</cbc:ElectronicMail></cac:Contact>
    </cac:Party>`
  const allowanceCharge = (charge: boolean, value: number): string => `
  <cac:AllowanceCharge>
    <cbc:ChargeIndicator>${charge}</cbc:ChargeIndicator>
    <cbc:AllowanceChargeReason>${charge ? 'Freight' : 'Loyal customer'}</cbc:AllowanceChargeReason>
    ${amount('Amount', value)}
    ${category('TaxCategory')}
  </cac:AllowanceCharge>`
  yield `<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
  <cbc:ID>${number}</cbc:ID>
  <cbc:IssueDate>2026-03-01</cbc:IssueDate>
  <cbc:DueDate>2026-03-31</cbc:DueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:Note>Grüße aus Berlin: 5 % &lt; 6 %</cbc:Note>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cbc:BuyerReference>04011000-12345-03</cbc:BuyerReference>
  <cac:OrderReference><cbc:ID>PO-4711</cbc:ID></cac:OrderReference>
  <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>F-2025-0999</cbc:ID><cbc:IssueDate>2025-12-01</cbc:IssueDate></cac:InvoiceDocumentReference></cac:BillingReference>
  <cac:AdditionalDocumentReference><cbc:ID>TS-1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="times.csv">YSxiCjEsMgo=</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>
  <cac:AccountingSupplierParty>${party('Nordlicht', 'DE123456789', '4012345000009')}
  </cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>${party('Südwind', 'DE987654321', '4098765000004')}
  </cac:AccountingCustomerParty>
  <cac:Delivery>
    <cbc:ActualDeliveryDate>2026-02-27</cbc:ActualDeliveryDate>
    <cac:DeliveryLocation><cac:Address><cbc:CityName>Hamburg</cbc:CityName><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country></cac:Address></cac:DeliveryLocation>
  </cac:Delivery>
  <cac:PaymentMeans>
    <cbc:PaymentMeansCode name="SEPA credit transfer">58</cbc:PaymentMeansCode>
    <cbc:PaymentID>${number}</cbc:PaymentID>
    <cac:PayeeFinancialAccount><cbc:ID>DE75512108001245126199</cbc:ID><cbc:Name>Nordlicht</cbc:Name></cac:PayeeFinancialAccount>
  </cac:PaymentMeans>
  <cac:PaymentTerms><cbc:Note>30 days</cbc:Note></cac:PaymentTerms>${allowanceCharge(false, 1_000)}${allowanceCharge(true, 400)}
  <cac:TaxTotal>
    ${amount('TaxAmount', tax)}
    <cac:TaxSubtotal>${amount('TaxableAmount', taxable)}${amount('TaxAmount', tax)}${category('TaxCategory')}</cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    ${amount('LineExtensionAmount', sum)}
    ${amount('TaxExclusiveAmount', taxable)}
    ${amount('TaxInclusiveAmount', taxable + tax)}
    ${amount('AllowanceTotalAmount', 1_000)}
    ${amount('ChargeTotalAmount', 400)}
    ${amount('PayableAmount', taxable + tax)}
  </cac:LegalMonetaryTotal>`
  for (let at = 1; at <= lines; at++) {
    yield `
  <cac:InvoiceLine>
    <cbc:ID>${at}</cbc:ID>
    <cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>
    ${amount('LineExtensionAmount', net(at))}
    <cac:InvoicePeriod><cbc:StartDate>2026-02-01</cbc:StartDate><cbc:EndDate>2026-02-28</cbc:EndDate></cac:InvoicePeriod>
    <cac:OrderLineReference><cbc:LineID>${at * 10}</cbc:LineID></cac:OrderLineReference>
    <cac:Item>
      <cbc:Description>Part number ${at}, galvanised, with washers and nuts</cbc:Description>
      <cbc:Name>Part ${at}</cbc:Name>
      <cac:SellersItemIdentification><cbc:ID>N-${at}</cbc:ID></cac:SellersItemIdentification>
      <cac:CommodityClassification><cbc:ItemClassificationCode listID="STI">23-11-17</cbc:ItemClassificationCode></cac:CommodityClassification>
      ${category('ClassifiedTaxCategory')}
    </cac:Item>
    <cac:Price>${amount('PriceAmount', net(at))}</cac:Price>
  </cac:InvoiceLine>`
  }
  yield '\n</Invoice>\n'
}
