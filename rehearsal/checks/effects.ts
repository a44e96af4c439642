/** D: in the systems' own books each effect is there at most once, and what the hub shows as done is there. */
import { excusesOf } from './excused.ts'
import { factsOf, invoiceOf, minor, shownOf, text, type Check, type Evidence, type Fact, type Line, type Violation } from './evidence.ts'
import { clearedIn } from './payments.ts'

/** Facts of one key that stand more than once. */
function doubled(all: readonly Fact[], keyOf: (fact: Fact) => string, invariant: string, says: string): Violation[] {
  return [...Map.groupBy(all, keyOf)].flatMap(([key, same]) =>
    key === '' || same.length < 2
      ? []
      : [{ invariant, about: key, says: `${says} ${same.length} times: ${same.map((fact) => fact.key).join(', ')}` }],
  )
}

const billOf = (row: Fact['row']): string => `${text(row, 'vendorNo')} ${text(row, 'vendorDocNo')}`

/** D1 to D3 in the ERP: of one bill at most one posting stands at any moment. One that came too late to be prevented is told to a person. */
export const postedOnce: Check = (evidence) => {
  const { books, invoices } = evidence
  const standing = new Map<string, Set<string>>()
  const bills = new Map<string, { readonly bill: string; readonly invoice: string }>()
  const twice = new Map<string, { bill: string; invoice: string; documents: string }>()
  for (const { verb, key, row } of factsOf(books.erp, 'DOCUMENT')) {
    if (verb === 'BOOKED') {
      const bill = billOf(row)
      bills.set(key, { bill, invoice: text(row, 'extRef') })
      const held = standing.get(bill) ?? new Set()
      standing.set(bill, held.add(key))
      if (held.size > 1) twice.set(bill, { bill, invoice: text(row, 'extRef'), documents: [...held].join(', ') })
    } else if (verb === 'STORNO') standing.get(bills.get(key)?.bill ?? '')?.delete(key)
  }
  return [...twice.values()].flatMap(({ bill, invoice, documents }): Violation[] => {
    const view = invoices.find(({ id }) => id === invoice)
    const excused = excusesOf(evidence, bill.slice(bill.indexOf(' ') + 1)).some(({ double }) => double)
    const told = view?.exceptions.some(({ cause }) => cause === 'posted-twice') ?? false
    if (excused && told) return []
    return [
      {
        invariant: excused ? 'D2' : 'D1',
        about: bill,
        says: `${documents} stood at the same time${excused ? ', and nobody was told' : ''}`,
      },
    ]
  })
}

/** D1: no document is cleared beyond what was due. */
export const clearedOnce: Check = ({ books }) => {
  const due = new Map(
    factsOf(books.erp, 'DOCUMENT', 'BOOKED').map(({ key, row }) => [key, { bill: billOf(row), amount: minor(text(row, 'dueAmt')) }]),
  )
  const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount)
  return [...clearedIn(books)].flatMap(([docNo, amount]): Violation[] => {
    const document = due.get(docNo)
    return !document || size(amount) <= size(document.amount)
      ? []
      : [
          {
            invariant: 'D1',
            about: document.bill,
            says: `${docNo} was cleared with ${amount}, of ${document.amount} due (in ten-thousandths)`,
          },
        ]
  })
}

/** D1: one ticket per bill, one note per reference, one attachment of the same bytes, one deposit per label. */
export const toldOnce: Check = ({ books }) => [
  ...doubled(factsOf(books.ap, 'TICKET', 'OPENED'), ({ row }) => text(row, 'corrRef'), 'D1', 'the AP tool opened a ticket'),
  ...doubled(
    factsOf(books.erp, 'ATTACHMENT', 'CREATED'),
    ({ row }) => `${text(row, 'docNo')} ${text(row, 'sha256')}`,
    'D1',
    'the same approval was attached',
  ),
  ...doubled(factsOf(books.archive, 'DEPOSIT', 'STOWED'), ({ key }) => key, 'D1', 'the archive stowed it'),
  ...doubled(factsOf(books.procurement, 'NOTE', 'NOTED'), ({ key }) => key, 'D1', 'procurement noted it'),
]

