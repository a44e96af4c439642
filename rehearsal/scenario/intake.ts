import { sentOf, wasTaken } from '../checks/evidence.ts'
import type { OwnPromise } from './scenario.ts'

/** What is sent in the last moments may be answered after it has ended. */
const LAST_MS = 2_000

export const intakeGoesOn: OwnPromise = {
  means: 'Every invoice that was sent while it lasted was taken in while it lasted.',
  check:
    ({ beginsAt, endsAt }) =>
    ({ history, stretch }) => {
      const last = new Date(Date.parse(endsAt) - LAST_MS * stretch).toISOString()
      const during = (at: string): boolean => at >= beginsAt && at <= endsAt
      const documents = sentOf(history).filter(({ what }) => what === 'document')
      const answered = documents.filter(({ at }) => during(at))
      const taken = new Set(answered.filter(wasTaken).map(({ about }) => about))
      const waiting = new Set(answered.filter(({ at, about }) => at < last && !taken.has(about)).map(({ about }) => about))
      return [
        // By when it was sent: a hub may answer all of them after the end.
        ...(documents.some(({ at, ms }) => during(new Date(Date.parse(at) - ms).toISOString()))
          ? []
          : [{ invariant: 'A1', about: 'invoices', says: 'none was sent while it lasted: nothing was rehearsed' }]),
        ...[...waiting].map((about) => ({ invariant: 'A1', about, says: 'it was sent while it lasted, and not taken in' })),
      ]
    },
}
