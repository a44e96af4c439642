import { assert } from '../lib/assert.ts'
import type { Sha256 } from '../lib/hash.ts'
import { Frontier, joined } from './frontier.ts'
import { HASH_BYTES, nodeHash } from './hash.ts'
import type { NodeReader } from './proof.ts'

/** Hashes in a full tile, and the height of the subtree it stands for. c2sp.org/tlog-tiles. */
export const TILE_WIDTH = 256
const TILE_HEIGHT = 8
const TILE_BYTES = TILE_WIDTH * HASH_BYTES

/** The tile `index` of a level (0 holds leaf hashes; above, each hash is the root of a full tile below), `width` hashes wide. */
export type TileName = { readonly level: number; readonly index: number; readonly width: number }
/** `hashes`: width × 32 bytes. */
export type Tile = TileName & { readonly hashes: Uint8Array }
/** The first `width` hashes of a tile, as width × 32 bytes or more; undefined when there are not so many. */
export type TileReader = (level: number, index: number, width: number) => Promise<Uint8Array | undefined>

/** The address of a tile below a log's prefix: `tile/0/x001/x234/067`, with `.p/5` when it holds only 5 hashes. */
export function tilePath({ level, index, width }: TileName): string {
  assert(level >= 0 && level < 64 && index >= 0 && width >= 1 && width <= TILE_WIDTH, 'a tile has a level, an index and 1 to 256 hashes')
  const digits = (part: number): string => String(part % 1000).padStart(3, '0')
  let path = digits(index)
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) path = `x${digits(rest)}/${path}`
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** How many hashes the tile holds in a tree of `size` leaves: 256 when full, 0 when the tree does not reach it. */
export function widthOf(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level)
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH))
}

/** The partial tiles on the right edge of a tree of `size` leaves, lowest level first; a level without one is left out. */
export function edgeTiles(size: number): TileName[] {
  const edge: TileName[] = []
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const width = hashes % TILE_WIDTH
    if (width > 0) edge.push({ level, index: Math.floor(hashes / TILE_WIDTH), width })
  }
  return edge
}

/**
 * A tree that grows by leaf hashes and hands out its tiles: made from the right edge of its present size (`edge`, all the
 * tiles of {@link edgeTiles}), so that growing costs what is new and not what is there.
 */
export class TiledTree {
  readonly #sha256: Sha256
  readonly #frontier: Frontier
  /** Per level the tile that is not full yet: room for a full one, and how many hashes it has. */
  readonly #open: { bytes: Uint8Array; width: number }[] = []
  /** Levels whose open tile grew since it was last taken. */
  readonly #touched = new Set<number>()
  #full: Tile[] = []

  constructor(sha256: Sha256, size = 0, edge: readonly Tile[] = []) {
    const names = edgeTiles(size)
    assert(edge.length === names.length, 'the right edge has one tile for each level that is not full')
    const roots: Uint8Array[] = []
    for (const [at, name] of names.entries()) {
      const tile = edge[at]!
      assert(tile.level === name.level && tile.index === name.index, 'the right edge comes lowest level first')
      const open = this.#level(name.level)
      open.bytes.set(tile.hashes.subarray(0, name.width * HASH_BYTES))
      open.width = name.width
      roots.unshift(...perfectRoots(sha256, hashesOf(tile.hashes, name.width)))
    }
    this.#sha256 = sha256
    this.#frontier = new Frontier(sha256, size, roots)
  }

  get size(): number {
    return this.#frontier.size
  }

  /** The same tree, to grow in another direction. */
  clone(): TiledTree {
    const edge = this.#open.flatMap(({ width }, level) => (width === 0 ? [] : [this.#openTile(level)]))
    const copy = new TiledTree(this.#sha256, this.size, edge)
    copy.#full = [...this.#full]
    for (const level of this.#touched) copy.#touched.add(level)
    return copy
  }

  append(leafHash: Uint8Array): void {
    this.#frontier.append(leafHash, (height, index, hash) => {
      if (height % TILE_HEIGHT === 0) this.#add(height / TILE_HEIGHT, index, hash)
    })
  }

  root(): Uint8Array {
    return this.#frontier.root()
  }

  /** The tiles that were filled since they were last taken. */
  takeFullTiles(): Tile[] {
    const tiles = this.#full
    this.#full = []
    return tiles
  }

