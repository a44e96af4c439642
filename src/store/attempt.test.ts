import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubDatabase, type HubDatabase } from '../../test/hub-database.ts'
import { ATTEMPT_OUTCOMES, attemptsOf, closeAttempts, openAttempts, senderGone, sendingProcesses } from './attempt.ts'
import { type ClientBase, inTenant } from './database.ts'

const NOW = '2026-11-24T12:00:00.000Z'
let database: HubDatabase
beforeAll(async () => {
  database = await hubDatabase()
})
afterAll(() => database.drop())

const read = <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => inTenant(database.pool, 'acme', work)
const open = (key: string, process: string): Promise<void> =>
  read((client) => openAttempts(client, 'acme', [{ key, n: 1, process, requestHash: 'h', openedAt: NOW, notAfter: NOW }]))

test('only what is under way or in doubt may still be sent', async () => {
  await open('under way', 'of under way')
  for (const outcome of ATTEMPT_OUTCOMES) {
    if (outcome === 'open') continue
    await open(outcome, `of ${outcome}`)
    await read((client) => closeAttempts(client, 'acme', [{ key: outcome, n: 1, outcome, says: null, receipt: null }], NOW))
  }
  expect((await read((client) => sendingProcesses(client, 'acme'))).toSorted()).toEqual(['of under way', 'of unknown'])
  const [done] = await read((client) => attemptsOf(client, 'acme', ['done']))
  expect(done).toMatchObject({ closedAt: NOW, senderDoneAt: NOW })
})

test('that its process is gone is noted of so many tries at a time, until it is noted of all', async () => {
  const keys = ['a', 'b', 'c']
  for (const key of keys) await open(key, 'gone')
  await open('d', 'living')
  const noted = async (): Promise<number> => {
    await read((client) => senderGone(client, 'acme', ['gone'], NOW, 2))
    const tries = await read((client) => attemptsOf(client, 'acme', [...keys, 'd']))
    return tries.filter(({ senderDoneAt }) => senderDoneAt !== null).length
  }
  expect([await noted(), await noted(), await noted()]).toEqual([2, 3, 3])
})
