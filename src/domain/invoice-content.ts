import { hexOf, type Sha256 } from '../lib/hash.ts'
import type { CalendarDate } from '../lib/time.ts'
import type { ArithmeticFacts } from './arithmetic.ts'
import { discountsIn, type Discount } from './discount.ts'
import type { InvoiceDocument, InvoiceLine } from './invoice-document.ts'
import { formatDecimal, parseDecimal } from './money.ts'
import { documentName, foldedNumber, orderName, partyNames, plainAccount, plainNumber, remittanceName } from './names.ts'
import { aliasOf, type Ref } from './object.ts'

/**
 * The part of an invoice that decisions rest on, small enough for an event (64 KB) and an object row. The whole invoice is
 * always there: the document's bytes under their hash.
 */
export type InvoiceContent = {
  readonly kind: 'invoice' | 'credit-note'
  readonly number: string
  readonly issuedOn: CalendarDate
  readonly dueOn: CalendarDate | null
  readonly currency: string
  readonly typeCode: string
  readonly supplier: PartyContent
  readonly entity: PartyContent
  readonly orders: readonly string[]
  readonly preceding: readonly string[]
  /** UNTDID 4461 code of the first payment means; null when the invoice names none. */
  readonly meansCode: string | null
  /** Creditor accounts that the invoice names (plain). Never paid to: the supplier master's are. */
  readonly accounts: readonly string[]
  /** Cash discount that the payment terms offer in a way that a machine can read; absent when there is none. */
  readonly discounts?: readonly Discount[]
  readonly lineCount: number
  /** Exact sum of all line nets (BT-131). */
  readonly lineNet: string
  /** The lines, when they are at most {@link LIMIT_LINES}; null beyond that: they are then matched by a person. */
  readonly lines: readonly LineContent[] | null
  /** Exact sums of line nets (BT-131), document level allowances (BT-92) and charges (BT-99), each per tax category and rate. */
  readonly bases: readonly Base[]
  readonly taxes: readonly { readonly taxable: string; readonly tax: string; readonly category: string; readonly rate: string }[]
  readonly totals: {
    readonly lines: string
    readonly allowances: string
    readonly charges: string
    readonly taxExclusive: string
    readonly tax: string
    readonly taxInclusive: string
    readonly prepaid: string
    readonly rounding: string
    readonly payable: string
  }
}

export type Base = {
  readonly kind: 'line' | 'allowance' | 'charge'
  readonly category: string | null
  readonly rate: string | null
  readonly amount: string
}

export type PartyContent = {
  readonly name: string
  /** Aliases, most trustworthy first; never empty. */
  readonly names: readonly string[]
  readonly country: string | null
  /** Its tax number (BT-32) as it stands there, where it has no VAT id and writes it with more than letters and digits: others keep it so. */
  readonly written?: string
}

export type LineContent = {
  readonly id: string
  readonly quantity: string
  readonly price: string
  readonly per: string
  readonly net: string
  readonly orderLine: string | null
  readonly item: string | null
  readonly name: string
}

export const LIMIT_LINES = 60
const LIMIT_NAME = 60
/** Longest identifier (number, tax id, account, order) that is taken: names are keys, and keys are bounded. */
const LIMIT_IDENTIFIER = 140
const LIMIT_PARTY_NAME = 200

/** What an invoice says, reduced to what decisions rest on. Amounts stay texts; sums are exact (at most 18 decimals). Members in canonical order. */
export function contentOf(document: InvoiceDocument): InvoiceContent {
  const { totals } = document
  const discounts = discountsIn(document.paymentTerms ?? '')
  return {
    accounts: [...new Set(document.paymentMeans.flatMap((means) => (means.account ? [plainAccount(means.account)] : [])))],
    bases: basesOf(document),
    currency: document.currency,
    ...(discounts.length === 0 ? {} : { discounts }),
    dueOn: document.dueOn ?? null,
    entity: partyOf('entity', document.buyer),
    issuedOn: document.issuedOn,
    kind: document.kind,
    lineCount: document.lines.length,
    lineNet: sumOf(document.lines.map((line) => line.net)),
    lines: document.lines.length > LIMIT_LINES ? null : document.lines.map(lineOf),
    meansCode: document.paymentMeans[0]?.code ?? null,
    number: document.number.trim(),
    orders: document.orderReference ? [document.orderReference.trim()] : [],
    preceding: document.precedingInvoices.map((invoice) => invoice.number),
    supplier: partyOf('supplier', document.supplier),
    taxes: document.taxBreakdown.map((row) => ({ category: row.category, rate: row.rate ?? '0', tax: row.tax, taxable: row.taxable })),
    totals: {
      allowances: totals.allowances ?? '0',
      charges: totals.charges ?? '0',
      lines: totals.lines,
      payable: totals.payable,
      prepaid: totals.prepaid ?? '0',
      rounding: totals.rounding ?? '0',
      tax: totals.tax ?? '0',
      taxExclusive: totals.taxExclusive,
      taxInclusive: totals.taxInclusive,
    },
    typeCode: document.typeCode,
  }
}

