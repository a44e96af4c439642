/** The hub's sub-ledger against the ERP and the AP tool of the whole company: paid invoices tie out, what somebody does by hand is named. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { main } from '../src/cli/main.ts'
import type { TieOutMade } from '../src/export/tie-out.ts'
import { dateIn } from '../src/lib/time.ts'
import { KEY, tryOut, type TryOut } from './try-out.ts'

let company: TryOut
const asOf = dateIn('Europe/Berlin', new Date().toISOString())

beforeAll(async () => {
  company = await tryOut({ erp: { callTimeoutMs: 5_000 } })
  await company.send(await company.sample(8, 3))
  await company.quiet(120_000)
}, 240_000)
afterAll(async () => {
  await company.end()
}, 30_000)

const tieOutOf = (entity = '1000', more: object = {}): Promise<TieOutMade & { status: number; differenceCount: number }> =>
  company.post('/v1/tie-outs', { entity, asOf, person: 'a.clerk', ...more })
const named = (made: TieOutMade): string[] =>
  made.differences.map(({ with: other, document, reason }) => `${other} ${document} ${reason}`).sort()

test('invoices that went their way to paid tie out to the ERP and the AP tool, and the result is in the log', async () => {
  const made = await tieOutOf()
  expect(made).toMatchObject({ status: 200, ties: true, differences: [], entity: '1000', to: asOf, by: 'person:a.clerk' })
  const erp = (await company.callErp('GET', `/subledger/balances?companyCode=1000&from=${asOf.slice(0, 8)}01&keyDate=${asOf}`)).body[
    'rows'
  ] as { closingBal: string; postedBal: string }[]
  expect(made.accounts.map(({ hub }) => [Number(hub.posted), Number(hub.closing)])).toEqual(
    erp.map((row) => [Number(row.postedBal), Number(row.closingBal)]),
  )
  expect(made.accounts.some(({ hub }) => hub.settled !== '0')).toBe(true)

  const { tieOuts } = await company.get<{ tieOuts: { id: string; entity: string; asOf: string; ties: boolean }[] }>('/v1/tie-outs?limit=1')
  expect(tieOuts).toMatchObject([{ entity: '1000', asOf, ties: true }])
  const trace = await company.get<{ object: { title: string } }>(`/v1/trace/${tieOuts[0]!.id}`)
  expect(JSON.stringify(trace)).toContain(made.document)
  const kept = await company.get<{ evidence: { system: string; documents: string[] }[] }>(`/v1/documents/${made.document}`)
  expect(kept.evidence.map(({ system, documents }) => [system, documents.length])).toEqual([
    ['erp', 2],
    ['ap', 1],
  ])
  expect(await company.get(`/v1/documents/${kept.evidence[0]!.documents[0]}`)).toMatchObject({ companyCode: '1000', keyDate: asOf })
}, 120_000)

test('what is booked, reversed, cleared and revalued by hand in the ERP is named, document by document', async () => {
  const { rows } = (await company.callErp('GET', '/vendors?limit=1')).body as { rows: { vendorNo: string }[] }
  const claim = (number: string, waers = 'EUR'): Promise<string> =>
    company
      .callErp('POST', '/documents', {
        companyCode: '1000',
        docType: 'KR',
        vendorNo: rows[0]!.vendorNo,
        vendorDocNo: number,
        docDate: asOf,
        postingDate: asOf,
        waers,
        netAmt: '100.00',
        grossAmt: '100.00',
        payMethod: 'N',
        items: [{ glAccount: '476000', netAmt: '100.00' }],
        enteredBy: 'somebody',
      })
      .then(({ body }) => String(body['docNo']))
  const byHand = await claim('BY-HAND')
  const dollars = await claim('IN-DOLLARS', 'USD')
  const cleared = await claim('CLEARED')
  const reversed = await claim('REVERSED')
  const before = await tieOutOf()
  expect(named(before)).toEqual([byHand, dollars, cleared, reversed].map((document) => `ap ${document} not-known-by-ap`).sort())
  expect(before.accounts.every(({ unexplained }) => unexplained.erp === '0' && unexplained.ap === '0')).toBe(true)

  await company.callErp('POST', `/documents/${reversed}/storno`, { reason: '01', requestedBy: 'a', agreedBy: 'b', stornoOn: asOf })
  await company.callErp('POST', '/clearings', {
    companyCode: '1000',
    vendorNo: rows[0]!.vendorNo,
    waers: 'EUR',
    means: 'BANK',
    bankRef: 'X',
    bookedOn: asOf,
    amt: '100.00',
    lines: [{ docNo: cleared, amt: '100.00' }],
    by: 'somebody',
  })
  await company.callErp('POST', '/revaluations', {
    companyCode: '1000',
    keyDate: asOf,
    rates: [{ waers: 'USD', carriedAt: '0.95', keyRate: '0.90' }],
    by: 'somebody',
  })
  const after = await tieOutOf()
  // Cash is what the bank booked: a clearing by hand without an entry of the bank is the ERP's word alone.
  expect(named(after)).toEqual(
    [
      `ap ${byHand} not-known-by-ap`,
      `ap ${cleared} not-known-by-ap`,
      `ap ${dollars} not-known-by-ap`,
      `erp ${cleared} settled-there`,
    ].sort(),
  )
  expect(after.accounts.find(({ currency }) => currency === 'EUR')).toMatchObject({
    hub: { revalued: '-5', reversed: '-100' },
    erp: { revalued: '-5.00' },
    unexplained: { erp: '0', ap: '0' },
  })
  expect(after.differences.find(({ with: other }) => other === 'erp')).toMatchObject({
    document: cleared,
    number: 'CLEARED',
    amount: '100',
    account: '160000',
  })
}, 120_000)

test('tieout tie-out prints the sheet within 80 columns and says by its exit status whether it ties out', async () => {
  const written: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  const status = process.exitCode
  vi.stubEnv('TIEOUT_API', String(company.hub().ready['api']))
  vi.stubEnv('TIEOUT_API_KEY', KEY)
  process.stdout.write = (text: string) => written.push(text) > 0
  try {
    await main(['tie-out', '--entity', '1000', '--as-of', asOf, '--person', 'c.troller'])
    expect(process.exitCode).toBe(1)
  } finally {
    process.stdout.write = write
    process.exitCode = status
    vi.unstubAllEnvs()
  }
  const lines = written.join('').split('\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(lines.join('\n')).toContain('it does not tie out')
  expect(lines.join('\n')).toContain('settled in the ERP, not in the hub, account 160000')
}, 60_000)

test('a company, a day and a person have to be known', async () => {
  expect(await tieOutOf('4711')).toMatchObject({ status: 404 })
  expect(await tieOutOf('1000', { asOf: '2999-01-01' })).toMatchObject({ status: 400 })
  expect(await tieOutOf('1000', { from: '2026-02-30' })).toMatchObject({ status: 400 })
  expect(await tieOutOf('1000', { person: '' })).toMatchObject({ status: 400 })
})

interface Run {
  readonly id: string
  readonly stage: string
  readonly made: TieOutMade | null
  readonly problem: { readonly code: string; readonly detail: string; readonly whatToDo: string } | null
}

test.each([
  ['erp', { op: 'subledger.read', skip: 1, first: 1, reply: 'error', status: 500 }, 'erp did not tell its open items to the end'],
  ['erp', { op: 'subledger.read', skip: 1, first: 1, reply: 'cut' }, 'erp did not tell its open items to the end'],
  ['erp', { op: 'subledger.read', skip: 1, first: 1, reply: 'never' }, 'erp did not tell its open items to the end'],
  ['erp', { op: 'subledger.read', skip: 2, first: 1, reply: 'html' }, 'erp did not tell the entries of what differs to the end'],
  ['ap', { op: 'ledger.view', first: 1, reply: 'error', status: 500 }, 'ap did not tell its claims to the end'],
  ['erp', { op: 'changes', reply: 'error', status: 500 }, 'erp did not tell its news to the end'],
] as const)(
  'a ledger that %s tells in part only is no tie-out: %j',
  async (system, rule, says) => {
    const kept = async (): Promise<number> => (await company.get<{ tieOuts: unknown[] }>('/v1/tie-outs?limit=200')).tieOuts.length
    const call = (...asked: Parameters<TryOut['callErp']>): ReturnType<TryOut['callErp']> =>
      system === 'erp' ? company.callErp(...asked) : company.callAp(...asked)
    const before = await kept()
    const set = (rules: readonly object[]): ReturnType<TryOut['callErp']> => call('PUT', '/faults', { rules })
    expect((await set([rule])).status).toBe(200)
    const made = await company.post<{ status: number; code: string; detail: string; whatToDo: string }>('/v1/tie-outs', {
      entity: '1000',
      asOf,
      person: 'a.clerk',
    })
    await set([])
    expect(made).toMatchObject({ status: 503, code: 'ledger-not-told' })
    expect(made.detail).toContain(says)
    expect(made.whatToDo).toContain('GET /v1/systems')
    expect(await kept()).toBe(before)
    // The next one is whole again.
    expect(await tieOutOf()).toMatchObject({ status: 200, ties: false })
  },
  60_000,
)

test('one that nobody waits for says how far it is, and how it ended', async () => {
  await company.callErp('PUT', '/faults', { rules: [{ op: 'subledger.read', slowMs: 500 }] })
  const begun = await company.post<Run & { status: number }>('/v1/tie-outs', { entity: '1000', asOf, person: 'a.clerk', wait: false })
  expect(begun).toMatchObject({ status: 202, made: null, problem: null })
  const path = `/v1/tie-outs/runs/${begun.id}`
  const stages = new Set<string>()
  await expect
    .poll(
      async () => {
        const { stage, made } = await company.get<Run>(path)
        stages.add(stage)
        return made?.ties
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe(false)
  expect([...stages][0]).toBe('ERP’s open items')
  expect(stages.size).toBeGreaterThan(1)
  await company.callErp('PUT', '/faults', { rules: [{ op: 'subledger.read', reply: 'error', status: 500 }] })
  const doomed = await company.post<Run>('/v1/tie-outs', { entity: '1000', asOf, person: 'a.clerk', wait: false })
  await expect
    .poll(async () => (await company.get<Run>(`/v1/tie-outs/runs/${doomed.id}`)).problem?.code, { timeout: 20_000 })
    .toBe('ledger-not-told')
  await company.callErp('PUT', '/faults', { rules: [] })
  expect(await tieOutOf('4711', { wait: false })).toMatchObject({ status: 404 })
  await expect(company.get('/v1/tie-outs/runs/none')).rejects.toThrow('404')
}, 60_000)
