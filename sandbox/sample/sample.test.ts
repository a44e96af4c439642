import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { num, sum } from '../plumbing/amounts.ts'
import { ibanHolds } from '../plumbing/iban.ts'
import { Workshop, type Loose } from '../testing.ts'
import { Dice } from './dice.ts'
import { generateSample, type Sample } from './generate.ts'
import { setupFromInbox } from './from-inbox.ts'
import { COUNTRIES, makeIban, makeVatId } from './numbers.ts'

const shop = new Workshop()
afterAll(() => shop.clear())
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  removeNSPrefix: true,
  isArray: (name) => /Line$|TaxSubtotal/.test(name),
})
const text = (node: Loose): string => (typeof node === 'string' ? node : node['#text'])

describe('the sample', () => {
  let sample: Sample
  let dir: string
  beforeAll(async () => {
    dir = await shop.folder()
    sample = await generateSample({ seed: 1, count: 120, dir, today: '2026-03-15' })
  })

  test('has bills of many vendors and countries, credit memos after their bills, collections, orders, two currencies', () => {
    const kinds = (test: (bill: Sample['bills'][number]) => boolean): number => sample.bills.filter(test).length
    expect(sample.bills).toHaveLength(120)
    expect(new Set(sample.bills.map((bill) => bill.vatReg.slice(0, 2))).size).toBeGreaterThanOrEqual(7)
    expect(kinds((bill) => bill.billKind === 'CREDIT')).toBeGreaterThan(4)
    expect(kinds((bill) => bill.means === 'COLLECTION')).toBe(8)
    expect(kinds((bill) => bill.poNo !== null)).toBeGreaterThan(40)
    expect(new Set(sample.bills.map((bill) => bill.ccy))).toEqual(new Set(['EUR', 'SEK']))
    expect(new Set(sample.bills.map((bill) => `${bill.vendorNo} ${bill.billNo}`)).size).toBe(120)
  })

  test('holds on every paper what its manifest says, and every sum is right', async () => {
    for (const bill of sample.bills) {
      const document = parser.parse(await readFile(join(dir, 'inbox', bill.file), 'utf8'))
      const root = document.Invoice ?? document.CreditNote
      const lines = root.InvoiceLine ?? root.CreditNoteLine
      const totals = root.LegalMonetaryTotal
      expect([root.ID, text(totals.PayableAmount), root.DocumentCurrencyCode, root.OrderReference?.ID ?? null]).toEqual([
        bill.billNo,
        bill.gross,
        bill.ccy,
        bill.poNo,
      ])
      expect(sum(lines.map((line: Loose) => text(line.LineExtensionAmount)))).toBe(num(text(totals.LineExtensionAmount)))
      expect(num(text(totals.LineExtensionAmount)) - num(totals.AllowanceTotalAmount ? text(totals.AllowanceTotalAmount) : '0')).toBe(
        num(bill.net),
      )
      expect(sum(root.TaxTotal.TaxSubtotal.map((row: Loose) => text(row.TaxAmount)))).toBe(num(bill.tax))
      expect(num(bill.net) + num(bill.tax)).toBe(num(bill.gross))
      for (const line of lines) {
        const exact =
          (Number(text(line.Price.PriceAmount)) * Number(text(line.InvoicedQuantity ?? line.CreditedQuantity))) /
          Number(line.Price.BaseQuantity ? text(line.Price.BaseQuantity) : 1)
        expect(Math.abs(exact - Number(text(line.LineExtensionAmount)))).toBeLessThanOrEqual(0.005001)
      }
    }
  })

  test('is the same for the same seed and day, and another for another seed', async () => {
    const [again, other] = [await shop.folder(), await shop.folder()]
    await generateSample({ seed: 1, count: 120, dir: again, today: '2026-03-15' })
    await generateSample({ seed: 2, count: 120, dir: other, today: '2026-03-15' })
    const all = async (where: string): Promise<string> =>
      (
        await Promise.all(
          ['manifest.json', 'erp.json', ...(await readdir(join(where, 'inbox'))).map((name) => join('inbox', name))].map((name) =>
            readFile(join(where, name), 'utf8'),
          ),
        )
      ).join('')
    expect(await all(again)).toBe(await all(dir))
    expect(await all(other)).not.toBe(await all(dir))
  })
})

test('account numbers have right check digits, tax numbers the form of their country', () => {
  for (const country of COUNTRIES) {
    for (let seed = 0; seed < 50; seed += 1) {
      const dice = new Dice(seed, country)
      const iban = makeIban(country, dice)
      expect(ibanHolds(iban), iban).toBe(true)
      expect(ibanHolds(iban.slice(0, -1) + String((Number(iban.at(-1)) + 1) % 10))).toBe(false)
      expect(makeVatId(country, dice)).toMatch(/^(ATU\d{8}|BE0\d{9}|DE9\d{8}|DK\d{8}|FR\d{11}|IT\d{11}|NL\d{9}B\d{2}|PL\d{10}|SE\d{10}01)$/)
    }
  }
})

