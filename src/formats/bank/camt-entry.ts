import type { BankCode, Charge, EntryBatch, EntryDetail, Exchange, StatementEntry, WrittenAmount } from '../../domain/bank-document.ts'
import type { XmlNode } from '../xml/tree.ts'
import {
  account,
  agent,
  amount,
  anyAmount,
  codeOf,
  count,
  date,
  decimal,
  every,
  fail,
  flag,
  only,
  partyName,
  required,
  side,
  some,
  text,
  type Reading,
} from './fields.ts'
import { reason, structured, unstructured } from './remittance.ts'

/** Ntry without its details, which have been taken one by one: they are the many. */
export function entryOf(
  reading: Reading,
  node: XmlNode,
  position: number,
  batches: readonly EntryBatch[],
  details: readonly EntryDetail[],
): StatementEntry {
  const money = amount(reading, only(reading, node, 'Amt'))
  if (money === undefined) fail(reading, node, 'element-missing', 'The amount of the entry (Amt) is missing.')
  const own = side(reading, node)
  if (own === undefined) fail(reading, node, 'element-missing', 'The entry does not say whether it is a credit or a debit (CdtDbtInd).')
  return {
    position,
    amount: money?.amount ?? '0',
    currency: money?.currency ?? '',
    side: own ?? 'credit',
    reversal: flag(reading, only(reading, node, 'RvslInd')) ?? false,
    status: statusOf(reading, node),
    ...some('bookedOn', date(reading, only(reading, node, 'BookgDt'))),
    ...some('valuedOn', date(reading, only(reading, node, 'ValDt'))),
    ...some('entryReference', text(reading, node, 'NtryRef')),
    ...some('bankReference', text(reading, node, 'AcctSvcrRef')),
    code: bankCode(reading, only(reading, node, 'BkTxCd')) ?? {},
    ...some('exchange', exchangeOf(reading, only(reading, node, 'AmtDtls'))),
    charges: chargesOf(reading, node),
    batches,
    details,
    ...some('text', text(reading, node, 'AddtlNtryInf')),
  }
}

/** Sts: a text until version 6, Cd or Prtry from version 7 on. */
function statusOf(reading: Reading, node: XmlNode): string {
  const status = only(reading, node, 'Sts')
  if (status === undefined || status.children.length === 0) return required(reading, node, 'status of the entry', 'Sts')
  const word = codeOf(reading, status)
  const value = word.code ?? word.proprietary
  if (value === undefined) fail(reading, status, 'element-missing', 'The status of the entry (Sts) is empty.')
  return value ?? ''
}

/** Btch: which of the customer's batches the entry books. */
export function batchOf(reading: Reading, node: XmlNode): EntryBatch {
  return {
    ...some('messageId', text(reading, node, 'MsgId')),
    ...some('paymentInfoId', text(reading, node, 'PmtInfId')),
    ...some('count', count(reading, only(reading, node, 'NbOfTxs'))),
    ...some('total', anyAmount(reading, only(reading, node, 'TtlAmt'))),
    ...some('side', side(reading, node)),
  }
}

