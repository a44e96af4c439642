/** Where one object is judged: every decision is folded in at once, so that the next gate sees it and can name its event. */
import type { Json } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'
import { decisionEvent } from './decide.ts'
import type { Event, EventType } from './event.ts'
import type { Decision } from './object.ts'

export class Scratch<State> {
  readonly id: string
  readonly asOf: Instant
  readonly decisions: Decision[] = []
  readonly waits = new Set<string>()
  state: State
  wakeAt: Instant | null = null
  private version: number
  private readonly fold: (state: State, event: Event) => State

  constructor(id: string, version: number, state: State, asOf: Instant, fold: (state: State, event: Event) => State) {
    this.id = id
    this.version = version
    this.state = state
    this.asOf = asOf
    this.fold = fold
  }

  /** Decides about this object first, and about `others`. Gives the event's id. */
  decide(type: EventType, rule: string, data: { readonly [key: string]: Json | undefined }, others: readonly string[] = []): string {
    return this.add({ type, objects: [this.id, ...others], actor: `rule:${rule}`, data })
  }

  add(decision: Decision): string {
    const about = decision.objects[0] ?? this.id
    const event = decisionEvent(decision, about === this.id ? this.version : 0, this.asOf)
    this.decisions.push(decision)
    if (decision.objects.includes(this.id)) {
      this.state = this.fold(this.state, event)
      this.version++
    }
    return event.id
  }

  waitFor(names: readonly string[]): void {
    for (const name of names) this.waits.add(name)
  }

  /** Judge again then, if not before. */
  wake(at: Instant): void {
    if (this.wakeAt === null || at < this.wakeAt) this.wakeAt = at
  }

  /** An instant so many milliseconds after another one. */
  after(instant: Instant, ms: number): Instant {
    return new Date(Date.parse(instant) + ms).toISOString()
  }
}
