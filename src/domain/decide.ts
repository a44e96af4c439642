/**
 * The pure half of the one commit: facts in, events and changed objects out. It asks for the objects it needs by yielding a
 * {@link Load}, so that the shell can fetch them set by set inside its transaction, and a test can answer from a map.
 */
import { assert } from '../lib/assert.ts'
import { canonical } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import { EVENT_TYPES, type Event, type EventType, type Source } from './event.ts'
import type { Cell, Decision, EffectMark, EffectParts, Expectation, Law, ObjectRecord, WantedEffect } from './object.ts'

export interface Batch {
  /** In the order in which they are logged. Their objects are resolved; those that do not exist yet are created by `evolve`. */
  readonly facts: readonly Event[]
  /** Ids of objects to judge again. */
  readonly nudged: readonly string[]
  /** The one time of this commit: what judging goes by and when decisions are recorded. */
  readonly asOf: Instant
}

/** Objects wanted: by alias or canonical id, locked when they may be written. */
export interface Load {
  readonly names: readonly string[]
  readonly write: boolean
}

/** The answer: which object each name is bound to (absent: none; an object that this very batch creates included) and the records of those that are stored. */
export interface Loaded {
  readonly bound: ReadonlyMap<string, string>
  readonly records: ReadonlyMap<string, ObjectRecord>
}

/** `text` is the canonical JSON of the state after, and that state what it reads back as: what a later commit will begin with. */
export interface Changed {
  readonly before: ObjectRecord | undefined
  readonly after: ObjectRecord
  readonly text: string
}

export interface Decided {
  /** Facts and decisions in log order. */
  readonly events: readonly Event[]
  readonly changed: readonly Changed[]
  /** Per judged object the names it waits for: its interest, replacing what it waited for before. */
  readonly waits: ReadonlyMap<string, readonly string[]>
  readonly cells: readonly Cell[]
  readonly wanted: readonly WantedEffect[]
  readonly withdrawn: readonly EffectParts[]
  readonly marks: readonly EffectMark[]
}

/** A neighbour that was read without a lock and then had to be written had moved: run the batch again. */
export class Stale extends Error {
  override name = 'Stale'
}

const LIMIT_ROUNDS = 12
const HUB: Source = { system: 'hub', role: 'hub' }
/** Outcomes of a call. */
const ENDS: ReadonlySet<EventType> = new Set<EventType>(['effect.done', 'effect.refused', 'effect.unknown', 'effect.resolved'])
const NOTHING: Expectation = { cells: [], effects: [], marks: [] }

export function* decide(law: Law, batch: Batch, start: Loaded): Generator<Load, Decided, Loaded> {
  const desk = new Desk(law, start)
  for (const fact of batch.facts) desk.apply(fact)
  for (const id of batch.nudged) desk.touch(id)

  for (let round = 0; desk.touched.size > 0; round++) {
    assert(round < LIMIT_ROUNDS, `judging comes to rest within ${LIMIT_ROUNDS} rounds; still open: ${[...desk.touched].join(', ')}`)
    const now = [...desk.touched]
    desk.touched.clear()
    // What may be written first: then it is not read twice, without a lock and with one.
    for (const write of [true, false]) {
      const names = desk.unread(now, write)
      if (names.length > 0) desk.take(yield { names, write }, write)
    }
    const absent = new Set<string>()
    for (const id of now) {
      const record = desk.records.get(id)
      if (!record) continue
      const judgement = law.judge(record, (name) => desk.look(name), batch.asOf)
      const others = judgement.decisions.flatMap((decision) => decision.objects).filter((other) => desk.isAbsent(other))
      if (others.length > 0) {
        // Fetched for all of this round together, and judged then: one question to the store instead of one per object.
        for (const other of others) absent.add(other)
        desk.touched.add(id)
        continue
      }
      for (const decision of judgement.decisions) desk.apply(desk.eventOf(decision, batch.asOf), id)
      desk.sleep(id, judgement.wakeAt)
      desk.waits.set(id, judgement.waits)
    }
    if (absent.size > 0) {
      desk.take(yield { names: [...absent], write: true }, true)
      desk.sought(absent)
      // A round that fetched decided nothing for those it fetched for.
      round--
    }
  }
  return desk.result()
}

/** What lies on the table during one commit. */
class Desk {
  readonly law: Law
  readonly bound: Map<string, string>
  readonly records: Map<string, ObjectRecord>
  readonly locked: Set<string>
  readonly touched = new Set<string>()
  readonly waits = new Map<string, readonly string[]>()
  /** Ids fetched to be decided about: those among them that are not there come to be by the decision. */
  private readonly fetched = new Set<string>()
  /** Names asked for, so that one that is bound to nothing is not asked for again. */
  private readonly asked = new Set<string>()
  private readonly before = new Map<string, ObjectRecord | undefined>()
  private readonly events: Event[] = []

  constructor(law: Law, start: Loaded) {
    this.law = law
    this.bound = new Map(start.bound)
    this.records = new Map(start.records)
    this.locked = new Set(start.records.keys())
  }

  /** Whether an object that is to be decided about has to be fetched, or locked, first. */
  isAbsent(id: string): boolean {
    return this.records.has(id) ? !this.locked.has(id) : !this.fetched.has(id)
  }

  sought(ids: Iterable<string>): void {
    for (const id of ids) this.fetched.add(id)
  }

  touch(id: string): void {
    if (this.records.has(id)) this.touched.add(id)
  }

