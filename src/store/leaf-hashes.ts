import type { ClientBase } from 'pg'

// What the sealer may see of a tenant's log: how long it is and the hashes of its leaves, by its role's column privileges.

/** Events in the tenant's log, which is its next index; 0 for a tenant without one. */
export async function readHead(client: ClientBase, tenant: string): Promise<number> {
  const { rows } = await client.query<{ next: string }>('SELECT next_index AS next FROM tenant_head WHERE tenant = $1', [tenant])
  return Number(rows[0]?.next ?? 0)
}

/** The leaf hashes `from` up to the first index that is missing or `to`, in order: a range of the primary key. */
export async function readLeafHashes(client: ClientBase, tenant: string, from: number, to: number): Promise<Uint8Array[]> {
  const { rows } = await client.query<{ index: string; leaf_hash: Buffer }>(
    'SELECT "index", leaf_hash FROM event WHERE tenant = $1 AND "index" >= $2 AND "index" < $3 ORDER BY "index"',
    [tenant, from, to],
  )
  const gap = rows.findIndex((row, at) => Number(row.index) !== from + at)
  return rows.slice(0, gap < 0 ? undefined : gap).map((row) => row.leaf_hash)
}
