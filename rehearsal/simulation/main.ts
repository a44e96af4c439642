/**
 * The simulation from the command line:
 *   node rehearsal/simulation/main.ts --seeds 20000 [--from 1] [--out rehearsal/results/simulation.json]
 *   node rehearsal/simulation/main.ts --seed 4711 [--without "reply lost,killed"]     one run, told line by line
 * Leaves with 1 when a run broke something; then it says the shortest story that still does and how to repeat it.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { type Coverage, emptyCoverage, missing, run, tellFailure } from './campaign.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    without: { type: 'string' },
    out: { type: 'string' },
  },
})

if (values.seed !== undefined) {
  const { story, violations, trace } = simulate(Number(values.seed), { told: true, without: new Set(values.without?.split(',')) })
  console.log([...story, `trace ${trace}`].join('\n'))
  process.exitCode = violations.length > 0 ? 1 : 0
} else {
  const started = performance.now()
  const seeds = Number(values.seeds)
  const from = Number(values.from)
  const coverage: Coverage = emptyCoverage()
  for (let done = 0; done < seeds; done += 500) {
    run(from + done, Math.min(500, seeds - done), coverage)
    console.error(
      `${coverage.runs} of ${seeds} runs, ${coverage.failures.length} broken, ${((performance.now() - started) / 1_000).toFixed(0)} s`,
    )
  }
  const never = missing(coverage)
  const seconds = Math.round((performance.now() - started) / 1_000)
  const cpu = process.cpuUsage()
  const result = {
    what: 'simulation',
    commit: commit(),
    node: process.version,
    from,
    seeds,
    processorSeconds: Math.round((cpu.user + cpu.system) / 1e6),
    wallSeconds: seconds,
    repeated: coverage.repeated,
    violations: coverage.failures.length,
    // With no violation in n independent runs the rate of violating runs is below 3/n at 95 % confidence.
    violatingRunsBelow: coverage.failures.length === 0 ? 3 / seeds : null,
    neverHit: never,
    verdict: coverage.failures.length === 0 && never.length === 0 ? 'held' : 'broken',
    failures: coverage.failures.slice(0, 20),
    hit: Object.fromEntries([...coverage.hit].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
  if (values.out !== undefined) {
    mkdirSync(dirname(values.out), { recursive: true })
    writeFileSync(values.out, `${JSON.stringify(result, null, 1)}\n`)
  } else
    console.log(
      Object.entries(result.hit)
        .map(([what, times]) => `${String(times).padStart(9)}  ${what}`)
        .join('\n'),
    )
  for (const failure of coverage.failures.slice(0, 3)) console.log(tellFailure(failure.seed))
  if (never.length > 0) console.log(`Never hit: ${never.join(', ')}`)
  console.log(
    `${seeds} runs, ${coverage.failures.length} broken, in ${seconds} s${result.violatingRunsBelow === null ? '' : `: fewer than ${result.violatingRunsBelow} of runs break something (95 %)`}.`,
  )
  process.exitCode = result.verdict === 'held' ? 0 : 1
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
