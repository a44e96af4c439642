/**
 * The tie-out: what the hub, the ERP and the AP tool each say is owed to suppliers, line by line and document by document. Pure:
 * whoever asks them brings what they said. Amounts are decimal texts, signed as what we owe; sums are exact.
 */
import type { CalendarDate } from '../lib/time.ts'
import { formatMoney, parseMoney } from './money.ts'
import { negative } from './headline.ts'
import { sumOf } from './invoice-content.ts'
import type { EntryKind } from './sub-ledger.ts'

/** The equation, in its order: opening + posted + reversed + settled + revalued = closing, each signed. */
export const LINES = ['opening', 'posted', 'reversed', 'settled', 'revalued', 'closing'] as const
export type Line = (typeof LINES)[number]
export type Lines = { readonly [line in Line]: string }

export interface Account {
  readonly account: string
  readonly currency: string
}
export type AccountLines = Account & { readonly lines: Lines }

/** A document that is open at the end of the day. `document` is the ERP's number of it. */
export type OpenItem = Account & { readonly document: string; readonly open: string; readonly supplier: string; readonly number: string }
/** What the hub knows besides: the invoice, and whether it is apart from the AP tool: the rest of a revaluation, or taken over. */
export type OurItem = OpenItem & { readonly object: string; readonly apart: boolean }

export interface Statement<Item extends OpenItem = OpenItem> {
  readonly accounts: readonly AccountLines[]
  readonly items: readonly Item[]
}

/** One amount booked for a document, of any date. */
export type Booked = Account & {
  readonly document: string
  readonly kind: EntryKind
  readonly bookedOn: CalendarDate
  readonly amount: string
}

/** What the AP tool takes an invoice of ours for: when it came to the ledger, and when the money left. */
export interface ApClaim {
  readonly ticket: string
  readonly object: string
  readonly document: string | null
  readonly number: string
  readonly account: string
  readonly currency: string
  readonly amount: string
  readonly postedOn: CalendarDate
  readonly settledOn: CalendarDate | null
}

/** Why a document is open otherwise in two systems. `here` is the hub, `there` the ERP (or the AP tool). */
export const REASONS = {
  'missing-here': 'the hub does not know it',
  'not-read-back': 'the hub knows the document and has not read it back',
  'missing-there': 'the ERP does not have it',
  'other-account': 'it stands on another account',
  'posted-here': 'posted in the hub, not in the ERP',
  'posted-there': 'posted in the ERP, not in the hub',
  'posted-differs': 'posted with another amount',
  'posted-other-day': 'posted on the other side of the cut-off',
  'reversed-here': 'reversed in the hub, not in the ERP',
  'reversed-there': 'reversed in the ERP, not in the hub',
  'reversed-differs': 'reversed with another amount',
  'reversed-other-day': 'reversed on the other side of the cut-off',
  'settled-here': 'settled in the hub, not in the ERP',
  'settled-there': 'settled in the ERP, not in the hub',
  'settled-differs': 'settled with another amount',
  'settled-other-day': 'settled on the other side of the cut-off',
  'revalued-here': 'revalued in the hub, not in the ERP',
  'revalued-there': 'revalued in the ERP, not in the hub',
  'revalued-differs': 'revalued with another amount',
  'revalued-other-day': 'revalued on the other side of the cut-off',
  'moved-meanwhile': 'it was booked while the systems were asked: ask again',
  'not-known-by-ap': 'the AP tool never had it',
  'not-open-at-ap': 'the AP tool does not show it as open',
  'open-at-ap-only': 'only the AP tool shows it as open',
  'settled-here-not-at-ap': 'settled in the hub, the AP tool was not told',
  'reversed-here-not-at-ap': 'reversed in the hub, the AP tool was not told',
  'part-settled': 'settled in part, of which the AP tool knows nothing',
  'amount-differs-at-ap': 'the AP tool has another amount',
  unexplained: 'nobody can say why',
} as const
export type Reason = keyof typeof REASONS

