/** The route table: which states an invoice of a kind must pass, in which order, and what the hub does for it. Data only. */
import type { InvoiceContent } from './invoice-content.ts'

export const HEADLINE_STATES = ['received', 'validated', 'matched', 'approved', 'posted', 'paid', 'archived', 'rejected'] as const
export type HeadlineState = typeof HEADLINE_STATES[number]

export interface Route {
  /** Required states in order. A headline beyond one whose warrant is missing shows it as a breach. */
  readonly requires: readonly HeadlineState[]
  /** What must hold before the hub asks the ERP to post. */
  readonly postAfter: readonly HeadlineState[]
  /** True when the hub sends the invoice to the AP tool for approval. */
  readonly submits: boolean
  /** False when money is taken by the other side: such an invoice is never instructed, it waits for the entry. */
  readonly instructs: boolean
}

const UNTIL_APPROVED = ['received', 'validated', 'matched', 'approved'] as const

export const ROUTES = {
  'po': { requires: [...UNTIL_APPROVED, 'posted', 'paid'], postAfter: UNTIL_APPROVED, submits: true, instructs: true },
  'non-po': { requires: ['received', 'validated', 'approved', 'posted', 'paid'], postAfter: ['received', 'validated', 'approved'], submits: true, instructs: true },
  'credit-note': { requires: ['received', 'validated', 'approved', 'posted', 'paid'], postAfter: ['received', 'validated', 'approved'], submits: true, instructs: true },
  'direct-debit': { requires: ['received', 'validated', 'approved', 'posted', 'paid'], postAfter: ['received', 'validated', 'approved'], submits: true, instructs: false },
  'card': { requires: ['received', 'validated', 'approved', 'posted', 'paid'], postAfter: ['received', 'validated', 'approved'], submits: true, instructs: false },
  // Somebody posted or paid it without us: nothing is asked for any more, everything that is missing shows.
  'observed': { requires: ['received', 'validated', 'approved', 'posted', 'paid'], postAfter: [], submits: false, instructs: false },
} as const satisfies Record<string, Route>
export type RouteName = keyof typeof ROUTES

/** UNTDID 4461: 49 direct debit, 59 SEPA direct debit. */
const DIRECT_DEBIT = new Set(['49', '59'])
/** UNTDID 4461: 48 bank card, 54 credit card, 55 debit card. */
const CARD = new Set(['48', '54', '55'])

/** Rows in order; the first that fits chooses. */
const CHOICE: readonly { readonly route: RouteName; readonly fits: (content: InvoiceContent) => boolean }[] = [
  { route: 'credit-note', fits: (content) => content.kind === 'credit-note' },
  { route: 'direct-debit', fits: (content) => DIRECT_DEBIT.has(content.meansCode ?? '') },
  { route: 'card', fits: (content) => CARD.has(content.meansCode ?? '') },
  { route: 'po', fits: (content) => content.orders.length > 0 },
  { route: 'non-po', fits: () => true },
]

/** The route of an invoice by its content; an invoice without content (nobody sent it to us) is `observed`. */
export function routeOf(content: InvoiceContent | undefined): RouteName {
  if (!content) return 'observed'
  const row = CHOICE.find((choice) => choice.fits(content))
  return row?.route ?? 'non-po'
}

/** How an invoice is paid, as the ERP is told: by our transfer, fetched from our account, or by card. */
export function paymentMethodOf(content: InvoiceContent): 'transfer' | 'collected' | 'card' {
  const route = routeOf(content)
  if (route === 'direct-debit') return 'collected'
  return route === 'card' ? 'card' : 'transfer'
}
