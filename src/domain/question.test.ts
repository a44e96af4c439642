import { describe, expect, it } from 'vitest'
import { ENTITY, fact, invoiceDocument, masterData, ORDER, received, SUPPLIER } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { FactData } from './event-data.ts'
import { lawOf } from './law.ts'
import type { Arrival, Ref } from './object.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { judgeQuestion, type Judged, type Question } from './question.ts'
import { VALIDATION_CONTROLS } from './controls/validation.ts'

const READ = '2026-01-15T08:00:00.000Z'
const NOW = '2026-01-15T09:00:00.000Z'
const entity = { name: 'Us AG', names: ENTITY.names.slice(0, 1) }
const supplier = { name: 'Acme GmbH', names: SUPPLIER.names.slice(0, 1) }

const QUESTIONS: { readonly [kind in Question['kind']]: Question } = {
  supplier: { kind: 'supplier', supplier },
  entity: { kind: 'entity', entity, currency: 'EUR' },
  'tax-code': { kind: 'tax-code', entity, category: 'S', rate: '19.0' },
  order: { kind: 'order', entity, supplier, order: 'PO-1', currency: 'EUR' },
  period: { kind: 'period', entity, month: '2026-01' },
}

function world(facts: readonly Arrival[]): World {
  const w = new World(lawOf(DEFAULT_POLICY, sha256), NOW)
  for (const arrival of facts) w.submit(arrival)
  return w
}
const look =
  (w: World) =>
  (name: string): ReturnType<typeof w.records.get> =>
    w.records.get(w.bound.get(name) ?? name)
const judge = (w: World, question: Question, since = READ): Judged =>
  judgeQuestion({ policy: DEFAULT_POLICY, sha256, look: look(w), asOf: NOW, since }, question)

const ask = (about: Ref, what: string, since: string, names = about.names.slice(0, 1)): Arrival =>
  fact('reference.asked', 'hub', `ask ${what} ${since}`, since, [{ names, create: about.create! }], {
    what,
    since,
    notBefore: null,
    names,
    name: 'as asked',
    question: QUESTIONS.supplier,
  } satisfies FactData['reference.asked'])
const lookups = (w: World): string[] => [...w.wanted.values()].map(({ command, occurrence }) => `${command} ${occurrence}`).toSorted()

