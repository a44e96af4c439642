/**
 * All documents, by their number, for a sweep. The list is a search and so may be behind by the ERP's search delay; a document by
 * its number never is.
 */
import type { HeldThing, Holdings } from '../../connector/contract.ts'
import { meaningOf } from '../../connector/contract.ts'
import { getJson, okReply, pathOf, readJson, replyName } from '../../connector/json.ts'
import type { Setting } from './config.ts'
import { documentFacts } from './document-facts.ts'
import { LIST_LIMIT } from './lookup.ts'
import { DOCUMENT_LIFECYCLE } from './map.ts'
import { documentRef } from './names.ts'
import { refusalOf } from './replies.ts'
import { Document, listOf } from './wire.ts'

export function documentHoldings(setting: Setting): Holdings {
  return {
    about: 'invoice',
    facets: ['posting'],
    by: 'number',
    timeoutMs: setting.config.callTimeoutMs,
    list: {
      ask: (cursor) => getJson('/documents', { limit: LIST_LIMIT, ...(cursor === null ? {} : { after: cursor }) }),
      readPage: (reply) => {
        if (!okReply(reply)) return { trouble: refusalOf(reply)?.says ?? replyName(reply) }
        const read = readJson(reply, listOf(Document))
        return 'trouble' in read ? read : { held: read.value.rows.map((document) => heldAs(setting, document)), cursor: read.value.next }
      },
    },
    one: {
      ask: (docNo) => getJson(pathOf('documents', docNo)),
      read: (reply, docNo) => {
        if (refusalOf(reply)?.status === 404) return []
        if (!okReply(reply)) return { trouble: refusalOf(reply)?.says ?? replyName(reply) }
        const read = readJson(reply, Document)
        if ('trouble' in read) return read
        return read.value.docNo === docNo
          ? [heldAs(setting, read.value)]
          : { trouble: `it answered with ${read.value.docNo}, asked for ${docNo}` }
      },
    },
  }
}

/** Cleared is posted, too: what is settled of it stands in another cell. */
function heldAs(setting: Setting, document: Document): HeldThing {
  const claims = meaningOf(DOCUMENT_LIFECYCLE, document.lifecycle)
  return {
    names: documentRef(setting.system, document).names,
    key: document.docNo,
    shows: [
      {
        facet: 'posting',
        word: document.lifecycle,
        claims: claims === 'settled' ? 'posted' : claims,
        amount: document.grossAmt,
      },
    ],
    facts: () => documentFacts(setting, document),
  }
}
