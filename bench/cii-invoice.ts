/** The invoice of ubl-invoice.ts as a UN/CEFACT CrossIndustryInvoice: the same terms, figures and order of lines. */
export function ciiInvoice({ lines = 16, number = 'F-2026-0001' }: { lines?: number; number?: string } = {}): string {
  return [...ciiInvoiceParts({ lines, number })].join('')
}

/** The same in parts, for an invoice too long for one text. */
export function* ciiInvoiceParts({ lines, number }: { lines: number; number: string }): Generator<string> {
  const cents = (value: number): string => `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`
  const net = (at: number): number => 1_000 + (at % 97) * 13
  let sum = 0
  for (let at = 1; at <= lines; at++) sum += net(at)
  const taxable = sum - 1_000 + 400
  const tax = Math.round((taxable * 19) / 100)
  const amount = (name: string, value: number): string => `<ram:${name}>${cents(value)}</ram:${name}>`
  const day = (written: string): string => `<udt:DateTimeString format="102">${written}</udt:DateTimeString>`
  const category =
    '<ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>'
  const party = (role: string, name: string, vat: string, gln: string): string => `
      <ram:${role}>
        <ram:GlobalID schemeID="0088">${gln}</ram:GlobalID>
        <ram:Name>${name} GmbH &amp; Co. KG</ram:Name>
        <ram:SpecifiedLegalOrganization><ram:ID>HRB 12345</ram:ID><ram:TradingBusinessName>${name}</ram:TradingBusinessName></ram:SpecifiedLegalOrganization>
        <ram:DefinedTradeContact>
          <ram:PersonName>Accounts</ram:PersonName>
          <ram:TelephoneUniversalCommunication><ram:CompleteNumber>+49 30 000000</ram:CompleteNumber></ram:TelephoneUniversalCommunication>
          <ram:EmailURIUniversalCommunication><ram:URIID>accounts@example.com</ram:URIID></ram:EmailURIUniversalCommunication>
        </ram:DefinedTradeContact>
        <ram:PostalTradeAddress><ram:PostcodeCode>10115</ram:PostcodeCode><ram:LineOne>Long Street 1</ram:LineOne><ram:LineTwo>Entrance B</ram:LineTwo><ram:CityName>Berlin</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>
        <ram:URIUniversalCommunication><ram:URIID schemeID="0088">${gln}</ram:URIID></ram:URIUniversalCommunication>
        <ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">${vat}</ram:ID></ram:SpecifiedTaxRegistration>
      </ram:${role}>`
  const allowanceCharge = (charge: boolean, value: number): string => `
      <ram:SpecifiedTradeAllowanceCharge>
        <ram:ChargeIndicator><udt:Indicator>${charge}</udt:Indicator></ram:ChargeIndicator>
        ${amount('ActualAmount', value)}
        <ram:Reason>${charge ? 'Freight' : 'Loyal customer'}</ram:Reason>
        <ram:CategoryTradeTax>${category}</ram:CategoryTradeTax>
      </ram:SpecifiedTradeAllowanceCharge>`
  yield `<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100" xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocumentContext>
    <ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</ram:ID></ram:BusinessProcessSpecifiedDocumentContextParameter>
    <ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>
  </rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>${number}</ram:ID>
    <ram:TypeCode>380</ram:TypeCode>
    <ram:IssueDateTime>${day('20260301')}</ram:IssueDateTime>
    <ram:IncludedNote><ram:Content>Grüße aus Berlin: 5 % &lt; 6 %</ram:Content></ram:IncludedNote>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>`
  for (let at = 1; at <= lines; at++) {
    yield `
    <ram:IncludedSupplyChainTradeLineItem>
      <ram:AssociatedDocumentLineDocument><ram:LineID>${at}</ram:LineID></ram:AssociatedDocumentLineDocument>
      <ram:SpecifiedTradeProduct>
        <ram:SellerAssignedID>N-${at}</ram:SellerAssignedID>
        <ram:Name>Part ${at}</ram:Name>
        <ram:Description>Part number ${at}, galvanised, with washers and nuts</ram:Description>
        <ram:DesignatedProductClassification><ram:ClassCode listID="STI">23-11-17</ram:ClassCode></ram:DesignatedProductClassification>
      </ram:SpecifiedTradeProduct>
      <ram:SpecifiedLineTradeAgreement>
        <ram:BuyerOrderReferencedDocument><ram:LineID>${at * 10}</ram:LineID></ram:BuyerOrderReferencedDocument>
        <ram:NetPriceProductTradePrice>${amount('ChargeAmount', net(at))}</ram:NetPriceProductTradePrice>
      </ram:SpecifiedLineTradeAgreement>
      <ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">1</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
      <ram:SpecifiedLineTradeSettlement>
        <ram:ApplicableTradeTax>${category}</ram:ApplicableTradeTax>
        <ram:BillingSpecifiedPeriod><ram:StartDateTime>${day('20260201')}</ram:StartDateTime><ram:EndDateTime>${day('20260228')}</ram:EndDateTime></ram:BillingSpecifiedPeriod>
        <ram:SpecifiedTradeSettlementLineMonetarySummation>${amount('LineTotalAmount', net(at))}</ram:SpecifiedTradeSettlementLineMonetarySummation>
      </ram:SpecifiedLineTradeSettlement>
    </ram:IncludedSupplyChainTradeLineItem>`
  }
  yield `
    <ram:ApplicableHeaderTradeAgreement>
      <ram:BuyerReference>04011000-12345-03</ram:BuyerReference>${party('SellerTradeParty', 'Nordlicht', 'DE123456789', '4012345000009')}${party('BuyerTradeParty', 'Südwind', 'DE987654321', '4098765000004')}
      <ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>PO-4711</ram:IssuerAssignedID></ram:BuyerOrderReferencedDocument>
      <ram:AdditionalReferencedDocument>
        <ram:IssuerAssignedID>TS-1</ram:IssuerAssignedID><ram:TypeCode>916</ram:TypeCode>
        <ram:AttachmentBinaryObject mimeCode="text/csv" filename="times.csv">YSxiCjEsMgo=</ram:AttachmentBinaryObject>
      </ram:AdditionalReferencedDocument>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery>
      <ram:ShipToTradeParty><ram:PostalTradeAddress><ram:CityName>Hamburg</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress></ram:ShipToTradeParty>
      <ram:ActualDeliverySupplyChainEvent><ram:OccurrenceDateTime>${day('20260227')}</ram:OccurrenceDateTime></ram:ActualDeliverySupplyChainEvent>
    </ram:ApplicableHeaderTradeDelivery>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:PaymentReference>${number}</ram:PaymentReference>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradeSettlementPaymentMeans>
        <ram:TypeCode>58</ram:TypeCode><ram:Information>SEPA credit transfer</ram:Information>
        <ram:PayeePartyCreditorFinancialAccount><ram:IBANID>DE75512108001245126199</ram:IBANID><ram:AccountName>Nordlicht</ram:AccountName></ram:PayeePartyCreditorFinancialAccount>
      </ram:SpecifiedTradeSettlementPaymentMeans>
      <ram:ApplicableTradeTax>${amount('CalculatedAmount', tax)}<ram:TypeCode>VAT</ram:TypeCode>${amount('BasisAmount', taxable)}<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>${allowanceCharge(false, 1_000)}${allowanceCharge(true, 400)}
      <ram:SpecifiedTradePaymentTerms><ram:Description>30 days</ram:Description><ram:DueDateDateTime>${day('20260331')}</ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        ${amount('LineTotalAmount', sum)}
        ${amount('ChargeTotalAmount', 400)}
        ${amount('AllowanceTotalAmount', 1_000)}
        ${amount('TaxBasisTotalAmount', taxable)}
        <ram:TaxTotalAmount currencyID="EUR">${cents(tax)}</ram:TaxTotalAmount>
        ${amount('GrandTotalAmount', taxable + tax)}
        ${amount('DuePayableAmount', taxable + tax)}
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
      <ram:InvoiceReferencedDocument>
        <ram:IssuerAssignedID>F-2025-0999</ram:IssuerAssignedID>
        <ram:FormattedIssueDateTime><qdt:DateTimeString format="102">20251201</qdt:DateTimeString></ram:FormattedIssueDateTime>
      </ram:InvoiceReferencedDocument>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
`
}
