import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ciiInvoice } from '../../../bench/cii-invoice.ts'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { corpus } from '../../../test/corpora.ts'
import { sha256, World } from '../../../test/world.ts'
import { hexOf } from '../../lib/hash.ts'
import type { InvoiceState } from '../../domain/invoice-state.ts'
import { lawOf } from '../../domain/law.ts'
import { DEFAULT_POLICY } from '../../domain/policy.ts'
import { captureDocument } from './capture.ts'

const AT = '2026-03-02T08:00:00.000Z'
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What the law makes of documents that arrive one after the other: the invoices, with what they hold open. */
function invoicesOf(...documents: readonly (Uint8Array | string)[]): InvoiceState[] {
  const world = new World(lawOf(DEFAULT_POLICY, sha256), AT)
  for (const [position, document] of documents.entries()) {
    const bytes = typeof document === 'string' ? bytesOf(document) : document
    const { arrivals } = captureDocument(sha256, {
      tenant: 'test',
      bytes,
      document: hexOf(sha256(bytes)),
      mediaType: 'application/xml',
      fileName: `${position}.xml`,
      channel: 'inbox',
      actor: 'somebody',
      at: AT,
    })
    for (const arrival of arrivals) world.submit(arrival)
  }
  return [...world.records.values()].filter(({ kind }) => kind === 'invoice').map(({ state }) => state as unknown as InvoiceState)
}

const suspected = (invoices: readonly InvoiceState[]): number =>
  invoices.filter(({ exceptions }) => exceptions['duplicate-suspected']?.open).length

describe('an invoice that arrives in UBL and in CII', () => {
  const [ubl, cii] = [ublInvoice({ lines: 3 }), ciiInvoice({ lines: 3 })]

  test.each([
    ['UBL first', ubl, cii],
    ['CII first', cii, ubl],
  ])('is one invoice with two renditions: %s', (_, first, second) => {
    const invoices = invoicesOf(first, second)
    expect(invoices).toHaveLength(1)
    expect(Object.keys(invoices[0]?.renditions ?? {}).sort()).toEqual([first, second].map((text) => hexOf(sha256(bytesOf(text)))).sort())
    expect(suspected(invoices)).toBe(0)
  })

  test.each<[string, string | RegExp, string]>([
    ['entity', 'DE987654321', 'DE987654322'],
    ['supplier tax id', 'DE123456789', 'DE123456780'],
    ['number', '<ram:ID>F-2026-0001', '<ram:ID>F-2026-0002'],
    ['type', '<ram:TypeCode>380', '<ram:TypeCode>384'],
    ['issue date', '20260301', '20260302'],
    ['currency', /EUR/g, 'SEK'],
    ['payable', '<ram:DuePayableAmount>', '<ram:DuePayableAmount>1'],
    ['tax', '<ram:TaxTotalAmount currencyID="EUR">', '<ram:TaxTotalAmount currencyID="EUR">1'],
    ['line total', '<ram:LineTotalAmount>30', '<ram:LineTotalAmount>31'],
  ])('is another one where its %s is another', (_, from, to) => {
    const other = cii.replace(from, to)
    expect(other).not.toBe(cii)
    expect(invoicesOf(ubl, other)).toHaveLength(2)
  })

  test('is suspected where the number is the same and an amount is not', () => {
    expect(suspected(invoicesOf(ubl, cii.replace('<ram:DuePayableAmount>', '<ram:DuePayableAmount>1')))).toBe(1)
  })

  const folder = corpus('xrechnung-testsuite')
  test.skipIf(folder === undefined)('in the test suite of XRechnung', () => {
    const path = join(folder ?? '', 'src/test/business-cases/standard')
    const pairs = ['01.01a', '01.03a', '01.05a', '01.14a', '01.15a', '01.18a', '02.01a', '02.05a']
    for (const pair of pairs) {
      const [one, ...more] = invoicesOf(
        readFileSync(join(path, `${pair}-INVOICE_ubl.xml`)),
        readFileSync(join(path, `${pair}-INVOICE_uncefact.xml`)),
      )
      expect([pair, more.length, Object.keys(one?.renditions ?? {}).length]).toEqual([pair, 0, 2])
    }
  })
})

test('what is no invoice is kept as a document, with what it is', () => {
  const bytes = bytesOf('<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"/>')
  const captured = captureDocument(sha256, {
    tenant: 'test',
    bytes,
    document: 'f'.repeat(64),
    mediaType: 'application/xml',
    fileName: 'z.xml',
    channel: 'api',
    actor: 'somebody',
    at: AT,
  })
  expect(captured).toMatchObject({
    numbers: [],
    refused: { code: 'not-invoice', line: 1, column: 1 },
    arrivals: [
      {
        type: 'document.received',
        data: { refused: { code: 'not-invoice', says: 'This is a ZUGFeRD 1 invoice, which is not read: its successor is ZUGFeRD 2.' } },
      },
    ],
  })
})