function basesOf(document: InvoiceDocument): Base[] {
  const parts = [
    ...document.lines.map((line) => ({ kind: 'line' as const, amount: line.net, category: line.taxCategory, rate: line.taxRate })),
    ...document.allowancesCharges.map((item) => ({ kind: item.kind, amount: item.amount, category: item.taxCategory, rate: item.taxRate })),
  ]
  const groups = Map.groupBy(parts, (part) =>
    JSON.stringify([part.kind, part.category ?? null, part.rate === undefined ? null : sumOf([part.rate])]),
  )
  return [...groups.values()].map((group) => ({
    amount: sumOf(group.map((part) => part.amount)),
    category: group[0]!.category ?? null,
    kind: group[0]!.kind,
    rate: group[0]!.rate ?? null,
  }))
}

/** The figures that the header arithmetic is checked on. */
export function figuresOf(content: InvoiceContent): ArithmeticFacts {
  const taxed = (base: Base): { taxCategory?: string; taxRate?: string } => ({
    ...(base.category === null ? {} : { taxCategory: base.category }),
    ...(base.rate === null ? {} : { taxRate: base.rate }),
  })
  return {
    currency: content.currency,
    lines: content.bases.filter((base) => base.kind === 'line').map((base) => ({ net: base.amount, ...taxed(base) })),
    allowancesCharges: content.bases.flatMap((base) =>
      base.kind === 'line' ? [] : [{ kind: base.kind, amount: base.amount, ...taxed(base) }],
    ),
    taxBreakdown: content.taxes,
    totals: content.totals,
  }
}

const partyOf = (role: 'supplier' | 'entity', party: InvoiceDocument['supplier']): PartyContent => ({
  country: party.address?.country ?? null,
  name: clipped(party.name, LIMIT_PARTY_NAME),
  names: partyNames(role, party),
  ...writtenOf(party),
})

function writtenOf({ vatId, taxId }: InvoiceDocument['supplier']): { readonly written?: string } {
  const written = taxId?.trim()
  return vatId || !written || plainNumber(written) === written || written.length > LIMIT_IDENTIFIER ? {} : { written }
}

const lineOf = (line: InvoiceLine): LineContent => ({
  id: line.id,
  item: line.buyerItem ?? line.supplierItem ?? line.standardItem ?? null,
  name: clipped(line.name, LIMIT_NAME),
  net: line.net,
  orderLine: line.orderLine ?? null,
  per: line.priceQuantity ?? '1',
  price: line.price,
  quantity: line.quantity,
})

const clipped = (text: string, limit: number): string => text.slice(0, limit).toWellFormed()

/** An identifier of the content that is too long to be a key, by its name; undefined when all are short enough. */
export function tooLong(content: InvoiceContent): string | undefined {
  const identifiers: [string, readonly string[]][] = [
    ['invoice number', [content.number]],
    ['supplier', content.supplier.names],
    ['buyer', content.entity.names],
    ['order reference', content.orders],
    ['preceding invoice', content.preceding],
    ['account', content.accounts],
    ['line', (content.lines ?? []).flatMap((line) => [line.id, line.orderLine ?? '', line.item ?? ''])],
    ['tax category', content.taxes.map((row) => row.category)],
  ]
  return identifiers.find(([, values]) => values.some((value) => value.length > LIMIT_IDENTIFIER))?.[0]
}

const SUM_SCALE = 18
/** Already as sums are written: no leading zeros, no trailing zeros after the point. */
const PLAIN = /^(?:0|-?[1-9]\d{0,17}|-?(?:0|[1-9]\d{0,17})\.\d{0,17}[1-9])$/
/** So but for zeros at its end, as most amounts are. */
const PADDED = /^-?(?:0|[1-9]\d{0,17})\.\d{0,17}0$/
const ZEROS_AT_END = /\.?0+$/u

/** The exact sum of decimal texts, without trailing zeros. A text that is no decimal counts as nothing: the reader refuses those before. */
export function sumOf(amounts: readonly string[]): string {
  const [only] = amounts
  if (amounts.length === 1 && only !== undefined) {
    if (PLAIN.test(only)) return only
    if (PADDED.test(only)) return withoutZeros(only)
  }
  const total = amounts.reduce((sum, amount) => sum + (parseDecimal(amount, SUM_SCALE) ?? 0n), 0n)
  return withoutZeros(formatDecimal(total, SUM_SCALE))
}

