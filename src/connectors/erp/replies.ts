/** What all calls of this ERP have in common: which replies have no effect, and how it says no. */
import type { CommandBase, NoEffect, Outcome, Reading } from '../../connector/contract.ts'
import { okReply, readJson, replyName, type Shape } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { Refusal } from './wire.ts'

/** "Secrets": 401 without the token. 429 is the ERP's throttle. A 5xx may come after the work. */
export const NO_EFFECT: readonly NoEffect[] = [
  { status: 401, about: 'credential' },
  { status: 403, about: 'credential' },
  { status: 429, about: 'target' },
]

export interface Refused {
  readonly status: number
  readonly says: string
  readonly code: string
}

/** A refusal in the ERP's words ("A refusal never has an effect"); undefined for any other reply, also an error page of that status. */
export function refusalOf(reply: Reply): Refused | undefined {
  if (reply.transport !== 'http' || ![400, 404, 409, 422].includes(reply.status)) return undefined
  const read = readJson(reply, Refusal)
  if ('trouble' in read) return undefined
  const { msgs } = read.value
  return {
    status: reply.status,
    code: msgs[0]?.msgId ?? '',
    says: msgs
      .map(({ msgId, field, text }) => `${msgId}${field === undefined ? '' : ` (${field})`}: ${text}`)
      .join(' ')
      .slice(0, 1_000),
  }
}

/** The 2xx body in its shape, a refusal, or unclear. */
export function answerIn<T>(reply: Reply, shape: Shape<T>): { readonly value: T } | { readonly outcome: Outcome } {
  if (okReply(reply)) {
    const read = readJson(reply, shape)
    return 'value' in read ? read : { outcome: { kind: 'unclear', says: `${replyName(reply)}, ${read.trouble}` } }
  }
  const refused = refusalOf(reply)
  if (refused) return { outcome: { kind: 'refused', says: refused.says, code: refused.code } }
  return { outcome: { kind: 'unclear', says: `${replyName(reply)} and no reason that the ERP documents` } }
}

export const nothing = (outcome: Outcome): Reading => ({ outcome, observations: [] })

/** A lookup: changes nothing there, so the same call once more is harmless. */
export type Lookup = CommandBase & { readonly class: 'K2' }

/** Kinds of answer that several candidates can have. */
export type Chosen<T> = { readonly one: T } | { readonly none: true } | { readonly several: string }
