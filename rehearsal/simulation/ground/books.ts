/**
 * The company's systems: an ERP that books, pays and reverses, an AP tool in which people say yes and take it back, a bank that
 * books and returns. Each keeps its own book; `news` is what they would tell whoever asks. Amounts in cents.
 */
import { Door, type Conduct, type World } from './door.ts'
import type { Approved, BankLine, Done, Undone } from './past.ts'

export interface Booked {
  readonly number: string
  readonly reference: string
  readonly key: string
  readonly amount: string
  readonly party: string
  readonly content: string
  readonly at: number
  reversedBy: string | null
  blocked: boolean
  run: string | null
}

export interface Ticket {
  readonly number: string
  readonly reference: string
  readonly content: string
  readonly amount: string
}
export interface PayItem {
  readonly endToEnd: string
  readonly number: string
  readonly reference: string
  readonly amount: string
}

export type News = { readonly at: number; readonly id: string } & (
  | { readonly kind: 'booked'; readonly booked: Booked }
  | { readonly kind: 'reversed'; readonly booked: Booked; readonly reversal: string }
  | { readonly kind: 'requested'; readonly ticket: Ticket }
  | { readonly kind: 'granted'; readonly ticket: Ticket; readonly round: number; readonly own: boolean }
  | { readonly kind: 'completed' | 'withdrawn'; readonly ticket: Ticket; readonly round: number }
  | { readonly kind: 'instructed'; readonly message: string; readonly item: PayItem }
  | { readonly kind: 'released'; readonly message: string }
  | { readonly kind: 'file'; readonly message: string; readonly items: readonly PayItem[]; readonly sum: string }
  | { readonly kind: 'accepted'; readonly message: string }
  | { readonly kind: 'entry'; readonly message: string; readonly item: PayItem; readonly returns: boolean }
)
/** A piece of news without its time and id, each kind by itself. */
type Plain<T> = T extends News ? Omit<T, 'at' | 'id'> : never

/** How the company runs: delays are drawn by whoever runs the simulation. */
export interface Habits {
  acceptMs(): number
  bookMs(): number
  returnMs(): number | null
}

export class Books {
  readonly erp: Door
  readonly ap: Door
  readonly bank: Door
  readonly news: { readonly [system in 'erp' | 'ap' | 'bank']: News[] } = { erp: [], ap: [], bank: [] }
  readonly documents = new Map<string, Booked>()
  readonly tickets = new Map<string, Ticket>()
  readonly undone: Undone[] = []
  readonly approved: (Approved & { withdrawnAt: number | null })[] = []
  readonly lines: BankLine[] = []
  private readonly files = new Map<string, readonly PayItem[]>()
  private readonly world: World
  private readonly habits: Habits
  private rounds = 0

  constructor(conduct: (system: string, command: string) => Conduct, world: World, habits: Habits) {
    this.world = world
    this.habits = habits
    const door = (system: 'erp' | 'ap' | 'bank', carriedOut: (done: Done, content: string) => void): Door =>
      new Door(system, (command) => conduct(system, command), world, carriedOut)
    this.erp = door('erp', (done, content) => this.inErp(done, content))
    this.ap = door('ap', (done, content) => this.inAp(done, content))
    this.bank = door('bank', (_done, content) => this.inBank(content))
  }

  door(system: string): Door {
    return system === 'erp' ? this.erp : system === 'ap' ? this.ap : this.bank
  }

  // -------------------------------------------------------------------------------------------------------------------- people

  /** `own`: whoever says yes is the one who had entered it, which the tool lets pass. */
  approve(reference: string, own = false): void {
    const ticket = this.tickets.get(reference)
    if (!ticket) return
    const round = ++this.rounds
    this.approved.push({ at: this.world.now(), reference, amount: ticket.amount, own, withdrawnAt: null })
    this.tell('ap', { kind: 'granted', ticket, round, own })
    this.tell('ap', { kind: 'completed', ticket, round })
  }

