/**
 * One simulated hub process: claims what is due, sends it, records its end, looks for what is in doubt, declares unknown what
 * nobody ended: one state machine. It keeps the order of steps of src/delivery (claim is attempt; at most one send per attempt; facts before the
 * outcome); what each step means is decided by the product's own pure code. It may die or freeze at every named point.
 */
import type { Budget, Started } from '../../src/delivery/budget.ts'
import { closedUntil, type Window } from '../../src/delivery/calendar.ts'
import { tryOf } from '../../src/delivery/claim.ts'
import { backoffMs, retryAt } from '../../src/delivery/lanes.ts'
import { inputOf, looksNext } from '../../src/delivery/outcome.ts'
import { outcomeArrival, type Telling } from '../../src/delivery/report.ts'
import { observed } from '../../src/connector/observed.ts'
import { doubtful, nextStep, waitingStep, type Step } from '../../src/delivery/resolve.ts'
import type { Call, Command, Found, Limits } from '../../src/connector/contract.ts'
import { type Verdict, verdictOf } from '../../src/connector/verdict.ts'
import { type EffectRow, NEVER, stepEffect } from '../../src/domain/effect.ts'
import { LANES } from '../../src/domain/event.ts'
import { LANE_POLICIES } from '../../src/domain/lane.ts'
import type { Arrival, CommandName } from '../../src/domain/object.ts'
import { instantOf, msOf } from '../../src/lib/time.ts'
import { TENANT } from '../../test/facts.ts'
import type { Clockwork } from './clockwork.ts'
import { amountIn, type Commands, partyIn, replyOf, TIMEOUT_MS } from './connectors.ts'
import type { Faults, KillPoint } from './faults.ts'
import type { Books } from './ground/books.ts'
import type { Store } from './store.ts'
import { Switchboard } from './switchboard.ts'

/** What a process finds around itself. */
export interface Around {
  readonly clock: Clockwork
  readonly store: Store
  readonly books: Books
  readonly faults: Faults
  readonly commands: { readonly [system: string]: Commands }
  readonly windows: { readonly [system: string]: readonly Window[] }
  readonly limits: Limits
  /** A call of any kind left a process. */
  called(system: string, process: string, kind: 'command' | 'look' | 'probe', begunAt?: number): void
  /** The system asked to be left alone. */
  asked(system: string, process: string, until: number): void
  /** Asked and answered beside the door: a look, or a question that changes nothing. */
  inquire(system: string, command: CommandName, row: EffectRow): string | undefined
  /** It is not there at all: nothing gets through. */
  isAway(system: string): boolean
  /** Something may be due. */
  hint(): void
  died(process: HubProcess): void
}

const ROLES: { readonly [system: string]: 'erp' | 'ap' | 'bank' } = { erp: 'erp', ap: 'ap', bank: 'bank' }
const EXPIRE_GRACE_MS = 1_000
const LOOK_LEASE_MS = 30_000
const CONCLUDE_LEASE_MS = 10_000
const LOOK_MS = 10_000
export const FREEZE_LIMIT_MS = 3_600_000
const LATER_LOOKS_MS = [60_000, 600_000, 3_600_000, 86_400_000]
const REPEAT_LIMIT = 30
const UNDECIDED_LIMIT = 10

export class HubProcess {
  readonly id: string
  alive = true
  frozenUntil = 0
  /** How far its clock is ahead, in ms. */
  skewMs = 0
  private readonly around: Around
  private readonly underWay = new Set<string>()
  private readonly turning = new Set<string>()
  /** What it has learned of each system. */
  private readonly board: Switchboard

  constructor(id: string, around: Around) {
    this.id = id
    this.around = around
    this.board = new Switchboard(
      id,
      around,
      () => this.wall(),
      (ms, point, run) => this.later(ms, point, run),
    )
    around.store.living.add(id)
  }

  get isAwake(): boolean {
    return this.alive && this.around.clock.now() >= this.frozenUntil
  }

  wall(): number {
    return this.around.clock.now() + this.skewMs
  }

  die(): void {
    if (!this.alive) return
    this.alive = false
    this.around.store.living.delete(this.id)
    this.around.died(this)
  }

