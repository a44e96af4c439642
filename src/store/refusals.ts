/** Databases on which the hub will not run: where its own rules could be walked around, or a crash could lose what it confirmed. */
import { Fault } from '../lib/fault.ts'
import type { ClientBase, Pool } from './database.ts'

interface Facts {
  readonly super: boolean
  readonly bypass: boolean
  readonly owner: boolean
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
  readonly version: number
  readonly encoding: string
}

/** As whom a connection is to be made, and the variable that holds its address. */
const ADDRESSES = { hub_app: 'TIEOUT_DATABASE_URL', hub_signer: 'TIEOUT_SIGNER_DATABASE_URL' } as const
export type RunRole = keyof typeof ADDRESSES

/** One row per refusal: when it holds, and the sentence that says what to do. `ofRole`: as whom to connect instead is added. */
const REFUSALS: readonly { readonly when: (facts: Facts) => boolean; readonly says: string; readonly ofRole?: true }[] = [
  {
    when: (facts) => facts.super,
    says: 'The hub must not connect as a superuser, for whom no rule of the database holds',
    ofRole: true,
  },
  { when: (facts) => !facts.super && facts.bypass, says: 'The role has BYPASSRLS, so tenants would not be kept apart', ofRole: true },
  { when: (facts) => !facts.super && facts.owner, says: 'The role owns the tables and could change the log', ofRole: true },
  { when: (facts) => facts.fsync !== 'on', says: 'fsync is off, so a crash would lose what was confirmed: turn it on.' },
  { when: (facts) => facts.full_page_writes !== 'on', says: 'full_page_writes is off, so a crash could tear pages: turn it on.' },
  {
    when: (facts) => facts.synchronous_commit === 'off',
    says: 'synchronous_commit is off, so a crash would lose what was confirmed: turn it on.',
  },
  { when: (facts) => facts.version < 150_000, says: 'The server is older than PostgreSQL 15: upgrade it.' },
  { when: (facts) => facts.encoding !== 'UTF8', says: 'The database is not encoded in UTF-8: make one that is.' },
]

/** Throws the fault `database-refused`, a sentence for each reason, unless the connection's role and server can be trusted with the log. */
export async function refuseUnsafe(database: Pool | ClientBase, role: RunRole = 'hub_app'): Promise<void> {
  const { rows } = await database.query<Facts>(
    `SELECT rolsuper AS super, rolbypassrls AS bypass,
            EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(current_user, relowner, 'MEMBER')) AS owner,
            current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') AS synchronous_commit, current_setting('server_version_num')::int AS version,
            current_setting('server_encoding') AS encoding
     FROM pg_roles WHERE rolname = current_user`,
  )
  const [facts] = rows
  const reasons = REFUSALS.flatMap(({ when, says, ofRole }) =>
    facts === undefined || when(facts) ? [ofRole ? `${says}: connect as ${role} (${ADDRESSES[role]}).` : says] : [],
  )
  if (reasons.length > 0) throw new Fault('database-refused', reasons.join(' '))
}
