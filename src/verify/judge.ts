import { assert } from '../lib/assert.ts'
import { Fault } from '../lib/fault.ts'
import type { Sha256 } from '../lib/hash.ts'
import { equalBytes, HASH_BYTES } from '../tlog/hash.ts'
import { inclusionRanges, proofOf, verifyInclusion, type NodeReader } from '../tlog/proof.ts'
import { nodeReader, TILE_WIDTH, TiledTree, widthOf, type Tile, type TileReader } from '../tlog/tile.ts'
import type { Findings, TileSource } from './finding.ts'

/** A signed size and root that the rows must reach. */
export type Target = { readonly size: number; readonly root: Uint8Array }

/** Leaf hashes kept beside the rows. Not trusted: what they say counts once it is proved under a target. */
export type Source = {
  readonly name: TileSource
  readonly tile: TileReader
  /** Up to this size its tiles must be there. */
  readonly size: number
}

/** A leaf on which the row and the sources do not agree; `row` is undefined when there is no row or it makes no leaf. */
type Difference = { readonly index: number; readonly row: Uint8Array | undefined; readonly said: ReadonlyMap<TileSource, Uint8Array> }

const LIMIT_DIFFERENCES = 1000

/**
 * Decides, signed size by signed size, whether the leaves placed so far are those that were signed, and names those that are
 * not. Two trees grow: one of the rows, and from the first disagreement on one that takes the sources' hashes instead.
 *
 *   rows reach the root      → the rows are right, and a source that differs was changed itself
 *   the other reaches it     → exactly the rows that differ were changed; judging goes on from the right tree
 *   neither                  → each differing leaf is proved alone, by inclusion under the signed root
 */
export class Judge {
  readonly #sha256: Sha256
  readonly #sources: readonly Source[]
  readonly #targets: readonly Target[]
  readonly #findings: Findings
  readonly notes: string[] = []
  #rows: Growing
  #healed: Growing | undefined
  #differences: Difference[] = []
  #overflow: { count: number; last: number } | undefined
  #reached = 0
  #good = 0
  #lost = false
  #tile = -1
  #said: readonly [TileSource, Uint8Array][] = []

  /** `targets`: by rising size, at least one. */
  constructor(sha256: Sha256, sources: readonly Source[], targets: readonly Target[], findings: Findings) {
    this.#sha256 = sha256
    this.#sources = sources
    this.#targets = targets
    this.#findings = findings
    this.#rows = new Growing(new TiledTree(sha256))
  }

  /** Leaves to place: the size of the last target. */
  get limit(): number {
    return this.#targets.at(-1)?.size ?? 0
  }

