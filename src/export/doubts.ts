/** Commands of which nobody knows whether they were carried out, as their object shows it: since when, and when it is looked again. */
import { NEVER, type EffectRow } from '../domain/effect.ts'
import { COMMANDS } from '../domain/object.ts'
import type { Instant } from '../lib/time.ts'
import type { AttemptRow } from '../store/attempt.ts'

export interface Doubt {
  readonly effect: string
  readonly system: string
  readonly command: string
  readonly since: Instant
  /** Null: a person has to say, or a system. */
  readonly lookAt: Instant | null
  /** `posting unknown since 14:02:11, looking again at 14:03:12`; times in UTC. */
  readonly says: string
}

export function doubtsOf(effects: readonly EffectRow[], attempts: ReadonlyMap<string, readonly AttemptRow[]>, now: number): Doubt[] {
  return effects
    .filter(({ state }) => state === 'unknown' || state === 'held')
    .map((row): Doubt => {
      const { key, target, command, state, dueAt } = row
      const since = sinceOf(attempts.get(key) ?? []) ?? dueAt
      const lookAt = state === 'held' || dueAt === NEVER ? null : dueAt
      const next =
        lookAt === null
          ? state === 'held'
            ? 'a person has to say what became of it'
            : 'until a system says what became of it'
          : Date.parse(lookAt) <= now
            ? 'looking again now'
            : `looking again at ${timeOf(lookAt, now)}`
      return {
        effect: key,
        system: target,
        command,
        since,
        lookAt,
        says: `${COMMANDS[command].facet} unknown since ${timeOf(since, now)}, ${next}`,
      }
    })
}

/** The end of the first try in doubt since the last one that was looked for in vain: that one is known not to have happened. */
function sinceOf(tries: readonly AttemptRow[]): Instant | undefined {
  const settled = tries.findLastIndex(
    (attempt, at) => at < tries.length - 1 && attempt.looks.filter(({ found }) => found === 'absent').length > 1,
  )
  const first = tries.slice(settled + 1).find(({ outcome }) => outcome === 'unknown')
  return first?.closedAt ?? first?.openedAt
}

/** Time of the day, with its date when that is not today's. */
function timeOf(instant: Instant, now: number): string {
  return instant.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? instant.slice(11, 19) : instant.slice(0, 19).replace('T', ' ')
}
