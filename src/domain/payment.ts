/** What is known of a payment and of the file it travels in: folds of the ERP's run, the file as we read it, and the bank's words. */
import { inOrder } from '../lib/canonical-json.ts'
import { diverging, showing } from './cell.ts'
import type { Event, EventType } from './event.ts'
import type { BookedDocument, FactData } from './event-data.ts'
import { filing, NO_FILES, type Filed } from './filing.ts'
import { later, ref } from './fact-order.ts'
import type { FactRef, Heard, InvoiceState, Told } from './invoice-state.ts'
import { sumOf } from './invoice-content.ts'
import { tracked, type ExceptionMap } from './exception.ts'
import type { CalendarDate } from '../lib/time.ts'
import { sending, type EffectData, type SentMap } from './sent.ts'
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
  readonly cancelled: FactRef | null
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
  readonly accepted: (FactRef & { readonly code: string }) | null
  readonly rejected: (FactRef & { readonly code: string; readonly reason: string }) | null
  readonly release: (FactRef & { readonly pass: boolean; readonly failed: readonly string[] }) | null
  /** The entry that booked the file as one amount. */
  readonly entry: (FactRef & Settled) | null
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
  'payment.cancelled': (state, event) => ({ ...state, cancelled: later(state.cancelled, ref(event)) }),
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
  'payment.moved': (state, _event, data: { progress: Progress; amounts: { [invoice: string]: string }; settled?: Settled }) => ({
    ...state,
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
  'payment.moved': (state, _event, data: { progress: Progress; amount: string }) =>
    data.progress === 'rejected'
      ? { ...state, rejectedItems: { count: state.rejectedItems.count + 1, sum: sumOf([state.rejectedItems.sum, data.amount]) } }
      : state,
  'rule.evaluated': (state, event, data: { gate: 'payee' | 'release'; pass: boolean; was: boolean | null; failed: readonly string[] }) =>
    data.gate === 'release'
      ? { ...state, release: { ...ref(event), pass: data.pass, failed: data.failed } }
      : {
          ...state,
          cleared: state.cleared + (data.pass ? 1 : 0) - (data.was === true ? 1 : 0),
          failed: state.failed + (data.pass ? 0 : 1) - (data.was === false ? 1 : 0),
        },
  'statement.entry-matched': (state, event, data: Settled) => ({
    ...state,
    entry: { ...ref(event), entry: data.entry, bookedOn: data.bookedOn, bankReference: data.bankReference },
  }),
}

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
