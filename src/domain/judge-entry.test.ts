import { describe, expect, it } from 'vitest'
import { fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { NOW } from '../../test/cases/case.ts'
import {
  answersPayment,
  approved,
  arrives,
  bill,
  books,
  company,
  day,
  debits,
  NO_ORDER,
  over,
  returns,
  run,
  takes,
} from '../../test/cases/story.ts'
import { axesOf } from './axes.ts'
import type { ExceptionState } from './exception.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import { batchName, paymentName } from './names.ts'
import type { Arrival } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'

const free = bill(NO_ORDER)
/** Posted as 5100, and nothing more. */
const posted = [...company(), arrives(free), ...approved(free), books(free, '5100')]
/** In a file that the bank has. */
const sent = [...run('M1', { E1: { 5100: '119.00' } }), takes('M1')]

const told = (...facts: readonly Arrival[]): World => {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  for (const arrival of facts) w.submit(arrival)
  return w
}
/** Longer than an entry waits for what it belongs to. */
const waited = (w: World): World => {
  w.pass(new Date(Date.parse(w.now) + DEFAULT_POLICY.entryGraceMs).toISOString())
  return w
}
const shown = (w: World): { headline: string | null; settlement: string; cases: readonly string[] } => {
  const states = [...w.records.values()].filter(({ kind }) => kind === 'invoice').map(({ state }) => state as unknown as InvoiceState)
  return {
    headline: states[0]!.headline,
    settlement: axesOf(states[0]!).settlement,
    cases: openIn(w).map(({ cause }) => cause),
  }
}
const openIn = (w: World): ExceptionState[] =>
  [...w.records.values()]
    .filter(({ kind }) => kind === 'exception')
    .map(({ state }) => state as unknown as ExceptionState)
    .filter(({ open }) => open)
const saysOf = (w: World, cause: string): string | undefined => openIn(w).find((one) => one.cause === cause)?.says

describe('an entry of a payment that only the ERP shows', () => {
  const shows = fact('status.reported', 'erp', 'shows P-E1', day(19), [{ names: [paymentName('M1', 'E1')], create: 'payment' }], {
    system: 'erp',
    facet: 'settlement',
    word: 'CONFIRMED',
    claims: 'settled',
    document: { number: 'P-E1', entity: '1000', supplier: 'V1', amount: '119.00', currency: 'EUR', on: '2026-01-20' },
  })
  const booked = debits('E1', '119.00', NOW, { messageId: 'M1' })

  it('waits until its file tells what it is, and settles it then', () => {
    const w = told(...posted, shows, booked)
    expect(shown(w).cases).toEqual([])
    waited(w)
    expect(saysOf(w, 'bank-entry-unknown')).toContain('Paid 119.00 EUR')
    for (const arrival of sent) w.submit(arrival)
    expect(shown(w)).toEqual({ headline: 'paid', settlement: 'full', cases: [] })
  })

  it('is judged again when what was instructed is told anew', () => {
    const w = told(...posted, ...sent.map(instructing('118.00')), booked)
    expect(saysOf(w, 'amount-differs')).toContain('is over 118.00 EUR and stays accepted.')
    w.submit({ ...instructing('119.00')(sent[0]!), eventId: 'pay E1 anew', occurredAt: day(21) })
    expect(shown(w)).toMatchObject({ headline: 'paid', settlement: 'full' })
    expect(saysOf(w, 'amount-differs')).toBeUndefined()
  })
  const instructing =
    (amount: string) =>
    (arrival: Arrival): Arrival =>
      arrival.type === 'payment.instructed'
        ? { ...arrival, data: { ...arrival.data, amount, items: [{ posting: 'erp|posting|1000 5100', amount }] } }
        : arrival
})

describe('a credit that names a payment of ours', () => {
  const paid = [...posted, ...sent, debits('E1', '119.00')]
  const credits = (amount: string, change: Parameters<typeof debits>[3] = {}, at = day(22)): Arrival =>
    debits('E1', amount, at, { direction: 'credit', ...change })
  const returned = { headline: 'posted', settlement: 'returned', cases: ['payment-returned', 'payment-returned'] }

  it.each<[string, Arrival]>([
    ['a return, whatever else it says', returns('E1', '119.00')],
    ['the reversal of a debit', credits('119.00', { reversal: true })],
    ['a credit that says no more', credits('119.0')],
  ])('of its amount takes it back, before it is booked and after: %s', (_what, credit) => {
    expect(shown(told(...paid, credit))).toEqual(returned)
    expect(shown(told(...posted, ...sent, credit, debits('E1', '119.00')))).toEqual(returned)
  })

  it.each<[string, Arrival, string]>([
    ['a part comes back', returns('E1', '19.00'), 'Received 19.00 EUR'],
    ['a customer pays under our number', credits('5000.00'), 'Received 5000.00 EUR'],
    ['it is in another currency', credits('119.00', { currency: 'USD' }), 'Received 119.00 USD'],
  ])('of another amount moves nothing, and says what stands: %s', (_what, credit, says) => {
    const w = told(...paid, credit)
    expect(shown(w)).toEqual({ headline: 'paid', settlement: 'full', cases: ['amount-differs'] })
    expect(saysOf(w, 'amount-differs')).toMatch(new RegExp(`^${says} .* over 119.00 EUR and stays settled\\.$`, 'u'))
    w.submit(returns('E1', '119.00', day(23)))
    expect(saysOf(w, 'amount-differs')).toContain('stays returned.')
  })

  it('comes once: another one is nobody’s', () => {
    const w = told(...paid, returns('E1', '119.00'), credits('119.00', {}, day(23)))
    expect(shown(w)).toEqual({ ...returned, cases: [...returned.cases, 'bank-entry-unknown'] })
    expect(saysOf(w, 'bank-entry-unknown')).toMatch(/had already come back by ste_/u)
  })

  it.each([
    ['after it', [returns('E1', '119.00'), debits('E1', '119.00', day(21), { bankReference: 'another' })]],
    ['before it', [debits('E1', '119.00', day(21), { bankReference: 'another' }), returns('E1', '119.00')]],
  ])(
    'of what was booked twice leaves it open, and nobody is told to pay again unlooked: the second booking is known %s',
    (_when, facts) => {
      const w = told(...paid, ...facts)
      expect(shown(w)).toMatchObject({ headline: 'posted', settlement: 'returned' })
      expect(shown(w).cases.toSorted()).toEqual(['bank-entry-unknown', ...returned.cases])
      expect(saysOf(w, 'bank-entry-unknown')).toMatch(/already settled by ste_\w+\. It came back by ste_\w+\. Do not pay it again before/u)
    },
  )

  it.each([
    ['after the return', [debits('E1', '119.00'), returns('E1', '119.00')], 'posted', 'returned'],
    ['without one', [debits('E1', '119.00')], 'paid', 'settled'],
    ['before it is booked', [], 'posted', 'accepted'],
  ])('and is taken back by a debit is for a person to say: %s', (_what, before, headline, progress) => {
    const w = told(...posted, ...sent, ...before, debits('E1', '119.00', day(24), { reversal: true }))
    expect(shown(w)).toMatchObject({ headline })
    expect(saysOf(w, 'bank-entry-unknown')).toContain(
      `The bank takes a credit back with it. The payment that it names is over 119.00 EUR and stays ${progress}.`,
    )
  })
})

describe('a payment that is booked by itself and with its file', () => {
  const second = bill({ ...over('50.00'), number: 'R-2' })
  const both = [
    ...posted,
    arrives(second),
    ...approved(second),
    books(second, '5101'),
    ...run('M1', { E1: { 5100: '119.00' }, E2: { 5101: '59.50' } }),
    takes('M1'),
  ]
  const file = (amount = '178.50'): Arrival => debits('', amount, day(20), { endToEndId: undefined as never, messageId: 'M1' })
  const alone = debits('E2', '59.50', day(21))
  const headlines = (w: World): unknown[] =>
    [...w.records.values()].flatMap(({ kind, state }) => (kind === 'invoice' ? [state['headline']] : []))
  const idOf = (w: World, arrival: Arrival): string => w.bound.get(arrival.about[0]!.names[0]!)!

  it('is paid once, and the second of the two is a case that names the first', () => {
    const w = told(...both, file(), alone)
    expect([headlines(w), shown(w).cases]).toEqual([['paid', 'paid'], ['bank-entry-unknown']])
    expect(openIn(w)[0]).toMatchObject({ about: idOf(w, alone), says: expect.stringContaining(`already settled by ${idOf(w, file())}.`) })
  })

  it('so too where its own entry came first, and what else is in the file is paid', () => {
    const w = told(...both, alone, file())
    expect([headlines(w), shown(w).cases]).toEqual([['paid', 'paid'], ['bank-entry-unknown']])
    expect(openIn(w)[0]).toMatchObject({
      about: w.bound.get(paymentName('M1', 'E2')),
      says: `Booked twice: settled by ${idOf(w, alone)} alone, and by ${idOf(w, file())} with its file.`,
    })
    w.submit(answersPayment('E2', 'M1', 'bank-entry-unknown', 'explained', day(23), 'person:tom'))
    expect(shown(w).cases).toEqual([])
  })

  const refused = fact(
    'payment.rejected',
    'bank',
    'rejects E2',
    day(19),
    [{ names: [paymentName('M1', 'E2')] }, { names: [batchName('M1')] }],
    {
      messageId: 'M1',
      endToEndId: 'E2',
      code: 'AC04',
      reason: 'closed',
      document: 'b'.repeat(64),
    },
  )

  it.each([
    ['before', [refused, file('119.00'), alone]],
    ['after', [file(), refused, alone]],
    ['at last', [refused, alone, file('119.00')]],
  ])('is booked once where the bank had refused it in its file: %s', (_when, facts) => {
    const w = told(...both, ...facts)
    expect([headlines(w), shown(w).cases]).toEqual([['paid', 'paid'], []])
  })
})

describe('an invoice that an entry settled by itself', () => {
  const collected = bill({ ...NO_ORDER, paymentMeans: [{ code: '59', account: 'DE99' }] }, false)
  const ready = [...company(), arrives(collected), ...approved(collected), books(collected, '5100')]
  const booked = (at: string, change: Parameters<typeof debits>[3] = {}): Arrival =>
    debits('', '119.00', at, { endToEndId: undefined as never, remittance: 'Invoice R-1 Acme', bookedOn: at.slice(0, 10), ...change })
  const taken = booked(day(20))
  const back = (change: Parameters<typeof debits>[3] = {}): Arrival => booked(day(25), { direction: 'credit', ...change })
  const returned = { headline: 'posted', settlement: 'returned', cases: ['payment-returned'] }
  const paid = { headline: 'paid', settlement: 'full', cases: [] }

  it.each<[string, Arrival, string]>([
    ['a return', back({ returns: { code: 'MD06', reason: 'not authorised' } }), 'MD06 not authorised'],
    ['a reversal', back({ reversal: true }), 'Received 119.00 EUR on 2026-01-25: Invoice R-1 Acme'],
    ['a return that names it in its end-to-end id', back({ returns: { code: 'AC04', endToEndId: 'R-1' }, remittance: 'sorry' }), 'AC04'],
  ])('is open again when it comes back, whichever is heard of first: %s', (_what, credit, reason) => {
    for (const facts of [
      [taken, credit],
      [credit, taken],
    ]) {
      const w = told(...ready, ...facts)
      expect(shown(w)).toEqual(returned)
      expect(saysOf(w, 'payment-returned')).toBe(`119.00 came back on 2026-01-25: ${reason}`)
    }
  })

  it('may be collected and cleared once more, and nobody is asked any longer', () => {
    const w = told(...ready, taken, back({ reversal: true }), booked(day(28)))
    expect(shown(w)).toEqual(paid)
    const record = [...w.records.values()].find(({ kind }) => kind === 'invoice')!
    const { effects, marks } = w.law.expect(record)
    const entryOf = (arrival: Arrival): string => w.bound.get(arrival.about[0]!.names[0]!)!
    expect(effects.find(({ command }) => command === 'settlement.clear')?.occurrence).toBe(entryOf(booked(day(28))))
    expect(marks).toContainEqual(expect.objectContaining({ command: 'settlement.clear', occurrence: entryOf(taken), input: 'undone' }))
  })

  it('is open again also where nobody had instructed it', () => {
    const w = told(...posted, taken)
    expect(shown(w)).toEqual({ ...paid, cases: ['paid-outside'] })
    w.submit(back({ returns: { code: 'AC04' } }))
    expect(shown(w)).toEqual(returned)
  })

  it.each<[string, Arrival]>([
    ['of another amount', back({ reversal: true, amount: '19.00' })],
    ['in another currency', back({ reversal: true, currency: 'USD' })],
    ['of a supplier who sends money', back()],
  ])('stays paid by a credit %s, which is a case', (_what, credit) => {
    expect(shown(told(...ready, taken, credit))).toEqual({ ...paid, cases: ['bank-entry-unknown'] })
  })

  it('stays paid where what comes back may be another’s', () => {
    const second = bill({ ...NO_ORDER, number: 'R-2', paymentMeans: [{ code: '59', account: 'DE99' }] }, false)
    const other = [arrives(second), ...approved(second), books(second, '5101'), booked(day(21), { remittance: 'R-2' })]
    const w = told(...ready, taken, ...other, back({ reversal: true, remittance: 'R-1 R-2' }))
    expect(shown(w)).toEqual({ ...paid, cases: ['bank-entry-unknown'] })
  })
})
