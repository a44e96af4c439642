/**
 * Makes a tie-out: asks the ERP and the AP tool for their ledgers, reads the hub's own in one snapshot, compares, keeps the
 * result with the hash of every reply that it rests on, and records it.
 */
import type { EntryOf } from '../store/ledger-entry.ts'
import { ticketOf } from '../domain/headline.ts'
import type { InvoiceState } from '../domain/invoice-state.ts'
import { postingName } from '../domain/names.ts'
import { aliasOf, type Arrival } from '../domain/object.ts'
import {
  differing,
  NOTHING,
  tieOut,
  type AccountLines,
  type ApClaim,
  type Asked,
  type Booked,
  type Lines,
  type OpenItem,
  type OurItem,
  type Statement,
  type TieOut,
} from '../domain/tie-out.ts'
import type { TieOutRecord } from '../domain/tie-out-record.ts'
import { sumOf } from '../domain/invoice-content.ts'
import { canonicalJson, type Json } from '../lib/canonical-json.ts'
import { Fault } from '../lib/fault.ts'
import { dateIn, instantOf, type CalendarDate } from '../lib/time.ts'
import { boundNames } from '../store/alias.ts'
import { inTenant, type ClientBase, type Pool } from '../store/database.ts'
import { storeDocument } from '../store/document.ts'
import { findCompany } from '../store/find.ts'
import { entriesOf, ledgerBalances, openDocuments, type Balance } from '../store/ledger-entry.ts'
import { readObjects } from '../store/object.ts'

export interface LedgerPeriod {
  readonly entity: string
  readonly from: CalendarDate
  readonly to: CalendarDate
}
type Trouble = { readonly trouble: string }
interface Answer {
  readonly accounts: readonly AccountLines[]
  readonly items: readonly OpenItem[]
  readonly claims: readonly Omit<ApClaim, 'account'>[]
  readonly documents: readonly string[]
}

/** A system's ledger, as src/watch reads it. */
export interface LedgerOf {
  /** `read`: after each page, how many items there are so far. */
  statement(period: LedgerPeriod, read: (items: number) => void): Promise<Answer | Trouble>
  entries(
    period: LedgerPeriod,
    documents: readonly string[],
    read: (documents: number) => void,
  ): Promise<{ readonly booked: readonly Booked[]; readonly documents: readonly string[] } | Trouble>
  /** Takes in all that it tells; what stands in the way of that. */
  catchUp(): Promise<Trouble | undefined>
}

export interface TieOutDesk {
  readonly pool: Pool
  readonly tenant: string
  /** The names of the systems in our configuration. */
  readonly systems: { readonly erp: string; readonly ap: string }
  ledger(system: string): LedgerOf | undefined
  submit(arrivals: readonly Arrival[]): Promise<readonly { readonly eventId: string; readonly fault?: Fault }[]>
  now(): number
}

export interface TieOutWish {
  /** The company, by any id that any system uses for it. */
  readonly entity: string
  readonly from: CalendarDate | undefined
  readonly to: CalendarDate
  /** Who asks, as an event's actor. */
  readonly by: string
}

export interface TieOutMade extends TieOut, Pick<TieOutRecord, 'entity' | 'from' | 'to' | 'document' | 'evidence'> {
  readonly event: string
  readonly by: string
  readonly madeAt: string
}

export interface TieOutPlan {
  readonly wish: TieOutWish
  readonly company: string
  readonly period: LedgerPeriod
}

/** What it is about at present, and how many items or documents of that were read. */
export interface Progress {
  readonly stage: 'waiting' | 'ERP’s open items' | 'AP tool’s claims' | 'ERP’s news' | 'our own books' | 'entries of what differs'
  readonly read: number
}

