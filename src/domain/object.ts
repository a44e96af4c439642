import type { Json } from '../lib/canonical-json.ts'
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { Event, EventType, Kind, Lane, Source } from './event.ts'
import type { LedgerEntry } from './sub-ledger.ts'

/**
 * What the hub keeps of one object: a fold of its events. `version` counts them. `state` is plain JSON (amounts are decimal
 * texts), so that its canonical text can be stored and compared byte for byte after a rebuild.
 */
export interface ObjectRecord<State = { readonly [key: string]: Json | undefined }> {
  readonly id: string
  readonly kind: Kind
  readonly version: number
  readonly state: State
  /** When it must be judged again although nothing arrived; null when only news can change it. */
  readonly wakeAt: Instant | null
}

/**
 * How an arrival names an object it concerns. `names` are aliases (`aliasOf(system, kind, id)`) in order of trust: the first
 * that is bound decides, and the free ones among them become bound to the same object. None bound: the object is created
 * when `create` names a kind, else the whole arrival is parked until a name is bound. `offers` are names that are taken when
 * free and left alone otherwise (competition: the first one has it).
 *
 * An object that is created gets the canonical id among its names, when there is one; else the door adds one that follows from one name
 * and one time (`same`; unless said, the first name and the time of the event). Whoever tells of it again, after the log has lost it,
 * creates it under the id by which other systems know it: so both are to be what anybody would say of it.
 */
export interface Ref {
  readonly names: readonly string[]
  readonly create?: Kind
  readonly same?: { readonly name?: string; readonly day?: CalendarDate }
  readonly offers?: readonly string[]
}

/** A fact, or the outcome of a try, on its way to the one commit. */
export interface Arrival {
  readonly tenant: string
  readonly source: Source
  /** Identity within the source: the same id with the same content is the same event for ever. */
  readonly eventId: string
  readonly type: EventType
  readonly occurredAt: Instant
  readonly actor: string
  /** True when the party that did it was read back, so that the fact can be graded settled. */
  readonly readBack?: boolean
  /** The objects it concerns; the first is the one it is about. At most 1,000. */
  readonly about: readonly Ref[]
  /** Objects that must exist after it: created (and then among its objects) when no name is bound, else left alone. */
  readonly ensures?: readonly Ref[]
  readonly correlation?: string
  readonly causation?: string
  readonly data: { readonly [key: string]: Json | undefined }
  /** Present on the outcome of a try: it counts only while that attempt is open, else it becomes `effect.replied-late`. */
  readonly guard?: { readonly effect: string; readonly attempt: number }
}

/** One thing that `judge` decides. The commit gives it id, times and position. `objects[0]` is what it is about. */
export interface Decision {
  readonly type: EventType
  readonly objects: readonly string[]
  /** Ids of the events that caused it, at least one when there is one. */
  readonly causation?: string
  /** `rule:<name>` */
  readonly actor: string
  readonly data: { readonly [key: string]: Json | undefined }
}

/** One cell of the matrix: what a system should show, what we told it, what it says itself. */
export interface Cell {
  readonly object: string
  readonly system: string
  readonly facet: Facet
  readonly expected: string | null
  readonly told: string | null
  readonly reported: string | null
}
export const FACETS = [
  'posting',
  'settlement',
  'hold',
  'status',
  'reference',
  'evidence',
  'document',
  'attachment',
  'transmission',
  'approval',
] as const
export type Facet = (typeof FACETS)[number]

/** A command that the state of an object asks for. Its key is the same for life; see `effect.ts`. */
export interface WantedEffect {
  readonly target: string
  readonly command: CommandName
  /** What the command is about *once*: the invoice, the payment, the file's MsgId. */
  readonly object: string
  /** Which time it is: a number of reversals, an entry, a version told. Part of the key. */
  readonly occurrence: string
  /** The object whose events hold its outcome. */
  readonly subject: string
  /** All that `write` needs to build the request; canonical JSON. */
  readonly content: { readonly [key: string]: Json | undefined }
  /** The date that {@link COMMANDS} names, where it is known. */
  readonly dueOn?: string
}

/** As a part of {@link WantedEffect}. */
export const dueBy = (on: string | null | undefined): Pick<WantedEffect, 'dueOn'> => (on ? { dueOn: on } : {})

export type CommandName =
  | 'invoice.post'
  | 'payment.transmit'
  | 'settlement.record'
  | 'settlement.clear'
  | 'invoice.submit'
  | 'invoice.status'
  | 'invoice.reverse'
  | 'payment.hold'
  | 'payment.unhold'
  | 'payment.cancel'
  | 'document.store'
  | 'evidence.store'
  | 'lookup.evidence'
  | 'approval-evidence.attach'
  | 'lookup.attachment'
  | 'lookup.supplier'
  | 'lookup.entity'
  | 'lookup.tax-code'
  | 'lookup.order'
  | 'lookup.period'
  | 'lookup.posting'

interface CommandRow {
  readonly lane: Lane
  /** `money`: at most one open, unknown or done-and-not-reversed per command and object. `latest`: the next replaces a waiting one. `read`: free to repeat. */
  readonly manner: 'money' | 'latest' | 'read'
  readonly facet: Facet
  /** The word that the target has been told once it is done; absent where the occurrence says it. */
  readonly tells?: string
  /** The date of the money that it is about: inside its lane the nearest goes first. Without one that is the day on which it was decided. */
  readonly by?: 'due date' | 'execution date' | 'booking date'
  /** Where one object has several at once, what says which: its `object` after the space, or its `occurrence` before the `#`. */
  readonly each?: 'object' | 'occurrence'
}

