/** What happens in a small company, as the systems would say it, for invoices of any number and amount. */
import { accepted, ACCOUNT, CODED, CODER, entry, fact, invoiceDocument, masterData, PERSON, received } from '../facts.ts'
import { sha256 } from '../world.ts'
import type { EffectInput } from '../../src/domain/effect.ts'
import type { FactData } from '../../src/domain/event-data.ts'
import { contentOf, invoiceRef, sumOf, type InvoiceContent } from '../../src/domain/invoice-content.ts'
import type { InvoiceDocument } from '../../src/domain/invoice-document.ts'
import { batchName, endToEndName, paymentName, personName, postingName } from '../../src/domain/names.ts'
import type { Arrival, CommandName, Ref } from '../../src/domain/object.ts'
import type { Amended, Terms } from '../../src/domain/terms.ts'
import { hexOf } from '../../src/lib/hash.ts'
import { derivedId } from '../../src/lib/ids.ts'
import { NOW } from './case.ts'

export const day = (n: number, hour = 8): string => `2026-01-${String(n).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00.000Z`
export const company = (): Arrival[] => masterData(undefined, NOW)

export interface Bill {
  readonly document: InvoiceDocument
  readonly content: InvoiceContent
  readonly hash: string
  readonly ref: Ref
  readonly terms: Terms
}

/** An invoice over 10 widgets at 10.00 on PO-1, 119.00 with tax, and what is different. */
export const bill = (change: Partial<InvoiceDocument> = {}, payee = true): Bill => billOf(invoiceDocument(change), payee)

export function billOf(document: InvoiceDocument, payee = true): Bill {
  const content = contentOf(document)
  const hash = hexOf(sha256(JSON.stringify(document)))
  const { totals } = content
  const terms: Terms = {
    ...CODED,
    supplier: content.supplier.names[0]!,
    entity: content.entity.names[0]!,
    payee: payee ? hexOf(sha256(content.accounts[0] ?? ACCOUNT)) : 'none',
    net: totals.taxExclusive,
    tax: totals.tax,
    gross: totals.taxInclusive,
    orders: content.orders,
    dueOn: content.dueOn,
    currency: content.currency,
    coding: [{ account: '4760', amount: totals.taxExclusive }],
  }
  return { document, content, hash, ref: invoiceRef(sha256, content, hash), terms }
}

export const NO_ORDER = { orderReference: undefined as never }
/** Totals of an invoice over this net amount at 19 %. */
export function over(net: string, payable?: string): Partial<InvoiceDocument> {
  const tax = (Number(net) * 0.19).toFixed(2)
  const gross = sumOf([net, tax])
  return {
    ...NO_ORDER,
    taxBreakdown: [{ taxable: net, tax, category: 'S', rate: '19' }],
    totals: {
      lines: net,
      taxExclusive: net,
      tax,
      taxInclusive: gross,
      payable: payable ?? gross,
      ...(payable === undefined ? {} : { prepaid: sumOf([gross, payable.startsWith('-') ? payable.slice(1) : `-${payable}`]) }),
    },
    lines: [{ ...invoiceDocument().lines[0]!, quantity: '1', price: net, net }],
  }
}

export const arrives = (invoice: Bill, at = day(11), more: Partial<Arrival> = {}): Arrival => ({
  ...received(invoice.document, `document ${invoice.hash.slice(0, 8)}`, at, invoice.hash),
  ...more,
})
/** Another document of what arrived as `first`, taken as its correction by a person. */
export const corrects = (first: Bill, invoice: Bill, at: string): Arrival => ({
  ...received(invoice.document, `correction ${invoice.hash.slice(0, 8)}`, at, invoice.hash, 'invoice.corrected'),
  about: [first.ref],
})

