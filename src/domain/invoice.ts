/**
 * What is known of one invoice: one state machine, a fold of its facts and of our verdicts on them. Every collection is kept in a
 * fixed order, so that the order of arrival leaves no trace.
 */
import { answered, thingsOf } from './answers.ts'
import { accruedAs, type AccrualData } from './accrual.ts'
import { ABSENT, diverging, showing } from './cell.ts'
import type { Event, EventType } from './event.ts'
import { tracked } from './exception.ts'
import { heard, later, ref } from './fact-order.ts'
import type { FactData } from './event-data.ts'
import type { HeadlineState, Routed } from './routes.ts'
import type { Moved } from './payment.ts'
import { HAPPENED, sending, type EffectData } from './sent.ts'
import { enterersAmong, type Terms } from './terms.ts'
import { knownToAll, personsOf } from './words.ts'
import type { FactRef, Allocation, Granted, Parties, PostingPlan, ReversalPlan, Link, InvoiceState, Kept } from './invoice-state.ts'

type Handler = (state: InvoiceState, event: Event, data: never) => InvoiceState
const on = <T extends keyof FactData>(handle: (state: InvoiceState, event: Event, data: FactData[T]) => InvoiceState): Handler => handle
const decided = <D>(handle: (state: InvoiceState, event: Event, data: D) => InvoiceState): Handler => handle

