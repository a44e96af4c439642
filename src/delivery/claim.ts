/**
 * Claim is attempt: one durable transaction takes due effects, builds the exact bytes of each request, writes the attempt
 * OPEN with their hash and the time after which it must not be sent, and sets the effect `open`. What it gives back may be
 * sent once, by this process, within that time. Effects in doubt are taken the same way, and resolved by their class.
 */
import { hexOf } from '../lib/hash.ts'
import { mark } from '../lib/mark.ts'
import { instantOf, msOf, type Instant } from '../lib/time.ts'
import { type EffectRow, NEVER, stepEffect } from '../domain/effect.ts'
import type { Arrival } from '../domain/object.ts'
import type { Command, CommandInput, Content } from '../connector/contract.ts'
import { type Request, requestHash } from '../connector/request.ts'
import { type Deadline, sha256 } from '../connector/transport/sending.ts'
import { type AttemptRow, attemptsOf, noteAttempt, type Opening, openAttempts, senderDone } from '../store/attempt.ts'
import { type ClientBase, inTenant } from '../store/database.ts'
import { readDocument } from '../store/document.ts'
import { claimDue, lookAgainDue, writeEffects } from '../store/effect.ts'
import { doubtsDue } from '../store/effect-doubt.ts'
import { asTriedBefore, failuresOf } from './aftermath.ts'
import { SAYS_UNKNOWN } from './expire.ts'
import { backoffMs, retryAt } from './lanes.ts'
import type { Desk } from './ports.ts'
import { livingProcesses } from './process.ts'
import { outcomeArrival } from './report.ts'
import { doubtful, lookMs, nextStep, waitingStep, type Look, type ResolvePolicy, type Try } from './resolve.ts'

/** A call that was committed and not yet sent. */
export interface PreparedCall {
  /** As committed: `open`, its number of attempts being this one. */
  readonly row: EffectRow
  readonly command: Command
  readonly input: CommandInput
  readonly request: Request
  readonly hash: Uint8Array
  readonly deadline: Deadline
  readonly process: string
  /** An earlier try may have acted. */
  readonly doubt: boolean
  /** All tries, this one last. */
  readonly attempts: readonly AttemptRow[]
}

export interface PreparedLook {
  readonly row: EffectRow
  readonly command: Command & { readonly find: NonNullable<Command['find']> }
  readonly input: CommandInput
  readonly attempts: readonly AttemptRow[]
}

export interface Claimed {
  readonly calls: readonly PreparedCall[]
  readonly looks: readonly PreparedLook[]
  /** What was concluded without a call, for the door. */
  readonly arrivals: readonly Arrival[]
  /** Effects that were due. */
  readonly taken: number
}

/** Whoever concludes has this long before another one may; whoever looks, this much more than the look may take. */
const CONCLUDE_LEASE_MS = 10_000
const NOTE_LOOK_MS = 2_000
const POSTPONE_MS = 1_000
/** A row in doubt without a closed try is not foreseen; it is looked at again rather than forgotten. */
const UNSURE_MS = 60_000
const REPEAT_LIMIT = 30
/** Of posting, looks so far apart take a quarter of an hour. */
const UNDECIDED_LIMIT = 10
const LATER_LOOKS_MS = [60_000, 600_000, 3_600_000, 86_400_000]

/** Takes at most `limit` effects of the desk's system. Waits for nothing but the database. */
export async function claim(desk: Desk, limit: number): Promise<Claimed> {
  const process = desk.identity.current()
  if (process === undefined || limit <= 0) return { calls: [], looks: [], arrivals: [], taken: 0 }
  const desking = new Claiming(desk, process)
  await inTenant(desk.pool, desk.tenant, async (client) => {
    await desking.run(client, limit)
    mark('claim-before')
  })
  const last = desking.calls.at(-1)
  if (last) desk.claimed({ key: last.row.key, n: last.row.attempts })
  mark('claim-after')
  desk.counts.claimed += desking.calls.length
  return desking
}

/** One claim transaction. */
class Claiming implements Claimed {
  readonly calls: PreparedCall[] = []
  readonly looks: PreparedLook[] = []
  readonly arrivals: Arrival[] = []
  taken = 0
  private readonly moved: EffectRow[] = []
  private readonly desk: Desk
  private readonly process: string
  private readonly now: number
  private readonly monotonic: number

  constructor(desk: Desk, process: string) {
    this.desk = desk
    this.process = process
    this.now = desk.clocks.wall()
    this.monotonic = desk.clocks.monotonic()
  }

