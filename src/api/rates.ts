/**
 * How often one key may call, told in the fields RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers, section 3 and
 * 4). Counted per process, in windows of a minute.
 */
export interface Limits {
  /** Requests of one key in a minute. */
  readonly requests: number
  /** Of these, questions to the ERP. */
  readonly validations: number
}
export type Rate = keyof Limits
export const DEFAULT_LIMITS: Limits = { requests: 12_000, validations: 1_200 }

const WINDOW_MS = 60_000
/** Keys that are counted; beyond that the oldest windows go. More keys than this hold no hub of one company. */
const LIMIT_COUNTERS = 2_000

export interface Taken {
  readonly headers: Readonly<Record<string, string>>
  /** When it was too much: how long to wait. */
  readonly retryAfterMs: number | null
}

/** `clock`: monotonic, in milliseconds. */
export function openRates(limits: Limits, clock: () => number): { take(key: string, rates: readonly Rate[]): Taken } {
  const counters = new Map<string, { began: number; count: number }>()
  const counterOf = (name: string, now: number): { began: number; count: number } => {
    const known = counters.get(name)
    if (known && now - known.began < WINDOW_MS) return known
    // Set anew, so that the map stands in the order in which windows began.
    counters.delete(name)
    const fresh = { began: now, count: 0 }
    counters.set(name, fresh)
    const [oldest] = counters.keys()
    if (counters.size > LIMIT_COUNTERS && oldest !== undefined) counters.delete(oldest)
    return fresh
  }
  return {
    take(key, rates) {
      const now = clock()
      const rows = rates.map((rate) => {
        const counter = counterOf(`${rate} ${key}`, now)
        counter.count++
        const left = limits[rate] - counter.count
        return { rate, over: left < 0, left: Math.max(0, left), resetMs: counter.began + WINDOW_MS - now }
      })
      const over = rows.filter((row) => row.over).map((row) => row.resetMs)
      return {
        headers: {
          'ratelimit-policy': rows.map(({ rate }) => `"${rate}";q=${limits[rate]};w=${WINDOW_MS / 1_000}`).join(', '),
          ratelimit: rows.map(({ rate, left, resetMs }) => `"${rate}";r=${left};t=${Math.ceil(resetMs / 1_000)}`).join(', '),
        },
        retryAfterMs: over.length === 0 ? null : Math.max(...over),
      }
    },
  }
}
