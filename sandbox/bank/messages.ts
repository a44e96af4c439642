import { XMLBuilder } from 'fast-xml-parser'
import { num, show, sum } from '../plumbing/amounts.ts'
import type { Account, Detail, Entry, EntryKind, Message, PaymentGroup } from './rows.ts'

/**
 * The bank's messages to its customer: pain.002.001.03/.10, camt.053.001.08, camt.054.001.08. The order of elements is that of the
 * schemas. Source: ISO 20022 message definition reports "Payments Initiation" and "Bank-to-Customer Cash Management", 2019.
 */

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', format: true, suppressEmptyNode: true })

/** Bank transaction codes: domain, family, sub-family. */
const CODES: Readonly<Record<EntryKind, readonly [string, string, string]>> = {
  TRANSFER: ['PMNT', 'ICDT', 'ESCT'],
  BATCH: ['PMNT', 'ICDT', 'ESCT'],
  COLLECTION: ['PMNT', 'RDDT', 'ESDD'],
  CARD: ['PMNT', 'CCRD', 'POSD'],
  CHARGE: ['PMNT', 'MDOP', 'CHRG'],
  RETURN: ['PMNT', 'ICDT', 'RRTN'],
  INCOMING: ['PMNT', 'RCDT', 'ESCT'],
}

export interface Head {
  readonly id: string
  readonly at: string
}

function document(space: string, content: unknown): string {
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    Document: { '@xmlns': `urn:iso:std:iso:20022:tech:xsd:${space}`, ...(content as object) },
  })
}

/** The answer to a message that is refused as a whole; `about` is what could be read of it. */
export function refusedWhole(head: Head, about: { msgId: string; msgName: string }, why: { reason: string; text: string }): string {
  return document(spaceOf(about.msgName), {
    CstmrPmtStsRpt: {
      GrpHdr: { MsgId: head.id, CreDtTm: head.at },
      OrgnlGrpInfAndSts: { OrgnlMsgId: about.msgId, OrgnlMsgNmId: about.msgName, GrpSts: 'RJCT', StsRsnInf: reason(why) },
    },
  })
}

/** The answer payment by payment. `good` is what stands for the payments that are not refused: ACCP, later ACSC. */
export function statusReport(head: Head, message: Message, good: 'ACCP' | 'ACSC'): string {
  return document(spaceOf(message.msgName), {
    CstmrPmtStsRpt: {
      GrpHdr: { MsgId: head.id, CreDtTm: head.at },
      OrgnlGrpInfAndSts: {
        OrgnlMsgId: message.msgId,
        OrgnlMsgNmId: message.msgName,
        ...(message.count === '' ? {} : { OrgnlNbOfTxs: message.count }),
        ...(message.ctrlSum === '' ? {} : { OrgnlCtrlSum: message.ctrlSum }),
        GrpSts: message.verdict === 'ACCP' ? good : message.verdict,
      },
      OrgnlPmtInfAndSts: message.groups.map((group) => ({
        OrgnlPmtInfId: group.pmtInfId,
        ...(group.count === '' ? {} : { OrgnlNbOfTxs: group.count }),
        ...(group.ctrlSum === '' ? {} : { OrgnlCtrlSum: group.ctrlSum }),
        PmtInfSts: statusOf(group, good),
        TxInfAndSts: group.refused.map((refused) => ({
          ...(refused.instrId === '' ? {} : { OrgnlInstrId: refused.instrId }),
          OrgnlEndToEndId: refused.endToEndId,
          TxSts: 'RJCT',
          StsRsnInf: reason(refused),
        })),
      })),
    },
  })
}

function statusOf(group: PaymentGroup, good: string): string {
  if (group.refused.length === 0) return good
  return group.accepted.length === 0 ? 'RJCT' : 'PART'
}

function spaceOf(msgName: string): string {
  return msgName.endsWith('.03') ? 'pain.002.001.03' : 'pain.002.001.10'
}

function reason({ reason: code, text }: { reason: string; text: string }): unknown {
  return { Rsn: { Cd: code }, AddtlInf: text.slice(0, 105) }
}

/** camt.054: announces entries of one account. */
export function notification(head: Head, account: Account, entries: readonly Entry[]): string {
  return document('camt.054.001.08', {
    BkToCstmrDbtCdtNtfctn: {
      GrpHdr: { MsgId: head.id, CreDtTm: head.at },
      Ntfctn: { Id: head.id, CreDtTm: head.at, Acct: accountNode(account), Ntry: entries.map(entryNode) },
    },
  })
}

interface Balances {
  readonly seq: number
  readonly opening: bigint
  readonly closing: bigint
  readonly on: string
}

