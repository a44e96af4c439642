/** One scenario played from calm to calm, with what a person wants to know of it afterwards. */
import { rmSync } from 'node:fs'
import { CHECKS, type Finding } from '../checks/all.ts'
import type { Evidence } from '../checks/evidence.ts'
import { sendBill } from '../clients.ts'
import { Dice } from '../dice.ts'
import { later } from '../faults/case.ts'
import { Looking } from '../looking.ts'
import { evidenceOf, waitForRest } from '../schedule.ts'
import type { Bill } from '../world/company.ts'
import { clearAbandoned, ownFolder, Server } from '../world/server.ts'
import { World } from '../world/world.ts'
import { delayedIn } from './delays.ts'
import { Watch } from './neighbours.ts'
import { MEANINGS } from './promises.ts'
import { recovers } from './recovery.ts'
import type { Invariant, OpenCase, Start, Told } from './report.ts'
import type { Left, Marks, Scenario } from './scenario.ts'

export interface RehearsalWish {
  readonly source: string
  readonly name: string
  readonly scenario: Scenario
  readonly seed: number
  readonly bills: number
  readonly lastsMs: number
  /** Ends what was started when it is aborted. */
  readonly stop: AbortSignal
}

const EVERY_MS = 200
/** Waited for at most, so that the report can say how long it took; what is promised is less (recovery.ts). */
const REST_MS = 240_000

