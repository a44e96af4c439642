/** What goes wrong in a run: which faults, how often, until when. After `healAt` nothing does any more. Times in ms. */
import type { Chance } from './chance.ts'
import type { Fate } from './ground/door.ts'

/** Named places of a hub process at which it may die or freeze; before the place's work is done. */
export const KILL_POINTS = [
  'claim',
  'claimed',
  'first-byte',
  'sent',
  'answered',
  'told',
  'recorded',
  'look',
  'looked',
  'conclude',
  'expire',
  'hear',
] as const
export type KillPoint = (typeof KILL_POINTS)[number]

export const FAULTS = [
  'request lost',
  'reply lost',
  'reply late',
  'applied late',
  'applied after settle',
  'busy 429',
  'busy 503',
  'locked 423',
  'lying refusal',
  'answered before done',
  'html',
  'no-number',
  'other-number',
  'error-in-200',
  'truncated',
  'status-500',
  'broken 500',
  'look failed',
  'look behind',
  'killed',
  'frozen',
  // After the last look at the clock, where nothing but what others know of this process keeps its call from coming late.
  'frozen at first byte',
  'commit unanswered',
  'notice lost',
  'notice repeated',
  'notice late',
  'feed failed',
  'feed behind',
  'clock jumped',
  'system away',
] as const
export type Fault = (typeof FAULTS)[number]

export type Weights = { readonly [fault in Fault]?: number }

/** Mixtures that runs are drawn from: some have little of everything, some much of one thing. */
const EVERYTHING: Weights = {
  'request lost': 0.05,
  'reply lost': 0.12,
  'reply late': 0.03,
  'applied late': 0.1,
  'busy 429': 0.04,
  'busy 503': 0.03,
  'lying refusal': 0.01,
  'answered before done': 0.03,
  html: 0.01,
  'no-number': 0.01,
  'other-number': 0.02,
  'error-in-200': 0.01,
  truncated: 0.01,
  'status-500': 0.03,
  'broken 500': 0.03,
  'look failed': 0.1,
  'look behind': 0.2,
  killed: 0.01,
  frozen: 0.008,
  'commit unanswered': 0.02,
  'notice lost': 0.2,
  'notice repeated': 0.2,
  'notice late': 0.2,
  'feed failed': 0.2,
  'feed behind': 0.2,
  'clock jumped': 0.2,
}
const MIXTURES: readonly Weights[] = [
  {},
  EVERYTHING,
  EVERYTHING,
  { ...EVERYTHING, 'system away': 1 },
  { 'reply lost': 1 },
  { 'reply lost': 0.6, 'applied late': 0.9, 'look behind': 0.8 },
  // Unknown at once, carried out at the last moment, and shown later still.
  { 'status-500': 0.6, 'answered before done': 0.9, 'applied late': 0.9, 'look behind': 0.9, 'notice lost': 0.9 },
  { killed: 0.03, 'frozen at first byte': 0.6, 'commit unanswered': 0.05, 'applied late': 0.5 },
  { frozen: 0.005, 'frozen at first byte': 0.7, 'applied late': 0.5 },
  { frozen: 0.05, 'commit unanswered': 0.1, 'applied late': 0.5, 'reply lost': 0.3 },
  { ...EVERYTHING, 'notice lost': 1 },
  { ...EVERYTHING, 'notice repeated': 1, 'notice late': 1, 'feed behind': 1 },
  { 'busy 429': 0.5, 'busy 503': 0.1 },
  { 'locked 423': 0.98 },
  { 'system away': 1, 'reply lost': 0.1 },
  { html: 0.1, 'no-number': 0.1, 'other-number': 0.15, 'error-in-200': 0.1, truncated: 0.1, 'status-500': 0.1, 'broken 500': 0.1 },
  { 'answered before done': 0.7, 'applied late': 0.8, 'lying refusal': 0.15 },
  { 'applied late': 0.6, 'applied after settle': 0.5, 'reply lost': 0.5 },
]

const HOUR_MS = 3_600_000
/** Clocks of hub machines are this far apart at most. */
export const CLOCK_MS = 4_000

export class Faults {
  readonly healAt: number
  readonly hit = new Map<string, number>()
  private readonly weights: Weights
  private readonly chance: Chance
  private readonly now: () => number

  constructor(chance: Chance, start: number, now: () => number, without: ReadonlySet<string>) {
    this.chance = chance
    this.now = now
    this.weights = Object.fromEntries(Object.entries(chance.of(MIXTURES)).filter(([fault]) => !without.has(fault)))
    this.healAt = start + chance.between(1, 4) * HOUR_MS
  }

  count(what: string): void {
    this.hit.set(what, (this.hit.get(what) ?? 0) + 1)
  }

  strikes(fault: Fault): boolean {
    const weight = this.weights[fault]
    if (weight === undefined || this.now() >= this.healAt || !this.chance.hits(weight)) return false
    this.count(fault)
    return true
  }

  has(fault: Fault): boolean {
    return this.weights[fault] !== undefined
  }

  /** What the system makes of a call that has reached it. */
  fate(settleMs: number): Fate {
    const retryAfterMs = this.chance.hits(0.5) ? this.chance.between(1, 120) * 1_000 : undefined
    if (this.strikes('busy 429')) return { busy: 429, applyMs: 0, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
    if (this.strikes('busy 503')) return { busy: 503, applyMs: 0, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
    if (this.strikes('locked 423')) return { busy: 423, applyMs: 0 }
    if (this.strikes('broken 500')) return { broken: true, applyMs: 0 }
    const applyMs = this.strikes('applied after settle')
      ? settleMs + this.chance.between(20_000, 300_000)
      : this.strikes('applied late')
        ? this.chance.between(this.chance.hits(0.4) ? settleMs - 5_000 : 1_000, settleMs)
        : this.chance.between(20, 400)
    const garbled = (['html', 'no-number', 'other-number', 'error-in-200', 'truncated', 'status-500'] as const).find((how) =>
      this.strikes(how),
    )
    return {
      applyMs,
      ...(this.strikes('answered before done') ? { early: true } : {}),
      ...(this.strikes('lying refusal') ? { lying: true } : {}),
      ...(garbled === undefined ? {} : { garbled }),
    }
  }

  between(from: number, to: number): number {
    return this.chance.between(from, to)
  }
  hits(probability: number): boolean {
    return this.chance.hits(probability)
  }
}
