/** What may happen to one invoice, by variant: the facts that a random history is drawn from. */
import {
  accepted,
  completed,
  entry,
  fact,
  granted,
  invoiceDocument,
  masterData,
  paymentRun,
  posted,
  received,
  reversed,
  CODED,
  CODER,
  PERSON,
  TERMS,
} from './facts.ts'
import { goodsOrder, receipt, receiptReversed } from './goods.ts'
import { sha256, World } from './world.ts'
import type { EventType } from '../src/domain/event.ts'
import type { InvoiceDocument } from '../src/domain/invoice-document.ts'
import { contentOf, invoiceRef } from '../src/domain/invoice-content.ts'
import { paymentName, postingName } from '../src/domain/names.ts'
import type { Json } from '../src/lib/canonical-json.ts'
import { lawOf } from '../src/domain/law.ts'
import { DEFAULT_POLICY } from '../src/domain/policy.ts'
import type { Arrival, Ref } from '../src/domain/object.ts'
import type { Terms } from '../src/domain/terms.ts'

export const law = lawOf({ ...DEFAULT_POLICY, systems: { ...DEFAULT_POLICY.systems, archive: 'archive' } }, sha256)
export const NOW = '2026-01-31T20:00:00.000Z'
export const day = (n: number, hour = 8): string => `2026-01-${String(n).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00.000Z`

/** The kinds of invoices that histories are made of. */
export const VARIANTS: Record<string, Partial<InvoiceDocument>> = {
  order: {},
  // The order asks for a receipt.
  goods: {},
  'no order': { orderReference: undefined as never },
  'credit note': { kind: 'credit-note', typeCode: '381', orderReference: undefined as never },
  'direct debit': { paymentMeans: [{ code: '59', account: 'DE99' }], orderReference: undefined as never },
  card: { paymentMeans: [{ code: '48' }], orderReference: undefined as never },
  'nothing due': {
    totals: { lines: '100.00', taxExclusive: '100.00', tax: '19.00', taxInclusive: '119.00', prepaid: '119.00', payable: '0.00' },
  },
  'does not add up': { totals: { lines: '100.00', taxExclusive: '100.00', tax: '19.00', taxInclusive: '120.00', payable: '120.00' } },
  'self-billed': { typeCode: '389' },
  'never sent to us': {},
  // Open when the hub began, and nothing more was sent.
  'taken over': {},
  'dearer than ordered': {
    lines: [{ ...invoiceDocument().lines[0]!, price: '12.50', quantity: '8' }],
  },
}

export interface History {
  readonly invoice: Ref
  readonly id: string
  readonly facts: readonly Arrival[]
}

