import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ciiInvoice } from '../../../bench/cii-invoice.ts'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { editing, invoice, placeIn, refused } from '../../../test/invoice-text.ts'
import { readInvoice } from '../../../test/read-invoice.ts'
import { checkArithmetic } from '../../domain/arithmetic.ts'

const INVOICE = ciiInvoice({ lines: 2 })
const edited = editing(INVOICE)

/** The same put in where an element ends, or before one begins. */
const into = (element: string, what: string): readonly [string, string] => [`</${element}>`, `${what}</${element}>`]
const before = (element: string, what: string): readonly [string, string] => [`<${element}>`, `${what}<${element}>`]

test('the same invoice says the same in both syntaxes', () => {
  const [ubl, cii] = [invoice(ublInvoice({ lines: 3 })), invoice(ciiInvoice({ lines: 3 }))]
  expect(cii.syntax).toBe('CII')
  expect({ ...cii, syntax: 'UBL' }).toEqual(ubl)
  expect(checkArithmetic(cii)).toEqual([])
})

describe('terms that few invoices have', () => {
  test('references by their type, and what stands elsewhere', () => {
    const reference = (type: string, id: string, more = ''): string =>
      `<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>${id}</ram:IssuerAssignedID>${more}<ram:TypeCode>${type}</ram:TypeCode></ram:AdditionalReferencedDocument>`
    const read = invoice(
      edited(
        into(
          'ram:ApplicableHeaderTradeAgreement',
          [
            reference('50', 'LOT-3'),
            reference('130', 'OBJ-9', '<ram:ReferenceTypeCode>ABZ</ram:ReferenceTypeCode>'),
            reference('916', 'EXT-1', '<ram:URIID>https://example.com/sheet</ram:URIID><ram:Name>Sheet</ram:Name>'),
            '<ram:SpecifiedProcuringProject><ram:ID>P-1</ram:ID><ram:Name>Project reference</ram:Name></ram:SpecifiedProcuringProject>',
            '<ram:SellerOrderReferencedDocument><ram:IssuerAssignedID>SO-2</ram:IssuerAssignedID></ram:SellerOrderReferencedDocument>',
            '<ram:ContractReferencedDocument><ram:IssuerAssignedID>C-3</ram:IssuerAssignedID></ram:ContractReferencedDocument>',
          ].join(''),
        ),
        into(
          'ram:ApplicableHeaderTradeDelivery',
          [
            '<ram:DespatchAdviceReferencedDocument><ram:IssuerAssignedID>D-4</ram:IssuerAssignedID></ram:DespatchAdviceReferencedDocument>',
            '<ram:ReceivingAdviceReferencedDocument><ram:IssuerAssignedID>R-5</ram:IssuerAssignedID></ram:ReceivingAdviceReferencedDocument>',
          ].join(''),
        ),
        into(
          'ram:ApplicableHeaderTradeSettlement',
          '<ram:ReceivableSpecifiedTradeAccountingAccount><ram:ID>4711</ram:ID></ram:ReceivableSpecifiedTradeAccountingAccount>',
        ),
      ),
    )
    expect(read).toMatchObject({
      tenderReference: 'LOT-3',
      invoicedObject: { id: 'OBJ-9', scheme: 'ABZ' },
      projectReference: 'P-1',
      salesOrderReference: 'SO-2',
      contractReference: 'C-3',
      despatchReference: 'D-4',
      receiptReference: 'R-5',
      accountingReference: '4711',
    })
    expect(read.attachments).toEqual([
      {
        id: 'TS-1',
        fileName: 'times.csv',
        mediaType: 'text/csv',
        bytes: 8,
        sha256: createHash('sha256').update('a,b\n1,2\n').digest('hex'),
      },
      { id: 'EXT-1', description: 'Sheet', url: 'https://example.com/sheet' },
    ])
  })

  test('a direct debit, whose mandate and creditor stand once for all means; a card; a payee and a representative', () => {
    const read = invoice(
      edited(
        ['<ram:TypeCode>58</ram:TypeCode>', '<ram:TypeCode>59</ram:TypeCode>'],
        ['<ram:PaymentReference>', '<ram:CreditorReferenceID>DE98ZZZ09999999999</ram:CreditorReferenceID><ram:PaymentReference>'],
        into('ram:SpecifiedTradePaymentTerms', '<ram:DirectDebitMandateID>M-7</ram:DirectDebitMandateID>'),
        [
          '<ram:PayeePartyCreditor',
          '<ram:PayerPartyDebtorFinancialAccount><ram:IBANID>DE02</ram:IBANID></ram:PayerPartyDebtorFinancialAccount><ram:PayeePartyCreditor',
        ],
        [
          '</ram:SpecifiedTradeSettlementPaymentMeans>',
          '</ram:SpecifiedTradeSettlementPaymentMeans><ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>48</ram:TypeCode><ram:ApplicableTradeSettlementFinancialCard><ram:ID>1234</ram:ID><ram:CardholderName>A. Person</ram:CardholderName></ram:ApplicableTradeSettlementFinancialCard></ram:SpecifiedTradeSettlementPaymentMeans>',
        ],
        [
          '<ram:InvoiceCurrencyCode>',
          '<ram:PayeeTradeParty><ram:ID>F-1</ram:ID><ram:Name>Factor AG</ram:Name></ram:PayeeTradeParty><ram:InvoiceCurrencyCode>',
        ],
        before(
          'ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID',
          '<ram:SellerTaxRepresentativeTradeParty><ram:Name>Rep</ram:Name><ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">FR1</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTaxRepresentativeTradeParty>',
        ),
      ),
    )
    expect(read.paymentMeans[0]).toMatchObject({
      code: '59',
      mandate: 'M-7',
      creditorId: 'DE98ZZZ09999999999',
      debitedAccount: 'DE02',
      remittance: 'F-2026-0001',
    })
    expect(read.paymentMeans[1]).toEqual({ code: '48', card: '1234', cardHolder: 'A. Person', remittance: 'F-2026-0001' })
    expect(read.payee).toEqual({ name: 'Factor AG', ids: [{ id: 'F-1' }] })
    expect(read.taxRepresentative).toMatchObject({ name: 'Rep', vatId: 'FR1' })
  })

  test('the local tax number is told from the VAT number; a department is part of the contact; a note has its subject', () => {
    const read = invoice(
      edited(
        into(
          'ram:SpecifiedTaxRegistration',
          '</ram:SpecifiedTaxRegistration><ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">201/123/45</ram:ID>',
        ),
        [
          '<ram:PersonName>Accounts</ram:PersonName>',
          '<ram:PersonName>Accounts</ram:PersonName><ram:DepartmentName>Hall 2</ram:DepartmentName>',
        ],
        into('ram:IncludedNote', '<ram:SubjectCode>ADU</ram:SubjectCode>'),
      ),
    )
    expect(read.supplier).toMatchObject({ vatId: 'DE123456789', taxId: '201/123/45', contact: { name: 'Accounts, Hall 2' } })
    expect(read.notes).toEqual([{ text: 'Grüße aus Berlin: 5 % < 6 %', subject: 'ADU' }])
    expect(invoice(ublInvoice({ lines: 2 }).replace('<cbc:Note>', '<cbc:Note>#ADU#')).notes).toEqual(read.notes)
  })

  test('the tax in a second currency is BT-111; the tax point has the code of the standard, not that of CII', () => {
    const read = invoice(
      edited(
        ['<ram:InvoiceCurrencyCode>', '<ram:TaxCurrencyCode>SEK</ram:TaxCurrencyCode><ram:InvoiceCurrencyCode>'],
        ['<ram:GrandTotalAmount>', '<ram:TaxTotalAmount currencyID="SEK">31.00</ram:TaxTotalAmount><ram:GrandTotalAmount>'],
        [
          '<ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>\n      <ram:SpecifiedTradeAll',
          '<ram:DueDateTypeCode>29</ram:DueDateTypeCode><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>\n      <ram:SpecifiedTradeAll',
        ],
      ),
    )
    expect(read.totals).toMatchObject({ tax: '2.73', taxInTaxCurrency: '31.00' })
    expect(read.taxPointCode).toBe('35')
  })

  test('prices: for a quantity, from a gross price less its discounts but not plus its charge', () => {
    const off = (charge: boolean, amount: string): string =>
      `<ram:AppliedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>${charge}</udt:Indicator></ram:ChargeIndicator><ram:ActualAmount>${amount}</ram:ActualAmount></ram:AppliedTradeAllowanceCharge>`
    const gross = `<ram:GrossPriceProductTradePrice><ram:ChargeAmount>12.00</ram:ChargeAmount><ram:BasisQuantity unitCode="C62">100</ram:BasisQuantity>${off(false, '1.50')}${off(false, '0.37')}${off(true, '9')}</ram:GrossPriceProductTradePrice>`
    expect(invoice(edited(before('ram:NetPriceProductTradePrice', gross))).lines[0]).toMatchObject({
      price: '10.13',
      grossPrice: '12.00',
      priceDiscount: '1.87',
      priceQuantity: '100',
      priceUnit: 'C62',
    })
  })

  test('charges for logistics are charges; a credit note is one by its code', () => {
    const read = invoice(
      edited(
        before(
          'ram:SpecifiedTradePaymentTerms',
          '<ram:SpecifiedLogisticsServiceCharge><ram:Description>Pallets</ram:Description><ram:AppliedAmount>7.00</ram:AppliedAmount><ram:AppliedTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19</ram:RateApplicablePercent></ram:AppliedTradeTax></ram:SpecifiedLogisticsServiceCharge>',
        ),
      ),
    )
    expect(read.allowancesCharges.at(-1)).toEqual({ kind: 'charge', amount: '7.00', reason: 'Pallets', taxCategory: 'S', taxRate: '19' })
    expect(invoice(edited(['>380<', '>381<'])).kind).toBe('credit-note')
    expect(invoice(edited(['>380<', '>384<'])).kind).toBe('invoice')
  })

  test('subtotals and information among the lines are kept apart from those that the total adds up', () => {
    const status = (code: string, parent = ''): string =>
      `${parent && `<ram:ParentLineID>${parent}</ram:ParentLineID>`}<ram:LineStatusReasonCode>${code}</ram:LineStatusReasonCode>`
    const line = (id: string, code: string, parent: string): string =>
      `<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>${id}</ram:LineID>${status(code, parent)}</ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct><ram:Name>${id}</ram:Name></ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeSettlement/></ram:IncludedSupplyChainTradeLineItem>`
    const read = invoice(
      edited(
        ['<ram:IncludedSupplyChainTradeLineItem>', `${line('A', 'GROUP', '')}<ram:IncludedSupplyChainTradeLineItem>`],
        ['<ram:LineID>1</ram:LineID>', `<ram:LineID>1</ram:LineID>${status('DETAIL', 'A')}`],
        ['<ram:ApplicableHeaderTradeAgreement>', `${line('B', 'INFORMATION', 'A')}<ram:ApplicableHeaderTradeAgreement>`],
      ),
    )
    expect(read.lines.map(({ id, parent }) => [id, parent])).toEqual([
      ['1', 'A'],
      ['2', undefined],
    ])
    expect(read.subLines).toEqual([
      { role: 'group', id: 'A', name: 'A' },
      { role: 'information', id: 'B', name: 'B', parent: 'A' },
    ])
    expect(checkArithmetic(read)).toEqual([])
  })

  test('an invoice without lines (Factur-X MINIMUM) has the totals that it has', () => {
    const read = invoice(
      edited([/<ram:IncludedSupplyChainTradeLineItem>[^]*<\/ram:IncludedSupplyChainTradeLineItem>/, ''], [/<ram:LineTotalAmount>.*\n/, '']),
    )
    expect(read).toMatchObject({ lines: [], totals: { lines: '20.39', taxExclusive: '14.39' }, inferred: ['totals.lines'] })
  })

  test('in the envelope of the network, beside a UBL invoice', () => {
    const bare = (text: string): string => text.replace(/^<\?xml.*\?>\n/, '')
    const both = readInvoice(
      `<sh:StandardBusinessDocument xmlns:sh="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">${bare(INVOICE)}${bare(ublInvoice({ lines: 2 }))}</sh:StandardBusinessDocument>`,
    )
    expect(both).toEqual({ invoices: [invoice(INVOICE), invoice(ublInvoice({ lines: 2 }))] })
  })
})

