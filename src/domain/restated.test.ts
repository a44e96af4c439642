import { expect, it } from 'vitest'
import { NOW } from '../../test/cases/case.ts'
import { approved, arrives, bill, books, company, day, storno } from '../../test/cases/story.ts'
import { fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { ExceptionState } from './exception.ts'
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
