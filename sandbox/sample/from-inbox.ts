import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { millionths } from '../plumbing/amounts.ts'
import { ibanHolds } from '../plumbing/iban.ts'
import { leave } from '../plumbing/options.ts'
import { Dice, shuffled } from './dice.ts'
import { countable, procurementSetup, type SamplePurchase } from './buying.ts'
import { alter, ordersOf, type Altered, type Order, type Supplier } from './inbox-orders.ts'
import { makeBic, makeIban } from './numbers.ts'
import { invoicesOf, isDecimal, keyOf, plain, type ReadInvoice, type ReadParty } from './read-lines.ts'
import { apSetup, periodsOf, taxKeysOf, USERS } from './staff.ts'

export interface InboxWish {
  /** The lines of somebody else's reading, see read-lines.ts. */ readonly lines: readonly unknown[]
  readonly seed: number
  /** The day that the posting periods must cover; the real one when not given. */ readonly today?: string
}
export interface LeftOut {
  readonly name: string
  readonly vatReg: string
  readonly billNos: readonly string[]
}
export interface InboxSetup {
  readonly erp: object
  readonly ap: object
  readonly procurement: object
  readonly bank: object
  /** Every tenth vendor, by seed: unknown to the ERP, and so are its orders. */ readonly vendorsLeftOut: readonly LeftOut[]
  /** Every twentieth order, by seed: one item is not what the bills say. */ readonly ordersAltered: readonly Altered[]
  /** What an implementer would have asked about. */ readonly notes: readonly string[]
  readonly invoices: number
  readonly passedOver: number
}

interface Company {
  readonly key: string
  readonly companyCode: string
  readonly party: ReadParty
  readonly invoices: readonly ReadInvoice[]
  readonly accounts: readonly { waers: string; iban: string; bic: string }[]
}
const COLLECTED: Readonly<Record<string, 'COLLECTION' | 'CARD'>> = {
  49: 'COLLECTION',
  59: 'COLLECTION',
  48: 'CARD',
  54: 'CARD',
  55: 'CARD',
}

/** The set-ups for bills that lie in an inbox, as an implementer would load them from the company's own files. */
export function setupFromInbox({ lines, seed, today = new Date().toISOString().slice(0, 10) }: InboxWish): InboxSetup {
  const { invoices, passedOver } = invoicesOf(lines)
  const notes: string[] = []
  const companies = companiesOf(invoices, seed)
  const all = suppliersOf(invoices)
  const gone = new Set(shuffled(all, seed, 'left out', (held) => held.key).filter((_held, at) => at % 10 === 9))
  const kept = all.filter((held) => !gone.has(held))
  const orders = ordersOf(kept, new Map(companies.map((company) => [company.key, company.companyCode])), notes)
  const ordersAltered = shuffled(orders, seed, 'altered', (order) => `${order.companyCode}/${order.poNo}`)
    .filter((_order, at) => at % 20 === 19)
    .flatMap((order) => alter(order, seed))
  const erp = {
    companyCodes: companies.map(({ companyCode, party, accounts }) => ({
      companyCode,
      name: plain(party.name, 200),
      vatReg: taxNumber(party),
      country: countryOf(party),
      waers: accounts[0]?.waers ?? 'EUR',
      houseAccounts: accounts,
    })),
    taxKeys: taxKeysOf(invoices.flatMap(ratesOf)),
    vendors: kept.map((held) => vendorRow(held, seed, notes)),
    purchaseOrders: orders.map(({ billNos: _billNos, ...order }) => ({
      ...order,
      standing: 'RELEASED',
      by: 'p.orlow',
      agreedBy: 's.brandt',
    })),
    postingPeriods: companies.flatMap(({ companyCode, invoices: held }) => periodsOf(companyCode, yearsOf(held, today))),
    users: USERS,
  }
  const units = companies.map(({ companyCode, party }) => ({ companyCode, name: plain(party.name, 200), vatReg: taxNumber(party) }))
  return {
    erp,
    ap: apSetup(units),
    procurement: procurementSetup(seed, units, kept.map(sellerOf), orders.map(purchaseOf)),
    bank: bankOf(companies),
    ordersAltered,
    notes,
    invoices: invoices.length,
    passedOver,
    vendorsLeftOut: [...gone].map(({ party, invoices: held }) => ({
      name: party.name,
      vatReg: taxNumber(party),
      billNos: held.map((invoice) => invoice.number),
    })),
  }
}

