import type { Client } from 'pg'
import { openPool, type Pool } from '../src/store/database.ts'
import { createTenant, migrate } from '../src/store/migrate.ts'
import { connected, freshDatabase, templateDatabase } from './postgres.ts'

export interface HubDatabase {
  /** Address for the superuser. */
  readonly adminUrl: string
  /** Address for a role of ours; `hub_app` unless said. */
  url(role?: string): string
  /** Connections as hub_app. */
  readonly pool: Pool
  admin<T>(work: (client: Client) => Promise<T>): Promise<T>
  drop(): Promise<void>
}

/** A database with our tables and these tenants, of this test's own. Built once per run for each such list, then copied. */
export async function hubDatabase(tenants: readonly string[] = ['acme'], poolSize = 8): Promise<HubDatabase> {
  const template = `hub of ${tenants.join(' and ')}`
  await templateDatabase(template, (adminUrl) =>
    connected(adminUrl, async (client) => {
      await migrate(client)
      for (const tenant of tenants) await createTenant(client, tenant)
    }),
  )
  const database = await freshDatabase(template)
  const url = (role = 'hub_app'): string => {
    const address = new URL(database.adminUrl)
    address.username = role
    return address.href
  }
  const pool = openPool(url(), { max: poolSize })
  return {
    adminUrl: database.adminUrl,
    url,
    pool,
    admin: (work) => connected(database.adminUrl, work),
    async drop() {
      await pool.end()
      await database.drop()
    },
  }
}
