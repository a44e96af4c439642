/**
 * What the log is told of a breaker: that it opened, and that it closed. The news stands beside the breaker, written with it in one
 * transaction, until the log has it: a process that ends in between leaves it to the next one, and told twice it is one event.
 */
import { instantOf, type Instant } from '../lib/time.ts'
import type { Arrival } from '../domain/object.ts'
import { systemName } from '../domain/system.ts'
import type { Breaker, BreakerCause } from './breaker.ts'

export type BreakerNews = { readonly id: string; readonly at: Instant } & (
  | { readonly type: 'breaker.opened'; readonly cause: BreakerCause; readonly says: string }
  | { readonly type: 'breaker.closed'; readonly since: Instant }
)

const LIMIT_SAYS = 500

/** The news that a step is; `version` is that of the row that it was made from, which only one writer can replace. */
export function newsOf(before: Breaker, after: Breaker, version: number, now: number): BreakerNews | undefined {
  const [id, at] = [`breaker ${version}`, instantOf(now)]
  if (before.state === 'closed' && after.state === 'open')
    return { id, at, type: 'breaker.opened', cause: after.cause, says: after.says.slice(0, LIMIT_SAYS).toWellFormed() }
  if (before.state !== 'closed' && after.state === 'closed') return { id, at, type: 'breaker.closed', since: instantOf(before.since) }
  return undefined
}

export function newsArrival(tenant: string, system: string, { id, at, type, ...what }: BreakerNews): Arrival {
  return {
    tenant,
    source: { system: 'hub', role: 'hub', reference: system },
    eventId: `${system} ${id}`,
    type,
    occurredAt: at,
    actor: 'rule:delivery',
    about: [{ names: [systemName(system)], create: 'system' }],
    data: { system, ...what },
  }
}
