/** `/v1/accruals`: what was posted in a later period than it belongs into, until a person has booked the accrual. */
import { z } from 'zod'
import { through } from '../access/scopes.ts'
import type { AccrualState } from '../domain/accrual.ts'
import { UNDER_WAY, type EffectRow } from '../domain/effect.ts'
import type { ObjectRecord } from '../domain/object.ts'
import { Fault } from '../lib/fault.ts'
import { instantOf } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { effectsOf } from '../store/effect.ts'
import { listObjects } from '../store/list-row.ts'
import { readObjects } from '../store/object.ts'
import { PERSON, submitted } from './answers.ts'
import { cursorOf, placeIn } from './objects.ts'
import { PAGE, YES_NO, type Answer, type Call } from './route.ts'

export const ACCRUALS_QUERY = z.strictObject({ open: YES_NO.default(true), ...PAGE })
export const BOOKING_BODY = z.strictObject({
  /** The ERP's number of what was booked. */
  document: z.string().trim().min(1, 'is empty').max(100, 'is longer than 100'),
  person: PERSON,
})

export async function getAccruals({ context, query }: Call<z.infer<typeof ACCRUALS_QUERY>>): Promise<Answer> {
  const { pool, tenant } = context
  const place = query.after === undefined ? null : placeIn(query.after, 'newest')
  return inTenant(pool, tenant, async (client) => {
    const page = await listObjects(client, tenant, { kind: 'accrual', open: query.open, limit: query.limit }, 'newest', place)
    const records = await readObjects(
      client,
      tenant,
      page.rows.map(({ object }) => object),
      false,
    )
    const accruals = page.rows.flatMap(({ object }) => {
      const record = records.get(object)
      return record ? [accrualOf(record)] : []
    })
    return { status: 200, body: { accruals, next: page.next && cursorOf(page.next, 'newest') } }
  })
}

/** Said once more under the same number it changes nothing. */
export async function postBooking({ context, caller, params, body }: Call<unknown, z.infer<typeof BOOKING_BODY>>): Promise<Answer> {
  const { pool, tenant } = context
  const id = params['id'] ?? ''
  const { record, early } = await inTenant(pool, tenant, async (client) => {
    const record = (await readObjects(client, tenant, [id], false)).get(id)
    const listed = record?.kind === 'accrual' ? (record.state as unknown as AccrualState).listed : null
    return {
      record,
      early: listed ? (await effectsOf(client, tenant, listed.invoice)).some((effect) => isEarly(effect, listed.on)) : false,
    }
  })
  if (record?.kind !== 'accrual') throw new Fault('not-found', 'There is no such accrual.')
  const { listed, booked, dropped } = record.state as unknown as AccrualState
  if (booked && booked.document !== body.document) throw new Fault('moved-meanwhile', `It is booked as ${booked.document}.`)
  if (booked) return { status: 200, body: { accrual: id, document: booked.document, outcome: 'repeat' } }
  if (dropped) throw new Fault('moved-meanwhile', `It was taken off the list: ${dropped.reason}.`)
  if (early)
    throw new Fault(
      'moved-meanwhile',
      `A posting of it on an earlier day than ${listed?.on} was under way when period ${listed?.period} was closed, and nobody knows yet whether the ERP made it. Book the accrual when that is known and it is still on the list.`,
    )
  const [receipt] = await submitted(context, 'moved-meanwhile', [
    {
      tenant,
      source: { system: 'api', role: 'person', reference: `key ${caller.name}` },
      eventId: `accrual ${id} ${record.version}`,
      type: 'accrual.booked',
      occurredAt: instantOf(context.now()),
      actor: through(`person:${body.person}`, caller),
      about: [{ names: [id] }],
      data: { document: body.document },
    },
  ])
  return { status: 200, body: { accrual: id, document: body.document, outcome: receipt?.outcome ?? 'repeat' } }
}

/** A posting that was sent before it was put on another day, and may have been made. */
const isEarly = ({ command, state, content }: EffectRow, on: string): boolean =>
  command === 'invoice.post' && UNDER_WAY.has(state) && String((JSON.parse(content) as { postedOn?: unknown }).postedOn) < on

function accrualOf({ id, state }: ObjectRecord): object {
  const { listed, booked, dropped } = state as unknown as AccrualState
  const { at, ...said } = listed ?? { at: '' }
  return { id, ...said, listedAt: at, booked, dropped }
}