  /** The next leaf, in order and without a gap up to {@link limit}; `row` undefined stands for a row that is not there or makes no leaf. */
  async place(index: number, row: Uint8Array | undefined): Promise<void> {
    assert(index === this.#rows.tree.size && index < this.limit, 'leaves are placed in order up to the last signed size')
    if (Math.floor(index / TILE_WIDTH) !== this.#tile) await this.#load(Math.floor(index / TILE_WIDTH))
    const at = (index % TILE_WIDTH) * HASH_BYTES
    let differs = row === undefined
    for (const [, hashes] of this.#said) if (row && at < hashes.length && !sameAt(hashes, at, row)) differs = true
    if (differs) this.#differ(index, row, at)
    const leaf = row ?? NOTHING
    this.#rows.tree.append(leaf)
    if (this.#healed) this.#healed.tree.append(differs ? (this.#firstSaid(at) ?? leaf) : leaf)
    while (this.#targets[this.#reached]?.size === index + 1) await this.#settle(this.#targets[this.#reached++]!)
  }

  /** To be called when all leaves up to {@link limit} are placed: compares the inner tiles too. */
  async finish(): Promise<void> {
    assert(this.#reached === this.#targets.length, 'every signed size was reached')
    if (this.#lost) return
    for (const { level, index, width, hashes } of this.#rows.takeInner()) {
      for (const source of this.#sources) {
        const said = await source.tile(level, index, 1)
        const common = Math.min(said?.length ?? 0, hashes.length)
        const due = Math.min(width, widthOf(level, index, source.size)) * HASH_BYTES
        if (common < due) this.#findings.add({ kind: 'tile-missing', source: source.name, level, tile: index })
        else if (said && !equalBytes(said.subarray(0, common), hashes.subarray(0, common))) {
          this.#findings.add({ kind: 'tile', source: source.name, level, tile: index })
        }
      }
    }
  }

  async #load(tile: number): Promise<void> {
    this.#tile = tile
    this.#rows.drain()
    this.#healed?.drain()
    const said: [TileSource, Uint8Array][] = []
    for (const source of this.#sources) {
      const hashes = (await source.tile(0, tile, 1)) ?? new Uint8Array()
      const due = widthOf(0, tile, source.size) * HASH_BYTES
      if (hashes.length < due) this.#findings.add({ kind: 'tile-missing', source: source.name, level: 0, tile })
      said.push([source.name, hashes])
    }
    this.#said = said
  }

  #firstSaid(at: number): Uint8Array | undefined {
    const hashes = this.#said.find(([, bytes]) => bytes.length >= at + HASH_BYTES)?.[1]
    return hashes?.slice(at, at + HASH_BYTES)
  }

  #differ(index: number, row: Uint8Array | undefined, at: number): void {
    this.#healed ??= this.#rows.clone()
    if (this.#differences.length >= LIMIT_DIFFERENCES) {
      this.#overflow = { count: (this.#overflow?.count ?? 0) + 1, last: index }
      return
    }
    const said = new Map<TileSource, Uint8Array>()
    for (const [name, hashes] of this.#said) if (hashes.length >= at + HASH_BYTES) said.set(name, hashes.slice(at, at + HASH_BYTES))
    this.#differences.push({ index, row, said })
  }

  async #settle(target: Target): Promise<void> {
    if (!this.#lost && equalBytes(this.#rows.tree.root(), target.root)) {
      for (const { index, row, said } of this.#differences) this.#blame(index, row!, said)
    } else if (!this.#lost && this.#healed && equalBytes(this.#healed.tree.root(), target.root)) {
      for (const { index, row, said } of this.#differences) {
        // Without any hash said, what was taken is the row's own, and that is right now.
        const [provedBy, right] = [...said][0] ?? ['database', row]
        this.#name(index, row, right!, provedBy, said)
      }
      this.#rows = this.#healed
    } else {
      await this.#proveEach(target)
    }
    if (this.#overflow) {
      this.notes.push(`${this.#overflow.count} more leaves up to index ${this.#overflow.last} differ and are not listed`)
      this.#findings.count += this.#overflow.count
    }
    this.#differences = []
    this.#overflow = undefined
    this.#healed = undefined
    this.#good = target.size
  }

  async #proveEach(target: Target): Promise<void> {
    const readers = new Map<TileSource, NodeReader>()
    for (const { name, tile } of this.#sources) readers.set(name, nodeReader(this.#sha256, target.size, tile, tileMissing))
    let named = 0
    for (const { index, row, said } of this.#differences) {
      for (const [name, hash] of said) {
        if (!(await this.#isProved(index, hash, target, readers.get(name)!))) continue
        this.#name(index, row, hash, name, said)
        named += 1
        break
      }
    }
    if (this.#lost) return
    this.#lost = true
    const range = { index: this.#good, to: target.size - 1 }
    if (named === 0) this.#findings.add({ kind: 'somewhere', ...range })
    else this.notes.push(`the kept leaf hashes were damaged too: others from ${range.index} to ${range.to} may have been changed besides`)
  }

  async #isProved(index: number, hash: Uint8Array, target: Target, read: NodeReader): Promise<boolean> {
    try {
      const proof = await proofOf(this.#sha256, inclusionRanges(index, target.size), read)
      return verifyInclusion(this.#sha256, index, target.size, hash, proof, target.root)
    } catch (error) {
      if (error instanceof Fault) return false
      throw error
    }
  }

  /** `right` is what was sealed at `index`: says so of a row that differs, and of every source that differs. */
  #name(index: number, row: Uint8Array | undefined, right: Uint8Array, provedBy: TileSource, said: Difference['said']): void {
    // A row that is missing or makes no leaf has its finding already.
    if (row && !equalBytes(row, right)) this.#findings.add({ kind: 'not-sealed', index, to: index, provedBy })
    this.#blame(index, right, said)
  }

  #blame(index: number, right: Uint8Array, said: Difference['said']): void {
    for (const [source, hash] of said) {
      if (!equalBytes(hash, right)) this.#findings.add({ kind: 'tile', source, level: 0, tile: Math.floor(index / TILE_WIDTH), index })
    }
  }
}

/** A tree, and those of its finished tiles that are above the leaves. */
class Growing {
  readonly tree: TiledTree
  #inner: Tile[]

  constructor(tree: TiledTree, inner: readonly Tile[] = []) {
    this.tree = tree
    this.#inner = [...inner]
  }

  clone(): Growing {
    this.drain()
    return new Growing(this.tree.clone(), this.#inner)
  }

  /** Lets go of the leaf tiles, which would fill the memory. */
  drain(): void {
    for (const tile of this.tree.takeFullTiles()) if (tile.level > 0) this.#inner.push(tile)
  }

  takeInner(): Tile[] {
    this.drain()
    return [...this.#inner, ...this.tree.takeTiles().filter((tile) => tile.level > 0)]
  }
}

const NOTHING = new Uint8Array(HASH_BYTES)

function sameAt(bytes: Uint8Array, at: number, hash: Uint8Array): boolean {
  for (let byte = 0; byte < HASH_BYTES; byte++) if (bytes[at + byte] !== hash[byte]) return false
  return true
}

function tileMissing(): never {
  throw new Fault('not-found')
}
