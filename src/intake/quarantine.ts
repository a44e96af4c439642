/**
 * Containment: an item that our own code breaks on must not keep back the others. The batch is halved until the item stands
 * alone; then its bytes are kept with an owner, `intake.quarantined` says so in the log, and everything else is committed.
 */
import type { EventType } from '../domain/event.ts'
import { aliasOf, type Arrival, type Ref } from '../domain/object.ts'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { hexOf } from '../lib/hash.ts'
import { instantOf, type Clock } from '../lib/time.ts'
import type { Committer } from '../store/committer.ts'
import { inTenant, type Pool } from '../store/database.ts'
import type { Committed, FactItem, Item, Receipt } from '../store/item.ts'
import { postpone } from '../store/object.ts'
import { keepQuarantined, quarantinedIds, resolveQuarantined } from '../store/quarantine.ts'
import { sha256 } from '../store/sha256.ts'
import type { IdentifiedRef } from '../store/unbound.ts'
import { admit } from './door.ts'

/** Whose it is: what breaks our code is no clerk's fault. */
const OWNER = 'engineering'
/** So many of those that stand in quarantine are known again when they come in well. */
const LIMIT_STANDING = 10_000
/** An object whose judging breaks is judged again after so long: a new version may have come by then. */
const POSTPONE_MS = 3_600_000

export interface Containment {
  readonly pool: Pool
  readonly committer: Committer
  readonly clock: Clock
  /** What stands in quarantine, by tenant, as this process has found it and added to it: whatever is mended was started anew. */
  readonly standing: Map<string, Set<string>>
}

/** One part of a batch that was committed. */
export interface Part {
  readonly items: readonly Item[]
  readonly committed: Committed
}

/**
 * Commits a batch in as few parts as its broken items allow. `settled` hears of each item as soon as its part is durable; a
 * quarantined one is answered with the fault `internal`. Throws as the committer does; what was not settled then is unknown.
 */
export async function commitContained(
  containment: Containment,
  tenant: string,
  items: readonly Item[],
  settled: (item: Item, receipt: Receipt | undefined) => void,
): Promise<Part[]> {
  const result = await containment.committer.commit(tenant, items)
  if ('committed' in result) {
    for (const [at, item] of items.entries()) settled(item, result.committed.receipts[at])
    return [{ items, committed: result.committed }]
  }
  const [only] = items
  if (items.length === 1 && only) {
    const receipt = await quarantine(containment, only, result.broken)
    settled(only, receipt)
    return []
  }
  const middle = Math.ceil(items.length / 2)
  const first = await commitContained(containment, tenant, items.slice(0, middle), settled)
  return [...first, ...(await commitContained(containment, tenant, items.slice(middle), settled))]
}

/** What broke once and was committed now no longer stands there. */
export async function release(containment: Containment, tenant: string, items: readonly Item[]): Promise<void> {
  const { pool, clock } = containment
  const standing = await standingIn(containment, tenant)
  const well = standing.size === 0 ? [] : [...new Set(items.map(quarantineId))].filter((id) => standing.has(id))
  if (well.length === 0) return
  await inTenant(pool, tenant, (client) => resolveQuarantined(client, tenant, well, instantOf(clock())))
  for (const id of well) standing.delete(id)
}

async function standingIn({ pool, standing }: Containment, tenant: string): Promise<Set<string>> {
  const known = standing.get(tenant)
  if (known) return known
  const found = new Set(await inTenant(pool, tenant, (client) => quarantinedIds(client, tenant, LIMIT_STANDING)))
  standing.set(tenant, found)
  return found
}

const quarantineId = (item: Item): string => (item.kind === 'fact' ? item.id : item.object)

async function quarantine(containment: Containment, item: Item, broken: Error): Promise<Receipt | undefined> {
  const { pool, committer, clock } = containment
  const now = instantOf(clock())
  const says = `${broken.name}: ${broken.message}`.slice(0, 2_000)
  const id = quarantineId(item)
  const kept =
    item.kind === 'fact'
      ? { id, source: item.source.system, type: item.type, bytes: Buffer.from(canonicalJson(arrivalOf(item) as unknown as Json)) }
      : { id, source: 'hub', type: 'nudge', bytes: Buffer.from(item.object) }
  // The bytes before the event that names them, as with documents.
  await inTenant(pool, item.tenant, async (client) => {
    await keepQuarantined(client, item.tenant, { ...kept, says, owner: OWNER }, now)
    if (item.kind === 'nudge') await postpone(client, item.tenant, [item.object], instantOf(clock() + POSTPONE_MS))
  })
  const standing = await standingIn(containment, item.tenant)
  standing.add(id)
  const result = await committer.commit(item.tenant, [admit(quarantinedArrival(item.tenant, kept, says, now))])
  // If even this breaks the law there is nothing left to contain it with.
  if ('broken' in result) throw result.broken
  return item.kind === 'fact'
    ? { eventId: item.id, outcome: 'refused', fault: new Fault('internal', 'It is kept, and somebody has been told.', { cause: broken }) }
    : undefined
}

/** Said once for each id, however often it comes. */
function quarantinedArrival(
  tenant: string,
  kept: { id: string; source: string; type: string; bytes: Uint8Array },
  says: string,
  now: string,
): Arrival {
  return {
    tenant,
    source: { system: 'hub', role: 'hub' },
    eventId: `quarantined ${kept.id}`,
    type: 'intake.quarantined',
    occurredAt: now,
    actor: 'rule:containment',
    about: [{ names: [aliasOf('hub', 'quarantine', kept.id)], create: 'document' }],
    data: {
      id: kept.id,
      source: kept.source,
      type: kept.type,
      says,
      owner: OWNER,
      sha256: hexOf(sha256(kept.bytes)),
      length: kept.bytes.length,
    },
  }
}

/** Without what the door added. */
function asGiven({ id: _id, ...ref }: IdentifiedRef): Ref {
  return ref
}

/** The arrival that an item was made of: given to the door again it makes the same event. */
export function arrivalOf(item: FactItem): Arrival {
  return {
    tenant: item.tenant,
    source: item.source,
    eventId: item.eventId,
    type: item.type satisfies EventType,
    occurredAt: item.occurredAt,
    actor: item.actor,
    readBack: item.grade === 'settled',
    about: item.refs.about.map(asGiven),
    ...(item.refs.ensures ? { ensures: item.refs.ensures.map(asGiven) } : {}),
    ...(item.correlation === undefined ? {} : { correlation: item.correlation }),
    ...(item.causation === undefined ? {} : { causation: item.causation }),
    data: item.data,
    ...(item.guard ? { guard: item.guard } : {}),
  }
}
