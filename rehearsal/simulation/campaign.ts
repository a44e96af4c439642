/** Many runs: what they hit, what they broke, and of a run that broke something the shortest story that still does. */
import { EFFECT_STATES } from '../../src/domain/effect.ts'
import { FAULTS, KILL_POINTS } from './faults.ts'
import { simulate } from './simulate.ts'

export interface Failure {
  readonly seed: number
  readonly invariant: string
  readonly says: string
}

export interface Coverage {
  runs: number
  /** Runs that were made twice and left the same trace. */
  repeated: number
  readonly hit: Map<string, number>
  readonly failures: Failure[]
}

export const emptyCoverage = (): Coverage => ({ runs: 0, repeated: 0, hit: new Map(), failures: [] })

/** Every so many runs one is made twice. */
const TWICE = 100

export function run(from: number, seeds: number, coverage: Coverage): void {
  for (let seed = from; seed < from + seeds; seed++) {
    coverage.runs++
    try {
      const { violations, hit, trace } = simulate(seed)
      for (const [what, times] of hit) coverage.hit.set(what, (coverage.hit.get(what) ?? 0) + times)
      const [first] = violations
      if (first) coverage.failures.push({ seed, invariant: first.invariant, says: first.says })
      if (seed % TWICE !== 0) continue
      if (simulate(seed).trace === trace) coverage.repeated++
      else coverage.failures.push({ seed, invariant: 'same seed, same run', says: 'the second run left another trace' })
    } catch (error) {
      coverage.failures.push({ seed, invariant: 'stopped', says: (error as Error).message })
    }
  }
}

/** What a campaign has to have met: every fault, every kill point dead and frozen, every state of an effect, every end of a call by class. */
export function missing({ hit }: Coverage): string[] {
  const wanted = [
    ...FAULTS,
    ...KILL_POINTS.flatMap((point) => [`killed at ${point}`, `frozen at ${point}`]),
    ...['K1', 'K2', 'K3', 'K4'].flatMap((kind) => ['done', 'refused', 'no-effect', 'unknown', 'not-sent'].map((end) => `${kind} ${end}`)),
    ...['absent', 'one', 'several', 'unclear'].map((found) => `saw ${found}`),
    ...['absent', 'needs-person', 'exhausted'].map((input) => `concluded ${input}`),
    'orphaned',
    'overdue',
    'late word',
    'maintenance window',
    'paused by a person',
    'breaker open',
    'breaker half-open',
    'breaker closed',
  ]
  const states = EFFECT_STATES.filter((state) => ![...hit.keys()].some((what) => what.endsWith(`→ ${state}`)))
  return [...wanted.filter((what) => !hit.has(what)), ...states.map((state) => `effects ${state}`)]
}

/** The story with as few kinds of fault as still break the same thing, and the command that tells it again. */
export function tellFailure(seed: number): string {
  const without = new Set<string>()
  const breaks = (left: ReadonlySet<string>): string | undefined => {
    try {
      return simulate(seed, { without: left }).violations[0]?.invariant
    } catch {
      return 'stopped'
    }
  }
  const invariant = breaks(without)
  for (const fault of FAULTS) if (breaks(new Set([...without, fault])) === invariant) without.add(fault)
  const repeat = `node rehearsal/simulation/main.ts --seed ${seed}${without.size > 0 ? ` --without "${[...without].join(',')}"` : ''}`
  let story: readonly string[]
  try {
    story = simulate(seed, { without, told: true }).story
  } catch (error) {
    story = [String(error)]
  }
  return `Seed ${seed} breaks ${invariant}; it needs ${FAULTS.filter((fault) => !without.has(fault)).join(', ') || 'no fault at all'}.\n${story.join('\n')}\nAgain: ${repeat}`
}