function sellerOf({ vendorNo, party }: Supplier): { key: string; name: string; vatReg: string; country: string } {
  return { key: vendorNo, name: plain(party.name, 200) || vendorNo, vatReg: taxNumber(party), country: countryOf(party) }
}

/** What cannot be counted at the door is a service. */
function purchaseOf(order: Order): SamplePurchase {
  return {
    unitCode: order.companyCode,
    purchaseNo: order.poNo,
    merchant: order.vendorNo,
    ccy: order.waers,
    positions: order.items.map(({ poItem, materialNo, text, qty, uom, price, per }) => ({
      pos: poItem,
      article: materialNo,
      label: text,
      sort: countable(qty) ? 'GOODS' : 'SERVICE',
      pieces: qty,
      measure: uom,
      unitPrice: price,
      priceBasis: per,
    })),
  }
}

function companiesOf(invoices: readonly ReadInvoice[], seed: number): Company[] {
  return [...Map.groupBy(invoices, (invoice) => keyOf(invoice.buyer))].map(([key, held], at) => {
    const party = bestNamed(held.map((invoice) => invoice.buyer))
    const dice = new Dice(seed, `company ${key}`)
    const accounts = [...new Set(held.map((invoice) => invoice.currency))].map((waers) => {
      const iban = makeIban(countryOf(party), dice)
      return { waers, iban, bic: makeBic(iban) }
    })
    return { key, companyCode: String(1000 + at * 10), party, invoices: held, accounts }
  })
}

function suppliersOf(invoices: readonly ReadInvoice[]): Supplier[] {
  return [...Map.groupBy(invoices, (invoice) => keyOf(invoice.supplier))].map(([key, held], at) => ({
    key,
    vendorNo: `K-${200_001 + at}`,
    party: bestNamed(held.map((invoice) => invoice.supplier)),
    invoices: held,
  }))
}

/** Of several spellings the first that has a name. */
function bestNamed(parties: readonly ReadParty[]): ReadParty {
  return parties.find((party) => party.name) ?? parties[0] ?? { name: '' }
}

/** The vendor as the company's own file has it: the first account of the bills, one of its own making where bills name none. */
function vendorRow({ key, vendorNo, party, invoices }: Supplier, seed: number, notes: string[]): object {
  const means = invoices.flatMap((invoice) => invoice.paymentMeans).filter((held) => held.account)
  const accounts = [...new Set(means.map((held) => plain((held.account ?? '').replaceAll(/\s/g, '').toUpperCase(), 70)))].filter(
    (held) => held !== '',
  )
  const ibans = accounts.filter(ibanHolds)
  const others = accounts.filter((held) => !ibanHolds(held))
  const name = plain(party.name, 200)
  if (accounts.length === 0) notes.push(`Vendor ${name}: no account on any bill; one was made up for the vendor file.`)
  if (ibans.length === 0 && others.length > 0)
    notes.push(`Vendor ${name}: ${others[0]} is no valid IBAN; the vendor file has it as another account.`)
  const payIban = ibans[0] ?? (others.length > 0 ? '' : makeIban(countryOf(party), new Dice(seed, `vendor ${key}`)))
  const bic = means.find((held) => held.account?.replaceAll(/\s/g, '').toUpperCase() === payIban)?.bic ?? ''
  return {
    vendorNo,
    name: name === '' ? vendorNo : name,
    vatReg: taxNumber(party),
    country: countryOf(party),
    payIban,
    payBic: /^[A-Z0-9]{8}([A-Z0-9]{3})?$/.test(bic) ? bic : '',
    payOther: payIban === '' ? (others[0] ?? '') : '',
    otherIbans: [...ibans.slice(1), ...(payIban === '' ? others.slice(1) : others)].slice(0, 50),
    standing: 'ACTIVE',
    by: 'm.keller',
  }
}

