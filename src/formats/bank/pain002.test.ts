import { expect, test } from 'vitest'
import { readPain002 } from './pain002.ts'
import { bytesOf } from './sample-files.ts'

const report = (inside: string, version = '10'): Uint8Array =>
  bytesOf(
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.${version}"><CstmrPmtStsRpt><GrpHdr><MsgId>S-1</MsgId>
    <CreDtTm>2026-03-01T06:00:00Z</CreDtTm></GrpHdr>${inside}</CstmrPmtStsRpt></Document>`,
  )
const original = '<OrgnlMsgId>MSG-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>'

test('a status stands at the level where the bank wrote it, with its reasons and texts', () => {
  const file = readPain002(
    report(`<OrgnlGrpInfAndSts>${original}<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>30.00</OrgnlCtrlSum>
    <GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
    <OrgnlPmtInfAndSts><OrgnlPmtInfId>BATCH-1</OrgnlPmtInfId><OrgnlNbOfTxs>3</OrgnlNbOfTxs><PmtInfSts>PART</PmtInfSts>
      <StsRsnInf><Rsn><Prtry>own word</Prtry></Rsn><AddtlInf>first</AddtlInf><AddtlInf>second</AddtlInf></StsRsnInf>
      <NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>RJCT</DtldSts></NbOfTxsPerSts>
      <TxInfAndSts><StsId>ST-1</StsId><OrgnlInstrId>I-1</OrgnlInstrId><OrgnlEndToEndId>E-1</OrgnlEndToEndId>
        <OrgnlUETR>255ae394-9965-4438-ac86-f406feada396</OrgnlUETR>
        <TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>account closed</AddtlInf></StsRsnInf><StsRsnInf><Rsn><Cd>NARR</Cd>
          </Rsn></StsRsnInf>
        <AcctSvcrRef>B-9</AcctSvcrRef><OrgnlTxRef><Amt><InstdAmt Ccy="EUR">10.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>
      <TxInfAndSts><OrgnlEndToEndId>E-2</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>`),
  )
  expect(file).toEqual({
    kind: 'pain.002',
    version: 'pain.002.001.10',
    messageId: 'S-1',
    createdAt: '2026-03-01T06:00:00Z',
    findings: [],
    originalMessageId: 'MSG-1',
    originalMessageName: 'pain.001.001.09',
    originalCount: 3,
    originalControlSum: '30.00',
    status: 'PART',
    reasons: [],
    batches: [
      {
        originalId: 'BATCH-1',
        originalCount: 3,
        status: 'PART',
        reasons: [{ proprietary: 'own word', texts: ['first', 'second'] }],
        payments: [
          {
            statusId: 'ST-1',
            originalInstructionId: 'I-1',
            originalEndToEndId: 'E-1',
            originalUetr: '255ae394-9965-4438-ac86-f406feada396',
            status: 'RJCT',
            reasons: [
              { code: 'AC04', texts: ['account closed'] },
              { code: 'NARR', texts: [] },
            ],
            bankReference: 'B-9',
            original: { amount: '10.00', currency: 'EUR' },
          },
          { originalEndToEndId: 'E-2', status: 'ACSC', reasons: [] },
        ],
      },
    ],
  })
})

test('the payments of one batch never leak into the next', () => {
  const of = (id: string): string =>
    `<OrgnlPmtInfAndSts><OrgnlPmtInfId>${id}</OrgnlPmtInfId>
    <TxInfAndSts><OrgnlEndToEndId>E-${id}</OrgnlEndToEndId></TxInfAndSts></OrgnlPmtInfAndSts>`
  const file = readPain002(report(`<OrgnlGrpInfAndSts>${original}</OrgnlGrpInfAndSts>${of('1')}${of('2')}`))
  expect(file).toMatchObject({
    batches: ['1', '2'].map((id) => ({ originalId: id, payments: [{ originalEndToEndId: `E-${id}` }] })),
  })
})

test('payments that an old version reports without their batch are kept', () => {
  const bytes = bytesOf(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.02"><pain.002.001.02><GrpHdr><MsgId>S-1</MsgId>
    </GrpHdr>
    <OrgnlGrpInfAndSts>${original}<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
    <TxInfAndSts><OrgnlEndToEndId>E-1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><StsRsn><Cd>AC01</Cd></StsRsn>
      <AddtlStsRsnInf>no such account</AddtlStsRsnInf></StsRsnInf></TxInfAndSts></pain.002.001.02></Document>`)
  expect(readPain002(bytes)).toMatchObject({
    status: 'PART',
    batches: [{ payments: [{ originalEndToEndId: 'E-1', status: 'RJCT', reasons: [{ code: 'AC01', texts: ['no such account'] }] }] }],
  })
})

test('a report that does not say what it is about is refused', () => {
  for (const inside of ['', '<OrgnlGrpInfAndSts><GrpSts>ACCP</GrpSts></OrgnlGrpInfAndSts>']) {
    expect(readPain002(report(inside))).toMatchObject({ refused: { code: 'element-missing' } })
  }
})
