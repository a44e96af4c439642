/**
 * `node rehearsal/main.ts --schedules N --seed S`: real hubs, a real database and a simulated company under faults that the seed
 * chooses, judged from outside. Interrupted, the same command goes on where it was. Exit status 0: all were played, and everything held.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { coverage, cutShort, failed, openResult, repeats, totals, writeResult, type Asked, type Played } from './result.ts'
import { Dice } from './dice.ts'
import { PER_WORLD, planOf, play, type Plan } from './schedule.ts'
import { playable } from './faults/table.ts'
import { setUpTools } from './tools.ts'
import { findFaketime, wrongClocks, type Clocks } from './world/clocks.ts'
import { TARGETS } from './world/company.ts'
import { clearAbandoned, ownFolder, Server } from './world/server.ts'
import { World } from './world/world.ts'

const ROOT = join(import.meta.dirname, '..')
/** From so many schedules on a case that never met anything fails the run, and cases are played that make a schedule wait for minutes. */
const LONG_RUN = 300

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    /** Sent in each schedule. */
    bills: { type: 'string', default: '7' },
    minutes: { type: 'string', default: '600' },
    /** Plays this one alone, in a world of its own. */
    only: { type: 'string' },
    /** Plays faults of this row of the matrix alone. */
    row: { type: 'string' },
    /** The folder whose src and sandbox are rehearsed. */
    source: { type: 'string', default: ROOT },
    /** Ends with the first schedule that is violated. */
    first: { type: 'boolean', default: false },
    out: { type: 'string' },
    keep: { type: 'string', default: join(tmpdir(), 'tieout-rehearsals') },
  },
})
const number = (text: string): number => {
  if (!/^\d{1,9}$/u.test(text)) throw new Error(`${text} is no whole number.`)
  return Number(text)
}
const [seed, schedules, workers, minutes] = [number(values.seed), number(values.schedules), number(values.workers), number(values.minutes)]
const bills = number(values.bills)
const source = resolve(values.source)
const only = values.only === undefined ? undefined : number(values.only)
const long = schedules >= LONG_RUN
const file = resolve(
  values.out ?? join(values.keep, `${only === undefined ? `${schedules}-of` : `only-${only}-of`}-seed-${seed}-${Date.now()}.json`),
)

const { missing, mustHave } = setUpTools()
if (missing.length > 0) {
  process.stderr.write(`Some faults need ${missing.join(' and ')} (apt-get install ${missing.join(' ')}); without it they are left out.\n`)
  if (mustHave || long) process.exit(2)
}

const cases = playable(long || values.row !== undefined).filter(({ row }) => values.row === undefined || row === values.row)
mkdirSync(dirname(file), { recursive: true })
const result = openResult(file, seed, source)
const until = Date.now() + minutes * 60_000
let stopping = false
let interrupted = false

const asked: Asked = {
  indexes: only === undefined ? Array.from({ length: schedules }, (_, index) => index) : [only],
  long: only === undefined && long,
}
const known = new Set(result.schedules.map(({ index }) => index))
const indexes = asked.indexes.filter((index) => !known.has(index))
const worlds = [...Map.groupBy(indexes, (index) => Math.floor(index / PER_WORLD))].map(([nth, all]) => ({ nth, all }))
const over = (): boolean => stopping || interrupted || Date.now() > until

function told(played: Played): void {
  // Its hubs were stopped under its hands: it is played anew when the run goes on.
  if (interrupted) return
  result.schedules.push(played)
  writeResult(file, result, cases)
  const faults = played.faults.map(({ name, hits }) => `${name}${hits === 0 ? ' (met nothing)' : ''}`).join('; ')
  if (values.first && played.verdict === 'violated') stopping = true
  process.stdout.write(
    `${played.verdict.padEnd(8)} ${String(played.index).padStart(4)} ${(played.tookMs / 1_000).toFixed(1).padStart(6)} s, at rest after ${played.restedMs ?? '–'} ms, a call open for ${played.openMs} ms at most [${played.spent.join(' ')}]${played.stretch > 1 ? ` (limits × ${played.stretch})` : ''}${clocksTold(played)}: ${faults}\n`,
  )
  for (const finding of played.findings) process.stdout.write(`         ${finding}\n`)
  if (played.verdict !== 'held')
    process.stdout.write(
      `         again: ${repeats(played.index, { schedules, seed, bills, row: values.row, source: source === ROOT ? undefined : source })}; what it left: ${kept(played.index)}\n`,
    )
}

