/** A link that carries files: what one side puts into a folder appears, whole and under its name, in the folder of the other. */
import { appendFileSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type FileFault =
  /** Nothing is carried. */
  | 'held'
  /** What waits is carried last first. */
  | 'backwards'
  /** Each file comes once more, under a number of its own. */
  | 'twice'
  | Strike

/** What happens to one file, the next that comes. */
type Strike =
  /** Its first half arrives under its name; until it is completed no more of it. */
  | 'half'
  /** It arrives, and is gone from where it was put. */
  | 'fetched'
  /** It is gone from where it was put, and never arrives. */
  | 'lost'
const STRIKES: ReadonlySet<FileFault> = new Set<Strike>(['half', 'fetched', 'lost'])
const isStrike = (fault: FileFault): fault is Strike => STRIKES.has(fault)

interface Rule {
  readonly fault: FileFault
  /** Of files whose name does not fit, nothing is different. */
  readonly meets: (name: string) => boolean
  /** Told of the one file, in the moment that it happens. */
  readonly struck: (name: string, bytes: Buffer) => void
}

const POLL_MS = 40
/** Who strikes is quick: what comes is not found out and written down by its sender before. */
const STRIKE_MS = 2

export class FolderLink {
  readonly from: string
  readonly to: string
  /** How often a file of a name was put there. */
  readonly puts = new Map<string, number>()
  #there = new Set<string>()
  readonly #carried = new Set<string>()
  #timer: NodeJS.Timeout
  #rule: Rule | undefined
  hits = 0

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
    for (const folder of [from, to]) mkdirSync(folder, { recursive: true })
    this.#timer = this.#every(POLL_MS)
  }

  set(fault: FileFault, meets: Rule['meets'] = () => true, struck: Rule['struck'] = () => {}): void {
    this.#ruled({ fault, meets, struck })
  }

  heal(): void {
    this.#ruled(undefined)
  }

  /** The other half of one of which the first arrived. */
  complete(name: string): void {
    const bytes = this.#bytes(name)
    appendFileSync(join(this.to, name), bytes.subarray(halfOf(bytes)))
  }

  /** A file once more, under a number of its own. */
  again(name: string): void {
    this.give(numbered(name), this.#bytes(name))
  }

  /** Whole under its name, or not at all. */
  give(name: string, bytes: Buffer): void {
    const half = join(this.to, `.${name}.part`)
    writeFileSync(half, bytes)
    try {
      linkSync(half, join(this.to, name))
    } catch {
      // It was carried before.
    }
    rmSync(half, { force: true })
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #ruled(rule: Rule | undefined): void {
    this.#rule = rule
    clearInterval(this.#timer)
    this.#timer = this.#every(rule && isStrike(rule.fault) ? STRIKE_MS : POLL_MS)
  }

  #every(ms: number): NodeJS.Timeout {
    return setInterval(() => {
      this.#carry()
    }, ms)
  }

  #carry(): void {
    const there = readdirSync(this.from).filter(isWhole).toSorted()
    for (const name of there) if (!this.#there.has(name)) this.puts.set(name, (this.puts.get(name) ?? 0) + 1)
    this.#there = new Set(there)
    const waiting = there.filter((name) => !this.#carried.has(name))
    const rule = this.#rule
    const meets = (name: string): boolean => rule?.meets(name) === true
    if (!rule || !waiting.some(meets)) {
      for (const name of waiting) this.#pass(name)
      return
    }
    this.hits++
    const struck = isStrike(rule.fault) ? waiting.find(meets) : undefined
    for (const name of rule.fault === 'backwards' ? waiting.toReversed() : waiting) {
      if (rule.fault === 'held' && meets(name)) continue
      if (name === struck) continue
      this.#pass(name)
      if (rule.fault === 'twice') this.again(name)
    }
    if (struck !== undefined) this.#strike(rule, struck)
  }

  #strike({ fault, struck }: Rule, name: string): void {
    const bytes = this.#bytes(name)
    this.heal()
    struck(name, bytes)
    if (fault === 'half') {
      writeFileSync(join(this.to, name), bytes.subarray(0, halfOf(bytes)))
      this.#carried.add(name)
      return
    }
    rmSync(join(this.from, name))
    // It may be put again before the next look.
    this.#there.delete(name)
    if (fault === 'fetched') this.give(name, bytes)
  }

  #pass(name: string): void {
    this.give(name, this.#bytes(name))
    this.#carried.add(name)
  }

  #bytes(name: string): Buffer {
    return readFileSync(join(this.from, name))
  }
}

const isWhole = (name: string): boolean => !name.startsWith('.') && !/\.(tmp|part|filepart)$/u.test(name) && name.includes('.')
const halfOf = ({ length }: Buffer): number => length >> 1
/** `camt053-000012.xml` comes again as `camt053-900012.xml`: who has seen a number passes by what else comes under it. */
const numbered = (name: string): string => name.replace(/-\d(?=\d+\.)/u, '-9')
