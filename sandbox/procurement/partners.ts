import { isDeepStrictEqual } from 'node:util'
import type { Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { amount, list, note, oneOf, optional, record, text, whole } from '../plumbing/shape.ts'
import { alike, bodyOf, one, part } from './answers.ts'
import type { Desk } from './desk.ts'
import { purchase, purchaseFact, unfit } from './purchases.ts'
import type { Arrival, Merchant } from './rows.ts'

const merchantFields = {
  name: text(200),
  vatReg: optional(note(30), ''),
  country: optional(note(2), ''),
  clearance: oneOf('CLEARED', 'BARRED', 'PROPOSED'),
  by: text(60),
}
const merchantBody = record(merchantFields)

const setup = record({
  units: optional(list(record({ unitCode: text(20), name: text(200), vatReg: optional(note(30), '') })), []),
  merchants: optional(list(record({ merchantId: text(40), ...merchantFields }), 200_000), []),
  purchases: optional(list(purchase, 200_000), []),
  arrivals: optional(
    list(
      record({
        arrivalNo: text(40),
        unitCode: text(20),
        purchaseNo: text(120),
        rows: list(record({ pos: text(40), counted: amount }), 1_000),
        afterMs: whole(0, 30 * 86_400_000),
      }),
      200_000,
    ),
    [],
  ),
})

/** Set-up, units and merchants. */
export function partnerRoutes(desk: Desk, now: () => string): Route[] {
  return [
    { method: 'PUT', path: '/setup', op: 'setup', control: true, maxBytes: 64 * 1024 * 1024, run: (call) => load(desk, call, now()) },
    {
      method: 'GET',
      path: '/units',
      op: 'unit.read',
      run: (call) => part(call, [...desk.units.values()], { vatReg: (row, wanted) => row.vatReg !== '' && alike(row.vatReg, wanted) }),
    },
    {
      method: 'GET',
      path: '/merchants',
      op: 'merchant.read',
      run: (call) =>
        part(call, [...desk.merchants.values()], {
          merchantId: (row, wanted) => row.merchantId === wanted,
          vatReg: (row, wanted) => row.vatReg !== '' && alike(row.vatReg, wanted),
          name: (row, wanted) => alike(row.name, wanted),
        }),
    },
    {
      method: 'GET',
      path: '/merchants/{merchantId}',
      op: 'merchant.read',
      run: ({ params }) => one('merchant', params['merchantId'] ?? '', desk.merchants.get(params['merchantId'] ?? '')),
    },
    { method: 'PUT', path: '/merchants/{merchantId}', op: 'merchant.put', run: (call) => putMerchant(desk, call) },
  ]
}

function putMerchant(desk: Desk, call: Call): Outcome {
  const body = bodyOf(call, merchantBody)
  if (body.refused) return body.refused
  const row: Merchant = { merchantId: call.params['merchantId'] ?? '', ...body.value }
  const held = desk.merchants.get(row.merchantId)
  const fact = entered('MERCHANT', row.merchantId, row, held)
  return { status: held ? 200 : 201, body: row, ...(fact ? { facts: [fact] } : {}) }
}

function entered(what: string, key: string, row: unknown, held: unknown): Fact | undefined {
  return isDeepStrictEqual(row, held) ? undefined : { what, verb: held === undefined ? 'ENTERED' : 'ALTERED', key, row }
}

/** Takes a whole set-up, or nothing of it. */
function load(desk: Desk, call: Call, at: string): Outcome {
  const body = bodyOf(call, setup)
  if (body.refused) return { ...body.refused, status: 422 }
  const { units, merchants, purchases, arrivals } = body.value
  const known = { units: new Set([...desk.units.keys(), ...units.map((row) => row.unitCode)]), merchants: new Map(desk.merchants) }
  for (const row of merchants) known.merchants.set(row.merchantId, row)
  const bad = purchases.map((row) => unfit(known, row)).find((refused) => refused !== undefined)
  if (bad) return bad
  const facts: Readonly<Record<string, readonly (Fact | undefined)[]>> = {
    units: units.map((row) => entered('UNIT', row.unitCode, row, desk.units.get(row.unitCode))),
    merchants: merchants.map((row) => entered('MERCHANT', row.merchantId, row, desk.merchants.get(row.merchantId))),
    purchases: purchases.map((row) => purchaseFact(desk, row, row.buyer, '', at)),
    arrivals: arrivals
      .filter((row) => !desk.arrivals.has(row.arrivalNo))
      .map(({ afterMs, ...row }): Fact => {
        const planned: Arrival = { ...row, dueAt: new Date(Date.parse(at) + afterMs).toISOString(), became: '' }
        return { what: 'ARRIVAL', verb: 'ANNOUNCED', key: row.arrivalNo, row: planned }
      }),
  }
  const changed = Object.entries(facts).map(([name, made]) => [name, made.filter((fact) => fact !== undefined)] as const)
  return {
    status: 200,
    body: { taken: Object.fromEntries(changed.map(([name, made]) => [name, made.length])) },
    facts: changed.flatMap(([, made]) => made),
  }
}
