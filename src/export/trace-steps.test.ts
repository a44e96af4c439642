import { describe, expect, it } from 'vitest'
import { EVENT_TYPES, type EventType } from '../domain/event.ts'
import type { StoredEvent } from '../store/event.ts'
import { EVENT_WORDS, wordsOf } from './event-words.ts'
import { durationOf, stepsOf, waitsOf } from './trace-steps.ts'

const AT = Date.parse('2026-01-15T08:00:00.000Z')
const instant = (ms: number): string => new Date(AT + ms).toISOString()

function event(index: number, ms: number, type: EventType, change: Partial<StoredEvent> = {}): StoredEvent {
  const bytes = Buffer.alloc(32, index)
  return {
    index,
    id: `e${index}`,
    type,
    v: 1,
    objects: ['inv_1'],
    source: { system: 'hub', role: 'hub' },
    grade: 'settled',
    actor: 'rule:x',
    occurredAt: instant(ms),
    recordedAt: instant(ms),
    data: {},
    erased: false,
    cfg: '',
    body: bytes,
    salt: bytes,
    commitment: bytes,
    leafHash: bytes,
    ...change,
  }
}
const from = (system: string, role: StoredEvent['source']['role']): Partial<StoredEvent> => ({
  source: { system, role },
  actor: `system:${system}`,
})

describe('the words of an event', () => {
  it.each(Object.keys(EVENT_WORDS) as EventType[])('%s can be told even when nothing is known of it', (type) => {
    for (const data of [{}, { controls: 'x', lines: 7, reason: null, terms: [], content: 'y', releasedBy: {}, data: { data: {} } }]) {
      const words = wordsOf(type, data)
      expect(words).not.toMatch(/undefined|null|\[object|NaN/u)
      expect(words.length).toBeGreaterThan(3)
    }
    expect(wordsOf(type, {}, true)).toContain('erased')
  })

  it('tell what matters, and of accounts only the end', () => {
    const words = wordsOf('payment.instructed', {
      messageId: 'M1',
      endToEndId: 'E1',
      amount: '119.00',
      currency: 'EUR',
      account: 'DE02120300000000202051',
      supplier: 'V1',
    })
    expect(words).toBe('payment E1 over 119.00 EUR put into file M1, to account …2051')
    expect(
      wordsOf('approval.completed', {
        terms: { gross: '119.00', currency: 'EUR' },
        enterers: ['public|person|directory carl'],
        amended: [{ person: 'public|person|directory anna', terms: ['gross', 'net'] }],
      }),
    ).toBe('approval completed: 119.00 EUR, entered by carl, amended by anna (gross, net)')
    expect(
      wordsOf('approval.granted', {
        ticket: 'T',
        step: '1',
        person: 'public|person|directory anna',
        terms: { gross: '119', currency: 'EUR' },
      }),
    ).toBe('anna said yes at step 1: 119 EUR')
    expect(
      wordsOf('effect.done', { command: 'invoice.status', occurrence: 'paid#evt_1', target: 'ap', receipt: { reference: 'T-1' } }),
    ).toBe('invoice.status (paid) to ap carried out as T-1')
    expect(wordsOf('exception.resolved', { cause: 'outcome-unknown', says: 'payment.transmit@bank: it was carried out' })).toBe(
      'case closed: Nobody can say whether the command was carried out (payment.transmit@bank: it was carried out)',
    )
    expect(wordsOf('exception.raised', { cause: 'supplier-unknown', owner: 'master-data', says: 'The ERP knows no X.' })).toBe(
      'case for master-data: The supplier is not in the ERP. The ERP knows no X.',
    )
    expect(wordsOf('invoice.state-moved', { from: 'posted', to: 'paid', breaches: ['approved'] })).toBe(
      'now paid, not approved (was posted)',
    )
    expect(wordsOf('hold.placed', { kind: 'x', reason: 'y'.repeat(5_000) }).length).toBeLessThan(300)
  })

  it('are there for every type and for no other', () => {
    expect(Object.keys(EVENT_WORDS).toSorted()).toEqual(Object.keys(EVENT_TYPES).toSorted())
  })
})

describe('the steps of a history', () => {
  it('name what they rest on by its place, as far as it is part of the history', () => {
    const steps = stepsOf('inv_1', [
      event(3, 0, 'invoice.received', { ...from('capture', 'capture'), objects: ['inv_1', 'sup_1'] }),
      event(9, 1, 'invoice.validated', {
        data: {
          rests: ['e3', 'e3', 'elsewhere'],
          controls: [{ id: 'S1', verdict: 'pass', says: 'Supplier V1 is active.', inputs: { secret: 1 } }],
        },
      }),
    ])
    expect(steps.map(({ rests }) => rests)).toEqual([[], [3]])
    expect(steps[0]).toMatchObject({ nature: 'fact', with: ['sup_1'], leafHash: '03'.repeat(32) })
    expect(steps[1]?.controls).toEqual([{ id: 'S1', verdict: 'pass', says: 'Supplier V1 is active.' }])
  })
})

describe('waits', () => {
  const waits = (events: StoredEvent[], news: Parameters<typeof waitsOf>[2] = []): (string | null)[][] =>
    waitsOf(stepsOf('inv_1', events), events, news).map(({ for: whom, says }) => [whom, says])

  it('are for whoever ended them', () => {
    expect(
      waits([
        event(1, 0, 'invoice.received', from('capture', 'capture')),
        event(2, 999, 'invoice.state-moved'),
        event(3, 4_200, 'approval.granted', from('ap', 'ap')),
        event(4, 10_000, 'effect.done', { data: { target: 'erp', command: 'invoice.post', attempt: 3 } }),
        event(5, 3_670_000, 'exception.answered', { source: { system: 'api', role: 'person' }, actor: 'person:anna' }),
      ]),
    ).toEqual([
      ['ap', 'waited 3.2 s for ap'],
      ['erp', 'waited 5.8 s for erp: invoice.post, 3 tries'],
      ['api', 'waited 1 h 1 min for anna'],
    ])
  })

  it('that a decision of ours ended are for the last news of another object, if there was any', () => {
    const events = [event(1, 0, 'invoice.received', from('capture', 'capture')), event(9, 3_200, 'invoice.validated')]
    const news = [
      { index: 0, system: 'erp', says: 'too early' },
      { index: 4, system: 'hr', says: 'said something' },
      { index: 7, system: 'erp', says: 'answers about supplier: V1' },
      { index: 10, system: 'ap', says: 'too late' },
    ]
    expect(waits(events, news)).toEqual([['erp', 'waited 3.2 s for erp, which answers about supplier: V1']])
    expect(waits(events)).toEqual([[null, 'waited 3.2 s']])
  })

  it('are none where a fact was folded long after it had been recorded', () => {
    expect(
      waits([event(5, 60_000, 'invoice.received', from('capture', 'capture')), event(2, 0, 'posting.confirmed', from('erp', 'erp'))]),
    ).toEqual([])
  })

  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [1_000, '1.0 s'],
    [59_949, '59.9 s'],
    [60_000, '1 min'],
    [245_000, '4 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d'],
    [273_600_000, '3 d 4 h'],
  ])('of %i ms last %s', (ms, words) => {
    expect(durationOf(ms)).toBe(words)
  })
})
