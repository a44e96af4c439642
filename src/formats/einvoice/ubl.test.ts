import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { checkArithmetic } from '../../domain/arithmetic.ts'
import type { InvoiceDocument, Refused } from '../../domain/invoice-document.ts'
import { readInvoice } from '../../../test/read-invoice.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const INVOICE = ublInvoice({ lines: 2 })

function invoice(text: string): InvoiceDocument {
  const result = readInvoice(bytesOf(text))
  if ('refused' in result) throw new Error(JSON.stringify(result.refused))
  expect(result.invoices.length).toBe(1)
  return result.invoices[0] as InvoiceDocument
}

function refused(text: string): Refused {
  const result = readInvoice(bytesOf(text))
  if (!('refused' in result)) throw new Error('was not refused')
  return result.refused
}

/** The invoice with `from` replaced, which must be there. */
function edited(...edits: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return edits.reduce((text, [from, to]) => {
    const next = text.replace(from, to)
    if (next === text) throw new Error(`nothing to replace: ${from}`)
    return next
  }, INVOICE)
}

/** Line and column of the first place of a text in another. */
function placeIn(text: string, sought: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(sought))
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') }
}

test('an invoice, term by term', () => {
  const party = (name: string, vatId: string, gln: string) => ({
    name: `${name} GmbH & Co. KG`,
    tradingName: name,
    vatId,
    legalId: 'HRB 12345',
    ids: [{ id: gln, scheme: '0088' }],
    endpoint: { id: gln, scheme: '0088' },
    address: { lines: ['Long Street 1', 'Entrance B'], city: 'Berlin', postCode: '10115', country: 'DE' },
    contact: { name: 'Accounts', phone: '+49 30 000000', email: 'accounts@example.com' },
  })
  const line = (id: string, net: string) => ({
    id,
    quantity: '1',
    unit: 'C62',
    net,
    orderLine: `${id}0`,
    period: { from: '2026-02-01', to: '2026-02-28' },
    allowancesCharges: [],
    price: net,
    taxCategory: 'S',
    taxRate: '19.00',
    name: `Part ${id}`,
    description: `Part number ${id}, galvanised, with washers and nuts`,
    supplierItem: `N-${id}`,
    classifications: [{ code: '23-11-17', list: 'STI' }],
  })
  const read = invoice(INVOICE)
  expect(read).toEqual({
    syntax: 'UBL',
    kind: 'invoice',
    number: 'F-2026-0001',
    issuedOn: '2026-03-01',
    dueOn: '2026-03-31',
    currency: 'EUR',
    typeCode: '380',
    customisation: 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0',
    process: 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0',
    notes: [{ text: 'Grüße aus Berlin: 5 % < 6 %' }],
    buyerReference: '04011000-12345-03',
    orderReference: 'PO-4711',
    precedingInvoices: [{ number: 'F-2025-0999', issuedOn: '2025-12-01' }],
    supplier: party('Nordlicht', 'DE123456789', '4012345000009'),
    buyer: party('Südwind', 'DE987654321', '4098765000004'),
    delivery: { deliveredOn: '2026-02-27', address: { lines: [], city: 'Hamburg', country: 'DE' } },
    paymentMeans: [
      {
        code: '58',
        meansText: 'SEPA credit transfer',
        remittance: 'F-2026-0001',
        account: 'DE75512108001245126199',
        accountName: 'Nordlicht',
      },
    ],
    paymentTerms: '30 days',
    allowancesCharges: [
      { kind: 'allowance', amount: '10.00', reason: 'Loyal customer', taxCategory: 'S', taxRate: '19.00' },
      { kind: 'charge', amount: '4.00', reason: 'Freight', taxCategory: 'S', taxRate: '19.00' },
    ],
    taxBreakdown: [{ taxable: '14.39', tax: '2.73', category: 'S', rate: '19.00' }],
    totals: {
      lines: '20.39',
      allowances: '10.00',
      charges: '4.00',
      taxExclusive: '14.39',
      tax: '2.73',
      taxInclusive: '17.12',
      payable: '17.12',
    },
    attachments: [
      {
        id: 'TS-1',
        fileName: 'times.csv',
        mediaType: 'text/csv',
        bytes: 8,
        sha256: createHash('sha256').update('a,b\n1,2\n').digest('hex'),
      },
    ],
    lines: [line('1', '10.13'), line('2', '10.26')],
  })
  expect(checkArithmetic(read)).toEqual([])
})

