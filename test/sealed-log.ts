import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Pool } from 'pg'
import { sha256 } from '../src/store/sha256.ts'
import { sealStore } from '../src/seal/seal-store.ts'
import { sealTenant } from '../src/seal/seal-tenant.ts'
import { startSealer } from '../src/seal/sealer.ts'
import { openSigner } from '../src/seal/signer-child.ts'
import { initSigner } from '../src/seal/signer-home.ts'
import { createTenant, migrate } from '../src/store/migrate.ts'
import { leafHash } from '../src/tlog/hash.ts'
import { commitmentOf, leafBytes } from '../src/tlog/leaf.ts'

export type SealedLog = {
  readonly origin: string
  readonly key: string
  /** The published checkpoint: its file, and what is in it. */
  readonly checkpoint: string
  readonly note: string
  close(): Promise<void>
}

/** A database with our tables and a tenant's log in it that was sealed at each of `sizes`; signer and folder are below `dir`. */
export async function sealedLog(adminUrl: string, dir: string, tenant: string, sizes: readonly number[]): Promise<SealedLog> {
  initSigner(join(dir, 'signer'), 'hub.example')
  const signer = await openSigner({ dir: join(dir, 'signer') })
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  await migrate(admin)
  await createTenant(admin, tenant)
  const pool = signerPool(adminUrl)
  const parts = { store: sealStore(pool, tenant), signer, publishDir: join(dir, 'published') }
  let from = 0
  for (const size of sizes) {
    await insertEvents(admin, tenant, from, size)
    await sealTenant(parts, tenant)
    from = size
  }
  await admin.end()
  await pool.end()
  const checkpoint = join(dir, 'published', tenant, 'checkpoint')
  return {
    origin: `hub.example/${tenant}`,
    key: await signer.verifierKey(tenant),
    checkpoint,
    note: readFileSync(checkpoint, 'utf8'),
    close: () => signer.close(),
  }
}

/** Connections with the rights of the sealer and nothing more. */
export function signerPool(adminUrl: string): Pool {
  const pool = new Pool({ connectionString: adminUrl, max: 2, options: '-c role=hub_signer' })
  pool.on('error', () => {})
  // A connection that is cut while it is lent out tells its client and not the pool.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** What the process of a test runs that is going to be killed: seals one tenant without pause and prints its alarms. */
export async function runSealer(url: string, signerDir: string, publishDir: string, tenant: string): Promise<void> {
  const signer = await openSigner({ dir: signerDir })
  startSealer({
    pool: signerPool(url),
    tenants: () => [tenant],
    signer,
    everyMs: 1,
    publishDir,
    alarm: (alarm) => {
      process.stdout.write(`${'raised' in alarm ? alarm.raised.message : 'cleared'}\n`)
    },
  })
  process.stdout.write('running\n')
}

/** Events `from` up to and without `to`, written past the commit as a superuser: what is sealed here is not how they came. */
export async function insertEvents(admin: Client, tenant: string, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, at) => {
    const index = from + at
    const instant = new Date(1_735_000_000_000 + index * 1_234).toISOString()
    const body = Buffer.from(JSON.stringify({ data: { number: `R-${index}`, note: 'é€𝄞' }, grade: 'claimed' }))
    const salt = randomBytes(32)
    const commitment = Buffer.from(commitmentOf(sha256, salt, body))
    const row = {
      id: `evt_${index}`,
      type: 'invoice.received',
      v: 1,
      objects: [`inv_${index}`, `sup_${index % 5}`],
      actor: 'system:ap',
      cfg: '0123456789abcdef'.repeat(4),
    }
    const leaf = Buffer.from(leafHash(sha256, leafBytes({ ...row, tenant, occurredAt: instant, recordedAt: instant, commitment })))
    return { ...row, index, instant, body, salt, commitment, leaf }
  })
  await admin.query(
    `INSERT INTO event
      (tenant, "index", id, type, v, objects, occurred_at, recorded_at, actor, cfg, body, salt, commitment, leaf_hash)
    SELECT $1, i, id, type, v, ARRAY(SELECT jsonb_array_elements_text(objects)), instant, instant, actor, cfg,
      body, salt, commitment, leaf
    FROM unnest($2::bigint[], $3::text[], $4::text[], $5::int[], $6::jsonb[], $7::timestamptz[], $8::text[], $9::text[],
      $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[])
      AS row (i, id, type, v, objects, instant, actor, cfg, body, salt, commitment, leaf)`,
    [
      tenant,
      rows.map((row) => row.index),
      rows.map((row) => row.id),
      rows.map((row) => row.type),
      rows.map((row) => row.v),
      rows.map((row) => JSON.stringify(row.objects)),
      rows.map((row) => row.instant),
      rows.map((row) => row.actor),
      rows.map((row) => row.cfg),
      rows.map((row) => row.body),
      rows.map((row) => row.salt),
      rows.map((row) => row.commitment),
      rows.map((row) => row.leaf),
    ],
  )
  await admin.query('UPDATE tenant_head SET next_index = $2 WHERE tenant = $1', [tenant, to])
}
