import { createHash } from 'node:crypto'
import { XMLParser } from 'fast-xml-parser'
import { afterAll, describe, expect, test } from 'vitest'
import { until, Workshop, type Answer, type Loose } from '../testing.ts'
import { erpIn, posted, releasedRun } from './fixture.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const confirmation = (amt: string): unknown => ({
  bankRef: 'B-1',
  bookedOn: '2026-02-12',
  amt,
  waers: 'EUR',
  extRef: 'alloc-1',
  by: 'test',
})

describe('payment runs', () => {
  test('one payment per vendor with the credit memo netted in, and a file that says the same', async () => {
    const system = await erpIn(shop)
    await posted(system, { vendorDocNo: 'RE-1' })
    await posted(system, { vendorDocNo: 'RE-2' })
    await posted(system, {
      vendorDocNo: 'GS-3',
      docType: 'KG',
      netAmt: '50.00',
      taxAmt: '9.50',
      grossAmt: '59.50',
      items: [{ glAccount: '476000', netAmt: '50.00' }],
    })
    await posted(system, { vendorNo: 'K-2', vendorDocNo: 'RE-4' })
    await posted(system, { vendorNo: 'K-2', vendorDocNo: 'RE-5', payBlock: 'A' })
    await posted(system, { vendorNo: 'K-2', vendorDocNo: 'RE-6', payMethod: 'E' })
    const run = await releasedRun(system, { batchBooking: false })
    expect(run).toMatchObject({ lifecycle: 'RELEASED', file: { count: 2, ctrlSum: '297.50' } })
    expect(run.leftOut).toEqual([{ docNo: expect.any(String), why: 'PAY_BLOCK' }])

    const file = await system.call('GET', `/runs/${run.runNo}/file`)
    expect(createHash('sha256').update(file.text).digest('hex')).toBe(run.file.sha256)
    expect(file.headers.get('x-file-sha256')).toBe(run.file.sha256)
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      parseTagValue: false,
      isArray: (name) => ['CdtTrfTxInf', 'Strd'].includes(name),
    })
    const { GrpHdr, PmtInf } = parser.parse(file.text).Document.CstmrCdtTrfInitn
    expect(GrpHdr).toMatchObject({ MsgId: run.file.msgId, NbOfTxs: '2', CtrlSum: '297.50' })
    expect(PmtInf).toMatchObject({ BtchBookg: 'false', CtrlSum: '297.50', ReqdExctnDt: { Dt: run.executeOn } })
    expect(PmtInf.CdtTrfTxInf[0]).toMatchObject({
      PmtId: { EndToEndId: run.payments[0].payDocNo },
      Amt: { InstdAmt: { '#text': '178.50', '@Ccy': 'EUR' } },
      Cdtr: { Nm: 'Atelier Müller &amp; Fils'.replace('&amp;', '&') },
      CdtrAcct: { Id: { IBAN: 'FR7630006000011234567890189' } },
    })
    expect(PmtInf.CdtTrfTxInf[0].RmtInf.Strd.map((one: Loose) => [one.RfrdDocInf.Tp.CdOrPrtry.Cd, one.RfrdDocInf.Nb])).toEqual([
      ['CINV', 'RE-1'],
      ['CINV', 'RE-2'],
      ['CREN', 'GS-3'],
    ])
  })

  test('release takes two treasury people, neither of them twice nor the proposer', async () => {
    const system = await erpIn(shop)
    await posted(system)
    const { body: run } = await system.call('POST', '/runs', {
      companyCode: '1000',
      waers: 'EUR',
      dueBy: '2030-01-01',
      proposedBy: 't.meyer',
    })
    const release = async (by: string): Promise<string> => (await system.call('POST', `/runs/${run.runNo}/release`, { by })).text
    expect(await release('a.clerk')).toContain('F1-320')
    expect(await release('t.meyer')).toContain('F1-322')
    expect(await release('u.katz')).toContain('HALF_RELEASED')
    expect(await release('u.katz')).toContain('F1-321')
    expect((await system.call('GET', `/runs/${run.runNo}/file`)).body.msgs[0].msgId).toBe('F1-330')
    expect(
      (await system.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'x' })).text,
    ).toContain('F1-310')
  })

  test('the account is that of the vendor master at release, and what was blocked since the proposal falls out', async () => {
    const system = await erpIn(shop)
    await posted(system)
    const held = await posted(system, { vendorNo: 'K-2' })
    const { body: run } = await system.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'x' })
    await system.call('PUT', '/vendors/K-1', {
      name: 'Atelier',
      vatReg: '',
      country: 'FR',
      payIban: 'BE71096123456769',
      standing: 'ACTIVE',
      by: 'm.keller',
    })
    await system.call('POST', `/documents/${held}/pay-block`, { payBlock: 'R', by: 'hub' })
    await system.call('POST', `/runs/${run.runNo}/release`, { by: 't.meyer' })
    const { body: released } = await system.call('POST', `/runs/${run.runNo}/release`, { by: 'u.katz' })
    expect(released.leftOut).toEqual([{ docNo: held, why: 'PAY_BLOCK' }])
    expect((await system.call('GET', `/payment-docs/${released.payments[0].payDocNo}`)).body).toMatchObject({
      payeeIban: 'BE71096123456769',
      lifecycle: 'INSTRUCTED',
    })
    expect((await system.call('GET', `/documents/${held}`)).body.inRun).toBeNull()
  })

  test('confirming clears the documents; confirming twice books a second clearing', async () => {
    const system = await erpIn(shop)
    const docNo = await posted(system)
    const { payments } = await releasedRun(system)
    const path = `/payment-docs/${payments[0].payDocNo}/confirm`
    expect((await system.call('POST', path, confirmation('118.00'))).text).toContain('F1-341')
    const first = await system.call('POST', path, confirmation('119.00'))
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({
      lifecycle: 'CLEARED',
      openAmt: '0.00',
      clearedOn: '2026-02-12',
      clearings: [first.body.clearingDocNo],
    })
    await system.call('POST', path, confirmation('119.00'))
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'CLEARED', openAmt: '-119.00' })
    expect((await system.call('GET', '/clearings?extRef=alloc-1')).body.rows).toHaveLength(2)
    const facts = (await system.books()).flatMap((line) => line.facts)
    expect(facts.filter((fact) => fact.what === 'CLEARING')).toHaveLength(2)
  })

  test('a payment whose document was cleared otherwise meanwhile is confirmed all the same: the books hold both', async () => {
    const system = await erpIn(shop)
    const docNo = await posted(system)
    const { payments } = await releasedRun(system)
    const other = await system.call('POST', '/clearings', {
      companyCode: '1000',
      vendorNo: 'K-1',
      waers: 'EUR',
      means: 'BANK',
      bankRef: 'B-9',
      bookedOn: '2026-02-11',
      amt: '119.00',
      lines: [{ docNo, amt: '119.00' }],
      by: 'test',
    })
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'CLEARED', openAmt: '0.00' })
    const paid = await system.call('POST', `/payment-docs/${payments[0].payDocNo}/confirm`, confirmation('119.00'))
    expect(paid.status).toBe(201)
    const clearings = [other.body.clearingDocNo, paid.body.clearingDocNo]
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'CLEARED', openAmt: '-119.00', clearings })
    const facts = (await system.books()).flatMap((line) => line.facts)
    expect(facts.flatMap((fact) => (fact.what === 'CLEARING' ? [fact.key] : []))).toEqual(clearings)
  })

  test('a bounce opens the documents again, blocked; a void does so before any confirmation', async () => {
    const system = await erpIn(shop)
    const docNo = await posted(system)
    const one = (await releasedRun(system)).payments[0].payDocNo
    await system.call('POST', `/payment-docs/${one}/confirm`, confirmation('119.00'))
    expect(
      (await system.call('POST', `/payment-docs/${one}/bounce`, { bankRef: 'B-2', bookedOn: '2026-02-14', reason: 'AC04', by: 'test' }))
        .status,
    ).toBe(201)
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({
      lifecycle: 'BOOKED',
      openAmt: '119.00',
      payBlock: 'B',
      clearedOn: null,
    })
    await system.call('POST', `/documents/${docNo}/pay-block`, { payBlock: '', by: 'test' })
    const two = (await releasedRun(system)).payments[0].payDocNo
    expect((await system.call('POST', `/payment-docs/${two}/void`, { reason: 'AC01', by: 'test' })).body.lifecycle).toBe('VOID')
    expect((await system.call('POST', `/payment-docs/${two}/confirm`, confirmation('119.00'))).text).toContain('F1-342')
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'BOOKED', inRun: null, payBlock: 'B' })
  })

  test('clearings without a run: collected by the vendor, in parts, with a difference, and netting', async () => {
    const system = await erpIn(shop)
    const docNo = await posted(system, { payMethod: 'E' })
    const clear = (lines: unknown, amt: string, more: Record<string, unknown> = {}): Promise<Answer> =>
      system.call('POST', '/clearings', {
        companyCode: '1000',
        vendorNo: 'K-1',
        waers: 'EUR',
        means: 'BANK',
        bankRef: 'B-9',
        bookedOn: '2026-02-20',
        amt,
        lines,
        by: 'test',
        ...more,
      })
    expect((await clear([{ docNo, amt: '100.00' }], '99.00')).text).toContain('F1-351')
    expect((await clear([{ docNo, amt: '100.00' }], '98.00', { differences: [{ reasonKey: 'SKONTO', amt: '2.00' }] })).status).toBe(201)
    expect((await system.call('GET', `/documents/${docNo}`)).body).toMatchObject({ lifecycle: 'BOOKED', openAmt: '19.00' })
    const credit = await posted(system, {
      docType: 'KG',
      netAmt: '19.00',
      taxAmt: '0',
      grossAmt: '19.00',
      items: [{ glAccount: '1', netAmt: '19.00' }],
    })
    expect(
      (
        await clear(
          [
            { docNo, amt: '19.00' },
            { docNo: credit, amt: '-19.00' },
          ],
          '0.00',
          { means: 'NETTING' },
        )
      ).status,
    ).toBe(201)
    for (const no of [docNo, credit])
      expect((await system.call('GET', `/documents/${no}`)).body).toMatchObject({ lifecycle: 'CLEARED', openAmt: '0.00' })
  })

  test('the autopilot pays what is open, by two named people', async () => {
    const system = await erpIn(shop, '--autopilot', '10', '--pain', '03')
    const docNo = await posted(system)
    const run = await until('a released run', async () => (await system.call('GET', '/runs?lifecycle=RELEASED')).body.rows[0])
    expect(run).toMatchObject({ proposedBy: 'autopilot', releases: [{ by: 't.meyer' }, { by: 'u.katz' }] })
    expect((await system.call('GET', `/documents/${docNo}`)).body.inRun).toBe(run.runNo)
    expect((await system.call('GET', `/runs/${run.runNo}/file`)).text).toContain('pain.001.001.03')
  })
})
