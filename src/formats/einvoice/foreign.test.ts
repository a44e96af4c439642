import { deflateRawSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readInvoice } from '../../../test/read-invoice.ts'
import type { Refused } from '../../domain/invoice-document.ts'

function refused(document: Uint8Array | string): Refused {
  const result = readInvoice(document)
  if (!('refused' in result)) throw new Error('was not refused')
  return result.refused
}

const ubl = (document: string): string =>
  `<x:${document} xmlns:x="urn:oasis:names:specification:ubl:schema:xsd:${document}-2"><ID/></x:${document}>`

describe('what is no invoice is named, at its place', () => {
  test.each<[string, string]>([
    ...[
      'Order',
      'OrderResponse',
      'OrderResponseSimple',
      'OrderChange',
      'OrderCancellation',
      'DespatchAdvice',
      'ReceiptAdvice',
      'ApplicationResponse',
      'Reminder',
      'Statement',
      'Catalogue',
      'RemittanceAdvice',
      'DebitNote',
    ].map((document): [string, string] => [ubl(document), `This is a UBL ${document}, not an invoice or credit note.`]),
    [ubl('SelfBilledInvoice'), 'This is a UBL self-billed invoice or credit note, which is not read yet.'],
    ['<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-1.0"/>', 'This is a UBL 1 invoice, which is not read.'],
    [
      '<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"/>',
      'This is an Italian FatturaPA invoice, which is not read.',
    ],
    [
      '<fe:Facturae xmlns:fe="http://www.facturae.gob.es/formato/Versiones/Facturaev3_2_2.xml"/>',
      'This is a Spanish Facturae invoice, which is not read.',
    ],
    ['<Finvoice Version="3.0"/>', 'This is a Finnish Finvoice, which is not read.'],
    ['<cXML payloadID="1@example.com"/>', 'This is a cXML document, which is not read.'],
    ['<html><head><meta charset=utf-8></html>', 'This is a web page or picture, not an invoice.'],
    ['<a xmlns="urn:example:x">', 'This is XML that begins with a of the namespace urn:example:x, no invoice or credit note that is read.'],
  ])('%s', (text, says) => {
    expect(refused(`<?xml version="1.0"?>\n<!-- sent by mistake -->\n  ${text}`)).toEqual({ code: 'not-invoice', says, line: 3, column: 3 })
  })

  const ZIP = Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), deflateRawSync('x')])
  test.each<[string, Uint8Array | string, string, string]>([
    ['a PDF', '%PDF-1.7\n%\u00e2\u00e3', 'not-xml', 'a PDF'],
    ['a ZIP', ZIP, 'not-xml', 'a ZIP archive or an office document'],
    ['a gzip', gzipSync('<Invoice/>'), 'not-xml', 'a gzip archive'],
    ['JSON', '{"invoice": {"number": 1}}', 'not-xml', 'JSON'],
    ['JSON behind a mark', '\ufeff[1]', 'not-xml', 'JSON'],
    ['RTF', '{\\rtf1\\ansi Rechnung}', 'not-xml', 'an RTF document'],
    ['EDIFACT', "UNA:+.? '\nUNB+UNOC:3+SENDER+RECEIVER+260301:1200+1'", 'not-xml', 'an EDIFACT interchange'],
    ['EDIFACT without its service string', "UNB+UNOC:3+SENDER+RECEIVER+260301:1200+1'", 'not-xml', 'an EDIFACT interchange'],
    ['X12', 'ISA*00*          *00*', 'not-xml', 'an X12 interchange'],
    ['a mail', 'Received: from mail.example.com\nSubject: Invoice', 'not-xml', 'an e-mail'],
    ['a web page', '<!DOCTYPE html>\n<html><body>Invoice</body></html>', 'xml-doctype', 'a web page'],
  ])('%s', (_, document, code, is) => {
    expect(refused(document)).toEqual({ code, says: `This is ${is}, not an invoice in XML.`, line: 1, column: 1 })
  })
})
