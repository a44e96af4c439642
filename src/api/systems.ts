/** The systems as a person asks for them: in step or behind, what waits for each, whether it answers. */
import { z } from 'zod'
import type { ApiContext } from './context.ts'
import { clearAt, type Outlook } from '../delivery/forecast.ts'
import type { Pause } from '../domain/system.ts'
import { instantOf, msOf, type Instant } from '../lib/time.ts'
import { countSteps } from '../store/cell.ts'
import { inTenant } from '../store/database.ts'
import { countEffects, type EffectCount } from '../store/effect.ts'
import { readSystem } from '../store/system.ts'
import { closedNow, systemObject } from './queue.ts'
import type { Answer, Call } from './route.ts'

export interface SystemView {
  readonly name: string
  readonly kind: string
  readonly role: string
  /** Cells of the matrix that show, or were told, what they should, and those that do not yet. */
  readonly inStep: number
  readonly behind: number
  /** Commands by their state. */
  readonly queue: { readonly [state: string]: number }
  /** Since when the oldest command that is not done is due. */
  readonly oldestDueAt: Instant | null
  readonly heardAt: Instant | null
  readonly paused: boolean
  /** Who paused it; null where nobody did. */
  readonly pausedBy: Pause | null
  /** Until when its calendar keeps it closed. */
  readonly closedUntil: Instant | null
  /** Until when it told the hub process that is asked to wait (Retry-After). */
  readonly toldToWaitUntil: Instant | null
  /** Feeds that have to be read to their ends before anything is sent to any system, after the database was set back. */
  readonly waitsForFeeds: readonly string[]
  /** When all that waits will have gone out, at the present pace; null when nothing waits or nobody can tell. */
  readonly clearAt: Instant | null
  /** `open`: it is not called at present, because it did not answer or did not let us in. */
  readonly breaker: { readonly state: 'closed' | 'open' | 'half-open'; readonly says: string | null; readonly until: Instant | null }
}

export async function getSystems({ context }: Call): Promise<Answer> {
  return { status: 200, body: { systems: await systemViews(context) } }
}

export async function systemViews(context: Pick<ApiContext, 'pool' | 'tenant' | 'systems' | 'load' | 'now'>): Promise<SystemView[]> {
  const { pool, tenant, systems } = context
  return inTenant(pool, tenant, async (client) => {
    const steps = new Map((await countSteps(client, tenant)).map((row) => [row.system, row]))
    const queues = Map.groupBy(await countEffects(client, tenant), (row) => row.target)
    const views: SystemView[] = []
    for (const { name, kind, role, windows = [] } of systems) {
      const { heardAt, paused, delivery } = await readSystem(client, tenant, name)
      const queue = queues.get(name) ?? []
      const breaker = breakerIn(delivery)
      const { perSecond = 0, toldToWaitUntil, behind: unread = [] } = context.load(name) ?? {}
      const from = Math.max(breaker.until === null ? 0 : msOf(breaker.until), toldToWaitUntil ?? 0)
      views.push({
        name,
        kind,
        role,
        inStep: steps.get(name)?.inStep ?? 0,
        behind: steps.get(name)?.behind ?? 0,
        queue: Object.fromEntries(queue.map((row) => [row.state, row.count])),
        oldestDueAt: queue.flatMap((row) => row.oldest ?? []).sort()[0] ?? null,
        heardAt,
        paused,
        pausedBy: paused ? (await systemObject(client, tenant, name)).state.paused : null,
        breaker,
        closedUntil: instantOrNull(closedNow(context, name)),
        toldToWaitUntil: instantOrNull(toldToWaitUntil),
        waitsForFeeds: unread.map((feed) => `${feed.system} ${feed.feed}`),
        clearAt: paused || unread.length > 0 ? null : forecast(queue, { perSecond, windows, from }, context.now()),
      })
    }
    return views
  })
}

function forecast(queue: readonly EffectCount[], outlook: Omit<Outlook, 'waiting'>, now: number): Instant | null {
  const waiting = queue
    .filter(({ state }) => state === 'waiting' || state === 'unknown' || state === 'open')
    .reduce((sum, { count }) => sum + count, 0)
  return waiting === 0 ? null : instantOrNull(clearAt({ ...outlook, waiting }, now))
}

const instantOrNull = (ms: number | undefined): Instant | null => (ms === undefined ? null : instantOf(Math.round(ms)))

const DELIVERY = z.object({
  breaker: z.object({ state: z.enum(['closed', 'open', 'half-open']), says: z.string().optional(), until: z.number().optional() }),
})

/** What delivery wrote down of the breaker; a system that was never called has none. */
function breakerIn(delivery: string): SystemView['breaker'] {
  const read = DELIVERY.safeParse(JSON.parse(delivery))
  if (!read.success) return { state: 'closed', says: null, until: null }
  const { state, says, until } = read.data.breaker
  return { state, says: says ?? null, until: until === undefined ? null : new Date(until).toISOString() }
}
