import { expect, it } from 'vitest'
import { NOW } from '../../test/cases/case.ts'
import { approved, arrives, bill, books, company, day, storno } from '../../test/cases/story.ts'
import { fact } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { axesOf } from './axes.ts'
import { livePostings } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { Arrival } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'

const free = bill()
/** The answer to our posting names the document of somebody else. */
const named: Arrival = { ...books(free, '5139', day(15)), readBack: false, eventId: 'answer' }
const denied = fact('status.reported', 'erp', 'look', day(15, 9), [free.ref], {
  system: 'erp',
  facet: 'posting',
  word: 'absent',
  of: '5139',
})

function told(...facts: readonly Arrival[]): { w: World; invoice: InvoiceState; open: string[] } {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  for (const arrival of [...company(), arrives(free), ...approved(free), ...facts]) w.submit(arrival)
  w.pass('2026-01-31T21:00:00.000Z')
  const state = [...w.records.values()].find(({ kind }) => kind === 'invoice')!.state as unknown as InvoiceState
  const open = Object.entries(state.exceptions).flatMap(([cause, { open: is }]) => (is ? [cause] : []))
  return { w, invoice: state, open }
}

it('of a number that only an answer named, and under which the ERP has nothing of ours, nothing stands', () => {
  const { invoice, open } = told(named, books(free, '5141', day(15)), denied)
  expect(livePostings(invoice).map(([number]) => number)).toEqual(['5141'])
  expect([axesOf(invoice).posting, open]).toEqual(['posted', []])
})

it('what another system says of it moves nothing', () => {
  const { invoice } = told(named, { ...denied, source: { system: 'ap', role: 'ap' }, actor: 'system:ap' })
  expect(livePostings(invoice).map(([number]) => number)).toEqual(['5139'])
})

it('nor does it hide that the posting was reversed', () => {
  const { invoice, open } = told(named, books(free, '5141', day(15)), denied, storno(free, '5141', day(16)))
  expect([axesOf(invoice).posting, invoice.headline, open]).toEqual(['reversed', 'approved', ['posting-reversed']])
})

it('what the ERP shows by itself stands, whatever a look had said before', () => {
  const { invoice } = told(denied, named, books(free, '5139', day(15, 10)))
  expect(livePostings(invoice).map(([number]) => number)).toEqual(['5139'])
})

it('where nothing else is there either, a person is told that it is missing', () => {
  const { invoice, open } = told(named, denied)
  expect([axesOf(invoice).posting, invoice.headline, open]).toEqual(['none', 'approved', ['divergence']])
})
