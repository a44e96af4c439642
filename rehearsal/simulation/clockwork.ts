/** Discrete events: what is next happens next, and time is what it says. Times in ms since 1970. */

interface Entry {
  readonly at: number
  readonly nth: number
  readonly run: () => void
}

export class Clockwork {
  private time: number
  private nth = 0
  /** A binary heap, the earliest first; of the same instant the one that was planned first. */
  private readonly heap: Entry[] = []

  constructor(start: number) {
    this.time = start
  }

  now(): number {
    return this.time
  }

  later(ms: number, run: () => void): void {
    this.at(this.time + ms, run)
  }

  at(at: number, run: () => void): void {
    const { heap } = this
    heap.push({ at: Math.max(at, this.time), nth: this.nth++, run })
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1
      if (!before(heap[child]!, heap[parent]!)) break
      ;[heap[child], heap[parent]] = [heap[parent]!, heap[child]!]
      child = parent
    }
  }

  /** Runs what happens until `until`. Gives how many events there were; more than `limit` is a run without end. */
  run(until: number, limit: number): number {
    let events = 0
    for (let first = this.heap[0]; first && first.at <= until; first = this.heap[0]) {
      this.take()
      this.time = first.at
      first.run()
      if (++events > limit) throw new Error(`no end in sight after ${limit} events, at ${new Date(this.time).toISOString()}`)
    }
    this.time = Math.max(this.time, until)
    return events
  }

  private take(): void {
    const { heap } = this
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    for (let parent = 0; ;) {
      let least = parent
      for (const child of [2 * parent + 1, 2 * parent + 2]) if (child < heap.length && before(heap[child]!, heap[least]!)) least = child
      if (least === parent) return
      ;[heap[least], heap[parent]] = [heap[parent]!, heap[least]!]
      parent = least
    }
  }
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.nth < b.nth)
