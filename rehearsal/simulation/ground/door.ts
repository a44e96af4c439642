/**
 * The door of a simulated system: takes commands as its class promises and keeps what it did in an append-only book. What goes
 * wrong with a call is its fate, drawn by whoever runs the simulation. Times in ms.
 */
import type { Arrived, Class, Done } from './past.ts'

export interface Incoming {
  readonly command: string
  readonly key: string
  readonly reference: string
  readonly content: string
  readonly amount: string
  readonly party: string
  readonly attempt: number
  readonly process: string
  readonly recorded: boolean
  readonly openedAt: number
  readonly begun: number
}

/** What becomes of one call at the door. */
export interface Fate {
  /** Answered with this status, nothing done. */
  readonly busy?: 423 | 429 | 503
  readonly retryAfterMs?: number
  /** From taken in to done. */
  readonly applyMs: number
  /** The answer does not wait for the deed. */
  readonly early?: boolean
  /** Done, and answered with a business no. */
  readonly lying?: boolean
  /** Done, and answered with something else. */
  readonly garbled?: 'html' | 'no-number' | 'other-number' | 'error-in-200' | 'truncated' | 'status-500'
  /** Not done at all, and answered 500. */
  readonly broken?: boolean
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly retryAfterMs?: number
}

export interface Conduct {
  readonly class: Class
  readonly retentionMs: number
  readonly settleMs: number
}

interface Known {
  readonly at: number
  readonly content: string
  number: string | null
}

export interface World {
  now(): number
  later(ms: number, run: () => void): void
}

export class Door {
  readonly system: string
  readonly arrived: Arrived[] = []
  readonly done: Done[] = []
  /** Commands that the business refuses for now, and why. */
  readonly refusing = new Map<string, string>()
  private readonly conduct: (command: string) => Conduct
  private readonly world: World
  private readonly carriedOut: (done: Done, content: string) => void
  private readonly known = new Map<string, Known>()
  private numbers = 0

  constructor(system: string, conduct: (command: string) => Conduct, world: World, carriedOut: (done: Done, content: string) => void) {
    this.system = system
    this.conduct = conduct
    this.world = world
    this.carriedOut = carriedOut
  }

  /** `answer` is called once, when the system answers. */
  take(call: Incoming, fate: Fate, answer: (answer: Answer) => void): void {
    const at = this.world.now()
    const note = (how: Arrived['answer']): void => {
      const { command, key, reference, content, attempt, process, recorded, openedAt, begun } = call
      this.arrived.push({
        at,
        system: this.system,
        command,
        key,
        reference,
        content,
        attempt,
        process,
        recorded,
        openedAt,
        begun,
        answer: how,
      })
    }
    if (fate.busy !== undefined) {
      note(fate.busy === 423 ? 'locked' : 'busy')
      return answer({ status: fate.busy, body: 'busy', ...(fate.retryAfterMs === undefined ? {} : { retryAfterMs: fate.retryAfterMs }) })
    }
    if (fate.broken) {
      note('busy')
      return answer({ status: 500, body: 'oops' })
    }
    const { class: kind, retentionMs } = this.conduct(call.command)
    const before = kind === 'K1' || kind === 'K2' ? this.known.get(call.key) : undefined
    if (before && (kind === 'K2' || at < before.at + retentionMs)) {
      note('known')
      if (before.number === null) return answer(saying(200, { state: 'in-progress' }))
      return answer(
        saying(200, { state: kind === 'K1' || before.content === call.content ? 'exists' : 'exists-other', number: before.number }),
      )
    }
    const no = this.refusing.get(call.command)
    if (no !== undefined) {
      note('refused')
      return answer(saying(422, { refused: no }))
    }
    note(fate.lying ? 'lying-refusal' : 'taken')
    this.carry(call, fate, answer)
  }

  private carry(call: Incoming, fate: Fate, answer: (answer: Answer) => void): void {
    const at = this.world.now()
    const number = `${this.system}-${++this.numbers}`
    const memory: Known = { at, content: call.content, number: null }
    this.known.set(call.key, memory)
    const reply = (): void => answer(fate.lying ? saying(422, { refused: 'not like this' }) : garbled(fate.garbled, number))
    if (fate.early) reply()
    this.world.later(fate.applyMs, () => {
      const { command, key, reference, amount, party, content } = call
      memory.number = number
      const deed: Done = {
        at: this.world.now(),
        system: this.system,
        command,
        key,
        reference,
        number,
        amount,
        party,
        inTime: fate.applyMs <= this.conduct(command).settleMs,
      }
      this.done.push(deed)
      this.carriedOut(deed, content)
      if (!fate.early) reply()
    })
  }
}

const saying = (status: number, body: object): Answer => ({ status, body: JSON.stringify(body) })

function garbled(how: Fate['garbled'], number: string): Answer {
  const whole = JSON.stringify({ state: 'done', number })
  switch (how) {
    case undefined:
      return { status: 200, body: whole }
    case 'html':
      return { status: 200, body: '<html><body>Welcome back</body></html>' }
    case 'no-number':
      return saying(201, { state: 'done' })
    case 'other-number':
      return saying(200, { state: 'done', number: 'nobody-77' })
    case 'error-in-200':
      return saying(200, { error: 'table locked' })
    case 'truncated':
      return { status: 200, body: whole.slice(0, whole.length - 9) }
    case 'status-500':
      return { status: 500, body: whole }
  }
}
