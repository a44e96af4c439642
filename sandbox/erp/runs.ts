import { createHash } from 'node:crypto'
import { show, sum } from '../plumbing/amounts.ts'
import type { Fact } from '../plumbing/book.ts'
import type { Rule } from '../plumbing/faults.ts'
import type { Call, Outcome, Route } from '../plumbing/server.ts'
import { currency, date, flag, optional, record, text, whole, type Of } from '../plumbing/shape.ts'
import { bodyOf, page, refusal, unknown } from './answers.ts'
import type { Ledger } from './ledger.ts'
import { houseAccount, pain001, twisted, type PainVersion } from './pain001.ts'
import type { LedgerDocument, PaymentDoc, Run, RunItem, RunPayment, Vendor } from './rows.ts'

const proposeBody = record({
  companyCode: text(20),
  waers: currency,
  dueBy: date,
  proposedBy: text(60),
  executeOn: optional(date, null),
  combine: optional(flag, true),
  batchBooking: optional(flag, true),
  limit: optional(whole(1, 100_000), 10_000),
})
const byBody = record({ by: text(60) })
export type Proposal = Of<typeof proposeBody>

/** Payment runs: propose, release by two, discard, fetch the file. */
export function runRoutes(ledger: Ledger, now: () => string, pain: PainVersion, houseTag: () => string): Route[] {
  const on =
    (act: (call: Call, run: Run) => Outcome) =>
    (call: Call): Outcome => {
      const run = ledger.runs.get(call.params['runNo'] ?? '')
      return run ? act(call, run) : unknown('Run', call.params['runNo'] ?? '')
    }
  const byPerson = (act: (run: Run, by: string, call: Call) => Outcome) =>
    on((call, run) => {
      const body = bodyOf(call, byBody)
      return body.refused ?? act(run, body.value.by, call)
    })
  return [
    {
      method: 'POST',
      path: '/runs',
      op: 'run.propose',
      run: (call) => {
        const body = bodyOf(call, proposeBody)
        return body.refused ?? propose(ledger, body.value, now())
      },
    },
    {
      method: 'GET',
      path: '/runs',
      op: 'run.read',
      run: (call) =>
        page(call, [...ledger.runs.values()], {
          companyCode: (row, wanted) => row.companyCode === wanted,
          lifecycle: (row, wanted) => row.lifecycle === wanted,
        }),
    },
    { method: 'GET', path: '/runs/{runNo}', op: 'run.read', run: on((_call, run) => ({ status: 200, body: run })) },
    {
      method: 'POST',
      path: '/runs/{runNo}/release',
      op: 'run.release',
      run: byPerson((run, by, call) => release(ledger, run, by, { at: now(), pain, houseTag: houseTag(), twist: call.twist })),
    },
    { method: 'POST', path: '/runs/{runNo}/discard', op: 'run.discard', run: byPerson(discard) },
    { method: 'GET', path: '/runs/{runNo}/file', op: 'run.file', run: on((_call, run) => file(ledger, run)) },
  ]
}

