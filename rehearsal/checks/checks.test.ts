/**
 * The judges judged: a history in which all is well passes, and each hand-made bad one, a row of one table, is convicted by the check that is
 * there for it.
 */
import { describe, expect, test } from 'vitest'
import type { Row, Sent } from '../history.ts'
import { CHECKS, judge } from './all.ts'
import { openFor } from './convergence.ts'
import type { Evidence, Excuse, Fact, Line } from './evidence.ts'

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
  poNo: '4500010001',
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
/** How much of which document a payment pays. */
const instructs = (second: number, endToEndId: string, items: Readonly<Record<string, string>>, amt = '119.00'): Line =>
  line(second, 'PAYMENT', 'INSTRUCTED', endToEndId, {
    endToEndId,
    msgId: 'M1',
    amt,
    items: Object.entries(items).map(([docNo, part]) => ({ docNo, amt: part })),
  })
const INSTRUCTED = instructs(20, 'ZP1', { 51: '119.00' })
const entry = (second: number, kind: string, side: string, endToEndId = 'ZP1', amt = '119.00'): Line =>
  line(second, 'ENTRY', 'BOOKED', `E${second}`, {
    kind,
    side,
    amt,
    bookedAt: at(second),
    details: [{ endToEndId, amt, remit: {} }],
  })
const collected = (named: string): Fact['row'] => ({
  kind: 'COLLECTION',
  side: 'DBIT',
  amt: '119.00',
  bookedAt: at(30),
  details: [{ endToEndId: '', amt: '119.00', remit: { Ustrd: named } }],
})
const clearing = (second: number, amt = '119.00', docNo = '51'): Line =>
  line(second, 'CLEARING', 'BOOKED', `C${second}`, { lines: [{ docNo, amt }] })

const badge = (second: number, says: string): Line => line(second, 'TICKET', 'BADGED', 'T-1', { corrRef: 'inv_1', badge: { badge: says } })
const note = (second: number, shows: string): Line => line(second, 'NOTE', 'NOTED', `n${second}`, { claimRef: 'inv_1', shows })
/** As the hub shows what a system should show of it, was told, and says itself. */
const cell = (told: string, reported: string | null) => ({ system: 'ap', facet: 'status', expected: 'paid', told, reported })

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
const did = (second: number, what: string, detail: string): Row => ({ kind: 'done', at: at(second), what, detail })
const healed = (second: number): Row => ({ kind: 'done', at: at(second), what: 'whole', detail: '' })
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
    ap: [line(3, 'TICKET', 'OPENED', 'T-1', { corrRef: 'inv_1' }), badge(11, 'AT_LEDGER'), badge(32, 'MONEY_OUT')],
    procurement: [note(4, 'AGREED'), note(33, 'PAID_OUT')],
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
    ...[408, 409, 429, 503, null].map((status) => sent({ status, retryAfter: '1', body: null })),
  ],
  bills: [BILL],
  invoices: [
    {
      id: 'inv_1',
      names: ['public|document|hash-1'],
      headline: { state: 'archived', breaches: [] },
      row: { title: 'A-1', currency: 'EUR', amount: '119.00', open: false },
      exceptions: [],
      cells: [cell('paid', 'paid'), cell('paid', null), { ...cell('paid', 'paid'), expected: null }],
    },
  ],
  cases: [{ id: 'exc_1', cause: 'unreadable-document', says: '', about: 'doc_1', owner: 'ap-clerks', open: true, object: null }],
  quarantined: [],
  puts: new Map([['run.xml', 1]]),
  busy: 0,
  underWay: [{ effect: 'e', attempt: 1, from: 0, till: 3_000 }],
  verified: { status: 0, output: '' },
  rebuilt: { status: 0, output: '' },
  trapped: 0,
  restedMs: 4_000,
  residentMb: 200,
  stretch: 1,
  excused: new Map(),
}

const withBooks = (changed: Partial<Evidence['books']>): Evidence => ({ ...GOOD, books: { ...GOOD.books, ...changed } })
const withHistory = (...rows: readonly Row[]): Evidence => ({ ...GOOD, history: [...GOOD.history, ...rows] })
const invoice = GOOD.invoices[0]!
const withInvoice = (changed: Partial<typeof invoice>): Evidence => ({ ...GOOD, invoices: [{ ...invoice, ...changed }] })