  /** Goes on after `ms`, if it lives and when it is awake; at `point` it may die, or freeze for up to so many seconds, instead. */
  private later(ms: number, point: KillPoint, run: () => void, freezesS = 1_500): void {
    const { clock, faults } = this.around
    const go = (): void => {
      if (!this.alive) return
      if (clock.now() < this.frozenUntil) return clock.at(this.frozenUntil, go)
      faults.count(`at ${point}`)
      if (faults.strikes('killed')) {
        faults.count(`killed at ${point}`)
        return this.die()
      }
      if (faults.strikes('frozen') || (point === 'first-byte' && faults.strikes('frozen at first byte'))) {
        faults.count(`frozen at ${point}`)
        this.frozenUntil = clock.now() + faults.between(1, freezesS) * 1_000
        return clock.at(this.frozenUntil, go)
      }
      this.around.store.now = instantOf(Math.max(this.wall(), msOf(this.around.store.now)))
      run()
    }
    clock.later(ms, go)
  }

  /** What has to be recorded is told until it is durable: a COMMIT without an answer is run again, which identity makes harmless. */
  private tell(arrivals: readonly Arrival[], then: () => void = () => undefined): void {
    const [first, ...rest] = arrivals
    if (!first) return then()
    this.around.store.submit(first)
    this.around.hint()
    if (this.around.faults.strikes('commit unanswered')) return this.later(50, 'told', () => this.tell(arrivals, then))
    this.tell(rest, then)
  }

  hear(arrival: Arrival): void {
    this.later(0, 'hear', () => this.tell([arrival]))
  }

  // ----------------------------------------------------------------------------------------------------------------- claiming

  /** One round for one system. */
  turn(system: string): void {
    if (this.turning.has(system)) return
    this.turning.add(system)
    this.later(0, 'claim', () => {
      this.turning.delete(system)
      const { store } = this.around
      this.expire(system)
      const now = this.wall()
      if (store.systems[system]!.pausedSince !== null || closedUntil(this.around.windows[system] ?? [], now) !== undefined) return
      if (store.systems[system]!.breaker.state !== 'closed') return this.board.probe(system)
      const budget = this.board.budgetOf(system)
      const limit = budget.free(this.around.clock.now(), store.living.size)
      const due = [...store.effects.values()].filter(
        (row) =>
          row.target === system &&
          row.dueAt <= instantOf(now) &&
          ((row.state !== 'waiting' && row.state !== 'unknown') || store.isFree(row)),
      )
      const urgent = (row: EffectRow): number => (row.state === 'unknown' ? 0 : 100) + LANES.indexOf(row.lane)
      for (const row of due.sort((a, b) => urgent(a) - urgent(b) || (a.key < b.key ? -1 : 1)).slice(0, Math.max(0, limit)))
        this.one(row, now, budget)
    })
  }

  private one(row: EffectRow, now: number, budget: Budget): void {
    const { store } = this.around
    this.seeSendersGone(row)
    const command = this.around.commands[row.target]?.[row.command]
    const tries = store.triesOf(row.key)
    if (!command) return this.conclude(row, 'exhausted', 'the system cannot do it')
    const step: Step =
      row.state === 'open'
        ? { do: 'repeat' }
        : row.state === 'waiting'
          ? waitingStep(row.failures, LANE_POLICIES[row.lane].deadAfter)
          : nextStep(command, row.state, tries.map(tryOf), now, this.policyOf(row))
    switch (step.do) {
      case 'rest':
        return this.postpone(row, NEVER)
      case 'wait':
        return this.postpone(row, instantOf(Math.max(step.until, now + 50)))
      case 'conclude':
        return this.conclude(row, step.input, step.says)
      case 'repeat':
      case 'look': {
        if (row.attempts > 0 && !budget.takeRetry(this.around.clock.now())) return this.postpone(row, instantOf(now + 1_000))
        return step.do === 'repeat' ? this.prepare(row, command, now) : this.look(row, command, now)
      }
    }
  }

  private seeSendersGone(row: EffectRow): void {
    const { store } = this.around
    for (const { key, n, process, outcome, senderDoneAt } of store.triesOf(row.key)) {
      if (outcome !== 'unknown' || senderDoneAt !== null) continue
      if (process === this.id ? !this.underWay.has(`${key} ${n}`) : !store.living.has(process)) store.senderDone(key, n)
    }
  }

  private postpone(row: EffectRow, dueAt: string): void {
    this.around.store.write({ ...row, dueAt })
  }

