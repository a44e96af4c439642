/** The judges judged: a history in which all is well passes, and each hand-made bad one is convicted by the check that is there for it. */
import { describe, expect, test } from 'vitest'
import type { Row, Sent } from '../history.ts'
import { CHECKS, judge } from './all.ts'
import type { Evidence, Fact, Line } from './evidence.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 5, 10, 0, second)).toISOString()
const line = (second: number, what: string, verb: string, key: string, row: Fact['row']): Line => ({
  n: second,
  at: at(second),
  op: 'op',
  facts: [{ what, verb, key, row }],
})

const BILL = {
  file: '0001-A1.xml',
  billKind: 'BILL',
  billNo: 'A-1',
  vendorNo: 'K-1',
  ccy: 'EUR',
  gross: '119.00',
  means: 'TRANSFER',
} as const
const posting = (docNo: string, changed: Fact['row'] = {}): Fact['row'] => ({
  docNo,
  vendorNo: 'K-1',
  vendorDocNo: 'A-1',
  docType: 'KR',
  waers: 'EUR',
  grossAmt: '119.00',
  dueAmt: '119.00',
  extRef: 'inv_1',
  ...changed,
})
const BOOKED = line(10, 'DOCUMENT', 'BOOKED', '51', posting('51'))
const INSTRUCTED = line(20, 'PAYMENT', 'INSTRUCTED', 'ZP1', { endToEndId: 'ZP1', amt: '119.00', items: [{ docNo: '51' }] })
const entry = (second: number, kind: string, side: string): Line =>
  line(second, 'ENTRY', 'BOOKED', `E${second}`, {
    kind,
    side,
    amt: '119.00',
    bookedAt: at(second),
    details: [{ endToEndId: 'ZP1', amt: '119.00', remit: {} }],
  })
const clearing = (second: number): Line => line(second, 'CLEARING', 'BOOKED', `C${second}`, { lines: [{ docNo: '51', amt: '119.00' }] })

const sent = (changed: Partial<Sent> = {}): Sent => ({
  kind: 'sent',
  at: at(1),
  ms: 5,
  hub: 'hub-a',
  what: 'document',
  same: 'hash-1',
  about: BILL.file,
  status: 201,
  retryAfter: null,
  body: { received: [{ number: 'A-1', invoice: 'inv_1' }] },
  ...changed,
})
const shown = (second: number, state: string): Row => ({ kind: 'shown', at: at(second), hub: 'hub-a', invoice: 'inv_1', state })

const GOOD: Evidence = {
  books: {
    erp: [
      BOOKED,
      line(12, 'ATTACHMENT', 'CREATED', 'A1', { docNo: '51', sha256: 'x' }),
      INSTRUCTED,
      clearing(40),
      line(40, 'DOCUMENT', 'CLEARED', '51', {}),
    ],
    ap: [line(3, 'TICKET', 'OPENED', 'T-1', { corrRef: 'inv_1' })],
    procurement: [line(4, 'NOTE', 'NOTED', 'n1', {})],
    bank: [line(25, 'FILE', 'TAKEN', 'run.xml', { msgId: 'M1' }), entry(30, 'TRANSFER', 'DBIT')],
    archive: [
      line(49, 'DEPOSIT', 'STOWED', 'evidence/document.hash-1', {}),
      line(50, 'DEPOSIT', 'STOWED', 'evidence/pack.inv_1.1.json', {}),
    ],
  },
  history: [
    sent(),
    sent({ at: at(2) }),
    sent({ what: 'poison', same: 'p', about: 'half a file', status: 422, body: null }),
    shown(2, 'received'),
    shown(11, 'posted'),
    shown(31, 'paid'),
    shown(51, 'archived'),
  ],
  bills: [BILL],
  invoices: [
    {
      id: 'inv_1',
      names: ['public|document|hash-1'],
      headline: { state: 'archived', breaches: [] },
      row: { title: 'A-1', currency: 'EUR', amount: '119.00', open: false },
      exceptions: [],
    },
  ],
  cases: [{ id: 'exc_1', cause: 'unreadable-document', says: '', about: 'doc_1', owner: 'ap-clerks', open: true }],
  busy: 0,
  underWay: [{ effect: 'e', attempt: 1, from: 0, till: 3_000 }],
  verified: { status: 0, output: '' },
  trapped: 0,
  restedMs: 4_000,
  residentMb: 200,
  stretch: 1,
  excused: new Set(),
}

