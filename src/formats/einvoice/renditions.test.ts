import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ciiInvoice } from '../../../bench/cii-invoice.ts'
import { ublInvoice } from '../../../bench/ubl-invoice.ts'
import { corpus } from '../../../test/corpora.ts'
import { readInvoice } from '../../../test/read-invoice.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import type { InvoiceDocument } from '../../domain/invoice-document.ts'

/** The same invoice, published in both syntaxes: term by term the same, but for what the files themselves say differently. */
const PAIRS: readonly {
  readonly corpus: string
  readonly folder: string
  readonly cii: (ubl: string) => string
  readonly files: RegExp
}[] = [
  {
    corpus: 'cen-en16931',
    folder: 'ubl/examples',
    files: /^ubl-tc434-example[1-9]\.xml$/,
    cii: (ubl) => ubl.replace('ubl/', 'cii/').replace('ubl-tc434-', 'CII_'),
  },
  {
    corpus: 'xrechnung-testsuite',
    folder: 'src/test/business-cases/standard',
    files: /_ubl\.xml$/,
    cii: (ubl) => ubl.replace('_ubl', '_uncefact'),
  },
  {
    corpus: 'zugferd-sample',
    folder: 'XML-Rechnung/UBL',
    files: /\.ubl\.xml$/,
    cii: (ubl) => ubl.replace('/UBL/', '/CII/').replace('.ubl.', '.cii.'),
  },
]

/**
 * What the files say differently, by the pair (`*`: several) and the term; `[n]` is any place in a list. Each was looked up in
 * both files: it is the files that differ.
 */
const DIFFER: Readonly<Record<string, RegExp>> = {
  // The examples were written by hand: other units, price quantities, codes, second accounts, and slips of the pen.
  'example1.xml': /^(notes|paymentMeans\[1\]|lines\[n\]\.(unit|name|priceUnit))/,
  'example2.xml':
    /^(taxPoint(Code|On)|process|payee\.ids|paymentTerms|allowancesCharges\[n\]\.reasonCode|attachments|paymentMeans\[1\]|lines\[n\]\.(unit|period|price\w+|classifications|quantity|grossPrice|standardItem|orderLine))/,
  'example3.xml': /^(supplier\.ids|buyer\.(legalId|vatId)|allowancesCharges\[n\]\.reasonCode|totals|taxBreakdown|lines)/,
  'example4.xml': /^(supplier\.contact\.email|paymentMeans\[1\]|lines\[n\]\.unit)/,
  'example5.xml':
    /^(process|notes|tenderReference|delivery\.location|allowancesCharges\[n\]\.reasonCode|attachments|paymentMeans|lines\[n\]\.(unit|period|note|allowancesCharges|price\w+|classifications)|taxPointOn)/,
  'example6.xml': /^lines\[n\]\.unit/,
  'example7.xml': /^(issuedOn|buyer\.contact\.name|totals\.tax$|paymentMeans\[1\]|lines\[n\]\.unit)/,
  'example8.xml': /^(taxPointOn|notes|paymentTerms|attachments|invoicedObject|paymentMeans\[1\]|lines\[n\]\.(unit|price\w+))/,
  'example9.xml': /^(dueOn|notes|period|paymentMeans\[1\]|lines\[n\]\.(priceQuantity|period))/,
  // The UBL has an order number to satisfy Peppol; some totals of nothing are left out in one and written in the other.
  '*a-INVOICE_ubl.xml': /^(orderReference|totals\.rounding)$/,
  '01.20a-INVOICE_ubl.xml': /^(supplier\.address|totals\.(allowances|charges|prepaid)$)/,
  '01.21a-INVOICE_ubl.xml': /^(supplier\.vatId|totals\.allowances|taxBreakdown\[n\]\.exemptionReason|paymentMeans\[0\]\.meansText)$/,
  // Peppol's UBL against plain EN 16931: no number of the seller's own, no gross price.
  '*.ubl.xml': /^(customisation|process|supplier\.ids|lines\[n\]\.grossPrice)/,
}

/** Numbers as values; all else as written. */
const plain = (value: unknown): unknown => (typeof value === 'string' && /^-?\d{1,15}(\.\d+)?$/.test(value) ? sumOf([value]) : value)

function differences(ubl: unknown, cii: unknown, at = ''): string[] {
  if (JSON.stringify(ubl) === JSON.stringify(cii) || plain(ubl) === plain(cii)) return []
  const both = [ubl, cii]
  if (!both.every((value) => typeof value === 'object' && value !== null)) return [at]
  const keys = new Set(both.flatMap((value) => Object.keys(value ?? {})))
  return [...keys].flatMap((key) => {
    // Which payment means it is matters; of the rest, only that it is one of them.
    const place = !Array.isArray(ubl) ? `${at && `${at}.`}${key}` : `${at}[${at === 'paymentMeans' ? key : 'n'}]`
    return differences((ubl as Record<string, unknown>)[key], (cii as Record<string, unknown>)[key], place)
  })
}

function read(path: string): InvoiceDocument {
  const result = readInvoice(readFileSync(path))
  if ('refused' in result) throw new Error(`${path}: ${JSON.stringify(result.refused)}`)
  return result.invoices[0] as InvoiceDocument
}

describe('an invoice in both syntaxes', () => {
  test('of our own is the same to the last term', () => {
    expect(differences(readInvoice(ublInvoice({ lines: 7 })), readInvoice(ciiInvoice({ lines: 7 })))).toEqual(['invoices[n].syntax'])
  })

  for (const { corpus: name, folder, files, cii } of PAIRS) {
    const root = corpus(name)
    test.skipIf(root === undefined)(`of ${name}`, () => {
      const names = readdirSync(join(root ?? '', folder))
        .filter((file) => files.test(file))
        .sort()
      const wrong: string[] = []
      let equal = 0
      for (const file of names) {
        const known = Object.entries(DIFFER)
          .filter(([pair]) => (pair.startsWith('*') ? file.endsWith(pair.slice(1)) : file.endsWith(pair)))
          .map(([, terms]) => terms)
        const found = differences(read(join(root ?? '', folder, file)), read(join(root ?? '', cii(join(folder, file))))).filter(
          (term) => term !== 'syntax',
        )
        if (found.length === 0) equal++
        wrong.push(...found.filter((term) => !known.some((terms) => terms.test(term))).map((term) => `${file} ${term}`))
      }
      console.log(`renditions of ${name}: ${names.length} pairs, ${equal} the same in every term`)
      expect(wrong).toEqual([])
      expect(names.length).toBeGreaterThan(5)
    })
  }
})
