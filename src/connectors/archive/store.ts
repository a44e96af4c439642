/**
 * `PUT /vaults/{vault}/deposits/{label}`: documents and packs, each under a label that is written once, so that the same call again
 * is harmless: the same bytes are held already, other bytes are refused with the card of what is there.
 */
import { z } from 'zod'
import type { Call, Command, Outcome } from '../../connector/contract.ts'
import { contentAs, okReply, pathOf, readJson, replyName } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { NO_EFFECT, refusalOf, refused } from './replies.ts'
import { Card } from './wire.ts'

/** `document`: SHA-256 of the bytes. `until`: the last day on which they must still be there. */
const Content = z.object({ name: z.string().min(1).max(200), document: z.string().regex(/^[0-9a-f]{64}$/), until: z.iso.date() })
type Content = z.infer<typeof Content>

export function store({ config }: Setting, mediaType: string): Command {
  return {
    class: 'K2',
    timeoutMs: config.callTimeoutMs,
    noEffect: NO_EFFECT,
    // It refuses only where the label holds nothing, or what is not ours: what an earlier call had stowed is answered with its card.
    refusalCoversEarlier: true,
    documents: ({ document }) => [contentAs({ document }, Content.pick({ document: true })).document],
    write: (input, key) => {
      const { name, document, until } = contentAs(input.content, Content)
      return {
        transport: 'http',
        method: 'PUT',
        path: pathOf('vaults', config.vault, 'deposits', name),
        body: input.document(document),
        headers: {
          accept: 'application/json',
          'content-type': mediaType,
          'x-digest': document,
          'x-keep-till': until,
          'x-note': `hub ${key}`,
        },
      }
    },
    read: (reply, call) => ({ outcome: outcomeOf(reply, call), observations: [] }),
  }
}

function outcomeOf(reply: Reply, call: Call): Outcome {
  const content = contentAs(call.input.content, Content)
  if (okReply(reply)) {
    const read = readJson(reply, Card)
    return 'value' in read ? held(read.value, content) : { kind: 'unclear', says: `${replyName(reply)}, ${read.trouble}` }
  }
  const refusal = refusalOf(reply)
  // "AX-41 when the label holds other bytes"
  if (refusal?.code === 'AX-41') {
    return { kind: 'other', says: `${refusal.code}: ${refusal.says}`, ...(refusal.card ? { reference: refusal.card.depositNo } : {}) }
  }
  // "AX-52 held already till a later day, with the card": what we ask for is there, and for longer.
  if (refusal?.code === 'AX-52' && refusal.card) return held(refusal.card, content)
  return refused(reply)
}

/** The card says what is held; the answer counts only when that is what was sent, for as long. */
function held({ depositNo, label, digest, keepTill }: Card, { name, document, until }: Content): Outcome {
  if (label !== name || digest !== document) return { kind: 'unclear', says: `It answers for ${label} with digest ${digest}.` }
  if (keepTill < until) return { kind: 'unclear', says: `It keeps ${label} till ${keepTill}; asked for was ${until}.` }
  return { kind: 'done', receipt: { reference: depositNo, digest, keepTill } }
}
