/** What a commit does to effects: pure, over the rows that it has locked. */
import { stepEffect, UNDER_WAY, type EffectInput, type EffectRow, type StepAt } from '../domain/effect.ts'
import { COMMANDS, type EffectMark, type EffectParts, type WantedEffect } from '../domain/object.ts'
import type { Instant } from '../lib/time.ts'
import { effectKey, newEffect } from './effect.ts'

/** The outcome of a try that counts. */
export interface EffectOutcome {
  readonly key: string
  readonly input: EffectInput
  readonly at: StepAt
}

export interface EffectPlan {
  readonly inserted: readonly EffectRow[]
  readonly changed: readonly EffectRow[]
  /** Targets that have something new to do. */
  readonly targets: ReadonlySet<string>
}

/** What facts and judgements say about effects, with their keys. */
export interface EffectNews {
  readonly outcomes: readonly EffectOutcome[]
  readonly marks: readonly { readonly key: string; readonly mark: EffectMark }[]
  readonly withdrawn: readonly string[]
  readonly wanted: readonly { readonly row: EffectRow; readonly wanted: WantedEffect }[]
}

/** Canonical contents and keys are made here, once. Throws a fault when a content cannot be written as canonical JSON. */
export function effectNews(
  tenant: string,
  outcomes: readonly EffectOutcome[],
  decided: { readonly marks: readonly EffectMark[]; readonly withdrawn: readonly EffectParts[]; readonly wanted: readonly WantedEffect[] },
  now: Instant,
): EffectNews {
  return {
    outcomes,
    marks: decided.marks.map((mark) => ({ key: effectKey(tenant, mark), mark })),
    withdrawn: decided.withdrawn.map((parts) => effectKey(tenant, parts)),
    wanted: decided.wanted.map((wanted) => ({ row: newEffect(tenant, wanted, now), wanted })),
  }
}

/**
 * Which rows must be locked before {@link planEffects}: keys, subjects whose waiting ones may be replaced, money that stands. An
 * effect about an object that this commit makes cannot be there yet, nor any other about it.
 */
export function effectsToLock(
  news: EffectNews,
  isNew: (object: string) => boolean,
): { keys: string[]; subjects: string[]; money: Pick<EffectParts, 'command' | 'object'>[] } {
  const wanted = news.wanted.filter(({ row }) => !isNew(row.object))
  return {
    keys: [
      ...news.outcomes.map(({ key }) => key),
      ...news.marks.map(({ key }) => key),
      ...news.withdrawn,
      ...wanted.map(({ row }) => row.key),
    ],
    subjects: wanted.filter(({ row }) => COMMANDS[row.command].manner === 'latest').map(({ row }) => row.subject),
    money: [...news.marks.map(({ mark }) => mark), ...wanted.map(({ row }) => row)].filter(
      ({ command }) => COMMANDS[command].manner === 'money',
    ),
  }
}

/**
 * Outcomes first, then what facts prove, then what nobody wants any more, then what is wanted: so that a reversal frees the way
 * for the posting that it causes. A key is inserted once in its life; under a known key other content replaces what still
 * waits, and leaves what was sent alone.
 */
export function planEffects(locked: ReadonlyMap<string, EffectRow>, news: EffectNews, now: Instant): EffectPlan {
  return new Planning(locked, now).run(news)
}

class Planning {
  private readonly locked: ReadonlyMap<string, EffectRow>
  private readonly now: Instant
  private readonly rows: Map<string, EffectRow>
  private readonly inserted = new Map<string, EffectRow>()
  private readonly targets = new Set<string>()
  /** Marks of keys that are not there (yet). */
  private readonly proved = new Map<string, EffectInput[]>()
  /** command and object → the key of the one that blocks */
  private readonly blocking = new Map<string, string>()
  /** target, command and object → keys of those that wait */
  private readonly waiting = new Map<string, Set<string>>()

  constructor(locked: ReadonlyMap<string, EffectRow>, now: Instant) {
    this.locked = locked
    this.now = now
    this.rows = new Map(locked)
    for (const row of locked.values()) {
      if (row.blocks) this.blocking.set(aboutOf(row), row.key)
      if (row.state === 'waiting') this.waitingOf(row).add(row.key)
    }
  }

