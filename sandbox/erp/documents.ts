import { fits, num, show, sum, tidy } from '../plumbing/amounts.ts'
import type { Fact } from '../plumbing/book.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import {
  amount,
  base64,
  currency,
  date,
  decimal,
  flag,
  hash,
  list,
  note,
  oneOf,
  optional,
  record,
  text,
  texts,
  type Of,
} from '../plumbing/shape.ts'
import { bodyOf, page, refusal, unknown, type Msg } from './answers.ts'
import { orderKey, type Ledger } from './ledger.ts'
import type { Attachment, LedgerDocument } from './rows.ts'

const postBody = record({
  companyCode: text(20),
  docType: oneOf('KR', 'KG'),
  vendorNo: text(60),
  vendorDocNo: text(60),
  docDate: date,
  postingDate: optional(date, null),
  netDueDate: optional(date, null),
  waers: currency,
  netAmt: amount,
  taxAmt: optional(amount, '0'),
  grossAmt: amount,
  dueAmt: optional(amount, null),
  payMethod: optional(oneOf('T', 'E', 'K', 'N'), 'T'),
  payBlock: optional(note(1), ''),
  park: optional(flag, false),
  items: list(
    record({
      glAccount: text(40),
      kostl: optional(note(40), ''),
      taxKey: optional(note(20), ''),
      netAmt: amount,
      text: optional(note(500), ''),
      poNo: optional(note(120), ''),
      poItem: optional(note(40), ''),
      qty: optional(decimal, '0'),
    }),
  ),
  extRef: optional(note(60), ''),
  headerText: optional(note(500), ''),
  zFields: optional(texts(20, 500), {}),
  enteredBy: text(60),
})
const stornoBody = record({
  reason: text(60),
  requestedBy: text(60),
  agreedBy: text(60),
  extRef: optional(note(60), ''),
  stornoOn: optional(date, null),
})
const blockBody = record({ payBlock: note(1), by: text(60), text: optional(note(500), '') })
const bookBody = record({ by: text(60) })
const attachBody = record({
  title: text(200),
  mime: text(100),
  sha256: hash,
  contentBase64: optional(base64, ''),
  extRef: optional(note(60), ''),
  by: text(60),
})

/** Posting, reading back, reversing and blocking of documents. `shown`: whether what was written then is in searches yet. */
export function documentRoutes(ledger: Ledger, now: () => string, shown: (at: string) => boolean): Route[] {
  const on =
    (run: (call: Call, held: LedgerDocument) => Outcome) =>
    (call: Call): Outcome => {
      const held = ledger.documents.get(call.params['docNo'] ?? '')
      return held ? run(call, held) : unknown('Document', call.params['docNo'] ?? '')
    }
  return [
    { method: 'POST', path: '/documents', op: 'document.post', run: (call) => post(ledger, call, now()) },
    { method: 'GET', path: '/documents', op: 'document.search', run: (call) => search(ledger, call, shown) },
    { method: 'GET', path: '/documents/{docNo}', op: 'document.read', run: on((_call, held) => ({ status: 200, body: held })) },
    { method: 'POST', path: '/documents/{docNo}/book', op: 'document.book', run: on((call, held) => book(ledger, call, held, now())) },
    {
      method: 'POST',
      path: '/documents/{docNo}/storno',
      op: 'document.storno',
      run: on((call, held) => storno(ledger, call, held, now())),
    },
    {
      method: 'POST',
      path: '/documents/{docNo}/pay-block',
      op: 'document.block',
      run: on((call, held) => block(ledger, call, held, now())),
    },
    {
      method: 'POST',
      path: '/documents/{docNo}/attachments',
      op: 'document.attach',
      run: on((call, held) => attach(ledger, call, held, now())),
    },
    {
      method: 'GET',
      path: '/documents/{docNo}/attachments',
      op: 'document.attachments',
      run: on((call, held) =>
        page(
          call,
          (ledger.attachments.get(held.docNo) ?? []).filter((row) => shown(row.at)),
          { extRef: (row, wanted) => row.extRef === wanted },
        ),
      ),
    },
  ]
}

