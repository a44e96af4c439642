/** F: paid is what a bank booked; nothing is sent or booked twice; what comes back is open again. */
import { didOf, factsOf, invoiceOf, minor, shownOf, text, type Check, type Evidence, type Violation } from './evidence.ts'

interface Detail {
  readonly endToEndId: string
  readonly amt: string
  readonly remit: unknown
}
interface Booked {
  readonly at: string
  readonly kind: string
  readonly side: string
  readonly detail: Detail
}

export function bookedIn({ books }: Evidence): readonly Booked[] {
  return factsOf(books.bank, 'ENTRY', 'BOOKED').flatMap(({ row }) =>
    ((row['details'] as readonly Detail[]) ?? []).map((detail) => ({
      at: text(row, 'bookedAt'),
      kind: text(row, 'kind'),
      side: text(row, 'side'),
      detail,
    })),
  )
}

interface Instructed {
  readonly amount: bigint
  readonly documents: ReadonlySet<string>
  /** How much of which document. */
  readonly items: readonly (readonly [docNo: string, amount: bigint])[]
}

/** What a payment of the ERP pays, by its end-to-end id. */
export function paidBy({ books }: Evidence): ReadonlyMap<string, Instructed> {
  return new Map(
    factsOf(books.erp, 'PAYMENT', 'INSTRUCTED').map(({ row }) => {
      const items = row['items'] as readonly { docNo: string; amt: string }[]
      return [
        text(row, 'endToEndId'),
        {
          amount: minor(text(row, 'amt')),
          documents: new Set(items.map(({ docNo }) => docNo)),
          items: items.map(({ docNo, amt }) => [docNo, minor(amt)] as const),
        },
      ]
    }),
  )
}

/** F1: an invoice is shown as paid only after the bank has booked a payment that names it. */
export const paidByTheBank: Check = (evidence) => {
  const booked = bookedIn(evidence)
  const payments = paidBy(evidence)
  const documents = new Map<string, Set<string>>()
  for (const { key, row } of factsOf(evidence.books.erp, 'DOCUMENT', 'BOOKED'))
    documents.set(text(row, 'extRef'), (documents.get(text(row, 'extRef')) ?? new Set()).add(key))
  const bills = new Map([...invoiceOf(evidence)].map(([file, invoice]) => [invoice, evidence.bills.find((bill) => bill.file === file)]))
  return shownOf(evidence.history)
    .filter(({ state }) => state === 'paid')
    .flatMap(({ at, invoice, hub }): Violation[] => {
      const bill = bills.get(invoice)
      const own = documents.get(invoice) ?? new Set()
      const found = booked.some(
        (entry) =>
          entry.at <= at &&
          entry.side === 'DBIT' &&
          (entry.kind === 'COLLECTION' || entry.kind === 'CARD'
            ? bill !== undefined &&
              minor(entry.detail.amt) === minor(bill.gross) &&
              JSON.stringify(entry.detail.remit).includes(bill.billNo)
            : payments.get(entry.detail.endToEndId)?.documents.isSubsetOf(own) === true ||
              [...own].some((docNo) => payments.get(entry.detail.endToEndId)?.documents.has(docNo))),
      )
      return found
        ? []
        : [
            {
              invariant: 'F1',
              about: bill?.billNo ?? invoice,
              says: `${hub} showed it paid at ${at}, and the bank had booked nothing that names it`,
            },
          ]
    })
}

/** F2: the bank books what was instructed, no more. */
export const amountAsInstructed: Check = (evidence) => {
  const payments = paidBy(evidence)
  return bookedIn(evidence)
    .filter(({ kind, side }) => side === 'DBIT' && (kind === 'TRANSFER' || kind === 'BATCH'))
    .flatMap(({ detail }): Violation[] => {
      const payment = payments.get(detail.endToEndId)
      return payment?.amount === minor(detail.amt)
        ? []
        : [
            {
              invariant: 'F2',
              about: detail.endToEndId,
              says: `the bank booked ${detail.amt}; the ERP instructed ${payment ? String(payment.amount) : 'nothing'}`,
            },
          ]
    })
}