/** TxDtls. From version 4 on it has an amount of its own; before, at most that of AmtDtls/TxAmt, or none. */
export function detailOf(reading: Reading, node: XmlNode): EntryDetail {
  const refs = only(reading, node, 'Refs')
  const parties = only(reading, node, 'RltdPties')
  const agents = only(reading, node, 'RltdAgts')
  const remittance = only(reading, node, 'RmtInf')
  const exchange = exchangeOf(reading, only(reading, node, 'AmtDtls'))
  const money = anyAmount(reading, only(reading, node, 'Amt')) ?? exchange?.transaction
  const back = only(reading, node, 'RtrInf')
  return {
    ...some('messageId', text(reading, refs, 'MsgId')),
    ...some('paymentInfoId', text(reading, refs, 'PmtInfId')),
    ...some('instructionId', text(reading, refs, 'InstrId')),
    ...some('endToEndId', text(reading, refs, 'EndToEndId')),
    ...some('transactionId', text(reading, refs, 'TxId')),
    ...some('uetr', text(reading, refs, 'UETR')),
    ...some('mandateId', text(reading, refs, 'MndtId')),
    ...some('bankReference', text(reading, refs, 'AcctSvcrRef')),
    ...money,
    ...some('side', side(reading, node)),
    ...some('code', bankCode(reading, only(reading, node, 'BkTxCd'))),
    ...some('exchange', exchange),
    charges: chargesOf(reading, node),
    ...some('debtorName', partyName(reading, only(reading, parties, 'Dbtr'))),
    ...some('debtorAccount', account(reading, only(reading, parties, 'DbtrAcct'))),
    ...some('debtorAgent', agent(reading, only(reading, agents, 'DbtrAgt'))),
    ...some('creditorName', partyName(reading, only(reading, parties, 'Cdtr'))),
    ...some('creditorAccount', account(reading, only(reading, parties, 'CdtrAcct'))),
    ...some('creditorAgent', agent(reading, only(reading, agents, 'CdtrAgt'))),
    remittance: unstructured(remittance),
    references: structured(reading, remittance),
    ...some(
      'returned',
      back && {
        ...reason(reading, back),
        ...some('originalCode', bankCode(reading, only(reading, back, 'OrgnlBkTxCd'))),
      },
    ),
    ...some('text', text(reading, node, 'AddtlTxInf')),
  }
}

function bankCode(reading: Reading, node: XmlNode | undefined): BankCode | undefined {
  const domain = only(reading, node, 'Domn')
  const family = only(reading, domain, 'Fmly')
  const own = only(reading, node, 'Prtry')
  const code: BankCode = {
    ...some('domain', text(reading, domain, 'Cd')),
    ...some('family', text(reading, family, 'Cd')),
    ...some('subFamily', text(reading, family, 'SubFmlyCd')),
    ...some('proprietary', text(reading, own, 'Cd')),
    ...some('proprietaryIssuer', text(reading, own, 'Issr')),
  }
  return Object.keys(code).length > 0 ? code : undefined
}

/** AmtDtls: the amounts before and after exchange, and the rates in the order written. */
function exchangeOf(reading: Reading, node: XmlNode | undefined): Exchange | undefined {
  const place = (name: string): WrittenAmount | undefined => anyAmount(reading, only(reading, node, name, 'Amt'))
  const rates = (node?.children ?? [])
    .flatMap((block) => every(block, 'CcyXchg'))
    .flatMap((rate) => {
      const source = text(reading, rate, 'SrcCcy')
      const figure = decimal(reading, only(reading, rate, 'XchgRate'))
      if (source === undefined || figure === undefined) return []
      return [{ source, ...some('target', text(reading, rate, 'TrgtCcy')), ...some('unit', text(reading, rate, 'UnitCcy')), rate: figure }]
    })
  const found: Exchange = {
    ...some('instructed', place('InstdAmt')),
    ...some('transaction', place('TxAmt')),
    ...some('counterValue', place('CntrValAmt')),
    rates,
  }
  return (found.instructed ?? found.transaction ?? found.counterValue ?? rates[0]) ? found : undefined
}

/** Chrgs: until version 3 one element per charge, from version 4 on one with a Rcrd per charge. */
function chargesOf(reading: Reading, node: XmlNode): Charge[] {
  return every(node, 'Chrgs')
    .flatMap((block) => {
      const records = every(block, 'Rcrd')
      return records.length > 0 ? records : [block]
    })
    .flatMap((record) => {
      const money = anyAmount(reading, only(reading, record, 'Amt'))
      if (money === undefined) return []
      const included = flag(reading, only(reading, record, 'ChrgInclInd'))
      return [{ ...money, ...some('side', side(reading, record)), ...some('included', included) }]
    })
}
