/**
 * No lane starves. Places at a system go lane by lane, the highest first; but every eighth place is filled from a line downwards
 * that moves on by one lane each time: so whatever the load above it, each lane has at least one place in 56. Inside a lane the
 * money date decides: an item waits at most until its own date is the nearest of all.
 */
import { LANES } from '../domain/event.ts'

export const RESERVED_EVERY = 8
const LINES = LANES.length - 1

export class Turns {
  private given = 0

  /** Of the next `limit` places those that are reserved: how many, by the lane (its number) from which downwards they are filled. */
  reserved(limit: number): ReadonlyMap<number, number> {
    const lines = new Map<number, number>()
    for (let nth = Math.floor(this.given / RESERVED_EVERY) + 1; nth * RESERVED_EVERY <= this.given + limit; nth++) {
      const line = 1 + ((nth - 1) % LINES)
      lines.set(line, (lines.get(line) ?? 0) + 1)
    }
    return lines
  }

  /** So many places were filled. */
  give(places: number): void {
    this.given += places
  }
}
