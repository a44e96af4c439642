/** All tickets, each as it is now, for a sweep: that it is there, and what its badge shows. */
import type { HeldThing, Holdings } from '../../connector/contract.ts'
import { getJson, okReply, pathOf, readJson, replyName, shaped } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { badgeWord, isOurs, ticketFacts } from './ticket-facts.ts'
import { Refusal, Ticket, Tickets } from './wire.ts'

const ROWS = '500'

export function ticketHoldings(setting: Setting): Holdings {
  return {
    about: 'invoice',
    facets: ['approval', 'status'],
    by: 'number',
    timeoutMs: setting.config.callTimeoutMs,
    list: {
      ask: (cursor) => getJson('/tickets', { after: cursor ?? '0', limit: ROWS }),
      readPage: (reply) => {
        if (!okReply(reply)) return { trouble: replyName(reply) }
        const read = readJson(reply, Tickets)
        if ('trouble' in read) return read
        // One that is of no shape that is documented is the feed's to show to a person.
        const tickets = read.value.tickets.flatMap((row) => {
          const one = shaped(row, Ticket)
          return 'value' in one ? [one.value] : []
        })
        return { held: tickets.flatMap((ticket) => heldAs(setting, ticket)), cursor: read.value.more ? String(read.value.mark) : null }
      },
    },
    one: {
      ask: (ticketNo) => getJson(pathOf('tickets', ticketNo)),
      read: (reply, ticketNo) => {
        if (saysNone(reply)) return []
        if (!okReply(reply)) return { trouble: replyName(reply) }
        const read = readJson(reply, Ticket)
        if ('trouble' in read) return read
        return read.value.ticketNo === ticketNo
          ? heldAs(setting, read.value)
          : { trouble: `it answered with ${read.value.ticketNo}, asked for ${ticketNo}` }
      },
    },
  }
}

function saysNone(reply: Reply): boolean {
  const refusal = reply.transport === 'http' && reply.status === 404 ? readJson(reply, Refusal) : { trouble: replyName(reply) }
  return 'value' in refusal && refusal.value.error === 'NO_TICKET'
}

function heldAs(setting: Setting, ticket: Ticket): HeldThing[] {
  if (!isOurs(ticket)) return []
  const badge = ticket.badge && badgeWord(ticket.badge)
  return [
    {
      names: [ticket.corrRef ?? ''],
      key: ticket.ticketNo,
      shows: [{ facet: 'approval', word: ticket.stage, claims: 'submitted' }, ...(badge ? [{ facet: 'status' as const, ...badge }] : [])],
      facts: () => ticketFacts(setting, ticket),
    },
  ]
}
