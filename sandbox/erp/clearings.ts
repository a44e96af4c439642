import { num, show, sum, tidy } from '../plumbing/amounts.ts'
import type { Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { amount, currency, date, list, note, oneOf, optional, record, text } from '../plumbing/shape.ts'
import { bodyOf, page, refusal, unknown } from './answers.ts'
import { signed } from './documents.ts'
import type { Ledger } from './ledger.ts'
import type { Clearing, LedgerDocument, PaymentDoc } from './rows.ts'

const confirmBody = record({
  bankRef: text(140),
  bookedOn: date,
  amt: amount,
  waers: currency,
  extRef: optional(note(60), ''),
  by: text(60),
})
const bounceBody = record({ bankRef: text(140), bookedOn: date, reason: text(60), extRef: optional(note(60), ''), by: text(60) })
const voidBody = record({ reason: text(200), by: text(60) })
const lineFields = record({ docNo: text(20), amt: amount })
const clearingBody = record({
  companyCode: text(20),
  vendorNo: text(60),
  waers: currency,
  means: oneOf('BANK', 'NETTING', 'INTERCO'),
  bankRef: optional(note(140), ''),
  bookedOn: date,
  amt: amount,
  lines: list(lineFields),
  differences: optional(list(record({ reasonKey: oneOf('SKONTO', 'FX', 'FEE', 'ROUND', 'WHT'), amt: amount })), []),
  partner: optional(record({ companyCode: text(20), docNo: text(20) }), null),
  extRef: optional(note(60), ''),
  by: text(60),
})

/** Payment documents and what clears the ledger: the bank side of a payment, its return, and clearings without a run. */
export function clearingRoutes(ledger: Ledger, now: () => string, shown: (at: string) => boolean): Route[] {
  const on =
    (act: (call: Call, payment: PaymentDoc) => Outcome) =>
    (call: Call): Outcome => {
      const payment = ledger.payments.get(call.params['payDocNo'] ?? '')
      return payment ? act(call, payment) : unknown('Payment document', call.params['payDocNo'] ?? '')
    }
  return [
    { method: 'GET', path: '/payment-docs', op: 'payment.read', run: (call) => searchPayments(ledger, call) },
    { method: 'GET', path: '/payment-docs/{payDocNo}', op: 'payment.read', run: on((_call, payment) => ({ status: 200, body: payment })) },
    {
      method: 'POST',
      path: '/payment-docs/{payDocNo}/confirm',
      op: 'payment.confirm',
      run: on((call, payment) => confirm(ledger, call, payment, now())),
    },
    {
      method: 'POST',
      path: '/payment-docs/{payDocNo}/bounce',
      op: 'payment.bounce',
      run: on((call, payment) => bounce(ledger, call, payment, now())),
    },
    { method: 'POST', path: '/payment-docs/{payDocNo}/void', op: 'payment.void', run: on((call, payment) => voided(call, payment, now())) },
    { method: 'POST', path: '/clearings', op: 'clearing.post', run: (call) => post(ledger, call, now()) },
    { method: 'GET', path: '/clearings', op: 'clearing.read', run: (call) => searchClearings(ledger, call, shown) },
    {
      method: 'GET',
      path: '/clearings/{no}',
      op: 'clearing.read',
      run: ({ params }) => {
        const row = ledger.clearings.get(params['no'] ?? '')
        return row ? { status: 200, body: row } : unknown('Clearing', params['no'] ?? '')
      },
    },
  ]
}

function searchPayments(ledger: Ledger, call: Call): Outcome {
  const [docNo, endToEndId] = [call.query.get('docNo'), call.query.get('endToEndId')]
  // The EndToEndId is the number of the payment document, so both searches start from few rows.
  const keys = endToEndId ? [endToEndId] : docNo ? ledger.paymentsByDocument.get(docNo) : undefined
  const rows = keys ? keys.map((key) => ledger.payments.get(key)).filter((row) => row !== undefined) : [...ledger.payments.values()]
  return page(call, rows, {
    runNo: (row, wanted) => row.runNo === wanted,
    endToEndId: (row, wanted) => row.endToEndId === wanted,
    docNo: (row, wanted) => row.items.some((item) => item.docNo === wanted),
    lifecycle: (row, wanted) => row.lifecycle === wanted,
  })
}

function searchClearings(ledger: Ledger, call: Call, shown: (at: string) => boolean): Outcome {
  const [extRef, bankRef, docNo] = ['extRef', 'bankRef', 'docNo'].map((name) => call.query.get(name))
  const keys = extRef
    ? ledger.clearingsByExtRef.get(extRef)
    : bankRef
      ? ledger.clearingsByBankRef.get(bankRef)
      : docNo
        ? (ledger.documents.get(docNo)?.clearings ?? [])
        : undefined
  const rows = keys ? keys.map((key) => ledger.clearings.get(key)).filter((row) => row !== undefined) : [...ledger.clearings.values()]
  return page(
    call,
    rows.filter((row) => shown(row.bookedAt)),
    {
      payDocNo: (row, wanted) => row.payDocNo === wanted,
      docNo: (row, wanted) => row.lines.some((line) => line.docNo === wanted),
      bankRef: (row, wanted) => row.bankRef === wanted,
      extRef: (row, wanted) => row.extRef === wanted,
    },
  )
}

/** Books the bank side. Nothing stops a second one: whoever calls twice has paid twice in the books. */
function confirm(ledger: Ledger, call: Call, payment: PaymentDoc, at: string): Outcome {
  const body = bodyOf(call, confirmBody)
  if (body.refused) return body.refused
  const { amt, waers, ...said } = body.value
  if (payment.lifecycle === 'VOID') return refusal(409, { msgId: 'F1-342', text: `Payment document ${payment.payDocNo} is void.` })
  if (waers !== payment.waers || num(amt) !== num(payment.amt)) {
    return refusal(422, {
      msgId: 'F1-341',
      field: 'amt',
      text: `Payment document ${payment.payDocNo} is about ${payment.amt} ${payment.waers}, not ${amt} ${waers}.`,
    })
  }
  const clearing: Clearing = {
    ...said,
    clearingDocNo: ledger.take('CLEARING'),
    means: 'BANK',
    companyCode: payment.companyCode,
    vendorNo: payment.vendorNo,
    payDocNo: payment.payDocNo,
    amt: payment.amt,
    waers,
    lines: payment.items.map(({ docNo, amt: open }) => ({ docNo, amt: open })),
    differences: [],
    partner: null,
    undoes: null,
    bookedAt: at,
  }
  return booked(ledger, clearing, at, paymentFact(payment, 'CONFIRMED', clearing.clearingDocNo))
}

function bounce(ledger: Ledger, call: Call, payment: PaymentDoc, at: string): Outcome {
  const body = bodyOf(call, bounceBody)
  if (body.refused) return body.refused
  const last = ledger.clearings.get(payment.clearings.at(-1) ?? '')
  if (payment.lifecycle !== 'CONFIRMED' || !last)
    return refusal(409, { msgId: 'F1-343', text: `Payment document ${payment.payDocNo} is not confirmed.` })
  const clearing: Clearing = {
    ...last,
    clearingDocNo: ledger.take('CLEARING'),
    bankRef: body.value.bankRef,
    bookedOn: body.value.bookedOn,
    extRef: body.value.extRef,
    by: body.value.by,
    amt: show(-num(last.amt), last.waers),
    lines: last.lines.map(({ docNo, amt }) => ({ docNo, amt: show(-num(amt), last.waers) })),
    undoes: last.clearingDocNo,
    bookedAt: at,
  }
  return booked(ledger, clearing, at, paymentFact(payment, 'BOUNCED', clearing.clearingDocNo))
}

function voided(call: Call, payment: PaymentDoc, at: string): Outcome {
  const body = bodyOf(call, voidBody)
  if (body.refused) return body.refused
  if (payment.lifecycle !== 'INSTRUCTED')
    return refusal(409, { msgId: 'F1-344', text: `Payment document ${payment.payDocNo} is ${payment.lifecycle}.` })
  return {
    status: 200,
    body: { payDocNo: payment.payDocNo, lifecycle: 'VOID' },
    facts: [
      { what: 'PAYMENT', verb: 'VOID', key: payment.payDocNo, row: { ...payment, lifecycle: 'VOID' } },
      ...payment.items.map(({ docNo }) => documentFact('REOPENED', { docNo, inRun: null, payBlock: 'B', changedAt: at })),
    ],
  }
}

function post(ledger: Ledger, call: Call, at: string): Outcome {
  const body = bodyOf(call, clearingBody)
  if (body.refused) return body.refused
  const given = body.value
  if (given.lines.length === 0) return refusal(400, { msgId: 'F5-001', field: 'lines', text: 'lines must not be empty.' })
  for (const line of given.lines) {
    const held = ledger.documents.get(line.docNo)
    if (!held) return unknown('Document', line.docNo)
    if (held.vendorNo !== given.vendorNo || held.companyCode !== given.companyCode || held.waers !== given.waers) {
      return refusal(422, {
        msgId: 'F1-350',
        field: 'lines',
        text: `Document ${line.docNo} is of another vendor, company code or currency.`,
      })
    }
    if (held.lifecycle !== 'BOOKED' && held.lifecycle !== 'CLEARED')
      return refusal(409, { msgId: 'F1-352', text: `Document ${line.docNo} is ${held.lifecycle}.` })
  }
  if ((given.means === 'INTERCO') !== (given.partner !== null)) {
    return refusal(422, { msgId: 'F1-353', field: 'partner', text: 'A clearing between companies, and no other, names its partner.' })
  }
  const partner = given.partner && ledger.documents.get(given.partner.docNo)
  if (given.partner && (partner?.companyCode !== given.partner.companyCode || partner.companyCode === given.companyCode)) {
    return refusal(422, {
      msgId: 'F1-354',
      field: 'partner',
      text: `Document ${given.partner.docNo} is none of another company code ${given.partner.companyCode}.`,
    })
  }
  const wanted = sum(given.lines.map((line) => line.amt)) - sum(given.differences.map((line) => line.amt))
  if (wanted !== num(given.amt) || (given.means === 'NETTING' && wanted !== 0n)) {
    return refusal(422, { msgId: 'F1-351', field: 'amt', text: 'Lines and differences do not add up to the amount.' })
  }
  const clearing: Clearing = {
    ...given,
    amt: tidy(given.amt, given.waers),
    lines: given.lines.map(({ docNo, amt }) => ({ docNo, amt: tidy(amt, given.waers) })),
    clearingDocNo: ledger.take('CLEARING'),
    payDocNo: null,
    undoes: null,
    bookedAt: at,
  }
  return booked(ledger, clearing, at)
}

/** The clearing with what it does to each of its documents. */
function booked(ledger: Ledger, clearing: Clearing, at: string, ...more: readonly Fact[]): Outcome {
  const rows = new Map<string, Partial<LedgerDocument> & { docNo: string }>()
  for (const { docNo, amt } of clearing.lines) {
    const held = { ...ledger.documents.get(docNo), ...rows.get(docNo) } as LedgerDocument
    rows.set(docNo, cleared(held, num(amt), clearing, at))
  }
  return {
    status: 201,
    body: { clearingDocNo: clearing.clearingDocNo, payDocNo: clearing.payDocNo, docNos: [...rows.keys()], bookedAt: at },
    facts: [
      { what: 'CLEARING', verb: 'BOOKED', key: clearing.clearingDocNo, row: clearing },
      ...more,
      ...[...rows.values()].map((row) => documentFact(verbOf(row, clearing), row)),
    ],
  }
}

function cleared(held: LedgerDocument, amt: bigint, clearing: Clearing, at: string): Partial<LedgerDocument> & { docNo: string } {
  const open = num(held.openAmt) - amt
  // Nothing open, or open the other way round: cleared, perhaps too often.
  const whole = num(signed(held)) < 0n ? open >= 0n : open <= 0n
  return {
    docNo: held.docNo,
    openAmt: show(open, held.waers),
    lifecycle: whole ? 'CLEARED' : 'BOOKED',
    clearedOn: whole ? clearing.bookedOn : null,
    clearings: [...held.clearings, clearing.clearingDocNo],
    inRun: clearing.payDocNo === null ? held.inRun : null,
    ...(clearing.undoes !== null && !whole ? { payBlock: 'B' } : {}),
    changedAt: at,
  }
}

function verbOf(row: Partial<LedgerDocument>, clearing: Clearing): string {
  if (row.lifecycle === 'CLEARED') return 'CLEARED'
  return clearing.undoes === null ? 'PART_CLEARED' : 'REOPENED'
}

function documentFact(verb: string, row: Partial<LedgerDocument> & { docNo: string }): Fact {
  return { what: 'DOCUMENT', verb, key: row.docNo, row }
}

function paymentFact(payment: PaymentDoc, lifecycle: 'CONFIRMED' | 'BOUNCED', clearingDocNo: string): Fact {
  const row: PaymentDoc = { ...payment, lifecycle, clearings: [...payment.clearings, clearingDocNo] }
  return { what: 'PAYMENT', verb: lifecycle, key: payment.payDocNo, row }
}
