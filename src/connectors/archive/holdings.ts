/**
 * Packs of evidence, for a sweep: the card of each, which says what bytes lie under the label and till when. That is the archive's own
 * word; the bytes themselves are read once, when a pack is stored (`lookup-evidence.ts`).
 */
import type { HeldThing, Holdings } from '../../connector/contract.ts'
import { getJson, okReply, pathOf, readJson, replyName } from '../../connector/json.ts'
import { packOf } from '../../domain/evidence.ts'
import { ABSENT } from '../../domain/cell.ts'
import type { Setting } from './config.ts'
import { refusalOf } from './replies.ts'
import { Card, Cards } from './wire.ts'

const ROWS = '1000'

export function packHoldings({ config }: Setting): Holdings {
  return {
    about: 'invoice',
    facets: ['evidence'],
    by: 'number',
    timeoutMs: config.callTimeoutMs,
    list: {
      ask: (cursor) =>
        getJson(pathOf('vaults', config.vault, 'deposits'), {
          begins: 'pack.',
          limit: ROWS,
          ...(cursor === null ? {} : { after: cursor }),
        }),
      readPage: (reply) => {
        if (!okReply(reply)) return { trouble: refusalOf(reply)?.says ?? replyName(reply) }
        const read = readJson(reply, Cards)
        return 'trouble' in read ? read : { held: read.value.cards.flatMap(heldAs), cursor: read.value.next }
      },
    },
    one: {
      ask: (label) => getJson(pathOf('vaults', config.vault, 'deposits', label, 'card')),
      read: (reply, label) => {
        // "404 AX-40 no such label"; of what was shredded there is a card that says so.
        if (refusalOf(reply)?.code === 'AX-40') return []
        if (!okReply(reply)) return { trouble: refusalOf(reply)?.says ?? replyName(reply) }
        const read = readJson(reply, Card)
        if ('trouble' in read) return read
        return read.value.label === label ? heldAs(read.value) : { trouble: `it answered for ${read.value.label}, asked for ${label}` }
      },
    },
  }
}

/** What lies there under a name that is no pack's is not the hub's. */
function heldAs({ label, digest, keepTill, shreddedAt }: Card): HeldThing[] {
  const pack = packOf(label)
  if (pack === undefined) return []
  const shown =
    shreddedAt === null ? { word: digest, claims: pack.covers, document: digest, until: keepTill } : { word: ABSENT, claims: null }
  return [{ names: [pack.invoice], key: label, shows: [{ facet: 'evidence', ...shown }], facts: () => [] }]
}
