import { expect, test } from 'vitest'
import type { BankFinding, PaymentFile } from '../../domain/bank-document.ts'
import { checkPain001 } from './check-pain001.ts'
import { readPain001 } from './pain001.ts'
import { batch, pain001, payment } from './sample-files.ts'

function read(bytes: Uint8Array): PaymentFile {
  const file = readPain001(bytes)
  if ('refused' in file) throw new Error(`${file.refused.code}: ${file.refused.says}`)
  return file
}

function refusal(bytes: Uint8Array): string {
  const file = readPain001(bytes)
  return 'refused' in file ? file.refused.code : 'taken'
}

const findings = (bytes: Uint8Array): string[] => checkPain001(read(bytes)).map(shown)
const shown = ({ code, about, declared, found }: BankFinding): string =>
  [code, about, declared, found].filter((one) => one !== undefined).join(' | ')

const account = '<CdtrAcct><Id><IBAN>GB29NWBK60161331926819</IBAN></Id></CdtrAcct>'

test('a payment file is read with its batches, payments and accounts', () => {
  const remittance = `<RmtInf><Ustrd>Invoice 4711</Ustrd><Ustrd>Thank you</Ustrd><Strd>
    <RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>4711</Nb></RfrdDocInf>
    <RfrdDocAmt><RmtdAmt Ccy="EUR">10.50</RmtdAmt></RfrdDocAmt>
    <CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>`
  const head = '<NbOfTxs>1</NbOfTxs><CtrlSum>10.50</CtrlSum>'
  const file = read(pain001(batch(payment('E2E-1', '10.50', { more: remittance }), { head }), { sum: '10.5' }))
  expect(file).toEqual({
    kind: 'pain.001',
    version: 'pain.001.001.09',
    messageId: 'MSG-1',
    createdAt: '2026-03-01T06:00:00',
    count: 1,
    controlSum: '10.5',
    initiator: 'Payer Ltd',
    findings: [],
    batches: [
      {
        id: 'BATCH-1',
        method: 'TRF',
        requestedOn: '2026-03-02',
        debtorName: 'Payer Ltd',
        debtorAccount: { scheme: 'iban', id: 'DE89370400440532013000' },
        debtorAgent: { bic: 'COBADEFFXXX' },
        count: 1,
        controlSum: '10.50',
        payments: [
          {
            ordinal: 1,
            instructionId: 'I-E2E-1',
            endToEndId: 'E2E-1',
            amount: '10.50',
            currency: 'EUR',
            creditorName: 'Supplier Ltd',
            creditorAccount: { scheme: 'iban', id: 'GB29NWBK60161331926819' },
            creditorAgent: { bic: 'NWBKGB2LXXX' },
            remittance: ['Invoice 4711', 'Thank you'],
            references: [
              { about: 'document', type: 'CINV', number: '4711', amount: { amount: '10.50', currency: 'EUR' } },
              { about: 'creditor', type: 'SCOR', number: 'RF18539007547034' },
            ],
          },
        ],
      },
    ],
  })
  expect(checkPain001(file)).toEqual([])
})

test.each(['02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'])('version .%s is read', (version) => {
  expect(read(pain001(batch(payment('E', '1')), { version: `pain.001.001.${version}` })).batches[0]?.payments[0]?.amount).toBe('1')
})

test('one remitted amount for several documents belongs to none of them', () => {
  const block = (documents: string, amounts: string): string =>
    `<RmtInf><Strd>${documents}<RfrdDocAmt>${amounts}</RfrdDocAmt></Strd></RmtInf>`
  const document = (number: string): string => `<RfrdDocInf><Nb>${number}</Nb></RfrdDocInf>`
  const amounts = (more: string): (string | undefined)[] => {
    const [first] = read(pain001(batch(payment('E', '1', { more })))).batches[0]?.payments ?? []
    return first?.references.map(({ amount }) => amount?.amount) ?? []
  }
  expect(amounts(block(document('1') + document('2'), '<RmtdAmt Ccy="EUR">3</RmtdAmt>'))).toEqual([undefined, undefined])
  expect(amounts(block(document('1'), '<RmtdAmt Ccy="EUR">3</RmtdAmt>'))).toEqual(['3'])
  // The newest versions type the amounts instead of naming them.
  const typed = (code: string, figure: string): string =>
    `<RmtAmtAndTp><Tp><Cd>${code}</Cd></Tp><Amt Ccy="EUR">${figure}</Amt></RmtAmtAndTp>`
  expect(amounts(block(document('1'), typed('DUPA', '9') + typed('REMI', '3')))).toEqual(['3'])
})

test('counts and control sums are compared exactly, over currencies, for the file and each batch', () => {
  const head = '<NbOfTxs>2</NbOfTxs><CtrlSum>0.3</CtrlSum>'
  const two = batch(payment('A', '0.10') + payment('B', '0.20', { currency: 'USD' }), { head })
  const one = batch(payment('C', '1000000000000000.01'), { id: 'BATCH-2', head: '<NbOfTxs>2</NbOfTxs><CtrlSum>1000000000000000</CtrlSum>' })
  expect(findings(pain001(two + one, { count: '3', sum: '1000000000000000.31' }))).toEqual([
    'count-differs | batch 2 | 2 | 1',
    'sum-differs | batch 2 | 1000000000000000 | 1000000000000000.01',
  ])
  expect(findings(pain001(two, { count: '9', sum: '0.30000000000000001' }))).toEqual([
    'count-differs | message | 9 | 2',
    'sum-differs | message | 0.30000000000000001 | 0.3',
  ])
})

