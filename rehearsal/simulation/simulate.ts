/** One run: a seed becomes a company, its systems, hub processes and what goes wrong; what is left is judged by what really happened. */
import type { EffectRow } from '../../src/domain/effect.ts'
import type { InvoiceState } from '../../src/domain/invoice-state.ts'
import { lawOf } from '../../src/domain/law.ts'
import type { Arrival, CommandName, ObjectRecord } from '../../src/domain/object.ts'
import { DEFAULT_POLICY } from '../../src/domain/policy.ts'
import type { Window } from '../../src/delivery/calendar.ts'
import { instantOf, msOf } from '../../src/lib/time.ts'
import { masterData } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import { Chance } from './chance.ts'
import { Clockwork } from './clockwork.ts'
import { Company } from './company.ts'
import { CODERS_LIMIT, type Commands, commandsOf, conductOf, COMMANDS_OF, drawSetup, newsFact, type Setup } from './connectors.ts'
import { CLOCK_MS, Faults } from './faults.ts'
import { Books, type News } from './ground/books.ts'
import { judge, type Violation } from './ground/invariants.ts'
import type { Closed, Past } from './ground/past.ts'
import { HubProcess, type Around } from './process.ts'
import { lateWords, refolded, viewOf } from './standing.ts'
import { Store } from './store.ts'
import { Tape } from './tape.ts'

const START = Date.parse('2026-01-11T08:00:00.000Z')
const HOUR_MS = 3_600_000
/** After the last fault: people look into what nobody knows, and a day later doubles are looked for once more. */
const AFTERWARDS_MS = 30 * HOUR_MS
const EVENT_LIMIT = 100_000
const LONGEST_POLL_MS = 15_000
const SYSTEMS = ['erp', 'ap', 'bank'] as const
type System = (typeof SYSTEMS)[number]

const POLICY = { ...DEFAULT_POLICY, evidence: { ...DEFAULT_POLICY.evidence, attach: false } }
const LAW = lawOf(POLICY, sha256)
const BEFORE = new World(LAW, instantOf(START - HOUR_MS))
for (const arrival of masterData(undefined, instantOf(START - HOUR_MS))) BEFORE.submit(arrival)
BEFORE.submit(CODERS_LIMIT)

export interface Outcome {
  readonly seed: number
  readonly violations: readonly Violation[]
  /** The whole run in one number: what the hub did and showed and when, what calls came to the systems, and what stands in their books. */
  readonly trace: string
  readonly hit: ReadonlyMap<string, number>
  readonly story: readonly string[]
  readonly events: number
}

export interface Options {
  /** Faults left out, to see which of them a violation needs. */
  readonly without?: ReadonlySet<string>
  /** Keeps the story, line by line. */
  readonly told?: boolean
}

export function simulate(seed: number, options: Options = {}): Outcome {
  return new Run(seed, options).result()
}

class Run {
  private readonly seed: number
  private readonly chance: Chance
  private readonly clock = new Clockwork(START)
  private readonly faults: Faults
  private readonly tape: Tape
  private readonly store: Store
  private readonly books: Books
  private readonly company: Company
  private readonly setup: Setup
  private readonly commands: { readonly [system: string]: Commands }
  private readonly windows: { [system: string]: Window[] } = {}
  private readonly away: Closed[] = []
  private readonly closed: Closed[] = []
  private processes: HubProcess[] = []
  private born = 0
  private readonly read: { [system in System]: number } = { erp: 0, ap: 0, bank: 0 }
  private readonly shown = new Map<string, string>()
  private readonly past: { -readonly [key in 'calls' | 'asked' | 'shown' | 'late']: Past[key][number][] } = {
    calls: [],
    asked: [],
    shown: [],
    late: [],
  }
  private turnsPlanned = new Map<string, number>()
  private wakePlanned = Infinity
  private readonly idle: { [system in System]: { moves: number; rounds: number; until: number } } = {
    erp: fresh(),
    ap: fresh(),
    bank: fresh(),
  }
  private readonly limits = { concurrency: 2, rate: { calls: 5, perMs: 1_000 } }

