/** `quarter-end-20x`: twenty times as many invoices as before, for as long as it lasts. What is low may be told to come later; money is not. */
import { factsOf, sentOf, text, type Books, type Violation } from '../checks/evidence.ts'
import { done } from '../faults/case.ts'
import type { Act, Left, OwnPromise, Scenario } from './scenario.ts'

const TIMES = 20
/** What a payment may wait for the hub on a machine that has time: from the run's release to the bank, and from the bank's booking to the ERP's clearing. */
const MONEY_MS = 15_000
const REFUSE_AFTER_MS = 400

interface Summary {
  readonly busy: number
}

/** A payment's way from the run to the bank, and from the bank's booking to the clearing, in ms; null where it never arrived. */
interface Way {
  readonly at: string
  readonly out: number | null
  /** Undefined where the bank booked nothing that could be cleared. */
  readonly back: number | null | undefined
}

/** By the books of the ERP and of the bank. */
function waysOfMoney({ erp, bank }: Books): readonly Way[] {
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
  return factsOf(erp, 'PAYMENT', 'INSTRUCTED').map(({ at, row }) => {
    const arrived = booked.get(text(row, 'endToEndId'))
    // NaN while one of its documents is not cleared.
    const last = Math.max(
      ...(row['items'] as readonly { readonly docNo: string }[]).map(({ docNo }) => Date.parse(cleared.get(docNo) ?? '')),
    )
    return {
      at,
      out: arrived === undefined ? null : Date.parse(arrived) - Date.parse(at),
      back: arrived === undefined ? undefined : Number.isNaN(last) ? null : last - Date.parse(arrived),
    }
  })
}

async function course({ world, bills, lastsMs, sent, says }: Act): Promise<Left> {
  const begun = new Date().toISOString()
  await sent
  const perSecond = bills.length / (lastsMs / 1_000)
  const before = waysOfMoney(world.books()).filter(({ at }) => at <= begun)
  says(
    `${bills.length} invoices were sent in ${(lastsMs / 1_000).toFixed(0)} s, ${perSecond.toFixed(1)} a second. Before, a payment was at the bank after at most ${longest(before.map(({ out }) => out))} and cleared ${longest(before.map(({ back }) => back))} after the bank booked it.`,
  )
  return new Map([['news refused', world.calls.filter(({ link, status }) => link === 'notices' && status === 429).length]])
}

function longest(all: readonly (number | null | undefined)[]): string {
  const known = all.filter((ms) => typeof ms === 'number')
  return known.length === 0 ? 'no time, for none was made' : `${(Math.max(...known) / 1_000).toFixed(1)} s`
}

/** What is wrong with one leg of the ways of all payments. */
function late(about: string, all: readonly (number | null)[], limitMs: number): Violation[] {
  const never = all.filter((ms) => ms === null).length
  const most = Math.max(0, ...all.filter((ms) => ms !== null))
  return [
    ...(never === 0 ? [] : [{ invariant: 'lanes', about, says: `${never} of ${all.length} never arrived` }]),
    ...(most <= limitMs ? [] : [{ invariant: 'lanes', about, says: `one took ${(most / 1_000).toFixed(1)} s` }]),
  ]
}

const promises: { readonly [name: string]: OwnPromise } = {
  moneyKeepsItsTime: {
    means: `From payment run to bank, and from the bank’s booking to the ERP’s clearing, each payment arrived, and within ${MONEY_MS / 1_000} s, while it lasted and afterwards.`,
    check:
      ({ beginsAt }) =>
      ({ books, stretch }) => {
        const ways = waysOfMoney(books).filter(({ at }) => at >= beginsAt)
        return ways.length === 0
          ? [{ invariant: 'lanes', about: 'payments', says: 'none was made while it lasted or afterwards: nothing was rehearsed' }]
          : [
              ...late(
                'payments to the bank',
                ways.map(({ out }) => out),
                MONEY_MS * stretch,
              ),
              ...late(
                'clearings in the ERP',
                ways.flatMap(({ back }) => (back === undefined ? [] : [back])),
                MONEY_MS * stretch,
              ),
            ]
      },
  },
  lowestFirst: {
    means: 'New invoices were told to come later, and nothing else was: no news of approvals, no answer of a person.',
    check:
      ({ left, beginsAt }) =>
      ({ history }) => {
        const later = sentOf(history).filter(({ at, status }) => at >= beginsAt && status === 429)
        const invoices = later.filter(({ what }) => what === 'document')
        const news = left.get('news refused')
        return [
          ...(invoices.length > 0
            ? []
            : [
                {
                  invariant: 'lanes',
                  about: 'new invoices',
                  says: 'none was told to come later, so nothing was rehearsed: here it takes more --bills or fewer --seconds',
                },
              ]),
          ...later
            .filter(({ what }) => what !== 'document')
            .map(({ what, about }) => ({ invariant: 'lanes', about, says: `this ${what} was told to come later` })),
          ...(news === 0 ? [] : [{ invariant: 'lanes', about: 'news of the AP tool', says: `${String(news)} were told to come later` }]),
        ]
      },
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
  course,
  shows: async (world) => ((await world.ask<Summary>('/v1/summary'))?.busy ?? 0) >= 50,
  promises,
}
