/** What is known of a payment and of the file it travels in: folds of the ERP's run, the file as we read it, and the bank's words. */
import { inOrder } from '../lib/canonical-json.ts'
import { diverging, showing } from './cell.ts'
import type { Event, EventType } from './event.ts'
import type { BookedDocument, FactData } from './event-data.ts'
import { filing, NO_FILES, type Filed } from './filing.ts'
import { later, ref } from './fact-order.ts'
import type { FactRef, Heard, InvoiceState, Told } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { negative } from './headline.ts'
import { tracked, type ExceptionMap } from './exception.ts'
import type { CalendarDate } from '../lib/time.ts'
import { sending, type EffectData, type SentMap } from './sent.ts'
import type { Laws } from './view.ts'
import { personsOf } from './words.ts'

/** How far a payment is. Only `settled` rests on a booked entry; `returned` takes it back. */
export const PROGRESS = ['instructed', 'released', 'accepted', 'rejected', 'cancelled', 'settled', 'returned'] as const
export type Progress = (typeof PROGRESS)[number]

export type Settled = { readonly entry: string; readonly bookedOn: string; readonly bankReference: string }

export interface PaymentState {
  readonly instructed: (FactRef & FactData['payment.instructed']) | null
  /** What the ERP shows of it, for as long as no file tells what it is. */
  readonly booked: (BookedDocument & Pick<Heard, 'heardAt'>) | null
  readonly rejected: (FactRef & { readonly code: string; readonly reason: string }) | null
  /** The ERP made it void, or the bank says that it has not carried it out: only that holds once the bank has the file. */
  readonly cancelled: (FactRef & { readonly byBank?: true }) | null
  /** Its file has been told that it was cancelled. */
  readonly voided?: true
  readonly payee: (FactRef & { readonly pass: boolean; readonly failed: readonly string[] }) | null
  /** Booked entries that our entry judge matched to this payment. */
  readonly entries: {
    readonly [entry: string]: FactRef & {
      readonly kind: 'settles' | 'returns'
      readonly amount: string
      readonly bookedOn: string
      readonly bankReference: string
      readonly says: string
    }
  }
  /** invoice → the allocation event that this payment gave it. */
  readonly allocated: { readonly [invoice: string]: string }
  readonly answers: {
    readonly [cause: string]: FactRef & {
      readonly action: string
      readonly person: string
      readonly second: string | null
      readonly reason: string
    }
  }
  readonly progress: Progress | null
  /** The invoices that have been told of `progress`, each with its part of the payment. */
  readonly reaches: readonly string[]
  /** The booked entry that settled it, its own or its file's. */
  readonly settled: Settled | null
  readonly sent: SentMap
  readonly told: Told
  readonly reported: InvoiceState['reported']
  readonly divergences: InvoiceState['divergences']
  readonly exceptions: ExceptionMap
}

export interface BatchState extends Filed {
  readonly messageId: string | null
  readonly released: (FactRef & { readonly run: string; readonly document: string; readonly by: readonly string[] }) | null
  readonly file: (FactRef & FactData['file.completed']) | null
  /** What the payments that name this file add up to. */
  readonly seen: { readonly count: number; readonly sum: string }
  /** The first day on which one of them is to be carried out, as far as they say one. */
  readonly executeOn: CalendarDate | null
  /** Payments by the verdict on their payee: [passed, failed]. */
  readonly cleared: number
  readonly failed: number
  readonly rejectedItems: { readonly count: number; readonly sum: string }
  /** Payments of it that were cancelled, whether or not the bank has it. */
  readonly voidedItems?: { readonly count: number; readonly sum: string }
  readonly accepted: (FactRef & { readonly code: string }) | null
  readonly rejected: (FactRef & { readonly code: string; readonly reason: string }) | null
  /** `document`: the bytes that were judged. */
  readonly release: (FactRef & { readonly pass: boolean; readonly failed: readonly string[]; readonly document?: string }) | null
  /** The entry that booked the file as one amount; `withoutVoided`: less what was cancelled. */
  readonly entry: (FactRef & Settled & { readonly withoutVoided?: true }) | null
  readonly exceptions: ExceptionMap
}

