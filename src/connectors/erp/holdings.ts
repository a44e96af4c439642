/**
 * What the ERP holds, for a sweep: documents, each with what is cleared of it and its payment block, and payment documents. The list
 * of documents is a search and so may be behind by the ERP's search delay; whatever is asked for by its number never is.
 */
import type { HeldThing, Holdings, Observation } from '../../connector/contract.ts'
import { meaningOf } from '../../connector/contract.ts'
import { getJson, okReply, pathOf, readJson, replyName, type Shape } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import { ABSENT } from '../../domain/cell.ts'
import { paymentName } from '../../domain/names.ts'
import { aliasOf } from '../../domain/object.ts'
import type { Instant } from '../../lib/time.ts'
import type { z } from 'zod'
import { documentOf, madeThere } from './change-facts.ts'
import type { Setting } from './config.ts'
import { documentFacts } from './document-facts.ts'
import { LIST_LIMIT } from './lookup.ts'
import { CLEARINGS, DOCUMENT_LIFECYCLE, MAP_VERSION, PAY_BLOCK, PAYMENT_VERBS } from './map.ts'
import { attachedTo, documentRef } from './names.ts'
import { refusalOf } from './replies.ts'
import { Attachment, Document, listOf, PaymentDoc } from './wire.ts'

export const holdings = (setting: Setting): Holdings[] => [documents(setting), paymentDocs(setting), attachments(setting)]

const documents = (setting: Setting): Holdings => ({
  about: 'invoice',
  facets: ['posting', 'settlement', 'hold'],
  ...listed(setting, 'documents', Document, (document) => documentHeld(setting, document)),
})

const paymentDocs = (setting: Setting): Holdings => ({
  about: 'payment',
  facets: ['settlement'],
  ...listed(setting, 'payment-docs', PaymentDoc, (payment) => paymentHeld(setting, payment)),
})

/** `GET /{list}`, page by page, and `GET /{list}/{number}`. */
function listed<R extends z.ZodType>(
  { config }: Setting,
  list: string,
  row: R,
  heldAs: (row: z.infer<R>) => HeldThing,
): Pick<Holdings, 'by' | 'timeoutMs' | 'list' | 'one'> {
  return {
    by: 'number',
    timeoutMs: config.callTimeoutMs,
    list: {
      ask: (cursor) => getJson(`/${list}`, { limit: LIST_LIMIT, ...(cursor === null ? {} : { after: cursor }) }),
      readPage: (reply) => {
        const read = answered(reply, listOf(row))
        return 'trouble' in read ? read : { held: read.value.rows.map(heldAs), cursor: read.value.next }
      },
    },
    one: {
      ask: (number) => getJson(pathOf(list, number)),
      read: (reply, number) => {
        if (refusalOf(reply)?.status === 404) return []
        const read = answered(reply, row)
        if ('trouble' in read) return read
        const held = heldAs(read.value)
        return held.key === number ? [held] : { trouble: `it answered with ${held.key}, asked for ${number}` }
      },
    },
  }
}

/** Approvals on one document. The list lags behind what was just attached; of what it has shown before it says when that is gone. */
const attachments = ({ config }: Setting): Holdings => ({
  about: 'invoice',
  facets: ['attachment'],
  by: 'number',
  timeoutMs: config.callTimeoutMs,
  one: {
    ask: (docNo) => getJson(pathOf('documents', docNo, 'attachments'), { limit: LIST_LIMIT }),
    read: (reply, docNo) => {
      if (refusalOf(reply)?.status === 404) return []
      const read = answered(reply, listOf(Attachment))
      if ('trouble' in read) return read
      const approvals = new Set(read.value.rows.filter((row) => row.docNo === docNo).map(({ extRef }) => attachedTo(extRef, docNo)))
      return [...approvals].flatMap((invoice) =>
        invoice === undefined
          ? []
          : [{ names: [invoice], key: docNo, shows: [{ facet: 'attachment', word: docNo, claims: docNo }], facts: () => [] }],
      )
    },
  },
})

function answered<T>(reply: Reply, shape: Shape<T>): { readonly value: T } | { readonly trouble: string } {
  return okReply(reply) ? readJson(reply, shape) : { trouble: refusalOf(reply)?.says ?? replyName(reply) }
}

function documentHeld(setting: Setting, document: Document): HeldThing {
  const { docNo, lifecycle, payBlock, grossAmt } = document
  const claims = meaningOf(DOCUMENT_LIFECYCLE, lifecycle)
  return {
    names: documentRef(setting.system, document).names,
    key: docNo,
    shows: [
      // Cleared is posted, too.
      { facet: 'posting', word: lifecycle, claims: claims === 'settled' ? 'posted' : claims, amount: grossAmt },
      { facet: 'settlement', ...clearedAs(document, claims) },
      { facet: 'hold', word: payBlock, claims: meaningOf(PAY_BLOCK, payBlock) },
    ],
    facts: () => documentFacts(setting, document),
  }
}

function clearedAs({ lifecycle, clearings }: Document, claims: string | null): { readonly word: string; readonly claims: string | null } {
  if (claims === null || claims === 'settled') return { word: lifecycle, claims }
  return clearings.length === 0 ? { word: ABSENT, claims: null } : { word: lifecycle, claims: 'open' }
}

/**
 * Not under its own number, which a restored ERP gives anew: what it is of is said by its file. What its run says of it, the feed reads; one
 * that nobody knows, and that is shown as paid, is told as the feed would.
 */
function paymentHeld({ system }: Setting, payment: PaymentDoc): HeldThing {
  const { payDocNo, msgId, endToEndId, lifecycle, clearings } = payment
  const names = [paymentName(msgId, endToEndId)]
  const claims = meaningOf(PAYMENT_VERBS, lifecycle)
  const shown =
    claims === 'instructed'
      ? { word: ABSENT, claims: null }
      : { word: lifecycle, claims: clearings.length > (CLEARINGS[lifecycle] ?? clearings.length) ? 'settled-twice' : claims }
  const paid = (at: Instant): Observation => ({
    eventId: `payment-doc|${payDocNo}|${msgId}|${lifecycle}|${MAP_VERSION}`,
    type: 'status.reported',
    occurredAt: at,
    about: [{ names, offers: [aliasOf(system, 'payment-doc', payDocNo)] }],
    reference: payDocNo,
    data: { system, facet: 'settlement', word: lifecycle, claims },
  })
  const stands = claims !== null && Object.hasOwn(CLEARINGS, lifecycle)
  return {
    names,
    key: payDocNo,
    shows: [{ facet: 'settlement', ...shown }],
    facts: (at) => (stands ? [madeThere(paid(at), documentOf(payment))] : []),
  }
}
