/**
 * A law that is small enough to foretell, for tests and benchmarks of the store: every kind of object counts its facts; an
 * invoice is validated when it came, waits for its supplier when it names one, posts once the supplier is active, and tells
 * its status to two systems.
 */
import type { Json } from '../lib/canonical-json.ts'
import { kindOf, type Event } from '../domain/event.ts'
import { dueBy, type Cell, type Decision, type EffectMark, type Law, type ObjectRecord, type WantedEffect } from '../domain/object.ts'

export interface TestState {
  readonly [key: string]: Json | undefined
  readonly events: readonly string[]
  readonly amount: string | null
  readonly dueOn: string | null
  readonly supplier: string | null
  readonly validated: string | null
  readonly active: boolean
  readonly posted: string | null
  readonly reversals: number
  /** A second posting is asked for, whatever became of the first. */
  readonly again: boolean
  readonly told: number
  readonly wakeOn: string | null
  readonly woken: number
  readonly conflict: string | null
}
export type TestRecord = ObjectRecord<TestState>

const NOTHING: TestState = {
  events: [],
  amount: null,
  dueOn: null,
  supplier: null,
  validated: null,
  active: false,
  posted: null,
  reversals: 0,
  again: false,
  told: 0,
  wakeOn: null,
  woken: 0,
  conflict: null,
}

function fold(state: TestState, event: Event): TestState {
  if (event.data['poison'] === 'evolve') throw new Error('the law cannot fold this')
  const next = { ...state, events: [...state.events.slice(-20), event.id] }
  // More than the row of an object may hold.
  if (event.data['poison'] === 'grow') return { ...next, conflict: 'x'.repeat(300_000) }
  switch (event.type) {
    case 'invoice.received':
      return {
        ...next,
        amount: (event.data['amount'] as string | undefined) ?? '0',
        dueOn: (event.data['dueOn'] as string | undefined) ?? null,
        supplier: (event.data['supplier'] as string | undefined) ?? null,
        wakeOn: (event.data['wakeOn'] as string | undefined) ?? null,
      }
    case 'invoice.validated':
      return { ...next, validated: event.id }
    case 'invoice.state-moved':
      return { ...next, told: next.told + 1, ...(event.data['woken'] === true ? { woken: next.woken + 1, wakeOn: null } : {}) }
    case 'supplier.activated':
      return { ...next, active: true }
    case 'posting.confirmed':
      return { ...next, posted: event.id }
    case 'exception.answered':
      return { ...next, again: true }
    case 'posting.reversed':
      return { ...next, posted: null, reversals: next.reversals + 1 }
    case 'exception.raised':
      return { ...next, conflict: (event.data['says'] as string | undefined) ?? null }
    default:
      return next
  }
}

export const TEST_LAW: Law = {
  version: 1,
  evolve(record, id, event) {
    const state = fold((record?.state as TestState | undefined) ?? NOTHING, event)
    return { id, kind: kindOf(id), version: (record?.version ?? 0) + 1, state, wakeAt: record?.wakeAt ?? null }
  },
  neighbours(record) {
    const { supplier, validated } = record.state as TestState
    return { read: record.kind === 'invoice' && supplier !== null && validated === null ? [supplier] : [], write: [] }
  },
  judge(record, look, asOf) {
    const state = record.state as TestState
    const decisions: Decision[] = []
    if (record.kind !== 'invoice' || state.amount === null) return { decisions, wakeAt: null, waits: [] }
    if (state.amount === 'poison') throw new Error('the law cannot judge this')
    const waits: string[] = []
    const supplier = state.supplier === null ? undefined : (look(state.supplier) as TestRecord | undefined)
    if (state.validated === null) {
      if (state.supplier !== null && supplier?.state.active !== true) waits.push(supplier?.id ?? state.supplier)
      else {
        decisions.push({ type: 'invoice.validated', objects: [record.id], actor: 'rule:test', data: { rests: [...state.events] } })
        decisions.push({ type: 'invoice.state-moved', objects: [record.id], actor: 'rule:test', data: { to: 'validated' } })
      }
    }
    const due = state.wakeOn !== null && state.wakeOn <= asOf
    if (due) decisions.push({ type: 'invoice.state-moved', objects: [record.id], actor: 'rule:test', data: { woken: true } })
    return { decisions, wakeAt: due ? null : state.wakeOn, waits }
  },
  expect(record) {
    const state = record.state as TestState
    const marks = marksOf(record.id, state)
    if (record.kind !== 'invoice' || state.validated === null) return { cells: [], effects: [], marks }
    const { id } = record
    const word = state.posted === null ? 'validated' : 'posted'
    const cells: Cell[] = [
      { object: id, system: 'erp', facet: 'posting', expected: 'posted', told: null, reported: state.posted === null ? null : 'posted' },
      { object: id, system: 'ap', facet: 'status', expected: word, told: null, reported: null },
    ]
    const effects: WantedEffect[] = [
      {
        target: 'erp',
        command: 'invoice.post',
        object: id,
        occurrence: state.again ? 'again' : String(state.reversals),
        subject: id,
        ...dueBy(state.dueOn),
        content: { amount: state.amount ?? '', reference: id },
      },
      {
        target: 'ap',
        command: 'invoice.status',
        object: id,
        occurrence: `${word}#${state.told}`,
        subject: id,
        content: { word, reference: id },
      },
    ]
    return { cells, effects, marks }
  },
  list(record) {
    const state = record.state as TestState
    if (record.kind !== 'invoice') return undefined
    return {
      title: record.id,
      state: state.posted !== null ? 'posted' : state.validated !== null ? 'validated' : 'received',
      currency: 'EUR',
      amount: /^[\d.]+$/.test(state.amount ?? '') ? state.amount : null,
      party: state.supplier,
      entity: null,
      dueOn: '2026-12-01',
      owner: null,
      cause: null,
      system: null,
      open: state.posted === null,
      breaches: [],
    }
  },
  entries(record) {
    const { posted, reversals } = record.state as TestState
    if (record.kind !== 'invoice' || posted === null) return []
    return [
      {
        fact: posted,
        place: 0,
        entity: '1000',
        document: record.id,
        account: '',
        currency: 'EUR',
        kind: 'posted',
        bookedOn: '2026-03-01',
        amount: '1',
        supplier: '',
        number: '',
        closedOn: reversals > 0 ? '2026-03-01' : null,
      },
    ]
  },
}

/** What the facts prove stands whether or not a posting is asked for by then. */
function marksOf(id: string, { posted, reversals }: TestState): EffectMark[] {
  const mark = (at: number, input: EffectMark['input']): EffectMark => ({
    target: 'erp',
    command: 'invoice.post',
    object: id,
    occurrence: String(at),
    input,
  })
  return [...(posted === null ? [] : [mark(reversals, 'evidence')]), ...Array.from({ length: reversals }, (_, at) => mark(at, 'undone'))]
}
