/** Tables `document` and `document_chunk`: bytes under their SHA-256, in pieces, written before the event that names them. */
import { createHash } from 'node:crypto'
import { inTenant, type ClientBase, type Pool } from './database.ts'

const CHUNK = 1_048_576

/** Stores bytes in a transaction of their own; the same bytes again change nothing. Gives their SHA-256 in hex. */
export async function storeDocument(pool: Pool, tenant: string, bytes: Uint8Array, mediaType: string): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await inTenant(pool, tenant, async (client) => {
    const known = await client.query({
      name: 'document_known',
      text: 'SELECT 1 FROM document WHERE tenant = $1 AND sha256 = $2',
      values: [tenant, sha256],
    })
    if (known.rowCount) return
    await client.query({
      name: 'document_write',
      text: 'INSERT INTO document (tenant, sha256, media_type, length) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      values: [tenant, sha256, mediaType, bytes.length],
    })
    for (let n = 0, at = 0; at < bytes.length || n === 0; n++, at += CHUNK) {
      await client.query({
        name: 'document_chunk_write',
        text: 'INSERT INTO document_chunk (tenant, sha256, n, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        values: [tenant, sha256, n, Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(CHUNK, bytes.length - at))],
      })
    }
  })
  return sha256
}

export interface StoredDocument {
  readonly mediaType: string
  readonly bytes: Buffer
}

export async function readDocument(client: ClientBase, tenant: string, sha256: string): Promise<StoredDocument | undefined> {
  const { rows } = await client.query<{ media_type: string }>('SELECT media_type FROM document WHERE tenant = $1 AND sha256 = $2', [
    tenant,
    sha256,
  ])
  if (!rows[0]) return undefined
  const chunks = await client.query<{ bytes: Buffer }>('SELECT bytes FROM document_chunk WHERE tenant = $1 AND sha256 = $2 ORDER BY n', [
    tenant,
    sha256,
  ])
  return { mediaType: rows[0].media_type, bytes: Buffer.concat(chunks.rows.map((row) => row.bytes)) }
}

/** Which of these hashes no document is kept under. */
export async function unknownDocuments(client: ClientBase, tenant: string, hashes: readonly string[]): Promise<Set<string>> {
  const { rows } = await client.query<{ sha256: string }>({
    name: 'document_unknown',
    text: 'SELECT h AS sha256 FROM unnest($2::text[]) AS h WHERE NOT EXISTS (SELECT FROM document WHERE tenant = $1 AND sha256 = h)',
    values: [tenant, hashes],
  })
  return new Set(rows.map((row) => row.sha256))
}
