/**
 * `POST /payment-docs/{payDocNo}/confirm`: tells the ERP that the bank booked its own payment. Confirming twice books a second
 * clearing, whoever confirmed before.
 */
import { z } from 'zod'
import type { Call, Command, Found } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { parseMoney } from '../../domain/money.ts'
import type { Setting } from './config.ts'
import { CLEARINGS } from './map.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { Cleared, PaymentDoc } from './wire.ts'

const Content = z.object({
  paymentDoc: z.string(),
  bankReference: z.string(),
  bookedOn: z.string(),
  amount: z.string(),
  currency: z.string(),
})

/** "`vendorDocNo`, `extRef` ≤ 60 characters"; a key is a hash, any part of it will do. */
const EXT_REF_LENGTH = 60

export function recordSettlement({ config }: Setting): Command {
  return {
    class: 'K3',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }, key) => {
      const { paymentDoc, bankReference, bookedOn, amount, currency } = contentAs(content, Content)
      return sendJson('POST', pathOf('payment-docs', paymentDoc, 'confirm'), {
        bankRef: bankReference,
        bookedOn,
        amt: amount,
        waers: currency,
        extRef: key.slice(-EXT_REF_LENGTH),
        by: config.user,
      })
    },
    read: (reply, call) => {
      const read = answerIn(reply, Cleared)
      if ('outcome' in read) return nothing(read.outcome)
      const { paymentDoc } = contentAs(call.input.content, Content)
      if (read.value.payDocNo !== paymentDoc)
        return nothing({
          kind: 'unclear',
          says: `It answers for ${read.value.payDocNo}, asked for was ${paymentDoc}.`,
        })
      return nothing({ kind: 'done', receipt: { reference: read.value.clearingDocNo } })
    },
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      // The payment document by its number, not the clearings by our key: a search lags, and a clerk's confirmation counts as well.
      request: (_key, { content }) => getJson(pathOf('payment-docs', contentAs(content, Content).paymentDoc)),
      read: found,
    },
  }
}

function found(reply: Reply, call: Call): Found {
  const read = answerIn(reply, PaymentDoc)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no payment document' }
  const content = contentAs(call.input.content, Content)
  const { payDocNo, lifecycle, clearings, amt, waers } = read.value
  if (payDocNo !== content.paymentDoc) return { kind: 'unclear', says: `It answers for ${payDocNo}.` }
  // VOID: never confirmed. The next attempt is refused in the ERP's own words.
  if (lifecycle === 'INSTRUCTED' || lifecycle === 'VOID') return { kind: 'absent' }
  const usual = CLEARINGS[lifecycle]
  const [first] = clearings
  if (usual === undefined || first === undefined)
    return { kind: 'undecided', says: `Payment document ${payDocNo} is ${lifecycle} with ${clearings.length} clearings.` }
  if (clearings.length > usual)
    return {
      kind: 'several',
      says: `Payment document ${payDocNo} has the clearings ${clearings.join(', ')}.`,
      receipts: clearings.map((reference) => ({ reference })),
      observations: [],
    }
  const equal = waers === content.currency && parseMoney(amt, waers)?.minor === parseMoney(content.amount, content.currency)?.minor
  return {
    kind: 'one',
    equal,
    receipt: { reference: first },
    ...(equal ? {} : { says: `${payDocNo} is over ${amt} ${waers}.` }),
    observations: [],
  }
}
