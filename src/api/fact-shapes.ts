/** The shape of the data of each fact that systems may send, as a table: src/domain/event-data.ts is what it must agree with. */
import { z } from 'zod'
import type { FactData } from '../domain/event-data.ts'
import { FACETS } from '../domain/object.ts'
import { isCleanText } from '../lib/canonical-json.ts'
import { isCalendarDate, isZone } from '../lib/time.ts'
import { instantIn } from './cloud-events.ts'

const text = (max: number): z.ZodString =>
  z.string().min(1, 'is empty').max(max, `is longer than ${max}`).refine(isCleanText, 'holds characters that cannot be kept')
const id = text(140)
const words = text(500)
/** Decimal text as everywhere: no exponent, no comma, no negative zero, at most 18 digits on either side of the point. */
const amount = z.string().regex(/^(?!-0*(\.0*)?$)-?\d{1,18}(\.\d{1,18})?$/u, 'is no decimal text such as "119.00"')
/** Empty where the statement does not say. */
const balance = z.union([amount, z.literal('')])
const currency = z.string().regex(/^[A-Z]{3}$/u, 'is not three capital letters')
const date = z.string().refine(isCalendarDate, 'is no calendar date YYYY-MM-DD')
const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/u, 'is no month YYYY-MM')
const instant = z
  .string()
  .refine((value) => instantIn(value) !== undefined, 'is no instant as RFC 3339 writes it')
  .transform((value) => instantIn(value) ?? '')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/u, 'is no SHA-256 in lower-case hex')
const count = z.int('is no whole number').min(0, 'is negative').max(10_000_000, 'is too large')
/** An external name, `system|kind|id`. */
const name = z
  .string()
  .max(300, 'is longer than 300')
  .regex(/^[^|]+\|[^|]+\|.+$/su, 'is no name of the form system|kind|id')
  .refine(isCleanText, 'holds characters that cannot be kept')
const list = <T extends z.ZodType>(item: T, max: number): z.ZodArray<T> => z.array(item).max(max, `has more than ${max} members`)

const coding = list(z.strictObject({ account: id, costCentre: id.exactOptional(), amount }), 200)
const terms = z.strictObject({
  supplier: name,
  payee: z.union([sha256, z.literal('none')]),
  entity: name,
  currency,
  net: amount,
  tax: amount,
  gross: amount,
  orders: list(id, 50),
  dueOn: date.nullable(),
  coding: coding.nullable(),
})

const amended = z.strictObject({ person: name, terms: list(terms.keyof(), 10) })

const party = z.strictObject({
  name: text(200),
  names: list(name, 10).min(1, 'is empty'),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/u, 'is not two capital letters')
    .nullable(),
  written: id.exactOptional(),
})
const content = z.strictObject({
  kind: z.enum(['invoice', 'credit-note']),
  number: id,
  issuedOn: date,
  dueOn: date.nullable(),
  currency,
  typeCode: id,
  supplier: party,
  entity: party,
  orders: list(id, 50),
  preceding: list(id, 50),
  meansCode: id.nullable(),
  accounts: list(id, 20),
  lineCount: count,
  lineNet: amount,
  lines: list(
    z.strictObject({
      id,
      quantity: amount,
      price: amount,
      per: amount,
      net: amount,
      orderLine: id.nullable(),
      item: id.nullable(),
      name: text(60),
    }),
    60,
  ).nullable(),
  bases: list(
    z.strictObject({ kind: z.enum(['line', 'allowance', 'charge']), category: id.nullable(), rate: amount.nullable(), amount }),
    200,
  ),
  taxes: list(z.strictObject({ taxable: amount, tax: amount, category: id, rate: amount }), 100),
  totals: z.strictObject({
    lines: amount,
    allowances: amount,
    charges: amount,
    taxExclusive: amount,
    tax: amount,
    taxInclusive: amount,
    prepaid: amount,
    rounding: amount,
    payable: amount,
  }),
})
const received = z.strictObject({ document: sha256, channel: id, content })

