import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { corpus, truth } from '../../../test/corpora.ts'
import { exactSum } from '../../domain/arithmetic.ts'
import type { InvoiceDocument, Party } from '../../domain/invoice-document.ts'
import { readInvoice } from '../../../test/read-invoice.ts'

/** What an independent reader found in public invoices, compared with ours, value by value. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
interface Entry {
  readonly file: string
  readonly docs: readonly { readonly [key: string]: Json }[]
}

const CORPORA = [
  'cen-en16931',
  'xrechnung-testsuite',
  'bcapps-edoc',
  'oioubl-basic-procurement',
  'zugferd-sample',
  'cxml-samples',
  'gobl-cii-status',
]

/** Values where ours differs on purpose: file and field → why. The files were looked at. */
const OIOUBL = 'src/Apps/DK/EDocumentFormatOIOUBL/test/.resources/oioubl'
const NO_LEGAL_NAME = 'The file has no registration name; the name is then the trading name, and the truth says null.'
const DIFFERS: Readonly<Record<string, string>> = {
  [`${OIOUBL}/oioubl-creditnote-0.xml supplier.legal_name`]: NO_LEGAL_NAME,
  [`${OIOUBL}/oioubl-creditnote-0.xml customer.legal_name`]: NO_LEGAL_NAME,
  ['src/Apps/W1/EDocument/Test/.resources/peppol/PEPPOL_LineRounding.xml customer.legal_name']: NO_LEGAL_NAME,
  [`${OIOUBL}/oioubl-invoice-0.xml tax_total_accounting`]:
    'The file mixes XYZ and DKK and names no tax currency; once XYZ is replaced, its one tax total is in the currency of the invoice.',
  ['cii/examples/CII_example5.xml payment_means']:
    'The mandate (ram:DirectDebitMandateID) stands in the payment terms, where the truth does not look.',
  ['cii/examples/XRechnung-O.xml customer.endpoint_scheme']: 'The element is empty (<ram:URIID schemeID="EM"/>): a scheme of no address.',
  ['src/test/business-cases/standard/01.04a-INVOICE_ubl.xml supplier.vat_id']:
    'The tax scheme is "???": by EN 16931-3-2 a scheme other than VAT is BT-32 (tax registration), and 12/345/67890 is a German tax number.',
}

/** Fields that are not values of the document. */
const NOT_COMPARED = new Set(['syntax', 'doc', 'checks'])

const plain = (amount: string | undefined): string | null => (amount === undefined ? null : exactSum([amount]).replace(/\.?0+$/u, ''))

/** BT-28 and BT-27 in the truth: `name` and `legal_name` in UBL, the other way round in CII; each stands for the other where it is absent. */
function partySaid(party: Party, syntax: Json): Json {
  return {
    ...(syntax === 'UBL'
      ? { name: party.tradingName ?? party.name, legal_name: party.name }
      : { name: party.name, legal_name: party.tradingName ?? party.name }),
    ids: party.ids.map(({ id }) => id),
    vat_id: party.vatId ?? null,
    tax_number: party.taxId ?? null,
    legal_id: party.legalId ?? null,
    endpoint: party.endpoint?.id ?? null,
    endpoint_scheme: party.endpoint?.scheme ?? null,
    country: party.address?.country ?? null,
  }
}

/** Our document in the words of the truth files. */
const SAID: Readonly<Record<string, (document: InvoiceDocument, syntax: Json) => Json>> = {
  customization: (d) => d.customisation ?? null,
  profile: (d) => d.process ?? null,
  number: (d) => d.number,
  issue_date: (d) => d.issuedOn,
  type_code: (d) => (d.inferred?.includes('typeCode') ? null : d.typeCode),
  currency: (d) => d.currency,
  note_count: (d) => d.notes.length,
  tax_currency: (d) => d.taxCurrency ?? null,
  due_date: (d) => d.dueOn ?? null,
  supplier: (d, syntax) => partySaid(d.supplier, syntax),
  customer: (d, syntax) => partySaid(d.buyer, syntax),
  payee_name: (d) => d.payee?.name ?? null,
  po_ref: (d) => d.orderReference ?? null,
  sales_order_ref: (d) => d.salesOrderReference ?? null,
  contract_ref: (d) => d.contractReference ?? null,
  buyer_reference: (d) => d.buyerReference ?? null,
  despatch_ref: (d) => d.despatchReference ?? null,
  receipt_ref: (d) => d.receiptReference ?? null,
  preceding_invoices: (d) => d.precedingInvoices.map(({ number }) => number),
  payment_means: (d) =>
    d.paymentMeans.map((means) => ({
      code: means.code,
      payment_id: means.remittance === undefined ? [] : [means.remittance],
      account: means.account ?? null,
      bic: means.bic ?? null,
      mandate: means.mandate ?? null,
    })),
  payment_reference: (d) => d.paymentMeans[0]?.remittance ?? null,
  line_total: (d) => plain(d.totals.lines),
  allowance_total: (d) => plain(d.totals.allowances),
  charge_total: (d) => plain(d.totals.charges),
  tax_exclusive: (d) => plain(d.totals.taxExclusive),
  tax_inclusive: (d) => plain(d.totals.taxInclusive),
  prepaid: (d) => plain(d.totals.prepaid),
  rounding: (d) => plain(d.totals.rounding),
  payable: (d) => plain(d.totals.payable),
  tax_total: (d) => plain(d.totals.tax),
  tax_total_accounting: (d) => plain(d.totals.taxInTaxCurrency),
  tax_breakdown: (d) =>
    d.taxBreakdown.map((row) => ({ category: row.category, percent: plain(row.rate), base: plain(row.taxable), tax: plain(row.tax) })),
  lines: (d) => d.lines.length,
  sum_lines: (d) => plain(exactSum(d.lines.map(({ net }) => net))),
  line_po_refs: (d) => d.lines.flatMap((line) => line.orderReference ?? []),
  line_order_line_ids: (d) => d.lines.filter((line) => line.orderLine !== undefined).length,
  // The truth counts embedded files; BG-24 is any supporting document.
  attachments: (d) => d.attachments.filter((one) => one.bytes !== undefined).length,
  delivery_date: (d) => d.delivery?.deliveredOn ?? null,
}

