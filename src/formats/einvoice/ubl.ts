import { exactSum, type ArithmeticFacts } from '../../domain/arithmetic.ts'
import type { Attachment, Identified, InvoiceDocument, InvoiceLine, PaymentMeans, Refused, TaxSubtotal, Totals } from '../../domain/invoice-document.ts'
import { refusal, readXml, type XmlElement, type XmlLimits } from '../xml/read-xml.ts'
import { shown, type Problem } from '../xml/source.ts'
import { nodes, type XmlNode } from '../xml/tree.ts'
import { foreignFile, foreignRoot } from './foreign.ts'
import { extendPlan, newPlan, newReport, planBelow, report, type Plan, type Report } from './term.ts'
import { CAC, FIGURES, HEADER, LINE, LINE_FIGURES, type RawLine, type RawPaymentMeans, type RawReference, type RawTaxTotal } from './ubl-terms.ts'

export type InvoicesOrRefused = { readonly invoices: readonly InvoiceDocument[] } | { readonly refused: Refused }

type Kind = InvoiceDocument['kind']

/** The two documents of UBL 2 that are read; every 2.x shares these namespaces. */
const DOCUMENTS: readonly { readonly uri: string; readonly local: string; readonly line: string; readonly kind: Kind }[] = [
  { uri: 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2', local: 'Invoice', line: 'InvoiceLine', kind: 'invoice' },
  { uri: 'urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2', local: 'CreditNote', line: 'CreditNoteLine', kind: 'credit-note' },
]

/** The envelope of Peppol's network (UN/CEFACT SBDH 1.3), which may stand around a document. */
const ENVELOPE = { uri: 'http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader', local: 'StandardBusinessDocument' }

/**
 * BT-3 codes (UNTDID 1001) of credit notes, by BR-CL-01 of the official rules. Some write a credit note as a UBL Invoice with
 * such a code: it is one by its code, since paying a credit is the worse mistake.
 */
const CREDIT_CODES = new Set(['81', '83', '261', '262', '296', '308', '381', '396', '420', '458', '502', '503', '532'])

const { roots, kinds, lines: lineNames } = plans()

function plans(): { roots: Plan; kinds: ReadonlyMap<Plan, Kind>; lines: ReadonlySet<string> } {
  const roots = newPlan()
  const kinds = new Map<Plan, Kind>()
  const envelope = extendPlan(roots, ENVELOPE.uri, ENVELOPE.local)
  for (const { uri, local, line, kind } of DOCUMENTS) {
    const plan = extendPlan(roots, uri, local)
    HEADER.reach(plan)
    LINE.reach(extendPlan(plan, CAC, line))
    kinds.set(plan, kind)
    envelope.below.set(uri, new Map([[local, plan]]))
  }
  return { roots, kinds, lines: new Set(DOCUMENTS.map(({ line }) => line)) }
}

/**
 * Reads a UBL 2.x Invoice or CreditNote, or Peppol's envelope around some. Nothing is thrown and nothing half read comes out.
 *
 * Codes of refusal besides those of readXml: not-ubl; no-number, no-date, no-currency, no-supplier, no-buyer, no-payee,
 * no-representative, no-payable, no-line-amount, no-line-name; bad-amount, bad-date, bad-indicator, unknown-currency,
 * currency-mixed, number-too-long, element-repeated. Lines are taken one by one: memory is that of the result and one line.
 */
export function readUbl(bytes: Uint8Array, limits: XmlLimits = {}): InvoicesOrRefused {
  const invoices: InvoiceDocument[] = []
  const open: Plan[] = []
  let foreign: Problem | undefined
  let lines: InvoiceLine[] = []
  let to = newReport()

  const keep = (element: XmlElement, parent: XmlNode | undefined): boolean => {
    const plan = planBelow(open.at(-1) ?? roots, element)
    if (parent === undefined && plan === undefined) foreign = foreignRoot(element)
    if (plan === undefined) return false
    if (kinds.has(plan)) {
      lines = []
      to = newReport()
    }
    open.push(plan)
    return true
  }
  const done = (node: XmlNode): 'hold' | 'let-go' | Problem => {
    const kind = kinds.get(open.pop() ?? roots)
    const isLine = lineNames.has(node.local) && kinds.has(open.at(-1) ?? roots)
    if (isLine) lines.push(lineOf(LINE.read(node, to), lines.length + 1, to))
    const invoice = kind && documentOf(node, kind, lines, to)
    if (to.problem) return to.problem
    if (invoice) invoices.push(invoice)
    return isLine || invoice ? 'let-go' : 'hold'
  }
  const building = nodes(keep, done)
  const handler = { ...building, open: (element: XmlElement) => building.open(element) ?? foreign }
  const refused = readXml(bytes, handler, limits)
  if (refused) return { refused: named(refused, bytes) }
  if (invoices.length > 0) return { invoices }
  return { refused: refusal(bytes, { code: 'not-ubl', says: 'The envelope holds no UBL invoice or credit note.', at: 0 }) }
}

function named(refused: Refused, bytes: Uint8Array): Refused {
  const file = refused.code === 'not-xml' ? foreignFile(bytes) : undefined
  return file === undefined ? refused : { ...refused, says: `This is ${file}, not XML.` }
}

/** The figures of a document that may lack all else, for checking arithmetic alone. */
export function ublFigures(root: XmlNode): ArithmeticFacts {
  const to = newReport()
  const { currency, allowancesCharges, taxTotals, totals } = FIGURES.read(root, to)
  const lines = root.children.filter((child) => child.uri === CAC && lineNames.has(child.local)).map((node) => LINE_FIGURES.read(node, to))
  const { rows, ...taxes } = taxesOf(taxTotals, currency, undefined, newReport())
  return {
    ...(currency !== undefined && { currency }), allowancesCharges, taxBreakdown: rows, totals: { ...totals, ...taxes },
    lines: lines.map(({ net, taxKind }) => ({
      ...(net !== undefined && { net }),
      ...(taxKind?.category !== undefined && { taxCategory: taxKind.category }),
      ...(taxKind?.rate !== undefined && { taxRate: taxKind.rate }),
    })),
  }
}

function lineOf(raw: RawLine, position: number, to: Report): InvoiceLine {
  const { taxKind, id, quantity, price, ...rest } = raw
  if (id === undefined) to.inferred.add('lines.id')
  if (quantity === undefined) to.inferred.add('lines.quantity')
  if (price === undefined) to.inferred.add('lines.price')
  return {
    ...rest,
    id: id ?? String(position),
    quantity: quantity ?? '1',
    ...(price === undefined ? { price: raw.net, priceQuantity: quantity ?? '1' } : { price }),
    ...(taxKind?.category !== undefined && { taxCategory: taxKind.category }),
    ...(taxKind?.rate !== undefined && { taxRate: taxKind.rate }),
  }
}

function documentOf(root: XmlNode, kind: Kind, lines: readonly InvoiceLine[], to: Report): InvoiceDocument | undefined {
  const { typeCode, taxTotals, totals: raw, paymentMeans, references, ...header } = HEADER.read(root, to)
  if (to.problem) return undefined
  const { rows, ...taxes } = taxesOf(taxTotals, header.currency, header.taxCurrency, to)
  const strange = to.currency?.code === header.currency ? to.otherCurrency : to.currency
  if (strange) return mixed(strange.code, header.currency, strange.at, to)
  if (typeCode === undefined) to.inferred.add('typeCode')
  const totals = totalsOf({ ...raw, ...taxes }, lines, header.allowancesCharges, to)
  const document = {
    ...header,
    kind: typeCode !== undefined && CREDIT_CODES.has(typeCode) ? 'credit-note' : kind,
    typeCode: typeCode ?? (kind === 'invoice' ? '380' : '381'),
    totals,
    taxBreakdown: breakdownOf(rows, totals, to),
    paymentMeans: paymentMeans.map((means) => paymentMeansOf(means, [...header.supplier.ids, ...header.payee?.ids ?? []], to)),
    ...referencesOf(references, kind, header.projectReference),
    lines,
  } as const
  return to.inferred.size > 0 ? { ...document, inferred: [...to.inferred] } : document
}

function mixed(code: string, currency: string, at: number, to: Report): undefined {
  return report(to, 'currency-mixed', `An amount is in ${shown(code)}, but the invoice is in ${currency}.`, at)
}

interface Taxes { readonly tax?: string; readonly taxInTaxCurrency?: string; readonly rows: readonly Partial<TaxSubtotal>[] }

/**
 * BT-110, BT-111 and BG-23. EN 16931 has one tax total in the invoice's currency, with the breakdown, and at most one in the tax
 * currency, without. Elsewhere every tax has its own total: they are added up. One with a breakdown beside others without
 * is EN 16931's.
 */
function taxesOf(all: readonly RawTaxTotal[], currency: string | undefined, taxCurrency: string | undefined, to: Report): Taxes {
  const own = all.filter((total) => total.currency === undefined || currency === undefined || total.currency === currency)
  const other = all.find((total) => !own.includes(total))
  if (own.length === 0 && other && currency !== undefined) mixed(other.currency ?? '', currency, other.at, to)
  const broken = own.filter((total) => total.rows.length > 0)
  const taken = broken.length === 1 ? broken : own
  for (const { rows, at } of taken) {
    const strange = rows.find((one) => currency !== undefined && one.currency !== undefined && one.currency !== currency)?.currency
    if (strange !== undefined && currency !== undefined) mixed(strange, currency, at, to)
  }
  const amounts = taken.flatMap((total) => total.tax ?? [])
  const inTaxCurrency = all.find((total) => taxCurrency !== undefined && total.currency === taxCurrency && !own.includes(total))?.tax
  return {
    ...(amounts.length > 0 && { tax: amounts.length === 1 ? amounts[0] as string : exactSum(amounts) }),
    ...(inTaxCurrency !== undefined && { taxInTaxCurrency: inTaxCurrency }),
    rows: taken.flatMap(({ rows }) => rows.map(({ row }) => row)),
  }
}

/** The totals; what UBL leaves out is worked out from the rest as EN 16931 computes it. */
function totalsOf(
  raw: Partial<Totals> & Pick<Totals, 'payable'>, lines: readonly InvoiceLine[], items: InvoiceDocument['allowancesCharges'], to: Report,
): Totals {
  const sumOf = (kind: 'allowance' | 'charge'): string => exactSum(items.filter((item) => item.kind === kind).map((item) => item.amount))
  const negative = (amount: string): string => amount.startsWith('-') ? amount.slice(1) : `-${amount}`
  const inferred = (name: string, amounts: readonly string[]): string => {
    to.inferred.add(name)
    return exactSum(amounts)
  }
  const net = raw.lines ?? inferred('totals.lines', lines.map((line) => line.net))
  const taxExclusive = raw.taxExclusive
    ?? inferred('totals.taxExclusive', [net, negative(raw.allowances ?? sumOf('allowance')), raw.charges ?? sumOf('charge')])
  const taxInclusive = raw.taxInclusive ?? inferred('totals.taxInclusive', [taxExclusive, raw.tax ?? '0'])
  return { ...raw, lines: net, taxExclusive, taxInclusive }
}

/** BG-23; a row without its tax or category is no VAT breakdown and is left out. */
function breakdownOf(rows: Taxes['rows'], totals: Totals, to: Report): TaxSubtotal[] {
  return rows.flatMap((row): TaxSubtotal[] => {
    const { tax, category } = row
    if (row.taxable === undefined && rows.length === 1) to.inferred.add('taxBreakdown.taxable')
    const taxable = row.taxable ?? (rows.length === 1 ? totals.taxExclusive : undefined)
    return taxable === undefined || tax === undefined || category === undefined ? [] : [{ ...row, taxable, tax, category }]
  })
}

/** UNTDID 4461 codes of direct debits, whose creditor identifier (BT-90) UBL keeps with the seller or payee under the scheme SEPA. */
const DEBITS = new Set(['49', '59'])

function paymentMeansOf(raw: RawPaymentMeans, ids: readonly Identified[], to: Report): PaymentMeans {
  if (raw.code === undefined) to.inferred.add('paymentMeans.code')
  const code = raw.code ?? '1'
  const creditorId = DEBITS.has(code) || raw.mandate !== undefined ? ids.find(({ scheme }) => scheme === 'SEPA')?.id : undefined
  return { ...raw, code, ...(creditorId !== undefined && { creditorId }) }
}

/** Type 130 is the invoiced object (BT-18); type 50 on a credit note, which has no element for it, the project (BT-11). */
function referencesOf(references: readonly RawReference[], kind: Kind, project: string | undefined): {
  readonly attachments: readonly Attachment[]; readonly invoicedObject?: Identified; readonly projectReference?: string
} {
  const object = references.find(({ type, id }) => type === '130' && id !== undefined)?.id
  const named = project ?? (kind === 'credit-note' ? references.find(({ type }) => type === '50')?.id?.id : undefined)
  const attachments = references.flatMap(({ type, id, attachment }): Attachment[] =>
    id === undefined || type === '130' || (type === '50' && kind === 'credit-note') ? [] : [{ id: id.id, ...attachment }])
  return {
    attachments,
    ...(object && { invoicedObject: object }),
    ...(named !== undefined && { projectReference: named }),
  }
}
