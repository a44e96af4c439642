/**
 * What a person's answer counts for: the things that stood in the object when it was given, and nothing that came since. Not what is
 * earlier by the clock. Systems have clocks of their own: by one that is ahead nothing that it told could be answered, and by one that is
 * behind the next reversal would be answered before it had happened.
 */
import type { Event } from './event.ts'
import type { FactRef, InvoiceState } from './invoice-state.ts'

export interface Answered extends FactRef {
  readonly knew: readonly string[]
}

/** An answer that is given now about an object in which `things` stand. */
export const answered = (event: Event, things: readonly string[]): Answered => ({
  at: event.occurredAt,
  event: event.id,
  knew: things.toSorted(),
})

/**
 * A thing is named by its event, but where more than one event may tell of it: a posting and its reversal by the posting, what an invoice
 * said first by that alone.
 */
export const thingSaid = ({ corrected, event }: NonNullable<InvoiceState['content']>): string => (corrected ? event : 'content')
export const thingPosted = (postingNo: string): string => `posting ${postingNo}`
export const thingReversed = (postingNo: string): string => `reversal ${postingNo}`

/** The approval as it was completed, which another completion replaces. */
export const thingsCompleted = ({ approval }: InvoiceState): string[] => (approval.completed ? [approval.completed.event] : [])

/** All that a case of an invoice may be about. */
export function thingsOf(state: InvoiceState): string[] {
  const { content, postings, allocations, links, reported } = state
  return [
    ...thingsCompleted(state),
    ...(content ? [thingSaid(content)] : []),
    ...Object.entries(postings).flatMap(([no, { confirmed, reversed }]) => [
      ...(confirmed || reversed ? [thingPosted(no)] : []),
      ...(reversed ? [thingReversed(no)] : []),
    ]),
    ...Object.keys(allocations),
    ...[...Object.values(links), ...Object.values(reported)].map(({ event }) => event),
  ]
}

/** Whether an answer was given, and all of these were there when it was. */
export const covers = (answer: Answered | undefined, things: readonly string[]): boolean =>
  answer !== undefined && things.every((thing) => answer.knew.includes(thing))
