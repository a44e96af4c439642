import { hexOf, type Sha256 } from './hash.ts'

/**
 * A canonical id: a kind's prefix and 26 hex digits of a hash of what made the object come to be. Derived, not random, so
 * that running the same batch again after an unanswered COMMIT names the same objects.
 */
export function derivedId(sha256: Sha256, prefix: string, ...parts: readonly string[]): string {
  return `${prefix}_${hexOf(sha256(JSON.stringify(parts))).slice(0, 26)}`
}

/**
 * A canonical id of the same form whose digits begin with the time at which the object came to be (11 hex digits of milliseconds
 * since 1970, then 15 of the hash): what comes to be together lies together in every index, and old objects leave the hot pages
 * alone. For objects that a commit makes; whoever runs it again after an unanswered COMMIT finds the event known, and makes none.
 */
export function orderedId(sha256: Sha256, prefix: string, ms: number, ...parts: readonly string[]): string {
  return `${prefix}_${ms.toString(16).padStart(11, '0')}${hexOf(sha256(JSON.stringify(parts))).slice(0, 15)}`
}
