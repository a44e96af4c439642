/**
 * Their shapes, as their documentation gives them. Only what is used is named; members that are not named are let through unread,
 * so that a new release of theirs stops nothing. Amounts are decimal texts: a JSON number has lost its last digits before we see it.
 */
import { z } from 'zod'

const id = z.string().min(1).max(200)
const amount = z
  .string()
  .max(40)
  .regex(/^-?\d+(\.\d+)?$/, 'is no decimal text')

/** One entry of their journal. `reference` is our invoice where we posted it, `key` our key; both empty where somebody else did. */
export const Entry = z.object({
  id,
  key: z.string(),
  reference: z.string(),
  party: id,
  amount,
  currency: id,
  status: id,
  entity: z.string().default(''),
  number: z.string().default(''),
  on: z.iso.date().optional(),
  at: z.iso.datetime(),
})
export type Entry = z.infer<typeof Entry>

/** `POST /entries` */
export const Booked = z.object({ entry: Entry })
export const Refusal = z.object({ refused: z.object({ code: id, text: z.string().max(1_000) }) })
/** `GET /entries?key=` */
export const Entries = z.object({ entries: z.array(Entry).max(100) })
/** `GET /changes`. Rows are taken one by one: one that is unlike the others must not hide them. */
export const Changes = z.object({ rows: z.array(z.unknown()).max(100), next: z.string(), more: z.boolean() })
