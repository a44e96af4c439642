/** The approval terms: what a person says yes to. One versioned table; a changed term reopens approval as its row says. */
import { canonicalJson } from '../lib/canonical-json.ts'
import type { Sha256 } from '../lib/hash.ts'
import { hexOf } from '../lib/hash.ts'
import type { CalendarDate } from '../lib/time.ts'
import { parseMoney } from './money.ts'

export const TERMS_VERSION = 1

/** Accounts, cost objects and amounts. */
export type Coding = readonly { readonly account: string; readonly costCentre?: string; readonly amount: string }[]

export type Terms = {
  /** The supplier's first alias, as `partyNames` gives it. */ readonly supplier: string
  /** SHA-256 (hex) of the plain creditor account, or `none` (direct debit, card). */ readonly payee: string
  /** The entity's first alias. */ readonly entity: string
  readonly currency: string
  readonly net: string
  readonly tax: string
  readonly gross: string
  readonly orders: readonly string[]
  readonly dueOn: CalendarDate | null
  /** As finally coded; null until coding is completed. */
  readonly coding: Coding | null
}

/** A person, by alias, and the terms that this person changed in the AP tool. */
export type Amended = { readonly person: string; readonly terms: readonly (keyof Terms)[] }

interface TermRow {
  readonly term: keyof Terms
  /** True when `now` may stand where `then` was approved. */
  readonly tolerates: (then: Terms, now: Terms) => boolean
  /** Changing it makes the person who did an enterer of the invoice. */
  readonly enters: boolean
}

const equalAmount =
  (term: 'net' | 'tax' | 'gross') =>
  (then: Terms, now: Terms): boolean => {
    const a = parseMoney(then[term], then.currency)
    const b = parseMoney(now[term], now.currency)
    return a !== undefined && b !== undefined && a.minor === b.minor
  }
const same =
  (term: keyof Terms) =>
  (then: Terms, now: Terms): boolean =>
    then[term] === now[term] || canonicalJson(then[term]) === canonicalJson(now[term])

export const TERM_ROWS: readonly TermRow[] = [
  { term: 'supplier', tolerates: same('supplier'), enters: true },
  { term: 'payee', tolerates: same('payee'), enters: true },
  { term: 'entity', tolerates: same('entity'), enters: true },
  { term: 'currency', tolerates: same('currency'), enters: true },
  { term: 'net', tolerates: equalAmount('net'), enters: true },
  { term: 'tax', tolerates: equalAmount('tax'), enters: true },
  { term: 'gross', tolerates: equalAmount('gross'), enters: true },
  { term: 'orders', tolerates: same('orders'), enters: false },
  // Paying later than approved harms nobody; earlier does.
  {
    term: 'dueOn',
    tolerates: (then, now) => then.dueOn === now.dueOn || (then.dueOn !== null && now.dueOn !== null && now.dueOn > then.dueOn),
    enters: false,
  },
  // Completing coding is not changing it.
  { term: 'coding', tolerates: (then, now) => then.coding === null || now.coding === null || same('coding')(then, now), enters: false },
]

/** The terms in which `now` differs from what was approved `then` beyond what the term's row allows. */
export function changedTerms(then: Terms, now: Terms): (keyof Terms)[] {
  return TERM_ROWS.filter((row) => !row.tolerates(then, now)).map((row) => row.term)
}

/** Whoever changed a term by which one becomes an enterer. */
export function enterersAmong(amended: readonly Amended[]): string[] {
  const entering = new Set(TERM_ROWS.filter((row) => row.enters).map((row) => row.term))
  return amended.filter(({ terms }) => terms.some((term) => entering.has(term))).map(({ person }) => person)
}

export function termsHash(sha256: Sha256, terms: Terms): string {
  return hexOf(sha256(canonicalJson({ v: TERMS_VERSION, terms })))
}
