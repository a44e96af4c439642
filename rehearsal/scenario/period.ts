/**
 * `period-closes-midway`: the ERP takes no postings, its accountants shut the period meanwhile, and each of the three companies has another
 * policy for what still waits. Then people answer, and everything arrives.
 */
import { factsOf, text, type Check, type Violation } from '../checks/evidence.ts'
import { onTarget } from '../faults/links.ts'
import type { World } from '../world/world.ts'
import { dayAfter } from './calendar.ts'
import type { Act, Left, Marks, OwnPromise, Scenario } from './scenario.ts'
import { becomesQuiet, comesTrue, invoices, openCases, type Case } from './waiting.ts'

/** By the number of the company. */
const POLICIES = { '1000': 'hold', '2000': 'next', '3000': 'refuse' } as const
const COMPANIES = Object.keys(POLICIES)
const CAUSES = ['period-closed', 'posting-refused-by-policy'] as const
const LIMIT_MS = 90_000

interface Period {
  readonly companyCode: string
  readonly fiscalYear: number
  readonly periodNo: number
  readonly from: string
  readonly to: string
  readonly special?: boolean
}
interface Accrual {
  readonly id: string
  readonly number: string
  readonly entity: string
  readonly was: string
  readonly on: string
  readonly amount: string
}
interface Course {
  readonly shutAt: string
  /** When people first answered, and when they said of what policy had refused that it is posted. */
  readonly answeredAt: string
  readonly saidAt: string
  readonly periods: readonly Period[]
  readonly accruals: readonly Accrual[]
  readonly moved: string
  /** Numbers of what policy had refused: before the period was opened again, and after it. */
  readonly refused: { readonly before: readonly string[]; readonly reopened: readonly string[] }
}

async function course({ world, sent, says, countsFromHere }: Act): Promise<Left> {
  await sent
  const waiting = async (): Promise<Map<string, number>> => {
    const rows = (await invoices(world)).filter(({ state, cause }) => state === 'approved' && cause === null)
    return new Map([...Map.groupBy(rows, ({ bill }) => bill?.companyCode ?? '')].map(([company, all]) => [company, all.length]))
  }
  await demand(
    'approved invoices of all companies wait to be posted',
    comesTrue(async () => {
      const held = await waiting()
      return COMPANIES.every((company) => held.has(company))
    }, LIMIT_MS),
  )
  const periods = await periodsOfToday(world)
  says(
    `${[...(await waiting())].map(([company, count]) => `${count} of company ${company}`).join(', ')} are approved and wait. The accountants shut the period of today in all three.`,
  )
  const shutAt = new Date().toISOString()
  countsFromHere()
  for (const period of periods) await gate(world, period, 'SHUT')
  await demand(
    'each waiting invoice has a case or is moved to the next period',
    comesTrue(async () => {
      const held = await waiting()
      return !COMPANIES.some((company) => of(company) !== 'next' && held.has(company))
    }, LIMIT_MS),
  )
  world.company.links.erp.heal()
  says('The ERP takes postings again. What was held stays held.')
  await demand(
    'nothing moves any more but what people have to answer',
    comesTrue(
      async () => (await invoices(world)).every(({ open, cause, state }) => !open || cause !== null || state === 'posted'),
      LIMIT_MS,
    ),
  )
  await becomesQuiet(world, 2_000, 30_000)
  const accruals = (await world.ask<{ readonly accruals: readonly Accrual[] }>('/v1/accruals?open=true'))?.accruals ?? []
  const held = await openCases(world, CAUSES[0])
  const refused = await openCases(world, CAUSES[1])
  says(
    `Held: ${held.length} of company 1000 (${owners(held)}), ${refused.length} of company 3000 (${owners(refused)}). Posted into the next period and put on the accrual list: ${accruals.length} of company 2000.`,
  )
  const answeredAt = new Date().toISOString()
  const [first] = held
  if (first) await answer(world, first, 'next-period')
  const moved = (await invoices(world)).find(({ id }) => id === first?.about)?.title ?? ''
  says(`Two people say of ${moved} that it goes into the next period.`)
  await demand(
    `${moved} is posted`,
    comesTrue(
      async () => (await invoices(world)).some(({ title, state }) => title === moved && ['posted', 'paid', 'archived'].includes(state)),
      LIMIT_MS,
    ),
  )
  for (const period of periods) await gate(world, period, 'OPEN')
  says('The accountants open the period again in all three companies.')
  await demand(
    'what was held goes on by itself',
    comesTrue(async () => (await openCases(world, CAUSES[0])).length === 0, LIMIT_MS),
  )
  await becomesQuiet(world, 1_500, 30_000)
  const still = await openCases(world, CAUSES[1])
  const numbers = new Map((await invoices(world)).map(({ id, title }) => [id, title]))
  const numbersOf = (cases: readonly Case[]): string[] => cases.map(({ about }) => numbers.get(about) ?? about)
  const saidAt = new Date().toISOString()
  for (const one of still) await answer(world, one, 'post-again')
  says(`What policy refused stays refused though the period is open; of ${still.length} two people say that they are posted.`)
  for (const { id, number } of accruals)
    await world.tell(`/v1/accruals/${id}/bookings`, { document: `by hand ${number}`, person: 'm.keller' })
  says(`A person books ${accruals.length} accruals in the ERP and says so.`)
  const refusals = { before: numbersOf(refused), reopened: numbersOf(still) }
  const kept: Course = { shutAt, answeredAt, saidAt, periods, accruals, moved, refused: refusals }
  return new Map([['course', kept]])
}