describe('dates', () => {
  const DATE = '<udt:DateTimeString format="102">20260301</udt:DateTimeString>'

  test.each<[string, string]>([
    ['a day', '<udt:DateTimeString format="102">20260301</udt:DateTimeString>'],
    ['a day without its format, which can be no other', '<udt:DateTimeString>20260301</udt:DateTimeString>'],
    ['a minute', '<udt:DateTimeString format="203">202603012359</udt:DateTimeString>'],
    ['a second', '<udt:DateTimeString format="204">20260301235959</udt:DateTimeString>'],
    ['a minute in its zone', '<udt:DateTimeString format="205">202603012359-1200</udt:DateTimeString>'],
    ['an xs:dateTime', '<udt:DateTime>2026-03-01T23:59:59.5+01:00</udt:DateTime>'],
  ])('%s is that day', (_, written) => {
    expect(invoice(INVOICE.replace(DATE, written)).issuedOn).toBe('2026-03-01')
  })

  test.each<[string, string]>([
    ['two digits of a year', '<udt:DateTimeString format="101">260301</udt:DateTimeString>'],
    ['a month', '<udt:DateTimeString format="610">202603</udt:DateTimeString>'],
    ['a week', '<udt:DateTimeString format="616">202609</udt:DateTimeString>'],
    ['the day first', '<udt:DateTimeString format="4">01032026</udt:DateTimeString>'],
    ['an impossible day', '<udt:DateTimeString format="102">20260230</udt:DateTimeString>'],
    ['dashes under the wrong format', '<udt:DateTimeString format="102">2026-03-01</udt:DateTimeString>'],
    ['nothing', '<udt:DateTimeString format="102"/>'],
    ['a format of JavaScript', '<udt:DateTimeString format="constructor">20260301</udt:DateTimeString>'],
  ])('%s is none', (_, written) => {
    const text = edited([DATE, written])
    expect(refused(text)).toMatchObject({ code: 'bad-date', ...placeIn(text, written) })
  })
})

