import { expect, test } from 'vitest'
import { INVARIANTS, judge } from './invariants.ts'
import type { Arrived, Done, Past, Queued, Shown } from './past.ts'

const HOUR = 3_600_000
const call = (more: Partial<Arrived> = {}): Arrived => ({
  at: 10,
  system: 'erp',
  command: 'invoice.post',
  key: 'k',
  reference: 'inv',
  content: 'a',
  attempt: 1,
  process: 'p',
  recorded: true,
  openedAt: 9,
  begun: more.attempt ?? 1,
  answer: 'taken',
  ...more,
})
const deed = (more: Partial<Done> = {}): Done => ({
  at: 20,
  system: 'erp',
  command: 'invoice.post',
  key: 'k',
  reference: 'inv',
  number: 'erp-1',
  amount: '119.00',
  party: 'V1',
  inTime: true,
  ...more,
})
const view = (more: Partial<Shown> = {}): Shown => ({
  at: 30,
  invoice: 'inv',
  state: 'posted',
  amount: '119.00',
  postings: ['erp-1'],
  breaches: [],
  exceptions: [],
  told: [],
  ...more,
})
const row = (more: Partial<Queued> = {}): Queued => ({
  key: 'k',
  system: 'erp',
  command: 'invoice.post',
  invoice: 'inv',
  state: 'done',
  dueAt: null,
  cases: [],
  ...more,
})

/** An invoice that was approved, posted and shown so; what is different is the history under trial. */
const past = (more: Partial<Past> = {}): Past => ({
  offers: [
    { system: 'erp', command: 'invoice.post', class: 'K3' },
    { system: 'bank', command: 'payment.transmit', class: 'K4' },
  ],
  rate: { calls: 5, perMs: 1_000 },
  arrived: [call()],
  calls: [],
  done: [deed()],
  undone: [],
  approved: [{ at: 5, reference: 'inv', amount: '119.00', own: false, withdrawnAt: null }],
  bank: [],
  blocked: [],
  shown: [view()],
  queued: [row()],
  said: [],
  stopped: [],
  closed: [],
  away: [],
  asked: [],
  refolded: [],
  late: [],
  causes: [],
  unheard: [],
  healedAt: 100 * HOUR,
  endedAt: 130 * HOUR,
  ...more,
})

const PAID = view({ at: 60, state: 'paid' })
const BOOKED = { at: 50, kind: 'booked', message: 'M1', endToEnd: 'E1', amount: '119.00', invoices: ['inv'] } as const
const ANOTHER = { ...BOOKED, at: 80, message: 'M2' } as const

const AWAY = { system: 'erp', from: 0, to: 2 * HOUR, why: 'away' }
const inVain = (times: number, kind: 'command' | 'probe'): Past['calls'] =>
  Array.from({ length: times }, (_, n) => ({ begunAt: n * 7_000, at: n * 7_000, system: 'erp', process: 'p', kind }))

