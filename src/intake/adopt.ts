/** What becomes of facts that nobody claims. */
import type { Event } from '../domain/event.ts'
import type { Arrival, Ref } from '../domain/object.ts'
import type { Intake } from './batcher.ts'
import { isCanonicalId } from '../store/alias.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { readEvents } from '../store/event.ts'

/**
 * Facts that nobody has claimed for too long. A posting that the hub did not cause becomes an invoice of its own, observed; any
 * other fact stays parked, and whoever binds its name still takes it.
 */
export async function adopt(pool: Pool, submit: Intake['submit'], tenant: string, indexes: readonly number[]): Promise<void> {
  const events = await inTenant(pool, tenant, (client) => readEvents(client, tenant, indexes))
  const postings = events.filter((event) => event.type === 'posting.confirmed')
  await submit(
    postings.map((event): Arrival => ({
      tenant,
      source: event.source,
      eventId: `${event.id} adopted`,
      type: 'posting.confirmed',
      occurredAt: event.occurredAt,
      actor: event.actor,
      readBack: event.grade === 'settled',
      about: [adoptedRef(event)],
      data: event.data,
      causation: event.id,
    })),
  )
}

/** Under the id that the posting carries, where it carries one: an invoice of ours that the log has lost comes back as it was. */
function adoptedRef(event: Event): Ref {
  const { postingNo, entity, reference } = event.data as unknown as { postingNo: string; entity: string; reference?: string }
  const name = `${event.source.system}|posting|${entity} ${postingNo}`
  return { names: reference !== undefined && isCanonicalId(reference) ? [reference, name] : [name], create: 'invoice' }
}
