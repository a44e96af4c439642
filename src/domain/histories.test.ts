/** The law over thousands of random histories: what must hold for each, whatever happened and in whatever order we heard of it. */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { invoiceDocument, masterData, received } from '../../test/facts.ts'
import { World } from '../../test/world.ts'
import { axesOf, type Axes } from './axes.ts'
import { headlineOf, livePostings, warranted } from './headline.ts'
import { evolveInvoice } from './invoice.ts'
import { NO_INVOICE, type InvoiceState } from './invoice-state.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Arrival, ObjectRecord } from './object.ts'
import { HEADLINE_STATES } from './routes.ts'

import { NOW, day, law, HISTORIES, type History } from '../../test/possible-histories.ts'

const RUNS = Number(process.env['TIEOUT_RUNS'] ?? 3000)
const SEED = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 1_000_000)
const VERDICTS = ['validation', 'match', 'approval', 'posting'] as const

interface Outcome {
  readonly axes: Axes
  readonly headline: string | null
  readonly breaches: readonly string[]
  readonly verdicts: string
  readonly open: string
}

function run(history: History, facts: readonly Arrival[]): { world: World; outcome: Outcome | null } {
  const world = new World(law, NOW)
  for (const arrival of facts) world.submit(arrival)
  world.pass('2026-01-31T21:00:00.000Z')
  const state = world.records.get(history.id)?.state as unknown as InvoiceState | undefined
  return { world, outcome: state ? outcomeOf(state) : null }
}

function outcomeOf(state: InvoiceState): Outcome {
  const current = (gate: (typeof VERDICTS)[number]): string => {
    const verdict = state.verdicts[gate]
    // A failed verdict on a posting is news only while it is the one judged; its exception is compared below.
    return verdict &&
      (gate === 'posting'
        ? verdict.pass && livePostings(state).some(([postingNo]) => postingNo === verdict.subject)
        : gate === 'approval'
          ? axesOf(state).approval === 'complete'
          : verdict.subject === state.content?.event)
      ? String(verdict.pass)
      : '-'
  }
  const axes = axesOf(state)
  // Whether a hold, an approval taken back or a reversal came before or after the release of a payment is a matter of order; the release's own verdict says it.
  const late =
    axes.holds.length > 0 || state.approval.ends.length > 0 || Object.values(state.postings).some((posting) => posting.reversed !== null)
  const settlement = late && ['instructed', 'released', 'accepted'].includes(axes.settlement) ? 'none' : axes.settlement
  return {
    axes: { ...axes, settlement },
    headline: state.headline,
    breaches: state.breaches,
    verdicts: VERDICTS.map(current).join(),
    open: Object.entries(state.exceptions)
      .filter(([, exception]) => exception.open)
      .map(([cause]) => cause)
      .sort()
      .join(),
  }
}

const pick = (history: History, order: readonly number[]): Arrival[] => untaken(order.map((index) => history.facts[index]!))

/**
 * A receipt that is reversed after the match un-matches nothing, so there the order decides (order.test.ts). Where a match may rest
 * on the one that is reversed, the reversal is heard first.
 */
function untaken(facts: Arrival[]): Arrival[] {
  const back = facts.filter(({ type }) => type === 'receipt.reversed')
  return [...back, ...facts.filter(({ type }) => type !== 'receipt.reversed')]
}
const told = (history: History, ...orders: readonly (readonly number[])[]): string =>
  orders
    .map((order) =>
      pick(history, order)
        .map((arrival) => arrival.eventId)
        .join(' · '),
    )
    .join('\n   against\n')

const reached = new Map<string, number>()
const count = (name: string): void => {
  reached.set(name, (reached.get(name) ?? 0) + 1)
}

/** The ordinary life of an invoice, in order; how far it gets and what else happens is thrown. */
const ORDINARY = [
  'read supplier',
  'read entity',
  'read tax-code S 19',
  'read period 2026-01',
  'read order',
  'limit anna',
  'doc1',
  'erp receipt W1',
  'req',
  `grant ${day(13)}`,
  `complete ${day(13, 9)}`,
  'sent',
  'posted by reply',
  'posted 5100',
  'pay EM1',
  'release M1',
  'file M1',
  'acc M1',
  'entry 1',
  'entry 5',
  'archive',
]

