/** What each scenario promises of its own, tried on hand-made histories: one in which it holds, and bad ones of which each convicts. */
import { describe, expect, test } from 'vitest'
import type { Evidence, Fact, Line } from '../checks/evidence.ts'
import type { Row, Sent } from '../history.ts'
import { recovers } from './recovery.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Left, Marks, OwnPromise } from './scenario.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 5, 10, 0, second)).toISOString()
/** Every disturbance here lasts from second 10 to second 100. */
const [BEGINS, ENDS] = [10, 100]

interface Seen {
  readonly left?: Left
  readonly evidence: Evidence
}
const NOTHING: Evidence = {
  books: { erp: [], ap: [], procurement: [], bank: [], archive: [] },
  history: [],
  bills: [],
  invoices: [],
  cases: [],
  quarantined: [],
  puts: new Map(),
  busy: 0,
  underWay: [],
  verified: null,
  rebuilt: null,
  trapped: 0,
  restedMs: 4_000,
  residentMb: 200,
  stretch: 1,
  excused: new Map(),
}
const history = (...rows: readonly Row[]): Evidence => ({ ...NOTHING, history: rows })

let n = 0
const line = (second: number, what: string, verb: string, key: string, row: Fact['row']): Line => ({
  n: n++,
  at: at(second),
  op: 'op',
  facts: [{ what, verb, key, row }],
})
const sent = (second: number, about: string, status: number | null, what: Sent['what'] = 'document'): Row => ({
  kind: 'sent',
  at: at(second),
  ms: 5,
  hub: 'hub-a',
  what,
  same: about,
  about,
  status,
  retryAfter: status === 429 ? '1' : null,
  body: null,
})
const shown = (second: number, state: string): Row => ({ kind: 'shown', at: at(second), hub: 'hub-a', invoice: 'inv_1', state })

// ------------------------------------------------------------------------------------------------------------------ intake

/** B had to be sent again, and C came at the last moment. */
const TAKEN = [sent(20, 'A.xml', 201), sent(30, 'B.xml', 503), sent(40, 'B.xml', 201), sent(99, 'C.xml', null)]
const taken: Seen = { evidence: history(...TAKEN) }
const notTaken: readonly Bad[] = [
  [
    'one was answered with 503 until it was over',
    ['D.xml'],
    { evidence: history(...TAKEN, sent(50, 'D.xml', 503), sent(101, 'D.xml', 201)) },
  ],
  ['one was never answered', ['D.xml'], { evidence: history(...TAKEN, sent(50, 'D.xml', null)) }],
  ['one was refused for good', ['D.xml'], { evidence: history(...TAKEN, sent(50, 'D.xml', 422)) }],
  ['nothing was sent', ['invoices'], { evidence: history(sent(5, 'A.xml', 201)) }],
]

// ------------------------------------------------------------------------------------------------------------------- money

const instructed = (second: number, id: string, ...documents: readonly string[]): Line =>
  line(second, 'PAYMENT', 'INSTRUCTED', id, { endToEndId: id, items: documents.map((docNo) => ({ docNo })) })
const booked = (second: number, id: string): Line =>
  line(second, 'ENTRY', 'BOOKED', `E-${id}`, { bookedAt: at(second), details: [{ endToEndId: id }] })
const cleared = (second: number, ...documents: readonly string[]): Line =>
  line(second, 'CLEARING', 'BOOKED', `C${second}`, { lines: documents.map((docNo) => ({ docNo })) })
const money = (erp: readonly Line[], bank: readonly Line[], ...rows: readonly Row[]): Evidence => ({
  ...history(...rows),
  books: { ...NOTHING.books, erp, bank },
})

