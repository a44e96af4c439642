/** What all calls of procurement have in common: which replies have no effect, and how it says no. */
import type { NoEffect, Outcome, Reading } from '../../connector/contract.ts'
import { okReply, readJson, replyName, type Shape } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { Refusal } from './wire.ts'

/** 401 without the token. 429 is its throttle. A 5xx may come after the work. */
export const NO_EFFECT: readonly NoEffect[] = [
  { status: 401, about: 'credential' },
  { status: 403, about: 'credential' },
  { status: 429, about: 'target' },
]

export interface Refused {
  readonly code: string
  readonly says: string
  readonly held: unknown
}

/** A refusal in its words ("A refusal never has an effect"); undefined for any other reply, also an error page of that status. */
export function refusalOf(reply: Reply): Refused | undefined {
  if (reply.transport !== 'http' || ![400, 404, 409, 422].includes(reply.status)) return undefined
  const read = readJson(reply, Refusal)
  if ('trouble' in read) return undefined
  const { reasons, held } = read.value
  const says = reasons
    .map(({ code, at, says: words }) => `${code}${at === undefined ? '' : ` (${at})`}: ${words}`)
    .join(' ')
    .slice(0, 1_000)
  return { code: reasons[0]?.code ?? '', says, held }
}

/** The 2xx body in its shape, a refusal, or unclear. */
export function answerIn<T>(reply: Reply, shape: Shape<T>): { readonly value: T } | { readonly outcome: Outcome } {
  if (okReply(reply)) {
    const read = readJson(reply, shape)
    return 'value' in read ? read : { outcome: { kind: 'unclear', says: `${replyName(reply)}, ${read.trouble}` } }
  }
  const refused = refusalOf(reply)
  if (refused) return { outcome: { kind: 'refused', says: refused.says, code: refused.code } }
  return { outcome: { kind: 'unclear', says: `${replyName(reply)} and no reason that procurement documents` } }
}

export const nothing = (outcome: Outcome): Reading => ({ outcome, observations: [] })
