import { describe, expect, it } from 'vitest'
import { company, answers, approved, arrives, bill, books, complete, corrects, day, NO_ORDER, over, yes } from '../../test/cases/story.ts'
import { ENTITY, fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { AccrualState } from './accrual.ts'
import type { EffectInput } from './effect.ts'
import type { PeriodSpan } from './event-data.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { ExceptionState } from './exception.ts'
import { lawOf } from './law.ts'
import { DEFAULT_POLICY, type PeriodClosed } from './policy.ts'
import type { Arrival } from './object.ts'

const NOW = '2026-01-31T20:00:00.000Z'
const free = bill(NO_ORDER)
const said = (type: 'period.opened' | 'period.closed', at: string, accounts = '*', from = '2026-01-01', to = '2026-01-31'): Arrival =>
  fact(type, 'erp', `${type} ${at} ${accounts} ${from}`, at, [ENTITY], { entity: '1000', month: from.slice(0, 7), from, to, accounts })
const spans = (month: string, of: readonly PeriodSpan[], readAt = day(31, 12)): Arrival => ({
  ...fact('reference.read', 'erp', `spans ${month} ${readAt}`, readAt, [ENTITY], {
    asked: `period ${month}`,
    readAt,
    found: true,
    period: { open: of[0]?.open ?? false, spans: of },
  }),
  readBack: true,
})
const JANUARY: PeriodSpan = { name: '2025/10', from: '2026-01-01', to: '2026-01-31', open: true }
const FEBRUARY: PeriodSpan = { name: '2025/11', from: '2026-02-01', to: '2026-02-28', open: true }

/** Approved, and waiting to be posted on 31 January. */
function waiting(closed: PeriodClosed = 'hold'): {
  w: World
  state: () => InvoiceState
  posts: () => unknown[]
  cases: () => string[]
  accruals: () => AccrualState[]
} {
  const w = new World(lawOf({ ...DEFAULT_POLICY, periodClosed: { ordinarily: closed, entities: {} } }, sha256), NOW)
  for (const arrival of [...company(), spans('2026-01', [JANUARY]), spans('2026-02', [FEBRUARY]), arrives(free), ...approved(free)])
    w.submit(arrival)
  const state = (): InvoiceState => [...w.records.values()].find(({ kind }) => kind === 'invoice')!.state as unknown as InvoiceState
  return {
    w,
    state,
    posts: () => [...w.wanted.values()].filter(({ command }) => command === 'invoice.post').map(({ content }) => content['postedOn']),
    cases: () =>
      Object.entries(state().exceptions)
        .filter(([, { open }]) => open)
        .map(([cause]) => cause),
    accruals: () =>
      [...w.records.values()].filter(({ kind }) => kind === 'accrual').map((record) => record.state as unknown as AccrualState),
  }
}

/** Its period is closed, it is on the accrual list, and a person has booked that. */
function booked(): { w: World; about: string; toTakeBack: () => ExceptionState[] } {
  const { w } = waiting('next')
  w.submit(said('period.closed', day(31, 19)))
  const about = [...w.records.values()].find(({ kind }) => kind === 'accrual')!.id
  w.submit(fact('accrual.booked', 'person', 'booked', NOW, [{ names: [about] }], { document: '4711' }, { actor: 'person:lea' }))
  return {
    w,
    about,
    toTakeBack: () =>
      [...w.records.values()]
        .filter(({ kind }) => kind === 'exception')
        .map(({ state }) => state as unknown as ExceptionState)
        .filter(({ cause, open }) => cause === 'accrual-to-take-back' && open),
  }
}

describe('a posting whose period is closed while it waits', () => {
  it('is held and a person is told, and goes on by itself when the period is open again', () => {
    const { w, state, posts, cases, accruals } = waiting()
    expect(posts()).toEqual(['2026-01-31'])
    w.submit(said('period.closed', day(31, 19)))
    expect([posts(), cases(), accruals(), state().headline]).toEqual([[], ['period-closed'], [], 'approved'])
    w.submit(spans('2026-01', [JANUARY], '2026-01-31T21:00:00.000Z'))
    expect([posts(), cases()]).toEqual([['2026-01-31'], []])
  })

  it('opened for some accounts only is asked for once more, and not believed', () => {
    const { w, posts } = waiting()
    w.submit(said('period.closed', day(31, 18), 'S'))
    w.submit(spans('2026-01', [{ ...JANUARY, open: false }], day(31, 18)))
    w.submit(said('period.opened', day(31, 19), 'K'))
    expect(posts()).toEqual([])
  })

  // The ERP tells at 20:00 by our clock, of what it did at 19:59; and its clock is elsewhere.
  it.each(['2026-01-31T17:59:00.000Z', '2026-01-31T19:59:00.000Z', '2026-01-31T21:59:00.000Z'])(
    'is held, and let go when asked, whatever the clock of the ERP says: %s',
    (at) => {
      const { w, posts, cases } = waiting()
      w.submit(spans('2026-01', [JANUARY], '2026-01-31T19:30:00.000Z'))
      w.submit(said('period.closed', at))
      expect([posts(), cases()]).toEqual([[], ['period-closed']])
      w.submit(spans('2026-01', [{ ...JANUARY, open: false }], '2026-01-31T20:10:00.000Z'))
      w.pass('2026-01-31T20:20:00.000Z')
      w.submit(said('period.opened', new Date(Date.parse(at) + 1_200_000).toISOString()))
      w.submit(spans('2026-01', [JANUARY], '2026-01-31T20:21:00.000Z'))
      expect([posts(), cases()]).toEqual([['2026-01-31'], []])
    },
  )

  it('by policy is posted on the first day of the next open period, with amount and accounts on the accrual list', () => {
    const { w, state, posts, cases, accruals } = waiting('next')
    w.submit(said('period.closed', day(31, 19)))
    expect([posts(), cases()]).toEqual([['2026-02-01'], []])
    expect(accruals()).toMatchObject([
      {
        booked: null,
        listed: {
          entity: '1000',
          period: '2025/10',
          was: '2026-01-31',
          on: '2026-02-01',
          amount: '100',
          currency: 'EUR',
          accounts: [{ account: '4760', amount: '100.00' }],
        },
      },
    ])
    const id = [...w.records.values()].find(({ kind }) => kind === 'accrual')!.id
    w.submit(
      fact(
        'accrual.booked',
        'person',
        'booked',
        '2026-01-31T20:00:00.000Z',
        [{ names: [id] }],
        { document: '4711' },
        { actor: 'person:lea' },
      ),
    )
    expect(accruals()[0]?.booked).toMatchObject({ by: 'person:lea', document: '4711' })
    w.submit(books(free, '5100', day(31, 20)))
    expect(state().headline).toBe('posted')
  })

  it('is on the accrual list once, under its first period, when the next one closes, too; a correction changes the amount', () => {
    const { w, posts, accruals } = waiting('next')
    w.submit(said('period.closed', day(31, 19)))
    const [first] = accruals()
    w.submit(spans('2026-03', [{ name: '2026/1', from: '2026-03-01', to: '2026-03-31', open: true }], '2026-01-31T20:00:00.000Z'))
    w.submit(spans('2026-02', [{ ...FEBRUARY, open: false }], '2026-01-31T20:00:00.000Z'))
    expect([posts(), accruals().length]).toEqual([['2026-03-01'], 1])
    expect(accruals()[0]?.listed).toEqual({ ...first?.listed, on: '2026-03-01' })
    const dearer = bill({ ...NO_ORDER, ...over('110.00') })
    for (const arrival of [
      said('period.opened', '2026-01-31T20:30:00.000Z'),
      spans('2026-01', [JANUARY], '2026-01-31T20:30:00.000Z'),
      corrects(free, dearer, '2026-01-31T21:00:00.000Z'),
      yes(free, '2026-01-31T21:01:00.000Z', { terms: dearer.terms }),
      complete(free, '2026-01-31T21:02:00.000Z', { terms: dearer.terms }),
    ])
      w.submit(arrival)
    expect(accruals().map(({ listed }) => [listed?.was, listed?.on, listed?.amount])).toEqual([['2026-01-31', '2026-03-01', '110']])
  })

  it('is off the accrual list when the invoice is rejected, and on it again when that is taken back', () => {
    const { w, accruals } = waiting('next')
    w.submit(said('period.closed', day(31, 19)))
    w.submit(fact('invoice.rejected', 'person', 'no', '2026-01-31T20:00:00.000Z', [free.ref], { reason: 'not ours' }))
    expect(accruals()).toMatchObject([{ booked: null, dropped: { reason: 'the invoice is rejected, and no posting of it stands' } }])
    w.submit(fact('invoice.reinstated', 'person', 'yes', '2026-01-31T20:30:00.000Z', [free.ref], { reason: 'ours' }))
    expect(accruals()).toMatchObject([{ booked: null, dropped: null, listed: { was: '2026-01-31', on: '2026-02-01' } }])
  })

  it('is off the accrual list when it turns out to stand in the period after all, for a call was under way when that was closed', () => {
    const { w, state, accruals } = waiting('next')
    w.submit(said('period.closed', day(31, 19)))
    w.submit(books(free, '5100', day(31, 18), { postedOn: '2026-01-31' }))
    expect(accruals()).toMatchObject([
      { listed: { was: '2026-01-31' }, booked: null, dropped: { reason: 'it is posted as 5100 in period 2025/10 after all' } },
    ])
    expect([state().headline, state().postingPlan]).toEqual(['posted', null])
  })

  it('stays on the accrual list while that is only a word of the ERP, and when it is posted on the later day', () => {
    const { w, accruals } = waiting('next')
    w.submit(said('period.closed', day(31, 19)))
    w.submit({ ...books(free, '5100', day(31, 18), { postedOn: '2026-01-31' }), readBack: false })
    expect(accruals()).toMatchObject([{ dropped: null }])
    const later = waiting('next')
    later.w.submit(said('period.closed', day(31, 19)))
    later.w.submit(books(free, '5100', day(31, 20), { postedOn: '2026-02-01' }))
    expect([later.state().headline, later.accruals()[0]?.dropped]).toEqual(['posted', null])
  })

  it('an accrual that was booked before it turned out so is a case until somebody says that it is taken back', () => {
    const { w, toTakeBack, about } = booked()
    expect(toTakeBack()).toEqual([])
    w.submit(books(free, '5100', day(31, 18), { postedOn: '2026-01-31' }))
    expect(toTakeBack()).toMatchObject([
      {
        owner: 'ap-lead',
        amount: '100.00',
        currency: 'EUR',
        entity: '1000',
        actions: ['explained'],
        says: '4711 over 100.00 EUR (4760 100.00), in period 2025/10 of company 1000, for invoice R-1 of Acme GmbH: it is posted as 5100 in period 2025/10 after all.',
      },
    ])
    const [exception = ''] = [...w.records.keys()].filter((id) => id.startsWith('exc_'))
    const said = { exception, action: 'explained', reason: 'taken back as 4712' }
    w.submit(fact('exception.answered', 'person', 'said', w.now, [{ names: [exception] }, { names: [about] }], said))
    expect(toTakeBack()).toEqual([])
  })

  it('nor is one booked for an invoice that is rejected to stand, for as long as that is so; what was said of it once counts once', () => {
    const { w, toTakeBack, about } = booked()
    const minute = (n: number): string => `2026-01-31T20:${String(n).padStart(2, '0')}:00.000Z`
    const rejects = (n: number): void => {
      w.now = minute(n)
      w.submit(fact('invoice.rejected', 'person', `no ${n}`, w.now, [free.ref], { reason: 'not ours' }))
    }
    const reinstates = (n: number): void => {
      w.now = minute(n)
      w.submit(fact('invoice.reinstated', 'person', `yes ${n}`, w.now, [free.ref], { reason: 'ours' }))
    }
    rejects(1)
    expect(toTakeBack()).toMatchObject([
      { says: expect.stringMatching(/: the invoice is rejected, and no posting of it stands\.$/u) as string },
    ])
    reinstates(2)
    expect(toTakeBack()).toEqual([])
    rejects(3)
    expect(toTakeBack()).toHaveLength(1)
    const exception = [...w.records.values()].find(({ state }) => (state as unknown as ExceptionState) === toTakeBack()[0])!.id
    const said = { exception, action: 'explained', reason: 'taken back as 4712' }
    w.submit(fact('exception.answered', 'person', 'said', minute(4), [{ names: [exception] }, { names: [about] }], said))
    expect(toTakeBack()).toEqual([])
    reinstates(5)
    rejects(6)
    expect(toTakeBack()).toHaveLength(1)
  })

  it('is put on no other day and on no list while nobody knows whether it was posted; then as it turns out', () => {
    const ends = (w: World, input: EffectInput, at: string): void => {
      const { target, command, object, occurrence, subject } = [...w.wanted.values()].find((effect) => effect.command === 'invoice.post')!
      w.submit({
        ...fact('invoice.rejected', 'hub', `${input} ${at}`, at, [{ names: [subject] }], { reason: '' }),
        type: input === 'unclear' ? 'effect.unknown' : 'effect.resolved',
        source: { system: 'hub', role: 'hub' },
        data: { effect: 'k', target, command, object, occurrence, contentHash: 'h', attempt: 1, input },
      })
    }
    const doubted = (): ReturnType<typeof waiting> => {
      const one = waiting('next')
      ends(one.w, 'unclear', day(31, 18))
      one.w.submit(said('period.closed', day(31, 19)))
      expect([one.posts(), one.cases(), one.accruals()]).toEqual([['2026-01-31'], [], []])
      return one
    }
    const absent = doubted()
    ends(absent.w, 'absent', day(31, 20))
    expect([absent.posts(), absent.accruals().map(({ listed }) => listed?.was)]).toEqual([['2026-02-01'], ['2026-01-31']])
    const there = doubted()
    there.w.submit(books(free, '5100', day(31, 18), { postedOn: '2026-01-31' }))
    expect([there.state().headline, there.posts(), there.accruals()]).toEqual(['posted', [], []])
  })

  it('held, two people say the next period: it is posted there and listed', () => {
    const { w, posts, accruals } = waiting()
    w.submit(said('period.closed', day(31, 19)))
    w.submit(answers(free, 'period-closed', 'next-period', '2026-01-31T20:30:00.000Z', 'person:tom'))
    expect([posts(), accruals().length]).toEqual([['2026-02-01'], 1])
  })

  it('by policy refused stays so when it is opened, until a person says so', () => {
    const { w, posts, cases } = waiting('refuse')
    w.submit(said('period.closed', day(31, 19)))
    w.submit(spans('2026-01', [JANUARY], '2026-01-31T21:00:00.000Z'))
    expect([posts(), cases()]).toEqual([[], ['posting-refused-by-policy']])
    w.submit(answers(free, 'posting-refused-by-policy', 'post-again', '2026-01-31T21:30:00.000Z', 'person:tom'))
    expect([posts(), cases()]).toEqual([['2026-01-31'], []])
  })

  it('looks for the next period across the end of a year that is not the calendar’s, and past a closed one', () => {
    const { w, posts } = waiting('next')
    w.submit(spans('2026-02', [{ ...FEBRUARY, open: false }], day(31, 13)))
    w.submit(spans('2026-03', [{ name: '2026/1', from: '2026-03-02', to: '2026-03-31', open: true }], day(31, 13)))
    w.submit(said('period.closed', day(31, 19)))
    expect(posts()).toEqual(['2026-03-02'])
  })
})
