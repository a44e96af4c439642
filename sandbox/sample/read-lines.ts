import { isObject } from '../plumbing/shape.ts'

/**
 * Invoices as somebody else has read them, one JSON object per line: `{file, invoices: […]}`, where each has the business terms of
 * EN 16931-1 under speaking names. Only what a set-up needs is looked at; a line without invoices is passed over and counted.
 */
export interface ReadParty {
  readonly name: string
  readonly vatId?: string
  readonly taxId?: string
  readonly legalId?: string
  readonly ids?: readonly { readonly id: string }[]
  readonly address?: { readonly country?: string }
}
export interface ReadLine {
  readonly id: string
  readonly quantity: string
  readonly unit: string
  readonly price: string
  readonly priceQuantity?: string
  readonly name: string
  readonly net: string
  readonly orderLine?: string
  readonly supplierItem?: string
  readonly buyerItem?: string
  readonly taxCategory?: string
  readonly taxRate?: string
}
export interface ReadInvoice {
  readonly kind: string
  readonly number: string
  readonly issuedOn: string
  readonly currency: string
  readonly orderReference?: string
  readonly supplier: ReadParty
  readonly buyer: ReadParty
  readonly paymentMeans: readonly {
    readonly code: string
    readonly account?: string
    readonly bic?: string
    readonly mandate?: string
    readonly creditorId?: string
  }[]
  readonly taxBreakdown: readonly { readonly category: string; readonly rate?: string }[]
  readonly totals: { readonly payable: string }
  readonly lines: readonly ReadLine[]
}

/** The invoices of all lines, and how many lines held none that could be used. */
export function invoicesOf(lines: readonly unknown[]): { invoices: ReadInvoice[]; passedOver: number } {
  const found = lines.map((line) => {
    if (!isObject(line)) return []
    const held = Array.isArray(line['invoices']) ? (line['invoices'] as unknown[]) : [line['invoice'] ?? line['document'] ?? line]
    return held.filter(usable)
  })
  return { invoices: found.flat(), passedOver: found.filter((held) => held.length === 0).length }
}

function usable(value: unknown): value is ReadInvoice {
  return (
    isObject(value) &&
    typeof value['number'] === 'string' &&
    /^\d{4}-\d\d-\d\d$/.test(String(value['issuedOn'])) &&
    /^[A-Z]{3}$/.test(String(value['currency'])) &&
    isObject(value['supplier']) &&
    isObject(value['buyer']) &&
    isObject(value['totals']) &&
    ['paymentMeans', 'taxBreakdown', 'lines'].every((name) => Array.isArray(value[name]))
  )
}

/** What a party is known by in the ERP, which keeps a tax number and a name and nothing else: two rows of one name could not be told apart. */
export function keyOf(party: ReadParty): string {
  const folded = (text: string): string => text.normalize('NFC').replaceAll(/\s/g, '').toUpperCase()
  const number = party.vatId ?? party.taxId
  return number ? `tax ${folded(number)}` : `name ${folded(party.name ?? '')}`
}

/** A decimal as the ERP takes quantities, prices and rates. */
export function isDecimal(text: string): boolean {
  return /^-?\d{1,18}(\.\d{1,18})?$/.test(text)
}

/** Text without control characters, of at most `max` characters. */
export function plain(text: string | undefined, max: number): string {
  // oxlint-disable-next-line no-control-regex -- removing them is the point
  return (text ?? '')
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f]+/g, ' ')
    .trim()
    .slice(0, max)
    .toWellFormed()
}
