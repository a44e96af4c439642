import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until, Workshop, type Loose, type System } from '../testing.ts'
import { BELGIAN, DOLLARS, drop, DUTCH, FRENCH, OURS, paymentFile } from './fixture.ts'

const shop = new Workshop()
afterAll(() => shop.clear())

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  isArray: (name) => ['Ntry', 'TxInfAndSts', 'OrgnlPmtInfAndSts', 'Strd', 'TxDtls', 'Bal'].includes(name),
})
interface Bank {
  readonly system: System
  readonly inDir: string
  readonly outDir: string
  readonly data: string
}

async function bank(...args: string[]): Promise<Bank> {
  const dirs = { inDir: await shop.folder(), outDir: await shop.folder(), data: await shop.folder() }
  const system = await open(dirs, ...args)
  expect(
    (
      await system.call('PUT', '/setup', {
        accounts: [
          { iban: OURS, ccy: 'EUR', holder: 'Nordlicht', opening: '1000' },
          { iban: DOLLARS, ccy: 'USD', holder: 'Nordlicht', opening: '500.00' },
        ],
        closed: [BELGIAN],
        bouncing: [],
      })
    ).status,
  ).toBe(200)
  return { system, ...dirs }
}

function open(dirs: { inDir: string; outDir: string; data: string }, ...args: string[]): Promise<System> {
  return shop.start('bank', [
    '--data',
    dirs.data,
    '--in',
    dirs.inDir,
    '--out',
    dirs.outDir,
    '--poll',
    '20',
    '--statement-every',
    '1000000',
    ...args,
  ])
}

/** What lies in the output folder, in order, as [kind, parsed]. */
async function out({ outDir }: Bank): Promise<{ kind: string; doc: Loose }[]> {
  const names = (await readdir(outDir)).filter((name) => !name.startsWith('.')).toSorted((a, b) => (a.slice(8) < b.slice(8) ? -1 : 1))
  return Promise.all(
    names.map(async (name) => ({ kind: name.slice(0, 7), doc: parser.parse(await readFile(join(outDir, name), 'utf8')).Document })),
  )
}

async function outOf(held: Bank, kind: string, count: number): Promise<Loose[]> {
  return until(`${count} ${kind}`, async () => {
    const found = (await out(held)).filter((file) => file.kind === kind).map((file) => file.doc)
    return found.length >= count ? found : undefined
  })
}
const report = (doc: Loose): Loose => doc.CstmrPmtStsRpt
const groupStatus = (doc: Loose): [string, string | undefined] => [
  report(doc).OrgnlGrpInfAndSts.GrpSts,
  report(doc).OrgnlGrpInfAndSts.StsRsnInf?.Rsn.Cd,
]

