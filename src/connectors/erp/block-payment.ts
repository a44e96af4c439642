/**
 * `POST /documents/{docNo}/pay-block`: keeps a document out of payment runs, and lets it in again. The same call twice is
 * harmless ("200, also when it stands so already").
 */
import { z } from 'zod'
import type { Call, Command, Found } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { Document } from './wire.ts'

/** `posting`: the ERP's document number. */
const Content = z.object({ posting: z.string(), reason: z.string().default('') })
/** How much of a reason the ERP is given; it does not say how much it takes. */
const TEXT_LENGTH = 160
const KEY_LENGTH = 16

export const holdPayment = (setting: Setting): Command => block(setting, setting.config.blockLetter)
/** Lifts whatever letter stands there: the ERP knows no conditional call. */
export const unholdPayment = (setting: Setting): Command => block(setting, '')

function block({ config }: Setting, letter: string): Command {
  return {
    class: 'K2',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    // The key tells two blocks of one document apart in the ERP's own books; the ERP itself does not look at it.
    write: ({ content }, key) => {
      const { posting, reason } = contentAs(content, Content)
      return sendJson('POST', pathOf('documents', posting, 'pay-block'), {
        payBlock: letter,
        by: config.user,
        text: `${reason.slice(0, TEXT_LENGTH).toWellFormed()} ${key.slice(-KEY_LENGTH)}`.trim(),
      })
    },
    read: (reply, call) => {
      const read = answerIn(reply, z.object({ docNo: z.string() }))
      if ('outcome' in read) return nothing(read.outcome)
      const { posting } = contentAs(call.input.content, Content)
      if (read.value.docNo !== posting) return nothing({ kind: 'unclear', says: `It answers for ${read.value.docNo}.` })
      return nothing({ kind: 'done', receipt: { reference: posting } })
    },
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      request: (_key, { content }) => getJson(pathOf('documents', contentAs(content, Content).posting)),
      read: (reply, call) => found(letter, reply, call),
    },
  }
}

function found(letter: string, reply: Reply, call: Call): Found {
  const read = answerIn(reply, Document)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no document' }
  const { docNo, payBlock } = read.value
  if (docNo !== contentAs(call.input.content, Content).posting) return { kind: 'unclear', says: `It answers for ${docNo}.` }
  const stands = letter === '' ? payBlock === '' : payBlock !== ''
  return stands ? { kind: 'one', equal: payBlock === letter, receipt: { reference: docNo }, observations: [] } : { kind: 'absent' }
}
