import { XMLBuilder } from 'fast-xml-parser'
import { num, show, sum } from '../plumbing/amounts.ts'
import type { Company, PaymentDoc, Run } from './rows.ts'

export type PainVersion = '03' | '09'

interface Input {
  readonly version: PainVersion
  readonly run: Run
  readonly msgId: string
  readonly createdAt: string
  readonly company: Company
  readonly payments: readonly PaymentDoc[]
}

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', format: true, suppressEmptyNode: true })

/**
 * The payment file of a released run: CustomerCreditTransferInitiation pain.001.001.03 or .09 with one PmtInf.
 * Source: ISO 20022 message definition report "Payments Initiation", 2009 and 2019 editions.
 */
export function pain001({ version, run, msgId, createdAt, company, payments }: Input): string {
  const account = houseAccount(company, run.waers)
  const count = String(payments.length)
  const ctrlSum = show(sum(payments.map((payment) => payment.amt)), run.waers)
  const agent = (bic: string): unknown => ({
    FinInstnId: bic === '' ? { Othr: { Id: 'NOTPROVIDED' } } : { [version === '03' ? 'BIC' : 'BICFI']: bic },
  })
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    Document: {
      '@xmlns': `urn:iso:std:iso:20022:tech:xsd:pain.001.001.${version}`,
      CstmrCdtTrfInitn: {
        GrpHdr: {
          MsgId: msgId,
          CreDtTm: createdAt.replace(/\.\d+Z$/, 'Z'),
          NbOfTxs: count,
          CtrlSum: ctrlSum,
          InitgPty: { Nm: cut(company.name, 140) },
        },
        PmtInf: {
          PmtInfId: `${msgId}-1`,
          PmtMtd: 'TRF',
          BtchBookg: String(run.batchBooking),
          NbOfTxs: count,
          CtrlSum: ctrlSum,
          PmtTpInf: { SvcLvl: { Cd: run.waers === 'EUR' ? 'SEPA' : 'NURG' } },
          ReqdExctnDt: version === '03' ? run.executeOn : { Dt: run.executeOn },
          Dbtr: { Nm: cut(company.name, 140) },
          DbtrAcct: { Id: { IBAN: account?.iban ?? '' }, Ccy: run.waers },
          DbtrAgt: agent(account?.bic ?? ''),
          ChrgBr: run.waers === 'EUR' ? 'SLEV' : 'SHAR',
          CdtTrfTxInf: payments.map((payment) => ({
            PmtId: { InstrId: payment.payDocNo, EndToEndId: payment.endToEndId },
            Amt: { InstdAmt: { '@Ccy': payment.waers, '#text': payment.amt } },
            ...(payment.payeeBic === '' ? {} : { CdtrAgt: agent(payment.payeeBic) }),
            Cdtr: { Nm: cut(payment.payeeName, 140) },
            CdtrAcct: { Id: payment.payeeIban === '' ? { Othr: { Id: cut(payment.payeeOther, 34) } } : { IBAN: payment.payeeIban } },
            RmtInf: { Strd: payment.items.map((item) => remittance(item, payment.waers)) },
          })),
        },
      },
    },
  })
}

function remittance(item: PaymentDoc['items'][number], waers: string): unknown {
  const credit = num(item.amt) < 0n
  const amount = { '@Ccy': waers, '#text': item.amt.replace('-', '') }
  return {
    RfrdDocInf: { Tp: { CdOrPrtry: { Cd: credit ? 'CREN' : 'CINV' } }, Nb: cut(item.vendorDocNo, 35), RltdDt: item.docDate },
    RfrdDocAmt: credit ? { CdtNoteAmt: amount } : { RmtdAmt: amount },
  }
}

export function houseAccount(company: Company, waers: string): Company['houseAccounts'][number] | undefined {
  return company.houseAccounts.find((held) => held.waers === waers)
}

/** Max35Text and its like count characters, not bytes; a pair of surrogates is never split. */
function cut(text: string, length: number): string {
  return [...text].slice(0, length).join('')
}

/** The file made wrong on purpose, for tests of whoever checks it. */
export function twisted(text: string, how: 'account' | 'sum' | 'count'): string {
  if (how === 'count') return text.replace(/<NbOfTxs>(\d+)</, (_all, held: string) => `<NbOfTxs>${Number(held) + 1}<`)
  if (how === 'sum') return text.replace(/<CtrlSum>\d/, (held) => held.slice(0, -1) + String((Number(held.at(-1)) + 1) % 10))
  // A valid account of somebody else: the example of ISO 13616 for Norway.
  return text.replace(/(<CdtrAcct>\s*<Id>\s*)<(IBAN|Othr)>[\s\S]*?<\/\2>/, '$1<IBAN>NO9386011117947</IBAN>')
}
