/**
 * States as this process last read or wrote them, by object. They are never trusted: a state is read in its transaction all the
 * same, and only when the text that stands there is the one known here, its value is taken from here instead of being parsed
 * anew. What the law has worked out about that value (see `once` in domain/law.ts) then need not be worked out again either: in a
 * burst (a reply, the fact that it brings, the notice of it) every commit begins with what the one before it wrote.
 */
import type { ObjectRecord } from '../domain/object.ts'

type State = ObjectRecord['state']

/** Of those that were in use last; a text has at most 8 KB. */
const LIMIT = 2_000

export class KnownStates {
  private readonly states = new Map<string, { readonly text: string; readonly state: State }>()

  /** The value of a text that was read. */
  parse(id: string, text: string): State {
    const known = this.states.get(id)
    if (known?.text === text) return known.state
    const state = JSON.parse(text) as State
    this.keep(id, text, state)
    return state
  }

  /** `state` is what `text` reads back as. */
  keep(id: string, text: string, state: State): void {
    // The longest unused stands first.
    this.states.delete(id)
    this.states.set(id, { text, state })
    if (this.states.size <= LIMIT) return
    const [oldest] = this.states.keys()
    if (oldest !== undefined) this.states.delete(oldest)
  }
}