/** Proposes what is payable, or says that there is nothing. */
export function propose(ledger: Ledger, wanted: Proposal, at: string): Outcome {
  const company = ledger.companies.get(wanted.companyCode)
  if (!company) return refusal(422, { msgId: 'F5-101', field: 'companyCode', text: `Company code ${wanted.companyCode} does not exist.` })
  if (!houseAccount(company, wanted.waers))
    return refusal(422, {
      msgId: 'F1-311',
      field: 'waers',
      text: `Company code ${wanted.companyCode} has no house account in ${wanted.waers}.`,
    })
  const looked = [...ledger.payable]
    .map((docNo) => ledger.documents.get(docNo))
    .filter((row) => row !== undefined)
    .filter((row) => row.companyCode === wanted.companyCode && row.waers === wanted.waers)
    .slice(0, wanted.limit)
  const reasons = looked.map((row) => ({ row, why: hindrance(ledger, row) ?? (row.netDueDate > wanted.dueBy ? 'NOT_DUE' : undefined) }))
  const leftOut = reasons.flatMap(({ row, why }) => (why ? [{ docNo: row.docNo, why }] : []))
  const payments: RunPayment[] = []
  for (const group of grouped(
    reasons.flatMap(({ row, why }) => (why ? [] : [row])),
    wanted.combine,
  )) {
    const total = sum(group.map((row) => row.openAmt))
    if (total > 0n)
      payments.push({ vendorNo: group[0]?.vendorNo ?? '', payDocNo: null, amt: show(total, wanted.waers), items: group.map(item) })
    else leftOut.push(...group.map((row) => ({ docNo: row.docNo, why: 'NOTHING_TO_PAY' })))
  }
  if (payments.length === 0) return refusal(422, { msgId: 'F1-310', text: 'There is nothing to pay.' })
  const run: Run = {
    runNo: ledger.take('RUN'),
    companyCode: wanted.companyCode,
    waers: wanted.waers,
    lifecycle: 'PROPOSED',
    proposedBy: wanted.proposedBy,
    proposedAt: at,
    executeOn: wanted.executeOn ?? at.slice(0, 10),
    batchBooking: wanted.batchBooking,
    releases: [],
    payments,
    leftOut,
    file: null,
  }
  return { status: 201, body: run, facts: [fact('RUN', 'PROPOSED', run.runNo, run)] }
}

function grouped(rows: readonly LedgerDocument[], combine: boolean): LedgerDocument[][] {
  return [...Map.groupBy(rows, (row) => (combine ? row.vendorNo : row.docNo)).values()]
}

function item(row: LedgerDocument): RunItem {
  return { docNo: row.docNo, docType: row.docType, vendorDocNo: row.vendorDocNo, docDate: row.docDate, amt: row.openAmt }
}

/** Why a document cannot be paid now, in one word; undefined when it can. */
function hindrance(ledger: Ledger, row: LedgerDocument): string | undefined {
  const vendor = ledger.vendors.get(row.vendorNo)
  if (row.lifecycle !== 'BOOKED') return 'NOT_OPEN'
  if (row.payBlock !== '') return 'PAY_BLOCK'
  if (!vendor || vendor.centralBlock || vendor.standing !== 'ACTIVE') return 'VENDOR_BLOCKED'
  return vendor.payIban === '' && vendor.payOther === '' ? 'NO_ACCOUNT' : undefined
}

interface Making {
  readonly at: string
  readonly pain: PainVersion
  readonly houseTag: string
  readonly twist: Rule['twist']
}

/** The first release waits for another person; the second makes the payment documents and the file. */
export function release(ledger: Ledger, run: Run, by: string, making: Making): Outcome {
  if (run.lifecycle !== 'PROPOSED' && run.lifecycle !== 'HALF_RELEASED')
    return refusal(409, { msgId: 'F1-323', text: `Run ${run.runNo} is ${run.lifecycle}.` })
  if (!ledger.users.get(by)?.roles.includes('TREASURY'))
    return refusal(422, { msgId: 'F1-320', field: 'by', text: `${by} has not the role TREASURY.` })
  if (run.releases.some((held) => held.by === by))
    return refusal(422, { msgId: 'F1-321', field: 'by', text: `${by} has released run ${run.runNo} already; another person must.` })
  if (run.proposedBy === by)
    return refusal(422, { msgId: 'F1-322', field: 'by', text: `${by} proposed run ${run.runNo} and cannot release it.` })
  const signed = { ...run, releases: [...run.releases, { by, at: making.at }] }
  if (signed.releases.length < 2) return moved({ ...signed, lifecycle: 'HALF_RELEASED' })
  const checked = recheck(ledger, signed)
  if (checked.payments.length === 0) return moved({ ...checked, lifecycle: 'DISCARDED' })
  return instruct(ledger, checked, making)
}

