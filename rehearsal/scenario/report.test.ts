/** What a report says, from hand-made evidence; and the days of a bank. */
import { describe, expect, test } from 'vitest'
import type { Evidence } from '../checks/evidence.ts'
import { businessDaysLater, statementDue, type BankDays } from './calendar.ts'
import { delayedIn } from './delays.ts'
import { markdownOf, median, reportOf, type Start } from './report.ts'

const BANK: BankDays = { zone: 'Europe/Berlin', weekend: [6, 7], holidays: ['2026-11-30'], cutOff: '14:00', days: 1, by: '12:00' }

describe('the days of a bank', () => {
  const due = (at: string, bank = BANK): string => statementDue(bank, new Date(at)).toISOString()
  test('after the cut-off, at a weekend and on a holiday the next business day counts; by noon of the one after it the statement is due', () => {
    expect(due('2026-11-26T12:59:00Z')).toBe('2026-11-27T11:00:00.000Z')
    expect(due('2026-11-26T13:01:00Z')).toBe('2026-12-01T11:00:00.000Z')
    expect(due('2026-11-28T10:00:00Z')).toBe('2026-12-02T11:00:00.000Z')
  })
  test('noon is noon in summer too, and three business days later is the same time of the day', () => {
    expect(due('2026-03-27T14:00:00Z')).toBe('2026-03-31T10:00:00.000Z')
    expect(businessDaysLater(BANK, new Date('2026-10-23T10:00:00Z'), 3).toISOString()).toBe('2026-10-28T11:00:00.000Z')
  })
})

const at = (second: number): string => new Date(Date.UTC(2026, 0, 5, 10, 0, second)).toISOString()
const sent = (second: number, file: string, number: string): Evidence['history'][number] => ({
  kind: 'sent',
  at: at(second),
  ms: 0,
  hub: 'hub-a',
  what: 'document',
  same: file,
  about: file,
  status: 201,
  retryAfter: null,
  body: { received: [{ number, invoice: `inv_${number}` }] },
})
const shown = (second: number, number: string, state: string): Evidence['history'][number] => ({
  kind: 'shown',
  at: at(second),
  hub: 'hub-a',
  invoice: `inv_${number}`,
  state,
})
const bill = (billNo: string, gross: string): Evidence['bills'][number] => ({
  file: `${billNo}.xml`,
  billKind: 'BILL',
  billNo,
  vendorNo: 'K',
  ccy: 'EUR',
  gross,
  means: 'TRANSFER',
})

test('delayed is what was sent before the end and was not as far by then; how long it took counts from its sending', () => {
  const evidence = {
    bills: [bill('A', '10.00'), bill('B', '1200.50'), bill('C', '7.00')],
    invoices: [],
    history: [
      sent(1, 'A.xml', 'A'),
      sent(2, 'B.xml', 'B'),
      sent(30, 'C.xml', 'C'),
      shown(5, 'A', 'posted'),
      shown(25, 'B', 'paid'),
      shown(33, 'C', 'posted'),
    ],
  } as unknown as Evidence
  expect(delayedIn(evidence, 'posted', at(20))).toEqual({ until: 'posted', documents: 1, amounts: { EUR: '1200.50' }, longestMs: 23_000 })
  expect(delayedIn({ ...evidence, history: evidence.history.slice(0, 4) }, 'posted', at(20))).toMatchObject({
    documents: 1,
    longestMs: null,
  })
})

const start = (detectedMs: number | null, findings: Start['findings'] = []): Start => ({
  findings,
  invariants: [{ name: 'postedOnce', of: 'D1', means: 'Each invoice stands in the ERP once.', held: findings.length === 0 }],
  lastedMs: 12_000,
  detectedMs,
  recoveredMs: 8_000,
  sent: { before: 8, meanwhile: 8, after: 8, takenMeanwhile: 8, toldToComeLater: 0 },
  delayed: { until: 'posted', documents: 2, amounts: { EUR: '31775.21', SEK: '900.00' }, longestMs: 20_100 },
  neighbours: [{ system: 'erp', did: 'nothing', answered: 0, failed: 12, waiting: 13, caughtUpMs: 5_000 }],
  cases: [],
  stretch: 1,
  story: [{ afterMs: 0, says: 'It begins.' }],
})
const head = {
  scenario: 'x',
  title: 'X',
  says: 'X happens.',
  compressed: '',
  playedAt: at(0),
  commit: 'c',
  seed: 1,
  bills: 24,
  again: 'tieout rehearse x --seed 1',
}

test('times are medians of all starts; one that did not hold is told, and breaks the verdict', () => {
  const broken = start(null, [{ invariant: 'D1', about: 'A-1', says: 'stands there twice', check: 'postedOnce' }])
  const report = reportOf(head, [start(3_000), broken, start(1_000)])
  expect(report).toMatchObject({ verdict: 'violated', detectedMs: 3_000, findings: broken.findings })
  expect(reportOf(head, [start(3_000), start(1_000), start(2_000)])).toMatchObject({ verdict: 'held', detectedMs: 2_000 })
  expect([median([null, 5]), median([7, null, 5])]).toEqual([null, 7])
  const page = markdownOf(report)
  expect(page).toContain('**1 promise was broken.**')
  expect(page).toContain('- D1 A-1: stands there twice')
  expect(page).toContain('31,775.21 EUR, 900.00 SEK in 2 documents not yet posted when it ended; the longest took 20.1 s in all')
  expect(page).toContain('    tieout rehearse x --seed 1')
})
