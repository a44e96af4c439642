import { num } from '../plumbing/amounts.ts'
import type { Book, Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { amount, list, note, optional, record, text, type Of } from '../plumbing/shape.ts'
import { bodyOf, absent, one, part, refusal, type Reason } from './answers.ts'
import { purchaseKey, type Desk } from './desk.ts'
import type { Slip } from './rows.ts'

const slipBody = record({
  unitCode: text(20),
  purchaseNo: text(120),
  rows: list(record({ pos: text(40), counted: amount }), 1_000),
  paperNo: optional(note(60), ''),
  by: text(60),
})
const backBody = record({ by: text(60), why: text(200) })

/** Goods as they come in at the door, and as they turn out not to have come. */
export function slipRoutes(desk: Desk, now: () => string): Route[] {
  return [
    {
      method: 'POST',
      path: '/slips',
      op: 'slip.count',
      run: (call) => {
        const body = bodyOf(call, slipBody)
        return body.refused ?? countGoods(desk, body.value, now())
      },
    },
    { method: 'POST', path: '/slips/{slipNo}/take-back', op: 'slip.takeBack', run: (call) => takeBack(desk, call, now()) },
    {
      method: 'GET',
      path: '/slips',
      op: 'slip.read',
      run: (call) =>
        part(call, [...desk.slips.values()], {
          unitCode: (row, wanted) => row.unitCode === wanted,
          purchaseNo: (row, wanted) => row.purchaseNo === wanted,
        }),
    },
    {
      method: 'GET',
      path: '/slips/{slipNo}',
      op: 'slip.read',
      run: ({ params }) => one('slip', params['slipNo'] ?? '', desk.slips.get(params['slipNo'] ?? '')),
    },
  ]
}

function countGoods(desk: Desk, given: Of<typeof slipBody>, at: string): Outcome {
  const { by, ...rest } = given
  const held = desk.latest(given.unitCode, given.purchaseNo)
  if (!held)
    return refusal(422, { code: 'PU-11', at: 'purchaseNo', says: `There is no purchase ${given.purchaseNo} of unit ${given.unitCode}.` })
  if (held.phase === 'SHUT') return refusal(409, { code: 'PU-16', says: `Purchase ${purchaseKey(held)} is shut.` })
  const reasons = given.rows.flatMap(({ pos, counted }, row): Reason[] => {
    const position = held.positions.find((one) => one.pos === pos)
    if (!position) return [{ code: 'SL-21', at: `rows[${row}].pos`, says: `Purchase ${purchaseKey(held)} has no position ${pos}.` }]
    if (position.sort !== 'GOODS')
      return [{ code: 'SL-22', at: `rows[${row}].pos`, says: `Position ${pos} is no goods: nobody counts it.` }]
    return num(counted) > 0n ? [] : [{ code: 'SL-24', at: `rows[${row}].counted`, says: 'Counted must be above zero.' }]
  })
  if (reasons.length > 0 || given.rows.length === 0) {
    return refusal(422, ...reasons, ...(given.rows.length === 0 ? [{ code: 'SL-24', at: 'rows', says: 'Nothing was counted.' }] : []))
  }
  const slip: Slip = { slipNo: desk.takeSlipNo(), ...rest, countedBy: by, countedAt: at, takenBack: null }
  return { status: 201, body: slip, facts: [{ what: 'SLIP', verb: 'COUNTED', key: slip.slipNo, row: slip }] }
}

function takeBack(desk: Desk, call: Call, at: string): Outcome {
  const body = bodyOf(call, backBody)
  if (body.refused) return body.refused
  const held = desk.slips.get(call.params['slipNo'] ?? '')
  if (!held) return absent('slip', call.params['slipNo'] ?? '')
  if (held.takenBack) return refusal(409, { code: 'SL-23', says: `Slip ${held.slipNo} was taken back by ${held.takenBack.by}.` })
  const slip: Slip = { ...held, takenBack: { ...body.value, at } }
  return { status: 200, body: slip, facts: [{ what: 'SLIP', verb: 'TAKEN_BACK', key: slip.slipNo, row: slip }] }
}

/** The door: counts announced goods once they are due. Returns how to stop it. */
export function watchDoor(desk: Desk, book: Book, tempo: { readonly doorMs: number }, now: () => string): () => void {
  let timer: NodeJS.Timeout
  const look = (): void => {
    const at = now()
    // Looked at again soon while the door is shut, because PUT /tempo may open it.
    for (const planned of tempo.doorMs > 0 ? desk.arrivals.values() : []) {
      if (planned.became !== '' || planned.dueAt > at) continue
      const { unitCode, purchaseNo, rows, arrivalNo } = planned
      const counted = countGoods(desk, { unitCode, purchaseNo, rows: [...rows], paperNo: arrivalNo, by: 'door' }, at)
      const became = counted.status === 201 ? (counted.body as Slip).slipNo : 'TURNED_AWAY'
      const arrival: Fact = {
        what: 'ARRIVAL',
        verb: counted.status === 201 ? 'COUNTED' : 'TURNED_AWAY',
        key: arrivalNo,
        row: { ...planned, became },
      }
      book.commit('slip.count', [...(counted.facts ?? []), arrival])
    }
    timer = setTimeout(look, tempo.doorMs > 0 ? tempo.doorMs : 50)
  }
  timer = setTimeout(look, tempo.doorMs)
  return () => {
    clearTimeout(timer)
  }
}