/** For each invariant the histories that it has to convict, in plain words. */
const BAD: { readonly [invariant: string]: { readonly [how: string]: Partial<Past> } } = {
  D1: {
    'posted twice under one key': { done: [deed(), deed({ at: 25, number: 'erp-2' })], shown: [view({ postings: ['erp-1', 'erp-2'] })] },
  },
  D2: {
    'a double that came too late, and nobody told': {
      done: [deed({ inTime: false }), deed({ at: 25, number: 'erp-2' })],
      shown: [view({ postings: ['erp-1', 'erp-2'] })],
    },
  },
  D3: {
    'a payment file sent twice': {
      arrived: [
        call({ system: 'bank', command: 'payment.transmit', key: 't' }),
        call({ system: 'bank', command: 'payment.transmit', key: 't', attempt: 2 }),
      ],
    },
  },
  D4: {
    'posted before the ERP had it': { shown: [view({ at: 19 }), view()] },
    'a posting of nobody': { shown: [view({ postings: ['erp-1', 'erp-9'] })] },
    'another amount': { shown: [view({ amount: '120.00' })] },
    'told what was never done': { done: [], shown: [view({ state: 'approved', postings: [], told: ['erp|posting posted'] })] },
  },
  D5: {
    'posted and not shown': { shown: [view({ state: 'approved', postings: [] })] },
    'called refused though it happened': { queued: [row({ state: 'refused', cases: ['refused-by-target'] })] },
  },
  D6: { 'sent without a record': { arrived: [call({ recorded: false })] }, 'one try sent twice': { arrived: [call(), call({ at: 11 })] } },
  D7: {
    'begun after it was refused': { arrived: [call({ at: HOUR, openedAt: HOUR })], stopped: [{ at: 15, invoice: 'inv', until: null }] },
  },
  D8: { 'repeated with other content': { arrived: [call(), call({ attempt: 2, begun: 1, content: 'b' })] } },
  E1: {
    'approved and forgotten': { arrived: [], done: [], queued: [], shown: [view({ state: 'approved', postings: [] })] },
    'received and forgotten': { arrived: [], done: [], queued: [], approved: [], shown: [view({ state: 'received', postings: [] })] },
    'never before an approver': { arrived: [], done: [], queued: [], approved: [], shown: [view({ state: 'validated', postings: [] })] },
    'taken back and not blocked': { approved: [{ at: 5, reference: 'inv', amount: '119.00', own: false, withdrawnAt: 40 }] },
  },
  E2: { 'a word that nobody heard': { unheard: ['erp 3'] } },
  E3: {
    'due and standing still': { queued: [row(), row({ key: 'x', command: 'invoice.status', state: 'waiting', dueAt: 0 })] },
    'never due again': { queued: [row(), row({ key: 'x', command: 'invoice.status', state: 'unknown' })] },
    'held and nobody asked': { queued: [row(), row({ key: 'x', command: 'payment.hold', state: 'held' })] },
  },
  E5: {
    'poison without end': {
      arrived: [call(), ...Array.from({ length: 50 }, (_, n) => call({ key: 'x', attempt: n + 1, answer: 'locked' }))],
      queued: [row(), row({ key: 'x', command: 'invoice.status', state: 'waiting', dueAt: 131 * HOUR })],
    },
  },
  C3: { 'another order, another state': { refolded: [{ invoice: 'inv', was: 'posted', became: 'approved' }] } },
  C6: { 'a late word that moved something': { late: [{ at: 40, invoice: 'inv', before: 'a', after: 'b' }] } },
  F1: {
    'paid without a bank': { shown: [view(), PAID] },
    'paid before the bank booked': { shown: [view(), { ...PAID, at: 49 }, PAID], bank: [BOOKED] },
    'another amount booked': { shown: [view(), PAID], bank: [{ ...BOOKED, amount: '19.00' }] },
  },
  F2: {
    'left the account twice': { shown: [view(), PAID], bank: [BOOKED, { ...BOOKED, at: 55 }] },
    'paid by two payments of one file': { shown: [view(), PAID], bank: [BOOKED, { ...BOOKED, at: 55, endToEnd: 'E2' }] },
    'paid by two files, and one came back': {
      shown: [view(), PAID],
      bank: [BOOKED, { ...ANOTHER, at: 55 }, { ...ANOTHER, kind: 'returned' }],
    },
    'parts that are more together': { shown: [view(), PAID], bank: [BOOKED, { ...ANOTHER, amount: '0.01' }] },
  },
  F3: {
    'came back and shows paid': { shown: [view(), PAID], bank: [BOOKED, { ...BOOKED, at: 70, kind: 'returned' }] },
    'booked and never shown': { bank: [BOOKED] },
  },
  F5: { 'a file that adds up, called different': { causes: ['payment-file-differs'] } },
  G1: {
    'nobody said yes to this amount': { approved: [{ at: 5, reference: 'inv', amount: '19.00', own: false, withdrawnAt: null }] },
    'yes came later': { approved: [{ at: 25, reference: 'inv', amount: '119.00', own: false, withdrawnAt: null }] },
  },
  G2: {
    'only whoever had entered it said yes': { approved: [{ at: 5, reference: 'inv', amount: '119.00', own: true, withdrawnAt: null }] },
  },
  J3: {
    'asked for patience': {
      calls: [{ begunAt: 50, at: 50, system: 'erp', process: 'p', kind: 'command' }],
      asked: [{ at: 40, system: 'erp', process: 'p', until: 60 }],
    },
    'in maintenance': {
      calls: [{ begunAt: HOUR, at: HOUR, system: 'erp', process: 'p', kind: 'look' }],
      closed: [{ system: 'erp', from: 0, to: 2 * HOUR, why: 'maintenance' }],
    },
    'faster than it bears': {
      calls: Array.from({ length: 6 }, (_, n) => ({
        begunAt: n * 100,
        at: n * 100,
        system: 'erp',
        process: 'p',
        kind: 'command' as const,
      })),
    },
    'called again and again while it was away': { calls: inVain(9, 'command'), away: [AWAY] },
    'probed all the time while it was away': { calls: inVain(41, 'probe'), away: [AWAY] },
  },
}