test('what is wrong in a payment is said of it, without its account', () => {
  const long = 'X'.repeat(36)
  const wrong = batch(
    payment('SAME', '1.005') +
      payment('SAME', '0.00') +
      payment(long, '5.0', { currency: 'JPY', account: '' }) +
      payment('NOTPROVIDED', '1', { account: account.replace('GB29', 'GB28') }) +
      payment('NOTPROVIDED', '1'),
  )
  const all = findings(pain001(wrong + batch(payment('Z', '1')), { count: '6', id: long }))
  expect(all).toEqual([
    'id-too-long | message',
    'amount-beyond-scale | payment 1 | 1.005',
    'id-repeated | payment 2',
    'amount-zero | payment 2',
    'id-too-long | payment 3',
    'creditor-account-missing | payment 3',
    'iban-wrong | payment 4',
    'id-repeated | batch 2',
  ])
  expect(JSON.stringify(all)).not.toContain('NWBK')
})

test('an equivalent amount is read with the currency that is transferred', () => {
  const amount = '<EqvtAmt><Amt Ccy="EUR">7.00</Amt><CcyOfTrf>USD</CcyOfTrf></EqvtAmt>'
  const [first] = read(pain001(batch(payment('E', '1').replace('<InstdAmt Ccy="EUR">1</InstdAmt>', amount)))).batches[0]?.payments ?? []
  expect(first).toMatchObject({ amount: '7.00', currency: 'EUR', transferCurrency: 'USD' })
})

const other = '<CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>'
const inAccount = (from: string, to: string): string => payment('E', '1', { account: account.replace(from, to) })

test.each([
  ['a second creditor account', payment('E', '1', { account: account + other }), 'element-repeated'],
  ['two ids of one account', inAccount('</IBAN>', '</IBAN><Othr><Id>1</Id></Othr>'), 'element-repeated'],
  ['a second IBAN', inAccount('</IBAN>', '</IBAN><IBAN>DE89370400440532013000</IBAN>'), 'element-repeated'],
  ['an instructed and an equivalent amount', payment('E', '1').replace('</InstdAmt>', '</InstdAmt><EqvtAmt/>'), 'element-repeated'],
  ['two amounts', payment('E', '1').replace('</InstdAmt>', '</InstdAmt><InstdAmt Ccy="EUR">9</InstdAmt>'), 'element-repeated'],
  ['an account in another vocabulary', inAccount('</CdtrAcct>', '</CdtrAcct><CdtrAcct xmlns="urn:other"/>'), 'element-foreign'],
  ['a foreign element inside an IBAN', inAccount('NWBK', '<x xmlns="urn:other">NWBK</x>'), 'element-foreign'],
  ['no end-to-end id', payment('E', '1').replace('<EndToEndId>E</EndToEndId>', ''), 'element-missing'],
  ['an empty end-to-end id', payment(' ', '1'), 'element-missing'],
  ['no amount', payment('E', '1').replace(/<Amt>.*?<\/Amt>/s, ''), 'element-missing'],
  ['no amount, with elements in its place', payment('E', '<b/>1'), 'amount-not-decimal'],
  ['an unknown currency', payment('E', '1', { currency: 'EUX' }), 'currency-unknown'],
  ['no currency', payment('E', '1').replace(' Ccy="EUR"', ''), 'currency-missing'],
  ['a negative amount', payment('E', '-1'), 'amount-negative'],
  ['a decimal comma', payment('E', '1,00'), 'amount-not-decimal'],
  ['an exponent', payment('E', '1e309'), 'amount-not-decimal'],
  ['two points', payment('E', '1..0'), 'amount-not-decimal'],
  ['no digits', payment('E', '.'), 'amount-not-decimal'],
  ['other digits', payment('E', '١٢'), 'amount-not-decimal'],
  ['hexadecimal', payment('E', '0x10'), 'amount-not-decimal'],
  ['thousands of digits', payment('E', '9'.repeat(5000)), 'amount-not-decimal'],
  ['not a number', payment('E', 'NaN'), 'amount-not-decimal'],
])('%s is refused', (_, text, code) => {
  expect(refusal(pain001(batch(text)))).toBe(code)
})

test.each([
  ['+1', '1'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['007.10', '007.10'],
  ['9007199254740993', '9007199254740993'],
  ['0.00001', '0.00001'],
])('the amount %s is kept as %s', (written, kept) => {
  expect(read(pain001(batch(payment('E', written)))).batches[0]?.payments[0]?.amount).toBe(kept)
})

test('supplementary data may be of any vocabulary', () => {
  const extra = '<SplmtryData><Envlp><Anything xmlns="urn:other"><CdtrAcct>1</CdtrAcct></Anything></Envlp></SplmtryData>'
  expect(read(pain001(batch(payment('E', '1', { more: extra })))).batches[0]?.payments).toHaveLength(1)
})

test('the head and the batch must be there', () => {
  const file = new TextDecoder().decode(pain001(batch(payment('E', '1'))))
  const without = (part: string): string => refusal(new TextEncoder().encode(file.replace(part, '')))
  expect(without('<MsgId>MSG-1</MsgId>')).toBe('element-missing')
  expect(without('<NbOfTxs>1</NbOfTxs>')).toBe('element-missing')
  expect(without('<PmtInfId>BATCH-1</PmtInfId>')).toBe('element-missing')
  expect(without('<ReqdExctnDt><Dt>2026-03-02</Dt></ReqdExctnDt>')).toBe('element-missing')
  expect(refusal(new TextEncoder().encode(file.replace('2026-03-02', '2026-02-30')))).toBe('date-not-valid')
  expect(refusal(new TextEncoder().encode(file.replace('<NbOfTxs>1<', '<NbOfTxs>one<')))).toBe('count-not-number')
})