  private conclude(row: EffectRow, input: 'absent' | 'needs-person' | 'exhausted', says: string): void {
    const now = this.wall()
    this.postpone(row, instantOf(now + CONCLUDE_LEASE_MS))
    const tries = this.around.store.triesOf(row.key)
    const arrival = this.outcome({
      row,
      attempts: tries,
      input,
      outcome: tries.at(-1)?.outcome ?? 'not-sent',
      at: now,
      says,
      by: 'claim',
      guarded: false,
      ...(input === 'absent' ? { nextAt: retryAt(LANE_POLICIES[row.lane], row.failures + 1, row.key, now) } : {}),
    })
    this.around.faults.count(`concluded ${input}`)
    this.later(5, 'conclude', () => this.tell([arrival]))
  }

  private prepare(row: EffectRow, command: Command, now: number): void {
    const { store, clock, faults } = this.around
    const notAfter = now + command.timeoutMs
    const next = stepEffect(row, 'claimed', { now: instantOf(now), dueAt: instantOf(notAfter + EXPIRE_GRACE_MS) })
    if (next === 'ignored') return
    const doubt = row.state === 'unknown' && doubtful(store.triesOf(row.key).map(tryOf)).length > 0
    store.open({
      key: row.key,
      n: next.attempts,
      process: this.id,
      requestHash: row.contentHash,
      openedAt: instantOf(now),
      notAfter: instantOf(notAfter),
      outcome: 'open',
      says: null,
      receipt: null,
      closedAt: null,
      senderDoneAt: null,
      looks: [],
    })
    store.write(next, 'claimed')
    if (!doubt) store.begun.set(next.key, next.attempts)
    this.around.hint()
    // It is in the table, and the process does not know: it must not send it.
    if (faults.strikes('commit unanswered')) return
    const name = `${next.key} ${next.attempts}`
    this.underWay.add(name)
    const budget = this.board.budgetOf(row.target)
    const started = budget.start(clock.now(), next.attempts === 1 ? 'first' : 'retry')
    const monotonic = clock.now() + command.timeoutMs
    this.later(5, 'claimed', () => {
      if (this.wall() >= notAfter || clock.now() >= monotonic)
        return this.finish(started, next, command, doubt, { state: 'not-sent', says: 'too late', observations: [], late: true })
      // Between the last look at the clock and the first byte nobody can help a key that is forgotten meanwhile.
      this.later(1, 'first-byte', () => this.send(started, next, command, doubt, monotonic), command.class === 'K1' ? 15 : 150)
    })
  }

  // ------------------------------------------------------------------------------------------------------------------ sending

  private send(started: Started, row: EffectRow, command: Command, doubt: boolean, deadline: number): void {
    const { clock, store, books, faults } = this.around
    const call = this.callOf(row)
    let ended = false
    const end = (ms: number, how: () => Verdict): void =>
      this.later(ms, 'answered', () => {
        if (ended) return
        ended = true
        this.finish(started, row, command, doubt, how())
      })
    const unknown = (): Verdict => ({ state: 'unknown', says: 'no reply in time', observations: [] })
    this.around.called(row.target, this.id, 'command', deadline - command.timeoutMs)
    if (this.around.isAway(row.target))
      return faults.hits(0.5)
        ? end(1, () => ({ state: 'not-sent', says: 'refused the connection', observations: [] }))
        : end(Math.max(1, deadline - clock.now()), unknown)
    const settleMs = command.find?.settleMs ?? 30_000
    if (!faults.strikes('request lost')) {
      const attempt = store.triesOf(row.key).find((attempt) => attempt.n === row.attempts)
      const content = JSON.parse(row.content) as { readonly reference?: string; readonly gross?: string; readonly supplier?: string }
      const respond = (answer: { readonly status: number; readonly body: string; readonly retryAfterMs?: number }): void => {
        if (faults.strikes('reply lost')) return
        const ms = faults.strikes('reply late') ? TIMEOUT_MS + faults.between(1_000, 60_000) : faults.between(5, 200)
        if (clock.now() + ms >= deadline) return
        end(ms, () => {
          const verdict = verdictOf(
            command,
            { kind: 'answered', reply: replyOf(answer) },
            { ...call, at: instantOf(this.wall()) },
            this.wall(),
          )
          if (verdict.retryAfterMs !== undefined) this.around.asked(row.target, this.id, clock.now() + verdict.retryAfterMs)
          return verdict
        })
      }
      if (row.command.startsWith('lookup.')) {
        const answer = this.around.inquire(row.target, row.command, row)
        if (answer !== undefined) clock.later(20, () => respond({ status: 200, body: answer }))
      } else {
        books.door(row.target).take(
          {
            command: row.command,
            key: row.key,
            reference: content.reference ?? row.object,
            content: row.content,
            amount: amountIn(content),
            party: partyIn(content),
            attempt: row.attempts,
            process: this.id,
            recorded: attempt?.outcome === 'open' || attempt?.outcome === 'unknown',
            openedAt: attempt ? msOf(attempt.openedAt) - this.skewMs : 0,
            begun: store.begun.get(row.key) ?? 0,
          },
          faults.fate(settleMs),
          respond,
        )
      }
    }
    this.later(2, 'sent', () => end(Math.max(1, deadline - clock.now()), unknown))
  }

