import { expect, test } from 'vitest'
import { isAnswer } from './look.ts'

test('what cannot be read counts against the system; an answer that decides nothing does not', () => {
  expect(isAnswer({ kind: 'unclear', says: 'HTTP 502' })).toBe(false)
  expect(isAnswer({ kind: 'unclear', says: 'Document 51 is in a state that nobody knows.', answered: true })).toBe(true)
  expect(isAnswer({ kind: 'absent' })).toBe(true)
  expect(isAnswer({ kind: 'untraceable', says: '' })).toBe(true)
})