export const NO_PAYMENT: PaymentState = inOrder({
  instructed: null,
  booked: null,
  rejected: null,
  cancelled: null,
  payee: null,
  entries: {},
  allocated: {},
  answers: {},
  progress: null,
  reaches: [],
  settled: null,
  sent: {},
  told: {},
  reported: {},
  divergences: {},
  exceptions: {},
})
export const NO_BATCH: BatchState = inOrder({
  messageId: null,
  released: null,
  file: null,
  seen: { count: 0, sum: '0' },
  executeOn: null,
  cleared: 0,
  failed: 0,
  rejectedItems: { count: 0, sum: '0' },
  accepted: null,
  rejected: null,
  release: null,
  entry: null,
  exceptions: {},
  ...NO_FILES,
})

/** Of a payment that got further, or came to reach other invoices. */
export interface Moved {
  readonly payment: string
  readonly progress: Progress
  readonly was: Progress | null
  readonly amount: string
  readonly amounts: { readonly [invoice: string]: string }
  readonly settled?: Settled
  /** Its file hears now, and once, that it was cancelled. */
  readonly voids?: true
}

type Handler<S> = (state: S, event: Event, data: never) => S
type On<S> = { readonly [type in EventType]?: Handler<S> }

const PAYMENT: On<PaymentState> = {
  'status.reported': (state, event, data: FactData['status.reported']) => ({
    ...showing(state, event, data),
    // As it was first heard, so that what is told again does not wait again.
    booked: state.instructed === null && data.document ? (state.booked ?? { ...data.document, heardAt: event.recordedAt }) : state.booked,
  }),
  'divergence.opened': diverging,
  'divergence.closed': diverging,
  'payment.instructed': (state, event, data: FactData['payment.instructed']) => ({
    ...state,
    instructed: later(state.instructed, { ...ref(event), ...data }),
    booked: null,
  }),
  'payment.rejected': (state, event, data: FactData['payment.rejected']) => ({
    ...state,
    rejected: later(state.rejected, { ...ref(event), code: data.code, reason: data.reason }),
  }),
  'payment.cancelled': (state, event) => ({
    ...state,
    cancelled: {
      ...later(state.cancelled, ref(event)),
      ...(state.cancelled?.byBank || event.source.role === 'bank' ? { byBank: true as const } : {}),
    },
  }),
  'exception.answered': (state, event, data: FactData['exception.answered']) => {
    const cause = Object.keys(state.exceptions).find((name) => state.exceptions[name]?.id === data.exception)
    const answer = { ...ref(event), action: data.action, ...personsOf(event) }
    return cause === undefined ? state : { ...state, answers: { ...state.answers, [cause]: answer } }
  },
  'rule.evaluated': (state, event, data: { pass: boolean; failed: readonly string[] }) => ({
    ...state,
    payee: { ...ref(event), pass: data.pass, failed: data.failed },
  }),
  'statement.entry-matched': (state, event, data: Settled & { kind: 'settles' | 'returns'; amount: string; says: string }) => ({
    ...state,
    entries: {
      ...state.entries,
      [data.entry]: {
        ...ref(event),
        kind: data.kind,
        amount: data.amount,
        bookedOn: data.bookedOn,
        bankReference: data.bankReference,
        says: data.says,
      },
    },
  }),
  'settlement.allocated': (state, event, data: { invoice: string }) => ({
    ...state,
    allocated: { ...state.allocated, [data.invoice]: event.id },
  }),
  'settlement.unallocated': (state, _event, data: { invoice: string }) => ({
    ...state,
    allocated: Object.fromEntries(Object.entries(state.allocated).filter(([invoice]) => invoice !== data.invoice)),
  }),
  'payment.moved': (state, _event, data: Moved) => ({
    ...state,
    ...(data.voids ? { voided: true as const } : {}),
    progress: data.progress,
    reaches: Object.entries(data.amounts)
      .map(([id, amount]) => `${id} ${amount}`)
      .sort(),
    settled: data.settled ?? state.settled,
  }),
}