async function demand(what: string, comes: Promise<boolean>): Promise<void> {
  if (!(await comes)) throw new Error(`It did not come to that in time: ${what}.`)
}

async function periodsOfToday(world: World): Promise<readonly Period[]> {
  const on = new Date().toISOString().slice(0, 10)
  const pages = await Promise.all(
    COMPANIES.map((company) => world.company.call('erp', 'GET', `/posting-periods?companyCode=${company}&on=${on}`)),
  )
  return pages.flatMap(({ body }) => body['rows'] as readonly Period[]).filter(({ special }) => !special)
}

async function gate(world: World, { companyCode, fiscalYear, periodNo }: Period, state: 'OPEN' | 'SHUT'): Promise<void> {
  const { status } = await world.company.call('erp', 'PUT', `/posting-periods/${companyCode}/${fiscalYear}/${periodNo}/gate`, {
    gate: state,
    by: 'm.keller',
  })
  if (status !== 200) throw new Error(`The ERP did not turn period ${periodNo} of ${fiscalYear}: ${status}.`)
}

async function answer(world: World, { id, version }: { readonly id: string; readonly version: number }, action: string): Promise<void> {
  if (
    !(await world.tell(`/v1/exceptions/${id}/answers`, {
      action,
      person: 'c.lind',
      second: 'm.keller',
      reason: 'the month is closed',
      version,
    }))
  )
    throw new Error(`The answer ${action} was not taken.`)
}

const owners = (cases: readonly { readonly owner: string }[]): string =>
  [...new Set(cases.map(({ owner }) => owner))].join(', ') || 'nobody'

const courseIn = ({ left }: Marks): Course | undefined => left.get('course') as Course | undefined
const of = (company: string): string => POLICIES[company as keyof typeof POLICIES] ?? ''

/** Documents of the ERP that are ours, in its own words. */
const booked: (evidence: Parameters<Check>[0]) => readonly {
  readonly at: string
  readonly company: string
  readonly number: string
  readonly on: string
  readonly periodNo: number
}[] = ({ books }) =>
  factsOf(books.erp, 'DOCUMENT', 'BOOKED').map(({ at, row }) => ({
    at,
    company: text(row, 'companyCode'),
    number: text(row, 'vendorDocNo'),
    on: text(row, 'postingDate'),
    periodNo: Number(row['periodNo']),
  }))

