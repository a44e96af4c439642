/** What a run says of itself: what its seed plans, what met nothing, what it goes on from and what it refuses to. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { done } from './faults/case.ts'
import type { FaultCase } from './faults/table.ts'
import {
  commitOf,
  coverage,
  cutShort,
  failed,
  openResult,
  repeats,
  totals,
  writeResult,
  type Asked,
  type Played,
  type Result,
  type Verdict,
} from './result.ts'
import { planOf } from './schedule.ts'

const ROOT = join(import.meta.dirname, '..')
const fault = (name: string, row: string, rest: Partial<FaultCase> = {}): FaultCase => ({
  name,
  row,
  weight: 1,
  lasts: [10, 1_000],
  begin: () => Promise.resolve(done(0)),
  ...rest,
})
const TABLE = [
  fault('killed', 'F1', { anew: true }),
  fault('frozen', 'F2'),
  fault('link cut', 'F5'),
  fault('turned', 'F20', { anew: true }),
]
const played = (index: number, verdict: Verdict, ...met: readonly [name: string, hits: number][]): Played => ({
  index,
  verdict,
  faults: met.map(([name, hits]) => ({ name, hits, row: TABLE.find((one) => one.name === name)?.row ?? '' })),
  tookMs: 1,
  restedMs: 1,
  stretch: 1,
  openMs: 900 + index,
  spent: [],
  findings: [],
})
const resultOf = (...schedules: Played[]): Result => ({ seed: 7, commit: 'c', begun: '', ended: '', machine: '', schedules })
const asked = (long: boolean, ...indexes: number[]): Asked => ({ long, indexes })
const ALL = played(0, 'held', ['killed', 1], ['frozen', 2], ['link cut', 1], ['turned', 3])

test('the same seed plans the same schedule; another seed and another number plan others', () => {
  const told = (seed: number, index: number): string => JSON.stringify(planOf(seed, index, 3, TABLE))
  expect(told(1, 4)).toBe(told(1, 4))
  expect(told(2, 4)).not.toBe(told(1, 4))
  expect(told(1, 5)).not.toBe(told(1, 4))
})

test('each case has its turn in a round, and of those that need a hub for themselves a schedule has one at most', () => {
  const rounds = Array.from({ length: TABLE.length }, (_, index) => planOf(3, index, 3, TABLE).faults.map(({ fault: one }) => one))
  expect(new Set(rounds.flat())).toEqual(new Set(TABLE))
  for (let index = 0; index < 200; index++) {
    const { faults } = planOf(3, index, 3, TABLE)
    expect(faults.length).toBeGreaterThanOrEqual(3)
    expect(faults.length).toBeLessThanOrEqual(12)
    expect(faults.filter(({ fault: one }) => one.anew).length).toBeLessThanOrEqual(1)
    expect(faults.map(({ afterCalls }) => afterCalls)).toEqual(faults.map(({ afterCalls }) => afterCalls).toSorted((a, b) => a - b))
  }
})

test('a case counts in how many schedules it met something, and one that never did is named', () => {
  const result = resultOf(played(0, 'held', ['killed', 3], ['killed', 1], ['frozen', 0]), played(1, 'held', ['killed', 1], ['link cut', 2]))
  const { rows, cases, never } = coverage(result, TABLE)
  expect(rows).toEqual({ F1: 2, F2: 0, F5: 1, F20: 0 })
  expect(cases).toEqual({ killed: 2, frozen: 0, 'link cut': 1, turned: 0 })
  expect(never).toEqual(['frozen', 'turned'])
})

test('a row that was never hit fails a long run, and no short one; so does a long run without a late write', () => {
  expect(failed(resultOf(ALL), TABLE, asked(true, 0))).toBe(false)
  const without = resultOf(played(0, 'held', ['killed', 1], ['frozen', 2], ['link cut', 1], ['turned', 0]))
  expect([failed(without, TABLE, asked(true, 0)), failed(without, TABLE, asked(false, 0))]).toEqual([true, false])
  const unfrozen = TABLE.filter(({ row }) => row !== 'F2')
  expect(failed(resultOf(played(0, 'held', ['killed', 1], ['link cut', 1], ['turned', 1])), unfrozen, asked(true, 0))).toBe(true)
  for (const verdict of ['violated', 'broken'] as const)
    expect(failed(resultOf(ALL, played(1, verdict)), TABLE, asked(false, 0, 1))).toBe(true)
})

test('a run of which not all was played fails, though all that was played held and every case met something, and says how it goes on', () => {
  for (const long of [true, false]) {
    expect(failed(resultOf(ALL), TABLE, asked(long, 0, 1, 2))).toBe(true)
    // What the file held before counts, and what it holds beside what was asked for does not stand in for it.
    expect(failed(resultOf(ALL, played(5, 'held')), TABLE, asked(long, 0, 1))).toBe(true)
    expect(failed(resultOf(played(2, 'held'), ALL, played(1, 'held')), TABLE, asked(long, 0, 1, 2))).toBe(false)
  }
  expect(cutShort(resultOf(ALL), asked(true, 0, 1, 2), '/tmp/500.json')).toMatch(
    /^2 of 3 schedules were not played, .* --out \/tmp\/500\.json /u,
  )
  expect(cutShort(resultOf(ALL), asked(true, 0), '/tmp/500.json')).toBe('')
})

test('a bound is said of what was judged; what the rig itself failed at says nothing', () => {
  expect(totals(resultOf(ALL, played(1, 'broken')))).toEqual({
    held: 1,
    violated: 0,
    broken: 1,
    bound: '0 violations in 1 schedules: with 95 % confidence fewer than 100.00 % of such schedules have one',
    lateWritesRefused: 2,
    longestOpenMs: 901,
  })
  expect(totals(resultOf(...Array.from({ length: 600 }, () => ALL))).bound).toContain('fewer than 0.50 %')
  expect(totals(resultOf(ALL, played(1, 'violated'))).bound).toBe('1 of 2 schedules have a violation')
  expect(totals(resultOf(played(1, 'broken'))).bound).toBe('nothing was judged')
})

test('the command that plays a schedule again chooses it as the run did', () => {
  expect(repeats(4, { schedules: 9, seed: 2, bills: 3 })).toBe('node rehearsal/main.ts --schedules 9 --seed 2 --bills 3 --only 4')
  expect(repeats(4, { schedules: 9, seed: 2, bills: 3, row: 'F17', source: '/copy' })).toBe(
    'node rehearsal/main.ts --schedules 9 --seed 2 --bills 3 --only 4 --row F17 --source /copy',
  )
})

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tieout-result-'))))
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a result goes on where it was interrupted, and is refused for another seed or another commit', () => {
  const file = join(folder, 'result.json')
  const begun = openResult(file, 7, ROOT)
  expect(begun).toMatchObject({ seed: 7, commit: commitOf(ROOT), schedules: [] })
  begun.schedules.push(played(3, 'violated'), ALL)
  writeResult(file, begun, TABLE)
  expect(openResult(file, 7, ROOT).schedules).toEqual([ALL, played(3, 'violated')])
  expect(() => openResult(file, 8, ROOT)).toThrow(/is of seed 7 at .*; name another file with --out/)
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"commit": "[^"]*"/u, '"commit": "another"'))
  expect(() => openResult(file, 7, ROOT)).toThrow(/is of seed 7 at another/)
})
