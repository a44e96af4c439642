/** F: paid is what a bank booked; nothing is sent or booked twice, and no bill paid twice; what comes back is open again. */
import {
  didOf,
  factsOf,
  invoiceOf,
  minor,
  shownOf,
  text,
  type Books,
  type Check,
  type Evidence,
  type Fact,
  type Violation,
} from './evidence.ts'

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

/** The documents of the ERP that nobody reversed. */
export function standingIn({ erp }: Books): readonly Fact[] {
  const gone = new Set(factsOf(erp, 'DOCUMENT', 'STORNO').map(({ key }) => key))
  return factsOf(erp, 'DOCUMENT', 'BOOKED').filter(({ key }) => !gone.has(key))
}

/** By document, what the ERP cleared of it. */
export const clearedIn = ({ erp }: Books): ReadonlyMap<string, bigint> =>
  summed(
    factsOf(erp, 'CLEARING', 'BOOKED').flatMap(({ row }) =>
      ((row['lines'] ?? []) as readonly { docNo: string; amt: string }[]).map(({ docNo, amt }) => [docNo, minor(amt)] as const),
    ),
  )

/**
 * By document what the bank paid of it for good, without what came back: transfers by what the ERP instructed, collections by the bill
 * they name. Of a bill that stands there twice, a collection is that of one document: the one that was cleared, if one was.
 */
export function settledIn(evidence: Evidence): ReadonlyMap<string, bigint> {
  const [standing, cleared, payments] = [standingIn(evidence.books), clearedIn(evidence.books), paidBy(evidence)]
  const collected = ({ amt, remit }: Detail): Instructed['items'] => {
    const named = standing.filter(
      ({ row }) => minor(text(row, 'dueAmt')) === minor(amt) && JSON.stringify(remit).includes(`"${text(row, 'vendorDocNo')}"`),
    )
    const of = named.find(({ key }) => (cleared.get(key) ?? 0n) !== 0n) ?? named[0]
    return of ? [[of.key, minor(amt)]] : []
  }
  return summed(
    bookedIn(evidence)
      .filter(({ kind, side }) => side === 'DBIT' || kind === 'RETURN')
      .flatMap(({ side, detail }) =>
        (payments.get(detail.endToEndId)?.items ?? collected(detail)).map(
          ([docNo, amount]) => [docNo, side === 'DBIT' ? amount : -amount] as const,
        ),
      ),
  )
}

function summed(amounts: readonly (readonly [of: string, amount: bigint])[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const [of, amount] of amounts) sums.set(of, (sums.get(of) ?? 0n) + amount)
  return sums
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

/**
 * F2: for one document of the ERP the bank paid no more than is due of it, and for one bill no more than it is, however many documents
 * there are of it. No fault excuses more: what was posted twice is still paid only by files that the hub lets pass.
 */
export const paidOnlyDue: Check = (evidence) => {
  const settled = settledIn(evidence)
  const documents = factsOf(evidence.books.erp, 'DOCUMENT', 'BOOKED')
  const paidOf = (of: readonly Fact[]): bigint => of.reduce((sum, { key }) => sum + (settled.get(key) ?? 0n), 0n)
  const owed = (credit: boolean, amount: string): bigint => (credit ? -minor(amount) : minor(amount))
  const each = [
    ...documents.map((document) => ({
      what: `document ${document.key}`,
      bill: text(document.row, 'vendorDocNo'),
      due: owed(text(document.row, 'docType') === 'KG', text(document.row, 'dueAmt')),
      paid: paidOf([document]),
    })),
    ...evidence.bills.map(({ billNo, billKind, vendorNo, gross }) => ({
      what: 'the bill',
      bill: billNo,
      due: owed(billKind === 'CREDIT', gross),
      paid: paidOf(documents.filter(({ row }) => text(row, 'vendorNo') === vendorNo && text(row, 'vendorDocNo') === billNo)),
    })),
  ]
  return (
    each
      // A credit is set against what is paid: once, and never paid itself.
      .filter(({ due, paid }) => (due < 0n ? paid < due || paid > 0n : paid > due))
      .map(({ what, bill, due, paid }) => ({
        invariant: 'F2',
        about: bill,
        says: `the bank paid ${paid} for ${what}, of which ${due} is due (in ten-thousandths)`,
      }))
  )
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