describe('a question', () => {
  it.each(Object.values(QUESTIONS))('about $kind passes on what the ERP said, and rests on it by its event', (question) => {
    const judged = judge(world(masterData()), question)
    expect(judged).toMatchObject({ verdict: 'pass', open: [], refused: false, cause: null })
    expect(judged.evidence.filter((one) => one.main)).toMatchObject([{ answer: { readAt: READ } }])
    expect(judged.evidence.every(({ event }) => event.length > 0)).toBe(true)
  })

  it('is judged by controls that the validation gate has, and no others', () => {
    const gate = VALIDATION_CONTROLS.map(({ id }) => id)
    const used = Object.values(QUESTIONS).flatMap((question) => judge(world(masterData()), question).controls.map(({ id }) => id))
    expect(new Set(used)).toEqual(new Set(['S1', 'P2', 'T1', 'P1', 'M7']))
    expect(used.every((id) => gate.includes(id))).toBe(true)
  })

  const told = (question: Question, change: (data: Record<string, unknown>) => void): Judged =>
    judge(
      world(
        masterData().map((arrival) => {
          if (
            arrival.data['asked'] !==
            ({ supplier: 'supplier', entity: 'entity', order: 'order', 'tax-code': 'tax-code S 19', period: 'period 2026-01' } as const)[
              question.kind
            ]
          )
            return arrival
          const data = structuredClone(arrival.data) as Record<string, unknown>
          change(data)
          return { ...arrival, data: data as Arrival['data'] }
        }),
      ),
      question,
    )
  const row = (data: Record<string, unknown>, name: string): Record<string, unknown> => data[name] as Record<string, unknown>

  it.each<[Question['kind'], (data: Record<string, unknown>) => void, string]>([
    [
      'supplier',
      (data) => {
        row(data, 'supplier')['blocked'] = true
      },
      'supplier-blocked',
    ],
    [
      'supplier',
      (data) => {
        data['found'] = false
      },
      'supplier-unknown',
    ],
    // The ERP was restored, and has given the number to somebody else since.
    [
      'supplier',
      (data) => {
        row(data, 'supplier')['vatId'] = 'DE222'
      },
      'supplier-unknown',
    ],
    [
      'entity',
      (data) => {
        row(data, 'entity')['currencies'] = ['SEK']
      },
      'currency-refused',
    ],
    [
      'entity',
      (data) => {
        data['found'] = false
      },
      'entity-unknown',
    ],
    [
      'tax-code',
      (data) => {
        data['found'] = false
      },
      'tax-code-unknown',
    ],
    [
      'order',
      (data) => {
        row(data, 'order')['open'] = false
      },
      'order-unknown',
    ],
    [
      'order',
      (data) => {
        row(data, 'order')['supplier'] = 'V2'
      },
      'order-differs',
    ],
    [
      'period',
      (data) => {
        row(data, 'period')['open'] = false
      },
      'period-closed',
    ],
  ])('about %s fails with the cause that an invoice would have', (kind, change, cause) => {
    expect(told(QUESTIONS[kind], change)).toMatchObject({ verdict: 'fail', cause, open: [] })
  })

  it('a company that the ERP does not have has no tax codes, periods or orders to ask for', () => {
    const w = world([
      fact('reference.read', 'erp', 'none', READ, [ENTITY], { asked: 'entity', readAt: READ, found: false }),
      ...masterData().slice(0, 1),
    ])
    for (const kind of ['tax-code', 'period', 'order'] as const) {
      expect(judge(w, QUESTIONS[kind]), kind).toMatchObject({ verdict: 'fail', cause: 'entity-unknown', open: [] })
    }
  })

  it('what is asked about must be as fresh as wanted; what only says whom it is about may be as old as policy allows', () => {
    const w = world(masterData())
    const later = '2026-01-15T08:30:00.000Z'
    expect(judge(w, QUESTIONS.order, later).open.map(({ asked }) => asked)).toEqual(['order'])
    expect(judge(w, QUESTIONS.order, later).verdict).toBe('pass')
    w.now = '2026-01-17T09:00:00.000Z'
    const judged = judgeQuestion({ policy: DEFAULT_POLICY, sha256, look: look(w), asOf: w.now, since: READ }, QUESTIONS.order)
    expect(judged.open.map(({ asked }) => asked)).toEqual(['entity', 'supplier'])
  })

  it('without any answer is indeterminate, and says whose answers it needs first', () => {
    const judged = judge(world([]), QUESTIONS.order)
    expect(judged).toMatchObject({ verdict: 'indeterminate', cause: 'control-indeterminate', evidence: [] })
    expect(judged.open.map(({ asked }) => asked)).toEqual(['entity', 'supplier'])
  })

  it('makes a lookup, anew for each later question, and none for an earlier one', () => {
    const w = world([ask(SUPPLIER, 'supplier', '2026-01-15T08:10:00.000Z')])
    expect(lookups(w)).toEqual(['lookup.supplier supplier#2026-01-15T08:10:00.000Z'])
    w.submit(ask(SUPPLIER, 'supplier', '2026-01-15T08:20:00.000Z'))
    w.submit(ask(SUPPLIER, 'supplier', '2026-01-15T08:15:00.000Z'))
    expect(lookups(w)).toEqual(['lookup.supplier supplier#2026-01-15T08:20:00.000Z'])
  })

  it('is put again in the words of an invoice that needs the answer too', () => {
    const w = world([ask(SUPPLIER, 'supplier', '2026-01-10T08:10:00.000Z')])
    w.submit(received(invoiceDocument(), 'doc', '2026-01-11T08:00:00.000Z', 'd'.repeat(64)))
    expect([...w.wanted.values()].find(({ command }) => command === 'lookup.supplier')?.content).toMatchObject({ name: 'Acme GmbH' })
    w.submit(ask(SUPPLIER, 'supplier', '2026-01-16T08:10:00.000Z'))
    expect([...w.wanted.values()].find(({ command }) => command === 'lookup.supplier')?.content).toMatchObject({ name: 'Acme GmbH' })
  })

  it('what the feed of the ERP has made is asked for in the words of the invoice once that is too old', () => {
    const w = world(masterData('2026-01-02T08:00:00.000Z', '2026-01-02T08:00:00.000Z'))
    w.submit(received(invoiceDocument(), 'doc', '2026-01-15T08:00:00.000Z', 'd'.repeat(64)))
    expect([...w.wanted.values()].find(({ command }) => command === 'lookup.supplier')?.content).toMatchObject({
      name: 'Acme GmbH',
      names: SUPPLIER.names.slice(0, 1),
    })
    expect([...w.wanted.values()].find(({ command }) => command === 'lookup.entity')?.content).toMatchObject({
      name: 'Us AG',
      names: ENTITY.names.slice(0, 1),
    })
  })

  it('is over when the ERP cannot say, and not by a no to an earlier one', () => {
    const since = '2026-01-15T08:10:00.000Z'
    const w = world([...masterData(), ask(SUPPLIER, 'supplier', since)])
    const refused = (occurrence: string, at: string): Arrival => ({
      ...fact('invoice.rejected', 'hub', `no ${occurrence}`, at, [SUPPLIER], { reason: '' }),
      type: 'effect.refused',
      source: { system: 'hub', role: 'hub' },
      data: {
        effect: 'k',
        target: 'erp',
        command: 'lookup.supplier',
        object: 'x',
        occurrence,
        contentHash: 'h',
        attempt: 1,
        input: 'refused',
        says: 'Several fit: V1, V2.',
      },
    })
    w.submit(refused('supplier#2026-01-15T08:05:00.000Z', '2026-01-15T08:11:00.000Z'))
    expect(judge(w, QUESTIONS.supplier)).toMatchObject({ refused: false, verdict: 'pass' })
    w.submit(refused(`supplier#${since}`, '2026-01-15T08:12:00.000Z'))
    expect(judge(w, QUESTIONS.supplier)).toMatchObject({
      refused: true,
      verdict: 'indeterminate',
      says: 'The ERP cannot answer: Several fit: V1, V2.',
    })
    expect(judge(w, QUESTIONS.entity).refused).toBe(false)
  })

  it('knows its order only by the company and number together', () => {
    expect(
      judge(world(masterData()), { ...QUESTIONS.order, order: 'PO-2' } as Question).open.map(({ asked, party }) => [asked, party.names]),
    ).toEqual([['order', [ORDER.names[0]!.replace('PO-1', 'PO-2')]]])
  })
})