const SECOND = withBooks({ erp: [...GOOD.books.erp, line(60, 'DOCUMENT', 'BOOKED', '52', posting('52'))] })
const TOLD = withInvoice({ exceptions: [{ cause: 'posted-twice', open: true }] })
/** Paid by one payment, and what is booked of another one, with what the ERP's books have besides. */
const paidAlso = (amt: string, ...erp: Line[]): Evidence['books'] => ({
  ...GOOD.books,
  erp: [...GOOD.books.erp, ...erp],
  bank: [...GOOD.books.bank, entry(64, 'TRANSFER', 'DBIT', 'ZP2', amt)],
})
const PAID_TWICE = withBooks(paidAlso('119.00', instructs(61, 'ZP2', { 51: '119.00' })))
const CREDIT = { ...BILL, file: '0002-A2.xml', billKind: 'CREDIT', billNo: 'A-2', gross: '19.00' } as const
const CREDITED = line(
  11,
  'DOCUMENT',
  'BOOKED',
  '52',
  posting('52', { vendorDocNo: 'A-2', docType: 'KG', grossAmt: '19.00', dueAmt: '19.00' }),
)
const NETTED: Evidence = {
  ...withBooks({
    erp: [BOOKED, CREDITED, instructs(20, 'ZP1', { 51: '119.00', 52: '-19.00' }, '100.00'), clearing(40), clearing(41, '-19.00', '52')],
    bank: [entry(30, 'TRANSFER', 'DBIT', 'ZP1', '100.00')],
  }),
  bills: [BILL, CREDIT],
}
const STATEMENT = (says: string, n = 2): Line =>
  line(29, 'OUT', 'MADE', `camt053-00000${n}.xml`, { text: `<Ntry><EndToEndId>${says}</EndToEndId></Ntry>` })
