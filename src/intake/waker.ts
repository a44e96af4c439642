/**
 * Wakes objects outside the commits that cause it: those whose time has come, those who wait for news, in slices, tenant by
 * tenant. Everything it goes by stands in the database: what one process leaves undone another one does. Also tells of facts
 * that nobody has bound for too long.
 */
import { instantOf, type Clock, type Instant } from '../lib/time.ts'
import { inTenant, tenants, type Pool } from '../store/database.ts'
import { interested, newsDone, newsMoved, oldestNews } from '../store/interest.ts'
import { dueObjects } from '../store/object.ts'
import { noticeParked, overdueParked, type Parked } from '../store/unbound.ts'

/** Objects judged in one go. */
const SLICE = 500
/** Rows of news looked at in one go. */
const NEWS = 100

export interface WakerOptions {
  readonly pool: Pool
  /** The batcher's: resolves when they have been judged, durably. */
  readonly nudge: (tenant: string, objects: readonly string[]) => Promise<void>
  readonly clock: Clock
  /** How often it looks by itself; a hint only spares the wait. */
  readonly everyMs?: number
  /** How long a fact may wait for a name before somebody is told. */
  readonly unboundGraceMs?: number
  /** Tells somebody of facts that wait for a name too long. They count as told when it resolves. */
  readonly onUnbound?: (tenant: string, facts: readonly (Parked & { readonly since: Instant })[]) => Promise<void>
  /** Trouble of a round; the next one comes all the same. */
  readonly onTrouble?: (error: unknown) => void
}

export interface Waker {
  /** There is something to do now. */
  hint(): void
  /** One round over all tenants; the number of objects that were judged again. */
  round(): Promise<number>
  stop(): Promise<void>
}

export function startWaker(options: WakerOptions): Waker {
  const { everyMs = 1_000, onTrouble = (): void => {} } = options
  let stopped = false
  let hinted = false
  let wake = (): void => {}

  async function loop(): Promise<void> {
    while (!stopped) {
      hinted = false
      await roundOver(options, () => stopped).catch(onTrouble)
      if (stopped || hinted) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  const running = loop()
  return {
    hint() {
      hinted = true
      wake()
    },
    round: () => roundOver(options, () => false),
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}

async function roundOver(options: WakerOptions, stopped: () => boolean): Promise<number> {
  let woken = 0
  for (const tenant of await tenants(options.pool)) {
    // One slice of each kind in turn: a tenant with much to do does not keep the others waiting for long.
    for (let more = true, slices = 0; more && !stopped() && slices < 20; slices++) {
      const counts = [await wakeDue(options, tenant), await wakeInterested(options, tenant)]
      woken += counts[0]! + counts[1]!
      more = counts.some((count) => count > 0)
    }
    if (!stopped()) await tellUnbound(options, tenant)
  }
  return woken
}

async function wakeDue({ pool, nudge, clock }: WakerOptions, tenant: string): Promise<number> {
  const ids = await inTenant(pool, tenant, (client) => dueObjects(client, tenant, instantOf(clock()), SLICE))
  if (ids.length > 0) await nudge(tenant, ids)
  return ids.length
}

/**
 * A slice of those who wait for the oldest news, in one go: one piece of news at a time, a company whose master data come in while
 * a thousand invoices wait is served four of them a second. News is done with only after they have been judged.
 */
async function wakeInterested({ pool, nudge }: WakerOptions, tenant: string): Promise<number> {
  const { news, waiting } = await inTenant(pool, tenant, async (client) => {
    const news = await oldestNews(client, tenant, NEWS)
    return { news, waiting: news.length === 0 ? [] : await interested(client, tenant, news, SLICE) }
  })
  const [first, last] = [news[0], waiting[0]?.at(-1)]
  if (!first) return 0
  const woken = new Set<string>()
  const done = news.filter((_, at) => {
    // What may have more than a slice of its own comes first next time.
    if (at > 0 && woken.size + waiting[at]!.length >= SLICE) return false
    for (const object of waiting[at]!) woken.add(object)
    return true
  })
  if (woken.size > 0) await nudge(tenant, [...woken])
  const half = waiting[0]!.length === SLICE && last !== undefined
  await inTenant(pool, tenant, (client) => (half ? newsMoved(client, tenant, first, last) : newsDone(client, tenant, done)))
  return Math.max(1, woken.size)
}

async function tellUnbound({ pool, clock, unboundGraceMs = 300_000, onUnbound }: WakerOptions, tenant: string): Promise<void> {
  if (!onUnbound) return
  const before = instantOf(clock() - unboundGraceMs)
  const facts = await inTenant(pool, tenant, (client) => overdueParked(client, tenant, before, SLICE))
  if (facts.length === 0) return
  await onUnbound(tenant, facts)
  await inTenant(pool, tenant, (client) =>
    noticeParked(
      client,
      tenant,
      facts.map((fact) => fact.index),
    ),
  )
}