describe('terms that few invoices have', () => {
  test('a direct debit, with the creditor that UBL keeps with the seller', () => {
    const text = edited(
      ['<cbc:PaymentMeansCode name="SEPA credit transfer">58', '<cbc:PaymentMeansCode>59'],
      [
        '<cac:PayeeFinancialAccount>',
        '<cac:PaymentMandate><cbc:ID>M-7</cbc:ID><cac:PayerFinancialAccount><cbc:ID>DE02</cbc:ID></cac:PayerFinancialAccount></cac:PaymentMandate><cac:PayeeFinancialAccount>',
      ],
      [
        '<cac:PartyName>',
        '<cac:PartyIdentification><cbc:ID schemeID="SEPA">DE98ZZZ09999999999</cbc:ID></cac:PartyIdentification><cac:PartyName>',
      ],
    )
    expect(invoice(text).paymentMeans[0]).toMatchObject({
      code: '59',
      mandate: 'M-7',
      debitedAccount: 'DE02',
      creditorId: 'DE98ZZZ09999999999',
    })
  })

  test('a card, a payee, a tax representative, a second payment means', () => {
    const text = edited(
      [
        '<cac:PaymentTerms>',
        '<cac:PaymentMeans><cbc:PaymentMeansCode>48</cbc:PaymentMeansCode><cac:CardAccount><cbc:PrimaryAccountNumberID>XXXX1234</cbc:PrimaryAccountNumberID><cbc:HolderName>A. Person</cbc:HolderName></cac:CardAccount></cac:PaymentMeans><cac:PaymentTerms>',
      ],
      [
        '<cac:Delivery>',
        '<cac:PayeeParty><cac:PartyName><cbc:Name>Factor AG</cbc:Name></cac:PartyName></cac:PayeeParty><cac:TaxRepresentativeParty><cac:PartyName><cbc:Name>Rep</cbc:Name></cac:PartyName><cac:PartyTaxScheme><cbc:CompanyID>FR1</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:TaxRepresentativeParty><cac:Delivery>',
      ],
    )
    const read = invoice(text)
    expect(read.paymentMeans[1]).toEqual({ code: '48', card: 'XXXX1234', cardHolder: 'A. Person' })
    expect(read.payee).toMatchObject({ name: 'Factor AG' })
    expect(read.taxRepresentative).toMatchObject({ name: 'Rep', vatId: 'FR1' })
  })

  test('the tax in a second currency is BT-111, not BT-110', () => {
    const read = invoice(
      edited(
        ['</cbc:DocumentCurrencyCode>', '</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode>'],
        ['<cac:TaxTotal>', '<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">31.00</cbc:TaxAmount></cac:TaxTotal><cac:TaxTotal>'],
      ),
    )
    expect(read.totals).toMatchObject({ tax: '2.73', taxInTaxCurrency: '31.00' })
  })

  test('several taxes with totals of their own are added up', () => {
    const read = invoice(
      edited([
        '<cac:LegalMonetaryTotal>',
        '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">0.27</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="EUR">9</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">0.27</cbc:TaxAmount><cac:TaxCategory><cbc:ID>X</cbc:ID></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal><cac:LegalMonetaryTotal>',
      ]),
    )
    expect(read.totals.tax).toBe('3.00')
    expect(read.taxBreakdown.map(({ category }) => category)).toEqual(['S', 'X'])
  })

  test('a total without breakdown beside one with it is the same tax again, as Saudi invoices write it', () => {
    const read = invoice(
      edited(['<cac:TaxTotal>', '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">2.73</cbc:TaxAmount></cac:TaxTotal><cac:TaxTotal>']),
    )
    expect(read.totals.tax).toBe('2.73')
    expect(read.taxBreakdown.length).toBe(1)
  })

  test('the invoiced object is no attachment; an address line and a street number are lines', () => {
    const read = invoice(
      edited(
        [
          '<cac:AdditionalDocumentReference>',
          '<cac:AdditionalDocumentReference><cbc:ID schemeID="ABT">DR35</cbc:ID><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference><cac:AdditionalDocumentReference>',
        ],
        [
          '</cbc:StreetName>',
          '</cbc:StreetName><cbc:BuildingNumber>7a</cbc:BuildingNumber><cac:AddressLine><cbc:Line>Floor 3</cbc:Line></cac:AddressLine>',
        ],
      ),
    )
    expect(read.invoicedObject).toEqual({ id: 'DR35', scheme: 'ABT' })
    expect(read.attachments.map(({ id }) => id)).toEqual(['TS-1'])
    expect(read.supplier.address?.lines).toEqual(['Long Street 1 7a', 'Entrance B', 'Floor 3'])
  })

  test('a credit note, and an invoice that says by its code that it is one', () => {
    const note = edited(
      [/Invoice-2/, 'CreditNote-2'],
      ['<Invoice ', '<CreditNote '],
      ['</Invoice>', '</CreditNote>'],
      [/InvoiceTypeCode>380<\/cbc:Invoice/, 'CreditNoteTypeCode>381</cbc:CreditNote'],
    )
      .replaceAll('cac:InvoiceLine', 'cac:CreditNoteLine')
      .replaceAll('InvoicedQuantity', 'CreditedQuantity')
    expect(invoice(note)).toMatchObject({ kind: 'credit-note', typeCode: '381', lines: [{ quantity: '1' }, {}] })
    expect(invoice(edited(['>380<', '>381<'])).kind).toBe('credit-note')
    expect(invoice(edited(['>380<', '>384<'])).kind).toBe('invoice')
  })

  test('in the envelope of the network', () => {
    const payload = INVOICE.replace(/^<\?xml.*\?>\n/, '')
    const envelope = `<sh:StandardBusinessDocument xmlns:sh="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"><sh:StandardBusinessDocumentHeader><sh:HeaderVersion>1.0</sh:HeaderVersion></sh:StandardBusinessDocumentHeader>${payload}</sh:StandardBusinessDocument>`
    expect(invoice(envelope)).toEqual(invoice(INVOICE))
    const two = readInvoice(
      bytesOf(envelope.replace(payload, payload.replace(/<cbc:InvoiceTypeCode.*\n/, '').replace('F-2026', 'G-2026') + payload)),
    )
    expect(two).toMatchObject({ invoices: [{ number: 'G-2026-0001', inferred: ['typeCode'] }, invoice(INVOICE)] })
    expect('invoices' in two && two.invoices[1]?.inferred).toBeUndefined()
    expect(refused(envelope.replace(payload, ''))).toMatchObject({
      code: 'not-invoice',
      says: 'The envelope holds no invoice or credit note that is read.',
    })
  })

  test('lines in a line are kept apart with the line that they stand in, which alone counts', () => {
    const sub = (id: string, inside = ''): string =>
      `<cac:SubInvoiceLine><cbc:ID>${id}</cbc:ID><cbc:LineExtensionAmount currencyID="EUR">5</cbc:LineExtensionAmount>${inside}</cac:SubInvoiceLine>`
    expect(invoice(edited(['</cac:InvoiceLine>', `${sub('1.1', sub('1.1.1'))}${sub('1.2')}</cac:InvoiceLine>`]))).toEqual({
      ...invoice(INVOICE),
      subLines: [
        { role: 'part', id: '1.1', net: '5', parent: '1' },
        { role: 'part', id: '1.1.1', net: '5', parent: '1.1' },
        { role: 'part', id: '1.2', net: '5', parent: '1' },
      ],
    })
  })
})

