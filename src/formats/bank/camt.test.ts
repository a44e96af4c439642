import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { soon } from '../../../test/soon.ts'
import type { BankFinding, Statement, StatementEntry, StatementFile } from '../../domain/bank-document.ts'
import { readCamt } from './camt.ts'
import { entryContent } from './entry-content.ts'
import { readBankFile } from './read-bank-file.ts'
import { ACCOUNT, balance, bytesOf, camt, entry, statement } from './sample-files.ts'

function read(bytes: Uint8Array): StatementFile {
  const file = readBankFile(bytes)
  if ('refused' in file) throw new Error(`${file.refused.code}: ${file.refused.says}`)
  if (file.kind === 'pain.001' || file.kind === 'pain.002') throw new Error('no statement')
  return file
}

const shown = ({ code, about, declared, found }: BankFinding): string =>
  [code, about, declared, found].filter((one) => one !== undefined).join(' | ')
const findings = (bytes: Uint8Array): string[] =>
  read(bytes)
    .statements.flatMap((one) => one.findings)
    .map(shown)
const refusal = (bytes: Uint8Array): string => {
  const file = readBankFile(bytes)
  return 'refused' in file ? file.refused.code : 'taken'
}
const first = (bytes: Uint8Array): StatementEntry | undefined => read(bytes).statements[0]?.entries[0]
const entriesOf = (bytes: Uint8Array): readonly StatementEntry[] => read(bytes).statements[0]?.entries ?? []
const PROVED = balance('OPBD', '100.00') + balance('CLBD', '101.00')

test('an entry of version 8 is read with batch, details, exchange, charges and return', () => {
  const details = `<NtryRef>N-1</NtryRef><RvslInd>true</RvslInd><ValDt><DtTm>2026-03-01T00:30:00+02:00</DtTm></ValDt>
    <AcctSvcrRef>B-1</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn><Prtry><Cd>190</Cd><Issr>BANK</Issr></Prtry>
      </BkTxCd>
    <Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">0.50</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="EUR">0.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>
      <ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>
    <NtryDtls><Btch><MsgId>MSG-1</MsgId><PmtInfId>BATCH-1</PmtInfId><NbOfTxs>1</NbOfTxs><TtlAmt Ccy="EUR">1.00</TtlAmt>
      <CdtDbtInd>DBIT</CdtDbtInd></Btch>
      <TxDtls><Refs><MsgId>MSG-1</MsgId><AcctSvcrRef>B-2</AcctSvcrRef><PmtInfId>BATCH-1</PmtInfId><InstrId>I-1</InstrId>
        <EndToEndId>E-1</EndToEndId><UETR>255ae394-9965-4438-ac86-f406feada396</UETR><TxId>T-1</TxId><MndtId>M-1</MndtId></Refs>
        <Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <AmtDtls><InstdAmt><Amt Ccy="USD">1.10</Amt></InstdAmt><CntrValAmt><Amt Ccy="EUR">1.00</Amt><CcyXchg><SrcCcy>USD</SrcCcy>
          <TrgtCcy>EUR</TrgtCcy><UnitCcy>USD</UnitCcy><XchgRate>0.909090</XchgRate></CcyXchg></CntrValAmt></AmtDtls>
        <RltdPties><Dbtr><Pty><Nm>Payer Ltd</Nm></Pty></Dbtr><DbtrAcct><Id><Othr><Id>12345</Id></Othr></Id></DbtrAcct><Cdtr><Agt>
          <FinInstnId><Nm>Some Bank</Nm></FinInstnId></Agt></Cdtr></RltdPties>
        <RltdAgts><DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>20041010</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt></RltdAgts>
        <RmtInf><Ustrd>Invoice 4711</Ustrd></RmtInf>
        <RtrInf><OrgnlBkTxCd><Prtry><Cd>108</Cd></Prtry></OrgnlBkTxCd><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>account closed</AddtlInf></RtrInf>
          <AddtlTxInf>back</AddtlTxInf></TxDtls></NtryDtls><AddtlNtryInf>return</AddtlNtryInf>`
  expect(first(camt(statement(PROVED + entry('1.00', 'CRDT', details))))).toEqual({
    position: 1,
    amount: '1.00',
    currency: 'EUR',
    side: 'credit',
    reversal: true,
    status: 'BOOK',
    bookedOn: '2026-02-28',
    valuedOn: '2026-03-01',
    entryReference: 'N-1',
    bankReference: 'B-1',
    code: { domain: 'PMNT', family: 'RCDT', subFamily: 'RRTN', proprietary: '190', proprietaryIssuer: 'BANK' },
    charges: [{ amount: '0.50', currency: 'EUR', side: 'debit', included: true }],
    batches: [{ messageId: 'MSG-1', paymentInfoId: 'BATCH-1', count: 1, total: { amount: '1.00', currency: 'EUR' }, side: 'debit' }],
    details: [
      {
        batch: 0,
        messageId: 'MSG-1',
        bankReference: 'B-2',
        paymentInfoId: 'BATCH-1',
        instructionId: 'I-1',
        endToEndId: 'E-1',
        transactionId: 'T-1',
        uetr: '255ae394-9965-4438-ac86-f406feada396',
        mandateId: 'M-1',
        amount: '1.00',
        currency: 'EUR',
        side: 'credit',
        exchange: {
          instructed: { amount: '1.10', currency: 'USD' },
          counterValue: { amount: '1.00', currency: 'EUR' },
          rates: [{ source: 'USD', target: 'EUR', unit: 'USD', rate: '0.909090' }],
        },
        charges: [],
        debtorName: 'Payer Ltd',
        debtorAccount: { scheme: 'other', id: '12345' },
        debtorAgent: { clearingMember: '20041010' },
        creditorName: 'Some Bank',
        remittance: ['Invoice 4711'],
        references: [],
        text: 'back',
        returned: { code: 'AC04', texts: ['account closed'], originalCode: { proprietary: '108' } },
      },
    ],
    text: 'return',
  })
})