test('a good history is not convicted, with or without a payment', () => {
  expect(judge(past())).toEqual([])
  expect(judge(past({ shown: [view(), PAID], bank: [BOOKED] }))).toEqual([])
  expect(
    judge(
      past({
        shown: [view(), PAID, view({ at: 80, exceptions: ['payment-returned'] })],
        bank: [BOOKED, { ...BOOKED, at: 70, kind: 'returned' }],
      }),
    ),
  ).toEqual([])
})

test('an invoice may be paid again when its payment had come back, and in parts; what the bank took in late is the double of a payment, not of an invoice', () => {
  const back = { ...BOOKED, at: 70, kind: 'returned' } as const
  expect(judge(past({ shown: [view(), PAID], bank: [BOOKED, back, ANOTHER] }))).toEqual([])
  const parts = [
    { ...BOOKED, amount: '60.00' },
    { ...ANOTHER, at: 55, amount: '59.00' },
  ]
  expect(judge(past({ shown: [view(), PAID], bank: parts }))).toEqual([])
  const sent = deed({ system: 'bank', command: 'payment.transmit', key: 't', reference: 'M1', inTime: false })
  expect(judge(past({ shown: [view(), PAID], bank: [BOOKED, { ...BOOKED, at: 55 }], done: [deed(), sent] }))).toEqual([])
})

test('every invariant has a history that it convicts', () => {
  expect(Object.keys(BAD).toSorted()).toEqual(Object.keys(INVARIANTS).toSorted())
})

test.each(
  Object.entries(BAD).flatMap(([invariant, histories]) => Object.entries(histories).map(([how, more]) => [invariant, how, more] as const)),
)('%s convicts: %s', (invariant, _how, more) => {
  expect(judge(past(more)).map((violation) => violation.invariant)).toContain(invariant)
})

test('what is allowed is not convicted: a double that somebody is told of, a second sending that two people asked for, a refused call with other content', () => {
  const late = {
    done: [deed({ inTime: false }), deed({ at: 25, number: 'erp-2' })],
    shown: [view({ postings: ['erp-1', 'erp-2'], exceptions: ['posted-twice'] })],
    queued: [row({ state: 'held', cases: ['found-other'] })],
  }
  expect(judge(past(late))).toEqual([])
  const file = (attempt: number): Arrived => call({ system: 'bank', command: 'payment.transmit', key: 't', attempt })
  expect(judge(past({ arrived: [file(1), file(2)], said: [{ at: 12, key: 't', word: 'not-applied' }] }))).toEqual([])
  expect(
    judge(
      past({ arrived: [call({ answer: 'refused' }), call({ attempt: 2, content: 'b' }), call({ attempt: 3, begun: 2, content: 'b' })] }),
    ),
  ).toEqual([])
  const [yes] = past().approved
  expect(judge(past({ approved: [{ ...yes!, own: true }, yes!] }))).toEqual([])
  expect(judge(past({ calls: inVain(8, 'command'), away: [AWAY] }))).toEqual([])
})