function post(ledger: Ledger, call: Call, at: string): Outcome {
  const read = bodyOf(call, postBody)
  if (read.refused) return read.refused
  const { park, ...body } = read.value
  const postingDate = body.postingDate ?? at.slice(0, 10)
  const problems = [...businessProblems(ledger, body), ...periodProblems(ledger, body.companyCode, postingDate)]
  const period = ledger.periodOf(body.companyCode, postingDate)
  if (problems.length > 0 || !period) return refusal(422, ...problems)
  const dueAmt = tidy(body.dueAmt ?? body.grossAmt, body.waers)
  const row: LedgerDocument = {
    ...body,
    docNo: ledger.take(body.docType),
    fiscalYear: period.fiscalYear,
    periodNo: period.periodNo,
    postingDate,
    netDueDate: body.netDueDate ?? body.docDate,
    netAmt: tidy(body.netAmt, body.waers),
    taxAmt: tidy(body.taxAmt, body.waers),
    grossAmt: tidy(body.grossAmt, body.waers),
    dueAmt,
    reconAccount: ledger.vendors.get(body.vendorNo)?.reconAccount ?? '',
    openAmt: park ? tidy('0', body.waers) : signed({ ...body, dueAmt }),
    items: body.items.map((item) => ({ ...item, netAmt: tidy(item.netAmt, body.waers) })),
    lifecycle: park ? 'PARKED' : 'BOOKED',
    enteredAt: at,
    bookedAt: park ? null : at,
    changedAt: at,
    inRun: null,
    stornoDocNo: null,
    stornoOn: null,
    stornoReason: null,
    stornoExtRef: null,
    stornoBy: null,
    clearedOn: null,
    clearings: [],
    attachCount: 0,
  }
  return { status: 201, body: receipt(row), facts: [{ what: 'DOCUMENT', verb: row.lifecycle, key: row.docNo, row }] }
}

function receipt({ docNo, companyCode, fiscalYear, periodNo, lifecycle, bookedAt }: LedgerDocument): unknown {
  return { docNo, companyCode, fiscalYear, periodNo, lifecycle, bookedAt }
}

/** What is open of a document once it is booked: positive for a claim, negative for a credit memo. */
export function signed({ docType, dueAmt, waers }: Pick<LedgerDocument, 'docType' | 'dueAmt' | 'waers'>): string {
  return show(docType === 'KG' ? -num(dueAmt) : num(dueAmt), waers)
}

function businessProblems(ledger: Ledger, body: Omit<Of<typeof postBody>, 'park'>): Msg[] {
  const found: Msg[] = []
  const say = (msgId: string, field: string, words: string): void => {
    found.push({ msgId, field, text: words })
  }
  const vendor = ledger.vendors.get(body.vendorNo)
  if (!ledger.companies.has(body.companyCode)) say('F5-101', 'companyCode', `Company code ${body.companyCode} does not exist.`)
  if (!vendor) say('F5-117', 'vendorNo', `Vendor ${body.vendorNo} does not exist.`)
  else if (vendor.centralBlock || vendor.standing !== 'ACTIVE') say('F5-118', 'vendorNo', `Vendor ${body.vendorNo} is blocked for posting.`)
  const amounts = [body.netAmt, body.taxAmt, body.grossAmt, body.dueAmt ?? '0', ...body.items.map((item) => item.netAmt)]
  if (amounts.some((held) => !fits(num(held), body.waers)))
    say('F5-212', 'waers', `An amount has more decimal places than ${body.waers} allows.`)
  if (sum([body.netAmt, body.taxAmt]) !== num(body.grossAmt))
    say('F5-210', 'grossAmt', 'Net amount and tax do not add up to the gross amount.')
  if (sum(body.items.map((item) => item.netAmt)) !== num(body.netAmt)) say('F5-211', 'items', 'The items do not add up to the net amount.')
  for (const [at, item] of body.items.entries()) {
    const key = ledger.taxKeys.get(item.taxKey)
    if (item.taxKey !== '' && (!key || (key.companyCode !== '*' && key.companyCode !== body.companyCode))) {
      say('F5-201', `items[${at}].taxKey`, `Tax key ${item.taxKey} does not exist in company code ${body.companyCode}.`)
    }
    if (item.poNo === '') continue
    const order = ledger.orders.get(orderKey(body.companyCode, item.poNo))
    if (!order || order.vendorNo !== body.vendorNo)
      say('M8-301', `items[${at}].poNo`, `Purchase order ${item.poNo} does not exist for vendor ${body.vendorNo}.`)
    else if (order.standing !== 'RELEASED') say('M8-303', `items[${at}].poNo`, `Purchase order ${item.poNo} is not released.`)
    else if (item.poItem !== '' && !order.items.some((held) => held.poItem === item.poItem))
      say('M8-302', `items[${at}].poItem`, `Purchase order ${item.poNo} has no item ${item.poItem}.`)
  }
  return found
}

/** Why nothing may be booked on this date. */
export function periodProblems(ledger: Ledger, companyCode: string, postingDate: string): Msg[] {
  const periods = ledger.periodsOn(companyCode, postingDate)
  const shut = periods.find((period) => period.gate === 'SHUT')
  if (shut) return [{ msgId: 'F5-286', field: 'postingDate', text: `Period ${shut.periodNo} of ${shut.fiscalYear} is shut.` }]
  return periods.length > 0
    ? []
    : [{ msgId: 'F5-286', field: 'postingDate', text: `No period is kept for ${postingDate} in company code ${companyCode}.` }]
}

