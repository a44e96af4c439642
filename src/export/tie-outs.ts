/**
 * Tie-outs under way, and those that ended lately. Each runs by itself, one after the other, whether somebody waits for it or not, and
 * says how far it is. They are remembered by the process that makes them; what was made stands in the log.
 */
import { randomUUID } from 'node:crypto'
import { Fault } from '../lib/fault.ts'
import { instantOf, type Instant } from '../lib/time.ts'
import { makeTieOut, plannedTieOut, type Progress, type TieOutDesk, type TieOutMade, type TieOutPlan, type TieOutWish } from './tie-out.ts'

export interface TieOutRun {
  readonly id: string
  readonly entity: string
  readonly from: string
  readonly to: string
  readonly by: string
  readonly startedAt: Instant
  progress: Progress
  ended?: { readonly made: TieOutMade } | { readonly fault: unknown }
  readonly over: Promise<TieOutMade>
}

/** Each may ask a system for a thousand pages. */
const LIMIT_WAITING = 20
const LIMIT_KEPT = 100

export class TieOutRuns {
  private readonly desk: TieOutDesk
  private readonly runs = new Map<string, TieOutRun>()
  private last: Promise<unknown> = Promise.resolve()
  private stopped = false

  constructor(desk: TieOutDesk) {
    this.desk = desk
  }

  /** Begins one. Throws at once for a company that nobody knows, a day that has not come, and when too many wait. */
  async start(wish: TieOutWish): Promise<TieOutRun> {
    const plan = await plannedTieOut(this.desk, wish)
    const waiting = [...this.runs.values()].filter(({ ended }) => ended === undefined).length
    if (this.stopped) throw new Fault('shutting-down')
    if (waiting >= LIMIT_WAITING) throw new Fault('backlog-too-old', `${waiting} tie-outs are waiting or under way.`)
    for (const [id, { ended }] of this.runs) if (ended && this.runs.size >= LIMIT_KEPT) this.runs.delete(id)
    const before = this.last
    const over = before.then(() =>
      this.make(plan, (progress) => {
        run.progress = progress
      }),
    )
    const { entity, from, to } = plan.period
    const run: TieOutRun = {
      id: randomUUID(),
      entity,
      from,
      to,
      by: wish.by,
      startedAt: instantOf(this.desk.now()),
      progress: { stage: 'waiting', read: 0 },
      over,
    }
    this.last = over.then(
      (made) => {
        run.ended = { made }
      },
      (fault: unknown) => {
        run.ended = { fault }
      },
    )
    this.runs.set(run.id, run)
    return run
  }

  find(id: string): TieOutRun | undefined {
    return this.runs.get(id)
  }

  /** What is under way ends at its next page; nothing of it is recorded. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.last
  }

  private make(plan: TieOutPlan, said: (progress: Progress) => void): Promise<TieOutMade> {
    return makeTieOut(this.desk, plan, (progress) => {
      if (this.stopped) throw new Fault('shutting-down')
      said(progress)
    })
  }
}