const STATED = withBooks({ bank: [...GOOD.books.bank, STATEMENT('ZP1')] })
/** The bill was met by a fault of which this may follow. */
const excusing = (excuse: Excuse, billNo = 'A-1'): Pick<Evidence, 'excused'> => ({ excused: new Map([[billNo, [excuse]]]) })
const asking = (cause: string, about: string, object: unknown = null): Pick<Evidence, 'cases'> => ({
  cases: [{ id: 'exc_2', cause, says: '', about, owner: 'treasury', open: true, object }],
})
/** As the API shows a payment, its file and an entry of a statement, of which each names a bill in its own way. */
const PAYMENT = { id: 'pay_1', names: ['public|payment|M1 ZP1', 'public|end-to-end|ZP1'] }
const FILE = { id: 'bat_1', names: ['public|payment-file|M1'] }
const ENTRY = { id: 'ste_1', names: ['bank|entry|DE1 1 1 1'], state: { remittance: 'A-1' } }

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
  ['refusedIsRefused', 'A2', 'what was refused is there', { ...GOOD, history: [sent({ status: 400 }), ...GOOD.history.slice(3)] }],
  ['refusedIsRefused', 'A2', 'a bill was refused, and taken the next time', withHistory(sent({ status: 422, body: null }))],
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
    { ...SECOND, ...excusing({ causes: ['posted-twice'], double: true }) },
  ],
  [
    'postedOnce',
    'D1',
    'posted twice after a fault that gives no right to it, though a person was told',
    { ...SECOND, invoices: TOLD.invoices, ...excusing({ causes: ['posted-twice'] }) },
  ],
  [
    'postedOnce',
    'D1',
    'posted twice, and a late target had met another bill',
    { ...SECOND, invoices: TOLD.invoices, ...excusing({ causes: ['posted-twice'], double: true }, 'A-2') },
  ],
  ['clearedOnce', 'D1', 'cleared twice', withBooks({ erp: [...GOOD.books.erp, clearing(41)] })],
  ['toldOnce', 'D1', 'two tickets', withBooks({ ap: [...GOOD.books.ap, line(5, 'TICKET', 'OPENED', 'T-2', { corrRef: 'inv_1' })] })],
  [
    'toldOnce',
    'D1',
    'the approval attached twice',
    withBooks({ erp: [...GOOD.books.erp, line(61, 'ATTACHMENT', 'CREATED', 'A2', { docNo: '51', sha256: 'x' })] }),
  ],
  ['toldOnce', 'D1', 'a note twice', withBooks({ procurement: [...GOOD.books.procurement, note(33, 'PAID_OUT')] })],
  [
    'toldOnce',
    'D1',
    'a deposit twice under its label',
    withBooks({ archive: [...GOOD.books.archive, line(60, 'DEPOSIT', 'STOWED', 'evidence/document.hash-1', {})] }),
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
    withBooks({
      erp: [
        BOOKED,
        line(20, 'PAYMENT', 'INSTRUCTED', 'ZP1', { endToEndId: 'ZP1', amt: '119.00', items: [{ docNo: '99', amt: '119.00' }] }),
      ],
    }),
  ],
  [
    'amountAsInstructed',
    'F2',
    'the bank booked more than was instructed',
    withBooks({
      erp: [BOOKED, line(20, 'PAYMENT', 'INSTRUCTED', 'ZP1', { endToEndId: 'ZP1', amt: '11.90', items: [{ docNo: '51', amt: '119.00' }] })],
    }),
  ],
  ['paidOnlyDue', 'F2', 'two payments paid one document', PAID_TWICE],
  [
    'paidOnlyDue',
    'F2',
    'the two documents of one bill were each paid, and a late target had met it and a person was told',
    {
      ...withBooks(
        paidAlso(
          '119.00',
          line(60, 'DOCUMENT', 'BOOKED', '52', posting('52')),
          instructs(61, 'ZP2', { 52: '119.00' }),
          clearing(65, '119.00', '52'),
        ),
      ),
      invoices: TOLD.invoices,
      ...excusing({ causes: ['posted-twice'], double: true }),
    },
  ],
  [
    'paidOnlyDue',
    'F2',
    'the parts that were paid are more than the document',
    withBooks(paidAlso('60.00', instructs(61, 'ZP2', { 51: '60.00' }, '60.00'))),
  ],
  [
    'paidOnlyDue',
    'F2',
    'the vendor collected it, and it was paid as well',
    withBooks({ bank: [...GOOD.books.bank, line(33, 'ENTRY', 'BOOKED', 'E33', collected('A-1'))] }),
  ],
  [
    'paidOnlyDue',
    'F2',
    'the whole bill was paid, and less was due of its document',
    withBooks({ erp: [line(10, 'DOCUMENT', 'BOOKED', '51', posting('51', { dueAmt: '100.00' })), ...GOOD.books.erp.slice(1)] }),
  ],
  [
    'paidOnlyDue',
    'F2',
    'it was paid as it was posted, and that is more than the bill says',
    withBooks({
      erp: [
        line(10, 'DOCUMENT', 'BOOKED', '51', posting('51', { dueAmt: '190.00' })),
        instructs(20, 'ZP1', { 51: '190.00' }, '190.00'),
        clearing(40, '190.00'),
      ],
      bank: [entry(30, 'TRANSFER', 'DBIT', 'ZP1', '190.00')],
    }),
  ],
  [
    'paidOnlyDue',
    'F2',
    'a credit was set against two payments',
    {
      ...NETTED,
      books: {
        ...NETTED.books,
        erp: [
          ...NETTED.books.erp,
          line(12, 'DOCUMENT', 'BOOKED', '53', posting('53', { vendorDocNo: 'A-3' })),
          instructs(61, 'ZP2', { 53: '119.00', 52: '-19.00' }, '100.00'),
        ],
        bank: [...NETTED.books.bank, entry(64, 'TRANSFER', 'DBIT', 'ZP2', '100.00')],
      },
    },
  ],
  [
    'paidOnlyDue',
    'F2',
    'a credit was paid instead of set against something',
    {
      ...withBooks({
        erp: [CREDITED, instructs(20, 'ZP1', { 52: '19.00' }, '19.00')],
        bank: [entry(30, 'TRANSFER', 'DBIT', 'ZP1', '19.00')],
      }),
      bills: [CREDIT],
    },
  ],
  [
    'paidOnce',
    'F6',
    'the bank was given a message twice',
    withBooks({ bank: [...GOOD.books.bank, line(26, 'FILE', 'TAKEN', 'again.xml', { msgId: 'M1' })] }),
  ],
  ['paidOnce', 'D1', 'the bank paid twice', withBooks({ bank: [...GOOD.books.bank, entry(33, 'TRANSFER', 'DBIT')] })],
  ['returnedIsOpen', 'F3', 'what came back is shown as archived', withBooks({ bank: [...GOOD.books.bank, entry(35, 'RETURN', 'CRDT')] })],
  ['postedStands', 'D5', 'archived, and the ERP has no posting of it', withBooks({ erp: GOOD.books.erp.filter((one) => one !== BOOKED) })],
  [
    'postedStands',
    'D5',
    'archived, and its posting was reversed',
    withBooks({ erp: [...GOOD.books.erp, line(60, 'DOCUMENT', 'STORNO', '51', {})] }),
  ],
  ['postedStands', 'D5', 'archived, and posted twice', SECOND],
  ['paidIsCleared', 'D5', 'the bank paid it, and it is open in the ERP', withBooks({ erp: [BOOKED, INSTRUCTED] })],
  ['paidIsCleared', 'D5', 'two payments paid it, and it was cleared once', PAID_TWICE],
  ['paidIsCleared', 'D5', 'cleared, and its clearing taken back', withBooks({ erp: [...GOOD.books.erp, clearing(60, '-119.00')] })],
  [
    'paidIsCleared',
    'D5',
    'the vendor collected it, and it is open in the ERP',
    withBooks({
      erp: [BOOKED],
      bank: [line(30, 'ENTRY', 'BOOKED', 'E30', collected('A-1'))],
    }),
  ],
  ['paidIsTold', 'D5', 'paid, and its ticket says posted', withBooks({ ap: GOOD.books.ap.slice(0, 2) })],
  ['paidIsTold', 'D5', 'paid, and its ticket says nothing', withBooks({ ap: GOOD.books.ap.slice(0, 1) })],
  ['paidIsTold', 'D5', 'paid, and procurement was told no more than that it agreed', withBooks({ procurement: [note(4, 'AGREED')] })],
  ['paidIsTold', 'D5', 'paid, and procurement was told nothing', withBooks({ procurement: [] })],
  ['inStep', 'E3', 'a system shows something else, and nobody has a case of it', withInvoice({ cells: [cell('paid', 'posted')] })],
  ['inStep', 'E3', 'a system was never told, and nobody has a case of it', withInvoice({ cells: [cell('posted', null)] })],
  ['atRest', 'E1', 'it never came to rest', { ...GOOD, restedMs: null, busy: 3 }],
  ['atRest', 'E3', 'an invoice stands still and nobody knows', withInvoice({ headline: { state: 'approved', breaches: [] } })],
  ['everyBillKnown', 'E1', 'a bill that no hub knows', { ...GOOD, bills: [BILL, { ...BILL, file: '0002.xml', billNo: 'A-2' }] }],
  ['nobodyNeeded', 'E3', 'a case without an owner', { ...GOOD, cases: [{ ...GOOD.cases[0]!, owner: '' }] }],
  ['nobodyNeeded', 'E1', 'a person is asked for nothing', { ...GOOD, ...asking('dead-letter', 'inv_1') }],
  ['nobodyNeeded', 'E1', 'a person is asked about a payment for nothing', { ...GOOD, ...asking('outcome-unknown', 'pay_1', PAYMENT) }],
  [
    'nobodyNeeded',
    'E1',
    'a person is asked something else than what follows from what was done to the bill',
    { ...GOOD, ...asking('dead-letter', 'inv_1'), ...excusing({ causes: ['posting-reversed'] }) },
  ],
  [
    'nobodyNeeded',
    'E1',
    'a person is asked about a payment, and what came back was the payment of another bill',
    { ...GOOD, ...asking('payment-returned', 'pay_1', PAYMENT), ...excusing({ causes: ['payment-returned'] }, 'A-2') },
  ],
  [
    'nobodyNeeded',
    'E1',
    'a person is asked about a system, which is about no bill',
    { ...GOOD, ...asking('divergence', 'sys_1', { id: 'sys_1', names: ['hub|system|erp'] }), ...excusing({ causes: ['divergence'] }) },
  ],
  [
    'putOnce',
    'D3',
    'a payment file that nobody could look for was put there again by itself',
    { ...GOOD, puts: new Map([['run.xml', 2]]) },
  ],
  [
    'putOnce',
    'D3',
    'and again, though people had said only once that it had not happened',
    { ...withHistory(did(26, 'did not happen', 'run.xml')), puts: new Map([['run.xml', 3]]) },
  ],
  [
    'halfPaysNothing',
    'F1',
    'what only the other half of a statement says was believed',
    { ...STATED, history: [...GOOD.history, did(30, 'torn', 'camt053-000002.xml'), did(40, 'mended', 'camt053-000002.xml')] },
  ],
  [
    'halfPaysNothing',
    'F1',
    'what a vendor collected was believed of half a statement, of which the rest never came',
    { ...withBooks({ erp: [BOOKED], bank: [STATEMENT('A-1')] }), history: [...GOOD.history, did(30, 'torn', 'camt053-000002.xml')] },
  ],
  [
    'nothingQuarantined',
    'E5',
    'a fact that was put aside because the database had not let it in',
    { ...GOOD, quarantined: [{ id: 'evt_1', type: 'payment.accepted', says: 'error: could not serialize access' }] },
  ],
  ['takenOver', 'E4', 'an attempt that nobody took over', { ...GOOD, underWay: [{ effect: 'e', attempt: 1, from: 0, till: 16_000 }] }],
  [
    'takenOver',
    'E4',
    'an attempt that nobody took over after the heal',
    { ...withHistory(healed(10)), underWay: [{ effect: 'e', attempt: 1, from: Date.parse(at(0)), till: Date.parse(at(26)) }] },
  ],
  [
    'takenOver',
    'E4',
    'an attempt that had stood open for too long when another heal came',
    { ...withHistory(healed(2), healed(30)), underWay: [{ effect: 'e', attempt: 1, from: Date.parse(at(0)), till: Date.parse(at(29)) }] },
  ],
  ['logVerifies', 'H2', 'the log does not verify', { ...GOOD, verified: { status: 1, output: 'index 4' } }],
  ['shownFollows', 'C3', 'an invoice is not what its events come to', { ...GOOD, rebuilt: { status: 1, output: 'state' } }],
  ['noBreach', 'D4', 'paid without approval', withInvoice({ headline: { state: 'archived', breaches: ['approved'] } })],
  [
    'noBreach',
    'D4',
    'paid without approval, and only its posting was reversed',
    {
      ...withInvoice({ headline: { state: 'archived', breaches: ['posted', 'approved'] } }),
      ...excusing({ causes: [], breaches: ['posted'] }),
    },
  ],
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

