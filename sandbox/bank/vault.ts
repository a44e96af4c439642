import { num } from '../plumbing/amounts.ts'
import type { Line } from '../plumbing/book.ts'
import type { Account, Bounce, Collection, Detail, Entry, Message, OutFile, Statement } from './rows.ts'

/** The bank's state: what its book says. Nothing changes it but {@link Vault.apply}. */
export class Vault {
  readonly accounts = new Map<string, Account>()
  readonly balances = new Map<string, bigint>()
  readonly entries = new Map<string, Entry[]>()
  readonly statements = new Map<string, Statement>()
  readonly closed = new Set<string>()
  readonly bouncing = new Map<string, { reason: string; afterMs: number }>()
  readonly collections = new Map<string, Collection>()
  readonly collected = new Set<string>()
  readonly bounces: Bounce[] = []
  readonly msgIds = new Set<string>()
  readonly files = new Set<string>()
  /** Accepted and not yet booked. */
  readonly waiting = new Map<string, Message>()
  /** Booked payments of the customer by end-to-end id and by the bank's reference, with the account they left. */
  readonly paid = new Map<string, { detail: Detail; iban: string; ccy: string; ref: string }>()
  readonly returned = new Set<string>()
  readonly unwritten = new Map<string, OutFile>()
  entryCount = 0
  outCount = 0
  tag = ''

  readonly apply = (line: Line): void => {
    for (const fact of line.facts) APPLY[fact.what]?.(this, fact.row as never, fact.verb)
  }

  /** What an account may still spend: its balance less what is accepted and not yet booked. */
  available(iban: string): bigint {
    const reserved = [...this.waiting.values()]
      .flatMap((message) => message.groups)
      .filter((group) => group.debtorIban === iban)
      .flatMap((group) => group.accepted)
      .reduce((total, payment) => total + num(payment.amt), 0n)
    return (this.balances.get(iban) ?? 0n) - reserved
  }

  /** @internal */
  book(entry: Entry): void {
    this.entries.set(entry.iban, this.entries.get(entry.iban) ?? [])
    this.entries.get(entry.iban)?.push(entry)
    const amount = num(entry.amt)
    this.balances.set(entry.iban, (this.balances.get(entry.iban) ?? 0n) + (entry.side === 'CRDT' ? amount : -amount))
    this.entryCount += 1
    for (const detail of entry.details) {
      if (entry.kind === 'RETURN') this.returned.add(returnKey(entry.iban, detail))
      else if (entry.side === 'DBIT') {
        const held = { detail, iban: entry.iban, ccy: entry.ccy, ref: entry.acctSvcrRef }
        if (detail.endToEndId !== '' && detail.endToEndId !== 'NOTPROVIDED') this.paid.set(detail.endToEndId, held)
        if (entry.details.length === 1) this.paid.set(entry.acctSvcrRef, held)
      }
    }
  }
}

/** What a payment is known by when it comes back; a message id is never used twice. */
export function returnKey(iban: string, detail: Detail): string {
  return [iban, detail.msgId, detail.endToEndId].join('\n')
}

export function fileKey(name: string, sha256: string): string {
  return `${sha256} ${name}`
}

const APPLY: Readonly<Record<string, (vault: Vault, row: never, verb: string) => void>> = {
  BORN: (vault, row: { tag: string }) => {
    vault.tag = row.tag
  },
  ACCOUNT: (vault, row: Account) => {
    if (!vault.accounts.has(row.iban)) vault.balances.set(row.iban, num(row.opening))
    vault.accounts.set(row.iban, row)
  },
  CLOSED: (vault, row: { iban: string }) => {
    vault.closed.add(row.iban)
  },
  BOUNCING: (vault, row: { iban: string; reason: string; afterMs: number }) => {
    vault.bouncing.set(row.iban, row)
  },
  COLLECTION: (vault, row: Collection, verb) => {
    vault.collections.set(row.collectionId, row)
    if (verb !== 'LOADED') vault.collected.add(row.collectionId)
  },
  BOUNCE: (vault, row: Bounce) => {
    vault.bounces.push(row)
  },
  FILE: (vault, row: { name: string; sha256: string; msgId: string | null }) => {
    vault.files.add(fileKey(row.name, row.sha256))
    if (row.msgId !== null) vault.msgIds.add(row.msgId)
  },
  MESSAGE: (vault, row: Message, verb) => {
    if (verb === 'ACCEPTED') vault.waiting.set(row.msgId, row)
    else vault.waiting.delete(row.msgId)
  },
  ENTRY: (vault, row: Entry) => {
    vault.book(row)
  },
  STATEMENT: (vault, row: Statement) => {
    vault.statements.set(row.iban, row)
  },
  OUT: (vault, row: OutFile, verb) => {
    vault.outCount = Math.max(vault.outCount, row.n)
    if (verb === 'MADE') vault.unwritten.set(row.name, row)
    else vault.unwritten.delete(row.name)
  },
}
