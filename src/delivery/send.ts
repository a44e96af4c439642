/** One prepared call: sent once, its end classified, and the end recorded where it belongs. */
import { mark } from '../lib/mark.ts'
import { instantOf } from '../lib/time.ts'
import { stepEffect } from '../domain/effect.ts'
import type { Arrival } from '../domain/object.ts'
import type { Observation } from '../connector/contract.ts'
import { type Verdict, verdictOf, waitAsked } from '../connector/verdict.ts'
import { attemptsOf, closeAttempts, senderDone } from '../store/attempt.ts'
import { inTenant } from '../store/database.ts'
import { lockEffects, writeEffects } from '../store/effect.ts'
import type { Started } from './budget.ts'
import type { PreparedCall } from './claim.ts'
import { SAYS_UNKNOWN } from './expire.ts'
import { retryAt } from './lanes.ts'
import { inputOf, looksNext } from './outcome.ts'
import type { Desk } from './ports.ts'
import { outcomeArrival } from './report.ts'
import { observed } from '../connector/observed.ts'
import { submitSurely, surely } from './surely.ts'

/** Sends it, and is done when its end is durable. Never throws for what the other side or the database does. */
export async function carryOut(desk: Desk, call: PreparedCall): Promise<void> {
  const name = `${call.row.key} ${call.row.attempts}`
  const kind = call.row.attempts === 1 ? 'first' : 'retry'
  desk.underWay.add(name)
  const started = desk.budget.start(desk.clocks.monotonic(), kind)
  let verdict: Verdict | undefined
  let waitMs: number | undefined
  try {
    const sending = await desk.transport.send(call.request, call.hash, call.deadline)
    const at = desk.clocks.wall()
    if (sending.kind === 'answered') desk.heard()
    waitMs = waitAsked(sending, at)
    verdict = verdictOf(
      call.command,
      sending,
      { key: call.row.key, input: call.input, object: call.row.object, occurrence: call.row.occurrence, at: instantOf(at) },
      at,
    )
  } finally {
    // A transport that throws has broken its promise; the process ends over it, and the attempt is resolved as unknown.
    learn(desk, started, verdict, waitMs)
  }
  count(desk, verdict)
  mark('reply-before-record')
  await record(desk, call, verdict)
  mark('record-after')
  desk.underWay.delete(name)
}

/** What the call tells about the system as a whole; one that never left tells nothing. */
export function learn(
  desk: Pick<Desk, 'budget' | 'clocks' | 'signal'>,
  started: Started,
  verdict: Verdict | undefined,
  waitMs: number | undefined,
): void {
  const now = desk.clocks.monotonic()
  if (!verdict || verdict.late) return desk.budget.leave(started, now, undefined)
  const busy = verdict.state === 'no-effect' && verdict.about === 'target'
  const failed = verdict.state === 'not-sent' || verdict.state === 'unknown'
  // It may want to be left alone and leave open whether it did what it was asked.
  const how = busy || waitMs !== undefined ? 'busy' : failed ? 'failed' : 'answered'
  desk.budget.end(started, now, how, waitMs ?? verdict.retryAfterMs)
  if (verdict.state === 'no-effect' && verdict.about === 'credential') return desk.signal('credential', verdict.says)
  if (busy && verdict.says === 'HTTP 429') return
  desk.signal(verdict.state === 'not-sent' ? 'away' : busy || failed ? 'failing' : 'working', verdict.says)
}

function count(desk: Desk, verdict: Verdict): void {
  if (verdict.state === 'not-sent') desk.counts.notSent++
  else desk.counts.sent++
  if (verdict.state === 'unknown') desk.counts.unknown++
}

/**
 * An end with a meaning for the business goes through the door (done, refused, given up, found to be something else, and the
 * first doubt); one without only closes the try and sets when to try again. Where that would try again what is not wanted any more, the
 * law has the word: it may want something else by now.
 */
