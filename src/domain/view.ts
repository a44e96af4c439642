/** What a gate of an invoice looks at: the invoice and its neighbours, each found by the names that the invoice gives. */
import type { Sha256 } from '../lib/hash.ts'
import type { Instant } from '../lib/time.ts'
import type { InvoiceContent } from './invoice-content.ts'
import { likeNames, numberName, orderNames } from './invoice-content.ts'
import type { InvoiceState } from './invoice-state.ts'
import { periodQuestion, taxCodeQuestion, vatName } from './names.ts'
import type { Look, ObjectRecord } from './object.ts'
import { answersFor, askedAbout, type Policy } from './policy.ts'
import { foundIn, readOf, stopsSupplier, type Found, type PersonState, type ReferenceState } from './reference.ts'
import type { BatchState, PaymentState } from './payment.ts'
import { sumOf } from './invoice-content.ts'

export interface Laws {
  readonly policy: Policy
  readonly sha256: Sha256
}

export interface InvoiceView extends Laws {
  readonly id: string
  readonly state: InvoiceState
  readonly look: Look
  readonly asOf: Instant
}

/** What is looked up of an invoice: whoever codes one can name as much before there is one. `currency` null: none is named yet. */
export type Named = Pick<InvoiceContent, 'kind' | 'orders'> & {
  readonly supplier: NamedParty
  readonly entity: NamedParty
  readonly currency: string | null
  readonly taxes: readonly { readonly category: string; readonly rate: string }[]
}

/** `names`: aliases of one and the same party, most trustworthy first. */
export type NamedParty = { readonly name: string; readonly names: readonly string[]; readonly written?: string }

export type Looking = Pick<InvoiceView, 'policy' | 'look' | 'asOf'>

/** An answer, when it is fresh enough to rest a verdict on. */
export interface Answer {
  readonly record: ObjectRecord<ReferenceState> | undefined
  readonly name: string
  /** Whose answer it is. */
  readonly system: string
  readonly known: 'yes' | 'no' | 'unknown'
  readonly found: Found | undefined
}

/**
 * What a system (the one whose answer counts, unless said) says about a party, order, tax code or period that the invoice names;
 * `unknown` also when the answer is too old.
 */
export function answerOf(view: Looking, names: readonly string[], asked: string, system = answersFor(view.policy, asked)): Answer {
  const name = names.find((candidate) => view.look(candidate)) ?? names[0] ?? ''
  const record = view.look(name) as ObjectRecord<ReferenceState> | undefined
  const read = readOf(record?.state, asked, system)
  const fresh = read !== undefined && Date.parse(view.asOf) - Date.parse(read.answer.readAt) <= view.policy.referenceMaxAgeMs
  const known = !read || !fresh ? 'unknown' : read.answer.found ? 'yes' : 'no'
  return { record, name: record?.id ?? name, system, known, found: known === 'yes' ? foundIn(record?.state, asked, system) : undefined }
}

export const supplierOf = (view: Looking, { supplier: { names } }: Pick<Named, 'supplier'>): Answer =>
  ofItself(answerOf(view, names, 'supplier'), names)
/** The supplier as the system that holds the orders numbers it. */
export const orderSupplierOf = (view: Looking, { supplier: { names } }: Pick<Named, 'supplier'>): Answer =>
  ofItself(answerOf(view, names, 'supplier', answersFor(view.policy, 'order')), names)

/** A system that was restored may give a supplier's number to somebody else: what it then says of that number is no answer about this one. */
function ofItself(answer: Answer, names: readonly string[]): Answer {
  const vatId = answer.found?.supplier?.vatId
  const named = names.filter((name) => name.startsWith(vatName('supplier', '')))
  const another = vatId !== undefined && named.length > 0 && !named.includes(vatName('supplier', vatId))
  return another ? { ...answer, known: 'no', found: undefined } : answer
}
/** Another system than the ERP that says that the supplier is blocked or not active. */
export const blockerOf = (policy: Policy, state: ReferenceState | undefined): string | undefined =>
  askedAbout(policy, 'supplier')
    .slice(1)
    .find((system) => stopsSupplier(state, system))
export const entityOf = (view: Looking, content: Pick<Named, 'entity'>): Answer => answerOf(view, content.entity.names, 'entity')
export const orderOf = (view: Looking, content: Pick<Named, 'entity' | 'orders'>): Answer => answerOf(view, orderNames(content), 'order')
export const taxCodeOf = (view: Looking, content: Pick<Named, 'entity'>, category: string, rate: string): Answer =>
  answerOf(view, content.entity.names, taxCodeQuestion(category, sumOf([rate])))
export const periodOf = (view: Looking, content: Pick<Named, 'entity'>, month: string): Answer =>
  answerOf(view, content.entity.names, periodQuestion(month))

/** The first invoice with this number of this supplier: this one itself, or the one it may be a duplicate of. */
export const holderOf = (view: InvoiceView, content: InvoiceContent): ObjectRecord<InvoiceState> | undefined =>
  view.look(numberName(view.sha256, content)) as ObjectRecord<InvoiceState> | undefined

/** Another invoice with the same number and amount that shares an account or a number of its supplier with this one. */
export const likenessOf = (view: InvoiceView, content: InvoiceContent): ObjectRecord<InvoiceState> | undefined =>
  likeNames(view.sha256, content)
    .map((name) => view.look(name) as ObjectRecord<InvoiceState> | undefined)
    .find((record) => record !== undefined && record.id !== view.id)

/** A person of whom somebody with authority has told; one that only others name is nobody. */
export function personOf(view: InvoiceView, alias: string): ObjectRecord<PersonState> | undefined {
  const person = view.look(alias) as ObjectRecord<PersonState> | undefined
  return person && person.state.grants.length + person.state.revoked.length > 0 ? person : undefined
}

export type PaymentRecord = ObjectRecord<PaymentState>
export type BatchRecord = ObjectRecord<BatchState>