describe('a payment file', () => {
  test('is accepted, booked, announced and put on a statement whose balances chain', async () => {
    const held = await bank()
    await drop(
      held.inDir,
      'one.xml',
      paymentFile({
        msgId: 'M-1',
        orders: [
          { id: 'E-1', amt: '100.00', bills: ['RE-1', 'RE-2'] },
          { id: 'E-2', amt: '50.50', iban: DUTCH },
        ],
      }),
    )
    const [accepted, settled] = await outOf(held, 'pain002', 2)
    expect([groupStatus(accepted)[0], groupStatus(settled)[0]]).toEqual(['ACCP', 'ACSC'])
    expect(report(accepted).OrgnlGrpInfAndSts).toMatchObject({
      OrgnlMsgId: 'M-1',
      OrgnlMsgNmId: 'pain.001.001.09',
      OrgnlNbOfTxs: '2',
      OrgnlCtrlSum: '150.50',
    })
    const [notice] = await outOf(held, 'camt054', 1)
    const announced = notice.BkToCstmrDbtCdtNtfctn.Ntfctn.Ntry
    expect(announced.map((entry: Loose) => [entry.Amt['#text'], entry.CdtDbtInd, entry.NtryDtls.TxDtls[0].Refs.EndToEndId])).toEqual([
      ['100.00', 'DBIT', 'E-1'],
      ['50.50', 'DBIT', 'E-2'],
    ])
    expect((await held.system.call('POST', '/cycle')).body.files).toHaveLength(1)
    await drop(held.inDir, 'two.xml', paymentFile({ msgId: 'M-2', orders: [{ id: 'E-3', amt: '10.00' }], version: '03' }))
    await outOf(held, 'camt054', 2)
    await held.system.call('POST', '/cycle')
    const [first, second] = (await outOf(held, 'camt053', 2)).map((doc) => doc.BkToCstmrStmt.Stmt)
    expect(first.Bal.map((bal: Loose) => [bal.Tp.CdOrPrtry.Cd, bal.Amt['#text'], bal.CdtDbtInd])).toEqual([
      ['OPBD', '1000.00', 'CRDT'],
      ['CLBD', '849.50', 'CRDT'],
    ])
    expect(second.Bal.map((bal: Loose) => bal.Amt['#text'])).toEqual(['849.50', '839.50'])
    expect([first.ElctrncSeqNb, second.ElctrncSeqNb]).toEqual(['1', '2'])
    expect(first.Ntry.map((entry: Loose) => entry.AcctSvcrRef)).toEqual(announced.map((entry: Loose) => entry.AcctSvcrRef))
    const detail = first.Ntry[0].NtryDtls.TxDtls[0]
    expect(detail.RltdPties).toEqual({ Cdtr: { Pty: { Nm: 'Müller & Fils' } }, CdtrAcct: { Id: { IBAN: FRENCH } } })
    expect(detail.RmtInf.Strd.map((one: Loose) => one.RfrdDocInf.Nb)).toEqual(['RE-1', 'RE-2'])
    expect((await held.system.call('GET', `/ledger?iban=${OURS}`)).body.balance).toBe('839.50')
    expect(report((await outOf(held, 'pain002', 4))[2])).toBeDefined()
    expect(
      (await out(held))
        .filter((file) => file.kind === 'pain002')
        .map((file) => file.doc['@xmlns'])
        .at(-1),
    ).toContain('pain.002.001.03')
  })

  test('with batch booking becomes one line without details, less what was refused', async () => {
    const held = await bank()
    await drop(
      held.inDir,
      'b.xml',
      paymentFile({
        msgId: 'B-1',
        batch: true,
        orders: [
          { id: 'E-1', amt: '100.00' },
          { id: 'E-2', amt: '20.00', iban: BELGIAN },
          { id: 'E-3', amt: '30.00', iban: 'FR7630006000011234567890188' },
          { id: 'E-4', amt: '40.00', iban: DUTCH },
        ],
      }),
    )
    const [accepted, settled] = await outOf(held, 'pain002', 2)
    for (const doc of [accepted, settled]) {
      expect(report(doc).OrgnlGrpInfAndSts.GrpSts).toBe('PART')
      expect(report(doc).OrgnlPmtInfAndSts[0].TxInfAndSts.map((tx: Loose) => [tx.OrgnlEndToEndId, tx.TxSts, tx.StsRsnInf.Rsn.Cd])).toEqual([
        ['E-2', 'RJCT', 'AC04'],
        ['E-3', 'RJCT', 'AC01'],
      ])
    }
    const [entry] = (await outOf(held, 'camt054', 1))[0].BkToCstmrDbtCdtNtfctn.Ntfctn.Ntry
    expect([entry.Amt['#text'], entry.NtryDtls.Btch.NbOfTxs, entry.NtryDtls.Btch.PmtInfId, entry.NtryDtls.TxDtls]).toEqual([
      '140.00',
      '2',
      'B-1-1',
      undefined,
    ])
  })

  test('is refused when its MsgId was received before, whatever its name or content', async () => {
    const held = await bank()
    const file = paymentFile({ msgId: 'M-1', orders: [{ id: 'E-1', amt: '100.00' }] })
    await drop(held.inDir, 'a.xml', file)
    await outOf(held, 'pain002', 2)
    await drop(held.inDir, 'b.xml', file)
    await outOf(held, 'pain002', 3)
    await drop(held.inDir, 'c.xml', paymentFile({ msgId: 'M-1', orders: [{ id: 'E-9', amt: '7.00' }] }))
    const reports = await outOf(held, 'pain002', 4)
    expect(reports.slice(2).map(groupStatus)).toEqual([
      ['RJCT', 'AM05'],
      ['RJCT', 'AM05'],
    ])
    expect((await held.system.call('GET', `/ledger?iban=${OURS}`)).body.entries).toHaveLength(1)
  })
})