test('version 1 spells balances, parties, batches, references and returns in its own way', () => {
  const old = `<Rpt><Id>R-1</Id><Acct><Id><BBAN>12345</BBAN></Id><Svcr><FinInstnId><NmAndAdr><Nm>Bank</Nm></NmAndAdr></FinInstnId></Svcr>
    </Acct>
    <Bal><Tp><Cd>ITBD</Cd></Tp><Amt Ccy="EUR">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2007-10-18</Dt></Dt></Bal>
    <Ntry><Amt Ccy="EUR">2</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2007-10-18</Dt></BookgDt><BkTxCd/><Btch>
      <PmtInfId>B</PmtInfId></Btch>
      <TxDtls><Refs><EndToEndId>E</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="EUR">2</Amt></TxAmt></AmtDtls><RltdPties><Cdtr>
        <Nm>Somebody</Nm></Cdtr></RltdPties>
        <RmtInf><Strd><RfrdDocInf><RfrdDocTp><Cd>CINV</Cd></RfrdDocTp><RfrdDocNb>7</RfrdDocNb></RfrdDocInf><RfrdDocAmt>
          <DuePyblAmt Ccy="EUR">3</DuePyblAmt></RfrdDocAmt><RfrdDocAmt><RmtdAmt Ccy="EUR">2</RmtdAmt></RfrdDocAmt>
          <CdtrRefInf><CdtrRefTp><Cd>SCOR</Cd></CdtrRefTp><CdtrRef>RF1</CdtrRef></CdtrRefInf></Strd></RmtInf>
        <RtrInf><RtrRsn><Cd>AC01</Cd></RtrRsn><AddtlRtrRsnInf>wrong</AddtlRtrRsnInf></RtrInf></TxDtls></Ntry></Rpt>`
  const file = read(camt(old, 'camt.052.001.01', 'BkToCstmrAcctRptV01'))
  expect(file.statements[0]).toMatchObject({
    account: { scheme: 'other', id: '12345' },
    accountAgent: { name: 'Bank' },
    findings: [],
    balances: [{ type: 'ITBD', side: 'debit', on: '2007-10-18' }],
  })
  expect(file.statements[0]?.entries[0]).toMatchObject({
    batches: [{ paymentInfoId: 'B' }],
    details: [
      {
        batch: 0,
        endToEndId: 'E',
        amount: '2',
        currency: 'EUR',
        creditorName: 'Somebody',
        returned: { code: 'AC01', texts: ['wrong'] },
        references: [
          { about: 'document', type: 'CINV', number: '7', amount: { amount: '2', currency: 'EUR' } },
          { about: 'creditor', type: 'SCOR', number: 'RF1' },
        ],
      },
    ],
  })
})

