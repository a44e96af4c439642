/** Table `identity`: what makes an event come in once. Its key is the event's canonical id, derived from tenant, source and the source's id. */
import { byteaArray, textArray } from './arrays.ts'
import { rowsOf, type ClientBase } from './database.ts'

export interface Identity {
  readonly id: string
  readonly source: string
  readonly eventId: string
  readonly fingerprint: Uint8Array
}

// Sorted, so that two transactions that bring the same events wait for each other in one order. Whoever waits here sees the
// other's row once that is committed, and inserts if it was rolled back.
const CLAIM = {
  name: 'identity_claim',
  text: `INSERT INTO identity (tenant, id, source, event_id, fingerprint)
         SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) ON CONFLICT DO NOTHING RETURNING id`,
}

/** Claims identities, each once; gives the ids of those that are new. */
export async function claimIdentities(client: ClientBase, tenant: string, identities: readonly Identity[]): Promise<Set<string>> {
  const sorted = identities.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const rows = await rowsOf<[string]>(client, CLAIM, [
    tenant,
    textArray(sorted.map((row) => row.id)),
    textArray(sorted.map((row) => row.source)),
    textArray(sorted.map((row) => row.eventId)),
    byteaArray(sorted.map((row) => row.fingerprint)),
  ])
  return new Set(rows.map(([id]) => id))
}

const READ = { name: 'identity_read', text: 'SELECT id, fingerprint FROM identity WHERE tenant = $1 AND id = ANY($2::text[])' }

/** What was said under ids that are taken; null where it was erased. Its own statement: the claim's snapshot may be too old to see them. */
export async function readFingerprints(client: ClientBase, tenant: string, ids: readonly string[]): Promise<Map<string, Buffer | null>> {
  if (ids.length === 0) return new Map()
  return new Map(await rowsOf<[string, Buffer | null]>(client, READ, [tenant, textArray(ids)]))
}