export async function rehearse({ source, name, scenario, seed, bills: count, lastsMs, stop }: RehearsalWish): Promise<Start> {
  await clearAbandoned()
  const server = await Server.start(source)
  const folder = ownFolder()
  const { settings, prepare } = scenario
  try {
    const world = await World.make({
      source,
      folder,
      server,
      seed,
      bills: count,
      ...(settings && { settings }),
      ...(prepare && { prepare }),
    })
    const stopped = new Promise<never>((_, fail) => {
      stop.addEventListener(
        'abort',
        () => {
          fail(new Stopped())
        },
        { once: true },
      )
    })
    try {
      return await Promise.race([played(world, scenario, { name, seed, lastsMs }), stopped])
    } finally {
      await world.end()
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

export class Stopped extends Error {}

async function played(
  world: World,
  scenario: Scenario,
  { name, seed, lastsMs }: { readonly name: string; readonly seed: number; readonly lastsMs: number },
): Promise<Start> {
  const bills = world.company.bills.filter(scenario.takes ?? (() => true))
  const looking = new Looking(world)
  const dice = new Dice(seed, name)
  const [before, meanwhile, after] = partsOf(bills, scenario.parts?.of ?? [1, 1, 1])
  const evenly = scenario.parts?.evenly ?? false
  const send = (some: readonly Bill[], withinMs: number): Promise<unknown> =>
    Promise.all(
      some.map(async (bill, at) => {
        await later(evenly ? (withinMs * at) / some.length : dice.whole(0, withinMs))
        await sendBill(world, bill, at, () => false)
      }),
    )
  await send(before, evenly ? lastsMs : 1_000)
  if (scenario.calm) await waitForRest(world, before, performance.now(), REST_MS)
  const ongoing = await scenario.begin({
    world,
    dice,
    bills: meanwhile,
    lastsMs,
    excuse: () => {
      /* nobody lies here */
    },
  })
  const watch = new Watch(world)
  const story: Told[] = []
  const begun = performance.now()
  const says = (what: string): void => {
    story.push({ afterMs: Math.round(performance.now() - begun), says: what })
  }
  const beginsAt = new Date().toISOString()
  says('It begins.')
  let seenFrom = performance.now()
  let detectedMs: number | null = null
  const sent = send(meanwhile, evenly ? lastsMs : lastsMs / 2)
  let over = false
  const course = (
    scenario.course?.({
      world,
      dice,
      bills: meanwhile,
      lastsMs,
      says,
      sent,
      countsFromHere: () => {
        seenFrom = performance.now()
      },
    }) ?? Promise.resolve(NOTHING_LEFT)
  ).finally(() => {
    over = true
  })
  const watching = (async (): Promise<void> => {
    while (performance.now() - begun < lastsMs || !over) {
      await watch.look()
      if (detectedMs === null && (await scenario.shows(world))) {
        detectedMs = Math.round(performance.now() - seenFrom)
        says('Whoever operates the hub can see it.')
      }
      await later(EVERY_MS)
    }
  })()
  const [left] = await Promise.all([course, watching])
  const cases = await openCases(world)
  await ongoing.end()
  const endsAt = new Date().toISOString()
  const ended = performance.now()
  watch.ends()
  says('It ends.')
  await world.heal()
  await sent
  await send(after, 500)
  const [recoveredMs] = await whileLooking(watch, waitForRest(world, bills, ended, REST_MS))
  says(recoveredMs === null ? 'It did not come to rest in time.' : 'Everything is at rest.')
  await looking.stop()
  const evidence = await evidenceOf(world, bills, looking, recoveredMs)
  const { invariants, findings } = judged(evidence, scenario, { beginsAt, endsAt, left })
  const answers = world.history.rows.filter((row) => row.kind === 'sent').filter(({ at }) => at >= beginsAt && at <= endsAt)
  const taken = new Set(answers.filter(({ status }) => status !== null && status < 300).map(({ about }) => about))
  return {
    findings,
    invariants,
    lastedMs: Math.round(ended - begun),
    detectedMs,
    recoveredMs,
    sent: {
      before: before.length,
      meanwhile: meanwhile.length,
      after: after.length,
      takenMeanwhile: meanwhile.filter(({ file }) => taken.has(file)).length,
      toldToComeLater: answers.filter(({ status }) => status === 429).length,
    },
    delayed: delayedIn(evidence, scenario.until, endsAt),
    stretch: evidence.stretch,
    neighbours: watch.told(evidence.books),
    cases,
    story,
  }
}

const NOTHING_LEFT: Left = new Map()

function partsOf(bills: readonly Bill[], [before, meanwhile, after]: readonly [number, number, number]): [Bill[], Bill[], Bill[]] {
  const all = before + meanwhile + after
  const part = (at: number): number => {
    const place = at % all
    return place < before ? 0 : place < before + meanwhile ? 1 : 2
  }
  return [0, 1, 2].map((wanted) => bills.filter((_, at) => part(at) === wanted)) as [Bill[], Bill[], Bill[]]
}

async function whileLooking<T>(watch: Watch, work: Promise<T>): Promise<[T]> {
  let done = false
  const result = work.finally(() => {
    done = true
  })
  while (!done) {
    await watch.look()
    await Promise.race([later(EVERY_MS), result])
  }
  await watch.look()
  return [await result]
}

/** What must hold of every run, and what this scenario promises beside it. */
function judged(
  evidence: Evidence,
  { promises = {} }: Scenario,
  marks: Marks,
): { readonly invariants: Invariant[]; readonly findings: Finding[] } {
  const usual = Object.entries(CHECKS).map(([name, check]) => ({ name, check, ...MEANINGS[name as keyof typeof CHECKS] }))
  const own = Object.entries({ recovers, ...promises }).map(([name, { means, check }]) => ({ name, check: check(marks), of: 'own', means }))
  const looked = [...own, ...usual].map(({ name, check, of, means }) => ({
    name,
    of,
    means,
    findings: check(evidence).map((violation) => ({ ...violation, check: name })),
  }))
  return {
    findings: looked.flatMap(({ findings }) => findings),
    invariants: looked.map(({ name, of, means, findings }) => ({ name, of, means, held: findings.length === 0 })),
  }
}

interface Cases {
  readonly exceptions: readonly {
    readonly id: string
    readonly cause: string
    readonly title: string
    readonly says: string
    readonly about: string
    readonly owner: string
    readonly assigned: string | null
    readonly amount: string | null
    readonly currency: string | null
  }[]
}
interface Titled {
  readonly row: { readonly title: string } | null
}

async function openCases(world: World): Promise<OpenCase[]> {
  const page = await world.ask<Cases>('/v1/exceptions?open=true&limit=200')
  return Promise.all(
    (page?.exceptions ?? []).map(async ({ id, cause, title, says, about, owner, assigned, amount, currency }) => {
      const object = await world.ask<Titled>(`/v1/objects/${about}`)
      return { id, cause, title, says, about: object?.row?.title ?? about, owner: assigned ?? owner, amount, currency }
    }),
  )
}
