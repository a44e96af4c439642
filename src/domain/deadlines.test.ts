import { describe, expect, it } from 'vitest'
import { ended } from '../../test/cases/story.ts'
import { accepted, ENTITY, entry, fact, invoiceDocument, masterData, paymentRun, posted, received } from '../../test/facts.ts'
import { orderTold } from '../../test/goods.ts'
import { sha256, World } from '../../test/world.ts'
import { bankDeadline, executionDay, ORDINARY_BANK } from './bank-deadline.ts'
import { type ExceptionState } from './exception.ts'
import { CAUSES, NEXT_OWNER, OWNER_TEAMS } from './exception-causes.ts'
import { lawOf } from './law.ts'
import type { Arrival } from './object.ts'
import type { PaymentState } from './payment.ts'
import { DEFAULT_POLICY, type Policy } from './policy.ts'

const policy = (change: Partial<Policy>): Policy => ({ ...DEFAULT_POLICY, ...change })
/** A Friday. */
const FRIDAY = '2026-01-16T15:00:00.000Z'
const cases = (w: World): ExceptionState[] =>
  [...w.records.values()].filter(({ kind }) => kind === 'exception').map(({ state }) => state as unknown as ExceptionState)

describe('the deadline of a case', () => {
  function blocked(change: Partial<Policy> = {}, dueOn = '2026-03-01'): World {
    const w = new World(lawOf(policy(change), sha256), FRIDAY)
    for (const arrival of masterData(undefined, FRIDAY)) w.submit(arrival)
    w.submit(
      received(
        { ...invoiceDocument(), dueOn, totals: { ...invoiceDocument().totals, taxInclusive: '120.00', payable: '120.00' } },
        'doc1',
        FRIDAY,
        'd'.repeat(64),
      ),
    )
    return w
  }

  it('is on business days: 48 hours from Friday afternoon are Tuesday afternoon, holidays of the company later', () => {
    expect(cases(blocked()).map(({ cause, owner, dueAt }) => [cause, owner, dueAt])).toEqual([
      ['arithmetic', 'ap-clerks', '2026-01-20T15:00:00.000Z'],
    ])
    expect(cases(blocked({ calendars: { '*': { weekend: [6, 7], holidays: ['2026-01-19'] } } }))[0]?.dueAt).toBe('2026-01-21T15:00:00.000Z')
  })

  it('is on those of the company, where it has a calendar of its own: of an invoice that is not valid, and of a payment', () => {
    const calendars = { '*': { weekend: [6, 7], holidays: [] }, '1000': { weekend: [6, 7], holidays: ['2026-01-19'] } }
    expect(cases(blocked({ calendars }))[0]?.dueAt).toBe('2026-01-21T15:00:00.000Z')
    const stopped = (change: Partial<Policy>): string[] => {
      const w = new World(lawOf(policy(change), sha256), FRIDAY)
      for (const arrival of masterData(undefined, FRIDAY)) w.submit(arrival)
      w.submit(received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)))
      const [invoice] = [...w.records.values()].filter(({ kind }) => kind === 'invoice')
      w.submit(posted({ names: [invoice!.id] }, '5100', '2026-01-15T08:00:00.000Z'))
      for (const arrival of paymentRun('5100', 'M1', 'E1', FRIDAY, '119.00', 'DE99500105175407324931')) w.submit(arrival)
      return cases(w).flatMap(({ cause, dueAt }) => (cause === 'payment-stopped' ? [dueAt] : []))
    }
    // Four hours from three in the afternoon are all that is left of the Friday, by the clock of the company.
    expect(stopped({})).toEqual(['2026-01-16T19:00:00.000Z'])
    expect(stopped({ calendars: { ...calendars, '1000': { weekend: [5, 6, 7], holidays: ['2026-01-19'] } } })).toEqual([
      '2026-01-20T03:00:00.000Z',
    ])
  })

  it('is on those of the company that an order is of, and of the company that was asked about', () => {
    const dueAt = (row: Policy['calendars'][string], cause: string, ...facts: readonly Arrival[]): string[] => {
      const w = new World(lawOf(policy({ calendars: { '1000': row } }), sha256), FRIDAY)
      for (const arrival of [...masterData(undefined, FRIDAY), ...facts]) w.submit(arrival)
      return cases(w).flatMap((one) => (one.cause === cause ? [one.dueAt] : []))
    }
    const holiday = { weekend: [6, 7], holidays: ['2026-01-19'] }
    const dearer = orderTold(
      {
        number: 'PO-1',
        entity: '1000',
        supplier: 'V1',
        currency: 'EUR',
        open: true,
        lines: [{ id: '1', quantity: '20', price: '12.00', unit: 'C62' }],
      },
      FRIDAY,
      'erp',
    )
    const repriced = (row: Policy['calendars'][string]): string[] =>
      dueAt(row, 'order-repriced', received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)), dearer)
    expect(repriced({ weekend: [6, 7], holidays: [] })).toEqual(['2026-01-20T15:00:00.000Z'])
    expect(repriced(holiday)).toEqual(['2026-01-21T15:00:00.000Z'])
    const what = 'period 2026-02'
    const silent = (row: Policy['calendars'][string]): string[] =>
      dueAt(
        row,
        'system-silent',
        fact('reference.asked', 'hub', what, FRIDAY, [ENTITY], { what, since: FRIDAY, names: [], name: 'Us AG' } as never),
        ended(ENTITY, 'effect.refused', FRIDAY, {
          target: 'erp',
          command: 'lookup.period',
          object: 'company',
          occurrence: `${what}#${FRIDAY}`,
          input: 'exhausted',
          says: 'HTTP 503',
        }),
      )
    expect(silent({ weekend: [6, 7], holidays: [] })).toEqual(['2026-01-16T19:00:00.000Z'])
    // From midnight of Tuesday by the clock of the company, which is what the ERP says of it.
    expect(silent({ ...holiday, weekend: [5, 6, 7] })).toEqual(['2026-01-20T03:00:00.000Z'])
  })

  it('when it has passed the case goes to the next owner, with another deadline, until nobody is next', () => {
    const w = blocked()
    w.pass('2026-01-20T14:59:59.000Z')
    expect(cases(w)[0]).toMatchObject({ owner: 'ap-clerks', escalations: 0 })
    w.pass('2026-01-20T15:00:00.000Z')
    expect(cases(w)[0]).toMatchObject({ owner: 'ap-lead', escalations: 1, dueAt: '2026-01-22T15:00:00.000Z' })
    w.pass('2026-01-22T15:00:00.000Z')
    expect(cases(w)[0]).toMatchObject({ owner: 'controller', escalations: 2 })
    w.pass('2026-03-30T15:00:00.000Z')
    expect(cases(w)[0]).toMatchObject({ owner: 'controller', escalations: 2 })
    expect(w.log.filter(({ type }) => type === 'exception.escalated').map(({ data }) => [data['from'], data['to']])).toEqual([
      ['ap-clerks', 'ap-lead'],
      ['ap-lead', 'controller'],
    ])
  })

  it('every team of the table leads to an end, and every cause has an owner in it', () => {
    for (const team of OWNER_TEAMS) {
      const passed = [team]
      for (let next = NEXT_OWNER[team]; next !== null; next = NEXT_OWNER[next]) {
        expect(passed).not.toContain(next)
        passed.push(next)
      }
    }
    for (const { owner, dueHours } of Object.values(CAUSES)) expect([OWNER_TEAMS.includes(owner), dueHours > 0]).toEqual([true, true])
  })
})

