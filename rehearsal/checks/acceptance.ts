/** A and J: what was answered with 2xx is there, once; what was refused left nothing; the same again gets the same. */
import type { Sent } from '../history.ts'
import { invoiceOf, receivedIn, sentOf, wasTaken, type Check, type Violation } from './evidence.ts'

/** A1: what was taken is there, under the id that its sender was told. */
export const nothingLost: Check = ({ history, invoices }) => {
  const there = new Map(invoices.map((invoice) => [invoice.id, invoice]))
  return sentOf(history)
    .filter((sent) => sent.what === 'document' && wasTaken(sent))
    .flatMap((sent) =>
      receivedIn(sent).flatMap(({ number, invoice }): Violation[] => {
        const found = there.get(invoice)
        if (!found)
          return [
            { invariant: 'A1', about: sent.about, says: `was taken at ${sent.at} as ${invoice}, and the hub does not know it any more` },
          ]
        return found.row?.title === number
          ? []
          : [{ invariant: 'A1', about: sent.about, says: `was taken as ${number}, and the hub shows ${found.row?.title ?? 'nothing'}` }]
      }),
    )
}

/** A3: whoever repeats a request gets the same result. B1: one document, one id. */
export const sameAgain: Check = ({ history }) => {
  const documents = sentOf(history).filter((sent) => sent.what === 'document' && wasTaken(sent))
  return [...Map.groupBy(documents, (sent) => sent.same)].flatMap(([, all]): Violation[] => {
    const ids = new Set(all.flatMap((sent) => receivedIn(sent).map(({ invoice }) => invoice)))
    return ids.size <= 1
      ? []
      : [{ invariant: 'A3', about: all[0]?.about ?? '', says: `the same bytes became ${ids.size} invoices: ${[...ids].join(', ')}` }]
  })
}

/** Told for good that it is not taken: whoever is told so sends it no more. */
const wasRefused = ({ status }: Sent): boolean => status !== null && status >= 400 && status < 500 && ![408, 409, 429].includes(status)

/**
 * A2: what is no invoice is refused and becomes none; a notice that is old or not signed is refused; and of what was refused for good
 * there is nothing.
 */
export const refusedIsRefused: Check = (evidence) => {
  const { history, invoices, bills } = evidence
  const all = sentOf(history)
  const bad = all.filter((sent) => (sent.what === 'poison' || sent.what === 'notice') && wasTaken(sent))
  const known = new Set(bills.map(({ billNo }) => billNo))
  const strangers = invoices.filter(({ row }) => row && !known.has(row.title))
  const became = invoiceOf(evidence)
  return [
    ...bad.map((sent) => ({ invariant: 'A2', about: sent.about, says: `was answered with ${sent.status}` })),
    ...strangers.map(({ id, row }) => ({ invariant: 'A2', about: id, says: `nobody ever sent an invoice ${row?.title ?? ''}` })),
    ...all
      .filter((sent) => sent.what === 'document' && wasRefused(sent) && became.has(sent.about))
      .map(({ about, status, at }) => ({
        invariant: 'A2',
        about,
        says: `was refused for good at ${at} (${status}), and the hub has it as ${became.get(about) ?? ''}`,
      })),
  ]
}

/** F32: of two answers to the same version of a case at most one is taken. */
export const oneAnswer: Check = ({ history }) =>
  [
    ...Map.groupBy(
      sentOf(history).filter((sent) => sent.what === 'answer' && wasTaken(sent)),
      (sent) => sent.same,
    ),
  ].flatMap(([same, all]): Violation[] =>
    new Set(all.map((sent) => sent.about)).size <= 1
      ? []
      : [{ invariant: 'F32', about: same, says: `${all.map((sent) => sent.about).join(' and ')} both answered it` }],
  )

/** J1: who is turned away is told when to come back. */
export const turnedAwayPolitely: Check = ({ history }) =>
  sentOf(history)
    .filter((sent) => sent.status === 429 && sent.retryAfter === null)
    .map((sent) => ({ invariant: 'J1', about: sent.about, says: `429 at ${sent.at} without Retry-After` }))

/** J1: bounded memory. */
const RESIDENT_MB = 512
export const boundedMemory: Check = ({ residentMb }) =>
  residentMb <= RESIDENT_MB
    ? []
    : [{ invariant: 'J1', about: 'memory', says: `a hub held ${Math.round(residentMb)} MB, more than ${RESIDENT_MB}` }]
