/**
 * What a call's end means, the same for every connector. Only two things are believed: that nothing was done (nothing left the
 * machine, or the reply is one that the connector lists as without effect) and that the reply says explicitly done or refused.
 * Everything else is unknown.
 */
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Call, Command, NoEffect, Observation, Outcome, Receipt } from './contract.ts'
import type { Reply } from './request.ts'
import type { Sending } from './transport/sending.ts'

/** How one try ended. */
export interface Verdict {
  readonly state: 'not-sent' | 'no-effect' | 'done' | 'refused' | 'other' | 'unknown'
  readonly says: string
  readonly receipt?: Receipt
  readonly observations: readonly Observation[]
  /** Whom a `no-effect` is about. */
  readonly about?: NoEffect['about']
  /** How long the target asks us to wait, clamped to [0, 1 h]. */
  readonly retryAfterMs?: number
  /** Its own process decided not to send (the time had passed). Says nothing about the target. */
  readonly late?: boolean
}

const HOUR_MS = 3_600_000
const LIMIT_SAYS = 2_000
const LIMIT_RECEIPT = 8_000

/** What happened, in the words of the attempt. `now` in ms, for a Retry-After that names a date. */
export function verdictOf(command: Command, sending: Sending, call: Call, now: number): Verdict {
  if (sending.kind === 'not-sent')
    return { state: 'not-sent', says: sending.says, observations: [], ...(sending.late ? { late: true } : {}) }
  if (sending.kind === 'unknown') return { state: 'unknown', says: sending.says, observations: [] }
  const { reply } = sending
  const wait = reply.transport === 'http' ? retryAfterMs(reply.headers['retry-after'], now) : undefined
  const waits = wait === undefined ? {} : { retryAfterMs: wait }
  if (reply.transport === 'http') {
    const row = command.noEffect.find((entry) => entry.status === reply.status)
    if (row) return { state: 'no-effect', about: row.about, says: `HTTP ${reply.status}`, observations: [], ...waits }
    if (reply.status < 200 || reply.status >= 500 || (reply.status >= 300 && reply.status < 400))
      return { state: 'unknown', says: `HTTP ${reply.status}`, observations: [], ...waits }
  }
  return { ...said(command, reply, call), ...waits }
}

/** What the connector reads; one that breaks over a reply has understood nothing. */
function said(command: Command, reply: Reply, call: Call): Verdict {
  try {
    const { outcome, observations } = command.read(reply, call)
    return { ...ofOutcome(outcome), observations }
  } catch (error) {
    return { state: 'unknown', says: `the reply could not be read (${(error as Error).name})`, observations: [] }
  }
}

function ofOutcome(outcome: Outcome): Omit<Verdict, 'observations'> {
  switch (outcome.kind) {
    case 'done':
      return { state: 'done', says: '', receipt: kept(outcome.receipt) }
    case 'refused':
      return { state: 'refused', says: bounded(outcome.code === undefined ? outcome.says : `${outcome.code}: ${outcome.says}`) }
    case 'no-effect':
      return { state: 'no-effect', about: outcome.about, says: bounded(outcome.says) }
    case 'other':
      return {
        state: 'other',
        says: bounded(outcome.says),
        ...(outcome.reference === undefined ? {} : { receipt: kept({ reference: outcome.reference }) }),
      }
    case 'unclear':
      return { state: 'unknown', says: bounded(outcome.says) }
  }
}

/**
 * How long (ms) a system wants to be left alone, whatever it was asked: 429 (RFC 6585 section 4), and 503 that says how long (RFC 9110 section
 * 15.6.4). Undefined when it does not.
 */
export function waitAsked(sending: Sending, now: number): number | undefined {
  if (sending.kind !== 'answered' || sending.reply.transport !== 'http') return undefined
  const { status, headers } = sending.reply
  const ms = retryAfterMs(headers['retry-after'], now)
  return status === 429 ? (ms ?? 0) : status === 503 ? ms : undefined
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3), clamped to [0, 1 h]; undefined for anything else. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d+$/u.test(text) ? Number(text) * 1_000 : /^[A-Z][a-z]{2},? /u.test(text) ? Date.parse(text) - now : Number.NaN
  return Number.isNaN(ms) ? undefined : Math.min(HOUR_MS, Math.max(0, ms))
}

/** Their words as we can keep them: no NUL, no half character, not without end. */
export function bounded(text: string): string {
  const clean = text.replaceAll('\u0000', '�')
  return (clean.length <= LIMIT_SAYS ? clean : `${clean.slice(0, LIMIT_SAYS)}…`).toWellFormed()
}

/** A receipt that cannot be kept as it is shrinks to its reference. */
function kept(receipt: Receipt): Receipt {
  try {
    return canonicalJson(receipt).length <= LIMIT_RECEIPT ? receipt : { reference: bounded(receipt.reference) }
  } catch {
    return { reference: bounded(String(receipt.reference)) }
  }
}