/** Everything that may happen to such an invoice; a history is any part of it, in any order, any of it more than once. */
function possible(variant: string): History {
  const document = invoiceDocument(VARIANTS[variant])
  const content = contentOf(document)
  const invoice = invoiceRef(sha256, content, 'd'.repeat(64))
  const w = new World(law, NOW)
  const adopted: Arrival = {
    ...posted({ names: [] }, '5200', day(18), content.totals.taxInclusive, null),
    about: [{ names: [postingName('erp', '1000', '5200')], create: 'invoice' }],
  }
  const takenOver = fact('invoice.taken-over', 'person', 'taken over', day(5), adopted.about, {
    postingNo: '5200',
    entity: '1000',
    supplier: 'V1',
    number: content.number,
    amount: content.totals.taxInclusive,
    currency: content.currency,
    postedOn: '2026-01-04',
    open: [{ account: '1600', currency: content.currency, amount: content.totals.taxInclusive }],
    on: '2026-01-05',
    file: '4'.repeat(64),
  })
  // Without a document of ours.
  const unsent = { 'never sent to us': [adopted], 'taken over': [takenOver, adopted] }[variant]
  w.submit(unsent?.[0] ?? received(document, 'doc1', day(11), 'd'.repeat(64)))
  const id = [...w.records.keys()].find((key) => key.startsWith('inv_'))!
  const ours = { names: [id] }
  const terms: Terms = {
    ...CODED,
    orders: content.orders,
    payee: ['direct debit', 'card'].includes(variant) ? 'none' : TERMS.payee,
    gross: content.totals.taxInclusive,
  }
  const amount = content.totals.payable
  const whole = posted(ours, '5400', day(15), content.totals.taxInclusive, null)
  const coding = [{ account: '4910', amount: content.totals.taxExclusive }]
  const otherwise = { ...whole, data: { ...whole.data, tax: content.totals.tax, coding } }
  const sign = document.kind === 'credit-note' ? `-${amount}` : amount
  const by = { ticket: 'T1', person: PERSON }
  const run = (postingNo: string, message: string, at: string): Arrival[] => paymentRun(postingNo, message, `E${message}`, at, sign)
  const effect = (type: EventType, eventId: string, at: string, data: object): Arrival => ({
    ...fact('invoice.rejected', 'hub', eventId, at, [ours], { reason: '' }),
    type,
    source: { system: 'hub', role: 'hub' },
    data: { effect: 'k', target: 'erp', command: 'invoice.post', object: id, occurrence: '0', contentHash: 'h', attempt: 1, ...data },
  })
  const collected = ['direct debit', 'card'].includes(variant)
  return {
    invoice,
    id,
    facts: [
      ...masterData(undefined, NOW).map((arrival) =>
        variant === 'goods' && arrival.eventId === 'read order' ? ofGoods(arrival) : arrival,
      ),
      ...(unsent ?? [
        received(document, 'doc1', day(11), 'd'.repeat(64)),
        { ...received(document, 'doc1 again', day(11, 9), '1'.repeat(64)), about: [ours] },
        received({ ...document, dueOn: '2026-03-01' }, 'doc2', day(12), 'e'.repeat(64), 'invoice.corrected', id),
      ]),
      fact('approval.requested', 'ap', 'req', day(11, 10), [ours], { ticket: 'T1' }),
      granted(ours, day(13), terms),
      completed(ours, day(13, 9), terms),
      granted(ours, day(15), { ...terms, gross: '999' }),
      completed(ours, day(15, 9), { ...terms, gross: '999' }),
      granted(ours, day(17), terms),
      completed(ours, day(17, 9), terms),
      fact('approval.granted', 'ap', 'by the coder', day(13, 7), [ours], { ticket: 'T1', step: '2', person: CODER, terms }),
      fact('approval.refused', 'ap', 'refuse', day(14), [ours], { ...by, step: '1', reason: 'no' }),
      fact('approval.withdrawn', 'ap', 'withdraw', day(18), [ours], { ...by, reason: 'oops' }),
      fact('invoice.rejected', 'ap', 'reject', day(12, 12), [ours], { reason: 'not ours' }),
      fact('invoice.withdrawn', 'capture', 'take back', day(12, 13), [ours], { reason: 'wrong' }),
      fact('invoice.reinstated', 'ap', 'reinstate', day(12, 14), [ours], { reason: 'it is' }),
      effect('effect.done', 'sent', day(13), { input: 'done', receipt: { reference: '5100' } }),
      effect('effect.refused', 'refused', day(14), { input: 'refused', says: 'F5-286 period shut' }),
      fact('posting.parked', 'erp', 'park', day(14), [ours], { postingNo: '5099' }),
      { ...posted(ours, '5100', day(16), content.totals.taxInclusive), readBack: false, eventId: 'posted by reply' },
      posted(ours, '5100', day(16), content.totals.taxInclusive),
      reversed(ours, '5100', day(17)),
      posted(ours, '5200', day(18), content.totals.taxInclusive, null),
      posted(ours, '5300', day(19), '1.00', null),
      // Another's number in the answer to our posting.
      { ...posted(ours, '5097', day(16), content.totals.taxInclusive), readBack: false, eventId: 'named by reply' },
      fact('status.reported', 'erp', 'denied', day(16, 9), [ours], { system: 'erp', facet: 'posting', word: 'absent', of: '5097' }),
      otherwise,
      // What is fetched from our account is never instructed; what we pay is not found by its remittance text.
      ...(collected
        ? [
            entry('5', day(24, 9), '', { endToEndId: undefined as never, remittance: `Lastschrift R-1 Acme`, amount }),
            entry('6', day(26, 9), '', { remittance: 'Lastschrift R-1 Acme', amount, direction: 'credit', returns: { code: 'MD06' } }),
          ]
        : [
            ...run('5100', 'M1', day(20)),
            ...run('5200', 'M2', day(21)),
            accepted('M1', day(22)),
            accepted('M2', day(22, 9)),
            fact('payment.rejected', 'bank', 'rejects', day(22), [{ names: [paymentName('M2', 'EM2')] }], {
              messageId: 'M2',
              endToEndId: 'EM2',
              code: 'AC04',
              reason: 'closed',
              document: 'b'.repeat(64),
            }),
            entry('1', day(23), 'EM1', { amount: amount.replace('-', '') }),
            entry('2', day(24), 'EM2', { amount: amount.replace('-', '') }),
            entry('3', day(25), '', { amount, direction: 'credit', returns: { endToEndId: 'EM1', code: 'AC04' } }),
            entry('4', day(23, 9), '', { endToEndId: undefined as never, messageId: 'M1', amount }),
          ]),
      fact('clearing.recorded', 'erp', 'discount', day(20, 10), [ours], {
        postingNo: '7000',
        kind: 'discount',
        amount: '19.00',
        currency: 'EUR',
        reason: 'early',
      }),
      fact('clearing.recorded', 'erp', 'rest', day(20, 11), [ours], {
        postingNo: '7001',
        kind: 'write-off',
        amount: '100.00',
        currency: 'EUR',
        reason: 'agreed',
      }),
      fact('clearing.recorded', 'erp', 'credit', day(20, 12), [ours], {
        postingNo: '7002',
        kind: 'credit',
        amount: `-${amount}`,
        currency: 'EUR',
        reason: 'netted',
      }),
      fact('hold.placed', 'erp', 'hold', day(16, 12), [ours], { hold: 'H1', kind: 'payment', reason: 'ask' }),
      fact('hold.released', 'erp', 'free', day(16, 13), [ours], { hold: 'H1', reason: 'fine' }),
      fact('evidence.archived', 'archive', 'archive', day(28), [ours], {
        archive: 'a',
        document: '2'.repeat(64),
        until: '2036-01-01',
        // Of more facts than are told, claims among them.
        covers: 999,
      }),
      fact('evidence.archived', 'archive', 'archive early', day(12), [ours], {
        archive: 'a',
        document: '3'.repeat(64),
        until: '2036-01-01',
        covers: 1,
      }),
      fact('status.reported', 'ap', 'badge', day(26), [ours], { system: 'ap', facet: 'status', word: 'MONEY_OUT', claims: 'paid' }),
      ...(variant === 'goods'
        ? [
            receipt('W1', '10', day(12), 'erp'),
            receipt('W2', '10', day(12, 9), 'erp'),
            receiptReversed('W2', day(13), 'erp'),
            receipt('W3', '4', day(12, 10), 'erp'),
            receipt('W4', '6', day(12, 11), 'erp'),
          ]
        : []),
    ],
  }
}

export const HISTORIES = Object.fromEntries(Object.keys(VARIANTS).map((variant) => [variant, possible(variant)]))

function ofGoods(read: Arrival): Arrival {
  return { ...read, data: { ...read.data, order: goodsOrder({ supplier: 'V1' }) as unknown as Json } }
}
