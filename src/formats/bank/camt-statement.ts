import type { Balance, DeclaredTotal, DeclaredTotals, Page, Statement } from '../../domain/bank-document.ts'
import type { XmlNode } from '../xml/tree.ts'
import {
  account,
  agent,
  amount,
  codeOf,
  count,
  date,
  decimal,
  either,
  every,
  fail,
  flag,
  only,
  partyName,
  required,
  side,
  some,
  text,
  textOf,
  type Reading,
} from './fields.ts'

/** Stmt, Rpt or Ntfctn without its entries, which have been taken one by one. */
export function statementOf(reading: Reading, node: XmlNode, ordinal: number, entries: number): Omit<Statement, 'findings'> {
  const holder = only(reading, node, 'Acct')
  const own = account(reading, holder)
  if (own === undefined) fail(reading, holder ?? node, 'element-missing', 'The account of the statement (Acct) is missing.')
  const period = only(reading, node, 'FrToDt')
  return {
    ordinal,
    id: required(reading, node, 'id of the statement', 'Id'),
    ...some('sequence', text(reading, node, 'ElctrncSeqNb')),
    ...some('legalSequence', text(reading, node, 'LglSeqNb')),
    ...some('createdAt', text(reading, node, 'CreDtTm')),
    ...some('page', pageOf(reading, either(reading, node, 'StmtPgntn', 'RptPgntn', 'NtfctnPgntn'))),
    ...some(
      'period',
      period && {
        ...some('from', textOf(either(reading, period, 'FrDtTm', 'FrDt'))),
        ...some('to', textOf(either(reading, period, 'ToDtTm', 'ToDt'))),
      },
    ),
    ...some('copy', text(reading, node, 'CpyDplctInd')),
    account: own ?? { scheme: 'other', id: '' },
    ...some('accountOwner', partyName(reading, only(reading, holder, 'Ownr'))),
    ...some('accountAgent', agent(reading, only(reading, holder, 'Svcr'))),
    balances: every(node, 'Bal').map((balance) => balanceOf(reading, balance)),
    ...some('declared', totalsOf(reading, only(reading, node, 'TxsSummry'))),
    count: entries,
  }
}

/** PgNb and LastPgInd of a message or a statement. */
export function pageOf(reading: Reading, node: XmlNode | undefined): Page | undefined {
  const number = count(reading, only(reading, node, 'PgNb'))
  return number === undefined ? undefined : { number, last: flag(reading, only(reading, node, 'LastPgInd')) ?? true }
}

/** Bal. Version 1 has Cd or Prtry directly below Tp. */
function balanceOf(reading: Reading, node: XmlNode): Balance {
  const type = codeOf(reading, only(reading, node, 'Tp'))
  const money = amount(reading, only(reading, node, 'Amt'))
  const own = side(reading, node)
  if (money === undefined || own === undefined) {
    fail(reading, node, 'element-missing', 'A balance has no amount or does not say whether it is a credit or a debit.')
  }
  return {
    type: type.code ?? type.proprietary ?? '',
    amount: money?.amount ?? '0',
    currency: money?.currency ?? '',
    side: own ?? 'credit',
    ...some('on', date(reading, only(reading, node, 'Dt'))),
  }
}

/** TxsSummry. The net amount was a bare figure with its side beside it until version 3, then an element with both inside. */
function totalsOf(reading: Reading, node: XmlNode | undefined): DeclaredTotals | undefined {
  if (node === undefined) return undefined
  const total = (place: XmlNode | undefined): DeclaredTotal | undefined =>
    place && {
      ...some('count', count(reading, only(reading, place, 'NbOfNtries'))),
      ...some('sum', decimal(reading, only(reading, place, 'Sum'))),
    }
  const all = only(reading, node, 'TtlNtries')
  const newer = only(reading, all, 'TtlNetNtry')
  const net = decimal(reading, newer ? only(reading, newer, 'Amt') : only(reading, all, 'TtlNetNtryAmt'))
  const debit = side(reading, newer ?? all) === 'debit'
  return {
    ...some('entries', total(all)),
    ...some('credits', total(only(reading, node, 'TtlCdtNtries'))),
    ...some('debits', total(only(reading, node, 'TtlDbtNtries'))),
    ...some('net', net === undefined ? undefined : debit && !net.startsWith('-') ? `-${net}` : net),
  }
}
