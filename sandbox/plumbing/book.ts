import { open, mkdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** One thing that is so from now on: `row` is what became of the object `key` of kind `what`. */
export interface Fact {
  readonly what: string
  readonly verb: string
  readonly key: string
  readonly row: unknown
}

/** One accepted command with all it brought about: it is in the book whole or not at all. */
export interface Line {
  readonly n: number
  readonly at: string
  readonly op: string
  readonly facts: readonly Fact[]
}

/** Takes a line into the state; called once per line, at start for the old ones and at once for a new one. */
export type Apply = (line: Line) => void

const NEWLINE = 10

/**
 * The append-only book of one system: the only thing it keeps on disk. Lines are written in order; many commands share one
 * write and one fdatasync, so that a hundred callers at once cost little more than one.
 */
export class Book {
  readonly #file: FileHandle
  readonly #apply: Apply
  readonly #now: () => Date
  /** Byte where line n+1 begins, for n = 0 … last. */
  readonly #starts: number[] = [0]
  #pending: string[] = []
  #flushing: Promise<void> | undefined

  private constructor(file: FileHandle, apply: Apply, now: () => Date) {
    this.#file = file
    this.#apply = apply
    this.#now = now
  }

  /** Opens (or begins) `dir`/book.jsonl and applies every whole line of it; what a crash left behind the last newline is cut off. */
  static async open(dir: string, apply: Apply, now: () => Date = () => new Date()): Promise<Book> {
    await mkdir(dir, { recursive: true })
    const file = await open(join(dir, 'book.jsonl'), 'a+')
    const bytes = await file.readFile()
    const book = new Book(file, apply, now)
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      apply(JSON.parse(bytes.toString('utf8', start, end)) as Line)
      start = end + 1
      book.#starts.push(start)
    }
    if (start < bytes.length) await file.truncate(start)
    return book
  }

  get last(): number {
    return this.#starts.length - 1
  }

  /** Writes one line and applies it; it is durable once {@link settled} resolves. No facts, no line. */
  commit(op: string, facts: readonly Fact[]): void {
    if (facts.length === 0) return
    const line: Line = { n: this.last + 1, at: this.#now().toISOString(), op, facts }
    const text = `${JSON.stringify(line)}\n`
    this.#starts.push((this.#starts.at(-1) ?? 0) + Buffer.byteLength(text))
    this.#pending.push(text)
    this.#apply(line)
  }

  /** Resolves when everything committed so far is on disk. Answers wait for it, reads too: none shows what a crash could take back. */
  async settled(): Promise<void> {
    while (this.#flushing || this.#pending.length > 0) {
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined
      })
      await this.#flushing
    }
  }

  async #flush(): Promise<void> {
    const text = this.#pending.join('')
    this.#pending = []
    await this.#file.appendFile(text)
    await this.#file.datasync()
  }

  /** The bytes of at most `limit` lines after line `after`. */
  async read(after: number, limit: number): Promise<Buffer> {
    await this.settled()
    const from = this.#starts[Math.min(after, this.last)] ?? 0
    const to = this.#starts[Math.min(after + limit, this.last)] ?? 0
    const bytes = Buffer.alloc(to - from)
    if (bytes.length > 0) await this.#file.read(bytes, 0, bytes.length, from)
    return bytes
  }

  async close(): Promise<void> {
    await this.settled()
    await this.#file.close()
  }
}