/** The handlers of the invoice, by event type; a type without one leaves it as it is. */
const HANDLERS: { readonly [type in EventType]?: Handler } = {
  'invoice.received': on<'invoice.received'>((state, event, data) => ({
    ...state,
    origin: 'received',
    // Another rendition of the same invoice changes nothing: the first that came holds, until somebody corrects it.
    content: state.content?.corrected
      ? state.content
      : first(state.content, { ...heard(event), corrected: false, document: data.document, value: data.content }),
    renditions: { ...state.renditions, [data.document]: state.renditions[data.document] ?? event.id },
  })),
  'invoice.corrected': on<'invoice.corrected'>((state, event, data) => ({
    ...state,
    origin: state.origin ?? 'received',
    content: later(state.content?.corrected ? state.content : null, {
      ...heard(event),
      value: data.content,
      document: data.document,
      corrected: true,
    }),
    renditions: { ...state.renditions, [data.document]: state.renditions[data.document] ?? event.id },
  })),
  'document.attached': on<'document.attached'>((state, event, data) => ({
    ...state,
    renditions: { ...state.renditions, [data.document]: event.id },
  })),
  'invoice.withdrawn': on<'invoice.withdrawn'>((state, event) => ({ ...state, withdrawn: later(state.withdrawn, ref(event)) })),
  'invoice.rejected': on<'invoice.rejected'>((state, event) => ({ ...state, rejected: later(state.rejected, ref(event)) })),
  'invoice.reinstated': on<'invoice.reinstated'>((state, event) => ({ ...state, reinstated: later(state.reinstated, ref(event)) })),

  'approval.requested': on<'approval.requested'>((state, event, data) =>
    approving(state, data.ticket, { requested: later(state.approval.requested, ref(event)) }),
  ),
  'approval.granted': on<'approval.granted'>((state, event, data) =>
    approving(state, data.ticket, {
      grants: ordered([...state.approval.grants, { ...ref(event), person: data.person, step: data.step, terms: data.terms }]),
    }),
  ),
  'approval.completed': on<'approval.completed'>((state, event, data) =>
    approving(state, data.ticket, {
      completed: later(state.approval.completed, {
        at: event.occurredAt,
        enterers: [...new Set([...data.enterers, ...enterersAmong(data.amended ?? [])])].sort(),
        event: event.id,
        terms: data.terms,
      }),
    }),
  ),
  'approval.refused': on<'approval.refused'>((state, event, data) =>
    approving(state, data.ticket, {
      ends: ordered([...state.approval.ends, endOf('refused', event, data)]),
    }),
  ),
  'approval.withdrawn': on<'approval.withdrawn'>((state, event, data) =>
    approving(state, data.ticket, {
      ends: ordered([...state.approval.ends, endOf('withdrawn', event, data)]),
    }),
  ),

  'posting.parked': on<'posting.parked'>((state, event, data) => ({ ...state, parked: { ...state.parked, [data.postingNo]: event.id } })),
  'posting.confirmed': on<'posting.confirmed'>((state, event, data) => {
    const known = state.postings[data.postingNo] ?? { confirmed: null, reversed: null }
    const fresh = {
      account: data.account ?? null,
      amount: data.amount,
      at: event.occurredAt,
      coding: data.coding ?? null,
      currency: data.currency,
      due: data.due ?? null,
      entity: data.entity,
      event: event.id,
      number: data.number,
      ours: data.reference !== undefined,
      postedOn: data.postedOn,
      settled: event.grade === 'settled',
      supplier: data.supplier,
      tax: data.tax ?? null,
    }
    return {
      ...state,
      origin: state.origin ?? 'observed',
      postings: { ...state.postings, [data.postingNo]: { ...known, confirmed: stronger(known.confirmed, fresh) } },
    }
  }),
  'invoice.taken-over': on<'invoice.taken-over'>((state, event, data) => {
    const { postingNo, open, on: day, entity, supplier, number, amount, currency, postedOn } = data
    const known = state.postings[postingNo] ?? { confirmed: null, reversed: null }
    const fresh = {
      ...ref(event),
      settled: false,
      amount,
      currency,
      supplier,
      number,
      postedOn,
      ours: false,
      entity,
      account: open[0]?.account ?? null,
      due: open[0]?.amount ?? null,
      tax: null,
      coding: null,
    }
    return {
      ...state,
      origin: state.origin === 'received' ? 'received' : 'taken-over',
      takenOver: later(state.takenOver, { ...ref(event), postingNo, open, on: day }),
      postings: { ...state.postings, [postingNo]: { ...known, confirmed: stronger(known.confirmed, fresh) } },
    }
  }),
  'posting.reversed': on<'posting.reversed'>((state, event, data) => {
    const known = state.postings[data.postingNo] ?? { confirmed: null, reversed: null }
    return {
      ...state,
      postings: {
        ...state.postings,
        [data.postingNo]: {
          ...known,
          reversed: stronger(known.reversed, { ...ref(event), settled: event.grade === 'settled', on: data.reversedOn }),
        },
      },
    }
  }),
  'clearing.recorded': on<'clearing.recorded'>((state, event, data) =>
    allocated(state, event, {
      kind: data.kind,
      amount: data.amount,
      currency: data.currency,
      evidence: event.id,
      booked: null,
      on: data.bookedOn ?? null,
      posting: data.postingNo,
      ledger: data.ledger ?? null,
    }),
  ),
  'revaluation.recorded': on<'revaluation.recorded'>((state, event, data) => ({
    ...state,
    revaluations: {
      ...state.revaluations,
      [event.id]: { ...ref(event), posting: data.postingNo, amount: data.amount, currency: data.currency, on: data.bookedOn },
    },
  })),
  'hold.placed': on<'hold.placed'>((state, event, data) => ({
    ...state,
    holds: {
      ...state.holds,
      [data.hold]: {
        kind: data.kind,
        placed: later(state.holds[data.hold]?.placed ?? null, ref(event)),
        released: state.holds[data.hold]?.released ?? null,
      },
    },
  })),
  'hold.released': on<'hold.released'>((state, event, data) => ({
    ...state,
    holds: {
      ...state.holds,
      [data.hold]: {
        kind: state.holds[data.hold]?.kind ?? '',
        placed: state.holds[data.hold]?.placed ?? null,
        released: later(state.holds[data.hold]?.released ?? null, ref(event)),
      },
    },
  })),
  'evidence.archived': on<'evidence.archived'>((state, event, data) => ({
    ...state,
    archived: further(state.archived, { ...ref(event), document: data.document, until: data.until, covers: data.covers }),
  })),
  'evidence.prepared': on<'evidence.prepared'>((state, event, data) => ({
    ...state,
    evidence: { ...state.evidence, prepared: further(state.evidence.prepared, { ...ref(event), ...data }) },
  })),
  'status.reported': on<'status.reported'>((state, event, data) => {
    const shown = showing(state, event, data)
    const { facet, word, of } = data
    // Nobody but the ERP knows what it holds.
    if (facet !== 'posting' || word !== ABSENT || of === undefined || event.grade === 'claimed' || event.source.role !== 'erp') return shown
    const known = state.postings[of] ?? { confirmed: null, reversed: null }
    return { ...shown, postings: { ...shown.postings, [of]: { ...known, denied: true } } }
  }),
  'exception.answered': on<'exception.answered'>((state, event, data) => {
    const cause = Object.keys(state.exceptions).find((name) => state.exceptions[name]?.id === data.exception)
    if (cause === undefined) return state
    const answer = { ...answered(event, knownToAll(event, thingsOf(state))), action: data.action, ...personsOf(event) }
    return { ...state, answers: { ...state.answers, [cause]: answer } }
  }),

  'invoice.validated': decided<VerdictData & { terms: Terms; parties: Parties }>((state, event, data) => ({
    ...verdict(state, 'validation', event, data, true),
    terms: { ...ref(event), value: data.terms },
    parties: data.parties,
  })),
  'invoice.validation-failed': decided<VerdictData>((state, event, data) => verdict(state, 'validation', event, data, false)),
  'invoice.matched': decided<VerdictData & { released?: true }>((state, event, data) =>
    released(verdict(state, 'match', event, data, true), data.released),
  ),
  'invoice.match-released': decided((state) => released(state, true)),
  'invoice.mismatched': decided<VerdictData>((state, event, data) => verdict(state, 'match', event, data, false)),
  'approval.waived': decided<VerdictData & { order: string; by: string; granted: Granted }>((state, event, data) => ({
    ...verdict(state, 'approval', event, data, true),
    granted: data.granted,
    waived: { ...ref(event), order: data.order, by: data.by },
  })),
  'rule.evaluated': decided<Evaluated>((state, event, data) =>
    data.gate === 'payee'
      ? claiming(state, data)
      : { ...verdict(state, data.gate, event, data, data.pass), ...(data.granted ? { granted: data.granted } : {}) },
  ),
  'invoice.state-moved': decided<{ from: HeadlineState | null; to: HeadlineState | null; breaches: readonly string[]; routed?: Routed }>(
    (state, event, data) => ({
      ...state,
      headline: data.to,
      breaches: data.breaches,
      movedBy: isFiling(data.from, data.to) ? state.movedBy : event.id,
      routed: data.routed ?? state.routed,
    }),
  ),
  'settlement.allocated': decided<{
    kind: string
    amount: string
    currency?: string
    entry: string
    bookedOn?: string
    booked?: { bankReference: string; bookedOn: string }
    outside?: true
  }>((state, event, data) =>
    allocated(state, event, {
      kind: data.kind,
      amount: data.amount,
      currency: data.currency ?? null,
      evidence: data.entry,
      booked: data.booked ?? null,
      on: (data.bookedOn ?? data.booked?.bookedOn) || null,
      posting: null,
      ledger: null,
      ...(data.outside ? { outside: true } : {}),
    }),
  ),
  'settlement.unallocated': decided<{ allocation: string; bookedOn?: string; says?: string }>((state, event, data) => {
    const known = state.allocations[data.allocation]
    return known
      ? {
          ...state,
          allocations: {
            ...state.allocations,
            [data.allocation]: {
              ...known,
              undone: event.id,
              undoneOn: data.bookedOn || null,
              ...(data.says === undefined ? {} : { returned: data.says }),
            },
          },
        }
      : state
  }),
  'exception.raised': tracked,
  'exception.restated': tracked,
  'exception.resolved': tracked,
  'posting.held': decided<Pick<PostingPlan, 'day' | 'period' | 'held'>>((state, event, { day, period, held }) => ({
    ...state,
    postingPlan: { ...ref(event), day, period, held, on: state.postingPlan?.on ?? null, accrued: state.postingPlan?.accrued ?? null },
  })),
  'posting.freed': decided<Pick<PostingPlan, 'day' | 'period'>>((state, event, { day, period }) => ({
    ...state,
    postingPlan: { ...ref(event), day, period, held: null, on: state.postingPlan?.on ?? null, accrued: state.postingPlan?.accrued ?? null },
  })),
  'posting.postponed': decided<{ accrual: AccrualData; period: string }>((state, event, { accrual, period }) => ({
    ...state,
    postingPlan: { ...ref(event), day: accrual.on, period, held: null, on: accrual.on, accrued: accruedAs(accrual) },
  })),
  'accrual.dropped': decided((state) => ({ ...state, postingPlan: null })),
  'reversal.held': decided<Pick<ReversalPlan, 'of' | 'period' | 'held'> & { day: string }>((state, event, { of, day, period, held }) => ({
    ...state,
    reversalPlan: { ...ref(event), of, period, held, on: day },
  })),
  'reversal.freed': decided<Pick<ReversalPlan, 'of' | 'period'> & { day: string }>((state, event, { of, day, period }) => ({
    ...state,
    reversalPlan: { ...ref(event), of, period, held: null, on: day },
  })),
  'reversal.postponed': decided<Pick<ReversalPlan, 'of' | 'period' | 'on'>>((state, event, { of, period, on: day }) => ({
    ...state,
    reversalPlan: { ...ref(event), of, period, held: null, on: day },
  })),
  'evidence.wanted': decided<{ covers: number; until: string }>((state, event, data) => ({
    ...state,
    evidence: { ...state.evidence, wanted: { ...ref(event), covers: data.covers, until: data.until } },
  })),
  'divergence.opened': diverging,
  'divergence.closed': diverging,
  'effect.done': decided<EffectData>(sent),
  'effect.refused': decided<EffectData>(sent),
  'effect.unknown': decided<EffectData>(sent),
  'effect.resolved': decided<EffectData>(sent),
}