describe('what EN 16931 demands and UBL does not', () => {
  test('is worked out and named', () => {
    const read = invoice(
      edited(
        [/<cbc:InvoiceTypeCode.*\n/, ''],
        [/<cbc:LineExtensionAmount.*?(\d\d\.39).*\n/, ''],
        [/<cbc:TaxExclusiveAmount.*\n/, ''],
        [/<cbc:TaxInclusiveAmount.*\n/, ''],
        [/<cbc:TaxableAmount.*?<\/cbc:TaxableAmount>/, ''],
        [/<cbc:ID>1<\/cbc:ID>/, ''],
        [/<cbc:InvoicedQuantity.*\n/, ''],
        [/<cac:Price>.*\n/, ''],
        [/<cbc:PaymentMeansCode.*\n/, ''],
      ),
    )
    expect(read).toMatchObject({
      typeCode: '380',
      totals: { lines: '20.39', taxExclusive: '14.39', taxInclusive: '17.12' },
      taxBreakdown: [{ taxable: '14.39' }],
      paymentMeans: [{ code: '1' }],
      lines: [{ id: '1', quantity: '1', price: '10.13', priceQuantity: '1' }, { id: '2' }],
    })
    expect([...(read.inferred ?? [])].sort()).toEqual([
      'lines.id',
      'lines.price',
      'lines.quantity',
      'paymentMeans.code',
      'taxBreakdown.taxable',
      'totals.lines',
      'totals.taxExclusive',
      'totals.taxInclusive',
      'typeCode',
    ])
    expect(checkArithmetic(read)).toEqual([])
  })

  test('nothing is worked out where all is said', () => {
    expect(invoice(INVOICE).inferred).toBeUndefined()
  })
})

