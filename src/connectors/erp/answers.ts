/** Rows of the ERP's master data as answers to our questions: the same whether we asked or the change feed told us. */
import type { OrderData, ReferenceData } from '../../domain/event-data.ts'
import { sumOf } from '../../domain/invoice-content.ts'
import { foldedName, plainAccount, plainNumber } from '../../domain/names.ts'
import { meaningOf } from '../../connector/contract.ts'
import { zoneOf, type Setting } from './config.ts'
import { ORDER_STANDING, PERIOD_GATE, VENDOR_STANDING } from './map.ts'
import { person } from './names.ts'
import type { Chosen } from './replies.ts'
import type { CompanyCode, PostingPeriod, PurchaseOrder, TaxKey, Vendor } from './wire.ts'

type Answer = Extract<ReferenceData, { found: true }>

/** A standing that is not in the table is not active: nobody is paid on a guess. */
export function supplierOf(vendor: Vendor): NonNullable<Answer['supplier']> {
  const accounts = [vendor.payIban, vendor.payOther, ...vendor.otherIbans].map(plainAccount).filter((account) => account !== '')
  return {
    number: vendor.vendorNo,
    name: vendor.name,
    ...(vendor.vatReg === '' ? {} : { vatId: plainNumber(vendor.vatReg) }),
    active: meaningOf(VENDOR_STANDING, vendor.standing) === 'active',
    blocked: vendor.centralBlock,
    accounts: [...new Set(accounts)],
    ...(vendor.createdBy === '' ? {} : { createdBy: person(vendor.createdBy) }),
  }
}

/** The ERP does not say which currencies a company takes: its own, and those it has an account in. */
export function entityOf(setting: Setting, company: CompanyCode): NonNullable<Answer['entity']> {
  const own = company.houseAccounts.find((account) => account.waers === company.waers) ?? company.houseAccounts[0]
  return {
    number: company.companyCode,
    name: company.name,
    currency: company.waers,
    currencies: [...new Set([company.waers, ...company.houseAccounts.map((account) => account.waers)])],
    active: true,
    zone: zoneOf(setting, company.companyCode),
    ...(own === undefined ? {} : { account: plainAccount(own.iban) }),
  }
}

/** Lines that the ERP has closed are left out: nothing more may be invoiced on them. */
export function orderOf(order: PurchaseOrder): OrderData {
  return {
    number: order.poNo,
    entity: order.companyCode,
    supplier: order.vendorNo,
    currency: order.waers,
    open: meaningOf(ORDER_STANDING, order.standing) === 'open',
    ...(order.agreedBy === '' ? {} : { approvedBy: person(order.agreedBy) }),
    lines: order.items
      .filter((item) => item.standing === 'OPEN')
      .map((item) => ({
        id: item.poItem,
        ...(item.materialNo === '' ? {} : { item: item.materialNo }),
        ...(item.text === '' ? {} : { name: item.text }),
        quantity: item.qty,
        price: item.price,
        ...(item.per === '1' ? {} : { priceQuantity: item.per }),
        unit: item.uom,
      })),
  }
}

/** A period that the day of a posting is in by itself, of the ledger and accounts that a supplier invoice is posted to. */
export const isOrdinary = ({ config }: Setting, { special, ledger, accounts }: PostingPeriod): boolean =>
  !special && ledger === config.ledger && POSTED_TO.has(accounts)
/** "`accounts`": all, those of vendors, those of the general ledger. */
const POSTED_TO = new Set(['*', 'K', 'S'])

export const isOpen = (period: PostingPeriod): boolean => meaningOf(PERIOD_GATE, period.gate) === 'open'

/** One of the rows that may be meant: the only one in use, else the only one of this name; never a guess between several. */
export function chosenVendor(rows: readonly Vendor[], name: string): Chosen<Vendor> {
  const used = rows.filter((row) => meaningOf(VENDOR_STANDING, row.standing) === 'active' && !row.centralBlock)
  return chosen(used.length > 0 ? used : rows, name, (row) => row.vendorNo)
}

export function chosenCompany(rows: readonly CompanyCode[], name: string): Chosen<CompanyCode> {
  return chosen(rows, name, (row) => row.companyCode)
}

function chosen<T extends { readonly name: string }>(rows: readonly T[], name: string, number: (row: T) => string): Chosen<T> {
  const named = rows.length > 1 ? rows.filter((row) => foldedName(row.name) === foldedName(name)) : rows
  return onlyOne(named.length > 0 ? named : rows, number)
}

/** The tax key for a category and rate: the configured one, else the company's own before everybody's, the vendor's tax before ours. */
export function chosenTaxKey(
  { config }: Setting,
  rows: readonly TaxKey[],
  companyCode: string,
  category: string,
  rate: string,
): Chosen<TaxKey> {
  const fitting = rows.filter(
    (row) =>
      row.category === category && sumOf([row.pct]) === sumOf([rate]) && (row.companyCode === companyCode || row.companyCode === '*'),
  )
  const wanted = config.taxCodes[`${category} ${sumOf([rate])}`]
  const configured = fitting.filter((row) => row.taxKey === wanted)
  if (configured.length > 0) return onlyOne(configured, (row) => row.taxKey)
  const own = fitting.filter((row) => row.companyCode === companyCode)
  const near = own.length > 0 ? own : fitting
  const theirs = near.filter((row) => !row.selfAssessed)
  return onlyOne(theirs.length > 0 ? theirs : near, (row) => row.taxKey)
}

export function onlyOne<T>(rows: readonly T[], number: (row: T) => string): Chosen<T> {
  const [first, second] = rows
  if (first === undefined) return { none: true }
  return second === undefined ? { one: first } : { several: rows.slice(0, 5).map(number).join(', ') }
}
