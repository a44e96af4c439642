/** Brings a database to the tables of this version, and dies on the way where TIEOUT_KILL_AT says. */
import { Client } from 'pg'
import { migrate } from '../src/store/migrate.ts'

const client = new Client({ connectionString: process.argv[2] })
await client.connect()
await migrate(client)
await client.end()
