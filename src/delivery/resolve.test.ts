/**
 * Thousands of histories of one effect, by discrete events: a target that applies at once, late or never, replies that get
 * lost, processes that die or freeze at any point, looks that fail. The rules under test decide; the target's own list of
 * what it did is the truth.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EffectInput, type EffectRow, stepEffect } from '../domain/effect.ts'
import { instantOf, msOf } from '../lib/time.ts'
import type { Command } from '../connector/contract.ts'
import type { Verdict } from '../connector/verdict.ts'
import { newEffect } from '../store/effect.ts'
import { inputOf } from './outcome.ts'
import { doubtful, nextStep, type ResolvePolicy, retentionMarginMs, type Step, type Try } from './resolve.ts'

const SEED = Number(process.env['TIEOUT_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const RUNS = Number(process.env['TIEOUT_TEST_RUNS'] ?? 4_000)
const TIMEOUT_MS = 10_000
const SETTLE_MS = 30_000
const GAP_MS = 5_000
const RETENTION_MS = 300_000
const POLICY: ResolvePolicy = {
  freezeLimitMs: 3_600_000,
  repeatLimit: 8,
  undecidedLimit: 10,
  backoffMs: (n) => Math.min(60_000, 1_000 * 2 ** n),
  laterLooksMs: [60_000, 600_000],
}

/** What becomes of one call. Delays in ms. */
interface Fate {
  readonly process: 'runs' | 'dies-before' | 'dies-after' | 'freezes-before-check' | 'freezes-after-check'
  readonly frozenMs: number
  readonly request: 'lost' | 'applied' | 'busy' | 'refused'
  /** From taken in to applied. */
  readonly applyMs: number
  readonly reply: 'comes' | 'lost'
}

const fate: fc.Arbitrary<Fate> = fc.record({
  process: fc.constantFrom('runs', 'runs', 'runs', 'dies-before', 'dies-after', 'freezes-before-check', 'freezes-after-check'),
  frozenMs: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 400_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 3_600_000, max: 36_000_000 }) },
  ),
  request: fc.constantFrom('lost', 'applied', 'applied', 'applied', 'busy', 'refused'),
  applyMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: SETTLE_MS - 1 })),
  reply: fc.constantFrom('comes', 'lost', 'lost'),
})
const history = fc.record({
  fates: fc.array(fate, { minLength: 1, maxLength: 12 }),
  looks: fc.array(fc.boolean(), { maxLength: 12 }),
})
/** `forgets`: the target shows nothing of what it did, only that it may have. */
type History = (typeof history extends fc.Arbitrary<infer H> ? H : never) & { readonly forgets?: boolean }

type Kind = Command['class']
const FIND = { settleMs: SETTLE_MS, gapMs: GAP_MS }
/** K1 promises nothing to a process that is frozen for longer than the margin just before its first byte (see `retentionMarginMs`). */
const K1_FREEZE_MS = retentionMarginMs(RETENTION_MS, TIMEOUT_MS) - TIMEOUT_MS
const commandOf = (kind: Kind, withFind: boolean): Command =>
  ({
    class: kind,
    timeoutMs: TIMEOUT_MS,
    noEffect: [],
    ...(kind === 'K1' ? { keyRetentionMs: RETENTION_MS } : {}),
    ...(withFind ? { find: FIND } : {}),
  }) as unknown as Command

interface Ending {
  readonly row: EffectRow
  readonly applied: number
  readonly automaticSends: number
  readonly withoutAttempt: number
  readonly tries: readonly Try[]
  readonly reached: ReadonlySet<string>
}

type Rules = typeof nextStep

class World {
  now = 0
  row: EffectRow = newEffect(
    'acme',
    { target: 'erp', command: 'invoice.post', object: 'inv_1', occurrence: '0', subject: 'inv_1', content: {} },
    instantOf(0),
  )
  tries: (Try & { inFlight?: boolean })[] = []
  /** What the target did: when. */
  applied: number[] = []
  sends = 0
  withoutAttempt = 0
  readonly reached = new Set<string>()
  private readonly events: { at: number; run: () => void }[] = []
  private firstTakenAt: number | undefined
  private looks = 0
  private readonly command: Command
  private readonly history: History
  private readonly rules: Rules

