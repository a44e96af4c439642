/**
 * `POST /payment-docs/{payDocNo}/void`: takes back an instruction before the bank has it. A payment document is made void once;
 * after an unknown outcome it is asked itself.
 */
import { z } from 'zod'
import type { Call, Command, Found } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { PaymentDoc } from './wire.ts'

const Content = z.object({ paymentDoc: z.string(), reason: z.string() })
const Void = z.object({ payDocNo: z.string() })
/** "reason ≤ 200 characters": the only field that takes a word of ours, so the key stands at its end. */
const REASON_LENGTH = 139
const KEY_LENGTH = 60

export function cancelPayment({ config }: Setting): Command {
  return {
    class: 'K3',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }, key) => {
      const { paymentDoc, reason } = contentAs(content, Content)
      return sendJson('POST', pathOf('payment-docs', paymentDoc, 'void'), {
        reason: `${reason.slice(0, REASON_LENGTH).toWellFormed()} ${key.slice(-KEY_LENGTH)}`,
        by: config.user,
      })
    },
    read: (reply, call) => {
      const read = answerIn(reply, Void)
      if ('outcome' in read) return nothing(read.outcome)
      const { paymentDoc } = contentAs(call.input.content, Content)
      if (read.value.payDocNo !== paymentDoc)
        return nothing({
          kind: 'unclear',
          says: `It answers for ${read.value.payDocNo}, asked for was ${paymentDoc}.`,
        })
      return nothing({ kind: 'done', receipt: { reference: paymentDoc } })
    },
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      request: (_key, { content }) => getJson(pathOf('payment-docs', contentAs(content, Content).paymentDoc)),
      read: found,
    },
  }
}

function found(reply: Reply, call: Call): Found {
  const read = answerIn(reply, PaymentDoc)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no payment document' }
  const { payDocNo, lifecycle } = read.value
  if (payDocNo !== contentAs(call.input.content, Content).paymentDoc) return { kind: 'unclear', says: `It answers for ${payDocNo}.` }
  return lifecycle === 'VOID' ? { kind: 'one', equal: true, receipt: { reference: payDocNo }, observations: [] } : { kind: 'absent' }
}
