/**
 * The table of event types: of each whether it is a *fact* (from outside, or a person's act) or a *decision* (ours), what it
 * is about, which roles have the authority to say it, and the lane it travels in. Nothing else in the code knows this.
 * docs/spec/domain.md tells the reasons.
 */
import type { Json } from '../lib/canonical-json.ts'
import type { Instant } from '../lib/time.ts'

/** Kinds of objects and the prefix of their canonical ids. */
export const KINDS = {
  invoice: 'inv',
  order: 'ord',
  supplier: 'sup',
  entity: 'ent',
  person: 'prs',
  'payment-batch': 'bat',
  payment: 'pay',
  statement: 'sta',
  'statement-entry': 'ste',
  document: 'doc',
  exception: 'exc',
  system: 'sys',
  'tie-out': 'tie',
  accrual: 'acr',
} as const
export type Kind = keyof typeof KINDS

export type Role = 'erp' | 'ap' | 'procurement' | 'bank' | 'archive' | 'treasury' | 'capture' | 'hr' | 'person' | 'hub'

/**
 * How much a fact proves: *claimed* (somebody says so) · *acknowledged* (the authoritative role says so) · *settled* (proved
 * by the party that did it and read back; still revocable by a later fact).
 */
export type Grade = 'claimed' | 'acknowledged' | 'settled'

/** Highest first: a lane never waits behind one that stands after it. */
export const LANES = ['stop', 'settlement', 'payment', 'posting', 'approval', 'intake', 'status', 'metadata'] as const
export type Lane = (typeof LANES)[number]

interface TypeRow {
  readonly nature: 'fact' | 'decision'
  readonly about: Kind
  readonly v: number
  /** What became of a command travels in the command's own lane: an acknowledged posting must not wait behind what is taken in. */
  readonly lane: Lane | 'as its command'
  /** Who has authority to say it. From anyone else it is a claim: recorded, counted, moves nothing. */
  readonly roles: readonly Role[]
  /** The best grade that the type can have: *settled* only where saying it is proof that it happened. */
  readonly best: Grade
}

const fact = (about: Kind, lane: Lane, roles: readonly Role[], best: Grade = 'acknowledged'): TypeRow => ({
  nature: 'fact',
  about,
  v: 1,
  lane,
  roles,
  best,
})
const decision = (about: Kind, lane: TypeRow['lane']): TypeRow => ({
  nature: 'decision',
  about,
  v: 1,
  lane,
  roles: ['hub'],
  best: 'settled',
})