describe('a payment file that is refused', () => {
  let held: Bank
  beforeAll(async () => {
    held = await bank()
  })
  afterAll(async () => {
    expect((await held.system.call('GET', `/ledger?iban=${DOLLARS}`)).body.entries).toEqual([])
  })

  /** The first report on a message. */
  const reportOn = (msgId: string): Promise<Loose> =>
    until(`the report on ${msgId}`, async () => {
      const found = (await out(held)).find(({ kind, doc }) => kind === 'pain002' && report(doc).OrgnlGrpInfAndSts.OrgnlMsgId === msgId)
      return found?.doc
    })

  test.each([
    ['AM18', { count: 3 }],
    ['AM10', { sum: '100.01' }],
    ['AC02', { from: DUTCH }],
    ['FF01', { orders: [] }],
  ])('is refused whole with %s for %j', async (reason, wrong) => {
    const file = paymentFile({ msgId: `W-${reason}`, from: DOLLARS, orders: [{ id: 'E-1', amt: '100.00', ccy: 'USD' }], ...wrong })
    await drop(held.inDir, `${reason}.xml`, file)
    expect(groupStatus(await reportOn(`W-${reason}`))).toEqual(['RJCT', reason])
  })

  test('being no XML; one still being written is left alone', async () => {
    for (const name of ['.hidden.xml', 'half.tmp', 'half.part']) await writeFile(join(held.inDir, name), 'x')
    await drop(held.inDir, 'bad.xml', paymentFile({ msgId: 'X', orders: [{ id: 'E', amt: '1.00' }] }).slice(0, -20))
    expect(groupStatus(await reportOn('bad.xml'))).toEqual(['RJCT', 'FF01'])
    const taken = (await held.system.books()).flatMap((line) => line.facts).filter((fact) => fact.what === 'FILE')
    expect(taken.map((fact) => fact.key)).not.toContain('half.tmp')
    expect(taken.map((fact) => fact.key)).toContain('bad.xml')
  })

  test('in single payments, for currency, money and amount', async () => {
    const orders = [
      { id: 'E-1', amt: '1.00', ccy: 'USD' },
      { id: 'E-2', amt: '900.00' },
      { id: 'E-3', amt: '200.00' },
      { id: 'E-4', amt: '0.00' },
    ]
    await drop(held.inDir, 'm.xml', paymentFile({ msgId: 'M', orders }))
    const { TxInfAndSts } = report(await reportOn('M')).OrgnlPmtInfAndSts[0]
    expect(TxInfAndSts.map((tx: Loose) => tx.StsRsnInf.Rsn.Cd)).toEqual(['AM03', 'AM04', 'AM01'])
  })
})

