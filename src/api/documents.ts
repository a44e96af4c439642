/** Documents in and out: bytes under their SHA-256. What comes out is never shown by a browser, whatever it is. */
import { z } from 'zod'
import { through } from '../access/scopes.ts'
import { readDocument } from '../store/document.ts'
import { inTenant } from '../store/database.ts'
import { Fault } from '../lib/fault.ts'
import { mediaTypeOf } from './cloud-events.ts'
import { problemOf } from './problem.ts'
import type { Answer, Call } from './route.ts'

export const DOCUMENT_QUERY = z.strictObject({
  /** The file's name, for people. */
  name: z.string().max(200, 'is longer than 200').optional(),
  as: z.enum(['invoice', 'evidence'], 'is invoice or evidence').default('invoice'),
})

const API_ACTOR = 'system:api'

/**
 * `as=invoice`: the document is read and becomes an invoice per invoice in it; one that cannot be read is kept and becomes a
 * case for a person, and the sender gets 422. `as=evidence`: it is only kept, for events that name it.
 */
export async function postDocument({
  context,
  caller,
  query,
  body,
  headers,
  requestId,
}: Call<z.infer<typeof DOCUMENT_QUERY>, Uint8Array>): Promise<Answer> {
  const { type } = mediaTypeOf(headers['content-type'] ?? '')
  if (body.length === 0) throw new Fault('request-not-valid', 'The body is empty.')
  if (query.as === 'evidence') return answer(200, await context.keep(body, type), { received: [] })
  const by = through(API_ACTOR, caller)
  const { document, received, refused } = await context.capture({ bytes: body, mediaType: type, fileName: query.name ?? '', by })
  if (!refused) return answer(200, document, { received })
  const problem = problemOf(new Fault('document-not-read', refused.says), requestId)
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', location: `/v1/documents/${document}` },
    body: { ...problem, document, refused },
  }
}

const answer = (status: number, document: string, more: object): Answer => ({
  status,
  headers: { location: `/v1/documents/${document}` },
  body: { document, ...more },
})

/** Of what was kept, the types under which it is given back; anything else is bytes. */
const SHOWN: { readonly [type: string]: { readonly type: string; readonly ending: string } } = {
  'application/xml': { type: 'application/xml', ending: 'xml' },
  'text/xml': { type: 'application/xml', ending: 'xml' },
  'application/pdf': { type: 'application/pdf', ending: 'pdf' },
}

export async function getDocument({ context, params }: Call): Promise<Answer> {
  const sha256 = params['sha256'] ?? ''
  const stored = /^[0-9a-f]{64}$/u.test(sha256)
    ? await inTenant(context.pool, context.tenant, (client) => readDocument(client, context.tenant, sha256))
    : undefined
  if (!stored) throw new Fault('not-found', 'No document is kept under this SHA-256.')
  const { type, ending } = SHOWN[stored.mediaType] ?? { type: 'application/octet-stream', ending: 'bin' }
  return {
    status: 200,
    headers: { 'content-type': type, 'content-disposition': `attachment; filename="${sha256}.${ending}"` },
    body: stored.bytes,
  }
}