/** A bill as somebody else has read it. */
function read(vendor: number, nth: number, more: Record<string, unknown> = {}): unknown {
  const line = {
    id: '1',
    quantity: '4',
    unit: 'C62',
    net: '50.00',
    price: '12.5000001',
    name: 'Ware\u0007',
    taxCategory: 'S',
    taxRate: '19.00',
    allowancesCharges: [],
  }
  return {
    kind: 'invoice',
    number: `${vendor}-${nth}`,
    issuedOn: '2019-05-06',
    currency: 'EUR',
    orderReference: `PO ${vendor}/${nth}`,
    supplier: { name: `Vendor ${vendor}`, vatId: `DE${vendor}`, ids: [] },
    buyer: { name: 'Buyer', vatId: 'DE 999', ids: [] },
    paymentMeans: [{ code: '58', account: makeIban('FR', new Dice(1, String(vendor))) }],
    taxBreakdown: [{ taxable: '50', tax: '9.5', category: 'S', rate: '19' }],
    totals: { payable: '59.50' },
    lines: [line],
    ...more,
  }
}

describe('a set-up from an inbox', () => {
  const lines = [
    ...Array.from({ length: 40 }, (_, at) => ({ file: `${at}.xml`, invoices: [read(at % 20, at)] })),
    { file: 'x', refused: { code: 'bad' } },
    'no object',
    {
      file: 'odd',
      invoices: [
        read(50, 1, { paymentMeans: [{ code: '30', account: '12-34 56' }] }),
        read(51, 1, { paymentMeans: [{ code: '59', mandate: 'M' }], currency: 'JPY', totals: { payable: '600' } }),
        read(52, 1, { orderReference: 'PO 50/1', kind: 'credit-note' }),
      ],
    },
  ]
  const made = setupFromInbox({ lines, seed: 5, today: '2026-03-15' })
  const [erp, bank] = [made.erp, made.bank] as Loose[]

  test('leaves out every tenth vendor and alters one order in twenty, says which, and does so by seed', () => {
    expect([made.invoices, made.passedOver, made.vendorsLeftOut.length, made.ordersAltered.length]).toEqual([43, 2, 2, 1])
    for (const left of made.vendorsLeftOut) {
      expect(left.billNos.length).toBeGreaterThan(0)
      expect(erp.vendors.some((vendor: Loose) => vendor.vatReg === left.vatReg)).toBe(false)
    }
    const [altered] = made.ordersAltered
    const order = erp.purchaseOrders.find((held: Loose) => held.poNo === altered?.poNo)
    expect(order.items.find((item: Loose) => item.poItem === altered?.poItem).price).toBe('35.0000002')
    expect(altered?.was).toBe('12.5000001')
    expect(setupFromInbox({ lines, seed: 5, today: '2026-03-15' })).toEqual(made)
    expect(setupFromInbox({ lines, seed: 6, today: '2026-03-15' }).vendorsLeftOut).not.toEqual(made.vendorsLeftOut)
  })

  test('knows the accounts of the bills, also those that are no IBAN, and what vendors collect', () => {
    const byTax = (vatReg: string): Loose => erp.vendors.find((vendor: Loose) => vendor.vatReg === vatReg)
    const seen = [byTax('DE50'), ...erp.vendors.slice(0, 5)].filter(Boolean)
    expect(
      seen.every((vendor: Loose) =>
        vendor.vatReg === 'DE50' ? vendor.payOther === '12-3456' && vendor.payIban === '' : ibanHolds(vendor.payIban),
      ),
    ).toBe(true)
    expect(bank.collections.map((held: Loose) => [held.amount, held.ccy, held.mandateId])).toEqual([['600', 'JPY', 'M']])
    expect(erp.companyCodes[0].houseAccounts.map((held: Loose) => held.waers)).toEqual(['EUR', 'JPY'])
    const years = (companyCode: string): Set<number> =>
      new Set(erp.postingPeriods.filter((held: Loose) => held.companyCode === companyCode).map((held: Loose) => held.fiscalYear))
    expect([2019, 2025, 2026, 2027].filter((year) => !erp.postingPeriods.some((held: Loose) => held.fiscalYear === year))).toEqual([])
    expect([...years('1000')].every((year) => year >= 2019)).toBe(true)
  })

  test('is taken by all systems', async () => {
    const [one, two, three, four] = await Promise.all([
      shop.start('erp', ['--data', await shop.folder()]),
      shop.start('ap', ['--data', await shop.folder()]),
      shop.start('bank', ['--data', await shop.folder(), '--in', await shop.folder(), '--out', await shop.folder()]),
      shop.start('procurement', ['--data', await shop.folder()]),
    ])
    for (const [system, setup] of [
      [one, made.erp],
      [two, made.ap],
      [three, made.bank],
      [four, made.procurement],
    ] as const) {
      const answer = await system.call('PUT', '/setup', setup)
      expect(answer.status, answer.text.slice(0, 500)).toBe(200)
    }
  })
})
