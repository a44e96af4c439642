import { assert } from '../lib/assert.ts'
import type { Sha256 } from '../lib/hash.ts'

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32

/** The hash of a leaf: SHA-256(0x00 ‖ leaf as UTF-8). RFC 6962 section 2.1. */
export function leafHash(sha256: Sha256, leaf: string): Uint8Array {
  // U+0000 is the byte 0x00 in UTF-8: one string, no copy of the bytes.
  return sha256(`\u0000${leaf}`)
}

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right). RFC 6962 section 2.1. */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  assert(left.length === HASH_BYTES && right.length === HASH_BYTES, 'a node of the tree joins two hashes of 32 bytes')
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + HASH_BYTES)
  return sha256(bytes)
}

/** The root of a tree without leaves: SHA-256 of nothing. RFC 6962 section 2.1. */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256('')
}

/** Whether two public byte strings are equal; not in constant time, for nothing here is secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
