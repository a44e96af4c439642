/** What comes to a commit, facts that the door has made ready and objects to be judged again, and what it answers. */
import type { EventType, Grade, Lane, Source } from '../domain/event.ts'
import type { Arrival } from '../domain/object.ts'
import { Fault } from '../lib/fault.ts'
import type { Instant } from '../lib/time.ts'
import type { Refs } from './unbound.ts'

/** An arrival that passed the door: checked, canonical, its body in bytes and committed to. */
export interface FactItem {
  readonly kind: 'fact'
  readonly tenant: string
  /** Canonical, derived from tenant, source and the source's own id. */
  readonly id: string
  readonly eventId: string
  readonly source: Source
  readonly type: EventType
  readonly v: number
  readonly occurredAt: Instant
  readonly actor: string
  readonly grade: Grade
  readonly correlation: string | undefined
  readonly causation: string | undefined
  readonly data: Arrival['data']
  readonly refs: Refs
  readonly guard: Arrival['guard']
  /** Canonical JSON of {source, grade, correlation, causation, data}. */
  readonly body: Uint8Array
  readonly salt: Uint8Array
  /** SHA-256(salt ‖ body) */
  readonly commitment: Uint8Array
  /** SHA-256 of type and body: what another arrival under the same id must equal. */
  readonly fingerprint: Uint8Array
  readonly lane: Lane
}

export interface NudgeItem {
  readonly kind: 'nudge'
  readonly tenant: string
  readonly object: string
  readonly lane: Lane
}
export type Item = FactItem | NudgeItem

/** A batch stays within these, so that one commit is short and bounded. Bytes are those of bodies; objects those that facts name, each once. */
export const BATCH_LIMITS = { items: 500, bytes: 2_000_000, objects: 1_000 } as const

/**
 * `new`: logged now. `repeat`: the same event was logged before; `eventId` is that one. `parked`: logged now; it waits for a name
 * to be bound. `refused`: not logged, `fault` says why.
 */
export interface Receipt {
  /** Canonical. */
  readonly eventId: string
  readonly outcome: 'new' | 'repeat' | 'parked' | 'refused'
  readonly fault?: Fault
}

/** The objects that an item names, each by its most trusted name: the same name is the same object. */
export function objectsNamed(item: Item): string[] {
  return item.kind === 'nudge' ? [item.object] : [...item.refs.about, ...(item.refs.ensures ?? [])].map((ref) => ref.names[0] ?? '')
}

/** What a commit did, for whoever asked and for hints. */
export interface Committed {
  /** In the order of the items; undefined for nudges. */
  readonly receipts: readonly (Receipt | undefined)[]
  /** Targets that have something new to do. */
  readonly targets: ReadonlySet<string>
  /** Somebody waits for what changed here. */
  readonly news: boolean
  /** Events logged. */
  readonly events: number
  /** The log's next index when this commit began. */
  readonly head: number
}

/** Items that are refused although their identities were claimed: the batch runs again without them. */
export class RefusedItems extends Error {
  override name = 'RefusedItems'
  readonly items: readonly (readonly [FactItem, Fault])[]
  constructor(items: readonly (readonly [FactItem, Fault])[]) {
    super('some items are refused')
    this.items = items
  }
}

/** The answer to a fact whose id is taken: the first result when it says the same (or nobody can tell any more), else a refusal. */
export function repeatOf(item: FactItem, fingerprint: Uint8Array | null | undefined, first?: Receipt): Receipt {
  if (fingerprint && Buffer.compare(item.fingerprint, fingerprint) !== 0)
    return { eventId: item.id, outcome: 'refused', fault: new Fault('event-id-reused') }
  return first?.outcome === 'refused' ? first : { eventId: item.id, outcome: 'repeat' }
}
