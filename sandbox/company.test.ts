import { link, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { afterAll, expect, test } from 'vitest'
import { generateSample, totalsOf, type SampleBill } from './sample/generate.ts'
import { num } from './plumbing/amounts.ts'
import { until, Workshop, type System } from './testing.ts'

const shop = new Workshop()
afterAll(() => shop.clear())
const COUNT = 200
const LIMIT_MS = 10_000

test(`${COUNT} bills go through the three systems, from ticket to cleared document, well within ${LIMIT_MS / 1000} s`, async () => {
  const [dir, inDir, outDir] = [await shop.folder(), await shop.folder(), await shop.folder()]
  const sample = await generateSample({ seed: 4, count: COUNT, dir })
  const [erp, ap, bank] = await Promise.all([
    shop.start('erp', ['--data', await shop.folder(), '--autopilot', '100']),
    shop.start('ap', ['--data', await shop.folder(), '--autopilot', '0']),
    shop.start('bank', ['--data', await shop.folder(), '--in', inDir, '--out', outDir, '--poll', '50', '--statement-every', '100']),
  ])
  await Promise.all([erp.call('PUT', '/setup', sample.erp), ap.call('PUT', '/setup', sample.ap), bank.call('PUT', '/setup', sample.bank)])

  const began = performance.now()
  await Promise.all(
    sample.bills.map((bill) => ap.call('POST', '/tickets', ticketOf(bill), { 'idempotency-key': `${bill.vendorNo}/${bill.billNo}` })),
  )
  await until(
    'all tickets',
    async () => (await ap.call('GET', '/tickets?stage=GREENLIT&limit=1000')).body.tickets.length === COUNT || undefined,
  )
  const docNos = await Promise.all(
    sample.bills.map(async (bill) => (await erp.call('POST', '/documents', documentOf(bill))).body.docNo as string),
  )
  expect(docNos.every((docNo) => /^5[12]/.test(docNo))).toBe(true)
  const open = (): Promise<number> =>
    erp
      .call('GET', '/documents?lifecycle=BOOKED&limit=1000')
      .then((answer) => answer.body.rows.filter((row: { payMethod: string }) => row.payMethod === 'T').length)
  const carried = new Set<string>()
  await until(
    'all transfers',
    async () => {
      await carryFiles(erp, inDir, carried)
      await confirmBooked(erp, outDir)
      // What credit memos leave of a vendor with nothing to pay stays open: no run can pay a negative sum.
      return (await open()) === (await unpayable(erp)) || undefined
    },
    20_000,
  )
  const took = performance.now() - began

  const facts = (await erp.books()).flatMap((line) => line.facts)
  const clearings = facts
    .filter((fact) => fact.what === 'CLEARING')
    .map((fact) => fact.row as { payDocNo: string; waers: string; amt: string })
  expect(new Set(clearings.map((row) => row.payDocNo)).size).toBe(clearings.length)
  for (const account of (sample.bank as { accounts: { iban: string; ccy: string; opening: string }[] }).accounts.filter(
    (held) => held.ccy === 'SEK',
  )) {
    const { body } = await bank.call('GET', `/ledger?iban=${account.iban}`)
    const paid = clearings.filter((row) => row.waers === 'SEK').reduce((all, row) => all + num(row.amt), 0n)
    expect(num(account.opening) - num(body.balance)).toBe(paid)
    expect(paid).toBeGreaterThanOrEqual(totalsOf(sample.bills)['SEK'] ?? 0n)
  }
  console.log(`${COUNT} bills: ${Math.round(took)} ms`)
  expect(took).toBeLessThan(LIMIT_MS)
})

function ticketOf(bill: SampleBill): unknown {
  return {
    corrRef: `${bill.vendorNo}/${bill.billNo}`,
    billKind: bill.billKind,
    billNo: bill.billNo,
    billedOn: bill.issuedOn,
    dueOn: bill.dueOn,
    legalUnit: bill.companyCode,
    creditor: { name: bill.vendorNo, vatReg: bill.vatReg, vendorNo: bill.vendorNo },
    ccy: bill.ccy,
    netTotal: bill.net,
    taxTotal: bill.tax,
    grossTotal: bill.gross,
    openedBy: 'test',
  }
}

function documentOf(bill: SampleBill): unknown {
  return {
    companyCode: bill.companyCode,
    docType: bill.billKind === 'CREDIT' ? 'KG' : 'KR',
    vendorNo: bill.vendorNo,
    vendorDocNo: bill.billNo,
    docDate: bill.issuedOn,
    netDueDate: bill.dueOn,
    waers: bill.ccy,
    netAmt: bill.net,
    taxAmt: bill.tax,
    grossAmt: bill.gross,
    payMethod: bill.means === 'COLLECTION' ? 'E' : 'T',
    extRef: bill.file,
    enteredBy: 'test',
    items: [{ glAccount: '476000', netAmt: bill.net, ...(bill.poNo === null ? {} : { poNo: bill.poNo }) }],
  }
}

async function carryFiles(erp: System, inDir: string, carried: Set<string>): Promise<void> {
  for (const run of (await erp.call('GET', '/runs?lifecycle=RELEASED&limit=1000')).body.rows as {
    runNo: string
    file: { name: string }
  }[]) {
    if (carried.has(run.runNo)) continue
    carried.add(run.runNo)
    const hidden = join(inDir, `.${run.file.name}`)
    await writeFile(hidden, (await erp.call('GET', `/runs/${run.runNo}/file`)).text)
    await link(hidden, join(inDir, run.file.name))
  }
}

const parser = new XMLParser({ parseTagValue: false, isArray: (name) => ['Ntry', 'TxDtls'].includes(name) })
const read = new Set<string>()

/** Confirms what statements book: single entries by their end-to-end id, one line for a batch by its message id. */
async function confirmBooked(erp: System, outDir: string): Promise<void> {
  for (const name of (await readdir(outDir)).filter((held) => held.startsWith('camt053') && !read.has(held))) {
    read.add(name)
    for (const entry of parser.parse(await readFile(join(outDir, name), 'utf8')).Document.BkToCstmrStmt.Stmt.Ntry) {
      const batch = entry.NtryDtls.Btch?.MsgId as string | undefined
      const payments =
        batch === undefined
          ? entry.NtryDtls.TxDtls.map((detail: { Refs: { EndToEndId: string } }) => detail.Refs.EndToEndId)
          : (await erp.call('GET', `/payment-docs?runNo=${batch.split('-')[0]}&limit=1000`)).body.rows.map(
              (row: { payDocNo: string }) => row.payDocNo,
            )
      await Promise.all(
        payments.map(async (payDocNo: string) => {
          const { body, status } = await erp.call('GET', `/payment-docs/${payDocNo}`)
          if (status === 200)
            await erp.call('POST', `/payment-docs/${payDocNo}/confirm`, {
              bankRef: entry.AcctSvcrRef,
              bookedOn: entry.BookgDt.Dt,
              amt: body.amt,
              waers: body.waers,
              by: 'test',
            })
        }),
      )
    }
  }
}

async function unpayable(erp: System): Promise<number> {
  const rows = (await erp.call('GET', '/documents?lifecycle=BOOKED&limit=1000')).body.rows as {
    vendorNo: string
    companyCode: string
    openAmt: string
    payMethod: string
    inRun: string | null
  }[]
  const groups = Map.groupBy(
    rows.filter((row) => row.payMethod === 'T'),
    (row) => `${row.companyCode} ${row.vendorNo}`,
  )
  return [...groups.values()]
    .filter((group) => group.every((row) => row.inRun === null) && group.reduce((all, row) => all + num(row.openAmt), 0n) <= 0n)
    .flat().length
}
