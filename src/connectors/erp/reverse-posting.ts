/**
 * `POST /documents/{docNo}/storno`: reverses a booked document, for two persons. A document has one storno, so twice is refused;
 * after an unknown outcome the document itself is asked.
 */
import { z } from 'zod'
import type { Call, Command, Found } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { reversed } from './document-facts.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { Document } from './wire.ts'

const Content = z.object({
  posting: z.string(),
  reason: z.string(),
  requestedBy: z.string(),
  agreedBy: z.string(),
  reversedOn: z.string().optional(),
})
const Reversed = z.object({ docNo: z.string(), stornoDocNo: z.string() })
/** "reason ≤ 60 characters"; "extRef ≤ 60 characters", a key is a hash, any part of it will do. */
const LENGTH = 60

export function reversePosting(setting: Setting): Command {
  const { config } = setting
  return {
    class: 'K3',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }, key) => {
      const { posting, reason, requestedBy, agreedBy, reversedOn } = contentAs(content, Content)
      return sendJson('POST', pathOf('documents', posting, 'storno'), {
        reason: reason.slice(0, LENGTH).toWellFormed() || 'reversed',
        requestedBy,
        agreedBy,
        extRef: key.slice(-LENGTH),
        // Without a day the system takes today's, whichever period that is in.
        ...(reversedOn === undefined ? {} : { stornoOn: reversedOn }),
      })
    },
    read: (reply, call) => {
      const read = answerIn(reply, Reversed)
      if ('outcome' in read) return nothing(read.outcome)
      const { posting } = contentAs(call.input.content, Content)
      if (read.value.docNo !== posting)
        return nothing({ kind: 'unclear', says: `It answers for ${read.value.docNo}, asked for was ${posting}.` })
      return nothing({ kind: 'done', receipt: { reference: read.value.stornoDocNo } })
    },
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      request: (_key, { content }) => getJson(pathOf('documents', contentAs(content, Content).posting)),
      read: (reply, call) => found(setting, reply, call),
    },
  }
}

/** Whoever reversed it: there is nothing left to reverse. */
function found(setting: Setting, reply: Reply, call: Call): Found {
  const read = answerIn(reply, Document)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no document' }
  const { docNo, lifecycle, stornoDocNo, changedAt } = read.value
  if (docNo !== contentAs(call.input.content, Content).posting) return { kind: 'unclear', says: `It answers for ${docNo}.` }
  if (lifecycle !== 'STORNO') return { kind: 'absent' }
  return {
    kind: 'one',
    equal: true,
    receipt: { reference: stornoDocNo ?? docNo },
    observations: [reversed(setting, read.value, changedAt)],
  }
}
