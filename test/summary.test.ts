/** `GET /v1/summary` over a database: its counts are what a run is judged by, so each of them is held against what was put in. */
import { afterEach, expect, it } from 'vitest'
import type { InvoiceDocument } from '../src/domain/invoice-document.ts'
import type { Summary } from '../src/store/summary.ts'
import { invoiceDocument, posted, received } from './facts.ts'
import type { Trace } from '../src/export/trace.ts'
import { INVOICE, postingDesk, type PostingDesk } from './posting-desk.ts'

let desk: PostingDesk | undefined
afterEach(() => desk?.close())

const AT = '2026-01-15T08:30:00.000Z'

function widgets(number: string, quantity: string, net: string, tax: string, gross: string): InvoiceDocument {
  const { lines } = invoiceDocument()
  return invoiceDocument({
    number,
    taxBreakdown: [{ taxable: net, tax, category: 'S', rate: '19' }],
    totals: { lines: net, taxExclusive: net, tax, taxInclusive: gross, payable: gross },
    lines: lines.map((line) => ({ ...line, quantity, net })),
  })
}

it('counts what is behind in each system until the system shows it, and money by state and currency, to the cent', async () => {
  desk = await postingDesk()
  const { intake, get } = desk
  const arrives = (document: InvoiceDocument, hash: string): Promise<unknown> =>
    intake.submit([received(document, `doc ${document.number}`, AT, hash.repeat(64))])
  // How much the hub has to do depends on the day of the test as well: what has a date may be due by now.
  const summary = async (): Promise<Omit<Summary, 'log' | 'busy'>> => {
    const { log, busy, ...counts } = await get<Summary>('/v1/summary')
    expect([log.size > 0, busy > 0]).toEqual([true, true])
    return counts
  }

  expect(await summary()).toEqual({
    received: 1,
    refused: 0,
    breaches: 0,
    states: { approved: 1 },
    money: [{ state: 'approved', currency: 'EUR', amount: '119.00' }],
    exceptions: {},
    latest: [],
    // The posting waits, and so does the AP tool for the invoice.
    systems: { ap: { inStep: 0, behind: 1 }, erp: { inStep: 0, behind: 1 } },
    moving: 1,
  })

  await arrives(widgets('R-2', '5', '50.00', '9.50', '59.50'), 'e')
  await arrives(widgets('R-3', '4', '40.00', '7.60', '47.60'), 'f')
  await arrives(invoiceDocument({ number: 'R-4', currency: 'CHF' }), 'a')
  await intake.submit([posted(INVOICE, '5100', AT)])
  const { latest, ...counts } = await summary()
  expect(counts).toEqual({
    received: 4,
    refused: 0,
    states: { matched: 2, posted: 1, received: 1 },
    breaches: 0,
    money: [
      { state: 'matched', currency: 'EUR', amount: '107.10' },
      { state: 'posted', currency: 'EUR', amount: '119.00' },
      { state: 'received', currency: 'CHF', amount: '119.00' },
    ],
    exceptions: { 'currency-refused': 1, 'order-differs': 1 },
    // Posted, as it should be; the evidence of the approval is still to be attached, and the AP tool to be told.
    systems: { ap: { inStep: 0, behind: 4 }, erp: { inStep: 1, behind: 1 } },
    moving: 3,
  })
  // The one in a currency that nobody takes is not to be told to anybody yet.
  const { totals } = await get<{ totals: object[] }>('/v1/systems/ap/queue')
  expect(totals).toEqual([{ kind: 'invoice', objects: 3, currency: 'EUR', amount: '226.10' }])
  expect(Object.fromEntries(latest.map(({ cause, owner }) => [cause, owner]))).toEqual({
    'currency-refused': 'ap-lead',
    'order-differs': 'procurement',
  })
})

it('counts no order, which is found by its number and shows no state', async () => {
  desk = await postingDesk()
  expect((await desk.get<Summary>('/v1/summary')).received).toBe(1)
  const { kind, standing } = await desk.get<Trace>('/v1/trace/PO-1')
  expect([kind, standing.state]).toEqual(['order', null])
})
