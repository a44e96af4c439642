import { expect, onTestFinished, test, vi } from 'vitest'
import { emptyCoverage, missing, run, tellFailure } from './campaign.ts'
import { Books } from './ground/books.ts'
import { Door } from './ground/door.ts'
import { simulate } from './simulate.ts'

/** The same seeds each time, so that what fails here was changed here; the long run draws new ones. */
const FROM = Number(process.env['TIEOUT_TEST_SEED'] ?? 1)
const SEEDS = Number(process.env['TIEOUT_TEST_RUNS'] ?? 2_000)

test(`nothing that may go wrong between hub and systems breaks an invariant (${SEEDS} runs)`, () => {
  const coverage = emptyCoverage()
  run(FROM, SEEDS, coverage)
  console.log(
    `simulation from seed ${FROM} (TIEOUT_TEST_SEED): ${coverage.runs} runs, ${coverage.repeated} of them twice, ${coverage.failures.length} broken`,
  )
  expect(
    coverage.failures
      .map(({ seed }) => seed)
      .slice(0, 1)
      .map(tellFailure),
  ).toEqual([])
  expect(coverage.repeated).toBeGreaterThanOrEqual(Math.floor(SEEDS / 100))
  expect(SEEDS < 2_000 ? [] : missing(coverage), 'never hit').toEqual([])
}, 600_000)

test('the same seed is the same run, and another one is not', () => {
  const [once, twice, other] = [simulate(7), simulate(7), simulate(8)]
  expect(twice.trace).toBe(once.trace)
  expect(other.trace).not.toBe(once.trace)
})

test('a run is another one when only what came to the systems, or what they wrote down, is different', () => {
  const { trace, violations } = simulate(7)
  expect(violations).toEqual([])
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  const take = Reflect.get(Door.prototype, 'take')
  const taking = vi.spyOn(Door.prototype, 'take').mockImplementation(function (this: Door, call, ...rest) {
    take.call(this, { ...call, process: 'another' }, ...rest)
  })
  expect(simulate(7).trace).not.toBe(trace)
  taking.mockRestore()
  expect(simulate(7).trace).toBe(trace)
  const approve = Reflect.get(Books.prototype, 'approve')
  vi.spyOn(Books.prototype, 'approve').mockImplementation(function (this: Books, ...said) {
    approve.apply(this, said)
    this.approved.push(...this.approved.splice(-1).map((yes) => ({ ...yes, at: yes.at - 1 })))
  })
  expect(simulate(7).trace).not.toBe(trace)
})
