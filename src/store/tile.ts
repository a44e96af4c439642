import type { ClientBase } from 'pg'
import type { Tile } from '../tlog/tile.ts'

// Table `tile`: leaf hashes and inner nodes of each tenant's log, 256 hashes to a full row (c2sp.org/tlog-tiles). A row only
// ever grows at its end, so that its beginning serves every partial tile that was ever published; a trigger keeps it so.

/** A tile as far as it is filled, 32 bytes a hash; undefined when there is none. */
export async function readTile(client: ClientBase, tenant: string, level: number, index: number): Promise<Buffer | undefined> {
  const { rows } = await client.query<{ hashes: Buffer }>('SELECT hashes FROM tile WHERE tenant = $1 AND level = $2 AND "index" = $3', [
    tenant,
    level,
    index,
  ])
  return rows[0]?.hashes
}

/**
 * Writes tiles that are new or fuller than the stored ones. A repetition, or one that comes late, changes nothing: the shorter
 * tile is the beginning of the longer. Sorted, so that two sealers of one tenant take their row locks in the same order.
 */
export async function putTiles(client: ClientBase, tenant: string, tiles: readonly Tile[]): Promise<void> {
  const sorted = tiles.toSorted((a, b) => a.level - b.level || a.index - b.index)
  await client.query(
    `INSERT INTO tile AS stored (tenant, level, "index", hashes)
     SELECT $1, level, "index", hashes FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]) AS added (level, "index", hashes)
     ON CONFLICT (tenant, level, "index") DO UPDATE SET hashes = excluded.hashes
     WHERE octet_length(stored.hashes) < octet_length(excluded.hashes)`,
    [tenant, sorted.map((tile) => tile.level), sorted.map((tile) => tile.index), sorted.map((tile) => Buffer.from(tile.hashes))],
  )
}
