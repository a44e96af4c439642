/** Table `effect`: those in doubt that are due, for delivery to resolve before it starts new ones. */
import type { EffectRow } from '../domain/effect.ts'
import type { Instant } from '../lib/time.ts'
import { type ClientBase, rowsOf } from './database.ts'
import { lockEffects } from './effect.ts'

// Found by effect_in_flight, whose rows are few: what is under way or in doubt at one target.
const DOUBTS = {
  name: 'effect_doubts',
  text: `SELECT key FROM effect WHERE tenant = $1 AND target = $2 AND state = 'unknown' AND due_at <= $3
         ORDER BY lane, due_on, due_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED`,
}

/** Effects of a target in state `unknown` that are due, locked, the most urgent lane first. */
export async function doubtsDue(
  client: ClientBase,
  { tenant, target, limit, now }: { readonly tenant: string; readonly target: string; readonly limit: number; readonly now: Instant },
): Promise<EffectRow[]> {
  const keys = (await rowsOf<[string]>(client, DOUBTS, [tenant, target, now, limit])).map(([key]) => key)
  if (keys.length === 0) return []
  const rows = await lockEffects(client, tenant, keys)
  return keys.flatMap((key) => rows.get(key) ?? [])
}
