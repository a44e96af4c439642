/**
 * A broken promise of our own code. Stays on in production. Inside the judging of one item it is contained (the item is
 * quarantined); anywhere else it ends the process, and recovery is the ordinary start.
 */
export class Bug extends Error {
  override name = 'Bug'
}

/** Ends in a {@link Bug} carrying `says` unless `condition` holds. `says` names the promise, not the code. */
export function assert(condition: unknown, says: string): asserts condition {
  if (!condition) throw new Bug(says)
}

/** `value`, which is known to be there; a {@link Bug} when it is not. */
export function present<T>(value: T | null | undefined, what: string): T {
  assert(value !== undefined && value !== null, `${what} is missing`)
  return value
}
