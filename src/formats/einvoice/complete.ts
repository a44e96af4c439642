import { exactSum, type ArithmeticFacts } from '../../domain/arithmetic.ts'
import type { InvoiceDocument, InvoiceLine, PaymentMeans, SubLine, TaxSubtotal, Totals } from '../../domain/invoice-document.ts'
import { shown } from '../xml/source.ts'
import { taxed, type RawFigures, type RawHeader, type RawLine, type RawTaxTotal, type Syntax } from './raw.ts'
import { report, type Report } from './term.ts'

/**
 * From what a table read to a document, the same for every syntax: what EN 16931 demands and the syntax left out is worked out
 * where the standard has a rule for it, and named.
 */

/**
 * BT-3 codes (UNTDID 1001) of credit notes, by BR-CL-01 of the official rules. Some write a credit note as a UBL Invoice with
 * such a code, and CII has one root for both: it is one by its code, since paying a credit is the worse mistake.
 */
const CREDIT_CODES = new Set(['81', '83', '261', '262', '296', '308', '381', '396', '420', '458', '502', '503', '532'])

export function documentOf(
  { name, kind }: Syntax,
  raw: RawHeader,
  lines: readonly InvoiceLine[],
  subLines: readonly SubLine[],
  to: Report,
): InvoiceDocument | undefined {
  const { typeCode, taxTotals, totals: rawTotals, paymentMeans, payment, ...header } = raw
  if (to.problem) return undefined
  const { rows, ...taxes } = taxesOf(taxTotals, header.currency, header.taxCurrency, to)
  const strange = to.currency?.code === header.currency ? to.otherCurrency : to.currency
  if (strange) return mixed(strange.code, header.currency, strange.at, to)
  if (typeCode === undefined) to.inferred.add('typeCode')
  const totals = totalsOf({ ...rawTotals, ...taxes }, lines, header.allowancesCharges, to)
  const document = {
    syntax: name,
    ...header,
    kind: typeCode !== undefined && CREDIT_CODES.has(typeCode) ? 'credit-note' : kind,
    typeCode: typeCode ?? (kind === 'invoice' ? '380' : '381'),
    totals,
    taxBreakdown: breakdownOf(rows, totals, to),
    paymentMeans: paymentMeansOf(paymentMeans, payment, to),
    lines,
    ...(subLines.length > 0 && { subLines }),
  } as const
  return to.inferred.size > 0 ? { ...document, inferred: [...to.inferred] } : document
}

export function lineOf({ taxKind, id, quantity, price, ...rest }: RawLine, position: number, to: Report): InvoiceLine {
  if (id === undefined) to.inferred.add('lines.id')
  if (quantity === undefined) to.inferred.add('lines.quantity')
  if (price === undefined) to.inferred.add('lines.price')
  return {
    ...rest,
    id: id ?? String(position),
    quantity: quantity ?? '1',
    ...(price === undefined ? { price: rest.net, priceQuantity: quantity ?? '1' } : { price }),
    ...taxed(taxKind),
  }
}

/** What arithmetic looks at, of figures that may lack anything. */
export function factsOf(
  { name }: Syntax,
  { currency, allowancesCharges, taxTotals, totals, lines }: RawFigures,
  to: Report,
): ArithmeticFacts {
  const { rows, ...taxes } = taxesOf(taxTotals, currency, undefined, to)
  return {
    syntax: name,
    ...(currency !== undefined && { currency }),
    allowancesCharges,
    taxBreakdown: rows,
    totals: { ...totals, ...taxes },
    lines: lines.map(({ net, taxKind }) => ({ ...(net !== undefined && { net }), ...taxed(taxKind) })),
  }
}

function mixed(code: string, currency: string, at: number, to: Report): undefined {
  return report(to, 'currency-mixed', `An amount is in ${shown(code)}, but the invoice is in ${currency}.`, at)
}

interface Taxes {
  readonly tax?: string
  readonly taxInTaxCurrency?: string
  readonly rows: readonly Partial<TaxSubtotal>[]
}

