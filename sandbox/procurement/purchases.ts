import { isDeepStrictEqual } from 'node:util'
import type { Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { currency, decimal, flag, list, note, oneOf, optional, record, text, whole, type Of } from '../plumbing/shape.ts'
import { absent, bodyOf, part, refusal } from './answers.ts'
import { purchaseKey, type Desk } from './desk.ts'
import type { Merchant, Purchase } from './rows.ts'

const position = record({
  pos: text(40),
  article: optional(note(80), ''),
  label: optional(note(500), ''),
  sort: oneOf('GOODS', 'SERVICE', 'LIMIT'),
  pieces: decimal,
  measure: text(10),
  unitPrice: decimal,
  priceBasis: optional(decimal, '1'),
  shut: optional(flag, false),
})
const fields = { merchantId: text(40), ccy: currency, buyer: text(60), agreedBy: optional(note(60), ''), positions: list(position, 1_000) }
export const purchase = record({ unitCode: text(20), purchaseNo: text(120), ...fields })
const issueBody = record(fields)
const changeBody = record({ basedOn: whole(1, 1e9), positions: list(position, 1_000), by: text(60), why: text(200) })
const turnBody = record({ by: text(60), why: text(200) })
type Given = Of<typeof purchase>

export function purchaseRoutes(desk: Desk, now: () => string): Route[] {
  const at = (more: string): string => `/purchases/{unitCode}/{purchaseNo}${more}`
  return [
    {
      method: 'GET',
      path: '/purchases',
      op: 'purchase.read',
      run: (call) =>
        part(
          call,
          [...desk.purchases.values()].map((editions) => editions.at(-1) as Purchase),
          {
            unitCode: (row, wanted) => row.unitCode === wanted,
            purchaseNo: (row, wanted) => row.purchaseNo === wanted,
            merchantId: (row, wanted) => row.merchantId === wanted,
          },
          (row) => withCounts(desk, row),
        ),
    },
    {
      method: 'GET',
      path: at(''),
      op: 'purchase.read',
      run: (call) => on(desk, call, (held) => ({ status: 200, body: withCounts(desk, held) })),
    },
    {
      method: 'GET',
      path: at('/editions'),
      op: 'purchase.read',
      run: (call) => on(desk, call, (held) => part(call, desk.purchases.get(purchaseKey(held)) ?? [], {})),
    },
    { method: 'PUT', path: at(''), op: 'purchase.issue', run: (call) => issue(desk, call, now()) },
    {
      method: 'POST',
      path: at('/editions'),
      op: 'purchase.change',
      run: (call) => on(desk, call, (held) => change(desk, call, held, now())),
    },
    { method: 'POST', path: at('/shut'), op: 'purchase.shut', run: (call) => on(desk, call, (held) => turn(call, held, 'SHUT', now())) },
    {
      method: 'POST',
      path: at('/reopen'),
      op: 'purchase.reopen',
      run: (call) => on(desk, call, (held) => turn(call, held, 'ISSUED', now())),
    },
  ]
}

function on(desk: Desk, call: Call, run: (held: Purchase) => Outcome): Outcome {
  const { unitCode = '', purchaseNo = '' } = call.params
  const held = desk.latest(unitCode, purchaseNo)
  return held ? run(held) : absent('purchase', purchaseKey({ unitCode, purchaseNo }))
}

function withCounts(desk: Desk, row: Purchase): unknown {
  return { ...row, positions: row.positions.map((held) => ({ ...held, countedSoFar: desk.counted(row, held.pos) })) }
}

interface Known {
  readonly units: { has(unitCode: string): boolean }
  readonly merchants: ReadonlyMap<string, Merchant>
}

/** Why a purchase cannot be issued; undefined when it can. */
export function unfit(known: Known, row: Given): Outcome | undefined {
  const merchant = known.merchants.get(row.merchantId)
  if (!known.units.has(row.unitCode)) return refusal(422, { code: 'PU-13', at: 'unitCode', says: `There is no unit ${row.unitCode}.` })
  if (!merchant) return refusal(422, { code: 'PU-13', at: 'merchantId', says: `There is no merchant ${row.merchantId}.` })
  if (merchant.clearance !== 'CLEARED') {
    return refusal(422, { code: 'PU-14', at: 'merchantId', says: `Merchant ${row.merchantId} is ${merchant.clearance}.` })
  }
  return undefined
}

/** The next edition of a purchase, or its first; undefined when it stands so already. */
export function purchaseFact(desk: Desk, given: Given, by: string, why: string, at: string): Fact | undefined {
  const held = desk.latest(given.unitCode, given.purchaseNo)
  if (!held) return fact('ISSUED', { ...given, edition: 1, phase: 'ISSUED', issuedAt: at, changedAt: at, changedBy: by, why })
  if (isDeepStrictEqual({ ...held, ...given }, { ...held })) return undefined
  return fact('EDITED', { ...held, ...given, edition: held.edition + 1, changedAt: at, changedBy: by, why })
}

function fact(verb: string, row: Purchase): Fact {
  return { what: 'PURCHASE', verb, key: purchaseKey(row), row }
}

function issue(desk: Desk, call: Call, at: string): Outcome {
  const body = bodyOf(call, issueBody)
  if (body.refused) return body.refused
  const { unitCode = '', purchaseNo = '' } = call.params
  const given = { unitCode, purchaseNo, ...body.value }
  if (desk.latest(unitCode, purchaseNo)) return refusal(409, { code: 'PU-12', says: `Purchase ${purchaseKey(given)} is there already.` })
  const made = unfit(desk, given) ?? purchaseFact(desk, given, given.buyer, '', at)
  if (made && 'status' in made) return made
  return { status: 201, body: made?.row, ...(made ? { facts: [made] } : {}) }
}

function change(desk: Desk, call: Call, held: Purchase, at: string): Outcome {
  const body = bodyOf(call, changeBody)
  if (body.refused) return body.refused
  const { basedOn, positions, by, why } = body.value
  if (basedOn !== held.edition) {
    return refusal(409, { code: 'PU-15', at: 'basedOn', says: `Edition ${basedOn} is not the latest, which is ${held.edition}.` })
  }
  if (held.phase === 'SHUT') return refusal(409, { code: 'PU-16', says: `Purchase ${purchaseKey(held)} is shut.` })
  const lost = held.positions.find((old) => desk.counted(held, old.pos) !== '0' && !positions.some((row) => row.pos === old.pos))
  if (lost) return refusal(422, { code: 'PU-17', at: 'positions', says: `Position ${lost.pos} was counted and cannot go.` })
  const made = fact('EDITED', { ...held, positions, edition: held.edition + 1, changedAt: at, changedBy: by, why })
  return { status: 201, body: made.row, facts: [made] }
}

function turn(call: Call, held: Purchase, phase: Purchase['phase'], at: string): Outcome {
  const body = bodyOf(call, turnBody)
  if (body.refused) return body.refused
  if (held.phase === phase) return refusal(409, { code: 'PU-16', says: `Purchase ${purchaseKey(held)} is ${phase} already.` })
  const { by, why } = body.value
  const made = fact(phase === 'SHUT' ? 'SHUT' : 'REOPENED', {
    ...held,
    phase,
    edition: held.edition + 1,
    changedAt: at,
    changedBy: by,
    why,
  })
  return { status: 200, body: made.row, facts: [made] }
}