async function record(desk: Desk, call: PreparedCall, verdict: Verdict): Promise<void> {
  const { row, command, doubt } = call
  const policy = desk.lanes[row.lane]
  const input = inputOf(verdict, doubt, command, { failures: row.failures, deadAfter: policy.deadAfter })
  const at = desk.clocks.wall()
  const silent = input === 'not-sent' || input === 'no-effect' || (input === 'unclear' && doubt)
  const nextAt = verdict.late ? at : retryAt(policy, Math.max(1, row.attempts), row.key, at, verdict.retryAfterMs)
  // In doubt the rules of its class say when; they look at once.
  if (silent && (await closeQuietly(desk, call, verdict, input === 'unclear' ? at : nextAt)) !== 'unwanted') {
    await tellFacts(desk, verdict.observations)
  } else {
    const arrival = outcomeArrival({
      tenant: desk.tenant,
      row,
      attempts: call.attempts,
      input,
      outcome: verdict.state,
      at,
      by: 'reply',
      guarded: true,
      says: verdict.says,
      ...(verdict.receipt ? { receipt: verdict.receipt } : {}),
      ...(looksNext(
        input,
        call.attempts.some((attempt) => attempt.outcome === 'unknown'),
      )
        ? { nextAt: at }
        : {}),
    })
    await tell(desk, verdict.observations, arrival)
    if (await cameLate(desk, call)) await fenced(desk, call)
  }
  // Others must know that nothing more comes of it: from now on settling begins.
  if (verdict.state === 'unknown')
    await surely(desk, () =>
      inTenant(desk.pool, desk.tenant, (client) => senderDone(client, desk.tenant, row.key, row.attempts, instantOf(at))),
    )
}

/** Takes a quiet close back. */
class Unwanted extends Error {}

/** `unwanted`: nothing was closed, since what the try said is not wanted any more; a correction that came first holds the same lock. */
async function closeQuietly(desk: Desk, call: PreparedCall, verdict: Verdict, nextAt: number): Promise<'closed' | 'fenced' | 'unwanted'> {
  const { row, command, doubt } = call
  const closed = await surely(desk, () =>
    inTenant(desk.pool, desk.tenant, async (client) => {
      const now = desk.clocks.wall()
      // Attempts before effects, in the order in which the commit takes them.
      const names = await closeAttempts(
        client,
        desk.tenant,
        [{ key: row.key, n: row.attempts, outcome: verdict.state, says: verdict.says, receipt: null }],
        instantOf(now),
      )
      if (names.size === 0) return 'fenced'
      const held = (await lockEffects(client, desk.tenant, [row.key])).get(row.key)
      const input = inputOf(verdict, doubt, command, { failures: 0, deadAfter: Infinity })
      const next = held
        ? stepEffect(held, input, {
            now: instantOf(now),
            dueAt: instantOf(nextAt),
            counts: verdict.state === 'no-effect' && verdict.about === 'effect' && !doubt,
          })
        : 'ignored'
      if (next !== 'ignored' && next.state === 'superseded') throw new Unwanted()
      if (next !== 'ignored') await writeEffects(client, desk.tenant, [next])
      return 'closed'
    }).catch((error: unknown) => {
      if (error instanceof Unwanted) return 'unwanted' as const
      throw error
    }),
  )
  if (closed === 'fenced') await fenced(desk, call)
  return closed ?? 'closed'
}

/** Whether what was told about the try came too late: others had declared it unknown before. Asked only when that is possible. */
async function cameLate(desk: Desk, call: PreparedCall): Promise<boolean> {
  if (desk.clocks.wall() <= call.deadline.wall && call.deadline.revoked?.() !== true) return false
  const tries = await surely(desk, () => inTenant(desk.pool, desk.tenant, (client) => attemptsOf(client, desk.tenant, [call.row.key])))
  return tries?.find((attempt) => attempt.n === call.row.attempts)?.says?.startsWith(SAYS_UNKNOWN) === true
}

/** Somebody else closed the try: this process was too late. Whatever it did has been counted as unknown. */
async function fenced(desk: Desk, call: PreparedCall): Promise<void> {
  desk.counts.fenced++
  await surely(desk, () =>
    inTenant(desk.pool, desk.tenant, (client) =>
      senderDone(client, desk.tenant, call.row.key, call.row.attempts, instantOf(desk.clocks.wall())),
    ),
  )
}

/** Facts first, so that what is done rests on something; a fact that is refused must not keep the outcome out. */
async function tell(desk: Desk, observations: readonly Observation[], outcome: Arrival): Promise<void> {
  await tellFacts(desk, observations)
  await submitSurely(desk, [outcome])
}

async function tellFacts(desk: Desk, observations: readonly Observation[]): Promise<void> {
  if (observations.length > 0)
    await submitSurely(
      desk,
      observations.map((observation) => observed(desk.tenant, desk.connector, observation)),
    )
}
