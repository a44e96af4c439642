import { expect, it } from 'vitest'
import { EVENT_TYPES } from '../../src/domain/event.ts'
import { GOLDEN, isSeen, keyOf, movesOf, RECORDS_ONLY } from './golden.ts'

it('there is a stored event of every version of every type, at the kind of object that it is about', () => {
  const wanted = Object.entries(EVENT_TYPES).flatMap(([type, { v, about }]) =>
    Array.from({ length: v }, (_, before) => `${type} ${before + 1} ${about}`),
  )
  const lines = GOLDEN.map(keyOf)
  expect(wanted.filter((line) => !lines.includes(line))).toEqual([])
  expect(lines).toEqual([...new Set(lines)].sort())
})

it.each(GOLDEN)('$event.type, version $event.v, makes of an object what it always made of it ($object)', (line) => {
  expect(
    movesOf(line),
    `A type that means something else now is a new version of it, beside the old one. Where a state only has another member, take the line out and have it written anew.`,
  ).toEqual(line.moves)
  expect(isSeen(line.moves)).toBe(!RECORDS_ONLY.has(line.event.type))
})
