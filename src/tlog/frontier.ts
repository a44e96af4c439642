import { assert } from '../lib/assert.ts'
import type { Sha256 } from '../lib/hash.ts'
import { emptyRoot, HASH_BYTES, nodeHash } from './hash.ts'

/** Told of each perfect subtree when its last leaf arrives: it covers the leaves `index · 2^height` up to the next one. */
export type OnNode = (height: number, index: number, hash: Uint8Array) => void

/**
 * The right edge of a growing tree: the roots of the perfect subtrees that its size falls into, largest first. It is all
 * that is needed to append leaves and to say the root (RFC 6962 section 2.1), in memory of one hash per binary digit.
 * Sizes are counted in floating point up to 2^53, never with 32-bit operators.
 */
export class Frontier {
  readonly #sha256: Sha256
  readonly #roots: Uint8Array[]
  #size: number

  /** `roots`: the perfect subtrees of a tree of `size` leaves, largest first; none for an empty tree. */
  constructor(sha256: Sha256, size = 0, roots: readonly Uint8Array[] = []) {
    assert(Number.isSafeInteger(size) && size >= 0, 'the size of a tree is a whole number')
    assert(roots.length === perfectHeights(size).length, 'a frontier has one hash for each binary digit of its size that is set')
    this.#sha256 = sha256
    this.#size = size
    this.#roots = [...roots]
  }

  get size(): number {
    return this.#size
  }
  get roots(): readonly Uint8Array[] {
    return this.#roots
  }

  append(hash: Uint8Array, onNode?: OnNode): void {
    assert(hash.length === HASH_BYTES, 'a leaf hash has 32 bytes')
    let node = hash
    let index = this.#size
    let height = 0
    onNode?.(height, index, node)
    for (; index % 2 === 1; height++) {
      node = nodeHash(this.#sha256, this.#roots.pop()!, node)
      index = (index - 1) / 2
      onNode?.(height + 1, index, node)
    }
    this.#roots.push(node)
    this.#size += 1
  }

  root(): Uint8Array {
    return joined(this.#sha256, this.#roots)
  }
}

/** The heights of the perfect subtrees of a tree of `size` leaves, largest first: 13 leaves → 3, 2, 0. */
export function perfectHeights(size: number): number[] {
  const heights: number[] = []
  for (let rest = size, height = 0; rest > 0; rest = Math.floor(rest / 2), height++) if (rest % 2 === 1) heights.unshift(height)
  return heights
}

/** The root over adjacent perfect subtrees of falling size. RFC 6962 section 2.1. */
export function joined(sha256: Sha256, roots: readonly Uint8Array[]): Uint8Array {
  const last = roots.at(-1)
  if (last === undefined) return emptyRoot(sha256)
  let root = last
  for (let at = roots.length - 2; at >= 0; at--) root = nodeHash(sha256, roots[at]!, root)
  return root
}
