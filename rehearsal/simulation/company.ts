/** What people do in a run: invoices come in and are corrected or refused, approvals are given and taken back, runs are paid, cases answered. */
import { outcomeArrival } from '../../src/delivery/report.ts'
import { stepEffect, type EffectInput, type EffectRow } from '../../src/domain/effect.ts'
import type { Arrival } from '../../src/domain/object.ts'
import { derivedId } from '../../src/lib/ids.ts'
import { instantOf, msOf } from '../../src/lib/time.ts'
import { arrives, bill, type Bill, corrects, over } from '../../test/cases/story.ts'
import { fact, TENANT } from '../../test/facts.ts'
import { sha256 } from '../../test/world.ts'
import type { Chance } from './chance.ts'
import type { Clockwork } from './clockwork.ts'
import type { Books } from './ground/books.ts'
import type { Said, Stopped } from './ground/past.ts'
import type { Store } from './store.ts'

/** How lively people are in a run: chances per round. */
export interface Temper {
  readonly withdraw: number
  readonly correct: number
  readonly reject: number
  readonly reverse: number
  readonly click: number
  /** Whoever entered an invoice approves it as well. */
  readonly ownYes: number
  readonly closePeriod: number
}

/** Nets whose sums no float can hold, so that wrong arithmetic shows. */
const NETS = ['284.10', '125.60', '83.10', '0.10', '0.20', '33.30', '400.40']
const ROUND_MS = 300_000
const HOUR_MS = 3_600_000
/** Whoever looks into what nobody knows does so when all that could still come has come. */
const LOOK_INTO_MS = 2 * HOUR_MS
const AGAIN_MS = 30_000

interface Story {
  bill: Bill
  readonly id: string
  corrected: boolean
  withdrawn: boolean
  stopped: boolean
}

export class Company {
  readonly said: Said[] = []
  readonly stopped: Stopped[] = []
  readonly stories: Story[] = []
  private readonly chance: Chance
  private readonly clock: Clockwork
  private readonly books: Books
  private readonly store: Store
  private readonly temper: Temper
  private readonly healAt: number
  private readonly hand: (arrival: Arrival) => void
  private readonly heldSince = new Map<string, number>()
  private readonly approved = new Set<string>()
  private readonly replayed = new Set<string>()
  private readonly asked = new Set<string>()

  /** `hand`: gives an arrival to some hub process, which may die over it. */
  constructor(given: {
    chance: Chance
    clock: Clockwork
    books: Books
    store: Store
    temper: Temper
    healAt: number
    hand: (arrival: Arrival) => void
  }) {
    this.chance = given.chance
    this.clock = given.clock
    this.books = given.books
    this.store = given.store
    this.temper = given.temper
    this.healAt = given.healAt
    this.hand = given.hand
  }

  begin(): void {
    const { chance } = this
    for (let n = chance.between(1, 3); n > 0; n--) {
      const invoice = bill({ ...over(chance.of(NETS)), number: `R-${n}`, notes: [{ text: `${n}` }] })
      const story: Story = {
        bill: invoice,
        id: derivedId(sha256, 'inv', invoice.ref.names[0]!),
        corrected: false,
        withdrawn: false,
        stopped: false,
      }
      this.stories.push(story)
      this.clock.later(chance.between(0, 20) * 60_000, () => this.insist(arrives(invoice, instantOf(this.clock.now()))))
    }
    if (chance.hits(this.temper.closePeriod)) {
      this.clock.later(chance.between(1, 40) * 60_000, () => this.books.erp.refusing.set('invoice.post', 'the period is closed'))
    }
    this.clock.at(this.healAt, () => this.books.erp.refusing.clear())
    this.round()
  }

  /** A client that got no answer asks again, with the same id. */
  private insist(arrival: Arrival): void {
    this.hand(arrival)
    this.clock.later(AGAIN_MS, () => {
      if (!this.store.knows(arrival)) this.insist(arrival)
    })
  }

  private round(): void {
    const healed = this.clock.now() >= this.healAt
    for (const story of this.stories) this.work(story, healed)
    // A little later: of a yes and its taking back in the same instant the weaker word holds.
    this.clock.later(1_000, () => this.approve(healed))
    if (this.chance.hits(healed ? 1 : 0.1)) this.books.pay()
    for (const row of this.store.effects.values()) this.mind(row, healed)
    this.clock.later(healed ? HOUR_MS : ROUND_MS, () => this.round())
  }

