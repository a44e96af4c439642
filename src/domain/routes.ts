/**
 * Routes: which states an invoice of a kind must pass, in which order, and what the hub does for it. Both tables, the routes and
 * the rows that choose among them, are part of the policy; these are the defaults. The route chosen for a content is fixed by the
 * event that first moves the headline on it, so that a later policy changes no invoice that is under way.
 */
import type { InvoiceContent } from './invoice-content.ts'
import { plainNumber } from './names.ts'
import { parseDecimal } from './money.ts'

export const HEADLINE_STATES = ['received', 'validated', 'matched', 'approved', 'posted', 'paid', 'archived', 'rejected'] as const
export type HeadlineState = (typeof HEADLINE_STATES)[number]

/** The states that a route may require: archived and rejected are no steps on the way. */
export const STEPS = ['received', 'validated', 'matched', 'approved', 'posted', 'paid'] as const satisfies readonly HeadlineState[]
export type Step = (typeof STEPS)[number]

/** How an invoice is paid: by our transfer, fetched from our account, by card, or by no bank at all (netted between companies). */
export const PAYING = ['transfer', 'collected', 'card', 'nothing'] as const

export type Route = {
  /** Required states in order. A headline beyond one whose warrant is missing shows it as a breach. */
  readonly requires: readonly Step[]
  /** What must hold before the hub asks the ERP to post; empty: it never asks. */
  readonly postAfter: readonly Step[]
  /** What must hold before it may be paid although it is posted: until then it is posted with a payment block. */
  readonly releaseAfter: readonly Step[]
  /** True when the hub sends the invoice to the AP tool for approval. */
  readonly submits: boolean
  /** True when approval is waived where the order was approved by a person. */
  readonly waives: boolean
  readonly pays: (typeof PAYING)[number]
  /** The ERP's account for an invoice that nobody codes; null where somebody must. */
  readonly account: string | null
}

const COMMON = { releaseAfter: [], submits: true, waives: false, pays: 'transfer', account: null } as const
const UNTIL_APPROVED = ['received', 'validated', 'approved'] as const
const ORDINARY = { ...COMMON, requires: [...UNTIL_APPROVED, 'posted', 'paid'], postAfter: UNTIL_APPROVED } as const
const UNTIL_MATCHED = ['received', 'validated', 'matched'] as const
const ORDERED = {
  ...COMMON,
  requires: [...UNTIL_MATCHED, 'approved', 'posted', 'paid'],
  postAfter: [...UNTIL_MATCHED, 'approved'],
} as const

export const ROUTES = {
  po: ORDERED,
  'non-po': ORDINARY,
  touchless: { ...ORDERED, waives: true, account: '3990' },
  'post-then-release': {
    ...ORDERED,
    requires: [...UNTIL_MATCHED, 'posted', 'approved', 'paid'],
    postAfter: UNTIL_MATCHED,
    releaseAfter: ['approved'],
    account: '3990',
  },
  'evaluated-receipt': { ...ORDERED, submits: false, waives: true, account: '3990' },
  // We wrote it ourselves, from what we received: the order is what somebody approved.
  'self-billed': { ...ORDERED, waives: true, account: '3990' },
  prepayment: ORDINARY,
  'credit-note': ORDINARY,
  'direct-debit': { ...ORDINARY, pays: 'collected' },
  card: { ...ORDINARY, pays: 'card' },
  intercompany: { ...ORDINARY, pays: 'nothing' },
  // Somebody posted or paid it without us: nothing is asked for any more, everything that is missing shows.
  observed: { ...ORDINARY, postAfter: [], submits: false, pays: 'nothing' },
  // Open when the hub began: what was before it is warranted by those who signed the opening balance.
  'taken-over': { ...ORDINARY, requires: ['received', 'posted', 'paid'], postAfter: [], submits: false },
} as const satisfies { readonly [name: string]: Route }

/** What a row looks at; all that it names must fit. */
export type RouteCondition = {
  readonly kind?: 'invoice' | 'credit-note'
  /** UNTDID 1001: 386 prepayment, 389 self-billed … */
  readonly typeCodes?: readonly string[]
  /** UNTDID 4461 of the first payment means. */
  readonly meansCodes?: readonly string[]
  readonly ordered?: boolean
  /** VAT, tax or register numbers. */
  readonly suppliers?: readonly string[]
  readonly entities?: readonly string[]
  /** Payable no more than this, in this currency. */
  readonly upTo?: { readonly amount: string; readonly currency: string }
}

export interface RouteChoice {
  readonly route: string
  readonly when: RouteCondition
}
/** Rows in order; the first that fits chooses. */
export interface RouteTable {
  readonly routes: { readonly [name: string]: Route }
  readonly choice: readonly RouteChoice[]
}

