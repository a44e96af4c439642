/**
 * What is known of suppliers, entities (with their tax codes and periods), orders and persons: what each system answered last,
 * how old that is, and for persons the hub's own dated table of authority. Answers are kept by the system that gave them: two
 * that speak of one thing never overwrite each other. Whose answer counts is the policy's to say.
 */
import type { CalendarDate, Instant } from '../lib/time.ts'
import type { Event } from './event.ts'
import { tracked, type ExceptionMap } from './exception.ts'
import type { FactData, OrderData, ReferenceData } from './event-data.ts'
import { heard, heardAfter, later, ref } from './fact-order.ts'
import type { FactRef, Heard } from './invoice-state.ts'
import { type InvoiceContent } from './invoice-content.ts'
import { periodQuestion, spanAsked } from './names.ts'
import { sending, type EffectData, type SentMap } from './sent.ts'
import type { NamedParty } from './view.ts'

export interface ReferenceState {
  /** How to ask for it: its names and whatever the first invoice that named it said. */
  readonly ask: Ask | null
  /** question → since when an answer at least that fresh is wanted. */
  readonly wants: { readonly [question: string]: Instant }
  /** `question@system` → its last answer; what we asked for is heard when the reply was complete. */
  readonly reads: { readonly [question: string]: Heard & { readonly answer: ReferenceData } }
  /** By system: its last word apart from its answers that a supplier is blocked or an order closed, or no longer, and when we heard it. */
  readonly standing: { readonly [system: string]: Heard & { readonly version: number; readonly stopped: boolean } }
  readonly sent: SentMap
  readonly exceptions: ExceptionMap
}

/** `outside`: only a question from outside has named it so far; what an invoice says of it counts for more. */
interface Ask {
  readonly names: readonly string[]
  readonly name: string
  /** Its tax number as the invoice writes it, where that is not its plain form. */
  readonly written?: string
  readonly entity?: string
  readonly outside?: true
}

export interface PersonState {
  readonly name: string | null
  readonly grants: readonly (FactRef & {
    readonly limit: string
    readonly currency: string
    readonly from: CalendarDate
    readonly to: CalendarDate | null
  })[]
  readonly revoked: readonly (FactRef & { readonly on: CalendarDate })[]
}

export const NO_REFERENCE: ReferenceState = { ask: null, wants: {}, reads: {}, standing: {}, sent: {}, exceptions: {} }
export const NO_PERSON: PersonState = { name: null, grants: [], revoked: [] }

export type ReferenceKind = 'supplier' | 'entity' | 'order'
export type Found = Extract<ReferenceData, { found: true }>

export function evolveReference<S extends ReferenceState>(kind: ReferenceKind, state: S, event: Event): S {
  switch (event.type) {
    case 'invoice.received':
    case 'invoice.corrected': {
      if (state.ask && !state.ask.outside) return state
      // An order is asked for once its company is known: the number alone may be that of several.
      return {
        ...state,
        ask: question(kind, event.data['content'] as unknown as InvoiceContent),
        wants: kind === 'order' ? state.wants : { ...state.wants, [kind]: state.wants[kind] ?? event.occurredAt },
      }
    }
    case 'reference.wanted': {
      const { what, since, entity, names, name, written } = event.data as unknown as {
        what: string
        since: Instant
        entity?: string
        names?: readonly string[]
        name?: string
        written?: string
      }
      const fresh = names && name !== undefined ? named({ names, name, ...(written === undefined ? {} : { written }) }) : state.ask
      // What the ERP's feed or a question from outside made has not been named by an invoice yet.
      const known = state.ask && !state.ask.outside ? state.ask : fresh
      return { ...state, ask: known && entity !== undefined ? { ...known, entity } : known, wants: { ...state.wants, [what]: since } }
    }
    case 'reference.asked': {
      const { what, since, names, name, entity } = event.data as unknown as FactData['reference.asked']
      const ask: Ask = { ...(state.ask ?? { names, name, outside: true }), ...(entity === undefined ? {} : { entity }) }
      const wanted = state.wants[what]
      return { ...state, ask, wants: { ...state.wants, [what]: wanted !== undefined && wanted > since ? wanted : since } }
    }
    case 'reference.read':
      return read(state, event, event.data as unknown as ReferenceData)
    case 'order.issued':
    case 'order.changed':
      return read(state, event, { asked: 'order', readAt: event.occurredAt, found: true, order: event.data as unknown as OrderData })
    case 'order.closed':
      return stands(state, event, true, (event.data as unknown as FactData['order.closed']).version)
    case 'supplier.blocked':
      return stands(state, event, true)
    case 'supplier.activated':
      return stands(state, event, false)
    case 'period.opened':
    case 'period.closed': {
      const told = event.data as unknown as FactData['period.opened']
      // What is told of one period does not answer for its month: it is kept beside that answer, see period.ts.
      const asked = spanAsked(told) ?? periodQuestion(told.month)
      return read(state, event, { asked, readAt: event.occurredAt, found: true, period: { open: event.type === 'period.opened' } })
    }
    case 'effect.done':
    case 'effect.refused':
    case 'effect.unknown':
    case 'effect.resolved': {
      const data = event.data as unknown as EffectData
      return { ...state, sent: sending({ sent: state.sent, told: {} }, event, data).sent }
    }
    default:
      return tracked(state, event)
  }
}

