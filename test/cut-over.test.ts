/** Cut-over against the simulated ERP: its open items are taken over, linked where they are known, paid like others, and tie out. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { InvoiceState } from '../src/domain/invoice-state.ts'
import { dateIn } from '../src/lib/time.ts'
import type { TieOutMade } from '../src/export/tie-out.ts'
import { main } from '../src/cli/main.ts'
import { KEY, tryOut, type TryOut } from './try-out.ts'

let company: TryOut
const today = dateIn('Europe/Berlin', new Date().toISOString())
const yesterday = dateIn('Europe/Berlin', new Date(Date.now() - 86_400_000).toISOString())
const documents: string[] = []
let rows: readonly { readonly [name: string]: string }[] = []

beforeAll(async () => {
  company = await tryOut()
  await company.sample(3)
  const { rows: vendors } = (await company.callErp('GET', '/vendors?limit=50')).body as {
    rows: { vendorNo: string; payIban: string; standing: string; centralBlock: boolean }[]
  }
  const vendor = vendors.find((row) => row.payIban !== '' && row.standing === 'ACTIVE' && !row.centralBlock)!
  for (const [number, amount] of [
    ['OLD-1', '119.00'],
    ['OLD-2', '50.00'],
    ['OLD-3', '7.77'],
  ] as const) {
    const { body } = await company.callErp('POST', '/documents', {
      companyCode: '1000',
      docType: 'KR',
      vendorNo: vendor.vendorNo,
      vendorDocNo: number,
      docDate: yesterday,
      postingDate: yesterday,
      waers: 'EUR',
      netAmt: amount,
      grossAmt: amount,
      payBlock: 'A',
      items: [{ glAccount: '476000', netAmt: amount }],
      enteredBy: 'before',
    })
    documents.push(String(body['docNo']))
  }
  rows = (await company.callErp('GET', `/subledger/items?companyCode=1000&keyDate=${yesterday}`)).body['rows'] as typeof rows
  await known('1000', 60_000)
  for (const document of documents) await known(document, 60_000)
}, 240_000)
afterAll(async () => {
  await company.end()
}, 30_000)

/** Waits until the change feed has brought what the ERP calls this. */
async function known(name: string, ms: number): Promise<void> {
  const end = Date.now() + ms
  while (
    await company.get(`/v1/objects/${name}`).then(
      () => false,
      () => true,
    )
  ) {
    if (Date.now() > end) throw new Error(`${name} did not become known within ${ms} ms`)
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
  }
}

const HEAD = 'document,supplier,number,postedOn,account,currency,amount,open'
const csv = (more: readonly string[] = []): string =>
  [
    HEAD,
    ...rows.map((row) =>
      [
        row['docNo'],
        row['vendorNo'],
        row['vendorDocNo'],
        row['postingDate'],
        row['reconAccount'],
        row['waers'],
        row['docAmt'],
        row['openBal'],
      ].join(','),
    ),
    ...more,
    '',
  ].join('\n')

/** Runs a command as somebody would; what it printed, and its exit status. */
async function tieout(...args: string[]): Promise<{ readonly said: string; readonly code: number }> {
  const written: string[] = []
  const outputs = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }))
  const status = process.exitCode
  vi.stubEnv('TIEOUT_API', String(company.hub().ready['api']))
  vi.stubEnv('TIEOUT_API_KEY', KEY)
  process.exitCode = 0
  for (const { stream } of outputs) stream.write = (text: string | Uint8Array) => written.push(String(text)) > 0
  try {
    await main(args)
    return { said: written.join(''), code: Number(process.exitCode) }
  } finally {
    for (const { stream, write } of outputs) stream.write = write
    process.exitCode = status
    vi.unstubAllEnvs()
  }
}
const take = (text: string, ...more: string[]): ReturnType<typeof tieout> => {
  const file = join(company.folder, 'open-items.csv')
  writeFileSync(file, text)
  return tieout(
    'cut-over',
    'import',
    '--entity',
    '1000',
    '--as-of',
    yesterday,
    '--file',
    file,
    '--by',
    'a.clerk',
    ...(more.includes('--second') ? [] : ['--second', 'b.lead']),
    ...more,
  )
}
interface Shown {
  readonly id: string
  readonly kind: string
  readonly row: { readonly state: string; readonly breaches: readonly string[] }
  readonly state: InvoiceState
}
const invoiceOf = (document: string): Promise<Shown> => company.get(`/v1/objects/${document}`)

test('items that are not the ERP’s balance are refused with the difference, and one person cannot sign twice', async () => {
  expect(rows.map((row) => row['openBal'])).toEqual(['119.00', '50.00', '7.77'])
  const short = await take(csv().replace(/\n[^\n]*7\.77\n/u, '\n'))
  expect(short).toMatchObject({ code: 1 })
  expect(short.said).toContain('160000 EUR: the items are 169, the balance 176.77, -7.77 too little.')
  expect((await take(csv(), '--second', 'A.Clerk ')).said).toContain('two different ones sign')
  expect((await take(csv().replace('119.00\n', '119.005\n'))).said).toContain('Line 2: open 119.005 is no amount in EUR')
  expect((await invoiceOf(documents[0]!)).state.origin).not.toBe('taken-over')
}, 60_000)

test('the open items are taken over once, linked where the hub knew the document, whoever brings the file again', async () => {
  const first = await take(csv())
  expect(first).toMatchObject({ code: 0 })
  expect(first.said).toContain('0 taken over, 3 linked to what was known, 0 there before')
  const before = await company.summary()
  expect((await take(csv(), '--second', 'c.other')).said).toContain('taken over before; nothing changed')
  expect((await company.summary()).received).toBe(before.received)
  for (const document of documents)
    expect(await invoiceOf(document)).toMatchObject({
      kind: 'invoice',
      state: { origin: 'taken-over', takenOver: { postingNo: document } },
    })
  const trace = await company.get<object>(`/v1/trace/${encodeURIComponent('erp|entity|1000')}`)
  expect(JSON.stringify(trace)).toContain('signed by a second person')
}, 60_000)

test('they are paid and settle like others, and tie out from the day after', async () => {
  for (const document of documents) await company.callErp('POST', `/documents/${document}/pay-block`, { payBlock: '', by: 'somebody' })
  await company.quiet(120_000)
  for (const document of documents) {
    const { row } = await invoiceOf(document)
    // Where there is an archive it goes there by itself.
    expect(['paid', 'archived']).toContain(row.state)
    expect(row.breaches).toEqual([])
  }
  const made = await company.post<TieOutMade>('/v1/tie-outs', { entity: '1000', asOf: today, from: today, person: 'a.clerk' })
  expect(made).toMatchObject({
    ties: true,
    differences: [],
    accounts: [{ account: '160000', currency: 'EUR', hub: { opening: '176.77', settled: '-176.77', closing: '0' } }],
  })
}, 180_000)

test('what the ERP does not hold is taken over against a balance that two state, and the tie-out says that the ERP does not have it', async () => {
  const legacy = `${HEAD}\nL-1,K-1,VERY-OLD,2020-01-15,160000,EUR,10.00,10.00\n`
  expect((await take(legacy)).said).toContain('160000 EUR: the items are 10, the balance 176.77')
  expect((await take(legacy, '--erp-balance', '160000/EUR=10.00')).said).toContain('1 taken over, 0 linked')
  const made = await company.post<TieOutMade>('/v1/tie-outs', { entity: '1000', asOf: today, from: today, person: 'a.clerk' })
  expect(made.differences).toMatchObject([{ with: 'erp', document: 'L-1', reason: 'missing-there', amount: '10' }])
}, 60_000)
