import { num, show, sum, tidy } from '../plumbing/amounts.ts'
import type { Fact } from '../plumbing/book.ts'
import { judge } from './judge.ts'
import { closingOf, notification, refusedWhole, statement, statusReport, type Head } from './messages.ts'
import { readOrder } from './read-order.ts'
import { returnKey, type Vault } from './vault.ts'
import type { Bounce, Collection, Detail, Entry, EntryKind, Message, OutFile, PaymentGroup, Statement } from './rows.ts'

/** The bank's day is that of its own town. */
const ZONE = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' })

/** The bank's decisions: each gives the facts that one line of the book shall hold. Nothing here writes or waits. */
export class Counter {
  readonly #vault: Vault
  #refs = 0
  #outs = 0

  constructor(vault: Vault) {
    this.#vault = vault
  }

  /** A file from the customer: refused, or accepted to be booked at `bookAt`. */
  file(bytes: Buffer, name: string, sha256: string, at: Date, bookAt: Date): Fact[] {
    this.#begin()
    const sent = readOrder(bytes)
    const taken = (msgId: string | null): Fact => ({ what: 'FILE', verb: 'TAKEN', key: name, row: { name, sha256, msgId } })
    if (typeof sent === 'string') {
      const about = { msgId: name.slice(0, 35), msgName: 'pain.001' }
      return [taken(null), this.#out('pain002', at, (head) => refusedWhole(head, about, { reason: 'FF01', text: sent }))]
    }
    const judged = judge(this.#vault, sent, { name, sha256 }, bookAt.toISOString())
    if (!('groups' in judged)) return [taken(sent.msgId), this.#out('pain002', at, (head) => refusedWhole(head, sent, judged))]
    const facts = [taken(sent.msgId), this.#out('pain002', at, (head) => statusReport(head, judged, 'ACCP'))]
    return judged.bookAt === null ? facts : [...facts, { what: 'MESSAGE', verb: 'ACCEPTED', key: judged.msgId, row: judged }]
  }

  /** Books a message that was accepted: entries, the final status report, an announcement per account. */
  settle(message: Message, at: Date): Fact[] {
    this.#begin()
    const entries = message.groups.filter((group) => group.accepted.length > 0).flatMap((group) => this.#entriesOf(message, group, at))
    return [
      { what: 'MESSAGE', verb: 'BOOKED', key: message.msgId, row: message },
      ...entries.map(entryFact),
      ...entries.flatMap((entry) => this.#bouncesOf(entry, at)),
      this.#out('pain002', at, (head) => statusReport(head, message, 'ACSC')),
      ...this.#announce(entries, at),
    ]
  }

  /** A vendor fetches his money. */
  collect(collection: Collection, at: Date): Fact[] {
    this.#begin()
    const { debtorIban, amount, ccy, endToEndId, mandateId, means, creditorName, creditorIban, creditorId, remittance } = collection
    const entry = this.#entry(debtorIban, 'DBIT', means, amount, ccy, at, [
      {
        ...NO_DETAIL,
        endToEndId,
        mandateId,
        amt: amount,
        counterName: creditorName,
        counterIban: creditorIban,
        counterId: creditorId,
        remit: remittance === '' ? null : { Ustrd: remittance },
      },
    ])
    return [
      { what: 'COLLECTION', verb: 'DONE', key: collection.collectionId, row: collection },
      entryFact(entry),
      ...this.#announce([entry], at),
    ]
  }

  /** A payment comes back; undefined when nothing is known under this end-to-end id or reference, `again` when it has come back before. */
  giveBack(by: string, reason: string, at: Date): Fact[] | 'again' | undefined {
    const paid = this.#vault.paid.get(by)
    if (!paid) return undefined
    if (this.#vault.returned.has(returnKey(paid.iban, paid.detail))) return 'again'
    this.#begin()
    const entry = this.#entry(paid.iban, 'CRDT', 'RETURN', paid.detail.amt, paid.ccy, at, [{ ...paid.detail, returnReason: reason }])
    return [entryFact(entry), ...this.#announce([entry], at)]
  }

  /** Any other entry. */
  other(given: { iban: string; side: Entry['side']; kind: EntryKind; amount: string; ccy: string; detail: Detail }, at: Date): Fact[] {
    this.#begin()
    const entry = this.#entry(given.iban, given.side, given.kind, given.amount, given.ccy, at, [given.detail])
    return [entryFact(entry), ...this.#announce([entry], at)]
  }

  /** A statement for each account with entries since its last one. */
  statements(at: Date): Fact[] {
    this.#begin()
    return [...this.#vault.accounts.values()].flatMap((account): Fact[] => {
      const all = this.#vault.entries.get(account.iban) ?? []
      const before = this.#vault.statements.get(account.iban)
      const entries = all.slice(before?.entries ?? 0)
      if (entries.length === 0) return []
      const opening = num(before?.closing ?? account.opening)
      const closing = closingOf(opening, entries)
      const row: Statement = { iban: account.iban, seq: (before?.seq ?? 0) + 1, closing: show(closing, account.ccy), entries: all.length }
      return [
        { what: 'STATEMENT', verb: 'DRAWN', key: `${account.iban}/${row.seq}`, row },
        this.#out('camt053', at, (head) => statement(head, account, entries, { seq: row.seq, opening, closing, on: ZONE.format(at) })),
      ]
    })
  }

  #entriesOf(message: Message, group: PaymentGroup, at: Date): Entry[] {
    const ccy = this.#vault.accounts.get(group.debtorIban)?.ccy ?? ''
    const details = group.accepted.map((payment): Detail => ({
      ...NO_DETAIL,
      endToEndId: payment.endToEndId,
      instrId: payment.instrId,
      msgId: message.msgId,
      pmtInfId: group.pmtInfId,
      amt: payment.amt,
      counterName: payment.payeeName,
      counterIban: payment.payeeIban,
      counterOther: payment.payeeOther,
      remit: payment.remit,
    }))
    if (!group.batch) return details.map((detail) => this.#entry(group.debtorIban, 'DBIT', 'TRANSFER', detail.amt, ccy, at, [detail]))
    const total = show(sum(details.map((detail) => detail.amt)), ccy)
    return [
      this.#entry(group.debtorIban, 'DBIT', 'BATCH', total, ccy, at, details, {
        msgId: message.msgId,
        pmtInfId: group.pmtInfId,
        count: details.length,
      }),
    ]
  }

  #entry(
    iban: string,
    side: Entry['side'],
    kind: EntryKind,
    amt: string,
    ccy: string,
    at: Date,
    details: readonly Detail[],
    batch: Entry['batch'] = null,
  ): Entry {
    this.#refs += 1
    const bookedOn = ZONE.format(at)
    return {
      acctSvcrRef: `${bookedOn.replaceAll('-', '').slice(2)}${String(this.#refs).padStart(8, '0')}`,
      iban,
      side,
      amt: tidy(amt, ccy),
      ccy,
      bookedOn,
      bookedAt: at.toISOString(),
      kind,
      batch,
      details,
    }
  }

  #bouncesOf(entry: Entry, at: Date): Fact[] {
    return entry.details.flatMap((detail) => {
      const rule = this.#vault.bouncing.get(detail.counterIban)
      if (!rule) return []
      const row: Bounce = {
        endToEndId: detail.endToEndId,
        acctSvcrRef: entry.acctSvcrRef,
        reason: rule.reason,
        dueAt: new Date(at.getTime() + rule.afterMs).toISOString(),
      }
      return [{ what: 'BOUNCE', verb: 'DUE', key: detail.endToEndId, row }]
    })
  }

  #announce(entries: readonly Entry[], at: Date): Fact[] {
    return [...Map.groupBy(entries, (entry) => entry.iban)].flatMap(([iban, held]) => {
      const account = this.#vault.accounts.get(iban)
      return account ? [this.#out('camt054', at, (head) => notification(head, account, held))] : []
    })
  }

  /** Numbers of one line go on from what the book holds; several lines of one turn are committed one after the other. */
  #begin(): void {
    this.#refs = this.#vault.entryCount
    this.#outs = this.#vault.outCount
  }

  #out(kind: 'pain002' | 'camt053' | 'camt054', at: Date, make: (head: Head) => string): Fact {
    this.#outs += 1
    const id = `${kind}-${String(this.#outs).padStart(6, '0')}`
    const row: OutFile = { n: this.#outs, name: `${id}.xml`, text: make({ id: `${id}-${this.#vault.tag}`, at: at.toISOString() }) }
    return { what: 'OUT', verb: 'MADE', key: row.name, row }
  }
}

export const NO_DETAIL: Detail = {
  endToEndId: '',
  instrId: '',
  msgId: '',
  pmtInfId: '',
  mandateId: '',
  amt: '',
  counterName: '',
  counterIban: '',
  counterOther: '',
  counterId: '',
  remit: null,
  returnReason: '',
}

function entryFact(row: Entry): Fact {
  return { what: 'ENTRY', verb: 'BOOKED', key: row.acctSvcrRef, row }
}