export const EVENT_TYPES = {
  'invoice.received': fact('invoice', 'intake', ['capture', 'ap', 'procurement', 'person', 'hub'], 'settled'),
  'invoice.corrected': fact('invoice', 'intake', ['capture', 'ap', 'procurement', 'person', 'hub'], 'settled'),
  'invoice.withdrawn': fact('invoice', 'stop', ['capture', 'procurement', 'ap', 'person']),
  'invoice.rejected': fact('invoice', 'stop', ['ap', 'procurement', 'person']),
  'invoice.reinstated': fact('invoice', 'intake', ['ap', 'procurement', 'person']),
  'invoice.taken-over': fact('invoice', 'intake', ['person']),
  'document.attached': fact('invoice', 'metadata', ['capture', 'ap', 'procurement', 'person', 'hub'], 'settled'),

  'approval.requested': fact('invoice', 'approval', ['ap']),
  'approval.granted': fact('invoice', 'approval', ['ap']),
  'approval.completed': fact('invoice', 'approval', ['ap']),
  'approval.refused': fact('invoice', 'approval', ['ap']),
  'approval.withdrawn': fact('invoice', 'stop', ['ap']),
  'authority.granted': fact('person', 'metadata', ['erp', 'hr']),
  'authority.revoked': fact('person', 'stop', ['erp', 'hr']),

  'posting.parked': fact('invoice', 'posting', ['erp']),
  'posting.confirmed': fact('invoice', 'posting', ['erp'], 'settled'),
  'posting.reversed': fact('invoice', 'posting', ['erp'], 'settled'),

  'payment.instructed': fact('payment', 'payment', ['erp', 'treasury']),
  'payment.released': fact('payment-batch', 'payment', ['erp', 'treasury']),
  'payment.accepted': fact('payment-batch', 'payment', ['bank', 'treasury']),
  'payment.rejected': fact('payment', 'settlement', ['bank', 'treasury']),
  'payment.cancelled': fact('payment', 'stop', ['erp', 'treasury', 'bank']),
  'statement.received': fact('statement', 'settlement', ['bank', 'treasury'], 'settled'),
  'statement.entry-announced': fact('statement-entry', 'settlement', ['bank', 'treasury']),
  'statement.entry-booked': fact('statement-entry', 'settlement', ['bank', 'treasury'], 'settled'),
  'clearing.recorded': fact('invoice', 'settlement', ['erp'], 'settled'),
  'revaluation.recorded': fact('invoice', 'metadata', ['erp'], 'settled'),

  'order.issued': fact('order', 'intake', ['erp', 'procurement']),
  'order.changed': fact('order', 'intake', ['erp', 'procurement']),
  'order.closed': fact('order', 'intake', ['erp', 'procurement']),
  'receipt.recorded': fact('order', 'intake', ['erp', 'procurement']),
  'receipt.reversed': fact('order', 'intake', ['erp', 'procurement']),
  'supplier.activated': fact('supplier', 'intake', ['erp', 'procurement']),
  'supplier.blocked': fact('supplier', 'stop', ['erp', 'procurement']),
  'reference.read': fact('supplier', 'intake', ['erp', 'procurement'], 'settled'),
  /** Somebody outside wants to know (POST /v1/validations); what the answer is worth is judged anew each time. */
  'reference.asked': fact('supplier', 'intake', ['hub']),
  'period.opened': fact('entity', 'intake', ['erp']),
  'period.closed': fact('entity', 'intake', ['erp']),

  'document.received': fact('document', 'intake', ['capture', 'bank', 'erp', 'treasury', 'person', 'hub'], 'settled'),
  'file.completed': fact('payment-batch', 'payment', ['erp', 'bank', 'treasury', 'hub'], 'settled'),
  'evidence.prepared': fact('invoice', 'metadata', ['hub'], 'settled'),
  'evidence.archived': fact('invoice', 'metadata', ['archive'], 'settled'),
  'status.reported': fact('invoice', 'status', ['erp', 'ap', 'procurement', 'bank', 'treasury', 'archive']),
  'hold.placed': fact('invoice', 'stop', ['erp', 'ap', 'person', 'hub']),
  'hold.released': fact('invoice', 'payment', ['erp', 'ap', 'person', 'hub']),
  'exception.assigned': fact('exception', 'approval', ['person']),
  'exception.answered': fact('exception', 'approval', ['person']),
  /** One person's word where two are asked for, and its taking back: it waits, and moves nothing. */
  'exception.said': fact('exception', 'approval', ['person']),
  'exception.unsaid': fact('exception', 'approval', ['person']),
  'cut-over.recorded': fact('entity', 'intake', ['person']),
  'tie-out.recorded': fact('tie-out', 'metadata', ['hub'], 'settled'),
  'system.paused': fact('system', 'stop', ['person']),
  'system.resumed': fact('system', 'stop', ['person']),
  'accrual.booked': fact('accrual', 'metadata', ['person']),
  'sweep.completed': fact('system', 'metadata', ['hub'], 'settled'),
  'log.set-back': fact('system', 'stop', ['hub'], 'settled'),

  'invoice.validated': decision('invoice', 'intake'),
  'invoice.validation-failed': decision('invoice', 'intake'),
  'invoice.matched': decision('invoice', 'intake'),
  'invoice.mismatched': decision('invoice', 'intake'),
  'invoice.match-released': decision('invoice', 'intake'),
  'invoice.linked': decision('invoice', 'intake'),
  'reference.wanted': decision('entity', 'intake'),
  'approval.waived': decision('invoice', 'approval'),
  'rule.evaluated': decision('invoice', 'approval'),
  'posting.held': decision('invoice', 'posting'),
  'posting.freed': decision('invoice', 'posting'),
  'posting.postponed': decision('accrual', 'posting'),
  'reversal.held': decision('invoice', 'posting'),
  'reversal.freed': decision('invoice', 'posting'),
  'reversal.postponed': decision('invoice', 'posting'),
  'accrual.dropped': decision('accrual', 'posting'),
  'evidence.wanted': decision('invoice', 'metadata'),
  'invoice.state-moved': decision('invoice', 'status'),
  'payment.moved': decision('payment', 'payment'),
  'statement.entry-matched': decision('statement-entry', 'settlement'),
  'settlement.allocated': decision('invoice', 'settlement'),
  'settlement.unallocated': decision('invoice', 'settlement'),
  'exception.raised': decision('exception', 'approval'),
  'exception.restated': decision('exception', 'approval'),
  'exception.escalated': decision('exception', 'approval'),
  'exception.resolved': decision('exception', 'approval'),
  'divergence.opened': decision('invoice', 'status'),
  'divergence.closed': decision('invoice', 'status'),
  'intake.quarantined': decision('document', 'intake'),
  'breaker.opened': decision('system', 'stop'),
  'breaker.closed': decision('system', 'stop'),
  'effect.done': decision('invoice', 'as its command'),
  'effect.refused': decision('invoice', 'as its command'),
  'effect.unknown': decision('invoice', 'as its command'),
  'effect.resolved': decision('invoice', 'as its command'),
  'effect.replied-late': decision('invoice', 'as its command'),
} as const satisfies Record<string, TypeRow>

export type EventType = keyof typeof EVENT_TYPES

export interface Source {
  /** The system's name in our configuration, e.g. `erp`. */
  readonly system: string
  readonly role: Role
  /** Where to look it up there. */
  readonly reference?: string
}

/** One canonical event, as `evolve` sees it. `data` has the shape that `event-data.ts` gives its type. */
export interface Event {
  readonly id: string
  readonly type: EventType
  readonly v: number
  /** Canonical ids; the first is the object it is about. */
  readonly objects: readonly string[]
  readonly source: Source
  readonly grade: Grade
  /** `person:<pseudonym>`, `system:<name>` or `rule:<name>`. */
  readonly actor: string
  readonly occurredAt: Instant
  readonly recordedAt: Instant
  readonly correlation?: string
  readonly causation?: string
  readonly data: { readonly [key: string]: Json | undefined }
}

/** The grade of a fact: by the authority of who says it, capped by what the type can prove at best. */
export function gradeOf(type: EventType, role: Role, readBack: boolean): Grade {
  const row: TypeRow = EVENT_TYPES[type]
  if (!row.roles.includes(role)) return 'claimed'
  return row.best === 'settled' && readBack ? 'settled' : 'acknowledged'
}

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENT_TYPES, text)
}

/** The kind that a canonical id belongs to, by its prefix. */
export function kindOf(id: string): Kind {
  const kind = KIND_OF_PREFIX.get(id.slice(0, id.indexOf('_')))
  if (!kind) throw new Error(`${id} is no canonical id`)
  return kind
}

const KIND_OF_PREFIX = new Map<string, Kind>(Object.entries(KINDS).map(([kind, prefix]) => [prefix, kind as Kind]))