export type Difference = Account & {
  readonly with: 'erp' | 'ap'
  readonly document: string
  readonly supplier: string
  readonly number: string
  readonly object: string | null
  /** The hub's amount less the other's. */
  readonly amount: string
  readonly reason: Reason
}

export interface AccountResult extends Account {
  readonly hub: Lines
  readonly erp: Lines
  /** The AP tool's own equation; null when it was not asked. It knows neither reversals nor revaluations. */
  readonly ap: Lines | null
  /** What the listed differences leave of the difference of the closing balances. */
  readonly unexplained: { readonly erp: string; readonly ap: string }
  /** Lines in which hub and ERP differ. */
  readonly lines: readonly Line[]
}

export interface TieOut {
  readonly ties: boolean
  readonly accounts: readonly AccountResult[]
  readonly differences: readonly Difference[]
}

const plus = (...amounts: readonly string[]): string => sumOf(['0', ...amounts])
const minus = (a: string, b: string): string => plus(a, negative(b))
const keyOf = ({ account, currency }: Account): string => `${account} ${currency}`
const itemKey = (item: Account & { readonly document: string }): string => `${item.document} ${keyOf(item)}`
export const NOTHING: Lines = { opening: '0', posted: '0', reversed: '0', settled: '0', revalued: '0', closing: '0' }

/** Documents whose open amount is not the same in both: those whose entries have to be asked for. */
export function differing(hub: Statement<OurItem>, erp: Statement): string[] {
  const theirs = new Map(erp.items.map((item) => [itemKey(item), item.open]))
  const documents = new Set<string>()
  for (const item of hub.items) {
    if (minus(item.open, theirs.get(itemKey(item)) ?? '0') !== '0') documents.add(item.document)
    theirs.delete(itemKey(item))
  }
  for (const item of erp.items) if (theirs.has(itemKey(item))) documents.add(item.document)
  return [...documents].sort()
}

export interface Asked {
  readonly to: CalendarDate
  readonly from: CalendarDate
  readonly hub: Statement<OurItem>
  readonly erp: Statement
  /** null: there is no AP tool to ask. */
  readonly ap: readonly ApClaim[] | null
  /** All entries of the differing documents, of any date. */
  readonly ours: readonly Booked[]
  readonly theirs: readonly Booked[]
  /** Document → our invoice, for those that the hub has a name for. */
  readonly known: ReadonlyMap<string, string>
  /** Our invoices that the AP tool ever had. */
  readonly submitted: ReadonlySet<string>
}

export function tieOut(asked: Asked): TieOut {
  const differences = [...withErp(asked), ...(asked.ap ? withAp(asked, asked.ap) : [])]
  const accounts = accountsOf(asked, differences)
  const ties =
    differences.length === 0 &&
    accounts.every(({ lines, unexplained }) => lines.length === 0 && unexplained.erp === '0' && unexplained.ap === '0')
  return { ties, accounts, differences }
}

// ----------------------------------------------------------------------------------------------------------------- the ERP

type Side = 'hub' | 'erp'

function withErp(asked: Asked): Difference[] {
  const items = new Map<string, { readonly item: OpenItem; hub: string; erp: string; object: string | null }>()
  for (const item of asked.hub.items) items.set(itemKey(item), { item, hub: item.open, erp: '0', object: item.object })
  for (const item of asked.erp.items) {
    const known = items.get(itemKey(item))
    if (known) known.erp = item.open
    else items.set(itemKey(item), { item, hub: '0', erp: item.open, object: asked.known.get(item.document) ?? null })
  }
  const entries = { hub: Map.groupBy(asked.ours, ({ document }) => document), erp: Map.groupBy(asked.theirs, ({ document }) => document) }
  return [...items.values()]
    .flatMap(({ item, hub, erp, object }) => {
      const amount = minus(hub, erp)
      if (amount === '0') return []
      const { document, account, currency, supplier, number } = item
      return reasonsOf(asked, item, amount, entries.hub.get(document) ?? [], entries.erp.get(document) ?? []).map((found): Difference => ({
        with: 'erp',
        document,
        account,
        currency,
        supplier,
        number,
        object,
        ...found,
      }))
    })
    .sort((a, b) => (itemKey(a) < itemKey(b) ? -1 : itemKey(a) > itemKey(b) ? 1 : 0))
}

