import { assert } from '../lib/assert.ts'
import type { Sha256 } from '../lib/hash.ts'
import { joined, perfectHeights } from './frontier.ts'
import { equalBytes, HASH_BYTES, nodeHash } from './hash.ts'

/** The leaves `start` up to and without `end`. */
export type LeafRange = { readonly start: number; readonly end: number }
/** Hash of the perfect subtree over the leaves `index · 2^height` up to the next one. */
export type NodeReader = (height: number, index: number) => Promise<Uint8Array>

/** The subtrees whose hashes prove leaf `index` in a tree of `size` leaves, leaf's sibling first. RFC 6962 section 2.1.1. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  assert(isSize(index) && isSize(size) && index < size, 'an inclusion proof is of a leaf in the tree')
  const path: LeafRange[] = []
  for (let start = 0, end = size; end - start > 1;) {
    const middle = start + splitOf(end - start)
    if (index < middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
    }
  }
  return path.reverse()
}

/** The subtrees whose hashes prove that the tree of `from` leaves grew into that of `to`. RFC 6962 section 2.1.2. */
export function consistencyRanges(from: number, to: number): LeafRange[] {
  assert(isSize(from) && isSize(to) && from > 0 && from <= to, 'a consistency proof leads from a tree with leaves to one not smaller')
  const path: LeafRange[] = []
  let start = 0
  let end = to
  // The old tree's right edge is followed down; `whole`: the subtree at hand is the old tree itself, which the verifier has.
  let whole = true
  while (from < end) {
    const middle = start + splitOf(end - start)
    if (from <= middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
      whole = false
    }
  }
  if (!whole) path.push({ start, end })
  return path.reverse()
}

/** The hashes over `ranges`, read node by node: the proof itself. */
export async function proofOf(sha256: Sha256, ranges: readonly LeafRange[], read: NodeReader): Promise<Uint8Array[]> {
  const proof: Uint8Array[] = []
  for (const range of ranges) {
    const roots: Uint8Array[] = []
    let start = range.start
    for (const height of perfectHeights(range.end - range.start)) {
      roots.push(await read(height, start / 2 ** height))
      start += 2 ** height
    }
    proof.push(joined(sha256, roots))
  }
  return proof
}

/**
 * Whether `proof` shows that the leaf with hash `leaf` stands at `index` of the tree with `size` leaves and root `root`.
 * For hostile input: never throws. Steps: RFC 9162 section 2.1.3.2, which keeps the proofs of RFC 6962.
 */
export function verifyInclusion(
  sha256: Sha256,
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || leaf.length !== HASH_BYTES || !areHashes(proof)) return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const step of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sha256, step, hash)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      hash = nodeHash(sha256, hash, step)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalBytes(hash, root)
}

/**
 * Whether `proof` shows that the tree (`from`, `fromRoot`) is the beginning of the tree (`to`, `toRoot`). For hostile input:
 * never throws. An empty first tree proves nothing and is refused. Steps: RFC 9162 section 2.1.4.2.
 */
export function verifyConsistency(
  sha256: Sha256,
  from: number,
  to: number,
  fromRoot: Uint8Array,
  toRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isSize(from) || !isSize(to) || from === 0 || from > to || !areHashes(proof)) return false
  if (from === to) return proof.length === 0 && equalBytes(fromRoot, toRoot)
  const [first, ...steps] = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof
  if (first === undefined || first.length !== HASH_BYTES || proof.length === 0) return false
  let node = from - 1
  let last = to - 1
  for (; node % 2 === 1; node = Math.floor(node / 2)) last = Math.floor(last / 2)
  let oldHash = first
  let newHash = first
  for (const step of steps) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sha256, step, oldHash)
      newHash = nodeHash(sha256, step, newHash)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      newHash = nodeHash(sha256, newHash, step)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalBytes(oldHash, fromRoot) && equalBytes(newHash, toRoot)
}

/** The largest power of two below `count` (two or more): where RFC 6962 section 2.1 splits a tree. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

function isPowerOfTwo(size: number): boolean {
  return perfectHeights(size).length === 1
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function areHashes(proof: readonly Uint8Array[]): boolean {
  return proof.every((hash) => hash.length === HASH_BYTES)
}
