/** What every transport has in common: its clocks, its deadline, and the three things that it can say about a call. */
import { hash } from 'node:crypto'
import type { Clock } from '../../lib/time.ts'
import type { Reply, Request } from '../request.ts'

/** After this no first byte leaves, and a call under way is given up. Both clocks: one can jump, the other can stand still. */
export interface Deadline {
  /** Milliseconds since 1970. */
  readonly wall: number
  /** On the clock of {@link Clocks.monotonic}. */
  readonly monotonic: number
  /** True once the sender may no longer send it for another reason: its identity is lost. */
  readonly revoked?: () => boolean
}

export interface Clocks {
  readonly wall: Clock
  /** Milliseconds that never run backwards, `performance.now`. */
  readonly monotonic: () => number
}

/**
 * `not-sent`: no byte of it left this machine (a name that does not resolve, a refused connection, a deadline passed before).
 * `answered`: a complete reply. `unknown`: everything else; the other side may have acted. `says` never holds a secret.
 */
export type Sending =
  | { readonly kind: 'not-sent'; readonly says: string; readonly late?: boolean }
  | { readonly kind: 'answered'; readonly reply: Reply }
  | { readonly kind: 'unknown'; readonly says: string }

/** A place in a system's limits is given back when the answer came: with how long (ms) the system wants to be left alone, where it said so. */
export type GiveBack = (waitMs: number | undefined) => void
/** Why there is none now, in words. */
export interface NoPlace {
  readonly says: string
}

/** Points at which a test may stop the process: in the middle of sending, and when all is sent and no reply read yet. */
export type SendMark = (point: 'send-mid' | 'send-after') => void

export interface TransportOptions {
  readonly clocks: Clocks
  /** The value of a secret by its name; undefined when there is none. Asked anew for each call, so rotation needs no restart. */
  readonly secret: (name: string) => string | undefined
  readonly mark: SendMark
}

export interface Channel<R extends Request = Request> {
  send(request: R, deadline: Deadline): Promise<Sending>
  close(): Promise<void>
}

/** Whether the time for a first byte has passed, on either clock, or it must not be sent for another reason. */
export function isLate(deadline: Deadline, clocks: Clocks): boolean {
  return clocks.monotonic() >= deadline.monotonic || clocks.wall() >= deadline.wall || deadline.revoked?.() === true
}

export const sha256 = (data: Uint8Array | string): Uint8Array => hash('sha256', data, 'buffer')
