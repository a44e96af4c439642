import { expect, test } from 'vitest'
import { NO_INVOICE, type Allocation, type InvoiceState, type Posting } from './invoice-state.ts'
import { ledgerEntries } from './sub-ledger.ts'

const at = '2026-01-15T10:00:00.000Z'
const posting = (event: string, more: Partial<NonNullable<Posting['confirmed']>> = {}, reversedOn?: string): Posting => ({
  confirmed: {
    event,
    at,
    settled: true,
    amount: '119.00',
    currency: 'USD',
    supplier: 'K-1',
    number: 'RE-1',
    postedOn: '2026-01-15',
    tax: null,
    coding: null,
    ours: true,
    entity: '1000',
    account: '160000',
    due: '119.00',
    ...more,
  },
  reversed: reversedOn === undefined ? null : { event: `${event} back`, at, settled: true, on: reversedOn },
})
const paid = (event: string, amount: string, on: string | null, more: Partial<Allocation> = {}): InvoiceState['allocations'] => ({
  [event]: {
    event,
    at,
    kind: 'bank',
    amount,
    currency: null,
    evidence: 'e',
    undone: null,
    booked: null,
    on,
    undoneOn: null,
    posting: null,
    ledger: null,
    ...more,
  },
})
const invoice = (more: Partial<InvoiceState>): InvoiceState => ({ ...NO_INVOICE, postings: { '51': posting('p') }, ...more })
const shown = (state: InvoiceState): unknown[] =>
  ledgerEntries(state).map((entry) => [entry.document, entry.kind, entry.bookedOn, entry.amount, entry.currency, entry.closedOn])

test('a posting stands open until settlements make it nothing, and is closed from the day of the last of them', () => {
  expect(shown(invoice({}))).toEqual([['51', 'posted', '2026-01-15', '119', 'USD', null]])
  expect(shown(invoice({ allocations: { ...paid('a', '100', '2026-02-10'), ...paid('b', '19', '2026-02-01') } }))).toEqual([
    ['51', 'posted', '2026-01-15', '119', 'USD', '2026-02-10'],
    ['51', 'settled', '2026-02-10', '-100', 'USD', '2026-02-10'],
    ['51', 'settled', '2026-02-01', '-19', 'USD', '2026-02-10'],
  ])
})

test('a reversal takes it out on its own day; a settlement taken back is open again from that day, or never was', () => {
  expect(shown(invoice({ postings: { '51': posting('p', {}, '2026-02-03') } })).at(-1)).toEqual([
    '51',
    'reversed',
    '2026-02-03',
    '-119',
    'USD',
    '2026-02-03',
  ])
  expect(shown(invoice({ allocations: paid('a', '119', '2026-02-10', { undone: 'u', undoneOn: '2026-02-12' }) })).slice(1)).toEqual([
    ['51', 'settled', '2026-02-10', '-119', 'USD', null],
    ['51', 'settled', '2026-02-12', '119', 'USD', null],
  ])
  expect(shown(invoice({ allocations: paid('a', '119', '2026-02-10', { undone: 'u' }) }))).toHaveLength(1)
})

test('a credit note and what is due after a prepayment: the ERP’s own figure, signed', () => {
  expect(shown(invoice({ postings: { '52': posting('p', { due: '-50.00' }) } }))[0]).toEqual([
    '52',
    'posted',
    '2026-01-15',
    '-50',
    'USD',
    null,
  ])
  expect(shown(invoice({ postings: { '51': posting('p', { due: '0.00' }) } }))[0]).toEqual([
    '51',
    'posted',
    '2026-01-15',
    '0',
    'USD',
    '2026-01-15',
  ])
})

test('a revaluation counts in its own currency and keeps the document open until it is taken back', () => {
  const revaluation = (event: string, amount: string, on: string): InvoiceState['revaluations'] => ({
    [event]: { event, at, posting: '51', amount, currency: 'EUR', on },
  })
  const state = invoice({ allocations: paid('a', '119', '2026-02-10'), revaluations: revaluation('r', '-3.51', '2026-01-31') })
  expect(ledgerEntries(state).map((entry) => entry.closedOn)).toEqual([null, null, null])
  expect(
    ledgerEntries({ ...state, revaluations: { ...state.revaluations, ...revaluation('s', '3.51', '2026-02-01') } }).map(
      (entry) => entry.closedOn,
    ),
  ).toEqual(Array(4).fill('2026-02-10'))
})

test('what was not read back stands in no ledger; of several postings the one that stands bears the settlement', () => {
  expect(shown(invoice({ postings: { '51': posting('p', { settled: false }) } }))).toEqual([])
  const twice = invoice({
    postings: { '51': posting('p', {}, '2026-01-20'), '53': posting('q') },
    allocations: paid('a', '119', '2026-02-10'),
  })
  expect(shown(twice).map((row) => (row as string[]).slice(0, 2).join(' '))).toEqual([
    '51 posted',
    '51 reversed',
    '53 posted',
    '53 settled',
  ])
  const named = { ...twice, allocations: paid('a', '119', '2026-02-10', { posting: '51' }) }
  expect(shown(named).map((row) => (row as string[]).slice(0, 2).join(' '))).toEqual([
    '51 posted',
    '51 reversed',
    '51 settled',
    '53 posted',
  ])
})

test('one settlement of an invoice that was posted in parts fills part after part, and closes each', () => {
  const verdict = { event: 'v', at, pass: true, subject: '51 + 52', failed: [], rests: [] }
  const state: InvoiceState = {
    ...NO_INVOICE,
    verdicts: { ...NO_INVOICE.verdicts, posting: verdict },
    postings: { '51': posting('p', { due: '100.00' }), '52': posting('q', { due: '19.00' }) },
    allocations: paid('a', '119', '2026-02-10'),
  }
  const entries = ledgerEntries(state)
  expect(entries.map(({ document, kind, amount, closedOn }) => [document, kind, amount, closedOn])).toEqual([
    ['51', 'posted', '100', '2026-02-10'],
    ['51', 'settled', '-100', '2026-02-10'],
    ['52', 'posted', '19', '2026-02-10'],
    ['52', 'settled', '-19', '2026-02-10'],
  ])
  expect(new Set(entries.map(({ fact, place }) => `${fact} ${place}`)).size).toBe(4)
  const parts = ledgerEntries({ ...state, allocations: { ...paid('a', '60', '2026-02-01'), ...paid('b', '60', '2026-02-02') } }).filter(
    ({ kind }) => kind === 'settled',
  )
  expect(parts.map(({ document, fact, amount }) => [document, fact, amount])).toEqual([
    ['51', 'a', '-60'],
    ['51', 'b', '-40'],
    ['52', 'b', '-20'],
  ])
  const again = { ...paid('a', '119', '2026-02-01', { undone: 'u', undoneOn: '2026-02-03' }), ...paid('b', '119', '2026-02-10') }
  expect(ledgerEntries({ ...state, allocations: again }).map(({ closedOn }) => closedOn)).toEqual(Array(8).fill('2026-02-10'))
})
