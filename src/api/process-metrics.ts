/** What one process counts for itself, and forgets when it ends. */
import type { startDelivery } from '../delivery/run.ts'
import type { Intake } from '../intake/batcher.ts'
import type { Swept } from '../watch/sweep.ts'
import type { Metric } from './metrics-text.ts'

export interface HubCounts {
  commits: number
  events: number
  readonly refusedNotices: Map<string, number>
}

export function processMetrics(
  counts: HubCounts,
  intake: Intake,
  systems: ReturnType<ReturnType<typeof startDelivery>['stats']>,
  swept: ReadonlyMap<string, Swept & { readonly sweeps: number }>,
): readonly Metric[] {
  const backlog = intake.backlog()
  const sweeps = [...swept].map(([system, { sweeps: ended, reported, missing, unknown, unconfirmed }]) => ({
    system,
    ended,
    last: { reported, missing, unknown, unconfirmed },
  }))
  return [
    { name: 'tieout_commits_total', kind: 'counter', help: 'Commits of this process.', samples: [{ value: counts.commits }] },
    { name: 'tieout_events_total', kind: 'counter', help: 'Events that this process wrote.', samples: [{ value: counts.events }] },
    { name: 'tieout_intake_waiting', kind: 'gauge', help: 'Facts that wait to be committed.', samples: [{ value: backlog.items }] },
    {
      name: 'tieout_intake_oldest_seconds',
      kind: 'gauge',
      help: 'How long the oldest of them has waited.',
      samples: [{ value: backlog.ageMs / 1000 }],
    },
    {
      name: 'tieout_notices_refused_total',
      kind: 'counter',
      help: 'Notices with a wrong signature or time, by the system that they name.',
      samples: [...counts.refusedNotices].map(([system, value]) => ({ labels: { system }, value })),
    },
    {
      name: 'tieout_delivery_calls_total',
      kind: 'counter',
      help: 'What became of calls to systems.',
      samples: systems.flatMap(({ system, counts: calls }) =>
        Object.entries(calls).map(([what, value]) => ({ labels: { system, what }, value })),
      ),
    },
    {
      name: 'tieout_breaker_open',
      kind: 'gauge',
      help: '1 while the system is not called because its calls failed.',
      samples: systems.map(({ system, breaker }) => ({ labels: { system }, value: breaker.state === 'closed' ? 0 : 1 })),
    },
    {
      name: 'tieout_sweeps_total',
      kind: 'counter',
      help: 'Sweeps that ended.',
      samples: sweeps.map(({ system, ended }) => ({ labels: { system }, value: ended })),
    },
    {
      name: 'tieout_sweep_last',
      kind: 'gauge',
      help: 'What the last sweep found, in things.',
      samples: sweeps.flatMap(({ system, last }) => Object.entries(last).map(([what, value]) => ({ labels: { system, what }, value }))),
    },
  ]
}
