/**
 * What delivery needs of the others, in one place. The statements themselves stand in `store/` in the file of their table.
 *
 * Asked of `store/effect.ts` (all inside one `inTenant` transaction; instants as text):
 * - claimDue: rows of one target in state `waiting` or `unknown` with due_at ≤ now, lane by lane then due_at, at most `limit`,
 *   FOR NO KEY UPDATE SKIP LOCKED; none whose (target, object) has another row open or unknown, none of manner money whose
 *   (target, command, object) has another row that blocks, and one row per object in the answer.
 * - saving a stepped row (state, attempts, failures, due_at, blocks) WHERE key AND attempts = the number it was read with AND
 *   state = the state it was read with, saying whether it took: the number of the last attempt is the fence.
 * - rows of one target to look at: `held` or `done` with due_at ≤ now.
 * Asked of `store/attempt.ts`:
 * - openAttempts: rows (key, n, process, request hash, not_after, opened_at).
 * - closeAttempt: outcome, says, receipt, closed_at WHERE still open, saying whether it took (a refused one is counted).
 * - `sender_done_at`: set by the sender's own process when it has finished with an attempt, also with one that others closed.
 *   Together with the session lock it tells whether a call can still be made from a frozen process.
 * - `looks`: a JSON list of {at, found} on the attempt, so that two looks apart survive a crash and may be made by two processes.
 * - attempts of some keys, all tries, oldest first.
 * - open attempts past not_after + 1 s, or whose process is gone.
 * Asked of `store/system.ts`: per (tenant, system) one JSON document `delivery` (breaker, learned rate) with a version to write
 *   by, and `heard_at`.
 * Asked of the commit: an `effect.resolved` arrival carries no guard; it counts only while the row's `attempts` equals
 *   `data.attempt` (else a stale look could free an attempt that came later), else it becomes `effect.replied-late`.
 */
import type { Arrival } from '../domain/object.ts'

/** The door: everything that delivery and watching learn goes through it. Resolves when durable. */
export type Submit = (arrivals: readonly Arrival[]) => Promise<readonly SubmitReceipt[]>

/** What the door answers per arrival, in order. */
export interface SubmitReceipt {
  readonly eventId: string
  readonly status: string
}