  async run(client: ClientBase, limit: number): Promise<void> {
    const query = { tenant: this.desk.tenant, target: this.desk.connector.system, limit, now: instantOf(this.now) }
    const due = await this.dueNow(client, query)
    const again = due.length < limit ? await lookAgainDue(client, { ...query, limit: limit - due.length }) : []
    this.taken = due.length + again.length
    this.desk.turns.give(due.length)
    if (this.taken === 0) return
    const known = due.concat(again).filter((row) => row.attempts > 0)
    const attempts = Map.groupBy(
      await attemptsOf(
        client,
        this.desk.tenant,
        known.map((row) => row.key),
      ),
      (attempt) => attempt.key,
    )
    await this.seeSendersGone(client, attempts)
    for (const row of due.concat(again)) await this.one(client, row, attempts.get(row.key) ?? [])
    await openAttempts(
      client,
      this.desk.tenant,
      this.calls.map((call) => opening(call)),
    )
    await writeEffects(client, this.desk.tenant, this.moved)
  }

  private async dueNow(
    client: ClientBase,
    query: { readonly tenant: string; readonly target: string; readonly limit: number; readonly now: Instant },
  ): Promise<EffectRow[]> {
    const { limit } = query
    // What is in doubt comes before what is new, as long as it leaves half of the places: else a target that loses replies
    // would be given ever more work before it is known what became of the first.
    const doubts = await doubtsDue(client, { ...query, limit: Math.ceil(limit / 2) })
    const due = new Map(doubts.map((row) => [row.key, row]))
    const objects = new Set(doubts.map((row) => row.object))
    const take = (rows: readonly EffectRow[], most: number): void => {
      for (const row of rows.filter(({ object }) => !objects.has(object)).slice(0, Math.min(most, limit - due.size))) {
        due.set(row.key, row)
        objects.add(row.object)
      }
    }
    for (const [from, places] of this.desk.turns.reserved(limit - due.size))
      take(await claimDue(client, { ...query, limit: places, from }), places)
    take(await claimDue(client, query), limit)
    return [...due.values()]
  }

  /** Tries in doubt whose process is gone, or is this one and has finished with them: from now on nothing more can come of them. */
  private async seeSendersGone(client: ClientBase, attempts: Map<string, AttemptRow[]>): Promise<void> {
    const unsure = [...attempts.values()].flat().filter((attempt) => attempt.senderDoneAt === null && attempt.outcome === 'unknown')
    if (unsure.length === 0) return
    const living = new Set(await livingProcesses(client))
    const { tenant, underWay } = this.desk
    const at = instantOf(this.now)
    const finished = unsure.filter((attempt) =>
      attempt.process === this.process ? !underWay.has(`${attempt.key} ${attempt.n}`) : !living.has(attempt.process),
    )
    for (const attempt of finished) {
      await senderDone(client, tenant, attempt.key, attempt.n, at)
      attempts.set(
        attempt.key,
        (attempts.get(attempt.key) ?? []).map((other) => (other.n === attempt.n ? { ...other, senderDoneAt: at } : other)),
      )
    }
  }

  private async one(client: ClientBase, given: EffectRow, known: readonly AttemptRow[]): Promise<void> {
    const { row, attempts } = await this.asItMayBe(client, given, known)
    const command = this.desk.connector.commands[row.command]
    if (!command) return this.conclude(row, attempts, 'exhausted', `${this.desk.connector.kind} cannot do ${row.command}`)
    const step =
      row.state === 'waiting'
        ? waitingStep(failuresOf(row, attempts), this.desk.lanes[row.lane].deadAfter)
        : nextStep(command, row.state, attempts.map(tryOf), this.now, this.policyOf(row))
    switch (step.do) {
      case 'rest':
        return this.postpone(row, row.state === 'unknown' ? this.now + UNSURE_MS : undefined)
      case 'wait':
        return this.postpone(row, Math.max(step.until, this.now + 50))
      case 'conclude':
        return this.conclude(row, attempts, step.input, step.says)
      case 'repeat':
      case 'look': {
        const retry = row.attempts > 0
        if (retry && !this.desk.budget.takeRetry(this.monotonic)) return this.postpone(row, this.now + POSTPONE_MS)
        return step.do === 'repeat' ? this.prepare(client, row, command, attempts) : this.prepareLook(client, row, command, attempts)
      }
    }
  }

  /** What the log has lost may hold a try of what still waits here. */
  private async asItMayBe(
    client: ClientBase,
    row: EffectRow,
    attempts: readonly AttemptRow[],
  ): Promise<{ readonly row: EffectRow; readonly attempts: readonly AttemptRow[] }> {
    const lost = this.desk.aftermath?.lost
    const before = lost && asTriedBefore(lost, row, attempts, instantOf(this.now))
    if (!before) return { row, attempts }
    await noteAttempt(client, this.desk.tenant, before.attempt)
    return { row: before.row, attempts: [...attempts, before.attempt] }
  }

