import type { ClientBase } from 'pg'

// Table `checkpoint`: every signed note of each tenant's log, never changed. It is a convenience: what a checkpoint is worth
// comes from its signature and from copies outside the database.

export type StoredCheckpoint = { readonly size: number; readonly root: Buffer; readonly note: string }

// Of a log that goes on after it was set back: those of the former one have another key, and are of no larger size than what was left.
export const OWN_CHECKPOINTS = 'size > coalesce((SELECT max(head) FROM set_back WHERE tenant = $1), 0)'

/** The checkpoint of the largest size; the primary key is read backwards. */
export async function latestCheckpoint(client: ClientBase, tenant: string): Promise<StoredCheckpoint | undefined> {
  const { rows } = await client.query<{ size: string; root: Buffer; note: string }>(
    `SELECT size, root, note FROM checkpoint WHERE tenant = $1 AND ${OWN_CHECKPOINTS} ORDER BY size DESC LIMIT 1`,
    [tenant],
  )
  return rows[0] && { ...rows[0], size: Number(rows[0].size) }
}

/** The first checkpoint of at least `size` events: once there is one it is this for ever. */
export async function checkpointOver(client: ClientBase, tenant: string, size: number): Promise<StoredCheckpoint | undefined> {
  const { rows } = await client.query<{ size: string; root: Buffer; note: string }>({
    name: 'checkpoint_over',
    text: `SELECT size, root, note FROM checkpoint WHERE tenant = $1 AND size >= $2 AND ${OWN_CHECKPOINTS} ORDER BY size LIMIT 1`,
    values: [tenant, size],
  })
  return rows[0] && { ...rows[0], size: Number(rows[0].size) }
}

/** Keeps a signed checkpoint. The same size again changes nothing: the signer signs one root for a size. */
export async function insertCheckpoint(
  client: ClientBase,
  tenant: string,
  { size, root, note }: { readonly size: number; readonly root: Uint8Array; readonly note: string },
): Promise<void> {
  await client.query('INSERT INTO checkpoint (tenant, size, root, note) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, size) DO NOTHING', [
    tenant,
    size,
    Buffer.from(root),
    note,
  ])
}
