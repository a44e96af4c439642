/** What one process has learned of each system: how much it may be asked, and whether it answers at all. The breaker is everybody's. */
import { Budget } from '../../src/delivery/budget.ts'
import { type BreakerInput, FAILURES_TO_OPEN, mayProbe, stepBreaker } from '../../src/delivery/breaker.ts'
import type { KillPoint } from './faults.ts'
import type { Around } from './process.ts'

const FAILING_MS = 1_000
const PROBE_MS = 10_000

export class Switchboard {
  private readonly budgets = new Map<string, Budget>()
  private readonly failures = new Map<string, { count: number; since: number }>()
  private readonly id: string
  private readonly around: Around
  private readonly wall: () => number
  private readonly later: (ms: number, point: KillPoint, run: () => void) => void

  constructor(id: string, around: Around, wall: () => number, later: Switchboard['later']) {
    this.id = id
    this.around = around
    this.wall = wall
    this.later = later
  }

  budgetOf(system: string): Budget {
    let budget = this.budgets.get(system)
    if (!budget) this.budgets.set(system, (budget = new Budget(this.around.limits)))
    return budget
  }

  signal(system: string, how: 'working' | 'failing' | 'away', says: string): void {
    const now = this.around.clock.now()
    const known = this.failures.get(system) ?? { count: 0, since: now }
    const next = how === 'working' ? { count: 0, since: now } : { count: known.count + 1, since: known.count === 0 ? now : known.since }
    this.failures.set(system, next)
    if (how === 'working') return this.stepBreaker(system, { kind: 'working' })
    if (next.count >= FAILURES_TO_OPEN && (how === 'away' || now - next.since >= FAILING_MS))
      this.stepBreaker(system, { kind: 'failing', says })
  }

  private stepBreaker(system: string, input: BreakerInput): void {
    const standing = this.around.store.systems[system]!
    const next = stepBreaker(standing.breaker, input, this.wall())
    if (next !== standing.breaker) this.around.faults.count(`breaker ${next.state}`)
    standing.breaker = next
    this.around.hint()
  }

  probe(system: string): void {
    const { store, faults } = this.around
    const standing = store.systems[system]!
    if (!mayProbe(standing.breaker, this.wall())) return
    this.stepBreaker(system, { kind: 'probe' })
    this.around.called(system, this.id, 'probe')
    const lost = this.around.isAway(system) || faults.strikes('look failed')
    this.later(lost ? PROBE_MS : 50, 'looked', () => {
      if (!lost) {
        this.failures.delete(system)
        this.budgetOf(system).recovered()
      }
      this.stepBreaker(system, lost ? { kind: 'probe-failed', says: 'no answer' } : { kind: 'probe-ok' })
    })
  }
}
