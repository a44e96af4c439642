import type { XmlElement } from '../xml/read-xml.ts'
import { shown, type Problem } from '../xml/source.ts'

interface Known {
  readonly uri?: RegExp
  readonly local?: RegExp
  readonly is: string
}

/** What people send where an invoice belongs, in their own words for it. The first row that fits is taken. */
const KNOWN: readonly Known[] = [
  {
    uri: /^urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:(?!100$)/,
    is: 'a UN/CEFACT CII invoice of an older version, which is not read: its successor is CrossIndustryInvoice:100 (D16B)',
  },
  { uri: /^urn:ferd:CrossIndustryDocument:/, is: 'a ZUGFeRD 1 invoice, which is not read: its successor is ZUGFeRD 2' },
  {
    uri: /^urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:/,
    is: 'an invoice status message (UN/CEFACT CDAR), not an invoice',
  },
  {
    uri: /^urn:un:unece:uncefact:data:standard:CrossIndustry(Order|DespatchAdvice|RemittanceAdvice|Quotation|Catalogue)/,
    is: 'a UN/CEFACT message of the supply chain, not an invoice',
  },
  { uri: /^urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:/, is: 'a UN/CEFACT order, not an invoice' },
  { uri: /^urn:oasis:names:specification:ubl:schema:xsd:Invoice-1/, is: 'a UBL 1 invoice, which is not read' },
  { uri: /:xsd:SelfBilled(Invoice|CreditNote)-2$/, is: 'a UBL self-billed invoice or credit note, which is not read yet' },
  { local: /^Facturae$/, is: 'a Spanish Facturae invoice, which is not read' },
  { local: /^FatturaElettronica/, is: 'an Italian FatturaPA invoice, which is not read' },
  { local: /^cXML$/, is: 'a cXML document, which is not read' },
  { local: /^Finvoice$/, is: 'a Finnish Finvoice, which is not read' },
  { local: /^Faktura$/, is: 'a Polish KSeF invoice, which is not read' },
  { uri: /ebinterface/i, is: 'an Austrian ebInterface invoice, which is not read' },
  { uri: /^urn:(iso:std:iso:20022:tech|swift):xsd:/, is: 'an ISO 20022 bank message, not an invoice' },
  { local: /^(html|svg)$/i, is: 'a web page or picture, not an invoice' },
]

/** Every other UBL document carries its kind in its namespace: …:xsd:Order-2. */
const UBL = /^urn:oasis:names:specification:ubl:schema:xsd:([A-Za-z]{1,60})-2$/

/** Why a root element begins no invoice or credit note that is read, in plain words that name it. */
export function foreignRoot({ uri, local, at }: XmlElement): Problem {
  return { code: 'not-invoice', says: `This is ${described(uri, local)}.`, at }
}

function described(uri: string, local: string): string {
  const known = KNOWN.find((row) => (row.uri?.test(uri) ?? true) && (row.local?.test(local) ?? true))
  if (known) return known.is
  const document = UBL.exec(uri)?.[1]
  if (document === local) return `a UBL ${local}, not an invoice or credit note`
  if (uri === '' && /^(Invoice|CreditNote|CrossIndustryInvoice)$/.test(local))
    return `XML that begins with ${local} but without a namespace, which says no format`
  return `XML that begins with ${shown(local)}${uri ? ` of the namespace ${shown(uri)}` : ''}, no invoice or credit note that is read`
}

/** Beginnings of files that are no XML invoice, for a refusal that says what they are. */
const FILES: readonly (readonly [begins: RegExp, is: string])[] = [
  [/^%PDF-/, 'a PDF'],
  [/^(UNA.{6})?\s*UN[BH]\+/, 'an EDIFACT interchange'],
  [/^ISA[^A-Za-z0-9]/, 'an X12 interchange'],
  [/^PK\x03\x04/, 'a ZIP archive or an office document'],
  [/^\x1f\x8b/, 'a gzip archive'],
  [/^\x89PNG|^\xff\xd8\xff|^GIF8|^II\*\0|^MM\0\*/, 'a picture'],
  [/^\xd0\xcf\x11\xe0/, 'an old office document or an Outlook message'],
  [/^\{\\rtf/, 'an RTF document'],
  [/^\s*[[{]/, 'JSON'],
  [/^\s*<!doctype html/i, 'a web page'],
  [/^(Received|Return-Path|MIME-Version|Delivered-To|From|Date|Subject):/i, 'an e-mail'],
]

/** What a file is that the XML reader found to be no XML, or to have a DOCTYPE; undefined when nothing is known of it. */
export function foreignFile(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 64)).replace(/^\xef\xbb\xbf/, '')
  return FILES.find(([begins]) => begins.test(head))?.[1]
}
