/** Against the running system, which shares no code with this connector; its books say what really happened. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Observation } from '../../connector/contract.ts'
import { observed } from '../../connector/observed.ts'
import { personName } from '../../domain/names.ts'
import { claim, SETUP } from '../../../sandbox/erp/fixture.ts'
import { openIn, worldOf } from '../../../test/cases/case.ts'
import { LiveErps, ofType, order, type LiveErp } from '../../../test/live-erp.ts'

const live = new LiveErps()
afterAll(() => live.end())

/** Which names by number are offered to what, each once. */
const offered = (all: readonly Observation[]): unknown[] => [
  ...new Map(
    all
      .flatMap(({ about: [ref] }) => (ref?.offers ?? []).map((name) => [ref?.names.at(-1), name]))
      .filter(([, name]) => name?.startsWith('erp|'))
      .map((pair) => [pair.join(), pair]),
  ).values(),
]

describe('the change feed', () => {
  test('tells everything that happened, the same each time, with the payments as the file has them', async () => {
    const { there, here } = await live.start()
    for (const [reference, number] of [
      ['inv_1', 'RE-1'],
      ['inv_2', 'RE-2'],
      ['inv_3', 'RE-3'],
    ])
      await here.run('invoice.post', order({ reference: reference!, number: number!, correlation: reference! }))
    await there.call(
      'POST',
      '/documents',
      claim({
        extRef: 'by hand',
        vendorDocNo: 'RE-9',
        docType: 'KG',
        netAmt: '10.00',
        taxAmt: '1.90',
        grossAmt: '11.90',
        items: [{ glAccount: '1', netAmt: '10.00' }],
      }),
    )
    await there.call('POST', '/documents/5100000003/storno', { reason: '01', requestedBy: 'a', agreedBy: 'b' })
    await there.call('POST', '/documents/5100000002/pay-block', { payBlock: 'R', by: 'a', text: 'x' })
    const run = await there.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk' })
    for (const by of ['t.meyer', 'u.katz']) await there.call('POST', `/runs/${run.body.runNo}/release`, { by })
    const file = (await there.call('GET', `/runs/${run.body.runNo}`)).body.file

    const swept = await here.sweep(null)
    expect(swept.unreadable).toEqual([])
    expect(ofType(swept.observations, 'reference.read').map((one) => one.data['asked'])).toEqual([
      'entity',
      'tax-code S 19',
      'tax-code AE 0',
      'supplier',
      'supplier',
      'supplier',
    ])
    expect(ofType(swept.observations, 'order.issued')).toMatchObject([{ about: [{ names: ['erp|order|1000/4500000001'] }] }])
    expect(ofType(swept.observations, 'period.opened').map((one) => one.data['month'])).toEqual(
      Array.from({ length: 12 }, (_, at) => `2026-${String(at + 1).padStart(2, '0')}`),
    )
    expect(ofType(swept.observations, 'authority.granted')).toMatchObject([
      {
        about: [{ names: [personName('directory', 'v.lim')], create: 'person' }],
        data: { name: 'Vera Lim', limit: '5000.00', currency: 'EUR' },
      },
    ])
    const posted = ofType(swept.observations, 'posting.confirmed')
    expect(posted.map((one) => one.about[0])).toEqual([
      ...['1', '2', '3'].map((at) => ({ names: [`inv_${at}`, `erp|posting|1000 510000000${at}`, `erp|document|510000000${at}`] })),
      { names: ['erp|posting|1000 5200000001', 'erp|document|5200000001'], create: 'invoice' },
    ])
    expect(posted[0]).toMatchObject({
      eventId: 'document|5100000001|booked',
      readBack: true,
      data: { entity: '1000', supplier: 'K-1', number: 'RE-1', amount: '119.00', reference: 'inv_1' },
    })
    expect(posted[3]?.data['reference']).toBeUndefined()
    expect(ofType(swept.observations, 'posting.reversed')).toMatchObject([
      {
        about: [
          {
            names: ['inv_3', 'erp|posting|1000 5100000003', 'erp|document|5100000003'],
            offers: ['erp|reversal|5900000001'],
          },
        ],
        data: { postingNo: '5100000003', entity: '1000', reversalNo: '5900000001', reason: '01' },
      },
    ])
    expect(ofType(swept.observations, 'hold.placed')).toMatchObject([{ about: [{ names: ['erp|document|5100000002'] }] }])

    const [payment, second] = ofType(swept.observations, 'payment.instructed')
    expect(second).toBeUndefined()
    expect(payment).toMatchObject({
      about: [
        {
          names: [`public|payment|${file.msgId} ZP00000001`, 'erp|payment-doc|ZP00000001'],
          create: 'payment',
          offers: ['public|end-to-end|ZP00000001'],
        },
        { names: [`public|payment-file|${file.msgId}`, 'erp|run|R000001'], create: 'payment-batch' },
      ],
      data: {
        messageId: file.msgId,
        endToEndId: 'ZP00000001',
        paymentDoc: 'ZP00000001',
        amount: '107.10',
        currency: 'EUR',
        account: 'FR7630006000011234567890189',
        supplier: 'K-1',
        items: [
          { posting: 'erp|posting|1000 5100000001', amount: '119.00' },
          { posting: 'erp|posting|1000 5200000001', amount: '-11.90' },
        ],
      },
    })
    expect(ofType(swept.observations, 'payment.released')).toMatchObject([
      { data: { document: file.sha256, run: 'R000001', releasedBy: ['t.meyer', 'u.katz'].map((by) => personName('directory', by)) } },
    ])
    expect(ofType(swept.observations, 'file.completed')).toMatchObject([
      { data: { document: file.sha256, claimedCount: '1', claimedSum: '107.10', count: 1, sum: '107.1', findings: [] } },
    ])
    expect(here.documents.has(file.sha256)).toBe(true)
    expect(new Set(swept.observations.map((one) => one.eventId)).size).toBe(swept.observations.length)

    expect((await here.sweep(null)).observations).toEqual(swept.observations)
    expect(await here.sweep(swept.cursor)).toMatchObject({ observations: [], cursor: swept.cursor, pages: 1 })
  })

  const content = {
    paymentDoc: 'ZP00000001',
    bankReference: 'B-1',
    bookedOn: '2026-02-12',
    amount: '119',
    currency: 'EUR',
    reference: 'pay_1',
  }
  const instructed = async (): Promise<Pick<LiveErp, 'there' | 'here'>> => {
    const { there, here } = await live.start()
    await here.run('invoice.post', order())
    const run = await there.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk' })
    for (const by of ['t.meyer', 'u.katz']) await there.call('POST', `/runs/${run.body.runNo}/release`, { by })
    return { there, here }
  }

  test('confirming twice is what the ERP lets happen: looking says several, and a wrong amount is refused', async () => {
    const { here } = await instructed()
    expect((await here.run('settlement.record', { ...content, amount: '118' })).outcome).toMatchObject({ kind: 'refused', code: 'F1-341' })
    for (const number of ['1500000001', '1500000002'])
      expect((await here.run('settlement.record', content)).outcome).toMatchObject({ kind: 'done', receipt: { reference: number } })
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
    const shown = (all: readonly Observation[]): unknown[] =>
      ofType(all, 'status.reported').map((one) => [one.about[0]?.names.at(-1), one.data['facet'], one.data['word'], one.data['claims']])
    expect(shown(cleared.observations)).toContainEqual(['erp|payment-doc|ZP00000001', 'settlement', 'CONFIRMED', 'settled'])
    expect(shown(cleared.observations)).toContainEqual(['erp|document|5100000001', 'settlement', 'CLEARED', 'settled'])
    expect(ofType(cleared.observations, 'clearing.recorded')).toEqual([])
    // The payment comes first in the feed, so the clearing's number is its name.
    expect(offered(cleared.observations)).toEqual([
      ['erp|payment-doc|ZP00000001', 'erp|clearing|1500000001'],
      ['erp|document|5100000001', 'erp|clearing|1500000001'],
    ])
    await there.call('POST', '/payment-docs/ZP00000001/bounce', { bankRef: 'B-2', bookedOn: '2026-02-13', reason: 'AC04', by: 'x' })
    const bounced = await here.sweep(cleared.cursor)
    expect(shown(bounced.observations)).toContainEqual(['erp|payment-doc|ZP00000001', 'settlement', 'BOUNCED', 'returned'])
    expect(shown(bounced.observations)).toContainEqual(['erp|document|5100000001', 'settlement', 'REOPENED', 'open'])
    expect(ofType(bounced.observations, 'hold.placed')).toMatchObject([{ data: { reason: expect.stringContaining('B') } }])
    expect(offered(bounced.observations)).toContainEqual(['erp|payment-doc|ZP00000001', 'erp|clearing|1500000002'])
  })

  test('discount, and netting of an invoice with a credit memo, are clearings without cash', async () => {
    const { there, here } = await live.start()
    await here.run('invoice.post', order({ method: 'collected' }))
    await there.call('POST', '/documents', claim({ extRef: 'inv_2', docType: 'KG' }))
    await there.call('POST', '/documents', claim({ extRef: 'inv_3' }))
    const clearing = { companyCode: '1000', vendorNo: 'K-1', waers: 'EUR', bookedOn: '2026-02-12', by: 'x' }
    const discount = await there.call('POST', '/clearings', {
      ...clearing,
      means: 'BANK',
      amt: '116.62',
      lines: [{ docNo: '5100000001', amt: '119.00' }],
      differences: [{ reasonKey: 'SKONTO', amt: '2.38' }],
    })
    const netting = await there.call('POST', '/clearings', {
      ...clearing,
      means: 'NETTING',
      amt: '0.00',
      lines: [
        { docNo: '5200000001', amt: '-119.00' },
        { docNo: '5100000002', amt: '119.00' },
      ],
    })
    expect([discount.status, netting.status]).toEqual([201, 201])
    const { observations } = await here.sweep(null)
    expect(ofType(observations, 'clearing.recorded').map((one) => [one.about[0]?.names[0], one.data['kind'], one.data['amount']])).toEqual([
      ['erp|posting|1000 5100000001', 'discount', '2.38'],
      ['erp|posting|1000 5200000001', 'netting', '-119.00'],
      ['erp|posting|1000 5100000002', 'netting', '119.00'],
    ])
    // One name for each document, all ending in the number: who asks by it finds them all.
    expect(offered(ofType(observations, 'clearing.recorded'))).toEqual([
      ['erp|document|5100000001', 'erp|clearing|1500000001'],
      ['erp|document|5200000001', 'erp|clearing|1500000002'],
      ['erp|document|5100000002', 'erp|clearing-2|1500000002'],
    ])
  })

  test('between two companies each ledger’s clearing is a fact about both documents, under the name of the ledger that says it', async () => {
    const { there, here } = await live.start()
    const [company] = SETUP.companyCodes
    const periods = SETUP.postingPeriods.map((period) => ({ ...period, companyCode: '2000' }))
    await there.call('PUT', '/setup', {
      companyCodes: [{ ...company, companyCode: '2000', name: 'Nordlicht Service GmbH', vatReg: 'DE811569869' }],
      postingPeriods: periods,
    })
    await here.run('invoice.post', order({ method: 'none' }))
    // What the one owes is what the other may claim.
    await there.call('POST', '/documents', claim({ companyCode: '2000', extRef: 'their-1', docType: 'KG', payMethod: 'N' }))
    const clear = (
      own: string,
      docNo: string,
      amt: string,
      other: string,
      partner: string | null,
    ): Promise<{ status: number; body: { msgs?: { msgId: string }[] } }> =>
      there.call('POST', '/clearings', {
        companyCode: own,
        vendorNo: 'K-1',
        waers: 'EUR',
        bookedOn: '2026-02-12',
        by: 'x',
        means: 'INTERCO',
        amt,
        lines: [{ docNo, amt }],
        ...(partner === null ? {} : { partner: { companyCode: other, docNo: partner } }),
      })
    expect((await clear('1000', '5100000001', '119.00', '2000', null)).body.msgs?.[0]?.msgId).toBe('F1-353')
    expect((await clear('1000', '5100000001', '119.00', '1000', '5200000001')).body.msgs?.[0]?.msgId).toBe('F1-354')
    expect((await clear('1000', '5100000001', '119.00', '2000', '5200000001')).status).toBe(201)
    expect((await clear('2000', '5200000001', '-100.00', '1000', '5100000001')).status).toBe(201)
    const { observations } = await here.sweep(null)
    expect(
      ofType(observations, 'clearing.recorded').map(({ about, data }) => [
        about[0]?.names[0],
        data['kind'],
        data['amount'],
        data['ledger'],
      ]),
    ).toEqual([
      ['erp|posting|1000 5100000001', 'intercompany', '119.00', '1000'],
      ['erp|posting|2000 5200000001', 'intercompany', '-119', '1000'],
      ['erp|posting|2000 5200000001', 'intercompany', '-100.00', '2000'],
      ['erp|posting|1000 5100000001', 'intercompany', '100', '2000'],
    ])
    expect(offered(ofType(observations, 'clearing.recorded'))).toEqual([
      ['erp|document|5100000001', 'erp|clearing|1500000001'],
      ['erp|document|5200000001', 'erp|clearing-2|1500000001'],
      ['erp|document|5200000001', 'erp|clearing|1500000002'],
      ['erp|document|5100000001', 'erp|clearing-2|1500000002'],
    ])
  })

  test.each([
    ['nothing is wrong', null, [], []],
    ['the first account is another', 'account', [], ['payment-file-differs', 'payment-stopped']],
    ['the sum is wrong', 'sum', [/sum-differs/], ['payment-file-differs']],
    ['the count is wrong', 'count', [/count-differs/], ['payment-file-differs']],
  ])('a payment file in which %s is told as it is, and goes to the bank only when nothing is', async (_what, twist, patterns, causes) => {
    const { there, here } = await live.start()
    await there.call('POST', '/documents', claim({ extRef: 'by hand' }))
    const run = await there.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk' })
    if (twist !== null) await there.call('PUT', '/faults', { rules: [{ op: 'run.release', twist }] })
    for (const by of ['t.meyer', 'u.katz']) await there.call('POST', `/runs/${run.body.runNo}/release`, { by })
    const { observations } = await here.sweep(null)
    const account = ofType(observations, 'payment.instructed')[0]?.data['account']
    expect(account === 'FR7630006000011234567890189').toBe(twist !== 'account')
    const found = ofType(observations, 'file.completed')[0]?.data['findings'] as string[]
    for (const pattern of patterns) expect(found.join(' ')).toMatch(pattern)
    if (patterns.length === 0) expect(found).toEqual([])

    const law = worldOf(
      {},
      observations.map((observation) => observed('test', { system: 'erp', role: 'erp' }, observation)),
    )
    expect(law.commands.some(({ command }) => command === 'payment.transmit')).toBe(twist === null)
    expect(
      openIn(law)
        .flatMap(({ cause, owner }) => (cause.startsWith('payment-') ? [`${cause} ${owner}`] : []))
        .toSorted(),
    ).toEqual(causes.map((cause) => `${cause} treasury`))
  })

  test('a broken answer leaves the cursor where it is; whoever may not come in is told so by the probe', async () => {
    const { there, connector } = await live.start()
    const here = live.drive(connector)
    for (const reply of ['html', 'cut', 'error']) {
      await there.call('PUT', '/faults', { rules: [{ op: 'changes', first: 1, reply }] })
      await expect(here.sweep(null)).rejects.toThrow(/HTTP 500|not JSON/u)
    }
    await there.call('PUT', '/faults', { rules: [] })
    expect((await here.sweep(null)).observations.length).toBeGreaterThan(10)
    const probed = async (one: LiveErp['here']): Promise<unknown> => {
      const reply = await one.send(connector.probe.request())
      return 'unsent' in reply ? reply : connector.probe.read(reply)
    }
    expect(await probed(here)).toBe('ok')
    const stranger = live.drive(connector, { TOKEN_OF_ERP: 'wrong' })
    expect(await probed(stranger)).toEqual({ trouble: 'it does not take our token' })
  })
})
