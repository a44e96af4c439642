/** Errors as RFC 9457 has them: what is wrong, in which request, and what to do; never a stack, a statement or a path. */
import { Fault, FAULTS, type Disposition, type FaultCode } from '../lib/fault.ts'

export interface Problem {
  /** `urn:tieout:fault:<code>`; a name, not an address. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: FaultCode
  readonly detail?: string
  /** The request in which it happened, as the log names it. */
  readonly instance: string
  readonly whatToDo: string
}

const DO: { readonly [disposition in Disposition]: string } = {
  retry: 'Send the same again in a moment, with the same ids: nothing is done twice.',
  'retry-after': 'Send the same again after the seconds in Retry-After, with the same ids: nothing is done twice.',
  hold: 'Do not send it again; a person looks into it.',
  stop: 'Correct the request; the same again gets the same answer.',
}

/** Where the way out is another than the disposition's. */
const DO_ELSE: { readonly [code in FaultCode]?: string } = {
  'key-unknown': 'Send the header Authorization: Bearer <access key>.',
  'scope-missing': 'Ask whoever runs the hub for a key with this scope: tieout keys create.',
  'request-key-reused': 'Send what is new under an Idempotency-Key of its own.',
  'not-found': 'Check the name; GET /v1/objects lists what there is.',
  'event-id-reused': 'Send what is new under an id of its own.',
  'body-too-large': 'Send less at once: a document may have 20 MiB, events 2 MiB and 500 of them; docs/spec/api.md has the rest.',
  'document-not-read': 'Send a corrected document; the case in GET /v1/exceptions says what is wrong with this one.',
  'exception-moved': 'Look at the case again; answer it again if it still needs an answer.',
  'moved-meanwhile': 'Look at it again; ask again if that is still needed.',
  'balance-differs': 'Correct the file, or book in the ERP what it lacks; then send it again.',
  'ledger-not-told': 'Look at GET /v1/systems whether that system answers, then ask again; nothing has to be undone.',
  'answer-not-taken': 'Give one of the actions that the case names, with everything that it asks for.',
  internal: 'Tell whoever runs the hub the instance: its log says what happened.',
}

/** Details of these come from the caller's own words or are meant for the caller; of all others they are for the log. */
const TELLS = (code: FaultCode): boolean => FAULTS[code].status < 500 || code === 'ledger-not-told'

export function problemOf(error: unknown, requestId: string): Problem {
  const fault = faultOf(error)
  const { status, says, disposition } = FAULTS[fault.code]
  return {
    type: `urn:tieout:fault:${fault.code}`,
    title: says,
    status,
    code: fault.code,
    ...(fault.detail !== undefined && TELLS(fault.code) ? { detail: fault.detail } : {}),
    instance: `urn:tieout:request:${requestId}`,
    whatToDo: DO_ELSE[fault.code] ?? DO[disposition],
  }
}

/** Headers that go with a problem. */
export function problemHeaders(error: unknown): Record<string, string> {
  const { code, disposition, retryAfterMs } = faultOf(error)
  return {
    ...(code === 'key-unknown' ? { 'www-authenticate': 'Bearer realm="tieout"' } : {}),
    ...(disposition === 'retry-after' ? { 'retry-after': String(Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000))) } : {}),
  }
}

/** Whatever was thrown, as a fault: what the world did to us keeps its code, all else is ours. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const known = HTTP_FAULTS[code]
  return known ? new Fault(known) : new Fault('internal', undefined, { cause: error })
}

/** Errors of the HTTP server by their code: https://fastify.dev/docs/latest/Reference/Errors/ and https://nodejs.org/api/errors.html */
const HTTP_FAULTS: { readonly [code: string]: FaultCode } = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unknown',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request-not-valid',
  FST_ERR_CTP_EMPTY_TYPE: 'media-type-unknown',
  FST_ERR_BAD_URL: 'request-not-valid',
  FST_ERR_MAX_PARAM_LENGTH: 'request-not-valid',
  FST_ERR_NOT_FOUND: 'not-found',
  HPE_HEADER_OVERFLOW: 'header-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-too-slow',
  ECONNRESET: 'request-not-valid',
}
