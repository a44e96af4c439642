/** D5, the other way round: at rest all that should be there is there. What the hub shows as done stands in every book, once and whole. */
import { excusesOf } from './excused.ts'
import { factsOf, invoiceOf, text, type Bill, type Check, type Fact, type Violation } from './evidence.ts'
import { clearedIn, settledIn, standingIn } from './payments.ts'

const POSTED = new Set(['posted', 'paid', 'archived'])
const PAID = new Set(['paid', 'archived'])

/** What is shown as posted, paid or archived has exactly one posting, which nobody reversed. */
export const postedStands: Check = (evidence) => {
  const standing = Map.groupBy(standingIn(evidence.books), ({ row }) => text(row, 'extRef'))
  return evidence.invoices.flatMap(({ id, row, headline: { state, breaches } }): Violation[] => {
    const count = standing.get(id)?.length ?? 0
    const bill = row?.title ?? id
    const twice = excusesOf(evidence, bill).some(({ double }) => double)
    // Without a posting, and says so: whether it may is `noBreach`.
    if (!POSTED.has(state ?? '') || breaches.includes('posted') || count === 1 || (count > 1 && twice)) return []
    return [{ invariant: 'D5', about: bill, says: `it is shown ${state ?? ''}, and the ERP's books have ${count} postings of it` }]
  })
}

/** What the bank paid is cleared in the ERP, over the same amount, so that it is not paid again. */
export const paidIsCleared: Check = (evidence) => {
  const [cleared, settled] = [clearedIn(evidence.books), settledIn(evidence)]
  return standingIn(evidence.books).flatMap(({ key, row }): Violation[] => {
    const paid = settled.get(key) ?? 0n
    return paid === (cleared.get(key) ?? 0n) || paid === 0n
      ? []
      : [
          {
            invariant: 'D5',
            about: text(row, 'vendorDocNo'),
            says: `the bank paid ${paid} of ${key}, and the ERP cleared ${cleared.get(key) ?? 0n} (in ten-thousandths)`,
          },
        ]
  })
}

/** What is shown as paid was told: its ticket in the AP tool says so, and of what has an order, the last note in procurement. */
export const paidIsTold: Check = (evidence) => {
  const { ap, procurement } = evidence.books
  const badges = new Map(
    factsOf(ap, 'TICKET', 'BADGED').map(({ row }) => [text(row, 'corrRef'), text((row['badge'] ?? {}) as Fact['row'], 'badge')]),
  )
  const notes = new Map(factsOf(procurement, 'NOTE', 'NOTED').map(({ row }) => [text(row, 'claimRef'), text(row, 'shows')]))
  const invoices = invoiceOf(evidence)
  const bills = new Map(evidence.bills.map((bill): [string, Bill] => [invoices.get(bill.file) ?? '', bill]))
  return evidence.invoices
    .filter(({ headline }) => PAID.has(headline.state ?? ''))
    .flatMap(({ id, row }): Violation[] => {
      const about = row?.title ?? id
      const lacks = (who: string, says: string | undefined): Violation => ({
        invariant: 'D5',
        about,
        says: `it is shown as paid, and ${who} says ${says ?? 'nothing'}`,
      })
      return [
        ...(badges.get(id) === 'MONEY_OUT' ? [] : [lacks('the AP tool', badges.get(id))]),
        ...(!isOrdered(bills.get(id)) || notes.get(id) === 'PAID_OUT' ? [] : [lacks('procurement', notes.get(id))]),
      ]
    })
}

/** Procurement is told of what it ordered; a credit is between the vendor and the ledger. */
const isOrdered = (bill: Bill | undefined): boolean => bill?.billKind === 'BILL' && (bill.poNo ?? '') !== ''

/** Each system was told, or says itself, what it should of an invoice; else a person has its case. */
export const inStep: Check = ({ invoices }) =>
  invoices
    .filter(({ exceptions }) => !exceptions.some(({ open }) => open))
    .flatMap(({ id, row, cells }) =>
      cells
        .filter(({ expected, reported, told }) => expected !== null && expected !== (reported ?? told))
        .map(({ system, facet, expected, reported, told }) => ({
          invariant: 'E3',
          about: row?.title ?? id,
          says: `${system} should show ${facet} ${expected ?? ''} and shows ${reported ?? told ?? 'nothing'}, and no case of it is open`,
        })),
    )
