/** `POST /v1/notices/{system}`: what a system pushes at us, proved by its own signature. */
import { Fault } from '../lib/fault.ts'
import type { Answer, Call } from './route.ts'

/** Why a signature does not hold is for our log: whoever guesses learns nothing. */
export async function postNotice({ context, params, body, headers }: Call<unknown, Uint8Array>): Promise<Answer> {
  const verdict = await context.notice(params['system'] ?? '', body, headers)
  if (verdict === 'ok') return { status: 204 }
  throw new Fault('signature-bad', undefined, { cause: verdict.refused })
}