test.each([
  ['<Dt>2026-12-31</Dt>', '2026-12-31'],
  ['<DtTm>2026-12-31T23:59:59-11:00</DtTm>', '2026-12-31'],
  ['<DtTm>2027-01-01T00:00:00+14:00</DtTm>', '2027-01-01'],
  ['<DtTm>2027-01-01T00:00:00.000000000</DtTm>', '2027-01-01'],
  ['<Dt>2027-01-01+01:00</Dt>', '2027-01-01'],
  ['<Dt>2027-01-01Z</Dt>', '2027-01-01'],
])('a date is the one that the bank wrote: %s', (booked, on) => {
  expect(first(camt(statement(PROVED + entry('1', 'CRDT', '', { booked }))))?.bookedOn).toBe(on)
})

test.each(['<Dt>2026-02-30</Dt>', '<Dt>01.02.2026</Dt>', '<Dt>20260201</Dt>', '<Dt>2026-2-1</Dt>', '<DtTm>2026-02-01 10:00</DtTm>'])(
  '%s is no date',
  (booked) => {
    expect(refusal(camt(statement(PROVED + entry('1', 'CRDT', '', { booked }))))).toBe('date-not-valid')
  },
)

test('the opening balance and the booked entries must make the closing balance', () => {
  expect(findings(camt(statement(PROVED + entry('3.00') + entry('2.00', 'DBIT'))))).toEqual([])
  expect(findings(camt(statement(PROVED + entry('0.10') + entry('0.20'))))).toEqual(['balance-differs | statement 1 | 101 | 100.3'])
  // Pending entries are announced, not booked.
  expect(findings(camt(statement(PROVED + entry('1.00') + entry('5', 'CRDT', '', { status: '<Cd>PDNG</Cd>', booked: '' }))))).toEqual([])
  // A reversal stands on the side that it moves.
  expect(findings(camt(statement(PROVED + entry('2.00') + entry('1.00', 'DBIT', '<RvslInd>true</RvslInd>'))))).toEqual([])
  expect(findings(camt(statement(balance('OPBD', '5', 'DBIT') + balance('CLBD', '4', 'DBIT') + entry('1'))))).toEqual([])
  expect(findings(camt(statement(balance('PRCD', '1') + balance('CLBD', '2') + entry('1'))))).toEqual([])
  expect(findings(camt(statement(entry('1'))))).toEqual(['balance-missing | statement 1'])
  expect(findings(camt(statement(balance('OPBD', '1') + balance('CLBD', '2', 'CRDT', '2026-02-28', 'USD') + entry('1'))))).toEqual([
    'currency-differs | statement 1, closing balance | EUR | USD',
  ])
})

test('a statement over several days is proved from its first to its last balance', () => {
  const days =
    balance('CLBD', '12', 'CRDT', '2026-02-02') +
    balance('OPBD', '11', 'CRDT', '2026-02-02') +
    balance('CLBD', '11', 'CRDT', '2026-02-01') +
    balance('OPBD', '10', 'CRDT', '2026-02-01')
  expect(findings(camt(statement(days + entry('1') + entry('1'))))).toEqual([])
  expect(findings(camt(statement(days + entry('1'))))).toEqual(['balance-differs | statement 1 | 12 | 11'])
})

test('one page of a statement in pages proves nothing and accuses nobody', () => {
  const page = (number: number, last: boolean): string => `<StmtPgntn><PgNb>${number}</PgNb><LastPgInd>${last}</LastPgInd></StmtPgntn>`
  expect(findings(camt(statement(page(2, true) + PROVED + entry('5'))))).toEqual(['balance-unproved | statement 1 | 101 | 105'])
  expect(findings(camt(statement(page(1, false) + entry('5'))))).toEqual([])
  expect(findings(camt(statement(page(1, true) + PROVED + entry('5'))))).toEqual(['balance-differs | statement 1 | 101 | 105'])
})