type Evaluated =
  | (VerdictData & { readonly gate: 'approval' | 'posting'; readonly pass: boolean; readonly granted?: Granted })
  | { readonly gate: 'payee'; readonly pass: boolean; readonly payment: string }

/** Of several payments of it the one that passed first has what is open, until it fails or is no more. */
function claiming(state: InvoiceState, { payment, pass }: { readonly payment: string; readonly pass: boolean }): InvoiceState {
  const known = state.payments[payment]
  return known ? { ...state, payments: { ...state.payments, [payment]: { ...known, claims: pass } } } : state
}

export interface VerdictData {
  readonly subject: string
  readonly rests: readonly string[]
  readonly controls: readonly { readonly id: string; readonly verdict: string; readonly says: string; readonly cause?: string }[]
}

/** Folds one event into an invoice. A claim (a word without authority) is counted and moves nothing. */
export function evolveInvoice(state: InvoiceState, event: Event, id: string): InvoiceState {
  if (event.grade === 'claimed' && event.type !== 'status.reported') return { ...state, claims: state.claims + 1 }
  if (event.type === 'payment.moved') return paid(state, event, id)
  if (event.type === 'invoice.linked') return linked(state, event, id)
  // Another invoice was matched in its place.
  if (event.type === 'invoice.matched' && event.objects[0] !== id) return released(state, true)
  const handle = HANDLERS[event.type]
  const next = handle ? handle(state, event, event.data as never) : state
  return NO_EVIDENCE.has(event.type) ? next : { ...next, facts: next.facts + 1 }
}