describe('other entries', () => {
  test('a payment comes back once, with its end-to-end id and the reason', async () => {
    const held = await bank()
    await drop(
      held.inDir,
      'r.xml',
      paymentFile({
        msgId: 'R',
        batch: true,
        orders: [
          { id: 'E-1', amt: '100.00' },
          { id: 'E-2', amt: '50.00' },
        ],
      }),
    )
    await outOf(held, 'camt054', 1)
    const giveBack = (endToEndId: string): Promise<number> =>
      held.system.call('POST', '/returns', { endToEndId, reason: 'AC04' }).then((answer) => answer.status)
    expect([await giveBack('E-2'), await giveBack('E-2'), await giveBack('E-9')]).toEqual([201, 409, 404])
    const [entry] = (await outOf(held, 'camt054', 2))[1].BkToCstmrDbtCdtNtfctn.Ntfctn.Ntry
    const detail = entry.NtryDtls.TxDtls[0]
    expect([entry.CdtDbtInd, entry.Amt['#text'], detail.Refs.EndToEndId, detail.RtrInf.Rsn.Cd, entry.BkTxCd.Domn.Fmly.SubFmlyCd]).toEqual([
      'CRDT',
      '50.00',
      'E-2',
      'AC04',
      'RRTN',
    ])
    expect((await held.system.call('GET', `/ledger?iban=${OURS}`)).body.balance).toBe('900.00')
  })

  test('a payment to an account that bounces comes back by itself, a vendor collects, a charge is taken', async () => {
    const held = await bank()
    await held.system.call('PUT', '/setup', {
      bouncing: [{ iban: DUTCH, reason: 'AC06', afterMs: 30 }],
      collections: [
        {
          collectionId: 'C-1',
          debtorIban: OURS,
          creditorName: 'Stadtwerke',
          creditorId: 'DE98ZZZ09999999999',
          mandateId: 'MD-1',
          amount: '75.00',
          ccy: 'EUR',
          remittance: 'RE-77',
          endToEndId: 'SW-1',
          afterMs: 20,
        },
      ],
    })
    await drop(held.inDir, 'r.xml', paymentFile({ msgId: 'R', orders: [{ id: 'E-1', amt: '100.00', iban: DUTCH }] }))
    await held.system.call('POST', '/entries', {
      iban: OURS,
      side: 'DBIT',
      amount: '2.50',
      ccy: 'EUR',
      means: 'CHARGE',
      remittance: 'account fee',
    })
    const entries = (await outOf(held, 'camt054', 4)).flatMap((doc) => doc.BkToCstmrDbtCdtNtfctn.Ntfctn.Ntry)
    const booked = entries.map((entry) => `${entry.BkTxCd.Domn.Fmly.SubFmlyCd} ${entry.Amt['#text']}`)
    expect(new Set(booked)).toEqual(new Set(['CHRG 2.50', 'ESCT 100.00', 'ESDD 75.00', 'RRTN 100.00']))
    expect(booked).toHaveLength(4)
    const collected = entries.find((entry) => entry.BkTxCd.Domn.Fmly.Cd === 'RDDT').NtryDtls.TxDtls[0]
    expect(collected).toMatchObject({
      Refs: { MndtId: 'MD-1' },
      RmtInf: { Ustrd: 'RE-77' },
      RltdPties: { Cdtr: { Pty: { Nm: 'Stadtwerke', Id: { PrvtId: { Othr: { Id: 'DE98ZZZ09999999999' } } } } } },
    })
  })
})

describe('the process', () => {
  test('a closed bank does nothing until it opens again; statements come by themselves', async () => {
    const held = await bank('--statement-every', '30')
    await held.system.call('PUT', '/tempo', { paused: 1 })
    await drop(held.inDir, 'p.xml', paymentFile({ msgId: 'P', orders: [{ id: 'E-1', amt: '1.00' }] }))
    expect((await held.system.call('POST', '/cycle')).status).toBe(409)
    expect(await out(held)).toEqual([])
    await held.system.call('PUT', '/tempo', { paused: 0 })
    await outOf(held, 'camt053', 1)
  })

  test('SIGKILL between acceptance and booking: it is booked once after the next start, and no file is taken twice', async () => {
    const held = await bank('--settle-after', '2000', '--pickup', 'leave')
    await drop(held.inDir, 'k.xml', paymentFile({ msgId: 'K', orders: [{ id: 'E-1', amt: '100.00' }] }))
    await outOf(held, 'pain002', 1)
    await held.system.kill('SIGKILL')
    expect((await out(held)).map((file) => file.kind)).toEqual(['pain002'])
    const again = await open(held)
    await outOf(held, 'camt054', 1)
    await again.call('POST', '/cycle')
    expect((await out(held)).map((file) => file.kind)).toEqual(['pain002', 'pain002', 'camt054', 'camt053'])
    expect((await again.call('GET', `/ledger?iban=${OURS}`)).body.entries).toHaveLength(1)
  })

  test('with pickup by moving, the file is found under taken with its bytes unchanged', async () => {
    const held = await bank('--pickup', 'move')
    const file = paymentFile({ msgId: 'V', orders: [{ id: 'E-1', amt: '1.00' }] })
    await drop(held.inDir, 'v.xml', file)
    await outOf(held, 'camt054', 1)
    await until('the moved file', async () => (await readdir(held.inDir)).join() === 'taken' || undefined)
    expect(await readFile(join(held.inDir, 'taken', 'v.xml'), 'utf8')).toBe(file)
  })
})
