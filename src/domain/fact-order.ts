/** Which of two facts counts. Those of one system are compared by its own clock, those of two, or of a system and us, by when we heard. */
import type { Event } from './event.ts'
import type { FactRef, Heard } from './invoice-state.ts'

export const ref = (event: Event): FactRef => ({ at: event.occurredAt, event: event.id })
export const heard = (event: Event): Heard => ({ ...ref(event), heardAt: event.recordedAt })

/** Of two facts of one kind the one that happened later; at the same instant the one with the greater id, whoever came first. */
export function later<T extends FactRef>(known: T | null, fresh: T): T {
  if (known === null) return fresh
  return fresh.at > known.at || (fresh.at === known.at && fresh.event > known.event) ? fresh : known
}

/** Whether we heard of one after the other; in one moment their own instants have to say it. */
export const heardAfter = (one: Heard, other: Heard): boolean =>
  one.heardAt === other.heardAt ? one.at > other.at : one.heardAt > other.heardAt
