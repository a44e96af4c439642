/**
 * The ERP's own shapes, as its documentation gives them (sandbox/README.md, section "ERP"). Only what is used is named;
 * members that are not named are let through unread, so that a new release of the ERP stops nothing.
 */
import { z } from 'zod'
import { instantOf } from '../../lib/time.ts'

const text = z.string().max(4_000)
const id = z.string().min(1).max(100)
const amount = z
  .string()
  .max(40)
  .regex(/^-?\d+(\.\d+)?$/, 'is no decimal text')
const date = z.iso.date()
const instant = z.iso.datetime({ offset: true }).transform((value) => instantOf(Date.parse(value)))
const maybe = text.default('')

/** "Refusals": several at once. */
export const Refusal = z.object({
  msgs: z
    .array(z.object({ msgId: id, field: text.optional(), text }))
    .min(1)
    .max(200),
})

/** "Lists": `next` is where to go on, null at the end. */
export const listOf = <T extends z.ZodType>(row: T): z.ZodObject<{ rows: z.ZodArray<T>; next: z.ZodNullable<z.ZodString> }> =>
  z.object({ rows: z.array(row), next: z.string().nullable() })

/** "Master data" */
export const CompanyCode = z.object({
  companyCode: id,
  name: text,
  vatReg: maybe,
  waers: id,
  houseAccounts: z.array(z.object({ waers: id, iban: text })).default([]),
})
export type CompanyCode = z.infer<typeof CompanyCode>

export const TaxKey = z.object({ taxKey: id, companyCode: id, category: id, pct: amount, selfAssessed: z.boolean().default(false) })
export type TaxKey = z.infer<typeof TaxKey>

export const Vendor = z.object({
  vendorNo: id,
  name: text,
  vatReg: maybe,
  payIban: maybe,
  payOther: maybe,
  otherIbans: z.array(text).default([]),
  standing: id,
  centralBlock: z.boolean().default(false),
  createdBy: maybe,
})
export type Vendor = z.infer<typeof Vendor>

export const PurchaseOrder = z.object({
  companyCode: id,
  poNo: id,
  vendorNo: id,
  waers: id,
  standing: id,
  agreedBy: maybe,
  items: z.array(
    z.object({ poItem: id, materialNo: maybe, text: maybe, qty: amount, uom: id, price: amount, per: amount.default('1'), standing: id }),
  ),
})
export type PurchaseOrder = z.infer<typeof PurchaseOrder>

export const PostingPeriod = z.object({
  companyCode: id,
  fiscalYear: z.int(),
  periodNo: z.int(),
  from: date,
  to: date,
  gate: id,
  ledger: id.default('0L'),
  accounts: id.default('*'),
  special: z.boolean().default(false),
})
export type PostingPeriod = z.infer<typeof PostingPeriod>

export const User = z.object({
  userId: id,
  name: text,
  limits: z.array(z.object({ companyCode: id, waers: id, upTo: amount })).default([]),
})
export type User = z.infer<typeof User>

/** "Documents": the answer to a new one, and one as read. */
export const Posted = z.object({ docNo: id, companyCode: id, lifecycle: id, bookedAt: instant })

export const Document = z.object({
  docNo: id,
  companyCode: id,
  docType: id,
  vendorNo: id,
  vendorDocNo: text,
  postingDate: date,
  waers: id,
  grossAmt: amount,
  taxAmt: amount.optional(),
  dueAmt: amount.optional(),
  items: z.array(z.object({ glAccount: id, kostl: maybe, netAmt: amount })).optional(),
  reconAccount: id.optional(),
  payBlock: maybe,
  extRef: maybe,
  zFields: z.record(z.string(), text).default({}),
  lifecycle: id,
  bookedAt: instant.nullable(),
  stornoDocNo: text.nullable().default(null),
  stornoOn: date.nullable().default(null),
  stornoReason: text.nullable().default(null),
  clearings: z.array(id).default([]),
  changedAt: instant,
})
export type Document = z.infer<typeof Document>

/** A change of one: its number and what changed. */
export const DocumentChange = z.object({
  docNo: id,
  payBlock: text.optional(),
  stornoDocNo: text.nullish(),
  clearings: z.array(id).default([]),
  changedAt: instant.optional(),
})
export type DocumentChange = z.infer<typeof DocumentChange>

/** "Documents": the answer to a new attachment, and one as listed. */
export const Attached = z.object({ attachNo: id, docNo: id })
export const Attachment = z.object({ attachNo: id, docNo: id, sha256: text, extRef: maybe, at: instant })

/** "Payment run, payment documents, clearings" */
export const Run = z.object({
  runNo: id,
  companyCode: id,
  waers: id,
  lifecycle: id,
  releases: z.array(z.object({ by: id, at: instant })),
  payments: z.array(
    z.object({ vendorNo: id, payDocNo: id.nullable(), amt: amount, items: z.array(z.object({ docNo: id, docType: id, amt: amount })) }),
  ),
  file: z
    .object({
      name: text,
      msgId: id,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      count: z.int().nonnegative(),
      ctrlSum: amount,
    })
    .nullable(),
})
export type Run = z.infer<typeof Run>

export const PaymentDoc = z.object({
  payDocNo: id,
  msgId: id,
  endToEndId: id,
  companyCode: id,
  vendorNo: id,
  amt: amount,
  waers: id,
  executeOn: date,
  lifecycle: id,
  clearings: z.array(id).default([]),
})
export type PaymentDoc = z.infer<typeof PaymentDoc>

export const Cleared = z.object({ clearingDocNo: id, payDocNo: id })

export const Clearing = z.object({
  clearingDocNo: id,
  means: id,
  companyCode: id,
  vendorNo: id,
  payDocNo: id.nullable(),
  waers: id,
  bookedOn: date,
  bookedAt: instant,
  lines: z.array(z.object({ docNo: id, amt: amount })),
  differences: z.array(z.object({ reasonKey: id, amt: amount })).default([]),
  by: maybe,
  partner: z.object({ companyCode: id, docNo: id }).nullable().default(null),
})
export type Clearing = z.infer<typeof Clearing>

/** "Sub-ledger and revaluation" */
export const Revaluation = z.object({
  revalNo: id,
  companyCode: id,
  bookedOn: date,
  waers: id,
  bookedAt: instant,
  lines: z.array(z.object({ docNo: id, diffAmt: amount })),
})
export type Revaluation = z.infer<typeof Revaluation>

export const Balances = z.object({
  companyCode: id,
  from: date,
  keyDate: date,
  upTo: id,
  rows: z
    .array(
      z.object({
        reconAccount: id,
        waers: id,
        openingBal: amount,
        postedBal: amount,
        stornoBal: amount,
        clearedBal: amount,
        revalBal: amount,
        closingBal: amount,
      }),
    )
    .max(10_000),
})
export const OpenItem = z.object({ docNo: id, reconAccount: id, waers: id, vendorNo: maybe, vendorDocNo: maybe, openBal: amount })
export const SubledgerLine = z.object({ docNo: id, reconAccount: id, waers: id, kind: id, bookedOn: date, amt: amount })

/** "Change feed". Rows are taken one by one: one that is unlike its kind must not hide the others. */
export const Changes = z.object({ rows: z.array(z.unknown()).max(1_000), next: id, more: z.boolean() })
export const Change = z.object({ mark: id, at: instant, what: id, verb: id, key: id, row: z.record(z.string(), z.unknown()) })
export type Change = z.infer<typeof Change>
