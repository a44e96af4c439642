/** What the running ERP holds, asked for as a sweep does: page by page and one by one, what is gone, and what it cannot say. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connector, HeldThing, Holdings } from '../../connector/contract.ts'
import { paymentName } from '../../domain/names.ts'
import type { System } from '../../../sandbox/testing.ts'
import type { Drive } from '../../../test/drive.ts'
import { LiveErps, order } from '../../../test/live-erp.ts'

const live = new LiveErps()
afterAll(() => live.end())

describe('what the ERP holds', () => {
  let there: System
  let here: Drive
  let connector: Connector
  beforeAll(async () => {
    ;({ there, here, connector } = await live.start())
  })

  const of = (about: Holdings['about'], facet: string): Holdings =>
    connector.holdings!.find((one) => one.about === about && one.facets.some((name) => name === facet))!
  async function one(holdings: Holdings, number: string): Promise<readonly HeldThing[] | { readonly trouble: string }> {
    const reply = await here.send(holdings.one.ask(number))
    return 'unsent' in reply ? { trouble: reply.unsent } : holdings.one.read(reply, number)
  }
  async function page({ list }: Holdings): Promise<readonly HeldThing[]> {
    const reply = await here.send(list!.ask(null))
    const read = 'unsent' in reply ? { trouble: reply.unsent } : list!.readPage(reply, null)
    if ('trouble' in read) throw new Error(read.trouble)
    return read.held
  }
  const cells = (things: readonly HeldThing[] | { readonly trouble: string }): unknown =>
    'trouble' in things ? things : things.flatMap(({ shows }) => shows.map(({ facet, word, claims }) => [facet, word, claims]))
  let n = 0
  async function post(): Promise<string> {
    const reference = `inv_h${++n}`
    const { outcome } = await here.run('invoice.post', order({ reference, number: `H-${n}` }), { key: `post ${n}` })
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    return outcome.receipt.reference
  }
  async function pay(): Promise<{ payDocNo: string; msgId: string; amt: string }> {
    const run = await there.call('POST', '/runs', { companyCode: '1000', waers: 'EUR', dueBy: '2030-01-01', proposedBy: 'a.clerk' })
    for (const by of ['t.meyer', 'u.katz']) await there.call('POST', `/runs/${run.body.runNo}/release`, { by })
    const { rows } = (await there.call('GET', `/payment-docs?runNo=${run.body.runNo}`)).body
    return rows[0] as { payDocNo: string; msgId: string; amt: string }
  }
  const confirm = ({ payDocNo, amt }: { payDocNo: string; amt: string }): Promise<unknown> =>
    there.call('POST', `/payment-docs/${payDocNo}/confirm`, { bankRef: 'B', bookedOn: '2026-02-12', amt, waers: 'EUR', by: 'somebody' })

  test('a document says whether it is booked, what is cleared of it, and whether it is blocked', async () => {
    const documents = of('invoice', 'posting')
    const docNo = await post()
    const fresh = [
      ['posting', 'BOOKED', 'posted'],
      ['settlement', 'absent', null],
      ['hold', '', 'free'],
    ]
    expect(cells(await one(documents, docNo))).toEqual(fresh)
    expect(cells((await page(documents)).filter(({ key }) => key === docNo))).toEqual(fresh)
    await there.call('POST', `/documents/${docNo}/pay-block`, { payBlock: 'R', by: 'somebody', text: 'x' })
    expect(cells(await one(documents, docNo))).toContainEqual(['hold', 'R', 'held'])
    await there.call('POST', `/documents/${docNo}/pay-block`, { payBlock: '', by: 'somebody', text: 'x' })
    const payment = await pay()
    await confirm(payment)
    expect(cells(await one(documents, docNo))).toEqual([
      ['posting', 'CLEARED', 'posted'],
      ['settlement', 'CLEARED', 'settled'],
      ['hold', '', 'free'],
    ])
    await there.call('POST', `/payment-docs/${payment.payDocNo}/bounce`, { bankRef: 'R', bookedOn: '2026-02-14', reason: 'AC04', by: 'x' })
    expect(cells(await one(documents, docNo))).toEqual([
      ['posting', 'BOOKED', 'posted'],
      ['settlement', 'BOOKED', 'open'],
      ['hold', 'B', 'held'],
    ])
    expect(await one(documents, '5199999999')).toEqual([])
  })

  test('a payment document holds nothing of a settlement until it is confirmed; confirmed twice it shows another thing', async () => {
    const payments = of('payment', 'settlement')
    await post()
    const payment = await pay()
    const AT = '2026-02-12T08:00:00.000Z'
    const shown = async (): Promise<unknown> => cells(await one(payments, payment.payDocNo))
    const told = async (): Promise<unknown[]> =>
      (await page(payments)).filter(({ key }) => key === payment.payDocNo).flatMap((thing) => thing.facts(AT))
    expect([await shown(), await told()]).toEqual([[['settlement', 'absent', null]], []])
    await confirm(payment)
    expect(await shown()).toEqual([['settlement', 'CONFIRMED', 'settled']])
    // For whoever does not know it.
    expect(await told()).toMatchObject([
      {
        type: 'status.reported',
        occurredAt: AT,
        about: [{ names: [paymentName(payment.msgId, payment.payDocNo)], create: 'payment' }],
        data: { claims: 'settled', document: { number: payment.payDocNo, entity: '1000', amount: payment.amt, currency: 'EUR' } },
      },
    ])
    await confirm(payment)
    expect(await shown()).toEqual([['settlement', 'CONFIRMED', 'settled-twice']])
    // Known by its file, never by a number that a restored ERP gives anew.
    expect((await page(payments)).find(({ key }) => key === payment.payDocNo)?.names).toEqual([
      paymentName(payment.msgId, payment.payDocNo),
    ])
    expect(await one(payments, '2099999999')).toEqual([])
  })

  test('approvals are told from what others attached', async () => {
    const docNo = await post()
    const attach = (extRef: string): Promise<unknown> =>
      there.call('POST', `/documents/${docNo}/attachments`, { title: 'x', mime: 'a/b', sha256: 'a'.repeat(64), extRef, by: 'somebody' })
    await attach('scan 17')
    await attach(`inv_h${n}.5100000000`)
    expect(await one(of('invoice', 'attachment'), docNo)).toEqual([])
    await attach(`inv_h${n}.${docNo}`)
    expect(await one(of('invoice', 'attachment'), docNo)).toMatchObject([
      { names: [`inv_h${n}`], key: docNo, shows: [{ facet: 'attachment', word: docNo, claims: docNo }] },
    ])
  })

  test.each(['html', 'cut', 'error'])('an answer that is %s never means that something is gone', async (reply) => {
    const docNo = await post()
    for (const [about, facet, op] of [
      ['invoice', 'posting', 'document.read'],
      ['payment', 'settlement', 'payment.read'],
      ['invoice', 'attachment', 'document.attachments'],
    ] as const) {
      await there.call('PUT', '/faults', { rules: [{ op, first: 1, reply }] })
      expect(await one(of(about, facet), docNo)).toHaveProperty('trouble')
    }
    await there.call('PUT', '/faults', { rules: [] })
  })
})
