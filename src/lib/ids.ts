import { hexOf, type Sha256 } from './hash.ts'

/**
 * A canonical id: a kind's prefix and 26 hex digits of a hash of what made the object come to be. Derived, not random, so
 * that running the same batch again after an unanswered COMMIT names the same objects.
 */
export function derivedId(sha256: Sha256, prefix: string, ...parts: readonly string[]): string {
  return `${prefix}_${hexOf(sha256(JSON.stringify(parts))).slice(0, 26)}`
}

/** The last instant that 11 hex digits can write, in the year 2527; what is dated later, or before 1970, has the nearest one. */
const LAST_MS = 0xfff_ffff_ffff

/**
 * A canonical id of the same form whose digits begin with the time at which the object came to be, as its source has it (11 hex digits
 * of milliseconds since 1970, then 15 of the hash): what comes to be together lies together in every index, and old objects leave the
 * hot pages alone.
 */
export function orderedId(sha256: Sha256, prefix: string, ms: number, ...parts: readonly string[]): string {
  const digits = Math.min(Math.max(0, Math.trunc(ms)), LAST_MS)
    .toString(16)
    .padStart(11, '0')
  return `${prefix}_${digits}${hexOf(sha256(JSON.stringify(parts))).slice(0, 15)}`
}
