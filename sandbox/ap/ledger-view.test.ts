import { afterAll, expect, test } from 'vitest'
import { Workshop, type Answer, type Loose, type System } from '../testing.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

let keys = 0
const bill = (system: System, billNo: string, more: Record<string, unknown> = {}): Promise<string> =>
  system
    .call('POST', '/tickets', {
      corrRef: `c-${billNo}`,
      billKind: 'BILL',
      billNo,
      billedOn: '2026-01-12',
      legalUnit: '1000',
      creditor: { name: 'Atelier' },
      ccy: 'EUR',
      netTotal: '100.00',
      taxTotal: '19.00',
      grossTotal: '119.00',
      openedBy: 'hub',
      ...more,
    })
    .then(({ body }) => body.ticketNo as string)
const badge = async (system: System, no: string, word: string, on: string, refs: Record<string, string> = {}): Promise<Answer> =>
  system.call('POST', `/tickets/${no}/badge`, { badge: word, on, refs, by: 'hub' }, { 'idempotency-key': `k-${(keys += 1)}` })
const view = async (system: System, asOf: string, from = '2026-02-01', more = ''): Promise<Loose> =>
  (await system.call('GET', `/ledger-view?legalUnit=1000&from=${from}&asOf=${asOf}${more}`)).body

test('what stands in the ledger on a day is what the badges of the days until then say', async () => {
  const system = await shop.start('ap', ['--data', await shop.folder()])
  await system.call('PUT', '/setup', {
    legalUnits: [
      { legalUnit: '1000', name: 'N', vatReg: '' },
      { legalUnit: '2000', name: 'M', vatReg: '' },
    ],
  })
  const paid = await bill(system, 'paid')
  const back = await bill(system, 'back')
  const memo = await bill(system, 'memo', { billKind: 'CREDIT', payTotal: '100.00' })
  const gone = await bill(system, 'gone')
  await bill(system, 'untold')
  const other = await bill(system, 'other', { legalUnit: '2000' })
  await badge(system, paid, 'AT_LEDGER', '2026-01-15', { posting: '5100000001' })
  await badge(system, paid, 'IN_RUN', '2026-01-15')
  await badge(system, paid, 'MONEY_OUT', '2026-02-10')
  await badge(system, back, 'MONEY_OUT', '2026-02-10', { posting: '5100000002' })
  await badge(system, back, 'BOUNCED', '2026-02-12')
  await badge(system, memo, 'AT_LEDGER', '2026-02-02')
  await badge(system, gone, 'AT_LEDGER', '2026-02-02')
  await badge(system, gone, 'CLOSED', '2026-02-03')
  await badge(system, other, 'AT_LEDGER', '2026-02-02')

  const rows = async (asOf: string, from?: string): Promise<unknown[]> =>
    (await view(system, asOf, from)).rows.map((row: Loose) => [row.billNo, row.payTotal, row.ledgerRef, row.atLedgerOn, row.moneyOutOn])
  expect(await rows('2026-02-09')).toEqual([
    ['paid', '119.00', '5100000001', '2026-01-15', null],
    ['memo', '-100.00', null, '2026-02-02', null],
  ])
  expect(await rows('2026-02-10')).toEqual([
    ['paid', '119.00', '5100000001', '2026-01-15', '2026-02-10'],
    ['back', '119.00', '5100000002', '2026-02-10', '2026-02-10'],
    ['memo', '-100.00', null, '2026-02-02', null],
  ])
  expect(await rows('2026-02-28')).toEqual([
    ['paid', '119.00', '5100000001', '2026-01-15', '2026-02-10'],
    ['back', '119.00', '5100000002', '2026-02-10', null],
    ['memo', '-100.00', null, '2026-02-02', null],
  ])
  expect((await rows('2026-03-31', '2026-03-01')).length).toBe(2)

  const first = await view(system, '2026-02-28', '2026-02-01', '&limit=2')
  const second = await view(system, '2026-02-28', '2026-02-01', `&limit=2&after=${first.next}`)
  expect([...first.rows, ...second.rows].map((row: Loose) => row.billNo)).toEqual(['paid', 'back', 'memo'])
  expect((await system.call('GET', '/ledger-view?legalUnit=1000&asOf=2026-02-28')).status).toBe(400)
  expect((await system.call('GET', '/ledger-view?legalUnit=9&from=2026-02-01&asOf=2026-02-28')).body.error).toBe('UNIT_UNKNOWN')
})

test('a badge without a day is of the day on which it was told', async () => {
  const system = await shop.start('ap', ['--data', await shop.folder()])
  await system.call('PUT', '/setup', { legalUnits: [{ legalUnit: '1000', name: 'N', vatReg: '' }] })
  const no = await bill(system, 'RE-1')
  await system.call('POST', `/tickets/${no}/badge`, { badge: 'AT_LEDGER', by: 'hub' }, { 'idempotency-key': 'k' })
  const ticket = (await system.call('GET', `/tickets/${no}`)).body
  expect(ticket.badge.on).toBe(ticket.badge.at.slice(0, 10))
  expect((await view(system, ticket.badge.on)).rows).toMatchObject([{ atLedgerOn: ticket.badge.on }])
})