  run(news: EffectNews): EffectPlan {
    for (const outcome of news.outcomes) this.step(outcome.key, outcome.input, outcome.at)
    for (const { key, mark } of news.marks) {
      if (this.rows.has(key)) this.step(key, mark.input)
      else this.proved.set(key, [...(this.proved.get(key) ?? []), mark.input])
    }
    for (const key of news.withdrawn) this.step(key, 'withdrawn')
    for (const { row, wanted } of news.wanted) this.want(row, wanted)
    const changed = [...this.rows.values()].filter((row) => this.locked.get(row.key) !== row)
    return { inserted: [...this.inserted.values()], changed, targets: this.targets }
  }

  private want(fresh: EffectRow, wanted: WantedEffect): void {
    const there = this.rows.get(fresh.key)
    const sameContent = there?.contentHash === fresh.contentHash
    // What is under way goes on saying what it said, and is wanted only for as long as that is what should be said.
    const wantedSo = there !== undefined && (sameContent || !UNDER_WAY.has(there.state))
    const known = there && there.wanted !== wantedSo ? { ...there, wanted: wantedSo } : there
    if (known && known !== there) this.rows.set(known.key, known)
    // A command without a date keeps the day on which it was first wanted.
    const dueOn = wanted.dueOn ?? known?.dueOn ?? fresh.dueOn
    if (!known) {
      if (this.inserted.has(fresh.key)) return
      // What is proved before it was ever queued is queued as done: it must not be sent.
      const first = (this.proved.get(fresh.key) ?? []).reduce<EffectRow>((known, input) => {
        const next = stepEffect(known, input, { now: this.now })
        return next === 'ignored' ? known : next
      }, fresh)
      // Beside money that stands it waits without the mark: no claim takes it before that one is undone or turns out not to have happened.
      const row = this.blocking.has(aboutOf(fresh)) ? { ...first, blocks: false } : first
      if (row.blocks) this.blocking.set(aboutOf(fresh), fresh.key)
      this.inserted.set(fresh.key, row)
      if (row.state !== 'waiting') return
    } else if (known.state === 'waiting' && (!sameContent || known.dueOn !== dueOn)) {
      this.rows.set(known.key, {
        ...known,
        content: fresh.content,
        contentHash: fresh.contentHash,
        dueOn,
        dueAt: known.dueAt < this.now ? known.dueAt : this.now,
      })
    } else if (known.state === 'superseded' || ((known.state === 'refused' || known.state === 'dead') && !sameContent)) {
      this.rows.set(known.key, { ...known, content: fresh.content, contentHash: fresh.contentHash, dueOn })
      this.step(known.key, 'replay')
    } else return
    this.targets.add(fresh.target)
    if (COMMANDS[fresh.command].manner === 'latest')
      for (const key of this.waitingOf(fresh)) if (key !== fresh.key) this.step(key, 'replaced')
  }

  private step(key: string, input: EffectInput, at: StepAt = { now: this.now }): void {
    const row = this.rows.get(key)
    const stepped = row ? stepEffect(row, input, at) : 'ignored'
    if (!row || stepped === 'ignored') return
    // Two of one money effect may really be there: evidence is never refused, but only the first of them keeps the mark.
    const blocker = this.blocking.get(aboutOf(row))
    const next = stepped.blocks && blocker !== undefined && blocker !== key ? { ...stepped, blocks: false } : stepped
    this.rows.set(key, next)
    if (next.blocks) this.blocking.set(aboutOf(row), key)
    else if (blocker === key) this.blocking.delete(aboutOf(row))
    if (next.state === 'waiting') this.waitingOf(row).add(key)
    else this.waitingOf(row).delete(key)
    if (next.state === 'waiting' || next.state === 'unknown') this.targets.add(next.target)
  }

  private waitingOf(row: EffectRow): Set<string> {
    const about = `${row.target} ${aboutOf(row)}`
    let keys = this.waiting.get(about)
    if (!keys) this.waiting.set(about, (keys = new Set()))
    return keys
  }
}

const aboutOf = (row: Pick<EffectRow, 'command' | 'object'>): string => `${row.command} ${row.object}`