  /** The tiles that changed since they were last taken: the full ones, then the partial ones that grew, lowest level first. */
  takeTiles(): Tile[] {
    const tiles = this.takeFullTiles()
    for (const level of [...this.#touched].sort((a, b) => a - b)) tiles.push(this.#openTile(level))
    this.#touched.clear()
    return tiles
  }

  #add(level: number, index: number, hash: Uint8Array): void {
    const open = this.#level(level)
    open.bytes.set(hash, open.width * HASH_BYTES)
    open.width += 1
    if (open.width < TILE_WIDTH) {
      this.#touched.add(level)
      return
    }
    this.#full.push({ level, index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH, hashes: open.bytes })
    open.bytes = new Uint8Array(TILE_BYTES)
    open.width = 0
    this.#touched.delete(level)
  }

  #openTile(level: number): Tile {
    const { bytes, width } = this.#level(level)
    return { level, index: Math.floor(this.size / TILE_WIDTH ** (level + 1)), width, hashes: bytes.slice(0, width * HASH_BYTES) }
  }

  #level(level: number): { bytes: Uint8Array; width: number } {
    while (this.#open.length <= level) this.#open.push({ bytes: new Uint8Array(TILE_BYTES), width: 0 })
    return this.#open[level]!
  }
}

/**
 * Reads the inner nodes of a tree of `size` leaves out of its tiles; each tile is read and hashed once. A tile that is missing
 * or too short makes it ask `missing`, which throws: the caller knows whether that is a fault of the world or of a writer.
 */
export function nodeReader(sha256: Sha256, size: number, readTile: TileReader, missing: (tile: TileName) => never): NodeReader {
  const seen = new Map<string, Promise<Uint8Array[][]>>()
  const rowsOf = (level: number, index: number): Promise<Uint8Array[][]> => {
    const key = `${level}/${index}`
    const known = seen.get(key)
    if (known) return known
    const name = { level, index, width: widthOf(level, index, size) }
    const rows = readTile(level, index, name.width).then((bytes) =>
      bytes === undefined || bytes.length < name.width * HASH_BYTES ? missing(name) : perfectRows(sha256, hashesOf(bytes, name.width)),
    )
    seen.set(key, rows)
    return rows
  }
  return async (height, index) => {
    const level = Math.floor(height / TILE_HEIGHT)
    const inTile = TILE_WIDTH / 2 ** (height % TILE_HEIGHT)
    const rows = await rowsOf(level, Math.floor(index / inTile))
    const node = rows[height % TILE_HEIGHT]?.[index % inTile]
    assert(node, 'a perfect subtree lies within the tree')
    return node
  }
}

/** The right edge of a tree of `size` leaves, read; undefined when a tile of it is missing. */
export async function readEdge(size: number, readTile: TileReader): Promise<Tile[] | undefined> {
  const edge: Tile[] = []
  for (const name of edgeTiles(size)) {
    const hashes = await readTile(name.level, name.index, name.width)
    if (hashes === undefined || hashes.length < name.width * HASH_BYTES) return undefined
    edge.push({ ...name, hashes: hashes.subarray(0, name.width * HASH_BYTES) })
  }
  return edge
}

/** The root that the right edge of a tree says; it names the tree completely. */
export function rootOfEdge(sha256: Sha256, edge: readonly Tile[]): Uint8Array {
  const roots = edge.map((tile) => perfectRoots(sha256, hashesOf(tile.hashes, tile.width)))
  return joined(sha256, roots.reverse().flat())
}

/** The first `width` hashes of a tile, each a copy of its own. */
export function hashesOf(bytes: Uint8Array, width: number): Uint8Array[] {
  assert(bytes.length >= width * HASH_BYTES, 'a tile holds as many hashes as its width says')
  return Array.from({ length: width }, (_, at) => bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES))
}

/** The perfect subtrees over the hashes of one tile, largest first. */
function perfectRoots(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array[] {
  const rows = perfectRows(sha256, hashes)
  // A row of odd length ends in the subtree that no higher row covers.
  return rows.flatMap((row) => (row.length % 2 === 1 ? [row.at(-1)!] : [])).reverse()
}

/** All perfect subtrees over the hashes of one tile: row 0 the hashes, each row above it half as long, rounded down. */
function perfectRows(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array[][] {
  const rows = [[...hashes]]
  for (let row = rows[0]!; row.length > 1; rows.push(row)) {
    const below = row
    row = Array.from({ length: Math.floor(below.length / 2) }, (_, at) => nodeHash(sha256, below[2 * at]!, below[2 * at + 1]!))
  }
  return rows
}
