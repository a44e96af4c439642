/** The trace of a run: one number over everything that happened, and, when it is to be told, the story in lines. */
import { instantOf } from '../../src/lib/time.ts'

export class Tape {
  readonly lines: string[] = []
  private readonly now: () => number
  private readonly told: boolean
  private a = 0x811c9dc5
  private b = 0x9747b28c

  constructor(now: () => number, told: boolean) {
    this.now = now
    this.told = told
  }

  say(what: string, detail: string): void {
    const line = `${this.now()} ${what} ${detail}`
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i)
      this.a = Math.imul(this.a ^ code, 0x01000193)
      this.b = Math.imul(this.b ^ code, 0x85ebca6b)
    }
    if (this.told) this.lines.push(`${instantOf(this.now()).slice(5, 23)} ${what.padEnd(9)} ${detail}`)
  }

  get hash(): string {
    return [this.a, this.b].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
