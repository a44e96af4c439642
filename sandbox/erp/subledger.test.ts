import { afterAll, describe, expect, test } from 'vitest'
import { Workshop, type Loose, type System } from '../testing.ts'
import { erpIn, posted } from './fixture.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const balances = async (system: System, from: string, keyDate: string, more = ''): Promise<Loose> =>
  (await system.call('GET', `/subledger/balances?companyCode=1000&from=${from}&keyDate=${keyDate}${more}`)).body
const items = async (system: System, keyDate: string, more = ''): Promise<Loose> =>
  (await system.call('GET', `/subledger/items?companyCode=1000&keyDate=${keyDate}${more}`)).body
const clear = (system: System, docNo: string, amt: string, bookedOn: string): Promise<Loose> =>
  system.call('POST', '/clearings', {
    companyCode: '1000',
    vendorNo: 'K-1',
    waers: 'EUR',
    means: 'BANK',
    bankRef: 'B',
    bookedOn,
    amt,
    lines: [{ docNo, amt }],
    by: 'test',
  })
const credit = { docType: 'KG', netAmt: '50.00', taxAmt: '9.50', grossAmt: '59.50', items: [{ glAccount: '476000', netAmt: '50.00' }] }

describe('the sub-ledger', () => {
  test('what is open on a day is what was booked until then, whenever it was entered', async () => {
    const system = await erpIn(shop)
    const old = await posted(system, { postingDate: '2026-01-31' })
    const paid = await posted(system, { postingDate: '2026-02-01' })
    await posted(system, { ...credit, postingDate: '2026-02-03' })
    const parked = await posted(system, { park: true, postingDate: '2026-02-03' })
    await clear(system, paid, '119.00', '2026-02-28')
    await clear(system, old, '19.00', '2026-03-01')
    await system.call('POST', `/documents/${parked}/storno`, { reason: '01', requestedBy: 'a', agreedBy: 'b' })

    expect((await balances(system, '2026-02-01', '2026-02-28')).rows).toEqual([
      {
        reconAccount: '160000',
        waers: 'EUR',
        openingBal: '119.00',
        postedBal: '59.50',
        stornoBal: '0.00',
        clearedBal: '-119.00',
        revalBal: '0.00',
        closingBal: '59.50',
        openItems: 2,
      },
    ])
    expect((await items(system, '2026-02-27')).rows.map((row: Loose) => [row.docNo, row.openBal])).toEqual([
      [old, '119.00'],
      [paid, '119.00'],
      [expect.any(String), '-59.50'],
    ])
    expect((await items(system, '2026-03-01')).rows.map((row: Loose) => row.openBal)).toEqual(['100.00', '-59.50'])
    expect((await items(system, '2026-01-30')).rows).toEqual([])
  })

  test('a storno takes the document out on its own day; one that is partly cleared cannot be reversed', async () => {
    const system = await erpIn(shop)
    const docNo = await posted(system)
    const part = await posted(system)
    await clear(system, part, '19.00', '2026-02-01')
    const people = { reason: '01', requestedBy: 'a', agreedBy: 'b' }
    expect(await system.call('POST', `/documents/${part}/storno`, people)).toMatchObject({
      status: 409,
      body: { msgs: [{ msgId: 'F5-362' }] },
    })
    expect(await system.call('POST', `/documents/${docNo}/storno`, { ...people, stornoOn: '2025-01-01' })).toMatchObject({
      status: 422,
      body: { msgs: [{ msgId: 'F5-286' }] },
    })
    expect((await system.call('POST', `/documents/${docNo}/storno`, { ...people, stornoOn: '2026-02-10' })).status).toBe(201)
    expect((await balances(system, '2026-02-01', '2026-02-28')).rows).toMatchObject([
      { openingBal: '238.00', stornoBal: '-119.00', clearedBal: '-19.00', closingBal: '100.00' },
    ])
    const { rows } = (await system.call('GET', `/subledger/lines?companyCode=1000&docNos=${docNo},${part}`)).body
    expect(rows.map((row: Loose) => [row.docNo, row.kind, row.bookedOn, row.amt])).toEqual([
      [docNo, 'POSTING', '2026-01-15', '119.00'],
      [part, 'POSTING', '2026-01-15', '119.00'],
      [part, 'CLEARING', '2026-02-01', '-19.00'],
      [docNo, 'STORNO', '2026-02-10', '-119.00'],
    ])
  })

  test('pages of one moment: what is booked meanwhile, even on an old date, is not in them', async () => {
    const system = await erpIn(shop)
    for (let n = 0; n < 5; n += 1) await posted(system)
    const { upTo } = await balances(system, '2026-01-01', '2026-12-31')
    const first = await items(system, '2026-12-31', `&upTo=${upTo}&limit=2`)
    await posted(system)
    const second = await items(system, '2026-12-31', `&upTo=${upTo}&limit=2&after=${first.next}`)
    const third = await items(system, '2026-12-31', `&upTo=${upTo}&limit=2&after=${second.next}`)
    const numbers = [first, second, third].flatMap((page) => page.rows.map((row: Loose) => row.docNo))
    expect(new Set(numbers).size).toBe(5)
    expect(third.next).toBeNull()
    expect((await balances(system, '2026-01-01', '2026-12-31', `&upTo=${upTo}`)).rows).toMatchObject([
      { closingBal: '595.00', openItems: 5 },
    ])
    expect((await balances(system, '2026-01-01', '2026-12-31')).rows).toMatchObject([{ closingBal: '714.00', openItems: 6 }])
  })

  test('accounts are told apart, and what is asked wrongly is refused', async () => {
    const system = await erpIn(shop)
    await system.call('PUT', '/setup', {
      vendors: [
        {
          vendorNo: 'K-9',
          name: 'Group company',
          vatReg: '',
          country: 'DE',
          payIban: '',
          standing: 'ACTIVE',
          reconAccount: '165000',
          by: 'm',
        },
      ],
    })
    await posted(system)
    await posted(system, { vendorNo: 'K-9' })
    expect((await balances(system, '2026-01-01', '2026-12-31')).rows.map((row: Loose) => row.reconAccount)).toEqual(['160000', '165000'])
    expect((await items(system, '2026-12-31', '&reconAccount=165000')).rows).toMatchObject([{ vendorNo: 'K-9' }])
    for (const path of [
      '/subledger/balances?companyCode=1000&keyDate=2026-12-31',
      '/subledger/items?companyCode=1000&keyDate=2026-12-31&account=1',
      '/subledger/balances?companyCode=1000&from=2026-02-01&keyDate=2026-01-01',
    ]) {
      expect((await system.call('GET', path)).status, path).toBe(400)
    }
    expect((await system.call('GET', '/subledger/items?companyCode=9&keyDate=2026-12-31')).status).toBe(422)
  })
})

