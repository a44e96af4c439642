/** What one process counts for itself, and forgets when it ends. */
import type { startDelivery } from '../delivery/run.ts'
import type { Intake } from '../intake/batcher.ts'
import type { Swept } from '../watch/sweep.ts'

export interface HubCounts {
  commits: number
  events: number
  readonly refusedNotices: Map<string, number>
}

/** In the Prometheus text format. */
export function processMetrics(
  counts: HubCounts,
  intake: Intake,
  systems: ReturnType<ReturnType<typeof startDelivery>['stats']>,
  swept: ReadonlyMap<string, Swept & { readonly sweeps: number }>,
): string {
  const backlog = intake.backlog()
  const lines = [
    '# TYPE tieout_commits_total counter',
    `tieout_commits_total ${counts.commits}`,
    '# TYPE tieout_events_total counter',
    `tieout_events_total ${counts.events}`,
    '# TYPE tieout_intake_waiting gauge',
    `tieout_intake_waiting ${backlog.items}`,
    '# TYPE tieout_intake_oldest_seconds gauge',
    `tieout_intake_oldest_seconds ${backlog.ageMs / 1000}`,
    '# TYPE tieout_notices_refused_total counter',
    ...[...counts.refusedNotices].map(([system, count]) => `tieout_notices_refused_total{system="${system}"} ${count}`),
    '# TYPE tieout_delivery_calls_total counter',
    '# TYPE tieout_breaker_open gauge',
  ]
  for (const { system, counts: calls, breaker } of systems) {
    for (const [what, count] of Object.entries(calls)) lines.push(`tieout_delivery_calls_total{system="${system}",what="${what}"} ${count}`)
    lines.push(`tieout_breaker_open{system="${system}"} ${breaker.state === 'closed' ? 0 : 1}`)
  }
  const sweepLines = [...swept].flatMap(([system, { sweeps, reported, missing, unknown, unconfirmed }]) => [
    `tieout_sweeps_total{system="${system}"} ${sweeps}`,
    ...Object.entries({ reported, missing, unknown, unconfirmed }).map(
      ([what, count]) => `tieout_sweep_last{system="${system}",what="${what}"} ${count}`,
    ),
  ])
  if (sweepLines.length > 0)
    lines.push(
      '# TYPE tieout_sweeps_total counter',
      ...sweepLines.filter((line) => line.startsWith('tieout_sweeps')),
      '# TYPE tieout_sweep_last gauge',
      ...sweepLines.filter((line) => line.startsWith('tieout_sweep_')),
    )
  return `${lines.join('\n')}\n`
}