export const DEFAULT_ROUTES: RouteTable = {
  routes: ROUTES,
  choice: [
    { route: 'credit-note', when: { kind: 'credit-note' } },
    { route: 'direct-debit', when: { meansCodes: ['49', '59'] } },
    { route: 'card', when: { meansCodes: ['48', '54', '55'] } },
    { route: 'prepayment', when: { typeCodes: ['386'] } },
    { route: 'self-billed', when: { typeCodes: ['389'], ordered: true } },
    { route: 'po', when: { ordered: true } },
    { route: 'non-po', when: {} },
  ],
}

/** The route that an invoice is on: its name, the rules it had when it was chosen, and for which content. */
export type Routed = { readonly name: string; readonly rules: Route; readonly subject: string }

/** Before anything was decided, and for what nobody ever sent us. */
export const UNROUTED: Routed = { name: 'observed', rules: ROUTES.observed, subject: '' }

interface Traveller {
  readonly origin: string | null
  readonly content: { readonly event: string; readonly value: InvoiceContent } | null
  readonly routed: Routed | null
}

/** The route of an invoice: the one it was put on with its present content, else the one that the policy's rows choose. */
export function routeOf(table: RouteTable, { origin, content, routed }: Traveller): Routed {
  const subject = content?.event ?? origin ?? ''
  if (routed?.subject === subject) return routed
  const name = origin === 'taken-over' ? 'taken-over' : content ? chosen(table, content.value) : 'observed'
  return { name, rules: table.routes[name] ?? ROUTES.observed, subject }
}

function chosen({ choice }: RouteTable, content: InvoiceContent): string {
  return choice.find(({ when }) => fits(when, content))?.route ?? 'observed'
}

function fits(when: RouteCondition, content: InvoiceContent): boolean {
  return (
    (when.kind === undefined || when.kind === content.kind) &&
    among(when.typeCodes, [content.typeCode]) &&
    among(when.meansCodes, [content.meansCode ?? '']) &&
    (when.ordered === undefined || when.ordered === content.orders.length > 0) &&
    among(when.suppliers?.map(plainNumber), content.supplier.names.map(numberIn)) &&
    among(when.entities?.map(plainNumber), content.entity.names.map(numberIn)) &&
    (when.upTo === undefined || (when.upTo.currency === content.currency && figure(content.totals.payable) <= figure(when.upTo.amount)))
  )
}

const among = (wanted: readonly string[] | undefined, there: readonly string[]): boolean =>
  wanted === undefined || there.some((value) => wanted.includes(value))
const numberIn = (alias: string): string => plainNumber(alias.split('|').at(-1) ?? '')
const figure = (amount: string): bigint => parseDecimal(amount, 18) ?? 0n

/** What is wrong with a table, in sentences; empty when nothing is. */
export function routeProblems({ routes, choice }: RouteTable): string[] {
  return [
    ...Object.entries(routes).flatMap(([name, { requires, postAfter, releaseAfter, pays, submits, waives, account }]) => [
      ...(requires[0] === 'received' ? [] : [`route ${name} does not begin with received`]),
      ...(ascending(requires.filter((step) => step !== 'approved' || !releaseAfter.includes(step)))
        ? []
        : [`route ${name} requires its states in another order than ${STEPS.join(', ')}`]),
      ...[...postAfter, ...releaseAfter]
        .filter((step) => !requires.includes(step))
        .map((step) => `route ${name} waits for ${step}, which it does not require`),
      ...[...postAfter, ...releaseAfter]
        .filter((step) => step === 'posted' || step === 'paid')
        .map((step) => `route ${name} cannot wait for ${step} before it is posted or paid`),
      ...(requires.includes('approved') && postAfter.includes('approved') && !submits && !waives && name !== 'observed'
        ? [`route ${name} requires approved, and nobody is asked for it`]
        : []),
      ...(waives && !requires.includes('matched') ? [`route ${name} waives approval by the order, and does not require matched`] : []),
      ...(waives && account === null ? [`route ${name} waives approval, and names no account for what nobody codes`] : []),
      ...(releaseAfter.length > 0 && pays !== 'transfer' ? [`route ${name} holds what we do not pay`] : []),
      ...(postAfter.length > 0 && !postAfter.includes('approved') && account === null
        ? [`route ${name} posts before anybody has coded, and names no account`]
        : []),
    ]),
    ...choice
      .filter(({ route }) => !Object.hasOwn(routes, route))
      .map(({ route }) => `a row chooses ${route}, which is no route (${Object.keys(routes).join(', ')})`),
    ...(choice.at(-1) && Object.keys(choice.at(-1)!.when).length === 0 ? [] : ['the last row must fit every invoice: its when is empty']),
  ]
}

const ascending = (steps: readonly Step[]): boolean =>
  steps.every((step, index) => index === 0 || STEPS.indexOf(step) > STEPS.indexOf(steps[index - 1]!))
