/** What an invoice waits for on its route: of every state the evidence that is missing, by what is there already. */
import { axesOf, type Axes } from '../domain/axes.ts'
import { filingStep } from '../domain/evidence.ts'
import { headlineOf, warranted } from '../domain/headline.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { UNROUTED, type HeadlineState, type Route } from '../domain/routes.ts'

export interface MissingWarrant {
  readonly state: HeadlineState
  /** True when the invoice went on without it: a breach, not a wait. */
  readonly passed: boolean
  /** A sentence without its full stop. */
  readonly waitsFor: string
}

/** Breaches first, then what comes next; of the states after that nothing is said. Last the archive, once evidence is on its way there. */
export function missingWarrants(state: InvoiceState): readonly MissingWarrant[] {
  const { state: headline, breaches } = headlineOf(state)
  const route = (state.routed ?? UNROUTED).rules
  const axes = axesOf(state)
  const missing = (of: HeadlineState, passed: boolean): MissingWarrant => ({ state: of, passed, waitsFor: WAITS[of](axes, route, state) })
  const next =
    headline === 'rejected' || headline === 'archived'
      ? undefined
      : route.requires.slice(headline === null ? 0 : route.requires.indexOf(headline) + 1).find((of) => !warranted(state, [of]))
  const filing = state.evidence.wanted !== null && headline !== 'archived'
  return [
    ...breaches.map((of) => missing(of, true)),
    ...(next === undefined ? [] : [missing(next, false)]),
    ...(filing ? [missing('archived', false)] : []),
  ]
}

type Waits = (axes: Axes, route: Route, state: InvoiceState) => string

const WAITS: { readonly [state in HeadlineState]: Waits } = {
  received: () => 'a document that can be read',
  validated: ({ validation }) =>
    validation === 'failed'
      ? 'the controls that failed to be put right'
      : 'the answers of the systems that know supplier, company, order, tax code and period',
  matched: ({ match }) => (match === 'mismatched' ? 'order and invoice to agree' : 'its order to be read and compared'),
  approved: ({ approval }) => APPROVAL[approval],
  posted: ({ posting }) => POSTING[posting],
  paid: ({ settlement }, { pays }) => (settlement === 'none' ? UNPAID[pays] : SETTLEMENT[settlement]),
  archived: (_axes, _route, state) => FILING[filingStep(state)],
  rejected: () => 'nothing',
}

const FILING: { readonly [step in ReturnType<typeof filingStep>]: string } = {
  documents: 'the archive to take its documents',
  pack: 'its evidence pack, which is made when the log is signed that far',
  receipt: 'the archive’s receipt for the pack',
}
const UNPAID: { readonly [pays in Route['pays']]: string } = {
  transfer: 'a payment run of the ERP',
  collected: 'the bank’s entry: the other side takes the money',
  card: 'the bank’s entry: it was paid by card',
  nothing: 'the ledgers to clear it without a bank',
}
const APPROVAL: { readonly [axis in Axes['approval']]: string } = {
  none: 'the AP tool to take it for approval',
  pending: 'the approvals in the AP tool',
  complete: 'nothing',
  waived: 'nothing',
  insufficient: 'approvals that suffice',
  refused: 'another word than the refusal in the AP tool',
  withdrawn: 'a new approval: the last one was withdrawn',
}
const POSTING: { readonly [axis in Axes['posting']]: string } = {
  none: 'the ERP to be asked to post it',
  requested: 'the ERP’s document number',
  parked: 'the ERP to post what it has parked',
  confirmed: 'the posting to be read back from the ERP',
  posted: 'the posting to agree with what was approved',
  reversed: 'a person to say whether the reversed posting is made again',
  refused: 'what the ERP refused to be put right',
}
const SETTLEMENT: { readonly [axis in Axes['settlement']]: string } = {
  none: 'a payment run of the ERP',
  instructed: 'the payment file to be released',
  released: 'the bank to accept the payment file',
  accepted: 'the bank’s booked entry',
  part: 'the rest of the amount: a part is settled',
  full: 'nothing',
  over: 'what was paid too much to be explained',
  returned: 'to be paid again: the amount came back',
  'nothing-due': 'its posting: nothing is due',
  'credit-applied': 'nothing',
}
