/** The spellings of external names: which identifiers of a party, order or file become aliases, in order of trust. */
import type { Party } from './invoice-document.ts'
import { aliasOf } from './object.ts'

/** Tax and register numbers without white space and punctuation, upper case: `DE 123 456` and `de123456` are one. */
export function plainNumber(text: string): string {
  return text.replace(/[\s.\-/]/gu, '').toUpperCase()
}

/** An invoice number for comparing: trimmed and case-folded, nothing else. */
export function foldedNumber(text: string): string {
  return text.trim().toLowerCase()
}

/** A name for comparing when there is no number: case-folded, one space between words. */
export function foldedName(text: string): string {
  return text.trim().replace(/\s+/gu, ' ').toLowerCase()
}

/** An account number as banks compare it: no spaces, upper case. */
export function plainAccount(text: string): string {
  return text.replace(/\s/gu, '').toUpperCase()
}

/**
 * The aliases of a party in a role, most trustworthy first: VAT id (BT-31/48), tax id (BT-32), register number (BT-30/47),
 * and the name only when the party has none of them (a name alone is no identity).
 */
export function partyNames(role: 'supplier' | 'entity', party: Party): string[] {
  const names: string[] = []
  if (party.vatId) names.push(vatName(role, party.vatId))
  if (party.taxId) names.push(aliasOf('public', `${role}-tax`, plainNumber(party.taxId)))
  if (party.legalId) names.push(aliasOf('public', `${role}-register`, plainNumber(party.legalId)))
  if (names.length === 0) names.push(aliasOf('public', `${role}-name`, foldedName(party.name)))
  return names
}

export const vatName = (role: 'supplier' | 'entity', vatId: string): string => aliasOf('public', `${role}-vat`, plainNumber(vatId))

/** An order's number is its company's: two companies may both have given it. `entity`: the company's first name. */
export const orderName = (entity: string, number: string): string => aliasOf('public', 'order', `${entity} ${number.trim()}`)
export const personName = (system: string, login: string): string => aliasOf('public', 'person', `${system} ${login.trim().toLowerCase()}`)
/** The login in a person's alias, as people know each other. */
export const loginOf = (person: string): string => person.slice(Math.max(person.lastIndexOf(' '), person.lastIndexOf('|')) + 1)
export const documentName = (sha256: string): string => aliasOf('public', 'document', sha256)
export const batchName = (messageId: string): string => aliasOf('public', 'payment-file', messageId)
export const paymentName = (messageId: string, endToEndId: string): string => aliasOf('public', 'payment', `${messageId} ${endToEndId}`)
/** An end-to-end id without its file: bank statements often say no more. Offered, so the first payment has it. */
export const endToEndName = (endToEndId: string): string => aliasOf('public', 'end-to-end', endToEndId)
export const postingName = (system: string, entity: string, postingNo: string): string =>
  aliasOf(system, 'posting', `${entity} ${postingNo}`)
/** What one asks of an entity about a tax code (UNTDID 5305 category and rate without trailing zeros) or a posting period. */
export const taxCodeQuestion = (category: string, rate: string): string => `tax-code ${category} ${rate}`
export const periodQuestion = (month: string): string => `period ${month}`
/** The same of one period by its days, and by the accounts that it is told for; undefined where the days are not told. */
export const spanQuestion = ({ from, to }: { readonly from: string; readonly to: string }): string => `span ${from} ${to}`
export const spanAsked = ({
  from,
  to,
  accounts = '*',
}: {
  readonly from?: string
  readonly to?: string
  readonly accounts?: string
}): string | undefined => (from === undefined || to === undefined ? undefined : `${spanQuestion({ from, to })} ${accounts}`)
/** An invoice's number as it may stand in a bank entry's remittance text: the only thread to a direct debit or card entry. */
export const remittanceName = (number: string): string => aliasOf('public', 'remittance', plainNumber(number))
/** A payment information block of a payment file: a statement that books a file as one line may name only this. */
export const paymentInfoName = (id: string): string => aliasOf('public', 'payment-information', id)

/** As the other system knows the person: an actor of ours is `person:` and the login. */
export const whoIs = (actor: string): string => loginOf(actor.replace(/^person:/u, ''))
