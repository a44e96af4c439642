/**
 * What to do about an effect whose outcome nobody knows, by what the target offers (the class of its command) and by what is
 * known of each try. Pure. `docs/spec/delivery.md` gives the promises: K1 and K2 at most one effect; K3 at most one while the
 * target keeps its settle time, and doubles are found afterwards; K4 at most one automatic send.
 *
 * The traps that these rules close: a look directly after a time-out says "absent" and the late first call lands (so looks
 * count only after `settleMs`); a frozen process wakes up after the looks and sends (so settling begins when its sender is
 * known to have finished, not at the deadline); a key that the target has forgotten (so K1 ends with its retention).
 */
import type { EffectState } from '../domain/effect.ts'
import type { Command, Found } from '../connector/contract.ts'
import type { AttemptOutcome } from '../store/attempt.ts'

/** How one try ended; `open` while its process has it. */
export type TryState = AttemptOutcome

const LONGEST_LOOK_MS = 10_000

/** How long a look may take (ms): as long as a call of its command, at most ten seconds. It can be asked again. */
export const lookMs = ({ timeoutMs }: { readonly timeoutMs: number }): number => Math.min(LONGEST_LOOK_MS, timeoutMs)

/** All times in ms since 1970. */
export interface Try {
  readonly n: number
  readonly state: TryState
  readonly openedAt: number
  readonly notAfter: number
  readonly closedAt: number | null
  /** Since when its process certainly sends nothing more of it: it said so, or its session lock was seen free. */
  readonly senderDoneAt: number | null
  readonly looks: readonly Look[]
}

export interface Look {
  /** When it was asked: what lands while the answer is on its way is not in it. */
  readonly at: number
  readonly found: Found['kind']
  readonly says?: string
}

export interface ResolvePolicy {
  /** How long a sender that holds its lock may be frozen before a person is asked. */
  readonly freezeLimitMs: number
  /** Repeated calls (K1, K2) until a person is asked. */
  readonly repeatLimit: number
  /** Answers that decide nothing, after it had settled, until a person is asked. */
  readonly undecidedLimit: number
  /** Wait before the n-th repetition or look without a settle time. */
  readonly backoffMs: (n: number) => number
  /** After a doubt was settled: when to look once more for doubles, counted from the end of the last try. */
  readonly laterLooksMs: readonly number[]
}

export type Step =
  /** The same call once more, now. */
  | { readonly do: 'repeat' }
  | { readonly do: 'look' }
  | { readonly do: 'wait'; readonly until: number }
  /** Nothing more by itself. */
  | { readonly do: 'rest' }
  | { readonly do: 'conclude'; readonly input: 'absent' | 'needs-person' | 'exhausted'; readonly says: string }

/**
 * Part of a key's retention that is left unused: the longest that a repeated call may take, and a tenth (10 s to 1 h) for
 * clocks apart and for a process that freezes between its last look at the clock and its first byte. Frozen there for longer
 * than that, a K1 call can come when its key is forgotten: nothing on our side can prevent it; a later look finds it.
 */
export function retentionMarginMs(keyRetentionMs: number, timeoutMs: number): number {
  return timeoutMs + Math.min(3_600_000, Math.max(10_000, keyRetentionMs / 10))
}

/**
 * The step for an effect that waits. Tries that were looked for and did not happen are failures like any other: a system that
 * swallows them is not asked for ever.
 */
export function waitingStep(failures: number, deadAfter: number): Step {
  return failures < deadAfter ? { do: 'repeat' } : { do: 'conclude', input: 'exhausted', says: `${failures} calls in a row did nothing` }
}

/** The next step for an effect in `state`; `tries` oldest first, none of them open. */
export function nextStep(
  command: Pick<Command, 'class'> & Partial<Command>,
  state: EffectState,
  tries: readonly Try[],
  now: number,
  policy: ResolvePolicy,
): Step {
  const last = tries.at(-1)
  if (!last || last.state === 'open') return { do: 'rest' }
  if (state === 'done' || state === 'held') return laterLook(command, tries, last, now, policy)
  if (state !== 'unknown') return { do: 'rest' }
  if (repeatable(command, tries, last, now)) return repetition(tries, last, now, policy)
  if (command.find) return lookedFor(command.find, tries, last, now, policy)
  return { do: 'conclude', input: 'needs-person', says: unknowable(last) }
}

