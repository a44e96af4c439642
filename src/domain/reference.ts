/**
 * What is known of suppliers, entities (with their tax codes and periods), orders and persons: what the authoritative system
 * answered last, how old that is, and for persons the hub's own dated table of authority.
 */
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { Event } from './event.ts'
import type { FactData, OrderData, ReferenceData } from './event-data.ts'
import { later, ref, sending, type EffectData, type FactRef, type Sent } from './invoice.ts'
import { sumOf, type InvoiceContent } from './invoice-content.ts'
import { periodQuestion } from './names.ts'

export interface ReferenceState {
  /** How to ask for it: its names and whatever the first invoice that named it said. */
  readonly ask: Ask | null
  /** question → since when an answer at least that fresh is wanted. */
  readonly wants: { readonly [question: string]: Instant }
  readonly reads: { readonly [question: string]: FactRef & { readonly answer: ReferenceData } }
  readonly sent: { readonly [command: string]: Sent }
  /** Orders: quantity matched per invoice and line. */
  readonly invoiced: { readonly [invoice: string]: { readonly [line: string]: string } }
}

/** `outside`: only a question from outside has named it so far; what an invoice says of it counts for more. */
interface Ask { readonly names: readonly string[]; readonly name: string; readonly entity?: string; readonly outside?: true }

export interface PersonState {
  readonly name: string | null
  readonly grants: readonly (FactRef & { readonly limit: string; readonly currency: string; readonly from: CalendarDate; readonly to: CalendarDate | null })[]
  readonly revoked: readonly (FactRef & { readonly on: CalendarDate })[]
}

export const NO_REFERENCE: ReferenceState = { ask: null, wants: {}, reads: {}, sent: {}, invoiced: {} }
export const NO_PERSON: PersonState = { name: null, grants: [], revoked: [] }

export type ReferenceKind = 'supplier' | 'entity' | 'order'
export type Found = Extract<ReferenceData, { found: true }>

export function evolveReference(kind: ReferenceKind, state: ReferenceState, event: Event): ReferenceState {
  if (event.grade === 'claimed') return state
  switch (event.type) {
    case 'invoice.received':
    case 'invoice.corrected': {
      if (state.ask && !state.ask.outside) return state
      // An order is asked for once its company is known: the number alone may be that of several.
      return { ...state, ask: question(kind, event.data['content'] as unknown as InvoiceContent), wants: kind === 'order' ? state.wants : { ...state.wants, [kind]: state.wants[kind] ?? event.occurredAt } }
    }
    case 'reference.wanted': {
      const { what, since, entity, names, name } = event.data as unknown as { what: string; since: Instant; entity?: string; names?: readonly string[]; name?: string }
      // What the ERP's feed or a question from outside made has not been named by an invoice yet.
      const known = state.ask && !state.ask.outside ? state.ask : names && name !== undefined ? { names, name } : state.ask
      return { ...state, ask: known && entity !== undefined ? { ...known, entity } : known, wants: { ...state.wants, [what]: since } }
    }
    case 'reference.asked': {
      const { what, since, names, name, entity } = event.data as unknown as FactData['reference.asked']
      const ask: Ask = { ...(state.ask ?? { names, name, outside: true }), ...(entity === undefined ? {} : { entity }) }
      const wanted = state.wants[what]
      return { ...state, ask, wants: { ...state.wants, [what]: wanted !== undefined && wanted > since ? wanted : since } }
    }
    case 'reference.read': return read(state, event, event.data as unknown as ReferenceData)
    case 'order.issued':
    case 'order.changed': return read(state, event, { asked: 'order', readAt: event.occurredAt, found: true, order: event.data as unknown as OrderData })
    case 'order.closed': return changed(state, event, 'order', (answer) => answer.order ? { ...answer, order: { ...answer.order, open: false } } : answer)
    case 'supplier.blocked': return changed(state, event, 'supplier', (answer) => answer.supplier ? { ...answer, supplier: { ...answer.supplier, blocked: true } } : answer)
    case 'supplier.activated': return changed(state, event, 'supplier', (answer) => answer.supplier ? { ...answer, supplier: { ...answer.supplier, blocked: false, active: true } } : answer)
    case 'period.opened':
    case 'period.closed': {
      const asked = periodQuestion((event.data as unknown as FactData['period.opened']).month)
      return read(state, event, { asked, readAt: event.occurredAt, found: true, period: { open: event.type === 'period.opened' } })
    }
    case 'invoice.matched': {
      const { taken, invoice } = event.data as unknown as { taken?: { [line: string]: string }; invoice: string }
      return taken ? { ...state, invoiced: { ...state.invoiced, [invoice]: taken } } : state
    }
    case 'effect.done': case 'effect.refused': case 'effect.unknown': case 'effect.resolved': {
      const data = event.data as unknown as EffectData
      return { ...state, sent: sending({ sent: state.sent, told: {} }, event, data).sent }
    }
    default: return state
  }
}

export function evolvePerson(state: PersonState, event: Event): PersonState {
  if (event.grade === 'claimed') return state
  if (event.type === 'authority.granted') {
    const data = event.data as unknown as FactData['authority.granted']
    const grant = { ...ref(event), limit: data.limit, currency: data.currency, from: data.from, to: data.to ?? null }
    return { ...state, name: data.name, grants: byEvent([...state.grants, grant]) }
  }
  if (event.type === 'authority.revoked') {
    const data = event.data as unknown as FactData['authority.revoked']
    return { ...state, revoked: byEvent([...state.revoked, { ...ref(event), on: data.on }]) }
  }
  return state
}

/** The answer to a question, when there is one that found something. */
export function foundIn(state: ReferenceState | undefined, asked: string): Found | undefined {
  const answer = state?.reads[asked]?.answer
  return answer?.found ? answer : undefined
}

/** Quantity of an order line that other invoices than `except` have matched. */
export function takenOf(state: ReferenceState, line: string, except: string): string {
  return sumOf(Object.entries(state.invoiced).flatMap(([invoice, lines]) => invoice !== except && lines[line] !== undefined ? [lines[line]] : []))
}

function question(kind: ReferenceKind, content: InvoiceContent): { names: readonly string[]; name: string } {
  switch (kind) {
    case 'supplier': return { names: content.supplier.names, name: content.supplier.name }
    case 'entity': return { names: content.entity.names, name: content.entity.name }
    case 'order': return { names: content.orders, name: content.orders[0] ?? '' }
  }
}

function read(state: ReferenceState, event: Event, answer: ReferenceData): ReferenceState {
  return { ...state, reads: { ...state.reads, [answer.asked]: later(state.reads[answer.asked] ?? null, { ...ref(event), answer }) } }
}

function changed(state: ReferenceState, event: Event, asked: string, change: (answer: Found) => Found): ReferenceState {
  const known = state.reads[asked]
  if (!known?.answer.found || known.at > event.occurredAt) return state
  return { ...state, reads: { ...state.reads, [asked]: { ...ref(event), answer: change(known.answer) } } }
}

function byEvent<T extends FactRef>(facts: readonly T[]): T[] {
  return [...facts].sort((a, b) => a.event < b.event ? -1 : 1)
}
