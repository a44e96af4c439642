/** `quarter-end-20x`: twenty times as many invoices as before, for as long as it lasts. What is low may be told to come later; money is not. */
import { factsOf, text, type Books } from '../checks/evidence.ts'
import { done } from '../faults/case.ts'
import type { Act, Left, OwnPromise, Scenario } from './scenario.ts'

const TIMES = 20
/** What a payment may wait for the hub on a machine that has time: from the run's release to the bank, and from the bank's booking to the ERP's clearing. */
const MONEY_MS = 15_000
const REFUSE_AFTER_MS = 400

interface Summary {
  readonly busy: number
}

/** How long each payment took to reach the bank, and to come back as a clearing: by the books of both, in ms. */
function moneyTimes({ erp, bank }: Books, from: string, to: string): { readonly out: readonly number[]; readonly back: readonly number[] } {
  const instructed = factsOf(erp, 'PAYMENT', 'INSTRUCTED').map(({ at, row }) => ({
    at,
    id: text(row, 'endToEndId'),
    documents: new Set((row['items'] as readonly { readonly docNo: string }[]).map(({ docNo }) => docNo)),
  }))
  const booked = new Map(
    factsOf(bank, 'ENTRY', 'BOOKED').flatMap(({ row }) =>
      (row['details'] as readonly { readonly endToEndId: string }[]).map(({ endToEndId }) => [endToEndId, text(row, 'bookedAt')] as const),
    ),
  )
  const cleared = new Map(
    factsOf(erp, 'CLEARING', 'BOOKED').flatMap(({ at, row }) =>
      (row['lines'] as readonly { readonly docNo: string }[]).map(({ docNo }) => [docNo, at] as const),
    ),
  )
  const within = instructed.filter(({ at, id }) => at >= from && at <= to && booked.has(id))
  const ms = (later: string, earlier: string): number => Date.parse(later) - Date.parse(earlier)
  return {
    out: within.map(({ id, at }) => ms(booked.get(id) ?? at, at)),
    back: within.flatMap(({ id, documents }) =>
      [...documents].slice(0, 1).flatMap((docNo) => {
        const at = cleared.get(docNo)
        return at === undefined ? [] : [ms(at, booked.get(id) ?? at)]
      }),
    ),
  }
}

async function course({ world, bills, lastsMs, sent, says }: Act): Promise<Left> {
  const begun = new Date().toISOString()
  await sent
  const perSecond = bills.length / (lastsMs / 1_000)
  const { out, back } = moneyTimes(world.books(), '', begun)
  says(
    `${bills.length} invoices were sent in ${(lastsMs / 1_000).toFixed(0)} s, ${perSecond.toFixed(1)} a second. Before, a payment was at the bank after at most ${seconds(out)} and cleared ${seconds(back)} after the bank booked it.`,
  )
  return new Map()
}

const seconds = (all: readonly number[]): string =>
  all.length === 0 ? 'no time, for none was made' : `${(Math.max(...all) / 1_000).toFixed(1)} s`

const promises: { readonly [name: string]: OwnPromise } = {
  moneyKeepsItsTime: {
    means: `From payment run to bank, and from the bank’s booking to the ERP’s clearing, no payment took longer than ${MONEY_MS / 1_000} s while it lasted and afterwards.`,
    check:
      ({ beginsAt }) =>
      ({ books, stretch }) =>
        Object.entries(moneyTimes(books, beginsAt, '9')).flatMap(([way, all]) => {
          const longest = Math.max(0, ...all)
          return longest <= MONEY_MS * stretch
            ? []
            : [
                {
                  invariant: 'lanes',
                  about: way === 'out' ? 'payments to the bank' : 'clearings in the ERP',
                  says: `one took ${(longest / 1_000).toFixed(1)} s`,
                },
              ]
        }),
  },
  lowestFirst: {
    means: 'Only new invoices were told to come later; no news of approvals was.',
    check:
      ({ left }) =>
      () =>
        left.get('notices refused') === undefined
          ? []
          : [
              {
                invariant: 'lanes',
                about: 'notices of the AP tool',
                says: `${String(left.get('notices refused'))} were told to come later`,
              },
            ],
  },
}

export const quarterEnd: Scenario = {
  title: `A quarter’s end: ${TIMES} times as much`,
  until: 'posted',
  parts: { of: [1, TIMES, 1], evenly: true },
  bills: 132,
  says: `For a while ${TIMES} times as many invoices arrive as before. The hub may tell senders to come later; everything that it took goes on, money first.`,
  compressed: `Times are compressed: a quarter’s end takes seconds, and intake refuses new invoices when the work before them is older than ${REFUSE_AFTER_MS} ms (ordinarily 10 s), so that it has a reason to.`,
  settings: { lanes: { intake: { refuseAfterMs: REFUSE_AFTER_MS } } },
  begin: () => Promise.resolve(done(TIMES)),
  course: async (act) => {
    const left = await course(act)
    const refused = act.world.calls.filter(({ link, status }) => link === 'notices' && status === 429).length
    return refused === 0 ? left : new Map([...left, ['notices refused', refused]])
  },
  shows: async (world) => ((await world.ask<Summary>('/v1/summary'))?.busy ?? 0) >= 50,
  promises,
}
