/** When a lane tries again. */
import type { LanePolicy } from '../domain/lane.ts'
import { opensAt } from './calendar.ts'

/** When try number `n` + 1 is due at the earliest, `after` (ms since 1970): the lane's wait, within the lane's hours. */
export function retryAt(policy: LanePolicy, n: number, seed: string, after: number, leastMs = 0): number {
  return opensAt(policy.hours ? [{ open: policy.hours }] : [], after + Math.max(leastMs, backoffMs(policy, n, seed)))
}

/**
 * Wait before retry number `n` (1 is the first), spread (±20 % unless configured) so that what failed together does not come back together.
 * `seed` spreads: the same effect and number give the same wait, so that a test can foretell it.
 */
export function backoffMs(policy: Pick<LanePolicy, 'firstMs' | 'longestMs' | 'spreadBps'>, n: number, seed: string): number {
  const plain = Math.min(policy.longestMs, policy.firstMs * 2 ** Math.min(30, Math.max(0, n - 1)))
  return Math.round(plain * (1 + (policy.spreadBps / 10_000) * (2 * spread(`${seed}#${n}`) - 1)))
}

/** FNV-1a, to [0, 1). */
function spread(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // The low bits of FNV follow the last character; mixed once more.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
