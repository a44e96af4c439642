import { isDeepStrictEqual } from 'node:util'
import type { Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { amount, currency, date, decimal, flag, list, note, oneOf, optional, record, text, whole, type Of } from '../plumbing/shape.ts'
import { alike, bodyOf, page, unknown } from './answers.ts'
import { orderKey, periodKey, type Ledger } from './ledger.ts'
import type { Company, PostingPeriod, PurchaseOrder, TaxKey, User, Vendor } from './rows.ts'

const vendorFields = {
  name: text(200),
  vatReg: note(30),
  country: note(2),
  payIban: note(34),
  payBic: optional(note(11), ''),
  payOther: optional(note(70), ''),
  otherIbans: optional(list(text(70), 50), []),
  reconAccount: optional(text(20), '160000'),
  standing: oneOf('ACTIVE', 'DORMANT'),
  centralBlock: optional(flag, false),
  by: text(60),
}
const vendor = record({ vendorNo: text(60), ...vendorFields })
const vendorBody = record(vendorFields)

const orderItem = record({
  poItem: text(40),
  materialNo: optional(note(80), ''),
  text: note(500),
  qty: decimal,
  uom: text(10),
  price: decimal,
  per: optional(decimal, '1'),
  taxKey: note(20),
  grQty: optional(decimal, '0'),
  standing: optional(oneOf('OPEN', 'CLOSED'), 'OPEN'),
})
const orderFields = {
  vendorNo: text(60),
  waers: currency,
  standing: oneOf('RELEASED', 'HELD', 'CLOSED', 'CANCELLED'),
  by: text(60),
  agreedBy: optional(note(60), ''),
  items: list(orderItem),
}
const order = record({ companyCode: text(20), poNo: text(120), ...orderFields })
const orderBody = record(orderFields)

const setup = record({
  companyCodes: optional(
    list(
      record({
        companyCode: text(20),
        name: text(200),
        vatReg: note(30),
        country: note(2),
        waers: currency,
        houseAccounts: list(record({ waers: currency, iban: text(34), bic: optional(note(11), '') }), 50),
      }),
    ),
    [],
  ),
  taxKeys: optional(
    list(
      record({
        taxKey: text(20),
        companyCode: text(20),
        category: text(5),
        pct: decimal,
        selfAssessed: optional(flag, false),
        text: optional(note(200), ''),
      }),
    ),
    [],
  ),
  vendors: optional(list(vendor, 200_000), []),
  purchaseOrders: optional(list(order, 200_000), []),
  postingPeriods: optional(
    list(
      record({
        companyCode: text(20),
        fiscalYear: whole(1990, 2200),
        periodNo: whole(1, 16),
        from: date,
        to: date,
        gate: oneOf('OPEN', 'SHUT'),
        ledger: optional(text(20), '0L'),
        accounts: optional(oneOf('*', 'K', 'S'), '*'),
        special: optional(flag, false),
      }),
      200_000,
    ),
    [],
  ),
  users: optional(
    list(
      record({
        userId: text(60),
        name: text(200),
        roles: list(oneOf('TREASURY', 'AP', 'BUYER', 'MASTER_DATA', 'APPROVER'), 10),
        limits: optional(list(record({ companyCode: text(20), waers: text(3), upTo: amount }), 200), []),
      }),
    ),
    [],
  ),
})

/** Lookups and changes of master data. */
export function masterRoutes(ledger: Ledger, now: () => string): Route[] {
  const get = (path: string, op: string, run: (call: Call) => Outcome): Route => ({ method: 'GET', path, op, run })
  const one = (kind: string, no: string, row: unknown): Outcome => (row === undefined ? unknown(kind, no) : { status: 200, body: row })
  return [
    { method: 'PUT', path: '/setup', op: 'setup', control: true, maxBytes: 64 * 1024 * 1024, run: (call) => load(ledger, call, now()) },

    get('/vendors', 'vendor.read', (call) =>
      page(call, [...ledger.vendors.values()], {
        vendorNo: (row, wanted) => row.vendorNo === wanted,
        vatReg: (row, wanted) => row.vatReg !== '' && alike(row.vatReg, wanted),
        name: (row, wanted) => alike(row.name, wanted),
        iban: (row, wanted) => [row.payIban, row.payOther, ...row.otherIbans].some((held) => held !== '' && alike(held, wanted)),
      }),
    ),
    get('/vendors/{vendorNo}', 'vendor.read', ({ params }) =>
      one('Vendor', params['vendorNo'] ?? '', ledger.vendors.get(params['vendorNo'] ?? '')),
    ),
    {
      method: 'PUT',
      path: '/vendors/{vendorNo}',
      op: 'vendor.put',
      run: (call) => {
        const body = bodyOf(call, vendorBody)
        return (
          body.refused ??
          put(
            vendorFact(ledger, { vendorNo: call.params['vendorNo'] ?? '', ...body.value }, now()),
            ledger.vendors.get(call.params['vendorNo'] ?? ''),
          )
        )
      },
    },

    get('/company-codes', 'company.read', (call) =>
      page(call, [...ledger.companies.values()], {
        vatReg: (row, wanted) => row.vatReg !== '' && alike(row.vatReg, wanted),
        name: (row, wanted) => alike(row.name, wanted),
      }),
    ),
    get('/company-codes/{no}', 'company.read', ({ params }) =>
      one('Company code', params['no'] ?? '', ledger.companies.get(params['no'] ?? '')),
    ),

    get('/tax-keys', 'tax.read', (call) =>
      page(call, [...ledger.taxKeys.values()], {
        companyCode: (row, wanted) => row.companyCode === '*' || row.companyCode === wanted,
        category: (row, wanted) => row.category === wanted,
        pct: (row, wanted) => plainer(row.pct) === plainer(wanted),
      }),
    ),
    get('/tax-keys/{no}', 'tax.read', ({ params }) => one('Tax key', params['no'] ?? '', ledger.taxKeys.get(params['no'] ?? ''))),

    get('/purchase-orders', 'order.read', (call) =>
      page(call, [...ledger.orders.values()], {
        poNo: (row, wanted) => row.poNo === wanted,
        vendorNo: (row, wanted) => row.vendorNo === wanted,
        companyCode: (row, wanted) => row.companyCode === wanted,
      }),
    ),
    get('/purchase-orders/{companyCode}/{poNo}', 'order.read', ({ params }) => {
      const key = orderKey(params['companyCode'] ?? '', params['poNo'] ?? '')
      return one('Purchase order', key, ledger.orders.get(key))
    }),
    {
      method: 'PUT',
      path: '/purchase-orders/{companyCode}/{poNo}',
      op: 'order.put',
      run: (call) => {
        const body = bodyOf(call, orderBody)
        if (body.refused) return body.refused
        const keys = { companyCode: call.params['companyCode'] ?? '', poNo: call.params['poNo'] ?? '' }
        return put(orderFact(ledger, { ...keys, ...body.value }, now()), ledger.orders.get(orderKey(keys.companyCode, keys.poNo)))
      },
    },

    get('/posting-periods', 'period.read', (call) =>
      page(call, [...ledger.periods.values()], {
        companyCode: (row, wanted) => row.companyCode === wanted,
        on: (row, wanted) => row.from <= wanted && wanted <= row.to,
      }),
    ),
    {
      method: 'PUT',
      path: '/posting-periods/{companyCode}/{fiscalYear}/{periodNo}/gate',
      op: 'period.gate',
      run: (call) => turnGate(ledger, call),
    },

    get('/users', 'user.read', (call) => page(call, [...ledger.users.values()], { role: (row, wanted) => row.roles.includes(wanted) })),
    get('/users/{no}', 'user.read', ({ params }) => one('User', params['no'] ?? '', ledger.users.get(params['no'] ?? ''))),
  ]
}

/** A decimal without zeros that say nothing: "19.00" and "19" are the same rate. */
function plainer(decimalText: string): string {
  return decimalText.includes('.') ? decimalText.replace(/\.?0+$/, '') : decimalText
}

function put(fact: Fact | undefined, held: unknown): Outcome {
  if (!fact) return { status: 200, body: held }
  return { status: held === undefined ? 201 : 200, body: fact.row, facts: [fact] }
}

/** Takes a whole set-up, or nothing of it. */
function load(ledger: Ledger, call: Call, at: string): Outcome {
  const body = bodyOf(call, setup)
  if (body.refused) return { ...body.refused, status: 422 }
  const { companyCodes, taxKeys, vendors, purchaseOrders, postingPeriods, users } = body.value
  const facts = {
    companyCodes: companyCodes.map((row: Company) => plain('COMPANY', row.companyCode, row, ledger.companies.get(row.companyCode))),
    taxKeys: taxKeys.map((row: TaxKey) => plain('TAX', row.taxKey, row, ledger.taxKeys.get(row.taxKey))),
    vendors: vendors.map((row) => vendorFact(ledger, row, at)),
    purchaseOrders: purchaseOrders.map((row) => orderFact(ledger, row, at)),
    postingPeriods: postingPeriods.map((row: PostingPeriod) => plain('PERIOD', periodKey(row), row, ledger.periods.get(periodKey(row)))),
    users: users.map((row: User) => plain('USER', row.userId, row, ledger.users.get(row.userId))),
  }
  const changed = Object.entries(facts).map(([name, made]) => [name, made.filter((fact) => fact !== undefined)] as const)
  return {
    status: 200,
    body: { loaded: Object.fromEntries(changed.map(([name, made]) => [name, made.length])) },
    facts: changed.flatMap(([, made]) => made),
  }
}

function plain(what: string, key: string, row: unknown, held: unknown): Fact | undefined {
  if (isDeepStrictEqual(row, held)) return undefined
  return { what, verb: held === undefined ? 'CREATED' : 'CHANGED', key, row }
}

function vendorFact(ledger: Ledger, given: Of<typeof vendor>, at: string): Fact | undefined {
  const { by, ...row } = given
  const held = ledger.vendors.get(row.vendorNo)
  const made: Vendor = { ...row, createdBy: held?.createdBy ?? by, createdAt: held?.createdAt ?? at, changedBy: by, changedAt: at }
  return sameButForWho(made, held) ? undefined : { what: 'VENDOR', verb: held ? 'CHANGED' : 'CREATED', key: row.vendorNo, row: made }
}

function orderFact(ledger: Ledger, given: Of<typeof order>, at: string): Fact | undefined {
  const { by, ...row } = given
  const key = orderKey(row.companyCode, row.poNo)
  const held = ledger.orders.get(key)
  const made: PurchaseOrder = { ...row, createdBy: held?.createdBy ?? by, createdAt: held?.createdAt ?? at, changedBy: by, changedAt: at }
  return sameButForWho(made, held) ? undefined : { what: 'ORDER', verb: held ? 'CHANGED' : 'CREATED', key, row: made }
}

function sameButForWho(made: Vendor | PurchaseOrder, held: Vendor | PurchaseOrder | undefined): boolean {
  return held !== undefined && isDeepStrictEqual({ ...made, changedBy: held.changedBy, changedAt: held.changedAt }, { ...held })
}

const gateBody = record({
  gate: oneOf('OPEN', 'SHUT'),
  by: text(60),
  ledger: optional(text(20), '0L'),
  accounts: optional(oneOf('*', 'K', 'S'), '*'),
})

function turnGate(ledger: Ledger, call: Call): Outcome {
  const body = bodyOf(call, gateBody)
  if (body.refused) return body.refused
  const { companyCode = '', fiscalYear, periodNo } = call.params
  const key = periodKey({
    companyCode,
    fiscalYear: Number(fiscalYear),
    periodNo: Number(periodNo),
    ledger: body.value.ledger,
    accounts: body.value.accounts,
  })
  const held = ledger.periods.get(key)
  if (!held) return unknown('Posting period', key)
  const row = { ...held, gate: body.value.gate }
  return held.gate === row.gate
    ? { status: 200, body: row }
    : { status: 200, body: row, facts: [{ what: 'PERIOD', verb: 'CHANGED', key, row }] }
}