test.each([
  ['its invoice', 'inv_1', null],
  ['its payment', 'pay_1', PAYMENT],
  ['the file of its payment', 'bat_1', FILE],
  ['the entry that names it', 'ste_1', ENTRY],
])('a case about %s is excused by what was done to the bill', (_what, about, object) => {
  expect(judge({ ...GOOD, ...asking('payment-returned', about, object), ...excusing({ causes: ['payment-returned'] }) })).toEqual([])
})

test('what came back need not be cleared, what a vendor collected of others neither, and what has no order is not told to procurement', () => {
  const [stands, cleared, told] = [CHECKS.postedStands, CHECKS.paidIsCleared, CHECKS.paidIsTold]
  const open = withBooks({ erp: [BOOKED, INSTRUCTED] })
  expect(cleared({ ...open, books: { ...open.books, bank: [...GOOD.books.bank, entry(35, 'RETURN', 'CRDT')] } })).toEqual([])
  expect(cleared(withBooks({ erp: [BOOKED], bank: [line(30, 'ENTRY', 'BOOKED', 'E30', collected('A-11'))] }))).toEqual([])
  expect(told({ ...withBooks({ procurement: [] }), bills: [{ ...BILL, poNo: '' }] })).toEqual([])
  // Shown without a posting, and it says so.
  const reversed = withInvoice({ headline: { state: 'archived', breaches: ['posted'] } })
  expect(stands({ ...reversed, books: withBooks({ erp: [] }).books })).toEqual([])
})