  private async prepare(client: ClientBase, row: EffectRow, command: Command, attempts: readonly AttemptRow[]): Promise<void> {
    const notAfter = this.now + command.timeoutMs
    const next = stepEffect(row, 'claimed', { now: instantOf(this.now), dueAt: instantOf(notAfter + 1_000) })
    if (next === 'ignored') return
    let input: CommandInput
    let request: Request
    try {
      input = await this.inputOf(client, row, command)
      request = command.write(input, row.key)
    } catch (error) {
      return this.conclude(
        row,
        attempts,
        row.state === 'waiting' ? 'exhausted' : 'needs-person',
        `the request could not be built (${(error as Error).message.slice(0, 500)})`,
      )
    }
    const hash = requestHash(request, sha256)
    const attempt: AttemptRow = {
      key: row.key,
      n: next.attempts,
      process: this.process,
      requestHash: hexOf(hash),
      openedAt: instantOf(this.now),
      notAfter: instantOf(notAfter),
      outcome: 'open',
      says: null,
      receipt: null,
      closedAt: null,
      senderDoneAt: null,
      looks: [],
    }
    this.moved.push(next)
    const { identity } = this.desk
    const { process } = this
    this.calls.push({
      row: next,
      command,
      input,
      request,
      hash,
      process,
      attempts: [...attempts, attempt],
      doubt: row.state === 'unknown' && doubtful(attempts.map(tryOf)).length > 0,
      deadline: { wall: notAfter, monotonic: this.monotonic + command.timeoutMs, revoked: () => identity.current() !== process },
    })
  }

  private async prepareLook(client: ClientBase, row: EffectRow, command: Command, attempts: readonly AttemptRow[]): Promise<void> {
    const { find } = command
    if (!find) return this.postpone(row, undefined)
    this.postpone(row, this.now + lookMs(command) + NOTE_LOOK_MS)
    this.looks.push({ row, command: { ...command, find }, input: await this.inputOf(client, row, command), attempts })
  }

  private async inputOf(client: ClientBase, row: EffectRow, command: Command): Promise<CommandInput> {
    const content = JSON.parse(row.content) as Content
    const documents = new Map<string, Uint8Array>()
    for (const hash of command.documents?.(content) ?? []) {
      const stored = await readDocument(client, this.desk.tenant, hash)
      if (stored) documents.set(hash, stored.bytes)
    }
    return {
      content,
      document(hash) {
        const bytes = documents.get(hash)
        if (!bytes) throw new Error(`document ${hash} is not kept here`)
        return bytes
      },
    }
  }

  /** Without a time: only news moves it again. */
  private postpone(row: EffectRow, until: number | undefined): void {
    this.moved.push({ ...row, dueAt: until === undefined ? NEVER : instantOf(until) })
  }

  /** The door says it to the log; meanwhile nobody else concludes the same. */
  private conclude(row: EffectRow, attempts: readonly AttemptRow[], input: 'absent' | 'needs-person' | 'exhausted', says: string): void {
    this.postpone(row, this.now + CONCLUDE_LEASE_MS)
    const last = attempts.at(-1)
    this.arrivals.push(
      outcomeArrival({
        tenant: this.desk.tenant,
        row,
        attempts,
        input,
        outcome: last?.outcome ?? 'not-sent',
        at: this.now,
        says,
        by: 'claim',
        guarded: false,
        ...(input === 'absent' ? { nextAt: retryAt(this.desk.lanes[row.lane], row.failures + 1, row.key, this.now) } : {}),
      }),
    )
  }

  private policyOf(row: EffectRow): ResolvePolicy {
    return {
      freezeLimitMs: this.desk.freezeLimitMs,
      repeatLimit: REPEAT_LIMIT,
      undecidedLimit: UNDECIDED_LIMIT,
      laterLooksMs: LATER_LOOKS_MS,
      backoffMs: (n) => backoffMs(this.desk.lanes[row.lane], n, row.key),
    }
  }
}

function opening(call: PreparedCall): Opening {
  const attempt = call.attempts.at(-1)!
  return {
    key: attempt.key,
    n: attempt.n,
    process: attempt.process,
    requestHash: attempt.requestHash,
    openedAt: attempt.openedAt,
    notAfter: attempt.notAfter,
  }
}

/** A stored try, for the pure rules. */
export function tryOf(attempt: AttemptRow): Try {
  const closedBySender = attempt.closedAt !== null && attempt.says?.startsWith(SAYS_UNKNOWN) !== true
  return {
    n: attempt.n,
    state: attempt.outcome,
    openedAt: msOf(attempt.openedAt),
    // What its own sender has closed cannot be sent any more, however much time was left.
    notAfter: closedBySender ? Math.min(msOf(attempt.notAfter), msOf(attempt.closedAt ?? attempt.notAfter)) : msOf(attempt.notAfter),
    closedAt: attempt.closedAt === null ? null : msOf(attempt.closedAt),
    senderDoneAt: attempt.senderDoneAt === null ? null : msOf(attempt.senderDoneAt),
    looks: attempt.looks.map((look) => ({ ...look, at: msOf(look.at), found: look.found as Look['found'] })),
  }
}
