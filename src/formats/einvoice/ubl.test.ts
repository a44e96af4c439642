/** UBL that is read: what it says, term by term, and what had to be worked out. What is refused stands in ubl-refused.test.ts. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { editing, invoice, refused } from '../../../test/invoice-text.ts'
import { readInvoice } from '../../../test/read-invoice.ts'
import { checkArithmetic } from '../../domain/arithmetic.ts'

const INVOICE = ublInvoice({ lines: 2 })
const edited = editing(INVOICE)

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
      envelope.replace(payload, payload.replace(/<cbc:InvoiceTypeCode.*\n/, '').replace('F-2026', 'G-2026') + payload),
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