  /** Folds an event into its objects. All but `judged`, which has just been judged, are judged (again) in the next round. */
  apply(event: Event, judged?: string): void {
    this.events.push(event)
    for (const id of event.objects) {
      const record = this.records.get(id)
      if (!this.before.has(id)) this.before.set(id, record)
      this.records.set(id, this.law.evolve(record, id, event))
      this.locked.add(id)
      if (id !== judged) this.touched.add(id)
    }
  }

  sleep(id: string, wakeAt: Instant | null): void {
    const record = this.records.get(id)
    assert(record, `${id} is on the table`)
    if (record.wakeAt === wakeAt) return
    if (!this.before.has(id)) this.before.set(id, record)
    this.records.set(id, { ...record, wakeAt })
  }

  unread(ids: readonly string[], write: boolean): string[] {
    const names = new Set<string>()
    for (const id of ids) {
      const record = this.records.get(id)
      if (!record) continue
      for (const name of this.law.neighbours(record)[write ? 'write' : 'read']) {
        const id = this.bound.get(name) ?? name
        if (this.asked.has(name) && (!write || this.locked.has(id) || !this.records.has(id))) continue
        if (this.records.has(id) && (!write || this.locked.has(id))) continue
        names.add(name)
      }
    }
    for (const name of names) this.asked.add(name)
    return [...names]
  }

  take(loaded: Loaded, write: boolean): void {
    for (const [name, id] of loaded.bound) this.bound.set(name, id)
    for (const [id, record] of loaded.records) {
      const known = this.records.get(id)
      if (known && known.version !== record.version && !this.locked.has(id)) throw new Stale(`${id} moved while it was looked at`)
      if (!known) this.records.set(id, record)
      if (write) this.locked.add(id)
    }
  }

  look(name: string): ObjectRecord | undefined {
    return this.records.get(this.bound.get(name) ?? name)
  }

  eventOf(decision: Decision, asOf: Instant): Event {
    const [about] = decision.objects
    assert(about !== undefined, `${decision.type} is about an object`)
    return decisionEvent(decision, this.records.get(about)?.version ?? 0, asOf)
  }

  result(): Decided {
    const changed: Changed[] = []
    const cells: Cell[] = []
    const wanted: WantedEffect[] = []
    const withdrawn: EffectParts[] = []
    const marks: EffectMark[] = []
    // What ended was left alone while it was under way, whatever became of what it should say: it is told once more what that is.
    const ended = new Set(this.events.filter(({ type }) => ENDS.has(type)).map(({ data }) => partsKey(data as unknown as EffectParts)))
    for (const [id, before] of this.before) {
      const record = this.records.get(id)
      assert(record, `${id} is on the table`)
      const { text, value } = canonical(record.state, before?.state)
      const after = { ...record, state: value }
      changed.push({ before, after, text })
      const was = before ? this.law.expect(before) : NOTHING
      const is = this.law.expect(after)
      if (isEmpty(was) && isEmpty(is)) continue
      const words = new Map(was.cells.map((cell) => [cellKey(cell), cellWords(cell)]))
      for (const cell of is.cells) if (words.get(cellKey(cell)) !== cellWords(cell)) cells.push(cell)
      // A cell that is no longer mentioned expects nothing any more.
      const mentioned = new Set(is.cells.map(cellKey))
      for (const cell of was.cells) if (!mentioned.has(cellKey(cell))) cells.push({ ...cell, expected: null, told: null, reported: null })
      const had = new Map(was.effects.map((effect) => [partsKey(effect), effect]))
      const fresh = new Set(is.effects.map(partsKey).filter((key) => !had.has(key)))
      for (const effect of is.effects) {
        const old = had.get(partsKey(effect))
        if (
          !old ||
          ended.has(partsKey(effect)) ||
          old.dueOn !== effect.dueOn ||
          JSON.stringify(old.content) !== JSON.stringify(effect.content)
        )
          wanted.push(effect)
        had.delete(partsKey(effect))
      }
      withdrawn.push(...had.values())
      const marked = new Set(was.marks.map((mark) => partsKey(mark) + mark.input))
      // A proof that came before the wish found no effect to end: it is told once more beside the wish, which must not be sent.
      const proves = (mark: EffectMark): boolean => mark.input === 'evidence' && fresh.has(partsKey(mark))
      marks.push(...is.marks.filter((mark) => !marked.has(partsKey(mark) + mark.input) || proves(mark)))
    }
    return { events: this.events, changed, waits: this.waits, cells, wanted, withdrawn, marks }
  }
}

/** The id of a decision about an object that has had `version` events: no other event can have it. */
export const decisionId = (about: string, version: number): string => `${about}.${version + 1}`

/** A decision as the event that it becomes, about an object that has had `version` events. */
export function decisionEvent(decision: Decision, version: number, asOf: Instant): Event {
  const about = decision.objects[0] ?? ''
  return {
    id: decisionId(about, version),
    type: decision.type,
    v: EVENT_TYPES[decision.type].v,
    objects: decision.objects,
    source: HUB,
    grade: 'settled',
    actor: decision.actor,
    occurredAt: asOf,
    recordedAt: asOf,
    correlation: about,
    ...(decision.causation === undefined ? {} : { causation: decision.causation }),
    data: decision.data,
  }
}

const isEmpty = ({ cells, effects, marks }: Expectation): boolean => cells.length + effects.length + marks.length === 0
const cellKey = (cell: Cell): string => `${cell.object}|${cell.system}|${cell.facet}`
const cellWords = (cell: Cell): string => `${cell.expected}|${cell.told}|${cell.reported}`
/** The one spelling of an effect's identity before it is hashed into a key. */
export const partsKey = (parts: EffectParts): string => JSON.stringify([parts.target, parts.command, parts.object, parts.occurrence])
