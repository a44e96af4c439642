import type { OwnPromise } from './scenario.ts'

/** What is sent in the last moments may be answered after it has ended. */
const LAST_MS = 2_000

export const intakeGoesOn: OwnPromise = {
  means: 'Every invoice that was sent while it lasted was taken in while it lasted.',
  check:
    ({ beginsAt, endsAt }) =>
    ({ history, stretch }) => {
      const last = new Date(Date.parse(endsAt) - LAST_MS * stretch).toISOString()
      const sent = history.flatMap((row) =>
        row.kind === 'sent' && row.what === 'document' && row.at >= beginsAt && row.at <= endsAt ? [row] : [],
      )
      const taken = new Set(sent.filter(({ status }) => status !== null && status < 300).map(({ about }) => about))
      const waiting = new Set(sent.filter(({ at, about }) => at < last && !taken.has(about)).map(({ about }) => about))
      return [
        ...(sent.length === 0
          ? [{ invariant: 'A1', about: 'invoices', says: 'none was sent while it lasted: nothing was rehearsed' }]
          : []),
        ...[...waiting].map((about) => ({ invariant: 'A1', about, says: 'it was sent while it lasted, and not taken in' })),
      ]
    },
}
