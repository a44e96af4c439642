/** A store in memory that drives the pure half of the commit, for tests of the law: same bindings, same rounds, no database. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../src/lib/canonical-json.ts'
import { derivedId } from '../src/lib/ids.ts'
import { decide, partsKey, type Decided, type Loaded } from '../src/domain/decide.ts'
import { gradeOf, KINDS, type Event } from '../src/domain/event.ts'
import type { Arrival, Law, ObjectRecord, Ref, WantedEffect } from '../src/domain/object.ts'

export const sha256 = (data: Uint8Array | string): Uint8Array => createHash('sha256').update(data).digest()

export class World {
  readonly law: Law
  readonly records = new Map<string, ObjectRecord>()
  readonly bound = new Map<string, string>()
  readonly log: Event[] = []
  readonly wanted = new Map<string, WantedEffect>()
  /** Every command that was ever wanted, in the order in which that was so. */
  readonly commands: WantedEffect[] = []
  protected readonly seen = new Set<string>()
  private readonly asked = new Set<string>()
  private readonly waits = new Map<string, readonly string[]>()
  private parked: Arrival[] = []
  now: string

  constructor(law: Law, now: string) {
    this.law = law
    this.now = now
  }

  /** One arrival, committed alone, and everything that it stirs, until nothing moves. */
  submit(arrival: Arrival): void {
    const identity = `${arrival.source.system} ${arrival.eventId}`
    if (this.seen.has(identity)) return
    const objects = this.resolve(arrival)
    if (!objects) {
      if (!this.parked.includes(arrival)) this.parked.push(arrival)
      return
    }
    this.seen.add(identity)
    const stirred = this.commit([this.eventOf(arrival, objects)], [])
    this.settle(stirred)
    const waiting = this.parked
    this.parked = []
    for (const other of waiting) this.submit(other)
  }

  /** Lets time pass: everything is judged again at that instant. */
  pass(until: string): void {
    this.now = until
    this.settle(
      new Set([...this.records.values()].filter((record) => record.wakeAt !== null && record.wakeAt <= until).map((record) => record.id)),
    )
  }

  private settle(stirred: Set<string>): void {
    for (let rounds = 0; stirred.size > 0; rounds++) {
      if (rounds > 50) throw new Error(`it does not come to rest: ${[...stirred].join()}`)
      const nudged = [...stirred]
      stirred = this.commit([], nudged)
    }
  }

  private commit(facts: Event[], nudged: string[]): Set<string> {
    const ids = new Set([...facts.flatMap((fact) => fact.objects), ...nudged])
    const start: Loaded = {
      bound: new Map(),
      records: new Map([...ids].flatMap((id) => (this.records.has(id) ? [[id, this.records.get(id)!]] : []))),
    }
    this.asked.clear()
    const work = decide(this.law, { facts, nudged, asOf: this.now }, start)
    let step = work.next()
    while (!step.done) step = work.next(this.load(step.value.names))
    const decided: Decided = step.value
    this.log.push(...decided.events)
    for (const effect of decided.wanted) this.wanted.set(partsKey(effect), effect)
    this.commands.push(...decided.wanted)
    for (const effect of decided.withdrawn) this.wanted.delete(partsKey(effect))
    this.carryOut(decided)
    const moved = new Set<string>()
    for (const { before, after } of decided.changed) {
      this.records.set(after.id, after)
      if (before?.version !== after.version) moved.add(after.id)
    }
    for (const [id, names] of decided.waits) {
      // What is waited for was looked at: a name that nobody asked for could be bound without anybody noticing.
      for (const name of names)
        if (name.includes('|') && !this.asked.has(name)) throw new Error(`${id} waits for ${name}, which it did not look at`)
      this.waits.set(id, names)
    }
    const stirred = new Set<string>()
    for (const [id, names] of this.waits) if (names.some((name) => moved.has(this.bound.get(name) ?? name))) stirred.add(id)
    return stirred
  }

  /** For a store that keeps more than this one: called once in each commit, with what was decided. */
  protected carryOut(_decided: Decided): void {}

  private load(names: readonly string[]): Loaded {
    const bound = new Map<string, string>()
    const records = new Map<string, ObjectRecord>()
    for (const name of names) {
      this.asked.add(name)
      const id = this.bound.get(name) ?? name
      if (this.bound.has(name)) bound.set(name, id)
      const record = this.records.get(id)
      if (record) records.set(id, record)
    }
    return { bound, records }
  }

  private resolve(arrival: Arrival): string[] | null {
    const objects: string[] = []
    for (const ref of arrival.about) {
      const id = this.idOf(ref)
      if (id === null) return null
      objects.push(id)
    }
    for (const ref of arrival.ensures ?? []) {
      if (ref.names.some((name) => this.bound.has(name))) continue
      objects.push(this.idOf(ref)!)
    }
    return objects
  }

  private idOf(ref: Ref): string | null {
    const known = ref.names
      .map((name) => this.bound.get(name) ?? (this.records.has(name) ? name : undefined))
      .find((id) => id !== undefined)
    const id = known ?? (ref.create ? derivedId(sha256, KINDS[ref.create], ref.names[0]!) : null)
    if (id === null) return null
    for (const name of [...ref.names, ...(ref.offers ?? [])]) if (!this.bound.has(name)) this.bound.set(name, id)
    return id
  }

  private eventOf(arrival: Arrival, objects: string[]): Event {
    return {
      id: derivedId(sha256, 'evt', arrival.source.system, arrival.eventId),
      type: arrival.type,
      v: 1,
      objects,
      source: arrival.source,
      grade: gradeOf(arrival.type, arrival.source.role, arrival.readBack ?? false),
      actor: arrival.actor,
      occurredAt: arrival.occurredAt,
      recordedAt: this.now,
      data: JSON.parse(canonicalJson(arrival.data)) as Event['data'],
    }
  }
}