  constructor(seed: number, { without = new Set(), told = false }: Options) {
    this.seed = seed
    this.chance = new Chance(seed)
    this.faults = new Faults(this.chance.fork(), START, () => this.clock.now(), without)
    this.tape = new Tape(() => this.clock.now(), told)
    this.setup = drawSetup(this.chance.fork())
    const habits = this.chance.fork()
    this.books = new Books(
      conductOf(this.setup),
      { now: () => this.clock.now(), later: (ms, run) => this.clock.later(ms, run) },
      {
        acceptMs: () => habits.between(1, 30) * 60_000,
        bookMs: () => (habits.between(1, 12) * HOUR_MS) / 2,
        returnMs: () => (habits.hits(0.1) ? habits.between(1, 6) * HOUR_MS : null),
      },
    )
    this.commands = Object.fromEntries(SYSTEMS.map((system) => [system, commandsOf(this.setup, system)]))
    this.store = new Store(
      LAW,
      instantOf(START),
      (changed) => this.heard(changed),
      (row, input, before) => this.moved(row, input, before),
    ).take(BEFORE)
    const lively = this.chance.hits(0.6)
    this.company = new Company({
      chance: this.chance.fork(),
      clock: this.clock,
      books: this.books,
      store: this.store,
      healAt: this.faults.healAt,
      hand: (arrival) => this.hand(arrival),
      temper: lively
        ? { withdraw: 0.02, correct: 0.03, reject: 0.01, reverse: 0.02, click: 0.01, ownYes: 0.2, closePeriod: 0.2 }
        : { withdraw: 0, correct: 0, reject: 0, reverse: 0, click: 0, ownYes: 0, closePeriod: 0 },
    })
  }

  result(): Outcome {
    for (let n = this.chance.between(2, 3); n > 0; n--) this.bear()
    this.disturb()
    this.company.begin()
    for (const system of SYSTEMS) this.feed(system)
    const events = this.clock.run(this.faults.healAt + AFTERWARDS_MS, EVENT_LIMIT)
    const past = this.whole()
    // Every call that came to a system and every line of its book, though the hub should have noticed nothing of them.
    this.tape.count(JSON.stringify(past))
    const violations = judge(past)
    for (const { at, invariant, says } of violations) this.tape.say('violation', `${invariant}: ${says} (${instantOf(at)})`)
    return { seed: this.seed, violations, trace: this.tape.hash, hit: this.faults.hit, story: this.tape.lines, events }
  }

  // ---------------------------------------------------------------------------------------------------------------- processes

  private bear(): void {
    const process = new HubProcess(`hub-${++this.born}`, this.around())
    if (this.faults.strikes('clock jumped')) process.skewMs = this.faults.between(-CLOCK_MS, CLOCK_MS)
    this.processes.push(process)
    this.tape.say('starts', process.id)
  }

  private around(): Around {
    return {
      clock: this.clock,
      store: this.store,
      books: this.books,
      faults: this.faults,
      commands: this.commands,
      windows: this.windows,
      limits: this.limits,
      called: (system, process, kind, begunAt = this.clock.now()) =>
        this.past.calls.push({ begunAt, at: this.clock.now(), system, process, kind }),
      asked: (system, process, until) => this.past.asked.push({ at: this.clock.now(), system, process, until }),
      inquire: (system, command, row) => this.inquire(system, command, row),
      isAway: (system) =>
        this.away.some(({ system: name, from, to }) => name === system && this.clock.now() >= from && this.clock.now() < to),
      hint: () => this.plan(),
      died: (process) => {
        this.tape.say('dies', process.id)
        this.processes = this.processes.filter((other) => other !== process)
        // Somebody starts another one; until then the others go on.
        this.clock.later(this.chance.between(1, 30) * 1_000, () => {
          this.bear()
          this.plan()
        })
      },
    }
  }

