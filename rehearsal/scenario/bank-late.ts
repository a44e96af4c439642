/** `bank-three-days-late`: payments are made, and the statements that show them come three business days after they were due. */
import { factsOf, minor, shownOf, text, type Books, type Check } from '../checks/evidence.ts'
import { businessDaysLater, ownClock, statementDue, turnTo, type BankDays } from './calendar.ts'
import { counting } from '../faults/case.ts'
import type { Row } from '../history.ts'
import type { World } from '../world/world.ts'
import type { Act, Left, Marks, OwnPromise, Scenario } from './scenario.ts'
import { becomesQuiet, comesTrue, invoices, openCases } from './waiting.ts'

const DAYS_LATE = 3
const LIMIT_MS = 90_000
const CAUSE = 'bank-late'

/** A bank of the euro area that is closed on the next day on which it would be open: that day has to be counted out. */
const BANK: BankDays = (() => {
  const ordinary = { zone: 'Europe/Berlin', weekend: [6, 7], holidays: [], cutOff: '14:00', days: 1, by: '12:00' }
  return { ...ordinary, holidays: [businessDaysLater(ordinary, new Date(), 1).toISOString().slice(0, 10)] }
})()

/** What was seen while it was played. Payments are named as the ERP and the bank name them: by their end-to-end ids. */
interface Course {
  readonly due: string
  /** Payments of which there was a case: before the deadline, after it, and days later. */
  readonly early: readonly string[]
  readonly cases: readonly string[]
  readonly stillOpen: readonly string[]
}

async function course({ world, sent, says, countsFromHere }: Act): Promise<Left> {
  await sent
  const settled = async (): Promise<boolean> =>
    (await invoices(world)).every(({ open, state, cause }) => !open || cause !== null || state === 'posted')
  if (!(await comesTrue(async () => (await settled()) && (await becomesQuiet(world, 2_000, 10_000)), LIMIT_MS)))
    throw new Error('The payments did not all come to the bank in time.')
  const pending = pendingPayments(world.books(), world.history.rows)
  const due = statementDue(BANK, new Date())
  says(
    `${pending.length} payments are at the bank and booked there (${await totals(world)}); the hub shows their invoices as posted, not as paid. The statement is due on ${told(due)}, the bank being closed on ${BANK.holidays.join()} and at weekends.`,
  )
  await turnTo(world, new Date(due.getTime() - 30 * 60_000))
  await becomesQuiet(world, 3_000, LIMIT_MS)
  const early = await askedAbout(world)
  says(
    `Half an hour before that: ${early.length === 0 ? 'nobody is asked, for the bank still has time' : `${early.length} cases are open`}.`,
  )
  countsFromHere()
  await turnTo(world, new Date(due.getTime() + 60_000))
  await comesTrue(async () => (await openCases(world, CAUSE)).length >= pending.length, LIMIT_MS)
  const late = await openCases(world, CAUSE)
  const cases = await askedAbout(world)
  says(`A minute after it: ${late.length} cases, with ${[...new Set(late.map(({ owner }) => owner))].join(', ') || 'nobody'}.`)
  const arrives = businessDaysLater(BANK, due, DAYS_LATE)
  await turnTo(world, arrives)
  await becomesQuiet(world, 3_000, LIMIT_MS)
  const stillOpen = await askedAbout(world)
  says(
    `${DAYS_LATE} business days later, on ${told(arrives)}: still nothing is shown as paid, ${stillOpen.length} cases are open. Now the statements come.`,
  )
  const kept: Course = { due: due.toISOString(), early, cases, stillOpen }
  return new Map([['course', kept]])
}

/** The payments of which there is a case now. */
async function askedAbout(world: World): Promise<readonly string[]> {
  const titled = async (about: string): Promise<string> =>
    (await world.ask<{ readonly row: { readonly title: string } | null }>(`/v1/objects/${about}`))?.row?.title ?? about
  return Promise.all((await openCases(world, CAUSE)).map(({ about }) => titled(about)))
}

