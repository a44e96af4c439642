/** `GET /tickets?after=MARK`: the tickets that changed since, each as it is now. What a lost notice would have said is found here. */
import type { Feed, Observation, Page, Unreadable } from '../../connector/contract.ts'
import { getJson, okReply, readJson, replyName, shaped } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { ticketFacts } from './ticket-facts.ts'
import { Ticket, Tickets } from './wire.ts'

const ROWS = '100'

export function ticketsFeed(setting: Setting): Feed {
  return {
    name: 'tickets',
    everyMs: setting.config.feedEveryMs,
    timeoutMs: setting.config.callTimeoutMs,
    poll: (cursor) => getJson('/tickets', { after: cursor ?? '0', limit: ROWS }),
    readPage: (reply) => page(setting, reply),
  }
}

function page(setting: Setting, reply: Reply): Page | { trouble: string } {
  if (!okReply(reply)) return { trouble: replyName(reply) }
  const read = readJson(reply, Tickets)
  if ('trouble' in read) return read
  const observations: Observation[] = []
  const unreadable: Unreadable[] = []
  for (const row of read.value.tickets) {
    const ticket = shaped(row, Ticket)
    if ('value' in ticket) observations.push(...ticketFacts(setting, ticket.value))
    else
      unreadable.push({
        reference: nameIn(row),
        says: ticket.trouble,
        bytes: new TextEncoder().encode(JSON.stringify(row)),
        mediaType: 'application/json',
      })
  }
  return { observations, unreadable, cursor: String(read.value.mark), more: read.value.more }
}

function nameIn(row: unknown): string {
  const { ticketNo, mark } = (row ?? {}) as { ticketNo?: unknown; mark?: unknown }
  const number = typeof ticketNo === 'string' ? ticketNo.slice(0, 40) : 'without a number'
  return `ticket ${number} at ${typeof mark === 'number' ? mark : 'no mark'}`
}
