/**
 * The archive's own shapes, as its documentation gives them (sandbox/README.md, section "Archive"). Only what is used is named;
 * members that are not named are let through unread, so that a new release of the archive stops nothing.
 */
import { z } from 'zod'

const id = z.string().min(1).max(200)
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256')

/** A deposit's card: the answer to a `PUT`, and part of some refusals. */
export const Card = z.object({
  depositNo: id,
  vaultId: id,
  label: id,
  digest,
  keepTill: z.iso.date(),
  shreddedAt: z.string().nullable().default(null),
})
export type Card = z.infer<typeof Card>

/** `GET /vaults/{vaultId}/deposits`: `next` is where to go on, null at the end. */
export const Cards = z.object({ cards: z.array(Card), next: z.string().nullable() })

/** "Refusals" */
export const Refusal = z.object({ code: id, sentence: z.string().max(4_000), card: Card.optional() })

/** `GET /vaults/{vaultId}` */
export const Vault = z.object({ vaultId: id })
