import { expect, test } from 'vitest'
import { EVENT_TYPES, LANES, type EventType } from './event.ts'
import { laneOf } from './lane.ts'
import { COMMANDS } from './object.ts'

test('every type of event and every command has a lane; what became of a command travels in the command’s own', () => {
  for (const type of Object.keys(EVENT_TYPES) as EventType[]) expect(LANES, type).toContain(laneOf(type, { command: 'invoice.post' }))
  for (const [command, { lane }] of Object.entries(COMMANDS))
    expect([laneOf('effect.done', { command }), laneOf('effect.unknown', { command })], command).toEqual([lane, lane])
  expect(laneOf('effect.done', {})).toBe('status')
  expect(laneOf('invoice.received', { command: 'invoice.post' })).toBe('intake')
})