/**
 * BT-110, BT-111 and BG-23. EN 16931 has one tax total in the invoice's currency, with the breakdown, and at most one in the tax
 * currency, without. Elsewhere every tax has its own total: they are added up. One with a breakdown beside others without
 * is EN 16931's. CII keeps the breakdown beside its totals.
 */
function taxesOf(all: readonly RawTaxTotal[], currency: string | undefined, taxCurrency: string | undefined, to: Report): Taxes {
  const own = all.filter((total) => total.currency === undefined || currency === undefined || total.currency === currency)
  const other = all.find((total) => !own.includes(total))
  const lost = other && other.currency !== taxCurrency && own.every((total) => total.tax === undefined)
  if (lost && currency !== undefined) mixed(other.currency ?? '', currency, other.at, to)
  const broken = own.filter((total) => total.rows.length > 0)
  const taken = broken.length === 1 && broken[0]?.tax !== undefined ? broken : own
  for (const { rows, at } of taken) {
    const strange = rows.find((one) => currency !== undefined && one.currency !== undefined && one.currency !== currency)?.currency
    if (strange !== undefined && currency !== undefined) mixed(strange, currency, at, to)
  }
  const amounts = taken.flatMap((total) => total.tax ?? [])
  const inTaxCurrency = all.find((total) => taxCurrency !== undefined && total.currency === taxCurrency && !own.includes(total))?.tax
  return {
    ...(amounts.length > 0 && { tax: amounts.length === 1 ? (amounts[0] as string) : exactSum(amounts) }),
    ...(inTaxCurrency !== undefined && { taxInTaxCurrency: inTaxCurrency }),
    rows: taken.flatMap(({ rows }) => rows.map(({ row }) => row)),
  }
}

/** The totals; what is left out is worked out from the rest as EN 16931 computes it. */
function totalsOf(
  raw: Partial<Totals> & Pick<Totals, 'payable'>,
  lines: readonly InvoiceLine[],
  items: InvoiceDocument['allowancesCharges'],
  to: Report,
): Totals {
  const sumOf = (kind: 'allowance' | 'charge'): string => exactSum(items.filter((item) => item.kind === kind).map((item) => item.amount))
  const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`)
  const inferred = (name: string, amounts: readonly string[]): string => {
    to.inferred.add(name)
    return exactSum(amounts)
  }
  const [allowances, charges] = [raw.allowances ?? sumOf('allowance'), raw.charges ?? sumOf('charge')]
  // Factur-X has invoices without lines (profiles MINIMUM and BASIC WL).
  const net =
    raw.lines ??
    inferred(
      'totals.lines',
      lines.length === 0 && raw.taxExclusive !== undefined
        ? [raw.taxExclusive, allowances, negative(charges)]
        : lines.map((line) => line.net),
    )
  const taxExclusive = raw.taxExclusive ?? inferred('totals.taxExclusive', [net, negative(allowances), charges])
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

/** UNTDID 4461 codes of direct debits, to which the creditor identifier (BT-90) and the mandate (BT-89) belong. */
const DEBITS = new Set(['49', '59'])

/**
 * BG-16, with what the syntax keeps once in every one that it belongs to: the remittance text in all, what is of a direct debit
 * in those that are one, or in the first where none says so. A remittance text alone is a payment instruction too.
 */
function paymentMeansOf(
  all: RawHeader['paymentMeans'],
  { remittance, mandate, creditorId }: NonNullable<RawHeader['payment']> = {},
  to: Report,
): PaymentMeans[] {
  const means = all.length === 0 && remittance !== undefined ? [{}] : all
  const isDebit = (raw: RawHeader['paymentMeans'][number]): boolean =>
    raw.mandate !== undefined || (raw.code !== undefined && DEBITS.has(raw.code))
  const none = !means.some(isDebit)
  return means.map((raw, at): PaymentMeans => {
    if (raw.code === undefined) to.inferred.add('paymentMeans.code')
    const debit = isDebit(raw) || (none && at === 0)
    return {
      ...raw,
      code: raw.code ?? '1',
      ...(remittance !== undefined && { remittance }),
      ...(debit && mandate !== undefined && { mandate }),
      ...(debit && creditorId !== undefined && { creditorId }),
    }
  })
}
