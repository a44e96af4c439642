import { hexOf, type Sha256 } from './hash.ts'

/**
 * A canonical id: a kind's prefix and 26 hex digits of a hash of what made the object come to be. Derived, not random, so
 * that running the same batch again after an unanswered COMMIT names the same objects.
 */
export function derivedId(sha256: Sha256, prefix: string, ...parts: readonly string[]): string {
  return `${prefix}_${hexOf(sha256(JSON.stringify(parts))).slice(0, 26)}`
}
