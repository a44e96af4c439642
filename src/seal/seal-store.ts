import type { Tile, TileReader } from '../tlog/tile.ts'

/** What sealing needs of the database, each call one transaction of one tenant. Made by {@link sealStore} or by a test. */
export type SealStore = {
  /** Leaves in the tenant's log: its next index. */
  head(): Promise<number>
  /** The hashes of the leaves `from` up to and without `to`, in order; fewer when they are not there. */
  leafHashes(from: number, to: number): Promise<Uint8Array[]>
  latestCheckpoint(): Promise<{ readonly size: number; readonly note: string } | undefined>
  readonly tile: TileReader
  /** Writes tiles that are new or wider than the stored ones; repeating it changes nothing. */
  putTiles(tiles: readonly Tile[]): Promise<void>
  /** Repeating it changes nothing. */
  putCheckpoint(checkpoint: { readonly size: number; readonly root: Uint8Array; readonly note: string }): Promise<void>
}