const version = z.int('is no whole number').min(1, 'is not above zero').max(1_000_000, 'is too large')
const order = z.strictObject({
  number: id,
  version: version.exactOptional(),
  entity: id,
  supplier: id,
  currency,
  open: z.boolean(),
  approvedBy: name.exactOptional(),
  lines: list(
    z.strictObject({
      id,
      item: id.exactOptional(),
      name: text(200).exactOptional(),
      quantity: amount,
      price: amount,
      priceQuantity: amount.exactOptional(),
      unit: id,
      receiptRequired: z.literal(true).exactOptional(),
      byValue: z.literal(true).exactOptional(),
    }),
    1_000,
  ),
})

const entry = z.strictObject({
  account: id,
  statement: id,
  position: id,
  part: count,
  parts: count,
  amount,
  currency,
  direction: z.enum(['debit', 'credit']),
  reversal: z.boolean(),
  bookedOn: date.exactOptional(),
  valuedOn: date.exactOptional(),
  bankReference: id.exactOptional(),
  messageId: id.exactOptional(),
  batch: id.exactOptional(),
  endToEndId: id.exactOptional(),
  count: count.exactOptional(),
  counterparty: text(200).exactOptional(),
  remittance: words.exactOptional(),
  document: sha256,
  returns: z
    .strictObject({
      endToEndId: id.exactOptional(),
      messageId: id.exactOptional(),
      code: id,
      reason: words.exactOptional(),
    })
    .exactOptional(),
})

const facet = z.enum(FACETS)
const reason = z.strictObject({ reason: words })
const periodOf = z.strictObject({ from: date.exactOptional(), to: date.exactOptional(), accounts: id.exactOptional(), entity: id, month })

const asked = z
  .string()
  .regex(/^(supplier|entity|order|period \d{4}-\d{2}|tax-code \S{1,10} -?\d{1,6}(\.\d{1,6})?)$/u, 'is no question that is asked')
const reference = z.union([
  z.strictObject({ asked, readAt: instant, found: z.literal(false) }),
  z.strictObject({
    asked,
    readAt: instant,
    found: z.literal(true),
    supplier: z
      .strictObject({
        number: id,
        name: text(200),
        vatId: id.exactOptional(),
        active: z.boolean(),
        blocked: z.boolean(),
        accounts: list(id, 50),
        createdBy: name.exactOptional(),
      })
      .exactOptional(),
    entity: z
      .strictObject({
        number: id,
        name: text(200),
        currency,
        currencies: list(currency, 50),
        active: z.boolean(),
        zone: id.refine(isZone, 'is no time zone of the IANA database'),
        account: id.exactOptional(),
      })
      .exactOptional(),
    taxCode: z.strictObject({ code: id, category: id, rate: amount, active: z.boolean() }).exactOptional(),
    period: z.strictObject({ open: z.boolean() }).exactOptional(),
    order: order.exactOptional(),
  }),
])

/** Facts that only the hub itself or a person states: they have addresses of their own. */
type NotSent =
  | 'evidence.prepared'
  | 'document.received'
  | 'exception.answered'
  | 'exception.assigned'
  | 'exception.said'
  | 'exception.unsaid'
  | 'reference.asked'
  | 'tie-out.recorded'
  | 'invoice.taken-over'
  | 'cut-over.recorded'
  | 'system.paused'
  | 'system.resumed'
  | 'sweep.completed'
  | 'log.set-back'
  | 'accrual.booked'
export type SentType = Exclude<keyof FactData, NotSent>

