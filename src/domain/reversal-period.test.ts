import { describe, expect, it } from 'vitest'
import { answers, approved, arrives, bill, books, company, day, NO_ORDER } from '../../test/cases/story.ts'
import { ENTITY, fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { EffectInput } from './effect.ts'
import type { PeriodSpan } from './event-data.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { Arrival } from './object.ts'
import { DEFAULT_POLICY, type PeriodClosed } from './policy.ts'

const NOW = '2026-01-31T20:00:00.000Z'
const free = bill(NO_ORDER)
const JANUARY: PeriodSpan = { name: '2025/10', from: '2026-01-01', to: '2026-01-31', open: true }
const FEBRUARY: PeriodSpan = { name: '2025/11', from: '2026-02-01', to: '2026-02-28', open: true }
const SHUT = { ...JANUARY, open: false }
const spans = (month: string, of: PeriodSpan, readAt: string): Arrival => ({
  ...fact('reference.read', 'erp', `spans ${month} ${readAt}`, readAt, [ENTITY], {
    asked: `period ${month}`,
    readAt,
    found: true,
    period: { open: of.open, spans: [of] },
  }),
  readBack: true,
})

/** Posted on 15 January over another amount than was approved; two people say on the 17th that it shall be reversed. */
function asked(policy: PeriodClosed, january: PeriodSpan, more: readonly Arrival[] = []) {
  const w = new World(lawOf({ ...DEFAULT_POLICY, periodClosed: { ordinarily: policy, entities: {} } }, sha256), NOW)
  const facts = [arrives(free), ...approved(free), books(free, '5100', day(15), { amount: '120.00' })]
  for (const arrival of [...company(), spans('2026-01', JANUARY, day(31, 12)), spans('2026-02', FEBRUARY, day(31, 12)), ...facts])
    w.submit(arrival)
  w.submit(spans('2026-01', january, day(31, 13)))
  for (const arrival of more) w.submit(arrival)
  w.submit(answers(free, 'posting-differs', 'reverse', day(17), 'person:tom'))
  const state = (): InvoiceState => [...w.records.values()].find(({ kind }) => kind === 'invoice')!.state as unknown as InvoiceState
  return {
    w,
    state,
    reverses: () =>
      [...w.wanted.values()].filter(({ command }) => command === 'invoice.reverse').map(({ content }) => content['reversedOn']),
    held: () => state().exceptions['reversal-held']?.open ?? false,
    says: (action: string, at: string) => {
      w.submit(answers(free, 'reversal-held', action, at, 'person:tom'))
    },
  }
}

describe('a reversal whose period is closed', () => {
  it('carries the day on which two people asked for it, and goes at once where that is open', () => {
    const { reverses, held } = asked('hold', JANUARY)
    expect([reverses(), held()]).toEqual([['2026-01-17'], false])
  })

  it('is held and a person is told, and goes by itself, on its day, when the period is open again', () => {
    const { w, reverses, held } = asked('hold', SHUT)
    expect([reverses(), held()]).toEqual([[], true])
    w.submit(spans('2026-01', JANUARY, '2026-01-31T21:00:00.000Z'))
    expect([reverses(), held()]).toEqual([['2026-01-17'], false])
  })

  it('is taken back and held when the period is closed while it waits', () => {
    const { w, reverses, held } = asked('hold', JANUARY)
    w.submit(
      fact('period.closed', 'erp', 'closed', '2026-01-31T19:30:00.000Z', [ENTITY], {
        entity: '1000',
        month: '2026-01',
        from: '2026-01-01',
        to: '2026-01-31',
        accounts: '*',
      }),
    )
    expect([reverses(), held()]).toEqual([[], true])
  })

  it('by policy is booked on the first day of the next open period, and is on no accrual list', () => {
    const { w, reverses, held } = asked('next', SHUT)
    expect([reverses(), held()]).toEqual([['2026-02-01'], false])
    expect([...w.records.values()].filter(({ kind }) => kind === 'accrual')).toEqual([])
  })

  it('held, two people say the next period: it is booked there', () => {
    const { reverses, held, says } = asked('hold', SHUT)
    says('reverse-next-period', '2026-01-31T20:30:00.000Z')
    expect([reverses(), held()]).toEqual([['2026-02-01'], false])
  })

  it('by policy refused stays so when it is opened, until two people say reverse', () => {
    const { w, reverses, held, says } = asked('refuse', SHUT)
    w.submit(spans('2026-01', JANUARY, '2026-01-31T21:00:00.000Z'))
    expect([reverses(), held()]).toEqual([[], true])
    says('reverse', '2026-01-31T21:30:00.000Z')
    expect([reverses(), held()]).toEqual([['2026-01-17'], false])
  })

  it('of a period that nobody has asked about waits for the answer', () => {
    const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
    for (const arrival of [...company(), arrives(free), ...approved(free), books(free, '5100', day(15), { amount: '120.00' })])
      w.submit(arrival)
    w.pass('2026-03-05T10:00:00.000Z')
    w.submit(answers(free, 'posting-differs', 'reverse', '2026-03-05T09:00:00.000Z', 'person:tom'))
    const of = (name: string): unknown[] =>
      [...w.wanted.values()].filter(({ command }) => command === name).map(({ content, occurrence }) => content['reversedOn'] ?? occurrence)
    expect(of('invoice.reverse')).toEqual([])
    expect(of('lookup.period').join()).toContain('2026-03')
    w.submit(spans('2026-03', { name: '2025/12', from: '2026-03-01', to: '2026-03-31', open: true }, '2026-03-05T10:00:00.000Z'))
    expect(of('invoice.reverse')).toEqual(['2026-03-05'])
  })

  it('is put on no other day while nobody knows whether it was made, and held no more once the ERP has made it', () => {
    const { w, reverses, held } = asked('next', JANUARY)
    const ends = (input: EffectInput, at: string): void => {
      const { target, command, object, occurrence, subject } = [...w.wanted.values()].find(
        (effect) => effect.command === 'invoice.reverse',
      )!
      w.submit({
        ...fact('invoice.rejected', 'hub', `${input} ${at}`, at, [{ names: [subject] }], { reason: '' }),
        type: input === 'unclear' ? 'effect.unknown' : 'effect.resolved',
        source: { system: 'hub', role: 'hub' },
        data: { effect: 'k', target, command, object, occurrence, contentHash: 'h', attempt: 1, input },
      })
    }
    ends('unclear', '2026-01-31T18:00:00.000Z')
    w.submit(spans('2026-01', SHUT, '2026-01-31T20:00:00.000Z'))
    expect([reverses(), held()]).toEqual([['2026-01-17'], false])
    ends('absent', '2026-01-31T20:00:00.000Z')
    expect([reverses(), held()]).toEqual([['2026-02-01'], false])
  })
})
