/**
 * Attempts that nobody will end: past their time, or of a process that is gone. Anybody declares their outcome unknown; the
 * effect goes on from there. A takeover never sends what another process had opened.
 */
import { instantOf, msOf } from '../lib/time.ts'
import type { EffectRow } from '../domain/effect.ts'
import type { Arrival } from '../domain/object.ts'
import { type AttemptRow, attemptsOf, senderGone, sendingProcesses, stillOpen } from '../store/attempt.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { readEffects } from '../store/effect.ts'
import type { Clocks } from '../connector/transport/sending.ts'
import type { Submit } from './ports.ts'
import { livingProcesses } from './process.ts'
import { outcomeArrival } from './report.ts'

/** Of tries that are over it is noted so many at a time that their process is gone. */
const GONE_LIMIT = 5_000
/** For clocks of hub machines apart, and for a reply that is being recorded. */
const GRACE_MS = 1_000
const LIMIT = 500

export interface Expiry {
  readonly pool: Pool
  readonly tenant: string
  readonly clocks: Clocks
  readonly submit: Submit
}

/** Declares unknown what is overdue or orphaned, at most 500 at a time. Gives how many. */
export async function expire(given: Expiry): Promise<number> {
  const { pool, tenant, clocks, submit } = given
  const now = clocks.wall()
  const { lost, rows, tries } = await inTenant(pool, tenant, async (client) => {
    const overdue = await stillOpen(client, tenant, LIMIT, instantOf(now - GRACE_MS))
    const senders = await sendingProcesses(client, tenant)
    // Their locks are looked at after their attempts: a process that opens one in between is among the living.
    const living = senders.length === 0 ? new Set<string>() : new Set(await livingProcesses(client))
    const gone = new Set(senders.filter((process) => !living.has(process)))
    const orphaned = gone.size === 0 ? [] : (await stillOpen(client, tenant, LIMIT)).filter((attempt) => gone.has(attempt.process))
    await senderGone(client, tenant, [...gone], instantOf(now), GONE_LIMIT)
    const lost = new Map(
      [
        ...overdue.map((attempt) => ({ attempt, by: 'expired' as const })),
        ...orphaned.map((attempt) => ({ attempt, by: 'gone' as const })),
      ].map((entry) => [entry.attempt.key, entry]),
    )
    const keys = [...lost.keys()]
    return {
      lost,
      rows: await readEffects(client, tenant, keys),
      tries: Map.groupBy(await attemptsOf(client, tenant, keys), (attempt) => attempt.key),
    }
  })
  const effects = new Map(rows.map((row) => [row.key, row]))
  const arrivals = [...lost.values()].flatMap(({ attempt, by }) => {
    const row = effects.get(attempt.key)
    return row?.attempts === attempt.n ? [declaredUnknown(tenant, row, attempt, tries.get(row.key) ?? [], by)] : []
  })
  if (arrivals.length > 0) await submit(arrivals)
  return arrivals.length
}

/** How every such sentence begins: by it a sender sees that others closed its try. */
export const SAYS_UNKNOWN = 'no outcome was recorded'
const SAYS = { expired: `${SAYS_UNKNOWN} in time`, gone: `${SAYS_UNKNOWN} before its process ended` } as const

/** Also where an earlier try was in doubt: that doubt may have been settled since, and this one is news then. */
function declaredUnknown(
  tenant: string,
  row: EffectRow,
  attempt: AttemptRow,
  attempts: readonly AttemptRow[],
  by: keyof typeof SAYS,
): Arrival {
  // The same for everybody who notices, so that it is one event.
  const at = by === 'expired' ? msOf(attempt.notAfter) + GRACE_MS : msOf(attempt.openedAt)
  return outcomeArrival({ tenant, row, attempts, input: 'unclear', outcome: 'unknown', at, by, guarded: true, says: SAYS[by] })
}
