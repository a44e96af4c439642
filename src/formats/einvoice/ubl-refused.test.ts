/** UBL that is refused, and what is not UBL at all: with which code and at which place. */
import { describe, expect, test } from 'vitest'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { editing, placeIn, refused } from '../../../test/invoice-text.ts'

const INVOICE = ublInvoice({ lines: 2 })
const edited = editing(INVOICE)

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