/** Checks the wish before anything is asked of anybody. */
export async function plannedTieOut(desk: TieOutDesk, wish: TieOutWish): Promise<TieOutPlan> {
  const { pool, tenant, systems } = desk
  const entity = await inTenant(pool, tenant, (client) => findCompany(client, tenant, systems.erp, wish.entity))
  const { from, to } = wish
  const today = dateIn(entity.zone, instantOf(desk.now()))
  if (to > today) throw new Fault('request-not-valid', `${to} has not come yet: in company ${entity.number} it is ${today}.`)
  const period = { entity: entity.number, from: from ?? `${to.slice(0, 8)}01`, to }
  if (period.from > to) throw new Fault('request-not-valid', `The period begins on ${period.from}, after its end ${to}.`)
  if (!desk.ledger(systems.erp)) throw new Fault('request-not-valid', `The system ${systems.erp} tells nothing of a ledger.`)
  return { wish, company: entity.id, period }
}

/** Throws `ledger-not-told`, and records nothing, when a system does not tell all of it. */
export async function makeTieOut(
  desk: TieOutDesk,
  { wish, company, period }: TieOutPlan,
  said: (progress: Progress) => void,
): Promise<TieOutMade> {
  const { pool, tenant, systems } = desk
  const at = (stage: Progress['stage']): ((read: number) => void) => {
    said({ stage, read: 0 })
    return (read) => {
      said({ stage, read })
    }
  }
  const ledgers = { erp: desk.ledger(systems.erp), ap: desk.ledger(systems.ap) }
  if (!ledgers.erp) throw new Fault('request-not-valid', `The system ${systems.erp} tells nothing of a ledger.`)
  const erp = answered(systems.erp, 'its open items', await ledgers.erp.statement(period, at('ERP’s open items')))
  const ap = ledgers.ap ? answered(systems.ap, 'its claims', await ledgers.ap.statement(period, at('AP tool’s claims'))) : undefined
  // What the ERP has told must be here before our own books are read: else it would be missing only because we are late.
  at('ERP’s news')
  answered(systems.erp, 'its news', (await ledgers.erp.catchUp()) ?? {})
  at('our own books')
  const ours = await inTenant(pool, tenant, (client) => ownStatement(client, tenant, period), 'snapshot')
  const differ = differing(ours, erp)
  const detail =
    differ.length === 0
      ? { booked: [], documents: [] }
      : answered(systems.erp, 'the entries of what differs', await ledgers.erp.entries(period, differ, at('entries of what differs')))
  const known = await inTenant(pool, tenant, (client) => ownDetails(client, desk, period, ours, differ, ap?.claims ?? null), 'snapshot')
  const hub = { ...ours, items: ours.items.map((item) => (known.takenOver.has(item.object) ? { ...item, apart: true } : item)) }
  const result = tieOut({ ...period, hub, erp, theirs: detail.booked, ...known })
  return record(
    desk,
    { ...result, ...period, by: wish.by },
    [
      { system: systems.erp, documents: [...erp.documents, ...detail.documents], items: erp.items.length },
      ...(ap ? [{ system: systems.ap, documents: ap.documents, items: ap.claims.length }] : []),
    ],
    company,
  )
}

function answered<T extends object>(system: string, what: string, answer: T | Trouble): T {
  if ('trouble' in answer) throw new Fault('ledger-not-told', `${system} did not tell ${what} to the end: ${answer.trouble}.`)
  return answer
}

async function ownStatement(client: ClientBase, tenant: string, { entity, from, to }: LedgerPeriod): Promise<Statement<OurItem>> {
  const balances = await ledgerBalances(client, tenant, { entity, from, to })
  const open = await openDocuments(client, tenant, entity, to)
  return {
    accounts: accountsIn(balances),
    items: open.map(({ document, account, currency, open: amount, supplier, number, object, postedOn }) => ({
      document,
      account,
      currency,
      open: amount,
      supplier,
      number,
      object,
      apart: postedOn === null,
    })),
  }
}

function accountsIn(balances: readonly Balance[]): AccountLines[] {
  const rows = new Map<string, { account: string; currency: string; lines: { -readonly [line in keyof Lines]: Lines[line] } }>()
  for (const { account, currency, line, amount } of balances) {
    const row = rows.get(`${account} ${currency}`) ?? { account, currency, lines: { ...NOTHING } }
    row.lines[line] = sumOf([amount])
    rows.set(`${account} ${currency}`, row)
  }
  return [...rows.values()]
}

