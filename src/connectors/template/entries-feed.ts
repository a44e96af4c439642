/**
 * `GET /changes`: all that happened there, in order. Pages are repeatable: the same cursor gives the same facts with the same ids,
 * because a page may be read twice and none may be lost.
 */
import type { Feed, Observation, Page, Unreadable } from '../../connector/contract.ts'
import { getJson, okReply, readJson, replyName, shaped } from '../../connector/json.ts'
import type { Reply } from '../../connector/request.ts'
import type { Setting } from './config.ts'
import { entryFacts, statusFact } from './entry-facts.ts'
import { Changes, Entry } from './wire.ts'

export function entriesFeed(setting: Setting): Feed {
  const { feedEveryMs, callTimeoutMs } = setting.config
  return {
    name: 'changes',
    everyMs: feedEveryMs,
    timeoutMs: callTimeoutMs,
    poll: (cursor) => getJson('/changes', { after: cursor ?? '0', limit: '50' }),
    readPage: (reply, cursor) => page(setting, reply, Number(cursor ?? '0')),
  }
}

function page(setting: Setting, reply: Reply, start: number): Page | { readonly trouble: string } {
  const read = okReply(reply) ? readJson(reply, Changes) : { trouble: replyName(reply) }
  // Not understood as a whole: the cursor stays, and it is asked again.
  if ('trouble' in read) return read
  const observations: Observation[] = []
  const unreadable: Unreadable[] = []
  for (const [index, row] of read.value.rows.entries()) {
    const at = String(start + index)
    const entry = shaped(row, Entry)
    if ('value' in entry) observations.push(statusFact(setting, entry.value, at), ...entryFacts(setting, entry.value))
    // Kept and shown to a person; the feed goes on.
    else
      unreadable.push({
        reference: `change ${at}`,
        says: entry.trouble,
        bytes: new TextEncoder().encode(JSON.stringify(row)),
        mediaType: 'application/json',
      })
  }
  return { observations, unreadable, cursor: read.value.next, more: read.value.more }
}
