/** `npm start -- --once --json` as a controller's script calls it, from nothing: one object on standard output, and an exit status. */
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { startPostgres } from '../launch/postgres.mjs'
import { generateSample } from '../sandbox/sample/generate.ts'
import { COMPILED, started, temporaryFolder } from './clone.ts'

const ROOT = join(import.meta.dirname, '..')

test('with an empty home it makes a database and takes invoices of its own, by seed; all tie out, and the root is that of the whole log', async () => {
  const folder = temporaryFolder()
  const dataDir = join(folder, 'data')
  const env = { ...COMPILED, TIEOUT_DATA: dataDir, HOME: folder }
  const run = started(ROOT, ['launch/enter.cjs', 'start', '--once', '--json', '--count', '4'], env)
  let out = ''
  run.child.stdout.on('data', (chunk) => {
    out += String(chunk)
  })
  expect(await run.ended, run.output()).toBe(0)

  expect(out.split('\n'), 'one line, and nothing else').toHaveLength(2)
  const { states, systems, log, ...said } = JSON.parse(out) as {
    states: Record<string, number>
    systems: Record<string, { inStep: number; behind: number }>
    log: { size: number; sealed: number; root: string }
  }
  expect(said).toEqual({ received: 4, refused: 0, breaches: 0, exceptions: {}, notTaken: [], tiedOut: true, why: [] })
  expect(Object.keys(states).filter((state) => !['posted', 'paid', 'archived'].includes(state))).toEqual([])
  expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(4)
  expect(Object.keys(systems)).toEqual(['ap', 'archive', 'bank', 'erp', 'procurement'])
  for (const [name, steps] of Object.entries(systems)) expect([name, steps.inStep > 0, steps.behind]).toEqual([name, true, 0])

  const server = await startPostgres({ dataDir })
  onTestFinished(() => server.stop())
  const client = new Client({ connectionString: server.url('tieout') })
  await client.connect()
  const { rows } = await client.query<{ size: number; root: Buffer; events: number }>(
    'SELECT size::int, root, (SELECT count(*)::int FROM event) AS events FROM checkpoint ORDER BY size DESC LIMIT 1',
  )
  const invoices = await client.query<{ title: string }>("SELECT title FROM list_row WHERE kind = 'invoice'")
  await client.end()
  expect(rows).toEqual([{ size: log.size, root: Buffer.from(log.root, 'hex'), events: log.size }])
  expect(log).toEqual({ size: log.size, sealed: log.size, root: log.root })
  const { bills } = await generateSample({ dir: join(folder, 'again'), count: 4, seed: 1 })
  expect(invoices.rows.map(({ title }) => title).toSorted()).toEqual(bills.map(({ billNo }) => billNo).toSorted())
}, 180_000)
