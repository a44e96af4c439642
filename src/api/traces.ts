/** `GET /v1/trace/{id}`: everything about one object. */
import { z } from 'zod'
import { traceOf } from '../export/trace.ts'
import { Fault } from '../lib/fault.ts'
import { inTenant } from '../store/database.ts'
import type { Answer, Call } from './route.ts'

export const TRACE_QUERY = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'is a number up to 5000')
    .transform(Number)
    .pipe(z.number().min(1).max(5_000))
    .default(500),
})

export async function getTrace({ context: { pool, tenant }, params, query }: Call<z.infer<typeof TRACE_QUERY>>): Promise<Answer> {
  const traced = await inTenant(pool, tenant, (client) => traceOf(client, tenant, params['id'] ?? '', { limit: query.limit }))
  switch (traced.found) {
    case 'one':
      return { status: 200, body: traced.trace }
    case 'several':
      return { status: 300, body: { asked: traced.asked, candidates: traced.candidates } }
    case 'none':
      throw new Fault('not-found', 'No system that we know calls anything by this id.')
  }
}
