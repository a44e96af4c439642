/** What a claim of ours shows, by our reference. There is no list of claims: only single ones can be asked for. */
import { z } from 'zod'
import { meaningOf, type Holdings } from '../../connector/contract.ts'
import { getJson, okReply, pathOf, readJson, replyName } from '../../connector/json.ts'
import type { Setting } from './config.ts'
import { SHOWN } from './map.ts'
import { refusalOf } from './replies.ts'

const Claim = z.object({ claimRef: z.string(), shows: z.string() })

export function claimHoldings({ config }: Setting): Holdings {
  return {
    about: 'invoice',
    facets: ['status'],
    by: 'reference',
    timeoutMs: config.callTimeoutMs,
    one: {
      ask: (reference) => getJson(pathOf('claims', reference)),
      read: (reply, reference) => {
        if (refusalOf(reply)?.code === 'PX-04') return []
        if (!okReply(reply)) return { trouble: refusalOf(reply)?.says ?? replyName(reply) }
        const read = readJson(reply, Claim)
        if ('trouble' in read) return read
        const { claimRef, shows } = read.value
        if (claimRef !== reference) return { trouble: `it answered for ${claimRef}, asked for ${reference}` }
        return [
          {
            names: [reference],
            key: reference,
            shows: [{ facet: 'status', word: shows, claims: meaningOf(SHOWN, shows) }],
            facts: () => [],
          },
        ]
      },
    },
  }
}
