/** `POST /v1/exceptions/{id}/withdrawals`: whoever said what waits for another person takes it back. */
import { z } from 'zod'
import { Fault } from '../lib/fault.ts'
import { inTenant } from '../store/database.ts'
import { PERSON, REASON, spokenBy, submitted } from './answers.ts'
import { readCase } from './exceptions.ts'
import type { Answer, Call } from './route.ts'

export const WITHDRAWAL_BODY = z.strictObject({
  reason: REASON,
  person: PERSON,
  /** The version of the case that was looked at. */
  version: z.int().min(1),
})

export async function postWithdrawal(call: Call<unknown, z.infer<typeof WITHDRAWAL_BODY>>): Promise<Answer> {
  const { context, params, body } = call
  const { pool, tenant } = context
  const read = await inTenant(pool, tenant, (client) => readCase(client, tenant, params['id'] ?? ''))
  const { record, state } = read
  if (!state.said) throw new Fault('exception-moved', 'Nothing that anybody said of it waits for another person.')
  if (state.said.person !== `person:${body.person}`) {
    throw new Fault(
      'answer-not-taken',
      'Only who said it takes it back. Whoever thinks otherwise says another answer, which sets it aside.',
    )
  }
  if (body.version !== record.version) throw new Fault('exception-moved', `It is at version ${record.version}.`)
  const [receipt] = await submitted(context, 'exception-moved', [
    {
      ...spokenBy(call, read),
      type: 'exception.unsaid',
      data: { exception: record.id, word: state.said.event, reason: body.reason },
    },
  ])
  return {
    status: 200,
    body: { exception: record.id, action: state.said.action, person: body.person, outcome: receipt?.outcome ?? 'repeat' },
  }
}
