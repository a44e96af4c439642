/** One schedule: bills and faults at moments that the seed chooses, heal, rest, judgement. */
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { openFor } from './checks/convergence.ts'
import { judge, type Finding } from './checks/all.ts'
import { minor, type CaseView, type Evidence, type InvoiceView, type Told } from './checks/evidence.ts'
import { sendBill } from './clients.ts'
import { Dice } from './dice.ts'
import { later } from './faults/case.ts'
import type { FaultCase } from './faults/table.ts'
import { Looking } from './looking.ts'
import { run } from './world/processes.ts'
import type { Bill } from './world/company.ts'
import { TENANT } from './world/server.ts'
import type { World } from './world/world.ts'

/** Schedules that play in one world, one after the other, before it is made anew. */
export const PER_WORLD = 10
/** One log grows over all schedules of a world; it is verified from its beginning after so many, at the last too. */
const VERIFY_EVERY = 5
/** E1: at rest within a minute after the last fault; longer when a system refused our credentials, which is asked again once a minute. */
const REST_MS = { usual: 60_000, long: 150_000 } as const
/**
 * A fault begins after so many calls that change something were made since the schedule began: the pace of the work, not of the
 * machine. A bill takes about twelve. It begins anyhow when the work stands still, and goes on for a while until it meets something.
 */
const CALLS = 45
/** The bills are sent within so long, so that a hub that is started anew still finds work. */
const SENDING_MS = 3_000
const LATEST_MS = 4_000
const UNTIL_MET_MS = 1_500
const TURN_CALLS = 8
const TURN_UNTIL_MET_MS = 6_000

export interface Planned {
  readonly fault: FaultCase
  readonly afterCalls: number
  readonly lastsMs: number
  /** How long it goes on at most until it has met something. */
  readonly untilMetMs: number
}
export interface Plan {
  readonly seed: number
  readonly index: number
  /** How many bills are sent in it; of a world's, those from its place on. */
  readonly bills: number
  readonly faults: readonly Planned[]
}

/** What a schedule does, from its seed alone. One of its faults goes round through all cases, so that each has its turn; it comes early and is patient. */
export function planOf(seed: number, index: number, bills: number, cases: readonly FaultCase[]): Plan {
  const round = Math.floor(index / cases.length)
  const turn = new Dice(seed, `round ${round}`).shuffled(cases)[index % cases.length]
  const dice = new Dice(seed, `schedule ${index}`)
  const planned = (fault: FaultCase, calls: number, untilMetMs: number): Planned => ({
    fault,
    afterCalls: dice.whole(0, calls),
    lastsMs: dice.whole(...fault.lasts),
    untilMetMs,
  })
  // Two faults that need the same hub for themselves would both meet nothing.
  const besides = cases.some(({ anew }) => !anew) ? cases.filter(({ anew }) => !anew) : cases
  let anew = turn?.anew === true
  const others = Array.from({ length: 2 + Math.floor(dice.share() ** 2 * 10) }, () => {
    const fault = dice.weighted(anew ? besides : cases)
    anew ||= fault.anew === true
    return planned(fault, CALLS, UNTIL_MET_MS)
  })
  const faults = [...(turn ? [planned(turn, TURN_CALLS, TURN_UNTIL_MET_MS)] : []), ...others]
  return { seed, index, bills, faults: faults.toSorted((a, b) => a.afterCalls - b.afterCalls) }
}

/**
 * Limits of time are those of a machine that has time. Where more runs than its processors can carry they are stretched by as much,
 * at most sixfold, and each schedule says by how much.
 */
const stretchNow = (): number => Math.min(6, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() / 1.5))

export interface Outcome {
  readonly index: number
  readonly faults: readonly { readonly name: string; readonly row: string; readonly hits: number }[]
  readonly tookMs: number
  readonly restedMs: number | null
  readonly stretch: number
  /** The longest that a call was seen under way while there was somebody to take it over (ms): what E4 limits. */
  readonly openMs: number
  /** Where the time went (ms): faults, healing, coming to rest, judging. */
  readonly spent: readonly number[]
  readonly findings: readonly Finding[]
}

export async function play(world: World, plan: Plan): Promise<Outcome> {
  const looking = new Looking(world)
  const sending = { over: false }
  try {
    return await played(world, plan, looking, sending)
  } finally {
    sending.over = true
    await looking.stop()
  }
}

