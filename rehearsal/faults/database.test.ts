/** What a hub is told by a real PostgreSQL whose rows, statements and COMMITs are in somebody's way. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connected, freshDatabase, type FreshDatabase } from '../../test/postgres.ts'
import { Dice } from '../dice.ts'
import type { World } from '../world/world.ts'
import type { Begin, Stage } from './case.ts'
import { deadlock, failToSerialize } from './database.ts'

const stage = (world: object): Stage => ({
  world: world as World,
  dice: new Dice(1, 'database'),
  bills: [],
  lastsMs: 0,
  excuse: () => {},
})

let database: FreshDatabase
/** What the stand-in for a hub was told, by SQLSTATE, and what it committed. */
let told: Map<string, { hits: number }>
let committed: number
let over: boolean
let working: Promise<void>

beforeEach(async () => {
  database = await freshDatabase()
  await connected(database.adminUrl, (client) =>
    client.query(
      'CREATE TABLE object (n int); INSERT INTO object VALUES (0); CREATE TABLE tenant_head (n int); INSERT INTO tenant_head VALUES (0)',
    ),
  )
  ;[told, committed, over] = [new Map(), 0, false]
  working = work()
})
afterEach(async () => {
  over = true
  await working
  await database.drop()
})

/** As a hub commits: objects, then the head; again from the first statement when it was told no. */
async function work(): Promise<void> {
  await connected(database.adminUrl, async (client) => {
    while (!over) {
      try {
        await client.query('BEGIN; UPDATE object SET n = n + 1')
        await sleep(5)
        await client.query('UPDATE tenant_head SET n = n + 1')
        await client.query('COMMIT')
        committed++
      } catch (error) {
        counted((error as { code: string }).code).hits++
        await client.query('ROLLBACK')
      }
    }
  })
}
function counted(state: string): { hits: number } {
  const found = told.get(state) ?? { hits: 0 }
  told.set(state, found)
  return found
}

test.each<[string, Begin, string]>([
  ['statements that fail to serialize', failToSerialize('statement'), '40001'],
  ['COMMITs that fail to serialize', failToSerialize('commit'), '40001'],
  ['deadlocks', deadlock, '40P01'],
])('of %s a hub is told, and of nothing else; afterwards it is told nothing', { timeout: 60_000 }, async (_what, begin, state) => {
  const { name, adminUrl } = database
  const server = { url: () => adminUrl, admin: (does: (client: Client) => Promise<unknown>) => connected(adminUrl, does) }
  const { met, end } = await begin(stage({ server, database: name, hubs: [{ link: { told: counted } }] }))
  await expect.poll(() => met?.(), { timeout: 30_000 }).toBeGreaterThan(0)
  expect(await end()).toBeGreaterThan(0)
  // What was under way when it ended may have been told since.
  const all = (): unknown => [...told].map(([code, { hits }]) => [code, hits])
  const commits = async (more: number): Promise<void> => {
    const so = committed
    await expect.poll(() => committed, { timeout: 10_000 }).toBeGreaterThan(so + more)
  }
  await commits(1)
  const before = all()
  expect([...told.keys()]).toEqual([state])
  await commits(20)
  expect(all()).toEqual(before)
  // All of a transaction is done, or nothing.
  over = true
  await working
  const { rows } = await connected(adminUrl, (client) =>
    client.query('SELECT object.n AS objects, tenant_head.n AS head FROM object, tenant_head'),
  )
  expect(rows).toEqual([{ objects: committed, head: committed }])
})
