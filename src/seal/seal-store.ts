import type { Pool } from 'pg'
import { insertCheckpoint, latestCheckpoint } from '../store/checkpoint.ts'
import { inTenant } from '../store/database.ts'
import { readHead, readLeafHashes } from '../store/leaf-hashes.ts'
import { putTiles, readTile } from '../store/tile.ts'
import { HASH_BYTES } from '../tlog/hash.ts'
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

/** Over a pool whose role is hub_signer: it reads leaf hashes and heads, and writes tiles and checkpoints. */
export function sealStore(pool: Pool, tenant: string): SealStore {
  return {
    head: () => inTenant(pool, tenant, (client) => readHead(client, tenant)),
    leafHashes: (from, to) => inTenant(pool, tenant, (client) => readLeafHashes(client, tenant, from, to)),
    latestCheckpoint: () => inTenant(pool, tenant, (client) => latestCheckpoint(client, tenant)),
    tile: async (level, index, width) => {
      const hashes = await inTenant(pool, tenant, (client) => readTile(client, tenant, level, index))
      return hashes && hashes.length >= width * HASH_BYTES ? hashes : undefined
    },
    putTiles: (tiles) => inTenant(pool, tenant, (client) => putTiles(client, tenant, tiles)),
    putCheckpoint: (checkpoint) => inTenant(pool, tenant, (client) => insertCheckpoint(client, tenant, checkpoint)),
  }
}
