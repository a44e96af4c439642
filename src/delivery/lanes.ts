/** How patient each lane is. Times in ms. */
import type { Lane } from '../domain/event.ts'

export interface LanePolicy {
  /** Wait before the first retry; doubles each time, up to `longestMs`. */
  readonly firstMs: number
  readonly longestMs: number
  /** Definite failures in a row after which it is a dead letter. */
  readonly deadAfter: number
}

const MINUTE = 60_000

export const LANE_POLICIES = {
  'stop': { firstMs: 500, longestMs: MINUTE, deadAfter: 20 },
  'settlement': { firstMs: 1_000, longestMs: 5 * MINUTE, deadAfter: 15 },
  'payment': { firstMs: 1_000, longestMs: 5 * MINUTE, deadAfter: 12 },
  'posting': { firstMs: 1_000, longestMs: 5 * MINUTE, deadAfter: 12 },
  'approval': { firstMs: 1_000, longestMs: 5 * MINUTE, deadAfter: 12 },
  'intake': { firstMs: 1_000, longestMs: 5 * MINUTE, deadAfter: 12 },
  'status': { firstMs: 2_000, longestMs: 10 * MINUTE, deadAfter: 10 },
  'metadata': { firstMs: 5_000, longestMs: 30 * MINUTE, deadAfter: 8 },
} as const satisfies Record<Lane, LanePolicy>

/**
 * Wait before retry number `n` (1 is the first), spread by ±20 % so that what failed together does not come back together.
 * `seed` spreads: the same effect and number give the same wait, so that a test can foretell it.
 */
export function backoffMs(policy: LanePolicy, n: number, seed: string): number {
  const plain = Math.min(policy.longestMs, policy.firstMs * 2 ** Math.min(30, Math.max(0, n - 1)))
  return Math.round(plain * (0.8 + 0.4 * spread(`${seed}#${n}`)))
}

/** FNV-1a, to [0, 1). */
function spread(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // The low bits of FNV follow the last character; mixed once more.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
