/**
 * Cut-over: open items become invoices of origin *taken-over*, when their sum is the ERP's balance per account and currency, and
 * two people have signed. The same file again takes over nothing; what the hub knows already is linked and not doubled.
 */
import { cutOverGaps, type CutOverItem, type CutOverRecord, type OpenAmount } from '../domain/cut-over.ts'
import { postingName } from '../domain/names.ts'
import { aliasOf, type Arrival } from '../domain/object.ts'
import type { AccountLines } from '../domain/tie-out.ts'
import { sumOf } from '../domain/invoice-content.ts'
import { Fault } from '../lib/fault.ts'
import { dateIn, instantOf, type CalendarDate } from '../lib/time.ts'
import { boundNames } from '../store/alias.ts'
import { inTenant, type Pool } from '../store/database.ts'
import { findCompany, type Company } from '../store/find.ts'
import type { Receipt } from '../store/item.ts'

type Balances = { readonly accounts: readonly AccountLines[]; readonly documents: readonly string[] }

export interface CutOverDesk {
  readonly pool: Pool
  readonly tenant: string
  /** Our name of the ERP. */
  readonly erp: string
  ledger(
    system: string,
  ):
    | { statement(period: { entity: string; from: CalendarDate; to: CalendarDate }): Promise<Balances | { readonly trouble: string }> }
    | undefined
  submit(arrivals: readonly Arrival[]): Promise<readonly Receipt[]>
  now(): number
}

export interface CutOverWish {
  readonly entity: string
  readonly on: CalendarDate
  readonly items: readonly CutOverItem[]
  /** SHA-256 of the file that they stand in, which is kept. */
  readonly document: string
  /** The ERP's balances as the two state them; undefined: the ERP is asked. */
  readonly balances: readonly OpenAmount[] | undefined
  /** As events' actors; two different persons. */
  readonly by: string
  readonly second: string
}

export interface CutOverMade {
  readonly entity: string
  readonly on: CalendarDate
  readonly document: string
  readonly items: number
  /** Invoices that came to be, those that the hub knew and linked, and those that this very file had taken over before. */
  readonly created: number
  readonly linked: number
  readonly repeated: number
}

/** Items handed to the door at once. */
const SLICE = 500

export async function takeOver(desk: CutOverDesk, wish: CutOverWish): Promise<CutOverMade> {
  const { pool, tenant, erp } = desk
  const { on, document, items } = wish
  const company = await inTenant(pool, tenant, (client) => findCompany(client, tenant, erp, wish.entity))
  const today = dateIn(company.zone, instantOf(desk.now()))
  if (on > today) throw new Fault('request-not-valid', `${on} has not come yet: in company ${company.number} it is ${today}.`)
  const name = aliasOf('public', 'cut-over', `${company.number} ${on} ${document}`)
  const signed = (await inTenant(pool, tenant, (client) => boundNames(client, tenant, [name]))).has(name)
  // Signed before: what of it is not here yet is taken over, and nothing else.
  if (!signed) await sign(desk, wish, company, name)
  const done = { created: 0, linked: 0, repeated: 0 }
  for (let at = 0; at < items.length; at += SLICE) {
    const slice = items.slice(at, at + SLICE)
    const names = slice.map((item) => postingName(erp, company.number, item.postingNo))
    const known = await inTenant(pool, tenant, (client) => boundNames(client, tenant, names))
    const receipts = await submitted(
      desk,
      slice.map((item) => itemArrival(desk, wish, company, item)),
    )
    for (const [n, { outcome }] of receipts.entries())
      done[outcome === 'repeat' ? 'repeated' : known.has(names[n]!) ? 'linked' : 'created'] += 1
  }
  return { entity: company.number, on, document, items: items.length, ...done }
}

async function sign(desk: CutOverDesk, wish: CutOverWish, company: Company, name: string): Promise<void> {
  const { on, document, items, by, second } = wish
  const asked = wish.balances ? { balances: wish.balances, evidence: [] } : await askedBalances(desk, company, on)
  const gaps = cutOverGaps(items, asked.balances)
  if (gaps.length > 0) {
    const told = gaps
      .slice(0, 10)
      .map(
        (gap) =>
          `${gap.account} ${gap.currency}: the items are ${gap.items}, the balance ${gap.balance}, ${gap.difference} ${gap.difference.startsWith('-') ? 'too little' : 'too much'}.`,
      )
    throw new Fault('balance-differs', told.join(' '))
  }
  const record: CutOverRecord = {
    entity: company.number,
    on,
    document,
    items: items.length,
    balances: asked.balances.slice(0, 200),
    balance: wish.balances ? 'stated' : 'asked',
    evidence: asked.evidence.slice(0, 1),
    second,
  }
  await submitted(desk, [
    {
      tenant: desk.tenant,
      source: { system: 'api', role: 'person' },
      eventId: name,
      type: 'cut-over.recorded',
      occurredAt: instantOf(desk.now()),
      actor: by,
      about: [{ names: [company.id], offers: [name] }],
      data: record as unknown as Arrival['data'],
    },
  ])
}

async function askedBalances(
  desk: CutOverDesk,
  company: Company,
  on: CalendarDate,
): Promise<{ readonly balances: OpenAmount[]; readonly evidence: readonly string[] }> {
  const { erp } = desk
  const answer = await desk.ledger(erp)?.statement({ entity: company.number, from: on, to: on })
  if (!answer) throw new Fault('request-not-valid', `The system ${erp} tells nothing of a ledger: state its balances.`)
  if ('trouble' in answer) throw new Fault('ledger-not-told', `${erp}: ${answer.trouble}.`)
  const balances = answer.accounts.map(({ account, currency, lines }) => ({ account, currency, amount: sumOf(['0', lines.closing]) }))
  return { balances: balances.filter(({ amount }) => amount !== '0'), evidence: answer.documents }
}

/** Without the persons: whoever brings the same file again says the same. Who signed stands in the event of the cut-over. */
function itemArrival({ tenant, erp }: CutOverDesk, { on, document }: CutOverWish, company: Company, item: CutOverItem): Arrival {
  return {
    tenant,
    source: { system: 'cut-over', role: 'person', reference: item.postingNo },
    eventId: `${company.number} ${on} ${document} ${item.postingNo}`,
    type: 'invoice.taken-over',
    occurredAt: `${on}T00:00:00.000Z`,
    actor: 'rule:cut-over',
    about: [{ names: [postingName(erp, company.number, item.postingNo), aliasOf(erp, 'document', item.postingNo)], create: 'invoice' }],
    data: { ...item, entity: company.number, on, file: document } as unknown as Arrival['data'],
  }
}

async function submitted(desk: CutOverDesk, arrivals: readonly Arrival[]): Promise<readonly Receipt[]> {
  const receipts = await desk.submit(arrivals)
  const fault = receipts.find((receipt) => receipt.fault)?.fault
  if (fault) throw fault
  return receipts
}
