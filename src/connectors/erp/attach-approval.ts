/**
 * `POST /documents/{docNo}/attachments`: the approval as a small JSON file on the document that rests on it. "Twice = two", so after an
 * unknown outcome it is looked for by its `extRef`, which is made of the invoice and the document and carried by nothing else.
 */
import { z } from 'zod'
import type { Call, Command, Found, Reading } from '../../connector/contract.ts'
import { contentAs, getJson, pathOf, sendJson } from '../../connector/json.ts'
import type { Reply, Request } from '../../connector/request.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { hexOf } from '../../lib/hash.ts'
import type { Setting } from './config.ts'
import { attachmentRef } from './names.ts'
import { answerIn, NO_EFFECT, nothing, type Lookup } from './replies.ts'
import { Attached, Attachment, listOf } from './wire.ts'

const Content = z.object({
  reference: z.string(),
  posting: z.string(),
  approvers: z.array(z.string()),
  approvedAt: z.string(),
  authority: z.string(),
  terms: z.string(),
  policy: z.string(),
  correlation: z.string(),
})
type Content = z.infer<typeof Content>

export function attachApproval(setting: Setting): Command {
  const { callTimeoutMs, settleMs, gapMs, user } = setting.config
  return {
    class: 'K3',
    timeoutMs: callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }, key) => {
      const wanted = contentAs(content, Content)
      const file = fileOf(setting, wanted)
      return sendJson('POST', pathOf('documents', wanted.posting, 'attachments'), {
        title: 'Approval',
        mime: 'application/json',
        sha256: file.sha256,
        contentBase64: file.base64,
        extRef: refOf(wanted),
        by: `${user} ${key.slice(-16)}`,
      })
    },
    read: (reply, call) => {
      const read = answerIn(reply, Attached)
      if ('outcome' in read) return nothing(read.outcome)
      const { posting } = contentAs(call.input.content, Content)
      return nothing(
        read.value.docNo === posting
          ? { kind: 'done', receipt: { reference: read.value.attachNo } }
          : { kind: 'unclear', says: `It answers for document ${read.value.docNo}, asked for was ${posting}.` },
      )
    },
    find: {
      settleMs,
      gapMs,
      request: (_key, { content }) => listing(contentAs(content, Content)),
      read: (reply, call) => found(setting, reply, call),
    },
  }
}

/** Whether the ERP shows it. The list lags behind; until it is there the question is put again. */
export function lookupAttachment(setting: Setting): Lookup {
  return {
    class: 'K2',
    timeoutMs: setting.config.callTimeoutMs,
    noEffect: NO_EFFECT,
    write: ({ content }) => listing(contentAs(content, Content)),
    read: (reply, call): Reading => {
      const look = found(setting, reply, call)
      const { reference, posting } = contentAs(call.input.content, Content)
      switch (look.kind) {
        case 'absent':
          return nothing({ kind: 'no-effect', about: 'effect', says: `${posting} does not show the approval yet.` })
        case 'undecided':
        case 'unclear':
        case 'untraceable':
          return nothing({ kind: 'unclear', says: look.says })
        case 'several':
          return nothing({ kind: 'other', says: look.says })
        case 'one': {
          if (!look.equal) return nothing({ kind: 'other', says: look.says ?? 'It is another file.', reference: look.receipt.reference })
          const at = look.receipt['at'] as string
          return {
            outcome: { kind: 'done', receipt: look.receipt },
            observations: [
              {
                eventId: `attachment|${look.receipt.reference}|${at}`,
                type: 'status.reported',
                occurredAt: at,
                about: [{ names: [reference] }],
                reference: look.receipt.reference,
                data: { system: setting.system, facet: 'attachment', word: posting, claims: posting },
              },
            ],
          }
        }
      }
    },
  }
}

const refOf = ({ reference, posting }: Content): string => attachmentRef(reference, posting)
const listing = (content: Content): Request =>
  getJson(pathOf('documents', content.posting, 'attachments'), { extRef: refOf(content), limit: '100' })

function fileOf({ sha256 }: Setting, { posting, reference, ...approval }: Content): { readonly sha256: string; readonly base64: string } {
  const bytes = new TextEncoder().encode(canonicalJson({ invoice: reference, posting, ...approval }))
  return { sha256: hexOf(sha256(bytes)), base64: btoa(String.fromCharCode(...bytes)) }
}

function found(setting: Setting, reply: Reply, call: Call): Found {
  const read = answerIn(reply, listOf(Attachment))
  if ('outcome' in read) return { kind: 'unclear', says: 'says' in read.outcome ? read.outcome.says : 'no list' }
  const content = contentAs(call.input.content, Content)
  const rows = read.value.rows.filter(({ extRef, docNo }) => extRef === refOf(content) && docNo === content.posting)
  const [first, second] = rows
  if (!first) return { kind: 'absent' }
  if (second)
    return {
      kind: 'several',
      says: `Attachments ${rows.map(({ attachNo }) => attachNo).join(', ')} of ${content.posting} are this approval.`,
      receipts: rows.map(({ attachNo }) => ({ reference: attachNo })),
      observations: [],
    }
  const equal = first.sha256 === fileOf(setting, content).sha256
  return {
    kind: 'one',
    equal,
    receipt: { reference: first.attachNo, at: first.at },
    ...(equal ? {} : { says: `${first.attachNo} is a file with digest ${first.sha256}.` }),
    observations: [],
  }
}