/** Every command kind, once. */
export const COMMANDS: { readonly [name in CommandName]: CommandRow } = {
  'invoice.post': { lane: 'posting', manner: 'money', facet: 'posting', tells: 'posted', by: 'due date' },
  'payment.transmit': { lane: 'payment', manner: 'money', facet: 'transmission', tells: 'transmitted', by: 'execution date' },
  'settlement.record': { lane: 'settlement', manner: 'money', facet: 'settlement', tells: 'settled', by: 'booking date' },
  'settlement.clear': { lane: 'settlement', manner: 'money', facet: 'settlement', tells: 'settled', by: 'booking date' },
  'invoice.submit': { lane: 'approval', manner: 'latest', facet: 'approval', tells: 'submitted', by: 'due date' },
  'invoice.status': { lane: 'status', manner: 'latest', facet: 'status' },
  // Two persons ask for it; what it did is not undone but posted again.
  'invoice.reverse': { lane: 'stop', manner: 'money', facet: 'posting', tells: 'reversed', by: 'due date', each: 'object' },
  'payment.cancel': { lane: 'stop', manner: 'money', facet: 'settlement', tells: 'cancelled', by: 'execution date' },
  'payment.hold': { lane: 'stop', manner: 'money', facet: 'hold', tells: 'held', by: 'due date', each: 'object' },
  'payment.unhold': { lane: 'payment', manner: 'money', facet: 'hold', tells: 'free', by: 'due date', each: 'object' },
  'document.store': { lane: 'metadata', manner: 'latest', facet: 'document', tells: 'stored', each: 'object' },
  'evidence.store': { lane: 'metadata', manner: 'latest', facet: 'evidence' },
  'approval-evidence.attach': { lane: 'metadata', manner: 'latest', facet: 'attachment' },
  'lookup.attachment': { lane: 'metadata', manner: 'read', facet: 'reference' },
  'lookup.evidence': { lane: 'metadata', manner: 'read', facet: 'reference' },
  'lookup.supplier': { lane: 'intake', manner: 'read', facet: 'reference' },
  'lookup.entity': { lane: 'intake', manner: 'read', facet: 'reference' },
  'lookup.tax-code': { lane: 'intake', manner: 'read', facet: 'reference', each: 'occurrence' },
  'lookup.order': { lane: 'intake', manner: 'read', facet: 'reference' },
  'lookup.period': { lane: 'intake', manner: 'read', facet: 'reference', each: 'occurrence' },
  'lookup.posting': { lane: 'posting', manner: 'read', facet: 'reference', each: 'occurrence' },
}

/** What `expect` says of one object. */
export interface Expectation {
  readonly cells: readonly Cell[]
  /** Wanted now. One that was wanted before and no longer is, is withdrawn while it still waits. */
  readonly effects: readonly WantedEffect[]
  readonly marks: readonly EffectMark[]
}

export type EffectParts = Pick<WantedEffect, 'target' | 'command' | 'object' | 'occurrence'>

/**
 * What the object's facts say about an effect, whoever brought them: `evidence` that it happened (the reply may be lost), or
 * that what it did was `undone` (a posting reversed), which lets another occurrence be decided.
 */
export interface EffectMark extends EffectParts {
  readonly input: 'evidence' | 'undone'
}

/** What lists filter and sort by, per object that people list; written beside the object. */
export interface ListRow {
  readonly title: string
  readonly state: string
  readonly currency: string | null
  readonly amount: string | null
  readonly party: string | null
  readonly entity: string | null
  readonly dueOn: string | null
  readonly owner: string | null
  readonly cause: string | null
  /** Of a case: the system on whose side it lies. */
  readonly system: string | null
  readonly open: boolean
  readonly breaches: readonly string[]
}

/** `system|kind|id`: the one spelling of an external name. */
export function aliasOf(system: string, kind: string, id: string): string {
  return `${system}|${kind}|${id}`
}

/**
 * The law as the commit sees it. Pure: clock and policy come in. `evolve` is total over events and never reads policy;
 * `judge` returns only what differs from what the object already says, so that judging twice decides nothing twice.
 */
export interface Law {
  /** Raised when the meaning of decisions changes; a commit under a lower one is refused by the tenant's head. */
  readonly version: number
  evolve(record: ObjectRecord | undefined, id: string, event: Event): ObjectRecord
  /** Names (aliases or canonical ids) of the objects that `judge` looks at (`read`), and of those it may decide about (`write`: they are locked). */
  neighbours(record: ObjectRecord): Neighbours
  judge(record: ObjectRecord, look: Look, asOf: Instant): Judgement
  expect(record: ObjectRecord): Expectation
  list(record: ObjectRecord): ListRow | undefined
  /** What the object books on the accounts of suppliers. */
  entries(record: ObjectRecord): readonly LedgerEntry[]
}

export interface Neighbours {
  readonly read: readonly string[]
  readonly write: readonly string[]
}

/** A neighbour by one of the names that `neighbours` gave; undefined when nothing is bound to it. */
export type Look = (name: string) => ObjectRecord | undefined

export interface Judgement {
  readonly decisions: readonly Decision[]
  readonly wakeAt: Instant | null
  /**
   * Names (aliases or canonical ids) whose news would change this judgement. The store keeps them as the object's interest:
   * when such a name is bound or such an object changes, this one is woken. Empty for most objects most of the time.
   */
  readonly waits: readonly string[]
}
