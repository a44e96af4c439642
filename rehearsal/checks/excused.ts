/** Which bills something is about, and what of it the faults excuse that met these bills. */
import { factsOf, invoiceOf, text, type CaseView, type Evidence, type Excuse } from './evidence.ts'

/** What was excused of a bill. */
export const excusesOf = ({ excused }: Evidence, billNo: string): readonly Excuse[] => excused.get(billNo) ?? []

/** Whether a fault met one of the bills that the case is about, from which a case of this cause may follow. */
export function isExcused(evidence: Evidence, { cause, about, object }: CaseView): boolean {
  const words = [about, ...JSON.stringify(object ?? null).split(/[\s"|]+/u)]
  const named = namesOf(evidence)
  const bills = new Set(words.flatMap((word) => [...(named.get(word) ?? [])]))
  return [...bills].some((bill) => excusesOf(evidence, bill).some(({ causes }) => causes.includes(cause)))
}

/** The bills that a word names: an invoice of the hub, a document or a payment of the ERP, a payment file, a bill's own number. */
function namesOf(evidence: Evidence): ReadonlyMap<string, ReadonlySet<string>> {
  const named = new Map<string, Set<string>>()
  const name = (word: string, bills: Iterable<string>): void => {
    named.set(word, new Set([...(named.get(word) ?? []), ...bills]))
  }
  const invoices = invoiceOf(evidence)
  for (const { file, billNo } of evidence.bills) {
    name(billNo, [billNo])
    name(invoices.get(file) ?? '', [billNo])
  }
  const { erp } = evidence.books
  for (const { key, row } of factsOf(erp, 'DOCUMENT', 'BOOKED')) name(key, [text(row, 'vendorDocNo')])
  for (const { row } of factsOf(erp, 'PAYMENT', 'INSTRUCTED')) {
    const bills = (row['items'] as readonly { readonly docNo: string }[]).flatMap(({ docNo }) => [...(named.get(docNo) ?? [])])
    name(text(row, 'endToEndId'), bills)
    name(text(row, 'msgId'), bills)
  }
  named.delete('')
  return named
}