/** Types that say nothing about where the invoice stands, only about the work on it: archived evidence need not cover them. */
const NO_EVIDENCE: ReadonlySet<EventType> = new Set<EventType>([
  'status.reported',
  'evidence.wanted',
  'evidence.prepared',
  'evidence.archived',
  'effect.done',
  'effect.refused',
  'effect.unknown',
  'effect.resolved',
  'effect.replied-late',
  'exception.raised',
  'exception.restated',
  'exception.resolved',
  'exception.assigned',
  'exception.said',
  'exception.unsaid',
  'divergence.opened',
  'divergence.closed',
  'invoice.state-moved',
])

function paid(state: InvoiceState, event: Event, id: string): InvoiceState {
  const data = event.data as unknown as Moved
  const amount = data.amounts[id]
  if (amount === undefined) return state
  return {
    ...state,
    facts: state.facts + 1,
    payments: { ...state.payments, [data.payment]: { ...state.payments[data.payment], amount, event: event.id, progress: data.progress } },
  }
}

function linked(state: InvoiceState, event: Event, id: string): InvoiceState {
  const {
    relation,
    earlier,
    later: by,
    number,
    earlierNumber,
  } = event.data as unknown as { relation: 'corrects' | 'names'; earlier: string; later: string; number: string; earlierNumber: string }
  const [other, link]: [string, Link] =
    id === earlier
      ? [by, { ...ref(event), is: relation === 'corrects' ? 'corrected-by' : 'named-by', number }]
      : [earlier, { ...ref(event), is: relation, number: earlierNumber }]
  return { ...state, facts: state.facts + 1, links: { ...state.links, [other]: link } }
}

