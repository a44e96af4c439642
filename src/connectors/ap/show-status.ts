/** `POST /tickets/{no}/badge`: shows in the tool what became of the invoice elsewhere. */
import { z } from 'zod'
import type { Call, Command, Found } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { BADGE_OF, type Word } from './map.ts'
import { answerIn, NO_EFFECT, nothing } from './replies.ts'
import { Badged, Ticket } from './wire.ts'

const WORDS = Object.keys(BADGE_OF) as [Word, ...Word[]]
const Content = z.object({
  ticket: z.string(),
  word: z.enum(WORDS),
  on: z.string().optional(),
  note: z.string().optional(),
  refs: z.record(z.string(), z.unknown()).default({}),
})

export function showStatus({ config }: Setting): Command {
  return {
    class: 'K1',
    keyRetentionMs: config.keyRetentionMs,
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    refusalCoversEarlier: true,
    write: ({ content }, key) => {
      const { ticket, word, on, note, refs } = contentAs(content, Content)
      const texts = Object.entries(refs).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))
      // The word itself goes along: several of ours share a badge, and what the tool shows is compared with what we told it.
      return sendJson(
        'POST',
        pathOf('tickets', ticket, 'badge'),
        {
          badge: BADGE_OF[word],
          refs: { ...Object.fromEntries(texts), word },
          by: config.user,
          ...(on === undefined ? {} : { on }),
          ...(note === undefined ? {} : { note }),
        },
        { 'idempotency-key': key },
      )
    },
    read: (reply, call) => {
      const read = answerIn(reply, Badged)
      if ('outcome' in read) return nothing(read.outcome)
      const { ticket, word } = contentAs(call.input.content, Content)
      const { ticketNo, badge } = read.value
      if (ticketNo !== ticket || badge !== BADGE_OF[word])
        return nothing({
          kind: 'unclear',
          says: `It answers ${badge} for ${ticketNo}; asked for was ${BADGE_OF[word]} for ${ticket}.`,
        })
      return nothing({ kind: 'done', receipt: { reference: ticketNo } })
    },
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      request: (_key, { content }) => getJson(pathOf('tickets', contentAs(content, Content).ticket)),
      read: found,
    },
  }
}

function found(reply: Reply, call: Call): Found {
  const read = answerIn(reply, Ticket)
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no ticket' }
  const { ticket, word } = contentAs(call.input.content, Content)
  const { ticketNo, badge } = read.value
  if (ticketNo !== ticket) return { kind: 'unclear', says: `It answers for ${ticketNo}.` }
  const shows = badge?.badge === BADGE_OF[word] && badge.refs?.['word'] === word
  return shows ? { kind: 'one', equal: true, receipt: { reference: ticketNo }, observations: [] } : { kind: 'absent' }
}
