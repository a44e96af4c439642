/** What a run of schedules came to: kept as a file that can be committed, gone on with after an interruption, and read by a person. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import { NOT_HERE, type FaultCase } from './faults/table.ts'
import type { Outcome } from './schedule.ts'
import type { Clocks } from './world/clocks.ts'

/** `broken`: the rig itself failed; nothing is known of the product then. */
export type Verdict = 'held' | 'violated' | 'broken'
export interface Played extends Omit<Outcome, 'findings'> {
  readonly verdict: Verdict
  readonly findings: readonly string[]
  /** Of systems, where they were wrong. */
  readonly clocks?: Clocks
}

export interface Result {
  readonly seed: number
  readonly commit: string
  readonly begun: string
  ended: string
  readonly machine: string
  readonly schedules: Played[]
}

export function openResult(file: string, seed: number, source: string): Result {
  const commit = commitOf(source)
  if (existsSync(file)) {
    const known = JSON.parse(readFileSync(file, 'utf8')) as Result
    if (known.seed === seed && known.commit === commit) return known
    throw new Error(`${file} is of seed ${known.seed} at ${known.commit}; name another file with --out.`)
  }
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${arch()}, Linux ${release()}, Node ${process.version}`
  return { seed, commit, begun: new Date().toISOString(), ended: '', machine, schedules: [] }
}

/** What a run rests on: what is rehearsed, and what rehearses and judges it. */
const RESTS_ON = ['src', 'sandbox', 'launch', 'rehearsal', 'package-lock.json', ':!rehearsal/results']

/** With `+` when the files are not those of the commit. */
export function commitOf(source: string): string {
  const git = (...args: string[]): string => spawnSync('git', args, { cwd: source, encoding: 'utf8' }).stdout?.trim() ?? ''
  return `${git('rev-parse', 'HEAD') || 'unknown'}${git('status', '--porcelain', '--', ...RESTS_ON) === '' ? '' : '+'}`
}

export function writeResult(file: string, result: Result, table: readonly FaultCase[]): void {
  result.ended = new Date().toISOString()
  const { schedules, ...head } = result
  const lines = schedules.toSorted((a, b) => a.index - b.index).map((played) => `  ${JSON.stringify(played)}`)
  writeFileSync(
    `${file}.new`,
    `${JSON.stringify({ ...head, ...totals(result), coverage: coverage(result, table) }, undefined, 1).slice(0, -2)},\n "schedules": [\n${lines.join(',\n')}\n ]\n}\n`,
  )
  renameSync(`${file}.new`, file)
}

export interface Totals {
  readonly held: number
  readonly violated: number
  readonly broken: number
  readonly bound: string
  /** Of hubs that were frozen and woken: each of their late words that counted for nothing. */
  readonly lateWritesRefused: number
  /** Of all schedules, the longest that a call was seen under way while there was somebody to take it over. */
  readonly longestOpenMs: number
}

export function totals({ schedules }: Result): Totals {
  const count = (verdict: Verdict): number => schedules.filter((played) => played.verdict === verdict).length
  const [held, violated, broken] = [count('held'), count('violated'), count('broken')]
  const judged = held + violated
  // Rule of three: no violation in n schedules bounds the share of schedules with one, at 95 %.
  const bound =
    judged === 0
      ? 'nothing was judged'
      : violated > 0
        ? `${violated} of ${judged} schedules have a violation`
        : `0 violations in ${judged} schedules: with 95 % confidence fewer than ${Math.min(100, 300 / judged).toFixed(2)} % of such schedules have one`
  const woken = schedules.flatMap(({ faults }) => faults.filter(({ row }) => row === 'F2'))
  const lateWritesRefused = woken.reduce((sum, { hits }) => sum + hits, 0)
  return { held, violated, broken, bound, lateWritesRefused, longestOpenMs: Math.max(0, ...schedules.map(({ openMs }) => openMs)) }
}

/** What was asked of a run: these schedules of its seed, and of a long run that every case meets something in it. */
export interface Asked {
  readonly indexes: readonly number[]
  readonly long: boolean
}

/**
 * Whether the run failed: something did not hold, or not all was played that was asked for, or a long one has a case that never met
 * anything, or no late write that was refused.
 */
export function failed(result: Result, table: readonly FaultCase[], asked: Asked): boolean {
  const { violated, broken, lateWritesRefused } = totals(result)
  const lacking = violated + broken > 0 || unplayed(result, asked) > 0
  return lacking || (asked.long && (coverage(result, table).never.length > 0 || lateWritesRefused === 0))
}

/** Of the schedules that were asked for, how many were not played. */
function unplayed({ schedules }: Result, { indexes }: Asked): number {
  const played = new Set(schedules.map(({ index }) => index))
  return indexes.filter((index) => !played.has(index)).length
}

/** For whoever interrupted a run or gave it too few minutes; empty when all was played. */
export function cutShort(result: Result, asked: Asked, file: string): string {
  const lacking = unplayed(result, asked)
  return lacking === 0
    ? ''
    : `${lacking} of ${asked.indexes.length} schedules were not played, so the run does not count as one that held. The same command with --out ${file} plays them.\n`
}

/** Of a run, what chose its schedules. */
export interface Chosen {
  readonly schedules: number
  readonly seed: number
  readonly bills: number
  readonly row?: string | undefined
  readonly source?: string | undefined
}

/** The command that plays one of its schedules again. */
export function repeats(index: number, { row, source, ...numbers }: Chosen): string {
  const given = Object.entries({ ...numbers, only: index, row, source }).filter(([, value]) => value !== undefined)
  return `node rehearsal/main.ts ${given.map(([name, value]) => `--${name} ${value}`).join(' ')}`
}

export interface Coverage {
  readonly rows: { readonly [row: string]: number }
  readonly cases: { readonly [name: string]: number }
  readonly never: readonly string[]
  readonly notHere: typeof NOT_HERE
}

/** In how many schedules each row and each case of the table met something. */
export function coverage({ schedules }: Result, table: readonly FaultCase[]): Coverage {
  const met = schedules.map(({ faults }) => faults.filter(({ hits }) => hits > 0))
  const rows = [...new Set(table.map(({ row }) => row))]
  return {
    rows: Object.fromEntries(rows.map((row) => [row, met.filter((faults) => faults.some((fault) => fault.row === row)).length])),
    cases: Object.fromEntries(table.map(({ name }) => [name, met.filter((faults) => faults.some((fault) => fault.name === name)).length])),
    never: table.filter(({ name }) => !met.some((faults) => faults.some((fault) => fault.name === name))).map(({ name }) => name),
    notHere: NOT_HERE,
  }
}