  private callOf(row: EffectRow): Call {
    return {
      key: row.key,
      object: row.object,
      occurrence: row.occurrence,
      at: instantOf(this.wall()),
      input: { content: JSON.parse(row.content) as Call['input']['content'], document: () => new Uint8Array() },
    }
  }

  /** What the end of a call tells about the system, and then the record of it. */
  private finish(started: Started, row: EffectRow, command: Command, doubt: boolean, verdict: Verdict): void {
    const { faults } = this.around
    const budget = this.board.budgetOf(row.target)
    const now = this.around.clock.now()
    faults.count(`${command.class} ${verdict.state}`)
    if (verdict.late) budget.leave(started, now, undefined)
    else {
      const busy = verdict.state === 'no-effect' && verdict.about === 'target'
      const failed = verdict.state === 'not-sent' || verdict.state === 'unknown'
      budget.end(started, now, busy ? 'busy' : failed ? 'failed' : 'answered', verdict.retryAfterMs ?? 0)
      if (!busy || verdict.says !== 'HTTP 429')
        this.board.signal(row.target, busy || failed ? (verdict.state === 'not-sent' ? 'away' : 'failing') : 'working', verdict.says)
    }
    this.record(row, command, doubt, verdict)
    this.underWay.delete(`${row.key} ${row.attempts}`)
  }

  private record(row: EffectRow, command: Command, doubt: boolean, verdict: Verdict): void {
    const { store } = this.around
    const policy = LANE_POLICIES[row.lane]
    const input = inputOf(verdict, doubt, command, { failures: row.failures, deadAfter: policy.deadAfter })
    const at = this.wall()
    const facts = verdict.observations.map((observation) => this.observed(row.target, observation))
    // What would try again what is not wanted any more is the law's matter.
    const unwanted = input !== 'unclear' && store.effects.get(row.key)?.wanted === false
    if (!unwanted && (input === 'not-sent' || input === 'no-effect' || (input === 'unclear' && doubt))) {
      const nextAt = verdict.late ? at : retryAt(policy, Math.max(1, row.attempts), row.key, at, verdict.retryAfterMs)
      if (store.close(row.key, row.attempts, verdict.state, verdict.says)) {
        store.step(row.key, input, {
          now: instantOf(at),
          dueAt: instantOf(input === 'unclear' ? at : nextAt),
          counts: verdict.state === 'no-effect' && verdict.about === 'effect' && !doubt,
        })
      } else {
        store.fenced++
        store.senderDone(row.key, row.attempts)
      }
      this.around.hint()
      return this.later(1, 'recorded', () =>
        this.tell(facts, () => {
          if (verdict.state === 'unknown') store.senderDone(row.key, row.attempts)
        }),
      )
    }
    const outcome = this.outcome({
      row,
      attempts: store.triesOf(row.key),
      input,
      outcome: verdict.state,
      at,
      by: 'reply',
      guarded: true,
      says: verdict.says,
      ...(verdict.receipt ? { receipt: verdict.receipt } : {}),
      ...(looksNext(input, doubtful(store.triesOf(row.key).map(tryOf)).length > 0) ? { nextAt: at } : {}),
    })
    this.tell([...facts, outcome], () =>
      this.later(1, 'recorded', () => {
        const closed = store.triesOf(row.key).find((attempt) => attempt.n === row.attempts)
        if (verdict.state === 'unknown' || closed?.outcome === 'unknown') store.senderDone(row.key, row.attempts)
      }),
    )
  }

  // ------------------------------------------------------------------------------------------------------- looking, expiring