  constructor(command: Command, history: History, rules: Rules) {
    this.command = command
    this.history = history
    this.rules = rules
  }

  run(): Ending {
    this.wake()
    for (let steps = 0; this.events.length > 0 && this.now < 40 * 86_400_000; steps++) {
      if (steps > 5_000) throw new Error(`no end: ${this.row.state} after ${this.tries.length} tries`)
      this.events.sort((a, b) => a.at - b.at)
      const event = this.events.shift()!
      this.now = event.at
      event.run()
    }
    return {
      row: this.row,
      applied: this.applied.length,
      automaticSends: this.sends,
      withoutAttempt: this.withoutAttempt,
      tries: this.tries,
      reached: this.reached,
    }
  }

  private later(ms: number, run: () => void): void {
    this.events.push({ at: this.now + ms, run })
  }

  private wake(): void {
    const due = msOf(this.row.dueAt)
    if (this.row.dueAt < '9999') this.later(Math.max(0, due - this.now), () => this.turn(due))
  }

  private step(input: EffectInput, dueMs?: number): void {
    const next = stepEffect(this.row, input, { now: instantOf(this.now), ...(dueMs === undefined ? {} : { dueAt: instantOf(dueMs) }) })
    if (next === 'ignored') return
    this.reached.add(next.state)
    this.row = next
    this.wake()
  }

  private turn(due: number): void {
    if (msOf(this.row.dueAt) !== due) return
    if (this.row.state === 'waiting') return this.claim(false)
    if (this.row.state === 'open') return this.expire()
    const step: Step = this.rules(this.command, this.row.state, this.tries, this.now, POLICY)
    this.reached.add(`step ${step.do}`)
    switch (step.do) {
      case 'repeat':
        return this.claim(true)
      case 'look':
        return this.look()
      case 'wait':
        return this.step('unclear', Math.max(this.now + 1, step.until))
      case 'conclude': {
        this.reached.add(step.input)
        return this.step(step.input, this.now)
      }
      case 'rest':
        return
    }
  }

  private claim(doubt: boolean): void {
    const n = this.tries.length + 1
    const fate = this.history.fates[n - 1] ?? { process: 'runs', frozenMs: 0, request: 'applied', applyMs: 0, reply: 'comes' }
    const notAfter = this.now + TIMEOUT_MS
    this.tries.push({ n, state: 'open', openedAt: this.now, notAfter, closedAt: null, senderDoneAt: null, looks: [] })
    this.step('claimed', notAfter + 1_000)
    this.reached.add(fate.process)
    switch (fate.process) {
      case 'dies-before':
        return this.done(n)
      case 'freezes-before-check':
        return this.later(fate.frozenMs, () => {
          // Awake, it looks at its deadline before the first byte.
          if (this.now >= notAfter) {
            this.close(n, { state: 'not-sent', says: '', observations: [], late: true }, doubt)
            return this.done(n)
          }
          this.send(n, fate, doubt, notAfter)
        })
      case 'freezes-after-check':
        return this.later(this.command.class === 'K1' ? Math.min(fate.frozenMs, K1_FREEZE_MS) : fate.frozenMs, () =>
          this.send(n, fate, doubt, notAfter),
        )
      case 'dies-after':
      case 'runs':
        return this.send(n, fate, doubt, notAfter)
    }
  }

  private send(n: number, fate: Fate, doubt: boolean, notAfter: number): void {
    this.sends++
    if (!this.tries.some((attempt) => attempt.n === n)) this.withoutAttempt++
    const verdict = fate.request === 'lost' ? undefined : this.taken(fate)
    if (fate.process === 'dies-after') return this.done(n)
    const replyAt = fate.reply === 'comes' && verdict ? this.now + fate.applyMs : Infinity
    const until = Math.max(this.now, notAfter)
    if (verdict && replyAt <= until)
      return this.later(replyAt - this.now, () => {
        this.close(n, verdict, doubt)
        this.done(n)
      })
    this.later(until - this.now, () => {
      this.close(n, { state: 'unknown', says: '', observations: [] }, doubt)
      this.done(n)
    })
  }