async function played(world: World, plan: Plan, looking: Looking, sending: { readonly over: boolean }): Promise<Outcome> {
  const begun = performance.now()
  const { history, company } = world
  const place = plan.index % PER_WORLD
  const bills = company.bills.slice(place * plan.bills, (place + 1) * plan.bills)
  history.did('schedule', String(plan.index))
  const dice = new Dice(plan.seed, `moments ${plan.index}`)
  const sent = bills.map(async (bill, at) => {
    await later(dice.whole(0, SENDING_MS))
    return sendBill(world, bill, at, () => sending.over)
  })
  const faults = await Promise.all(
    plan.faults.map((planned, at) => suffer(world, planned, bills, new Dice(plan.seed, `fault ${plan.index} ${at}`))),
  )
  history.did('heal')
  const healed = performance.now()
  await world.heal()
  const whole = performance.now()
  history.did('whole')
  await Promise.all(sent)
  const known = [...company.bills.slice(0, (place + 1) * plan.bills), ...company.strange.keys()].filter((bill) =>
    history.rows.some((row) => row.kind === 'sent' && row.about === bill.file),
  )
  const stretch = stretchNow()
  const rest = plan.faults.some(({ fault }) => fault.long) ? REST_MS.long : REST_MS.usual
  const restedMs = await waitForRest(
    world,
    known.filter(({ once }) => !once),
    healed,
    rest * stretch,
  )
  const rested = performance.now()
  history.did('rest', String(restedMs))
  await looking.stop()
  const evidence = await evidenceOf(world, known, looking, restedMs, stretch, place % VERIFY_EVERY === VERIFY_EVERY - 1)
  const findings = judge(evidence)
  if (findings.length > 0)
    await keepShown(world, evidence).catch((error: unknown) => {
      history.did('not kept', String(error))
    })
  const instants = [begun, healed, whole, rested, performance.now()]
  const spent = instants.slice(1).map((at, nth) => Math.round(at - (instants[nth] ?? at)))
  return {
    index: plan.index,
    faults,
    tookMs: Math.round(performance.now() - begun),
    restedMs,
    stretch: Math.round(stretch * 10) / 10,
    openMs: Math.max(0, ...openFor(evidence).map(({ ms }) => ms)),
    spent,
    findings,
  }
}

async function suffer(
  world: World,
  { fault, afterCalls, lastsMs, untilMetMs }: Planned,
  bills: readonly Bill[],
  dice: Dice,
): Promise<Outcome['faults'][number]> {
  const calls = world.effects + afterCalls
  await until(() => world.effects >= calls, LATEST_MS)
  let hits = 0
  world.history.did('fault', fault.name)
  try {
    const { met, once, end } = await fault.begin({
      world,
      dice,
      bills,
      lastsMs,
      excuse: (billNo) => {
        if (fault.excuses) world.excused.set(billNo, [...(world.excused.get(billNo) ?? []), fault.excuses])
      },
    })
    if (met && once) await until(() => met() > 0, lastsMs + untilMetMs)
    else {
      await later(lastsMs)
      if (met) await until(() => met() > 0, untilMetMs)
    }
    hits = await end()
  } catch (error) {
    // Another fault was in its way: the database that it wanted to speak to was away.
    world.history.did('in the way', `${fault.name}: ${error instanceof Error ? error.message : String(error)}`)
  }
  world.history.did('over', `${fault.name}: ${hits}`)
  return { name: fault.name, row: fault.row, hits }
}

interface Summary {
  readonly busy: number
  readonly log: { readonly size: number; readonly sealed: number }
  readonly systems: { readonly [name: string]: { readonly behind: number } }
}
interface Listed {
  readonly title: string
  readonly state: string
  readonly open: boolean
  readonly cause: string | null
}
const INVOICES = '/v1/objects?kind=invoice&limit=200'

/** How long nothing must happen any more: when all is done, and when something could still move that only others can move. */
const STILL_MS = { done: 500, others: 4_000 } as const

/** Whether the ERP will pay none of these: all are posted, and no vendor is owed anything after his credits. */
function nothingToPay(bills: readonly (Bill | undefined)[]): boolean {
  const owed = new Map<string, bigint>()
  for (const bill of bills) {
    if (!bill) return false
    const key = `${bill.companyCode} ${bill.vendorNo} ${bill.ccy}`
    const amount = minor(bill.gross.replace('-', ''))
    owed.set(key, (owed.get(key) ?? 0n) + (bill.billKind === 'CREDIT' ? -amount : amount))
  }
  return [...owed.values()].every((amount) => amount <= 0n)
}

