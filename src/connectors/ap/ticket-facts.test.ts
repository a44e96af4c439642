import { expect, test } from 'vitest'
import type { HttpReply } from '../../connector/request.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { personName } from '../../domain/names.ts'
import { ap } from './connector.ts'
import { ApConfig, type Setting } from './config.ts'
import { notices } from './notices.ts'
import { ticketsFeed } from './tickets-feed.ts'

const setting: Setting = { system: 'ap', sha256, config: ApConfig.parse({ url: 'https://ap.example.org' }) }
const AT = '2026-01-15T10:00:00.000Z'
const ticket = (more: object = {}): object => ({
  ticketNo: 'T-1',
  corrRef: 'inv_1',
  stage: 'INBOX',
  mark: 1,
  rev: 1,
  billKind: 'BILL',
  billNo: 'RE-1',
  creditor: { name: 'X' },
  remitTo: null,
  legalUnit: '1000',
  ccy: 'EUR',
  netTotal: '1',
  taxTotal: '0',
  grossTotal: '1',
  poRefs: [],
  openedAt: AT,
  changedAt: AT,
  coding: null,
  signers: [],
  badge: null,
  amendments: [],
  ...more,
})
const page = (...tickets: object[]): ReturnType<ReturnType<typeof ticketsFeed>['readPage']> => {
  const reply: HttpReply = {
    transport: 'http',
    status: 200,
    headers: {},
    body: new TextEncoder().encode(JSON.stringify({ tickets, mark: 7, more: false })),
  }
  return ticketsFeed(setting).readPage(reply, null, () => new Uint8Array())
}
const facts = (...tickets: object[]): unknown[] => {
  const read = page(...tickets)
  return 'observations' in read ? read.observations.map(({ type, data }) => [type, data['word'] ?? null, data['claims'] ?? null]) : []
}

test('a stage, a verdict and a badge that no table has are reported as they stand, without a claim', () => {
  expect(facts(ticket({ stage: 'LIMBO' }))).toEqual([
    ['approval.requested', null, null],
    ['status.reported', 'LIMBO', null],
  ])
  expect(facts(ticket({ signers: [{ step: 1, by: 'a', verdict: 'MAYBE', at: AT }] }))).toEqual([
    ['approval.requested', null, null],
    ['status.reported', 'MAYBE', null],
  ])
  expect(facts(ticket({ badge: { badge: 'SHINY', refs: { word: 'paid' }, at: AT } }))).toEqual([
    ['approval.requested', null, null],
    ['status.reported', 'SHINY', null],
  ])
})

test('a word that does not fit its badge is not believed', () => {
  expect(facts(ticket({ badge: { badge: 'HELD', refs: { word: 'paid' }, at: AT } })).at(-1)).toEqual(['status.reported', 'HELD', 'held'])
  expect(facts(ticket({ badge: { badge: 'NONE', refs: { word: 'approved' }, at: AT } })).at(-1)).toEqual([
    'status.reported',
    'NONE',
    'approved',
  ])
})

test('a completion names who amended which of our terms, once, whoever coded it and whatever else was amended', () => {
  const amendments = [
    { by: 'A', at: AT, changed: ['grossTotal', 'netTotal', 'billNo', 'payTotal', 'constructor'] },
    { by: 'b', at: AT, changed: ['rows', 'openedBy'] },
    { by: 'c', at: AT, changed: ['remitTo'] },
    { by: 'a', at: AT, changed: ['grossTotal', 'dueOn'] },
  ]
  const greenlit = { stage: 'GREENLIT', rev: 5, coding: { by: 'c', at: AT, lines: [] } }
  const completed = (more: object): unknown => {
    const read = page(ticket({ ...greenlit, ...more }))
    return 'observations' in read ? read.observations.find(({ type }) => type === 'approval.completed')?.data : read
  }
  expect(completed({ amendments })).toMatchObject({
    enterers: [personName('directory', 'c')],
    amended: [
      { person: personName('directory', 'a'), terms: ['dueOn', 'gross', 'net'] },
      { person: personName('directory', 'c'), terms: ['entity', 'payee'] },
    ],
  })
  expect(completed({ amendments: amendments.slice(1, 2) })).not.toHaveProperty('amended')
})

test('a number that a restored tool gives anew, to another invoice or once more to the same, is another ticket', () => {
  const ids = (more: object): string[] => {
    const at = '2026-01-16T10:00:00.000Z'
    const signers = [{ step: 1, by: 'a', verdict: 'SIGNED', at }]
    const read = page(ticket({ stage: 'GREENLIT', coding: { by: 'c', at, lines: [] }, signers, changedAt: at, ...more }))
    return 'observations' in read ? read.observations.map(({ eventId }) => eventId) : []
  }
  const [first, other] = [ids({}), ids({ corrRef: 'inv_2' })]
  expect([first.length, new Set([...first, ...other]).size]).toEqual([4, 8])
  expect(ids({ openedAt: '2026-01-15T11:00:00.000Z' })[0]).not.toBe(first[0])
})

test('a ticket that nobody can read is kept and hides no other', () => {
  const read = page({ ticketNo: 'T-9', mark: 3, stage: 5 }, ticket())
  expect(read).toMatchObject({
    unreadable: [{ reference: 'ticket T-9 at 3' }],
    observations: [{ eventId: `ticket|T-1|inv_1|opened|${AT}` }],
    cursor: '7',
  })
})

test('a notice of an unknown kind says nothing, a broken one is trouble', () => {
  const read = (value: unknown): unknown =>
    notices(setting).readNotice(new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)))
  expect(read({ type: 'ticket.juggled', timestamp: AT, data: {} })).toEqual({ observations: [] })
  expect(read({ type: 'constructor', timestamp: AT, data: {} })).toEqual({ observations: [] })
  for (const broken of [
    '',
    'null',
    '[]',
    { type: 'ticket.signed', timestamp: AT, data: { ticketNo: 'T-1' } },
    { type: 'ticket.signed', timestamp: 'noon', data: {} },
  ])
    expect(read(broken)).toHaveProperty('trouble')
})

test('without a secret for notices none are taken; a configuration key that is not known is refused', () => {
  expect(ap.open(setting.config, 'ap', { sha256 }).notices).toBeUndefined()
  expect(ap.readConfig({ url: 'https://ap.example.org', colour: 'red' })).toMatchObject({ problems: [expect.stringContaining('colour')] })
})