  /** True when there was a yes to take back. */
  withdraw(reference: string): boolean {
    const ticket = this.tickets.get(reference)
    const standing = this.approved.filter((yes) => yes.reference === reference && yes.withdrawnAt === null)
    if (!ticket || standing.length === 0) return false
    for (const yes of standing) yes.withdrawnAt = this.world.now()
    this.tell('ap', { kind: 'withdrawn', ticket, round: ++this.rounds })
    return true
  }

  reverse(number: string): void {
    const booked = this.documents.get(number)
    if (!booked || booked.reversedBy !== null || booked.run !== null) return
    booked.reversedBy = `${number}R`
    this.undone.push({ at: this.world.now(), system: 'erp', number })
    this.tell('erp', { kind: 'reversed', booked, reversal: booked.reversedBy })
  }

  /** The ERP's payment run: all that is booked, not blocked and not in a run yet goes into one file. */
  pay(): void {
    const due = [...this.documents.values()].filter((booked) => booked.run === null && booked.reversedBy === null && !booked.blocked)
    if (due.length === 0) return
    const message = `M${this.files.size + 1}`
    const items = due.map((booked, at): PayItem => ({
      endToEnd: `${message}E${at + 1}`,
      number: booked.number,
      reference: booked.reference,
      amount: booked.amount,
    }))
    for (const booked of due) booked.run = message
    this.files.set(message, items)
    for (const item of items) this.tell('erp', { kind: 'instructed', message, item })
    this.tell('erp', { kind: 'released', message })
    this.tell('erp', { kind: 'file', message, items, sum: textOf(items.reduce((sum, item) => sum + centsOf(item.amount), 0)) })
  }

  // ------------------------------------------------------------------------------------------------------------------- systems

  private inErp(done: Done, content: string): void {
    if (done.command === 'invoice.post') {
      const booked: Booked = {
        number: done.number,
        reference: done.reference,
        key: done.key,
        amount: done.amount,
        party: done.party,
        content,
        at: done.at,
        reversedBy: null,
        blocked: (JSON.parse(content) as { blocked?: boolean }).blocked === true,
        run: null,
      }
      this.documents.set(done.number, booked)
      this.tell('erp', { kind: 'booked', booked })
    }
    if (done.command === 'payment.hold' || done.command === 'payment.unhold') {
      const booked = this.documents.get((JSON.parse(content) as { posting: string }).posting)
      if (booked) booked.blocked = done.command === 'payment.hold'
    }
    if (done.command === 'invoice.reverse') this.reverse((JSON.parse(content) as { posting: string }).posting)
  }

  private inAp(done: Done, content: string): void {
    if (done.command !== 'invoice.submit') return
    const ticket: Ticket = { number: done.number, reference: done.reference, content, amount: done.amount }
    this.tickets.set(done.reference, ticket)
    this.tell('ap', { kind: 'requested', ticket })
  }

  private inBank(content: string): void {
    const { messageId: message } = JSON.parse(content) as { messageId: string }
    const items = this.files.get(message) ?? []
    this.world.later(this.habits.acceptMs(), () => this.tell('bank', { kind: 'accepted', message }))
    for (const item of items) {
      const waits = this.habits.bookMs()
      this.world.later(waits, () => this.line(message, item, false))
      const back = this.habits.returnMs()
      if (back !== null) this.world.later(waits + back, () => this.line(message, item, true))
    }
  }

  private line(message: string, item: PayItem, returns: boolean): void {
    this.lines.push({
      at: this.world.now(),
      kind: returns ? 'returned' : 'booked',
      message,
      endToEnd: item.endToEnd,
      amount: item.amount,
      invoices: [item.reference],
    })
    this.tell('bank', { kind: 'entry', message, item, returns })
  }

  private tell(system: 'erp' | 'ap' | 'bank', plain: Plain<News>): void {
    this.news[system].push({ ...plain, at: this.world.now(), id: `${system} ${this.news[system].length + 1}` })
  }
}

export const centsOf = (amount: string): number => Math.round(Number(amount) * 100)
export const textOf = (cents: number): string => `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
