import type { Book } from '../plumbing/book.ts'
import { isObject } from '../plumbing/shape.ts'
import type { Check, CheckResult, Ticket } from './rows.ts'
import type { Tray } from './tray.ts'

const AT_ONCE = 4
const ANSWER_MS = 5_000
/** How long the service may ask around before it says what it remembers. */
const PATIENCE_MS = 3_000

interface Setting {
  readonly tray: Tray
  readonly book: Book
  /** Bearer token for whoever is asked. */
  readonly key: string
  readonly now: () => string
}

interface Question {
  readonly about: CheckResult['about']
  readonly path: string
  readonly body: object
}

/** Asks a checking service about each ticket that is being coded, and writes its answers into the books. Nobody waits for them. */
export class Checker {
  readonly #setting: Setting
  readonly #taken = new Set<string>()
  readonly #queue: Ticket[] = []
  #busy = 0
  #stopped = false

  constructor(setting: Setting) {
    this.#setting = setting
  }

  wakeAll(): void {
    for (const ticketNo of this.#setting.tray.tickets.keys()) this.wake(ticketNo)
  }

  /** Once per revision of what is held. */
  wake(ticketNo: string): void {
    const { tray } = this.#setting
    const ticket = tray.tickets.get(ticketNo)
    if (tray.checkUrl === null || !ticket || !['CODING', 'SIGNOFF'].includes(ticket.stage)) return
    const name = `${ticketNo} ${ticket.rev}`
    if (this.#taken.has(name) || tray.checks.get(ticketNo)?.rev === ticket.rev) return
    this.#taken.add(name)
    this.#queue.push(ticket)
    this.#next()
  }

  stop(): void {
    this.#stopped = true
  }

  #next(): void {
    while (this.#busy < AT_ONCE && !this.#stopped) {
      const ticket = this.#queue.shift()
      if (!ticket) return
      this.#busy += 1
      void this.#check(ticket).finally(() => {
        this.#busy -= 1
        this.#next()
      })
    }
  }

  async #check(ticket: Ticket): Promise<void> {
    const { tray, book, now } = this.#setting
    const results = await Promise.all(questionsOn(tray, ticket, now()).map((question) => this.#ask(question)))
    if (this.#stopped) return
    const row: Check = { ticketNo: ticket.ticketNo, rev: ticket.rev, at: now(), results }
    book.commit('check', [{ what: 'CHECK', verb: 'ANSWERED', key: ticket.ticketNo, row }])
  }

  async #ask({ about, path, body }: Question): Promise<CheckResult> {
    const { tray, key } = this.#setting
    const none = (remark: string): CheckResult => ({ about, light: 'GREY', remark, stale: false, asOf: null })
    try {
      const response = await fetch(`${tray.checkUrl ?? ''}${path}`, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS),
        body: JSON.stringify({ ...body, waitMs: PATIENCE_MS }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      })
      const told: unknown = await response.json()
      if (!isObject(told) || !response.ok) return none(`answered with ${response.status}`)
      const { verdict, says, cached, readAt } = told
      return {
        about,
        light: verdict === 'pass' ? 'GREEN' : verdict === 'fail' ? 'RED' : 'GREY',
        remark: typeof says === 'string' ? says : '',
        stale: cached === true,
        asOf: typeof readAt === 'string' ? readAt : null,
      }
    } catch (error) {
      return none(error instanceof Error ? error.name : 'no answer')
    }
  }
}

/** Creditor, legal unit and order as they stand on the ticket, and the month in which it would be booked. */
function questionsOn(tray: Tray, ticket: Ticket, now: string): Question[] {
  const unit = tray.units.get(ticket.legalUnit)
  const entity = party(unit?.name ?? ticket.legalUnit, unit?.vatReg ?? '')
  const supplier = party(ticket.creditor.name, ticket.creditor.vatReg)
  return [
    { about: 'CREDITOR', path: '/v1/validations/supplier', body: { supplier } },
    { about: 'UNIT', path: '/v1/validations/entity', body: { entity, currency: ticket.ccy } },
    { about: 'MONTH', path: '/v1/validations/period', body: { entity, month: now.slice(0, 7) } },
    ...ticket.poRefs
      .slice(0, 1)
      .map((order): Question => ({ about: 'PO', path: '/v1/validations/order', body: { entity, supplier, order, currency: ticket.ccy } })),
  ]
}

function party(name: string, vatReg: string): unknown {
  return vatReg === '' ? { name } : { name, vatId: vatReg }
}
