/**
 * Stops calling a system that does not answer, and tries it again with one probe. The state is kept in the database, so that
 * all processes stop together and only one probes; counting up to opening is each process's own. While it is open no
 * attempt is made, so none is burnt. Times in ms since 1970.
 */

export type Breaker =
  | { readonly state: 'closed'; readonly pauseMs: number }
  | {
      readonly state: 'open'
      readonly pauseMs: number
      readonly until: number
      readonly since: number
      readonly cause: BreakerCause
      readonly says: string
    }
  /** One process probes; when it dies meanwhile, `until` lets another one try. */
  | {
      readonly state: 'half-open'
      readonly pauseMs: number
      readonly until: number
      readonly since: number
      readonly cause: BreakerCause
      readonly says: string
    }

/** `failing`: no usable answers. `credential`: it does not let us in. */
export type BreakerCause = 'failing' | 'credential'

export const BREAKER_CLOSED: Breaker = { state: 'closed', pauseMs: 0 }

/** Calls in a row without a usable answer after which it opens. */
export const FAILURES_TO_OPEN = 5
const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 60_000
/** Credentials come back when somebody mends them; asking more often could lock the account. */
const CREDENTIAL_PAUSE_MS = 60_000
const PROBE_MS = 15_000

export type BreakerInput =
  | { readonly kind: 'failing'; readonly says: string }
  | { readonly kind: 'credential'; readonly says: string }
  /** A command got a usable answer. */
  | { readonly kind: 'working' }
  /** Somebody wants to probe. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'probe-ok' }
  | { readonly kind: 'probe-failed'; readonly says: string }

/** The next state; the very same object when nothing changes. */
export function stepBreaker(breaker: Breaker, input: BreakerInput, now: number): Breaker {
  switch (input.kind) {
    case 'failing':
      return breaker.state === 'closed' ? opened(breaker, 'failing', input.says, now) : breaker
    case 'credential':
      return breaker.state === 'closed' ? opened(breaker, 'credential', input.says, now) : breaker
    // The pause stays long until a command itself got through: a probe that answers beside commands that fail must not flap.
    case 'working':
      return breaker.state === 'closed' && breaker.pauseMs > 0 ? BREAKER_CLOSED : breaker
    case 'probe':
      return mayProbe(breaker, now) && breaker.state !== 'closed' ? { ...breaker, state: 'half-open', until: now + PROBE_MS } : breaker
    case 'probe-ok':
      return breaker.state === 'half-open' ? { state: 'closed', pauseMs: breaker.pauseMs } : breaker
    case 'probe-failed':
      return breaker.state === 'half-open' ? { ...opened(breaker, breaker.cause, input.says, now), since: breaker.since } : breaker
  }
}

export function mayProbe(breaker: Breaker, now: number): boolean {
  return breaker.state !== 'closed' && now >= breaker.until
}

function opened(breaker: Breaker, cause: BreakerCause, says: string, now: number): Breaker & { state: 'open' } {
  const pauseMs = cause === 'credential' ? CREDENTIAL_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, breaker.pauseMs * 2))
  return { state: 'open', pauseMs, until: now + pauseMs, since: now, cause, says }
}
