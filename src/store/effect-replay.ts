/** Table `effect`: those that were refused or given up, for people who want them tried again. By the partial index effect_stopped: few of many. */
import type { EffectRow, EffectState } from '../domain/effect.ts'
import type { Cause } from '../domain/exception-causes.ts'
import type { Instant } from '../lib/time.ts'
import { textArray } from './arrays.ts'
import { type ClientBase, rowsOf } from './database.ts'
import { readEffects } from './effect.ts'

export interface ReplayQuery {
  readonly target?: string
  readonly subject?: string
  readonly cause?: ReplayCause
  /** When its last try ended. */
  readonly from?: Instant
  readonly to?: Instant
  /** Part of the target's words, or of ours. */
  readonly says?: string
  /** Exactly these, of those that stopped. */
  readonly keys?: readonly string[]
}

/** The cause of its case, and the state in which it stands. */
export const REPLAY_CAUSES = { 'refused-by-target': 'refused', 'dead-letter': 'dead' } as const satisfies Partial<
  Record<Cause, EffectState>
>
export type ReplayCause = keyof typeof REPLAY_CAUSES

export const LIMIT_REPLAY = 1_000

const REFUSED = {
  name: 'effect_refused',
  text: `SELECT e.key FROM effect e LEFT JOIN attempt a ON a.tenant = e.tenant AND a.key = e.key AND a.n = e.attempts
         WHERE e.tenant = $1 AND e.state IN ('refused', 'dead') AND ($2::text IS NULL OR e.target = $2) AND ($3::text IS NULL OR e.subject = $3)
           AND ($4::timestamptz IS NULL OR a.closed_at >= $4) AND ($5::timestamptz IS NULL OR a.closed_at < $5)
           AND ($6::text IS NULL OR strpos(lower(a.says), lower($6)) > 0) AND ($8::text IS NULL OR e.state = $8)
           AND ($9::text[] IS NULL OR e.key = ANY($9))
         ORDER BY e.lane, e.due_on, e.key LIMIT $7`,
}

/** Refused and dead effects that fit, the most urgent lane first; at most {@link LIMIT_REPLAY}. */
export async function refusedEffects(client: ClientBase, tenant: string, query: ReplayQuery): Promise<EffectRow[]> {
  const keys = (
    await rowsOf<[string]>(client, REFUSED, [
      tenant,
      query.target ?? null,
      query.subject ?? null,
      query.from ?? null,
      query.to ?? null,
      query.says ?? null,
      LIMIT_REPLAY,
      query.cause === undefined ? null : REPLAY_CAUSES[query.cause],
      query.keys ? textArray(query.keys) : null,
    ])
  ).map(([key]) => key)
  const rows = new Map((await readEffects(client, tenant, keys)).map((row) => [row.key, row]))
  return keys.flatMap((key) => rows.get(key) ?? [])
}
