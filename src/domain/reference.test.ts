/** What a system says of a supplier by its own clock, beside what it answered when we asked, by ours. */
import { expect, test } from 'vitest'
import type { Event, EventType } from './event.ts'
import type { Json } from '../lib/canonical-json.ts'
import { evolveReference, NO_REFERENCE, stopsSupplier, type ReferenceState } from './reference.ts'

const day = (time: string): string => `2026-01-15T${time}:00.000Z`
const told = (type: EventType, occurredAt: string, recordedAt: string, data: { readonly [key: string]: Json }): Event => ({
  id: `evt_${type} ${occurredAt}`,
  type,
  v: 1,
  objects: ['sup_1'],
  source: { system: 'erp', role: 'erp' },
  grade: 'settled',
  actor: 'system:erp',
  occurredAt: day(occurredAt),
  recordedAt: day(recordedAt),
  data,
})
const answered = (at: string, blocked: boolean): Event =>
  told('reference.read', at, at, {
    asked: 'supplier',
    readAt: day(at),
    found: true,
    supplier: { number: 'V1', name: 'Acme', active: true, blocked, accounts: [] },
  })
const blocked = (at: string, heardAt: string): Event => told('supplier.blocked', at, heardAt, { supplier: 'V1', reason: 'in doubt' })
const activated = (at: string, heardAt: string): Event => told('supplier.activated', at, heardAt, { supplier: 'V1' })
const stops = (...events: Event[]): boolean =>
  stopsSupplier(
    events.reduce((state, event) => evolveReference<ReferenceState>('supplier', state, event), NO_REFERENCE),
    'erp',
  )

test.each([0, -5, 5])('a block that is heard after the answer counts, by a clock that is %i hours from ours', (hours) => {
  const theirs = (hour: number): string => `${String(hour + hours).padStart(2, '0')}:05`
  expect(stops(answered('10:00', false), blocked(theirs(10), '10:06'))).toBe(true)
  expect(stops(answered('10:00', false), blocked(theirs(10), '10:06'), activated(theirs(11), '11:06'))).toBe(false)
  expect(stops(blocked(theirs(9), '09:06'), answered('10:00', false))).toBe(false)
  expect(stops(blocked(theirs(9), '09:06'), answered('10:00', true), activated(theirs(11), '11:06'))).toBe(false)
})

test('heard in the moment in which we asked, the clocks have to say which was first', () => {
  expect(stops(answered('10:00', false), blocked('09:59', '10:00'))).toBe(false)
  expect(stops(answered('10:00', false), blocked('10:01', '10:00'))).toBe(true)
})
