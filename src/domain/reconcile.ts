/**
 * What a system shows against what it should show: the kinds of divergence, and how long each edge is given. What a sweep makes of a
 * thing that it found there is `held.ts`. docs/spec/reconcile.md tells the reasons.
 */
import { covers, thingPosted } from './answers.ts'
import type { Instant } from '../lib/time.ts'
import { settlementOf } from './axes.ts'
import type { Role } from './event.ts'
import type { Cause } from './exception-causes.ts'
import { livePostings, oneSided } from './headline.ts'
import { sumOf } from './invoice-content.ts'
import { ABSENT } from './cell.ts'
import type { InvoiceState } from './invoice-state.ts'
import type { Cell, Facet } from './object.ts'
import type { Policy } from './policy.ts'

/** Of each kind, in a sentence, what is wrong. */
export const DIVERGENCES = {
  missing: 'holds nothing of it any more',
  stale: 'is behind what it was told',
  ahead: 'is further than what it was told',
  contradictory: 'shows something that does not fit what it was told',
  unmapped: 'uses a word that is not in its table',
  bypass: 'holds what nobody here had asked for',
} as const
export type DivergenceKind = keyof typeof DIVERGENCES

/** Words of a facet in the order in which they follow one another; one that is not here stands beside the order. */
export const WORD_ORDER: { readonly [facet in Facet]?: readonly string[] } = {
  posting: ['parked', 'posted', 'reversed'],
  settlement: ['open', 'settled'],
  transmission: ['proposed', 'half-released', 'released', 'received', 'transmitted', 'accepted'],
  status: ['received', 'validated', 'awaiting-receipt', 'matched', 'approved', 'posted', 'in-payment', 'paid'],
}

function kindOf(facet: Facet, expected: string, reported: string): DivergenceKind {
  if (reported === ABSENT) return 'missing'
  const [should, does] = [WORD_ORDER[facet]?.indexOf(expected) ?? -1, WORD_ORDER[facet]?.indexOf(reported) ?? -1]
  return should < 0 || does < 0 ? 'contradictory' : does < should ? 'stale' : 'ahead'
}

/** A status that does no harm is told once more when it stands wrong there; how often, the divergence says. */
export function toldAgain(state: InvoiceState, system: string, word: string): string {
  const [open, report] = [state.divergences[`${system}|status`], state.reported[`${system}|status`]]
  const kind = report?.mapped ? kindOf('status', word, report.word) : undefined
  return open !== undefined && (kind === 'stale' || kind === 'contradictory') ? `#${open}` : ''
}

/** How long an edge may lag, from the moment at which the system said that it was told. The first row that fits holds. */
export interface GraceRow {
  /** The part that the system plays. */
  readonly to: Role | '*'
  readonly facet: Facet | '*'
  /** The word that it should show; `*` for any. */
  readonly word: string
  readonly ms: number
}

const MINUTE = 60_000
/** A hold that does not stand is money that leaves; a status that is late is a question on the telephone; an archive has a night. */
export const DEFAULT_GRACE: readonly GraceRow[] = [
  { to: 'erp', facet: 'hold', word: '*', ms: 2 * MINUTE },
  { to: 'bank', facet: 'transmission', word: '*', ms: 5 * MINUTE },
  { to: 'ap', facet: 'status', word: 'held', ms: 5 * MINUTE },
  { to: 'ap', facet: 'status', word: 'paid', ms: 15 * MINUTE },
  { to: 'procurement', facet: 'status', word: '*', ms: 60 * MINUTE },
  { to: 'archive', facet: '*', word: '*', ms: 24 * 60 * MINUTE },
]

/** The part that a system plays; `*` for one that plays none. */
function partOf({ systems }: Policy, system: string): Role | '*' {
  const [part] = Object.entries(systems).find(([, name]) => name === system) ?? []
  return (part as Role | undefined) ?? '*'
}

export function graceOf(policy: Policy, { system, facet, expected }: Pick<Cell, 'system' | 'facet' | 'expected'>): number {
  const part = partOf(policy, system)
  const fits = (row: GraceRow): boolean =>
    (row.to === '*' || row.to === part) && (row.facet === '*' || row.facet === facet) && (row.word === '*' || row.word === expected)
  return policy.grace.find(fits)?.ms ?? policy.graceMs
}

/** `since`: from when grace counts. `cause`: of a bypass that is a case of its own. */
export interface Diverging {
  readonly kind: DivergenceKind
  readonly since: Instant
  readonly ms: number
  readonly says: string
  readonly cause?: Cause
}

/** Whatever has cells that a system fills: what was told and what was reported, by `system|facet`. */
export type Reconciled = Pick<InvoiceState, 'told' | 'reported'> & Partial<Pick<InvoiceState, 'postings' | 'allocations'>>

