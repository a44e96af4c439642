import { describe, expect, it } from 'vitest'
import { invoiceDocument } from '../../test/facts.ts'
import { contentOf } from './invoice-content.ts'
import { matchOrder } from './matching.ts'
import type { OrderData } from './event-data.ts'

const ORDER: OrderData = {
  number: 'PO-1',
  entity: '1000',
  supplier: 'V1',
  currency: 'EUR',
  open: true,
  lines: [{ id: '1', item: 'M-1', name: 'Widget', quantity: '20', price: '10.00', unit: 'C62' }],
}
const LINE = invoiceDocument().lines[0]!
const invoice = (...lines: Partial<typeof LINE>[]): ReturnType<typeof contentOf> =>
  contentOf(invoiceDocument({ lines: lines.map((line, index) => ({ ...LINE, id: String(index + 1), ...line })) }))
const matched = (content: ReturnType<typeof contentOf>, order = ORDER, before = '0', tolerance = { absolute: '1.00', bps: 200 }): string =>
  matchOrder(content, order, { taken: () => [{ quantity: before, price: '10', difference: '0' }], received: () => '0' }, tolerance).outcome

describe('an invoice is matched with its order', () => {
  it.each([
    // 10 pieces ordered at 10.00: value 100, so 1.00 absolute and 2 % = 2.00 relative; the narrower one decides
    ['10.00', 'matched'],
    ['10.10', 'matched'],
    ['10.11', 'mismatched'],
    ['9.90', 'matched'],
    ['9.89', 'mismatched'],
  ])('at a price of %s: %s (the absolute limit on both sides)', (price, outcome) => {
    expect(matched(invoice({ price, quantity: '10' }))).toBe(outcome)
  })

  it.each([
    // 1 piece: value 10, 2 % = 0.20 is narrower than 1.00
    ['10.20', 'matched'],
    ['10.21', 'mismatched'],
    ['9.80', 'matched'],
    ['9.79', 'mismatched'],
  ])('one piece at %s: %s (the relative limit on both sides)', (price, outcome) => {
    expect(matched(invoice({ price, quantity: '1' }))).toBe(outcome)
  })

  it('prices are compared per unit: 1,000.00 per 100 is 10.00 per 1', () => {
    expect(matched(invoice({ price: '1000.00', priceQuantity: '100', quantity: '10' }))).toBe('matched')
  })

  it('quantities count over all invoices: what others took is gone, to the piece', () => {
    expect(matched(invoice({ quantity: '10' }), ORDER, '10')).toBe('matched')
    expect(matched(invoice({ quantity: '10' }), ORDER, '10.001')).toBe('mismatched')
    expect(matched(invoice({ quantity: '10' }, { quantity: '10.5' }))).toBe('mismatched')
  })

  it('a line that gives something back is exceeded downwards', () => {
    const back = { ...ORDER, lines: [{ ...ORDER.lines[0]!, quantity: '-2' }] }
    expect(matched(invoice({ quantity: '-1' }), back)).toBe('matched')
    expect(matched(invoice({ quantity: '-1' }), back, '-1')).toBe('matched')
    expect(matched(invoice({ quantity: '-1' }), back, '-1.001')).toBe('mismatched')
  })

  it('lines are paired by the order line they name, else by item, else by name; never by guess', () => {
    const { orderLine: _, ...free } = LINE
    const lines = (change: object): ReturnType<typeof contentOf> => contentOf(invoiceDocument({ lines: [{ ...free, ...change }] }))
    expect(matched(lines({ name: 'Something', buyerItem: 'M-1' }))).toBe('matched')
    expect(matched(lines({ name: ' widget ' }))).toBe('matched')
    expect(matched(lines({ name: 'Gadget' }))).toBe('not-paired')
    const twins: OrderData = { ...ORDER, lines: [ORDER.lines[0]!, { ...ORDER.lines[0]!, id: '2' }] }
    expect(matched(lines({ name: 'Widget' }), twins)).toBe('not-paired')
    // Of two lines of one name one is named by its number: the other is meant.
    const both = (second: object): ReturnType<typeof contentOf> =>
      contentOf(
        invoiceDocument({
          lines: [
            { ...LINE, quantity: '20' },
            { ...free, id: '2', quantity: '20', ...second },
          ],
        }),
      )
    expect(matched(both({}), twins)).toBe('matched')
    expect(matched(both({ quantity: '20.1' }), twins)).toBe('mismatched')
    const triplets: OrderData = { ...ORDER, lines: [...twins.lines, { ...ORDER.lines[0]!, id: '3' }] }
    expect(matched(both({}), triplets)).toBe('not-paired')
  })

  it('an invoice with more lines than are paired by rule goes to a person', () => {
    expect(matched(invoice(...Array.from({ length: 61 }, () => ({ quantity: '0.1' }))))).toBe('not-paired')
  })
})
