import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rebuild } from '../src/store/rebuild.ts'
import { TEST_LAW } from '../src/store/test-law.ts'
import { hubDatabase, type HubDatabase } from './hub-database.ts'
import { marksIn } from './marks.ts'

/** Every named point of intake at which a process may die; see src/lib/mark.ts. */
const POINTS = marksIn((file) => file.startsWith('src/intake/') || file === 'src/store/commit.ts')
/** Kills per point; TIEOUT_TEST_KILLS for more. */
const KILLS = Number(process.env['TIEOUT_TEST_KILLS'] ?? 3)
const EACH = 12

let database: HubDatabase
beforeAll(async () => {
  database = await hubDatabase()
})
afterAll(() => database.drop())

interface Ran {
  readonly signal: NodeJS.Signals | null
  readonly confirmed: readonly { readonly eventId: string; readonly id: string; readonly outcome: string }[]
}

/** Runs the intake over some numbers, to its end or to the point at which it dies. */
async function ran(first: number, last: number, killAt?: string): Promise<Ran> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'intake-process.ts'), database.url(), String(first), String(last), '2'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', ...(killAt === undefined ? {} : { TIEOUT_KILL_AT: killAt }) },
    },
  )
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  if (killAt === undefined) expect(code).toBe(0)
  const lines = text.split('\n').slice(0, -1)
  return {
    signal,
    confirmed: lines.map((line) => {
      const [eventId, id, outcome] = line.split('\t')
      return { eventId: eventId!, id: id!, outcome: outcome! }
    }),
  }
}

test('killed at every point of intake: nothing confirmed is lost, nothing is there twice', async () => {
  const hits = new Map<string, number>()
  /** Facts that were durable although nobody had been told: what makes an unanswered COMMIT hard. */
  let kept = 0
  let number = 1
  for (const point of POINTS) {
    for (let kill = 1; kill <= KILLS; kill++) {
      const [first, last] = [number, number + EACH - 1]
      number += EACH
      const killed = await ran(first, last, `${point}:${kill}`)
      if (killed.signal === 'SIGKILL') hits.set(point, (hits.get(point) ?? 0) + 1)
      // What the dead process has sent is carried out to its end before anybody looks.
      await expect.poll(nothingRuns, { timeout: 10_000 }).toBe(true)
      const survived = new Set(await idsOfLog())
      if (point === 'commit-sent')
        kept +=
          [...survived].filter((id) => id.startsWith('evt_')).length -
          (first - 1) * 3 -
          killed.confirmed.filter(({ outcome }) => outcome !== 'repeat').length
      const lost = killed.confirmed.filter(({ id }) => !survived.has(id))
      expect(lost, `${point}:${kill}: confirmed and lost`).toEqual([])
      // Whoever got no answer sends it again, all of it.
      const again = await ran(first, last)
      expect(again.signal).toBeNull()
      const sameId = new Map(killed.confirmed.map(({ eventId, id }) => [eventId, id]))
      for (const { eventId, id } of again.confirmed) expect(sameId.get(eventId) ?? id, `${eventId} keeps its id`).toBe(id)
      expect(new Set(again.confirmed.map(({ eventId }) => eventId)).size, 'all of them are confirmed now').toBe(EACH * 3)
    }
  }
  console.log(
    `killed at: ${POINTS.map((point) => `${point} ${hits.get(point) ?? 0}`).join(', ')}; facts kept by a COMMIT that was sent and never answered: ${kept}`,
  )
  expect(
    POINTS.filter((point) => hits.get(point) !== KILLS),
    'points that were not reached',
  ).toEqual([])
  expect(kept, 'facts that were durable although nobody had been told').toBeGreaterThan(0)

  const ids = await idsOfLog()
  expect(new Set(ids).size, 'no event twice').toBe(ids.length)
  expect(
    ids.filter((id) => id.startsWith('evt_')),
    'each fact once',
  ).toHaveLength((number - 1) * 3)
  const { rows } = await database.admin((client) =>
    client.query(`
    SELECT (SELECT count(*)::int FROM object WHERE kind = 'invoice') AS invoices, (SELECT count(*)::int FROM unbound) AS parked,
           (SELECT next_index = count(*) AND max("index") = count(*) - 1 FROM tenant_head, event WHERE tenant_head.tenant = 'acme' GROUP BY next_index) AS dense,
           (SELECT count(*)::int FROM effect WHERE command = 'invoice.post') AS posts, (SELECT count(*)::int FROM effect WHERE command = 'invoice.post' AND state = 'done') AS done`),
  )
  expect(rows).toEqual([{ invoices: number - 1, parked: 0, dense: true, posts: number - 1, done: number - 1 }])
  expect((await rebuild(database.pool, 'acme', TEST_LAW)).differences).toEqual([])
}, 300_000)

/** True when no statement of another connection is under way in this database, nor a transaction. */
async function nothingRuns(): Promise<boolean> {
  const { rows } = await database.admin((client) =>
    client.query(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`),
  )
  return rows.length === 0
}

async function idsOfLog(): Promise<string[]> {
  const { rows } = await database.admin((client) => client.query<{ id: string }>(`SELECT id FROM event WHERE tenant = 'acme'`))
  return rows.map((row) => row.id)
}
