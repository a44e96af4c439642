/** The shapes of answers about operation, as `shapes.ts`: systems, their pauses and sweeps, and whether the hub lives. */
import { z } from 'zod'
import { count, counts, instant, maybe, maybeInstant, named, outcome, text } from './shapes.ts'

const pausedBy = z.strictObject({ by: text, since: instant, reason: text }).nullable()
export const PAUSED = named('Paused', z.strictObject({ system: text, paused: z.boolean(), pausedBy, outcome }))

export const SYSTEMS = named(
  'Systems',
  z.strictObject({
    systems: z.array(
      z.strictObject({
        name: text,
        kind: text,
        role: text,
        inStep: count,
        behind: count,
        queue: counts,
        oldestDueAt: maybeInstant,
        heardAt: maybeInstant,
        closedUntil: maybeInstant,
        toldToWaitUntil: maybeInstant,
        waitsForFeeds: z.array(text),
        clearAt: maybeInstant,
        paused: z.boolean(),
        pausedBy,
        breaker: z.strictObject({ state: z.enum(['closed', 'open', 'half-open']), says: maybe, until: maybeInstant }),
      }),
    ),
  }),
)
const swept = z.strictObject({
  startedAt: instant,
  full: z.boolean(),
  trouble: text.exactOptional(),
  facts: count,
  retold: count,
  listed: count,
  asked: count,
  same: count,
  news: count,
  reported: count,
  missing: count,
  unknown: count,
  unconfirmed: count,
  examples: z.array(z.strictObject({ object: text, facet: text, why: text })),
})
export const SWEEPS = named(
  'Sweeps',
  z.strictObject({ system: text, running: swept.nullable(), last: swept.extend({ endedAt: instant }).nullable() }),
)

export const HEALTH = named(
  'Health',
  z.strictObject({
    live: z.boolean(),
    ready: z.boolean(),
    database: z.enum(['ok', 'away']),
    signer: z.enum(['ok', 'behind', 'unknown']),
    unsealedMs: count.nullable(),
  }),
)