const BATCH: On<BatchState> = {
  'payment.instructed': (state, _event, data: FactData['payment.instructed']) => ({
    ...state,
    messageId: data.messageId,
    seen: { count: state.seen.count + 1, sum: sumOf([state.seen.sum, data.amount]) },
    executeOn: [state.executeOn, data.executeOn].filter((on) => typeof on === 'string').sort()[0] ?? null,
  }),
  'payment.released': (state, event, data: FactData['payment.released']) => ({
    ...state,
    messageId: data.messageId,
    released: later(state.released, { ...ref(event), run: data.run, document: data.document, by: [...data.releasedBy].sort() }),
  }),
  'file.completed': (state, event, data: FactData['file.completed']) => ({
    ...state,
    messageId: data.messageId,
    file: later(state.file, { ...ref(event), ...data }),
  }),
  'payment.accepted': (state, event, data: FactData['payment.accepted']) => ({
    ...state,
    accepted: later(state.accepted, { ...ref(event), code: data.code }),
  }),
  'payment.rejected': (state, event, data: FactData['payment.rejected'] & { amount?: string }) =>
    data.endToEndId === undefined
      ? { ...state, rejected: later(state.rejected, { ...ref(event), code: data.code, reason: data.reason }) }
      : state,
  'payment.moved': (state, _event, { progress, was, amount, voids }: Moved) => ({
    ...state,
    rejectedItems: tallied(state.rejectedItems, amount, rejects(progress, was)),
    ...(voids ? { voidedItems: tallied(state.voidedItems ?? NONE, amount, 1) } : {}),
  }),
  'rule.evaluated': (state, event, data: Evaluated) =>
    data.gate === 'release'
      ? { ...state, release: { ...ref(event), pass: data.pass, failed: data.failed, document: data.subject } }
      : {
          ...state,
          cleared: state.cleared + (data.pass ? 1 : 0) - (data.was === true ? 1 : 0),
          failed: state.failed + (data.pass ? 0 : 1) - (data.was === false ? 1 : 0),
        },
  'statement.entry-matched': (state, event, data: Settled & { withoutVoided?: true }) => ({
    ...state,
    entry: {
      ...ref(event),
      entry: data.entry,
      bookedOn: data.bookedOn,
      bankReference: data.bankReference,
      ...(data.withoutVoided ? { withoutVoided: true as const } : {}),
    },
  }),
}

/** Of the payees of a file, and of the file: `subject` is then the document that was judged. */
interface Evaluated {
  readonly gate: 'payee' | 'release'
  readonly pass: boolean
  readonly was: boolean | null
  readonly subject: string
  readonly failed: readonly string[]
}

/** Whether one more of a file is refused, or one less: what is carried out after all with the rest of it; what was booked by itself is not. */
const rejects = (progress: Progress, was: Progress | null): -1 | 0 | 1 =>
  progress === 'rejected' ? (was === 'rejected' ? 0 : 1) : was === 'rejected' && ONWARDS.has(progress) ? -1 : 0
const ONWARDS: ReadonlySet<Progress> = new Set<Progress>(['instructed', 'released', 'accepted'])
const NONE = { count: 0, sum: '0' } as const
type Tally = { readonly count: number; readonly sum: string }
const tallied = ({ count, sum }: Tally, amount: string, by: -1 | 0 | 1): Tally => ({
  count: count + by,
  sum: by === 0 ? sum : sumOf([sum, by > 0 ? amount : negative(amount)]),
})

/** Whether the bank has the file, by its own word or because it lies where it takes files. */
export const isAtBank = (laws: Laws, { told, accepted, rejected, entry }: BatchState): boolean =>
  told[`${laws.policy.systems.bank}|transmission`] !== undefined || (accepted ?? rejected ?? entry) !== null

/** What it is for, added up; null while that is what it is over. */
export function itemsBeside({ amount, items }: Pick<FactData['payment.instructed'], 'amount' | 'items'>): string | null {
  const sum = sumOf(items.map((item) => item.amount))
  return sum === sumOf([amount]) ? null : sum
}

/** Whether the bytes that people released last are those that passed. */
export const isAsPassed = ({ release, released }: Pick<BatchState, 'release' | 'released'>): boolean =>
  (release?.document ?? released?.document) === released?.document

export function evolvePayment(state: PaymentState, event: Event): PaymentState {
  return tracked(event.type.startsWith('effect.') ? commanded(state, event) : fold(PAYMENT, state, event), event)
}

export function evolveBatch(state: BatchState, event: Event): BatchState {
  return tracked(fold(BATCH, filing(state, event), event), event)
}

function commanded(state: PaymentState, event: Event): PaymentState {
  return event.type === 'effect.replied-late' ? state : { ...state, ...sending(state, event, event.data as unknown as EffectData) }
}

function fold<S>(table: On<S>, state: S, event: Event): S {
  const handle: Handler<S> | undefined = table[event.type]
  return handle ? handle(state, event, event.data as never) : state
}
