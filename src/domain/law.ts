/** The law as one object: which fold, which judge and which expectations each kind of object has. */
import type { Sha256 } from '../lib/hash.ts'
import type { Instant } from '../lib/time.ts'
import { kindOf, type Event, type Kind } from './event.ts'
import { evolveAccrual, judgeAccrual, NO_ACCRUAL, type AccrualState } from './accrual.ts'
import {
  evolveException,
  exceptionDecisions,
  judgeException,
  NO_EXCEPTION,
  type ExceptionState,
  type WantedException,
} from './exception.ts'
import { expectReference } from './expect-reference.ts'
import { expectBatch, expectPayment, expectStatement } from './expect-payment.ts'
import { expectInvoice } from './expect-invoice.ts'
import { evolveInvoice } from './invoice.ts'
import { NO_INVOICE, type InvoiceState } from './invoice-state.ts'
import { invoiceNeighbours, judgeInvoice } from './judge-invoice.ts'
import { judgeReference } from './judge-reference.ts'
import { entryNeighbours, judgeEntry } from './judge-entry.ts'
import { judgeBatch, judgePayment, paymentNeighbours } from './judge-payment.ts'
import { listRowOf } from './list.ts'
import type { Expectation, Judgement, Law, Look, Neighbours, ObjectRecord } from './object.ts'
import { evolveBatch, evolvePayment, NO_BATCH, NO_PAYMENT, type BatchState, type PaymentState } from './payment.ts'
import type { Policy } from './policy.ts'
import { evolveOrder, judgeOrder, NO_ORDER, type OrderState } from './order.ts'
import { evolvePerson, evolveReference, NO_PERSON, NO_REFERENCE, type PersonState, type ReferenceState } from './reference.ts'
import { casesOfSent } from './sent.ts'
import { evolveDocument, NO_DOCUMENT, unreadable, type DocumentState } from './document.ts'
import { evolveEntry, evolveStatement, NO_ENTRY, NO_STATEMENT, type EntryState, type StatementState } from './statement.ts'
import { ledgerEntries } from './sub-ledger.ts'
import { evolveSystem, judgeSystem, NO_SYSTEM, type SystemState } from './system.ts'
import { evolveTieOut, NO_TIE_OUT, type TieOutState } from './tie-out-record.ts'
import type { Laws } from './view.ts'

/** Raised when the meaning of a decision changes. */
export const LAW_VERSION = 1

interface KindLaw<State> {
  readonly first: State
  readonly evolve: (state: State, event: Event, id: string) => State
  /** Of this kind a word without authority is counted. Of all others it moves nothing, not even a count. */
  readonly countsClaims?: true
  readonly neighbours?: (laws: Laws, record: ObjectRecord<State>) => Neighbours
  readonly judge?: (laws: Laws, record: ObjectRecord<State>, look: Look, asOf: Instant) => Judgement
  readonly expect?: (laws: Laws, record: ObjectRecord<State>) => Expectation
}

const kind = <State>(law: KindLaw<State>): KindLaw<never> => law as unknown as KindLaw<never>
const reference = (of: 'supplier' | 'entity'): KindLaw<never> =>
  kind<ReferenceState>({
    first: NO_REFERENCE,
    evolve: (state, event) => evolveReference(of, state, event),
    judge: (laws, record, _look, asOf) => judgeReference(laws, record, asOf),
    expect: expectReference,
  })