/** F6 and D1: the bank sees a message once, and pays each payment once. */
export const paidOnce: Check = (evidence) => {
  const files = Map.groupBy(factsOf(evidence.books.bank, 'FILE', 'TAKEN'), ({ row }) => text(row, 'msgId'))
  const transfers = Map.groupBy(
    bookedIn(evidence).filter(({ kind, side }) => side === 'DBIT' && (kind === 'TRANSFER' || kind === 'BATCH')),
    ({ detail }) => detail.endToEndId,
  )
  return [
    ...[...files].flatMap(([msgId, all]) =>
      all.length < 2 || msgId === ''
        ? []
        : [
            {
              invariant: 'F6',
              about: msgId,
              says: `the bank was given this message ${all.length} times: ${all.map(({ key }) => key).join(', ')}`,
            },
          ],
    ),
    ...[...transfers].flatMap(([id, all]) =>
      all.length < 2 ? [] : [{ invariant: 'D1', about: id, says: `the bank booked this payment ${all.length} times` }],
    ),
  ]
}

/** D3: a file that nobody can look for is put there once, and once more for each time that people said that it had not happened. */
export const putOnce: Check = ({ puts, history }) => {
  const denied = Map.groupBy(didOf(history, 'did not happen'), ({ detail }) => detail)
  return [...puts].flatMap(([name, times]) => {
    const said = denied.get(name)?.length ?? 0
    return times <= 1 + said
      ? []
      : [{ invariant: 'D3', about: name, says: `it was put there ${times} times, and people said ${said} times that it had not happened` }]
  })
}

/** F1: a statement of which half arrived pays nothing until the rest of it is there. */
export const halfPaysNothing: Check = (evidence) => {
  const { history, books, bills } = evidence
  const mended = new Map(didOf(history, 'mended').map(({ at, detail }) => [detail, at]))
  const statements = factsOf(books.bank, 'OUT', 'MADE').filter(({ key }) => key.startsWith('camt053'))
  const words = new Map(
    [...invoiceOf(evidence)].map(([file, invoice]) => [invoice, bills.filter((bill) => bill.file === file).map(({ billNo }) => billNo)]),
  )
  const payments = [...paidBy(evidence)]
  for (const { key, row } of factsOf(books.erp, 'DOCUMENT', 'BOOKED')) {
    const paying = payments.filter(([, { documents }]) => documents.has(key)).map(([endToEndId]) => endToEndId)
    words.set(text(row, 'extRef'), [...(words.get(text(row, 'extRef')) ?? []), ...paying])
  }
  return didOf(history, 'torn').flatMap(({ at, detail }) =>
    shownOf(history)
      .filter((shown) => shown.state === 'paid' && shown.at > at && shown.at < (mended.get(detail) ?? '~'))
      .filter(({ invoice }) => {
        const named = new Set(words.get(invoice))
        return statements.find(({ row }) => !named.isDisjointFrom(new Set(text(row, 'text').split(/[\s<>]+/u))))?.key === detail
      })
      .map((shown): Violation => ({
        invariant: 'F1',
        about: shown.invoice,
        says: `${shown.hub} showed it paid at ${shown.at}, and of ${detail}, the first that says so, half had arrived`,
      })),
  )
}

/** F3: at rest, what came back is not shown as paid. */
export const returnedIsOpen: Check = (evidence) => {
  const payments = paidBy(evidence)
  const booked = bookedIn(evidence)
  const returned = new Set(booked.filter(({ kind }) => kind === 'RETURN').map(({ detail }) => detail.endToEndId))
  const documents = factsOf(evidence.books.erp, 'DOCUMENT', 'BOOKED')
  const live = booked
    .filter(({ kind, side, detail }) => side === 'DBIT' && kind !== 'RETURN' && !returned.has(detail.endToEndId))
    .map(({ detail }) => payments.get(detail.endToEndId)?.documents)
  return [...returned]
    .flatMap((id) => [...(payments.get(id)?.documents ?? [])])
    .flatMap((docNo): Violation[] => {
      const document = documents.find(({ key }) => key === docNo)
      const view = evidence.invoices.find((invoice) => invoice.id === text(document?.row ?? {}, 'extRef'))
      if (!view || live.some((paid) => paid?.has(docNo)) || !['paid', 'archived'].includes(view.headline.state ?? '')) return []
      return [
        { invariant: 'F3', about: view.row?.title ?? view.id, says: `its payment came back, and it is shown ${view.headline.state ?? ''}` },
      ]
    })
}
