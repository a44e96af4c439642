/** A database as it was: kept aside, and put in the place of what it has become, as after a restored backup or a standby that was behind. */
import type { Client } from 'pg'

export interface Backup {
  /** From now on whoever connects finds the database as it was when it was backed up. Once. */
  restore(client: Client): Promise<void>
}

/** `client`, here and to restore: the superuser's, connected to another database of the server. Whoever is connected to this one is cut off for a moment. */
export async function backUp(client: Client, database: string): Promise<Backup> {
  const kept = `${database}_kept`
  await alone(client, database, () => client.query(`CREATE DATABASE ${kept} TEMPLATE ${database}`))
  return {
    restore: (client) =>
      alone(client, database, async () => {
        await client.query(`ALTER DATABASE ${database} RENAME TO ${database}_lost`)
        await client.query(`ALTER DATABASE ${kept} RENAME TO ${database}`)
        await client.query(`DROP DATABASE ${database}_lost`)
      }),
  }
}

/** While nobody is connected, and nobody can connect. */
async function alone(client: Client, database: string, work: () => Promise<unknown>): Promise<void> {
  await client.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`)
  try {
    for (;;) {
      const { rows } = await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database])
      if (rows.length === 0) break
    }
    await work()
  } finally {
    await client.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`)
  }
}
