/**
 * The database as a map: a model of the one commit (identity, objects, cells, effects, attempts with their fence), of the tables
 * of work and of who holds a session lock. What a commit does to effects is decided by the product's own code; here it is kept.
 */
import type { AttemptRow } from '../../src/store/attempt.ts'
import { type EffectOutcome, effectNews, planEffects } from '../../src/store/effect-plan.ts'
import type { FactItem } from '../../src/store/item.ts'
import { effectOutcome, isLate, outcomeOf } from '../../src/store/outcomes.ts'
import { stepEffect, type EffectInput, type EffectRow, type StepAt } from '../../src/domain/effect.ts'
import type { Decided } from '../../src/domain/decide.ts'
import type { Arrival, Cell, Law, ObjectRecord } from '../../src/domain/object.ts'
import { BREAKER_CLOSED, type Breaker } from '../../src/delivery/breaker.ts'
import type { Instant } from '../../src/lib/time.ts'
import { TENANT } from '../../test/facts.ts'
import { World } from '../../test/world.ts'

/** A system's row. */
export interface Standing {
  breaker: Breaker
  pausedSince: number | null
}

export class Store extends World {
  readonly effects = new Map<string, EffectRow>()
  readonly attempts = new Map<string, AttemptRow[]>()
  readonly cells = new Map<string, Cell>()
  readonly systems: { readonly [system: string]: Standing } = { erp: standing(), ap: standing(), bank: standing() }
  /** Identities of hub processes whose session lock is held. */
  readonly living = new Set<string>()
  /** Of each effect the try that began what is in doubt now. */
  readonly begun = new Map<string, number>()
  /** Writes about a try that somebody else had closed. */
  fenced = 0
  private outcomes: EffectOutcome[] = []
  private readonly heard: (changed: readonly { readonly before: ObjectRecord | undefined; readonly after: ObjectRecord }[]) => void
  private readonly moved: (row: EffectRow, input: EffectInput | 'new', before: EffectRow | undefined) => void

  constructor(law: Law, now: Instant, heard: Store['heard'], moved: Store['moved']) {
    super(law, now)
    this.heard = heard
    this.moved = moved
  }

  /** Begins where another one stands. Records are never changed in place. */
  take(other: World): this {
    for (const [id, record] of other.records) this.records.set(id, record)
    for (const [name, id] of other.bound) this.bound.set(name, id)
    return this
  }

  knows(arrival: Arrival): boolean {
    return this.seen.has(`${arrival.source.system} ${arrival.eventId}`)
  }

  override submit(arrival: Arrival): void {
    if (this.knows(arrival)) return
    super.submit(this.guarded(arrival))
    this.outcomes = []
  }

  /** An outcome counts while its try is open, or, of one that is closed, while it is the last; else it is a late word. */
  private guarded(arrival: Arrival): Arrival {
    const outcome = outcomeOf(arrival as unknown as FactItem)
    if (!outcome) return arrival
    const { guard } = arrival
    const late = guard
      ? !this.close(guard.effect, guard.attempt, outcome.outcome === 'open' ? 'unknown' : outcome.outcome, outcome.says)
      : isLate(outcome, this.effects.get(outcome.effect))
    if (late) {
      this.fenced++
      return { ...arrival, type: 'effect.replied-late' }
    }
    this.outcomes = [effectOutcome(outcome, this.now)]
    return arrival
  }

  protected override carryOut(decided: Decided): void {
    const news = effectNews(TENANT, this.outcomes, decided, this.now)
    this.outcomes = []
    const plan = planEffects(this.effects, news, this.now)
    for (const row of plan.inserted) this.write(row, 'new')
    for (const row of plan.changed) this.write(row, news.outcomes[0]?.key === row.key ? news.outcomes[0].input : 'new')
    for (const cell of decided.cells) this.cells.set(`${cell.object}|${cell.system}|${cell.facet}`, cell)
    this.heard(decided.changed)
  }

  // ---------------------------------------------------------------------------------------------------------- tables of work

  write(row: EffectRow, input: EffectInput | 'new' = 'new'): void {
    const before = this.effects.get(row.key)
    this.effects.set(row.key, row)
    if (before !== row) this.moved(row, input, before)
  }

  step(key: string, input: EffectInput, at: StepAt): void {
    const row = this.effects.get(key)
    const next = row ? stepEffect(row, input, at) : 'ignored'
    if (next !== 'ignored') this.write(next, input)
  }

  triesOf(key: string): readonly AttemptRow[] {
    return this.attempts.get(key) ?? []
  }

  open(attempt: AttemptRow): void {
    this.attempts.set(attempt.key, [...this.triesOf(attempt.key), attempt])
  }

  /** Writes a try's outcome, once; false when somebody had. Any but `unknown` is its sender's word, who has finished with it. */
  close(key: string, n: number, outcome: AttemptRow['outcome'], says: string | null): boolean {
    return this.change(key, n, (attempt) =>
      attempt.outcome === 'open'
        ? { ...attempt, outcome, says, closedAt: this.now, senderDoneAt: outcome === 'unknown' ? attempt.senderDoneAt : this.now }
        : undefined,
    )
  }

  senderDone(key: string, n: number): void {
    this.change(key, n, (attempt) => (attempt.senderDoneAt === null ? { ...attempt, senderDoneAt: this.now } : undefined))
  }

  senderGone(process: string): void {
    for (const [key, tries] of this.attempts) for (const { n, process: by } of tries) if (by === process) this.senderDone(key, n)
  }

  look(key: string, n: number, found: string): void {
    this.change(key, n, (attempt) => ({ ...attempt, looks: [...attempt.looks, { at: this.now, found }] }))
  }

  private change(key: string, n: number, how: (attempt: AttemptRow) => AttemptRow | undefined): boolean {
    const tries = this.triesOf(key)
    const at = tries.findIndex((attempt) => attempt.n === n)
    const next = at < 0 ? undefined : how(tries[at]!)
    if (!next) return false
    this.attempts.set(key, tries.with(at, next))
    return true
  }

  /** May be claimed beside what else is under way: one of an object in flight, and no other money of its command and object. */
  isFree(row: EffectRow): boolean {
    for (const other of this.effects.values()) {
      if (other.key === row.key) continue
      if (other.target === row.target && other.object === row.object && (other.state === 'open' || other.state === 'unknown')) return false
      if (other.blocks && other.command === row.command && other.object === row.object) return false
    }
    return true
  }

  /** Cases that are open about an object, by cause. */
  casesOf(id: string): string[] {
    const known = (this.records.get(id)?.state['exceptions'] ?? {}) as { readonly [cause: string]: { readonly open: boolean } }
    return Object.entries(known)
      .flatMap(([cause, { open }]) => (open ? [cause] : []))
      .sort()
  }

  /** When something is next to be judged again although nothing arrived. */
  nextWake(): Instant | undefined {
    let first: Instant | undefined
    for (const { wakeAt } of this.records.values()) if (wakeAt !== null && (first === undefined || wakeAt < first)) first = wakeAt
    return first
  }
}

const standing = (): Standing => ({ breaker: BREAKER_CLOSED, pausedSince: null })
