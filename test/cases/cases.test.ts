/** docs/spec/cases.md against the law: each row is what the law makes of the case, in whatever order its facts arrive. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { outcomeOf, rowOf, type Outcome } from './case.ts'
import { CASES, CASES_FILE, FILES_START } from './table.ts'
import type { Arrival } from '../../src/domain/object.ts'

const ORDERS = Number(process.env['TIEOUT_RUNS'] ?? 8)
const SEED = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 1_000_000)

const page = readFileSync(CASES_FILE, 'utf8')
const rows = page
  .slice(0, page.indexOf(FILES_START))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| case |'))
const nameIn = (row: string): string => row.slice(2, row.indexOf(' |'))

describe('the table of cases', () => {
  const cases = Object.values(CASES).flat()

  it('has a row for each case and a case for each row, each name once', () => {
    expect(rows.map(nameIn)).toEqual(cases.map((given) => given.name))
    expect(new Set(rows.map(nameIn)).size).toBe(rows.length)
  })

  it.each(cases.map((given) => [given.name, given] as const))(
    '%s (mend it with: node test/cases/table.ts --write, and read what changed)',
    (name, given) => {
      expect(rowOf(given)).toBe(rows.find((row) => nameIn(row) === name))
    },
  )

  it.each(cases.filter((given) => !given.onlyAsTold).map((given) => [given.name, given] as const))(
    `%s, its facts in any order and twice (seed ${SEED})`,
    (_name, given) => {
      const told = lasting(outcomeOf(given, given.facts))
      const dice = diceOf(SEED)
      for (const facts of [given.facts.toReversed(), ...Array.from({ length: ORDERS }, () => shuffled(given.facts, dice))]) {
        expect(lasting(outcomeOf(given, [...facts, ...facts])), facts.map((fact) => fact.eventId).join(' · ')).toEqual(told)
      }
    },
  )
})

/** What is asked for on the way depends on what is known first; what stands and is wanted at the end does not. */
const lasting = ({ asked: _asked, ...stands }: Outcome): Omit<Outcome, 'asked'> => stands

function shuffled(facts: readonly Arrival[], dice: () => number): Arrival[] {
  return facts
    .map((fact) => ({ fact, at: dice() }))
    .sort((a, b) => a.at - b.at)
    .map(({ fact }) => fact)
}

/** mulberry32: small, seeded, good enough to shuffle. */
function diceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