/** K2 always; K1 while the target surely knows the key. A refusal is not repeated: it would say the same and prove no more. */
function repeatable(command: Pick<Command, 'class'> & Partial<Command>, tries: readonly Try[], last: Try, now: number): boolean {
  if (last.state === 'refused') return false
  if (command.class === 'K2') return true
  if (command.class !== 'K1' || command.keyRetentionMs === undefined) return false
  // The first try of all, though an earlier doubt may have been settled since: too early is safe.
  const firstAt = tries[0]?.openedAt ?? now
  return now < firstAt + command.keyRetentionMs - retentionMarginMs(command.keyRetentionMs, command.timeoutMs ?? 0)
}

function repetition(tries: readonly Try[], last: Try, now: number, policy: ResolvePolicy): Step {
  const doubts = doubtful(tries)
  if (doubts.length > policy.repeatLimit) return { do: 'conclude', input: 'exhausted', says: `${doubts.length} calls and no clear answer` }
  // One that did nothing since settles nothing, counts for nothing, and is a reason to come less often.
  const idle = tries.length - 1 - tries.findLastIndex(({ state }) => state === 'unknown')
  const until = (last.closedAt ?? last.notAfter) + policy.backoffMs(doubts.length + idle)
  return now >= until ? { do: 'repeat' } : { do: 'wait', until }
}

function lookedFor(find: NonNullable<Command['find']>, tries: readonly Try[], last: Try, now: number, policy: ResolvePolicy): Step {
  const doubts = doubtful(tries)
  const unfinished = doubts.find((attempt) => attempt.senderDoneAt === null)
  const settledAt = Math.max(...doubts.map((attempt) => Math.max(attempt.notAfter, attempt.senderDoneAt ?? Infinity))) + find.settleMs
  const lastLook = last.looks.at(-1)
  // One look at once: what is there already need not wait. That it is absent counts for nothing yet.
  if (!lastLook) return { do: 'look' }
  if (unfinished) {
    const limit = unfinished.notAfter + policy.freezeLimitMs
    if (now >= limit)
      return { do: 'conclude', input: 'needs-person', says: 'the process that may still send it does not answer and does not end' }
    return again(lastLook.at + Math.max(find.gapMs, policy.backoffMs(last.looks.length)), now, limit)
  }
  const counted = last.looks.filter(({ found, at }) => (found === 'absent' || found === 'untraceable') && at >= settledAt)
  const [first] = counted
  const latest = counted.at(-1)
  if (first && latest && latest.at - first.at >= find.gapMs) {
    const looked = `looked for ${counted.length} times after it had settled; it is not there`
    return counted.some(({ found }) => found === 'untraceable')
      ? { do: 'conclude', input: 'needs-person', says: `${looked} any more, and may have been` }
      : { do: 'conclude', input: 'absent', says: looked }
  }
  const undecided = last.looks.filter(({ found, at }) => found === 'undecided' && at >= settledAt)
  if (undecided.length >= policy.undecidedLimit)
    return { do: 'conclude', input: 'needs-person', says: `looked for ${undecided.length} times: ${undecided.at(-1)?.says ?? 'undecided'}` }
  if (now < settledAt) return { do: 'wait', until: settledAt }
  // A look that told nothing is repeated at a growing distance; one that said absent, after the gap.
  const wiser = lastLook.found !== 'unclear' && lastLook.found !== 'undecided'
  const distance = lastLook.at < settledAt ? 0 : Math.max(find.gapMs, wiser ? 0 : policy.backoffMs(last.looks.length))
  return again(lastLook.at + distance, now)
}

function again(at: number, now: number, limit = Infinity): Step {
  return now >= at ? { do: 'look' } : { do: 'wait', until: Math.min(at, limit) }
}

/** Doubles can only be where a try was in doubt and the target does not itself keep us from doubling. */
function laterLook(
  command: Pick<Command, 'class'> & Partial<Command>,
  tries: readonly Try[],
  last: Try,
  now: number,
  policy: ResolvePolicy,
): Step {
  if (!command.find || command.class === 'K2' || doubtful(tries).length === 0) return { do: 'rest' }
  const from = last.closedAt ?? last.notAfter
  const lastLookAt = last.looks.at(-1)?.at ?? from
  const next = policy.laterLooksMs.map((ms) => from + command.find!.settleMs + ms).find((at) => at > lastLookAt)
  if (next === undefined) return { do: 'rest' }
  return again(next, now)
}

/** Tries that may have acted. */
export function doubtful(tries: readonly Try[]): readonly Try[] {
  return tries.filter((attempt) => attempt.state === 'unknown')
}

function unknowable(last: Try): string {
  return last.state === 'refused'
    ? 'an earlier call may have been carried out, and the repeated one was refused'
    : 'the system offers no way to find out whether it was carried out'
}
