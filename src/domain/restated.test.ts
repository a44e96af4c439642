import { expect, it } from 'vitest'
import { NOW } from '../../test/cases/case.ts'
import { answers, approved, arrives, bill, books, company, day, storno } from '../../test/cases/story.ts'
import { fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { exceptionDecisions, type ExceptionState } from './exception.ts'
import { lawOf } from './law.ts'
import type { Arrival } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { thingsAbout } from './words.ts'

const free = bill()

function posted(...facts: readonly Arrival[]): World {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  for (const arrival of [...company(), arrives(free), ...approved(free), ...facts]) w.submit(arrival)
  return w
}
const caseOf = (w: World, cause: string): { id: string; version: number; state: ExceptionState } => {
  const [one] = [...w.records.values()].filter(({ kind, state }) => kind === 'exception' && state['cause'] === cause)
  return one as unknown as { id: string; version: number; state: ExceptionState }
}
const restatements = (w: World): number => w.log.filter(({ type }) => type === 'exception.restated').length

it('a case says what is wrong now: with a third posting, with one that was reversed, and nothing anew while it is the same', () => {
  const w = posted(books(free, '5100', day(15)), books(free, '5101', day(15)))
  expect(caseOf(w, 'posted-twice').state.says).toBe('The ERP holds 5100 and 5101.')
  const { version } = caseOf(w, 'posted-twice')
  w.submit(books(free, '5102', day(16)))
  expect(caseOf(w, 'posted-twice').state).toMatchObject({ open: true, says: 'The ERP holds 5100 and 5101 and 5102.' })
  w.submit(storno(free, '5101', day(17)))
  expect(caseOf(w, 'posted-twice').state).toMatchObject({ open: true, says: 'The ERP holds 5100 and 5102.' })
  expect(restatements(w)).toBe(2)
  // An answer to what it said before is an answer to another version.
  expect(caseOf(w, 'posted-twice').version).toBe(version + 2)
  w.pass('2026-01-31T21:00:00.000Z')
  expect(restatements(w)).toBe(2)
})

it('who accepts a difference before it is approved accepts no other accounts than are approved then', () => {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  const coding = [{ account: '4910', amount: '100.00' }]
  for (const arrival of [...company(), arrives(free), books(free, '5100', day(12), { amount: '119.50', coding })]) w.submit(arrival)
  w.submit(answers(free, 'posting-differs', 'accept-difference', day(12, 12), 'person:tom'))
  expect(caseOf(w, 'posting-differs').state.open).toBe(false)
  for (const arrival of approved(free)) w.submit(arrival)
  const again = [...w.records.values()].flatMap(({ kind, state }) =>
    kind === 'exception' && state['open'] === true ? [state['says']] : [],
  )
  expect(again).toEqual(['5100 books 119.50 EUR, the invoice says 119 EUR; 0 on 4760, approved 100; 100 on 4910, approved 0.'])
})

it('of several of one cause it says all, in whatever order they are found', () => {
  const laws = { sha256, policy: DEFAULT_POLICY }
  const two = ['Payment B came back.', 'Payment A came back.'].map((says) => ({ cause: 'payment-returned', says }) as const)
  const context = { amount: null, currency: null, party: null }
  const [raised] = exceptionDecisions(laws, 'inv', {}, two, context, NOW)
  const { exception, says } = raised!.data as { exception: string; says: string }
  expect(says).toBe('Payment A came back. Payment B came back.')
  const known = { 'payment-returned': { id: exception, open: true, times: 1, says } }
  expect(exceptionDecisions(laws, 'inv', known, two.toReversed(), context, NOW)).toEqual([])
})

it('what came while an answer was on its way to its commit is not covered by it', () => {
  const w = posted(books(free, '5100', day(15), { amount: '191.00' }))
  const things = thingsAbout(w.records.get(caseOf(w, 'posting-differs').state.about))
  w.submit(books(free, '5101', day(16), { amount: '911.00' }))
  w.submit(storno(free, '5100', day(16)))
  const { id } = caseOf(w, 'posting-differs')
  const accepts = (eventId: string, knew: readonly string[]): Arrival =>
    fact(
      'exception.answered',
      'person',
      eventId,
      day(17),
      [{ names: [id] }, free.ref],
      { exception: id, action: 'accept-difference', reason: 'fine', knew },
      { actor: 'person:tom' },
    )
  w.submit(accepts('of before', things))
  expect(caseOf(w, 'posting-differs').state.open).toBe(true)
  w.submit(accepts('of now', thingsAbout(w.records.get(caseOf(w, 'posting-differs').state.about))))
  expect(caseOf(w, 'posting-differs').state.open).toBe(false)
})

it('what one person said of it before counts no more', () => {
  const w = posted(books(free, '5100', day(15), { amount: '191.00' }))
  const { id } = caseOf(w, 'posting-differs')
  w.submit(
    fact(
      'exception.said',
      'person',
      'word',
      day(16),
      [{ names: [id] }, free.ref],
      { exception: id, action: 'accept-difference', person: 'person:tom', reason: 'fine', knew: [] },
      { actor: 'person:tom' },
    ),
  )
  expect(caseOf(w, 'posting-differs').state.said?.person).toBe('person:tom')
  w.submit(books(free, '5101', day(17), { amount: '911.00' }))
  expect(caseOf(w, 'posting-differs').state).toMatchObject({ open: true, says: expect.stringContaining('5101 books 911.00') as string })
  expect(caseOf(w, 'posting-differs').state.said).toBeUndefined()
})

it('what was answered to what it said before is no answer to what it says now', () => {
  const w = posted(books(free, '5100', day(15)), books(free, '5101', day(15)))
  w.submit(answers(free, 'posted-twice', 'reverse', day(16), 'person:tom'))
  expect(caseOf(w, 'posted-twice').state).toMatchObject({ open: true, answered: { action: 'reverse', person: 'person:lea' } })
  w.submit(books(free, '5102', day(17)))
  expect(caseOf(w, 'posted-twice').state).toMatchObject({ open: true, says: 'The ERP holds 5100 and 5101 and 5102.', answered: null })
})