/** What is wrong with one cell, grace left aside; undefined when it shows what it should, or was not told so yet. */
export function divergingCell(policy: Policy, state: Reconciled, key: string, cell: Cell | undefined): Diverging | undefined {
  const report = state.reported[key]
  const told = state.told[key]
  const named = key.replace('|', ', ')
  if (report && !report.mapped)
    return { kind: 'unmapped', since: report.at, ms: 0, says: `${named} ${DIVERGENCES.unmapped}: ${report.word}.` }
  if (!cell || cell.expected === null || cell.reported === null) return undefined
  const ms = graceOf(policy, cell)
  const posting = report?.of === undefined ? undefined : state.postings?.[report.of]
  // What was not told by us but read back there is not to vanish or change either.
  const stood = posting ? '' : stoodSince(state, cell)
  const since = told?.word === cell.expected ? told.at : stood === undefined || !report ? undefined : latest([stood, report.at])
  if (since === undefined) return undefined
  const says = (kind: DivergenceKind, shows: string): Diverging => ({
    kind,
    since,
    ms,
    says: `${named} ${DIVERGENCES[kind]}: ${shows}, and should be ${cell.expected}.`,
  })
  if (cell.reported !== cell.expected)
    return says(
      kindOf(cell.facet, cell.expected, cell.reported),
      report?.of === undefined ? cell.reported : `${report.of} is ${cell.reported}`,
    )
  const booked = posting?.confirmed?.amount
  if (report?.amount === undefined || booked === undefined || sumOf([report.amount]) === sumOf([booked])) return undefined
  return {
    kind: 'contradictory',
    since,
    ms,
    says: `${named} ${DIVERGENCES.contradictory}: ${report.of} is over ${report.amount}, and was over ${booked} when it was read back.`,
  }
}

/**
 * From when something stood there that no command of its own had told, and is not to vanish or change either: a block since the posting
 * with which it was told; a settlement since the last of the ERP's own clearings, where nothing else settled it (what a payment settled
 * is told to the ERP, and missed there, by the payment).
 */
function stoodSince({ postings = {}, allocations = {} }: Reconciled, { facet, told, expected }: Cell): Instant | undefined {
  if (told === expected) return latest(Object.values(postings).map(({ confirmed }) => confirmed?.at ?? ''))
  const live = Object.values(allocations).filter(({ undone }) => undone === null)
  return facet === 'settlement' && live.length > 0 && live.every(({ posting }) => posting !== null)
    ? latest(live.map(({ at }) => at))
    : undefined
}

const latest = (instants: readonly Instant[]): Instant => instants.toSorted().at(-1) ?? ''

/** What stands in the ERP or left the bank and nobody here had asked for, by the cell that it stands in. */
export function bypassing(policy: Policy, state: InvoiceState): ReadonlyMap<string, Diverging> {
  const { erp, bank } = policy.systems
  const rows: readonly [string, Diverging | undefined][] = [
    [`${erp}|posting`, strangePosting(policy, state)],
    [`${erp}|settlement`, strangeClearing(policy, state)],
    [`${bank}|settlement`, strangePayment(state)],
  ]
  return new Map(rows.flatMap(([cell, found]) => (found === undefined ? [] : [[cell, found]])))
}

function strangePosting(policy: Policy, state: InvoiceState): Diverging | undefined {
  const [live] = livePostings(state)
  const [postingNo, confirmed] = [live?.[0], live?.[1].confirmed]
  if (
    state.origin !== 'observed' ||
    state.content ||
    !confirmed ||
    confirmed.postedOn < policy.bypassFrom ||
    !postingNo ||
    covers(state.answers['bypass'], [thingPosted(postingNo)])
  )
    return undefined
  return {
    kind: 'bypass',
    since: confirmed.at,
    ms: graceOf(policy, { system: policy.systems.erp, facet: 'posting', expected: 'observed' }),
    says: `${postingNo} over ${confirmed.amount} ${confirmed.currency} to supplier ${confirmed.supplier}, their number ${confirmed.number}, posted on ${confirmed.postedOn}.`,
    cause: 'bypass',
  }
}

/**
 * The one posting of it is cleared in the ERP, and no payment is known, nothing was netted, and the bank has booked nothing or too
 * little. What became of a payment, and what one of two companies has cleared alone, are cases of their own.
 */
function strangeClearing(policy: Policy, state: InvoiceState): Diverging | undefined {
  const shown = state.reported[`${policy.systems.erp}|settlement`]
  const [live, another] = livePostings(state)
  const [postingNo, confirmed] = [live?.[0], live?.[1].confirmed]
  const settlement = settlementOf(state)
  if (
    !shown?.mapped ||
    shown.word !== 'settled' ||
    !confirmed ||
    another ||
    shown.at < confirmed.at ||
    confirmed.postedOn < policy.bypassFrom ||
    !state.content ||
    Object.keys(state.payments).length > 0 ||
    (settlement !== 'none' && settlement !== 'part') ||
    oneSided(state) !== null ||
    covers(state.answers['cleared-unexplained'], [shown.event])
  )
    return undefined
  return {
    kind: 'bypass',
    since: latest([shown.at, state.content.at, ...Object.values(state.allocations).map(({ at }) => at)]),
    ms: policy.clearingGraceMs,
    says: `${postingNo} is cleared there; ${settlement === 'none' ? 'nothing says by what' : 'what is known to settle it is less'}.`,
    cause: 'cleared-unexplained',
  }
}

/** A case of it is judged with the invoice's other conditions. */
function strangePayment(state: InvoiceState): Diverging | undefined {
  const [, paid] =
    Object.entries(state.allocations).find(
      ([event, { outside, undone }]) => outside && undone === null && !covers(state.answers['paid-outside'], [event]),
    ) ?? []
  return paid && { kind: 'bypass', since: paid.at, ms: 0, says: `${paid.amount} left the bank without an instruction.` }
}