function withoutZeros(text: string): string {
  const short = text.replace(ZEROS_AT_END, '')
  return short === '-0' ? '0' : short
}

/**
 * How an arriving invoice names itself. Same invoice (another rendition): the same document; or same entity, supplier,
 * number (trimmed, case-folded, nothing else), type, issue date, currency and equal payable, tax and line totals. The number
 * alone is offered, so that the first invoice has it and any other with the same number sees that it is not alone.
 */
export function invoiceRef(sha256: Sha256, content: InvoiceContent, document: string): Ref {
  const who = [content.entity.names[0] ?? '', content.supplier.names[0] ?? '', foldedNumber(content.number)]
  const { totals } = content
  const all = [
    ...who,
    content.kind,
    content.typeCode,
    content.issuedOn,
    content.currency,
    plain(totals.payable),
    plain(totals.tax),
    plain(totals.lines),
  ]
  // Its renditions, an XML and the PDF around it, have this name in common.
  const name = aliasOf('public', 'invoice', digest(sha256, all))
  return {
    names: [documentName(document), name],
    create: 'invoice',
    same: { name, ...dayOf(content) },
    offers: [numberName(sha256, content), remittanceName(content.number), ...likeNames(sha256, content)],
  }
}

/** Two arrivals of one document differ in everything but what it says of itself. */
const dayOf = ({ issuedOn }: InvoiceContent): NonNullable<Ref['same']> => (issuedOn === null ? {} : { day: issuedOn })

/** The name under which the first invoice with this number of this supplier to this entity is found. */
export function numberName(sha256: Sha256, content: InvoiceContent): string {
  const known = NUMBER_NAMES.get(content)
  if (known !== undefined) return known
  const name = nameByNumber(sha256, content, content.number, content.kind)
  NUMBER_NAMES.set(content, name)
  return name
}
/**
 * Names under which the first invoice with this number and amount is found, whatever supplier it names: by its account, and by each number
 * of the supplier but the VAT id. Two master records of one supplier, or one VAT id mistyped, share them.
 */
export function likeNames(sha256: Sha256, content: InvoiceContent): readonly string[] {
  const known = LIKE_NAMES.get(content)
  if (known !== undefined) return known
  const what = [content.entity.names[0] ?? '', foldedNumber(content.number), content.kind, content.currency, plain(content.totals.payable)]
  const marks = [...content.supplier.names.filter((name) => !name.startsWith(VAT_ALIAS)), ...content.accounts.slice(0, 1)]
  const names = marks.map((mark) => aliasOf('public', 'invoice-like', digest(sha256, [...what, mark])))
  LIKE_NAMES.set(content, names)
  return names
}
const LIKE_NAMES = new WeakMap<InvoiceContent, readonly string[]>()
const VAT_ALIAS = aliasOf('public', 'supplier-vat', '')

/** The earlier invoices that it names (BT-25), by the names under which they are found. */
export const precedingNames = (sha256: Sha256, content: InvoiceContent): string[] =>
  content.preceding.slice(0, LIMIT_PRECEDING).map((number) => nameByNumber(sha256, content, number, 'invoice'))
const LIMIT_PRECEDING = 20

const nameByNumber = (sha256: Sha256, content: InvoiceContent, number: string, kind: InvoiceContent['kind']): string =>
  aliasOf(
    'public',
    'invoice-number',
    digest(sha256, [content.entity.names[0] ?? '', content.supplier.names[0] ?? '', foldedNumber(number), kind]),
  )
const NUMBER_NAMES = new WeakMap<InvoiceContent, string>()

const digest = (sha256: Sha256, parts: readonly string[]): string => hexOf(sha256(JSON.stringify(parts))).slice(0, 40)
const plain = (amount: string): string => sumOf([amount])

/** The names of the orders that the invoice refers to. */
export function orderNames(content: { readonly entity: Pick<PartyContent, 'names'>; readonly orders: readonly string[] }): string[] {
  return content.orders.map((number) => orderName(content.entity.names[0] ?? '', number))
}

/** The objects that must exist once an invoice is there: its supplier, entity and orders. They are then looked up. */
export function invoiceEnsures(content: InvoiceContent): Ref[] {
  return [
    { names: content.supplier.names, create: 'supplier', same: dayOf(content) },
    { names: content.entity.names, create: 'entity', same: dayOf(content) },
    ...orderNames(content).map((name): Ref => ({ names: [name], create: 'order', same: dayOf(content) })),
  ]
}