const folder = truth()

describe.skipIf(folder === undefined)('every invoice that the truth knows', () => {
  const count = { UBL: 0, CII: 0, values: 0, refused: 0 }
  const differing = new Set<string>()

  for (const name of CORPORA) {
    test(`of ${name}`, () => {
      const entries = JSON.parse(readFileSync(join(folder ?? '', `${name}.doc.json`), 'utf8')) as Entry[]
      const wrong: string[] = []
      for (const { file, docs } of entries) {
        const bytes = readFileSync(join(corpus(name) ?? '', file))
        const [doc] = docs
        const isInvoice =
          docs.length === 1 &&
          ['UBL', 'CII'].includes(doc?.['syntax'] as string) &&
          ['Invoice', 'CreditNote'].includes(doc?.['doc'] as string) &&
          /\.xml$/i.test(file)
        if (!isInvoice) {
          if ('invoices' in readInvoice(bytes)) wrong.push(`${file} was read`)
          else count.refused++
        } else wrong.push(...comparison(file, bytes, doc as Entry['docs'][number]))
      }
      expect(wrong).toEqual([])
    })
  }

  function comparison(file: string, bytes: Uint8Array, said: Entry['docs'][number]): string[] {
    let result = readInvoice(bytes)
    let expected = said
    if (said['currency'] === 'XYZ') {
      // These samples are in no currency at all. They must be refused for that; in a real one, all else must be right.
      if (!('refused' in result) || result.refused.code !== 'unknown-currency') return [`${file} is in XYZ and was not refused for it`]
      result = readInvoice(
        new TextEncoder().encode(new TextDecoder().decode(bytes).replaceAll('>XYZ<', '>DKK<').replaceAll('"XYZ"', '"DKK"')),
      )
      expected = { ...said, currency: 'DKK' }
    }
    if ('refused' in result) return [`${file}: ${JSON.stringify(result.refused)}`]
    const document = result.invoices[0] as InvoiceDocument
    count[said['syntax'] as 'UBL' | 'CII']++
    return [
      ...(document.kind === (said['doc'] === 'Invoice' ? 'invoice' : 'credit-note') ? [] : [`${file}: ${document.kind}`]),
      ...Object.entries(expected)
        .filter(([field]) => !NOT_COMPARED.has(field))
        .flatMap(([field, value]) => {
          const say = SAID[field]
          return say ? differences(`${file} ${field}`, say(document, said['syntax'] ?? null), value) : [`nothing compares ${field}`]
        }),
    ]
  }

  function differences(where: string, ours: Json, theirs: Json): string[] {
    if (typeof theirs === 'object' && theirs !== null && !Array.isArray(theirs)) {
      const record = theirs as { readonly [key: string]: Json }
      return Object.keys(record).flatMap((key) =>
        differences(`${where}.${key}`, (ours as Record<string, Json>)[key] ?? null, record[key] ?? null),
      )
    }
    count.values++
    if (JSON.stringify(ours) === JSON.stringify(theirs)) return []
    if (DIFFERS[where] !== undefined) {
      differing.add(where)
      return []
    }
    return [`${where}: ours ${JSON.stringify(ours)}, truth ${JSON.stringify(theirs)}`]
  }

  test('the counts, and every named difference occurs', () => {
    console.log(
      `truth: ${count.UBL} UBL and ${count.CII} CII files read, ${count.values} values compared, ${differing.size} differ by name, ${count.refused} other files refused`,
    )
    expect([count.UBL, count.CII]).toEqual([77, 49])
    expect([...differing].sort()).toEqual(Object.keys(DIFFERS).sort())
  })
})
