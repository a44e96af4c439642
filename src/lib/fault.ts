/** What a caller may do about a fault: try again soon, try again at a given time, wait for a person, or give up. */
export type Disposition = 'retry' | 'retry-after' | 'hold' | 'stop'

/**
 * The one catalogue of faults: what went wrong in the world around us. `status` is the HTTP status of an answer that is
 * caused by it. A refusal (the business says no) is a value and not in here; a bug is an assertion.
 */
export const FAULTS = {
  'body-not-json': { status: 400, disposition: 'stop', says: 'The body is not JSON.' },
  'body-not-clean': {
    status: 422,
    disposition: 'stop',
    says: 'The text holds a NUL or half of a surrogate pair, which cannot be stored or hashed safely.',
  },
  'body-too-large': { status: 413, disposition: 'stop', says: 'The body is larger than the limit.' },
  'event-not-valid': { status: 422, disposition: 'stop', says: 'The event does not have the shape that its type requires.' },
  'event-type-unknown': { status: 422, disposition: 'stop', says: 'No event type has this name.' },
  'event-id-reused': { status: 422, disposition: 'stop', says: 'This source has already sent another event under the same id.' },
  'signature-bad': { status: 401, disposition: 'stop', says: 'The signature does not fit the message, or its time is too far from now.' },
  'key-unknown': { status: 401, disposition: 'stop', says: 'The access key is missing or unknown.' },
  'scope-missing': { status: 403, disposition: 'stop', says: 'The access key is not for this.' },
  'not-found': { status: 404, disposition: 'stop', says: 'There is nothing under this name.' },
  'method-not-taken': { status: 405, disposition: 'stop', says: 'This address does not take this method.' },
  'request-too-slow': { status: 408, disposition: 'retry', says: 'The request was not complete in time; nothing was taken in.' },
  'header-too-large': { status: 431, disposition: 'stop', says: 'The head of the request is larger than the limit.' },
  'document-not-read': {
    status: 422,
    disposition: 'stop',
    says: 'The document could not be read as an invoice. It is kept, and a person is told.',
  },
  'exception-moved': { status: 409, disposition: 'stop', says: 'The case is no longer as it was when it was looked at.' },
  'moved-meanwhile': { status: 409, disposition: 'stop', says: 'It is no longer as it was when it was looked at.' },
  'request-key-busy': { status: 409, disposition: 'retry-after', says: 'A request with this Idempotency-Key is still at work.' },
  'request-key-reused': { status: 422, disposition: 'stop', says: 'Another request has come under this Idempotency-Key.' },
  'answer-not-taken': { status: 422, disposition: 'stop', says: 'The case does not take this answer.' },
  'balance-differs': { status: 422, disposition: 'stop', says: 'The items do not add up to the balance; nothing was taken over.' },
  'media-type-unknown': { status: 415, disposition: 'stop', says: 'This kind of content is not taken here.' },
  'request-not-valid': { status: 400, disposition: 'stop', says: 'The request does not have the shape that this address takes.' },
  'rate-exceeded': {
    status: 429,
    disposition: 'retry-after',
    says: 'The access key has called more often than it may; nothing was taken in.',
  },
  'backlog-too-old': {
    status: 429,
    disposition: 'retry-after',
    says: 'More work is waiting than can be done in time; nothing was taken in. Send it again later.',
  },
  'shutting-down': {
    status: 503,
    disposition: 'retry-after',
    says: 'The hub is stopping; nothing was taken in. Send it again in a moment.',
  },
  'hub-outdated': {
    status: 503,
    disposition: 'retry-after',
    says: 'The log already holds decisions by newer rules or a newer configuration than this process has; nothing was taken in. Send it again; another process takes it.',
  },
  'database-away': {
    status: 503,
    disposition: 'retry',
    says: 'The database does not answer; nothing was confirmed. Send it again with the same id.',
  },
  'database-refused': { status: 500, disposition: 'stop', says: 'The hub will not run on this database as it is set up.' },
  'schema-not-ours': { status: 500, disposition: 'stop', says: 'The tables in the database are not those of this version.' },
  'config-not-valid': { status: 500, disposition: 'stop', says: 'The configuration is not valid.' },
  'target-unreachable': { status: 502, disposition: 'retry', says: 'The system could not be reached; nothing was sent.' },
  'target-unclear': { status: 502, disposition: 'hold', says: 'The system gave no clear answer; whether it acted is unknown.' },
  'target-busy': { status: 502, disposition: 'retry-after', says: 'The system asks to wait.' },
  'ledger-not-told': { status: 503, disposition: 'retry', says: 'A system did not tell its ledger to the end; nothing was recorded.' },
  'log-inconsistent': { status: 500, disposition: 'stop', says: 'The log does not extend what was signed before.' },
  'log-set-back': {
    status: 500,
    disposition: 'stop',
    says: 'The database was set back: it lacks events that were written before, and what was sent since would be sent again. Nothing is taken in or sent. Restore a newer copy, or see: tieout recover --help.',
  },
  'signer-away': { status: 503, disposition: 'retry', says: 'The signer does not answer; no checkpoint was made.' },
  internal: { status: 500, disposition: 'stop', says: 'Something broke inside the hub. It was recorded; nothing was confirmed.' },
} as const satisfies Record<string, { status: number; disposition: Disposition; says: string }>

export type FaultCode = keyof typeof FAULTS

/** The world failed. `detail` names the object in question in plain words and never holds a secret. */
export class Fault extends Error {
  override name = 'Fault'
  readonly code: FaultCode
  readonly detail: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: FaultCode, detail?: string, options?: { cause?: unknown; retryAfterMs?: number }) {
    super(
      detail ? `${FAULTS[code].says} ${detail}` : FAULTS[code].says,
      options?.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.detail = detail
    this.retryAfterMs = options?.retryAfterMs
  }

  get status(): number {
    return FAULTS[this.code].status
  }
  get disposition(): Disposition {
    return FAULTS[this.code].disposition
  }
}
