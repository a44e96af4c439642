/** What counts as met. */
import { expect, test } from 'vitest'
import { becomes, counting, later, lurking, watched } from './case.ts'

test('what is looked for counts as met once it was seen, and stays so when it is gone', async () => {
  let there = 0
  const { met, end } = watched(
    async () => there,
    async () => {},
  )
  expect(met?.()).toBe(0)
  there = 3
  expect(await becomes(async () => met?.() === 3, 5_000)).toBe(true)
  there = 0
  await later(0)
  expect(await end()).toBe(3)
})

test('what cannot be asked was not met, nor what did not end as it should', async () => {
  const away = watched(
    () => Promise.reject(new Error('away')),
    async () => {},
  )
  expect(await away.end()).toBe(0)
  const undone = watched(
    async () => 5,
    async () => false,
  )
  expect(await becomes(async () => undone.met?.() === 5, 5_000)).toBe(true)
  expect(await undone.end()).toBe(0)
})

test('a counter counts from the beginning of the fault, until it is healed and while it heals', async () => {
  const counter = { hits: 7 }
  const { met, end } = counting([counter], async () => {
    await later(0)
    counter.hits++
  })
  expect(met?.()).toBe(0)
  counter.hits++
  expect(met?.()).toBe(1)
  expect(await end()).toBe(2)
})

test('who waits for an opportunity takes one and no more, and is told of none when it is over', async () => {
  let chances = 0
  let healed = 0
  const attempt = async (): Promise<boolean> => {
    if (chances === 0) throw new Error('away')
    return --chances >= 0
  }
  const { met, end } = lurking(attempt, async () => healed++)
  await later(0)
  expect(met?.()).toBe(0)
  chances = 2
  expect(await becomes(async () => met?.() === 1, 5_000)).toBe(true)
  expect([await end(), chances, healed]).toEqual([1, 1, 1])
  chances = 0
  expect(await lurking(attempt).end()).toBe(0)
})
