import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

export interface FreshDatabase {
  readonly name: string
  /** Address of this database for the server's superuser. */
  readonly adminUrl: string
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>
}

/**
 * A database of this test's own: empty, or a copy of what {@link templateDatabase} built under `template`. Whatever a failed
 * test leaves behind goes with the server at the end of the run. Files are copied as they are: page by page through the log,
 * as it is otherwise, takes a server three times the work.
 */
export async function freshDatabase(template?: string): Promise<FreshDatabase> {
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`
  await asAdmin((client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template === undefined ? 'template0' : quoted(built(template))} STRATEGY file_copy`),
  )
  return {
    name,
    adminUrl: addressOf(name),
    drop: async () => {
      await asAdmin((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    },
  }
}

/**
 * Builds a database once per run, for {@link freshDatabase} to copy: applying migrations to each test's own database would
 * take longer than the tests. Test files run in several processes; the first to come here builds while the others wait.
 * `build` must have closed its connections when it resolves.
 */
export async function templateDatabase(template: string, build: (adminUrl: string) => Promise<void>): Promise<void> {
  await asAdmin(async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [`template ${template}`])
    const done = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [built(template)])
    if (done.rowCount !== 0) return
    const unfinished = quoted(`unfinished_${template}`)
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${unfinished} TEMPLATE template0`)
    await build(addressOf(`unfinished_${template}`))
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${quoted(built(template))}`)
  })
}

function built(template: string): string {
  return `template_${template}`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function addressOf(database: string): string {
  const address = new URL(serverUrl())
  address.pathname = `/${encodeURIComponent(database)}`
  return address.href
}

function serverUrl(): string {
  const url = process.env['TIEOUT_TEST_DATABASE_URL']
  if (url === undefined) throw new Error("No test database: run the tests through vitest with this project's vitest.config.ts.")
  return url
}

const asAdmin = <T>(work: (client: Client) => Promise<T>): Promise<T> => connected(serverUrl(), work)

/** A connection for as long as `work` takes. */
export async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