  /** What is not bound to a call: systems that are away or closed, people who pause one, clocks that jump. */
  private disturb(): void {
    const { chance, clock, faults } = this
    const stretch = (shortest: number, longest: number): { from: number; to: number } => {
      const from = START + chance.between(0, 90) * 60_000
      return { from, to: Math.min(faults.healAt, from + chance.between(shortest, longest) * 60_000) }
    }
    if (faults.has('system away')) {
      for (let n = chance.between(1, 3); n > 0; n--) {
        this.away.push({ system: chance.of(SYSTEMS), ...stretch(1, 60), why: 'away' })
        faults.count('system away')
      }
    }
    if (chance.hits(0.15)) {
      const window = { system: 'erp', ...stretch(5, 40), why: 'maintenance' }
      if (window.to > window.from) {
        this.closed.push(window)
        this.windows['erp'] = [{ fromAt: window.from, toAt: window.to }]
        faults.count('maintenance window')
        clock.at(window.to + CLOCK_MS, () => this.plan())
      }
    }
    if (chance.hits(0.1)) {
      const pause = { system: chance.of(SYSTEMS), ...stretch(5, 40), why: 'paused' }
      if (pause.to > pause.from) {
        this.closed.push(pause)
        faults.count('paused by a person')
        clock.at(pause.from, () => {
          this.store.systems[pause.system]!.pausedSince = pause.from
        })
        clock.at(pause.to, () => {
          this.store.systems[pause.system]!.pausedSince = null
          this.plan()
        })
      }
    }
    if (faults.has('clock jumped')) {
      for (let n = 0; n < 3; n++) {
        clock.at(START + chance.between(1, 120) * 60_000, () => {
          const process = this.processes[chance.between(0, this.processes.length - 1)]
          if (process && clock.now() < faults.healAt) process.skewMs = chance.between(-CLOCK_MS, CLOCK_MS)
        })
      }
      clock.at(faults.healAt, () => {
        for (const process of this.processes) process.skewMs = 0
      })
    }
  }

  private awake(): HubProcess | undefined {
    const awake = this.processes.filter((process) => process.isAwake)
    return awake[this.chance.between(0, Math.max(0, awake.length - 1))]
  }

  private hand(arrival: Arrival): void {
    this.awake()?.hear(arrival)
  }

  // ------------------------------------------------------------------------------------------------------- what is due, when

  /** Plans a turn of every process for each system, at the time when something of it is due; hints only come earlier. */
  private plan(): void {
    const now = this.clock.now()
    for (const system of SYSTEMS) {
      let due = Infinity
      for (const row of this.store.effects.values()) if (row.target === system && row.dueAt < '9999') due = Math.min(due, msOf(row.dueAt))
      if (due === Infinity) continue
      const at = Math.max(now + 20, due, this.idle[system].until)
      if ((this.turnsPlanned.get(system) ?? Infinity) <= at) continue
      this.turnsPlanned.set(system, at)
      this.clock.at(at, () => {
        if (this.turnsPlanned.get(system) !== at) return
        this.turnsPlanned.delete(system)
        for (const process of this.processes) this.clock.later(this.chance.between(0, 40), () => process.turn(system))
        const { moves } = this.idle[system]
        this.clock.later(200, () => {
          // What is due and cannot move is polled for, ever more rarely.
          const rounds = this.idle[system].moves === moves ? this.idle[system].rounds + 1 : 0
          this.idle[system] = {
            moves: this.idle[system].moves,
            rounds,
            until: rounds === 0 ? 0 : at + Math.min(LONGEST_POLL_MS, 500 * 2 ** rounds),
          }
          this.plan()
        })
      })
    }
    const wake = this.store.nextWake()
    if (wake === undefined) return
    const at = Math.max(now + 20, msOf(wake))
    if (at >= this.wakePlanned) return
    this.wakePlanned = at
    this.clock.at(at, () => {
      if (this.wakePlanned !== at) return
      this.wakePlanned = Infinity
      this.store.pass(instantOf(Math.max(at, msOf(this.store.now))))
      this.plan()
    })
  }

  // -------------------------------------------------------------------------------------------------------- what systems say

  /** Reads what the system has said since the last time; as often as there is something, and every few minutes. */
  private feed(system: System): void {
    const { faults, clock } = this
    const behind = faults.strikes('feed behind') ? faults.between(1, 20) * 60_000 : 0
    const process = this.awake()
    if (process && !faults.strikes('feed failed')) {
      const page = this.books.news[system].slice(this.read[system]).filter((news) => news.at <= clock.now() - behind)
      for (const news of page) process.hear(newsFact(news))
      // The cursor moves when the facts are durable: a process that dies over it leaves it where it was.
      clock.later(200, () => {
        while (this.isKnown(this.books.news[system][this.read[system]])) this.read[system]++
      })
    }
    clock.later(clock.now() < faults.healAt ? faults.between(2, 8) * 60_000 : 15 * 60_000, () => this.feed(system))
    this.notices(system)
  }

  private isKnown(news: News | undefined): boolean {
    return news !== undefined && this.store.knows(newsFact(news))
  }

