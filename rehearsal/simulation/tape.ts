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
    this.count(`${this.now()} ${what} ${detail}`)
    if (this.told) this.lines.push(`${instantOf(this.now()).slice(5, 23)} ${what.padEnd(9)} ${detail}`)
  }

  /** Is part of the number, and of no story. */
  count(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      this.a = Math.imul(this.a ^ code, 0x01000193)
      this.b = Math.imul(this.b ^ code, 0x85ebca6b)
    }
  }

  get hash(): string {
    return [this.a, this.b].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