/** Any part of what is possible: most facts are there most of the time, so that the further states are reached. */
const anyPart = (history: History): fc.Arbitrary<number[]> => {
  const all = history.facts
  return fc.array(fc.integer({ min: 0, max: 9 }), { minLength: all.length, maxLength: all.length }).map((dice) => {
    const bar = 3 + ((dice[0] ?? 0) % 7)
    return [...all.keys()].filter((index) => (dice[index] ?? 0) >= (index < 7 ? 1 : bar) && (index !== 6 || (dice[1] ?? 0) < 9))
  })
}

/** The ordinary life up to some point, and at most three other things. */
const ordinaryPart = (history: History): fc.Arbitrary<number[]> => {
  const usual = ORDINARY.flatMap((name) => {
    const at = history.facts.findIndex((arrival) => arrival.eventId === name)
    return at < 0 ? [] : [at]
  })
  return fc
    .tuple(fc.integer({ min: 5, max: usual.length }), fc.array(fc.integer({ min: 0, max: history.facts.length - 1 }), { maxLength: 3 }))
    .map(([length, others]) => [...new Set([...usual.slice(0, length), ...others])])
}

/** A part of what is possible, in two orders, the second with repetitions. */
const twoOrders = fc
  .tuple(fc.constantFrom(...Object.keys(HISTORIES)), fc.integer({ min: 0, max: 2 }))
  .chain(([variant, manner]) =>
    (manner === 0 ? ordinaryPart : anyPart)(HISTORIES[variant]!).chain((part) =>
      fc.tuple(
        fc.constant(variant),
        fc.shuffledSubarray(part, { minLength: part.length }),
        fc.shuffledSubarray(part, { minLength: part.length }),
        fc.shuffledSubarray(part),
      ),
    ),
  )

/** Lists as sets. */
const unordered = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null), (_key, part: unknown) =>
    Array.isArray(part) ? part.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : part,
  )