/** What looks at amounts of money. */
const MONEY = new Set<string>(['amountAsInstructed', 'paidOnlyDue', 'paidOnce', 'paidIsCleared', 'clearedOnce'])
test.each<readonly [string, Evidence]>([
  [
    'it came back, and was paid again',
    withBooks({
      ...paidAlso('119.00', clearing(45, '-119.00'), instructs(61, 'ZP2', { 51: '119.00' }), clearing(65)),
      bank: [...GOOD.books.bank, entry(35, 'RETURN', 'CRDT'), entry(64, 'TRANSFER', 'DBIT', 'ZP2')],
    }),
  ],
  [
    'it came back, was reversed and posted again, and that was paid',
    withBooks({
      ...paidAlso(
        '119.00',
        clearing(45, '-119.00'),
        line(46, 'DOCUMENT', 'STORNO', '51', {}),
        line(50, 'DOCUMENT', 'BOOKED', '52', posting('52')),
        instructs(61, 'ZP2', { 52: '119.00' }),
        clearing(65, '119.00', '52'),
      ),
      bank: [...GOOD.books.bank, entry(35, 'RETURN', 'CRDT'), entry(64, 'TRANSFER', 'DBIT', 'ZP2')],
    }),
  ],
  [
    'two payments paid a part each',
    withBooks({
      erp: [
        BOOKED,
        instructs(20, 'ZP1', { 51: '60.00' }, '60.00'),
        instructs(21, 'ZP2', { 51: '59.00' }, '59.00'),
        clearing(40, '60.00'),
        clearing(41, '59.00'),
      ],
      bank: [entry(30, 'TRANSFER', 'DBIT', 'ZP1', '60.00'), entry(31, 'TRANSFER', 'DBIT', 'ZP2', '59.00')],
    }),
  ],
  ['a credit was set against it', NETTED],
  [
    'what a vendor had collected came back, and was collected again',
    withBooks({
      erp: [BOOKED, clearing(40)],
      bank: [
        line(30, 'ENTRY', 'BOOKED', 'E30', collected('A-1')),
        line(31, 'ENTRY', 'BOOKED', 'E31', { ...collected('A-1'), kind: 'RETURN', side: 'CRDT' }),
        line(32, 'ENTRY', 'BOOKED', 'E32', collected('A-1')),
      ],
    }),
  ],
])('money went out once: %s', (_what, evidence) => {
  expect(judge(evidence).filter(({ check }) => MONEY.has(check))).toEqual([])
})