export const yes = ({ ref, terms }: Bill, at = day(13), more: { person?: string; terms?: Terms } = {}): Arrival =>
  fact('approval.granted', 'ap', `grant ${ref.names[0]} ${at} ${more.person ?? ''}`, at, [ref], {
    ticket: `T ${ref.names[0]}`,
    step: '1',
    person: more.person ?? PERSON,
    terms: more.terms ?? terms,
  })
export const complete = (
  { ref, terms }: Bill,
  at = day(13, 9),
  more: { terms?: Terms; enterers?: string[]; amended?: Amended[] } = {},
): Arrival =>
  fact('approval.completed', 'ap', `complete ${ref.names[0]} ${at}`, at, [ref], {
    ticket: `T ${ref.names[0]}`,
    terms: more.terms ?? terms,
    enterers: more.enterers ?? [CODER],
    ...(more.amended ? { amended: more.amended } : {}),
  })
export const approved = (invoice: Bill): Arrival[] => [yes(invoice), complete(invoice)]

export const books = (
  { ref, content }: Bill,
  postingNo: string,
  at = day(15),
  more: Partial<FactData['posting.confirmed']> = {},
): Arrival =>
  fact('posting.confirmed', 'erp', `posted ${postingNo}`, at, [{ names: [...ref.names, postingName('erp', '1000', postingNo)] }], {
    postingNo,
    entity: '1000',
    supplier: 'V1',
    number: content.number,
    amount: content.totals.taxInclusive,
    currency: content.currency,
    postedOn: '2026-01-15',
    reference: 'ours',
    ...more,
  })
export const storno = ({ ref }: Bill, postingNo: string, at: string): Arrival =>
  fact('posting.reversed', 'erp', `reversed ${postingNo}`, at, [ref], {
    postingNo,
    entity: '1000',
    reversalNo: `${postingNo}R`,
    reversedOn: at.slice(0, 10),
  })
export const clears = (
  invoice: Bill,
  kind: string,
  amount: string,
  more: Partial<FactData['clearing.recorded']> = {},
  at = day(20),
): Arrival =>
  fact('clearing.recorded', 'erp', `clearing ${kind} ${amount} ${invoice.content.number} ${more.ledger ?? ''}`, at, [invoice.ref], {
    postingNo: '7000',
    kind,
    amount,
    currency: invoice.content.currency,
    reason: kind,
    ...more,
  })

/** One payment of a file: end-to-end id → the amount of each posting that it pays. */
export interface Paying {
  readonly [endToEndId: string]: { readonly [postingNo: string]: string }
}

/** A payment file that two people released. */
export function run(message: string, paying: Paying, at = day(18)): Arrival[] {
  const batch: Ref = { names: [batchName(message)], create: 'payment-batch' }
  const payments = Object.entries(paying).map(([endToEndId, items]) => ({
    endToEndId,
    items: Object.entries(items),
    amount: sumOf(Object.values(items)),
  }))
  const sum = sumOf(payments.map((payment) => payment.amount))
  return [
    ...payments.map(({ endToEndId, items, amount }) =>
      fact(
        'payment.instructed',
        'erp',
        `pay ${endToEndId}`,
        at,
        [{ names: [paymentName(message, endToEndId)], create: 'payment', offers: [endToEndName(endToEndId)] }, batch],
        {
          messageId: message,
          endToEndId,
          paymentDoc: `P-${endToEndId}`,
          amount,
          currency: 'EUR',
          account: ACCOUNT,
          supplier: 'V1',
          items: items.map(([postingNo, part]) => ({ posting: postingName('erp', '1000', postingNo), amount: part })),
        },
      ),
    ),
    fact('payment.released', 'erp', `release ${message}`, at, [batch], {
      messageId: message,
      run: `RUN ${message}`,
      document: 'f'.repeat(64),
      releasedBy: [personName('directory', 'tina'), personName('directory', 'tom')],
    }),
    fact('file.completed', 'erp', `file ${message}`, at, [batch], {
      messageId: message,
      document: 'f'.repeat(64),
      claimedCount: String(payments.length),
      claimedSum: sum,
      count: payments.length,
      sum,
      findings: [],
    }),
  ]
}