const COURSE = {
  due: at(90),
  early: [] as readonly string[],
  cases: ['ZP1', 'ZP2'] as readonly string[],
  stillOpen: ['ZP1', 'ZP2'] as readonly string[],
}
const HELD: Row = { kind: 'done', at: at(BEGINS), what: 'statements held', detail: '' }
const AT_THE_BANK = money(
  [instructed(3, 'ZP0', '50'), instructed(20, 'ZP1', '51'), instructed(21, 'ZP2', '52')],
  [booked(5, 'ZP0'), booked(25, 'ZP1'), booked(26, 'ZP2')],
  HELD,
  shown(8, 'paid'),
  shown(30, 'posted'),
  shown(110, 'paid'),
)
const late = (changed: Partial<typeof COURSE>, evidence = AT_THE_BANK): Seen => ({
  left: left({ course: { ...COURSE, ...changed } }),
  evidence,
})
const open: Evidence['cases'] = [{ id: 'exc_1', cause: 'bank-late', says: '', about: 'pay_1', owner: 'treasury', open: true, object: null }]

/** ZP1 pays two documents of which one is cleared later. */
const RUN = [instructed(20, 'ZP1', '51', '52'), cleared(30, '51'), cleared(34, '52')]
const LATER = sent(40, 'A.xml', 429)
const crowded = (erp: readonly Line[], bank: readonly Line[] = [booked(25, 'ZP1')], ...rows: readonly Row[]): Seen => ({
  left: left({ 'news refused': 0 }),
  evidence: money(erp, bank, LATER, ...rows),
})

// ------------------------------------------------------------------------------------------------------------------ period

const PERIODS = ['1000', '2000', '3000'].map((companyCode) => ({
  companyCode,
  fiscalYear: 2026,
  periodNo: 1,
  from: '2026-01-01',
  to: '2026-01-31',
}))
const accrual = (number: string, on = '2026-02-01'): object => ({
  id: number,
  number,
  entity: '2000',
  was: '2026-01-05',
  on,
  amount: '1.00',
})
const CLOSING = {
  shutAt: at(20),
  answeredAt: at(60),
  saidAt: at(80),
  periods: PERIODS,
  accruals: [accrual('N-1')],
  moved: 'H-1',
  refused: { before: ['R-1'], reopened: ['R-1'] },
}
const document = (second: number, companyCode: string, vendorDocNo: string, postingDate: string, periodNo: number): Line =>
  line(second, 'DOCUMENT', 'BOOKED', vendorDocNo, { companyCode, vendorDocNo, postingDate, periodNo })
const POSTED = [
  document(15, '3000', 'R-0', '2026-01-05', 1),
  document(40, '2000', 'N-1', '2026-02-01', 2),
  document(65, '1000', 'H-1', '2026-02-01', 2),
  document(72, '1000', 'H-2', '2026-01-05', 1),
  document(85, '3000', 'R-1', '2026-01-05', 1),
]
const closing = (more: readonly Line[], changed: Partial<typeof CLOSING> = {}, lines: readonly Line[] = POSTED): Seen => ({
  left: left({ course: { ...CLOSING, ...changed } }),
  evidence: money([...lines, ...more], []),
})
const without = (number: string): readonly Line[] => POSTED.filter(({ facts }) => facts[0]?.key !== number)

// ----------------------------------------------------------------------------------------------------------------- the rest

function left(what: { readonly [name: string]: unknown }): Left {
  return new Map(Object.entries(what))
}
const knows = (what: { readonly [name: string]: unknown }): Seen => ({ left: left(what), evidence: NOTHING })
const UNPLAYED: Bad = ['it was not played to its end', ['the course'], { evidence: AT_THE_BANK }]

/** What is wrong with it, and which things the promise names for that. */
type Bad = readonly [what: string, about: readonly string[], seen: Seen]