/** Payments that the bank had booked by then, of which no statement had been carried to the hub. */
function pendingPayments({ erp, bank }: Books, history: readonly Row[], by = '9'): readonly string[] {
  const held = history.findLast((row) => row.kind === 'done' && row.what === 'statements held')?.at ?? ''
  const booked = new Set(
    factsOf(bank, 'ENTRY', 'BOOKED')
      .filter(({ at }) => at > held && at < by)
      .flatMap(({ row }) => (row['details'] as readonly { readonly endToEndId: string }[]).map(({ endToEndId }) => endToEndId)),
  )
  return factsOf(erp, 'PAYMENT', 'INSTRUCTED')
    .map(({ row }) => text(row, 'endToEndId'))
    .filter((id) => booked.has(id))
}

async function totals(world: World): Promise<string> {
  const sums = new Map<string, bigint>()
  for (const { bill, state } of await invoices(world))
    if (bill?.billKind === 'BILL' && state === 'posted') sums.set(bill.ccy, (sums.get(bill.ccy) ?? 0n) + minor(bill.gross))
  return [...sums].map(([currency, sum]) => `${sum / 10_000n} ${currency}`).join(' and ')
}

const told = (at: Date): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: BANK.zone, dateStyle: 'full', timeStyle: 'short' }).format(at)

const judging = (
  means: string,
  look: (course: Course, marks: Marks, evidence: Parameters<Check>[0]) => readonly { readonly about: string; readonly says: string }[],
): OwnPromise => ({
  means,
  check: (marks) => (evidence) => {
    const kept = marks.left.get('course') as Course | undefined
    return kept
      ? look(kept, marks, evidence).map((one) => ({ invariant: 'bank', ...one }))
      : [{ invariant: 'bank', about: 'the course', says: 'was not played to its end' }]
  },
})

const promises: { readonly [name: string]: OwnPromise } = {
  nothingPaidMeanwhile: judging('While no statement came, nothing was shown as paid.', (_, { beginsAt, endsAt }, { history }) =>
    shownOf(history)
      .filter(({ at, state }) => at > beginsAt && at < endsAt && (state === 'paid' || state === 'archived'))
      .map(({ invoice, at, state }) => ({ about: invoice, says: `was shown as ${state} at ${at}` })),
  ),
  timeForTheBank: judging('Before the bank’s own deadline (day of execution, cut-off, its calendar) nobody was asked.', ({ early, due }) =>
    early.map((about) => ({ about, says: `somebody was asked of it half an hour before ${due}, when the statement was due` })),
  ),
  closesByItself: judging('With the statement each of these cases closed by itself.', (_, __, { cases }) =>
    cases.filter(({ open, cause }) => open && cause === CAUSE).map(({ id, says }) => ({ about: id, says: `is open still: ${says}` })),
  ),
  somebodyAsks: judging(
    'After it each payment had a case, for as long as the bank said nothing.',
    ({ cases, stillOpen }, { endsAt }, { books, history }) => {
      const pending = pendingPayments(books, history, endsAt)
      return [
        ...(pending.length === 0 ? [{ about: 'payments', says: 'none was at the bank: nothing was rehearsed' }] : []),
        ...pending
          .filter((id) => !cases.includes(id))
          .map((about) => ({ about, says: 'the bank said nothing of it, and there was no case of it' })),
        ...cases
          .filter((id) => !stillOpen.includes(id))
          .map((about) => ({ about, says: `its case was closed within ${DAYS_LATE} days, and the bank had said nothing` })),
      ]
    },
  ),
}

export const bankThreeDaysLate: Scenario = {
  title: 'The bank’s statements come three days late',
  until: 'paid',
  calm: true,
  bills: 30,
  // What is netted with a credit, or collected, needs no payment of ours.
  takes: ({ billKind, means }) => billKind === 'BILL' && means === 'TRANSFER',
  says: 'The bank takes payment files and carries them out, but its statements and notices of entries stay away until three business days after they were due.',
  compressed:
    'Days are compressed: the hub’s clock (its database’s) is turned forward over the deadline and the days; the bank and the other systems keep the real time, so that their notices look old to the hub meanwhile and it learns from their feeds.',
  // What vendors collect belongs to bills that are not sent here: nobody is asked about it.
  settings: { policy: { bankDays: { '*': BANK }, entryGraceMs: 30 * 86_400_000 } },
  prepare: ownClock,
  begin: async ({ world }) => {
    const { back } = world.company.files
    back.set('held', (name) => name.startsWith('camt'))
    world.history.did('statements held')
    return counting([back], () => {
      back.heal()
    })
  },
  course,
  promises,
  shows: async (world) => (await openCases(world, CAUSE)).length > 0,
}
