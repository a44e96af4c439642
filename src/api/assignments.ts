/** `POST /v1/exceptions/{id}/assignments`: a person gives a case to another team. */
import { z } from 'zod'
import { OWNER_TEAMS } from '../domain/exception-causes.ts'
import { Fault } from '../lib/fault.ts'
import { instantOf } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { PERSON, submitted } from './answers.ts'
import { readCase } from './exceptions.ts'
import type { Answer, Call } from './route.ts'

export const ASSIGNMENT_BODY = z.strictObject({
  to: z.enum(OWNER_TEAMS),
  person: PERSON,
  /** The version of the case that was looked at. */
  version: z.int().min(1),
})

export async function postAssignment({ context, caller, params, body }: Call<unknown, z.infer<typeof ASSIGNMENT_BODY>>): Promise<Answer> {
  const { pool, tenant } = context
  const { to, person, version } = body
  const { record, state } = await inTenant(pool, tenant, (client) => readCase(client, tenant, params['id'] ?? ''))
  const told = (outcome: string): Answer => ({ status: 200, body: { exception: record.id, to, person, outcome } })
  // Also when the reply to the very same request was lost: it is where it was to go.
  if (state.open && (state.assigned ?? state.owner) === to) return told('repeat')
  if (!state.open) throw new Fault('exception-moved', 'It is closed.')
  if (version !== record.version) throw new Fault('exception-moved', `It is at version ${record.version}.`)
  const [receipt] = await submitted(context, 'exception-moved', [
    {
      tenant,
      source: { system: 'api', role: 'person', reference: `key ${caller.name}` },
      eventId: `assignment ${record.id} ${record.version}`,
      type: 'exception.assigned',
      occurredAt: instantOf(context.now()),
      actor: `person:${person}`,
      about: [{ names: [record.id] }, { names: [state.about] }],
      correlation: state.about,
      data: { exception: record.id, owner: to },
    },
  ])
  return told(receipt?.outcome ?? 'repeat')
}