  /** The target, as its class behaves. */
  private taken(fate: Fate): Verdict {
    const kind = this.command.class
    if (fate.request === 'busy') return { state: 'no-effect', about: 'target', says: '', observations: [] }
    const known =
      kind === 'K2'
        ? this.firstTakenAt !== undefined
        : kind === 'K1' && this.firstTakenAt !== undefined && this.now < this.firstTakenAt + RETENTION_MS
    if (known) return { state: this.applied.length > 0 ? 'done' : 'unknown', says: '', observations: [], receipt: { reference: '1' } }
    if (fate.request === 'refused') return { state: 'refused', says: '', observations: [] }
    this.firstTakenAt ??= this.now
    if (kind === 'K1') this.firstTakenAt = this.now
    this.later(fate.applyMs, () => {
      this.applied.push(this.now)
    })
    return { state: 'done', says: '', observations: [], receipt: { reference: '1' } }
  }

  private close(n: number, verdict: Verdict, doubt: boolean): void {
    const at = this.tries.findIndex((attempt) => attempt.n === n)
    const attempt = this.tries[at]!
    if (attempt.state !== 'open') {
      this.reached.add('late reply refused')
      return
    }
    this.tries[at] = { ...attempt, state: verdict.state, closedAt: this.now }
    const input = inputOf(verdict, doubt, this.command, { failures: this.row.failures, deadAfter: 8 })
    // Settling a doubt takes a first look at once; a plain retry waits.
    this.step(input, input === 'not-sent' || input === 'no-effect' ? this.now + 1_000 : input === 'unclear' ? this.now : undefined)
    if (this.row.state === 'done' || this.row.state === 'held') this.step('unclear', this.now + 1)
  }

  private done(n: number): void {
    const at = this.tries.findIndex((attempt) => attempt.n === n)
    this.tries[at] = { ...this.tries[at]!, senderDoneAt: this.now }
  }

  private expire(): void {
    const last = this.tries.at(-1)!
    this.close(last.n, { state: 'unknown', says: '', observations: [] }, doubtful(this.tries).length > 0)
  }

  private look(): void {
    const answers = this.history.looks[this.looks++] ?? true
    const count = this.applied.length
    const kept = count === 1 ? 'one' : 'several'
    const found = !answers ? 'unclear' : count === 0 ? 'absent' : this.history.forgets ? 'untraceable' : kept
    const at = this.tries.length - 1
    const last = this.tries[at]!
    this.tries[at] = { ...last, looks: [...last.looks, { at: this.now, found }] }
    this.reached.add(`saw ${found}`)
    if (found === 'one') this.step('found', this.now + 1)
    if (found === 'several') return this.step('found-other', this.now + 1)
    // Look again when the rules say so.
    this.step('unclear', this.now + 1)
  }
}

const live = (kind: Kind, withFind: boolean, history: History, rules: Rules = nextStep): Ending =>
  new World(commandOf(kind, withFind), history, rules).run()

/** The first history that breaks the promise, and how often each state was reached on the way. */
function check(
  kind: Kind,
  withFind: boolean,
  promise: (ending: Ending) => boolean,
  rules: Rules = nextStep,
  runs = RUNS,
  forgets = false,
): { broken: boolean; reached: Map<string, number> } {
  const reached = new Map<string, number>()
  const result = fc.check(
    fc.property(history, (history) => {
      const ending = live(kind, withFind, { ...history, forgets }, rules)
      for (const place of ending.reached) reached.set(place, (reached.get(place) ?? 0) + 1)
      return promise(ending)
    }),
    { numRuns: runs, seed: SEED },
  )
  if (result.failed && rules === nextStep)
    throw new Error(`seed ${SEED} (TIEOUT_TEST_SEED): ${kind} broke its promise: ${JSON.stringify(result.counterexample)}`)
  return { broken: result.failed, reached }
}

const atRest = (ending: Ending): boolean => ['done', 'refused', 'held', 'dead'].includes(ending.row.state)
const truthful = (ending: Ending): boolean => ending.row.state !== 'done' || ending.applied >= 1
const sound = (ending: Ending): boolean => atRest(ending) && truthful(ending) && ending.withoutAttempt === 0