test('declared counts and sums are compared, in both spellings of the net amount', () => {
  const summary = (net: string): string => `<TxsSummry><TtlNtries><NbOfNtries>3</NbOfNtries><Sum>6</Sum>${net}</TtlNtries><TtlCdtNtries>
    <NbOfNtries>2</NbOfNtries><Sum>4</Sum></TtlCdtNtries><TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>2</Sum></TtlDbtNtries></TxsSummry>`
  const balances = balance('OPBD', '0') + balance('CLBD', '2')
  const inside = (net: string, entries: string): Uint8Array => camt(statement(balances + summary(net) + entries))
  const right = entry('1') + entry('3') + entry('2', 'DBIT')
  expect(findings(inside('<TtlNetNtryAmt>2.00</TtlNetNtryAmt><CdtDbtInd>CRDT</CdtDbtInd>', right))).toEqual([])
  expect(findings(inside('<TtlNetNtry><Amt>2</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry>', right))).toEqual([])
  expect(findings(inside('<TtlNetNtry><Amt>2</Amt><CdtDbtInd>DBIT</CdtDbtInd></TtlNetNtry>', entry('1') + entry('1')))).toEqual([
    'count-differs | statement 1, entries | 3 | 2',
    'sum-differs | statement 1, entries | 6 | 2',
    'sum-differs | statement 1, credits | 4 | 2',
    'count-differs | statement 1, debits | 1 | 0',
    'sum-differs | statement 1, debits | 2 | 0',
    'sum-differs | statement 1, net | -2 | 2',
  ])
})

test('what is odd about an entry is said of it', () => {
  const entries =
    entry('8.85123') +
    entry('8.85000') +
    entry('1', 'CRDT', '', { status: '<Prtry>OWN</Prtry>' }) +
    entry('1', 'CRDT', '', { booked: '' }) +
    entry('1', 'CRDT', '<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch><TxDtls/><TxDtls/></NtryDtls><NtryDtls><TxDtls/></NtryDtls>') +
    entry('1', 'CRDT', '<NtryDtls><Btch><NbOfTxs>20</NbOfTxs></Btch></NtryDtls>') +
    entry('1', 'CRDT', '', { currency: 'USD' })
  expect(findings(camt(statement(balance('OPBD', '0') + balance('CLBD', '20.70123') + entries)))).toEqual([
    'amount-beyond-scale | statement 1, entry 1 | 8.85123',
    'status-unknown | statement 1, entry 3 | OWN',
    'booking-date-missing | statement 1, entry 4',
    'count-differs | statement 1, entry 5 | 3 | 2',
    'amount-beyond-scale | statement 1 | 20.70123',
    'currency-differs | statement 1, entry 7 | EUR | USD',
  ])
  const wrong = camt(statement(PROVED + entry('1')).replaceAll('DE89370400440532013000', 'DE88370400440532013000'))
  expect(findings(wrong)).toEqual(['iban-wrong | statement 1'])
  expect(JSON.stringify(read(wrong).statements[0]?.findings)).not.toContain('3704')
})

test('each group of details keeps its own batch', () => {
  const groups =
    '<NtryDtls><TxDtls><Refs><EndToEndId>A</EndToEndId></Refs></TxDtls></NtryDtls>' +
    '<NtryDtls><TxDtls><Refs><EndToEndId>B</EndToEndId></Refs></TxDtls><Btch><PmtInfId>P1</PmtInfId></Btch></NtryDtls>' +
    '<NtryDtls><Btch><PmtInfId>P2</PmtInfId></Btch><TxDtls><Refs><EndToEndId>C</EndToEndId></Refs></TxDtls></NtryDtls>'
  const single = '<NtryDtls><Btch/><TxDtls/></NtryDtls>'
  const [read, after] = entriesOf(camt(statement(PROVED + entry('1', 'CRDT', groups) + entry('1', 'CRDT', single))))
  expect(after?.details.map(({ batch }) => batch)).toEqual([0])
  const batchOf = (index: number | undefined): string | undefined => (index === undefined ? undefined : read?.batches[index]?.paymentInfoId)
  const pairs = read?.details.map(({ endToEndId, batch }) => [endToEndId, batchOf(batch)])
  expect(pairs).toEqual([
    ['A', undefined],
    ['B', 'P1'],
    ['C', 'P2'],
  ])
})

