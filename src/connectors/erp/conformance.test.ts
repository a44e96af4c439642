/** The conformance kit against the running ERP. Where the ERP lets no word be invented, its own replies are patched. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Content } from '../../connector/contract.ts'
import { runConformance, type CommandCase, type Subject, type TargetFate } from '../../connector/kit/conformance.ts'
import { sha256 } from '../../connector/transport/sending.ts'
import { claim, SETUP } from '../../../sandbox/erp/fixture.ts'
import { Workshop, type System } from '../../../sandbox/testing.ts'
import { erp } from './connector.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const TOKEN = 'canary-of-the-erp'
/** More than the ERP itself takes; its replies can still hold it. */
const isTooMuch = (amount: string): boolean => amount.length > 15

function fateOf(there: System, op: string): CommandCase['fate'] {
  return async ({ effect, lateMs, reply, status, retryAfter }: TargetFate) => {
    const rule = {
      op,
      first: 1,
      effect,
      ...(lateMs === undefined ? {} : { lateMs }),
      reply: reply === 'status' ? 'error' : reply,
      ...(status === undefined ? {} : { status }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    }
    expect((await there.call('PUT', '/faults', { rules: [rule] })).status).toBe(200)
  }
}

interface Fact {
  readonly what: string
  readonly row: Record<string, unknown>
}
const booked = async (there: System, what: string): Promise<Fact[]> =>
  (await there.books()).flatMap((line) => line.facts as unknown as Fact[]).filter((fact) => fact.what === what)

async function subject(): Promise<Subject> {
  const started = await shop.start('erp', ['--data', await shop.folder()], { SANDBOX_ERP_TOKEN: TOKEN })
  const call: System['call'] = (method, path, body) => started.call(method, path, body, { authorization: `Bearer ${TOKEN}` })
  const there: System = {
    ...started,
    call,
    books: async () =>
      (await call('GET', '/books')).text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as never),
  }
  await call('PUT', '/setup', SETUP)
  const instructed = async (letter: string): Promise<{ payDocNo: string }[]> => {
    for (let at = 0; at < 32; at++)
      await call('POST', '/documents', claim({ extRef: `inv_${letter}${at}`, vendorDocNo: `${letter}-${at}` }))
    const run = await call('POST', '/runs', {
      companyCode: '1000',
      waers: 'EUR',
      dueBy: '2030-01-01',
      proposedBy: 'a.clerk',
      combine: false,
    })
    for (const by of ['t.meyer', 'u.katz']) await call('POST', `/runs/${run.body.runNo}/release`, { by })
    return (await call('GET', `/payment-docs?runNo=${run.body.runNo}&limit=100`)).body.rows as { payDocNo: string }[]
  }
  const [payments, unsent] = [await instructed('p'), await instructed('v')]

  const posting: CommandCase = {
    accepts: (n, asked = '119.00') => {
      const amount = isTooMuch(asked) ? '119.00' : asked
      return {
        reference: `inv_kit${n}`,
        entity: '1000',
        supplier: 'K-1',
        kind: 'invoice',
        number: `RE-${n}`,
        issuedOn: '2026-01-12',
        dueOn: null,
        postedOn: '2026-01-15',
        currency: 'EUR',
        net: amount,
        tax: '0',
        gross: amount,
        payable: amount,
        method: 'transfer',
        orders: [],
        policy: 'p',
        authority: 'a',
        approvers: [],
        approvedAt: '2026-01-14T12:00:00.000Z',
        correlation: `inv_kit${n}`,
        lines: [{ account: '476000', amount }],
      }
    },
    refuses: { content: (n) => ({ ...posting.accepts(n), supplier: 'K-9' }), words: 'K-9' },
    truth: async (key) =>
      (await booked(there, 'DOCUMENT'))
        .filter(({ row }) => (row['zFields'] as { ZZKEY?: string } | undefined)?.ZZKEY === key)
        .map(({ row }) => ({ amount: String(row['grossAmt'] as string) })),
    fate: fateOf(there, 'document.post'),
  }
  const clearedUnder: CommandCase['truth'] = async (key) => {
    const under = (await booked(there, 'CLEARING')).filter(({ row }) => row['extRef'] === key.slice(-60))
    return under.map(({ row }) => ({ amount: String(row['amt'] as string) }))
  }
  const settling: CommandCase = {
    accepts: (n) => ({
      paymentDoc: payments[n]?.payDocNo ?? 'none',
      bankReference: `B-${n}`,
      bookedOn: '2026-02-12',
      amount: '119.00',
      currency: 'EUR',
    }),
    refuses: { content: (n) => ({ ...settling.accepts(n), amount: '118.00' }), words: 'F1-341' },
    truth: clearedUnder,
    fate: fateOf(there, 'payment.confirm'),
  }
  const collected: string[] = []
  for (let at = 0; at < 32; at++) {
    const answer = await call('POST', '/documents', claim({ extRef: `inv_c${at}`, vendorDocNo: `C-${at}`, payMethod: 'E' }))
    collected.push(answer.body.docNo as string)
  }
  const clearing: CommandCase = {
    accepts: (n) => ({
      reference: `inv_c${n}`,
      posting: collected[n] ?? 'none',
      entity: '1000',
      supplier: 'K-1',
      amount: '119.00',
      currency: 'EUR',
      bankReference: `B-${n}`,
      bookedOn: '2026-02-12',
    }),
    refuses: { content: (n) => ({ ...clearing.accepts(n), posting: '5199999999' }), words: '5199999999' },
    truth: clearedUnder,
    fate: fateOf(there, 'clearing.post'),
  }
  const booking: string[] = []
  for (let at = 0; at < 32; at++)
    booking.push((await call('POST', '/documents', claim({ extRef: `inv_s${at}`, vendorDocNo: `S-${at}` }))).body.docNo as string)
  const reversing: CommandCase = {
    accepts: (n) => ({ posting: booking[n] ?? 'none', reason: 'approval taken back', requestedBy: 'lea', agreedBy: 'tom' }),
    refuses: { content: (n) => ({ ...reversing.accepts(n), agreedBy: 'lea' }), words: 'F5-363' },
    truth: async (key) =>
      (await booked(there, 'DOCUMENT')).filter(({ row }) => row['stornoExtRef'] === key.slice(-60)).map(() => ({ amount: '119.00' })),
    fate: fateOf(there, 'document.storno'),
  }
  const cancelling: CommandCase = {
    accepts: (n) => ({ paymentDoc: unsent[n]?.payDocNo ?? 'none', reason: `wrong account ${n}` }),
    refuses: { content: () => ({ paymentDoc: '5199999999', reason: 'x' }), words: '5199999999' },
    // The ERP keeps no word of ours with it: which one it was is known by the number alone.
    truth: async (_key, content) =>
      (await booked(there, 'PAYMENT'))
        .filter(({ row }) => row['payDocNo'] === content['paymentDoc'] && row['lifecycle'] === 'VOID')
        .map(() => ({ amount: '119.00' })),
    fate: fateOf(there, 'payment.void'),
  }
  /** Documents that stand free, and documents with a block. */
  const blockable = async (name: string, payBlock: string): Promise<string[]> => {
    const numbers: string[] = []
    for (let at = 0; at < 32; at++)
      numbers.push(
        (await call('POST', '/documents', claim({ extRef: `inv_${name}${at}`, vendorDocNo: `${name}-${at}`, payBlock }))).body
          .docNo as string,
      )
    return numbers
  }
  const blocking = (numbers: readonly string[], verb: string): CommandCase => ({
    accepts: (n) => ({ posting: numbers[n] ?? 'none', reason: `not approved ${n}` }),
    refuses: { content: () => ({ posting: '5199999999', reason: 'x' }), words: '5199999999' },
    truth: async (_key, content) =>
      (await there.books())
        .flatMap((line) => line.facts as unknown as (Fact & { verb: string; key: string })[])
        .filter((fact) => fact.what === 'DOCUMENT' && fact.verb === verb && fact.key === content['posting'])
        .map(() => ({})),
    fate: fateOf(there, 'document.block'),
  })
  const [holding, unholding] = [blocking(await blockable('h', ''), 'BLOCKED'), blocking(await blockable('u', 'A'), 'UNBLOCKED')]
  const attaching: CommandCase = {
    accepts: (n) => ({
      reference: `inv_a${n}`,
      posting: collected[n] ?? 'none',
      approvers: ['directory|person|anna'],
      approvedAt: '2026-01-14T12:00:00.000Z',
      authority: 'up to 1000.00 EUR',
      terms: 'f'.repeat(64),
      policy: 'p',
      correlation: `inv_a${n}`,
    }),
    refuses: { content: (n) => ({ ...attaching.accepts(n), posting: '5199999999' }), words: '5199999999' },
    truth: async (key) => (await booked(there, 'ATTACHMENT')).filter(({ row }) => row['by'] === `hub ${key.slice(-16)}`).map(() => ({})),
    fate: fateOf(there, 'document.attach'),
  }
  /** It asks for what is there, and every other time for what is not. */
  const looking = (op: string, asked: Content, nowhere: Content): CommandCase => ({
    accepts: (n) => (n % 2 === 0 ? asked : { ...asked, ...nowhere }),
    truth: () => Promise.resolve([]),
    fate: fateOf(there, op),
  })
  const party = (question: string, name: string): Content => ({ question, names: [], name })
  let n = 0
  const post = async (more: Record<string, unknown>): Promise<string> =>
    `"${(await call('POST', '/documents', claim({ extRef: `inv_n${++n}`, ...more }))).body.docNo as string}"`
  /** What the ERP itself would not say: its next page of changes is patched. */
  const forged = async (what: string, verb: string, row: object): Promise<string> => {
    const key = `S-${++n}`
    await call('PUT', '/faults', {
      rules: [
        {
          op: 'changes',
          first: 1,
          patch: { rows: [{ mark: `9${n}`, at: '2026-02-01T10:00:00.000Z', op: 'x', what, verb, key, row: { ...row, docNo: key } }] },
        },
      ],
    })
    return key
  }
  return {
    kind: erp,
    config: { url: there.url, token: 'API', callTimeoutMs: 1_000 },
    sha256,
    secrets: { API: TOKEN },
    patienceMs: 250,
    commands: {
      'invoice.post': posting,
      'settlement.record': settling,
      'settlement.clear': clearing,
      'invoice.reverse': reversing,
      'payment.cancel': cancelling,
      'payment.hold': holding,
      'payment.unhold': unholding,
      'approval-evidence.attach': attaching,
      'lookup.supplier': looking('vendor.read', party('supplier', 'Blauwal B.V.'), { name: 'Nobody' }),
      'lookup.entity': looking('company.read', party('entity', 'Nordlicht Handel GmbH'), { name: 'Nobody' }),
      'lookup.tax-code': looking('tax.read', { question: 'tax-code', entity: '1000', category: 'S', rate: '19' }, { rate: '7' }),
      'lookup.order': looking('order.read', { question: 'order', number: '4500000001', entity: '1000' }, { number: '77' }),
      'lookup.period': looking('period.read', { question: 'period', entity: '1000', month: '2026-02' }, { month: '1999-02' }),
      'lookup.posting': looking('document.read', { question: 'posting', postingNo: '5100000001' }, { postingNo: '5199999999' }),
      'lookup.attachment': looking('document.attachments', attaching.accepts(2), attaching.accepts(9)),
    },
    happens: async (count) => {
      const marks: string[] = []
      for (let at = 0; at < count; at++) marks.push(await post({}))
      return marks
    },
    tells: async (amount) =>
      isTooMuch(amount)
        ? forged('DOCUMENT', 'BOOKED', { ...(await call('GET', '/documents/5100000001')).body, grossAmt: amount })
        : post({ netAmt: amount, taxAmt: '0', grossAmt: amount, items: [{ glAccount: '1', netAmt: amount }] }),
    shows: (table, word) => {
      switch (table) {
        case 'document.verb':
          return forged('DOCUMENT', word, {})
        case 'document.payBlock':
          return forged('DOCUMENT', 'BLOCKED', { payBlock: word })
        default:
          return forged('PAYMENT', word, {
            payDocNo: 'P',
            msgId: 'M',
            endToEndId: 'E',
            companyCode: '1000',
            vendorNo: 'K-1',
            amt: '1.00',
            waers: 'EUR',
            executeOn: '2026-02-01',
            lifecycle: word,
          })
      }
    },
  }
}

describe('the sandbox ERP’s connector keeps the promises of the kit', async () => {
  for (const result of await runConformance(await subject())) {
    // It declares no notices.
    const applies = result.promise !== 'notices'
    test(`${result.promise}: ${result.says}`, () => {
      expect(result).toMatchObject({ applies, broken: [] })
    })
  }
})