/** By scenario and promise: a history in which it holds, and bad ones. */
const TRIED: { readonly [scenario: string]: { readonly [promise: string]: readonly [good: Seen, ...bad: readonly Bad[]] } } = {
  'erp-maintenance-window': {
    intakeGoesOn: [taken, ...notTaken],
    leftAlone: [knows({ calls: 0 }), ['three calls came', ['erp'], knows({ calls: 3 })], ['nobody counted', ['erp'], knows({})]],
  },
  'ap-outage': { intakeGoesOn: [taken, ...notTaken] },
  'bank-three-days-late': {
    nothingPaidMeanwhile: [
      late({}),
      ['paid was shown in between', ['inv_1'], late({}, { ...AT_THE_BANK, history: [HELD, shown(50, 'paid')] })],
      ['archived was shown in between', ['inv_1'], late({}, { ...AT_THE_BANK, history: [HELD, shown(50, 'archived')] })],
      UNPLAYED,
    ],
    timeForTheBank: [late({}), ['somebody was asked too early', ['ZP2'], late({ early: ['ZP2'] })], UNPLAYED],
    closesByItself: [late({}), ['a case is open at the end', ['exc_1'], late({}, { ...AT_THE_BANK, cases: open })], UNPLAYED],
    somebodyAsks: [
      late({}),
      ['as many cases as payments, and one is about something else', ['ZP2'], late({ cases: ['ZP1', 'ZP9'], stillOpen: ['ZP1', 'ZP9'] })],
      ['a case was closed before the bank had said anything', ['ZP1'], late({ stillOpen: ['ZP2'] })],
      ['no payment was at the bank', ['payments'], late({ cases: [], stillOpen: [] }, history(HELD))],
      UNPLAYED,
    ],
  },
  'quarter-end-20x': {
    moneyKeepsItsTime: [
      crowded(RUN),
      ['a payment took 16 s to the bank', ['payments to the bank'], crowded([...RUN, cleared(38, '51')], [booked(36, 'ZP1')])],
      ['a payment never came to the bank', ['payments to the bank'], crowded([...RUN, instructed(50, 'ZP2', '53')])],
      ['one of its documents was cleared 16 s after the bank booked it', ['clearings in the ERP'], crowded([...RUN, cleared(41, '52')])],
      ['one of its documents was never cleared', ['clearings in the ERP'], crowded(RUN.slice(0, 2))],
      ['no payment was made', ['payments'], crowded([instructed(5, 'ZP1', '51'), ...RUN.slice(1)])],
    ],
    lowestFirst: [
      crowded(RUN),
      [
        'nobody was told to come later',
        ['new invoices'],
        { ...crowded(RUN), evidence: history(sent(5, 'A.xml', 429), sent(40, 'A.xml', 201)) },
      ],
      ['news of approvals were', ['news of the AP tool'], { ...crowded(RUN), left: left({ 'news refused': 2 }) }],
      ['nobody counted the news of approvals', ['news of the AP tool'], { ...crowded(RUN), left: left({}) }],
      ['the answer of a person was', ['ada'], crowded(RUN, [], sent(50, 'ada', 429, 'answer'))],
    ],
  },
  'period-closes-midway': {
    heldWhileClosed: [
      closing([]),
      ['one that is held was posted', ['H-3'], closing([document(30, '1000', 'H-3', '2026-01-05', 1)])],
      ['one that is refused was posted', ['R-3'], closing([document(30, '3000', 'R-3', '2026-02-01', 2)])],
      UNPLAYED,
    ],
    nothingRolled: [
      closing([]),
      ['one that is held was moved, and nobody had said so', ['H-3'], closing([document(75, '1000', 'H-3', '2026-02-01', 2)])],
      ['one stands in a special period', ['N-3'], closing([document(75, '2000', 'N-3', '2026-01-31', 13)])],
      UNPLAYED,
    ],
    nextIsListed: [
      closing([]),
      ['one was moved and not listed', ['N-3'], closing([document(30, '2000', 'N-3', '2026-02-01', 2)])],
      ['one was moved, and the list says another day', ['N-1'], closing([], { accruals: [accrual('N-1', '2026-02-02')] })],
      [
        'one was moved to another day than the first',
        ['N-3'],
        closing([document(30, '2000', 'N-3', '2026-02-02', 2)], { accruals: [accrual('N-1'), accrual('N-3')] }),
      ],
      ['nothing was moved', ['company 2000'], closing([], {}, without('N-1'))],
      UNPLAYED,
    ],
    refusedStays: [
      closing([]),
      ['it was refused no longer when the period opened', ['R-1'], closing([], { refused: { before: ['R-1'], reopened: [] } })],
      ['as many were refused afterwards, and others', ['R-1'], closing([], { refused: { before: ['R-1'], reopened: ['R-2'] } })],
      ['it was posted before people said so', ['R-1'], closing([document(75, '3000', 'R-1', '2026-01-05', 1)], {}, without('R-1'))],
      ['nothing was refused', ['company 3000'], closing([], { refused: { before: [], reopened: [] } })],
      UNPLAYED,
    ],
  },
  'database-set-back': {
    endsByItself: [
      knows({ ended: '71,71', refused: true }),
      ['one went on', ['hubs'], knows({ ended: '71,', refused: true })],
      ['one ended with another status', ['hubs'], knows({ ended: '71,1', refused: true })],
      ['one was started on it', ['hubs'], knows({ ended: '71,71', refused: false })],
      ['nobody looked', ['hubs', 'hubs'], knows({})],
    ],
  },
  'every scenario': {
    recovers: [
      { evidence: { ...NOTHING, restedMs: 59_000 } },
      ['it took more than a minute', ['rest'], { evidence: { ...NOTHING, restedMs: 61_000 } }],
    ],
  },
}