describe('what is refused, with its place', () => {
  const LINE = '<cbc:LineExtensionAmount currencyID="EUR">10.13</cbc:LineExtensionAmount>'
  const amount = (written: string): string => LINE.replace('10.13', written)

  test.each<[string, string, string, string]>([
    ['no number', edited(['<cbc:ID>F-2026-0001</cbc:ID>', '']), 'no-number', '<Invoice'],
    ['an empty number', edited(['<cbc:ID>F-2026-0001</cbc:ID>', '<cbc:ID> </cbc:ID>']), 'no-number', '<Invoice'],
    ['a number without end', edited(['F-2026-0001', 'F'.repeat(600)]), 'number-too-long', '<cbc:ID>F'],
    ['no date', edited([/<cbc:IssueDate>2026.*/, '']), 'no-date', '<Invoice'],
    ['no currency', edited([/<cbc:DocumentCurrencyCode>.*/, '']), 'no-currency', '<Invoice'],
    ['an unknown currency', edited(['>EUR<', '>XYZ<']), 'unknown-currency', '<cbc:DocumentCurrencyCode'],
    ['a currency in small letters', edited(['>EUR<', '>eur<']), 'unknown-currency', '<cbc:DocumentCurrencyCode'],
    ['no supplier', edited([/<cac:AccountingSupplierParty>[\s\S]*?<\/cac:AccountingSupplierParty>/, '']), 'no-supplier', '<Invoice'],
    [
      'an empty supplier',
      edited([/<cac:AccountingSupplierParty>[\s\S]*?<\/cac:AccountingSupplierParty>/, '<cac:AccountingSupplierParty/>']),
      'no-supplier',
      '<Invoice',
    ],
    ['no buyer', edited([/<cac:AccountingCustomerParty>[\s\S]*?<\/cac:AccountingCustomerParty>/, '']), 'no-buyer', '<Invoice'],
    ['no payable amount', edited([/<cbc:PayableAmount.*/, '']), 'no-payable', '<cac:LegalMonetaryTotal'],
    ['no totals at all', edited([/<cac:LegalMonetaryTotal>[\s\S]*?<\/cac:LegalMonetaryTotal>/, '']), 'no-payable', '<Invoice'],
    ['a line without amount', edited([LINE, '']), 'no-line-amount', '<cac:InvoiceLine>'],
    ['an amount with an exponent', edited([LINE, amount('1E2')]), 'bad-amount', amount('1E2')],
    ['an amount with a comma', edited([LINE, amount('10,13')]), 'bad-amount', amount('10,13')],
    ['an amount with thousands', edited([LINE, amount('1 000.00')]), 'bad-amount', amount('1 000.00')],
    ['an empty amount', edited([LINE, amount('')]), 'bad-amount', amount('')],
    ['an infinite amount', edited([LINE, amount('INF')]), 'bad-amount', amount('INF')],
    ['an amount called Infinity', edited([LINE, amount('Infinity')]), 'bad-amount', amount('Infinity')],
    ['an amount that is not a number', edited([LINE, amount('NaN')]), 'bad-amount', amount('NaN')],
    ['an amount in hexadecimal', edited([LINE, amount('0x10')]), 'bad-amount', amount('0x10')],
    ['an amount in Arabic digits', edited([LINE, amount('١٢')]), 'bad-amount', amount('١٢')],
    ['only a sign', edited([LINE, amount('-')]), 'bad-amount', amount('-')],
    ['two points', edited([LINE, amount('1.0.0')]), 'bad-amount', amount('1.0.0')],
    ['more digits than can be kept', edited([LINE, amount('1'.repeat(19))]), 'bad-amount', amount('1'.repeat(19))],
    ['an impossible date', edited(['2026-03-01', '2026-02-30']), 'bad-date', '<cbc:IssueDate>2026'],
    ['a date of another notation', edited(['2026-03-31', '31.03.2026']), 'bad-date', '<cbc:DueDate'],
    ['an empty date', edited(['2026-03-31', '']), 'bad-date', '<cbc:DueDate'],
    ['two currencies', edited([LINE, LINE.replace('EUR', 'USD')]), 'currency-mixed', LINE.replace('EUR', 'USD')],
    ['the same amount twice', edited([LINE, LINE + amount('99')]), 'element-repeated', amount('99')],
    [
      'two payable amounts',
      edited([/<cbc:PayableAmount/, '<cbc:PayableAmount currencyID="EUR">1</cbc:PayableAmount><cbc:PayableAmount']),
      'element-repeated',
      '<cbc:PayableAmount currencyID="EUR">17',
    ],
    ['two numbers', edited(['<cbc:IssueDate>2026', '<cbc:ID>OTHER</cbc:ID><cbc:IssueDate>2026']), 'element-repeated', '<cbc:ID>OTHER'],
    ['an allowance that may be a charge', edited(['>false<', '>maybe<']), 'bad-indicator', '<cbc:ChargeIndicator'],
    ['an allowance by a name of JavaScript', edited(['>false<', '>constructor<']), 'bad-indicator', '<cbc:ChargeIndicator'],
    [
      'a line for nothing',
      edited([/<cbc:Description>.*/, ''], ['<cbc:Name>Part 1</cbc:Name>', ''], [/<cac:SellersItem.*/, '']),
      'no-line-name',
      '<cac:InvoiceLine>',
    ],
  ])('%s', (_, text, code, at) => {
    expect(refused(text)).toMatchObject({ code, ...placeIn(text, at) })
  })

  test.each<[string, string]>([
    ['<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>', 'This is a UBL Order, not an invoice or credit note.'],
    ['<cXML payloadID="1"/>', 'This is a cXML document, which is not read.'],
    [
      '<fe:Facturae xmlns:fe="http://www.facturae.es/Facturae/2014/v3.2.1/Facturae"/>',
      'This is a Spanish Facturae invoice, which is not read.',
    ],
    ['<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>', 'This is an ISO 20022 bank message, not an invoice.'],
    ['<Invoice/>', 'This is XML that begins with Invoice but without a namespace, which says no format.'],
    [
      '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"/>',
      'This is XML that begins with Invoice of the namespace urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2, no invoice or credit note that is read.',
    ],
    [
      '<a xmlns="http://example.com/x"/>',
      'This is XML that begins with a of the namespace http://example.com/x, no invoice or credit note that is read.',
    ],
  ])('another root: %s', (text, says) => {
    expect(refused(text)).toEqual({ code: 'not-invoice', says, line: 1, column: 1 })
  })

  test.each<[string, string]>([
    ['%PDF-1.7\n%âãÏÓ', 'This is a PDF, not an invoice in XML.'],
    ["UNA:+.? 'UNB+UNOC:3+", 'This is an EDIFACT interchange, not an invoice in XML.'],
    ['{"invoice": 1}', 'This is JSON, not an invoice in XML.'],
    ['', 'The document is empty.'],
    ['hello', 'This is not XML: it does not begin with an element.'],
  ])('no XML: %s', (text, says) => {
    expect(refused(text)).toMatchObject({ code: 'not-xml', says })
  })

  test('two roots', () => {
    expect(refused(INVOICE + INVOICE.replace(/^<\?xml.*\n/, '')).code).toBe('xml-malformed')
  })

  test('an invoice cut short anywhere', () => {
    for (let cut = 0; cut < INVOICE.trimEnd().length; cut += 37)
      expect(refused(INVOICE.slice(0, cut)).code).toMatch(/^(xml-malformed|not-xml)$/)
  })
})

describe('forms of a number that XML Schema allows', () => {
  test.each([
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-0.50', '-0.50'],
    ['007.10', '007.10'],
    [' 1.10\n', '1.10'],
  ])('%j is %s', (written, read) => {
    expect(invoice(edited([/(<cbc:PriceAmount currencyID="EUR">)10.13/, `$1${written}`])).lines[0]?.price).toBe(read)
  })

  test('a date may name a time zone', () => {
    expect(invoice(edited(['2026-03-31', '2026-03-31+01:00'])).dueOn).toBe('2026-03-31')
  })
})