/** camt.053: books entries of one account, between an opening and a closing balance. */
export function statement(head: Head, account: Account, entries: readonly Entry[], balances: Balances): string {
  const total = (side: Entry['side']): unknown => {
    const held = entries.filter((entry) => entry.side === side)
    return { NbOfNtries: String(held.length), Sum: show(sum(held.map((entry) => entry.amt)), account.ccy) }
  }
  return document('camt.053.001.08', {
    BkToCstmrStmt: {
      GrpHdr: { MsgId: head.id, CreDtTm: head.at },
      Stmt: {
        Id: head.id,
        ElctrncSeqNb: String(balances.seq),
        CreDtTm: head.at,
        Acct: accountNode(account),
        Bal: [balance('OPBD', balances.opening, account.ccy, balances.on), balance('CLBD', balances.closing, account.ccy, balances.on)],
        TxsSummry: { TtlNtries: { NbOfNtries: String(entries.length) }, TtlCdtNtries: total('CRDT'), TtlDbtNtries: total('DBIT') },
        Ntry: entries.map(entryNode),
      },
    },
  })
}

function accountNode(account: Account): unknown {
  return {
    Id: { IBAN: account.iban },
    Ccy: account.ccy,
    Ownr: { Nm: account.holder },
    ...(account.bic === '' ? {} : { Svcr: { FinInstnId: { BICFI: account.bic } } }),
  }
}

function balance(code: 'OPBD' | 'CLBD', value: bigint, ccy: string, on: string): unknown {
  return {
    Tp: { CdOrPrtry: { Cd: code } },
    Amt: amount(show(value < 0n ? -value : value, ccy), ccy),
    CdtDbtInd: value < 0n ? 'DBIT' : 'CRDT',
    Dt: { Dt: on },
  }
}

function amount(text: string, ccy: string): unknown {
  return { '@Ccy': ccy, '#text': text }
}

function entryNode(entry: Entry, at: number): unknown {
  const [domain, family, sub] = CODES[entry.kind]
  return {
    NtryRef: String(at + 1),
    Amt: amount(entry.amt, entry.ccy),
    CdtDbtInd: entry.side,
    Sts: { Cd: 'BOOK' },
    BookgDt: { Dt: entry.bookedOn },
    ValDt: { Dt: entry.bookedOn },
    AcctSvcrRef: entry.acctSvcrRef,
    BkTxCd: { Domn: { Cd: domain, Fmly: { Cd: family, SubFmlyCd: sub } } },
    ...(entry.batch
      ? {
          NtryDtls: {
            Btch: {
              MsgId: entry.batch.msgId,
              PmtInfId: entry.batch.pmtInfId,
              NbOfTxs: String(entry.batch.count),
              TtlAmt: amount(entry.amt, entry.ccy),
              CdtDbtInd: entry.side,
            },
          },
        }
      : entry.details.length === 0
        ? {}
        : { NtryDtls: { TxDtls: entry.details.map((detail) => detailNode(entry, detail)) } }),
  }
}

function detailNode(entry: Entry, detail: Detail): unknown {
  const named = (name: string, value: string): Record<string, string> => (value === '' ? {} : { [name]: value })
  // A return keeps the parties of the payment that comes back: the counterparty is still its creditor.
  const counter = entry.side === 'DBIT' || entry.kind === 'RETURN' ? 'Cdtr' : 'Dbtr'
  const account = detail.counterIban === '' ? { Othr: { Id: detail.counterOther } } : { IBAN: detail.counterIban }
  return {
    Refs: {
      ...named('MsgId', detail.msgId),
      AcctSvcrRef: entry.acctSvcrRef,
      ...named('PmtInfId', detail.pmtInfId),
      ...named('InstrId', detail.instrId),
      ...named('EndToEndId', detail.endToEndId),
      ...named('MndtId', detail.mandateId),
    },
    Amt: amount(detail.amt, entry.ccy),
    CdtDbtInd: entry.side,
    ...(detail.counterName === ''
      ? {}
      : {
          RltdPties: {
            [counter]: { Pty: { Nm: detail.counterName, ...schemeId(detail.counterId) } },
            ...(detail.counterIban + detail.counterOther === '' ? {} : { [`${counter}Acct`]: { Id: account } }),
          },
        }),
    ...(detail.remit === null ? {} : { RmtInf: detail.remit }),
    ...(detail.returnReason === '' ? {} : { RtrInf: { Rsn: { Cd: detail.returnReason } } }),
  }
}

/** A creditor's identifier as SEPA collections carry it. */
function schemeId(id: string): object {
  return id === '' ? {} : { Id: { PrvtId: { Othr: { Id: id, SchmeNm: { Prtry: 'SEPA' } } } } }
}

/** The value that balances start or end at, for {@link statement}. */
export function closingOf(opening: bigint, entries: readonly Entry[]): bigint {
  return entries.reduce((total, entry) => total + (entry.side === 'CRDT' ? num(entry.amt) : -num(entry.amt)), opening)
}