/** When each bill was first posted, with what: by invoice id, as the ERP's books have it. */
function postings(
  erp: readonly Line[],
): ReadonlyMap<string, readonly { readonly at: string; readonly amount: bigint; readonly ccy: string }[]> {
  const all = factsOf(erp, 'DOCUMENT', 'BOOKED').map(({ at, row }) => ({
    invoice: text(row, 'extRef'),
    at,
    amount: minor(text(row, 'grossAmt')),
    ccy: text(row, 'waers'),
  }))
  return Map.groupBy(all, ({ invoice }) => invoice)
}

const POSTED = new Set(['posted', 'paid', 'archived'])

/** D4: at no moment does the hub show as posted what is not. (Paid may come before posted: what a vendor collects. That is F1's.) */
export const neverBelievedWrongly: Check = (evidence) => {
  const posted = postings(evidence.books.erp)
  const bills = new Map([...invoiceOf(evidence)].map(([file, invoice]) => [invoice, evidence.bills.find((bill) => bill.file === file)]))
  return shownOf(evidence.history)
    .filter(({ state }) => state === 'posted')
    .flatMap(({ at, hub, invoice }): Violation[] => {
      const bill = bills.get(invoice)
      const before = (posted.get(invoice) ?? []).filter((posting) => posting.at <= at)
      if (before.length === 0)
        return [
          {
            invariant: 'D4',
            about: bill?.billNo ?? invoice,
            says: `${hub} showed it posted at ${at}, and the ERP's books had no posting of it`,
          },
        ]
      const fits = !bill || before.some(({ amount, ccy }) => amount === minor(bill.gross) && ccy === bill.ccy)
      return fits
        ? []
        : [
            {
              invariant: 'D4',
              about: bill.billNo,
              says: `${hub} showed it posted at ${at}, and the posting has another amount or currency`,
            },
          ]
    })
}

/** D4 for the archive: archived is what lies there. */
export const archivedIsThere: Check = ({ books, history, invoices }) => {
  const names = new Map(invoices.map(({ id, names: known }) => [id, known]))
  const stowed = factsOf(books.archive, 'DEPOSIT', 'STOWED')
  return shownOf(history)
    .filter(({ state }) => state === 'archived')
    .flatMap(({ at, hub, invoice }): Violation[] => {
      const document =
        names
          .get(invoice)
          ?.find((name) => name.startsWith('public|document|'))
          ?.split('|')[2] ?? invoice
      const there =
        stowed.some((fact) => fact.at <= at && fact.key.includes(document)) &&
        stowed.some((fact) => fact.at <= at && fact.key.includes(invoice))
      return there
        ? []
        : [
            {
              invariant: 'D4',
              about: invoice,
              says: `${hub} showed it archived at ${at}, and the archive had not both its document and its evidence`,
            },
          ]
    })
}

/** D5: at rest the hub shows what the books hold. */
export const nothingOverlooked: Check = ({ books, invoices }) => {
  const gone = new Set(factsOf(books.erp, 'DOCUMENT', 'STORNO').map(({ key }) => key))
  const views = new Map(invoices.map((invoice) => [invoice.id, invoice]))
  return factsOf(books.erp, 'DOCUMENT', 'BOOKED')
    .filter(({ key, row }) => text(row, 'extRef').startsWith('inv_') && !gone.has(key))
    .flatMap(({ key, row }): Violation[] => {
      const view = views.get(text(row, 'extRef'))
      const shown = view && (POSTED.has(view.headline.state ?? '') || view.exceptions.some(({ open }) => open))
      return shown
        ? []
        : [
            {
              invariant: 'D5',
              about: billOf(row),
              says: `the ERP holds ${key}, and the hub shows ${view?.headline.state ?? 'no such invoice'}`,
            },
          ]
    })
}

/** D7: what was rejected is not posted afterwards. */
export const noEffectAfterNo: Check = ({ books, history }: Evidence) => {
  const posted = postings(books.erp)
  return shownOf(history)
    .filter(({ state }) => state === 'rejected')
    .flatMap(({ invoice, at }): Violation[] => {
      const later = (posted.get(invoice) ?? []).find((posting) => posting.at > at)
      return later ? [{ invariant: 'D7', about: invoice, says: `it was shown rejected at ${at} and posted at ${later.at}` }] : []
    })
}

/** No call goes where an answer sends it. */
export const noRedirect: Check = ({ trapped }) =>
  trapped === 0 ? [] : [{ invariant: 'S22', about: 'redirect', says: `${trapped} calls followed a redirect` }]
