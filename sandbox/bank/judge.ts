import { millionths, num, show, sum } from '../plumbing/amounts.ts'
import { ibanHolds } from '../plumbing/iban.ts'
import type { SentGroup, SentMessage } from './read-order.ts'
import type { Message, Payment, PaymentGroup, Refused } from './rows.ts'
import type { Vault } from './vault.ts'

/** Why a message is refused as a whole: a code of the ISO external list of status reasons, and a sentence. */
export interface Whole {
  readonly reason: string
  readonly text: string
}

/** What the bank says to a message: refused as a whole, or each payment by itself. */
export function judge(vault: Vault, sent: SentMessage, file: { name: string; sha256: string }, bookAt: string): Whole | Message {
  const whole = wholeRefusal(vault, sent)
  if (whole) return whole
  const left = new Map<string, bigint>()
  const groups = sent.groups.map((group) => judgeGroup(vault, group, left))
  const [accepted, refused] = [groups.some((group) => group.accepted.length > 0), groups.some((group) => group.refused.length > 0)]
  const verdict = accepted ? (refused ? 'PART' : 'ACCP') : 'RJCT'
  return {
    msgId: sent.msgId,
    msgName: sent.msgName,
    fileName: file.name,
    sha256: file.sha256,
    count: sent.count,
    ctrlSum: sent.ctrlSum,
    groups,
    verdict,
    bookAt: accepted ? bookAt : null,
  }
}

function wholeRefusal(vault: Vault, sent: SentMessage): Whole | undefined {
  if (vault.msgIds.has(sent.msgId)) return { reason: 'AM05', text: `MsgId ${sent.msgId} was received before.` }
  const payments = sent.groups.flatMap((group) => group.payments)
  if (payments.length === 0) return { reason: 'FF01', text: 'There is no payment.' }
  if (payments.some((payment) => millionths(payment.amt) === undefined)) return { reason: 'FF01', text: 'An amount is no decimal.' }
  for (const [where, all] of [[sent, payments] as const, ...sent.groups.map((group) => [group, group.payments] as const)]) {
    if (where.count !== '' && where.count !== String(all.length))
      return { reason: 'AM18', text: `NbOfTxs says ${where.count}, there are ${all.length}.` }
    if (where.ctrlSum !== '' && millionths(where.ctrlSum) !== sum(all.map((payment) => payment.amt)))
      return { reason: 'AM10', text: `CtrlSum ${where.ctrlSum} is not the sum.` }
  }
  const unknown = sent.groups.find((group) => !vault.accounts.has(group.debtorIban))
  return unknown ? { reason: 'AC02', text: `Account ${unknown.debtorIban} is not kept here.` } : undefined
}

function judgeGroup(vault: Vault, group: SentGroup, left: Map<string, bigint>): PaymentGroup {
  const accepted: Payment[] = []
  const refused: Refused[] = []
  const ccy = vault.accounts.get(group.debtorIban)?.ccy ?? ''
  for (const payment of group.payments) {
    const available = left.get(group.debtorIban) ?? vault.available(group.debtorIban)
    const why = refusalOf(vault, payment, ccy, available)
    if (why) {
      refused.push({ endToEndId: payment.endToEndId, instrId: payment.instrId, ...why })
      continue
    }
    left.set(group.debtorIban, available - num(payment.amt))
    accepted.push({ ...payment, amt: show(num(payment.amt), ccy) })
  }
  const { pmtInfId, debtorIban, batch, count, ctrlSum } = group
  return { pmtInfId, debtorIban, batch, count, ctrlSum, accepted, refused }
}

function refusalOf(vault: Vault, payment: Payment, ccy: string, available: bigint): Whole | undefined {
  if (payment.payeeIban === '' ? payment.payeeOther === '' : !ibanHolds(payment.payeeIban))
    return { reason: 'AC01', text: 'The creditor account is wrong.' }
  if (vault.closed.has(payment.payeeIban)) return { reason: 'AC04', text: 'The creditor account is closed.' }
  if (payment.ccy !== ccy) return { reason: 'AM03', text: `The account is not kept in ${payment.ccy}.` }
  if (num(payment.amt) <= 0n) return { reason: 'AM01', text: 'There is nothing to pay.' }
  return num(payment.amt) > available ? { reason: 'AM04', text: 'There is not enough money.' } : undefined
}
