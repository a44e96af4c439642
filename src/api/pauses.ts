/** `POST /v1/systems/{name}/pauses`: a person stops the calls to a system, or lets them go on. */
import { z } from 'zod'
import { systemName } from '../domain/system.ts'
import { instantOf } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { lockSystem, writePaused } from '../store/system.ts'
import { PERSON, REASON, submitted } from './answers.ts'
import { systemIn } from './configured-system.ts'
import { systemObject } from './queue.ts'
import type { Answer, Call } from './route.ts'

export const PAUSE_BODY = z.strictObject({ paused: z.boolean(), reason: REASON, person: PERSON })

export async function postPause({ context, caller, params, body }: Call<unknown, z.infer<typeof PAUSE_BODY>>): Promise<Answer> {
  const { pool, tenant } = context
  const { paused, reason, person } = body
  const { name } = systemIn(context, params['name'] ?? '')
  const { version, state } = await inTenant(pool, tenant, (client) => systemObject(client, tenant, name))
  let outcome = 'repeat'
  if ((state.paused !== null) !== paused) {
    const [receipt] = await submitted(context, 'moved-meanwhile', [
      {
        tenant,
        source: { system: 'api', role: 'person', reference: `key ${caller.name}` },
        eventId: `pause ${name} ${version}`,
        type: paused ? 'system.paused' : 'system.resumed',
        occurredAt: instantOf(context.now()),
        actor: `person:${person}`,
        about: [{ names: [systemName(name)], create: 'system' }],
        data: { system: name, reason },
      },
    ])
    outcome = receipt?.outcome ?? outcome
  }
  // After the event: delivery does what the log says. One that was cut off here is carried through when it is asked once more.
  const now = await inTenant(pool, tenant, async (client) => {
    await lockSystem(client, tenant, name)
    const { state: said } = await systemObject(client, tenant, name)
    await writePaused(client, tenant, name, said.paused !== null)
    return said.paused
  })
  return { status: 200, body: { system: name, paused: now !== null, pausedBy: now, outcome } }
}