describe('what is refused, with its place', () => {
  const LINE = '<ram:LineTotalAmount>10.13</ram:LineTotalAmount>'
  const amount = (written: string): string => LINE.replace('10.13', written)

  test.each<[string, string, string, string]>([
    ['no number', edited(['<ram:ID>F-2026-0001</ram:ID>', '']), 'no-number', '<rsm:CrossIndustryInvoice'],
    ['a number without end', edited(['<ram:ID>F-2026-0001', `<ram:ID>${'F'.repeat(600)}`]), 'number-too-long', '<ram:ID>FFF'],
    ['neither invoice nor credit note', edited(['<ram:TypeCode>380</ram:TypeCode>', '']), 'no-type', '<rsm:CrossIndustryInvoice'],
    ['no date', edited([/<ram:IssueDateTime>.*\n/, '']), 'no-date', '<rsm:CrossIndustryInvoice'],
    ['no currency', edited([/<ram:InvoiceCurrencyCode>.*\n/, '']), 'no-currency', '<rsm:CrossIndustryInvoice'],
    ['an unknown currency', edited(['>EUR<', '>XYZ<']), 'unknown-currency', '<ram:InvoiceCurrencyCode'],
    ['no supplier', edited([/<ram:SellerTradeParty>[^]*<\/ram:SellerTradeParty>/, '']), 'no-supplier', '<rsm:CrossIndustryInvoice'],
    ['no buyer', edited([/<ram:BuyerTradeParty>[^]*<\/ram:BuyerTradeParty>/, '']), 'no-buyer', '<rsm:CrossIndustryInvoice'],
    [
      'a nameless payee',
      edited([
        '<ram:InvoiceCurrencyCode>',
        '<ram:PayeeTradeParty><ram:Description>x</ram:Description></ram:PayeeTradeParty><ram:InvoiceCurrencyCode>',
      ]),
      'no-payee',
      '<ram:PayeeTradeParty>',
    ],
    [
      'no payable amount',
      edited([/<ram:DuePayableAmount>.*\n/, '']),
      'no-payable',
      '<ram:SpecifiedTradeSettlementHeaderMonetarySummation>',
    ],
    [
      'no settlement at all',
      edited([/<ram:ApplicableHeaderTradeSettlement>[^]*<\/ram:ApplicableHeaderTradeSettlement>/, '']),
      'no-currency',
      '<rsm:CrossIndustryInvoice',
    ],
    ['a line without amount', edited([LINE, '']), 'no-line-amount', '<ram:IncludedSupplyChainTradeLineItem>'],
    ['an amount with an exponent', edited([LINE, amount('1E2')]), 'bad-amount', amount('1E2')],
    ['an amount with a comma', edited([LINE, amount('10,13')]), 'bad-amount', amount('10,13')],
    ['an empty amount', edited([LINE, amount('')]), 'bad-amount', amount('')],
    ['an infinite amount', edited([LINE, amount('-INF')]), 'bad-amount', amount('-INF')],
    ['more digits than can be kept', edited([LINE, amount('1'.repeat(19))]), 'bad-amount', amount('1'.repeat(19))],
    ['two currencies', edited([LINE, LINE.replace('>', ' currencyID="USD">')]), 'currency-mixed', LINE.replace('>', ' currencyID="USD">')],
    [
      'a tax in a currency that is not named',
      edited([/TaxTotalAmount currencyID="EUR"/, 'TaxTotalAmount currencyID="SEK"']),
      'currency-mixed',
      '<ram:TaxTotalAmount',
    ],
    ['the same amount twice', edited([LINE, LINE + amount('99')]), 'element-repeated', amount('99')],
    [
      'two payable amounts',
      edited(['<ram:DuePayableAmount>', '<ram:DuePayableAmount>1</ram:DuePayableAmount><ram:DuePayableAmount>']),
      'element-repeated',
      '<ram:DuePayableAmount>17.12',
    ],
    [
      'two tax totals in one currency',
      edited(['<ram:TaxTotalAmount ', '<ram:TaxTotalAmount>1</ram:TaxTotalAmount><ram:TaxTotalAmount ']),
      'element-repeated',
      '<ram:TaxTotalAmount currencyID',
    ],
    [
      'two suppliers',
      edited(['<ram:BuyerTradeParty>', '<ram:SellerTradeParty><ram:Name>Other</ram:Name></ram:SellerTradeParty><ram:BuyerTradeParty>']),
      'element-repeated',
      '<ram:SellerTradeParty><ram:Name>Other',
    ],
    [
      'two settlements',
      edited(into('rsm:SupplyChainTradeTransaction', '<ram:ApplicableHeaderTradeSettlement/>')),
      'element-repeated',
      '<ram:ApplicableHeaderTradeSettlement/>',
    ],
    ['an allowance that may be a charge', edited(['>false<', '>maybe<']), 'bad-indicator', '<udt:Indicator>maybe'],
    ['an allowance by a name of JavaScript', edited(['>false<', '>constructor<']), 'bad-indicator', '<udt:Indicator>constructor'],
    [
      'a line for nothing',
      edited([/<ram:SpecifiedTradeProduct>[^]*?<\/ram:SpecifiedTradeProduct>/, '']),
      'no-line-name',
      '<ram:IncludedSupplyChainTradeLineItem>',
    ],
  ])('%s', (_, text, code, at) => {
    expect(refused(text)).toMatchObject({ code, ...placeIn(text, at) })
  })

  test.each<[string, string]>([
    [
      '<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:2"/>',
      'This is a UN/CEFACT CII invoice of an older version, which is not read: its successor is CrossIndustryInvoice:100 (D16B).',
    ],
    [
      '<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"/>',
      'This is a ZUGFeRD 1 invoice, which is not read: its successor is ZUGFeRD 2.',
    ],
    [
      '<rsm:CrossDomainAcknowledgementAndResponse xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"/>',
      'This is an invoice status message (UN/CEFACT CDAR), not an invoice.',
    ],
    [
      '<rsm:SCRDMCCBDACIOMessageStructure xmlns:rsm="urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100"/>',
      'This is a UN/CEFACT order, not an invoice.',
    ],
    ['<CrossIndustryInvoice/>', 'This is XML that begins with CrossIndustryInvoice but without a namespace, which says no format.'],
    [
      '<x:Invoice xmlns:x="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>',
      'This is XML that begins with Invoice of the namespace urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100, no invoice or credit note that is read.',
    ],
  ])('another root: %s', (text, says) => {
    expect(refused(text)).toEqual({ code: 'not-invoice', says, line: 1, column: 1 })
  })

  test('an invoice cut short anywhere', () => {
    for (let cut = 0; cut < INVOICE.trimEnd().length; cut += 53)
      expect(refused(INVOICE.slice(0, cut)).code).toMatch(/^(xml-malformed|not-xml)$/)
  })
})