/** Drops what has been blocked, cleared or reversed since the proposal. */
function recheck(ledger: Ledger, run: Run): Run {
  const leftOut = [...run.leftOut]
  const payments = run.payments.flatMap((payment) => {
    const items = payment.items.filter((held) => {
      const row = ledger.documents.get(held.docNo)
      const why = row ? (hindrance(ledger, row) ?? (row.openAmt === held.amt ? undefined : 'CHANGED')) : 'NOT_OPEN'
      if (why) leftOut.push({ docNo: held.docNo, why })
      return !why
    })
    const total = sum(items.map((held) => held.amt))
    if (total > 0n) return [{ ...payment, items, amt: show(total, run.waers) }]
    leftOut.push(...items.map((held) => ({ docNo: held.docNo, why: 'NOTHING_TO_PAY' })))
    return []
  })
  return { ...run, payments, leftOut }
}

function instruct(ledger: Ledger, run: Run, making: Making): Outcome {
  const company = ledger.companies.get(run.companyCode)
  if (!company) return unknown('Company code', run.companyCode)
  const msgId = `${run.runNo}-${making.houseTag}`
  const payments = run.payments.map((payment) => instruction(ledger, run, payment, msgId))
  const made = pain001({ version: making.pain, run, msgId, createdAt: making.at, company, payments })
  const text = making.twist ? twisted(made, making.twist) : made
  const bytes = Buffer.from(text)
  const released: Run = {
    ...run,
    lifecycle: 'RELEASED',
    payments: run.payments.map((payment, at) => ({ ...payment, payDocNo: payments[at]?.payDocNo ?? null })),
    file: {
      name: `${msgId}.xml`,
      msgId,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      count: payments.length,
      ctrlSum: show(sum(payments.map((payment) => payment.amt)), run.waers),
    },
  }
  return {
    status: 200,
    body: released,
    facts: [
      { what: 'FILE', verb: 'MADE', key: run.runNo, row: { runNo: run.runNo, text } },
      ...payments.map((payment) => fact('PAYMENT', 'INSTRUCTED', payment.payDocNo, payment)),
      fact('RUN', 'RELEASED', run.runNo, released),
    ],
  }
}

/** The account comes from the vendor master as it is now, not from the document. */
function instruction(ledger: Ledger, run: Run, payment: RunPayment, msgId: string): PaymentDoc {
  const vendor = ledger.vendors.get(payment.vendorNo) as Vendor
  const payDocNo = ledger.take('PAYMENT')
  return {
    payDocNo,
    runNo: run.runNo,
    msgId,
    endToEndId: payDocNo,
    companyCode: run.companyCode,
    vendorNo: payment.vendorNo,
    payeeName: vendor.name,
    payeeIban: vendor.payIban,
    payeeOther: vendor.payIban === '' ? vendor.payOther : '',
    payeeBic: vendor.payBic,
    amt: payment.amt,
    waers: run.waers,
    executeOn: run.executeOn,
    items: payment.items,
    lifecycle: 'INSTRUCTED',
    clearings: [],
  }
}

function discard(run: Run): Outcome {
  if (run.lifecycle !== 'PROPOSED' && run.lifecycle !== 'HALF_RELEASED')
    return refusal(409, { msgId: 'F1-323', text: `Run ${run.runNo} is ${run.lifecycle}.` })
  return moved({ ...run, lifecycle: 'DISCARDED' })
}

function file(ledger: Ledger, run: Run): Outcome {
  const text = ledger.files.get(run.runNo)
  if (text === undefined || !run.file) return refusal(409, { msgId: 'F1-330', text: `Run ${run.runNo} is not released; there is no file.` })
  return {
    status: 200,
    body: {},
    headers: { 'x-file-name': run.file.name, 'x-file-sha256': run.file.sha256 },
    file: { type: 'application/xml', bytes: Buffer.from(text) },
  }
}

function moved(run: Run): Outcome {
  return { status: 200, body: run, facts: [fact('RUN', run.lifecycle, run.runNo, run)] }
}

function fact(what: string, verb: string, key: string, row: unknown): Fact {
  return { what, verb, key, row }
}
