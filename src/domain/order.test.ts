import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  goodsData,
  goodsInvoice,
  goodsOrder,
  orderClosed,
  orderTold,
  receipt,
  receiptReversed,
  WITH_PROCUREMENT,
} from '../../test/goods.ts'
import { fact, masterData, received, ORDER, SUPPLIER } from '../../test/facts.ts'
import { sha256, World } from '../../test/world.ts'
import type { ExceptionState } from './exception.ts'
import type { InvoiceState } from './invoice-state.ts'
import { lawOf } from './law.ts'
import type { Arrival } from './object.ts'
import { NO_ORDER, receivedOf, takenOf, type OrderState } from './order.ts'
import type { Policy } from './policy.ts'
import { foundIn } from './reference.ts'

const NOW = '2026-01-15T09:00:00.000Z'
const SEED = Number(process.env['TIEOUT_SEED'] ?? Date.now() % 1_000_000)
const at = (hour: number): string => `2026-01-15T${String(hour).padStart(2, '0')}:00:00.000Z`

/** A company with procurement; `told` on top of the master data. */
class Company extends World {
  constructor(policy: Partial<Policy> = {}, data: readonly Arrival[] = goodsData()) {
    super(lawOf({ ...WITH_PROCUREMENT, ...policy }, sha256), NOW)
    this.tell(...data)
  }

  tell(...facts: readonly Arrival[]): this {
    for (const arrival of facts) this.submit(arrival)
    return this
  }

  invoice(number: string, quantity: number, price = 10): this {
    return this.tell(
      received(
        goodsInvoice(number, quantity, price),
        number,
        '2026-01-11T08:00:00.000Z',
        sha256(number).reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), ''),
      ),
    )
  }

  get order(): OrderState {
    return [...this.records.values()].find((record) => record.kind === 'order')?.state as unknown as OrderState
  }

  headlines(): { [number: string]: string | null } {
    const states = [...this.records.values()]
      .filter((record) => record.kind === 'invoice')
      .map((record) => record.state as unknown as InvoiceState)
    return Object.fromEntries(states.map((state) => [state.content?.value.number ?? '', state.headline]))
  }

  open(): string[] {
    const cases = [...this.records.values()]
      .filter((record) => record.kind === 'exception')
      .map((record) => record.state as unknown as ExceptionState)
    return cases.filter((one) => one.open).map((one) => `${one.cause}: ${one.says}`)
  }

  told(): string[] {
    return [...this.wanted.values()]
      .filter(({ target, command }) => target === 'procurement' && command === 'invoice.status')
      .map(({ content: { number, word } }) => `${JSON.stringify(number)} ${JSON.stringify(word)}`.replaceAll('"', ''))
  }
}

