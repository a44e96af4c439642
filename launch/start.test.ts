import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { cloneWith, eventually, started, temporaryFolder } from '../test/clone.ts'
import { startPostgres } from './postgres.mjs'
import { isRunning } from './processes.mjs'

vi.setConfig({ testTimeout: 120_000 })

/** Stands in for the hub: says where it works, and whether the database is there for as long as it stops: one that stops too cuts it off. */
const PROGRAM = `
  import pg from 'pg'
  const client = new pg.Client({ connectionString: process.env.TIEOUT_DATABASE_ADMIN_URL })
  await client.connect()
  console.log('program', process.pid, process.argv.slice(2).join(' '), process.env.TIEOUT_DATA)
  process.on('SIGTERM', async () => {
    const { rows } = await client.query('SELECT 1 AS n FROM pg_sleep(0.3)')
    console.log('stopping with the database at hand:', rows[0].n === 1)
    await client.end()
    process.exit()
  })
`

function places() {
  const data = join(temporaryFolder(), 'data')
  // What a killed supervisor left running.
  onTestFinished(async () => {
    if (existsSync(join(data, 'postgres'))) await (await startPostgres({ dataDir: data })).stop()
  })
  return { data, env: { TIEOUT_DATA: data, HOME: temporaryFolder() } }
}

const pidOf = (output: string) => Number(/program (\d+)/.exec(output)![1])

test('Ctrl-C stops the program, then the database; a second start meanwhile is refused', async () => {
  const root = cloneWith(PROGRAM)
  const { data, env } = places()
  const first = started(root, ['launch/enter.cjs', 'start', '--inbox', 'invoices'], env, { detached: true })
  const output = await first.prints(/program \d+/)
  expect(output).toContain(`start --inbox invoices ${data}`)

  const second = started(root, ['launch/enter.cjs', 'start'], env)
  expect(await second.ended).toBe(1)
  expect(second.output().trim()).toBe(
    `Tieout is already running with the data in ${data} (process ${first.child.pid}). ` +
      'Stop it there with Ctrl-C, or give this one data of its own: TIEOUT_DATA=/another/folder npm start',
  )

  // As a terminal does it: to all that was not taken out of its group.
  process.kill(-first.child.pid!, 'SIGINT')
  expect(await first.ended).toBe(0)
  expect(first.output()).toMatch(/stopping with the database at hand: true\n+Stopped. Your data stay in/)
  expect(existsSync(join(data, 'postgres', 'postmaster.pid'))).toBe(false)
})

test('a kill -9 of the supervisor ends the program; the next start goes on with the database', async () => {
  const root = cloneWith(PROGRAM)
  const { env } = places()
  const first = started(root, ['launch/enter.cjs', 'start'], env)
  const pid = pidOf(await first.prints(/program \d+/))
  first.child.kill('SIGKILL')
  await eventually(
    () => !isRunning(pid),
    10_000,
    () => 'the program still runs',
  )
  const second = started(root, ['launch/enter.cjs', 'start'], env)
  expect(await second.prints(/program \d+/)).toContain('PostgreSQL was still running; going on with it')
  second.child.kill('SIGTERM')
  expect(await second.ended).toBe(0)
})

test('a program that cannot start takes everything down with its own exit status', async () => {
  const { data, env } = places()
  const run = started(cloneWith(`console.error('tieout.yaml: unknown key'); process.exit(3)`), ['launch/enter.cjs', 'start'], env)
  expect(await run.ended).toBe(3)
  expect(run.output()).toContain('tieout.yaml: unknown key')
  expect(existsSync(join(data, 'postgres', 'postmaster.pid'))).toBe(false)
})

test('with DATABASE_URL no database is started', async () => {
  const { data, env } = places()
  const program = `console.log('program', process.env.DATABASE_URL, process.env.TIEOUT_DATABASE_ADMIN_URL)`
  const run = started(cloneWith(program), ['launch/enter.cjs', 'start'], { ...env, DATABASE_URL: 'postgresql://db.example/tieout' })
  expect(await run.ended).toBe(0)
  expect(run.output()).toContain('program postgresql://db.example/tieout undefined')
  expect(existsSync(join(data, 'postgres'))).toBe(false)
})

test('reset removes the data after --yes, and refuses while they are in use or when the folder holds something else', async () => {
  const root = cloneWith(PROGRAM)
  const { data, env } = places()
  const reset = (...args: string[]) => started(root, ['launch/enter.cjs', 'tieout', 'reset', ...args], env)
  const running = started(root, ['launch/enter.cjs', 'start'], env)
  await running.prints(/program \d+/)
  const refused = reset('--yes')
  expect(await refused.ended).toBe(1)
  expect(refused.output()).toContain('already running')
  // The database outlives the kill; reset stops it before it removes its files.
  running.child.kill('SIGKILL')
  await running.ended
  const unsure = reset()
  expect(await unsure.ended).toBe(1)
  expect(unsure.output()).toContain('say --yes if it is meant')
  expect(await reset('--yes').ended).toBe(0)
  expect(existsSync(data)).toBe(false)

  const mine = temporaryFolder()
  writeFileSync(join(mine, 'holiday.jpg'), '')
  const foreign = started(root, ['launch/enter.cjs', 'tieout', 'reset', '--yes'], { ...env, TIEOUT_DATA: mine })
  expect(await foreign.ended).toBe(1)
  expect(foreign.output()).toContain('holds other files')
  expect(existsSync(join(mine, 'holiday.jpg'))).toBe(true)
})