test('the entries of one statement never leak into the next', () => {
  const right = PROVED + entry('1')
  const file = read(camt(statement(right) + statement(right + entry('9', 'DBIT'), 'STMT-2') + statement(right, 'STMT-2')))
  expect(file.statements.map(({ id, ordinal, count, entries }) => [id, ordinal, count, entries.map(({ position }) => position)])).toEqual([
    ['STMT-1', 1, 1, [1]],
    ['STMT-2', 2, 2, [1, 2]],
    ['STMT-2', 3, 1, [1]],
  ])
  expect(file.statements.map((one) => one.findings.length)).toEqual([0, 1, 0])
  expect(file.findings.map(shown)).toEqual(['id-repeated | statement 3'])
})

test('a file without a statement and one without a namespace say so', () => {
  expect(read(camt('')).findings.map(shown)).toEqual(['statement-missing | message'])
  const bare = bytesOf(new TextDecoder().decode(camt(statement(PROVED + entry('1')))).replace(/ xmlns="[^"]*"/, ''))
  expect(read(bare).findings.map(shown)).toEqual(['namespace-missing | message'])
  expect(read(bare)).not.toHaveProperty('version')
})

test.each([
  ['no amount', '<Ntry><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>', 'element-missing'],
  ['no side', '<Ntry><Amt Ccy="EUR">1</Amt><Sts>BOOK</Sts></Ntry>', 'element-missing'],
  ['another side', entry('1', 'CREDIT'), 'side-not-valid'],
  ['no status', entry('1', 'CRDT', '', { status: '' }), 'element-missing'],
  ['two statuses', entry('1', 'CRDT', '', { status: '<Cd>BOOK</Cd><Cd>PDNG</Cd>' }), 'element-repeated'],
  ['two sides', entry('1', 'CRDT', '<CdtDbtInd>DBIT</CdtDbtInd>'), 'element-repeated'],
  ['a reversal that is neither true nor false', entry('1', 'CRDT', '<RvslInd>maybe</RvslInd>'), 'flag-not-valid'],
  ['an unknown currency', entry('1', 'CRDT', '', { currency: 'ZZZ' }), 'currency-unknown'],
  ['a signed amount', entry('-1'), 'amount-negative'],
  ['an unreadable balance', balance('OPBD', '1.234,56'), 'amount-not-decimal'],
  ['an unreadable sum', '<TxsSummry><TtlNtries><Sum>many</Sum></TtlNtries></TxsSummry>', 'amount-not-decimal'],
])('a statement whose entry has %s is refused as a whole', (_, inside, code) => {
  expect(refusal(camt(statement(inside)))).toBe(code)
})

test('a statement must have an id and an account', () => {
  expect(refusal(camt(`<Stmt>${ACCOUNT}</Stmt>`))).toBe('element-missing')
  expect(refusal(camt('<Stmt><Id>S</Id></Stmt>'))).toBe('element-missing')
  expect(refusal(camt('<Stmt><Id>S</Id><Acct><Id/></Acct></Stmt>'))).toBe('element-missing')
})

test('a former currency in an exchange does not stop a statement', () => {
  const exchange = '<AmtDtls><InstdAmt><Amt Ccy="HRK">7.53</Amt></InstdAmt></AmtDtls>'
  const read = first(camt(statement(PROVED + entry('1', 'CRDT', exchange))))
  expect(read?.exchange).toEqual({ instructed: { amount: '7.53', currency: 'HRK' }, rates: [] })
})

test('streaming hands over what the whole reading holds, entry by entry and in order', () => {
  const bytes = camt(statement(PROVED + entry('1')) + statement(PROVED + entry('3') + entry('2', 'DBIT'), 'STMT-2'))
  const heard: string[] = []
  const statements: Statement[] = []
  const head = readCamt(bytes, {
    entry: ({ position, amount }, ordinal) => heard.push(`entry ${ordinal}.${position} ${amount}`),
    statement: (one) => {
      heard.push(`statement ${one.ordinal}`)
      statements.push(one)
    },
  })
  expect(heard).toEqual(['entry 1.1 1', 'statement 1', 'entry 2.1 3', 'entry 2.2 2', 'statement 2'])
  const whole = read(bytes)
  expect({ ...head, statements }).toEqual({ ...whole, statements: whole.statements.map((one) => ({ ...one, entries: undefined })) })
})

test('the time grows with the length of an entry, not with its square, and its length is no harm', { timeout: 60_000 }, () => {
  const group = '<NtryDtls><Btch><NbOfTxs>1</NbOfTxs></Btch><TxDtls/></NtryDtls>'
  const only = (inside: string): ReturnType<typeof first> => soon(() => first(camt(statement(PROVED + entry('1', 'CRDT', inside)))))
  const details = (inside: string): number | undefined => only(inside)?.details.length
  expect(details(group.repeat(60_000))).toBe(60_000)
  expect(details(`<NtryDtls>${'<TxDtls/>'.repeat(150_000)}<Btch/></NtryDtls>`)).toBe(150_000)
  expect(only('<Btch/>'.repeat(150_000))?.batches).toHaveLength(150_000)
  const spaces = `<NtryDtls><TxDtls><RmtInf><Ustrd>a${' '.repeat(3_000_000)}b</Ustrd></RmtInf></TxDtls></NtryDtls>`
  expect(only(spaces)?.details[0]?.remittance[0]).toHaveLength(3_000_002)
})

test('50,000 entries are read without holding them', { timeout: 60_000 }, () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const detail = '<TxDtls><Refs><EndToEndId>E</EndToEndId></Refs><RmtInf><Ustrd>Invoice 4711</Ustrd></RmtInf></TxDtls>'
  const one = entry('0.01', 'CRDT', `<NtryDtls>${detail}</NtryDtls>`)
  const bytes = camt(statement(balance('OPBD', '0') + balance('CLBD', '500.00') + one.repeat(50_000)))
  const used: number[] = []
  let result: Statement | undefined
  readCamt(bytes, {
    entry: ({ position }) => {
      if (position % 10_000 !== 1) return
      collect()
      used.push(process.memoryUsage().heapUsed)
    },
    statement: (read) => {
      result = read
    },
  })
  expect(result).toMatchObject({ count: 50_000, findings: [] })
  // Each 10,000 entries are about 12 MB as records and 20 MB as elements.
  expect(Math.max(...used) - (used[0] ?? 0)).toBeLessThan(3_000_000)
})

