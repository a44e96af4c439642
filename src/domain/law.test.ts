import { describe, expect, it } from 'vitest'
import {
  accepted,
  completed,
  entry,
  granted,
  invoiceDocument,
  masterData,
  paymentRun,
  posted,
  received,
  CODED,
  fact,
  PERSON,
} from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { axesOf } from './axes.ts'
import { EVENT_TYPES, KINDS, type EventType } from './event.ts'
import { invoiceRef, contentOf } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import { DEFAULT_POLICY } from './policy.ts'

const law = lawOf(DEFAULT_POLICY, sha256)
const NOW = '2026-01-15T09:00:00.000Z'
const INVOICE = invoiceRef(sha256, contentOf(invoiceDocument()), 'd'.repeat(64))
const world = (): World => new World(law, NOW)
const invoiceIn = (w: World): InvoiceState =>
  [...w.records.values()].find((record) => record.kind === 'invoice')!.state as unknown as InvoiceState
const open = (state: InvoiceState): string[] =>
  Object.entries(state.exceptions)
    .filter(([, exception]) => exception.open)
    .map(([cause]) => cause)

describe('one invoice on an order, from arrival to paid', () => {
  it('moves step by step, each state resting on its own evidence, and asks for one command at a time', () => {
    const w = world()
    for (const arrival of masterData()) w.submit(arrival)
    w.submit(received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)))
    expect(invoiceIn(w).headline).toBe('matched')
    expect([...w.wanted.values()].map((effect) => effect.command)).toEqual(['invoice.submit'])
    w.submit(granted(INVOICE, '2026-01-12T08:00:00.000Z'))
    expect(invoiceIn(w).headline).toBe('matched')
    w.submit(completed(INVOICE, '2026-01-12T08:01:00.000Z'))
    expect(invoiceIn(w)).toMatchObject({ headline: 'approved', breaches: [] })
    expect([...w.wanted.values()].map((effect) => effect.command)).toContain('invoice.post')
    w.submit(posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z'))
    expect(invoiceIn(w)).toMatchObject({ headline: 'posted', breaches: [] })
    expect([...w.wanted.values()].map((effect) => effect.command)).not.toContain('invoice.post')
    for (const arrival of paymentRun('5100', 'M1', 'E1', '2026-01-16T08:00:00.000Z')) w.submit(arrival)
    expect([...w.wanted.values()].map((effect) => effect.command)).toContain('payment.transmit')
    expect(axesOf(invoiceIn(w)).settlement).toBe('released')
    w.submit(accepted('M1', '2026-01-17T08:00:00.000Z'))
    expect(axesOf(invoiceIn(w)).settlement).toBe('accepted')
    expect(invoiceIn(w).headline).toBe('posted')
    w.submit(entry('1', '2026-01-20T08:00:00.000Z', 'E1'))
    expect(invoiceIn(w)).toMatchObject({ headline: 'paid', breaches: [] })
    expect(axesOf(invoiceIn(w)).settlement).toBe('full')
    expect([...w.wanted.values()].map((effect) => effect.command)).toContain('settlement.record')
    expect(open(invoiceIn(w))).toEqual([])
    w.submit(entry('2', '2026-01-22T08:00:00.000Z', '', { direction: 'credit', returns: { endToEndId: 'E1', code: 'AC04' } }))
    expect(invoiceIn(w).headline).toBe('posted')
    expect(axesOf(invoiceIn(w)).settlement).toBe('returned')
    expect(open(invoiceIn(w))).toContain('payment-returned')
  })

  it('a posting that is read back days later is compared with what was validated, whatever the ERP was last asked', () => {
    const w = world()
    for (const arrival of masterData()) w.submit(arrival)
    w.submit(received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)))
    w.submit(granted(INVOICE, '2026-01-12T08:00:00.000Z'))
    w.submit(completed(INVOICE, '2026-01-12T08:01:00.000Z'))
    w.now = '2026-01-18T09:00:00.000Z'
    w.submit(posted(INVOICE, '5100', '2026-01-18T08:00:00.000Z'))
    expect(invoiceIn(w)).toMatchObject({ headline: 'posted', breaches: [] })
  })

  it('judging twice decides nothing twice', () => {
    const w = world()
    for (const arrival of [
      ...masterData(),
      received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)),
      granted(INVOICE, '2026-01-12T08:00:00.000Z'),
      completed(INVOICE, '2026-01-12T08:01:00.000Z'),
    ])
      w.submit(arrival)
    const size = w.log.length
    for (const record of w.records.values()) {
      const names = law.neighbours(record)
      expect(law.judge(record, (name) => w.records.get(w.bound.get(name) ?? name), NOW).decisions, JSON.stringify(names)).toEqual([])
    }
    expect(w.log.length).toBe(size)
  })

  it('shows a payment without approval as paid, with its breaches', () => {
    const w = world()
    for (const arrival of masterData()) w.submit(arrival)
    w.submit(received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)))
    w.submit(posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z', '119.00', null))
    for (const arrival of paymentRun('5100', 'M1', 'E1', '2026-01-16T08:00:00.000Z')) w.submit(arrival)
    w.submit(entry('1', '2026-01-20T08:00:00.000Z', 'E1'))
    expect(invoiceIn(w)).toMatchObject({ headline: 'paid', breaches: ['approved'] })
  })

  it('believes no word without authority', () => {
    const w = world()
    for (const arrival of masterData()) w.submit(arrival)
    w.submit(received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)))
    const before = invoiceIn(w)
    w.submit({ ...posted(INVOICE, '5100', '2026-01-15T08:00:00.000Z'), source: { system: 'ap', role: 'ap' } })
    w.submit({ ...granted(INVOICE, '2026-01-12T08:00:00.000Z'), source: { system: 'erp', role: 'erp' } })
    expect(invoiceIn(w)).toEqual({ ...before, claims: 2 })
  })

  it.each(Object.entries(EVENT_TYPES).filter(([, row]) => row.about !== 'invoice'))(
    'leaves what it is about as it is when nobody with authority says %s',
    (type, { about }) => {
      const state = { as: 'it was' }
      const id = `${KINDS[about]}_00000000000000000000000000`
      const record = { id, kind: about, version: 1, state, wakeAt: null }
      const claim = { id: 'evt_1', type: type as EventType, v: 1, objects: [id], source: { system: 'x', role: 'capture' as const } }
      const said = { ...claim, grade: 'claimed' as const, actor: 'system:x', occurredAt: NOW, recordedAt: NOW, data: {} }
      expect(law.evolve(record, id, said).state).toBe(state)
    },
  )

  it('reopens approval when a term changes, and not when only the due date moves back', () => {
    const w = world()
    for (const arrival of [
      ...masterData(),
      received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)),
      granted(INVOICE, '2026-01-12T08:00:00.000Z'),
      completed(INVOICE, '2026-01-12T08:01:00.000Z'),
    ])
      w.submit(arrival)
    const id = [...w.records.values()].find((record) => record.kind === 'invoice')!.id
    w.submit(
      received(invoiceDocument({ dueOn: '2026-03-01' }), 'doc2', '2026-01-13T08:00:00.000Z', 'e'.repeat(64), 'invoice.corrected', id),
    )
    expect(invoiceIn(w).headline).toBe('approved')
    w.submit(
      received(
        invoiceDocument({
          totals: { lines: '101.00', taxExclusive: '101.00', tax: '19.19', taxInclusive: '120.19', payable: '120.19' },
          taxBreakdown: [{ taxable: '101.00', tax: '19.19', category: 'S', rate: '19' }],
          lines: [{ ...invoiceDocument().lines[0]!, net: '101.00', price: '10.10' }],
        }),
        'doc3',
        '2026-01-14T08:00:00.000Z',
        '9'.repeat(64),
        'invoice.corrected',
        id,
      ),
    )
    expect(invoiceIn(w).headline).toBe('matched')
    expect(open(invoiceIn(w))).toEqual(['approval-terms-differ'])
  })

  it('counts the grants itself: no authority, own entry', () => {
    const w = world()
    for (const arrival of [
      ...masterData(),
      received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)),
      completed(INVOICE, '2026-01-12T08:01:00.000Z'),
    ])
      w.submit(arrival)
    expect(open(invoiceIn(w))).toEqual(['approval-incomplete'])
    w.submit(
      fact('approval.granted', 'ap', 'g', '2026-01-12T08:02:00.000Z', [INVOICE], { ticket: 'T1', step: '1', person: PERSON, terms: CODED }),
    )
    expect(open(invoiceIn(w))).toEqual([])
    expect(invoiceIn(w).headline).toBe('approved')
  })
})
