import type { Sha256 } from '../lib/hash.ts'
import { openCheckpoint, type Checkpoint } from '../tlog/checkpoint.ts'
import { equalBytes } from '../tlog/hash.ts'
import type { Ed25519Verify, VerifierKey } from '../tlog/note.ts'
import { isRefused } from '../tlog/refused.ts'
import type { TileReader } from '../tlog/tile.ts'
import { Findings, type Finding } from './finding.ts'
import { Judge, type Source, type Target } from './judge.ts'
import { checkRow, type AuditRow } from './row.ts'

/** A tenant's log as it lies in a database or an export, read at one instant. Nothing in it is trusted. */
export type LogUnderTest = {
  /** All rows of the tenant by rising index, in batches. */
  rows(): AsyncIterable<readonly AuditRow[]>
  /** The next index as the head row says it; undefined when there is no head row. */
  head(): Promise<number | undefined>
  /** The stored checkpoints by rising size. */
  checkpoints(): AsyncIterable<{ readonly size: number; readonly root: Uint8Array | null; readonly note: string | null }>
  readonly tile: TileReader
}

/** The folder outside the database: its checkpoint, opened with the same key, and its tiles. */
export type PublishedLog = { readonly checkpoint: Checkpoint; readonly tile: TileReader }

export type VerifyInput = {
  readonly sha256: Sha256
  readonly ed25519Verify: Ed25519Verify
  readonly key: VerifierKey
  /** The checkpoint that the auditor brings, opened with `key`. */
  readonly checkpoint: Checkpoint
  readonly log: LogUnderTest
  readonly published?: PublishedLog | undefined
}

export type Report = {
  readonly holds: boolean
  readonly origin: string
  /** Size of the checkpoint that was brought. */
  readonly size: number
  readonly rows: number
  /** Rows under a signed root: of the checkpoint brought, the published one or one in the database, whichever is largest. */
  readonly sealed: number
  /** Rows whose body and salt are gone by erasure. Whether each was asked for is what the erasure events say. */
  readonly erased: number
  /** Valid checkpoints in the database. */
  readonly checkpoints: number
  /** All findings; `findings` holds the first thousand. */
  readonly found: number
  readonly findings: readonly Finding[]
  readonly notes: readonly string[]
}

/** Roots compared on the way: each costs a few hashes and narrows the range when nothing else names an index. */
const LIMIT_TARGETS = 4096

/**
 * Reads every row of a tenant and says whether the log is the one that the checkpoint was signed for, naming the index of
 * what is not. Memory is bounded whatever the size of the log. What it cannot see: an event removed from the unsealed end
 * together with its head, and whether an erasure was asked for.
 */
export async function verifyLog({ sha256, ed25519Verify, key, checkpoint, log, published }: VerifyInput): Promise<Report> {
  const findings = new Findings()
  const stored = await storedTargets(log, key, ed25519Verify, findings)
  const targets = byRisingSize([checkpoint, ...(published ? [published.checkpoint] : []), ...stored.targets], findings)
  const sources: Source[] = [
    // Outside first: who changed the database may have changed its tiles as well.
    ...(published ? [{ name: 'published' as const, tile: published.tile, size: published.checkpoint.size }] : []),
    { name: 'database', tile: log.tile, size: stored.targets.at(-1)?.size ?? 0 },
  ]
  const judge = new Judge(sha256, sources, targets, findings)

  let next = 0
  let rows = 0
  let erased = 0
  /** The rows `next` up to and without `to` are not there. */
  const passOver = async (to: number): Promise<void> => {
    findings.add({ kind: 'missing', index: next, to: to - 1 })
    for (; next < Math.min(to, judge.limit); next++) await judge.place(next, undefined)
    next = to
  }
  for await (const batch of log.rows()) {
    for (const row of batch) {
      rows += 1
      const index = row.index
      if (index === null || index < 0) {
        findings.add({ kind: 'no-index' })
        continue
      }
      if (index < next) {
        findings.add({ kind: 'twice', index })
        continue
      }
      if (index > next) await passOver(index)
      const checked = checkRow(sha256, row, index)
      for (const finding of checked.findings) findings.add(finding)
      if (checked.erased) erased += 1
      if (index < judge.limit) await judge.place(index, checked.leaf)
      next = index + 1
    }
  }
  const head = await log.head()
  if (head !== next) findings.add({ kind: 'head', says: head, rows: next })
  if (next < judge.limit) await passOver(judge.limit)
  await judge.finish()

  return {
    holds: findings.count === 0,
    origin: checkpoint.origin,
    size: checkpoint.size,
    rows,
    sealed: judge.limit,
    erased,
    checkpoints: stored.valid,
    found: findings.count,
    findings: findings.kept,
    notes: judge.notes,
  }
}

/**
 * The checkpoints in the database that the key signed. Being signed they bind the rows; being in there, they may be absent. Those that
 * say of themselves that they are another log's are passed over as if they were: a log that was set back goes on under another name.
 */
async function storedTargets(
  log: LogUnderTest,
  key: VerifierKey,
  verify: Ed25519Verify,
  findings: Findings,
): Promise<{ targets: Target[]; valid: number }> {
  let targets: Target[] = []
  let valid = 0
  let last: Target | undefined
  for await (const { size, root, note } of log.checkpoints()) {
    if (note !== null && !note.startsWith(`${key.name}\n`)) continue
    const opened = note === null ? { refused: 'its note is gone' } : openCheckpoint(note, key, verify)
    if (isRefused(opened)) {
      findings.add({ kind: 'checkpoint', size, why: opened.refused })
      continue
    }
    if (opened.size !== size || root === null || !equalBytes(opened.root, root)) {
      findings.add({ kind: 'checkpoint', size, why: 'its columns do not say what its note says' })
    }
    valid += 1
    last = opened
    targets.push(opened)
    // Thinned evenly; the last one is kept apart, for it is how far the log is sealed.
    if (targets.length > LIMIT_TARGETS) targets = targets.filter((_, at) => at % 2 === 0)
  }
  return { targets: last && targets.at(-1) !== last ? [...targets, last] : targets, valid }
}

/** Each signed size once; the first of two that contradict each other, which is the auditor's own where it is one of them. */
function byRisingSize(targets: readonly Target[], findings: Findings): Target[] {
  const bySize = new Map<number, Target>()
  for (const target of targets) {
    const same = bySize.get(target.size)
    if (!same) bySize.set(target.size, target)
    else if (!equalBytes(same.root, target.root)) findings.add({ kind: 'fork', size: target.size })
  }
  return [...bySize.values()].filter((target) => target.size > 0).sort((a, b) => a.size - b.size)
}
