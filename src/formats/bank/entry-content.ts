import type { BankAccount, StatementEntry } from '../../domain/bank-document.ts'
import { canonicalJson, type Json } from '../../lib/canonical-json.ts'
import { exact, figureOf } from './exact.ts'

/**
 * What an entry says, as one canonical text to be hashed: with account, statement id (and page), and how many others of it say the same,
 * it is the entry's identity, which a bank's reference alone is not. Spelling does not matter (prefixes, order of elements, zeros at
 * the end of an amount); every term below does. The list is closed and carries its number: a reader that learns new terms
 * must not give old entries new identities.
 */
export function entryContent(entry: StatementEntry): string {
  const { amount, currency, side, reversal, status, bookedOn, valuedOn, entryReference, bankReference, code, text } = entry
  return canonicalJson({
    content: 1,
    amount: plain(amount),
    currency,
    side,
    reversal,
    status,
    bookedOn,
    valuedOn,
    entryReference,
    bankReference,
    code: { ...code },
    text,
    batches: entry.batches.map(({ messageId, paymentInfoId, count, total }): Json => ({
      messageId,
      paymentInfoId,
      count,
      total: total && { amount: plain(total.amount), currency: total.currency },
    })),
    details: entry.details.map((detail): Json => ({
      messageId: detail.messageId,
      paymentInfoId: detail.paymentInfoId,
      instructionId: detail.instructionId,
      endToEndId: detail.endToEndId,
      transactionId: detail.transactionId,
      uetr: detail.uetr,
      mandateId: detail.mandateId,
      bankReference: detail.bankReference,
      amount: detail.amount && plain(detail.amount),
      currency: detail.currency,
      side: detail.side,
      debtorName: detail.debtorName,
      debtorAccount: accountId(detail.debtorAccount),
      creditorName: detail.creditorName,
      creditorAccount: accountId(detail.creditorAccount),
      remittance: detail.remittance,
      references: detail.references.map(({ about, type, number }): Json => ({ about, type, number })),
      returned: detail.returned && { code: detail.returned.code, proprietary: detail.returned.proprietary, texts: detail.returned.texts },
      text: detail.text,
    })),
  })
}

function plain(amount: string): string {
  return figureOf(exact(amount))
}

function accountId(account: BankAccount | undefined): Json | undefined {
  return account && { scheme: account.scheme, id: account.id }
}
