/** `POST /documents`: books the invoice. Twice the same call books twice, so after an unknown outcome it is looked for. */
import { z } from 'zod'
import type { Call, Command, Found, Observation, Reading } from '../../connector/contract.ts'
import { contentAs, getJson, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { foldedNumber } from '../../domain/names.ts'
import { parseMoney } from '../../domain/money.ts'
import type { Json } from '../../lib/canonical-json.ts'
import type { Setting } from './config.ts'
import { documentFacts } from './document-facts.ts'
import { DOC_TYPES, PAY_METHODS } from './map.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { Document, listOf, Posted } from './wire.ts'

const Content = z.object({
  reference: z.string(),
  entity: z.string(),
  supplier: z.string(),
  kind: z.enum(['invoice', 'credit-note']),
  number: z.string(),
  issuedOn: z.string(),
  dueOn: z.string().nullish(),
  postedOn: z.string(),
  currency: z.string(),
  net: z.string(),
  tax: z.string(),
  gross: z.string(),
  payable: z.string(),
  method: z.enum(['transfer', 'collected', 'card', 'none']),
  lines: z.array(z.object({ account: z.string(), costCentre: z.string().optional(), amount: z.string(), taxCode: z.string().optional() })),
  orders: z.array(z.string()),
  policy: z.string(),
  approvers: z.array(z.string()),
  approvedAt: z.string(),
  authority: z.string(),
  correlation: z.string(),
  /** Posted with a payment block, which is lifted when it may be paid. */
  blocked: z.boolean().default(false),
})
type Content = z.infer<typeof Content>

/** The field of the ERP that keeps the key of our command, by which a second posting of the same invoice is told from the first. */
const KEY_FIELD = 'ZZKEY'
/** "zFields (≤ 20 entries, ≤ 500 characters each)" */
const FIELD_LENGTH = 500

export function postInvoice(setting: Setting): Command {
  const { callTimeoutMs, settleMs, gapMs } = setting.config
  return {
    class: 'K3',
    timeoutMs: callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }, key) => sendJson('POST', '/documents', body(setting, contentAs(content, Content), key)),
    read: (reply, call) => reading(reply, call),
    find: {
      settleMs,
      gapMs,
      request: (_key, { content }) => getJson('/documents', { extRef: contentAs(content, Content).reference, limit: '100' }),
      read: (reply, call) => found(setting, reply, call),
    },
  }
}

function body({ config }: Setting, content: Content, key: string): Json {
  const [order, another] = content.orders
  const poNo = another === undefined ? order : undefined
  return {
    companyCode: content.entity,
    docType: DOC_TYPES[content.kind],
    vendorNo: content.supplier,
    vendorDocNo: content.number,
    docDate: content.issuedOn,
    postingDate: content.postedOn,
    ...(content.dueOn ? { netDueDate: content.dueOn } : {}),
    waers: content.currency,
    netAmt: content.net,
    taxAmt: content.tax,
    grossAmt: content.gross,
    dueAmt: content.payable,
    payMethod: PAY_METHODS[content.method],
    ...(content.blocked ? { payBlock: config.blockLetter } : {}),
    items: content.lines.map((line) => ({
      glAccount: line.account,
      netAmt: line.amount,
      ...(line.costCentre ? { kostl: line.costCentre } : {}),
      ...(line.taxCode ? { taxKey: line.taxCode } : {}),
      ...(poNo === undefined ? {} : { poNo }),
    })),
    extRef: content.reference,
    enteredBy: config.user,
    zFields: {
      [KEY_FIELD]: kept(key),
      ZZPOLICY: kept(content.policy),
      ZZAUTHORITY: kept(content.authority),
      ZZAPPROVERS: kept(content.approvers.map(loginOf).join(', ')),
      ZZAPPROVEDAT: kept(content.approvedAt),
      ZZCORRELATION: kept(content.correlation),
      ZZORDERS: kept(content.orders.join(', ')),
    },
  }
}

const kept = (text: string): string => text.slice(0, FIELD_LENGTH).toWellFormed()
const loginOf = (alias: string): string => alias.split('|').at(-1) ?? alias

/**
 * A reply proves less than reading the document back: the number in it may be lost or somebody else's. So the fact is no more
 * than acknowledged, and the ERP's number is not bound to the invoice by it; the document itself, which carries our
 * reference, does that.
 */
function reading(reply: Reply, call: Call): Reading {
  const read = answerIn(reply, Posted)
  if ('outcome' in read) return nothing(read.outcome)
  const content = contentAs(call.input.content, Content)
  const { docNo, companyCode, lifecycle, bookedAt } = read.value
  if (companyCode !== content.entity || lifecycle !== 'BOOKED')
    return nothing({
      kind: 'unclear',
      says: `It answers ${docNo} ${lifecycle} in company ${companyCode}; asked for was a booking in ${content.entity}.`,
    })
  const observation: Observation = {
    eventId: `document|${docNo}|posted ${call.key}`,
    type: 'posting.confirmed',
    occurredAt: bookedAt,
    about: [{ names: [content.reference] }],
    reference: docNo,
    correlation: content.correlation,
    data: {
      postingNo: docNo,
      entity: companyCode,
      supplier: content.supplier,
      number: content.number,
      amount: content.gross,
      currency: content.currency,
      postedOn: content.postedOn,
      reference: content.reference,
    },
  }
  return { outcome: { kind: 'done', receipt: { reference: docNo, bookedAt } }, observations: [observation] }
}

/**
 * What carries our reference, without documents of earlier commands that were reversed. One of this very command that was
 * reversed since *was* booked: it is found, and its reversal is told with it.
 */
function found(setting: Setting, reply: Reply, call: Call): Found {
  const read = answerIn(reply, listOf(Document))
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no list' }
  const content = contentAs(call.input.content, Content)
  if (read.value.next !== null) return { kind: 'undecided', says: 'More than 100 documents carry our reference.' }
  const documents = read.value.rows.filter(
    (row) => row.extRef === content.reference && (row.lifecycle !== 'STORNO' || row.zFields[KEY_FIELD] === call.key),
  )
  const observations = documents.flatMap((document) => documentFacts(setting, document))
  const receipts = documents.map((document) => ({ reference: document.docNo, lifecycle: document.lifecycle }))
  const [first, second] = documents
  if (first === undefined) return { kind: 'absent' }
  if (second !== undefined)
    return {
      kind: 'several',
      says: `Documents ${receipts.map((receipt) => receipt.reference).join(', ')} carry our reference.`,
      receipts,
      observations,
    }
  const differs = differences(first, content)
  return {
    kind: 'one',
    equal: differs === '',
    receipt: receipts[0] ?? { reference: first.docNo },
    ...(differs === '' ? {} : { says: `${first.docNo} has ${differs}.` }),
    observations,
  }
}

/** What the document says otherwise than we sent; empty when it is ours in amount, currency, company, vendor, number and kind. */
function differences(document: Document, content: Content): string {
  const same = parseMoney(document.grossAmt, document.waers)?.minor === parseMoney(content.gross, content.currency)?.minor
  return [
    same ? '' : `amount ${document.grossAmt}`,
    document.waers === content.currency ? '' : `currency ${document.waers}`,
    document.companyCode === content.entity ? '' : `company ${document.companyCode}`,
    document.vendorNo === content.supplier ? '' : `vendor ${document.vendorNo}`,
    foldedNumber(document.vendorDocNo) === foldedNumber(content.number) ? '' : `number ${document.vendorDocNo}`,
    document.docType === DOC_TYPES[content.kind] ? '' : `type ${document.docType}`,
  ]
    .filter((part) => part !== '')
    .join(', ')
}
