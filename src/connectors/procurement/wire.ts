/**
 * Procurement's own shapes, as its documentation gives them (sandbox/README.md, section "Procurement"). Only what is used is
 * named; members that are not named are let through unread, so that a new release of it stops nothing.
 */
import { z } from 'zod'
import { instantOf } from '../../lib/time.ts'

const text = z.string().max(4_000)
const id = z.string().min(1).max(140)
const decimal = z
  .string()
  .max(40)
  .regex(/^-?\d+(\.\d+)?$/, 'is no decimal text')
const instant = z.iso.datetime({ offset: true }).transform((value) => instantOf(Date.parse(value)))
const maybe = text.default('')

/** "Refusals": several at once; one for a note that is there already says in `held` what it is. */
export const Refusal = z.object({
  reasons: z
    .array(z.object({ code: id, at: text.optional(), says: text }))
    .min(1)
    .max(200),
  held: z.unknown().optional(),
})

/** "Lists" */
export const listOf = <T extends z.ZodType>(row: T): z.ZodObject<{ items: z.ZodArray<T>; further: z.ZodNullable<z.ZodString> }> =>
  z.object({ items: z.array(row).max(500), further: z.string().nullable() })

export const Merchant = z.object({ merchantId: id, name: text, vatReg: maybe, clearance: id, by: maybe })
export type Merchant = z.infer<typeof Merchant>

export const Purchase = z.object({
  unitCode: id,
  purchaseNo: id,
  merchantId: id,
  ccy: id,
  agreedBy: maybe,
  edition: z.int().min(1),
  phase: id,
  positions: z.array(
    z.object({
      pos: id,
      article: maybe,
      label: maybe,
      sort: id,
      pieces: decimal,
      measure: id,
      unitPrice: decimal,
      priceBasis: decimal.default('1'),
      shut: z.boolean().default(false),
    }),
  ),
})
export type Purchase = z.infer<typeof Purchase>

export const Slip = z.object({
  slipNo: id,
  unitCode: id,
  purchaseNo: id,
  rows: z.array(z.object({ pos: id, counted: decimal })).min(1),
  takenBack: z.object({ by: id, why: text }).nullable(),
})
export type Slip = z.infer<typeof Slip>

export const Note = z.object({ noteRef: id, claimRef: id, unitCode: id, purchaseNo: id, shows: id })
export type Note = z.infer<typeof Note>

/** Entries are taken one by one: one that is unlike its sort must not hide the others. */
export const Journal = z.object({ entries: z.array(z.unknown()).max(500), upTo: z.int().nonnegative(), end: z.boolean() })
export const Entry = z.object({
  seq: z.int().positive(),
  when: instant,
  sort: id,
  deed: id,
  key: id,
  now: z.record(z.string(), z.unknown()),
})
export type Entry = z.infer<typeof Entry>
