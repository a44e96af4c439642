/** The connector against the running procurement system, one request at a time. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drive, type Drive } from '../../../test/drive.ts'
import { note, POSITIONS, procurementIn, SETUP, slip } from '../../../sandbox/procurement/fixture.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { FACT_SHAPES, isSentType } from '../../api/fact-shapes.ts'
import { procurement } from './connector.ts'

const shop = new Workshop()
let there: System
let here: Drive
beforeAll(async () => {
  there = await procurementIn(shop)
  const read = procurement.readConfig({ url: there.url })
  if (!('config' in read)) throw new Error(read.problems.join())
  here = drive(procurement.open(read.config, 'proc', { sha256 }))
}, 60_000)
afterAll(async () => {
  await here.close()
  await shop.clear()
})

const PURCHASE = '/purchases/1000/4500000001'
const status = (word: string, more: object = {}): { readonly [key: string]: string } => ({
  reference: 'inv_1',
  word,
  order: '4500000001',
  entity: '1000',
  number: 'RE-1',
  ...more,
})
const order = (number: string): { readonly [key: string]: string } => ({ question: 'order', number, entity: '1000', reference: 'ord_1' })

describe('what it answers', () => {
  it('an order with its version, suppliers by its own number, goods that wait for a receipt and services that do not', async () => {
    const { outcome, observations } = await here.run('lookup.order', order('4500000001'))
    expect(outcome).toEqual({ kind: 'done', receipt: { reference: '4500000001' } })
    expect(observations[0]?.about).toEqual([{ names: ['ord_1', 'proc|order|1000/4500000001'] }])
    expect(observations[0]?.data).toMatchObject({
      found: true,
      order: {
        number: '4500000001',
        version: 1,
        entity: '1000',
        supplier: 'MX-000001',
        currency: 'EUR',
        open: true,
        lines: [
          { id: '10', item: 'M-77', name: 'Paper', quantity: '10', price: '12.50', unit: 'C62', receiptRequired: true },
          { id: '20', name: 'Delivery to the desk', quantity: '1', price: '30', unit: 'C62' },
        ],
      },
    })
    expect(JSON.stringify(observations[0]?.data['order'])).toMatch(/"id":"20"(?!.*receiptRequired)/u)
    expect((await here.run('lookup.order', order('77'))).observations[0]?.data).toMatchObject({ asked: 'order', found: false })
  })

  it('a supplier by the VAT number that the invoice names, whether it is barred or not', async () => {
    const asked = { question: 'supplier', names: ['public|supplier-vat|FR12345678901'], name: 'anything', reference: 'sup_1' }
    const { observations } = await here.run('lookup.supplier', asked)
    expect(observations[0]?.about).toEqual([{ names: ['sup_1', 'proc|supplier|MX-000001'] }])
    expect(observations[0]?.data).toMatchObject({ supplier: { number: 'MX-000001', active: true, blocked: false, accounts: [] } })
    const barred = await here.run('lookup.supplier', { question: 'supplier', names: [], name: 'Blauwal B.V.' })
    expect(barred.observations[0]?.data).toMatchObject({ supplier: { active: true, blocked: true } })
  })
})

describe('what it is told', () => {
  it('once, and again: exists and is equal; under the same key something else: exists and differs', async () => {
    const done = { kind: 'done', receipt: { reference: 'key-a' } }
    expect((await here.run('invoice.status', status('matched'), { key: 'key-a' })).outcome).toEqual(done)
    expect((await here.run('invoice.status', status('matched'), { key: 'key-a' })).outcome).toEqual(done)
    expect((await here.run('invoice.status', status('paid'), { key: 'key-a' })).outcome).toMatchObject({
      kind: 'other',
      reference: 'key-a',
      says: expect.stringContaining('AGREED'),
    })
    expect((await there.call('GET', '/claims/inv_1')).body).toMatchObject({ shows: 'AGREED', notes: [{ noteRef: 'key-a', words: 'RE-1' }] })
    expect(await here.look('invoice.status', status('matched'), 'key-a')).toMatchObject({ kind: 'one', equal: true })
    expect(await here.look('invoice.status', status('paid'), 'key-a')).toMatchObject({ kind: 'one', equal: false })
    expect(await here.look('invoice.status', status('paid'), 'key-b')).toEqual({ kind: 'absent' })
  })

  it.each([
    ['failed and not kept', { effect: 'none', reply: 'error' }, 'absent'],
    ['failed but kept', { reply: 'error' }, 'one'],
    ['kept and no reply', { reply: 'lost' }, 'one'],
  ])('%s: unclear, and then looked for and found out', async (name, rule, kind) => {
    await there.call('PUT', '/faults', { rules: [{ op: 'note.put', first: 1, ...rule }] })
    expect((await here.run('invoice.status', status('posted'), { key: name })).outcome.kind).toBe('unclear')
    expect((await here.look('invoice.status', status('posted'), name)).kind).toBe(kind)
    expect((await here.run('invoice.status', status('posted'), { key: name })).outcome.kind).toBe('done')
    expect((await there.call('GET', `/notes/${encodeURIComponent(name)}`)).body.shows).toBe('LEDGERED')
  })

  it('in words that it knows, each of ours another', async () => {
    for (const word of ['awaiting-receipt', 'mismatched', 'matched', 'posted', 'paid', 'returned', 'rejected']) {
      expect((await here.run('invoice.status', status(word, { reference: `inv_${word}` }), { key: word })).outcome.kind).toBe('done')
    }
    const { observations } = await here.sweep(null)
    const told = observations
      .filter(({ type }) => type === 'status.reported')
      .flatMap(({ about, data: { claims, word } }) => (typeof claims === 'string' && about[0]?.names[0] === `inv_${claims}` ? [word] : []))
    expect(new Set(told).size).toBe(7)
  })
})

describe('what it tells', () => {
  it('purchases in editions, slips and slips taken back, merchants; each fact has the shape that the API takes', async () => {
    const { cursor } = await here.sweep(null)
    const shut = { by: 'p', why: 'x' }
    await there.call('POST', `${PURCHASE}/editions`, {
      basedOn: 1,
      positions: [
        { ...POSITIONS[0], pieces: '12' },
        { ...POSITIONS[1], shut: true },
      ],
      by: 'p',
      why: 'more',
    })
    const { slipNo } = (await there.call('POST', '/slips', slip('4.5'))).body as { slipNo: string }
    await there.call('POST', `/slips/${slipNo}/take-back`, { by: 'door', why: 'broken' })
    await there.call('POST', `${PURCHASE}/shut`, shut)
    await there.call('POST', `${PURCHASE}/reopen`, shut)
    await there.call('PUT', '/merchants/MX-000001', { ...SETUP.merchants[0], merchantId: undefined, clearance: 'PROPOSED' })
    await there.call('POST', '/notes', note('n-x', { claimRef: 'somebody else' }))
    const { observations, unreadable } = await here.sweep(cursor)
    expect(unreadable).toEqual([])
    const about = ['proc|order|1000/4500000001']
    expect(observations.map(({ type, data, about: [ref] }) => [type, ref?.names, data])).toEqual([
      ['order.changed', about, expect.objectContaining({ version: 2, lines: [expect.objectContaining({ id: '10', quantity: '12' })] })],
      ['receipt.recorded', about, { receipt: slipNo, number: '4500000001', entity: '1000', lines: [{ line: '10', quantity: '4.5' }] }],
      ['receipt.reversed', about, { receipt: slipNo, number: '4500000001', entity: '1000', reason: 'broken' }],
      ['order.closed', about, { number: '4500000001', version: 3 }],
      ['order.changed', about, expect.objectContaining({ version: 4, open: true })],
      [
        'supplier.blocked',
        ['proc|supplier|MX-000001', 'public|supplier-vat|FR12345678901'],
        { supplier: 'MX-000001', reason: 'Procurement says PROPOSED.' },
      ],
    ])
    for (const { type, data } of observations) expect(isSentType(type) && FACT_SHAPES[type].safeParse(data).error, type).toBeUndefined()
  })

  it('an entry of a sort or deed that is not documented is set aside and stops nothing', async () => {
    const entry = {
      seq: 9_001,
      when: '2026-02-01T10:00:00.000Z',
      sort: 'SLIP',
      deed: 'COUNTED',
      key: 'WE9',
      now: { ...slip('1'), slipNo: 'WE9', takenBack: null },
    }
    const entries = [{ ...entry, sort: 'RIDDLE' }, { ...entry, deed: 'EATEN' }, { ...entry, now: {} }, 'junk', entry]
    await there.call('PUT', '/faults', { rules: [{ op: 'journal', first: 1, patch: { entries, end: true } }] })
    const { observations, unreadable } = await here.sweep(null, 1)
    expect(unreadable.map(({ says }) => says)).toEqual([
      expect.stringContaining('no entry of sort RIDDLE'),
      expect.stringContaining('no deed EATEN'),
      expect.stringContaining('slipNo'),
      expect.stringContaining('body'),
    ])
    expect(observations).toMatchObject([{ type: 'receipt.recorded', data: { receipt: 'WE9' } }])
  })
})
