/** `/v1/tie-outs`: the hub against the ERP and the AP tool, asked for by a person, kept and listed. */
import { z } from 'zod'
import { through } from '../access/scopes.ts'
import { isCalendarDate } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { listObjects } from '../store/list-row.ts'
import { PERSON } from './answers.ts'
import { cursorOf, placeIn } from './objects.ts'
import { PAGE, type Answer, type Call } from './route.ts'

const day = z.string().refine(isCalendarDate, 'is no calendar date YYYY-MM-DD')

export const TIE_OUT_BODY = z.strictObject({
  entity: z.string().min(1, 'is empty').max(200, 'is longer than 200'),
  asOf: day,
  /** The first day of the period; the first of the month of `asOf` unless said. */
  from: day.optional(),
  person: PERSON,
})

/** Differences in the answer; the document has all. */
const LIMIT_SAID = 1_000

export async function postTieOut({ context, caller, body }: Call<unknown, z.infer<typeof TIE_OUT_BODY>>): Promise<Answer> {
  const { differences, ...made } = await context.tieOut({
    entity: body.entity,
    from: body.from,
    to: body.asOf,
    by: through(`person:${body.person}`, caller),
  })
  return {
    status: 200,
    headers: { location: `/v1/documents/${made.document}` },
    body: { ...made, differenceCount: differences.length, differences: differences.slice(0, LIMIT_SAID) },
  }
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
