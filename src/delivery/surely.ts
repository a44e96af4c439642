/** What has to be recorded is tried until the database takes it; a process that ends meanwhile is found by its open attempts. */
import { setTimeout } from 'node:timers/promises'
import { Fault } from '../lib/fault.ts'
import type { Arrival } from '../domain/object.ts'
import { troubleOf } from '../store/trouble.ts'
import type { Desk } from './ports.ts'

const FIRST_MS = 50
const LONGEST_MS = 5_000

/** Runs a transaction until it goes through; undefined when it never will, which is reported. */
export async function surely<T>(desk: Pick<Desk, 'trouble'>, work: () => Promise<T>): Promise<T | undefined> {
  for (let wait = FIRST_MS; ; wait = Math.min(LONGEST_MS, wait * 2)) {
    try {
      return await work()
    } catch (error) {
      if (!passing(error)) {
        desk.trouble('recording', error)
        return undefined
      }
      await setTimeout(wait)
    }
  }
}

/** Submits until it is durable. What the door will never take is reported and left out; the others are not held up by it. */
export async function submitSurely(desk: Pick<Desk, 'submit' | 'trouble'>, arrivals: readonly Arrival[]): Promise<void> {
  let left = arrivals
  await surely(desk, async () => {
    const receipts = await desk.submit(left)
    const refused = receipts.flatMap(({ outcome, fault }, n) => (outcome === 'refused' && fault ? [{ arrival: left[n]!, fault }] : []))
    for (const { arrival, fault } of refused) if (!passing(fault)) desk.trouble(`telling ${arrival.eventId}`, fault)
    const again = refused.filter(({ fault }) => passing(fault))
    left = again.map(({ arrival }) => arrival)
    if (again[0]) throw again[0].fault
  })
}

/** Faults that go away by themselves: no database, too much work, another transaction was first. */
function passing(error: unknown): boolean {
  if (error instanceof Fault) return error.disposition === 'retry' || error.disposition === 'retry-after'
  const trouble = troubleOf(error)
  return trouble === 'again' || trouble === 'away'
}
