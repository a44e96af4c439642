import { LANE_POLICIES, type CaseOwners, type LanePolicies } from './lane.ts'
import { LANES } from './event.ts'
import type { CalendarDate } from '../lib/time.ts'
import type { BankDays } from './bank-deadline.ts'
import type { CalendarRow } from './business-calendar.ts'
import { NEXT_OWNER, type OwnerTeam } from './exception-causes.ts'
import { DEFAULT_GRACE, type GraceRow } from './reconcile.ts'
import { DEFAULT_ROUTES, type RouteTable } from './routes.ts'
import { DEFAULT_DIFFERENCES, type DifferenceLimits } from './settlement.ts'

/** What a company decides for itself: the configuration as the law reads it. Changed only through a new configuration version. */
export interface Policy {
  /** The configured systems by the part they play. */
  readonly systems: {
    readonly erp: string
    readonly ap: string
    readonly bank: string
    readonly procurement?: string | undefined
    readonly archive?: string | undefined
  }
  /** Who holds orders and receipts where both the ERP and procurement speak of them; procurement where there is one, unless said. */
  readonly ordersHeldBy?: 'erp' | 'procurement' | undefined
  /** Match tolerance: a difference passes when it is within both, the absolute (decimal, in invoice currency) and the relative (1/100 %) limit. */
  readonly match: { readonly absolute: string; readonly bps: number }
  /** The routes and the rows that choose among them. */
  readonly routing: RouteTable
  /** What the ERP may clear without cash before a person is told. */
  readonly differences: DifferenceLimits
  /** How old an answer of the ERP about a supplier, entity, order, tax code or period may be when a verdict rests on it. */
  readonly referenceMaxAgeMs: number
  /** How long a control may stay indeterminate before a person is told. */
  readonly indeterminateAfterMs: number
  /** How long after a no an invoice may be rejected, or sent for approval again, before a person is told. */
  readonly refusalGraceMs: number
  /** How long the ERP may show as cleared what nothing explains before a person is told: the bank books later. */
  readonly clearingGraceMs: number
  /** How long a system may show something else than it should before that is a divergence. */
  readonly graceMs: number
  /** The same by edge and state, where it is another; the first row that fits holds. */
  readonly grace: readonly GraceRow[]
  /** Documents of the ERP posted before this day are history: nobody asks who made them. */
  readonly bypassFrom: CalendarDate
  /** What becomes of a posting whose period was closed while it waited; `entities` by the ERP's number of the company. */
  readonly periodClosed: { readonly ordinarily: PeriodClosed; readonly entities: { readonly [entity: string]: PeriodClosed } }
  /** Business days by the ERP's number of the company; `*`: of all others. */
  readonly calendars: { readonly [entity: string]: CalendarRow }
  /** Whom a case goes to when its deadline has passed, by who has it. */
  readonly escalation: { readonly [team: string]: OwnerTeam | null }
  /** When the bank has to have said what became of a payment, by the account that it is made from; `*`: any other. */
  readonly bankDays: { readonly [account: string]: BankDays }
  /** How long an invoice may wait for its goods receipt before a person is told. */
  readonly receiptGraceMs: number
  /** How long a bank entry may wait for its payment to become known before a person is told. */
  readonly entryGraceMs: number
  /** Evidence goes to the archive once the headline is one of `after`, and is kept to the end of the `years`-th calendar year after that of its making. */
  readonly evidence: {
    /** Whether the approval is attached to the posting in the ERP, for whoever audits there. */
    readonly attach: boolean
    readonly after: readonly ('posted' | 'paid' | 'rejected')[]
    readonly years: number
    /** By the ERP's number of the company, where it is not `years`. */
    readonly entityYears: { readonly [entity: string]: number }
  }
  /** Whose the cases of commands are, by their lane. */
  readonly owners: CaseOwners
}

/** As far as the law needs the lanes. */
export const ownersOf = (lanes: LanePolicies): CaseOwners =>
  Object.fromEntries(LANES.map((lane) => [lane, lanes[lane].owners])) as CaseOwners

/** Held until a person says or it is open again · posted in the next period, and listed as an accrual · not posted until a person says so. */
export const PERIOD_CLOSED = ['hold', 'next', 'refuse'] as const
export type PeriodClosed = (typeof PERIOD_CLOSED)[number]

export const DEFAULT_POLICY: Policy = {
  systems: { erp: 'erp', ap: 'ap', bank: 'bank' },
  match: { absolute: '1.00', bps: 200 },
  routing: DEFAULT_ROUTES,
  differences: DEFAULT_DIFFERENCES,
  referenceMaxAgeMs: 24 * 3_600_000,
  indeterminateAfterMs: 15 * 60_000,
  refusalGraceMs: 15 * 60_000,
  // A week-end and two days.
  clearingGraceMs: 4 * 24 * 3_600_000,
  graceMs: 5 * 60_000,
  grace: DEFAULT_GRACE,
  periodClosed: { ordinarily: 'hold', entities: {} },
  calendars: {},
  escalation: NEXT_OWNER,
  bankDays: {},
  bypassFrom: '1970-01-01',
  receiptGraceMs: 60 * 60_000,
  entryGraceMs: 5 * 60_000,
  evidence: { attach: true, after: ['paid', 'rejected'], years: 10, entityYears: {} },
  owners: ownersOf(LANE_POLICIES),
}

/** The systems that are asked about a supplier or an order; everything else only the ERP knows. The first one's answer counts. */
export function askedAbout({ systems: { erp, procurement }, ordersHeldBy }: Policy, question: string): readonly string[] {
  if (procurement === undefined) return [erp]
  if (question === 'order') return ordersHeldBy === 'erp' ? [erp, procurement] : [procurement, erp]
  return question === 'supplier' ? [erp, procurement] : [erp]
}
export const answersFor = (policy: Policy, question: string): string => askedAbout(policy, question)[0] ?? policy.systems.erp
