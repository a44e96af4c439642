/** Against the running system, which shares no code with this connector; its books say what really happened. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { personName } from '../../domain/names.ts'
import type { Json } from '../../lib/canonical-json.ts'
import type { System } from '../../../sandbox/testing.ts'
import type { Drive } from '../../../test/drive.ts'
import { LiveErps, order } from '../../../test/live-erp.ts'

const live = new LiveErps()
afterAll(() => live.end())

describe('posting', () => {
  let there: System
  let here: Drive
  beforeAll(async () => {
    ;({ there, here } = await live.start())
  })

  test('an invoice is booked with policy, authority, approvers and our key in fields that the ERP keeps', async () => {
    const { outcome, observations } = await here.run('invoice.post', order(), { key: 'k-1' })
    expect(outcome).toMatchObject({ kind: 'done', receipt: { reference: '5100000001' } })
    expect(observations).toMatchObject([
      { type: 'posting.confirmed', about: [{ names: ['inv_1'] }], data: { postingNo: '5100000001', reference: 'inv_1', amount: '119' } },
    ])
    expect(observations[0]?.readBack).toBeUndefined()
    const kept = (await there.call('GET', '/documents/5100000001')).body
    expect(kept).toMatchObject({
      extRef: 'inv_1',
      docType: 'KR',
      grossAmt: '119.00',
      enteredBy: 'hub',
      items: [{ taxKey: 'S-19', kostl: 'CC-10', poNo: '4500000001' }],
      zFields: {
        ZZKEY: 'k-1',
        ZZPOLICY: 'terms abc',
        ZZAPPROVERS: 'directory l.roth',
        ZZAPPROVEDAT: '2026-01-14T12:00:00.000Z',
        ZZAUTHORITY: 'l.roth at noon',
        ZZCORRELATION: 'inv_1',
      },
    })
  })

  test('the ERP refuses in its own words, and nothing is booked', async () => {
    const { outcome } = await here.run('invoice.post', order({ reference: 'inv_x', supplier: 'K-9', gross: '120' }))
    expect(outcome).toMatchObject({ kind: 'refused', code: 'F5-117', says: expect.stringMatching(/Vendor K-9.*F5-210/) })
    expect(await here.look('invoice.post', order({ reference: 'inv_x' }))).toEqual({ kind: 'absent' })
  })

  test('a reversal is booked on its day, and refused by the ERP when the period of that day is shut', async () => {
    const { outcome: made } = await here.run('invoice.post', order({ reference: 'inv_back', number: 'RE-back' }), { key: 'k-back' })
    const posting = made.kind === 'done' ? made.receipt.reference : ''
    const reversal = { posting, reason: 'not ours', requestedBy: 'lea', agreedBy: 'tom' }
    const gate = (state: string): Promise<unknown> =>
      there.call('PUT', '/posting-periods/1000/2026/2/gate', { gate: state, by: 'm.keller' })
    await gate('SHUT')
    const on = { ...reversal, reversedOn: '2026-02-03' }
    expect((await here.run('invoice.reverse', on, { key: 'k-r1' })).outcome).toMatchObject({
      kind: 'refused',
      says: expect.stringContaining('F5-286') as string,
    })
    await gate('OPEN')
    expect((await here.run('invoice.reverse', on, { key: 'k-r2' })).outcome).toMatchObject({ kind: 'done' })
    expect((await there.call('GET', `/documents/${posting}`)).body).toMatchObject({ lifecycle: 'STORNO', stornoOn: '2026-02-03' })
  })

  test.each([
    ['the reply is lost', { reply: 'lost' }, 'one'],
    ['it lands late', { effect: 'late', lateMs: 150, reply: 'lost' }, 'one'],
    ['500 after the work', { reply: 'error' }, 'one'],
    ['500 before the work', { effect: 'none', reply: 'error' }, 'absent'],
    ['an HTML page', { reply: 'html' }, 'one'],
    ['half the JSON', { reply: 'cut' }, 'one'],
    ['half the body', { reply: 'torn' }, 'one'],
    ['201 without a number', { patch: { docNo: null } }, 'one'],
  ])('when %s the outcome is unclear, and looking for it tells', async (_what, rule, found) => {
    const reference = `inv_${_what.replaceAll(' ', '')}`
    await there.call('PUT', '/faults', { rules: [{ op: 'document.post', first: 1, ...rule }] })
    expect((await here.run('invoice.post', order({ reference }))).outcome.kind).toBe('unclear')
    await there.call('PUT', '/faults', { rules: [] })
    if ('effect' in rule && rule.effect === 'late')
      await expect.poll(async () => (await here.look('invoice.post', order({ reference }))).kind, { timeout: 10_000 }).toBe('one')
    const look = await here.look('invoice.post', order({ reference }))
    expect(look.kind).toBe(found)
    if (look.kind === 'one') {
      expect(look.equal).toBe(true)
      expect(look.observations).toMatchObject([
        { type: 'posting.confirmed', readBack: true, data: { reference, postingNo: look.receipt.reference } },
      ])
    }
  })

  test.each([
    [429, 'target'],
    [401, 'credential'],
  ])('HTTP %i says that nothing was done', async (status, about) => {
    await there.call('PUT', '/faults', { rules: [{ op: 'document.post', first: 1, effect: 'none', reply: 'error', status }] })
    expect((await here.run('invoice.post', order({ reference: 'inv_busy' }))).outcome).toMatchObject({ kind: 'no-effect', about })
    await there.call('PUT', '/faults', { rules: [] })
  })

  test('two documents under our reference are several; another amount is not equal', async () => {
    await here.run('invoice.post', order({ reference: 'inv_twice' }), { key: 'twice' })
    expect(await here.look('invoice.post', order({ reference: 'inv_twice', gross: '118' }), 'twice')).toMatchObject({
      kind: 'one',
      equal: false,
      says: expect.stringContaining('amount 119.00'),
    })
    await here.run('invoice.post', order({ reference: 'inv_twice' }), { key: 'twice' })
    expect(await here.look('invoice.post', order({ reference: 'inv_twice' }), 'twice')).toMatchObject({
      kind: 'several',
      receipts: [{}, {}],
    })
  })

  test('a reversed document of an earlier command is not this one; of this very command it is, with its reversal', async () => {
    const first = await here.run('invoice.post', order({ reference: 'inv_again' }), { key: 'generation-0' })
    const docNo = first.outcome.kind === 'done' ? first.outcome.receipt.reference : ''
    await there.call('POST', `/documents/${docNo}/storno`, { reason: '01', requestedBy: 'a', agreedBy: 'b' })
    expect(await here.look('invoice.post', order({ reference: 'inv_again' }), 'generation-1')).toEqual({ kind: 'absent' })
    const look = await here.look('invoice.post', order({ reference: 'inv_again' }), 'generation-0')
    expect(look).toMatchObject({ kind: 'one', equal: true, receipt: { reference: docNo, lifecycle: 'STORNO' } })
    expect(look.kind === 'one' ? look.observations.map((one) => one.type) : []).toEqual(['posting.confirmed', 'posting.reversed'])
  })

  test('a document that was reversed was never cleared: a clearing in doubt is not there, and the next one is refused', async () => {
    const posted = await here.run('invoice.post', order({ reference: 'inv_collected' }))
    const docNo = posted.outcome.kind === 'done' ? posted.outcome.receipt.reference : ''
    await there.call('POST', `/documents/${docNo}/storno`, { reason: '01', requestedBy: 'a', agreedBy: 'b' })
    const [entity, supplier, amount, currency] = ['1000', 'K-1', '119.00', 'EUR']
    const clearing = { posting: docNo, entity, supplier, amount, currency, bankReference: 'B-77', bookedOn: '2026-11-20' }
    expect(await here.look('settlement.clear', clearing)).toEqual({ kind: 'absent' })
    expect((await here.run('settlement.clear', clearing)).outcome).toMatchObject({ kind: 'refused' })
  })

  test('a search that lags says absent although it was booked: the settle time has to be longer than the lag', async () => {
    await there.call('PUT', '/tempo', { searchDelayMs: 1_500 })
    await here.run('invoice.post', order({ reference: 'inv_lag' }))
    expect(await here.look('invoice.post', order({ reference: 'inv_lag' }))).toEqual({ kind: 'absent' })
    await expect.poll(async () => (await here.look('invoice.post', order({ reference: 'inv_lag' }))).kind, { timeout: 3_000 }).toBe('one')
    await there.call('PUT', '/tempo', { searchDelayMs: 0 })
  })

  test('what the reply named is read back by number: held, not there, or somebody else’s', async () => {
    const booked = await here.run('invoice.post', order({ reference: 'inv_read' }))
    const docNo = booked.outcome.kind === 'done' ? booked.outcome.receipt.reference : ''
    const asking = (object: string, number: string): ReturnType<Drive['run']> =>
      here.run('lookup.posting', { question: 'posting', postingNo: number, reference: object }, { object, occurrence: number })
    expect((await asking('inv_read', docNo)).observations).toMatchObject([
      {
        type: 'posting.confirmed',
        readBack: true,
        data: {
          postingNo: docNo,
          reference: 'inv_read',
          amount: '119.00',
          tax: '19.00',
          coding: [{ account: '476000', costCentre: 'CC-10', amount: '100' }],
        },
      },
    ])
    expect((await asking('inv_read', '5199999999')).observations).toMatchObject([
      { type: 'status.reported', about: [{ names: ['inv_read'] }], data: { facet: 'posting', word: 'absent' } },
    ])
    expect((await asking('inv_other', docNo)).observations.map((one) => [one.type, one.about[0]?.names[0]])).toEqual([
      ['posting.confirmed', 'inv_read'],
      ['status.reported', 'inv_other'],
    ])
  })

  test('a payment block is set and lifted, and the same call twice is harmless', async () => {
    const booked = await here.run('invoice.post', order({ reference: 'inv_block' }))
    const posting = booked.outcome.kind === 'done' ? booked.outcome.receipt.reference : ''
    expect(await here.look('payment.hold', { posting })).toEqual({ kind: 'absent' })
    for (let time = 0; time < 2; time++)
      expect((await here.run('payment.hold', { posting, reason: 'bank detail changed' })).outcome.kind).toBe('done')
    expect(await here.look('payment.hold', { posting })).toMatchObject({ kind: 'one', equal: true })
    expect((await here.run('payment.unhold', { posting })).outcome.kind).toBe('done')
    expect((await there.call('GET', `/documents/${posting}`)).body.payBlock).toBe('')
  })
})

describe('lookups', () => {
  let there: System
  let here: Drive
  beforeAll(async () => {
    ;({ there, here } = await live.start())
  })
  const answer = async (name: Parameters<Drive['run']>[0], content: { readonly [key: string]: Json }): Promise<unknown> => {
    const { outcome, observations } = await here.run(name, content, { object: 'obj_1', occurrence: 'q#1' })
    expect(outcome.kind).toBe('done')
    expect(observations[0]).toMatchObject({ type: 'reference.read', readBack: true, eventId: expect.stringMatching(/obj_1\|q#1\|/) })
    return { ...observations[0]?.data, names: observations[0]?.about[0]?.names }
  }

  test('a supplier by VAT id, however it is written, with all accounts, the main one first', async () => {
    const found = await answer('lookup.supplier', { question: 'supplier', names: ['public|supplier-vat|FR12345678901'], name: 'whatever' })
    expect(found).toMatchObject({
      asked: 'supplier',
      found: true,
      names: ['obj_1', 'erp|supplier|K-3'],
      supplier: {
        number: 'K-3',
        vatId: 'FR12345678901',
        active: true,
        blocked: false,
        accounts: ['FR7630006000011234567890189', 'FR1420041010050500013M02606'],
        createdBy: personName('directory', 'm.keller'),
      },
    })
  })

  test('a supplier by name, one that is not there, and one of two that nothing tells apart', async () => {
    expect(
      await answer('lookup.supplier', { question: 'supplier', names: ['public|supplier-name|blauwal b.v.'], name: 'BLAUWAL B.V.' }),
    ).toMatchObject({ found: true, supplier: { number: 'K-2' } })
    expect(await answer('lookup.supplier', { question: 'supplier', names: ['public|supplier-vat|XX1'], name: 'Nobody' })).toMatchObject({
      found: false,
      names: ['obj_1'],
    })
    await there.call('PUT', '/vendors/K-4', {
      name: 'Blauwal B.V.',
      vatReg: '',
      country: 'NL',
      payIban: 'NL91ABNA0417164300',
      standing: 'ACTIVE',
      by: 'm',
    })
    const { outcome } = await here.run('lookup.supplier', { question: 'supplier', names: [], name: 'Blauwal B.V.' })
    expect(outcome).toMatchObject({ kind: 'refused', says: expect.stringContaining('K-2, K-4') })
    await there.call('PUT', '/vendors/K-4', {
      name: 'Blauwal B.V.',
      vatReg: '',
      country: 'NL',
      payIban: 'NL91ABNA0417164300',
      standing: 'DORMANT',
      by: 'm',
    })
    expect(await answer('lookup.supplier', { question: 'supplier', names: [], name: 'Blauwal B.V.' })).toMatchObject({
      supplier: { number: 'K-2' },
    })
  })

  test('a company by VAT id and by name, its tax code, its period', async () => {
    const entity = {
      number: '1000',
      currency: 'EUR',
      currencies: ['EUR'],
      active: true,
      zone: 'Europe/Berlin',
      account: 'DE02120300000000202051',
    }
    expect(await answer('lookup.entity', { question: 'entity', names: ['public|entity-vat|DE136695976'], name: 'x' })).toMatchObject({
      found: true,
      entity,
    })
    expect(await answer('lookup.entity', { question: 'entity', names: [], name: 'nordlicht  HANDEL gmbh' })).toMatchObject({
      found: true,
      entity,
      names: ['obj_1', 'erp|entity|1000'],
    })
    expect(await answer('lookup.entity', { question: 'entity', names: [], name: 'Another' })).toMatchObject({ found: false })
    expect(await answer('lookup.tax-code', { question: 'tax-code S 19', entity: '1000', category: 'S', rate: '19' })).toMatchObject({
      asked: 'tax-code S 19',
      found: true,
      taxCode: { code: 'S-19', category: 'S', rate: '19', active: true },
    })
    expect(await answer('lookup.tax-code', { question: 'tax-code AE 0', entity: '1000', category: 'AE', rate: '0' })).toMatchObject({
      taxCode: { code: 'AE-0', rate: '0' },
    })
    expect(await answer('lookup.tax-code', { question: 'tax-code S 7', entity: '1000', category: 'S', rate: '7' })).toMatchObject({
      found: false,
    })
    expect(await answer('lookup.period', { question: 'period 2026-01', entity: '1000', month: '2026-01' })).toMatchObject({
      found: true,
      period: { open: true },
    })
    await there.call('PUT', '/posting-periods/1000/2026/1/gate', { gate: 'SHUT', by: 'x' })
    expect(await answer('lookup.period', { question: 'period 2026-01', entity: '1000', month: '2026-01' })).toMatchObject({
      period: { open: false },
    })
    expect(await answer('lookup.period', { question: 'period 2027-01', entity: '1000', month: '2027-01' })).toMatchObject({ found: false })
  })

  test('an order by its number', async () => {
    expect(await answer('lookup.order', { question: 'order', number: ' 4500000001 ', entity: '1000' })).toMatchObject({
      found: true,
      names: ['obj_1', 'erp|order|1000/4500000001'],
      order: {
        number: '4500000001',
        entity: '1000',
        supplier: 'K-1',
        currency: 'EUR',
        open: true,
        lines: [{ id: '10', name: 'Paper', quantity: '10', price: '12.50', unit: 'C62' }],
      },
    })
    expect(await answer('lookup.order', { question: 'order', number: '77', entity: '1000' })).toMatchObject({ found: false })
  })
})
