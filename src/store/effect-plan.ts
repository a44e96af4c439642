/** What a commit does to effects: pure, over the rows that it has locked. */
import { stepEffect, type EffectInput, type EffectRow, type StepAt } from '../domain/effect.ts'
import { COMMANDS, type EffectMark, type EffectParts, type WantedEffect } from '../domain/object.ts'
import type { CalendarDate, Instant } from '../lib/time.ts'
import { effectKey, newEffect } from './effect.ts'

/** The outcome of a try that counts. */
export interface EffectOutcome { readonly key: string; readonly input: EffectInput; readonly at: StepAt }

export interface EffectNews {
  readonly outcomes: readonly EffectOutcome[]
  readonly marks: readonly EffectMark[]
  readonly withdrawn: readonly EffectParts[]
  readonly wanted: readonly WantedEffect[]
}

/** A money effect that was wanted and not put into the queue: another one of its command and object may have acted. */
export interface Blocked { readonly wanted: WantedEffect; readonly by: string }

export interface EffectPlan {
  readonly inserted: readonly { readonly row: EffectRow; readonly dueOn: CalendarDate | undefined }[]
  readonly changed: readonly EffectRow[]
  readonly blocked: readonly Blocked[]
  /** Targets that have something new to do. */
  readonly targets: ReadonlySet<string>
}

/** Which rows must be locked before {@link planEffects}: keys, subjects whose waiting ones may be replaced, money that may have acted. */
export function effectsToLock(tenant: string, news: EffectNews): { keys: Set<string>; subjects: Set<string>; money: Pick<EffectParts, 'command' | 'object'>[] } {
  const parts = [...news.marks, ...news.withdrawn, ...news.wanted]
  return {
    keys: new Set([...news.outcomes.map((outcome) => outcome.key), ...parts.map((part) => effectKey(tenant, part))]),
    subjects: new Set(news.wanted.filter((wanted) => COMMANDS[wanted.command].manner === 'latest').map((wanted) => wanted.subject)),
    money: [...news.marks, ...news.wanted].filter((part) => COMMANDS[part.command].manner === 'money'),
  }
}

/**
 * Outcomes first, then what facts prove, then what nobody wants any more, then what is wanted: so that a reversal frees the way
 * for the posting that it causes. A key is inserted once in its life; under a known key other content replaces what still
 * waits, and leaves what was sent alone.
 */
export function planEffects(tenant: string, locked: ReadonlyMap<string, EffectRow>, news: EffectNews, now: Instant): EffectPlan {
  const rows = new Map(locked)
  const inserted = new Map<string, { row: EffectRow; dueOn: CalendarDate | undefined }>()
  const blocked: Blocked[] = []
  const targets = new Set<string>()
  const step = (key: string, input: EffectInput, at: StepAt = { now }): void => {
    const row = rows.get(key)
    const next = row ? stepEffect(row, input, at) : 'ignored'
    if (next === 'ignored') return
    rows.set(key, yieldingMark(next, row!, rows))
    if (next.state === 'waiting' || next.state === 'unknown') targets.add(next.target)
  }

  for (const outcome of news.outcomes) step(outcome.key, outcome.input, outcome.at)
  for (const mark of news.marks) step(effectKey(tenant, mark), mark.input)
  for (const parts of news.withdrawn) step(effectKey(tenant, parts), 'withdrawn')
  for (const wanted of news.wanted) {
    const fresh = newEffect(tenant, wanted, now)
    const known = rows.get(fresh.key) ?? inserted.get(fresh.key)?.row
    if (!known) {
      const blocker = fresh.blocks ? blockerOf(fresh, rows.values()) ?? blockerOf(fresh, [...inserted.values()].map(({ row }) => row)) : undefined
      if (blocker) {
        blocked.push({ wanted, by: blocker.key })
        continue
      }
      inserted.set(fresh.key, { row: fresh, dueOn: wanted.dueOn })
    } else if (known.state === 'waiting' && known.contentHash !== fresh.contentHash) {
      rows.set(known.key, { ...known, content: fresh.content, contentHash: fresh.contentHash, dueAt: known.dueAt < now ? known.dueAt : now })
    } else if (known.state === 'superseded' || ((known.state === 'refused' || known.state === 'dead') && known.contentHash !== fresh.contentHash)) {
      rows.set(known.key, { ...known, content: fresh.content, contentHash: fresh.contentHash })
      step(known.key, 'replay')
    } else continue
    targets.add(wanted.target)
    if (COMMANDS[wanted.command].manner === 'latest') for (const row of rows.values()) if (isReplacedBy(row, fresh)) step(row.key, 'replaced')
  }
  return { inserted: [...inserted.values()], changed: [...rows.values()].filter((row) => locked.get(row.key) !== row), blocked, targets }
}

/** Two of one money effect may really be there: evidence is never refused, but only the first of them keeps the mark. */
function yieldingMark(next: EffectRow, before: EffectRow, rows: ReadonlyMap<string, EffectRow>): EffectRow {
  return next.blocks && !before.blocks && blockerOf(next, rows.values()) ? { ...next, blocks: false } : next
}

function blockerOf(row: EffectRow, rows: Iterable<EffectRow>): EffectRow | undefined {
  for (const other of rows) if (other.blocks && other.key !== row.key && other.command === row.command && other.object === row.object) return other
  return undefined
}

function isReplacedBy(row: EffectRow, fresh: EffectRow): boolean {
  return row.state === 'waiting' && row.key !== fresh.key && row.target === fresh.target && row.command === fresh.command && row.object === fresh.object
}
