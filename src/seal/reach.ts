/**
 * How far a tenant's log is known to reach: by what this process has committed, and by what stands outside the database. A database that
 * holds less was set back: a backup was restored, or a standby that was behind has taken over. Whoever worked on with it would send again
 * what was sent in the time that it has lost.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../lib/fault.ts'
import { int4Array, textArray } from '../store/arrays.ts'
import { begin, commit, type ClientBase } from '../store/database.ts'
import { parseCheckpoint } from '../tlog/checkpoint.ts'
import { isRefused } from '../tlog/refused.ts'
import { replaceFile } from './durable-file.ts'
import { publishedCheckpoint } from './publish.ts'

export interface Reach {
  /** This process has committed up to here, the log's next index; `fact`: the id of an event of that commit, where it had one. */
  committed(next: number, fact: string | undefined): void
  /** This process has committed this try of a system: no event, and yet something is sent on it. */
  claimed(system: string, attempt: Attempt): void
  /**
   * Throws the fault `log-set-back` when the database behind a connection lacks something that is known, or somebody else has found that
   * out; `database-away` for a standby, which may still catch up. To be asked of each new connection before it is used: a running
   * server does not forget, so only with a new one can another state come.
   */
  check(client: ClientBase): Promise<void>
  /** The fault, when a process has left a note that it was set back: those that were connected before cannot see it themselves. */
  noticed(): Fault | undefined
}

export interface Attempt {
  readonly key: string
  readonly n: number
}

/** What was found out: events from index `first` on are lost, of `had` at least. */
export interface Loss {
  readonly first: number
  readonly had: number
}

/** Beside the published checkpoint. It stays until people let the log go on. */
const NOTE = 'set-back'

/** `publishDir`: where the sealer publishes. What stands there is believed unchecked: a forged one can stop a hub, and can hide nothing. */
export function openReach(publishDir: string, tenant: string, log: (line: string) => void): Reach {
  const folder = join(publishDir, tenant)
  const attempts = new Map<string, Attempt>()
  let next = 0
  let fact: string | undefined
  const setBack = (says: string): Fault => new Fault('log-set-back', `Tenant ${tenant}: ${says} (${folder}).`)

  return {
    committed(to, of) {
      next = Math.max(next, to)
      fact = of ?? fact
    },
    claimed(system, attempt) {
      attempts.set(system, attempt)
    },
    async check(client) {
      // Before the database is asked: what is committed meanwhile it need not have held.
      const [known, seen] = [Math.max(publishedSize(folder), next), { fact, attempts: [...attempts.values()] }]
      const note = readNote(folder)
      if (note) throw setBack(saysOf(note))
      await begin(client, tenant)
      const found = await stateOf(client, tenant, seen)
      await commit(client)
      if (found.standby) throw new Fault('database-away', 'It is a standby.')
      if (found.head < known || !found.whole) {
        const loss = { first: Math.min(found.head, known), had: known }
        // Whoever is started after us has to know it too: what is lost may not have been sealed.
        try {
          mkdirSync(folder, { recursive: true })
          replaceFile(join(folder, NOTE), `${JSON.stringify(loss)}\n`, 0o644)
        } catch (error) {
          log(`That the database was set back could not be noted in ${folder}; whoever is started next may not know it: ${String(error)}`)
        }
        throw setBack(
          `the database holds ${found.head} events, and ${found.head < known ? `had ${known}` : 'lacks what was committed last'}`,
        )
      }
      next = Math.max(next, found.head)
    },
    noticed() {
      try {
        const note = readNote(folder)
        return note && setBack(saysOf(note))
      } catch (error) {
        if (error instanceof Fault) return error
        throw error
      }
    },
  }
}

const saysOf = ({ first, had }: Loss): string =>
  `a hub has found that events from index ${first} on are lost, of ${had}; where a copy with all of them was restored, remove its note ${NOTE}`

interface Found {
  readonly standby: boolean
  readonly head: number
  /** What was committed last is there. */
  readonly whole: boolean
}

async function stateOf(
  client: ClientBase,
  tenant: string,
  seen: { readonly fact: string | undefined; readonly attempts: readonly Attempt[] },
): Promise<Found> {
  const { rows } = await client.query<Found>(
    `SELECT pg_is_in_recovery() AS standby, coalesce((SELECT next_index FROM tenant_head WHERE tenant = $1), 0)::int8 AS head,
       ($2::text IS NULL OR EXISTS (SELECT FROM identity WHERE tenant = $1 AND id = $2))
       AND NOT EXISTS (SELECT FROM unnest($3::text[], $4::int4[]) AS x (key, n)
                       WHERE NOT EXISTS (SELECT FROM attempt a WHERE a.tenant = $1 AND a.key = x.key AND a.n = x.n)) AS whole`,
    [tenant, seen.fact ?? null, textArray(seen.attempts.map(({ key }) => key)), int4Array(seen.attempts.map(({ n }) => n))],
  )
  return rows[0]!
}

/**
 * What stands in a tenant's published folder of a loss: noted by a hub, or a checkpoint of more than the database holds. Where a copy
 * older than the noted one was put in its place since, more is lost than the note says.
 */
export function lossOf(folder: string, head: number): Loss | undefined {
  const published = publishedSize(folder)
  const note = readNote(folder)
  if (note) return { first: Math.min(note.first, head), had: Math.max(note.had, published) }
  return published > head ? { first: head, had: published } : undefined
}

/** The size that the published checkpoint speaks of, whoever signed it; 0 without one. */
function publishedSize(folder: string): number {
  let note: string | undefined
  try {
    note = publishedCheckpoint(folder)
  } catch (cause) {
    throw new Fault('config-not-valid', `What was published in ${folder} cannot be read: ${String(cause)}.`, { cause })
  }
  if (note === undefined) return 0
  const checkpoint = parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1))
  return isRefused(checkpoint) ? 0 : checkpoint.size
}

function readNote(folder: string): Loss | undefined {
  try {
    const { first, had } = Object(JSON.parse(readFileSync(join(folder, NOTE), 'utf8'))) as Partial<Loss>
    if (Number.isSafeInteger(first) && Number.isSafeInteger(had)) return { first: first!, had: had! }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  }
  throw new Fault('log-set-back', `${join(folder, NOTE)} says so and cannot be read.`)
}
