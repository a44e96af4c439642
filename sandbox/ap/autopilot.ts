import { num, show, sum } from '../plumbing/amounts.ts'
import type { Book } from '../plumbing/book.ts'
import { draw, pick as choose } from '../plumbing/chance.ts'
import type { Outcome } from '../plumbing/server.ts'
import { covers, hindrance } from './people.ts'
import type { CodingLine, Person, Ticket } from './rows.ts'
import { code, decline, pick, sign } from './tickets.ts'
import type { Tray } from './tray.ts'

interface Setting {
  readonly tray: Tray
  readonly book: Book
  readonly tempo: { readonly autopilotMs: number }
  readonly seed: number
  readonly declineShare: number
  readonly neverShare: number
  readonly now: () => string
}

/** The simulated people: one step per ticket and delay, the same person and the same fate for the same seed and bill. */
export class Autopilot {
  readonly #setting: Setting
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #watch: NodeJS.Timeout
  #pace: number

  constructor(setting: Setting) {
    this.#setting = setting
    this.#pace = setting.tempo.autopilotMs
    // PUT /tempo may change the pace: then everybody is looked at again.
    this.#watch = setInterval(() => {
      if (setting.tempo.autopilotMs === this.#pace) return
      this.#pace = setting.tempo.autopilotMs
      this.wakeAll()
    }, 20)
  }

  wakeAll(): void {
    for (const ticket of this.#setting.tray.tickets.values()) this.wake(ticket.ticketNo)
  }

  /** Plans the next step of a ticket, in place of one planned before. */
  wake(ticketNo: string): void {
    const { tempo, tray, seed } = this.#setting
    clearTimeout(this.#timers.get(ticketNo))
    this.#timers.delete(ticketNo)
    const ticket = tray.tickets.get(ticketNo)
    if (tempo.autopilotMs < 0 || !ticket || !['INBOX', 'CODING', 'SIGNOFF'].includes(ticket.stage)) return
    const pause = tempo.autopilotMs * (0.7 + 0.6 * draw(seed, 'pace', ticketNo, ticket.mark))
    this.#timers.set(
      ticketNo,
      setTimeout(() => {
        this.#timers.delete(ticketNo)
        const outcome = this.#step(ticket)
        if (outcome?.facts) this.#setting.book.commit('autopilot', outcome.facts)
      }, pause),
    )
  }

  stop(): void {
    clearInterval(this.#watch)
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #step(ticket: Ticket): Outcome | undefined {
    const { tray, seed, neverShare, declineShare } = this.#setting
    const bill = `${ticket.creditor.name}|${ticket.billNo}`
    const now = this.#setting.now()
    if (ticket.stage !== 'SIGNOFF') {
      const clerk = this.#one(ticket, (person) => person.duties.includes('CODER') && covers(person, ticket), 'clerk')
      if (!clerk) return undefined
      return ticket.stage === 'INBOX' ? pick(tray, ticket, clerk, now) : code(tray, ticket, clerk, codingOf(tray, seed, ticket), now)
    }
    if (draw(seed, 'never', bill) < neverShare) return undefined
    const [next, ...later] = ticket.signers.filter((signer) => signer.verdict === 'WAITING')
    const may = (person: Person): boolean => hindrance(tray, ticket, person) === undefined
    // Whoever is needed for a later step does not use up his signature on an earlier one, if another can give it.
    const spared = (person: Person): boolean => may(person) && !later.some((step) => person.duties.includes(step.duty))
    const signer = this.#one(ticket, spared, `step ${next?.step ?? 0}`) ?? this.#one(ticket, may, `step ${next?.step ?? 0}`)
    if (!signer || !next) return undefined
    return draw(seed, 'decline', bill) < declineShare
      ? decline(tray, ticket, signer, 'not ordered by us', now)
      : sign(tray, ticket, signer, next.step, now)
  }

  #one(ticket: Ticket, may: (person: Person) => boolean, role: string): Person | undefined {
    return choose(
      [...this.#setting.tray.people.values()].filter((person) => person.active && may(person)),
      this.#setting.seed,
      role,
      ticket.creditor.name,
      ticket.billNo,
    )
  }
}

/** An account and a cost centre for each row; what rows leave of the net total (an allowance on the whole bill) gets a line of its own. */
function codingOf(tray: Tray, seed: number, ticket: Ticket): CodingLine[] {
  const line = (rowNo: string, amount: string, taxPct: string, about: string): CodingLine => ({
    rowNo,
    glAccount: choose(tray.glAccounts, seed, 'gl', about)?.glAccount ?? '999999',
    kostl: choose(tray.kostls, seed, 'cc', about) ?? '',
    amount,
    taxPct,
  })
  const rest = num(ticket.netTotal) - sum(ticket.rows.map((row) => row.rowNet))
  return [
    ...ticket.rows.map((row) => line(row.rowNo, row.rowNet, row.taxPct, row.text)),
    ...(rest !== 0n || ticket.rows.length === 0 ? [line('', show(rest, ticket.ccy), '', ticket.creditor.name)] : []),
  ]
}
