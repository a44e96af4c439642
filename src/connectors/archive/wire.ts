/**
 * The archive's own shapes, as its documentation gives them (sandbox/README.md, section "Archive"). Only what is used is named;
 * members that are not named are let through unread, so that a new release of the archive stops nothing.
 */
import { z } from 'zod'

const id = z.string().min(1).max(200)
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256')

/** A deposit's card: the answer to a `PUT`, and part of some refusals. */
export const Card = z.object({ depositNo: id, vaultId: id, label: id, digest, keepTill: z.iso.date() })
export type Card = z.infer<typeof Card>

/** "Refusals" */
export const Refusal = z.object({ code: id, sentence: z.string().max(4_000), card: Card.optional() })

/** `GET /vaults/{vaultId}` */
export const Vault = z.object({ vaultId: id })