export const FACT_SHAPES: { readonly [T in SentType]: z.ZodType<FactData[T]> } = {
  'invoice.received': received,
  'invoice.corrected': received,
  'invoice.withdrawn': reason,
  'invoice.rejected': reason,
  'invoice.reinstated': reason,
  'document.attached': z.strictObject({ document: sha256, rendition: id }),
  'approval.requested': z.strictObject({ ticket: id, step: id.exactOptional() }),
  'approval.granted': z.strictObject({ ticket: id, step: id, person: name, terms }),
  'approval.refused': z.strictObject({ ticket: id, step: id, person: name, reason: words }),
  'approval.completed': z.strictObject({ ticket: id, terms, enterers: list(name, 50), amended: list(amended, 50).exactOptional() }),
  'approval.withdrawn': z.strictObject({ ticket: id, person: name, reason: words }),
  'authority.granted': z.strictObject({ person: name, name: text(200), limit: amount, currency, from: date, to: date.exactOptional() }),
  'authority.revoked': z.strictObject({ person: name, on: date }),
  'posting.parked': z.strictObject({ postingNo: id }),
  'posting.confirmed': z.strictObject({
    postingNo: id,
    entity: id,
    supplier: id,
    number: id,
    amount,
    currency,
    postedOn: date,
    reference: id.exactOptional(),
    account: id.exactOptional(),
    due: amount.exactOptional(),
    tax: amount.exactOptional(),
    coding: coding.exactOptional(),
  }),
  'posting.reversed': z.strictObject({ postingNo: id, entity: id, reversalNo: id, reversedOn: date, reason: words.exactOptional() }),
  'payment.instructed': z.strictObject({
    messageId: id,
    endToEndId: id,
    paymentDoc: id,
    amount,
    currency,
    account: id,
    supplier: id,
    items: list(z.strictObject({ posting: name, amount }), 500),
    from: id.exactOptional(),
    executeOn: date.exactOptional(),
  }),
  'payment.released': z.strictObject({ messageId: id, run: id, document: sha256, releasedBy: list(name, 20) }),
  'file.completed': z.strictObject({
    messageId: id,
    document: sha256,
    claimedCount: id,
    claimedSum: id,
    count,
    sum: amount,
    findings: list(words, 50),
  }),
  'payment.accepted': z.strictObject({ messageId: id, code: id, document: sha256 }),
  'payment.rejected': z.strictObject({ messageId: id, endToEndId: id.exactOptional(), code: id, reason: words, document: sha256 }),
  'payment.cancelled': z.strictObject({ messageId: id, endToEndId: id.exactOptional(), reason: words }),
  'statement.received': z.strictObject({
    account: id,
    statement: id,
    currency,
    document: sha256,
    opening: balance,
    closing: balance,
    from: date.exactOptional(),
    to: date.exactOptional(),
    entries: count,
    findings: list(words, 50),
  }),
  'statement.entry-announced': entry,
  'statement.entry-booked': entry,
  'clearing.recorded': z.strictObject({
    postingNo: id,
    kind: id,
    amount,
    currency,
    reason: words,
    bookedOn: date.exactOptional(),
    ledger: id.exactOptional(),
  }),
  'revaluation.recorded': z.strictObject({ postingNo: id, revaluation: id, amount, currency, bookedOn: date }),
  'reference.read': reference,
  'order.issued': order,
  'order.changed': order,
  'order.closed': z.strictObject({ number: id, version: version.exactOptional() }),
  'receipt.recorded': z.strictObject({
    receipt: id,
    number: id,
    entity: id,
    lines: list(z.strictObject({ line: id, quantity: amount }), 1_000).min(1, 'is empty'),
  }),
  'receipt.reversed': z.strictObject({ receipt: id, number: id, entity: id, reason: words }),
  'supplier.activated': z.strictObject({ supplier: id }),
  'supplier.blocked': z.strictObject({ supplier: id, reason: words }),
  'period.opened': periodOf,
  'period.closed': periodOf,
  'status.reported': z.strictObject({
    system: id,
    facet,
    word: id,
    claims: id.exactOptional(),
    of: id.exactOptional(),
    amount: amount.exactOptional(),
  }),
  'hold.placed': z.strictObject({ hold: id, kind: id, reason: words }),
  'hold.released': z.strictObject({ hold: id, reason: words }),
  'evidence.archived': z.strictObject({ archive: id, document: sha256, until: date, covers: count }),
}

export function isSentType(type: string): type is SentType {
  return Object.hasOwn(FACT_SHAPES, type)
}
