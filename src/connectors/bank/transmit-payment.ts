/**
 * Puts a payment file, its bytes unchanged, where the bank fetches it. Never written twice: the name is made from the MsgId
 * alone, and a name that is there is left as it is. A file that is gone from the folder and from `taken` may have been fetched and
 * deleted: that is for people to find out.
 */
import { z } from 'zod'
import type { Command, Found, Outcome, Reading } from '../../connector/contract.ts'
import { contentAs } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'

const Content = z.object({ messageId: z.string().min(1).max(100), document: z.string().regex(/^[0-9a-f]{64}$/) })

export function transmitPayment({ config }: Setting): Command {
  return {
    class: 'K3',
    timeoutMs: config.callTimeoutMs,
    noEffect: [],
    documents: (content) => [contentAs(content, Content).document],
    write: (input) => {
      const { messageId, document } = contentAs(input.content, Content)
      return { transport: 'folder', act: 'put', name: fileName(messageId), bytes: input.document(document) }
    },
    read: (reply, call): Reading => ({
      outcome: outcomeOf(reply, fileName(contentAs(call.input.content, Content).messageId)),
      observations: [],
    }),
    find: {
      settleMs: config.settleMs,
      gapMs: config.gapMs,
      request: (_key, { content }) => {
        const { messageId, document } = contentAs(content, Content)
        return { transport: 'folder', act: 'look', name: fileName(messageId), sha256: document }
      },
      read: (reply, call) => found(reply, fileName(contentAs(call.input.content, Content).messageId)),
    },
  }
}

/**
 * The one file name of a MsgId: letters, digits, point and minus as they are, every other character as `_` and its two hex
 * digits in UTF-8, so that two ids never share a name and none leaves the folder or hides in it.
 */
export function fileName(messageId: string): string {
  const safe = Array.from(new TextEncoder().encode(messageId), (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9.-]/u.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`
  })
  return `pain001-${safe.join('')}.xml`
}

function outcomeOf(reply: Reply, name: string): Outcome {
  const state = reply.transport === 'folder' ? reply.state : 'none'
  switch (state) {
    // The same bytes under this name: an earlier try of ours put them there.
    case 'written':
    case 'same':
      return { kind: 'done', receipt: { reference: name } }
    case 'other':
      return { kind: 'other', says: `${name} is there with other bytes.`, reference: name }
    default:
      return { kind: 'unclear', says: `The folder answered ${state}.` }
  }
}

function found(reply: Reply, name: string): Found {
  const state = reply.transport === 'folder' ? reply.state : 'none'
  switch (state) {
    case 'same':
      return { kind: 'one', equal: true, receipt: { reference: name }, observations: [] }
    case 'other':
      return {
        kind: 'one',
        equal: false,
        receipt: { reference: name },
        says: `${name} is there with other bytes.`,
        observations: [],
      }
    case 'noted':
      return { kind: 'untraceable', says: `${name} may have been put there; it is not there any more. Ask the bank.` }
    case 'absent':
      return { kind: 'absent' }
    default:
      return { kind: 'unclear', says: `The folder answered ${state}.` }
  }
}
