/** The law over thousands of random histories: what must hold for each, whatever happened and in whatever order we heard of it. */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { invoiceDocument, masterData, received } from '../../test/facts.ts'
import { World } from '../../test/world.ts'
import { axesOf, type Axes } from './axes.ts'
import { livePostings } from './headline.ts'
import type { InvoiceState } from './invoice-state.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Arrival, ObjectRecord } from './object.ts'
import { HEADLINE_STATES } from './routes.ts'

import { NOW, day, law, HISTORIES, type History } from '../../test/possible-histories.ts'
import { invoiceIn, lived, pick, RUNS, SEED, told, twoOrders } from '../../test/random-histories.ts'

const VERDICTS = ['validation', 'match', 'approval', 'posting'] as const

interface Outcome {
  readonly axes: Axes
  readonly headline: string | null
  readonly breaches: readonly string[]
  readonly verdicts: string
  readonly open: string
}

function run(history: History, facts: readonly Arrival[]): { world: World; outcome: Outcome | null } {
  const world = lived(facts)
  const state = invoiceIn(world, history)
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
  // Whether a hold, an approval taken back, a second posting or a reversal came before or after the release of a payment is a matter of order; the release's own verdict says it.
  const late =
    axes.holds.length > 0 ||
    state.approval.ends.length > 0 ||
    Object.keys(state.postings).length > 1 ||
    Object.values(state.postings).some((posting) => posting.reversed !== null)
  const settlement = late && ['instructed', 'released', 'accepted'].includes(axes.settlement) ? 'none' : axes.settlement
  return {
    axes: { ...axes, settlement },
    headline: state.headline,
    breaches: state.breaches,
    verdicts: VERDICTS.map(current).join(),
    // Whether a command was refused before it was taken back or after it was wanted again is a matter of order, in the queue too: sent.test.ts.
    open: Object.entries(state.exceptions)
      .filter(([cause, exception]) => exception.open && cause !== 'refused-by-target')
      .map(([cause]) => cause)
      .sort()
      .join(),
  }
}

const reached = new Map<string, number>()
const count = (name: string): void => {
  reached.set(name, (reached.get(name) ?? 0) + 1)
}

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
  }, 240_000)

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
  }, 240_000)

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
    const values = Object.entries(AXIS_VALUES).flatMap(([axis, words]) =>
      Object.entries<boolean>(words).map(([word, reachable]) => ({ name: `${axis} ${word}`, reachable })),
    )
    expect(values.filter(({ name, reachable }) => !reachable && reached.has(name))).toEqual([])
    const zero = [
      ...HEADLINE_STATES.map((state) => `headline ${state}`),
      ...values.flatMap(({ name, reachable }) => (reachable ? [name] : [])),
      'holds some',
      'holds none',
      'with breaches',
      'goods matched',
      'goods mismatched in parts',
      'goods matched in parts',
      'archive wanted anew',
    ].filter((name) => !reached.get(name))
    expect(zero, 'never reached').toEqual([])
  })
})

/** Every value of every axis, and whether a history may reach it. */
const AXIS_VALUES: { readonly [axis in Exclude<keyof Axes, 'holds'>]: { readonly [value in Axes[axis]]: boolean } } = {
  // Before its first fact there is no invoice.
  document: { none: false, received: true, observed: true, 'taken-over': true },
  validation: { open: true, passed: true, failed: true },
  match: { open: true, matched: true, mismatched: true, 'not-required': true },
  approval: { none: true, pending: true, complete: true, waived: true, insufficient: true, refused: true, withdrawn: true },
  posting: { none: true, requested: true, parked: true, confirmed: true, posted: true, reversed: true, refused: true },
  settlement: {
    none: true,
    instructed: true,
    released: true,
    accepted: true,
    part: true,
    full: true,
    over: true,
    returned: true,
    'nothing-due': true,
    'credit-applied': true,
  },
  archive: { none: true, current: true, stale: true },
}

/** Whether evidence of exactly the facts that stand has been asked for. */
function isWanted(world: World, id: string): boolean {
  const { facts, evidence } = world.records.get(id)!.state as unknown as InvoiceState
  return evidence.wanted?.covers === facts
}
