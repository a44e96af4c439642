import { z } from 'zod'
import type { Call, Observation, Reading } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { ABSENT } from '../../domain/cell.ts'
import type { Setting } from './config.ts'
import { documentFacts } from './document-facts.ts'
import { answerIn, NO_EFFECT, nothing, refusalOf, type Lookup } from './replies.ts'
import { Document } from './wire.ts'

const Content = z.object({ question: z.string(), postingNo: z.string() })

/**
 * `GET /documents/{docNo}`, by its number and so never behind. A reply to a posting may have named a number that the ERP does
 * not hold (it lost it), or that is somebody else's: then the invoice that was asked about is told that it is absent.
 */
export function lookupPosting(setting: Setting): Lookup {
  return {
    class: 'K2',
    timeoutMs: setting.config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }) => getJson(pathOf('documents', contentAs(content, Content).postingNo)),
    read: (reply, call) => reading(setting, reply, call),
  }
}

function reading(setting: Setting, reply: Reply, call: Call): Reading {
  const { postingNo } = contentAs(call.input.content, Content)
  if (refusalOf(reply)?.status === 404)
    return {
      outcome: { kind: 'done', receipt: { reference: postingNo, found: false } },
      observations: [absent(setting, call)],
    }
  const read = answerIn(reply, Document)
  if ('outcome' in read) return nothing(read.outcome)
  const document = read.value
  if (document.docNo !== postingNo) return nothing({ kind: 'unclear', says: `It answered with ${document.docNo}, asked for ${postingNo}.` })
  const others = document.extRef !== call.object
  return {
    outcome: { kind: 'done', receipt: { reference: postingNo } },
    observations: [...documentFacts(setting, document), ...(others ? [absent(setting, call)] : [])],
  }
}

function absent({ system }: Setting, call: Call): Observation {
  return {
    eventId: `lookup|${call.object}|posting ${call.occurrence}|${call.at}`,
    type: 'status.reported',
    occurredAt: call.at,
    about: [{ names: [call.object] }],
    data: { system, facet: 'posting', word: ABSENT, of: call.occurrence },
  }
}