describe('goods are matched up to what was received', () => {
  it('an invoice before its receipt waits with a case of its own, and goes on by itself once the goods are there', () => {
    const company = new Company().invoice('R-1', 10)
    expect(company.headlines()).toEqual({ 'R-1': 'validated' })
    expect(company.open()).toEqual(['receipt-missing: Order line 1: received 0, invoiced before 0, now 10.'])
    expect(company.told()).toEqual(['R-1 awaiting-receipt'])
    company.tell(receipt('W1', '9', at(8)))
    expect(company.open()).toEqual(['receipt-missing: Order line 1: received 9, invoiced before 0, now 10.'])
    company.tell(receipt('W2', '1', at(9)))
    expect(company.headlines()).toEqual({ 'R-1': 'matched' })
    expect(company.open()).toEqual([])
    expect(company.told()).toEqual(['R-1 matched'])
  })

  it('a person is told only after a while: goods are often a little behind their invoice', () => {
    const company = new Company({ receiptGraceMs: 5 * 86_400_000 }).invoice('R-1', 10)
    expect(company.open()).toEqual([])
    company.pass('2026-01-16T08:00:00.000Z')
    expect(company.open()).toHaveLength(1)
  })

  it('a service is not waited for', () => {
    const order = goodsOrder({ lines: [{ id: '1', quantity: '20', price: '10.00', unit: 'C62' }] })
    expect(new Company({}, goodsData(order)).invoice('R-1', 10).headlines()).toEqual({ 'R-1': 'matched' })
  })

  it('of invoices that compete for what came in, as many match as there is quantity for, and the others wait', () => {
    const company = new Company().invoice('R-1', 6).invoice('R-2', 6).invoice('R-3', 6)
    company.tell(receipt('W1', '7', at(8)))
    expect(Object.values(company.headlines()).filter((headline) => headline === 'matched')).toHaveLength(1)
    company.tell(receipt('W2', '5', at(9)))
    expect(Object.values(company.headlines()).filter((headline) => headline === 'matched')).toHaveLength(2)
    expect(company.open()).toHaveLength(1)
    expect(takenOf(company.order, '1', []).map(({ quantity }) => quantity)).toEqual(['6', '6'])
  })

  it(`of any invoices and receipts of a line, in any order, those that match fit what came in, and no other would (seed ${SEED})`, () => {
    const reached = { matched: 0, 'receipt-missing': 0, mismatch: 0 }
    const amounts = (least: number, most: number): fc.Arbitrary<number[]> =>
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: least, maxLength: most })
    const anyOrder = fc.tuple(amounts(2, 5), amounts(1, 4)).chain(([wanted, came]) => {
      const all = [...wanted.map((_, nth) => `R-${nth}`), ...came.map((_, nth) => `W${nth}`)]
      return fc.tuple(fc.constant(wanted), fc.constant(came), fc.shuffledSubarray(all, { minLength: all.length }))
    })
    fc.assert(
      fc.property(anyOrder, ([wanted, came, order]) => {
        const company = new Company()
        for (const name of order) {
          const nth = Number(name.replace(/\D+/u, ''))
          if (name.startsWith('R')) company.invoice(name, wanted[nth]!)
          else company.tell(receipt(name, String(came[nth]), at(8)))
        }
        const headlines = company.headlines()
        const matched = wanted.filter((_, nth) => headlines[`R-${nth}`] === 'matched')
        const sum = (of: readonly number[]): number => of.reduce((total, quantity) => total + quantity, 0)
        // 20 are ordered, whatever came in.
        const left = Math.min(20, sum(came)) - sum(matched)
        expect(left, `${sum(matched)} of ${sum(came)}`).toBeGreaterThanOrEqual(0)
        const waiting = wanted.filter((_, nth) => headlines[`R-${nth}`] === 'validated')
        expect(matched.length + waiting.length).toBe(wanted.length)
        for (const quantity of waiting) expect(quantity, 'it would fit').toBeGreaterThan(left)
        const causes = company.open().map((says) => says.slice(0, says.indexOf(':')) as keyof typeof reached)
        expect(causes).toHaveLength(waiting.length)
        for (const cause of causes) reached[cause]++
        reached.matched += matched.length
      }),
      { seed: SEED, numRuns: 100 },
    )
    expect(Object.entries(reached).filter(([, times]) => times === 0)).toEqual([])
  })

  it('what is rejected gives back what it took, and competes anew when it comes back', () => {
    const company = new Company()
      .tell(receipt('W1', '10', at(1)))
      .invoice('R-1', 6)
      .invoice('R-2', 6)
    expect(company.headlines()).toEqual({ 'R-1': 'matched', 'R-2': 'validated' })
    const first = [...company.records.values()].find(
      (record) => (record.state as unknown as InvoiceState).content?.value.number === 'R-1',
    )!.id
    company.tell(fact('invoice.rejected', 'ap', 'no', at(2), [{ names: [first] }], { reason: 'not ordered' }))
    expect(company.headlines()).toEqual({ 'R-1': 'rejected', 'R-2': 'matched' })
    company.tell(fact('invoice.reinstated', 'ap', 'yes', at(3), [{ names: [first] }], { reason: 'it was' }))
    expect(company.headlines()).toEqual({ 'R-1': 'validated', 'R-2': 'matched' })
    company.tell(receipt('W2', '2', at(4)))
    expect([company.headlines(), company.open()]).toEqual([{ 'R-1': 'matched', 'R-2': 'matched' }, []])
    expect(takenOf(company.order, '1', []).map(({ quantity }) => quantity)).toEqual(['6', '6'])
  })

  it('what the ERP counts is the same goods once more, and counts only where the ERP holds the orders', () => {
    const both = [receipt('W1', '5', at(8)), receipt('MB1', '5', at(8), 'erp')]
    expect(
      new Company()
        .invoice('R-1', 10)
        .tell(...both)
        .headlines(),
    ).toEqual({ 'R-1': 'validated' })
    const erpHolds = new Company({ ordersHeldBy: 'erp' }, [
      ...masterData(),
      orderTold(goodsOrder({ supplier: 'V1' }), at(7), 'erp'),
    ]).invoice('R-1', 10)
    expect(erpHolds.tell(receipt('W1', '50', at(8))).headlines()).toEqual({ 'R-1': 'validated' })
    expect(erpHolds.tell(receipt('MB1', '10', at(8), 'erp')).headlines()).toEqual({ 'R-1': 'matched' })
  })

  it('who accepts a price does not say that the goods have come', () => {
    const company = new Company().invoice('R-1', 10, 12)
    const [exception] = [...company.records.values()].filter((record) => record.kind === 'exception')
    const invoice = [...company.records.keys()].find((id) => id.startsWith('inv_'))!
    company.tell(
      fact('exception.answered', 'person', 'answer', at(8), [{ names: [exception!.id] }, { names: [invoice] }], {
        exception: exception!.id,
        action: 'accept-difference',
        reason: 'agreed',
        second: 'p',
      }),
    )
    expect(company.open()).toEqual(['receipt-missing: Order line 1: received 0, invoiced before 0, now 10.'])
    company.tell(receipt('W1', '10', at(9)))
    expect(company.headlines()).toEqual({ 'R-1': 'matched' })
    expect(takenOf(company.order, '1', [])).toEqual([{ quantity: '10', price: '10', difference: '0' }])
  })
})