test('an attempt counts from the heal, before which there may have been nobody to take it over', () => {
  const underWay = [{ effect: 'e', attempt: 1, from: Date.parse(at(0)), till: Date.parse(at(24)) }]
  expect(CHECKS.takenOver({ ...withHistory(healed(10)), underWay })).toEqual([])
  expect(openFor({ ...withHistory(healed(10)), underWay }).map(({ ms }) => ms)).toEqual([14_000])
})

test('the time in which connections of the database stand still does not count: what they hold nobody can take over', () => {
  const underWay = [{ effect: 'e', attempt: 1, from: Date.parse(at(5)), till: Date.parse(at(40)) }]
  const [what, other] = ['database: connections stand still for longer than anybody waits', 'erp: no answer']
  const still = (...rows: Row[]): number[] => openFor({ ...withHistory(...rows), underWay }).map(({ ms }) => ms)
  expect(still(did(10, 'fault', what), did(30, 'over', `${what}: 12`))).toEqual([15_000])
  expect(still(did(2, 'fault', what), did(50, 'over', `${what}: 12`))).toEqual([0])
  expect(still(did(2, 'fault', what), did(8, 'over', `${what}: 12`))).toEqual([32_000])
  expect(still(did(10, 'fault', other), did(30, 'over', `${other}: 12`))).toEqual([35_000])
})

test('what a vendor collected of a bill that stands there twice is cleared once', () => {
  const twice = (...more: Line[]): Evidence => ({
    ...withBooks({
      erp: [BOOKED, line(60, 'DOCUMENT', 'BOOKED', '52', posting('52')), ...more],
      bank: [line(30, 'ENTRY', 'BOOKED', 'E30', collected('A-1'))],
    }),
  })
  expect(CHECKS.paidIsCleared(twice(clearing(40)))).toEqual([])
  expect(CHECKS.paidIsCleared(twice(clearing(40, '119.00', '52')))).toEqual([])
  expect(CHECKS.paidIsCleared(twice())).toHaveLength(1)
})

test('a double that a late target may leave, and the breach of a reversal, are excused of that bill', () => {
  expect(judge({ ...SECOND, invoices: TOLD.invoices, ...excusing({ causes: ['posted-twice'], double: true }) })).toEqual([])
  const reversed = withInvoice({ headline: { state: 'archived', breaches: ['posted'] } })
  expect(judge({ ...reversed, ...excusing({ causes: [], breaches: ['posted'] }) })).toEqual([])
})

test('a file that people say was not there is put there once more, and a statement that is whole again, or says again what another said, pays', () => {
  expect(judge({ ...withHistory(did(26, 'did not happen', 'run.xml')), puts: new Map([['run.xml', 2]]) })).toEqual([])
  const mended = withHistory(did(26, 'torn', 'camt053-000002.xml'), did(30, 'mended', 'camt053-000002.xml')).history
  expect(judge({ ...STATED, history: mended })).toEqual([])
  const torn = withHistory(did(30, 'torn', 'camt053-000003.xml')).history
  expect(judge({ ...withBooks({ bank: [...STATED.books.bank, STATEMENT('ZP1', 3)] }), history: torn })).toEqual([])
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
