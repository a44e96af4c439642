/**
 * How far a tenant's log is known to reach: by what this process has committed, and by the checkpoint that stands outside the database.
 * A database that holds less was set back: a backup was restored, or a standby that was behind has taken over. Whoever worked on with it
 * would send again what was sent in the time that it has lost.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../lib/fault.ts'
import { begin, commit, type ClientBase } from '../store/database.ts'
import { readHead } from '../store/leaf-hashes.ts'
import { parseCheckpoint } from '../tlog/checkpoint.ts'
import { isRefused } from '../tlog/refused.ts'
import { replaceFile } from './durable-file.ts'
import { publishedCheckpoint } from './publish.ts'

export interface Reach {
  /** This process has committed up to here: the log's next index. */
  committed(next: number): void
  /**
   * Throws the fault `log-set-back` when the database behind a connection holds less than is known. To be asked of each new connection
   * before it is used: a running server does not forget, so only with a new one can another state come.
   */
  check(client: ClientBase): Promise<void>
}

/** Beside the published checkpoint: how far a process had committed that was set back before the next one was published. */
const NOTE = 'committed'

/** `publishDir`: where the sealer publishes. What stands there is believed unchecked: a forged one can stop a hub, and can hide nothing. */
export function openReach(publishDir: string, tenant: string): Reach {
  const folder = join(publishDir, tenant)
  let next = 0
  return {
    committed(to) {
      next = Math.max(next, to)
    },
    async check(client) {
      // Before the database is asked: what is committed meanwhile it need not have held.
      const [outside, here] = [knownOutside(folder), next]
      await begin(client, tenant)
      const head = await readHead(client, tenant)
      await commit(client)
      if (head >= Math.max(outside, here)) return
      // Whoever is started after us has to know it too: those few events may not have been sealed.
      if (here > outside) {
        mkdirSync(folder, { recursive: true })
        replaceFile(join(folder, NOTE), `${here}\n`, 0o644)
      }
      throw new Fault(
        'log-set-back',
        `Tenant ${tenant}: the database holds ${head} events, and had ${Math.max(outside, here)} (${folder}).`,
      )
    },
  }
}

/** How many events the log of a tenant has had at least, by what stands in its published folder; 0 where nothing does. */
export function knownOutside(folder: string): number {
  return Math.max(sizeOf(publishedCheckpoint(folder)), noted(folder))
}

/** The size that a signed note speaks of, whoever signed it. */
function sizeOf(note: string | undefined): number {
  if (note === undefined) return 0
  const checkpoint = parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1))
  return isRefused(checkpoint) ? 0 : checkpoint.size
}

function noted(folder: string): number {
  try {
    const size = Number(readFileSync(join(folder, NOTE), 'utf8'))
    return Number.isSafeInteger(size) ? size : 0
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw cause
  }
}
