import { Fault } from '../lib/fault.ts'
import type { Sha256 } from '../lib/hash.ts'
import type { Instant } from '../lib/time.ts'
import { equalBytes, leafHash } from '../tlog/hash.ts'
import { commitmentOf, leafBytes, SALT_BYTES } from '../tlog/leaf.ts'
import type { Finding } from './finding.ts'

/** An event's row as it lies in the database, not trusted in anything: null is what a column does not hold or holds unreadably. */
export type AuditRow = {
  readonly index: number | null
  readonly tenant: string | null
  readonly id: string | null
  readonly type: string | null
  readonly v: number | null
  readonly objects: readonly string[] | null
  readonly occurredAt: Instant | null
  readonly recordedAt: Instant | null
  readonly actor: string | null
  readonly cfg: string | null
  readonly body: Uint8Array | null
  readonly salt: Uint8Array | null
  readonly commitment: Uint8Array | null
  readonly leafHash: Uint8Array | null
}

export type CheckedRow = {
  /** Hash of the leaf that the row's columns make; undefined when they make none. */
  readonly leaf: Uint8Array | undefined
  /** Body and salt are both gone, as erasure leaves them. */
  readonly erased: boolean
  readonly findings: readonly Finding[]
}

/** Recomputes commitment, leaf and leaf hash of one row and says what does not fit. Nothing is taken from the row but its content. */
export function checkRow(sha256: Sha256, row: AuditRow, index: number): CheckedRow {
  const findings: Finding[] = []
  const erased = row.body === null && row.salt === null
  if (!erased) {
    const { body, salt, commitment } = row
    if (body === null || salt === null) findings.push({ kind: 'half-erased', index })
    // A salt of another length would let bytes wander between salt and body unseen.
    else if (salt.length !== SALT_BYTES || commitment === null || !equalBytes(commitmentOf(sha256, salt, body), commitment)) {
      findings.push({ kind: 'body', index })
    }
  }
  const leaf = leafOf(sha256, row)
  if (leaf === undefined) findings.push({ kind: 'no-leaf', index })
  else if (row.leafHash === null || !equalBytes(leaf, row.leafHash)) findings.push({ kind: 'leaf-hash', index })
  return { leaf, erased, findings }
}

function leafOf(sha256: Sha256, row: AuditRow): Uint8Array | undefined {
  const { tenant, id, type, v, objects, occurredAt, recordedAt, actor, cfg, commitment } = row
  if (
    tenant === null ||
    id === null ||
    type === null ||
    v === null ||
    objects === null ||
    occurredAt === null ||
    recordedAt === null ||
    actor === null ||
    cfg === null ||
    commitment === null
  )
    return undefined
  try {
    return leafHash(sha256, leafBytes({ tenant, id, type, v, objects, occurredAt, recordedAt, actor, cfg, commitment }))
  } catch (error) {
    // What no leaf can hold was never sealed.
    if (error instanceof Fault) return undefined
    throw error
  }
}