function sent(state: InvoiceState, event: Event, data: EffectData): InvoiceState {
  const next = { ...state, ...sending(state, event, data), blocks: HAPPENED.has(data.input) ? blocked(state.blocks, data) : state.blocks }
  return data.command === 'document.store'
    ? { ...next, evidence: { ...state.evidence, kept: stored(state.evidence.kept, event, data) } }
    : next
}

/** Into the archive and out of it again an invoice stands where it stood: nobody is told of it anew. */
function isFiling(from: HeadlineState | null, to: HeadlineState | null): boolean {
  return to === 'archived' || (from === 'archived' && (to === 'paid' || to === 'rejected'))
}

/** The object of `document.store` is `<invoice or other object> <sha256>`, its occurrence the day till which the document is kept. */
export function stored(kept: Kept, event: Event, { input, object, occurrence }: EffectData): Kept {
  const sha256 = object.slice(object.indexOf(' ') + 1)
  const known = kept[sha256]
  return !HAPPENED.has(input) || (known && known.until >= occurrence) ? kept : { ...kept, [sha256]: { event: event.id, until: occurrence } }
}

/** The occurrence of a block and of its lifting is `posting # how often before`. */
function blocked(blocks: InvoiceState['blocks'], { command, occurrence }: EffectData): InvoiceState['blocks'] {
  const [postingNo = '', times] = occurrence.split('#')
  const known = blocks[postingNo] ?? { held: 0, lifted: 0 }
  const count = Number(times) + 1
  if (command === 'payment.hold') return { ...blocks, [postingNo]: { ...known, held: Math.max(known.held, count) } }
  return command === 'payment.unhold' ? { ...blocks, [postingNo]: { ...known, lifted: Math.max(known.lifted, count) } } : blocks
}

function allocated(state: InvoiceState, event: Event, allocation: Omit<Allocation, keyof FactRef | 'undone' | 'undoneOn'>): InvoiceState {
  const { undone = null, undoneOn = null } = state.allocations[event.id] ?? {}
  return { ...state, allocations: { ...state.allocations, [event.id]: { ...ref(event), ...allocation, undone, undoneOn } } }
}

const endOf = (
  kind: 'refused' | 'withdrawn',
  event: Event,
  { person, reason }: FactData['approval.withdrawn'],
): InvoiceState['approval']['ends'][number] => ({ ...heard(event), kind, person, reason })

function approving(state: InvoiceState, ticket: string, change: Partial<InvoiceState['approval']>): InvoiceState {
  return { ...state, approval: { ...state.approval, ticket, ...change } }
}

function released(state: InvoiceState, said: true | undefined): InvoiceState {
  const { match } = state.verdicts
  return match && said ? { ...state, verdicts: { ...state.verdicts, match: { ...match, released: true } } } : state
}

function verdict(state: InvoiceState, gate: keyof InvoiceState['verdicts'], event: Event, data: VerdictData, pass: boolean): InvoiceState {
  const failed = data.controls
    .filter((control) => control.verdict !== 'pass' && control.verdict !== 'not-applicable')
    .map((control) => `${control.cause ?? control.id}: ${control.says}`)
  return {
    ...state,
    verdicts: {
      ...state.verdicts,
      [gate]: { at: event.occurredAt, event: event.id, failed, pass, rests: data.rests, subject: data.subject },
    },
  }
}

function first<T extends FactRef>(known: T | null, fresh: T): T {
  return known !== null && later(known, fresh) === fresh ? known : fresh
}

/** Of two packs the one that covers more. */
function further<T extends FactRef & { readonly covers: number }>(known: T | null, fresh: T): T {
  if (known === null || known.covers === fresh.covers) return later(known, fresh)
  return fresh.covers > known.covers ? fresh : known
}

/** Of two words on the same document the one with the better grade; else the first that happened. */
function stronger<T extends FactRef & { readonly settled: boolean }>(known: T | null, fresh: T): T {
  if (known === null) return fresh
  if (known.settled !== fresh.settled) return fresh.settled ? fresh : known
  return fresh.at < known.at || (fresh.at === known.at && fresh.event < known.event) ? fresh : known
}

function ordered<T extends FactRef>(facts: readonly T[]): T[] {
  return [...facts].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.event < b.event ? -1 : 1))
}