describe('the law over random histories', () => {
  it(`gives the same axes, headline, verdicts and exceptions for any order and repetition of the same facts (seed ${SEED})`, () => {
    fc.assert(
      fc.property(twoOrders, ([variant, first, second, repeated]) => {
        const history = HISTORIES[variant]!
        const a = run(history, pick(history, first))
        const b = run(history, pick(history, [...second, ...repeated]))
        expect(b.outcome, told(history, first, second)).toEqual(a.outcome)
        if (!a.outcome) return
        count(`headline ${a.outcome.headline}`)
        if (variant === 'goods')
          count(
            `goods ${a.outcome.axes.match}${first.some((index) => history.facts[index]!.eventId === 'erp receipt W1') ? '' : ' in parts'}`,
          )
        for (const [axis, value] of Object.entries(a.outcome.axes))
          for (const word of Array.isArray(value) ? (value.length > 0 ? ['some'] : ['none']) : [value]) count(`${axis} ${word}`)
        if (a.outcome.breaches.length > 0) count('with breaches')
        if (a.outcome.axes.archive === 'stale' && isWanted(a.world, history.id)) count('archive wanted anew')
      }),
      { numRuns: RUNS, seed: SEED },
    )
  }, 120_000)

  it(`says the same of a record that was stored and read again, whose parts stand in another order (seed ${SEED})`, () => {
    fc.assert(
      fc.property(twoOrders, ([variant, order]) => {
        const history = HISTORIES[variant]!
        const { world } = run(history, pick(history, order))
        const records = [...world.records.values()]
        const reread = new Map(
          records.map((record) => [record.id, { ...record, state: JSON.parse(canonicalJson(record.state)) as ObjectRecord['state'] }]),
        )
        for (const record of records) {
          const again = reread.get(record.id)!
          for (const say of ['list', 'entries', 'expect'] as const)
            expect(unordered(law[say](again)), told(history, order)).toEqual(unordered(law[say](record)))
          const look = (of: ReadonlyMap<string, ObjectRecord>) => (name: string) => of.get(world.bound.get(name) ?? name)
          // Late enough for what waits to be decided anew.
          const later = '2026-03-15T08:00:00.000Z'
          expect(unordered(law.judge(again, look(reread), later)), told(history, order)).toEqual(
            unordered(law.judge(record, look(world.records), later)),
          )
        }
      }),
      { numRuns: Math.ceil(RUNS / 10), seed: SEED },
    )
  }, 120_000)

  it(`never says paid without evidence, moves nothing on a word without authority, hides no posting; every move rests on events without which it falls (seed ${SEED})`, () => {
    fc.assert(
      fc.property(twoOrders, ([variant, order]) => {
        const history = HISTORIES[variant]!
        const first = pick(history, order)
        const { world } = run(history, first)
        const state = world.records.get(history.id)?.state as unknown as InvoiceState | undefined
        if (!state) return
        const about = world.log.filter((event) => event.objects.includes(history.id))
        const headline = headlineOf(state)
        if (headline.state === 'paid' || (headline.state === 'archived' && warranted(state, ['paid']))) {
          const settled = axesOf(state).settlement
          expect(['full', 'credit-applied', 'nothing-due']).toContain(settled)
          if (settled !== 'nothing-due')
            expect(Object.values(state.allocations).some((allocation) => allocation.undone === null && allocation.evidence !== '')).toBe(
              true,
            )
        }
        // An authoritative posting is never hidden by an earlier warrant that is missing.
        if (
          axesOf(state).posting === 'posted' &&
          state.verdicts.posting?.pass &&
          state.postings[state.verdicts.posting.subject]?.reversed === null
        ) {
          expect(['posted', 'paid', 'archived']).toContain(headline.state)
        }
        // The event that moved it names what it rests on; without any one of them the headline is lower.
        expect(state.headline).toBe(headline.state)
        const whole = rankOf(headlineOf(refold(about, history.id)).state, state)
        expect(whole).toBe(rankOf(headline.state, state))
        for (const event of headline.rests) {
          expect(about.some((known) => known.id === event)).toBe(true)
          // Renditions of one document are one leg, and so are repeated verdicts of one gate on one subject.
          const sameLeg = legOf(about.find((known) => known.id === event)!)
          const content = sameLeg.startsWith('content')
          const renditions = content && about.some((known) => known.data['content'] !== undefined && legOf(known) !== sameLeg)
          const rest = refold(
            about.filter((known) => known.id !== event && legOf(known) !== sameLeg),
            history.id,
          )
          const without = headlineOf(rest)
          // The document and the ERP's own posting of it are two legs, as are a document and its correction, a rejection and a withdrawal: the one may carry the state without the other.
          const legs =
            renditions ||
            livePostings(state).length > 1 ||
            (content && livePostings(state).length > 0) ||
            (state.rejected !== null && state.withdrawn !== null)
          if (legs || headline.state === 'received') expect(without.rests).not.toContain(event)
          else expect(rankOf(without.state, rest), `${headline.state} without ${event}`).toBeLessThan(whole)
          if (!legs) count(`falls from ${headline.state}`)
          count('removals')
        }
        // The same words from roles without authority leave everything as it is.
        const claims = new World(law, NOW)
        for (const arrival of first)
          claims.submit(
            arrival.type.startsWith('invoice.received') || !/^(approval|posting|payment|statement|clearing)/u.test(arrival.type)
              ? arrival
              : { ...arrival, source: { system: 'capture', role: 'capture' } },
          )
        const claimed = claims.records.get(history.id)?.state as unknown as InvoiceState | undefined
        // A policy that waives approval asks nobody.
        expect([...(claimed?.routed?.rules.waives ? [] : ['approved']), 'posted', 'paid']).not.toContain(claimed?.headline)
      }),
      { numRuns: Math.ceil(RUNS / 3), seed: SEED },
    )
  }, 120_000)

  it('of competing invoices with the same number exactly one is valid and each other has the exception, in every order', () => {
    const documents = ['119.00', '119.00', '238.00'].map((amount, index) => ({
      ...invoiceDocument({ dueOn: `2026-02-0${index + 1}`, issuedOn: `2026-01-0${index + 1}` }),
      ...(amount === '119.00' ? {} : { notes: [{ text: amount }] }),
    }))
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (order) => {
        const w = new World(law, NOW)
        for (const arrival of masterData(undefined, NOW)) w.submit(arrival)
        for (const index of order) w.submit(received(documents[index]!, `doc ${index}`, day(11), String(index).repeat(64)))
        const invoices = [...w.records.values()]
          .filter((record) => record.kind === 'invoice')
          .map((record) => record.state as unknown as InvoiceState)
        expect(invoices).toHaveLength(3)
        expect(invoices.filter((state) => state.headline === 'matched')).toHaveLength(1)
        expect(invoices.filter((state) => state.exceptions['duplicate-suspected']?.open)).toHaveLength(2)
      }),
    )
  })

  afterAll(() => {
    console.log(
      [...reached]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, times]) => `${name}: ${times}`)
        .join('\n'),
    )
    const zero = [
      ...HEADLINE_STATES.map((state) => `headline ${state}`),
      ...Object.entries(EXPECTED_AXES).flatMap(([axis, words]) => words.map((word) => `${axis} ${word}`)),
      'with breaches',
      'goods matched',
      'goods mismatched in parts',
      'goods matched in parts',
      'archive wanted anew',
      'removals',
      ...RANK.map((state) => `falls from ${state}`),
    ].filter((name) => !reached.get(name))
    expect(zero, 'never reached').toEqual([])
  })
})

