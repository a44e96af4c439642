/**
 * Approval terms, out and back. The tool holds a creditor by name, VAT number and vendor number and a company by its unit; our
 * terms name both by aliases that cannot always be made from that (a supplier known by its tax number, a company that the
 * invoice only named). So our names travel in `remitTo.digest`, the one text that the tool holds and gives back as it came,
 * with a check over the creditor and the unit that they were sent with: whoever changes one of these in the tool changes the
 * term, and whoever replaces `remitTo` changes the payee.
 *
 * Form: `payee|unit|check|supplier|entity`, e.g. `9f86…|1000|3c59dc04|vat|vat DE123`. A name that can be made again from what
 * is held is given by its kind alone, which keeps it short ("at most 200 characters", as the tool says when it refuses).
 */
import type { Terms } from '../../domain/terms.ts'
import { foldedName, plainAccount, plainNumber } from '../../domain/names.ts'
import { aliasOf } from '../../domain/object.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { hexOf, type Sha256 } from '../../lib/hash.ts'
import type { Setting } from './config.ts'
import type { HeldTerms } from './wire.ts'

interface HeldCreditor {
  readonly name: string
  readonly vatReg?: string | null | undefined
  readonly vendorNo?: string | null | undefined
}

/** `remitTo` for a new ticket. */
export function remitTo(
  sha256: Sha256,
  terms: Pick<Terms, 'payee' | 'supplier' | 'entity'>,
  creditor: HeldCreditor,
  unit: string,
): { digest: string } {
  const own = numbered(terms.supplier)
  const supplier = terms.supplier === nameOf('supplier', creditor) || own.includes('|') ? kindIn(terms.supplier) : own
  return { digest: [terms.payee, unit, check(sha256, creditor), supplier, numbered(terms.entity)].join('|') }
}

/** What the tool holds, as our terms. */
export function termsOf({ system, sha256 }: Setting, held: HeldTerms): Terms {
  const sent = sentWith(held)
  return {
    supplier: supplierOf(system, sha256, held, sent),
    payee: sent?.payee ?? payeeOf(sha256, held),
    entity: sent?.unit === held.legalUnit ? sent.entity : aliasOf(system, 'legal-unit', held.legalUnit),
    currency: held.ccy,
    net: held.netTotal,
    tax: held.taxTotal,
    gross: held.grossTotal,
    orders: held.poRefs,
    dueOn: held.dueOn ?? null,
    coding:
      held.coding?.map((line) => ({ account: line.glAccount, ...(line.kostl ? { costCentre: line.kostl } : {}), amount: line.amount })) ??
      null,
  }
}

/** Our own name while the creditor is the one that we sent; else what an invoice of that creditor would name, never our own name. */
function supplierOf(system: string, sha256: Sha256, { creditor }: HeldTerms, sent: Sent | undefined): string {
  const made = nameOf('supplier', creditor)
  if (sent === undefined) return made
  if (check(sha256, creditor) === sent.check) return sent.supplier ?? made
  return made === sent.supplier || sent.supplier === undefined
    ? aliasOf(system, 'creditor', [creditor.vendorNo ?? '', plainNumber(creditor.vatReg ?? ''), foldedName(creditor.name)].join(' '))
    : made
}

function payeeOf(sha256: Sha256, { remitTo: held }: HeldTerms): string {
  if (held === null) return 'none'
  if ('digest' in held) return held.digest
  return hexOf(sha256(plainAccount('iban' in held ? held.iban : held.other)))
}

interface Sent {
  readonly payee: string
  readonly unit: string
  readonly check: string
  /** Undefined: made from the creditor. */
  readonly supplier: string | undefined
  readonly entity: string
}

function sentWith({ remitTo: held }: HeldTerms): Sent | undefined {
  if (held === null || !('digest' in held)) return undefined
  const [payee, unit, sum, supplier, ...entity] = held.digest.split('|')
  if (payee === undefined || unit === undefined || sum === undefined || supplier === undefined || entity.length === 0) return undefined
  return { payee, unit, check: sum, supplier: named('supplier', supplier), entity: named('entity', entity.join('|')) ?? '' }
}

/** Spelling does not count: blanks and case of the name, punctuation of the VAT number. */
function check(sha256: Sha256, creditor: HeldCreditor): string {
  return hexOf(
    sha256(canonicalJson([foldedName(creditor.name), plainNumber(creditor.vatReg ?? ''), (creditor.vendorNo ?? '').trim()])),
  ).slice(0, 8)
}

/** The alias that an invoice of this creditor gives, as `partyNames` makes it. */
function nameOf(role: 'supplier' | 'entity', { name, vatReg }: HeldCreditor): string {
  return vatReg ? aliasOf('public', `${role}-vat`, plainNumber(vatReg)) : aliasOf('public', `${role}-name`, foldedName(name))
}

const KIND = /^public\|(?:supplier|entity)-(vat|tax|register|name)\|([\s\S]*)$/u

const kindIn = (alias: string): string => KIND.exec(alias)?.[1] ?? ''
/** `vat DE123` for `public|supplier-vat|DE123`; an alias of another form stands as it is. */
function numbered(alias: string): string {
  const [, kind, number] = KIND.exec(alias) ?? []
  return kind === undefined ? alias : `${kind} ${number ?? ''}`
}

function named(role: 'supplier' | 'entity', text: string): string | undefined {
  if (/^(?:vat|tax|register|name)$/u.test(text)) return undefined
  const [, kind, number] = /^(vat|tax|register|name) ([\s\S]*)$/u.exec(text) ?? []
  return kind === undefined ? text : aliasOf('public', `${role}-${kind}`, number ?? '')
}

/** The identifier in the first alias of this public kind; undefined when there is none. */
export function idIn(names: readonly string[], kind: string): string | undefined {
  const start = `public|${kind}|`
  return names.find((name) => name.startsWith(start))?.slice(start.length)
}