test('the content of an entry does not depend on its spelling, and depends on every term of it', () => {
  const named = '<NtryRef>N</NtryRef>'
  const base = entry('1.50', 'CRDT', named)
  const content = (text: string): string => entryContent(first(camt(statement(text))) as StatementEntry)
  expect(content(entry('1.5', 'CRDT', '<NtryRef> N </NtryRef>'))).toBe(content(base))
  const changed = [
    entry('1.51', 'CRDT', named),
    entry('1.50', 'DBIT', named),
    entry('1.50', 'CRDT', '<NtryRef>M</NtryRef>'),
    entry('1.50'),
    entry('1.50', 'CRDT', `${named}<RvslInd>1</RvslInd>`),
    entry('1.50', 'CRDT', named, { booked: '<Dt>2026-02-27</Dt>' }),
    entry('1.50', 'CRDT', `${named}<AcctSvcrRef>N</AcctSvcrRef>`),
    entry('1.50', 'CRDT', named, { status: '<Cd>INFO</Cd>' }),
    entry('1.50', 'CRDT', `${named}<NtryDtls><TxDtls><RmtInf><Ustrd>x</Ustrd></RmtInf></TxDtls></NtryDtls>`),
  ]
  expect(new Set([base, ...changed].map(content)).size).toBe(changed.length + 1)
})