type Found = Pick<Difference, 'amount' | 'reason'>

/** The reasons of one document's difference, each with its part of it; what they leave over is a part, too. */
function reasonsOf(asked: Asked, item: OpenItem, amount: string, ours: readonly Booked[], theirs: readonly Booked[]): Found[] {
  if (ours.length === 0) return [{ amount, reason: asked.known.has(item.document) ? 'not-read-back' : 'missing-here' }]
  if (theirs.length === 0) return [{ amount, reason: 'missing-there' }]
  const own = (entry: Booked): boolean => keyOf(entry) === keyOf(item)
  const mine = ours.filter(own)
  const other = theirs.filter(own)
  const elsewhere = (entries: readonly Booked[]): boolean =>
    entries.some((entry) => entry.currency === item.currency && entry.account !== item.account && entry.kind === 'posted')
  if ((mine.length === 0 && elsewhere(ours)) || (other.length === 0 && elsewhere(theirs))) return [{ amount, reason: 'other-account' }]
  const found = KINDS.flatMap((kind) => partOf(kind, asked.to, mine, other))
  const rest = minus(amount, plus(...found.map((part) => part.amount)))
  return rest === '0' ? found : [...found, { amount: rest, reason: found.length === 0 ? 'moved-meanwhile' : 'unexplained' }]
}

const KINDS: readonly EntryKind[] = ['posted', 'reversed', 'settled', 'revalued']

function partOf(kind: EntryKind, to: CalendarDate, ours: readonly Booked[], theirs: readonly Booked[]): Found[] {
  const of = (entries: readonly Booked[], until?: CalendarDate): string[] =>
    entries.filter((entry) => entry.kind === kind && (until === undefined || entry.bookedOn <= until)).map((entry) => entry.amount)
  const amount = minus(plus(...of(ours, to)), plus(...of(theirs, to)))
  if (amount === '0') return []
  if (plus(...of(ours)) === plus(...of(theirs))) return [{ amount, reason: `${kind}-other-day` }]
  if (of(theirs).length === 0) return [{ amount, reason: `${kind}-here` }]
  if (of(ours).length === 0) return [{ amount, reason: `${kind}-there` }]
  return [{ amount, reason: `${kind}-differs` }]
}

// -------------------------------------------------------------------------------------------------------------- the AP tool

/** What the AP tool can be compared with: open postings of invoices that it could have had. */
function withAp(asked: Asked, claims: readonly ApClaim[]): Difference[] {
  const claimed = new Map(claims.map((claim) => [claim.object, claim]))
  const found: Difference[] = []
  for (const item of asked.hub.items) {
    if (item.apart) continue
    const claim = claimed.get(item.object)
    const open = claim && claim.settledOn === null && claim.currency === item.currency ? claim.amount : '0'
    const amount = minus(item.open, open)
    claimed.delete(item.object)
    if (amount === '0') continue
    const { document, account, currency, supplier, number, object } = item
    found.push({ with: 'ap', document, account, currency, supplier, number, object, amount, reason: apReason(asked, item, open) })
  }
  const ours = Map.groupBy(asked.ours, ({ document }) => document)
  for (const claim of claimed.values()) {
    if (claim.settledOn !== null) continue
    const { ticket, number, object, account, currency } = claim
    const entries = ours.get(claim.document ?? '') ?? []
    const by = (kind: EntryKind): boolean => entries.some((entry) => entry.kind === kind && entry.bookedOn <= asked.to)
    const reason: Reason = by('reversed') ? 'reversed-here-not-at-ap' : by('settled') ? 'settled-here-not-at-ap' : 'open-at-ap-only'
    found.push({
      with: 'ap',
      document: claim.document ?? ticket,
      account,
      currency,
      supplier: '',
      number,
      object,
      amount: plus(negative(claim.amount)),
      reason,
    })
  }
  return found.sort((a, b) => (itemKey(a) < itemKey(b) ? -1 : itemKey(a) > itemKey(b) ? 1 : 0))
}

