import type { BankFinding, BankFindingCode, InstructedPayment, PaymentBatch, PaymentFile } from '../../domain/bank-document.ts'
import { isIban } from '../../domain/iban.ts'
import { exact, figureOf, isBeyondScale } from './exact.ts'
import { MAX_ID } from './message.ts'

type Declared = Pick<PaymentBatch, 'count' | 'controlSum'>

/**
 * What is wrong in a payment file in itself: counts and control sums, of the file and of each batch; ids too long or
 * repeated; amounts that their currency cannot hold; accounts that cannot be. The control sum is ISO's: the plain sum of all
 * figures irrespective of currencies. Nothing here compares with anything outside the file.
 */
export function checkPain001(file: PaymentFile): BankFinding[] {
  const findings = [...file.findings]
  const add = (code: BankFindingCode, about: string, values: Pick<BankFinding, 'declared' | 'found'> = {}): void => {
    findings.push({ code, about, ...values })
  }
  const totals = (about: string, { count, controlSum }: Declared, payments: readonly InstructedPayment[]): void => {
    const there = payments.length
    if (count !== undefined && count !== there) add('count-differs', about, { declared: String(count), found: String(there) })
    if (controlSum === undefined) return
    const found = payments.reduce((total, { amount }) => total + exact(amount), 0n)
    if (found !== exact(controlSum)) add('sum-differs', about, { declared: controlSum, found: figureOf(found) })
  }
  totals(
    'message',
    file,
    file.batches.flatMap(({ payments }) => payments),
  )
  const batchIds = new Set<string>()
  const endToEndIds = new Set<string>()
  file.batches.forEach((batch, index) => {
    const about = `batch ${index + 1}`
    totals(about, batch, batch.payments)
    if (batch.id.length > MAX_ID) add('id-too-long', about)
    if (batchIds.has(batch.id)) add('id-repeated', about)
    batchIds.add(batch.id)
    if (batch.debtorAccount?.scheme === 'iban' && !isIban(batch.debtorAccount.id)) add('iban-wrong', about)
    for (const payment of batch.payments) {
      const one = `payment ${payment.ordinal}`
      if ([payment.endToEndId, payment.instructionId ?? ''].some((id) => id.length > MAX_ID)) add('id-too-long', one)
      // The word that SEPA's rulebook gives a payment without an id: it is no id and may stand many times.
      if (payment.endToEndId !== 'NOTPROVIDED' && endToEndIds.has(payment.endToEndId)) add('id-repeated', one)
      endToEndIds.add(payment.endToEndId)
      if (isBeyondScale(payment)) add('amount-beyond-scale', one, { found: payment.amount })
      if (exact(payment.amount) === 0n) add('amount-zero', one)
      // A cheque goes to an address.
      if (payment.creditorAccount === undefined && batch.method !== 'CHK') add('creditor-account-missing', one)
      if (payment.creditorAccount?.scheme === 'iban' && !isIban(payment.creditorAccount.id)) add('iban-wrong', one)
    }
  })
  return findings
}