describe('revaluation', () => {
  test('books the change of value in the company’s currency on the key date, and takes it back once', async () => {
    const system = await erpIn(shop)
    const dollars = { waers: 'USD', items: [{ glAccount: '476000', netAmt: '100.00' }] }
    const claim = await posted(system, dollars)
    const memo = await posted(system, { ...dollars, ...credit })
    await posted(system)
    const rates = [{ waers: 'USD', carriedAt: '0.95', keyRate: '0.9205' }]
    const { status, body } = await system.call('POST', '/revaluations', { companyCode: '1000', keyDate: '2026-01-31', rates, by: 'test' })
    expect(status).toBe(201)
    // 119 × -0.0295 = -3.5105; -59.50 × -0.0295 = 1.75525
    expect(body.lines.map((line: Loose) => [line.docNo, line.openBal, line.diffAmt])).toEqual([
      [claim, '119.00', '-3.51'],
      [memo, '-59.50', '1.76'],
    ])
    expect((await balances(system, '2026-01-01', '2026-01-31')).rows).toMatchObject([
      { waers: 'EUR', postedBal: '119.00', revalBal: '-1.75', closingBal: '117.25', openItems: 3 },
      { waers: 'USD', revalBal: '0.00', closingBal: '59.50', openItems: 2 },
    ])
    const reverse = (): Promise<Loose> =>
      system.call('POST', `/revaluations/${body.revalNo}/reverse`, { bookedOn: '2026-02-01', by: 'test' })
    expect((await reverse()).body).toMatchObject({ undoes: body.revalNo, lines: [{ diffAmt: '3.51' }, { diffAmt: '-1.76' }] })
    expect(await reverse()).toMatchObject({ status: 409, body: { msgs: [{ msgId: 'F7-411' }] } })
    expect((await balances(system, '2026-02-01', '2026-02-28')).rows).toMatchObject([
      { openingBal: '117.25', revalBal: '1.75', closingBal: '119.00', openItems: 1 },
      { closingBal: '59.50' },
    ])
    const { rows } = (await system.call('GET', '/changes?limit=1000')).body
    expect(rows.filter((row: Loose) => row.what === 'REVALUATION').map((row: Loose) => [row.verb, row.key])).toEqual([
      ['BOOKED', body.revalNo],
      ['BOOKED', 'V0000002'],
    ])
  })

  test('is refused for the own currency, for nothing open, and in a shut period', async () => {
    const system = await erpIn(shop)
    await posted(system)
    const call = (waers: string, keyDate = '2026-01-31'): Promise<Loose> =>
      system.call('POST', '/revaluations', { companyCode: '1000', keyDate, rates: [{ waers, carriedAt: '1', keyRate: '2' }], by: 'test' })
    expect((await call('EUR')).body.msgs[0].msgId).toBe('F7-412')
    expect((await call('USD')).body.msgs[0].msgId).toBe('F7-410')
    expect((await call('USD', '2031-01-01')).body.msgs[0].msgId).toBe('F5-286')
  })
})