export const takes = (message: string, at = day(19)): Arrival => accepted(message, at)
export const debits = (
  endToEndId: string,
  amount: string,
  at = day(20),
  change: Partial<FactData['statement.entry-booked']> = {},
): Arrival => entry(`${endToEndId} ${at}`, at, endToEndId, { amount, bankReference: `B ${endToEndId} ${at}`, ...change })
export const returns = (endToEndId: string, amount: string, at = day(22)): Arrival =>
  debits('', amount, at, { direction: 'credit', returns: { endToEndId, code: 'AC04', reason: 'account closed' } })

/** Posted as 5100, paid in M1 as E1, booked. */
export const paidInFull = (invoice: Bill, postingNo = '5100', message = 'M1', endToEndId = 'E1'): Arrival[] => [
  books(invoice, postingNo),
  ...run(message, { [endToEndId]: { [postingNo]: invoice.content.totals.payable } }),
  takes(message),
  debits(endToEndId, invoice.content.totals.payable),
]

const caseName = (invoice: Pick<Bill, 'ref'>, cause: string, times: number): string =>
  derivedId(sha256, 'exc', derivedId(sha256, 'inv', invoice.ref.names[0]!), cause, String(times))

/** How a command of ours ended, as delivery tells it. */
export const ended = (
  about: Ref,
  type: 'effect.done' | 'effect.refused' | 'effect.resolved',
  at: string,
  data: {
    readonly target: string
    readonly command: CommandName
    readonly object: string
    readonly occurrence: string
    readonly input: EffectInput
    readonly says?: string
    readonly dead?: true
  },
): Arrival => ({
  ...fact('invoice.rejected', 'hub', `${data.command} ${at}`, at, [about], { reason: '' }),
  type,
  source: { system: 'hub', role: 'hub' },
  data: {
    effect: 'k',
    contentHash: 'h',
    attempt: 1,
    ...data,
    ...(data.input === 'done' ? { receipt: { reference: data.object } } : {}),
  },
})
/** The ERP answered that it has posted it. */
export const acknowledged = ({ ref }: Bill, at = day(14)): Arrival =>
  ended(ref, 'effect.done', at, { target: 'erp', command: 'invoice.post', object: '5100', occurrence: '0', input: 'done' })
/** The ERP carried out our block of a posting, or our lifting of it. */
export const carriedOut = ({ ref }: Bill, command: 'payment.hold' | 'payment.unhold', postingNo: string, at: string): Arrival =>
  ended(ref, 'effect.done', at, { target: 'erp', command, object: postingNo, occurrence: `${postingNo}#0`, input: 'done' })

/** A person's answer to the case that the invoice has for this cause, the first time it has it unless said. */
export function answers(invoice: Pick<Bill, 'ref'>, cause: string, action: string, at: string, second?: string, times = 1): Arrival {
  return fact(
    'exception.answered',
    'person',
    `answer ${cause} ${action} ${at}`,
    at,
    [{ names: [caseName(invoice, cause, times)] }, { names: invoice.ref.names }],
    {
      exception: caseName(invoice, cause, times),
      action,
      reason: 'looked at',
      ...(second === undefined ? {} : { second }),
    },
    { actor: 'person:lea' },
  )
}
export function answersPayment(endToEndId: string, message: string, cause: string, action: string, at: string, second: string): Arrival {
  const id = derivedId(sha256, 'exc', derivedId(sha256, 'pay', paymentName(message, endToEndId)), cause, '1')
  return fact(
    'exception.answered',
    'person',
    `answer ${cause} ${action} ${at}`,
    at,
    [{ names: [id] }, { names: [paymentName(message, endToEndId)] }],
    { exception: id, action, reason: 'wrong account', second },
    { actor: 'person:lea' },
  )
}
export { CODER, PERSON }
