/** What one commit writes of objects beside the log: rows built from what was decided, and nothing is asked or sent. */
import type { Decided } from '../domain/decide.ts'
import type { Law, ObjectRecord } from '../domain/object.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { instantOf, msOf, type Instant } from '../lib/time.ts'
import type { Interest } from './interest.ts'
import type { EntriesChange } from './ledger-entry.ts'
import type { ListEntry } from './list-row.ts'
import type { StoredObject, WrittenObject } from './object.ts'

/** A law that wants to be asked again in the past is asked again after so long. */
const AGAIN_MS = 10_000
/** Names that are shown of an object; all that are bound find it. */
const LIMIT_NAMES = 100

/** What the commit knew when it decided. */
export interface Known {
  readonly stored: ReadonlyMap<string, StoredObject>
  /** Ids by every name that was looked at. */
  readonly bound: ReadonlyMap<string, string>
  /** Ids by names that this commit binds. */
  readonly bindings: ReadonlyMap<string, string>
  readonly created: ReadonlySet<string>
}

/** What judged objects wait for now: canonical ids where names are bound, and what changed against what they waited for before. */
export function waitsOf(
  decided: Decided,
  { stored, bound, created }: Known,
): {
  readonly of: ReadonlyMap<string, readonly string[]>
  readonly ids: readonly string[]
  readonly names: readonly string[]
  readonly added: readonly Interest[]
  readonly removed: readonly Interest[]
} {
  const of = new Map<string, readonly string[]>()
  const added: Interest[] = []
  const removed: Interest[] = []
  for (const [object, wanted] of decided.waits) {
    const before = stored.get(object)?.waits ?? []
    if (wanted.length === 0 && before.length === 0) continue
    const after = [...new Set(wanted.map((name) => bound.get(name) ?? name))].filter((name) => name !== object).sort()
    if (after.join('\n') === before.join('\n')) continue
    of.set(object, after)
    for (const name of after) if (!before.includes(name)) added.push({ name, object })
    for (const name of before) if (!after.includes(name)) removed.push({ name, object })
  }
  // What this very batch creates cannot be moved by others yet.
  const names = [...new Set(added.map(({ name }) => name))].filter((name) => !created.has(name))
  return { of, added, removed, ids: names.filter((name) => !name.includes('|')), names: names.filter((name) => name.includes('|')) }
}

/** Objects to be written, with what they wait for by `waits`. */
export function objectRows(
  decided: Decided,
  { stored, bindings }: Known,
  waits: ReadonlyMap<string, readonly string[]>,
  now: Instant,
): { readonly created: readonly WrittenObject[]; readonly changed: readonly WrittenObject[] } {
  const created: WrittenObject[] = []
  const changed: WrittenObject[] = []
  const seen = new Set<string>()
  const late = instantOf(msOf(now) + AGAIN_MS)
  // Its id is no name of it.
  const named = Map.groupBy(
    [...bindings.keys()].filter((name) => bindings.get(name) !== name),
    (name) => bindings.get(name)!,
  )
  const put = (record: ObjectRecord, text: string): void => {
    seen.add(record.id)
    const before = stored.get(record.id)
    const wakeAt = record.wakeAt !== null && record.wakeAt <= now ? late : record.wakeAt
    const names = [...(before?.names ?? []), ...(named.get(record.id) ?? [])].slice(0, LIMIT_NAMES)
    const object = { ...record, wakeAt, names, waits: waits.get(record.id) ?? before?.waits ?? [], text }
    if (before) changed.push(object)
    else created.push(object)
  }
  for (const { after, text } of decided.changed) put(after, text)
  // Judged without anything said: what it waits for may have changed all the same, and its time must not come again at once.
  for (const id of decided.waits.keys()) {
    const record = stored.get(id)
    if (record && !seen.has(id) && (waits.has(id) || (record.wakeAt !== null && record.wakeAt <= now)))
      put(record, canonicalJson(record.state, record.state))
  }
  return { created, changed }
}

/** Rows of lists that read otherwise than before, and objects that leave theirs. */
export function listRows(law: Law, decided: Decided): { readonly rows: readonly ListEntry[]; readonly gone: readonly string[] } {
  const rows: ListEntry[] = []
  const gone: string[] = []
  for (const { before, after } of decided.changed) {
    const was = before && law.list(before)
    const row = law.list(after)
    if (row && (!was || JSON.stringify(was) !== JSON.stringify(row))) rows.push({ object: after.id, kind: after.kind, row })
    if (was && !row) gone.push(after.id)
  }
  return { rows, gone }
}

/** Entries of the sub-ledger that objects have now and had before. */
export function entryRows(law: Law, decided: Decided): EntriesChange[] {
  return decided.changed.flatMap(({ before, after }) => {
    const was = before ? law.entries(before) : []
    const is = law.entries(after)
    return was.length === 0 && is.length === 0 ? [] : [{ object: after.id, before: was, after: is }]
  })
}
