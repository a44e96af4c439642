/** `/v1/tie-outs`: the hub against the ERP and the AP tool, asked for by a person, kept and listed. */
import { z } from 'zod'
import { through } from '../access/scopes.ts'
import type { TieOutMade } from '../export/tie-out.ts'
import type { TieOutRun } from '../export/tie-outs.ts'
import { Fault } from '../lib/fault.ts'
import { isCalendarDate } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { listObjects } from '../store/list-row.ts'
import { PERSON } from './answers.ts'
import { cursorOf, placeIn } from './objects.ts'
import { problemOf } from './problem.ts'
import { PAGE, type Answer, type Call } from './route.ts'

const day = z.string().refine(isCalendarDate, 'is no calendar date YYYY-MM-DD')

export const TIE_OUT_BODY = z.strictObject({
  entity: z.string().min(1, 'is empty').max(200, 'is longer than 200'),
  asOf: day,
  /** The first day of the period; the first of the month of `asOf` unless said. */
  from: day.optional(),
  person: PERSON,
  /** False: the answer does not wait for the systems; `GET /v1/tie-outs/runs/{id}` tells how far it is. */
  wait: z.boolean().default(true),
})

/** Differences in the answer; the document has all. */
const LIMIT_SAID = 1_000

export async function postTieOut({ context, caller, body }: Call<unknown, z.infer<typeof TIE_OUT_BODY>>): Promise<Answer> {
  const run = await context.tieOuts.start({
    entity: body.entity,
    from: body.from,
    to: body.asOf,
    by: through(`person:${body.person}`, caller),
  })
  if (!body.wait) return { status: 202, headers: { location: `/v1/tie-outs/runs/${run.id}` }, body: runBody(run, '') }
  const made = await run.over
  return { status: 200, headers: { location: `/v1/documents/${made.document}` }, body: madeBody(made) }
}

export function getTieOutRun({ context, params, requestId }: Call): Answer {
  const run = context.tieOuts.find(params['id'] ?? '')
  if (!run) throw new Fault('not-found', 'This process knows no such run: what was made stands in GET /v1/tie-outs.')
  return { status: 200, body: runBody(run, requestId) }
}

function madeBody({ differences, ...made }: TieOutMade): object {
  return { ...made, differenceCount: differences.length, differences: differences.slice(0, LIMIT_SAID) }
}

function runBody({ over: _over, ended, progress, ...run }: TieOutRun, requestId: string): object {
  const made = ended && 'made' in ended ? madeBody(ended.made) : null
  return { ...run, ...progress, made, problem: ended && 'fault' in ended ? problemOf(ended.fault, requestId) : null }
}

export const TIE_OUTS_QUERY = z.strictObject({ ...PAGE })

export async function getTieOuts({ context, query }: Call<z.infer<typeof TIE_OUTS_QUERY>>): Promise<Answer> {
  const place = query.after === undefined ? null : placeIn(query.after, 'newest')
  const page = await inTenant(context.pool, context.tenant, (client) =>
    listObjects(client, context.tenant, { kind: 'tie-out', limit: query.limit }, 'newest', place),
  )
  return {
    status: 200,
    body: {
      tieOuts: page.rows.map(({ object, entity, dueOn, open, since }) => ({ id: object, entity, asOf: dueOn, ties: !open, madeAt: since })),
      next: page.next && cursorOf(page.next, 'newest'),
    },
  }
}