/** What is asked of our own books once it is known what differs: entries of those documents, and of what the AP tool speaks of. */
async function ownDetails(
  client: ClientBase,
  { tenant, systems }: TieOutDesk,
  { entity }: LedgerPeriod,
  ours: Statement<OurItem>,
  differ: readonly string[],
  claims: readonly Omit<ApClaim, 'account'>[] | null,
): Promise<Pick<Asked, 'ours' | 'ap' | 'known' | 'submitted'> & { readonly takenOver: ReadonlySet<string> }> {
  const names = new Map(differ.map((document) => [postingName(systems.erp, entity, document), document]))
  const bound = await boundNames(client, tenant, [...names.keys()])
  const known = new Map([...bound].map(([name, object]) => [names.get(name) ?? '', object]))
  const claimed = new Map((claims ?? []).map((claim) => [claim.object, claim]))
  const entries = await entriesOf(client, tenant, [...known.values(), ...claimed.keys()])
  const accounts = new Map(entries.filter(({ kind }) => kind === 'posted').map((entry) => [entry.object, entry.account]))
  // Only invoices that the AP tool does not speak of are looked at: whether it ever had them.
  const silent = claims === null ? [] : ours.items.filter((item) => claimed.get(item.object)?.settledOn !== null).map((item) => item.object)
  const records = await readObjects(client, tenant, silent, false)
  const silently = (test: (state: InvoiceState) => boolean): string[] =>
    [...records.values()].filter(({ state }) => test(state as unknown as InvoiceState)).map(({ id }) => id)
  const submitted = silently((state) => ticketOf(state, systems.ap) !== null)
  return {
    ours: entries.map((entry) => bookedOf(entry)),
    known,
    submitted: new Set([...submitted, ...claimed.keys()]),
    takenOver: new Set(silently((state) => state.origin === 'taken-over')),
    ap: claims === null ? null : claims.map((claim) => ({ ...claim, account: accounts.get(claim.object) ?? '' })),
  }
}

const bookedOf = ({ document, account, currency, kind, bookedOn, amount }: EntryOf): Booked => ({
  document,
  account,
  currency,
  kind,
  bookedOn,
  amount,
})

const SHOWN_ACCOUNTS = 100

async function record(
  desk: TieOutDesk,
  made: TieOut & LedgerPeriod & { readonly by: string },
  asked: readonly { readonly system: string; readonly documents: readonly string[]; readonly items: number }[],
  company: string,
): Promise<TieOutMade> {
  const madeAt = instantOf(desk.now())
  const document = await storeDocument(
    desk.pool,
    desk.tenant,
    Buffer.from(canonicalJson({ ...made, madeAt, evidence: asked } as unknown as Json)),
    'application/json',
  )
  const evidence = asked.map(({ system, documents, items }) => ({ system, replies: documents.length, items }))
  const data: TieOutRecord = {
    entity: made.entity,
    from: made.from,
    to: made.to,
    ties: made.ties,
    differences: made.differences.length,
    document,
    evidence,
    accounts: made.accounts
      .slice(0, SHOWN_ACCOUNTS)
      .map(({ account, currency, hub, erp, ap }) => ({ account, currency, hub: hub.closing, erp: erp.closing, ap: ap?.closing ?? null })),
  }
  const [receipt] = await desk.submit([
    {
      tenant: desk.tenant,
      source: { system: 'hub', role: 'hub' },
      eventId: `tie-out ${document}`,
      type: 'tie-out.recorded',
      occurredAt: madeAt,
      actor: made.by,
      readBack: true,
      about: [{ names: [aliasOf('public', 'tie-out', document)], create: 'tie-out' }, { names: [company] }],
      data: data as unknown as Arrival['data'],
    },
  ])
  if (!receipt || receipt.fault) throw receipt?.fault ?? new Fault('internal')
  return { ...made, madeAt, document, evidence, event: receipt.eventId }
}