  private readonly noticed: { [system in System]: number } = { erp: 0, ap: 0, bank: 0 }
  /** Notices are pushed at us: some never come, some come twice or late and in another order. */
  private notices(system: System): void {
    const { faults, clock } = this
    const fresh = this.books.news[system].slice(this.noticed[system])
    this.noticed[system] += fresh.length
    for (const news of fresh) {
      if (faults.strikes('notice lost')) continue
      for (let times = faults.strikes('notice repeated') ? faults.between(2, 5) : 1; times > 0; times--) {
        const ms = faults.strikes('notice late') ? faults.between(1, 60) * 60_000 : faults.between(50, 2_000)
        clock.later(ms, () => this.hand(newsFact(news)))
      }
    }
  }

  /** What a system answers to a question that changes nothing. Its lists may be a little behind what it has done. */
  private inquire(system: string, command: CommandName, row: EffectRow): string | undefined {
    if (command === 'lookup.posting') {
      const { postingNo } = JSON.parse(row.content) as { readonly postingNo: string }
      const booked = this.books.documents.get(postingNo)
      return JSON.stringify({ booked: booked ? { kind: 'booked', at: booked.at, id: '', booked } : null })
    }
    if (command.startsWith('lookup.')) return '{}'
    const behind = this.faults.strikes('look behind') ? this.faults.between(1, 4_999) : 0
    const door = this.books.door(system)
    return JSON.stringify({ rows: door.done.filter((deed) => deed.key === row.key && deed.at <= this.clock.now() - behind) })
  }

  // ------------------------------------------------------------------------------------------------------------- what is seen

  private moved(row: EffectRow, input: string, before: EffectRow | undefined): void {
    const idle = this.idle[row.target as System]
    idle.moves++
    idle.until = 0
    if (before?.state !== row.state) this.faults.count(`${before?.state ?? 'none'} × ${input} → ${row.state}`)
    if (before?.state !== row.state || before.attempts !== row.attempts)
      this.tape.say('effect', `${row.command}@${row.target} ${row.key.slice(0, 6)} ${before?.state ?? ''} → ${row.state} #${row.attempts}`)
  }

  private heard(changed: readonly { readonly before: ObjectRecord | undefined; readonly after: ObjectRecord }[]): void {
    for (const { after } of changed) {
      if (after.kind !== 'invoice') continue
      const state = after.state as unknown as InvoiceState
      const view = viewOf(after.id, state)
      const text = JSON.stringify(view)
      if (this.shown.get(after.id) === text) continue
      this.shown.set(after.id, text)
      this.past.shown.push({ at: this.clock.now(), ...view })
      this.tape.say('shows', `${after.id.slice(0, 8)} ${view.state} ${view.postings.join()} ${view.exceptions.join()}`)
    }
    this.plan()
  }

  private whole(): Past {
    const { books, store, company } = this
    return {
      offers: Object.entries(this.setup).map(([command, { class: kind }]) => ({
        system: SYSTEMS.find((system) => COMMANDS_OF[system]!.includes(command as CommandName)) ?? '',
        command,
        class: kind,
      })),
      rate: this.limits.rate,
      arrived: SYSTEMS.flatMap((system) => books.door(system).arrived),
      done: SYSTEMS.flatMap((system) => books.door(system).done),
      calls: this.past.calls,
      undone: books.undone,
      approved: books.approved,
      bank: books.lines,
      blocked: [...books.documents.values()].filter((booked) => booked.blocked).map((booked) => booked.number),
      shown: this.past.shown,
      said: company.said,
      stopped: company.stopped,
      closed: this.closed,
      away: this.away,
      asked: this.past.asked,
      late: lateWords(store, LAW, () => this.faults.count('late word')),
      refolded: refolded(store, this.chance),
      queued: [...store.effects.values()].map((row) => ({
        key: row.key,
        system: row.target,
        command: row.command,
        invoice: row.subject,
        state: row.state,
        dueAt: row.dueAt < '9999' ? msOf(row.dueAt) : null,
        cases: store.casesOf(row.subject),
      })),
      causes: [...new Set([...store.records.keys()].flatMap((id) => store.casesOf(id)))],
      unheard: SYSTEMS.flatMap((system) => books.news[system].filter((news) => !this.isKnown(news)).map((news) => news.id)),
      healedAt: this.faults.healAt,
      endedAt: this.clock.now(),
    }
  }
}

const fresh = (): { moves: number; rounds: number; until: number } => ({ moves: 0, rounds: 0, until: 0 })
