import { createHash } from 'node:crypto'
import type { Call, Outcome } from '../plumbing/server.ts'
import { refusal } from './answers.ts'
import type { KeptKey } from './rows.ts'
import type { Tray } from './tray.ts'

/**
 * Idempotency keys in the manner of the IETF draft "The Idempotency-Key HTTP Header Field"
 * (draft-ietf-httpapi-idempotency-key-header-06): the first success under a key is kept with a fingerprint of its request and given
 * again until the retention has passed.
 */
export class Keys {
  readonly #tray: Tray
  readonly #tempo: { readonly keyRetentionMs: number }
  readonly #now: () => string
  readonly #busy = new Set<string>()

  constructor(tray: Tray, tempo: { readonly keyRetentionMs: number }, now: () => string) {
    this.#tray = tray
    this.#tempo = tempo
    this.#now = now
  }

  required(call: Call): Outcome | undefined {
    return keyOf(call) === undefined ? refusal(400, 'KEY_MISSING', 'This call needs the header Idempotency-Key.') : undefined
  }

  /** Marks the key as at work until the returned function is called; a second call under it meanwhile is refused. */
  enter(call: Call): Outcome | (() => void) | undefined {
    const key = keyOf(call)
    if (key === undefined) return undefined
    if (key.length > 200) return refusal(400, 'MALFORMED', 'The Idempotency-Key is longer than 200 characters.')
    if (this.#busy.has(key)) return refusal(409, 'KEY_BUSY', 'A call with this key is still at work.')
    this.#busy.add(key)
    return () => {
      this.#busy.delete(key)
    }
  }

  /** Does the work, unless it was done under this key before. */
  once(call: Call, work: () => Outcome): Outcome {
    const key = keyOf(call)
    if (key === undefined) return work()
    const fingerprint = createHash('sha256').update(call.path).update('\n').update(call.bytes).digest('hex')
    const kept = this.#tray.keys.get(key)
    if (kept && Date.parse(this.#now()) - Date.parse(kept.at) < this.#tempo.keyRetentionMs) return again(kept, fingerprint)
    const outcome = work()
    if (outcome.status >= 300) return outcome
    const row: KeptKey = { key, fingerprint, status: outcome.status, body: outcome.body, at: this.#now() }
    return { ...outcome, facts: [...(outcome.facts ?? []), { what: 'KEY', verb: 'KEPT', key, row }] }
  }
}

function again(kept: KeptKey, fingerprint: string): Outcome {
  if (kept.fingerprint !== fingerprint) return refusal(422, 'KEY_REUSED', 'This key was used for another call.')
  return { status: kept.status, body: kept.body, headers: { 'idempotent-replay': 'true' } }
}

function keyOf(call: Call): string | undefined {
  const header = call.headers['idempotency-key']
  return typeof header === 'string' && header !== '' ? header : undefined
}
