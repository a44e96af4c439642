/**
 * The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the same request again is answered as the first time and
 * not done again. Kept in the database, so that any process answers, also after a restart.
 */
import { createHash } from 'node:crypto'
import { Fault, FAULTS } from '../lib/fault.ts'
import { instantOf } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { claimRequest, forgetRequests, settleRequest, type KeptAnswer, type RequestKey } from '../store/request-key.ts'
import type { ApiContext } from './context.ts'
import { problemHeaders, problemOf } from './problem.ts'
import type { Answer } from './route.ts'

export const KEPT_MS = 24 * 3_600_000
/** Longer than any request may take: after that its process is gone, and the work is done anew by whoever comes. */
const BUSY_MS = 60_000
const FORGET_AT_ONCE = 20
/** As the table has it. */
const LIMIT_KEPT = 1_048_576

/** A quoted text as structured fields write it (RFC 9651, section 3.3.3), or, as many send it, the same without quotes. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/u
const BARE = /^[A-Za-z0-9._~:/+=-]+$/u

/** The key in the header; undefined without one. Throws `request-not-valid`. */
export function requestKeyIn(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const key = QUOTED.exec(header)?.[1]?.replaceAll(/\\(.)/gu, '$1') ?? (BARE.test(header) ? header : '')
  if (key === '' || key.length > 200) throw new Fault('request-not-valid', 'Idempotency-Key is a quoted text of 1 to 200 characters.')
  return key
}

export interface Request extends RequestKey {
  readonly requestId: string
  readonly parts: readonly (string | Uint8Array)[]
}

/** Does the work, unless it was done under this key; what only says to come again later is not kept. */
export async function once(context: ApiContext, request: Request, work: () => Promise<Answer> | Answer): Promise<Answer> {
  const { pool, tenant } = context
  const now = context.now()
  const busyUntil = instantOf(now + BUSY_MS)
  const claimed = await inTenant(pool, tenant, async (client) => {
    await forgetRequests(client, tenant, instantOf(now), FORGET_AT_ONCE)
    return claimRequest(client, tenant, request, {
      fingerprint: fingerprintOf(request.parts),
      now: instantOf(now),
      busyUntil,
      expiresAt: instantOf(now + KEPT_MS),
    })
  })
  if (claimed === 'other') throw new Fault('request-key-reused')
  if (claimed === 'busy') throw new Fault('request-key-busy')
  if (claimed !== 'ours') return replayed(claimed)
  const answer = await Promise.resolve()
    .then(work)
    .catch((error: unknown): Answer => {
      if (!(error instanceof Fault) || error.status >= 500 || FAULTS[error.code].disposition !== 'stop') throw error
      return {
        status: error.status,
        headers: { 'content-type': 'application/problem+json', ...problemHeaders(error) },
        body: problemOf(error, request.requestId),
      }
    })
    .catch(async (error: unknown) => {
      await inTenant(pool, tenant, (client) => settleRequest(client, tenant, request, busyUntil, undefined)).catch(() => {})
      throw error
    })
  const body = Buffer.from(JSON.stringify(answer.body))
  const kept: KeptAnswer = { status: answer.status, headers: JSON.stringify(answer.headers ?? {}), body }
  // Too long to be kept is done again when it is asked again, as without a key.
  const fits = body.length <= LIMIT_KEPT
  await inTenant(pool, tenant, (client) => settleRequest(client, tenant, request, busyUntil, fits ? kept : undefined))
  return answer
}

const replayed = ({ status, headers, body }: KeptAnswer): Answer => ({
  status,
  headers: { ...(JSON.parse(headers) as Record<string, string>), 'idempotency-replayed': 'true' },
  body,
})

/** Each part with its length before it, so that no two requests read as one. */
function fingerprintOf(parts: Request['parts']): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest()
}