const OWN: { readonly [scenario: string]: { readonly [promise: string]: OwnPromise } } = {
  ...Object.fromEntries(Object.entries(SCENARIOS).flatMap(([name, { promises }]) => (promises ? [[name, promises] as const] : []))),
  'every scenario': { recovers },
}
const judged = (scenario: string, promise: string, { left = new Map(), evidence }: Seen): readonly string[] => {
  const marks: Marks = { beginsAt: at(BEGINS), endsAt: at(ENDS), left }
  return OWN[scenario]![promise]!.check(marks)(evidence).map(({ about }) => about)
}
const ROWS = Object.entries(TRIED).flatMap(([scenario, promises]) =>
  Object.entries(promises).map(([promise, [good, ...bad]]) => ({ scenario, promise, good, bad })),
)

test('each promise of each scenario is tried, and on more than one history', () => {
  const named = Object.entries(OWN).flatMap(([scenario, promises]) => Object.keys(promises).map((promise) => `${scenario}: ${promise}`))
  expect(ROWS.map(({ scenario, promise }) => `${scenario}: ${promise}`).toSorted()).toEqual(named.toSorted())
  expect(ROWS.filter(({ bad }) => bad.length === 0)).toEqual([])
})

describe('holds of a good history:', () => {
  test.each(ROWS)('$scenario, $promise', ({ scenario, promise, good }) => {
    expect(judged(scenario, promise, good)).toEqual([])
  })
  test('a machine that has more to do than it can is given as much more time', () => {
    const slow = crowded([...RUN, cleared(51, '52')], [booked(36, 'ZP1')])
    expect(judged('quarter-end-20x', 'moneyKeepsItsTime', { ...slow, evidence: { ...slow.evidence, stretch: 2 } })).toEqual([])
    expect(judged('every scenario', 'recovers', { evidence: { ...NOTHING, restedMs: 119_000, stretch: 2 } })).toEqual([])
  })
})

describe('a bad history is convicted:', () => {
  test.each(ROWS.flatMap(({ scenario, promise, bad }) => bad.map(([what, about, seen]) => ({ scenario, promise, what, about, seen }))))(
    '$scenario, $promise: $what',
    ({ scenario, promise, about, seen }) => {
      expect(judged(scenario, promise, seen)).toEqual(about)
    },
  )
})