describe('resolving an unknown outcome', () => {
  test.each([
    ['K1', true],
    ['K1', false],
    ['K2', true],
    ['K2', false],
    ['K3', true],
  ] as const)('%s (can be looked for: %s): at most one effect, never a false "done", always an end', (kind, withFind) => {
    const { reached } = check(kind, withFind, (ending) => sound(ending) && ending.applied <= 1)
    const want = [
      'done',
      'unknown',
      'waiting',
      'refused',
      'held',
      'dies-before',
      'dies-after',
      'freezes-before-check',
      'freezes-after-check',
      'late reply refused',
      ...(kind === 'K3' ? ['absent', 'saw one', 'saw absent', 'saw unclear', 'step look'] : ['step repeat']),
    ]
    console.log(`${kind}${withFind ? '+find' : ''} seed ${SEED}: ${want.map((place) => `${place} ${reached.get(place) ?? 0}`).join(', ')}`)
    for (const place of want) expect(reached.get(place) ?? 0, `${kind} reached ${place}`).toBeGreaterThan(0)
  })

  test('K4: one automatic send that may have acted, then a person', () => {
    const { reached } = check('K4', false, (ending) => {
      const perhaps = ending.tries.filter((attempt) => attempt.state === 'unknown').length
      return sound(ending) && ending.applied <= 1 && perhaps <= 1 && (perhaps === 0 || ending.row.state === 'held')
    })
    expect(reached.get('needs-person')).toBeGreaterThan(0)
  })

  test('K3 at a target that deletes what it took: a person says, nothing is sent twice', () => {
    const { reached } = check('K3', true, (ending) => sound(ending) && ending.applied <= 1, nextStep, RUNS, true)
    expect([...reached.keys()]).toEqual(expect.arrayContaining(['saw untraceable', 'saw absent', 'needs-person', 'absent', 'done', 'held']))
  })

  test('K3 at a target that takes longer than it says: doubles are possible, and then they are found', () => {
    const slow = {
      fates: [
        { process: 'runs', frozenMs: 0, request: 'applied', applyMs: 120_000, reply: 'lost' } as const,
        { process: 'runs', frozenMs: 0, request: 'applied', applyMs: 0, reply: 'lost' } as const,
      ],
      looks: [],
    }
    const ending = live('K3', true, slow)
    expect(ending.applied).toBe(2)
    expect(ending.row.state).toBe('held')
    expect([...ending.reached]).toContain('saw several')
  })

  test('a sender frozen for longer than the limit goes to a person, not to another try', () => {
    const ending = live('K3', true, {
      fates: [{ process: 'freezes-after-check', frozenMs: 5 * 3_600_000, request: 'applied', applyMs: 0, reply: 'comes' }],
      looks: [],
    })
    expect(ending).toMatchObject({ row: { state: 'held' }, applied: 1, automaticSends: 1 })
  })
})

describe('each rule is needed: without it the promise breaks', () => {
  const withoutSettle: Rules = (command, state, tries, now, policy) =>
    nextStep({ ...command, find: { ...command.find!, settleMs: 0 } } as Command, state, tries, now, policy)
  const oneLook: Rules = (command, state, tries, now, policy) =>
    nextStep({ ...command, find: { ...command.find!, settleMs: 0, gapMs: 0 } } as Command, state, tries, now, policy)
  const senderForgotten: Rules = (command, state, tries, now, policy) =>
    nextStep(
      command,
      state,
      tries.map((attempt) => ({ ...attempt, senderDoneAt: attempt.closedAt })),
      now,
      policy,
    )
  const keyForEver: Rules = (command, state, tries, now, policy) =>
    nextStep({ ...command, keyRetentionMs: 1e12 } as Command, state, tries, now, { ...policy, backoffMs: () => 200_000 })
  const retryOnTimeout: Rules = (command, state, tries, now, policy) =>
    nextStep({ ...command, class: 'K2' } as Command, state, tries, now, policy)
  test.each([
    ['settling', 'K3', withoutSettle],
    ['a second look', 'K3', oneLook],
    ['waiting for a frozen sender', 'K3', senderForgotten],
    ["the end of the key's retention", 'K1', keyForEver],
    ['not simply sending again', 'K3', retryOnTimeout],
    ['a person for K4', 'K4', retryOnTimeout],
  ] as const)('%s (%s)', (_rule, kind, rules) => {
    expect(check(kind, kind !== 'K4', (ending) => ending.applied <= 1, rules, 20_000).broken).toBe(true)
  })
})