  private look(row: EffectRow, command: Command, now: number): void {
    const { clock, faults, store } = this.around
    const { find } = command
    if (!find) return this.postpone(row, NEVER)
    this.postpone(row, instantOf(now + LOOK_LEASE_MS))
    const begunAt = clock.now()
    this.later(2, 'look', () => {
      const budget = this.board.budgetOf(row.target)
      const started = budget.start(clock.now(), 'retry')
      this.around.called(row.target, this.id, 'look', begunAt)
      const lost = this.around.isAway(row.target) || faults.strikes('look failed')
      const body = lost ? undefined : this.around.inquire(row.target, row.command, row)
      this.later(lost ? LOOK_MS : faults.between(5, 100), 'looked', () => {
        const found: Found =
          body === undefined ? { kind: 'unclear', says: 'no reply' } : find.read(replyOf({ status: 200, body }), this.callOf(row))
        budget.end(started, clock.now(), found.kind === 'unclear' ? 'failed' : 'answered')
        this.board.signal(row.target, found.kind === 'unclear' ? 'failing' : 'working', 'look')
        faults.count(`saw ${found.kind}`)
        const at = this.wall()
        this.tell(this.tellings(row, found, at), () => {
          const held = store.effects.get(row.key)
          store.look(row.key, row.attempts, found.kind)
          if (held && held.attempts === row.attempts && held.state === row.state) store.write({ ...held, dueAt: instantOf(at) })
          this.around.hint()
        })
      })
    })
  }

  private tellings(row: EffectRow, found: Found, at: number): Arrival[] {
    if (found.kind !== 'one' && found.kind !== 'several') return []
    const facts = found.observations.map((observation) => this.observed(row.target, observation))
    const input = found.kind === 'one' && found.equal ? 'found' : 'found-other'
    if (row.state === 'done' && input === 'found') return facts
    const tries = this.around.store.triesOf(row.key)
    return [
      ...facts,
      this.outcome({
        row,
        attempts: tries,
        input,
        outcome: tries.at(-1)?.outcome ?? 'unknown',
        at,
        by: 'look',
        guarded: false,
        nextAt: at,
        says: found.says ?? 'found',
        ...(found.kind === 'one' ? { receipt: found.receipt } : {}),
      }),
    ]
  }

  /** Declares unknown what is past its time, or whose process is gone. */
  private expire(system: string): void {
    const { store, faults } = this.around
    const now = this.wall()
    for (const row of store.effects.values()) {
      if (row.target !== system || row.state !== 'open') continue
      const tries = store.triesOf(row.key)
      const last = tries.at(-1)
      if (!last || last.outcome !== 'open') continue
      const gone = !store.living.has(last.process)
      if (gone) store.senderGone(last.process)
      if (!gone && now <= msOf(last.notAfter) + EXPIRE_GRACE_MS) continue
      // A takeover asks the table whether it may send what another one had opened.
      if (stepEffect(row, 'claimed', { now: instantOf(now) }) !== 'ignored') continue
      faults.count(gone ? 'orphaned' : 'overdue')
      const says = `no outcome was recorded ${gone ? 'before its process ended' : 'in time'}`
      const at = gone ? msOf(last.openedAt) : msOf(last.notAfter) + EXPIRE_GRACE_MS
      const arrival = this.outcome({
        row,
        attempts: tries,
        input: 'unclear',
        outcome: 'unknown',
        at,
        by: gone ? 'gone' : 'expired',
        guarded: true,
        says,
      })
      this.later(2, 'expire', () => this.tell([arrival]))
    }
  }

  // -------------------------------------------------------------------------------------------------------------------- little

  private outcome(telling: Omit<Telling, 'tenant'>): Arrival {
    return outcomeArrival({ tenant: TENANT, ...telling })
  }

  private observed(system: string, observation: Parameters<typeof observed>[2]): Arrival {
    return observed(TENANT, { system, role: ROLES[system]! }, observation)
  }

  private policyOf(row: EffectRow): Parameters<typeof nextStep>[4] {
    return {
      freezeLimitMs: FREEZE_LIMIT_MS,
      repeatLimit: REPEAT_LIMIT,
      undecidedLimit: UNDECIDED_LIMIT,
      laterLooksMs: LATER_LOOKS_MS,
      backoffMs: (n) => backoffMs(LANE_POLICIES[row.lane], n, row.key),
    }
  }
}