describe('after the match', () => {
  it('a receipt that is reversed is a case on the order, and never un-matches; another receipt or a word closes it', () => {
    const company = new Company()
      .tell(receipt('W1', '10', at(8)))
      .invoice('R-1', 10)
      .tell(receiptReversed('W1', at(9)))
    expect(company.headlines()).toEqual({ 'R-1': 'matched' })
    expect(company.open()).toEqual([expect.stringMatching(/^receipt-reversed: Order PO-1, line 1: invoiced 10, received 0 \(inv_/u)])
    company.tell(receipt('W2', '10', at(10)))
    expect(company.open()).toEqual([])
    company.tell(receiptReversed('W2', at(11)))
    const answered = (): Arrival => {
      const { id } = [...company.records.values()].findLast((record) => record.kind === 'exception' && record.state['open'] === true)!
      return fact('exception.answered', 'person', `answer ${id}`, at(12), [{ names: [id] }, ORDER], {
        exception: id,
        action: 'explained',
        reason: 'credit note',
      })
    }
    company.tell(answered())
    expect(company.open()).toEqual([])
    company.tell(receipt('W3', '5', at(13)), receiptReversed('W3', at(14)))
    expect(company.open()).toHaveLength(1)
  })

  it('an order whose price is changed is a case on the order; the invoice that came later is judged anew', () => {
    const company = new Company()
      .tell(receipt('W1', '20', at(8)))
      .invoice('R-1', 10)
      .tell(orderTold(goodsOrder({ version: 2 }, { price: '12.00' }), at(9)))
    expect(company.headlines()).toEqual({ 'R-1': 'matched' })
    expect(company.open()).toEqual([expect.stringContaining('order-repriced: Order PO-1, line 1: matched at 10 each, now 12')])
    company.invoice('R-2', 5).invoice('R-3', 5, 12)
    expect(company.headlines()).toMatchObject({ 'R-2': 'validated', 'R-3': 'matched' })
  })

  it('a price that was explained is a case again with another version of the order, not with another look at this one', () => {
    const company = new Company()
      .tell(receipt('W1', '20', at(8)))
      .invoice('R-1', 10)
      .tell(orderTold(goodsOrder({ version: 2 }, { price: '12.00' }), at(9)))
    const { id } = [...company.records.values()].findLast((record) => record.kind === 'exception' && record.state['open'] === true)!
    const data = { exception: id, action: 'explained', reason: 'from now on' }
    company.tell(fact('exception.answered', 'person', 'explained', at(10), [{ names: [id] }, ORDER], data))
    expect(company.open()).toEqual([])
    company.tell(orderTold(goodsOrder({ version: 2 }, { price: '12.00' }), at(11)))
    expect(company.open()).toEqual([])
    company.tell(orderTold(goodsOrder({ version: 3 }, { price: '13.00' }), at(12)))
    expect(company.open()).toEqual([expect.stringContaining('order-repriced: Order PO-1, line 1: matched at 10 each, now 13')])
  })

  it('an order that is changed before the match lets the invoice go on', () => {
    const company = new Company().tell(receipt('W1', '20', at(8))).invoice('R-1', 10, 12)
    expect(company.open()).toEqual([expect.stringMatching(/^mismatch/u)])
    company.tell(orderTold(goodsOrder({ version: 2 }, { price: '12.00' }), at(9)))
    expect([company.headlines(), company.open()]).toEqual([{ 'R-1': 'matched' }, []])
  })

  it('a tolerance is consumed once: of invoices that are each a little dearer only the first passes', () => {
    const company = new Company().tell(receipt('W1', '20', at(8)))
    for (const number of ['R-1', 'R-2', 'R-3', 'R-4']) company.invoice(number, 4, 10.2)
    expect(Object.values(company.headlines())).toEqual(['matched', 'validated', 'validated', 'validated'])
    expect(company.invoice('R-5', 4).headlines()['R-5']).toBe('matched')
  })
})

describe('two systems that speak of one order', () => {
  it('the one that holds the orders counts; what the other says otherwise is a case after a while, and closes when they agree', () => {
    const company = new Company()
      .tell(receipt('W1', '20', at(8)), orderTold({ ...goodsOrder({ supplier: 'V1' }, { price: '11.00' }), version: 7 }, at(9), 'erp'))
      .invoice('R-1', 10)
    expect(company.headlines()).toEqual({ 'R-1': 'matched' })
    expect(company.open()).toEqual([])
    company.pass('2026-01-15T09:10:00.000Z')
    expect(company.open()).toEqual(['orders-disagree: Order PO-1: procurement says line 1 at 10, erp says 11.'])
    company.tell(orderTold({ ...goodsOrder({ supplier: 'V1' }), version: 8 }, at(10), 'erp'))
    expect(company.open()).toEqual([])
  })

  it('a supplier that procurement blocks is not paid, whatever the ERP says', () => {
    const blocked = fact('supplier.blocked', 'procurement', 'block', at(7), [SUPPLIER], { supplier: 'M1', reason: 'sanctions' })
    const company = new Company().tell(blocked).invoice('R-1', 10)
    expect(company.open()).toEqual(['supplier-blocked: Supplier V1 Acme GmbH is blocked or not active in procurement.'])
    company.tell(receipt('W1', '20', at(8)), fact('supplier.activated', 'procurement', 'free', at(8), [SUPPLIER], { supplier: 'M1' }))
    expect(company.headlines()).toEqual({ 'R-1': 'matched' })
  })

  it('without a procurement system nobody is told and nothing is waited for', () => {
    const company = new World(lawOf({ ...WITH_PROCUREMENT, systems: { erp: 'erp', ap: 'ap', bank: 'bank' } }, sha256), NOW)
    for (const arrival of [...masterData(), received(goodsInvoice('R-1', 10), 'R-1', at(8), 'd'.repeat(64))]) company.submit(arrival)
    expect([...company.wanted.values()].map(({ target, command }) => `${command}@${target}`)).toEqual(['invoice.submit@ap'])
  })
})

describe('the fold of an order', () => {
  const FACTS: readonly Arrival[] = [
    orderTold(goodsOrder(), at(1), 'procurement', 'order.issued'),
    orderTold(goodsOrder({ version: 2 }, { quantity: '30' }), at(2)),
    // Its clock went back: the version says that it is the later one.
    orderTold(goodsOrder({ version: 3 }, { quantity: '40' }), at(1)),
    orderClosed(4, at(4)),
    orderTold(goodsOrder({ version: 5 }), at(5)),
    orderClosed(6, at(3)),
    orderTold(goodsOrder({ supplier: 'V1' }), at(6), 'erp'),
    fact('reference.read', 'procurement', 'none', at(3), [ORDER], { asked: 'order', readAt: at(3), found: false }),
    receipt('W1', '4', at(2)),
    receipt('W2', '5', at(3)),
    receiptReversed('W1', at(4)),
    receipt('MB1', '7', at(2), 'erp'),
  ]

  it(`is the same in any order and repetition of its facts (seed ${SEED})`, () => {
    const law = lawOf(WITH_PROCUREMENT, sha256)
    const folded = (facts: readonly Arrival[]): object => {
      const world = new World(law, NOW)
      world.submit({ ...facts[0]!, about: [{ ...ORDER, create: 'order' }] })
      for (const arrival of facts) world.submit(arrival)
      const state = ([...world.records.values()].find((record) => record.kind === 'order')?.state ?? NO_ORDER) as unknown as OrderState
      return {
        order: foundIn(state, 'order', 'procurement'),
        erp: foundIn(state, 'order', 'erp'),
        came: receivedOf(state, 'procurement', '1'),
        erpCame: receivedOf(state, 'erp', '1'),
      }
    }
    const parts = fc
      .shuffledSubarray([...FACTS], { minLength: 1 })
      .chain((part) => fc.tuple(fc.constant(part), fc.shuffledSubarray(part, { minLength: part.length }), fc.shuffledSubarray(part)))
    fc.assert(
      fc.property(parts, ([part, again, more]) => {
        expect(folded([...again, ...more])).toEqual(folded(part))
      }),
      { seed: SEED, numRuns: 500 },
    )
    expect(folded(FACTS)).toMatchObject({
      order: { order: { version: 5, open: false } },
      erp: { order: { version: 1, open: true } },
      came: '5',
      erpCame: '7',
    })
  })
})