/** Every value of every axis; the type has no holes. */
const EXPECTED_AXES: { readonly [axis in keyof Axes]: readonly string[] } = {
  document: ['received', 'observed'] satisfies Axes['document'][],
  validation: ['open', 'passed', 'failed'] satisfies Axes['validation'][],
  match: ['open', 'matched', 'mismatched', 'not-required'] satisfies Axes['match'][],
  approval: ['none', 'pending', 'complete', 'waived', 'insufficient', 'refused', 'withdrawn'] satisfies Axes['approval'][],
  posting: ['none', 'requested', 'parked', 'confirmed', 'posted', 'reversed', 'refused'] satisfies Axes['posting'][],
  settlement: [
    'none',
    'instructed',
    'released',
    'accepted',
    'part',
    'full',
    'over',
    'returned',
    'nothing-due',
    'credit-applied',
  ] satisfies Axes['settlement'][],
  archive: ['none', 'current', 'stale'] satisfies Axes['archive'][],
  holds: ['some', 'none'],
}

/** What an event contributes: two events with the same contribution can stand in for each other. */
function legOf(event: World['log'][number]): string {
  if (event.data['content'] !== undefined) return `content ${JSON.stringify(event.data['content'])}`
  if (event.data['gate'] === 'posting') return 'the verdict on a posting'
  return event.type === 'rule.evaluated' || event.type.startsWith('invoice.valid') || event.type.startsWith('invoice.match')
    ? `${event.type} ${JSON.stringify([event.data['gate'], event.data['subject']])}`
    : event.id
}

const RANK = ['received', 'validated', 'matched', 'approved', 'rejected', 'posted', 'paid', 'archived']
/** An archived refusal is one step further than a refusal, not further than a payment. */
const rankOf = (headline: string | null, state: InvoiceState): number =>
  headline === null ? -1 : headline === 'archived' && !warranted(state, ['paid']) ? RANK.indexOf('rejected') + 0.5 : RANK.indexOf(headline)

/** Whether evidence of exactly the facts that stand has been asked for. */
function isWanted(world: World, id: string): boolean {
  const { facts, evidence } = world.records.get(id)!.state as unknown as InvoiceState
  return evidence.wanted?.covers === facts
}

function refold(events: World['log'], id: string): InvoiceState {
  return events.reduce((state, event) => evolveInvoice(state, event, id), NO_INVOICE)
}
