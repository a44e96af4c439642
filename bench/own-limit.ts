/** A system that takes so many calls a second and no more, while 10,000 wait for it: how well that is used, and how well the end is foretold. */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemViews } from '../src/api/systems.ts'
import type { ModelTarget } from '../src/connector/kit/model-target.ts'
import { msOf } from '../src/lib/time.ts'
import { type Hub, invoice, TENANT } from '../test/delivery-world.ts'
import { erp, eventually, many, round1, type Stage } from './delivery-stage.ts'
import type { Row } from './ingest.ts'

const limited = (calls: number) => ({ concurrency: 8, rate: { calls, perMs: 1_000 } })

/** Five calls a second for a minute; what is due first goes first. */
export async function ownLimit(stage: Stage): Promise<Row[]> {
  const waiting = many(10_000)
  const minute = 60_000
  const target = await stage.target({ knows: 'none' })
  // 7 has no common divisor with 10,000: every rank of due date comes once, in no order.
  const rank = (n: number): number => (n * 7) % waiting
  const dueOn = (n: number): string => new Date(Date.UTC(2026, 2, 1) + rank(n) * 86_400_000).toISOString().slice(0, 10)
  await stage.submitted(Array.from({ length: waiting }, (_, n) => invoice(n, 'erp', { dueOn: dueOn(n), amount: `${rank(n)}.00` })))
  const limits = limited(5)
  const hub = await stage.hub([erp(target, { limits })])
  await eventually(() => target.calls.some(({ line }) => line === 'POST /entries'), 30_000)
  const from = Date.now()
  const readings: Reading[] = []
  while (Date.now() < from + minute) {
    readings.push(...(await shown(hub, limits)))
    await sleep(Math.min(1_000, from + minute - Date.now()))
  }
  const calls = target.calls.filter(({ at }) => at >= from && at < from + minute)
  const worst = Math.max(...calls.map(({ at }) => calls.filter((other) => other.at >= at && other.at < at + 1_000).length))
  const ranks = target.booked.map(({ amount }) => Number(amount.split('.')[0])).slice(0, 250)
  const misplaced = ranks.filter((of) => of >= 250 + 8).length
  // Five come at once: over less than 20 s the second in which a reading falls is much of what is compared.
  const off = offOf(readings, target, 20_000)
  return [
    {
      what: `a limit of 5 calls/s with ${waiting} waiting: used`,
      value: round1((calls.length / (minute / 1_000) / 5) * 100),
      unit: '%',
      target: 95,
    },
    { what: '  most calls within any second', value: worst, unit: 'calls', target: 5 },
    { what: '  of the first 250 not among those due first', value: misplaced, unit: 'postings', target: 0 },
    {
      what: `  forecast shown: time for those that went out by the minute's end, worst of ${off.length}`,
      ...offBy(off),
      beside: `their share of the time foretold for all, against what they took, at each second until 20 s before the end; median ${median(off)} %`,
    },
  ]
}

/** The same to its end, at a limit under which 10,000 are through in a minute: when it says that all will be done, against when it was. */
export async function forecast(stage: Stage): Promise<Row[]> {
  const waiting = many(10_000)
  const target = await stage.target({ knows: 'none' })
  await stage.submitted(Array.from({ length: waiting }, (_, n) => invoice(n, 'erp')))
  const limits = limited(150)
  const hub = await stage.hub([erp(target, { limits })])
  const readings: Reading[] = []
  for (const start = Date.now(); target.booked.length < waiting; await sleep(1_000)) {
    readings.push(...(await shown(hub, limits)))
    if (Date.now() > start + 105_000) throw new Error(`only ${target.booked.length} of ${waiting} were out after 105 s`)
  }
  const off = offOf(readings, target, 5_000)
  return [
    {
      what: `forecast shown of when ${waiting} that wait for 150 calls/s are done, worst of ${off.length}`,
      ...offBy(off),
      beside: `of the time left, at each second until 5 s before the end; median ${median(off)} %`,
    },
  ]
}

/** At an instant (ms since 1970): how many wait, and when it says that they will have gone out. */
interface Reading {
  readonly at: number
  readonly waiting: number
  readonly clear: number
}

/** What `GET /v1/systems` answers and `tieout systems` shows. Nothing while nothing is foretold. */
async function shown(hub: Hub, { concurrency, rate }: ReturnType<typeof limited>): Promise<Reading[]> {
  const at = Date.now()
  const [stats] = hub.delivery.stats()
  const [view] = await systemViews({
    pool: hub.pool,
    tenant: TENANT,
    systems: [{ name: 'erp', kind: 'model', role: 'erp' }],
    load: () => stats && { ...stats, concurrency, perMs: rate.perMs },
    now: () => at,
  })
  if (!view?.clearAt) return []
  const { waiting = 0, open = 0, unknown = 0 } = view.queue
  return [{ at, waiting: waiting + open + unknown, clear: msOf(view.clearAt) }]
}

/**
 * How far off each reading was, in per cent: of those that waited, so many were in the system's own books at the end. The same share of the
 * time that was foretold for all is compared with the time that these took. Where all were out, that is the forecast itself.
 */
function offOf(readings: readonly Reading[], target: ModelTarget, leastMs: number): number[] {
  const bookedAt = target.booked.map(({ at }) => Date.parse(at ?? ''))
  const end = bookedAt.at(-1) ?? NaN
  const compared = readings.filter(({ at }) => end - at >= leastMs)
  if (compared.length === 0) throw new Error('nothing was foretold')
  return compared.map(({ at, waiting, clear }) => {
    const out = bookedAt.filter((booked) => booked > at).length
    return Math.abs(((clear - at) * (out / waiting)) / (end - at) - 1) * 100
  })
}

const offBy = (off: readonly number[]) => ({ value: round1(Math.max(...off)), unit: '% off', target: 20 })
const median = (off: readonly number[]): number => round1(off.toSorted((a, b) => a - b)[off.length >> 1] ?? NaN)