/** Waits until nothing is on its way; ms since the heal, null when that takes too long. */
export async function waitForRest(world: World, sent: readonly Bill[], healed: number, limitMs: number): Promise<number | null> {
  let size = -1
  let since = performance.now()
  for (;;) {
    const summary = await world.ask<Summary>('/v1/summary')
    const now = performance.now()
    if (summary) {
      const { busy, log, systems } = summary
      if (busy > 0 || log.size !== size || log.sealed < log.size) since = now
      size = log.size
      // The rows are asked for only when they could say that this is rest.
      const listed = now - since >= STILL_MS.done ? await allOf<Listed>(world, INVOICES, 'objects').catch(() => undefined) : undefined
      if (listed) {
        const open = listed.filter((row) => row.open && row.cause === null)
        const behind = Object.values(systems).some((system) => system.behind > 0)
        const bills = open.map(({ title, state }) => (state === 'posted' ? sent.find((bill) => bill.billNo === title) : undefined))
        const whole = nothingToPay(bills) && !behind && listed.length >= sent.length
        const owing = new Set(bills.filter((bill) => bill?.billKind === 'CREDIT').map((bill) => bill?.vendorNo))
        // An open credit waits for more to be set against, and what is set against it waits with it. A system stays behind of what a person
        // has a case of: a reversed posting is never cleared. Whether it is behind of nothing else is judged (checks/lacking.ts).
        // Whatever else stands still is given the rest of its time.
        if ((whole || now - since >= STILL_MS.others) && bills.every((bill) => bill && owing.has(bill.vendorNo)))
          return Math.round(since - healed)
      }
    }
    if (now - healed > limitMs) return null
    await later(200)
  }
}

/** All that a list of the hub holds, page by page. */
async function allOf<T>(world: World, path: string, member: string): Promise<readonly T[]> {
  const all: T[] = []
  let next: string | null = null
  do {
    const page: { readonly [key: string]: unknown } = await answerOf(
      world,
      next === null ? path : `${path}&after=${encodeURIComponent(next)}`,
    )
    all.push(...(page[member] as readonly T[]))
    next = page['next'] as string | null
  } while (next !== null)
  return all
}

/** What a hub answers, asked again for a while: a check that is shown nothing would find nothing. */
async function answerOf<T>(world: World, path: string): Promise<T> {
  for (let times = 0; times < 10; times++) {
    const answer = await world.ask<T>(path)
    if (answer) return answer
    await later(500)
  }
  throw new Error(`No hub answers GET ${path}.`)
}

export async function evidenceOf(
  world: World,
  sent: readonly Bill[],
  looking: Looking,
  restedMs: number | null,
  stretch = stretchNow(),
  last = true,
): Promise<Evidence> {
  const objects = await allOf<{ readonly id: string }>(world, INVOICES, 'objects')
  const invoices = await Promise.all(objects.map(({ id }) => answerOf<InvoiceView>(world, `/v1/objects/${id}`)))
  const exceptions = await allOf<Omit<CaseView, 'object'>>(world, '/v1/exceptions?open=true&limit=200', 'exceptions')
  const known = new Set(invoices.map(({ id }) => id))
  const cases = await Promise.all(
    exceptions.map(async (one) => ({ ...one, object: known.has(one.about) ? null : await answerOf(world, `/v1/objects/${one.about}`) })),
  )
  const { busy } = await answerOf<Summary>(world, '/v1/summary')
  const { quarantined } = await answerOf<Pick<Evidence, 'quarantined'>>(world, '/v1/exceptions?open=true&limit=1')
  return {
    books: world.books(),
    history: world.history.rows,
    bills: sent,
    invoices,
    cases,
    quarantined,
    puts: world.company.files.out.puts,
    busy,
    underWay: looking.underWay,
    ...(last || restedMs === null ? await audited(world) : { verified: null, rebuilt: null }),
    residentMb: looking.residentMb,
    restedMs,
    stretch,
    excused: world.excused,
    trapped: [...Object.values(world.company.links), world.notices].reduce((sum, { trapped }) => sum + trapped, 0),
  }
}

/** What the hub showed when something was found: its database goes with the world, and its folder is what is left to look at. */
async function keepShown(world: World, { invoices, cases }: Evidence): Promise<void> {
  const traces = await Promise.all(invoices.filter(({ row }) => row?.open).map(({ id }) => world.ask(`/v1/trace/${id}`)))
  const queues = await Promise.all(Object.keys(world.company.systems).map((name) => world.ask(`/v1/systems/${name}/queue`)))
  const shown = { systems: await world.ask('/v1/systems'), queues, cases, invoices, traces }
  writeFileSync(join(world.folder, 'shown.json'), JSON.stringify(shown, undefined, 1))
}

/** What an auditor asks: whether the log is what was sealed, and what is shown what the log comes to. */
async function audited({ source, folder, server, database, hubs: [signing] }: World): Promise<Pick<Evidence, 'verified' | 'rebuilt'>> {
  const tieout = (...args: readonly string[]): Promise<Told> =>
    run({ file: join(source, 'src', 'cli', 'main.ts'), args: [...args, '--database', server.url(database, 'hub_read'), '--json'] })
  const key = signing.process?.ready['verifierKey']
  return {
    verified:
      typeof key === 'string'
        ? await tieout('verify', '--key', key, '--checkpoint', join(folder, 'published', TENANT, 'checkpoint'))
        : { status: null, output: 'the signing hub said no key' },
    rebuilt: await tieout('rebuild', '--tenant', TENANT),
  }
}

async function until(so: () => boolean, limitMs: number): Promise<void> {
  for (const end = performance.now() + limitMs; !so() && performance.now() < end;) await later(20)
}