function apReason({ submitted }: Asked, item: OurItem, open: string): Reason {
  if (!submitted.has(item.object)) return 'not-known-by-ap'
  if (open === '0') return 'not-open-at-ap'
  const [mine, other] = [size(item.open), size(open)]
  return mine.length < other.length || (mine.length === other.length && mine < other) ? 'part-settled' : 'amount-differs-at-ap'
}

/** Decimal texts without sign, with as many places: longer is larger, and of equal length the greater text. */
function size(amount: string): string {
  const [whole = '', fraction = ''] = sumOf([amount]).replace('-', '').split('.')
  return whole + fraction.padEnd(6, '0')
}

function apLines(claims: readonly ApClaim[], { from, to }: Asked): Lines {
  const of = (test: (claim: ApClaim) => boolean): string => plus(...claims.filter(test).map((claim) => claim.amount))
  return {
    opening: of((claim) => claim.postedOn < from && (claim.settledOn === null || claim.settledOn >= from)),
    posted: of((claim) => claim.postedOn >= from && claim.postedOn <= to),
    reversed: '0',
    settled: plus(negative(of((claim) => claim.settledOn !== null && claim.settledOn >= from && claim.settledOn <= to))),
    revalued: '0',
    closing: of((claim) => claim.settledOn === null),
  }
}

// --------------------------------------------------------------------------------------------------------------- the sheet

function accountsOf(asked: Asked, differences: readonly Difference[]): AccountResult[] {
  const rows = new Map<string, Account & { hub: Lines; erp: Lines }>()
  const put = (side: Side, accounts: readonly Account[], linesOf: (account: Account) => Lines | undefined): void => {
    for (const { account, currency } of accounts) {
      const known = rows.get(keyOf({ account, currency })) ?? { account, currency, hub: NOTHING, erp: NOTHING }
      rows.set(keyOf(known), { ...known, [side]: linesOf({ account, currency }) ?? known[side] })
    }
  }
  const found = (statement: Statement) => {
    const byKey = new Map(statement.accounts.map((row) => [keyOf(row), row.lines]))
    return (account: Account): Lines | undefined => byKey.get(keyOf(account))
  }
  put('hub', asked.hub.accounts, found(asked.hub))
  put('erp', asked.erp.accounts, found(asked.erp))
  put('hub', asked.ap ?? [], () => undefined)
  const claims = Map.groupBy(asked.ap ?? [], keyOf)
  const listed = Map.groupBy(differences, (difference) => `${difference.with} ${keyOf(difference)}`)
  const leftovers = Map.groupBy(
    asked.hub.items.filter((item) => item.apart),
    keyOf,
  )
  return [...rows.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, row]) => {
      const ap = asked.ap ? apLines(claims.get(key) ?? [], asked) : null
      const rest = (other: 'erp' | 'ap', closing: string, theirs: string): string =>
        minus(minus(closing, theirs), plus(...(listed.get(`${other} ${key}`) ?? []).map(({ amount }) => amount)))
      const comparable = minus(row.hub.closing, plus(...(leftovers.get(key) ?? []).map(({ open }) => open)))
      return {
        ...row,
        ap,
        unexplained: { erp: rest('erp', row.hub.closing, row.erp.closing), ap: ap ? rest('ap', comparable, ap.closing) : '0' },
        lines: LINES.filter((line) => minus(row.hub[line], row.erp[line]) !== '0'),
      }
    })
}

/** An amount at the scale of its currency; as it stands where nobody knows the currency. */
export function shownAmount(amount: string, currency: string): string {
  const money = parseMoney(amount, currency)
  return money ? formatMoney(money) : sumOf([amount])
}
