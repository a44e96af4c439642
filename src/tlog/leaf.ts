import { assert } from '../lib/assert.ts'
import { isCleanText } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import type { Sha256 } from '../lib/hash.ts'
import type { Instant } from '../lib/time.ts'
import { base64Of } from './base64.ts'

/** What of an event's row enters the leaf. `docs/spec/log.md`, "The leaf". */
export type LeafRow = {
  readonly tenant: string
  readonly id: string
  readonly type: string
  readonly v: number
  readonly objects: readonly string[]
  readonly occurredAt: Instant
  readonly recordedAt: Instant
  readonly actor: string
  readonly cfg: string
  /** 32 bytes: SHA-256(salt ‖ body) */
  readonly commitment: Uint8Array
}

/** c2sp.org/tlog-tiles gives the length of an entry in two bytes. */
export const LEAF_LIMIT_BYTES = 65_535
export const SALT_BYTES = 32
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const UTF8 = new TextEncoder()

/**
 * The leaf of a row: the canonical JSON of `docs/spec/log.md`. Built as text because commits call it for every event: a test
 * shows it equal to `canonicalJson`. Throws the fault `body-not-clean` on text that cannot be stored, and `event-not-valid`
 * when a field has not the form that the specification gives it or the leaf is longer than 65,535 bytes.
 */
export function leafBytes(row: LeafRow): string {
  if (!INSTANT.test(row.occurredAt) || !INSTANT.test(row.recordedAt)) throw notALeaf('its times are instants with milliseconds in UTC')
  if (!Number.isSafeInteger(row.v)) throw notALeaf('its version is a whole number')
  if (row.commitment.length !== 32) throw notALeaf('its commitment has 32 bytes')
  let objects = ''
  for (const object of row.objects) objects += objects === '' ? quoted(object) : `,${quoted(object)}`
  const leaf =
    `{"actor":${quoted(row.actor)},"at":"${row.occurredAt}","cfg":${quoted(row.cfg)}` +
    `,"commit":"${base64Of(row.commitment)}","id":${quoted(row.id)},"objs":[${objects}],"rec":"${row.recordedAt}"` +
    `,"tenant":${quoted(row.tenant)},"type":${quoted(row.type)},"v":${row.v}}`
  // A UTF-16 unit is at most three bytes of UTF-8, so that most leaves need no count.
  if (leaf.length * 3 > LEAF_LIMIT_BYTES && UTF8.encode(leaf).length > LEAF_LIMIT_BYTES) throw notALeaf('it has at most 65,535 bytes')
  return leaf
}

/** SHA-256(salt ‖ body): what the leaf says of the body. The salt's 32 bytes keep a guess of the body from being tested. */
export function commitmentOf(sha256: Sha256, salt: Uint8Array, body: Uint8Array): Uint8Array {
  assert(salt.length === SALT_BYTES, 'a salt has 32 bytes')
  const bytes = new Uint8Array(SALT_BYTES + body.length)
  bytes.set(salt)
  bytes.set(body, SALT_BYTES)
  return sha256(bytes)
}

function quoted(text: string): string {
  if (!isCleanText(text)) throw new Fault('body-not-clean')
  return JSON.stringify(text)
}

function notALeaf(rule: string): Fault {
  return new Fault('event-not-valid', `It cannot be a leaf of the log: ${rule}.`)
}
