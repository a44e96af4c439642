/** `POST /v1/cut-overs`: a file of open items, kept before as evidence, taken over against the ERP's balance. */
import { z } from 'zod'
import { through } from '../access/scopes.ts'
import { readOpenItems } from '../formats/open-items/open-items.ts'
import { Fault } from '../lib/fault.ts'
import { isCalendarDate } from '../lib/time.ts'
import { inTenant } from '../store/database.ts'
import { readDocument } from '../store/document.ts'
import { PERSON } from './answers.ts'
import type { Answer, Call } from './route.ts'

export const CUT_OVER_BODY = z
  .strictObject({
    entity: z.string().min(1, 'is empty').max(200, 'is longer than 200'),
    asOf: z.string().refine(isCalendarDate, 'is no calendar date YYYY-MM-DD'),
    document: z.string().regex(/^[0-9a-f]{64}$/u, 'is no SHA-256 in lower-case hex'),
    person: PERSON,
    second: PERSON,
    /** The ERP's balances as these two state them; without it the ERP is asked. */
    balances: z
      .array(
        z.strictObject({
          account: z.string().min(1, 'is empty').max(140, 'is longer than 140'),
          currency: z.string().regex(/^[A-Z]{3}$/u, 'is not three capital letters'),
          amount: z.string().regex(/^-?\d{1,18}(\.\d{1,6})?$/u, 'is no decimal text such as "119.00"'),
        }),
      )
      .min(1, 'is empty')
      .max(200, 'has more than 200 members')
      .optional(),
  })
  .refine(({ person, second }) => person !== second, { path: ['second'], message: 'is the same person: two different ones sign' })

export async function postCutOver({ context, caller, body }: Call<unknown, z.infer<typeof CUT_OVER_BODY>>): Promise<Answer> {
  const { pool, tenant } = context
  const { entity, asOf, document, person, second, balances } = body
  const kept = await inTenant(pool, tenant, (client) => readDocument(client, tenant, document))
  if (!kept) throw new Fault('not-found', 'No document is kept under this SHA-256: send the file to POST /v1/documents?as=evidence first.')
  const read = readOpenItems(kept.bytes)
  if ('problems' in read) throw new Fault('request-not-valid', read.problems.map(({ line, says }) => `Line ${line}: ${says}.`).join(' '))
  const made = await context.cutOver({
    entity,
    on: asOf,
    items: read.items,
    document,
    balances,
    by: through(`person:${person}`, caller),
    second: `person:${second}`,
  })
  return { status: 200, body: made }
}