function bankOf(companies: readonly Company[]): object {
  return {
    accounts: companies.flatMap(({ party, accounts }) =>
      accounts.map(({ waers, iban, bic }) => ({ iban, ccy: waers, holder: plain(party.name, 200) || iban, bic, opening: '999999999999' })),
    ),
    collections: companies.flatMap(({ companyCode, invoices, accounts }) =>
      invoices.flatMap((invoice, at) => {
        const means = invoice.paymentMeans.find((held) => COLLECTED[held.code])
        const account = accounts.find((held) => held.waers === invoice.currency)
        if (!means || !account || invoice.kind !== 'invoice' || (millionths(invoice.totals.payable) ?? 0n) <= 0n) return []
        return [
          {
            collectionId: `${companyCode}/${at}`,
            debtorIban: account.iban,
            creditorName: plain(invoice.supplier.name, 200) || 'unknown',
            creditorId: plain(means.creditorId ?? '', 40),
            mandateId: plain(means.mandate ?? '', 60),
            amount: invoice.totals.payable,
            ccy: invoice.currency,
            remittance: plain(invoice.number, 140),
            endToEndId: plain(invoice.number, 35),
            means: COLLECTED[means.code],
            afterMs: 5000,
          },
        ]
      }),
    ),
  }
}

/** The years of the bills and those around today. */
function yearsOf(invoices: readonly ReadInvoice[], today: string): number[] {
  const now = Number(today.slice(0, 4))
  const billed = invoices.map((invoice) => Number(invoice.issuedOn.slice(0, 4))).filter((year) => year >= 1990 && year <= 2200)
  return [...new Set([...billed, now - 1, now, now + 1])].toSorted((a, b) => a - b)
}

function ratesOf(invoice: ReadInvoice): (readonly [string, string])[] {
  return [
    ...invoice.taxBreakdown.map((row) => [row.category, row.rate] as const),
    ...invoice.lines.map((line) => [line.taxCategory, line.taxRate] as const),
  ].flatMap(([category, rate]) => (category && category.length <= 5 && isDecimal(rate ?? '0') ? [[category, rate ?? '0'] as const] : []))
}

function taxNumber(party: ReadParty): string {
  return plain(party.vatId ?? party.taxId ?? '', 30)
}
function countryOf(party: ReadParty): string {
  const country = party.address?.country ?? party.vatId?.slice(0, 2) ?? ''
  return /^[A-Z]{2}$/.test(country) ? country : 'DE'
}

/** Writes the set-ups and left-out.json, which says what was done to them. */
async function writeSetups(): Promise<void> {
  const { values } = parseArgs({
    options: { read: { type: 'string' }, out: { type: 'string' }, seed: { type: 'string', default: '1' }, today: { type: 'string' } },
  })
  const { read, out, seed, today } = values
  if (!read || !out || !/^\d{1,9}$/.test(seed)) {
    leave('node sandbox/sample/from-inbox.ts --read FILE.jsonl --out DIR [--seed 1] [--today YYYY-MM-DD]')
  }
  const lines = (await readFile(read, 'utf8'))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown)
  const { erp, ap, procurement, bank, ...said } = setupFromInbox({ lines, seed: Number(seed), ...(today ? { today } : {}) })
  await mkdir(out, { recursive: true })
  for (const [name, content] of Object.entries({ erp, ap, procurement, bank, 'left-out': said })) {
    await writeFile(join(out, `${name}.json`), `${JSON.stringify(content, undefined, 1)}\n`)
  }
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

if (import.meta.main) await writeSetups()