const withBooks = (changed: Partial<Evidence['books']>): Evidence => ({ ...GOOD, books: { ...GOOD.books, ...changed } })
const withHistory = (...rows: readonly Row[]): Evidence => ({ ...GOOD, history: [...GOOD.history, ...rows] })
const invoice = GOOD.invoices[0]!
const withInvoice = (changed: Partial<typeof invoice>): Evidence => ({ ...GOOD, invoices: [{ ...invoice, ...changed }] })

const BAD: readonly (readonly [check: keyof typeof CHECKS, invariant: string, what: string, evidence: Evidence])[] = [
  ['nothingLost', 'A1', 'a bill that was taken is gone', { ...GOOD, invoices: [] }],
  ['nothingLost', 'A1', 'a bill that was taken has become another', withInvoice({ row: { ...invoice.row!, title: 'B-9' } })],
  [
    'sameAgain',
    'A3',
    'the same bytes became two invoices',
    withHistory(sent({ body: { received: [{ number: 'A-1', invoice: 'inv_2' }] } })),
  ],
  ['refusedIsRefused', 'A2', 'poison was taken', withHistory(sent({ what: 'poison', status: 201 }))],
  ['refusedIsRefused', 'A2', 'a year-old notice was taken', withHistory(sent({ what: 'notice', about: 'a year old', status: 200 }))],
  [
    'refusedIsRefused',
    'A2',
    'there is an invoice that nobody sent',
    { ...GOOD, invoices: [invoice, { ...invoice, id: 'inv_9', row: { ...invoice.row!, title: 'Z-9' } }] },
  ],
  [
    'oneAnswer',
    'F32',
    'two persons answered one version',
    withHistory(sent({ what: 'answer', same: 'exc_1 1', about: 'ada' }), sent({ what: 'answer', same: 'exc_1 1', about: 'ben' })),
  ],
  ['turnedAwayPolitely', 'J1', '429 without Retry-After', withHistory(sent({ status: 429 }))],
  ['boundedMemory', 'J1', 'a hub of 700 MB', { ...GOOD, residentMb: 700 }],
  ['postedOnce', 'D1', 'posted twice', withBooks({ erp: [...GOOD.books.erp, line(60, 'DOCUMENT', 'BOOKED', '52', posting('52'))] })],
  [
    'postedOnce',
    'D1',
    'posted twice for a moment',
    withBooks({
      erp: [
        BOOKED,
        line(11, 'DOCUMENT', 'BOOKED', '52', posting('52')),
        line(12, 'DOCUMENT', 'STORNO', '52', {}),
        ...GOOD.books.erp.slice(1),
      ],
    }),
  ],
  [
    'postedOnce',
    'D2',
    'posted twice by a late target, and nobody was told',
    { ...withBooks({ erp: [...GOOD.books.erp, line(60, 'DOCUMENT', 'BOOKED', '52', posting('52'))] }), excused: new Set(['A-1']) },
  ],
  ['clearedOnce', 'D1', 'cleared twice', withBooks({ erp: [...GOOD.books.erp, clearing(41)] })],
  ['toldOnce', 'D1', 'two tickets', withBooks({ ap: [...GOOD.books.ap, line(5, 'TICKET', 'OPENED', 'T-2', { corrRef: 'inv_1' })] })],
  [
    'toldOnce',
    'D1',
    'the approval attached twice',
    withBooks({ erp: [...GOOD.books.erp, line(61, 'ATTACHMENT', 'CREATED', 'A2', { docNo: '51', sha256: 'x' })] }),
  ],
  ['neverBelievedWrongly', 'D4', 'posted shown before it was', withHistory(shown(9, 'posted'))],
  [
    'neverBelievedWrongly',
    'D4',
    'posted with another amount',
    withBooks({ erp: [line(10, 'DOCUMENT', 'BOOKED', '51', posting('51', { grossAmt: '11.90' })), ...GOOD.books.erp.slice(1)] }),
  ],
  ['archivedIsThere', 'D4', 'archived shown before the evidence lay there', withHistory(shown(49, 'archived'))],
  ['nothingOverlooked', 'D5', 'a posting that the hub does not show', withInvoice({ headline: { state: 'approved', breaches: [] } })],
  ['noEffectAfterNo', 'D7', 'posted after it was rejected', withHistory(shown(8, 'rejected'))],
  ['noRedirect', 'S22', 'a redirect was followed', { ...GOOD, trapped: 1 }],
  ['paidByTheBank', 'F1', 'paid shown before the bank had booked', withHistory(shown(29, 'paid'))],
  [
    'paidByTheBank',
    'F1',
    'paid, and the bank paid somebody else',
    withBooks({ erp: [BOOKED, line(20, 'PAYMENT', 'INSTRUCTED', 'ZP1', { endToEndId: 'ZP1', amt: '119.00', items: [{ docNo: '99' }] })] }),
  ],
  [
    'amountAsInstructed',
    'F2',
    'the bank booked more than was instructed',
    withBooks({ erp: [BOOKED, line(20, 'PAYMENT', 'INSTRUCTED', 'ZP1', { endToEndId: 'ZP1', amt: '11.90', items: [{ docNo: '51' }] })] }),
  ],
  [
    'paidOnce',
    'F6',
    'the bank was given a message twice',
    withBooks({ bank: [...GOOD.books.bank, line(26, 'FILE', 'TAKEN', 'again.xml', { msgId: 'M1' })] }),
  ],
  ['paidOnce', 'D1', 'the bank paid twice', withBooks({ bank: [...GOOD.books.bank, entry(33, 'TRANSFER', 'DBIT')] })],
  ['returnedIsOpen', 'F3', 'what came back is shown as archived', withBooks({ bank: [...GOOD.books.bank, entry(35, 'RETURN', 'CRDT')] })],
  ['atRest', 'E1', 'it never came to rest', { ...GOOD, restedMs: null, busy: 3 }],
  ['atRest', 'E3', 'an invoice stands still and nobody knows', withInvoice({ headline: { state: 'approved', breaches: [] } })],
  ['everyBillKnown', 'E1', 'a bill that no hub knows', { ...GOOD, bills: [BILL, { ...BILL, file: '0002.xml', billNo: 'A-2' }] }],
  ['nobodyNeeded', 'E3', 'a case without an owner', { ...GOOD, cases: [{ ...GOOD.cases[0]!, owner: '' }] }],
  [
    'nobodyNeeded',
    'E1',
    'a person is asked for nothing',
    { ...GOOD, cases: [{ id: 'exc_2', cause: 'dead-letter', says: '', about: 'inv_1', owner: 'engineering', open: true }] },
  ],
  [
    'nobodyNeeded',
    'E1',
    'a person is asked about a payment for nothing',
    { ...GOOD, cases: [{ id: 'exc_2', cause: 'outcome-unknown', says: '', about: 'pay_1', owner: 'treasury', open: true }] },
  ],
  ['takenOver', 'E4', 'an attempt that nobody took over', { ...GOOD, underWay: [{ effect: 'e', attempt: 1, from: 0, till: 16_000 }] }],
  ['logVerifies', 'H2', 'the log does not verify', { ...GOOD, verified: { status: 1, output: 'index 4' } }],
  ['noBreach', 'D4', 'paid without approval', withInvoice({ headline: { state: 'archived', breaches: ['approved'] } })],
]

test('a history in which all is well passes every check', () => {
  expect(judge(GOOD)).toEqual([])
})

describe('a bad history is convicted:', () => {
  test.each(BAD)('%s (%s): %s', (check, invariant, _what, evidence) => {
    expect(
      judge(evidence)
        .filter((finding) => finding.check === check)
        .map((finding) => finding.invariant),
    ).toContain(invariant)
  })
  test('every check convicts at least one', () => {
    expect(new Set(BAD.map(([check]) => check))).toEqual(new Set(Object.keys(CHECKS)))
  })
})

test('a credit that waits for something to be set against is not stranded', () => {
  const erp = [line(10, 'DOCUMENT', 'BOOKED', '52', posting('52', { docType: 'KG' }))]
  const evidence = {
    ...GOOD,
    books: { ...GOOD.books, erp, bank: [] },
    history: [sent(), shown(11, 'posted')],
    invoices: [{ ...invoice, headline: { state: 'posted', breaches: [] } }],
  }
  expect(judge(evidence)).toEqual([])
})
