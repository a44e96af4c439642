/** E and H: after the last fault everything comes to rest, nothing is stranded, nobody is asked for nothing, and the log verifies. */
import { factsOf, invoiceOf, text, type Check, type Violation } from './evidence.ts'

const DONE = new Set(['paid', 'archived', 'rejected'])

/** Cases that a rehearsal makes on purpose. */
const MEANT = new Set(['unreadable-document'])

/**
 * E1 and E3: at rest each invoice is done, or somebody has a case of it. An open credit may wait for more to be set against, and what is
 * posted of the same vendor with it: the ERP pays a vendor only what is above zero.
 */
export const atRest: Check = (evidence) => {
  const { books, invoices, busy, restedMs } = evidence
  const cleared = new Set(factsOf(books.erp, 'DOCUMENT', 'CLEARED').map(({ key }) => key))
  const open = factsOf(books.erp, 'DOCUMENT', 'BOOKED')
    .filter(({ key }) => !cleared.has(key))
    .map(({ row }) => row)
  const owing = new Set(open.filter((row) => text(row, 'docType') === 'KG').map((row) => text(row, 'vendorNo')))
  const waiting = new Set(open.filter((row) => owing.has(text(row, 'vendorNo'))).map((row) => text(row, 'extRef')))
  const stranded = invoices.filter(
    ({ id, headline, exceptions }) =>
      !DONE.has(headline.state ?? '') && !exceptions.some((one) => one.open) && !(waiting.has(id) && headline.state === 'posted'),
  )
  return [
    ...(restedMs === null
      ? [{ invariant: 'E1', about: 'rest', says: `it did not come to rest in time; ${busy} things were still to do` }]
      : []),
    ...stranded.map(({ id, row, headline }): Violation => ({
      invariant: restedMs === null ? 'E1' : 'E3',
      about: row?.title ?? id,
      says: `it stands at ${headline.state ?? 'nothing'}, and no case of it is open`,
    })),
  ]
}

/** Every bill that was sent is known. */
export const everyBillKnown: Check = (evidence) => {
  const known = invoiceOf(evidence)
  return evidence.bills
    .filter(({ file }) => !known.has(file))
    .map(({ file, billNo }) => ({
      invariant: 'E1',
      about: billNo,
      says: `${file} was sent until it was taken, and the hub does not know it`,
    }))
}

/** No case without an owner; and where no target lied and no person undid anything, no person is needed. */
export const nobodyNeeded: Check = ({ cases, invoices, excused }) => {
  const views = new Map(invoices.map((invoice) => [invoice.id, invoice]))
  return cases
    .filter(({ open }) => open)
    .flatMap(({ id, cause, says, about, owner }): Violation[] => {
      if (owner === '') return [{ invariant: 'E3', about: id, says: `the case ${cause} has no owner` }]
      const bill = views.get(about)?.row?.title
      // A payment, an entry or a system: what people or a lying target did to a bill may have led there.
      const meant = bill === undefined ? excused.size > 0 : excused.has(bill)
      if (MEANT.has(cause) || meant) return []
      return [
        {
          invariant: 'E1',
          about: bill ?? about,
          says: `a person is asked (${cause}: ${says}), and nothing happened that only a person can mend`,
        },
      ]
    })
}

/** E4: what a killed or frozen process had under way is taken over in time, counted from when there is somebody to take it over. */
const TAKEOVER_MS = 15_000
export const takenOver: Check = ({ underWay, history, stretch }) => {
  const whole = history.flatMap((row) => (row.kind === 'done' && row.what === 'whole' ? [Date.parse(row.at)] : []))
  return underWay.flatMap(({ effect, attempt, from, till }): Violation[] => {
    const since = Math.max(from, ...whole.filter((at) => at <= till))
    return till - since <= TAKEOVER_MS * stretch
      ? []
      : [{ invariant: 'E4', about: effect, says: `attempt ${attempt} stood open for ${till - since} ms` }]
  })
}

/** C1 and H: the log is whole, in order, and what was signed covers it. */
export const logVerifies: Check = ({ verified }) =>
  verified === null || verified.status === 0
    ? []
    : [{ invariant: 'H2', about: 'log', says: `verify ended with ${String(verified.status)}: ${verified.output.slice(0, 400)}` }]

/** A headline whose earlier warrant is missing is a breach that somebody decided on; nobody did here. */
export const noBreach: Check = ({ invoices, excused }) =>
  invoices
    .filter(({ headline, row }) => headline.breaches.length > 0 && !excused.has(row?.title ?? ''))
    .map(({ row, id, headline }) => ({
      invariant: 'D4',
      about: row?.title ?? id,
      says: `${headline.state ?? ''} is shown without ${headline.breaches.join(', ')}`,
    }))