const judging = (
  means: string,
  look: (course: Course, evidence: Parameters<Check>[0]) => readonly Omit<Violation, 'invariant'>[],
): OwnPromise => ({
  means,
  check: (marks) => (evidence) => {
    const kept = courseIn(marks)
    return kept
      ? look(kept, evidence).map((one) => ({ invariant: 'period', ...one }))
      : [{ invariant: 'period', about: 'the course', says: 'was not played to its end' }]
  },
})

const promises: { readonly [name: string]: OwnPromise } = {
  heldWhileClosed: judging(
    'While the period was closed nothing was posted for the companies that hold or refuse.',
    ({ shutAt, answeredAt }, evidence) =>
      booked(evidence)
        .filter(({ at, company }) => of(company) !== 'next' && at > shutAt && at < answeredAt)
        .map(({ number, on }) => ({ about: number, says: `it was posted with the date ${on} while the period was closed` })),
  ),
  nothingRolled: judging(
    'Nothing was moved to another period without policy or two people saying so, and no special period was used.',
    ({ periods, moved }, evidence) =>
      booked(evidence).flatMap(({ company, number, on, periodNo }) => {
        const period = periods.find(({ companyCode }) => companyCode === company)
        const own = of(company) === 'next' || number === moved || (period !== undefined && period.from <= on && on <= period.to)
        return own && periodNo <= 12 ? [] : [{ about: number, says: `it stands in period ${periodNo}, on ${on}` }]
      }),
  ),
  nextIsListed: judging(
    'What policy moved to the next period stands on the first day of it, and on the accrual list.',
    ({ shutAt, answeredAt, accruals, periods }, evidence) => {
      const moved = booked(evidence).filter(({ at, company }) => of(company) === 'next' && at > shutAt && at < answeredAt)
      const first = dayAfter(periods.find(({ companyCode }) => of(companyCode) === 'next')?.to ?? '')
      const wrong = moved.filter(({ number, on }) => on !== first || !accruals.some((one) => one.number === number && one.on === first))
      return [
        ...(moved.length === 0 ? [{ about: 'company 2000', says: 'nothing of it was moved to the next period' }] : []),
        ...wrong.map(({ number, on }) => ({ about: number, says: `it stands on ${on}, and the accrual list does not say the same` })),
      ]
    },
  ),
  refusedStays: judging(
    'What policy refused was not posted when the period opened again, but when two people said so.',
    ({ refused: { before, reopened }, shutAt, saidAt }, evidence) => [
      ...(before.length === 0 ? [{ about: 'company 3000', says: 'nothing of it was refused: nothing was rehearsed' }] : []),
      ...before
        .filter((number) => !reopened.includes(number))
        .map((about) => ({ about, says: 'it was refused, and no longer when the period was open again' })),
      ...booked(evidence)
        .filter(({ number, at }) => before.includes(number) && at > shutAt && at < saidAt)
        .map(({ number, at }) => ({ about: number, says: `it was refused, and posted at ${at}, before people said so` })),
    ],
  ),
}

export const periodClosesMidway: Scenario = {
  title: 'The period closes while postings wait',
  until: 'posted',
  bills: 36,
  says: 'The ERP takes no postings for a while and says so. Meanwhile its accountants close the period. Company 1000 holds what waits and asks, company 2000 posts it into the next period and lists the accrual, company 3000 refuses.',
  compressed: 'Times are compressed: the closing of a month takes seconds, not days.',
  settings: { policy: { periodClosed: { ordinarily: 'hold', entities: { 2000: 'next', 3000: 'refuse' } } } },
  begin: onTarget('erp', { fault: { kind: 'status', status: 429, retryAfter: '1', done: false }, effects: true }),
  course,
  shows: async (world) => (await Promise.all(CAUSES.map((cause) => openCases(world, cause)))).some((cases) => cases.length > 0),
  promises,
}
