/** `POST /tickets`: brings an invoice to the people who approve. The tool knows our key again for a day. */
import { z } from 'zod'
import type { Call, Command, Found, Reading } from '../../connector/contract.ts'
import { contentAs, getJson, sendJson, shaped } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { parseMoney } from '../../domain/money.ts'
import { foldedNumber } from '../../domain/names.ts'
import type { Json } from '../../lib/canonical-json.ts'
import type { Setting } from './config.ts'
import { BILL_KINDS } from './map.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { idIn, remitTo } from './terms.ts'
import { openedFacts } from './ticket-facts.ts'
import { Opened, Ticket, Tickets } from './wire.ts'

const Content = z.object({
  reference: z.string(),
  kind: z.enum(['invoice', 'credit-note']),
  number: z.string(),
  issuedOn: z.string(),
  dueOn: z.string().nullish(),
  entity: z.string(),
  supplier: z.object({ name: z.string(), names: z.array(z.string()).default([]), number: z.string() }),
  currency: z.string(),
  terms: z.object({ supplier: z.string(), payee: z.string(), entity: z.string() }),
  net: z.string(),
  tax: z.string(),
  gross: z.string(),
  payable: z.string(),
  orders: z.array(z.string()).default([]),
  lines: z
    .array(
      z.object({ id: z.string(), name: z.string(), quantity: z.string(), price: z.string(), net: z.string(), order: z.string().nullish() }),
    )
    .default([]),
})
type Content = z.infer<typeof Content>

export function submitInvoice(setting: Setting): Command {
  const { callTimeoutMs, keyRetentionMs, settleMs, gapMs } = setting.config
  return {
    class: 'K1',
    keyRetentionMs,
    timeoutMs: callTimeoutMs,
    noEffect: NO_EFFECT,
    // A key under which the first call was carried out gives the first answer again, never a refusal.
    refusalCoversEarlier: true,
    write: ({ content }, key) => sendJson('POST', '/tickets', body(setting, contentAs(content, Content), key), { 'idempotency-key': key }),
    read: reading,
    find: {
      settleMs,
      gapMs,
      request: (_key, { content }) => getJson('/tickets', { corrRef: contentAs(content, Content).reference, limit: '100' }),
      read: (reply, call) => found(setting, reply, call),
    },
  }
}

function body(setting: Setting, content: Content, key: string): Json {
  const { supplier, terms } = content
  const vatReg = idIn(supplier.names, 'supplier-vat')
  const creditor = { name: supplier.name, vendorNo: supplier.number, ...(vatReg === undefined ? {} : { vatReg }) }
  const [order] = content.orders
  return {
    corrRef: content.reference,
    billKind: BILL_KINDS[content.kind],
    billNo: content.number,
    billedOn: content.issuedOn,
    ...(content.dueOn ? { dueOn: content.dueOn } : {}),
    legalUnit: content.entity,
    creditor,
    remitTo: remitTo(setting.sha256, terms, creditor, content.entity),
    ccy: content.currency,
    netTotal: content.net,
    taxTotal: content.tax,
    grossTotal: content.gross,
    payTotal: content.payable,
    poRefs: content.orders,
    rows: content.lines.map((line) => ({
      rowNo: line.id,
      text: line.name,
      qty: line.quantity,
      price: line.price,
      rowNet: line.net,
      ...(line.order ? { poRow: line.order, ...(order === undefined ? {} : { poRef: order }) } : {}),
    })),
    openedBy: openedBy(setting, key),
  }
}

/** Tells the tickets of two submissions of the same invoice apart, should the key be forgotten. */
const openedBy = ({ config }: Setting, key: string): string => `${config.user} ${key.slice(-16)}`

/**
 * No fact but the receipt: when it was opened the ticket says, which carries our reference. By our clock it would have been asked for
 * when the reply had come, which may be later than that somebody said no to it.
 */
function reading(reply: Reply): Reading {
  const read = answerIn(reply, Opened)
  return nothing('outcome' in read ? read.outcome : { kind: 'done', receipt: { reference: read.value.ticketNo } })
}

function found(setting: Setting, reply: Reply, call: Call): Found {
  const read = answerIn(reply, Tickets)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no list' }
  const content = contentAs(call.input.content, Content)
  const rows = read.value.tickets.map((row) => shaped(row, Ticket))
  const broken = rows.find((row) => 'trouble' in row)
  if (broken && 'trouble' in broken) return { kind: 'unclear', says: broken.trouble }
  const tickets = rows.flatMap((row) =>
    'value' in row && row.value.corrRef === content.reference && row.value.openedBy === openedBy(setting, call.key) ? [row.value] : [],
  )
  const [first, second] = tickets
  if (first === undefined)
    return read.value.more ? { kind: 'undecided', says: 'More than 100 tickets carry our reference.' } : { kind: 'absent' }
  const observations = tickets.flatMap((ticket) => openedFacts(setting, ticket))
  if (second)
    return {
      kind: 'several',
      says: `Tickets ${tickets.map(({ ticketNo }) => ticketNo).join(', ')} carry our key.`,
      receipts: tickets.map(({ ticketNo }) => ({ reference: ticketNo })),
      observations,
    }
  // A person may have amended it since: the number and the currency we sent are what tells.
  const equal =
    foldedNumber(first.billNo) === foldedNumber(content.number) &&
    first.ccy === content.currency &&
    parseMoney(first.grossTotal, first.ccy)?.minor === parseMoney(content.gross, content.currency)?.minor
  return {
    kind: 'one',
    equal,
    receipt: { reference: first.ticketNo },
    ...(equal ? {} : { says: `${first.ticketNo} is ${first.billNo} over ${first.grossTotal} ${first.ccy}.` }),
    observations,
  }
}
