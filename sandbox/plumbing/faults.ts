import { draw } from './chance.ts'
import { isObject, oneOf, optional, record, text, whole, type Problem, type Of, type Read } from './shape.ts'

const share: Read<number> = (value, field, problems) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  problems.push({ field, text: 'must be a number from 0 to 1' })
  return 1
}
const patch: Read<Record<string, unknown>> = (value, field, problems) => {
  if (isObject(value)) return value
  problems.push({ field, text: 'must be an object' })
  return {}
}

const EFFECTS = ['done', 'none', 'late', 'twice'] as const
const REPLIES = ['as-is', 'lost', 'error', 'html', 'cut', 'torn', 'drip', 'never'] as const

const rule = record({
  op: text(40),
  skip: optional(whole(0, 1e9), 0),
  first: optional(whole(1, 1e9), null),
  chance: optional(share, 1),
  effect: optional(oneOf(...EFFECTS), 'done'),
  lateMs: optional(whole(0, 3_600_000), 500),
  reply: optional(oneOf(...REPLIES), null),
  status: optional(whole(200, 599), 500),
  retryAfter: optional(text(100), null),
  slowMs: optional(whole(0, 3_600_000), 0),
  patch: optional(patch, null),
  twist: optional(oneOf('account', 'sum', 'count'), null),
})

/** What goes wrong with a call, see the table in the README. */
export interface Rule extends Omit<Of<typeof rule>, 'reply'> {
  readonly reply: (typeof REPLIES)[number]
}
interface Counted {
  readonly rule: Rule
  seen: number
  hit: number
}

/** The faults of one system: rules with counters, nothing left to luck but a draw from the seed. */
export class Faults {
  readonly #seed: number
  readonly #ops: ReadonlySet<string>
  #rules: Counted[] = []

  constructor(seed: number, ops: readonly string[]) {
    this.#seed = seed
    this.#ops = new Set([...ops, '*'])
  }

  /** Replaces all rules; returns what is wrong with them instead, and then the old ones stay. */
  replace(body: unknown): Problem[] {
    const problems: Problem[] = []
    const given = isObject(body) && Array.isArray(body['rules']) ? body['rules'] : undefined
    if (!given) return [{ field: 'rules', text: 'must be a list' }]
    const rules = given.map((item, at) => {
      const read = rule(item, `rules[${at}]`, problems)
      if (!this.#ops.has(read.op)) problems.push({ field: `rules[${at}].op`, text: `is none of ${[...this.#ops].join(', ')}` })
      // Work that lands late cannot be reported as done: its reply is lost unless another failure is asked for.
      return {
        ...read,
        reply: read.reply ?? (read.effect === 'late' && read.op !== 'webhook.send' ? ('lost' as const) : ('as-is' as const)),
      }
    })
    for (const [at, read] of rules.entries()) {
      if (read.effect === 'late' && read.reply === 'as-is' && read.op !== 'webhook.send') {
        problems.push({ field: `rules[${at}].reply`, text: 'must not be as-is when the effect is late' })
      }
    }
    if (problems.length === 0) this.#rules = rules.map((read) => ({ rule: read, seen: 0, hit: 0 }))
    return problems
  }

  /** The rule for this call of `op`, if it is the turn of one. */
  turn(op: string): Rule | undefined {
    for (const [at, counted] of this.#rules.entries()) {
      const { rule: wanted } = counted
      if (wanted.op !== op && wanted.op !== '*') continue
      counted.seen += 1
      if (counted.seen <= wanted.skip || (wanted.first !== null && counted.seen > wanted.skip + wanted.first)) continue
      if (wanted.chance < 1 && draw(this.#seed, 'fault', at, counted.seen) >= wanted.chance) continue
      counted.hit += 1
      return wanted
    }
    return undefined
  }

  show(): unknown {
    return { rules: this.#rules.map(({ rule: held, seen, hit }) => ({ ...held, seen, hit })) }
  }
}
