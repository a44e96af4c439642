/**
 * `POST /clearings`: what the vendor took from our account clears his document. Twice is two clearings, so after an unknown
 * outcome the document itself is asked, by its number.
 */
import { z } from 'zod'
import type { Call, Command, Found } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'

const Content = z.object({
  posting: z.string(),
  entity: z.string(),
  supplier: z.string(),
  bankReference: z.string(),
  bookedOn: z.string(),
  amount: z.string(),
  currency: z.string(),
})
/** A clearing as made, and a document as read: of each what tells whether it happened. */
const Made = z.object({ clearingDocNo: z.string() })
const Document = z.object({ docNo: z.string(), lifecycle: z.string(), clearings: z.array(z.string()) })
/** "`extRef` ≤ 60 characters"; a key is a hash, any part of it will do. */
const EXT_REF_LENGTH = 60

export function clearCollected({ config }: Setting): Command {
  return {
    class: 'K3',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }, key) => {
      const { posting, entity, supplier, bankReference, bookedOn, amount, currency } = contentAs(content, Content)
      return sendJson('POST', '/clearings', {
        companyCode: entity,
        vendorNo: supplier,
        waers: currency,
        means: 'BANK',
        bankRef: bankReference,
        bookedOn,
        amt: amount,
        lines: [{ docNo: posting, amt: amount }],
        differences: [],
        extRef: key.slice(-EXT_REF_LENGTH),
        by: config.user,
      })
    },
    read: (reply) => {
      const read = answerIn(reply, Made)
      return 'outcome' in read ? nothing(read.outcome) : nothing({ kind: 'done', receipt: { reference: read.value.clearingDocNo } })
    },
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      request: (_key, { content }) => getJson(pathOf('documents', contentAs(content, Content).posting)),
      read: found,
    },
  }
}

function found(reply: Reply, call: Call): Found {
  const read = answerIn(reply, Document)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no document' }
  const { docNo, lifecycle, clearings } = read.value
  if (docNo !== contentAs(call.input.content, Content).posting) return { kind: 'unclear', says: `It answers for ${docNo}.` }
  const [first, second] = clearings
  // PARKED, STORNO: never cleared, for a clearing that was undone stands there, too. The next attempt is refused in the ERP's own words.
  if (first === undefined)
    return ['BOOKED', 'PARKED', 'STORNO'].includes(lifecycle)
      ? { kind: 'absent' }
      : { kind: 'undecided', says: `Document ${docNo} is ${lifecycle} without a clearing.` }
  if (second !== undefined)
    return {
      kind: 'several',
      says: `Document ${docNo} has the clearings ${clearings.join(', ')}.`,
      receipts: clearings.map((reference) => ({ reference })),
      observations: [],
    }
  return { kind: 'one', equal: lifecycle === 'CLEARED', receipt: { reference: first }, observations: [] }
}
