/** What all calls of this tool have in common: which replies have no effect, and how it says no. */
import type { NoEffect, Outcome, Reading } from '../../connector/contract.ts'
import { okReply, readJson, replyName, type Shape } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { Refusal } from './wire.ts'

/** 401 without the token. 429 is the tool's throttle. A 5xx may come after the work. */
export const NO_EFFECT: readonly NoEffect[] = [
  { status: 401, about: 'credential' },
  { status: 403, about: 'credential' },
  { status: 429, about: 'target' },
]

/** The 2xx body in its shape; else what the tool's refusal means for a call with a key. */
export function answerIn<T>(reply: Reply, shape: Shape<T>): { readonly value: T } | { readonly outcome: Outcome } {
  if (okReply(reply)) {
    const read = readJson(reply, shape)
    return 'value' in read ? read : { outcome: { kind: 'unclear', says: `${replyName(reply)}, ${read.trouble}` } }
  }
  const refused = refusalOf(reply)
  if (!refused) return { outcome: { kind: 'unclear', says: `${replyName(reply)} and no reason that the tool documents` } }
  const says = `${refused.error}: ${refused.detail}`.slice(0, 1_000)
  // "While the first call is at work: 409 KEY_BUSY": what becomes of it is not known.
  if (refused.error === 'KEY_BUSY') return { outcome: { kind: 'unclear', says } }
  // "Same key, other body or other address": under our key stands something else.
  if (refused.error === 'KEY_REUSED') return { outcome: { kind: 'other', says } }
  return { outcome: { kind: 'refused', says, code: refused.error } }
}

export function refusalOf(reply: Reply): { readonly status: number; readonly error: string; readonly detail: string } | undefined {
  if (reply.transport !== 'http' || ![400, 404, 409, 422].includes(reply.status)) return undefined
  const read = readJson(reply, Refusal)
  return 'value' in read ? { status: reply.status, ...read.value } : undefined
}

export const nothing = (outcome: Outcome): Reading => ({ outcome, observations: [] })
