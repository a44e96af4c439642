/** `/v1/systems/{name}/sweeps`: somebody wants to know whether a system still holds what it was told; how far that is, and what it came to. */
import { z } from 'zod'
import { inTenant } from '../store/database.ts'
import type { Swept } from '../watch/sweep.ts'
import type { SweepView } from './context.ts'
import { systemIn } from './configured-system.ts'
import { systemObject } from './queue.ts'
import type { Answer, Call } from './route.ts'

export const SWEEP_BODY = z.strictObject({
  /** All that it holds, and its feeds from the beginning; else only what it was told and has not shown. */
  full: z.boolean().default(false),
})

/** One at a time per system: while one is under way, this tells of it. */
export function postSweep({ context, params, body }: Call<unknown, z.infer<typeof SWEEP_BODY>>): Promise<Answer> {
  const { name } = systemIn(context, params['name'] ?? '')
  const running = context.sweep(name, body.full)
  return Promise.resolve({
    status: 202,
    headers: { location: `/v1/systems/${encodeURIComponent(name)}/sweeps` },
    body: { system: name, running, last: null },
  })
}

export async function getSweeps({ context, params }: Call): Promise<Answer> {
  const { pool, tenant } = context
  const { name } = systemIn(context, params['name'] ?? '')
  const { running, last } = context.sweeping(name)
  const { state } = await inTenant(pool, tenant, (client) => systemObject(client, tenant, name))
  // A full one stands in the log, whichever process made it; another is remembered by the process that made it.
  const { at, system: _system, ...kept } = state.swept ?? { at: '' }
  return {
    status: 200,
    body: { system: name, running, last: last && last.endedAt >= at ? last : at === '' ? null : { ...kept, endedAt: at } },
  }
}

/** What is shown of a sweep, under way or over. */
export const sweepView = (startedAt: string, { feeds, examples, ...counts }: Swept): SweepView => ({
  startedAt,
  ...counts,
  facts: feeds.reduce((sum, feed) => sum + feed.facts, 0),
  retold: feeds.reduce((sum, feed) => sum + feed.retold, 0),
  examples: examples.slice(0, 100),
})
