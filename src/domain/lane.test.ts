import { expect, test } from 'vitest'
import type { EffectInput } from './effect.ts'
import { EVENT_TYPES, LANES, type EventType } from './event.ts'
import { CAUSES } from './exception-causes.ts'
import type { Sent } from './invoice-state.ts'
import { casesOfSent, LANE_POLICIES, laneOf } from './lane.ts'
import { COMMANDS } from './object.ts'
import { ownersOf } from './policy.ts'

const sent = (input: EffectInput, more: Partial<Sent> = {}): Sent => ({
  occurrence: '0',
  input,
  contentHash: 'h',
  event: 'e',
  at: '2026-11-28T12:00:00.000Z',
  says: null,
  dead: false,
  receipt: null,
  ...more,
})

test('what became of a command is whose case its lane says; what was given up in doubt is asked about, not tried again', () => {
  const owners = { ...ownersOf(LANE_POLICIES), payment: { business: 'ap-lead', technical: 'treasury' } } as const
  const cases = casesOfSent(owners, {
    'invoice.post@erp': sent('refused', { says: 'period closed' }),
    'payment.transmit@bank': sent('exhausted', { dead: true, says: 'HTTP 409' }),
    'settlement.record@erp': sent('exhausted', { says: '31 calls and no clear answer' }),
    'invoice.submit@ap': sent('found-other'),
    'payment.hold@erp': sent('needs-person'),
    'invoice.status@ap': sent('done'),
    'evidence.store@archive': sent('unclear'),
  })
  expect(cases).toEqual([
    { cause: 'refused-by-target', says: 'invoice.post@erp: period closed', owner: 'ap-lead', system: 'erp' },
    { cause: 'dead-letter', says: 'payment.transmit@bank: HTTP 409', owner: 'treasury', system: 'bank' },
    { cause: 'outcome-unknown', says: 'settlement.record@erp: 31 calls and no clear answer', owner: 'engineering', system: 'erp' },
    { cause: 'found-other', says: 'invoice.submit@ap: ', owner: 'ap-lead', system: 'ap' },
    { cause: 'outcome-unknown', says: 'payment.hold@erp: no clear answer', owner: 'engineering', system: 'erp' },
  ])
  for (const { cause } of cases)
    expect(CAUSES[cause].actions).toContain(cause === 'refused-by-target' || cause === 'dead-letter' ? 'try-again' : 'it-happened')
})

test('every type of event and every command has a lane; what became of a command travels in the command’s own', () => {
  for (const type of Object.keys(EVENT_TYPES) as EventType[]) expect(LANES, type).toContain(laneOf(type, { command: 'invoice.post' }))
  for (const [command, { lane }] of Object.entries(COMMANDS))
    expect([laneOf('effect.done', { command }), laneOf('effect.unknown', { command })], command).toEqual([lane, lane])
  expect(laneOf('effect.done', {})).toBe('status')
  expect(laneOf('invoice.received', { command: 'invoice.post' })).toBe('intake')
})
