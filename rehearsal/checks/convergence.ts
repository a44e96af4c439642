/** E and H: after the last fault everything comes to rest, nothing is stranded, nobody is asked for nothing, and the log verifies. */
import { factsOf, invoiceOf, text, type Check, type Evidence, type UnderWay, type Violation } from './evidence.ts'
import { excusesOf, isExcused } from './excused.ts'

const DONE = new Set(['paid', 'archived', 'rejected'])

/** Cases that a rehearsal makes on purpose. */
const MEANT = new Set(['unreadable-document', 'unreadable-bank-file'])

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
    .filter(({ file, once }) => !once && !known.has(file))
    .map(({ file, billNo }) => ({
      invariant: 'E1',
      about: billNo,
      says: `${file} was sent until it was taken, and the hub does not know it`,
    }))
}

/** No case without an owner; and no person is needed but where a fault met the very bill, and such a case may follow from it. */
export const nobodyNeeded: Check = (evidence) => {
  const { cases, invoices } = evidence
  const views = new Map(invoices.map((invoice) => [invoice.id, invoice]))
  return cases
    .filter(({ open }) => open)
    .flatMap((one): Violation[] => {
      const { id, cause, says, about, owner } = one
      if (owner === '') return [{ invariant: 'E3', about: id, says: `the case ${cause} has no owner` }]
      if (MEANT.has(cause) || isExcused(evidence, one)) return []
      return [
        {
          invariant: 'E1',
          about: views.get(about)?.row?.title ?? about,
          says: `a person is asked (${cause}: ${says}), and nothing happened that only a person can mend`,
        },
      ]
    })
}

/** E5: nothing is put aside as broken because the world was: what failed for others' sake is done again, whole. */
export const nothingQuarantined: Check = ({ quarantined }) =>
  quarantined.map(({ id, type, says }) => ({ invariant: 'E5', about: id, says: `${type} stands in quarantine: ${says}` }))

/** E4: what a killed or frozen process had under way is taken over in time, counted from when there is somebody to take it over. */
const TAKEOVER_MS = 15_000
export const takenOver: Check = (evidence) =>
  openFor(evidence)
    .filter(({ ms }) => ms > TAKEOVER_MS * evidence.stretch)
    .map(({ effect, attempt, ms }) => ({ invariant: 'E4', about: effect, says: `attempt ${attempt} stood open for ${ms} ms` }))

/**
 * How long each call was seen under way while there was somebody to take it over (ms): a hub, and a database that lets it. One of
 * which connections stand still keeps what these hold, their process alive or dead, until they go on.
 */
export function openFor({ underWay, history }: Pick<Evidence, 'underWay' | 'history'>): readonly (UnderWay & { readonly ms: number })[] {
  const done = history.flatMap((row) => (row.kind === 'done' ? [{ ...row, at: Date.parse(row.at) }] : []))
  const whole = done.filter(({ what }) => what === 'whole').map(({ at }) => at)
  const still = done
    .filter(({ what, detail }) => what === 'fault' && /^database: .*stand still/u.test(detail))
    .map(({ at, detail }) => {
      const over = done.find((other) => other.what === 'over' && other.at >= at && other.detail.startsWith(`${detail}: `))
      return { from: at, till: over?.at ?? Number.POSITIVE_INFINITY }
    })
  return underWay.map((call) => {
    const from = Math.max(call.from, ...whole.filter((at) => at <= call.till))
    const kept = still.map((time) => Math.max(0, Math.min(time.till, call.till) - Math.max(time.from, from)))
    return { ...call, ms: call.till - from - kept.reduce((sum, ms) => sum + ms, 0) }
  })
}

/** C1 and H: the log is whole, in order, and what was signed covers it. */
export const logVerifies: Check = ({ verified }) =>
  verified === null || verified.status === 0
    ? []
    : [{ invariant: 'H2', about: 'log', says: `verify ended with ${String(verified.status)}: ${verified.output.slice(0, 400)}` }]

/** C3: what objects, lists and the ledger show is what the events come to, folded anew. */
export const shownFollows: Check = ({ rebuilt }) =>
  rebuilt === null || rebuilt.status === 0
    ? []
    : [{ invariant: 'C3', about: 'log', says: `rebuild ended with ${String(rebuilt.status)}: ${rebuilt.output.slice(0, 400)}` }]

/** A headline whose earlier warrant is missing is a breach that somebody decided on; nobody did here. */
export const noBreach: Check = (evidence) =>
  evidence.invoices.flatMap(({ row, id, headline }): Violation[] => {
    const excused = new Set(excusesOf(evidence, row?.title ?? '').flatMap(({ breaches = [] }) => breaches))
    const lacks = headline.breaches.filter((breach) => !excused.has(breach))
    return lacks.length === 0
      ? []
      : [{ invariant: 'D4', about: row?.title ?? id, says: `${headline.state ?? ''} is shown without ${lacks.join(', ')}` }]
  })
