/** `tieout rebuild`: what the hub shows, compared with what the events of its log come to. */
import { Command } from 'commander'
import { lawOf } from '../domain/law.ts'
import { DEFAULT_POLICY } from '../domain/policy.ts'
import { Fault } from '../lib/fault.ts'
import { openPool } from '../store/database.ts'
import { rebuild, type Difference, type Rebuilt } from '../store/rebuild.ts'
import { sha256 } from '../store/sha256.ts'
import { placeOf, reading } from './running.ts'
import { plainText } from './terminal.ts'

interface RebuildOptions {
  readonly database?: string
  readonly tenant?: string
  readonly json?: boolean
}

const SAYS: { readonly [what in Difference]: string } = {
  kind: 'is stored as another kind of thing than its events make it',
  version: 'has a stored version that its events do not come to',
  state: 'has a stored state that its events do not come to',
  'list row': 'is shown in lists otherwise than its events come to',
  'ledger entries': 'has entries in the ledger that its events do not come to, or lacks some',
  'no events': 'is there, and the log has no event of it',
  'no object': 'is spoken of in the log, a list or the ledger, and is not there',
}

export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('fold every event anew and compare what the hub shows with what they come to; nothing is changed')
    .option('--json', 'one JSON object')
    .option('--database <url>', 'a PostgreSQL address that may read (default: TIEOUT_DATABASE_URL, else what is running)')
    .option('--tenant <name>', 'whose (default: the one that is running, or the only one)')
    .action(async (options: RebuildOptions) => {
      try {
        const place = placeOf(options)
        const tenant = await reading(place, (_client, chosen) => Promise.resolve(chosen))
        const rebuilt = await rebuiltFrom(place.databaseUrl, tenant)
        process.stdout.write(`${options.json ? plainText(JSON.stringify({ tenant, ...rebuilt })) : linesOf(tenant, rebuilt).join('\n')}\n`)
        process.exitCode = rebuilt.found === 0 ? 0 : 1
      } catch (error) {
        // Nothing was shown either way: not the status of a difference.
        process.stderr.write(`NOT COMPARED ${plainText(whyNot(error))}\n`)
        process.exitCode = 2
      }
    })
}

function whyNot(error: unknown): string {
  if (error instanceof Fault) return error.detail ?? error.message
  return `the log could not be folded: ${error instanceof Error ? error.message : String(error)}. Was it changed? tieout verify names the rows.`
}

async function rebuiltFrom(databaseUrl: string, tenant: string): Promise<Rebuilt> {
  const pool = openPool(databaseUrl, { max: 1, name: 'tieout rebuild' })
  const told = (objects: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${objects} objects so far`)
  }
  try {
    // What is folded is no matter of policy.
    return await rebuild(pool, tenant, lawOf(DEFAULT_POLICY, sha256), { told })
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    await pool.end()
  }
}

function linesOf(tenant: string, { objects, events, erased, found, differences }: Rebuilt): string[] {
  return [
    `tenant       ${tenant}`,
    `folded       ${events} events of ${objects} objects`,
    ...(erased > 0 ? [`erased       ${erased} of these objects could not be compared: bodies of their events were removed`] : []),
    ...differences.map(({ object, what }) => `FOUND        ${plainText(object)} ${SAYS[what]}`),
    ...(found > differences.length ? [`FOUND        ${found - differences.length} more`] : []),
    found === 0 ? 'FOLLOWS      what is shown is what the log comes to' : `DOES NOT FOLLOW ${found} found; nothing was changed here`,
  ]
}
