/** Against the running system, which shares no code with this connector; its books say what really happened. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connector, Observation } from '../../connector/contract.ts'
import type { Json } from '../../lib/canonical-json.ts'
import { personName } from '../../domain/names.ts'
import { claim, SETUP } from '../../../sandbox/erp/fixture.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { drive, type Drive } from '../../../test/drive.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { erp } from './connector.ts'

const shop = new Workshop()
const drives: Drive[] = []
afterAll(async () => {
  await Promise.all(drives.map((one) => one.close()))
  await shop.clear()
})

const TOKEN = { TOKEN_OF_ERP: 'letmein' }
const LIMITS = [{ companyCode: '*', waers: 'EUR', upTo: '5000.00' }, { companyCode: '1000', waers: 'EUR', upTo: '9000.00' }]

async function system(...args: string[]): Promise<{ there: System; here: Drive; connector: Connector }> {
  const there = await shop.start('erp', ['--data', await shop.folder(), ...args], { SANDBOX_ERP_TOKEN: TOKEN.TOKEN_OF_ERP })
  const call: System['call'] = (method, path, body) => there.call(method, path, body, { authorization: `Bearer ${TOKEN.TOKEN_OF_ERP}` })
  const loaded = await call('PUT', '/setup', {
    ...SETUP,
    vendors: [
      ...SETUP.vendors,
      {
        ...SETUP.vendors[0], vendorNo: 'K-3', name: 'Tuile SA', vatReg: 'FR 12 345 678 901',
        otherIbans: ['FR14 2004 1010 0505 0001 3M02 606'],
      },
    ],
    taxKeys: [
      ...SETUP.taxKeys, { taxKey: 'AE-0', companyCode: '*', category: 'AE', pct: '0.00', selfAssessed: true, text: 'reverse charge' },
    ],
    users: [...SETUP.users, { userId: 'V.Lim', name: 'Vera Lim', roles: ['APPROVER'], limits: LIMITS }],
  })
  expect(loaded.status).toBe(200)
  const read = erp.readConfig({ url: there.url, token: 'TOKEN_OF_ERP' })
  if (!('config' in read)) throw new Error(read.problems.join())
  const connector = erp.open(read.config, 'erp', { sha256 })
  const here = drive(connector, TOKEN)
  drives.push(here)
  return { there: { ...there, call }, here, connector }
}

const order = (more: { readonly [key: string]: Json } = {}): { readonly [key: string]: Json } => ({
  reference: 'inv_1', entity: '1000', supplier: 'K-1', kind: 'invoice', number: 'RE-1', issuedOn: '2026-01-12', dueOn: '2026-02-11',
  postedOn: '2026-01-15',
  currency: 'EUR', net: '100', tax: '19', gross: '119', payable: '119', method: 'transfer', orders: ['4500000001'], policy: 'terms abc',
  authority: 'l.roth at noon',
  approvers: [personName('directory', 'l.roth')], approvedAt: '2026-01-14T12:00:00.000Z', correlation: 'inv_1',
  lines: [{ account: '476000', costCentre: 'CC-10', amount: '100.00', taxCode: 'S-19' }], ...more,
})

const ofType = (all: readonly Observation[], type: string): Observation[] => all.filter((one) => one.type === type)

describe('posting', () => {
  let there: System
  let here: Drive
  beforeAll(async () => { ({ there, here } = await system()) })

  test('an invoice is booked with policy, authority, approvers and our key in fields that the ERP keeps', async () => {
    const { outcome, observations } = await here.run('invoice.post', order(), { key: 'k-1' })
    expect(outcome).toMatchObject({ kind: 'done', receipt: { reference: '5100000001' } })
    expect(observations).toMatchObject(
      [{ type: 'posting.confirmed', about: [{ names: ['inv_1'] }], data: { docNo: '5100000001', reference: 'inv_1', amount: '119' } }]
    )
    expect(observations[0]?.readBack).toBeUndefined()
    const kept = (await there.call('GET', '/documents/5100000001')).body
    expect(kept).toMatchObject({
      extRef: 'inv_1', docType: 'KR', grossAmt: '119.00', enteredBy: 'hub',
      items: [{ taxKey: 'S-19', costCentre: 'CC-10', poNo: '4500000001' }],
      zFields: {
        ZZKEY: 'k-1', ZZPOLICY: 'terms abc', ZZAPPROVERS: 'directory l.roth', ZZAPPROVEDAT: '2026-01-14T12:00:00.000Z',
        ZZAUTHORITY: 'l.roth at noon', ZZCORRELATION: 'inv_1',
      },
    })
  })

  test('the ERP refuses in its own words, and nothing is booked', async () => {
    const { outcome } = await here.run('invoice.post', order({ reference: 'inv_x', supplier: 'K-9', gross: '120' }))
    expect(outcome).toMatchObject({ kind: 'refused', code: 'F5-117', says: expect.stringMatching(/Vendor K-9.*F5-210/) })
    expect(await here.look('invoice.post', order({ reference: 'inv_x' }))).toEqual({ kind: 'absent' })
  })

  test.each([
    ['the reply is lost', { reply: 'lost' }, 'one'], ['it lands late', { effect: 'late', lateMs: 150, reply: 'lost' }, 'one'],
    ['500 after the work', { reply: 'error' }, 'one'],
    ['500 before the work', { effect: 'none', reply: 'error' }, 'absent'], ['an HTML page', { reply: 'html' }, 'one'],
    ['half the JSON', { reply: 'cut' }, 'one'],
    ['half the body', { reply: 'torn' }, 'one'], ['201 without a number', { patch: { docNo: null } }, 'one'],
  ])('when %s the outcome is unclear, and looking for it tells', async (_what, rule, found) => {
    const reference = `inv_${_what.replaceAll(' ', '')}`
    await there.call('PUT', '/faults', { rules: [{ op: 'document.post', first: 1, ...rule }] })
    expect((await here.run('invoice.post', order({ reference }))).outcome.kind).toBe('unclear')
    await there.call('PUT', '/faults', { rules: [] })
    if ('effect' in rule && rule.effect === 'late') await expect.poll(
      async () => (await here.look('invoice.post', order({ reference }))).kind, { timeout: 3_000 }
    ).toBe('one')
    const look = await here.look('invoice.post', order({ reference }))
    expect(look.kind).toBe(found)
    if (look.kind === 'one') {
      expect(look.equal).toBe(true)
      expect(look.observations).toMatchObject(
        [{ type: 'posting.confirmed', readBack: true, data: { reference, docNo: look.receipt.reference } }]
      )
    }
  })

  test.each([[429, 'target'], [401, 'credential']])('HTTP %i says that nothing was done', async (status, about) => {
    await there.call('PUT', '/faults', { rules: [{ op: 'document.post', first: 1, effect: 'none', reply: 'error', status }] })
    expect((await here.run('invoice.post', order({ reference: 'inv_busy' }))).outcome).toMatchObject({ kind: 'no-effect', about })
    await there.call('PUT', '/faults', { rules: [] })
  })

  test('two documents under our reference are several; another amount is not equal', async () => {
    await here.run('invoice.post', order({ reference: 'inv_twice' }), { key: 'twice' })
    expect(await here.look(
      'invoice.post', order({ reference: 'inv_twice', gross: '118' }), 'twice'
    )).toMatchObject({ kind: 'one', equal: false, says: expect.stringContaining('amount 119.00') })
    await here.run('invoice.post', order({ reference: 'inv_twice' }), { key: 'twice' })
    expect(await here.look(
      'invoice.post', order({ reference: 'inv_twice' }), 'twice'
    )).toMatchObject({ kind: 'several', receipts: [{}, {}] })
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

  test('a search that lags says absent although it was booked: the settle time has to be longer than the lag', async () => {
    await there.call('PUT', '/tempo', { searchDelayMs: 400 })
    await here.run('invoice.post', order({ reference: 'inv_lag' }))
    expect(await here.look('invoice.post', order({ reference: 'inv_lag' }))).toEqual({ kind: 'absent' })
    await expect.poll(async () => (await here.look('invoice.post', order({ reference: 'inv_lag' }))).kind, { timeout: 3_000 }).toBe('one')
    await there.call('PUT', '/tempo', { searchDelayMs: 0 })
  })

  test('what the reply named is read back by number: held, not there, or somebody else’s', async () => {
    const booked = await here.run('invoice.post', order({ reference: 'inv_read' }))
    const docNo = booked.outcome.kind === 'done' ? booked.outcome.receipt.reference : ''
    const asking = (object: string, number: string): ReturnType<Drive['run']> => here.run(
      'lookup.posting', { question: 'posting', docNo: number, reference: object }, { object, occurrence: number }
    )
    expect((await asking('inv_read', docNo)).observations).toMatchObject(
      [{ type: 'posting.confirmed', readBack: true, data: { docNo, reference: 'inv_read', amount: '119.00' } }]
    )
    expect((await asking('inv_read', '5199999999')).observations).toMatchObject(
      [{ type: 'status.reported', about: [{ names: ['inv_read'] }], data: { facet: 'posting', word: 'absent' } }]
    )
    expect(
      (await asking('inv_other', docNo)).observations.map((one) => [one.type, one.about[0]?.names[0]])
    ).toEqual([['posting.confirmed', 'inv_read'], ['status.reported', 'inv_other']])
  })

  test('a payment block is set and lifted, and the same call twice is harmless', async () => {
    const booked = await here.run('invoice.post', order({ reference: 'inv_block' }))
    const posting = booked.outcome.kind === 'done' ? booked.outcome.receipt.reference : ''
    expect(await here.look('payment.hold', { posting })).toEqual({ kind: 'absent' })
    for (let time = 0; time < 2; time++) expect(
      (await here.run('payment.hold', { posting, reason: 'bank detail changed' })).outcome.kind
    ).toBe('done')
    expect(await here.look('payment.hold', { posting })).toMatchObject({ kind: 'one', equal: true })
    expect((await here.run('payment.unhold', { posting })).outcome.kind).toBe('done')
    expect((await there.call('GET', `/documents/${posting}`)).body.payBlock).toBe('')
  })
})

describe('lookups', () => {
  let there: System
  let here: Drive
  beforeAll(async () => { ({ there, here } = await system()) })
  const answer = async (name: Parameters<Drive['run']>[0], content: { readonly [key: string]: Json }): Promise<unknown> => {
    const { outcome, observations } = await here.run(name, content, { object: 'obj_1', occurrence: 'q#1' })
    expect(outcome.kind).toBe('done')
    expect(observations[0]).toMatchObject({ type: 'reference.read', readBack: true, eventId: expect.stringMatching(/obj_1\|q#1\|/) })
    return { ...observations[0]?.data, names: observations[0]?.about[0]?.names }
  }

  test('a supplier by VAT id, however it is written, with all accounts, the main one first', async () => {
    const found = await answer('lookup.supplier', { question: 'supplier', names: ['public|supplier-vat|FR12345678901'], name: 'whatever' })
    expect(found).toMatchObject({
      asked: 'supplier', found: true, names: ['obj_1', 'erp|supplier|K-3'],
      supplier: {
        number: 'K-3', vatId: 'FR12345678901', active: true, blocked: false,
        accounts: ['FR7630006000011234567890189', 'FR1420041010050500013M02606'], createdBy: personName('directory', 'm.keller'),
      },
    })
  })

  test('a supplier by name, one that is not there, and one of two that nothing tells apart', async () => {
    expect(await answer(
      'lookup.supplier', { question: 'supplier', names: ['public|supplier-name|blauwal b.v.'], name: 'BLAUWAL B.V.' }
    )).toMatchObject({ found: true, supplier: { number: 'K-2' } })
    expect(await answer(
      'lookup.supplier', { question: 'supplier', names: ['public|supplier-vat|XX1'], name: 'Nobody' }
    )).toMatchObject({ found: false, names: ['obj_1'] })
    await there.call(
      'PUT', '/vendors/K-4', { name: 'Blauwal B.V.', vatReg: '', country: 'NL', payIban: 'NL91ABNA0417164300', standing: 'ACTIVE', by: 'm' }
    )
    const { outcome } = await here.run('lookup.supplier', { question: 'supplier', names: [], name: 'Blauwal B.V.' })
    expect(outcome).toMatchObject({ kind: 'refused', says: expect.stringContaining('K-2, K-4') })
    await there.call(
      'PUT', '/vendors/K-4',
      { name: 'Blauwal B.V.', vatReg: '', country: 'NL', payIban: 'NL91ABNA0417164300', standing: 'DORMANT', by: 'm' }
    )
    expect(await answer(
      'lookup.supplier', { question: 'supplier', names: [], name: 'Blauwal B.V.' }
    )).toMatchObject({ supplier: { number: 'K-2' } })
  })

  test('a company by VAT id and by name, its tax code, its period', async () => {
    const entity = {
      number: '1000', currency: 'EUR', currencies: ['EUR'], active: true, zone: 'Europe/Berlin', account: 'DE02120300000000202051',
    }
    expect(await answer(
      'lookup.entity', { question: 'entity', names: ['public|entity-vat|DE136695976'], name: 'x' }
    )).toMatchObject({ found: true, entity })
    expect(await answer(
      'lookup.entity', { question: 'entity', names: [], name: 'nordlicht  HANDEL gmbh' }
    )).toMatchObject({ found: true, entity, names: ['obj_1', 'erp|entity|1000'] })
    expect(await answer('lookup.entity', { question: 'entity', names: [], name: 'Another' })).toMatchObject({ found: false })
    expect(await answer('lookup.tax-code', { question: 'tax-code S 19', entity: '1000', category: 'S', rate: '19' })).toMatchObject({
      asked: 'tax-code S 19', found: true, taxCode: { code: 'S-19', category: 'S', rate: '19', active: true },
    })
    expect(await answer(
      'lookup.tax-code', { question: 'tax-code AE 0', entity: '1000', category: 'AE', rate: '0' }
    )).toMatchObject({ taxCode: { code: 'AE-0', rate: '0' } })
    expect(await answer(
      'lookup.tax-code', { question: 'tax-code S 7', entity: '1000', category: 'S', rate: '7' }
    )).toMatchObject({ found: false })
    expect(await answer(
      'lookup.period', { question: 'period 2026-01', entity: '1000', month: '2026-01' }
    )).toMatchObject({ found: true, period: { open: true } })
    await there.call('PUT', '/posting-periods/1000/2026/1/gate', { gate: 'SHUT', by: 'x' })
    expect(await answer(
      'lookup.period', { question: 'period 2026-01', entity: '1000', month: '2026-01' }
    )).toMatchObject({ period: { open: false } })
    expect(await answer('lookup.period', { question: 'period 2027-01', entity: '1000', month: '2027-01' })).toMatchObject({ found: false })
  })

  test('an order by its number', async () => {
    expect(await answer('lookup.order', { question: 'order', number: ' 4500000001 ', entity: '1000' })).toMatchObject({
      found: true, names: ['obj_1', 'erp|order|1000/4500000001'],
      order: {
        number: '4500000001', entity: '1000', supplier: 'K-1', currency: 'EUR', open: true,
        lines: [{ id: '10', name: 'Paper', quantity: '10', price: '12.50', unit: 'C62' }],
      },
    })
    expect(await answer('lookup.order', { question: 'order', number: '77', entity: '1000' })).toMatchObject({ found: false })
  })
})

describe('the change feed', () => {
  test('tells everything that happened, the same each time, with the payments as the file has them', async () => {
    const { there, here } = await system()
    for (const [reference, number] of [['inv_1', 'RE-1'], ['inv_2', 'RE-2'], ['inv_3', 'RE-3']]) await here.run(
      'invoice.post', order({ reference: reference!, number: number!, correlation: reference! })
    )
    await there.call(
      'POST', '/documents',
      claim({
        extRef: 'by hand', vendorDocNo: 'RE-9', docType: 'KG', netAmt: '10.00', taxAmt: '1.90', grossAmt: '11.90',
        items: [{ glAccount: '1', netAmt: '10.00' }],
      })
    )
    await there.call('POST', '/documents/5100000003/storno', { reason: '01', requestedBy: 'a', agreedBy: 'b' })
    await there.call('POST', '/documents/5100000002/pay-block', { payBlock: 'R', by: 'a', text: 'x' })
    const run = await there.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk' })
    for (const by of ['t.meyer', 'u.katz']) await there.call('POST', `/runs/${run.body.runNo}/release`, { by })
    const file = (await there.call('GET', `/runs/${run.body.runNo}`)).body.file

    const swept = await here.sweep(null)
    expect(swept.unreadable).toEqual([])
    expect(ofType(swept.observations, 'reference.read').map((one) => one.data['asked'])).toEqual([
      'entity', 'tax-code S 19', 'tax-code AE 0', 'supplier', 'supplier', 'supplier',
    ])
    expect(ofType(swept.observations, 'order.issued')).toMatchObject([{ about: [{ names: ['erp|order|1000/4500000001'] }] }])
    expect(ofType(swept.observations, 'period.opened').map((one) => one.data['month'])).toEqual(Array.from(
      { length: 12 }, (_, at) => `2026-${String(at + 1).padStart(2, '0')}`
    ))
    expect(ofType(swept.observations, 'authority.granted')).toMatchObject(
      [
        {
          about: [{ names: [personName('directory', 'v.lim')], create: 'person' }],
          data: { name: 'Vera Lim', limit: '5000.00', currency: 'EUR' },
        },
      ]
    )
    const posted = ofType(swept.observations, 'posting.confirmed')
    expect(posted.map((one) => one.about[0])).toEqual([
      ...['1', '2', '3'].map((at) => ({ names: [`inv_${at}`, `erp|posting|1000 510000000${at}`, `erp|document|510000000${at}`] })),
      { names: ['erp|posting|1000 5200000001', 'erp|document|5200000001'], create: 'invoice' },
    ])
    expect(posted[0]).toMatchObject({
      eventId: 'document|5100000001|booked', readBack: true,
      data: { entity: '1000', supplier: 'K-1', number: 'RE-1', amount: '119.00', reference: 'inv_1' },
    })
    expect(posted[3]?.data['reference']).toBeUndefined()
    expect(ofType(swept.observations, 'posting.reversed')).toMatchObject(
      [
        {
          about: [{ names: ['inv_3', 'erp|posting|1000 5100000003', 'erp|document|5100000003'] }],
          data: { docNo: '5100000003', entity: '1000', reversalNo: '5900000001', reason: '01' },
        },
      ]
    )
    expect(ofType(swept.observations, 'hold.placed')).toMatchObject([{ about: [{ names: ['erp|document|5100000002'] }] }])

    const [payment, second] = ofType(swept.observations, 'payment.instructed')
    expect(second).toBeUndefined()
    expect(payment).toMatchObject({
      about: [
        {
          names: [`public|payment|${file.msgId} ZP00000001`, 'erp|payment-doc|ZP00000001'], create: 'payment',
          offers: ['public|end-to-end|ZP00000001'],
        },
        { names: [`public|payment-file|${file.msgId}`, 'erp|run|R000001'], create: 'payment-batch' },
      ],
      data: {
        messageId: file.msgId, endToEndId: 'ZP00000001', paymentDoc: 'ZP00000001', amount: '107.10', currency: 'EUR',
        account: 'FR7630006000011234567890189', supplier: 'K-1',
        items: [{ posting: 'erp|posting|1000 5100000001', amount: '119.00' }, { posting: 'erp|posting|1000 5200000001', amount: '-11.90' }],
      },
    })
    expect(ofType(swept.observations, 'payment.released')).toMatchObject(
      [{ data: { document: file.sha256, run: 'R000001', releasedBy: ['t.meyer', 'u.katz'].map((by) => personName('directory', by)) } }]
    )
    expect(ofType(swept.observations, 'file.completed')).toMatchObject(
      [{ data: { document: file.sha256, claimedCount: '1', claimedSum: '107.10', count: 1, sum: '107.1', findings: [] } }]
    )
    expect(here.documents.has(file.sha256)).toBe(true)
    expect(new Set(swept.observations.map((one) => one.eventId)).size).toBe(swept.observations.length)

    expect((await here.sweep(null)).observations).toEqual(swept.observations)
    expect(await here.sweep(swept.cursor)).toMatchObject({ observations: [], cursor: swept.cursor, pages: 1 })
  })

  const content = {
    paymentDoc: 'ZP00000001', bankReference: 'B-1', bookedOn: '2026-02-12', amount: '119', currency: 'EUR', reference: 'pay_1',
  }
  const instructed = async (): Promise<{ there: System; here: Drive }> => {
    const { there, here } = await system()
    await here.run('invoice.post', order())
    const run = await there.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk' })
    for (const by of ['t.meyer', 'u.katz']) await there.call('POST', `/runs/${run.body.runNo}/release`, { by })
    return { there, here }
  }

  test('confirming twice is what the ERP lets happen: looking says several, and a wrong amount is refused', async () => {
    const { here } = await instructed()
    expect((await here.run('settlement.record', { ...content, amount: '118' })).outcome).toMatchObject({ kind: 'refused', code: 'F1-341' })
    for (const number of ['1500000001', '1500000002']) expect(
      (await here.run('settlement.record', content)).outcome
    ).toMatchObject({ kind: 'done', receipt: { reference: number } })
    expect(await here.look('settlement.record', content)).toMatchObject({ kind: 'several' })
  })

  test('a settlement is found though searches lag, and a bounce opens and blocks the documents again', async () => {
    const { there, here } = await instructed()
    const { cursor } = await here.sweep(null)
    expect(await here.look('settlement.record', content)).toEqual({ kind: 'absent' })
    await there.call('PUT', '/tempo', { searchDelayMs: 60_000 })
    await there.call('PUT', '/faults', { rules: [{ op: 'payment.confirm', first: 1, reply: 'lost' }] })
    expect((await here.run('settlement.record', content, { key: 'k'.repeat(64) })).outcome.kind).toBe('unclear')
    expect(await here.look('settlement.record', content)).toMatchObject({ kind: 'one', equal: true, receipt: { reference: '1500000001' } })
    expect(await here.look('settlement.record', { ...content, amount: '118' })).toMatchObject({ kind: 'one', equal: false })

    const cleared = await here.sweep(cursor)
    const shown = (all: readonly Observation[]): unknown[] => ofType(all, 'status.reported').map((one) => [
      one.about[0]?.names.at(-1), one.data['facet'], one.data['word'], one.data['claims'],
    ])
    expect(shown(cleared.observations)).toContainEqual(['erp|payment-doc|ZP00000001', 'settlement', 'CONFIRMED', 'settled'])
    expect(shown(cleared.observations)).toContainEqual(['erp|document|5100000001', 'settlement', 'CLEARED', 'settled'])
    expect(ofType(cleared.observations, 'clearing.recorded')).toEqual([])
    await there.call('POST', '/payment-docs/ZP00000001/bounce', { bankRef: 'B-2', bookedOn: '2026-02-13', reason: 'AC04', by: 'x' })
    const bounced = await here.sweep(cleared.cursor)
    expect(shown(bounced.observations)).toContainEqual(['erp|payment-doc|ZP00000001', 'settlement', 'BOUNCED', 'returned'])
    expect(shown(bounced.observations)).toContainEqual(['erp|document|5100000001', 'settlement', 'REOPENED', 'open'])
    expect(ofType(bounced.observations, 'hold.placed')).toMatchObject([{ data: { reason: expect.stringContaining('B') } }])
  })

  test('discount, and netting of an invoice with a credit memo, are clearings without cash', async () => {
    const { there, here } = await system()
    await here.run('invoice.post', order({ method: 'collected' }))
    await there.call('POST', '/documents', claim({ extRef: 'inv_2', docType: 'KG' }))
    await there.call('POST', '/documents', claim({ extRef: 'inv_3' }))
    const clearing = { companyCode: '1000', vendorNo: 'K-1', waers: 'EUR', bookedOn: '2026-02-12', by: 'x' }
    const discount = await there.call(
      'POST', '/clearings',
      {
        ...clearing, means: 'BANK', amt: '116.62', lines: [{ docNo: '5100000001', amt: '119.00' }],
        differences: [{ reasonKey: 'SKONTO', amt: '2.38' }],
      }
    )
    const netting = await there.call(
      'POST', '/clearings',
      {
        ...clearing, means: 'NETTING', amt: '0.00',
        lines: [{ docNo: '5200000001', amt: '-119.00' }, { docNo: '5100000002', amt: '119.00' }],
      }
    )
    expect([discount.status, netting.status]).toEqual([201, 201])
    const { observations } = await here.sweep(null)
    expect(ofType(observations, 'clearing.recorded').map((one) => [one.about[0]?.names[0], one.data['kind'], one.data['amount']])).toEqual([
      ['erp|posting|1000 5100000001', 'discount', '2.38'], ['erp|posting|1000 5200000001', 'netting', '-119.00'],
      ['erp|posting|1000 5100000002', 'netting', '119.00'],
    ])
  })

  test.each([
    [
      'the first account is another', 'account',
      (data: Observation['data']) => { expect(data['account']).not.toBe('FR7630006000011234567890189') }, [],
    ],
    ['the sum is wrong', 'sum', () => { /* seen in the findings */ }, [/sum-differs/]],
    ['the count is wrong', 'count', () => { /* seen in the findings */ }, [/count-differs/]],
  ])('a payment file in which %s is told as it is', async (_what, twist, look, findings) => {
    const { there, here } = await system()
    await here.run('invoice.post', order())
    const run = await there.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk' })
    await there.call('PUT', '/faults', { rules: [{ op: 'run.release', twist }] })
    for (const by of ['t.meyer', 'u.katz']) await there.call('POST', `/runs/${run.body.runNo}/release`, { by })
    const { observations } = await here.sweep(null)
    look(ofType(observations, 'payment.instructed')[0]?.data ?? {})
    const found = ofType(observations, 'file.completed')[0]?.data['findings'] as string[]
    for (const pattern of findings) expect(found.join(' ')).toMatch(pattern)
    if (findings.length === 0) expect(found).toEqual([])
  })

  test('a broken answer leaves the cursor where it is; whoever may not come in is told so by the probe', async () => {
    const { there, connector } = await system()
    const here = drive(connector, TOKEN)
    drives.push(here)
    for (const reply of ['html', 'cut', 'error']) {
      await there.call('PUT', '/faults', { rules: [{ op: 'changes', first: 1, reply }] })
      await expect(here.sweep(null)).rejects.toThrow(/HTTP 500|not JSON/u)
    }
    await there.call('PUT', '/faults', { rules: [] })
    expect((await here.sweep(null)).observations.length).toBeGreaterThan(10)
    const probed = async (one: Drive): Promise<unknown> => {
      const reply = await one.send(connector.probe.request())
      return 'unsent' in reply ? reply : connector.probe.read(reply)
    }
    expect(await probed(here)).toBe('ok')
    const stranger = drive(connector, { TOKEN_OF_ERP: 'wrong' })
    drives.push(stranger)
    expect(await probed(stranger)).toEqual({ trouble: 'it does not take our token' })
  })
})
