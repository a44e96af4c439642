import type { Line } from '../plumbing/book.ts'
import type { Check, GlAccount, Hook, KeptKey, LegalUnit, Person, SignRule, Ticket } from './rows.ts'

/** The state of the AP tool: what its book says. Nothing changes it but {@link Tray.apply}. */
export class Tray {
  readonly people = new Map<string, Person>()
  readonly units = new Map<string, LegalUnit>()
  signRules: readonly SignRule[] = []
  glAccounts: readonly GlAccount[] = []
  kostls: readonly string[] = []
  selfSign = false
  readonly tickets = new Map<string, Ticket>()
  /** Every badge that a ticket ever had, in the order in which they were told. */
  readonly badges = new Map<string, NonNullable<Ticket['badge']>[]>()
  /** Which ticket changed at mark n+1. */
  readonly log: string[] = []
  readonly keys = new Map<string, KeptKey>()
  readonly waiting = new Map<string, Hook>()
  hookUrl: string | null = null
  hooksQueued = 0
  checkUrl: string | null = null
  readonly checks = new Map<string, Check>()
  hooksDelivered = 0
  /** Set once when the books begin: makes webhook ids differ from those of other books. */
  tag = ''

  readonly apply = (line: Line): void => {
    for (const fact of line.facts) {
      APPLY[fact.what]?.(this, fact.row as never)
      if (fact.verb === 'BADGED') this.#badged(fact.row as Ticket)
    }
  }

  get mark(): number {
    return this.log.length
  }

  #badged({ ticketNo, badge }: Ticket): void {
    if (badge) this.badges.set(ticketNo, [...(this.badges.get(ticketNo) ?? []), badge])
  }
}

const APPLY: Readonly<Record<string, (tray: Tray, row: never) => void>> = {
  BORN: (tray, row: { tag: string }) => {
    tray.tag = row.tag
  },
  PERSON: (tray, row: Person) => {
    tray.people.set(row.handle, row)
  },
  UNIT: (tray, row: LegalUnit) => {
    tray.units.set(row.legalUnit, row)
  },
  RULES: (tray, row: { signRules: SignRule[] }) => {
    tray.signRules = row.signRules
  },
  ACCOUNTS: (tray, row: { glAccounts: GlAccount[] }) => {
    tray.glAccounts = row.glAccounts
  },
  CENTRES: (tray, row: { kostls: string[] }) => {
    tray.kostls = row.kostls
  },
  SELF_SIGN: (tray, row: { selfSign: boolean }) => {
    tray.selfSign = row.selfSign
  },
  TICKET: (tray, row: Ticket) => {
    tray.tickets.set(row.ticketNo, row)
    tray.log.push(row.ticketNo)
  },
  KEY: (tray, row: KeptKey) => {
    tray.keys.set(row.key, row)
  },
  CHECK_URL: (tray, row: { url: string | null }) => {
    tray.checkUrl = row.url
  },
  CHECK: (tray, row: Check) => {
    tray.checks.set(row.ticketNo, row)
  },
  HOOK_URL: (tray, row: { url: string | null }) => {
    tray.hookUrl = row.url
  },
  HOOK: (tray, row: Hook) => {
    tray.waiting.set(row.hookId, row)
    tray.hooksQueued += 1
  },
  HOOK_GONE: (tray, row: { hookId: string }) => {
    if (tray.waiting.delete(row.hookId)) tray.hooksDelivered += 1
  },
}