export function evolvePerson(state: PersonState, event: Event): PersonState {
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

/** What a system answered last, found or not. */
export const readOf = (state: ReferenceState | undefined, question: string, system: string): ReferenceState['reads'][string] | undefined =>
  state?.reads[`${question}@${system}`]

/** What a system says now, when it has found something: its answer, and what it said since of a block or a closing. */
export function foundIn(state: ReferenceState | undefined, question: string, system: string): Found | undefined {
  const known = readOf(state, question, system)
  if (!state || !known?.answer.found) return undefined
  const { answer } = known
  const word = state.standing[system]
  if (!word || !(question === 'supplier' || question === 'order')) return answer
  const version = answer.order?.version ?? 0
  if (!isNewer(word, known, version)) return answer
  if (answer.order) return { ...answer, order: { ...answer.order, open: answer.order.open && !word.stopped } }
  if (answer.supplier)
    return { ...answer, supplier: { ...answer.supplier, blocked: word.stopped, active: answer.supplier.active || !word.stopped } }
  return answer
}

/**
 * Whether a system's word came after its answer: by their versions, else by when we heard them, for the answer's instant is ours and the
 * word's is the system's. A word that we hear after we asked may be of before; then the next answer says so.
 */
function isNewer(word: ReferenceState['standing'][string], known: ReferenceState['reads'][string], version: number): boolean {
  if (version > 0 && word.version > 0 && version !== word.version) return word.version > version
  return word.heardAt === known.heardAt ? later<FactRef>(known, word) === word : heardAfter(word, known)
}

/** True where a system says that a supplier is blocked or not active, whether or not it was ever asked. */
export function stopsSupplier(state: ReferenceState | undefined, system: string): boolean {
  const supplier = foundIn(state, 'supplier', system)?.supplier
  return supplier ? supplier.blocked || !supplier.active : (state?.standing[system]?.stopped ?? false)
}

function question(kind: ReferenceKind, content: InvoiceContent): Ask {
  switch (kind) {
    case 'supplier':
      return named(content.supplier)
    case 'entity':
      return named(content.entity)
    case 'order':
      return { names: content.orders, name: content.orders[0] ?? '' }
  }
}

const named = ({ names, name, written }: NamedParty): Ask => ({ name, names, ...(written === undefined ? {} : { written }) })

/** Of an order, where its system counts them; else 0. */
export const versionOf = (answer: ReferenceData): number => (answer.found ? (answer.order?.version ?? 0) : 0)

/** Of two answers of one system the later, and of two versions of an order the greater: clocks differ, versions do not. */
function read<S extends ReferenceState>(state: S, event: Event, answer: ReferenceData): S {
  const key = `${answer.asked}@${event.source.system}`
  const known = state.reads[key]
  const fresh = { ...ref(event), answer, heardAt: event.type === 'reference.read' ? answer.readAt : event.recordedAt }
  const [was, is] = [known ? versionOf(known.answer) : 0, versionOf(answer)]
  return { ...state, reads: { ...state.reads, [key]: !known || is > was ? fresh : is < was ? known : later(known, fresh) } }
}

function stands<S extends ReferenceState>(state: S, event: Event, stopped: boolean, version = 0): S {
  const known = state.standing[event.source.system]
  const fresh = { ...heard(event), version, stopped }
  const last = !known || version > known.version ? fresh : version < known.version ? known : later(known, fresh)
  return { ...state, standing: { ...state.standing, [event.source.system]: last } }
}

function byEvent<T extends FactRef>(facts: readonly T[]): T[] {
  return [...facts].sort((a, b) => (a.event < b.event ? -1 : 1))
}