const KIND_LAWS: { readonly [name in Kind]: KindLaw<never> } = {
  invoice: kind<InvoiceState>({
    first: NO_INVOICE,
    evolve: evolveInvoice,
    countsClaims: true,
    neighbours: invoiceNeighbours,
    judge: judgeInvoice,
    expect: expectInvoice,
  }),
  supplier: reference('supplier'),
  entity: reference('entity'),
  order: kind<OrderState>({
    first: NO_ORDER,
    evolve: evolveOrder,
    judge: (laws, record, _look, asOf) => judgeOrder(laws, record, asOf),
    expect: expectReference,
  }),
  person: kind<PersonState>({ first: NO_PERSON, evolve: evolvePerson }),
  payment: kind<PaymentState>({
    first: NO_PAYMENT,
    evolve: evolvePayment,
    neighbours: paymentNeighbours,
    judge: judgePayment,
    expect: expectPayment,
  }),
  'payment-batch': kind<BatchState>({
    first: NO_BATCH,
    evolve: evolveBatch,
    judge: (laws, record, _look, asOf) => judgeBatch(laws, record, asOf),
    expect: expectBatch,
  }),
  statement: kind<StatementState>({
    first: NO_STATEMENT,
    evolve: evolveStatement,
    judge: (laws, { id, state }, _look, asOf) => {
      const { received, explained } = state
      const findings = received?.findings ?? []
      const wanted: WantedException[] =
        findings.length > 0 && received?.event !== explained
          ? [{ cause: 'statement-incomplete', says: findings.join(' ').slice(0, 400) }]
          : []
      wanted.push(...casesOfSent(laws.policy.owners, state.sent, expectStatement(laws, { id, state })))
      const context = { amount: received?.closing ?? null, currency: received?.currency ?? null, party: null }
      return { decisions: exceptionDecisions(laws, id, state.exceptions, wanted, context, asOf), wakeAt: null, waits: [] }
    },
    expect: expectStatement,
  }),
  'statement-entry': kind<EntryState>({
    first: NO_ENTRY,
    evolve: evolveEntry,
    neighbours: (_laws, record) => entryNeighbours(record),
    judge: judgeEntry,
  }),
  exception: kind<ExceptionState>({
    first: NO_EXCEPTION,
    evolve: evolveException,
    judge: (laws, record, _look, asOf) => judgeException(laws, record, asOf),
  }),
  document: kind<DocumentState>({
    first: NO_DOCUMENT,
    evolve: evolveDocument,
    judge: (laws, { id, state }, _look, asOf) => {
      const context = { amount: null, currency: null, party: null }
      return { decisions: exceptionDecisions(laws, id, state.exceptions, unreadable(state), context, asOf), wakeAt: null, waits: [] }
    },
  }),
  accrual: kind<AccrualState>({
    first: NO_ACCRUAL,
    evolve: evolveAccrual,
    judge: (laws, record, _look, asOf) => judgeAccrual(laws, record, asOf),
  }),
  system: kind<SystemState>({
    first: NO_SYSTEM,
    evolve: evolveSystem,
    judge: (laws, record, _look, asOf) => judgeSystem(laws, record, asOf),
  }),
  'tie-out': kind<TieOutState>({ first: NO_TIE_OUT, evolve: evolveTieOut }),
}

const NOBODY: Neighbours = { read: [], write: [] }
const NOTHING: Expectation = { cells: [], effects: [], marks: [] }
const REST: Judgement = { decisions: [], wakeAt: null, waits: [] }

/** The law under a policy. Pure: the same records, policy and time give the same decisions, whoever asks. */
export function lawOf(policy: Policy, sha256: Sha256): Law {
  const laws: Laws = { policy, sha256 }
  return {
    version: LAW_VERSION,
    evolve(record, id, event) {
      const of = kindOf(id)
      const { first, evolve, countsClaims } = KIND_LAWS[of]
      const before = (record?.state ?? first) as never
      const state = event.grade === 'claimed' && !countsClaims ? before : (evolve(before, event, id) as ObjectRecord['state'])
      return { id, kind: of, version: (record?.version ?? 0) + 1, state, wakeAt: record?.wakeAt ?? null }
    },
    neighbours: (record) => KIND_LAWS[record.kind].neighbours?.(laws, record as never) ?? NOBODY,
    judge: (record, look, asOf) => KIND_LAWS[record.kind].judge?.(laws, record as never, look, asOf) ?? REST,
    expect: once((record) => KIND_LAWS[record.kind].expect?.(laws, record as never) ?? NOTHING),
    list: once(listRowOf),
    entries: once((record) => (record.kind === 'invoice' ? ledgerEntries(record.state as unknown as InvoiceState) : [])),
  }
}

/**
 * What follows from an object's state alone, worked out once for each: a commit asks it of what was before and of what is now, and what is
 * now is what was before for the next one.
 */
function once<T>(answer: (record: ObjectRecord) => T): (record: ObjectRecord) => T {
  const known = new WeakMap<object, { readonly id: string; readonly answer: T }>()
  return (record) => {
    const before = known.get(record.state)
    // Objects that have begun alike share their first state.
    if (before?.id === record.id) return before.answer
    const now = { id: record.id, answer: answer(record) }
    known.set(record.state, now)
    return now.answer
  }
}
