import { num, scaleOf, show, times } from '../plumbing/amounts.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { amount, currency, date, list, record, text } from '../plumbing/shape.ts'
import { bodyOf, refusal, unknown } from './answers.ts'
import { periodProblems } from './documents.ts'
import type { Ledger } from './ledger.ts'
import type { Revaluation } from './rows.ts'

const postBody = record({
  companyCode: text(20),
  keyDate: date,
  rates: list(record({ waers: currency, carriedAt: amount, keyRate: amount }), 100),
  by: text(60),
})
const reverseBody = record({ bookedOn: date, by: text(60) })

/** Period end: what is open in foreign currencies at the rate of the day, and back again. */
export function revaluationRoutes(ledger: Ledger, now: () => string): Route[] {
  return [
    { method: 'POST', path: '/revaluations', op: 'revaluation.post', run: (call) => post(ledger, call, now()) },
    {
      method: 'GET',
      path: '/revaluations/{no}',
      op: 'revaluation.read',
      run: ({ params }) => {
        const row = ledger.revaluations.get(params['no'] ?? '')
        return row ? { status: 200, body: row } : unknown('Revaluation', params['no'] ?? '')
      },
    },
    { method: 'POST', path: '/revaluations/{no}/reverse', op: 'revaluation.reverse', run: (call) => reverse(ledger, call, now()) },
  ]
}

function post(ledger: Ledger, call: Call, at: string): Outcome {
  const body = bodyOf(call, postBody)
  if (body.refused) return body.refused
  const { companyCode, keyDate, rates, by } = body.value
  const company = ledger.companies.get(companyCode)
  if (!company) return refusal(422, { msgId: 'F5-101', field: 'companyCode', text: `Company code ${companyCode} does not exist.` })
  if (rates.some(({ waers }) => waers === company.waers))
    return refusal(422, { msgId: 'F7-412', field: 'rates', text: `${company.waers} is the company code's own currency.` })
  const shut = periodProblems(ledger, companyCode, keyDate)
  if (shut.length > 0) return refusal(422, ...shut)
  const rateOf = new Map(rates.map((rate) => [rate.waers, num(rate.keyRate) - num(rate.carriedAt)]))
  const lines = ledger.subledger
    .openItems({ companyCode, keyDate, upTo: ledger.changes.length })
    .flatMap(({ docNo, reconAccount, waers, openBal }) => {
      const change = times(openBal, rateOf.get(waers) ?? 0n, scaleOf(company.waers))
      return change === 0n
        ? []
        : [{ docNo, reconAccount, itemWaers: waers, openBal: show(openBal, waers), diffAmt: show(change, company.waers) }]
    })
  if (lines.length === 0)
    return refusal(422, { msgId: 'F7-410', field: 'rates', text: 'Nothing that is open in these currencies changes its value.' })
  return booked({
    revalNo: ledger.take('REVAL'),
    companyCode,
    keyDate,
    bookedOn: keyDate,
    waers: company.waers,
    lines,
    undoes: null,
    by,
    bookedAt: at,
  })
}

function reverse(ledger: Ledger, call: Call, at: string): Outcome {
  const held = ledger.revaluations.get(call.params['no'] ?? '')
  if (!held) return unknown('Revaluation', call.params['no'] ?? '')
  const body = bodyOf(call, reverseBody)
  if (body.refused) return body.refused
  if (held.undoes !== null || [...ledger.revaluations.values()].some((other) => other.undoes === held.revalNo))
    return refusal(409, { msgId: 'F7-411', text: `Revaluation ${held.revalNo} was reversed before, or is a counter-entry.` })
  const shut = periodProblems(ledger, held.companyCode, body.value.bookedOn)
  if (shut.length > 0) return refusal(422, ...shut)
  const lines = held.lines.map((line) => ({ ...line, diffAmt: show(-num(line.diffAmt), held.waers) }))
  return booked({ ...held, ...body.value, revalNo: ledger.take('REVAL'), lines, undoes: held.revalNo, bookedAt: at })
}

function booked(row: Revaluation): Outcome {
  return { status: 201, body: row, facts: [{ what: 'REVALUATION', verb: 'BOOKED', key: row.revalNo, row }] }
}