describe('the bank’s deadline', () => {
  it('comes from the day of execution, the cut-off and the account’s days', () => {
    const at = (executeOn: string | undefined, sentAt: string): string[] => [
      executionDay(ORDINARY_BANK, executeOn, sentAt),
      bankDeadline(ORDINARY_BANK, executeOn, sentAt),
    ]
    // Before and after 14:00 in Berlin on a Thursday; on a Saturday; asked for later.
    expect(at(undefined, '2026-01-15T12:59:00.000Z')).toEqual(['2026-01-15', '2026-01-16T11:00:00.000Z'])
    expect(at(undefined, '2026-01-15T13:01:00.000Z')).toEqual(['2026-01-16', '2026-01-19T11:00:00.000Z'])
    expect(at(undefined, '2026-01-17T09:00:00.000Z')).toEqual(['2026-01-19', '2026-01-20T11:00:00.000Z'])
    expect(at('2026-01-24', '2026-01-15T09:00:00.000Z')).toEqual(['2026-01-26', '2026-01-27T11:00:00.000Z'])
    expect(bankDeadline({ ...ORDINARY_BANK, holidays: ['2026-01-16'], days: 2 }, undefined, '2026-01-15T09:00:00.000Z')).toBe(
      '2026-01-20T11:00:00.000Z',
    )
  })

  it.each([
    ['said', true],
    ['shows only by what it tells of it', false],
  ])(
    'before it a payment is pending and no case; after it a case of treasury’s, until an entry is booked; the bank %s that it has it',
    (_how, said) => {
      const w = new World(lawOf(DEFAULT_POLICY, sha256), FRIDAY)
      for (const arrival of masterData(undefined, FRIDAY)) w.submit(arrival)
      w.submit(received(invoiceDocument(), 'doc1', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)))
      const [invoice] = [...w.records.values()].filter(({ kind }) => kind === 'invoice')
      w.submit(posted({ names: [invoice!.id] }, '5100', '2026-01-15T08:00:00.000Z'))
      for (const arrival of paymentRun('5100', 'M1', 'E1', FRIDAY)) w.submit(arrival)
      const payment = (): PaymentState => [...w.records.values()].find(({ kind }) => kind === 'payment')!.state as unknown as PaymentState
      const batch = [...w.records.values()].find(({ kind }) => kind === 'payment-batch')!
      if (said)
        w.submit({
          ...fact('invoice.rejected', 'hub', 'sent', FRIDAY, [{ names: [batch.id] }], { reason: '' }),
          type: 'effect.done',
          source: { system: 'hub', role: 'hub' },
          data: {
            effect: 'k',
            target: 'bank',
            command: 'payment.transmit',
            object: 'M1',
            occurrence: 'M1',
            contentHash: 'h',
            attempt: 1,
            input: 'done',
            receipt: { reference: 'M1.xml' },
          },
        })
      w.submit(accepted('M1', FRIDAY))
      // Friday 16:00 in Berlin is after the cut-off: carried out on Monday, told on Tuesday by noon.
      const late = (): string[] =>
        cases(w)
          .filter(({ cause, open }) => open && cause === 'bank-late')
          .map(({ owner }) => owner)
      w.pass('2026-01-20T10:59:00.000Z')
      expect([payment().progress, late()]).toEqual(['accepted', []])
      w.pass('2026-01-20T11:00:00.000Z')
      expect([payment().progress, late()]).toEqual(['accepted', ['treasury']])
      w.pass('2026-03-20T11:00:00.000Z')
      expect(payment().progress).toBe('accepted')
      w.submit(entry('1', '2026-03-21T08:00:00.000Z', 'E1'))
      expect([payment().progress, late()]).toEqual(['settled', []])
    },
  )
})