  private approve(healed: boolean): void {
    for (const [reference, ticket] of this.books.tickets) {
      if (
        this.approved.has(ticket.number) ||
        this.stories.some((story) => story.id === reference && story.stopped) ||
        !this.chance.hits(healed ? 1 : 0.5)
      )
        continue
      if (!healed && this.chance.hits(this.temper.ownYes)) {
        this.books.approve(reference, true)
        continue
      }
      this.approved.add(ticket.number)
      this.books.approve(reference)
    }
  }

  private work(story: Story, healed: boolean): void {
    const { chance, temper, books } = this
    const at = instantOf(this.clock.now())
    if (!this.store.records.has(story.id) || story.stopped) return
    if (!healed && !story.withdrawn && chance.hits(temper.withdraw) && books.withdraw(story.id)) {
      story.withdrawn = true
      if (chance.hits(0.7))
        this.clock.later(chance.between(1, 90) * 60_000, () => {
          if (!story.stopped) books.approve(story.id)
        })
    }
    if (!healed && !story.corrected && chance.hits(temper.correct)) {
      story.corrected = true
      const next = bill({ ...over(chance.of(NETS)), number: story.bill.document.number, notes: [{ text: `corrected ${story.id}` }] })
      this.insist({ ...corrects(story.bill, next, at), eventId: `correction ${story.id}` })
    }
    if (!healed && chance.hits(temper.reject)) {
      story.stopped = true
      const no = fact('invoice.rejected', 'ap', `reject ${story.id}`, at, [{ names: [story.id] }], { reason: 'not ours' })
      this.insist(no)
      const noted = (): void => {
        if (this.store.knows(no)) this.stopped.push({ at: this.clock.now(), invoice: story.id, until: null })
        else this.clock.later(1_000, noted)
      }
      this.clock.later(1_000, noted)
    }
    if (!healed && chance.hits(temper.reverse)) {
      const mine = [...books.documents.values()].find((booked) => booked.reference === story.id)
      if (mine) books.reverse(mine.number)
    }
    const known = (this.store.records.get(story.id)?.state['exceptions'] ?? {}) as {
      readonly [cause: string]: { readonly id: string; readonly open: boolean }
    }
    const reversed = known['posting-reversed']
    if (reversed?.open && !this.asked.has(reversed.id) && chance.hits(0.5)) {
      this.asked.add(reversed.id)
      this.insist(
        fact(
          'exception.answered',
          'person',
          `again ${reversed.id}`,
          at,
          [{ names: [reversed.id] }, { names: [story.id] }],
          { exception: reversed.id, action: 'post-again', reason: 'it was a mistake' },
          { actor: 'person:lea' },
        ),
      )
    }
  }

  /** What people do about one row of the queue. */
  private mind(row: EffectRow, healed: boolean): void {
    const now = this.clock.now()
    if (row.state === 'held') {
      const since = this.heldSince.get(row.key) ?? now
      this.heldSince.set(row.key, since)
      const truth = this.books.door(row.target).done.filter((deed) => deed.key === row.key).length
      // Two of it are there: that is a case for correcting it in the system, not for a word.
      if (now - since >= LOOK_INTO_MS && truth <= 1) {
        const word = truth > 0 ? 'applied' : 'not-applied'
        this.said.push({ at: now, key: row.key, word })
        this.say(row, `said-${word}`)
        this.heldSince.delete(row.key)
      }
      return
    }
    this.heldSince.delete(row.key)
    const stopped = row.state === 'refused' || row.state === 'dead'
    const click = stopped ? (healed && !this.replayed.has(row.key)) || this.chance.hits(0.02) : this.chance.hits(this.temper.click)
    if (!click) return
    if (stopped && healed) this.replayed.add(row.key)
    this.say(row, 'replay')
  }

  /** A word that cannot be said of it now is refused, as the product does. */
  private say(row: EffectRow, input: EffectInput): void {
    const at = this.clock.now()
    if (stepEffect(row, input, { now: instantOf(at) }) === 'ignored') return
    const tries = this.store.triesOf(row.key)
    const told = outcomeArrival({
      tenant: TENANT,
      row,
      attempts: tries,
      input,
      outcome: tries.at(-1)?.outcome ?? 'not-sent',
      at: Math.max(at, msOf(this.store.now)),
      says: 'looked at',
      by: 'person',
      guarded: false,
      nextAt: at,
    })
    this.hand({ ...told, actor: 'person:lea', data: { ...told.data, second: 'person:max' } })
  }
}