const clocksTold = ({ clocks = {} }: Played): string =>
  Object.entries(clocks)
    .map(([system, away]) => ` (clock of ${system} ${away < 0 ? '' : '+'}${away} s)`)
    .join('')

const kept = (index: number): string => join(values.keep, `seed-${seed}-schedule-${index}`)

/** Of every second world the systems' clocks are wrong, where that can be played. */
const clocksOf = (nth: number): Clocks =>
  nth % 2 === 1 && findFaketime() !== undefined ? wrongClocks(new Dice(seed, `clocks ${nth}`), TARGETS) : {}

async function work(server: Server): Promise<void> {
  for (let next = worlds.shift(); next && !over(); next = worlds.shift()) {
    let world: World | undefined
    for (const index of next.all) {
      if (over()) break
      const plan = planOf(seed, index, bills, cases)
      world ??= await World.make({
        source,
        folder: ownFolder(),
        server,
        seed: seed * 1_000 + next.nth,
        clocks: clocksOf(next.nth),
        bills: PER_WORLD * bills,
      }).catch((error: unknown) => {
        told({ ...nothing(plan), findings: [`The world could not be made: ${String(error)}`] })
        return undefined
      })
      // The machine, not the product: what comes next in this world would fare no better.
      if (!world) break
      const played = { ...(await played1(world, plan)), clocks: world.clocks }
      told(played)
      if (played.verdict === 'held') continue
      // What went wrong once would be found again in every later schedule of the same world.
      cpSync(world.folder, kept(index), { recursive: true, force: true })
      await ended(world)
      world = undefined
    }
    if (world) await ended(world)
  }
}

async function played1(world: World, plan: Plan): Promise<Played> {
  try {
    const { findings, ...outcome } = await play(world, plan)
    return {
      ...outcome,
      verdict: findings.length === 0 ? 'held' : 'violated',
      findings: findings.map(({ invariant, about, says, check }) => `${invariant} ${about}: ${says} (${check})`),
    }
  } catch (error) {
    return { ...nothing(plan), findings: [error instanceof Error ? (error.stack ?? error.message) : String(error)] }
  }
}

function nothing({ index, faults }: Plan): Omit<Played, 'findings'> {
  return {
    index,
    faults: faults.map(({ fault }) => ({ name: fault.name, row: fault.row, hits: 0 })),
    tookMs: 0,
    restedMs: null,
    stretch: 1,
    openMs: 0,
    spent: [],
    verdict: 'broken',
  }
}

async function ended(world: World): Promise<void> {
  await world.end().catch((error: unknown) => {
    process.stderr.write(`A world did not end in order: ${String(error)}\n`)
  })
  rmSync(world.folder, { recursive: true, force: true })
}

await clearAbandoned()
const servers = await Promise.all(Array.from({ length: Math.min(workers, worlds.length) }, () => Server.start(source)))
// Hubs and systems end with us, and with the signal if it went to all of the group: what is being played then says nothing.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupted = true
    process.stdout.write(`\n${cutShort(result, asked, file)}`)
    void Promise.all(servers.map((server) => server.stop())).finally(() => {
      process.exit(130)
    })
  })
try {
  await Promise.all(servers.map(work))
} finally {
  await Promise.all(servers.map((server) => server.stop()))
}

writeResult(file, result, cases)
const { rows, cases: met, never, notHere } = coverage(result, cases)
const { held, violated, broken, bound, lateWritesRefused, longestOpenMs } = totals(result)
process.stdout.write(
  `\nrows of the matrix, schedules in which each met something: ${Object.entries(rows)
    .map(([row, count]) => `${row} ${count}`)
    .join(', ')}\n`,
)
process.stdout.write(
  `kill points, the same: ${cases
    .filter(({ row }) => row === 'F1')
    .map(({ name }) => `${name} ${met[name] ?? 0}`)
    .join(', ')}\n`,
)
process.stdout.write(`a call was seen under way for ${longestOpenMs} ms at most, while there was somebody to take it over\n`)
process.stdout.write(`late writes of woken hubs, refused: ${lateWritesRefused}\n`)
if (never.length > 0 && schedules >= LONG_RUN) process.stdout.write(`${never.length} cases met nothing: ${never.join('; ')}\n`)
for (const [row, why] of Object.entries(notHere)) process.stdout.write(`${row} is not here: ${why}\n`)
process.stdout.write(
  `seed ${seed}, ${result.commit}: ${held} held, ${violated} violated, ${broken} broken. ${bound}.\n${cutShort(result, asked, file)}${file}\n`,
)
// Said outright: Node may wait for ever for sockets that were reset.
process.exit(failed(result, cases, asked) ? 1 : 0)