function search(ledger: Ledger, call: Call, shown: (at: string) => boolean): Outcome {
  const { query } = call
  const keys = narrowest(ledger, query)
  const rows = keys ? keys.map((docNo) => ledger.documents.get(docNo)).filter((row) => row !== undefined) : [...ledger.documents.values()]
  return page(
    call,
    rows.filter((row) => shown(row.enteredAt)),
    {
      extRef: (row, wanted) => row.extRef === wanted,
      vendorNo: (row, wanted) => row.vendorNo === wanted,
      vendorDocNo: (row, wanted) => row.vendorDocNo === wanted,
      companyCode: (row, wanted) => row.companyCode === wanted,
      lifecycle: (row, wanted) => row.lifecycle === wanted,
    },
  )
}

function narrowest(ledger: Ledger, query: URLSearchParams): readonly string[] | undefined {
  const [extRef, vendorDocNo, vendorNo] = ['extRef', 'vendorDocNo', 'vendorNo'].map((name) => query.get(name))
  if (extRef) return ledger.byExtRef.get(extRef)
  if (vendorDocNo) return ledger.byVendorDocNo.get(vendorDocNo)
  return vendorNo ? ledger.byVendor.get(vendorNo) : undefined
}

function changed(verb: string, row: Partial<LedgerDocument> & { docNo: string }): Fact {
  return { what: 'DOCUMENT', verb, key: row.docNo, row }
}

function book(ledger: Ledger, call: Call, held: LedgerDocument, at: string): Outcome {
  const body = bodyOf(call, bookBody)
  if (body.refused) return body.refused
  if (held.lifecycle !== 'PARKED') return refusal(409, { msgId: 'F5-360', text: `Document ${held.docNo} is not parked.` })
  const problems = periodProblems(ledger, held.companyCode, held.postingDate)
  if (problems.length > 0) return refusal(422, ...problems)
  const row = { docNo: held.docNo, lifecycle: 'BOOKED' as const, bookedAt: at, changedAt: at, openAmt: signed(held) }
  return { status: 200, body: receipt({ ...held, ...row }), facts: [changed('BOOKED', { ...held, ...row })] }
}

function storno(ledger: Ledger, call: Call, held: LedgerDocument, at: string): Outcome {
  const body = bodyOf(call, stornoBody)
  if (body.refused) return body.refused
  const { reason, requestedBy, agreedBy, extRef, stornoOn } = body.value
  if (held.lifecycle === 'STORNO')
    return refusal(409, { msgId: 'F5-361', text: `Document ${held.docNo} was reversed by ${held.stornoDocNo}.` })
  const partly = held.lifecycle === 'BOOKED' && num(held.openAmt) !== num(signed(held))
  if (held.lifecycle === 'CLEARED' || partly || held.inRun !== null)
    return refusal(409, { msgId: 'F5-362', text: `Document ${held.docNo} is cleared, partly too, or in a payment run.` })
  if (requestedBy === agreedBy) return refusal(422, { msgId: 'F5-363', field: 'agreedBy', text: 'A reversal needs two different persons.' })
  const shut = stornoOn === null ? [] : periodProblems(ledger, held.companyCode, stornoOn)
  if (shut.length > 0) return refusal(422, ...shut)
  const row = {
    docNo: held.docNo,
    lifecycle: 'STORNO' as const,
    stornoDocNo: ledger.take('STORNO'),
    stornoOn: stornoOn ?? at.slice(0, 10),
    stornoReason: reason,
    stornoExtRef: extRef,
    stornoBy: [requestedBy, agreedBy],
    openAmt: tidy('0', held.waers),
    changedAt: at,
  }
  return {
    status: 201,
    body: { docNo: held.docNo, stornoDocNo: row.stornoDocNo, lifecycle: row.lifecycle },
    facts: [changed('STORNO', row)],
  }
}

function block(ledger: Ledger, call: Call, held: LedgerDocument, at: string): Outcome {
  const body = bodyOf(call, blockBody)
  if (body.refused) return body.refused
  const { payBlock } = body.value
  const answer: Outcome = { status: 200, body: { docNo: held.docNo, payBlock } }
  if (held.payBlock === payBlock) return answer
  const instructed = held.inRun !== null && ledger.runs.get(held.inRun)?.lifecycle === 'RELEASED'
  if (instructed || held.lifecycle === 'CLEARED' || held.lifecycle === 'STORNO') {
    return refusal(409, { msgId: 'F5-371', text: `Document ${held.docNo} is instructed, cleared or reversed; a payment block has no use.` })
  }
  return { ...answer, facts: [changed(payBlock === '' ? 'UNBLOCKED' : 'BLOCKED', { docNo: held.docNo, payBlock, changedAt: at })] }
}

function attach(ledger: Ledger, call: Call, held: LedgerDocument, at: string): Outcome {
  const body = bodyOf(call, attachBody)
  if (body.refused) return body.refused
  const row: Attachment = { attachNo: ledger.take('ATTACH'), docNo: held.docNo, ...body.value, at }
  return {
    status: 201,
    body: { attachNo: row.attachNo, docNo: held.docNo },
    facts: [
      { what: 'ATTACHMENT', verb: 'CREATED', key: row.attachNo, row },
      changed('ATTACHED', { docNo: held.docNo, attachCount: held.attachCount + 1, changedAt: at }),
    ],
  }
}
