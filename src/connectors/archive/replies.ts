/** What all calls of the archive have in common: which replies have no effect, and how it says no. */
import type { NoEffect, Outcome } from '../../connector/contract.ts'
import { readJson, replyName } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { Refusal, type Card } from './wire.ts'

/** 401 without the token. 429 is its throttle. A 5xx may come after the work. */
export const NO_EFFECT: readonly NoEffect[] = [
  { status: 401, about: 'credential' },
  { status: 403, about: 'credential' },
  { status: 429, about: 'target' },
]

export interface Refused {
  readonly code: string
  readonly says: string
  readonly card: Card | undefined
}

export function refusalOf(reply: Reply): Refused | undefined {
  if (reply.transport !== 'http' || ![400, 404, 409, 410, 413, 422].includes(reply.status)) return undefined
  const read = readJson(reply, Refusal)
  return 'value' in read ? { code: read.value.code, says: read.value.sentence.slice(0, 1_000), card: read.value.card } : undefined
}

export function refused(reply: Reply): Outcome {
  const refusal = refusalOf(reply)
  return refusal
    ? { kind: 'refused', says: refusal.says, code: refusal.code }
    : { kind: 'unclear', says: `${replyName(reply)} and no reason that the archive documents` }
}
