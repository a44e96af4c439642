import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Fault } from '../lib/fault.ts'
import { mark } from '../lib/mark.ts'
import { sha256 } from '../store/sha256.ts'
import { openCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { equalBytes, HASH_BYTES } from '../tlog/hash.ts'
import type { VerifierKey } from '../tlog/note.ts'
import { isRefused } from '../tlog/refused.ts'
import { readEdge, rootOfEdge, TiledTree, TILE_WIDTH, tilePath, widthOf, type Tile, type TileReader } from '../tlog/tile.ts'
import { createFile, replaceFile } from './durable-file.ts'
import { ed25519Verify } from './ed25519.ts'

// <dir>/<tenant>/ is a whole c2sp.org/tlog-tiles log but for its entries: `checkpoint`, and `tile/…` of every level. Being
// outside the database it lets a changed event be named though rows and tiles inside were all rewritten. Whoever changes the
// folder can hide nothing: a leaf hash from it counts only when it is proved under a signed checkpoint.

export type Publication = {
  readonly dir: string
  readonly tenant: string
  readonly key: VerifierKey
  /** The signed note to publish. */
  readonly note: string
  /** The database's tiles of that size. */
  readonly tile: TileReader
}

/**
 * Brings the tenant's folder up to the checkpoint in `note`: first the tiles, each file written once and never changed, then
 * the checkpoint; nothing is written when it stands there already. Partial tiles go when their full one is there. Throws the
 * fault `log-inconsistent` when the folder holds what this log does not extend; nothing in it is overwritten then.
 */
export async function publish({ dir, tenant, key, note, tile }: Publication): Promise<void> {
  const folder = join(dir, tenant)
  const next = read(note, key)
  const standing = publishedCheckpoint(folder)
  if (standing === note) return
  const before = standing === undefined ? undefined : read(standing, key)
  if (before && before.size > next.size) {
    throw inconsistent(folder, `it holds a checkpoint of ${before.size} events, and the log has one of ${next.size}`)
  }
  if (before?.size === next.size) {
    if (!equalBytes(before.root, next.root)) throw inconsistent(folder, `it holds another tree of ${next.size} events`)
    // The same checkpoint, to which a witness may have added its line.
    return
  }

  const tree = await treeIn(folder, before)
  while (tree.size < next.size) {
    const index = Math.floor(tree.size / TILE_WIDTH)
    const width = widthOf(0, index, next.size)
    const hashes = await tile(0, index, width)
    if (!hashes) throw inconsistent(folder, `the database lacks ${tilePath({ level: 0, index, width })}`)
    for (let at = tree.size % TILE_WIDTH; at < width; at++) tree.append(hashes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES))
    for (const full of tree.takeFullTiles()) write(folder, full)
  }
  if (!equalBytes(tree.root(), next.root)) {
    throw inconsistent(folder, `the tiles do not give the root of the checkpoint of ${next.size} events`)
  }
  for (const partial of tree.takeTiles()) write(folder, partial)
  mark('publish-tiles-after')
  mkdirSync(folder, { recursive: true })
  replaceFile(join(folder, 'checkpoint'), note, 0o644)
}

/** The signed note that stands in a tenant's folder. */
export function publishedCheckpoint(folder: string): string | undefined {
  return bytesAt(join(folder, 'checkpoint'))?.toString('utf8')
}

/** Reads the tiles of a folder as {@link publish} writes it: the full tile, or the widest partial one. */
export function publishedTiles(folder: string): TileReader {
  return async (level, index, width) => {
    const path = join(folder, tilePath({ level, index, width: TILE_WIDTH }))
    const hashes = bytesAt(path) ?? widestPartial(path)
    return hashes && hashes.length >= width * HASH_BYTES ? hashes : undefined
  }
}

/** The tree that the folder holds; an empty one, so that it is written again from the start, when its tiles are not all there. */
async function treeIn(folder: string, before: Checkpoint | undefined): Promise<TiledTree> {
  const edge = before && (await readEdge(before.size, publishedTiles(folder)))
  return edge && equalBytes(rootOfEdge(sha256, edge), before.root) ? new TiledTree(sha256, before.size, edge) : new TiledTree(sha256)
}

function write(folder: string, tile: Tile): void {
  const path = join(folder, tilePath(tile))
  const there = bytesAt(path)
  if (there && !equalBytes(there, tile.hashes)) throw inconsistent(folder, `its file ${tilePath(tile)} differs from what the log says`)
  if (!there) {
    mkdirSync(dirname(path), { recursive: true })
    createFile(path, tile.hashes, 0o644)
  }
  if (tile.width === TILE_WIDTH) rmSync(`${path}.p`, { recursive: true, force: true })
}

function widestPartial(path: string): Buffer | undefined {
  const widths = namesIn(`${path}.p`)
    .map(Number)
    .filter((width) => Number.isInteger(width) && width > 0 && width < TILE_WIDTH)
  return widths.length === 0 ? undefined : bytesAt(join(`${path}.p`, String(Math.max(...widths))))
}

function read(note: string, key: VerifierKey): Checkpoint {
  const checkpoint = openCheckpoint(note, key, ed25519Verify)
  if (isRefused(checkpoint)) {
    throw new Fault('log-inconsistent', `A published checkpoint of ${key.name} is not valid: ${checkpoint.refused}.`)
  }
  return checkpoint
}

function bytesAt(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cause
  }
}

function inconsistent(folder: string, says: string): Fault {
  return new Fault('log-inconsistent', `Published log ${folder}: ${says}.`)
}
