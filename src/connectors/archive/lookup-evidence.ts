/**
 * `GET /vaults/{vault}/deposits/{label}`: reads a pack back, whole, and hashes it here. That, and not the answer to the `PUT`, is
 * what an invoice's `archived` rests on.
 */
import { z } from 'zod'
import type { Call, Command, Observation, Reading } from '../../connector/contract.ts'
import { contentAs, okReply, pathOf } from '../../connector/json.ts'
import type { HttpReply, Reply } from '../../connector/request.ts'
import { ABSENT } from '../../domain/cell.ts'
import { aliasOf } from '../../domain/object.ts'
import { hexOf } from '../../lib/hash.ts'
import { instantOf } from '../../lib/time.ts'
import type { Setting } from './config.ts'
import { NO_EFFECT, refusalOf, refused } from './replies.ts'

const Content = z.object({ name: z.string().min(1), document: z.string(), until: z.iso.date(), covers: z.int().nonnegative() })
const Headers = z.object({
  'x-digest': z.string(),
  'x-deposit-no': z.string().min(1).max(200),
  'x-keep-till': z.iso.date(),
  'x-stowed-at': z.iso.datetime({ offset: true }),
})

export function lookupEvidence(setting: Setting): Command {
  return {
    class: 'K2',
    timeoutMs: setting.config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }) => ({
      transport: 'http',
      method: 'GET',
      path: pathOf('vaults', setting.config.vault, 'deposits', contentAs(content, Content).name),
      headers: { accept: '*/*' },
    }),
    read: (reply, call) => reading(setting, reply, call),
  }
}

function reading(setting: Setting, reply: Reply, call: Call): Reading {
  const { name } = contentAs(call.input.content, Content)
  const code = refusalOf(reply)?.code
  // "404 AX-40 no such label", "410 AX-43 shredded": an answer is given, and it is that there is nothing.
  if (code === 'AX-40' || code === 'AX-43') {
    return { outcome: { kind: 'done', receipt: { reference: name, found: false } }, observations: [absent(setting, call)] }
  }
  const ok = okReply(reply)
  return ok ? held(setting, ok, call) : { outcome: refused(reply), observations: [] }
}

function held({ system, sha256 }: Setting, { body, headers }: HttpReply, call: Call): Reading {
  const { name, document, until, covers } = contentAs(call.input.content, Content)
  const read = Headers.safeParse(headers)
  if (!read.success)
    return { outcome: { kind: 'unclear', says: 'The bytes came without number, day and time of the deposit.' }, observations: [] }
  const { 'x-digest': digest, 'x-deposit-no': depositNo, 'x-keep-till': keepTill, 'x-stowed-at': stowedAt } = read.data
  if (digest !== document)
    return {
      outcome: { kind: 'other', says: `${name} holds bytes with digest ${digest}, not ${document}.`, reference: depositNo },
      observations: [],
    }
  if (hexOf(sha256(body)) !== digest)
    return { outcome: { kind: 'unclear', says: `The bytes that came for ${name} are not those of its digest.` }, observations: [] }
  if (keepTill < until)
    return {
      outcome: { kind: 'other', says: `${name} is kept till ${keepTill} only, not ${until}.`, reference: depositNo },
      observations: [],
    }
  const observation: Observation = {
    // A restored archive gives its numbers anew.
    eventId: `deposit|${depositNo}|${document}|${stowedAt}|${keepTill}`,
    type: 'evidence.archived',
    occurredAt: instantOf(Date.parse(stowedAt)),
    readBack: true,
    reference: depositNo,
    // Offered: a number is the archive's to give, and says nothing of what it is the number of.
    about: [{ names: [call.object], offers: [aliasOf(system, 'deposit', depositNo)] }],
    data: { archive: system, document, until: keepTill, covers },
  }
  return { outcome: { kind: 'done', receipt: { reference: depositNo } }, observations: [observation] }
}

function absent({ system }: Setting, call: Call): Observation {
  return {
    eventId: `lookup|${call.object}|evidence ${call.occurrence}|${call.at}`,
    type: 'status.reported',
    occurredAt: call.at,
    about: [{ names: [call.object] }],
    data: { system, facet: 'evidence', word: ABSENT },
  }
}
