/** What the rig's clients sent and were told, in order: one line of JSON per request, written as it happens. */
import { appendFileSync } from 'node:fs'

export interface Sent {
  readonly kind: 'sent'
  readonly at: string
  readonly ms: number
  readonly hub: string
  readonly what: 'document' | 'notice' | 'answer' | 'poison'
  /** What makes it the same request: the document's hash, the notice's id, case and version. */
  readonly same: string
  /** The file of the sample, the person who answers, what is wrong with it. */
  readonly about: string
  /** null: no answer came. */
  readonly status: number | null
  readonly retryAfter: string | null
  readonly body: unknown
}

export interface Shown {
  readonly kind: 'shown'
  readonly at: string
  readonly hub: string
  readonly invoice: string
  readonly state: string
}

/** What the rig itself did: a fault that began or ended, a schedule that began, healed or came to rest. */
export interface Done {
  readonly kind: 'done'
  readonly at: string
  readonly what: string
  readonly detail: string
}

export type Row = Sent | Shown | Done

export class History {
  readonly rows: Row[] = []
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  add(row: Row): void {
    this.rows.push(row)
    appendFileSync(this.#file, `${JSON.stringify(row)}\n`)
  }

  did(what: string, detail = ''): void {
    this.add({ kind: 'done', at: new Date().toISOString(), what, detail })
  }
}
