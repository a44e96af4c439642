/**
 * Attempts that nobody will end: past their time, or of a process that is gone. Anybody declares their outcome unknown; the
 * effect goes on from there. A takeover never sends what another process had opened.
 */
import { instantOf, msOf } from '../lib/time.ts'
import { stepEffect, type EffectRow } from '../domain/effect.ts'
import { type AttemptRow, attemptsOf, closeAttempts, senderGone, sendingProcesses, stillOpen } from '../store/attempt.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { lockEffects, readEffects, writeEffects } from '../store/effect.ts'
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
  const { pool, tenant, clocks } = given
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
  let count = 0
  for (const { attempt, by } of lost.values()) {
    const row = effects.get(attempt.key)
    if (row && row.attempts === attempt.n && (await declareUnknown(given, row, attempt, tries.get(row.key) ?? [], by))) count++
  }
  return count
}

/** How every such sentence begins: by it a sender sees that others closed its try. */
export const SAYS_UNKNOWN = 'no outcome was recorded'
const SAYS = { expired: `${SAYS_UNKNOWN} in time`, gone: `${SAYS_UNKNOWN} before its process ended` } as const

async function declareUnknown(
  given: Expiry,
  row: EffectRow,
  attempt: AttemptRow,
  tries: readonly AttemptRow[],
  by: keyof typeof SAYS,
): Promise<boolean> {
  const doubt = tries.some((other) => other.n !== attempt.n && other.outcome === 'unknown')
  // The same for everybody who notices, so that it is one event.
  const at = by === 'expired' ? msOf(attempt.notAfter) + GRACE_MS : msOf(attempt.openedAt)
  if (!doubt) {
    await given.submit([
      outcomeArrival({
        tenant: given.tenant,
        row,
        attempts: tries,
        input: 'unclear',
        outcome: 'unknown',
        at,
        by,
        guarded: true,
        says: SAYS[by],
      }),
    ])
    return true
  }
  const { tenant, clocks } = given
  return inTenant(given.pool, tenant, async (client) => {
    const now = instantOf(clocks.wall())
    const closed = await closeAttempts(
      client,
      tenant,
      [{ key: row.key, n: attempt.n, outcome: 'unknown', says: SAYS[by], receipt: null }],
      now,
    )
    const held = (await lockEffects(client, tenant, [row.key])).get(row.key)
    const next = held && closed.size > 0 ? stepEffect(held, 'unclear', { now }) : 'ignored'
    if (next !== 'ignored') await writeEffects(client, tenant, [next])
    return closed.size > 0
  })
}
